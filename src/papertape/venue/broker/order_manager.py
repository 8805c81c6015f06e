"""The broker's part of an order: decides its acceptance, fills, changes and end, fact by fact.

Each method is a generator: it reads the state, yields a fact, and continues when that fact has
been folded. It changes nothing itself. Its arguments have passed the checks of ``terms``.
"""

from collections.abc import Iterator
from typing import Protocol

import msgspec

from ..exchange import matching
from ..exchange.exchange import Exchange
from ..exchange.matching import ConsumedLiquidity
from ..exchange.top_of_book import TopOfBook
from ..exchange.triggers import elects
from ..facts import (
    AnyFact,
    OrderEnded,
    OrderFilled,
    OrderMoved,
    OrderPlaced,
    OrderRepeated,
    OrderReplaced,
    OrderResumed,
    OrderSuspended,
    OrderTriggered,
    OrderWarned,
    Terms,
)
from ..market.source import Print, Quote
from ..reference.exchanges import SMART
from ..reference.instruments import Instruments, Refusal
from ..reference.sessions import TradingHours
from ..reference.times import next_quarter_end
from ..units import CASH_SCALE, SIZE_SCALE, CashMicros, Nanos, SizeUnits, notional, quotient_text
from . import lifecycle
from .fees import commission
from .ledger import FLAT, Account, booked
from .margin import MarginCalculator
from .order_types import DAY, FOK, GTC, IMMEDIATE, ORDER_TYPES
from .orders import ADDED, REMOVED, TRIGGER, LiveOrder
from .profile import Profile
from .risk import Effect, beyond_band, effect_of, refusal_of

replace = msgspec.structs.replace
Decision = Iterator[AnyFact]
CANCELLED = Refusal(202, {"reason": ""})
HELD_AGAIN = 2
"""How often the pair of an order that waits for the open is repeated, as captured; once more when a
notice comes between."""


class BrokerState(Protocol):
    """The part of the state that the broker reads."""

    next_perm_id: int
    next_execution: int
    day_end: Nanos
    accounts: dict[str, Account]
    orders: dict[int, LiveOrder]
    consumed: dict[int, ConsumedLiquidity]


