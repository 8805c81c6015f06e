"""What an order for a combination trades: whole combinations, at the touch of every leg.

A combination has no quote of its own. Its price is made of the quotes of its legs, and its size is
what every leg shows, by its ratio. So it fills as one, at a net price that may be 0 or less, and
what it trades is taken from what its legs show to all. An order whose legs are not guaranteed
fills as one as well: here no leg is ever left behind. Its leading leg, its prices per leg and its
range of another price only decide when it may trade.
"""

from typing import Protocol

import msgspec

from ..exchange import matching
from ..exchange.matching import ConsumedLiquidity
from ..exchange.top_of_book import TopOfBook
from ..facts import CombinationFilled, LegFill, Terms
from ..market.source import Quote
from ..reference.composition import Leg
from ..reference.instruments import Instrument, Instruments
from ..reference.securities import Combination
from ..special import Combo
from ..units import SIZE_SCALE, CashMicros, Nanos, PriceUnits, SizeUnits, notional
from . import lifecycle
from .fees import commission, counted
from .ledger import FLAT, Account, booked
from .margin import MarginCalculator
from .matching_rules import PresentRules
from .memorandum import memo
from .order_types import FOK
from .orders import LiveOrder
from .settlement import settles


class CombinationState(Protocol):
    """The part of the state that the fill of a combination depends on."""

    next_execution: int
    day_end: Nanos
    accounts: dict[str, Account]
    consumed: dict[int, ConsumedLiquidity]


class Touch(msgspec.Struct, frozen=True, gc=False):
    """Where one leg would trade now."""

    leg: Leg
    entry: Instrument
    side: int
    """+1 buys, -1 sells the leg."""
    quote: Quote
    price: PriceUnits
    size: SizeUnits
    """What it shows that nobody has traded against."""


