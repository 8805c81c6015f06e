"""Every kind of contract has a believable price on the tape, and costs nothing before."""

import pytest

from papertape.model import Contract
from papertape.venue.market.listed import ListedCalendars, ListedSpecs
from papertape.venue.market.tape import Market, open_market
from papertape.venue.reference.instruments import Instruments, Listing, Purpose
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.units import MINUTE, Nanos
from venue.scenario import START

NOW: Nanos = START


def market(*, exchange: bool) -> Market:
    return open_market(
        NOW - 60 * MINUTE,
        synthetic=ListedSpecs(CATALOGUE),
        seed=7,
        calendars=ListedCalendars(CATALOGUE) if exchange else {},
    )


ALWAYS, HOURS = market(exchange=False), market(exchange=True)

# a contract -> the least and the most that it may cost
PRICES = [
    (Contract(symbol="BRK B", secType="STK", exchange="SMART", currency="USD"), 300, 800),
    (Contract(symbol="SIE", secType="STK", exchange="IBIS", currency="EUR"), 150, 330),
    (Contract(symbol="7203", secType="STK", exchange="TSEJ", currency="JPY"), 2000, 4500),
    (Contract(symbol="SPX", secType="IND", exchange="CBOE", currency="USD"), 5000, 9000),
    (Contract(symbol="USD", secType="CASH", exchange="IDEALPRO", currency="JPY"), 120, 190),
    (Contract(symbol="BTC", secType="CRYPTO", exchange="PAXOS", currency="USD"), 60_000, 140_000),
    (Contract(symbol="XAUUSD", secType="CMDTY", exchange="SMART", currency="USD"), 3000, 5500),
    (Contract(conId=236491195, exchange="SMART"), 85, 110),
    (Contract(localSymbol="ESM6", secType="FUT", exchange="CME"), 5000, 9000),
    (Contract(localSymbol="CLM6", secType="FUT", exchange="NYMEX"), 35, 95),
    (Contract(localSymbol="ZNM6", secType="FUT", exchange="CBOT"), 85, 140),
    (Contract(localSymbol="SPY   260618C00680000", secType="OPT", exchange="SMART"), 5, 60),
    (Contract(localSymbol="SPX   260618P06800000", secType="OPT", exchange="SMART"), 40, 700),
    (Contract(localSymbol="ESM6 C6800", secType="FOP", exchange="CME"), 20, 900),
    (Contract(symbol="IBUS500", secType="CFD", exchange="SMART", currency="USD"), 5000, 9000),
]  # fmt: skip


@pytest.mark.parametrize("tape", [ALWAYS, HOURS], ids=["always", "exchange"])
@pytest.mark.parametrize(("wanted", "least", "most"), PRICES)
def test_a_price_of_the_right_size(
    wanted: Contract, least: float, most: float, tape: Market
) -> None:
    found = CATALOGUE.resolve(wanted, Purpose.DETAILS, NOW)
    assert isinstance(found, Listing), found
    entry = found.instrument
    assert entry.conId in tape
    quote = tape.quote(entry.conId, NOW + 5 * MINUTE)
    assert least * entry.scale <= quote.bid <= quote.ask <= most * entry.scale, quote
    assert quote.bid % entry.tick == quote.ask % entry.tick == 0


def test_what_has_none() -> None:
    for wanted in (
        Contract(symbol="VINIX", secType="FUND", exchange="FUNDSERV", currency="USD"),
        Contract(symbol="BZ:BZ_ALL", secType="NEWS", exchange="BZ"),
        Contract(symbol="IBM", secType="CFD", exchange="SMART", currency="USD"),
    ):
        found = CATALOGUE.resolve(wanted, Purpose.DETAILS, NOW)
        assert isinstance(found, Listing)
        assert found.instrument.conId not in ALWAYS
    assert 5 not in ALWAYS
    with pytest.raises(KeyError):
        ALWAYS.quote(5, NOW)


def test_nothing_is_looked_up_before_somebody_asks() -> None:
    class Untouched(Instruments):
        def get(self, con_id: int) -> None:
            raise AssertionError(con_id)

    quiet = ListedSpecs(Untouched([*CATALOGUE]))
    tape = open_market(NOW, synthetic=quiet)
    assert 265598 in tape  # known without the catalogue
    with pytest.raises(AssertionError):
        _ = 1 in tape


def test_what_is_listed_is_what_is_held() -> None:
    ids = list(ALWAYS.con_ids())
    assert set(ids) <= {entry.conId for entry in CATALOGUE}
    assert 265598 in ids and 38708077 in ids
