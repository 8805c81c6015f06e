"""What a history can be made of: which ``whatToShow`` there is, and for which kinds of contracts.

As the vendor documents it ("Available Data per Product"), for bars, head timestamps, ticks,
histograms and bars of five seconds alike. A kind that a contract has not is answered as TWS does
where it finds nothing (162); trades of crypto currencies have a name of their own, which 10299
tells. Metals are documented with trades; XAUUSD was refused them in 2026 and is so here. A mutual
fund has no trades: its quotes are its value on both sides, though nobody is told a bid or an ask.
"""

from typing import Final

from ...venue.reference.instruments import Instrument
from ...venue.reference.securities import UNTRADED
from .bad_request import BadRequest

QUOTES: Final = frozenset(("MIDPOINT", "BID", "ASK", "BID_ASK"))
VOLATILITIES: Final = frozenset(("HISTORICAL_VOLATILITY", "OPTION_IMPLIED_VOLATILITY"))
YIELDS: Final = frozenset(("YIELD_BID", "YIELD_ASK", "YIELD_BID_ASK", "YIELD_LAST"))
KINDS: Final[dict[str, frozenset[str]]] = {
    "ADJUSTED_LAST": frozenset(("STK",)),
    "AGGTRADES": frozenset(("CRYPTO",)),
    "FEE_RATE": frozenset(("STK",)),
    **dict.fromkeys(VOLATILITIES, frozenset(("STK", "IND"))),
    **dict.fromkeys(YIELDS, frozenset(("BOND",))),
}
"""What only some types of securities have."""
TRADED: Final = ("TRADES", "AGGTRADES")
"""Names of trades: the second is that of crypto currencies alone."""
NO_TRADES: Final = UNTRADED | {"FUND"}
"""Kinds without a history of trades."""
NO_QUOTES: Final = frozenset(("IND",))
"""Kinds without one of quotes."""
NO_SCHEDULE: Final = frozenset(("OPT", "FOP"))
WHAT_TO_SHOW: Final = frozenset(("TRADES", "SCHEDULE", *QUOTES, *KINDS))


def named(text: str) -> str:
    """A ``whatToShow``. Raises ``BadRequest`` 321 for one that does not exist."""
    what = text.strip().upper()
    if what not in WHAT_TO_SHOW:
        raise BadRequest(321, "what_to_show")
    return what


def source_of(what: str, entry: Instrument, exchange: str) -> str:
    """What the tape has of it: ``what``, but TRADES of what a crypto currency has as AGGTRADES.

    Raises ``BadRequest`` 10299 for TRADES of a crypto currency, 162 for what its kind has not.
    """
    kind = entry.secType
    if what == "TRADES" and kind == "CRYPTO":
        raise BadRequest(10299, expected="AGGTRADES", given="TRADES")
    if not has(what, kind):
        facts = {"symbol": entry.symbol, "exchange": exchange, "whatToShow": what}
        raise BadRequest(162, "no_data", **facts)
    return "TRADES" if what in TRADED else what


def has(what: str, kind: str) -> bool:
    """Whether a type of securities has that."""
    if what == "TRADES":
        return kind not in NO_TRADES
    if what == "SCHEDULE":
        return kind not in NO_SCHEDULE
    if what in QUOTES:
        return kind not in NO_QUOTES
    return kind in KINDS[what]