class OrderManager:
    """Decides the acceptance, fills, modifications and end of orders."""

    def __init__(
        self,
        state: BrokerState,
        instruments: Instruments,
        profile: Profile,
        exchange: Exchange,
        top: TopOfBook,
        hours: TradingHours,
    ) -> None:
        self._state = state
        self._instruments = instruments
        self._profile = profile
        self._exchange = exchange
        self._top = top
        self._band_width = profile.band_width
        self._hours = hours
        self.margin = MarginCalculator(instruments, top.look)

    # -- acceptance ---------------------------------------------------------------------------

    def place(
        self, client_id: int, order_id: int, terms: Terms, now: Nanos, *, bound: bool = False
    ) -> Decision:
        """Place an order: it is rejected, cancelled immediately, or working, with its fills."""

        perm_id, expires = self._state.next_perm_id, self.expiry(terms, now)
        placed = OrderPlaced(
            perm_id, client_id, order_id, terms, lifecycle.SUBMITTED, "", expires, None, bound
        )
        beyond = self._beyond_means(terms)
        if beyond is not None:
            yield replace(placed, status=lifecycle.INACTIVE, reason=beyond)
            return
        quote, closed = self._top.look(terms.conId), self._opens(terms, now)
        limit, tif, stop = terms.limit, terms.tif, terms.stop
        notice = self._band(terms, quote) if stop is None else None
        if notice is not None:
            yield replace(placed, status=lifecycle.PRE_SUBMITTED)
            yield from self._system_cancel(perm_id, notice)
        elif closed and tif not in IMMEDIATE:
            held = lifecycle.PRE_SUBMITTED
            yield from self._hold(
                replace(placed, status=held, whyHeld=_held_by(terms), opens=closed)
            )
        elif stop is not None:
            yield replace(placed, status=lifecycle.PRE_SUBMITTED, whyHeld=TRIGGER)
            yield from self._wait(perm_id, quote)
        elif tif in IMMEDIATE and (closed or self._in_vain(terms, quote)):
            if tif == FOK:
                yield replace(placed, status=lifecycle.INACTIVE)
                return
            yield replace(placed, status=lifecycle.PENDING_CANCEL)
            yield OrderEnded(perm_id, lifecycle.CANCELLED, True, CANCELLED)
        elif tif == GTC and limit is not None:
            yield replace(placed, status=lifecycle.PRE_SUBMITTED)
            yield OrderMoved(perm_id, lifecycle.SUBMITTED)
            yield from self._work(perm_id, quote, repeat=False)
        else:
            starts_held = limit is None and terms.side > 0
            yield replace(placed, status=lifecycle.PRE_SUBMITTED) if starts_held else placed
            yield from self._work(perm_id, quote, repeat=True)

    def _wait(self, perm_id: int, quote: Quote, *, repeat: bool = True) -> Decision:
        """Let a stop wait, unless the market has reached it already."""
        terms = self._state.orders[perm_id].terms
        assert terms.stop is not None
        last = self._top.last(terms.conId)
        price = elects(terms.trigger, terms.side, terms.stop, last=last, quote=quote)
        if price:
            yield from self._elect(perm_id, price, quote)
        elif repeat:
            yield from self._repeat(perm_id)

    def _work(self, perm_id: int, quote: Quote, *, repeat: bool) -> Decision:
        """Fill the order against the quote, then rest or cancel the remainder."""
        order = self._state.orders[perm_id]
        fill = self._match(order, quote, REMOVED)
        if fill is not None:
            yield fill
        if order.terms.tif in IMMEDIATE:
            if perm_id in self._state.orders:
                yield from self._system_cancel(perm_id)
        elif fill is None and repeat and order.terms.limit is not None:
            yield from self._repeat(perm_id)

    def _repeat(self, perm_id: int) -> Decision:
        if self._profile.duplicate_pairs:
            yield OrderRepeated(perm_id)

    def preview(self, terms: Terms) -> Effect:
        """Return the effect of an order on its account, for a what-if."""
        account = self._state.accounts[terms.account]
        return effect_of(self.margin, account, terms, self._instruments)

    # -- new terms ----------------------------------------------------------------------------

    def replace(self, order: LiveOrder, terms: Terms, now: Nanos) -> Decision | Refusal:
        """Give a working order new terms, or return why it cannot have them."""
        refusal = _mismatch(order, terms)
        if refusal is not None:
            return refusal
        if terms.quantity <= order.filled:
            return self.cancel(order)
        beyond = self._beyond_means(terms) if terms.quantity > order.terms.quantity else None
        return beyond or self._replace(order, terms, now)

    def _replace(self, order: LiveOrder, terms: Terms, now: Nanos) -> Decision:
        perm_id, expires, opens = order.permId, self.expiry(terms, now), self._opens(terms, now)
        status = lifecycle.PRE_SUBMITTED if opens else order.status
        yield OrderReplaced(perm_id, terms, status, order.whyHeld, expires, opens)
        quote = self._top.look(terms.conId)
        notice = None if order.waits else self._band(terms, quote)
        if notice is not None:
            yield from self._system_cancel(perm_id, notice)
        elif opens:
            yield from self._repeat(perm_id)
        elif order.opens:
            yield from self._open(self._state.orders[perm_id])
        elif order.waits:
            yield from self._wait(perm_id, quote)
        else:
            yield from self._work(perm_id, quote, repeat=True)

    # -- the exchange opens and closes ----------------------------------------------------------

    def _hold(self, placed: OrderPlaced) -> Decision:
        """Let an order wait for the open: its pairs and, for a day order, the notice."""
        terms, again = placed.terms, HELD_AGAIN
        warned: list[OrderWarned] = []
        if terms.tif == DAY:
            notice = self._until_open(terms, placed.opens)
            warned = [OrderWarned(placed.clientId, placed.orderId, notice)]
        if terms.stop is not None:
            yield from warned
            yield placed
        else:
            yield placed
            yield from warned
            again += len(warned)
        for _ in range(again):
            yield from self._repeat(placed.permId)

    def turn(self, order: LiveOrder, now: Nanos) -> Decision:
        """Resume or suspend a working order when its exchange opens or closes."""
        opens = self._opens(order.terms, now)
        if order.opens and not opens:
            yield from self._open(order)
        elif opens and not order.opens:
            why = TRIGGER if order.waits else ""
            yield OrderSuspended(order.permId, lifecycle.PRE_SUBMITTED, why, opens)

    def _open(self, order: LiveOrder) -> Decision:
        """Resume an order that waited for the open."""
        perm_id, quote = order.permId, self._top.look(order.terms.conId)
        if order.waits:
            yield OrderResumed(perm_id, lifecycle.PRE_SUBMITTED, TRIGGER)
            yield from self._wait(perm_id, quote, repeat=False)
        else:
            yield OrderResumed(perm_id, lifecycle.SUBMITTED, "")
            yield from self._work(perm_id, quote, repeat=False)

    def _opens(self, terms: Terms, now: Nanos) -> Nanos:
        """Return when the exchange opens for an order of these terms; 0 when it is open."""
        if not self._hours.exchange:
            return 0
        return self._hours.opens(terms.conId, terms.reach, now)

    def _until_open(self, terms: Terms, opens: Nanos) -> Refusal:
        """Return the notice that an order waits for the open."""
        entry = self._instruments[terms.conId]
        is_cash = entry.secType == "CASH"
        tier = f".{entry.marketName}" if entry.primaryExchange == "NASDAQ" else ""
        time, zone = self._hours.opening(terms.conId, opens)
        facts = {
            "action": "BUY" if terms.side > 0 else "SELL",
            "qty": quotient_text(terms.quantity, SIZE_SCALE),
            "symbol": entry.localSymbol,
            "exchange": "Forex" if is_cash else f"{entry.primaryExchange}{tier}",
            "time": time,
            "zone": zone,
        }
        return Refusal(399, facts, "until_open")

    # -- the market moves ---------------------------------------------------------------------

    def observe(self, tick: Quote | Print, now: Nanos) -> Decision:
        """Elect the stops and fill the orders that a new quote or a print reaches."""
        elected = self._exchange.elected(tick)
        if isinstance(tick, Quote):
            for perm_id in self._exchange.reached(tick):
                order = self._state.orders.get(perm_id)
                if order is not None:
                    liquidity = REMOVED if order.terms.limit is None else ADDED
                    fill = self._match(order, tick, liquidity)
                    if fill is not None:
                        yield fill
        for perm_id in elected:
            if perm_id in self._state.orders:
                price = tick.price if isinstance(tick, Print) else self._elector(perm_id, tick)
                yield from self._elect(perm_id, price, self._top.look(tick.conId))

    def _elector(self, perm_id: int, quote: Quote) -> int:
        terms = self._state.orders[perm_id].terms
        assert terms.stop is not None
        return elects(terms.trigger, terms.side, terms.stop, last=0, quote=quote)

    def _elect(self, perm_id: int, price: int, quote: Quote) -> Decision:
        """Elect a stop: from now on the order trades."""
        yield OrderTriggered(perm_id, price)
        fill = self._match(self._state.orders[perm_id], quote, REMOVED)
        if fill is not None:
            yield fill

    def _match(self, order: LiveOrder, quote: Quote, liquidity: int) -> OrderFilled | None:
        """Return the fill of the order against the quote; None when there is none."""
        terms, remaining = order.terms, order.remaining
        size = min(remaining, self._fillable(terms, quote))
        if size <= 0:
            return None
        entry = self._instruments[terms.conId]
        account = self._state.accounts[terms.account]
        price = matching.touch(terms.side, quote)
        value = notional(price, size, entry.scale, entry.multiplier)
        before = (order.billedSize, order.billedValue)
        fee = commission(entry, terms.side, before=before, fill=(size, value), plan=account.plan)
        held = account.positions.get(terms.conId, FLAT)
        after = booked(held, size=terms.side * size, value=value, fee=fee)
        cash: tuple[tuple[str, CashMicros], ...] = ((entry.currency, -terms.side * value - fee),)
        if entry.secType == "CASH":
            # A currency pair trades cash for cash: the position is only a record of it.
            bought = terms.side * size * (CASH_SCALE // SIZE_SCALE)
            cash = (*cash, (entry.symbol, bought))
        status = lifecycle.SUBMITTED if size < remaining else lifecycle.FILLED
        venue = entry.primaryExchange if terms.exchange == SMART else terms.exchange
        return OrderFilled(
            order.permId, status, self._state.next_execution, size, price, value, fee,
            after.realized, after.position, after.cost, cash, liquidity, venue, quote,
        )  # fmt: skip

    def _fillable(self, terms: Terms, quote: Quote) -> SizeUnits:
        consumed = self._state.consumed.get(terms.conId)
        return matching.fillable(terms.side, terms.limit, quote, consumed)

    def _in_vain(self, terms: Terms, quote: Quote) -> bool:
        """Return whether the quote is too small for an order that does not wait."""
        least = terms.quantity if terms.tif == FOK else 1
        return self._fillable(terms, quote) < least

    # -- the end ------------------------------------------------------------------------------

    def cancel(self, order: LiveOrder) -> Decision:
        """Cancel the remainder of an order for its trader; PendingCancel comes first while a
        non-stop order waits for the open."""
        if order.opens and not order.waits:
            yield OrderMoved(order.permId, lifecycle.PENDING_CANCEL)
            yield from self._repeat(order.permId)
        yield OrderEnded(order.permId, lifecycle.CANCELLED, False, CANCELLED)

    def expire(self, order: LiveOrder) -> Decision:
        """Expire an order."""
        yield OrderEnded(order.permId, lifecycle.CANCELLED, True, CANCELLED)

    def _system_cancel(self, perm_id: int, notice: Refusal = CANCELLED) -> Decision:
        yield OrderMoved(perm_id, lifecycle.PENDING_CANCEL)
        yield OrderEnded(perm_id, lifecycle.CANCELLED, True, notice)

    # -- rules ----------------------------------------------------------------------------------

    def expiry(self, terms: Terms, now: Nanos) -> Nanos:
        """Return when an order of these terms expires."""
        if terms.tif == GTC:
            return next_quarter_end(now)
        if self._hours.exchange:
            return self._hours.day_end(terms.conId, terms.reach, now)
        return self._state.day_end

    def _band(self, terms: Terms, quote: Quote) -> Refusal | None:
        if not self._profile.price_band or terms.limit is None:
            return None
        scale = self._instruments[terms.conId].scale
        return beyond_band(terms, quote, scale, self._band_width)

    def _beyond_means(self, terms: Terms) -> Refusal | None:
        """Return why the account cannot carry an order; None when it can."""
        if not self._profile.margin_check:
            return None
        account = self._state.accounts[terms.account]
        return refusal_of(self.margin, account, terms, self._instruments)


def _held_by(terms: Terms) -> str:
    return "" if terms.stop is None else TRIGGER


def _mismatch(order: LiveOrder, terms: Terms) -> Refusal | None:
    old = order.terms
    same = (old.conId, old.side, old.account) == (terms.conId, terms.side, terms.account)
    becomes = (old.orderType, *ORDER_TYPES[old.orderType].becomes)
    if not same or terms.orderType not in becomes:
        return Refusal(105)
    return Refusal(462, {"tif": terms.tif}) if terms.tif in IMMEDIATE else None
