"""The trading floor: working orders, their fills, and the books that fills go into."""

from bisect import bisect_left

import msgspec

from papertape.model import CommissionAndFeesReport, Execution

from . import lifecycle, matching
from .accounts import book, pay
from .events import CommissionCharged, Event, OrderCancelled, Traded
from .fees import commission
from .instruments import SMART, Instruments, Refusal, contract_of
from .market import Quote
from .orders import LiveOrder, average_price, money, view_of
from .profile import Profile
from .state import Fill, State, Taken
from .times import eastern_text
from .units import (
    CASH_SCALE,
    SECOND,
    SIZE_SCALE,
    CashMicros,
    Nanos,
    PriceUnits,
    SizeUnits,
    notional,
    price_float,
    size_decimal,
)

CANCELLED = Refusal(202, {"reason": ""})
NOT_EXERCISED = -1
ADDED, REMOVED = 1, 2
"""``Execution.lastLiquidity``: the order had been resting, or came to the market."""


class Deal(msgspec.Struct, frozen=True):
    """What trades in one fill, and what it costs."""

    size: SizeUnits
    price: PriceUnits
    value: CashMicros
    fee: CashMicros


class Floor:
    """Matches orders with quotes and books what trades. Holds no state of its own."""

    def __init__(self, state: State, instruments: Instruments, profile: Profile) -> None:
        self._state = state
        self._instruments = instruments
        self._profile = profile
        self.interest: dict[int, matching.Interest] = {}
        """Per instrument with working orders: what prices could fill one. Derived, and wider
        than need be while stale: it narrows when a quote came to nothing."""
        self._stale: dict[int, bool] = {}
        for con_id in state.working:
            self.refresh(con_id)

    def enlist(self, order: LiveOrder) -> None:
        """Let an order take part in trading."""
        self._state.working.setdefault(order.conId, []).append(order.permId)
        self.widen(order)

    def widen(self, order: LiveOrder) -> None:
        """Let the interest of the instrument cover the terms of an order."""
        known = self.interest.get(order.conId, matching.NO_INTEREST)
        self.interest[order.conId] = matching.widened(known, order.side, order.limit)
        self._stale[order.conId] = True

    def refresh(self, con_id: int) -> None:
        """Bring the interest of an instrument up to date with its working orders."""
        self.interest.pop(con_id, None)
        for perm_id in self._state.working.get(con_id, ()):
            self.widen(self._state.orders[perm_id])
        self._stale.pop(con_id, None)

    def finish(self, order: LiveOrder, status: str, now: Nanos, *, why: str) -> None:
        """End an order: terminal status, completion texts, and off the floor."""
        order.move(status)
        order.completed_time = eastern_text(now)
        order.completed_status = why
        working = self._state.working.get(order.conId, [])
        # Permanent ids ascend, so the list is sorted.
        index = bisect_left(working, order.permId)
        if working[index : index + 1] != [order.permId]:
            return
        del working[index]
        self._stale[order.conId] = True
        if not working:
            del self._state.working[order.conId]
            self.refresh(order.conId)

    def cancel(
        self, order: LiveOrder, now: Nanos, *, why: str, notice: Refusal = CANCELLED
    ) -> OrderCancelled:
        """Cancel what remains of an order."""
        self.finish(order, lifecycle.CANCELLED, now, why=why)
        return OrderCancelled(view_of(order), notice.code, notice.facts, notice.variant)

    def fillable(self, side: int, limit: PriceUnits | None, quote: Quote) -> SizeUnits:
        """How much an order could trade against the quote right now."""
        if not matching.takes(side, limit, quote):
            return 0
        return matching.displayed(side, quote, self._state.taken.get(quote.conId))

    def quote_seen(self, quote: Quote, now: Nanos) -> list[Event]:
        """Fill the working orders that the quote reaches, in order of acceptance."""
        events: list[Event] = []
        for perm_id in list(self._state.working.get(quote.conId, ())):
            order = self._state.orders[perm_id]
            liquidity = REMOVED if order.limit is None else ADDED
            events += self.match(order, quote, now, liquidity=liquidity)
        if events:
            self._state.touches[quote.conId] = quote
        elif quote.conId in self._stale:
            self.refresh(quote.conId)
        return events

    def match(
        self, order: LiveOrder, quote: Quote, now: Nanos, *, liquidity: int = REMOVED
    ) -> list[Event]:
        """One fill of the order against the quote, if it reaches it, and its commission."""
        size = min(order.remaining, self.fillable(order.side, order.limit, quote))
        if size <= 0:
            return []
        deal = self._deal(order, quote, size)
        self._consume(order.side, quote, size)
        order.filled += size
        order.value += deal.value
        order.last_price = deal.price
        order.billed = (order.billed[0] + size, order.billed[1] + deal.value)
        filled = size_decimal(order.filled)
        order.echo = msgspec.structs.replace(order.echo, filledQuantity=filled)
        if order.remaining:
            order.move(lifecycle.SUBMITTED)
        else:
            self.finish(order, lifecycle.FILLED, now, why=f"Filled Size: {filled}")
        execution = self._execution(order, deal, now, liquidity)
        contract = contract_of(self._instruments[order.conId], execution.exchange, primary=False)
        traded = Traded(view_of(order), contract, execution, now)
        order.fees += deal.fee
        report = self._book(order, deal, execution.execId)
        self._state.fills.append(_fill(order, deal, traded, report))
        return [traded, CommissionCharged(view_of(order), report)]

    def _deal(self, order: LiveOrder, quote: Quote, size: SizeUnits) -> Deal:
        entry = self._instruments[order.conId]
        price = matching.touch(order.side, quote)
        value = notional(price, size, entry.scale, entry.multiplier)
        fee = commission(entry, order.side, before=order.billed, fill=(size, value))
        return Deal(size, price, value, fee)

    def _consume(self, side: int, quote: Quote, size: SizeUnits) -> None:
        taken = self._state.taken.get(quote.conId)
        if taken is None or taken.quote != quote:
            taken = self._state.taken[quote.conId] = Taken(quote)
        if side > 0:
            taken.ask += size
        else:
            taken.bid += size

    def _execution(self, order: LiveOrder, deal: Deal, now: Nanos, liquidity: int) -> Execution:
        number = self._state.next_execution
        self._state.next_execution += 1
        venue = order.contract.exchange
        if venue == SMART:
            venue = self._instruments[order.conId].primaryExchange
        return Execution(
            orderId=order.echo.orderId or 0,
            execId=f"{number:08x}.{now // SECOND:08x}.01.01",
            time=eastern_text(now),
            acctNumber=order.account,
            exchange=venue,
            side="BOT" if order.side > 0 else "SLD",
            shares=size_decimal(deal.size),
            price=price_float(deal.price, order.scale),
            permId=order.permId,
            clientId=order.echo.clientId or 0,
            cumQty=size_decimal(order.filled),
            avgPrice=average_price(order),
            orderRef=order.echo.orderRef,
            modelCode=order.echo.modelCode,
            lastLiquidity=liquidity,
            submitter=order.echo.submitter,
            optExerciseOrLapseType=NOT_EXERCISED,
        )

    def _book(self, order: LiveOrder, deal: Deal, exec_id: str) -> CommissionAndFeesReport:
        entry = self._instruments[order.conId]
        account = self._state.accounts[order.account]
        size = order.side * deal.size
        realized = book(account, order.conId, size=size, value=deal.value, fee=deal.fee)
        pay(account, entry.currency, -order.side * deal.value - deal.fee)
        if entry.secType == "CASH":
            # A currency pair trades cash for cash: the position is only a memo of it.
            pay(account, entry.symbol, size * (CASH_SCALE // SIZE_SCALE))
        return CommissionAndFeesReport(
            execId=exec_id,
            commissionAndFees=money(deal.fee),
            currency=entry.currency,
            realizedPNL=None if realized is None else money(realized),
        )


def _fill(order: LiveOrder, deal: Deal, traded: Traded, report: CommissionAndFeesReport) -> Fill:
    return Fill(
        permId=order.permId,
        conId=order.conId,
        account=order.account,
        side=order.side,
        size=deal.size,
        price=deal.price,
        value=deal.value,
        limit=order.limit,
        time=traded.time,
        contract=traded.contract,
        execution=traded.execution,
        report=report,
        fee=deal.fee,
    )
