"""What no number is in a cell of a user's file: refused by file, line and column, never silent."""

from pathlib import Path

import pytest

from data.test_importing import imported, source
from papertape.errors import MarketDataError

BARS = (("date", "open", "high", "low", "close", "volume"), ("2024-01-02", "5", "6", "4", "5", "9"))
TRADES = (("time", "price", "size"), ("2024-01-02 10:00", "5", "9"))
QUOTES = (
    ("time", "bid", "bidSize", "ask", "askSize"), ("2024-01-02 10:00", "5", "9", "6", "9"),
)  # fmt: skip
FILES = {"bars": BARS, "trades": TRADES, "quotes": QUOTES}
WRONG = (
    "nan", "NaN", "inf", "-inf", "Infinity", "-1", "-0.5", "", "  ", "null", "x", "1e400", "1,5",
)  # fmt: skip
ONE_SIDED = ("bid", "ask")
"""A quote may have one side: it is left out, and told."""
CELLS = [
    (kind, column) for kind, (names, _) in FILES.items() for column in names[1:]
]  # fmt: skip


@pytest.mark.sample(5)
@pytest.mark.parametrize(("kind", "column"), CELLS)
@pytest.mark.parametrize("wrong", WRONG)
def test_a_cell_that_is_no_number(tmp_path: Path, kind: str, column: str, wrong: str) -> None:
    names, good = FILES[kind]
    place = names.index(column)
    row = [*good]
    row[place] = f'"{wrong}"' if "," in wrong else wrong
    text = "\n".join(map(",".join, (names, good, row))) + "\n"
    blank = wrong.strip().lower() in ("", "nan", "null")
    folder = tmp_path / "m"
    if column in ONE_SIDED and blank:
        report = imported(folder, source(tmp_path, "GME.csv", text))
        assert report.instruments[0].left_out == {"quotes of one side": 1}
        return
    with pytest.raises(MarketDataError) as told:
        imported(folder, source(tmp_path, "GME.csv", text))
    said = str(told.value)
    assert "GME.csv" in said and f"line 3, column {place + 1}" in said and column in said
    assert not folder.exists()
