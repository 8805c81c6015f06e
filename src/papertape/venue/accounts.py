"""Positions and cash of one account: the ledger that fills are booked into.

Costs include commissions, realised profit is net of the commissions of both sides, and sums
are integers, so that the books close to the last micro-unit.
"""

import msgspec

from .ratios import share
from .units import CASH_SCALE, SIZE_SCALE, CashMicros, SizeUnits


class Position(msgspec.Struct):
    """Holdings of one instrument. Short positions have negative quantity and cost."""

    quantity: SizeUnits = 0
    cost: CashMicros = 0
    """Signed price paid, commissions included, of what is still held."""
    realized: CashMicros = 0
    """Profit of the trading day, in the instrument's currency."""

    def average_cost(self) -> float:
        """Cost per share or contract, commissions included; 0 when flat."""
        if self.quantity == 0:
            return 0.0
        return self.cost * SIZE_SCALE / (self.quantity * CASH_SCALE)


class Account(msgspec.Struct):
    """One account: cash per currency and positions per contract number."""

    code: str
    cash: dict[str, CashMicros]
    positions: dict[int, Position] = {}
    opening_cash: dict[str, CashMicros] = {}
    """Cash at the start of the trading day, for reconciliation with the day's fills."""
    opening_quantity: dict[int, SizeUnits] = {}
    opening_values: dict[int, CashMicros] = {}
    """Market values at the start of the trading day, in each instrument's currency."""
    opening_equity: CashMicros = 0
    """Equity with loan value at the start of the trading day, in the base currency."""

    def quantity(self, con_id: int) -> SizeUnits:
        """Signed holdings; 0 when there never were any."""
        position = self.positions.get(con_id)
        return position.quantity if position is not None else 0

    def start_day(self, equity: CashMicros, values: dict[int, CashMicros]) -> None:
        """Take the books as the opening ones at the given worth; flat positions leave."""
        for con_id in [key for key, value in self.positions.items() if value.quantity == 0]:
            del self.positions[con_id]
        for position in self.positions.values():
            position.realized = 0
        self.opening_cash = dict(self.cash)
        self.opening_equity = equity
        self.opening_values = values
        self.opening_quantity = {key: value.quantity for key, value in self.positions.items()}


def open_account(code: str, currency: str, cash: CashMicros) -> Account:
    """A fresh account with its opening balance."""
    return Account(code, {currency: cash}, opening_cash={currency: cash}, opening_equity=cash)


def book(
    account: Account, con_id: int, *, size: SizeUnits, value: CashMicros, fee: CashMicros
) -> CashMicros | None:
    """Book a fill of signed ``size`` and positive ``value`` into the position.

    Returns the realised profit net of commissions, None when the fill only opened.
    """
    position = account.positions.setdefault(con_id, Position())
    side = 1 if size > 0 else -1
    held = position.quantity
    closing = min(abs(size), abs(held)) if held * side < 0 else 0
    if closing == 0:
        position.quantity += size
        position.cost += side * value + fee
        return None
    value_closed = share(value, closing, abs(size))
    fee_closed = share(fee, closing, abs(size))
    cost_closed = share(position.cost, closing, abs(held))
    realized = -side * value_closed - fee_closed - cost_closed
    position.realized += realized
    position.quantity += size
    position.cost += side * (value - value_closed) + (fee - fee_closed) - cost_closed
    return realized


def pay(account: Account, currency: str, amount: CashMicros) -> None:
    """Add ``amount`` (negative: take it) to the cash of one currency."""
    account.cash[currency] = account.cash.get(currency, 0) + amount
