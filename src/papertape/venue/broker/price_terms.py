"""The checks of prices that change, and of amounts: what a stop becomes, pegs, first fills."""

from typing import Final

import msgspec

from papertape.model import Order

from ..reference.descriptions import ORDER_TAG
from ..reference.instruments import Instrument, Instruments, Refusal
from ..special import Adjustment, Peg, Trail
from ..units import RATE_SCALE, SIZE_SCALE, PriceUnits, SizeUnits
from .order_types import OrderType
from .pegging import TO_BENCHMARK

HIGHEST_PERCENT: Final = 100.0
HIGHEST_PRICE: Final = 1e9
DEFAULT_OFFSET: Final = 0.01
"""The offset of a relative order without one, as TWS fills it in."""
NOT_SHOWN: Final = 2147483647
"""``displaySize`` of an order that is shown whole, in echoes of TWS."""
ADJUSTED: Final = ("STP", "STP LMT", "TRAIL", "TRAIL LIMIT")
"""What a stop may become."""
BY_PERCENT: Final = 100
"""``adjustableTrailingUnit`` of a distance in percent; 0 is an amount."""


_order_of = msgspec.json.Decoder(Order).decode


def adjustment_of(order: Order, kind: OrderType, entry: Instrument) -> Adjustment | Refusal | None:
    """Return what a stop becomes, in units."""
    becomes = order.adjustedOrderType
    if becomes in ("", "None"):
        return None
    if becomes not in ADJUSTED or not (kind.stop or kind.trails):
        return Refusal(387)
    trigger = _units(order.triggerPrice, entry)
    if not trigger:
        return Refusal(361)
    stop = _units(order.adjustedStopPrice, entry)
    if not stop:
        return Refusal(362)
    limit = None
    if becomes in ("STP LMT", "TRAIL LIMIT"):
        limit = _units(order.adjustedStopLimitPrice, entry)
        if not limit:
            return Refusal(363)
    trail: Trail | None = None
    if becomes.startswith("TRAIL"):
        distance = order.adjustedTrailingAmount
        percent = order.adjustableTrailingUnit == BY_PERCENT
        most = HIGHEST_PERCENT if percent else HIGHEST_PRICE
        if distance is None or not 0 < distance < most:
            return Refusal(364)
        fraction = round(distance * RATE_SCALE / 100) if percent else 0
        amount = 0 if percent else round(distance * entry.scale)
        if not fraction and not amount:
            return Refusal(364)
        trail = Trail(amount, fraction, None if limit is None else abs(stop - limit))
    return Adjustment(trigger, becomes, stop, limit, trail)


def adjusted_text(text: str, change: Adjustment, scale: int) -> str:
    """Return the record of an order, as its client gave it, with what its adjustment made of it."""
    order = _order_of(text)
    trail = change.trail
    stop = change.stop / scale
    order = msgspec.structs.replace(
        order,
        orderType=change.orderType,
        auxPrice=stop if trail is None else trail.amount / scale or None,
        trailingPercent=None if trail is None else 100 * trail.percent / RATE_SCALE or None,
        trailStopPrice=None if trail is None else stop,
        lmtPrice=None if change.limit is None else change.limit / scale,
        lmtPriceOffset=None if trail is None or trail.offset is None else trail.offset / scale,
        triggerPrice=None,
        adjustedOrderType="",
        adjustedStopPrice=None,
        adjustedStopLimitPrice=None,
        adjustedTrailingAmount=None,
        adjustableTrailingUnit=0,
    )
    return msgspec.json.encode(order).decode()


def _units(price: float | None, entry: Instrument) -> PriceUnits:
    """Return a price in units of the instrument; 0 where it is none, or not on its increment."""
    if price is None or not 0 < price < HIGHEST_PRICE:
        return 0
    units = round(price * entry.scale)
    return 0 if units % entry.tick else units


def peg_of(
    order: Order, kind: OrderType, entry: Instrument, instruments: Instruments
) -> Peg | Refusal:
    """Return what the limit of a pegged order follows."""
    if kind.peg == TO_BENCHMARK:
        return _benchmark(order, entry, instruments)
    percent, offset = order.percentOffset or 0.0, order.auxPrice or 0.0
    if not 0 <= percent < 1 or not 0 <= offset < HIGHEST_PRICE:
        return Refusal(158)
    if kind.name == "REL" and not percent and not offset:
        offset = DEFAULT_OFFSET
    return Peg(
        kind.peg,
        kind.away * round(offset * entry.scale),
        kind.away * round(percent * RATE_SCALE),
        kind.once,
    )


def _benchmark(order: Order, entry: Instrument, instruments: Instruments) -> Peg | Refusal:
    """Return the line on which the price of an order follows that of another instrument."""
    other = instruments.get(order.referenceContractId or 0)
    if other is None:
        return Refusal(402)
    start = _units(order.startingPrice, entry)
    change, by = order.peggedChangeAmount or 0.0, order.referenceChangeAmount or 0.0
    given = order.stockRefPrice
    low, high = order.stockRangeLower or 0.0, order.stockRangeUpper or 0.0
    numbers = (abs(change), by, low, high, 0.0 if given is None else given)
    if not start or not by or any(not 0 <= one < HIGHEST_PRICE for one in numbers):
        return Refusal(463)
    reference = round((given or 0.0) * other.scale)
    ratio = round(change * entry.scale * RATE_SCALE / (by * other.scale))
    if order.isPeggedChangeAmountDecrease:
        ratio = -ratio
    return Peg(
        TO_BENCHMARK, conId=other.conId, start=start, reference=reference, ratio=ratio,
        low=round(low * other.scale), high=round(high * other.scale),
    )  # fmt: skip


def amounts_of(
    order: Order, kind: OrderType, entry: Instrument
) -> tuple[SizeUnits, PriceUnits] | Refusal:
    """Return the smallest first fill and the discretion of an order."""
    size = order.totalQuantity or 0
    shown = order.displaySize or 0
    amount = order.discretionaryAmt or 0.0
    if shown and shown != NOT_SHOWN and amount:
        return Refusal(157)
    discretion = 0
    if amount:
        if kind.name != "LMT":
            return Refusal(325)
        discretion = _units(amount, entry)
        if not discretion:
            return Refusal(168)
    least = order.minQty or 0
    if least < 0 or least > size:
        return Refusal(321, {"tag": ORDER_TAG, "cause": f"Minimum quantity {least} of {size}"})
    least = int(size) if order.allOrNone else least
    return least * SIZE_SCALE, discretion
