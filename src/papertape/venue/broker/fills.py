"""What an order trades: its fill against a quote or in an auction, with its fee and its books."""

from collections.abc import Iterator
from typing import Protocol

from ..exchange import matching
from ..exchange.matching import ConsumedLiquidity
from ..exchange.top_of_book import TopOfBook
from ..facts import CombinationFilled, OrderFilled, PartFilled, Terms
from ..market.source import Quote
from ..reference.instruments import Instrument, Instruments
from ..special import CLOSING
from ..units import (
    CASH_SCALE,
    SIZE_SCALE,
    CashMicros,
    Nanos,
    PriceUnits,
    SizeUnits,
    share,
)
from . import lifecycle
from .algos import Algos
from .allocation import next_parts
from .charges import charge_of, counted_of, part_charged, with_charge
from .combinations import CombinationFills
from .ledger import FLAT, Account, Booked, booked
from .margin import MarginCalculator
from .matching_rules import PresentRules
from .meeting import Meetings
from .memorandum import memo
from .order_types import FOK
from .orders import ADDED, REMOVED, LiveOrder
from .scales import component_left
from .settlement import settles


class FillState(Protocol):
    """The part of the state that a fill depends on."""

    next_execution: int
    day_end: Nanos
    accounts: dict[str, Account]
    consumed: dict[int, ConsumedLiquidity]


