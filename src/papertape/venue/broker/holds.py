"""Why an accepted order does not work yet, until when, and what it must be looked at with."""

from ..facts import TOUCHED, Terms
from ..reference.instruments import Instruments, Refusal
from ..reference.sessions import TradingHours
from ..reference.times import next_quarter_end
from ..special import Held
from ..units import SIZE_SCALE, Nanos, quotient_text
from .algos import Algos, DayState
from .combinations import CombinationFills
from .conditions import Awaited, Conditions
from .order_types import GTC
from .orders import TRIGGER, LiveOrder
from .pegging import Pegs
from .scales import next_change


class Holds:
    """Looks at times, hours and conditions; changes nothing."""

    def __init__(
        self,
        state: DayState,
        instruments: Instruments,
        hours: TradingHours,
        conditions: Conditions,
        pegs: Pegs,
        algos: Algos,
        combinations: CombinationFills,
    ) -> None:
        self._algos = algos
        self._state = state
        self._instruments = instruments
        self._hours = hours
        self._conditions = conditions
        self._pegs = pegs
        self._combinations = combinations

    def reasons(self, terms: Terms, parent: LiveOrder | None, now: Nanos) -> int:
        """Return why an order may not work yet: flags of ``special.Held``."""
        special, held = terms.extras, 0
        if parent is not None and not parent.done:
            held |= Held.CHILD
        if special.begins > now:
            held |= Held.LATER
        if special.auction:
            held |= Held.AUCTION
        if special.inactive:
            held |= Held.INACTIVE
        if special.conditions and not special.cancels:
            held |= Held.CONDITION
        return held

    def next_look(self, order: LiveOrder, now: Nanos) -> Nanos:
        """Return when a held order must be looked at, other than with a tick; 0 for never."""
        special = order.terms.extras
        if order.held & (Held.TRAVELS | Held.ROUTED):
            return order.arrives
        if order.held & Held.LATER and special.begins > now:
            return special.begins
        if special.conditions and not order.held & Held.CHILD:
            return now + 1 if self._is_due(order, now) else self._conditions.next_time(order, now)
        if special.algo is not None and not order.held and not order.opens:
            return self._algos.next_slice(order, now)
        if special.components is not None and not order.held and not order.opens:
            return next_change(order, now)
        if order.held & Held.AUCTION and not order.held & Held.CHILD:
            return self._hours.auction(order.terms.conId, special.auction, now)
        return 0

    def _is_due(self, order: LiveOrder, now: Nanos) -> bool:
        """Return whether the conditions of an order are met already, before any tick."""
        return bool(order.held & Held.CONDITION) and self._conditions.met(order, now)

    def awaited(self, order: LiveOrder) -> Awaited | None:
        """Return conditions on instruments: the order need be looked at only when one of them comes
        to hold. None where every tick of what its conditions name counts, or it has none that
        count."""
        special, held = order.terms.extras, order.held
        if not self._asks(order):
            return None
        if held & Held.LATER:
            return ()
        if not held & Held.CONDITION and (
            special.algo is not None or special.components is not None
            or special.combo is not None or special.peg is not None
        ):  # fmt: skip
            return None  # it works, and a look lets it trade
        return self._conditions.awaited(order)

    def _asks(self, order: LiveOrder) -> bool:
        """Return whether the conditions of an order matter now."""
        special, held = order.terms.extras, order.held
        waits = special.cancels or held & Held.CONDITION
        idle = held & (Held.CHILD | Held.TRAVELS)
        return bool(special.conditions and waits and order.working and not idle)

    def watched(self, order: LiveOrder, awaited: Awaited | None = None) -> tuple[int, ...]:
        """Return the instruments whose every tick an order must be looked at with; ``awaited`` is
        what it waits for instead of the ticks that its conditions name."""
        special, con_id = order.terms.special, order.terms.conId
        if special is None:
            return (con_id,) if order.touched and order.waits and not order.opens else ()
        if not order.working or order.held & (Held.CHILD | Held.TRAVELS):
            return ()
        found: set[int] = set()
        if awaited is None and self._asks(order):
            found.update(self._conditions.watched(order))
        if not order.held and not order.opens:
            if not order.waits:
                found.update(self._pegs.watched(order))
                found.update(self._combinations.watched(order))
            elif not order.stop or order.touched or special.adjustment is not None:
                found.add(con_id)
        return tuple(sorted(found))

    def is_auction(self, order: LiveOrder, now: Nanos) -> bool:
        """Return whether the auction of an order is at this instant."""
        terms = order.terms
        return self._hours.auction(terms.conId, terms.extras.auction, now - 1) == now

    def opens(self, terms: Terms, now: Nanos) -> Nanos:
        """Return when the exchange opens for an order of these terms; 0 when it is open."""
        if not self._hours.exchange:
            return 0
        return self._hours.opens(terms.conId, terms.reach, now)

    def until_open(self, terms: Terms, opens: Nanos) -> Refusal:
        """Return the notice that an order waits for the open."""
        time, zone = self._hours.opening(terms.conId, opens)
        action, qty, symbol, exchange = self._named(terms)
        facts = {
            "action": action, "qty": qty, "symbol": symbol, "exchange": exchange, "time": time,
            "zone": zone,
        }  # fmt: skip
        return Refusal(399, facts, "until_open")

    def next_day(self, terms: Terms) -> Refusal:
        """Return the notice that the time of an algorithm was over and is that of the next day."""
        scale = self._instruments[terms.conId].scale
        price = "" if terms.limit is None else f" @ {quotient_text(terms.limit, scale)}"
        action, qty, symbol, exchange = self._named(terms)
        facts = {
            "action": action, "qty": qty, "symbol": symbol, "exchange": exchange, "price": price,
        }  # fmt: skip
        return Refusal(2111, facts, "order")

    def _named(self, terms: Terms) -> tuple[str, str, str, str]:
        """Return what notices say of an order: action, size, symbol and exchange."""
        entry = self._instruments[terms.conId]
        tier = f".{entry.marketName}" if entry.primaryExchange == "NASDAQ" else ""
        return (
            "BUY" if terms.side > 0 else "SELL",
            quotient_text(terms.quantity, SIZE_SCALE),
            entry.localSymbol,
            "Forex" if entry.secType == "CASH" else f"{entry.place}{tier}",
        )

    def expiry(self, terms: Terms, now: Nanos) -> Nanos:
        """Return when an order of these terms expires."""
        special = terms.special
        if special is not None and special.ends:
            return special.ends
        if special is not None and special.auction:
            return self._hours.auction(terms.conId, special.auction, now) + 1
        if terms.tif == GTC:
            return next_quarter_end(now)
        if self._hours.exchange:
            return self._hours.day_end(terms.conId, terms.reach, now)
        return self._state.day_end


def why_held(terms: Terms, held: int = 0) -> str:
    """Return ``whyHeld`` of an order that waits: for its parent, its stop, or both."""
    child = "child" if held & Held.CHILD else ""
    trigger = TRIGGER if terms.stop is not None and terms.orderType not in TOUCHED else ""
    return ",".join(filter(None, (child, trigger)))
