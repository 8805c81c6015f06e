"""The orders of this client: routes messages to them, and finds out what happened to them while
the connection was down."""

from collections.abc import Iterable
from typing import Any

from ..errors import ApiError, ConnectionLost, PapertapeError
from ..wire.catalogue import reports
from .trades import Trade


class Orders:
    """All orders that this client knows, by id. Survives reconnects."""

    def __init__(self, client_id: int) -> None:
        self.client_id = client_id
        self.trades: dict[int, Trade] = {}
        self._executions: dict[str, Trade] = {}

    def follow(self, trade: Trade) -> None:
        """Add a trade and keep it up to date."""
        self.trades[trade.orderId] = trade

    def opened(self, message: reports.OpenOrder) -> None:
        """openOrder, of a known order or one from an earlier session."""
        if message.order.clientId != self.client_id:
            return
        trade = self.trades.get(message.orderId)
        if trade is None:
            trade = Trade(message.orderId, message.contract, message.order)
            self.follow(trade)
        trade.feed(message)

    def moved(self, message: reports.OrderStatus) -> None:
        """orderStatus."""
        trade = self.trades.get(message.orderId)
        if trade is not None and message.clientId in (self.client_id, None):
            trade.feed(message)

    def filled(self, message: reports.ExecutionDetails) -> None:
        """execDetails."""
        trade = self.trades.get(message.execution.orderId)
        if trade is not None and message.execution.clientId == self.client_id:
            self._executions[message.execution.execId] = trade
            trade.feed(message)

    def charged(self, message: reports.CommissionReport) -> None:
        """commissionReport."""
        trade = self._executions.get(message.execId)
        if trade is not None:
            trade.feed(message)

    def failed(self, number: int, error: ApiError) -> bool:
        """Apply an error to the order with this id; return whether there is one."""
        trade = self.trades.get(number)
        if trade is not None:
            trade.fail(error)
        return trade is not None

    def lost(self, reason: str, unsent: Iterable[Any], *, final: bool) -> None:
        """Handle the loss of the connection: orders that were never sent end."""
        waiting = list(unsent)
        for trade in self.trades.values():
            if any(owner is trade for owner in waiting):
                trade.lose(_lost(reason, trade, sent=False))
            elif final and not trade.done and not trade.permId:
                trade.fail(_lost(reason, trade, sent=True))
            elif trade.waker is not None:
                trade.waker()

    def unseen(self, seen: set[int]) -> list[Trade]:
        """Orders that were working and that the server's open orders no longer contain."""
        return [t for t in self.trades.values() if not t.done and t.orderId not in seen]

    def settle(
        self, unseen: list[Trade], completed: list[reports.CompletedOrder], *, complete: bool
    ) -> None:
        """Apply the list of completed orders to orders that ended during an interruption.

        ``complete``: the executions are known too, so an order that nothing mentions has never
        reached the server.
        """
        by_id = {message.order.permId: message for message in completed if message.order.permId}
        for trade in unseen:
            found = by_id.get(trade.permId)
            if found is not None:
                trade.complete(found)
            elif complete and not trade.permId and not trade.fills and not trade.done:
                reason = "the server does not know it after the interruption"
                trade.lose(_lost(reason, trade, sent=False))

    def doubt(self, seen: set[int]) -> None:
        """Note that the server has not told in time what became of the orders that its open orders
        do not contain."""
        for trade in self.unseen(seen):
            trade.doubt()


def _lost(reason: str, trade: Trade, *, sent: bool) -> PapertapeError:
    return ConnectionLost(reason, request=f"placeOrder {trade.orderId}", sent=sent)
