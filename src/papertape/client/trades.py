"""Live orders: what is known of each, fed by every callback that concerns it, in any order.

openOrder, orderStatus, execDetails and commissionReport may come in any legal order, twice, or
not at all; a ``Trade`` takes each for what it says and is never told to go back.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from ..errors import ApiError, PapertapeError
from ..model import Contract, Execution, Order
from ..wire.catalogue.reports import (
    CommissionReport,
    CompletedOrder,
    ExecutionDetails,
    OpenOrder,
    OrderStatus,
)

DONE = frozenset(("Filled", "Cancelled", "ApiCancelled", "Inactive"))
ZERO = Decimal(0)


class Fill:
    """One execution and, when it has come, what it cost."""

    def __init__(self, contract: Contract, execution: Execution) -> None:
        self.contract = contract
        self.execution = execution
        self.report: CommissionReport | None = None


class Trade:
    """An order and everything that has happened to it."""

    def __init__(self, order_id: int, contract: Contract, order: Order) -> None:
        self.orderId = order_id
        self.contract = contract
        self.order = order
        self.sent: Order | None = None
        """What this program sent last; None for an order of an earlier session."""
        self.permId = 0
        self.status = "PendingSubmit"
        self.filled = ZERO
        self.remaining: Decimal = order.totalQuantity or ZERO
        self.avgFillPrice = 0.0
        self.whyHeld = ""
        self.fills: dict[str, Fill] = {}
        """By execution id, so that a repeated report counts once."""
        self.errors: list[PapertapeError] = []
        """What was said against it: codes of the server, and what became of its connection."""
        self.history: list[str] = [self.status]
        """Every status in the order of its arrival, repetitions left out."""
        self.waker: Callable[[], None] | None = None

    def __repr__(self) -> str:
        what = f"{self.order.action} {self.order.totalQuantity} {self.contract.symbol}"
        return f"<Trade {self.orderId} {what} {self.status} filled {self.filled}>"

    @property
    def done(self) -> bool:
        """Whether the order has ended."""
        return self.status in DONE

    @property
    def commission(self) -> float:
        """What all fills cost so far."""
        return sum(f.report.commissionAndFees for f in self.fills.values() if f.report is not None)

    @property
    def charged(self) -> bool:
        """Whether every fill has its commission report."""
        return all(fill.report is not None for fill in self.fills.values())

    def feed(self, message: Any) -> None:
        """One message about this order."""
        if isinstance(message, OpenOrder):
            self._opened(message)
        elif isinstance(message, OrderStatus):
            self._moved(message)
        elif isinstance(message, ExecutionDetails):
            self._filled(message)
        elif isinstance(message, CommissionReport):
            self.fills[message.execId].report = message
        if self.waker is not None:
            self.waker()

    def fail(self, error: PapertapeError) -> None:
        """An error about this order: terminal only while nothing else was heard of it."""
        self.errors.append(error)
        terminal = isinstance(error, ApiError) and error.kind.terminal
        if terminal and not self.permId and not self.done:
            self._set("Inactive")
        if self.waker is not None:
            self.waker()

    def lose(self, error: PapertapeError) -> None:
        """The order, or its last change, never reached the server."""
        if not self.permId and not self.done:
            self._set("Inactive")
        self.fail(error)

    def complete(self, message: CompletedOrder) -> None:
        """What the list of completed orders says about it."""
        if message.order.filledQuantity is not None:
            self.filled = message.order.filledQuantity
            self.remaining = max(ZERO, (self.order.totalQuantity or self.filled) - self.filled)
        self._set(message.orderState.status)
        if self.waker is not None:
            self.waker()

    def _opened(self, message: OpenOrder) -> None:
        self.permId = message.order.permId or self.permId
        self.order = message.order
        self.contract = message.contract
        if message.orderState.status:
            self._set(message.orderState.status)

    def _moved(self, message: OrderStatus) -> None:
        self.permId = message.permId or self.permId
        self.filled = message.filled if message.filled is not None else self.filled
        self.remaining = message.remaining if message.remaining is not None else self.remaining
        self.avgFillPrice = message.avgFillPrice or self.avgFillPrice
        self.whyHeld = message.whyHeld
        self._set(message.status)

    def _filled(self, message: ExecutionDetails) -> None:
        execution = message.execution
        self.permId = execution.permId or self.permId
        self.fills.setdefault(execution.execId, Fill(message.contract, execution))

    def _set(self, status: str) -> None:
        if status != self.status and self.status != "Filled":
            self.status = status
            self.history.append(status)
