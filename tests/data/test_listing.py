"""What a market folder holds, told."""

from pathlib import Path

import pytest

from papertape.data.importing import ImportOptions, import_frame
from papertape.data.listing import FileFacts, held
from papertape.errors import MarketDataError

SAMPLE = Path(__file__).parents[2] / "market" / "sample"


@pytest.mark.long
def test_the_sample_market() -> None:
    found = {one.entry.symbol: one for one in held(SAMPLE)}
    assert list(found) == ["SPY", "IBM", "BAC", "AAPL", "EUR.USD"]
    assert (found["EUR.USD"].security_type, found["IBM"].exchange) == ("CASH", "NYSE")
    trades, *_, daily, actions = found["IBM"].files
    assert (trades.kind, trades.rows, trades.first) == ("trades", 24_043, "+0:00:01.031")
    assert (daily.rows, daily.first, daily.last) == (3_963, "1998-01-02", "2013-10-03")
    assert actions.rows == 64
    assert not any(facts.problem for one in found.values() for facts in one.files)


def bars(*days: str) -> dict[str, list[object]]:
    return {"date": list(days), **{name: [1] * len(days) for name in ("open", "high", "low")},
            "close": [1] * len(days)}  # fmt: skip


@pytest.mark.long
def test_gaps_are_days_and_minutes_that_are_not_there(tmp_path: Path) -> None:
    options = ImportOptions(symbol="GME")
    import_frame(bars("2024-01-02", "2024-01-04", "2024-01-09"), tmp_path, options)
    (one,) = held(tmp_path)
    # 2024-01-06 and 07 are a weekend.
    assert one.files[0].gaps == "3 trading days in 2 gaps: 2024-01-03 … 2024-01-08"
    import_frame(bars("2024-01-03", "2024-01-05"), tmp_path, options)
    assert held(tmp_path)[0].files[0].gaps == "1 trading day: 2024-01-08"
    import_frame(bars("2024-01-08"), tmp_path, options)
    assert held(tmp_path)[0].files[0].gaps == ""
    minutes = bars("2024-01-10 09:30", "2024-01-10 09:31", "2024-01-12 09:31")
    import_frame(minutes, tmp_path, options)
    found = {facts.kind: facts for facts in held(tmp_path)[0].files}
    assert found["bars"].gaps == "777 of 780 minutes, 1 trading day: 2024-01-11"


def test_a_pause_is_told_with_its_place(tmp_path: Path) -> None:
    times = ["2024-01-10 09:30:00", "2024-01-10 09:31:00", "2024-01-10 10:31:30"]
    quotes = {"time": times, "bid": [1, 2, 3], "ask": [2, 3, 4]}
    import_frame(quotes, tmp_path, ImportOptions(symbol="GME"))
    (facts,) = held(tmp_path, ["gme"])[0].files
    assert facts == FileFacts(
        "quotes", "gme-quotes.npz", 3, "+0:00:00", "+1:01:30",
        "longest pause 3630 s, from +0:01:00 on",
    )  # fmt: skip


def test_a_file_that_cannot_be_read_stands_in_its_place(tmp_path: Path) -> None:
    import_frame(bars("2024-01-02"), tmp_path, ImportOptions(symbol="GME"))
    import_frame(bars("2024-01-02"), tmp_path, ImportOptions(symbol="IBM"))
    (tmp_path / "gme-daily.npz").write_bytes(b"PK")
    gme, ibm = held(tmp_path)
    assert "not a readable .npz file" in gme.files[0].problem
    assert ibm.files[0].rows == 1
    with pytest.raises(MarketDataError, match="not in this folder"):
        held(tmp_path, ["SPY"])
