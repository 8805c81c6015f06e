"""Contracts in a word: each means one instrument at a station."""

import pytest

import papertape as pt
from papertape.model import Contract
from papertape.venue.reference.instruments import Listing
from papertape.venue.reference.listings import CATALOGUE
from venue.scenario import START
from walks import walk


@walk(
    ("contract", "symbol"),
    [
        (pt.Stock("SPY"), "SPY"),
        (pt.Forex("EUR.USD"), "EUR"),
        (pt.Option("SPY", "20260417", 500, "C"), "SPY"),
        (pt.Option("SPX", "20260417", 5_000, "P", "CBOE", tradingClass="SPXW"), "SPX"),
        (pt.Future("ES", "202606", "CME"), "ES"),
        (pt.Index("SPX", "CBOE"), "SPX"),
        (pt.Crypto("BTC"), "BTC"),
    ],
)
def test_it_means_one_instrument(contract: Contract, symbol: str) -> None:
    found = CATALOGUE.resolve(contract, now=START)
    assert isinstance(found, Listing), found
    assert (found.instrument.symbol, found.instrument.secType) == (symbol, contract.secType)


def test_a_field_that_there_is_not_is_named() -> None:
    with pytest.raises(TypeError, match="Contract has no field 'stirke'"):
        pt.Future("ES", "202606", "CME", stirke=1)
    with pytest.raises(TypeError, match="Order has no field 'limit'"):
        pt.MarketOrder("BUY", 1, limit=3)


@pytest.mark.parametrize("pair", ["EUR", "EURUSDX", "EUR USD"])
def test_a_pair_has_six_letters(pair: str) -> None:
    with pytest.raises(ValueError, match="is not a currency pair"):
        pt.Forex(pair)
