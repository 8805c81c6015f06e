"""Positions and cash of one account: the ledger that fills are booked into.

Costs include commissions, realised profit is net of the commissions of both sides, and sums
are integers, so that the books balance to the last micro-unit. ``booked`` computes the effect of a
fill on a position; the fold of the fact records it.
"""

import msgspec

from ..units import CashMicros, SizeUnits, share


class LedgerPosition(msgspec.Struct, gc=False):
    """Holdings of one instrument. Short positions have negative quantity and cost."""

    quantity: SizeUnits = 0
    cost: CashMicros = 0
    """Signed cost of the present holdings, commissions included."""
    realized: CashMicros = 0
    """Profit of the trading day, in the instrument's currency."""
    settled: CashMicros = 0
    """Of a future: the signed value up to which gains and losses are in the cash already; 0 for
    what is paid for in full."""


FLAT = LedgerPosition()


class Account(msgspec.Struct):
    """One account: cash per currency and positions per contract number."""

    code: str
    currency: str
    """The base currency, in which the account is valued."""
    cash: dict[str, CashMicros]
    positions: dict[int, LedgerPosition] = {}
    margin: str = "portfolio"
    """Name of the margin model (``schedules.MARGIN_MODELS``)."""
    plan: str = "fixed"
    """Name of the fee plan (``schedules.FEE_PLANS``)."""
    opening_cash: dict[str, CashMicros] = {}
    """Cash at the start of the trading day plus later deposits, for reconciliation with the day's
    fills."""
    opening_quantity: dict[int, SizeUnits] = {}
    opening_values: dict[int, CashMicros] = {}
    """Market values at the start of the trading day, in each instrument's currency."""
    opening_settled: dict[int, CashMicros] = {}
    """``settled`` of each future at the start of the trading day."""
    opening_equity: CashMicros = 0
    """Equity with loan value at the start of the trading day plus later deposits, in the base
    currency."""

    sma: CashMicros = 0
    """Special memorandum account of a Reg T account: that of the day's start, with the day's
    deposits, less what its trades needed."""
    advisor: bool = False
    """Whether it is a financial advisor's own, who manages the others."""
    unsettled: dict[int, dict[str, CashMicros]] = {}
    """Day -> currency -> proceeds of sales that settle then."""
    traded: dict[str, int] = {}
    """What was traded this month under rates with tiers, by the name in ``Counted``; of all
    accounts of an advisor together."""
    accrued: dict[int, dict[str, CashMicros]] = {}
    """Day -> currency -> interest that is booked then, which is not in the cash yet; negative for
    what is owed."""
    carried: dict[int, tuple[CashMicros, CashMicros]] = {}
    """Contract -> what its profit and its realized profit have besides those of the trading day, in
    the instrument's currency (``broker.profit``)."""
    carried_equity: CashMicros = 0
    """The same of the account's profit, in the base currency."""

    def settled(self, currency: str) -> CashMicros:
        """Return the cash of a currency without the proceeds that have not settled."""
        waits = sum(amounts.get(currency, 0) for amounts in self.unsettled.values())
        return self.cash.get(currency, 0) - waits

    @property
    def interest(self) -> dict[str, CashMicros]:
        """All interest that has accrued, by currency."""
        found: dict[str, CashMicros] = {}
        for amounts in self.accrued.values():
            for currency, amount in amounts.items():
                found[currency] = found.get(currency, 0) + amount
        return found

    def quantity(self, con_id: int) -> SizeUnits:
        """Return the signed holdings; 0 without a position."""
        position = self.positions.get(con_id)
        return position.quantity if position is not None else 0

    def receive(self, currency: str, amount: CashMicros, equity: CashMicros) -> None:
        """Book a deposit; ``equity`` is its value in the base currency."""
        pay(self, currency, amount)
        self.opening_cash[currency] = self.opening_cash.get(currency, 0) + amount
        self.opening_equity += equity
        self.sma += equity

    def adjust(self, con_id: int, size: SizeUnits, settled: CashMicros) -> None:
        """Change the books of the day's start by holdings that no trade of the day explains."""
        self.opening_quantity[con_id] = self.opening_quantity.get(con_id, 0) + size
        if settled:
            self.opening_settled[con_id] = self.opening_settled.get(con_id, 0) + settled

    def start_day(
        self, equity: CashMicros, values: dict[int, CashMicros], sma: CashMicros = 0
    ) -> None:
        """Set the opening books of a day at the given values, and remove flat positions."""
        for con_id in [key for key, value in self.positions.items() if value.quantity == 0]:
            del self.positions[con_id]
        for position in self.positions.values():
            position.realized = 0
        self.opening_cash = dict(self.cash)
        self.opening_equity = equity
        self.sma = sma
        self.opening_values = values
        self.opening_quantity = {key: value.quantity for key, value in self.positions.items()}
        self.opening_settled = {
            key: value.settled for key, value in self.positions.items() if value.settled
        }


class Booked(msgspec.Struct, frozen=True, gc=False):
    """A position after a fill, and the profit that the fill realised."""

    position: SizeUnits
    cost: CashMicros
    realized: CashMicros | None
    """Net of commissions; None when the fill only opened."""
    cash: CashMicros
    """Change of the cash."""
    settled: CashMicros = 0


def booked(
    held: LedgerPosition,
    *,
    size: SizeUnits,
    value: CashMicros,
    fee: CashMicros,
    daily: bool = False,
) -> Booked:
    """Return a position after a fill of signed ``size`` and positive ``value``.

    Where it is settled ``daily``, the value is not paid: closing pays its difference to the
    last settlement.
    """
    side = 1 if size > 0 else -1
    quantity = held.quantity
    closing = min(abs(size), abs(quantity)) if quantity * side < 0 else 0
    if closing == 0:
        paid = fee if daily else side * value + fee
        settled = held.settled + side * value if daily else 0
        return Booked(quantity + size, held.cost + side * value + fee, None, -paid, settled)
    value_closed = share(value, closing, abs(size))
    fee_closed = share(fee, closing, abs(size))
    cost_closed = share(held.cost, closing, abs(quantity))
    realized = -side * value_closed - fee_closed - cost_closed
    opened = side * (value - value_closed)
    cost = held.cost + opened + (fee - fee_closed) - cost_closed
    if not daily:
        return Booked(quantity + size, cost, realized, -side * value - fee)
    settled_closed = share(held.settled, closing, abs(quantity))
    paid = side * value_closed + settled_closed + fee
    settled = held.settled - settled_closed + opened
    return Booked(quantity + size, cost, realized, -paid, settled)


def pay(account: Account, currency: str, amount: CashMicros) -> None:
    """Add ``amount``, which may be negative, to the cash of one currency."""
    account.cash[currency] = account.cash.get(currency, 0) + amount
