"""Options that follow what a world writes of their underlying.

Each quote of the underlying makes a quote of the option, by the option's model at a volatility that
stands still. There are no prints. What is asked about is worked out then.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import Final, Protocol

from ..script import Levels
from ..units import DAY, MINUTE, SIZE_SCALE, Nanos, PriceUnits, SizeUnits
from .functions import Value
from .kinds import LAST_WEEK, OptionSpec
from .options.model import Option, horizon, pricer
from .options.surface import YEARLY, Surface
from .source import Print, Quote

LOT: Final[SizeUnits] = 10 * SIZE_SCALE
"""What each side of a quote shows."""
KEPT: Final = 4096
"""Quotes that are remembered."""
AGES: Final = 64
"""Ages of the option whose function is remembered."""
Standing = tuple[Quote, Levels, Levels, int]


class QuotedLine(Protocol):
    """What a world has written of the underlying."""

    begins: Nanos

    def state(self, now: Nanos) -> Standing:
        """The quote that stands, its book, and whether trading is halted."""

    def ticks(self, after: Nanos, until: Nanos) -> Iterator[Quote | Print]:
        """The ticks with ``after < time <= until``."""

    def next_quote(self, after: Nanos) -> Nanos | None:
        """When the next quote comes."""

    def quotes(self, begin: Nanos, end: Nanos) -> list[Quote]:
        """The quote that stands at ``begin``, and those before ``end``."""


class FollowedLine:
    """An option's quotes, made of its underlying's; asked as a ``WrittenLine`` is."""

    def __init__(self, con_id: int, spec: OptionSpec, under: QuotedLine, told: float) -> None:
        """``told`` is the yearly volatility; 0 takes what the tape of the underlying is made with,
        at the world's first price."""
        self.con_id = con_id
        self.prints: list[Print] = []
        self.printed: list[Nanos] = []
        self._spec = spec
        self._under = under
        self._told = told
        self._option = Option(spec.strike, spec.call, spec.american)
        self._values: dict[Nanos, Value | None] = {}
        self._quotes: dict[tuple[Nanos, PriceUnits, PriceUnits], Quote] = {}

    @property
    def begins(self) -> Nanos:
        """The underlying's first mark."""
        return self._under.begins

    def state(self, now: Nanos) -> Standing:
        """The quote that stands at ``now``, and whether trading of the underlying is halted."""
        quote, _, _, halted = self._under.state(now)
        return self._quote(quote), (), (), halted

    def ticks(self, after: Nanos, until: Nanos) -> Iterator[Quote | Print]:
        """A quote for each of the underlying's that changes it."""
        before: tuple[int, int] | None = None
        for tick in self._under.ticks(after, until):
            if isinstance(tick, Quote):
                quote = self._quote(tick)
                if (quote.bid, quote.ask) != before:
                    before = quote.bid, quote.ask
                    yield quote

    def next_tick(self, after: Nanos) -> Nanos | None:
        """When the next quote of the underlying comes."""
        return self._under.next_quote(after)

    def traded(self, begin: Nanos, end: Nanos) -> list[Print]:
        """Nobody trades."""
        return []

    def quotes(self, begin: Nanos, end: Nanos) -> list[Quote]:
        """The quote that stands at ``begin``, and those before ``end``."""
        made = [self._quote(one) for one in self._under.quotes(begin, end)]
        return [one for one in made if one.bid and one.ask]

    def volatility(self, now: Nanos) -> float | None:
        """The yearly volatility at an instant; None from the expiry on."""
        spec = self._spec
        if now >= spec.expiry:
            return None
        if self._told:
            return self._told
        first = self._under.state(self.begins)[0]
        spot = _middle(first) / spec.underlying_scale or spec.strike
        ahead = horizon(now, spec.expiry, rate=spec.rate, dividend=spec.dividend)
        return Surface(spec.volatility * YEARLY).volatility(spec.strike, spot, ahead)

    def _quote(self, under: Quote) -> Quote:
        """The quote that one of the underlying's makes."""
        key = under.time, under.bid, under.ask
        found = self._quotes.get(key)
        if found is None:
            if len(self._quotes) >= KEPT:
                self._quotes.clear()
            found = self._quotes[key] = self._made(under)
        return found

    def _made(self, under: Quote) -> Quote:
        value, look = self._value(under.time), self._spec.look
        bid = ask = 0
        low, high = (under.bid, under.ask) if self._spec.call else (under.ask, under.bid)
        if value is not None and low:
            fair = value(float(low)) * (1.0 - look.share) / look.tick
            bid = max(int(fair - look.edge + 1.0) - 1, 0) * look.tick
        if value is not None and high:
            fair = value(float(high)) * (1.0 + look.share) / look.tick
            ask = (int(fair + look.edge) + 1) * look.tick
        sizes = LOT if bid else 0, LOT if ask else 0
        return Quote(self.con_id, under.time, bid, sizes[0], ask, sizes[1])

    def _value(self, at: Nanos) -> Value | None:
        """The function of the underlying's price: of a day, in the last week of a minute."""
        spec = self._spec
        step = MINUTE if at + LAST_WEEK >= spec.expiry else DAY
        now = at // step * step
        if now not in self._values:
            if len(self._values) >= AGES:
                self._values.clear()
            self._values[now] = self._pricer(max(now, self.begins) if step == DAY else now)
        return self._values[now]

    def _pricer(self, now: Nanos) -> Value | None:
        spec, volatility = self._spec, self.volatility(now)
        if volatility is None:
            return None
        ahead = horizon(now, spec.expiry, rate=spec.rate, dividend=spec.dividend)
        price: Callable[[float], float] = pricer(self._option, volatility, ahead)
        inner, outer = float(spec.underlying_scale), float(spec.scale)
        return lambda spot: price(spot / inner) * outer


class Followers:
    """The followed lines of a world, made when they are first asked about."""

    def __init__(
        self,
        option: Callable[[int], OptionSpec | None],
        line: Callable[[int], QuotedLine | None],
        volatilities: dict[int, float],
    ) -> None:
        """``option`` gives what an option is, ``line`` what a world has written of an instrument,
        ``volatilities`` those that a world has told of options."""
        self._option = option
        self._line = line
        self._told = volatilities
        self._known: dict[int, FollowedLine | None] = {}

    def get(self, con_id: int) -> FollowedLine | None:
        """The line of an option whose underlying a world writes; else None."""
        if con_id not in self._known:
            if len(self._known) >= KEPT:
                self._known.clear()
            self._known[con_id] = self._make(con_id)
        return self._known[con_id]

    def forget(self) -> None:
        """What a world writes has changed."""
        self._known.clear()

    def _make(self, con_id: int) -> FollowedLine | None:
        spec = self._option(con_id)
        under = None if spec is None else self._line(spec.underlying)
        if spec is None or under is None:
            return None
        return FollowedLine(con_id, spec, under, self._told.get(con_id, 0.0))


def _middle(quote: Quote) -> PriceUnits:
    if quote.bid and quote.ask:
        return (quote.bid + quote.ask) // 2
    return quote.bid or quote.ask


def next_after(times: list[Nanos], after: Nanos) -> Nanos | None:
    """The first of some instants, in order, after another."""
    found = bisect_right(times, after)
    return times[found] if found < len(times) else None
