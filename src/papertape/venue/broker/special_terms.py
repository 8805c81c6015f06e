"""The checks of the terms that most orders do not have: times, trails, groups, auctions."""

from collections.abc import Set
from typing import Final

from papertape.model import Order

from ..reference.calendars import calendar_of
from ..reference.instruments import Instrument, Instruments, Refusal
from ..reference.times import parse_instant
from ..special import CLOSING, OPENING, PLAIN, Combo, Peg, Special, Trail
from ..units import MINUTE, RATE_SCALE, SIZE_SCALE, Nanos, PriceUnits
from .algo_terms import algo_of
from .attribute_rules import ignored_of
from .cash_quantity import cash_of
from .condition_terms import conditions_of
from .delta_hedges import delta_hedge_of
from .hedges import hedge_of
from .order_types import DATED, GTD, GTT, MINUTES, OPG, OrderType
from .pegging import TO_PRIMARY
from .price_terms import HIGHEST_PERCENT, HIGHEST_PRICE, adjustment_of, amounts_of, peg_of
from .scale_terms import ADJUSTS, BESIDES, GIVEN, scale_of

BY_TIME: Final = frozenset((OPG, *DATED))
ATTRIBUTES: Final = frozenset(
    [
        "parentId",
        "ocaGroup",
        "ocaType",
        "autoCancelParent",
        "goodAfterTime",
        "activeStartTime",
        "activeStopTime",
        "deactivate",
        "goodTillDate",
        "duration",
        "trailStopPrice",
        "trailingPercent",
        "lmtPriceOffset",
        "conditions",
        "adjustedOrderType",
        "allOrNone",
        "minQty",
        "discretionaryAmt",
        "minTradeQty",
        "postOnly",
        "discretionaryUpToLimitPrice",
        "algoStrategy",
        "algoParams",
        *GIVEN,
        *ADJUSTS,
        *BESIDES,
        "hedgeType",
        "deltaNeutralOrderType",
        "deltaNeutralShortSaleSlot",
    ]
)
"""The attributes that only an order with special terms has."""


def special_of(
    order: Order,
    named: Set[str],
    kind: OrderType,
    entry: Instrument,
    instruments: Instruments,
    now: Nanos,
    combo: Combo | None = None,
) -> Special | Refusal | None:
    """Return the special terms of an order, None without any, or the first reason to refuse
    them. ``named`` are its attributes that are set."""
    fund = entry.secType == "FUND"
    ignores = ignored_of(order, kind, entry) if order.outsideRth or order.sweepToFill else ()
    special = kind.trails or kind.auction or kind.peg or order.tif in BY_TIME or fund or ignores
    if not special and combo is None and ATTRIBUTES.isdisjoint(named):
        return None
    begins = _instant(order.goodAfterTime or order.activeStartTime, entry, 391)
    if isinstance(begins, Refusal):
        return begins
    ends = _ends(order, entry, begins, now)
    if isinstance(ends, Refusal):
        return ends
    trail = _trail(order, entry) if kind.trails else None
    if isinstance(trail, Refusal):
        return trail
    conditions = conditions_of(order, kind.name, entry, instruments)
    if isinstance(conditions, Refusal):
        return conditions
    adjustment = adjustment_of(order, kind, entry)
    if isinstance(adjustment, Refusal):
        return adjustment
    peg = peg_of(order, kind, entry, instruments) if kind.peg else None
    if isinstance(peg, Refusal):
        return peg
    algo = algo_of(order, kind, entry, now)
    if isinstance(algo, Refusal):
        return algo
    if algo is not None and algo.passive:
        peg = Peg(TO_PRIMARY)
    scale = scale_of(order, kind, entry)
    if isinstance(scale, Refusal):
        return scale
    hedge = hedge_of(order, entry)
    if isinstance(hedge, Refusal):
        return hedge
    delta = delta_hedge_of(order, kind, entry, instruments)
    if isinstance(delta, Refusal):
        return delta
    amounts = amounts_of(order, kind, entry)
    if isinstance(amounts, Refusal):
        return amounts
    least, discretion = amounts
    found = Special(
        parent=max(order.parentId, 0),
        oca=order.ocaGroup,
        ocaType=order.ocaType if order.ocaGroup else 0,
        begins=begins,
        ends=ends,
        auction=OPENING if order.tif == OPG else CLOSING if kind.auction or fund else 0,
        trail=trail,
        peg=peg,
        least=least,
        discretion=discretion,
        conditions=conditions,
        cancels=bool(conditions) and order.conditionsCancelOrder,
        anyHour=bool(conditions) and order.conditionsIgnoreRth,
        adjustment=adjustment,
        cancelsParent=order.autoCancelParent,
        each=max(order.minTradeQty or 0, 0) * SIZE_SCALE,
        passive=order.postOnly,
        toLimit=order.discretionaryUpToLimitPrice,
        algo=algo,
        components=scale,
        hedge=hedge,
        combo=combo,
        night=bool(conditions) and order.conditionsIncludeOvernight,
        inactive=order.deactivate,
        spends=cash_of(order) if fund else 0,
        delta=delta,
        ignores=ignores,
    )
    return None if found == PLAIN else found


def _instant(text: str, entry: Instrument, code: int, *, day_only: bool = False) -> Nanos | Refusal:
    if not text:
        return 0
    try:
        return parse_instant(text, calendar_of(entry).zone, day_only=day_only)
    except (ValueError, OverflowError):
        return Refusal(code)


def _ends(order: Order, entry: Instrument, begins: Nanos, now: Nanos) -> Nanos | Refusal:
    """Return when an order with a dated time in force ends; 0 for any other."""
    if order.tif == MINUTES:
        if not order.duration or order.duration < 0 or order.duration > 60 * 24 * 365:
            return Refusal(334)
        return max(begins, now) + order.duration * MINUTE
    if order.activeStopTime and order.tif not in (GTD, GTT):
        ends = _instant(order.activeStopTime, entry, 391)
        return ends if isinstance(ends, Refusal) or ends > max(begins, now) else Refusal(391)
    if order.tif not in (GTD, GTT):
        return 0
    ends = _instant(order.goodTillDate, entry, 334, day_only=True)
    if isinstance(ends, Refusal):
        return ends
    return ends if ends > max(begins, now) else Refusal(334)


def _trail(order: Order, entry: Instrument) -> Trail | Refusal:
    """Return the distance of a trailing order, by amount or by percent, and that of its limit."""
    amount, percent = order.auxPrice or 0.0, order.trailingPercent or 0.0
    if (amount > 0) == (percent > 0) or percent >= HIGHEST_PERCENT or amount >= HIGHEST_PRICE:
        return Refusal(158)
    units = round(amount * entry.scale)
    fraction = round(percent * RATE_SCALE / 100)
    if (amount > 0 and units <= 0) or (percent > 0 and fraction <= 0):
        return Refusal(158)
    offset: PriceUnits | None = None
    if order.orderType != "TRAIL":
        distance = order.lmtPriceOffset
        if distance is None and order.lmtPrice is not None and order.trailStopPrice:
            distance = abs(order.lmtPrice - order.trailStopPrice)
        if distance is None or not 0 <= distance < HIGHEST_PRICE:
            return Refusal(463)
        offset = round(distance * entry.scale)
    return Trail(units, fraction, offset)
