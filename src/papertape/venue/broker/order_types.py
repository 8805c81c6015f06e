"""The supported order types: a row each. A new type is a row and a scenario table."""

import re

import msgspec

from ..exchange.triggers import LAST, SIDES

DAY, GTC, IOC, FOK = "DAY", "GTC", "IOC", "FOK"
TIFS = (DAY, GTC, IOC, FOK)
IMMEDIATE = (IOC, FOK)


class OrderType(msgspec.Struct, frozen=True):
    """The required fields of an order type, and its place in the books."""

    name: str
    limit: bool
    """Whether it has a limit, ``lmtPrice``."""
    stop: bool
    """Whether it waits for a stop, ``auxPrice``, before it trades."""
    tifs: tuple[str, ...] = TIFS
    becomes: tuple[str, ...] = ()
    """Other types to which a modification may change it."""


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
"""Order types by ``orderType``."""

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
"""Existing names without a row, which get 201; all others get 321."""

DEFAULT_TRIGGERS = {"CASH": SIDES}
"""Default ``triggerMethod`` by secType, where it is not the last price."""


def trigger_method(chosen: int, sec_type: str) -> int:
    """Return the trigger method of an order; 0 selects the default of its instrument."""
    return chosen or DEFAULT_TRIGGERS.get(sec_type, LAST)
