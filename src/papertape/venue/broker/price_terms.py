"""The checks of prices that change, and of amounts: what a stop becomes, pegs, first fills."""

from typing import Final

import msgspec

from papertape.model import Order

from ..reference.descriptions import ORDER_TAG
from ..reference.instruments import Instrument, Instruments, Refusal
from ..reference.securities import OptionContract
from ..special import Adjustment, Peg, Trail
from ..units import RATE_SCALE, SIZE_SCALE, PriceUnits, SizeUnits
from .order_types import OPG, PEGGED_TO_MIDPOINT, OrderType
from .pegging import TO_BENCHMARK, TO_BEST, TO_STOCK, TO_VOLATILITY

HIGHEST_PERCENT: Final = 100.0
HIGHEST_PRICE: Final = 1e9
HIGHEST_VOLATILITY: Final = 1000.0
"""Percent a year; the option model takes no more."""
DAILY, YEARLY = 1, 2
"""``volatilityType``."""
TRADING_DAYS: Final = 252
MIDDLE, NATURAL = 1, 2
"""``referencePriceType``: the middle of the underlying's quote, or its bid or ask."""
UP_TO_MIDDLE: Final = float("inf")
"""``competeAgainstBestOffset`` of an order that goes up to the middle."""
DEFAULT_COMPETITION: Final = 0.02
"""``competeAgainstBestOffset`` where a client names none, as TWS shows it."""
PROTECTION: Final = RATE_SCALE // 1000
"""How far beyond the touch an order with protection trades: ours. CME's protection points are half
of a product's non-reviewable range, 3 points of the E-mini S&P 500: about as much."""
CLOSE_TO_A_CENT: Final = 1e-6
"""How far from a whole number of cents a double may be that a client has computed."""
DEFAULT_OFFSET: Final = 0.01
"""The offset of a relative order without one, as TWS fills it in."""
NOT_SHOWN: Final = 2147483647
"""``displaySize`` of an order that is shown whole, in echoes of TWS."""
ADJUSTED: Final = ("STP", "STP LMT", "TRAIL", "TRAIL LIMIT")
"""What a stop may become."""
UNITS: Final = {0: False, 1: True, 100: True}
"""``adjustableTrailingUnit`` -> whether a distance is in percent. TWS's examples send 100 for
percent, its reference says 1."""


_order_of = msgspec.json.Decoder(Order).decode


def adjustment_of(order: Order, kind: OrderType, entry: Instrument) -> Adjustment | Refusal | None:
    """Return what a stop becomes, in units."""
    becomes = order.adjustedOrderType
    if becomes in ("", "None"):
        return None
    if becomes not in ADJUSTED or not (kind.stop or kind.trails):
        return Refusal(387)
    trigger = on_increment(order.triggerPrice, entry)
    if not trigger:
        return Refusal(361)
    stop = on_increment(order.adjustedStopPrice, entry)
    if not stop:
        return Refusal(362)
    limit = None
    if becomes in ("STP LMT", "TRAIL LIMIT"):
        limit = on_increment(order.adjustedStopLimitPrice, entry)
        if not limit:
            return Refusal(363)
    trail: Trail | None = None
    if becomes.startswith("TRAIL"):
        distance = order.adjustedTrailingAmount
        percent = UNITS.get(order.adjustableTrailingUnit)
        if percent is None:
            return Refusal(364)
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


def on_increment(price: float | None, entry: Instrument) -> PriceUnits:
    """Return a price of an order in units of the instrument; 0 where it is none, out of range, or
    not on the instrument's increment."""
    # The comparison also refuses not-a-number.
    if price is None or not 0 < price < HIGHEST_PRICE:
        return 0
    scale = entry.scale
    units = round(price * scale)
    if units % entry.tick or units == 0 or abs(units / scale - price) > 1e-9 * price:
        return 0
    return units


def peg_of(
    order: Order, kind: OrderType, entry: Instrument, instruments: Instruments
) -> Peg | Refusal:
    """Return what the limit of a pegged order follows."""
    if kind.peg == TO_BENCHMARK:
        return _benchmark(order, entry, instruments)
    if kind.peg == TO_STOCK:
        return _stock(order, entry)
    if kind.peg == TO_VOLATILITY:
        return _volatility(order, entry, instruments)
    if kind.peg == TO_BEST:
        return _best(order, entry)
    if kind.protects:
        return Peg(kind.peg, 0, PROTECTION, once=True)
    percent, offset = order.percentOffset or 0.0, order.auxPrice or 0.0
    if not 0 <= percent < 1 or not 0 <= offset < HIGHEST_PRICE:
        return Refusal(158)
    if kind.name == "REL" and not percent and not offset:
        offset = DEFAULT_OFFSET
    whole, half = order.midOffsetAtWhole, order.midOffsetAtHalf
    if kind is PEGGED_TO_MIDPOINT and (whole is not None or half is not None):
        offsets = _offsets(whole, half, entry)
        return (
            offsets
            if isinstance(offsets, Refusal)
            else Peg(kind.peg, -offsets[0], half=-offsets[1])
        )
    return Peg(
        kind.peg,
        kind.away * round(offset * entry.scale),
        kind.away * round(percent * RATE_SCALE),
        kind.once,
    )


