"""What an execution costs. Pure; the rates are data in ``schedules``.

The commission of an order is a function of its cumulative size and value, so a fill pays the
difference that it makes. Regulatory fees are passed through per fill.
"""

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
from .schedules import FEE_PLANS, StockRates, ValueRates


def commission(
    instrument: Instrument,
    side: int,
    *,
    before: tuple[SizeUnits, CashMicros],
    fill: tuple[SizeUnits, CashMicros],
    plan: str = "fixed",
) -> CashMicros:
    """The commission of one fill; ``before`` and ``fill`` are (size, value)."""
    schedule = schedule_of(instrument, plan)
    base = _base(schedule, before[0] + fill[0], before[1] + fill[1])
    if before[0]:
        base -= _base(schedule, *before)
    return base + _passed_through(schedule, side, *fill)


def schedule_of(instrument: Instrument, plan: str = "fixed") -> StockRates | ValueRates:
    """The schedule of a plan that applies to an instrument."""
    rates = FEE_PLANS[plan]
    if instrument.secType == "CASH":
        return rates.forex
    return rates.us_stock if instrument.currency == "USD" else rates.other_stock


def _base(schedule: StockRates | ValueRates, size: SizeUnits, value: CashMicros) -> CashMicros:
    if size == 0:
        return 0
    if isinstance(schedule, ValueRates):
        return max(schedule.minimum, scaled(value, schedule.of_value))
    by_size = scaled(_micro_shares(size), schedule.per_share)
    # A tiny order pays the cap even where that is less than the minimum.
    return min(max(schedule.minimum, by_size), scaled(value, schedule.cap))


def _passed_through(
    schedule: StockRates | ValueRates, side: int, size: SizeUnits, value: CashMicros
) -> CashMicros:
    if isinstance(schedule, ValueRates):
        return 0
    parts = _micro_shares(size) * schedule.audit_per_share
    if side < 0:
        parts += _micro_shares(size) * schedule.taf_per_share
        parts += value * schedule.sec_per_proceeds
    # The fees of one fill are rounded once, together.
    return share(parts, 1, RATE_SCALE)


def _micro_shares(size: SizeUnits) -> int:
    """A size at the scale of cash, so that a fee per share times it is money."""
    return size * CASH_SCALE // SIZE_SCALE
