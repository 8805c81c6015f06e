"""Orders, one at a time: place, modify, cancel, wait.

``families.py`` has those that belong together. ``Tws`` has both as its own calls.
"""

from typing import Any

import msgspec

from ..errors import NotConnected, NotReady, OrderRejected, PapertapeError
from ..model import Contract, ExecutionFilter, Order, OrderCancel
from ..wire.catalogue import orders, reports
from .facade import DEADLINE_S, SessionFacade
from .given import followed, placed
from .requests import lists, questions
from .session import ClientSession
from .trades import Trade


class OrderCalls(SessionFacade):
    """Orders and executions."""

    def place_order(self, wanted: Contract, order: Order) -> Trade:
        """Send an order and return its ``Trade`` at once. Your ``order`` object is not modified.

        Raises ``NotReady`` while the session may not send orders, ``NotConnected`` when it has
        ended, and ``LocalProtocolError`` for what cannot be sent. Nothing has been sent then.
        """
        wanted, order = placed(wanted, order)
        core = self._tradable("placeOrder")
        trade = Trade(core.next_order_id(), wanted, order)
        core.orders.follow(trade)
        try:
            self._send_order(trade, order)
        except PapertapeError:
            del core.trades[trade.orderId]
            raise
        return trade

    def modify_order(self, trade: Trade, **changes: object) -> None:
        """Modify a working order: ``modify_order(trade, lmtPrice=99.5)``.

        Raises ``NotReady`` and ``NotConnected``, like ``place_order``.
        """
        followed(trade, "modify_order")
        self._tradable("placeOrder")
        base = trade.sent or questions.resendable(trade.order)
        self._send_order(trade, msgspec.structs.replace(base, **changes))

    def cancel_order(self, trade: Trade) -> None:
        """Request a cancel; the trade reports the outcome. Raises ``NotConnected``."""
        followed(trade, "cancel_order")
        self._now().send(orders.CancelOrder(trade.orderId, OrderCancel()), trade)

    def _send_order(self, trade: Trade, order: Order) -> None:
        self._core.send(orders.PlaceOrder(trade.orderId, trade.contract, order), trade)
        trade.sent = msgspec.structs.replace(order)

    def _tradable(self, request: str) -> ClientSession:
        core = self._now()
        if core.lost is not None:
            raise NotConnected(request) from core.lost
        reason = core.why_not_ready()
        if reason:
            raise NotReady(reason, request=request)
        return core

    async def until(
        self,
        trade: Trade,
        *statuses: str,
        timeout: float = DEADLINE_S,
        charged: bool = False,
    ) -> Trade:
        """Wait until the order has one of these statuses; without any, until it has ended.

        ``charged``: wait for the commission report of every fill too. Raises ``OrderRejected`` or
        the order's error when the order can no longer reach any of them.
        """

        followed(trade, "until")

        def reached() -> bool:
            here = trade.status in statuses if statuses else trade.done
            return self._core.lost is not None or trade.done or here

        await self._wait(trade, reached, f"order {trade.orderId}", timeout)
        if charged:
            paid = lambda: self._core.lost is not None or (bool(trade.fills) and trade.charged)  # noqa: E731
            await self._wait(trade, paid, f"commission of order {trade.orderId}", timeout)
        if self._core.lost is not None:
            raise self._core.lost
        if statuses and trade.status not in statuses:
            if trade.errors:
                raise trade.errors[-1]
            raise OrderRejected(201, f"order {trade.orderId} is {trade.status}")
        return trade

    async def changed(self, trade: Trade, *, timeout: float = DEADLINE_S, **terms: Any) -> Trade:
        """Wait until an openOrder message confirms these values for the order."""

        def echoed() -> bool:
            return trade.done or all(getattr(trade.order, k) == v for k, v in terms.items())

        await self._wait(trade, echoed, f"order {trade.orderId}", timeout)
        return trade

    async def open_orders(
        self, *, everyone: bool = False, timeout: float = DEADLINE_S
    ) -> list[reports.OpenOrder]:
        """Return the working orders of this client; ``everyone``: of all clients and of the user of
        TWS."""
        maker = lists.open_orders(everyone=everyone)
        name = "reqAllOpenOrders" if everyone else "reqOpenOrders"
        ask = self._now().ask(name, maker, timeout, by_id=False)
        found: list[reports.OpenOrder] = (await self._answer(ask)).result
        return found

    async def completed_orders(
        self, *, api_only: bool = False, timeout: float = DEADLINE_S
    ) -> list[reports.CompletedOrder]:
        """Return today's completed orders."""
        maker = lists.completed_orders(api_only=api_only)
        ask = self._now().ask("reqCompletedOrders", maker, timeout, by_id=False)
        found: list[reports.CompletedOrder] = (await self._answer(ask)).result
        return found

    async def executions(
        self, wanted: ExecutionFilter | None = None, *, timeout: float = DEADLINE_S
    ) -> list[reports.ExecutionDetails]:
        """Return today's executions that match the filter."""
        maker = lists.executions(wanted or ExecutionFilter())
        ask = self._now().ask("reqExecutions", maker, timeout)
        found: list[reports.ExecutionDetails] = (await self._answer(ask)).result
        return found
