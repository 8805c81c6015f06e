"""Live orders: the state of each, built from all messages about it, in any order.

openOrder, orderStatus, execDetails and commissionReport may arrive in any legal order, twice, or
not at all; a ``Trade`` applies each of them and never goes back to an earlier state.
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
CANCELLED = frozenset(("Cancelled", "ApiCancelled"))
ZERO = Decimal(0)


class Fill:
    """One execution and, once it has arrived, its commission report."""

    def __init__(self, contract: Contract, execution: Execution) -> None:
        self.contract = contract
        self.execution = execution
        self.report: CommissionReport | None = None


class Trade:
    """An order and its history: statuses, fills, messages."""

    def __init__(self, order_id: int, contract: Contract, order: Order) -> None:
        self.orderId = order_id
        self.contract = contract
        self.order = order
        self.sent: Order | None = None
        """The order that this program sent last; None for one of an earlier session."""
        self.permId = 0
        self.status = "PendingSubmit"
        self.filled = ZERO
        self.remaining: Decimal = order.totalQuantity or ZERO
        self.avgFillPrice = 0.0
        self.whyHeld = ""
        self.fills: dict[str, Fill] = {}
        """By execution id, so that a repeated execDetails counts once."""
        self._revisions: dict[str, int] = {}
        """The latest revision of each execution that is known."""
        self.errors: list[PapertapeError] = []
        """Errors about the order: codes of the server, and losses of the connection."""
        self.history: list[str] = [self.status]
        """All statuses in the order of arrival, without repetitions."""
        self.waker: Callable[[], None] | None = None
        self._doubted = False
        """Whether the server was asked after an interruption and has not said how it stands."""

    def __repr__(self) -> str:
        what = f"{self.order.action} {self.order.totalQuantity} {self.contract.symbol}"
        return f"<Trade {self.orderId} {what} {self.status} filled {self.filled}>"

    @property
    def done(self) -> bool:
        """Whether the order has ended."""
        return self.status in DONE

    @property
    def standing(self) -> list[Fill]:
        """The fills as they are now: a correction, whose id has a higher number behind the last
        dot, stands for the one that it corrects. A busted fill is told of by ``filled`` alone."""
        latest: dict[str, Fill] = {}
        for exec_id in sorted(self.fills, key=_revised):
            latest[exec_id.rpartition(".")[0] or exec_id] = self.fills[exec_id]
        return list(latest.values())

    @property
    def commission(self) -> float:
        """The commission of all fills so far, as they are now."""
        return sum(f.report.commissionAndFees for f in self.standing if f.report is not None)

    @property
    def charged(self) -> bool:
        """Whether every fill has its commission report; that of a combination has those of its
        legs, which follow it."""
        paid = [fill for fill in self.fills.values() if fill.contract.secType != "BAG"]
        if self.fills and not paid:
            return False
        return all(fill.report is not None for fill in paid)

    def feed(self, message: Any) -> None:
        """Apply a message about this order."""
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
        """Apply an error. It ends the order only if no other message about it has arrived."""
        self.errors.append(error)
        terminal = isinstance(error, ApiError) and error.kind.terminal
        if terminal and not self.permId and not self.done:
            self._set("Inactive")
        if self.waker is not None:
            self.waker()

    def lose(self, error: PapertapeError) -> None:
        """Record that the order, or its last modification, never reached the server."""
        if not self.permId and not self.done:
            self._set("Inactive")
        self.fail(error)

    def doubt(self) -> None:
        """Note that the server has not answered how the order stands: until it says more, the order
        has ended when its executions are all of it."""
        self._doubted = not self.done
        self._end_by_fills()
        if self.waker is not None:
            self.waker()

    def complete(self, message: CompletedOrder) -> None:
        """Apply a row of the list of completed orders."""
        if message.order.filledQuantity is not None:
            self.filled = message.order.filledQuantity
            self.remaining = max(ZERO, (self.order.totalQuantity or self.filled) - self.filled)
        self._set(message.orderState.status)
        if self.waker is not None:
            self.waker()

    def _opened(self, message: OpenOrder) -> None:
        self._doubted = False
        self.permId = message.order.permId or self.permId
        self.order = message.order
        self.contract = message.contract
        if message.orderState.status:
            self._set(message.orderState.status)

    def _moved(self, message: OrderStatus) -> None:
        self._doubted = False
        self.permId = message.permId or self.permId
        self.filled = message.filled if message.filled is not None else self.filled
        self.remaining = message.remaining if message.remaining is not None else self.remaining
        self.avgFillPrice = message.avgFillPrice or self.avgFillPrice
        self.whyHeld = message.whyHeld
        self._set(message.status)

    def _filled(self, message: ExecutionDetails) -> None:
        execution = message.execution
        self.permId = execution.permId or self.permId
        leg = message.contract.secType != "BAG" and self.contract.secType == "BAG"
        if execution.execId not in self.fills:
            total = self._total_with(Fill(message.contract, execution))
            if total != self.filled and not leg:  # orderStatus was lost, or follows
                self.filled = total
                self.remaining = max(ZERO, (self.order.totalQuantity or total) - total)
                self.avgFillPrice = execution.avgPrice or self.avgFillPrice
        self._end_by_fills()

    def _total_with(self, fill: Fill) -> Decimal:
        """Take a fill that is new; return how much of the order is filled by then."""
        execution = fill.execution
        base, revision = execution.execId.rpartition(".")[0], _revised(execution.execId)
        known = self._revisions.get(base, 0)
        correction = bool(base) and 0 < known < revision
        agreed = correction and self._executed() == self.filled
        self.fills[execution.execId] = fill
        self._revisions[base] = max(revision, known)
        if agreed:
            return self._executed()
        if correction or revision < known or execution.cumQty is None:
            return self.filled
        return max(execution.cumQty, self.filled)

    def _executed(self) -> Decimal:
        return sum((fill.execution.shares or ZERO for fill in self.standing), ZERO)

    def _end_by_fills(self) -> None:
        """End an order that was believed lost, or is in doubt, when all of it has executed. Usually
        its status tells; the executions alone do not, as new terms may be on their way."""
        if (self._doubted or self.status == "Inactive") and self.fills and not self.remaining:
            self._set("Filled")

    def _set(self, status: str) -> None:
        goes_back = self.status in CANCELLED and status not in DONE  # a late openOrder
        if status != self.status and self.status != "Filled" and not goes_back:
            self.status = status
            self.history.append(status)


def _revised(exec_id: str) -> int:
    """The number behind the last dot of the id of an execution."""
    number = exec_id.rpartition(".")[2]
    return int(number) if number.isdecimal() else 0
