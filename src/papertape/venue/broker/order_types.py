"""The order types that the broker takes: a row each. A new type is a row and a scenario table."""

import re

import msgspec

from ..exchange.triggers import LAST, SIDES

DAY, GTC, IOC, FOK = "DAY", "GTC", "IOC", "FOK"
TIFS = (DAY, GTC, IOC, FOK)
IMMEDIATE = (IOC, FOK)


class OrderType(msgspec.Struct, frozen=True):
    """What an order of a type needs, and how it stands in the books."""

    name: str
    limit: bool
    """It has a limit, ``lmtPrice``."""
    stop: bool
    """It waits for a stop, ``auxPrice``, before it trades."""
    tifs: tuple[str, ...] = TIFS
    becomes: tuple[str, ...] = ()
    """Other types that a modification may turn it into."""


MARKET = OrderType("MKT", limit=False, stop=False)
LIMIT = OrderType("LMT", limit=True, stop=False, becomes=("MKT",))
STOP = OrderType("STP", limit=False, stop=True, tifs=(DAY, GTC))
STOP_LIMIT = OrderType("STP LMT", limit=True, stop=True, tifs=(DAY, GTC))

ORDER_TYPES: dict[str, OrderType] = {
    "MKT": MARKET,
    "LMT": LIMIT,
    "STP": STOP,
    "STP LMT": STOP_LIMIT,
    "STPLMT": STOP_LIMIT,
}
"""By the spelling of ``orderType``."""

_FAMILIES = """
MKT, LMT, MTL, MKT PRT, MIDPRICE, MOC, LOC, BOX TOP, VOL, QUOTE, VWAP
STP, STP LMT, STPLMT, STP PRT, TRAIL, TRAIL LIMIT, TRAILLMT, TRAIL LIT, TRAIL MIT, MIT, LIT
REL, PASSV REL, PEG PRIM, PEG MKT, PEG MID, PEG STK, PEG BENCH, PEG BEST, FIX PEGGED
PEGMID, PEGBENCH, PEGBEST
SNAP MKT, SNAP MID, SNAP PRIM, PPV, PDV, PMV, PSV
LMT + MKT, REL + LMT, REL + MKT, TRAIL LMT + MKT, TRAIL REL + MKT
"""
UNSERVED_ORDER_TYPES = tuple(
    name for name in re.split(r", |\n", _FAMILIES.strip()) if name not in ORDER_TYPES
)
"""Names that exist and have no row: 201 refuses them; all others are 321."""

DEFAULT_TRIGGERS = {"CASH": SIDES}
"""By secType, where the default ``triggerMethod`` is not the last price."""


def trigger_method(chosen: int, sec_type: str) -> int:
    """The trigger method of an order: the chosen one, or its instrument's default for 0."""
    return chosen or DEFAULT_TRIGGERS.get(sec_type, LAST)
