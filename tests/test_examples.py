"""The README's script and the examples run against a station, as a reader would run them.

The classic programs run in ``peers/test_examples.py``, beside the official package.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lanes import HANGS_S
from papertape.server.assembly import compose
from papertape.server.market_settings import MarketSettings
from papertape.venue.units import SECOND, SIZE_SCALE

pytestmark = pytest.mark.process

ROOT = Path(__file__).resolve().parent.parent
FILLED = re.compile(
    r"SPY [\d.]+ / [\d.]+, volume \d+\n<Trade \d+ BUY 100 SPY Filled filled 100> "
    r"at [\d.]+, commission [\d.]+\n\Z"
)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    command = [sys.executable, "-m", "papertape", "serve", "--port", "0", "--ephemeral"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if found := re.search(r"listening on \S*?:(\d+)", line):
                yield int(found[1])
                break
    finally:
        process.terminate()
        process.communicate(timeout=HANGS_S)


def run(script: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, str(script), *arguments],
        capture_output=True,
        text=True,
        timeout=HANGS_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_readme_script_prints_what_the_readme_shows(port: int, tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    script, shown = re.findall(r"```(?:python)?\n(.*?)```", text, re.DOTALL)[:2]
    assert script.count("\n") <= 16
    assert FILLED.match(shown), "the README shows another output than a run gives"
    path = tmp_path / "readme.py"
    path.write_text(script.replace("7497", str(port)).replace("client_id=1", "client_id=101"))
    assert FILLED.match(run(path))


def test_the_readme_shows_a_moment_of_the_sample_market() -> None:
    """One of the first minute after ``make run``, to the share; the order fills at its ask."""
    shown = (ROOT / "README.md").read_text("utf-8").split("```")[3]
    quote = re.search(r"SPY ([\d.]+) / ([\d.]+), volume (\d+)\n", shown)
    assert quote is not None
    told: set[tuple[str, ...]] = set()
    begins = 1_775_847_600 * SECOND
    settings = MarketSettings(folder=ROOT / "market" / "sample", start=begins)
    with compose(wall=begins, data_dir=None, market=settings) as composed:
        market = composed.station.market
        for now in range(begins, begins + 60 * SECOND, SECOND // 20):
            at, day = market.quote(756733, now), market.day(756733, now)
            prices = (f"{one / 10_000:.2f}" for one in (at.bid, at.ask))
            told.add((*prices, str(day.volume // SIZE_SCALE)))
    assert quote.groups() in told
    assert f"at {quote[2]}, commission 1.0003" in shown


def test_first_order(port: int, tmp_path: Path) -> None:
    text = (ROOT / "examples" / "first_order.py").read_text("utf-8")
    path = tmp_path / "first_order.py"
    path.write_text(text.replace("port: int = 7497", f"port: int = {port}"))
    assert FILLED.match(run(path))


def test_outage(port: int) -> None:
    shown = run(ROOT / "examples" / "outage.py", str(port), "3").splitlines()
    assert shown[0] == "server version 226, accounts DU1234567"
    assert [line.split()[0] for line in shown[1:]] == ["SPY"] * 3


def test_live_bars(port: int) -> None:
    shown = run(ROOT / "examples" / "live_bars.py", str(port), "12").splitlines()
    starts = [int(line.partition(":")[0]) for line in shown]
    assert starts == list(range(starts[0], starts[0] + 60, 5))


FAMILIES = """margin USD True
bracket Filled Cancelled Cancelled
group Cancelled Filled
condition Cancelled
"""
TYPES = """LMT Submitted
STP LMT PreSubmitted
LIT PreSubmitted
LOC PreSubmitted
REL Submitted
MIDPRICE Submitted
MTL Filled
"""
TIMES = """IOC Cancelled
GTC Submitted
GTD Submitted
Minutes Submitted
DAY PreSubmitted
"""
SHOWN = {
    "Orders": ["PreSubmitted trigger\n"],
    "Types": [TYPES],
    "Algorithms": ["20 Submitted\n10 Cancelled\n"],
    "Times": [TIMES],
    "Orders that belong together": [FAMILIES, "hedge 10 5\nstop PreSubmitted trigger\n"],
    "First fills and sizes": ["10 Submitted\n"],
    "Combinations": ["Filled ['BAG', 'OPT', 'OPT']\n"],
    "Corrections and busts": ["Filled 99 .01 .02 listed 100 99\nFilled 0 .01 listed\n"],
}
"""What the programs of each part of the guide about orders print."""


@pytest.mark.parametrize("part", SHOWN)
def test_the_programs_of_the_guide_about_orders(part: str, port: int, tmp_path: Path) -> None:
    text = (ROOT / "docs/guides/orders.md").read_text("utf-8")
    parts = dict(re.findall(r"^##? ([^\n]+)\n(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE))
    scripts = {
        name: re.findall(r"```python\n(.*?)```", one, re.DOTALL) for name, one in parts.items()
    }
    assert {name for name, found in scripts.items() if found} == set(SHOWN)
    path, told = tmp_path / "orders.py", []
    for script in scripts[part]:
        script = script.replace("connect()", f"connect(port={port}, client_id=102)")
        path.write_text(script.replace("7497", str(port)))
        told.append(run(path))
    assert told == SHOWN[part]
