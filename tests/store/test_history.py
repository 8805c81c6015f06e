"""Market folders: what is read when, and what is said about one that cannot be used."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lanes import many
from papertape.errors import MarketDataError
from papertape.server.assembly import open_tape
from papertape.server.clock import MarketClock
from papertape.server.persistence import MarketFacts
from papertape.store import history
from papertape.store.columns import check_columns, read_columns, write_columns
from papertape.store.history import built_in, recordings
from papertape.store.manifest import REBUILD
from papertape.venue.market.actions import InNewShares
from papertape.venue.market.defaults import DEFAULTS
from papertape.venue.market.recorded import Recorded
from papertape.venue.market.source import Print
from papertape.venue.market.tape import Market, open_market
from papertape.venue.units import DAY, MINUTE, SECOND, SIZE_SCALE

ANCHOR = 1_700_000_000 * SECOND // MINUTE * MINUTE
SAMPLE = Path(__file__).parents[2] / "market" / "sample"
MANIFEST = """
version = 2
[[instrument]]
conId = 756733
symbol = "SPY"
date = 20131007
minutes = 10
spread = 2
files = { trades = "t.npz", quotes = "q.npz", bars = "b.npz", daily = "d.npz" }
"""
TRADES = {
    "time_ms": [0, 900, 900, 599_999],
    "price": [10_000, 10_100, 10_100, 10_000],
    "size": [1, 2, 3, 4],
    "exchange": [2, 0, 2, 1],
    "exchanges": ["ARCA", "BATS", "NYSE"],
}
QUOTES = {
    "time_ms": [0, 800, 170_000],
    "bid": [10_000, 10_000, 9_900],
    "bidSize": [1, 2, 3],
    "ask": [10_100, 10_100, 10_000],
    "askSize": [4, 5, 6],
}
PRICES = {"open": [10_000, 10_000], "high": [10_200, 10_000], "low": [9_900, 9_800]}
PRICES |= {"close": [10_100, 9_900], "volume": [100, 200]}
FILES = {
    "t": TRADES,
    "q": QUOTES,
    "b": {"date": [20131004, 20131004], "minute": [0, 2], **PRICES},
    "d": {"date": [20131002, 20131003], **PRICES},
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("whole")
    (made / "market.toml").write_text(MANIFEST)
    for name, columns in FILES.items():
        put(made, name, columns)
    return made


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    """A market folder of the test's own."""
    return Path(shutil.copytree(whole, tmp_path, dirs_exist_ok=True))


def put(folder: Path, name: str, columns: dict[str, list[Any]]) -> None:
    path = folder / f"{name}.npz"
    path.unlink(missing_ok=True)
    write_columns(path, columns)


def load(folder: Path) -> Recorded:
    (recording,) = recordings(folder)
    return recording.load()


def test_a_folder_is_read_into_venue_units(folder: Path) -> None:
    (recording,) = recordings(folder)
    assert (recording.conId, recording.length, recording.style.spread) == (756733, 10 * MINUTE, 2)
    recorded = recording.load()
    assert recorded.ticks is not None
    block = recorded.ticks.block(0)
    assert list(block.quote_time) == [0, 800_000_000, 170 * SECOND]
    assert list(block.bid) == [10_000, 10_000, 9_900]
    assert list(block.ask_size) == [size * SIZE_SCALE for size in (4, 5, 6)]
    assert [block.exchanges[place] for place in block.venue] == ["NYSE", "ARCA", "NYSE", "BATS"]
    assert list(block.size) == [size * SIZE_SCALE for size in (1, 2, 3, 4)]


def test_a_minute_without_a_row_repeats_the_last_price(folder: Path) -> None:
    (day,) = load(folder).earlier
    assert list(day.open)[:4] == [10_000, 10_100, 10_000, 9_900]
    assert list(day.close) == [10_100, 10_100, *[9_900] * 8]
    assert list(day.volume) == [100 * SIZE_SCALE, 0, 200 * SIZE_SCALE, *[0] * 7]


def test_bars_of_the_anchored_day_stand_in_for_ticks(folder: Path) -> None:
    lines = MANIFEST.replace("20131007", "20131004").splitlines()
    lines[-1] = 'files = { bars = "b.npz", daily = "d.npz" }'
    (folder / "market.toml").write_text("\n".join(lines))
    recorded = load(folder)
    assert recorded.ticks is None
    assert recorded.minutes is not None
    assert recorded.earlier == ()


