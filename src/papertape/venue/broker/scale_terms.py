"""The checks of a scale order: its components, and what it has besides them."""

from typing import Final

from papertape.model import Order

from ..reference.instruments import Instrument, Refusal
from ..special import Scale
from ..units import SECOND, SIZE_SCALE
from .order_types import FOK, OPG, OrderType
from .price_terms import on_increment
from .scales import drawn_size

GIVEN: Final = ("scaleInitLevelSize", "scaleSubsLevelSize", "scalePriceIncrement")
ADJUSTS: Final = ("scalePriceAdjustValue", "scalePriceAdjustInterval")
BESIDES: Final = (
    "scaleProfitOffset", "scaleAutoReset", "scaleInitPosition", "scaleInitFillQty",
    "scaleRandomPercent",
)  # fmt: skip
"""What a scale order may have besides its components."""
LONGEST: Final = 86_400
"""Seconds between two changes of the price."""
MOST_LEVELS: Final = 100
"""Profit orders for a position that a scale order begins with."""
TYPES: Final = ("LMT", "REL")
"""The order types that ScaleTrader takes (IBKR's page on its orders)."""


def scale_of(order: Order, kind: OrderType, entry: Instrument) -> Scale | Refusal | None:
    """Return the components of an order, None without any, or the reason to refuse them."""
    first, further, increment = (getattr(order, name) for name in GIVEN)
    if not first and not further and not increment:
        if any(getattr(order, name) for name in ADJUSTS):
            return Refusal(449)
        return Refusal(419) if any(getattr(order, name) for name in BESIDES) else None
    if kind.name not in TYPES or order.tif == OPG:
        return Refusal(387)
    if order.tif == FOK:
        return Refusal(111)
    if not first:
        return Refusal(419)
    if first < 0 or first > (order.totalQuantity or 0):
        return Refusal(417)
    if further is not None and further < 0:
        return Refusal(410)
    steps = on_increment(increment, entry)
    if not steps:
        return Refusal(408)
    scale = Scale(first * SIZE_SCALE, (further or first) * SIZE_SCALE, steps)
    found = _with_profit(order, scale, entry)
    return found if isinstance(found, Refusal) else _fillable(order, found)


def _fillable(order: Order, scale: Scale) -> Scale | Refusal:
    """Refuse a smallest first fill that is larger than what the first component has left."""
    least = (order.totalQuantity or 0) if order.allOrNone else order.minQty or 0
    most = drawn_size(scale, 0, 0) if scale.varied else scale.first
    left = most - scale.started if scale.started < most else scale.further
    return Refusal(417) if least * SIZE_SCALE > left else scale


def _with_profit(order: Order, scale: Scale, entry: Instrument) -> Scale | Refusal:
    """Add what a scale order may have besides its components."""
    profit = 0
    if order.scaleProfitOffset:
        profit = on_increment(order.scaleProfitOffset, entry)
        if not profit:
            return Refusal(418)
    restores = order.scaleAutoReset
    if restores and not profit:
        return Refusal(446)
    if restores and order.faGroup:
        return Refusal(433)
    change, every = (getattr(order, name) for name in ADJUSTS)
    if bool(change) != bool(every):
        return Refusal(447)
    if every and not 0 < every <= LONGEST:
        return Refusal(448)
    moved = 0
    if change:
        moved = on_increment(abs(change), entry)
        if not moved:
            return Refusal(110)
        moved = moved if change > 0 else -moved
    position, first = order.scaleInitPosition or 0, order.scaleInitFillQty or 0
    if position < 0 or first < 0 or first * SIZE_SCALE > scale.first:
        return Refusal(417)
    if (
        first and first < position and position * SIZE_SCALE < scale.first
    ):  # at least what is held, in TWS
        return Refusal(417)
    levels = max(position * SIZE_SCALE - scale.first, 0) // scale.further
    if profit and levels + scale.first // scale.further > MOST_LEVELS:
        return Refusal(417)
    return Scale(
        scale.first, scale.further, scale.increment, profit, restores, position * SIZE_SCALE,
        max(position, first) * SIZE_SCALE, moved, (every or 0) * SECOND,
        order.scaleRandomPercent and not profit,
    )  # fmt: skip
