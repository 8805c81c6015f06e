"""Whether the conditions of an order are met: the market, the clock, the account, other trades.

Each condition is joined to the next by "and" or "or", without precedence, from the first one on.
"""

from collections.abc import Iterator
from typing import Final, Protocol

from ..exchange.thresholds import PERCENT, PRICE, VOLUME, Measured, prices_of
from ..exchange.top_of_book import TopOfBook
from ..exchange.triggers import BY_PRINT, BY_SIDES, SIDES, of_quote
from ..reference.instruments import Instruments
from ..reference.sessions import EXTENDED, NIGHT, REGULAR, TradingHours
from ..special import ConditionTerms
from ..units import RATE_SCALE, Nanos
from .ledger import Account
from .margin import MarginCalculator
from .orders import LiveOrder

TIME: Final = 3
MARGIN: Final = 4
EXECUTION: Final = 5
OF_THE_MARKET: Final = (PRICE, VOLUME, PERCENT)
"""The kinds that look at an instrument, which may be another one than the order's."""
ANY: Final = "ANY"
"""What TWS shows as the exchange of an execution condition where its client wrote SMART."""
ANY_EXCHANGE: Final = ("", "SMART", ANY, "*")

Awaited = tuple[ConditionTerms, ...]


class AccountState(Protocol):
    """The part of the state that conditions look at."""

    accounts: dict[str, Account]


class Conditions:
    """Looks at what the conditions of orders name; changes nothing."""

    def __init__(
        self,
        state: AccountState,
        instruments: Instruments,
        top: TopOfBook,
        hours: TradingHours,
        margin: MarginCalculator,
    ) -> None:
        self._state = state
        self._instruments = instruments
        self._top = top
        self._hours = hours
        self._margin = margin

    def met(self, order: LiveOrder, now: Nanos, traded: LiveOrder | None = None) -> bool:
        """Return whether the conditions of an order are met; ``traded`` is an order that has just
        filled, or filled in part."""
        special = order.terms.extras
        found = joined = True
        for number, one in enumerate(special.conditions):
            holds = self._counts(one, order, now) and self._holds(one, order, now, traded)
            found = holds if not number else (found and holds if joined else found or holds)
            joined = one.joined
        return found

    def awaited(self, order: LiveOrder) -> Awaited | None:
        """Return conditions on instruments of which one must come to hold before those of the order
        are met by a tick; none where only the clock or a trade can meet them. None where that is
        not known: they are met, or a tick of any instrument that they name may meet them.

        While one that "and" joins does not hold, nothing else matters.
        """
        now = self._top.now
        if now < 0:  # the market is not looked at before the first step
            return None
        lacks: Awaited | None = ()
        found = joined = True
        for number, one in enumerate(order.terms.extras.conditions):
            holds = self._counts(one, order, now) and self._holds(one, order, now, None)
            own = None if holds else self._waits_for(one)
            if not number:
                found, lacks = holds, own
            elif joined:
                if found or (not holds and _is_less(own, lacks)):
                    lacks = own
                found = found and holds
            else:
                both = None if own is None or lacks is None else lacks + own
                lacks = None if found or holds else both
                found = found or holds
            joined = one.joined
        return None if found else lacks

    def _waits_for(self, one: ConditionTerms) -> Awaited | None:
        """Return what must happen before a condition holds that does not: itself, where its value
        is not there yet; nothing that a tick brings; or None, where any tick may count."""
        if one.kind in (TIME, EXECUTION):
            return ()
        if one.kind == MARGIN or self._is_reached(one):  # its market is closed
            return None
        return (one,)

    def _counts(self, one: ConditionTerms, order: LiveOrder, now: Nanos) -> bool:
        special = order.terms.extras
        return (
            special.anyHour
            or one.kind not in OF_THE_MARKET
            or self._is_open(one, now, night=special.night)
        )

    def watched(self, order: LiveOrder) -> Iterator[int]:
        """Iterate over the instruments whose ticks may meet a condition of the order."""
        for one in order.terms.extras.conditions:
            if one.kind in OF_THE_MARKET:
                yield one.conId
            elif one.kind == MARGIN:
                yield order.terms.conId
                yield from self._state.accounts[order.terms.account].positions

    def next_time(self, order: LiveOrder, now: Nanos) -> Nanos:
        """Return the next instant at which a condition of time changes; 0 for none."""
        times = [one.value for one in order.terms.extras.conditions if one.kind == TIME]
        return min((time for time in times if time > now), default=0)

    def _is_open(self, one: ConditionTerms, now: Nanos, *, night: bool) -> bool:
        hours = self._hours
        if not hours.exchange or not hours.opens(one.conId, REGULAR, now):
            return True
        by_night = not hours.opens(one.conId, NIGHT, now) and hours.opens(one.conId, EXTENDED, now)
        return night and bool(by_night)

    def _holds(
        self, one: ConditionTerms, order: LiveOrder, now: Nanos, traded: LiveOrder | None
    ) -> bool:
        if one.kind == TIME:
            return now >= one.value if one.more else now <= one.value
        if one.kind == EXECUTION:
            return traded is not None and self._is_of(one, traded)
        if one.kind == MARGIN:
            found = self._cushion(order.terms.account)
            return found >= one.value if one.more else found <= one.value
        return self._is_reached(one)

    def _is_reached(self, one: ConditionTerms) -> bool:
        """Return whether the market has what a condition on an instrument wants."""
        found = self.measured(one.conId, one.kind, one.method)
        if found is None:
            return False
        up, down = found
        return up >= one.value if one.more else down <= one.value

    def measured(self, con_id: int, kind: int, method: int) -> Measured | None:
        """Return what conditions of a kind compare, for a price by its trigger method; None where
        the market does not have it."""
        if kind == PRICE:
            return self._prices(con_id, method)
        day = self._top.day(con_id)
        if day is None:
            return None
        if kind == VOLUME:
            return day.volume, day.volume
        if not day.close or not day.last:
            return None
        change = (day.last - day.close) * RATE_SCALE // day.close
        return change, change

    def _prices(self, con_id: int, method: int) -> Measured:
        last = self._top.last(con_id) if method in BY_PRINT else 0
        if last and method not in BY_SIDES:
            return last, last
        sides = SIDES if method in BY_PRINT else method
        up, down = prices_of(*of_quote(sides, self._top.look(con_id)))
        return (max(last, up), min(last, down)) if last else (up, down)

    def _is_of(self, one: ConditionTerms, traded: LiveOrder) -> bool:
        entry = self._instruments[traded.terms.conId]
        if (entry.symbol, entry.secType) != (one.symbol, one.secType):
            return False
        return one.exchange in ANY_EXCHANGE or one.exchange == traded.terms.exchange

    def _cushion(self, code: str) -> int:
        """Return the part of an account's value that its maintenance margin leaves, in percent."""
        equity, maintenance = self._margin.worth(self._state.accounts[code])
        return (equity - maintenance) * 100 // equity if equity > 0 else 0


def _is_less(own: Awaited | None, other: Awaited | None) -> bool:
    """Return whether the one is less to wait for than the other."""
    return own is not None and (other is None or len(own) < len(other))
