"""Columns are guessed from their headings."""

import pytest

from papertape.data.guess import Mapped, NoGuess, mapped
from walks import walk


@walk(
    ("headings", "kinds"),
    [
        ("Date,Open,High,Low,Close,Adj Close,Volume", ("bars",)),  # Yahoo
        ("timestamp,open,high,low,close,volume", ("bars",)),  # Alpha Vantage
        ("Date,Close/Last,Volume,Open,High,Low", ("bars",)),  # Nasdaq
        ("<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<TICKVOL>", ("bars",)),  # MetaTrader
        ("timestamp,1. open,2. high,3. low,4. close,5. volume", ("bars",)),
        ("ts_event,bid_px_00,ask_px_00,bid_sz_00,ask_sz_00", ("quotes",)),
        (",price,size", ("trades",)),  # the index of pandas
        ("time,last,size,bid,ask", ("quotes", "trades")),
    ],
)
def test_headings_of_well_known_files(headings: str, kinds: tuple[str, ...]) -> None:
    assert mapped(headings.split(","), {}).kinds == kinds


def test_what_is_said_wins_and_what_is_not_read_is_told() -> None:
    found = mapped(["When", "Px", "Last", "note"], {"time": "1", "price": "Px"})
    assert isinstance(found, Mapped)
    assert found.places == {"time": 0, "price": 1}
    assert str(found) == "time = 'When', price = 'Px'; not read: Last, note"


@walk(
    ("headings", "said", "words"),
    [
        ("open,high,low,close", {}, "no column is a time or a date"),
        ("date,open,high,close", {}, "bars lack low"),
        ("date,colour", {}, "neither bars"),
        ("time,price", {"price": "Last"}, "price is to be 'Last', and the columns are 'time'"),
        ("time,price", {"colour": "1"}, "there is no field 'colour'"),
        ("time,price", {"size": "3"}, "size is to be '3'"),
        ("time,price", {"price": "1", "time": "1"}, "both column 1"),
        ("", {}, "neither bars"),
    ],
)
def test_what_makes_no_table(headings: str, said: dict[str, str], words: str) -> None:
    with pytest.raises(NoGuess, match=words):
        mapped(headings.split(","), said)


@pytest.mark.long
def test_a_message_does_not_grow_with_the_file() -> None:
    with pytest.raises(NoGuess) as told:
        mapped(["x" * 1000] * 1_000, {})
    assert len(str(told.value)) < 2_500
