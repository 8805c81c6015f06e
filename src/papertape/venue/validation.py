"""Checks before acceptance: a request that fails one is answered with an error and nothing else.

What the venue does not serve is refused here by name (``attributes`` is the table of fields);
nothing is accepted and then ignored that would change how an order trades.
"""

import re
from decimal import Decimal
from math import isfinite
from typing import get_args

import msgspec

from papertape.model import Contract, Order

from .attributes import unserved
from .instruments import Instruments, Listing, Refusal
from .profile import Profile
from .units import PriceUnits, SizeUnits, price_units, size_units

SIDES = {"BUY": 1, "SELL": -1}
UNSERVED_SIDES = ("SSHORT", "SLONG")
TIFS = ("DAY", "GTC", "IOC", "FOK")
UNSERVED_TIFS = ("GTD", "OPG", "AUC", "DTC", "GTT", "GTX", "MINUTES", "OVERNIGHT")
OVERNIGHT_DAY = "OVERNIGHT + DAY"
"""What the echo of a day order with ``includeOvernight`` has for its tif; it may come back."""
ORDER_TYPES = ("MKT", "LMT")
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
"""Names that exist: 201 refuses them; all others are 321."""

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
    overnight: bool = False
    """A day order that works overnight as well."""


def invalid(cause: str) -> Refusal:
    """The general validation error, 321."""
    return Refusal(321, {"tag": VALIDATION_TAG, "cause": cause})


def not_served(what: str) -> Refusal:
    """Refuse an order for what the venue does not serve yet.

    The code is 201, which every client takes as the end of the order; some take 321 for a warning
    and keep the order alive.
    """
    return Refusal(201, {"what": what}, "not_served")


def for_living(refusal: Refusal) -> Refusal:
    """Return the refusal of new terms for an order that lives on with its old ones.

    The code is 321 instead of 201, which clients take for the order's end.
    """
    if refusal.variant != "not_served":
        return refusal
    return Refusal(321, {"what": refusal.facts["what"]}, "not_served")


def check(
    contract: Contract,
    order: Order,
    instruments: Instruments,
    profile: Profile,
    *,
    strict_tif: bool = False,
    taken: bool = False,
) -> Ticket | Refusal:
    """The order in venue units, or the first reason not to take it.

    ``taken``: it was taken before, maybe by a venue with other rules, so that its attributes are
    not looked at again.
    """
    if not contract.exchange and not contract.comboLegs:
        return Refusal(321, {"tag": VALIDATION_TAG}, "no_exchange")
    combination = None if taken else unserved(contract)
    if combination is not None:
        return not_served(f"The contract attribute '{combination}'")
    listing = instruments.resolve(contract)
    if isinstance(listing, Refusal):
        return listing
    refusal = (
        _words(order, strict_tif=strict_tif)
        or (None if taken else _attributes(order, listing))
        or _numbers(order)
        or _account(order, profile)
    )
    if refusal is not None:
        return refusal
    limit = _limit(order, listing)
    if isinstance(limit, Refusal):
        return limit
    assert order.totalQuantity is not None  # _numbers has refused it
    return Ticket(
        listing=listing,
        account=order.account or profile.accounts[0],
        side=SIDES[order.action.upper()],
        quantity=size_units(order.totalQuantity),
        limit=limit,
        tif="DAY" if order.tif in ("", OVERNIGHT_DAY) else order.tif,
        overnight=order.tif == OVERNIGHT_DAY
        or (order.includeOvernight and order.tif in ("", "DAY")),
    )


def _words(order: Order, *, strict_tif: bool) -> Refusal | None:
    """Check order type, action and time in force."""
    if order.orderType in UNSERVED_ORDER_TYPES:
        return not_served(f"The order type '{order.orderType}'")
    if order.orderType not in ORDER_TYPES:
        return Refusal(321, {"tag": VALIDATION_TAG}, "order_type")
    if order.action.upper() in UNSERVED_SIDES:
        return not_served(f"The action '{order.action}'")
    if order.action.upper() not in SIDES:
        return invalid("Invalid order side")
    if order.tif.upper() in UNSERVED_TIFS:
        return not_served(f"The time in force '{order.tif}'")
    if order.tif in (*TIFS, OVERNIGHT_DAY) or (not order.tif and not strict_tif):
        return None
    return Refusal(10052, {"tif": order.tif or "Empty"})


def _attributes(order: Order, listing: Listing) -> Refusal | None:
    """Refuse what the venue does not serve; before the size, which is 0 for some of these."""
    if order.cashQty and listing.instrument.secType != "CASH":
        return Refusal(10244)
    name = unserved(order)
    return None if name is None else not_served(f"The order attribute '{name}'")


def _numbers(order: Order) -> Refusal | None:
    """Check the size, and that every number is one."""
    size = order.totalQuantity
    if size is None or not size.is_finite() or size <= 0:
        return Refusal(434)
    if size != int(size):
        return Refusal(10243)
    if size > MAX_SIZE:
        return invalid("Order size is too large")
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
