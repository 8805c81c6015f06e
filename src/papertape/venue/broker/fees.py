"""Commissions and fees of executions. Pure; the rates are data in ``schedules``.

The commission of an order is a function of its cumulative size and value, and a fill pays the
increase. Regulatory fees are passed through per fill.
"""

from typing import Final

from ..reference.instruments import Instrument
from ..units import (
    CASH_SCALE,
    RATE_SCALE,
    SIZE_SCALE,
    CashMicros,
    SizeUnits,
    scaled,
    share,
)
from .schedules import FEE_PLANS, FREE, ContractRates, FutureRates, StockRates, ValueRates

MICROS: Final = CASH_SCALE // SIZE_SCALE
"""Converts a size to the scale of cash, so that a fee per share times it is money."""


def commission(
    instrument: Instrument,
    side: int,
    *,
    before: tuple[SizeUnits, CashMicros],
    fill: tuple[SizeUnits, CashMicros],
    plan: str = "fixed",
    taken: bool = True,
) -> CashMicros:
    """Return the commission of one fill; ``before`` and ``fill`` are (size, value), ``taken`` says
    whether it took liquidity."""
    schedule, (size, value) = schedule_of(instrument, plan), fill
    if type(schedule) is ContractRates:
        return _per_contract(schedule, fill, instrument.multiplier)
    if type(schedule) is FutureRates:
        each = schedule.classes.get(instrument.tradingClass, schedule.other)
        return share(each, size, SIZE_SCALE)
    assert not isinstance(schedule, ContractRates | FutureRates)
    fee = _base(schedule, before[0] + size, before[1] + value)
    if before[0]:
        fee -= _base(schedule, *before)
    if type(schedule) is not StockRates:
        return fee
    return fee + _passed(schedule, side, size, value) + _tiered(schedule, size, fee, taken=taken)


def most_fee(value: CashMicros) -> CashMicros:
    """Return a cheap upper bound of the fees of any plan for an order of that value."""
    return value // 10 + 10 * CASH_SCALE


def schedule_of(
    instrument: Instrument, plan: str = "fixed"
) -> StockRates | ValueRates | ContractRates | FutureRates:
    """Return the schedule of a plan that applies to an instrument."""
    rates = FEE_PLANS[plan]
    if instrument.secType == "CASH":
        return rates.forex
    if instrument.secType == "OPT":
        return rates.option
    if instrument.secType == "FOP":
        return rates.future_option
    if instrument.secType == "FUT":
        return rates.future
    if instrument.secType != "STK":
        return rates.kinds.get(instrument.secType, FREE)
    return rates.us_stock if instrument.currency == "USD" else rates.other_stock


def _base(schedule: StockRates | ValueRates, size: SizeUnits, value: CashMicros) -> CashMicros:
    if size == 0:
        return 0
    if isinstance(schedule, ValueRates):
        fee = max(schedule.minimum, scaled(value, schedule.of_value))
        return fee if schedule.cap == RATE_SCALE else min(fee, scaled(value, schedule.cap))
    by_size = scaled(size * MICROS, schedule.per_share)
    # A tiny order pays the cap even where that is less than the minimum.
    return min(max(schedule.minimum, by_size), scaled(value, schedule.cap))


def _tiered(schedule: StockRates, size: SizeUnits, fee: CashMicros, *, taken: bool) -> CashMicros:
    """Return what a tiered plan passes through besides."""
    per_share = schedule.clearing_per_share + (schedule.taken_per_share if taken else 0)
    if not per_share:
        return 0
    return scaled(size * MICROS, per_share) + scaled(fee, schedule.of_commission)


def _per_contract(
    schedule: ContractRates, fill: tuple[SizeUnits, CashMicros], multiplier: int
) -> CashMicros:
    """Return the fee of one fill of contracts; a low premium lowers it."""
    size, value = fill
    rate = schedule.per_contract
    for premium, lower in schedule.below:
        if value * SIZE_SCALE < premium * size * multiplier:
            rate = lower
            break
    return share((rate + schedule.passed) * size, 1, SIZE_SCALE)


def _passed(schedule: StockRates, side: int, size: SizeUnits, value: CashMicros) -> CashMicros:
    """Return the pass-through fees of one fill, rounded once as a sum."""
    shares = size * MICROS
    parts = shares * schedule.audit_per_share
    if side < 0:
        parts += shares * schedule.taf_per_share + value * schedule.sec_per_proceeds
    return scaled(parts, 1)
