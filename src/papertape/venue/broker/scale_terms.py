"""The checks of a scale order: its components, and what it has besides them."""

from math import isfinite
from typing import Final

from papertape.model import Order

from ..reference.instruments import Instrument, Refusal
from ..special import Scale
from ..units import SECOND, SIZE_SCALE, PriceUnits
from .order_types import OPG, RELATIVE, OrderType

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
HIGHEST: Final = 1e9


def scale_of(order: Order, kind: OrderType, entry: Instrument) -> Scale | Refusal | None:
    """Return the components of an order, None without any, or the reason to refuse them."""
    first, further, increment = (getattr(order, name) for name in GIVEN)
    if not first and not further and not increment:
        if any(getattr(order, name) for name in ADJUSTS):
            return Refusal(449)
        return Refusal(419) if any(getattr(order, name) for name in BESIDES) else None
    if not (kind.limit or kind is RELATIVE) or kind.auction or order.tif == OPG:
        return Refusal(387)
    if not first:
        return Refusal(419)
    if first < 0 or first > (order.totalQuantity or 0):
        return Refusal(417)
    if further is not None and further < 0:
        return Refusal(410)
    steps = _distance(increment, entry)
    if not steps:
        return Refusal(408)
    scale = Scale(first * SIZE_SCALE, (further or first) * SIZE_SCALE, steps)
    return _with_profit(order, scale, entry)


def _with_profit(order: Order, scale: Scale, entry: Instrument) -> Scale | Refusal:
    """Add what a scale order may have besides its components."""
    profit = 0
    if order.scaleProfitOffset:
        profit = _distance(order.scaleProfitOffset, entry)
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
        moved = _distance(abs(change), entry)
        if not moved:
            return Refusal(110)
        moved = moved if change > 0 else -moved
    position, first = order.scaleInitPosition or 0, order.scaleInitFillQty or 0
    if position < 0 or first < 0 or first * SIZE_SCALE > scale.first:
        return Refusal(417)
    levels = max(position * SIZE_SCALE - scale.first, 0) // scale.further
    if profit and levels + scale.first // scale.further > MOST_LEVELS:
        return Refusal(417)
    return Scale(
        scale.first, scale.further, scale.increment, profit, restores, position * SIZE_SCALE,
        max(position, first) * SIZE_SCALE, moved, (every or 0) * SECOND,
        order.scaleRandomPercent and not profit,
    )  # fmt: skip


def _distance(amount: float | None, entry: Instrument) -> PriceUnits:
    """Return a distance in units; 0 where it is none, or not on the instrument's increment."""
    if amount is None or not isfinite(amount) or not 0 < amount < HIGHEST:
        return 0
    units = round(amount * entry.scale)
    return 0 if units % entry.tick else units
