"""Profit and loss of an account and of its positions, worked out a position a step.

The books are those of the first step, whatever happens while the others wait; no margin is worked
out, which profits do not need. Sums round as the broker's valuation does, so that the daily profit
is the change of its net liquidation value, without interest that has accrued.
"""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

import msgspec

from ...venue.broker.ledger import Account
from ...venue.broker.margin import UNLENT, MarginCalculator
from ...venue.broker.valuation import UNVALUED, Holding
from ...venue.reference.instruments import Instruments
from ...venue.units import CashMicros, Rate, scaled, size_decimal
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
    base, opening = account.currency, dict(account.opening_values)
    rate = _remembered(lambda currency: margin.rate(currency, base))
    before = account.opening_equity
    net = sum(scaled(cash, rate(name)) for name, cash in account.cash.items())
    numbers = tuple(account.positions)
    # Ten thousand in a millisecond: ``copy`` looks for the method each time, in six.
    positions = [held.__copy__() for held in account.positions.values()]  # type: ignore[attr-defined]
    paid, singles = dict(paid), dict[int, ProfitRow]()
    unrealized = realized = 0
    for con_id, position in zip(numbers, positions, strict=True):
        entry = known[con_id]
        held, each = margin.holding(entry, position), rate(entry.currency)
        singles[con_id] = single_profit(held, opening, paid)
        net += scaled(held.since_settled, each)
        if entry.secType not in UNVALUED:
            net += scaled(held.value, each)
        if entry.secType in UNLENT:  # which the equity of the day's start does not have
            before += scaled(opening.get(con_id, 0), each)
        unrealized += scaled(held.unrealized, each)
        realized += scaled(position.realized, each)
        yield None
    whole = ProfitRow(money(net - before), money(unrealized), money(realized))
    yield whole, singles, frozenset(paid)


def single_profit(
    held: Holding, opening: Mapping[int, CashMicros], paid: Mapping[int, CashMicros]
) -> ProfitRow:
    """Return the profit of a position, in its instrument's currency."""
    con_id = held.instrument.conId
    return ProfitRow(
        dailyPnL=money(held.value - opening.get(con_id, 0) - paid.get(con_id, 0)),
        unrealizedPnL=money(held.unrealized),
        realizedPnL=money(held.position.realized),
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


def _remembered(rate: Callable[[str], Rate]) -> Callable[[str], Rate]:
    """Return a rate that is looked up once for each currency."""
    known: dict[str, Rate] = {}

    def found(currency: str) -> Rate:
        if currency not in known:
            known[currency] = rate(currency)
        return known[currency]

    return found
