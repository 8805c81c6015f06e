"""The broker's part of an order: decides its acceptance, fills, changes and end, fact by fact.

Each method is a generator: it reads the state, yields a fact, and continues when that fact has
been folded. It changes nothing itself. Its arguments have passed the checks of ``terms``.

``order_entry`` accepts orders and new terms, ``working`` lets them wait and trade,
``tick_handling`` is what the market does to them, ``relatives`` what one order does to others.
"""

from collections.abc import Iterable

from ..exchange.exchange import Exchange
from ..exchange.top_of_book import TopOfBook
from ..facts import Terms
from ..market.source import Print, Quote
from ..reference.instruments import Instruments, Refusal
from ..reference.sessions import TradingHours
from ..special import Held
from ..units import Nanos, PriceUnits
from .order_entry import OrderEntry
from .orders import LiveOrder
from .parts import BrokerParts, BrokerState, Decision
from .profile import Profile
from .risk import Effect
from .script import BrokerScript
from .tick_handling import TickHandler
from .working import WorkingOrders


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
        parts = BrokerParts(state, instruments, profile, exchange, top, hours)
        self._top = top
        self.margin, self.groups, self.fills = parts.margin, parts.groups, parts.fills
        self.trails, self.holds, self.hedges = parts.trails, parts.holds, parts.hedges
        self.conditions = parts.conditions
        self.rules, self.queues = parts.rules, parts.queues
        self._working = WorkingOrders(parts)
        self._relatives = relatives = self._working.relatives
        self.script = BrokerScript(
            state, instruments, top, parts.fills, parts.margin, relatives.traded,
            relatives.cancel_by_system, relatives.orphan, parts.rules,
        )  # fmt: skip
        self._entry = OrderEntry(parts, self._working, self.script)
        self._ticks = TickHandler(parts, self._working)

    def place(
        self,
        client_id: int,
        order_id: int,
        terms: Terms,
        now: Nanos,
        *,
        bound: bool = False,
        parent: LiveOrder | None = None,
    ) -> Decision:
        """Place an order: it is rejected, cancelled immediately, or working, with its fills."""
        return self._entry.place(client_id, order_id, terms, now, bound=bound, parent=parent)

    def place_family(
        self,
        client_id: int,
        family: Iterable[tuple[int, Terms]],
        now: Nanos,
        *,
        parent: LiveOrder | None = None,
    ) -> Decision:
        """Place a parent and its children: they are accepted one by one before the parent trades.

        ``family`` has order ids and terms, the parent first, unless that is placed already: then
        all are its children.
        """
        return self._entry.place_family(client_id, family, now, parent=parent)

    def preview(self, terms: Terms) -> Effect | Refusal:
        """Return the effect of an order on its account, for a what-if, or why the account may not
        trade that at all."""
        return self._entry.preview(terms)

    def replace(self, order: LiveOrder, terms: Terms, now: Nanos) -> Decision | Refusal:
        """Give a working order new terms, or return why it cannot have them."""
        return self._entry.replace(order, terms, now)

    def touch(self, con_id: int, side: int) -> PriceUnits:
        """Return the price at which a market order of that side would trade; 0 for none."""
        quote = self._top.look(con_id)
        return quote.ask if side > 0 else quote.bid

    def observe(self, tick: Quote | Print, now: Nanos) -> Decision:
        """Elect the stops and fill the orders that a new quote or a print reaches."""
        return self._ticks.observe(tick, now)

    def look(self, order: LiveOrder, now: Nanos) -> Decision:
        """Let a held order work when nothing holds it any longer; cancel an order whose conditions
        say so."""
        if order.held & Held.TRAVELS:
            return self._entry.receive(order, now) if order.arrives <= now else iter(())
        return self._working.look(order, now)

    def turn(self, order: LiveOrder, now: Nanos) -> Decision:
        """Resume or suspend a working order when its exchange opens or closes."""
        return self._working.turn(order, now)

    def cancel(self, order: LiveOrder) -> Decision:
        """Cancel the remainder of an order for its trader; PendingCancel comes first while a
        non-stop order waits for the open."""
        return self._relatives.cancel(order)

    def expire(self, order: LiveOrder) -> Decision:
        """Expire an order."""
        return self._relatives.expire(order)