def test_a_short_day_plays_through_its_past(folder: Path) -> None:
    market = open_market(ANCHOR, recordings=recordings(folder))
    now = ANCHOR - 3 * DAY + 9 * MINUTE
    assert market.day(756733, now).open == 10_000
    assert len(market.bars(756733, start=now - 9 * MINUTE, end=now, step=MINUTE, what="BID")) == 9


def test_a_split_puts_the_past_into_shares_of_the_day(folder: Path) -> None:
    lines = MANIFEST.replace('daily = "d.npz"', 'daily = "d.npz", actions = "a.csv"')
    (folder / "market.toml").write_text(lines)
    (folder / "a.csv").write_text(
        "date,action,value\n2013-10-04,split,2:1\n2013-10-08,split,3:1\n2013-10-03,dividend,0.01\n"
    )
    recorded = load(folder)
    assert recorded.daily is not None
    assert list(recorded.daily.open) == [5_000, 5_000]
    assert list(recorded.daily.close) == [5_100, 5_000]  # 5,050 and 4,950, to the cent
    assert list(recorded.daily.volume) == [200 * SIZE_SCALE, 400 * SIZE_SCALE]
    assert recorded.earlier[0].open[0] == 10_000  # the split's own day has the new shares
    assert recorded.dates == (20131002, 20131003, 20131004, 20131007)
    market = open_market(ANCHOR, recordings=recordings(folder))
    (found,) = market.adjustments(756733, ANCHOR)
    # A cent of an old share is 50 units of a new one, which closed at 5,100 before.
    factor = 1_000_000_000 * (5_100 - 50) // 5_100
    assert found == InNewShares(ANCHOR - 2 * DAY, 1, 1, factor, 100)


@pytest.mark.process
def test_only_the_manifest_is_read_at_first_and_no_package_of_tables_ever(folder: Path) -> None:
    program = (
        "import sys; from pathlib import Path; "
        "import papertape.cli.serve, papertape.server.assembly; "
        "from papertape.store.history import built_in, recordings; "
        "from papertape.venue.market.tape import open_market; "
        f"found = [*built_in(), *recordings(Path({str(folder)!r}))]; "
        "market = open_market(0, recordings=found); "
        "[market.quote(one.conId, 0) for one in found]; "
        "assert not {'polars', 'pyarrow', 'pandas', 'numpy'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_missing_folder_says_so(tmp_path: Path) -> None:
    with pytest.raises(MarketDataError, match=r"no such folder .*nowhere.*Give") as caught:
        recordings(tmp_path / "nowhere")
    assert caught.value.path == str(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (None, "no manifest"),
        ("version = ", "not a manifest"),
        ("version = 1", "format version 1, this program reads 2"),
        ("version = 2\n[[instrument]]\nsymbol = 'X'", "instrument 'X' is not described in full"),
        (MANIFEST.replace("minutes = 10", "minutes = 9"), "a trading day of 9.0 minutes"),
        (MANIFEST.replace("spread = 2", "spread = 0"), "tick, spread, depth under 1"),
        (MANIFEST.replace("t.npz", "gone.npz"), "names this file and it is missing"),
    ],
)
def test_a_broken_manifest_says_what_is_wrong(folder: Path, text: str | None, problem: str) -> None:
    path = folder / "market.toml"
    path.unlink()
    if text is not None:
        path.write_text(text)
    with pytest.raises(MarketDataError, match=problem):
        recordings(folder)


