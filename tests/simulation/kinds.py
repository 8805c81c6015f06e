"""Contracts of the kinds that the small catalogue of tests lacks, some of which end soon."""

from datetime import date

import msgspec

from papertape.model import Contract
from papertape.venue.reference.instruments import Instrument, Purpose
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.reference.securities import Bond, Cfd, Warrant
from venue.scenario import START

AAPL = CATALOGUE[265598]
_BOND = CATALOGUE[236491195]
assert isinstance(_BOND, Bond)
ENDING_BOND = msgspec.structs.replace(
    _BOND, conId=700_000_061, localSymbol="IBCID61", coupon=4_250, currency="USD",
    matures=date(2026, 4, 15).toordinal(), issued=date(2020, 4, 15).toordinal(),
)  # fmt: skip
"""Pays its last coupon and its face value on the third day."""
ENDING_CALL = Warrant(
    700_000_062, "AAPL", "WAR", "EUR", "", "AAPL 250W", "AAPL", ("SMART", "FWB"), "AAPL", 10_000,
    100, multiplier=10, divisor=100, under=AAPL.conId, underSymbol="AAPL", underSecType="STK",
    expires=date(2026, 4, 14).toordinal(), exercise=2_500_000, american=False, hours="US",
)  # fmt: skip
"""In euros, on a stock in dollars; ends on the second day."""
CFD = Cfd(
    700_000_063, "AAPL", "CFD", "USD", "", "AAPL CFD", "AAPL", ("SMART",), "AAPL", 10_000, 100,
    under=AAPL.conId,
)  # fmt: skip


def _found(symbol: str, kind: str, exchange: str, currency: str) -> Instrument:
    wanted = Contract(symbol=symbol, secType=kind, exchange=exchange, currency=currency)
    listing = CATALOGUE.resolve(wanted, Purpose.ORDER, START)
    return listing.instrument  # type: ignore[union-attr]


FUND = _found("VFIAX", "FUND", "FUNDSERV", "USD")
BTC = _found("BTC", "CRYPTO", "PAXOS", "USD")
USDJPY = _found("USD", "CASH", "IDEALPRO", "JPY")
PRICES: dict[int, float] = {
    ENDING_BOND.conId: 99.0, ENDING_CALL.conId: 1.2, CFD.conId: 257.0, FUND.conId: 500.0,
    BTC.conId: 60_000.0, USDJPY.conId: 160.0,
}  # fmt: skip
