"""Whether the conditions of an order are met: the market, the clock, the account, other trades.

Each condition is joined to the next by "and" or "or", without precedence, from the first one on.
"""

from collections.abc import Iterator
from typing import Final, Protocol

from ..exchange.top_of_book import TopOfBook
from ..exchange.triggers import BY_PRINT, SIDES, of_quote
from ..reference.instruments import Instruments
from ..reference.sessions import EXTENDED, NIGHT, REGULAR, TradingHours
from ..special import ConditionTerms
from ..units import RATE_SCALE, Nanos, PriceUnits
from .ledger import Account
from .margin import MarginCalculator
from .orders import LiveOrder

PRICE: Final = 1
TIME: Final = 3
MARGIN: Final = 4
EXECUTION: Final = 5
VOLUME: Final = 6
PERCENT: Final = 7
OF_THE_MARKET: Final = (PRICE, VOLUME, PERCENT)
"""The kinds that look at an instrument, which may be another one than the order's."""
ANY: Final = "ANY"
"""What TWS shows as the exchange of an execution condition where its client wrote SMART."""
ANY_EXCHANGE: Final = ("", "SMART", ANY, "*")


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
            counts = (
                special.anyHour
                or one.kind not in OF_THE_MARKET
                or self._is_open(one, now, night=special.night)
            )
            holds = counts and self._holds(one, order, now, traded)
            found = holds if not number else (found and holds if joined else found or holds)
            joined = one.joined
        return found

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
        elif one.kind == PRICE:
            return self._price_holds(one)
        else:
            day = self._top.day(one.conId)
            if day is None:
                return False
            if one.kind == VOLUME:
                found = day.volume
            elif not day.close or not day.last:
                return False
            else:
                found = (day.last - day.close) * RATE_SCALE // day.close
        return found >= one.value if one.more else found <= one.value

    def _price_holds(self, one: ConditionTerms) -> bool:
        """Compare the price that the trigger method of the condition names."""
        prices: list[PriceUnits] = []
        if one.method in BY_PRINT:
            prices.append(self._top.last(one.conId))
        if one.method not in BY_PRINT or not prices[0]:
            method = SIDES if one.method in BY_PRINT else one.method
            up, down = of_quote(method, self._top.look(one.conId))
            prices.append(up if one.more else down)
        known = [price for price in prices if price]
        return any(price >= one.value if one.more else price <= one.value for price in known)

    def _is_of(self, one: ConditionTerms, traded: LiveOrder) -> bool:
        entry = self._instruments[traded.terms.conId]
        if (entry.symbol, entry.secType) != (one.symbol, one.secType):
            return False
        return one.exchange in ANY_EXCHANGE or one.exchange == traded.terms.exchange

    def _cushion(self, code: str) -> int:
        """Return the part of an account's value that its maintenance margin leaves, in percent."""
        equity, maintenance = self._margin.worth(self._state.accounts[code])
        return (equity - maintenance) * 100 // equity if equity > 0 else 0