@pytest.mark.parametrize(
    ("name", "change", "problem"),
    [
        ("q", {"time_ms": [0, 800, 800]}, "must rise strictly"),
        ("q", {"time_ms": [1, 800, 900]}, "begin at the day's first instant"),
        ("q", {"time_ms": [0, 800, 600_000]}, "end within the day"),
        ("q", {"bid": [10_000, 10_200, 9_900]}, "a bid is above the ask"),
        ("t", {"exchange": [2, 0, 3, 1]}, "exchanges are numbered 0 .. 2"),
        ("d", {"date": [20131003, 20131003]}, "dates must rise"),
        ("d", {"date": [20131003, 20131004]}, "bars from 20131004 on are known better"),
        ("b", {"date": [20131004, 20131008]}, "later than its day"),
        ("t", {"time_ms": [0, 900, 800, 900]}, "trade times must not fall"),
        ("t", {"time_ms": [0, 900, 900, 600_000]}, "trades must lie within the day"),
        ("b", {"minute": [0, 10]}, "minutes must lie in 0 .. 9"),
        ("b", {"high": [10_200, 9_900]}, "not a bar: open 10000, high 9900"),
        ("d", {"low": [0, 9_800]}, "not a bar"),
    ],
)
def test_wrong_numbers_name_the_file(
    folder: Path, name: str, change: dict[str, list[Any]], problem: str
) -> None:
    put(folder, name, FILES[name] | change)
    with pytest.raises(MarketDataError, match=problem) as caught:
        load(folder)
    assert str(caught.value.path).endswith(f"{name}.npz")
    assert "papertape data import" in str(caught.value)


def test_a_column_that_is_not_there_names_the_file(folder: Path) -> None:
    put(folder, "d", {name: column for name, column in FILES["d"].items() if name != "close"})
    with pytest.raises(MarketDataError, match="close"):
        load(folder)


@pytest.mark.parametrize("keep", [0, 3, 200, -1])
def test_a_cut_file_is_not_readable(folder: Path, keep: int) -> None:
    path = folder / "q.npz"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(MarketDataError, match=r"not a readable \.npz file") as caught:
        load(folder)
    assert caught.value.path == str(path)


def test_a_file_that_goes_missing_later_is_named(folder: Path) -> None:
    (recording,) = recordings(folder)
    (folder / "d.npz").unlink()
    with pytest.raises(MarketDataError, match=r"missing .*d\.npz"):
        recording.load()


# -- what a start looks at -------------------------------------------------------------------------


