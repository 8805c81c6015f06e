"""All checks of an order's fields.

``check`` converts a client's contract and order to ``Terms`` in integer units, or returns the
first reason to refuse them. It refuses what the venue does not serve (``attributes`` is the table
of fields); it never ignores a field that would change how an order trades.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from math import isfinite
from typing import Any, get_args

import msgspec

from papertape.model import Contract, Order

from ..exchange.triggers import METHODS
from ..facts import Terms
from ..reference.combinations import BAG, combination_of
from ..reference.descriptions import ORDER_TAG
from ..reference.exchanges import ATS, SMART
from ..reference.instruments import (
    Instrument,
    Instruments,
    Listing,
    Purpose,
    Refusal,
)
from ..reference.securities import Bond, Combination
from ..special import Combo, Special
from ..units import SIZE_SCALE, Nanos, PriceUnits, SizeUnits
from .allocation import CHANGE, master_of
from .attribute_rules import unfit_attribute, unfit_type
from .attributes import given, unserved
from .cash_quantity import unfit_cash
from .combination_terms import combo_of, has_leg_prices, net_price, unfit_combination
from .combination_types import COMBINATION_TYPES
from .contract_ends import end_of
from .delta_hedges import with_neutral
from .ledger import Account
from .margin import unvalued
from .order_types import (
    AUC,
    AUCTION_TIFS,
    DAY,
    MARKET_TO_LIMIT,
    ORDER_TYPES,
    TIFS,
    UNSERVED_ORDER_TYPES,
    UNSUPPORTED_ORDER_TYPES,
    OrderType,
    trigger_method,
)
from .plain_terms import MOST_WHOLE, SIDES, SIMPLE, plain_terms
from .price_terms import HIGHEST_PRICE, UP_TO_MIDDLE, on_increment
from .special_terms import special_of
from .trailing import limit_at

INSTITUTIONS = ("SSHORT", "SLONG")
"""The sides of institutional accounts, which get 346."""
NUMBERS = frozenset(
    field.name
    for field in msgspec.structs.fields(Order)
    if {float, Decimal} & {field.type, *get_args(field.type)}
)
"""Attributes with a decimal number, which may arrive as one that is not finite."""

WIDE = ("permId", "parentPermId")
"""Except these, which only the server sets."""
OVERNIGHT_DAY = "OVERNIGHT + DAY"
"""The tif in the echo of a day order with ``includeOvernight``; clients may send it back."""
LEAST_PARTS = {"CRYPTO": 1, "FUND": SIZE_SCALE // 1_000}
"""What sizes are multiples of where they need not be whole."""
MAX_SIZE = Decimal(10) ** 9
"""Maximum shares per order, which bounds every product of price and size."""

_text = msgspec.json.Encoder().encode


def invalid(cause: str) -> Refusal:
    """Return the general validation error, 321."""
    return Refusal(321, {"tag": ORDER_TAG, "cause": cause})


def not_served(what: str) -> Refusal:
    """Refuse an order for what the venue does not serve yet.

    The code is 201, which every client treats as the end of the order; some treat 321 as a warning
    and keep the order.
    """
    return Refusal(201, {"what": what}, "not_served")


def for_living(refusal: Refusal) -> Refusal:
    """Return the refusal of new terms for an order that keeps its old ones.

    The code is 321 instead of 201, which clients treat as the order's end.
    """
    if refusal.variant != "not_served":
        return refusal
    return Refusal(321, {"what": refusal.facts["what"]}, "not_served")


def check(
    contract: Contract,
    order: Order,
    instruments: Instruments,
    accounts: Mapping[str, Account] | Iterable[str],
    *,
    strict_tif: bool = False,
    now: Nanos = 0,
) -> Terms | Refusal:
    """Return the order in venue units, or the first reason to refuse it.

    ``accounts`` are the existing codes in order; ``strict_tif`` refuses an empty time in force
    (from server version 225 on), which otherwise means DAY; ``now`` decides which contracts have
    expired.
    """
    listing, known = _listing(contract, instruments, now)
    if type(listing) is Refusal:
        return listing
    assert type(listing) is Listing
    entry = listing.instrument
    over = None if entry.endless else _over(entry, instruments, now)
    if over is not None:
        return over
    differs: dict[str, Any] = given(order)
    combined = known is COMBINATION_TYPES
    hedged = contract.deltaNeutralContract is not None
    if not (combined or hedged) and isinstance(accounts, dict):
        plain = plain_terms(order, differs, listing, accounts, strict_tif=strict_tif)
        if plain is not None:
            return plain
    kind = known.get(order.orderType)
    refusal = _words(order, kind, strict=strict_tif, combined=combined)
    if refusal is not None or kind is None:
        return refusal or Refusal(321, {"tag": ORDER_TAG}, "order_type")
    if order.totalQuantity is not None and not order.totalQuantity.is_finite():
        return Refusal(434)
    named = {name for name, value in differs.items() if value}
    simple = named <= SIMPLE
    refusal = unfit_type(order, kind, listing) or _unvalued(listing) or unfit_cash(order, entry)
    if refusal is None and not simple:
        refusal = _attributes(order, differs, kind, listing)
    if refusal is not None:
        return refusal
    size = _size(order, entry.secType)
    if isinstance(size, Refusal):
        return size
    refusal = None if simple and _finite(order) else _unreadable(order, differs)
    if refusal is not None:
        return refusal
    account = account_of(order, accounts)
    if isinstance(account, Refusal):
        return account
    combo: Combo | Refusal | None = None
    if combined or order.smartComboRoutingParams or order.orderComboLegs:
        combo = _combo(order, kind, entry, instruments)
    if isinstance(combo, Refusal):
        return combo
    special = special_of(order, named, kind, entry, instruments, now, combo)
    if contract.deltaNeutralContract is not None and not isinstance(special, Refusal):
        neutral = contract.deltaNeutralContract
        special = with_neutral(special, neutral, entry, instruments)
    if isinstance(special, Refusal):
        return special
    return _terms(order, _text(differs).decode(), listing, kind, (account, size), special)


def _over(entry: Instrument, instruments: Instruments, now: Nanos) -> Refusal | None:
    """Refuse what has ended, itself or a leg of it, though its last day is not over."""
    if isinstance(entry, Combination):
        legs = (instruments[leg.conId] for leg in entry.composition.legs)
        return next((over for leg in legs if (over := _over(leg, instruments, now))), None)
    if now and (end := end_of(entry)) and end <= now:
        return Refusal(10254 if isinstance(entry, Bond) else 392)
    return None


def _listing(
    contract: Contract, instruments: Instruments, now: Nanos
) -> tuple[Listing | Refusal, dict[str, OrderType]]:
    """Return what the contract means, and the order types that it has."""
    kind, exchange = contract.secType.upper(), contract.exchange.upper()
    if kind == BAG:
        return combination_of(contract, Purpose.ORDER, instruments, now), COMBINATION_TYPES
    if contract.comboLegs:
        return Refusal(312), ORDER_TYPES
    if exchange != ATS or kind != "STK":
        return instruments.resolve(contract, Purpose.ORDER, now), ORDER_TYPES
    smart = msgspec.structs.replace(contract, exchange=SMART)
    found = instruments.resolve(smart, Purpose.ORDER, now)
    if isinstance(found, Refusal) or found.instrument.currency != "USD":
        return found if isinstance(found, Refusal) else Refusal(200), ORDER_TYPES
    return Listing(found.instrument, ATS), ORDER_TYPES


def _combo(
    order: Order, kind: OrderType, entry: Instrument, instruments: Instruments
) -> Combo | Refusal | None:
    """Return how the legs of a combination are traded; None for what is no combination."""
    if isinstance(entry, Combination):
        return unfit_combination(order, kind) or combo_of(order, kind, entry, instruments)
    for name in ("smartComboRoutingParams", "orderComboLegs"):
        if getattr(order, name):
            return not_served(f"The order attribute '{name}' without a combination")
    return None


def _terms(
    order: Order,
    text: str,
    listing: Listing,
    kind: OrderType,
    found: tuple[str, SizeUnits],
    special: Special | None,
) -> Terms | Refusal:
    """Build the terms; ``found`` are the checked account and size."""
    entry, (account, size) = listing.instrument, found
    capped = bool(kind.peg) and bool(order.lmtPrice) and not kind.protects
    if special is not None and special.combo is not None:
        by_leg = order.lmtPrice is None and has_leg_prices(order)
        limit = net_price(order.lmtPrice, entry) if kind.limit and not by_leg else None
    else:
        limit = _price(order.lmtPrice, entry, 463) if kind.limit or capped else None
    if isinstance(limit, Refusal):
        return limit
    stop = _price(order.auxPrice, entry, 403) if kind.stop else None
    if isinstance(stop, Refusal):
        return stop
    trail = None if special is None else special.trail
    if trail is not None:
        stop = _price(order.trailStopPrice, entry, 403) if order.trailStopPrice else 0
        if isinstance(stop, Refusal):
            return stop
        limit = limit_at(trail, SIDES[order.action.upper()], stop) if stop else None
    trigger = 0 if stop is None else trigger_method(order.triggerMethod, entry.secType)
    if trigger and trigger not in METHODS:
        return Refusal(146)
    tif = DAY if order.tif in ("", OVERNIGHT_DAY) else order.tif
    overnight = tif == DAY and (order.includeOvernight or order.tif == OVERNIGHT_DAY)
    return Terms(
        account, entry.conId, listing.exchange, SIDES[order.action.upper()], size, kind.name,
        limit, stop, trigger, tif, overnight, order.orderRef, order.modelCode, order.submitter,
        text, order.outsideRth, special,
    )  # fmt: skip


def _words(order: Order, kind: OrderType | None, *, strict: bool, combined: bool) -> Refusal | None:
    """Check order type, action and time in force."""
    name, tif, action = order.orderType, order.tif, order.action.upper()
    if kind is None:
        if name in UNSUPPORTED_ORDER_TYPES or (
            combined and name in (*ORDER_TYPES, *UNSERVED_ORDER_TYPES)
        ):
            return Refusal(387)
        if name in UNSERVED_ORDER_TYPES:
            return not_served(f"The order type '{name}'")
        return Refusal(321, {"tag": ORDER_TAG}, "order_type")
    if action not in SIDES:
        return Refusal(346) if action in INSTITUTIONS else invalid("Invalid order side")
    if tif in kind.tifs or tif == OVERNIGHT_DAY or (not tif and not strict):
        return None
    if tif == AUC and kind is MARKET_TO_LIMIT:
        return Refusal(387)
    if tif not in TIFS and tif not in AUCTION_TIFS:
        return Refusal(10052, {"tif": tif or "Empty"})
    return Refusal(113 if kind.auction else 111)


def _unvalued(listing: Listing) -> Refusal | None:
    lacking = None if listing.instrument.secType == BAG else unvalued(listing.instrument)
    return None if lacking is None else not_served(lacking)


def _attributes(
    order: Order, differs: dict[str, Any], kind: OrderType, listing: Listing
) -> Refusal | None:
    """Refuse what the venue does not serve; called before the size check, as some have size 0."""
    name = unserved(order, differs)
    if name is not None:
        return not_served(f"The order attribute '{name}'")
    return unfit_attribute(order, kind, listing)


def _size(order: Order, sec_type: str) -> SizeUnits | Refusal:
    """Check the size."""
    size = order.totalQuantity
    if order.cashQty:
        return 0
    if not size and _sized_later(order):
        return 0
    if size is None or size <= 0:
        return Refusal(434)
    if size > MAX_SIZE:
        return invalid("Order size is too large")
    units = size * SIZE_SCALE
    part = LEAST_PARTS.get(sec_type)
    if part is not None:
        fits = units == int(units) and int(units) % part == 0
        return int(units) if fits else Refusal(10250, {"increment": f"{part / SIZE_SCALE:g}"})
    whole = int(size)
    return whole * SIZE_SCALE if size == whole else Refusal(10243)


def _sized_later(order: Order) -> bool:
    """Whether a size may follow from what accounts or a parent have; of a group without a method of
    the order the allocation knows."""
    changes = order.faGroup and order.faMethod in (CHANGE, "")
    return bool(changes) or order.hedgeType not in ("", "None")


def _finite(order: Order) -> bool:
    """Whether the prices of an order without other numbers are."""
    limit, other = order.lmtPrice, order.auxPrice
    return (limit is None or isfinite(limit)) and (other is None or isfinite(other))


def _unreadable(order: Order, differs: dict[str, Any]) -> Refusal | None:
    """Refuse a number that is not finite, and a whole one that the protocol has no room for."""
    wrong = [one for one in NUMBERS.intersection(differs) if not isfinite(float(differs[one]))]
    for name, value in differs.items():
        if type(value) is int and not -MOST_WHOLE <= value < MOST_WHOLE and name not in WIDE:
            return invalid(f"The order attribute '{name}' is not a whole number of 32 bits")
    if order.competeAgainstBestOffset == UP_TO_MIDDLE and "competeAgainstBestOffset" in wrong:
        wrong.remove("competeAgainstBestOffset")
    if wrong:
        first = next(one for one in differs if one in wrong)
        return invalid(f"The order attribute '{first}' is not a finite number")
    return None


def account_of(order: Order, accounts: Mapping[str, Account] | Iterable[str]) -> str | Refusal:
    """Return the account of the order, which must name one when there are several.

    TWS refuses a missing account with a validation error, with the text of 435 as its cause. An
    advisor's order names an account or a group (436), and not both (201); nobody else has groups.
    """
    if order.account and not order.faGroup:
        return order.account if order.account in accounts else Refusal(201, variant="account")
    known = tuple(accounts)
    master = master_of(accounts) if isinstance(accounts, Mapping) else ""
    if order.faGroup:
        if not master:
            return Refusal(344)
        return master if not order.account else Refusal(201, variant="account")
    if master:
        return Refusal(436)
    return known[0] if len(known) == 1 else Refusal(321, {"tag": ORDER_TAG}, "no_account")


def _price(price: float | None, entry: Instrument, code: int) -> PriceUnits | Refusal:
    if price is None or not 0 < price < HIGHEST_PRICE:
        return Refusal(code)
    return on_increment(price, entry) or Refusal(110)
