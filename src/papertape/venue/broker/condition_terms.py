"""The checks of an order's conditions, and their terms in units."""

from collections.abc import Iterable
from math import isfinite
from typing import Final

from papertape.model import Order, OrderCondition

from ..exchange.thresholds import PERCENT, PRICE, VOLUME
from ..exchange.triggers import METHODS
from ..reference.calendars import calendar_of
from ..reference.descriptions import ORDER_TAG
from ..reference.exchanges import SMART
from ..reference.instruments import Instrument, Instruments, Refusal
from ..reference.times import parse_instant
from ..special import ConditionTerms
from ..units import RATE_SCALE, SIZE_SCALE
from .conditions import ANY, EXECUTION, MARGIN, TIME
from .order_types import trigger_method

SUBMITTED_BY: Final = ("LMT", "MKT", "MIDPRICE", "REL", "SNAP MKT", "SNAP MID", "SNAP PRIM")
"""The types that conditions may submit; the official text of 148 names them."""
CANCELLED_BY: Final = ("LMT", "MIDPRICE")
"""The types that conditions may cancel."""
MOST_CONDITIONS: Final = 100
"""An order with more is refused: each is looked at with every tick."""
HIGHEST: Final = 1e9

INCOMPLETE: Final = Refusal(147)


def conditions_of(
    order: Order, kind: str, entry: Instrument, instruments: Instruments
) -> tuple[ConditionTerms, ...] | Refusal:
    """Return the conditions of an order, or the first reason to refuse them."""
    if not order.conditions:
        return ()
    if kind not in (CANCELLED_BY if order.conditionsCancelOrder else SUBMITTED_BY):
        return Refusal(148)
    if len(order.conditions) > MOST_CONDITIONS:
        cause = f"{len(order.conditions)} conditions, of which {MOST_CONDITIONS} can be kept"
        return Refusal(321, {"tag": ORDER_TAG, "cause": cause})
    return _all(order.conditions, entry, instruments)


def _all(
    conditions: Iterable[OrderCondition], entry: Instrument, instruments: Instruments
) -> tuple[ConditionTerms, ...] | Refusal:
    found: list[ConditionTerms] = []
    for one in conditions:
        terms = _one(one, entry, instruments)
        if isinstance(terms, Refusal):
            return terms
        found.append(terms)
    return tuple(found)


def _one(
    one: OrderCondition, entry: Instrument, instruments: Instruments
) -> ConditionTerms | Refusal:
    joined, more = one.isConjunctionConnection, one.isMore
    if one.type == TIME:
        try:
            time = parse_instant(one.time, calendar_of(entry).zone)
        except (ValueError, OverflowError):
            return Refusal(391)
        return ConditionTerms(TIME, joined, more, value=time)
    if one.type == MARGIN:
        return ConditionTerms(MARGIN, joined, more, value=one.percent)
    if one.type == EXECUTION:
        if not one.symbol or not one.secType:
            return INCOMPLETE
        exchange = ANY if one.exchange == SMART else one.exchange
        return ConditionTerms(
            EXECUTION, joined, more, symbol=one.symbol, secType=one.secType, exchange=exchange
        )
    if one.type not in (PRICE, VOLUME, PERCENT):
        return INCOMPLETE
    if not one.conId:
        return INCOMPLETE
    other = instruments.get(one.conId)
    if other is None:
        return Refusal(402)
    if one.type == VOLUME:
        if one.volume < 0:
            return INCOMPLETE
        value, method = one.volume * SIZE_SCALE, 0
    elif one.type == PERCENT:
        if not isfinite(one.changePercent) or abs(one.changePercent) > HIGHEST:
            return INCOMPLETE
        value, method = round(one.changePercent * RATE_SCALE / 100), 0
    else:
        if not 0 < one.price < HIGHEST:
            return INCOMPLETE
        value = round(one.price * other.scale)
        method = trigger_method(one.triggerMethod, other.secType)
        if method not in METHODS:
            return Refusal(146)
    return ConditionTerms(one.type, joined, more, one.conId, value, method, exchange=one.exchange)
