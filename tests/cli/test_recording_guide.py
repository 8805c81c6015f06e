"""The guide of recordings, done as it stands: record, mask, replay, and the program of the test."""

import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cli.process import PATIENCE_S, begun, command, papertape, station
from cli.process import ran as in_its_own
from papertape.recording.format import read

pytestmark = [pytest.mark.network, pytest.mark.process]

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs/guides/recording.md").read_text("utf-8")
COMMANDS = re.findall(r"```sh\npapertape (.*?)\n```", GUIDE, re.DOTALL)


@contextmanager
def running(cwd: Path, line: str) -> Iterator[tuple[int, list[str]]]:
    """A command of the guide until the block ends; its port, and what it printed at the end."""
    process = begun(command(*shlex.split(line)), cwd, {}, fresh=False)
    said: list[str] = []
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        ready = re.match(r"listening on 127\.0\.0\.1:(\d+) ", first)
        assert ready, first + process.communicate()[1]
        yield int(ready[1]), said
    finally:
        process.send_signal(signal.SIGTERM)
        out, log = process.communicate(timeout=PATIENCE_S)
        said += out.splitlines()
    assert process.returncode == 0, log


def ran(script: str, cwd: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=cwd, capture_output=True, text=True,
        timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_what_the_guide_does_works_as_it_says(tmp_path: Path) -> None:
    record, _, mask, replay = COMMANDS
    first_order = (ROOT / "examples/first_order.py").read_text("utf-8")
    with station(tmp_path, "--ephemeral") as tws:
        line = record.replace("7500", "0").replace("7497", str(tws.port))
        with running(tmp_path, line) as (port, _):
            recorded = ran(first_order.replace("7497", str(port)), tmp_path)
    assert "Filled filled 100" in recorded

    out = papertape(*shlex.split(mask), cwd=tmp_path).output
    assert "identities masked" in out and "left out" not in out
    masked = b"".join(event.data for event in read(tmp_path / "shared.recording").events)
    assert b"DU1234567" in b"".join(e.data for e in read(tmp_path / "day.recording").events)
    assert b"DU1234567" not in masked

    for speed in ("max", "20"):
        line = replay.replace("7497", "0").replace("max", speed)
        with running(tmp_path, line) as (port, said):
            assert ran(first_order.replace("7497", str(port)), tmp_path) == recorded
        assert said[0] == "1 sessions; 0 requests unknown, 0 recorded requests not made", said

    script, shown = re.findall(
        r"```(?:python)?\n(.*?)```", GUIDE.partition("## In a test")[2], re.DOTALL
    )
    assert ran(script, tmp_path) == shown

    # The same as a world: the program gets the fill that was recorded.
    papertape("record", "as-world", "shared.recording", "shared.world", cwd=tmp_path)
    asks = '__import__("os").environ["PAPERTAPE_PORT"]'
    (tmp_path / "bot.py").write_text(first_order.replace("= 7497", f"= int({asks})"))
    bot = (sys.executable, "bot.py")
    done = in_its_own("world", "run", "shared.world", "--", *bot, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert recorded.splitlines()[1] in done.stdout, done.stdout
