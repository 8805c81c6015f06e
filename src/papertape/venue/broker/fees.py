"""Commissions and fees of executions. Pure; the rates are data in ``schedules``.

The commission of an order is a function of its cumulative size and value, and a fill pays the
increase. Regulatory fees are passed through per fill.

Where rates have tiers, each share, contract or dollar pays that of its place in the month. What an
order has traded before is taken to be the latest of the month: so all that is traded pays exactly
its tiers, and only which minimum holds depends on orders in between.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from ..reference.instruments import Instrument
from ..reference.securities import Bond
from ..units import (
    CASH_SCALE,
    RATE_SCALE,
    SIZE_SCALE,
    CashMicros,
    Rate,
    SizeUnits,
    scaled,
    share,
)
from .schedules import (
    FEE_PLANS,
    FREE,
    Below,
    ContractRates,
    FaceRates,
    FutureRates,
    StockRates,
    ValueRates,
)
from .valuation import CORPORATE

FACE: Final = 1_000
"""Of a bond, in its currency."""
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
    month: int = 0,
) -> CashMicros:
    """Return the commission of one fill; ``before`` and ``fill`` are (size, value), ``taken`` says
    whether it took liquidity, ``month`` what counts towards tiers before it (``counted``)."""
    schedule, (size, value) = schedule_of(instrument, plan), fill
    if not size and not before[0]:
        return 0
    if type(schedule) is StockRates:
        began = month - before[0]
        fee = _by_share(schedule, before[0] + size, before[1] + value, began)
        if before[0]:
            fee -= _by_share(schedule, *before, began)
        passed = _passed(schedule, side, size, value)
        if schedule.clearing_per_share or schedule.taken_per_share:
            passed += _tiered(schedule, size, fee, taken=taken)
        return fee + passed
    if type(schedule) is FaceRates:
        fee = _by_face(schedule, before[0] + size, before[1] + value)
        return fee - _by_face(schedule, *before) if before[0] else fee
    if type(schedule) is ContractRates:
        return _per_contract(schedule, fill, instrument.multiplier, month)
    if type(schedule) is FutureRates:
        return _per_future(schedule, instrument.tradingClass, size, month)
    assert type(schedule) is ValueRates
    began = month - before[1]
    fee = _by_value(schedule, before[1] + value, began)
    return fee - _by_value(schedule, before[1], began) if before[0] else fee


def counted(
    instrument: Instrument, plan: str, size: SizeUnits, value: CashMicros
) -> tuple[str, int] | None:
    """Return what a fill counts towards the tiers of its month, and under which name: shares,
    contracts, or the value, which is in dollars; None where there are no tiers."""
    schedule = schedule_of(instrument, plan)
    if not schedule.tiers:
        return None
    return tier_name(instrument.secType), value if type(schedule) is ValueRates else size


def tier_name(sec_type: str) -> str:
    """Return the name under which a security type counts towards tiers: options on futures count
    with those."""
    return "FUT" if sec_type == "FOP" else sec_type


def most_fee(value: CashMicros) -> CashMicros:
    """Return a cheap upper bound of the fees of any plan for an order of that value."""
    return value // 10 + 100 * CASH_SCALE


def schedule_of(
    instrument: Instrument, plan: str = "fixed"
) -> StockRates | ValueRates | ContractRates | FutureRates | FaceRates:
    """Return the schedule of a plan that applies to an instrument."""
    rates, kind = FEE_PLANS[plan], instrument.secType
    if kind == "STK":
        if instrument.currency == "USD":
            return rates.us_stock
        return rates.stocks.get(instrument.currency, rates.other_stock)
    if isinstance(instrument, Bond):
        return rates.bond if instrument.bondType == CORPORATE else rates.treasury
    if kind == "CASH":
        return rates.forex
    if kind == "OPT":
        return rates.option
    if kind == "FOP":
        return rates.future_option
    return rates.future if kind == "FUT" else rates.kinds.get(kind, FREE)


def _stepped(
    tiers: Sequence[tuple[int, Rate]], first: Rate, began: int, amount: int
) -> Iterator[tuple[int, Rate]]:
    """Iterate over the parts of an amount that lie in one tier each, with their rates; ``first`` is
    that below all bounds, ``began`` where in the month the amount begins."""
    rate, ended = first, began + amount
    for bound, above in tiers:
        if began < bound:
            inside = min(ended, bound) - began
            yield inside, rate
            began += inside
            if began == ended:
                return
        rate = above
    yield ended - began, rate


def _by_share(
    schedule: StockRates, size: SizeUnits, value: CashMicros, began: SizeUnits
) -> CashMicros:
    """Return the commission of an order by its size, which began at a place in the month."""
    fee = schedule.minimum
    by_size = size * MICROS * schedule.per_share
    if schedule.tiers and began + size > schedule.tiers[0][0]:
        parts = _stepped(schedule.tiers, schedule.per_share, began, size)
        by_size = MICROS * sum(part * rate for part, rate in parts)
    if by_size > fee * RATE_SCALE:
        fee = scaled(by_size, 1)
    # A tiny order pays the cap even where that is less than the minimum.
    return fee if value * schedule.cap >= fee * RATE_SCALE else scaled(value, schedule.cap)


def _by_value(schedule: ValueRates, value: CashMicros, began: CashMicros) -> CashMicros:
    """Return the commission of an order by its value, which began at a place in the month."""
    fee = max(schedule.minimum, scaled(value, schedule.of_value))
    if schedule.tiers and began + value > schedule.tiers[0][0]:
        least = schedule.minimum
        for bound, _, minimum in schedule.tiers:
            least = minimum if began >= bound else least
        tiers = [(bound, rate) for bound, rate, _ in schedule.tiers]
        parts = _stepped(tiers, schedule.of_value, began, value)
        fee = max(least, scaled(sum(part * rate for part, rate in parts), 1))
    return fee if schedule.cap == RATE_SCALE else min(fee, scaled(value, schedule.cap))


def _by_face(schedule: FaceRates, size: SizeUnits, value: CashMicros) -> CashMicros:
    """Return the commission of an order of so many bonds."""
    face = size * FACE * CASH_SCALE // SIZE_SCALE
    first = min(face, schedule.bound)
    fee = scaled(first, schedule.first) + scaled(face - first, schedule.rest)
    return min(max(fee, schedule.minimum), scaled(value, schedule.cap), schedule.most)


def _tiered(schedule: StockRates, size: SizeUnits, fee: CashMicros, *, taken: bool) -> CashMicros:
    """Return what a tiered plan passes through besides."""
    per_share = schedule.clearing_per_share + (schedule.taken_per_share if taken else 0)
    return scaled(size * MICROS, per_share) + scaled(fee, schedule.of_commission)


def _per_contract(
    schedule: ContractRates, fill: tuple[SizeUnits, CashMicros], multiplier: int, month: SizeUnits
) -> CashMicros:
    """Return the fee of one fill of contracts; a low premium lowers it."""
    size, value = fill

    def each(rate: CashMicros, below: Below) -> CashMicros:
        for premium, lower in below:
            if value * SIZE_SCALE < premium * size * multiplier:
                return lower
        return rate

    first = each(schedule.per_contract, schedule.below)
    if not schedule.tiers or month + size <= schedule.tiers[0][0]:
        return share((first + schedule.passed) * size, 1, SIZE_SCALE)
    tiers = [(bound, each(rate, below)) for bound, rate, below in schedule.tiers]
    parts = _stepped(tiers, first, month, size)
    return share(sum((rate + schedule.passed) * part for part, rate in parts), 1, SIZE_SCALE)


def _per_future(
    schedule: FutureRates, trading_class: str, size: SizeUnits, month: SizeUnits
) -> CashMicros:
    """Return the fee of one fill of futures."""
    first = schedule.classes.get(trading_class, schedule.other)
    if not schedule.tiers or month + size <= schedule.tiers[0][0]:
        return share(first, size, SIZE_SCALE)
    place = 1 if trading_class in schedule.classes else 2
    tiers = [(tier[0], first - tier[place]) for tier in schedule.tiers]
    parts = _stepped(tiers, first, month, size)
    return share(sum(rate * part for part, rate in parts), 1, SIZE_SCALE)


def _passed(schedule: StockRates, side: int, size: SizeUnits, value: CashMicros) -> CashMicros:
    """Return the pass-through fees of one fill, rounded once as a sum."""
    shares = size * MICROS
    parts = shares * schedule.audit_per_share
    if side < 0:
        parts += shares * schedule.taf_per_share + value * schedule.sec_per_proceeds
    return scaled(parts, 1)
