"""An order as the broker keeps it, and the rows that are left of it when it is over.

Both are immutable: a change makes a new version, so whoever was given one may keep it.
"""

from typing import Final

import msgspec

from ..facts import OrderFilled, Terms
from ..units import CashMicros, Nanos, PriceUnits, SizeUnits
from .lifecycle import TERMINAL, WORKING

ADDED, REMOVED = 1, 2
"""How a fill found liquidity: the order had been resting, or came to the market."""
TRIGGER: Final = "trigger"
"""``whyHeld`` of an order that waits for its stop."""


class LiveOrder(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One order: its terms, and how far it has come."""

    permId: int
    clientId: int
    orderId: int
    terms: Terms
    status: str
    whyHeld: str
    accepted: Nanos
    expires: Nanos
    """When a DAY or GTC order lapses."""
    triggered: bool = False
    """Whether its stop was reached."""
    filled: SizeUnits = 0
    value: CashMicros = 0
    lastPrice: PriceUnits = 0
    fees: CashMicros = 0
    billedSize: SizeUnits = 0
    """Size and value that count towards the commission; a modified order starts again."""
    billedValue: CashMicros = 0
    ended: Nanos = 0
    """When it was over; 0 while it works."""
    bySystem: bool = False
    """Whether the system ended it."""
    opens: Nanos = 0
    """When its exchange opens for it; 0 while it is open. Until then it is in no book."""

    @property
    def remaining(self) -> SizeUnits:
        """What is still to be traded."""
        return self.terms.quantity - self.filled

    @property
    def working(self) -> bool:
        """Whether the order may still trade."""
        return self.status in WORKING

    @property
    def done(self) -> bool:
        """Whether the status is terminal."""
        return self.status in TERMINAL

    @property
    def waits(self) -> bool:
        """Whether it waits for its stop."""
        return self.terms.stop is not None and not self.triggered


class FillRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One execution as it is kept for the queries of its day."""

    execution: int
    permId: int
    clientId: int
    orderId: int
    account: str
    conId: int
    side: int
    size: SizeUnits
    price: PriceUnits
    value: CashMicros
    fee: CashMicros
    realized: CashMicros | None
    filled: SizeUnits
    """Of the order, this execution included."""
    total: CashMicros
    """Value of all that is filled of the order."""
    limit: PriceUnits | None
    liquidity: int
    exchange: str
    time: Nanos
    ref: str
    model: str
    submitter: str


def fill_row(order: LiveOrder, fact: OrderFilled, time: Nanos) -> FillRow:
    """The row of an execution, from its fact and the order as the fill left it."""
    terms = order.terms
    return FillRow(
        fact.execution, order.permId, order.clientId, order.orderId, terms.account, terms.conId,
        terms.side, fact.size, fact.price, fact.value, fact.fee, fact.realized, order.filled,
        order.value, terms.limit, fact.liquidity, fact.exchange, time, terms.ref, terms.model,
        terms.submitter,
    )  # fmt: skip
