"""Profit and loss of an account and of its positions, worked out a position a step.

The books are those of the first step, whatever happens while the others wait; no margin is worked
out, which profits do not need. Sums round as the broker's valuation does, so that the daily profit
is the change of its net liquidation value, without interest that has accrued.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal

import msgspec

from ...venue.broker.ledger import Account
from ...venue.broker.margin import MarginCalculator
from ...venue.broker.profit import DayProfit
from ...venue.broker.valuation import Holding
from ...venue.reference.instruments import Instruments
from ...venue.units import CashMicros, scaled, size_decimal
from .views import money


class ProfitRow(msgspec.Struct, frozen=True):
    """One pnl or pnlSingle message, in the base currency and the instrument's respectively."""

    dailyPnL: float
    unrealizedPnL: float
    realizedPnL: float
    position: Decimal = Decimal(0)
    value: float = 0.0


Profits = tuple[ProfitRow, dict[int, ProfitRow], frozenset[int]]
"""The row of an account, those of its positions, and the contracts traded today."""


def each_step(
    account: Account, paid: Mapping[int, CashMicros], margin: MarginCalculator, known: Instruments
) -> Iterator[Profits | None]:
    """Yield None after each position, then the profits; ``paid`` is what today's fills have cost by
    contract."""
    profit = DayProfit(account, paid, margin)
    numbers = tuple(account.positions)
    # Ten thousand in a millisecond: ``copy`` looks for the method each time, in six.
    positions = [held.__copy__() for held in account.positions.values()]  # type: ignore[attr-defined]
    singles = dict[int, ProfitRow]()
    unrealized = realized = 0
    for con_id, position in zip(numbers, positions, strict=True):
        held = margin.holding(known[con_id], position)
        each = profit.rate(held.instrument.currency)
        profit.add(held)
        singles[con_id] = single_profit(held, profit)
        unrealized += scaled(held.unrealized, each)
        realized += scaled(position.realized, each)
        yield None
    for con_id, (_, before) in profit.carried.items():
        realized += scaled(before, profit.rate(known[con_id].currency))
    yield (
        ProfitRow(money(profit.whole), money(unrealized), money(realized)),
        singles,
        traded_of(profit),
    )


def traded_of(profit: DayProfit) -> frozenset[int]:
    """Return the contracts that have been traded since their reset, as far as one is known of."""
    return frozenset(profit.paid) | {number for number, (_, own) in profit.carried.items() if own}


def single_profit(held: Holding, profit: DayProfit) -> ProfitRow:
    """Return the profit of a position, in its instrument's currency."""
    daily, realized = profit.of(held)
    return ProfitRow(
        dailyPnL=money(daily),
        unrealizedPnL=money(held.unrealized),
        realizedPnL=money(realized),
        position=size_decimal(held.position.quantity),
        value=money(held.value),
    )


def summed(one: ProfitRow, other: ProfitRow, rate: float = 1.0) -> ProfitRow:
    """Return two rows as one, the second at a rate."""
    return ProfitRow(
        dailyPnL=one.dailyPnL + rate * other.dailyPnL,
        unrealizedPnL=one.unrealizedPnL + rate * other.unrealizedPnL,
        realizedPnL=one.realizedPnL + rate * other.realizedPnL,
        position=one.position + other.position,
        value=one.value + rate * other.value,
    )
