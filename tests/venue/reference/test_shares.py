"""Shares outstanding: one number a stock, of a company's size."""

from papertape.venue.reference.instruments import Instrument
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.reference.shares import shares_outstanding


def stocks() -> dict[str, Instrument]:
    found = (one for one in CATALOGUE.everything() if one.secType == "STK")
    return {one.symbol: one for one in found if one.currency == "USD"}


def test_large_companies_have_about_as_many_as_they_report() -> None:
    found = stocks()
    assert shares_outstanding(found["AAPL"]) == 14_800_000_000
    assert shares_outstanding(found["IBM"]) == 935_000_000


def test_all_others_have_a_number_of_their_own_of_the_size_of_a_company() -> None:
    found = {name: shares_outstanding(one) for name, one in stocks().items()}
    assert len(found) > 1000
    assert all(16_000_000 <= count <= 25_000_000_000 for count in found.values())
    assert all(count % 1000 == 0 for count in found.values())
    assert len(set(found.values())) > len(found) * 0.95
    small = sum(count < 200_000_000 for count in found.values())
    assert 0.3 < small / len(found) < 0.7