@pytest.mark.long
@pytest.mark.parametrize("name", FILES)
def test_a_start_finds_a_file_that_is_cut_anywhere(folder: Path, name: str) -> None:
    path = folder / f"{name}.npz"
    whole = path.read_bytes()
    history.check_files(folder)
    for keep in range(0, len(whole), max(len(whole) // 40, 1)):
        path.write_bytes(whole[:keep])
        with pytest.raises(MarketDataError, match=re.escape(path.name)) as told:
            history.check_files(folder)
        assert told.value.advice == REBUILD


@pytest.mark.proof
def test_a_start_finds_a_byte_that_has_changed_wherever_it_counts(folder: Path) -> None:
    """Any byte: the file is refused by name, or what is read of it is what it was."""
    path, names = folder / "q.npz", tuple(QUOTES)
    whole, before = path.read_bytes(), read_columns(folder / "q.npz", tuple(QUOTES))
    found = 0
    places = range(0, len(whole), many(test=13, quick=5, proof=1))
    for place in places:
        for change in (0xFF, 0x01, 0x80):
            path.write_bytes(whole[:place] + bytes((whole[place] ^ change,)) + whole[place + 1 :])
            try:
                history.check_files(folder)
            except MarketDataError as bad:
                assert bad.path == str(path) and bad.advice == REBUILD
                found += 1
            else:
                assert read_columns(path, names) == before
    assert found > len(places)  # most bytes count


@pytest.mark.parametrize(
    ("name", "columns", "problem"),
    [
        ("q", {**QUOTES, "ask": [1, 2]}, "different lengths: time_ms 3, bid 3, bidSize 3, ask 2"),
        ("q", {"time_ms": [0]}, "has no column 'bid'"),
        ("b", {"date": [20131004], "minute": [0]}, "has no column 'open'"),
        ("d", {"date": [20131004]}, "has no column 'open'"),
    ],
)
def test_a_start_finds_columns_that_are_not_there(
    folder: Path, name: str, columns: dict[str, list[Any]], problem: str
) -> None:
    put(folder, name, columns)
    with pytest.raises(MarketDataError, match=re.escape(f"{name}.npz")) as told:
        history.check_files(folder)
    assert problem in str(told.value)


def test_a_start_does_not_read_large_files_to_the_end(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A changed byte in the middle of one shows when it is used; its directory and heads now."""
    monkeypatch.setattr(history, "CHECKED", 100)
    path = folder / "q.npz"
    write_large(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 3])
    with pytest.raises(MarketDataError, match=r"q\.npz"):
        history.check_files(folder)
    path.write_bytes(whole)
    history.check_files(folder)


def test_a_start_opens_some_files_of_many(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder may have tens of thousands; their order is that of the manifest."""
    opened: list[str] = []

    def counted(path: Path, names: tuple[str, ...], whole: int) -> int:
        opened.append(path.name)
        return check_columns(path, names, whole)

    monkeypatch.setattr(history, "check_columns", counted)
    history.check_files(folder)
    assert sorted(opened) == sorted(f"{name}.npz" for name in FILES)
    monkeypatch.setattr(history, "OPENED", 2)
    opened.clear()
    history.check_files(folder)
    assert len(opened) == 2


def write_large(path: Path) -> None:
    path.unlink()
    rows = 5_000
    write_columns(path, {
        "time_ms": [*range(rows)], "bid": [10_000] * rows, "bidSize": [*range(1, rows + 1)],
        "ask": [10_100] * rows, "askSize": [1] * rows,
    })  # fmt: skip


def test_a_station_does_not_start_with_a_damaged_folder(folder: Path) -> None:
    (folder / "d.npz").write_bytes(b"PK")
    facts = MarketFacts(0, 0, MarketClock(0, 0, 1.0))
    with pytest.raises(MarketDataError, match=r"not a readable .npz file.*d\.npz"):
        open_tape(folder, facts)


@pytest.fixture(scope="module")
def sample() -> Market:
    return open_market(ANCHOR, recordings=[*built_in(), *recordings(SAMPLE)], seed=1)


@pytest.mark.long
@pytest.mark.parametrize(
    ("con_id", "open", "close", "scale"),
    [
        (756733, 167.42, 168.89, 10_000),  # SPY: 7 October 2013, close of the 4th
        (8314, 181.85, 184.10, 10_000),
        (10098, 13.91, 14.05, 10_000),
        (265598, 646.25, 644.82, 10_000),  # AAPL: 5 June 2014, before its split
        (12087792, 1.38682, 1.38682, 100_000),
    ],
)
def test_the_sample_market_plays(
    sample: Market, con_id: int, open: float, close: float, scale: int
) -> None:
    stats = sample.day(con_id, ANCHOR + 90 * MINUTE)
    assert stats.open / scale == pytest.approx(open)
    assert stats.close / scale == pytest.approx(close)
    quote = sample.quote(con_id, ANCHOR + 90 * MINUTE)
    assert quote.bid <= quote.ask
    assert quote.time > ANCHOR + 85 * MINUTE
    year = sample.bars(con_id, start=ANCHOR - 252 * DAY, end=ANCHOR, step=DAY, what="MIDPOINT")
    assert len(year) == 252


@pytest.mark.long
def test_the_whole_recorded_day_of_spy_is_there(sample: Market) -> None:
    span = {"start": ANCHOR, "end": ANCHOR + 390 * MINUTE - 1}
    (day,) = sample.bars(756733, step=DAY, what="TRADES", **span)
    # The source's own daily bar says 168.45 and 167.25, too.
    assert (day.high, day.low) == (1684500, 1672500)
    assert day.count == 241_129


@pytest.mark.long
def test_the_package_has_trades_and_quotes_at_any_hour() -> None:
    market = open_market(ANCHOR, recordings=built_in())
    day = market.day(2106887422, ANCHOR + DAY - 1)  # BTC in the night of 8 August 2024
    assert day.open == 61837.75 * 100_000
    first = list(market.ticks(2106887422, ANCHOR - 1, ANCHOR + 5 * MINUTE - 1))
    assert sum(isinstance(tick, Print) for tick in first) == 8_875
    # There and back 144 times: the day's volume is 288 times that of the five minutes.
    assert day.volume == 288 * sum(tick.size for tick in first if isinstance(tick, Print))


def test_the_built_in_history_leads_up_to_the_price_of_today() -> None:
    market = open_market(ANCHOR, recordings=built_in())
    assert market.day(265598, ANCHOR - 1).last == DEFAULTS[265598].price


def test_the_built_in_history_needs_no_folder() -> None:
    market = open_market(ANCHOR, recordings=built_in(), synthetic={})
    eve = market.day(265598, ANCHOR - 1)
    assert eve.last == 4304700  # AAPL closed at 430.47 on 1 March 2013
    assert market.quote(265598, ANCHOR).bid == pytest.approx(4304700, abs=300)