def _offsets(
    whole: float | None, half: float | None, entry: Instrument
) -> tuple[PriceUnits, PriceUnits] | Refusal:
    """Return how far an order stays from the middle, on an increment and between two."""
    found = (whole or 0.0, half or 0.0)
    if any(not 0 <= one < HIGHEST_PRICE for one in found):
        return Refusal(10307)
    return round(found[0] * entry.scale), round(found[1] * entry.scale)


def _best(order: Order, entry: Instrument) -> Peg | Refusal:
    """Return how an order competes with the best price of its side."""
    least = order.minCompeteSize or 0
    best = order.competeAgainstBestOffset
    if least < 0:
        return Refusal(10304)
    if least >= HIGHEST_PRICE:
        return Refusal(321, {"tag": ORDER_TAG, "cause": f"Minimum compete size {least}"})
    if best == UP_TO_MIDDLE:
        offsets = _offsets(order.midOffsetAtWhole, order.midOffsetAtHalf, entry)
        if isinstance(offsets, Refusal):
            return offsets
        return Peg(TO_BEST, offsets[0], half=offsets[1], least=least * SIZE_SCALE)
    if order.midOffsetAtWhole or order.midOffsetAtHalf:
        return Refusal(10306)
    best = DEFAULT_COMPETITION if best is None else best
    if not 0 < best < HIGHEST_PRICE or abs(best * 100 - round(best * 100)) > CLOSE_TO_A_CENT:
        return Refusal(10305)
    return Peg(TO_BEST, round(best * entry.scale), least=least * SIZE_SCALE)


def _stock(order: Order, entry: Instrument) -> Peg | Refusal:
    """Return the line on which the price of an option follows its stock."""
    assert isinstance(entry, OptionContract)
    delta = order.delta
    if delta is None or not 0 <= delta <= HIGHEST_PERCENT:
        return Refusal(335)
    if not delta:
        return Refusal(341)
    start = 0
    if order.startingPrice:
        start = on_increment(order.startingPrice, entry)
        if not start:
            return Refusal(110)
    numbers = (order.stockRefPrice, order.stockRangeLower, order.stockRangeUpper)
    if any(one is not None and not 0 <= one < HIGHEST_PRICE for one in numbers):
        return Refusal(463)
    reference, low, high = (round((one or 0.0) * entry.scale) for one in numbers)
    ratio = round(delta / HIGHEST_PERCENT * RATE_SCALE) * (1 if entry.call else -1)
    return Peg(
        TO_STOCK, conId=entry.under, start=start, reference=reference, ratio=ratio, low=low,
        high=high,
    )  # fmt: skip


def _volatility(order: Order, entry: Instrument, instruments: Instruments) -> Peg | Refusal:
    """Return the volatility, of a year, at which an option is priced."""
    assert isinstance(entry, OptionContract)
    given = order.volatility
    if given is None or not 0 < given < HIGHEST_VOLATILITY:
        return Refusal(371)
    numbers = (order.stockRangeLower or 0.0, order.stockRangeUpper or 0.0)
    if any(not 0 <= one < HIGHEST_PRICE for one in numbers):
        return Refusal(463)
    low, high = (round(one * instruments[entry.under].scale) for one in numbers)
    yearly = given * TRADING_DAYS**0.5 if order.volatilityType == DAILY else given
    return Peg(
        TO_VOLATILITY, conId=entry.under, ratio=max(round(yearly / 100 * RATE_SCALE), 1),
        once=not order.continuousUpdate, natural=order.referencePriceType == NATURAL, low=low,
        high=high,
    )  # fmt: skip


def _benchmark(order: Order, entry: Instrument, instruments: Instruments) -> Peg | Refusal:
    """Return the line on which the price of an order follows that of another instrument."""
    other = instruments.get(order.referenceContractId or 0)
    if other is None:
        return Refusal(402)
    start = on_increment(order.startingPrice, entry)
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
        if kind.name != "LMT" or order.tif == OPG:
            return Refusal(325)
        discretion = on_increment(amount, entry)
        if not discretion:
            return Refusal(168)
    least = order.minQty or 0
    if least < 0 or least > size:
        return Refusal(321, {"tag": ORDER_TAG, "cause": f"Minimum quantity {least} of {size}"})
    least = int(size) if order.allOrNone else least
    return least * SIZE_SCALE, discretion
