"""Reconciles orders after an interruption: requests open orders and executions and, for orders
that neither mentions, completed orders. The answers reach the orders like any other message; this
module sends the requests and knows when all answers have arrived."""

import logging
from collections.abc import Callable
from typing import Any, Protocol

from ..errors import PapertapeError
from ..model import ExecutionFilter
from ..versions import COMPLETED_ORDERS
from .orders import Orders
from .report import Report
from .requests import lists
from .requests.asks import Ask, Make
from .trades import Trade

PATIENCE_S = 10.0

logger = logging.getLogger(__name__)


class ReconcilePort(Protocol):
    """The part of the session that reconciliation needs."""

    client_id: int
    orders: Orders
    report: Report

    def ask(self, name: str, make: Make, timeout: float, *, by_id: bool = True) -> Ask:
        """Send a request that changes nothing."""


class Resync:
    """One reconciliation with the server."""

    def __init__(self, session: ReconcilePort, done: Callable[[], None]) -> None:
        self.done = False
        self._session = session
        self._tell = done
        self._asks: list[Ask] = []
        self._unseen: list[Trade] = []

    def begin(self) -> None:
        """Send the requests; ``done`` is called when all are answered or their time is up.

        What is not answered in time is not held against an order: of one that nobody mentions, its
        messages tell when they come.
        """
        wanted = ExecutionFilter(clientId=self._session.client_id)
        self._ask("reqOpenOrders", lists.open_orders(), by_id=False)
        self._ask("reqExecutions", lists.executions(wanted))
        self._look()

    def leave(self) -> None:
        """Conclude nothing any more: another reconciliation has begun."""
        self.done = True

    def _ask(self, name: str, make: Make, *, by_id: bool = True) -> None:
        try:
            ask = self._session.ask(name, make, PATIENCE_S, by_id=by_id)
        except PapertapeError as error:
            logger.warning("after the interruption, %s failed: %s", name, error)
            return
        ask.waker = self._look
        self._asks.append(ask)

    def _look(self) -> None:
        if self.done or not all(ask.done for ask in self._asks):
            return
        answers = {ask.name: self._answer(ask) for ask in self._asks}
        version = self._session.report.serverVersion
        seen = answers.get("reqOpenOrders")
        if "reqCompletedOrders" not in answers and seen is not None:
            self._unseen = self._session.orders.unseen({one.orderId for one in seen})
            if self._unseen and version >= COMPLETED_ORDERS:
                completed = lists.completed_orders(api_only=False)
                self._ask("reqCompletedOrders", completed, by_id=False)
                return
        finished = answers.get("reqCompletedOrders")
        told_of_fills = answers.get("reqExecutions") is not None
        if finished is not None:
            self._session.orders.settle(self._unseen, finished, complete=told_of_fills)
        if finished is None or not told_of_fills:
            self._session.orders.doubt({one.orderId for one in seen or ()})
        self.done = True
        self._tell()

    def _answer(self, ask: Ask) -> list[Any] | None:
        if ask.error is not None:
            logger.warning("after the interruption, %s failed: %s", ask.name, ask.error)
            return None
        found: list[Any] = ask.winner.result
        return found
