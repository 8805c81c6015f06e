"""Orders that belong together, and what an order would cost: brackets, OCA groups, what-if.

``Tws`` has them as its own calls.
"""

from collections.abc import Iterable
from contextlib import suppress
from decimal import Decimal
from enum import IntEnum
from typing import NamedTuple

import msgspec

from ..errors import LocalProtocolError, PapertapeError
from ..model import Contract, Order, OrderCancel
from ..wire.catalogue import orders, reports
from .conversations import WhatIfAnswer
from .facade import DEADLINE_S
from .figures import MarginPreview
from .given import placed
from .trades import Trade
from .trading import OrderCalls


class Bracket(NamedTuple):
    """An entry and the two orders that protect it, of which the first to fill ends the other."""

    entry: Trade
    profit: Trade
    stop: Trade


class OcaType(IntEnum):
    """What a fill of one order of a group does to the others (``ocaType``)."""

    CANCEL = 1
    """They are cancelled; no more than one is with the exchange at a time."""
    REDUCE = 2
    """They are reduced in proportion; no more than one is with the exchange at a time."""
    REDUCE_ALL = 3
    """They are reduced in proportion; all may be with their exchanges, and overfill."""


class OcaGroup(NamedTuple):
    """Orders of which one cancels or reduces the others."""

    name: str
    trades: tuple[Trade, ...]


class Families(OrderCalls):
    """Orders that belong together."""

    def bracket(
        self,
        wanted: Contract,
        entry: Order,
        *,
        take_profit: float | Order,
        stop_loss: float | Order,
    ) -> Bracket:
        """Send an entry with a take-profit and a stop-loss, and return their trades at once.

        A price makes a limit or a stop order of the entry's size, account and time in force on the
        other side, DAY where the entry's is not for an order that waits (IOC, FOK, OPG, AUC); give
        an ``Order`` (TRAIL, STP LMT …) for another type, of which ``parentId`` and ``transmit``
        are set, and what it leaves open of side, size, account and time in force. The two wait
        until the entry has filled; the first to fill reduces the other. The family works once its
        last order has arrived; with ``entry.transmit`` off it waits until it is transmitted. Your
        orders are not modified.

        Raises what ``place_order`` raises; when one of the three cannot be sent, those before it
        are cancelled. ``LocalProtocolError`` also for a price that is none, and for prices on the
        wrong sides of each other: a long position takes its profit above its stop, a short one
        below. ``cancel_family`` ends it. Example::

            family = tws.bracket(
                pt.Stock("AAPL"), pt.LimitOrder("BUY", 10, 1.0), take_profit=2.0, stop_loss=0.5
            )
            await tws.until(family.entry, "Submitted")
            assert family.stop.sent.parentId == family.entry.orderId
            await tws.cancel_family(family)
            assert all(trade.status == "Cancelled" for trade in family)
        """
        wanted, entry = placed(wanted, entry)
        buys = entry.action.upper() == "BUY"
        _levels(take_profit, stop_loss, buys=buys)
        other = "SELL" if buys else "BUY"
        last = entry.transmit
        made: list[Trade] = []
        try:
            made.append(self.place_order(wanted, msgspec.structs.replace(entry, transmit=False)))
            for level, name, kind in (
                (take_profit, "lmtPrice", "LMT"), (stop_loss, "auxPrice", "STP"),
            ):  # fmt: skip
                child = level if isinstance(level, Order) else _child(entry, kind, name, level)
                child = msgspec.structs.replace(
                    child,
                    action=child.action or other,
                    totalQuantity=child.totalQuantity or entry.totalQuantity,
                    account=child.account or entry.account,
                    tif=child.tif or _waiting(entry.tif),
                    parentId=made[0].orderId,
                    transmit=last if len(made) == 2 else False,
                )
                made.append(self.place_order(wanted, child))
        except PapertapeError:
            for trade in made:
                with suppress(PapertapeError):
                    self.cancel_order(trade)
            raise
        for trade in made:
            if trade.sent is not None:
                trade.sent.transmit = last  # a modification must not hold it back
        return Bracket(*made)

    async def cancel_family(
        self, family: Bracket | OcaGroup, *, timeout: float = DEADLINE_S
    ) -> None:
        """Cancel a bracket or an OCA group, and return once all of its orders have ended.

        Where the entry of a bracket has filled, its children are cancelled; where it fills while
        its cancel is under way, too. Raises ``DeadlineExceeded`` when an order has not ended in
        ``timeout`` seconds, and ``NotConnected``.
        """
        if not isinstance(family, Bracket | OcaGroup):
            told = "cancel_family takes what bracket or oca has returned; cancel_order a trade"
            raise LocalProtocolError(told)
        trades = tuple(family) if isinstance(family, Bracket) else family.trades
        until = self._clock() + timeout
        first, *others = trades
        asked = [first] if isinstance(family, Bracket) and not first.done else list(trades)
        for trade in asked:
            if not trade.done:
                self.cancel_order(trade)
        if isinstance(family, Bracket):
            await self._ended(first, until)
            for (
                trade
            ) in others:  # TWS ends those that it has placed with an entry that did not fill
                if not trade.done and (first.filled or not trade.permId):
                    self.cancel_order(trade)
                await self._ended(trade, until)
        for trade in trades:
            await self._ended(trade, until)

    async def _ended(self, trade: Trade, until: float) -> None:
        """Wait until an order has ended. Raises what has ended the session."""
        over = lambda: self._core.lost is not None or trade.done  # noqa: E731
        left = max(0.0, until - self._clock())
        await self._wait(trade, over, f"the end of order {trade.orderId}", left)
        if self._core.lost is not None:
            raise self._core.lost

    def oca(
        self,
        members: Iterable[tuple[Contract, Order]],
        *,
        kind: OcaType = OcaType.CANCEL,
        name: str = "",
    ) -> OcaGroup:
        """Send orders of which a fill of one cancels or reduces the others.

        Without a ``name`` the group gets one that no other group of this client has had: TWS keeps
        groups that have filled closed for the day. Your orders are not modified. Raises
        ``LocalProtocolError`` for a group without orders, ``ValueError`` for a kind that is none,
        and what ``place_order`` raises; orders of it that were sent before are cancelled then.
        Example::

            ibm, aapl = pt.Stock("IBM"), pt.Stock("AAPL")
            cheap = pt.LimitOrder("BUY", 1, 1.0)
            group = tws.oca([(ibm, cheap), (aapl, cheap)])
            for trade in group.trades:
                await tws.until(trade, "Submitted")
                assert trade.order.ocaGroup == group.name
            await tws.cancel_family(group)
        """
        wanted = [_member(one) for one in members]
        if not wanted:
            told = "a group needs an order"
            raise LocalProtocolError(told, message="PlaceOrder", field="ocaGroup")
        kind = OcaType(kind)
        made: list[Trade] = []
        try:
            for contract, order in wanted:
                group = name or f"papertape-{self._core.client_id}-{self._next_order_id()}"
                name = group
                order = msgspec.structs.replace(order, ocaGroup=group, ocaType=int(kind))
                made.append(self.place_order(contract, order))
        except PapertapeError:
            for trade in made:
                with suppress(PapertapeError):
                    self.cancel_order(trade)
            raise
        return OcaGroup(name, tuple(made))

    def _next_order_id(self) -> int:
        """The id that the next order will have."""
        return self._core.report.nextValidId or 0

    def cancel_all(self) -> None:
        """Cancel every working order of the account, of other clients and the user's too.

        The trades of this client report the outcome. Raises ``NotConnected``. Example::

            trade = tws.place_order(pt.Stock("IBM"), pt.LimitOrder("BUY", 1, 1.0))
            await tws.until(trade, "Submitted")
            tws.cancel_all()
            await tws.until(trade, "Cancelled")
        """
        self._now().send(orders.ReqGlobalCancel(OrderCancel()))

    async def what_if(
        self, wanted: Contract, order: Order, *, timeout: float = DEADLINE_S
    ) -> MarginPreview:
        """Return what an order would change: margin, equity with loan, commission. Nothing is
        placed, and your order is not modified.

        Raises ``OrderRejected`` or ``RequestRefused`` where the order would be refused. Example::

            preview = await tws.what_if(pt.Stock("AAPL"), pt.MarketOrder("BUY", 10))
            assert preview.initial.change.amount > 0
            assert preview.initial.change.currency == "USD"
        """
        wanted, order = placed(wanted, order)
        asked = msgspec.structs.replace(order, whatIf=True, transmit=True, parentId=0)

        def make(_: int) -> tuple[WhatIfAnswer, orders.PlaceOrder]:
            number = self._core.next_order_id()
            return WhatIfAnswer(number), orders.PlaceOrder(number, wanted, asked)

        ask = self._tradable("placeOrder").ask("placeOrder (what-if)", make, timeout, by_id=False)
        answer: reports.OpenOrder = (await self._answer(ask)).result
        return MarginPreview.of(answer.orderState)