class Fills:
    """Computes the executions of orders; changes nothing."""

    def __init__(
        self,
        state: FillState,
        instruments: Instruments,
        top: TopOfBook,
        algos: Algos,
        margin: MarginCalculator,
        rules: PresentRules,
        meetings: Meetings,
    ) -> None:
        self._rules = rules
        self._meetings = meetings
        self._margin = margin
        self._state = state
        self._algos = algos
        self._instruments = instruments
        self._top = top
        self._settle_days: tuple[Nanos, dict[int, int]] = (0, {})
        """The end of a trading day, and when what trades in it settles, by contract number."""
        self.combinations = CombinationFills(state, instruments, top, margin, rules)

    def match(
        self, order: LiveOrder, quote: Quote, liquidity: int
    ) -> OrderFilled | CombinationFilled | None:
        """Return the fill of the order against the quote; None when there is none.

        A combination trades against the quotes of its legs instead.
        """
        terms = order.terms
        special, side = terms.special, terms.side
        if order.scripted or (special is not None and not order.priced):
            return None
        if special is not None and special.combo is not None:
            return self.combinations.match(order, liquidity)
        if self._rules.is_instant:
            return self._instant(order, quote)
        price, consumed = matching.touch(side, quote), self._state.consumed.get(terms.conId)
        shown = matching.fillable(side, order.worst(), quote, consumed)
        if order.ahead is not None and order.limit is not None and self._rules.queues:
            beyond = (order.limit - price) * side
            if price and beyond > 0:  # the market has left its price behind
                size = self.allowed(order, order.remaining)
                return self.at(order, size, order.limit, None, ADDED) if size else None
        if shown <= 0:
            return None
        if special is None:
            size = min(terms.quantity - order.filled, shown)
        else:
            size = self.allowed(order, shown)
        return self.at(order, size, price, quote, liquidity) if size > 0 else None

    def allowed(self, order: LiveOrder, size: SizeUnits) -> SizeUnits:
        """Return how much of a size an order may trade now: its algorithm, its components and its
        smallest fills decide."""
        special, size = order.terms.special, min(order.remaining, size)
        if special is None:
            return max(size, 0)
        if special.algo is not None:
            size = min(size, self._algos.released(order) - order.filled)
        if special.components is not None:
            size = min(size, component_left(order))
        if size <= 0 or size < min(special.each, order.remaining):
            return 0
        return 0 if not order.filled and size < min(special.least, order.remaining) else size

    def _instant(self, order: LiveOrder, quote: Quote) -> OrderFilled | None:
        """Return the fill of an order that trades whole as soon as it works."""
        size = self.allowed(order, order.remaining)
        price, liquidity = matching.touch(order.terms.side, quote), REMOVED
        if not matching.takes(order.terms.side, order.worst(), quote):
            price, liquidity = order.limit or self._top.last(order.terms.conId), ADDED
        return self.at(order, size, price, None, liquidity) if size and price else None

    def at(
        self,
        order: LiveOrder,
        size: SizeUnits,
        price: PriceUnits,
        quote: Quote | None,
        liquidity: int,
    ) -> OrderFilled:
        """Return a fill of the order at a price, with what it costs and leaves."""
        terms, state = order.terms, self._state
        entry = self._instruments[terms.conId]
        account = state.accounts[terms.account]
        value = entry.value_of(price, size)
        before = (order.billedSize, order.billedValue)
        fee, charged = charge_of(
            self._margin, account, entry, terms.side, before=before, fill=(size, value),
            taken=liquidity != ADDED,
        )  # fmt: skip
        whole = order.filled + size >= terms.quantity
        counts = counted_of(self._margin, account, entry, (size, value))
        status = lifecycle.FILLED if whole else lifecycle.SUBMITTED
        venue = entry.traded_at(terms.exchange)
        execution, settle_day = state.next_execution, self._settle_day(entry)
        if terms.shares:
            held, parts = account.positions.get(terms.conId, FLAT), self._sizes(order, size)
            given = tuple(map(sum, zip(order.given or (0,) * len(parts), parts, strict=True)))
            return OrderFilled(
                order.permId, status, execution, size, price, value, fee, None, held.quantity,
                held.cost, (), liquidity, venue, quote, held.settled, settle_day, 0, given, charged,
                counts,
            )  # fmt: skip
        after, cash = self._booked(account, entry, terms.side * size, (value, fee))
        if charged is not None:
            cash = with_charge(cash, fee, charged)
        return OrderFilled(
            order.permId, status, execution, size, price, value, fee, after.realized,
            after.position, after.cost, cash, liquidity, venue, quote, after.settled, settle_day,
            memo(self._margin, account, entry, terms.side * size, value), (), charged, counts,
        )  # fmt: skip

    def parts(self, order: LiveOrder, fill: OrderFilled) -> Iterator[PartFilled]:
        """Yield what the accounts get of an advisor's fill; ``order`` is as it was before."""
        terms, left = order.terms, [fill.size, fill.value, fill.fee]
        entry, sizes = self._instruments[terms.conId], self._sizes(order, fill.size)
        before, total = order.given or (0,) * len(sizes), order.value + fill.value
        for (code, _), part, given in zip(terms.shares, sizes, before, strict=True):
            if not part:
                continue
            value, fee = share(left[1], part, left[0]), share(left[2], part, left[0])
            left = [left[0] - part, left[1] - value, left[2] - fee]
            account = self._state.accounts[code]
            after, cash = self._booked(account, entry, terms.side * part, (value, fee))
            charged = part_charged(self._margin, account, entry, fee)
            cash = with_charge(cash, fee, charged)
            yield PartFilled(
                order.permId, code, self._state.next_execution, part, fill.price, value, fee,
                after.realized, after.position, after.cost, cash, after.settled, fill.settles,
                memo(self._margin, account, entry, terms.side * part, value), given + part,
                share(total, given + part, order.filled + fill.size), fill.liquidity, fill.exchange,
                charged,
            )  # fmt: skip

    def _settle_day(self, entry: Instrument) -> int:
        """Return ``settles`` of an instrument, looked up once in a trading day."""
        day_end = self._state.day_end
        if day_end != self._settle_days[0]:
            self._settle_days = day_end, {}
        known = self._settle_days[1]
        day = known.get(entry.conId)
        if day is None:
            day = known[entry.conId] = settles(entry, day_end)
        return day

    def _sizes(self, order: LiveOrder, size: SizeUnits) -> list[SizeUnits]:
        return next_parts(order.terms.shares, order.given, size)

    def _booked(
        self,
        account: Account,
        entry: Instrument,
        size: SizeUnits,
        paid: tuple[CashMicros, CashMicros],
    ) -> tuple[Booked, tuple[tuple[str, CashMicros], ...]]:
        """Return the books of an account after a fill of signed size, and the change of its cash;
        ``paid`` are the fill's value and fee."""
        value, fee = paid
        held = account.positions.get(entry.conId, FLAT)
        daily = entry.secType != "STK" and entry.daily
        after = booked(held, size=size, value=value, fee=fee, daily=daily)
        cash: tuple[tuple[str, CashMicros], ...] = ((entry.currency, after.cash),)
        if entry.secType == "CASH":
            # A currency pair trades cash for cash: the position is only a record of it.
            cash = (*cash, (entry.symbol, size * (CASH_SCALE // SIZE_SCALE)))
        return after, cash

    def fillable(self, terms: Terms, limit: PriceUnits | None, quote: Quote) -> SizeUnits:
        """Return the size that a quote still has for an order at its limit or better."""
        consumed = self._state.consumed.get(terms.conId)
        return matching.fillable(terms.side, limit, quote, consumed)

    def takes(self, client_id: int, terms: Terms, quote: Quote) -> bool:
        """Return whether an order of a client would trade with others at once."""
        met = self._meetings.size(client_id, terms, quote)
        return met > 0 or self.fillable(terms, terms.limit, quote) > 0

    def meets(self, order: LiveOrder, quote: Quote) -> bool:
        """Return whether an order would trade with a resting one of another client."""
        return self._meetings.size(order.clientId, order.terms, quote) > 0

    def in_vain(self, client_id: int, terms: Terms, quote: Quote) -> bool:
        """Return whether too little trades for an order that does not wait."""
        if terms.extras.combo is not None:
            return self.combinations.in_vain(terms)
        if self._rules.is_instant:
            last = self._top.last(terms.conId)
            return not (terms.limit or matching.touch(terms.side, quote) or last)
        least = terms.quantity if terms.tif == FOK else max(terms.extras.least, 1)
        size = self.fillable(terms, terms.worst(terms.limit), quote)
        return size < least and size + self._meetings.size(client_id, terms, quote) < least

    def auction_price(self, terms: Terms) -> PriceUnits:
        """Return the price of an auction: of the last print for a close; for an open that of a
        print at this instant, or else of the middle of the quote, on the instrument's increment;
        0 when there is none."""
        quote, last = self._top.look(terms.conId), self._top.last(terms.conId)
        if terms.extras.auction != CLOSING and last:
            day = self._top.day(terms.conId)
            if day is not None and day.lastTime == self._top.now:
                return last
        if terms.extras.auction == CLOSING and last:
            return last
        if quote.bid and quote.ask:
            tick = self._instruments[terms.conId].tick
            return (quote.bid + quote.ask) // 2 // tick * tick
        return last