class CombinationFills:
    """Computes the executions of combinations; changes nothing."""

    def __init__(
        self,
        state: CombinationState,
        instruments: Instruments,
        top: TopOfBook,
        margin: MarginCalculator,
        rules: PresentRules,
    ) -> None:
        self._rules = rules
        self._state = state
        self._margin = margin
        self._instruments = instruments
        self._top = top

    def watched(self, order: LiveOrder) -> tuple[int, ...]:
        """Return the instruments whose every tick an order must be looked at with."""
        combo = order.terms.extras.combo
        if combo is None:
            return ()
        legs = (leg.conId for leg in self._combination(order.terms).composition.legs)
        return (*legs, combo.conId) if combo.conId else tuple(legs)

    def match(self, order: LiveOrder, liquidity: int) -> CombinationFilled | None:
        """Return the fill of an order in the market of this instant; None when there is none."""
        terms, special = order.terms, order.terms.extras
        if self._is_beyond(terms, order.limit):
            return None
        touches = self._touches(terms)
        size = min(order.remaining, self._tradable(terms, order.limit, touches))
        if size <= 0 or (not order.filled and size < min(special.least, order.remaining)):
            return None
        if special.combo is not None and special.combo.segment:
            size = min(size, special.combo.segment)
        return self._filled(order, size, touches, liquidity)

    def in_vain(self, terms: Terms) -> bool:
        """Return whether too little trades now for an order that does not wait."""
        least = terms.quantity if terms.tif == FOK else max(terms.extras.least, 1)
        combo = terms.extras.combo
        if terms.tif == FOK and combo is not None and 0 < combo.segment < terms.quantity:
            return True
        return self._tradable(terms, terms.limit, self._touches(terms)) < least

    def _combination(self, terms: Terms) -> Combination:
        entry = self._instruments[terms.conId]
        assert isinstance(entry, Combination)
        return entry

    def _is_beyond(self, terms: Terms, limit: PriceUnits | None) -> bool:
        """Return whether a leg is not quoted, or the net price is beyond a limit: what most ticks
        find, so that it looks at prices alone."""
        entry, look, price = self._combination(terms), self._top.look, 0
        for leg, weight in zip(entry.composition.legs, entry.weights, strict=True):
            quote = look(leg.conId)
            at = quote.ask if leg.side == terms.side else quote.bid
            if not at:
                return True
            price += weight * at
        return limit is not None and (price - limit) * terms.side > 0

    def _touches(self, terms: Terms) -> list[Touch]:
        """Return where each leg would trade now, in their order."""
        found = []
        for leg in self._combination(terms).composition.legs:
            side, quote = terms.side * leg.side, self._top.look(leg.conId)
            price = matching.touch(side, quote)
            shown = matching.displayed(side, quote, self._state.consumed.get(leg.conId))
            if self._rules.is_instant:
                shown = terms.quantity * leg.ratio
            entry = self._instruments[leg.conId]
            found.append(Touch(leg, entry, side, quote, price, shown if price else 0))
        return found

    def _tradable(self, terms: Terms, limit: PriceUnits | None, touches: list[Touch]) -> SizeUnits:
        """Return how many combinations trade at a limit or better, in whole ones."""
        entry, combo = self._combination(terms), terms.extras.combo
        if not all(touch.price for touch in touches):
            return 0
        if limit is not None and (net(entry, touches) - limit) * terms.side > 0:
            return 0
        if combo is not None and not self._allowed(combo, touches):
            return 0
        size = min(touch.size // touch.leg.ratio for touch in touches)
        return max(size - size % SIZE_SCALE, 0)

    def _allowed(self, combo: Combo, touches: list[Touch]) -> bool:
        """Return whether legs, leading leg and range let an order trade at these prices."""
        for touch, limit in zip(touches, combo.limits, strict=False):
            if limit is not None and (touch.price - limit) * touch.side > 0:
                return False
        if combo.offset is not None:
            lead = touches[combo.lead]
            own = matching.touch(-lead.side, lead.quote)
            if not own or (lead.price - own) * lead.side > combo.offset:
                return False
        if not combo.conId:
            return True
        last = self._top.last(combo.conId)
        return bool(last) and last >= combo.low and (combo.high is None or last <= combo.high)

    def _filled(
        self, order: LiveOrder, size: SizeUnits, touches: list[Touch], liquidity: int
    ) -> CombinationFilled:
        """Return the fill of a size, with what it costs and what it leaves of each leg."""
        terms = order.terms
        traded = dict(self._state.accounts[terms.account].traded)
        legs = tuple(
            self._leg(order, place, size, one, traded) for place, one in enumerate(touches)
        )
        value = terms.side * sum(leg.side * leg.value for leg in legs)
        status = lifecycle.SUBMITTED if size < order.remaining else lifecycle.FILLED
        return CombinationFilled(
            order.permId, status, self._state.next_execution, size,
            net(self._combination(terms), touches), value, sum(leg.fee for leg in legs),
            liquidity, terms.exchange, legs,
        )  # fmt: skip

    def _leg(
        self,
        order: LiveOrder,
        place: int,
        size: SizeUnits,
        touch: Touch,
        month: dict[str, int],
    ) -> LegFill:
        """Return the fill of a leg; ``month`` is what counts towards tiers by then, and with it."""
        entry, account = touch.entry, self._state.accounts[order.terms.account]
        traded = size * touch.leg.ratio
        quote = None if self._rules.is_instant else touch.quote
        value = notional(touch.price, traded, entry.money_scale, entry.multiplier)
        billed = order.billedSize * touch.leg.ratio, _billed(order, place)
        fee = commission(
            entry, touch.side, before=billed, fill=(traded, value), plan=account.plan,
            month=month.get(entry.secType, 0),
        )  # fmt: skip
        counts = counted(entry, account.plan, traded, value)
        if counts is not None:
            month[counts[0]] = month.get(counts[0], 0) + counts[1]
        held = account.positions.get(entry.conId, FLAT)
        after = booked(held, size=touch.side * traded, value=value, fee=fee, daily=entry.daily)
        return LegFill(
            entry.conId, touch.side, traded, touch.price, value, fee, after.realized,
            after.position, after.cost, ((entry.currency, after.cash),),
            entry.traded_at(touch.leg.exchange), quote, after.settled,
            settles(entry, self._state.day_end),
            memo(self._margin, account, entry, touch.side * traded, value), counts,
        )  # fmt: skip


def net(entry: Combination, touches: list[Touch]) -> PriceUnits:
    """Return the price of a combination at the prices of its legs: what buying it costs."""
    return sum(weight * touch.price for weight, touch in zip(entry.weights, touches, strict=True))


def _billed(order: LiveOrder, place: int) -> CashMicros:
    """Return the value of a leg that counts towards its commission."""
    total = order.legValues[place] if order.legValues else 0
    return total - (order.billedBefore[place] if order.billedBefore else 0)