def _levels(profit: float | Order, stop: float | Order, *, buys: bool) -> None:
    """Raise ``LocalProtocolError`` for prices that would not protect an entry."""
    for name, level in (("take_profit", profit), ("stop_loss", stop)):
        if not isinstance(level, Order) and not _is_price(level):
            told = f"{level!r:.80} is neither a price nor an Order"
            raise LocalProtocolError(told, message="PlaceOrder", field=name)
    if isinstance(profit, Order) or isinstance(stop, Order):
        return
    if profit > stop if buys else profit < stop:
        return
    told = f"an entry that {'buys' if buys else 'sells'} takes its profit "
    told += f"{'above' if buys else 'below'} its stop_loss {stop}, not at {profit}"
    raise LocalProtocolError(told, message="PlaceOrder", field="take_profit")


def _is_price(value: object) -> bool:
    """Whether a value is a number: Python's own, a ``Decimal`` or one of NumPy."""
    return hasattr(value, "__float__") and not isinstance(value, bool) and value == value


def _member(given: object) -> tuple[Contract, Order]:
    """A member of a group."""
    if isinstance(given, tuple | list) and len(given) == 2:
        return placed(*given)
    told = "a group has pairs of a contract and an order: oca([(contract, order), …])"
    raise LocalProtocolError(told, message="PlaceOrder", field="ocaGroup")


def _waiting(tif: str) -> str:
    """The time in force of the children of an entry: one of orders that wait."""
    return "DAY" if tif in ("IOC", "FOK", "OPG", "AUC") else tif


def _child(entry: Order, kind: str, field: str, price: float) -> Order:
    """A child of a bracket at a price."""
    child = Order(
        orderType=kind,
        totalQuantity=entry.totalQuantity or Decimal(0),
        tif=_waiting(entry.tif),
        account=entry.account,
        outsideRth=entry.outsideRth,
        goodTillDate=entry.goodTillDate,
        orderRef=entry.orderRef,
    )
    setattr(child, field, price)
    return child
