"""Checks before acceptance: a request that fails one is answered with an error and nothing else.

What the venue does not simulate is refused here by name; nothing is accepted and then ignored
that would change how an order trades.
"""

import re
from decimal import Decimal
from math import isfinite
from typing import get_args

import msgspec

from papertape.model import Contract, Order

from .instruments import Instruments, Listing, Refusal
from .profile import Profile
from .units import PriceUnits, SizeUnits, price_units, size_units

SIDES = {"BUY": 1, "SELL": -1}
TIFS = ("DAY", "GTC", "IOC", "FOK")
ORDER_TYPES = ("MKT", "LMT")
_FAMILIES = """
MKT, LMT, MTL, MKT PRT, MIDPRICE, MOC, LOC, BOX TOP, VOL, QUOTE, VWAP
STP, STP LMT, STPLMT, STP PRT, TRAIL, TRAIL LIMIT, TRAILLMT, TRAIL LIT, TRAIL MIT, MIT, LIT
REL, PASSV REL, PEG PRIM, PEG MKT, PEG MID, PEG STK, PEG BENCH, PEG BEST, FIX PEGGED
SNAP MKT, SNAP MID, SNAP PRIM, PPV, PDV, PMV, PSV
LMT + MKT, REL + LMT, REL + MKT, TRAIL LMT + MKT, TRAIL REL + MKT
"""
KNOWN_ORDER_TYPES = frozenset(re.split(r", |\n", _FAMILIES.strip()))
"""Names that exist; the venue refuses those it does not simulate with 387, others with 321."""

UNSUPPORTED = (
    "parentId",
    "ocaGroup",
    "conditions",
    "algoStrategy",
    "hedgeType",
    "goodAfterTime",
    "goodTillDate",
    "allOrNone",
    "minQty",
    "cashQty",
    "faGroup",
    "duration",
    "deactivate",
    "activeStartTime",
    "discretionaryAmt",
    "scalePriceIncrement",
    "postOnly",
)
"""Attributes that would change how an order trades and that the venue does not simulate."""

NUMBERS = tuple(
    field.name
    for field in msgspec.structs.fields(Order)
    if {float, Decimal} & {field.type, *get_args(field.type)}
)
"""Attributes that hold a number with decimals: the wire can bring one that is not finite."""

VALIDATION_TAG = "bF"
MAX_SIZE = Decimal(10) ** 9
"""Shares per order: keeps every product of price and size far from absurd."""


class Ticket(msgspec.Struct, frozen=True):
    """An order that passed all checks, in venue units."""

    listing: Listing
    account: str
    side: int
    quantity: SizeUnits
    limit: PriceUnits | None
    tif: str


def invalid(cause: str) -> Refusal:
    """The general validation error, 321."""
    return Refusal(321, {"tag": VALIDATION_TAG, "cause": cause})


def check(
    contract: Contract,
    order: Order,
    instruments: Instruments,
    profile: Profile,
    *,
    strict_tif: bool = False,
) -> Ticket | Refusal:
    """The order in venue units, or the first reason not to take it."""
    if not contract.exchange and not contract.comboLegs:
        return Refusal(321, {"tag": VALIDATION_TAG}, "no_exchange")
    listing = instruments.resolve(contract)
    if isinstance(listing, Refusal):
        return listing
    refusal = _form(order, strict_tif=strict_tif) or _account(order, profile)
    if refusal is not None:
        return refusal
    limit = _limit(order, listing)
    if isinstance(limit, Refusal):
        return limit
    assert order.totalQuantity is not None  # _form has refused it
    return Ticket(
        listing=listing,
        account=order.account or profile.accounts[0],
        side=SIDES[order.action.upper()],
        quantity=size_units(order.totalQuantity),
        limit=limit,
        tif=order.tif or "DAY",
    )


def _form(order: Order, *, strict_tif: bool) -> Refusal | None:
    if order.orderType not in KNOWN_ORDER_TYPES:
        return Refusal(321, {"tag": VALIDATION_TAG}, "order_type")
    if order.orderType not in ORDER_TYPES:
        return Refusal(387)
    if order.action.upper() not in SIDES:
        return invalid("Invalid order side")
    size = order.totalQuantity
    if size is None or not size.is_finite() or size <= 0:
        return Refusal(434)
    if size != int(size):
        return Refusal(10243)
    if size > MAX_SIZE:
        return invalid("Order size is too large")
    return _tif(order.tif, strict=strict_tif) or _attributes(order)


def _tif(tif: str, *, strict: bool) -> Refusal | None:
    if tif in TIFS or (not tif and not strict):
        return None
    return Refusal(10052, {"tif": tif or "Empty"})


def _attributes(order: Order) -> Refusal | None:
    for name in UNSUPPORTED:
        if getattr(order, name):
            return invalid(f"The order attribute '{name}' is not supported")
    for name in NUMBERS:
        value = getattr(order, name)
        if value is not None and not isfinite(value):
            return invalid(f"The order attribute '{name}' is not a finite number")
    return None


def _account(order: Order, profile: Profile) -> Refusal | None:
    if not order.account:
        return None if len(profile.accounts) == 1 else Refusal(435)
    if order.account not in profile.accounts:
        return Refusal(201, variant="account")
    return None


def _limit(order: Order, listing: Listing) -> PriceUnits | Refusal | None:
    if order.orderType == "MKT":
        return None
    price = order.lmtPrice
    # The comparison also refuses not-a-number.
    if price is None or not 0 < price < 1e9:
        return Refusal(463)
    entry = listing.instrument
    units = price_units(price, entry.scale)
    if units % entry.tick or units == 0 or abs(units / entry.scale - price) > 1e-9 * price:
        return Refusal(110)
    return units
