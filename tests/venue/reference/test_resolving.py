"""Descriptions that are named again and again are resolved once, and strangers fill no memory."""

from collections.abc import Iterator
from itertools import product

import msgspec
import pytest

from papertape.model import Contract
from papertape.venue.reference import instruments
from papertape.venue.reference.instruments import Instruments, Listing, Refusal
from papertape.venue.reference.listings import CATALOGUE

AAPL = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")


@pytest.fixture
def known() -> Instruments:
    return Instruments(CATALOGUE)


def test_a_description_is_looked_up_once(
    known: Instruments, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = known.resolve(AAPL)
    monkeypatch.setattr(known, "match", None)
    assert known.resolve(msgspec.structs.replace(AAPL)) is first
    assert isinstance(first, Listing)


def unknown() -> Iterator[Contract]:
    for number in range(1000):
        yield Contract(symbol=f"NO{number}", secType="STK", exchange="SMART", currency="USD")
        yield Contract(conId=265598, symbol=f"NO{number}", exchange="SMART")
        yield Contract(conId=-number)


def test_refusals_are_not_remembered(known: Instruments) -> None:
    for contract in unknown():
        assert isinstance(known.resolve(contract), Refusal)
    assert not known._resolved


@pytest.mark.parametrize("field", ["exchange", "secId", "primaryExchange"])
def test_long_texts_around_a_listing_are_not_remembered(known: Instruments, field: str) -> None:
    """Some of these mean a listing all the same: what they carry must not be kept."""
    for number in range(100):
        text = "SMART".ljust(1000 + number) if field == "exchange" else "x" * (1000 + number)
        known.resolve(msgspec.structs.replace(AAPL, conId=265598, **{field: text}))
    assert not known._resolved


def test_memory_has_an_end(known: Instruments, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instruments, "MOST_RESOLVED", 8)
    for number, spelling in product(range(10), ("AAPL", "aapl")):
        contract = msgspec.structs.replace(AAPL, symbol=spelling, secId=str(number))
        assert known.resolve(contract) == known._resolve(contract)
        assert len(known._resolved) <= 8
