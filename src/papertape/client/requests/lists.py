"""Requests that a list answers, each with the conversation that collects the list.

Every function returns an ``asks.Make``.
"""

from typing import Any

from ...model import ExecutionFilter
from ...wire.catalogue import account, orders, reports
from ...wire.message import Message
from ..conversations import Collect, Conversation
from .asks import Make

Pair = tuple[Conversation, Message]


def open_orders(*, everyone: bool = False) -> Make:
    """The working orders of this client, or of all."""

    def make(_: int) -> Pair:
        collect = Collect("reqOpenOrders", reports.OpenOrdersEnd, key=_order)
        return collect, orders.ReqAllOpenOrders() if everyone else orders.ReqOpenOrders()

    return make


def completed_orders(*, api_only: bool) -> Make:
    """Today's completed orders."""

    def make(_: int) -> Pair:
        collect = Collect("reqCompletedOrders", reports.CompletedOrdersEnd, key=_order)
        return collect, orders.ReqCompletedOrders(api_only)

    return make


def executions(wanted: ExecutionFilter) -> Make:
    """Today's executions that match the filter."""

    def make(number: int) -> Pair:
        collect = Collect("reqExecutions", reports.ExecutionDetailsEnd, number)
        return collect, orders.ReqExecutions(number, wanted)

    return make


def positions() -> Make:
    """All positions. The request is a subscription; the caller must cancel it."""

    def make(_: int) -> Pair:
        collect = Collect("reqPositions", account.PositionEnd, key=_position)
        return collect, account.ReqPositions()

    return make


def account_updates(code: str, others: frozenset[str]) -> Make:
    """One account's values. The request is a subscription; the caller must cancel it.

    ``others`` are accounts whose rows may arrive meanwhile because of other subscriptions.
    """

    def make(_: int) -> Pair:
        return _OneAccount(others), account.ReqAccountUpdates(True, code)

    return make


class _OneAccount(Collect):
    def __init__(self, others: frozenset[str]) -> None:
        super().__init__("reqAccountUpdates", account.AccountDataEnd, key=_figure)
        self._others = others

    def feed(self, message: Any) -> None:
        if getattr(message, "accountName", "") not in self._others:
            super().feed(message)


# The key of a row: a permanent id is unique, while manual orders all have the order id 0.


def _order(row: reports.OpenOrder | reports.CompletedOrder) -> object:
    return row.order.permId or (row.order.clientId, getattr(row, "orderId", id(row)))


def _position(row: account.Position) -> object:
    return row.account, row.contract.conId, row.contract.localSymbol


def _figure(
    row: account.AccountValue | account.PortfolioValue | account.AccountUpdateTime,
) -> object:
    if isinstance(row, account.AccountValue):
        return row.key, row.currency, row.accountName
    if isinstance(row, account.PortfolioValue):
        return row.contract.conId, row.contract.localSymbol
    return "time"
