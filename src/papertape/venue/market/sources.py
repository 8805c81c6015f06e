"""What plays on the tape of each instrument, put together when it is first asked about.

Ten thousand instruments are ten thousand names until then: a specification is looked up by conId
and never before, so a catalogue may make them as they are asked for. An instrument that derives
from another plays on that one's days.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import lru_cache, partial
from types import MappingProxyType
from typing import Protocol, runtime_checkable

from msgspec.structs import replace

from ..reference.calendars import Calendar
from ..reference.times import EASTERN
from ..units import DAY, MINUTE, Nanos, PriceUnits, SizeUnits
from .currencies import DOLLAR, VALUES, PairDays, PairSpec, rhythm, seed_of
from .days import Caches
from .derived import DerivedDays
from .divided import DividedDays
from .extended import ExtendedDays
from .indices import IndexDays, IndexSpec
from .kinds import (
    BondLine,
    BondSpec,
    FutureLine,
    FutureSpec,
    OptionLine,
    OptionSpec,
    bond_yield,
)
from .layout import Laps, Layout, SessionDays, moment, played
from .nights import NightWalk, night_walk
from .noise import mix
from .options.horizon import Horizon
from .options.model import YEAR
from .options.surface import YEARLY, Surface
from .own_hours import OwnHours
from .recorded import RecordedDays, Recording
from .synthetic import Factors, SyntheticDay, SyntheticDays, SyntheticSpec
from .timeline import DaySource, Tape
from .walks import STEPS, Walk, Way

Spec = SyntheticSpec | PairSpec | IndexSpec | OptionSpec | FutureSpec | BondSpec
NO_CALENDARS: Mapping[int, Calendar] = MappingProxyType({})
USUAL = 0.015
"""The volatility of a day where nothing tells it."""
AHEAD = Horizon(30 / 365)
"""The time to the expiry of an option at the money that stands for all on its underlying."""


@runtime_checkable
class Unquoted(Protocol):
    """Specifications that know options whose underlying has no price of its own."""

    def option(self, con_id: int) -> OptionSpec | None:
        """The specification of such an option."""


class Sources:
    """The instruments of a market, by conId. A number under zero is a tape that others derive from
    and nobody trades, such as a yield."""

    def __init__(
        self,
        anchor: Nanos,
        recordings: Iterable[Recording],
        specs: Mapping[int, Spec],
        *,
        seed: int,
        calendars: Mapping[int, Calendar] = NO_CALENDARS,
    ) -> None:
        self._anchor = anchor
        self._recorded = {recording.conId: recording for recording in recordings}
        self._specs = specs
        self._seed = seed
        self._calendars = calendars
        self._caches = Caches()
        self._factors = Factors(seed)
        self._made: dict[int, tuple[DaySource, Layout]] = {}
        self._shown: dict[int, tuple[DaySource, Layout]] = {}
        """What is played: of what is made, with the hours around the regular session."""
        self._market_nights = lru_cache(None)(self._nights)
        self._making: list[int] = []
        self._tapes: dict[int, Tape] = {}
        self._options: dict[int, OptionLine] = {}
        self._apart: dict[tuple[int, Calendar], tuple[DaySource, Layout]] = {}
        """The days of what sleeps while others on it do not, in their hours."""
        self._recordings: dict[int, RecordedDays] = {}
        for con_id, recording in self._recorded.items():
            seeded = mix(seed, con_id)
            self._recordings[con_id] = RecordedDays(
                recording,
                seeded,
                caches=self._caches,
                like=partial(self._like, con_id),
                factors=self._factors,
                nightly=con_id in calendars,
            )
        self._way = lru_cache(None)(self._valued)
        self._sessions = lru_cache(None)(self._laid)

    def __contains__(self, con_id: int) -> bool:
        return con_id in self._recorded or con_id in self._specs

    def __iter__(self) -> Iterator[int]:
        yield from self._recorded
        yield from (con_id for con_id in self._specs if con_id > 0 and con_id not in self._recorded)

    def tape(self, con_id: int) -> Tape:
        """One instrument's tape. Raises ``KeyError`` for one that there is not, ``ValueError`` for
        one that derives from itself."""
        found = self._tapes.get(con_id)
        if found is None:
            found = self._tapes[con_id] = Tape(con_id, *self._played(con_id))
        return found

    def unloaded(self, first: Collection[int]) -> list[tuple[int, RecordedDays]]:
        """The instruments whose recordings have not been read, ``first`` those named."""
        found = [pair for pair in self._recordings.items() if not pair[1].loaded]
        return sorted(found, key=lambda pair: pair[0] not in first)

    def divided(self, con_id: int) -> DividedDays | None:
        """The days of a recorded instrument with what happens to its shares; else None."""
        if con_id not in self._recorded:
            return None
        source = self._of(con_id)[0]
        assert isinstance(source, DividedDays)
        return source

    def recorded(self, con_id: int) -> RecordedDays | None:
        """The recorded days of an instrument; None for one without a recording."""
        return self._recordings.get(con_id)

    def step(self, con_id: int) -> tuple[PriceUnits, SizeUnits]:
        """The steps of an instrument's book: of its prices, and a usual size, which of
        a recorded one is what it would have without its recording."""
        source, like = self._of(con_id)[0], self._like(con_id)
        return source.tick, source.unit if like is None else like.style.unit

    def seed_of(self, con_id: int) -> int:
        """The seed of an instrument's book."""
        return mix(self._seed, con_id, 51)

    def volatility(self, con_id: int, now: Nanos) -> float | None:
        """The yearly volatility at which the tape prices an option, or one at the money in 30 days
        on anything else. None after the expiry, and of bonds.

        Raises what ``tape`` raises.
        """
        spec = self._specs.get(con_id)
        kept = con_id in self._made or con_id in self._recordings
        if not kept and isinstance(spec, SyntheticSpec):
            source, layout = self._make(con_id)  # not kept: scans look at thousands
        else:
            source, layout = self._of(con_id)
        number = layout.number(now)
        if isinstance(spec, BondSpec):
            return None
        line = self._options.get(con_id)
        if line is not None:
            return line.volatility(number, played(layout, number, now) // MINUTE)
        surface = Surface(self._usual(con_id) * YEARLY)
        return surface.volatility(1.0, 1.0, AHEAD, wild=_wild(source)(number))

    def bond_yield(self, con_id: int, now: Nanos, price: PriceUnits) -> float | None:
        """The yearly yield of a bond at a price; None of anything else, and at its end.

        It is that of the day: within one a bond does not age. Raises what ``tape`` raises.
        """
        layout = self._of(con_id)[1]
        spec = self._specs.get(con_id)
        if not isinstance(spec, BondSpec):
            return None
        years = (spec.maturity - layout.start(layout.number(now))) / YEAR
        return bond_yield(spec, years, price / spec.scale) if years > 0.0 else None

    def passing(self, con_id: int) -> tuple[DaySource, Layout]:
        """What plays on an instrument's tape, which is not kept for the look. Raises as ``tape``
        does."""
        if con_id in self._made or con_id in self._recorded:
            return self._played(con_id)
        alone = isinstance(self._specs[con_id], SyntheticSpec)
        return self._around(con_id, *self._make(con_id)) if alone else self._of(con_id)

    def option(self, con_id: int) -> OptionSpec | None:
        """What an option is, with its volatility; None of anything else. Its underlying may be
        without a tape."""
        spec = self._specs.get(con_id)
        if spec is None and isinstance(self._specs, Unquoted):
            spec = self._specs.option(con_id)
        if not isinstance(spec, OptionSpec):
            return None
        return replace(spec, volatility=spec.volatility or self.usual(spec.underlying))

    def usual(self, con_id: int) -> float:
        """The volatility of an instrument's day, as a fraction of its price."""
        return self._usual(con_id) if con_id in self._specs else USUAL

    def extended(self, con_id: int) -> bool:
        """Whether an instrument has synthetic hours around its regular session."""
        return isinstance(self._played(con_id)[0], ExtendedDays)

    def minuted(self, con_id: int) -> bool:
        """Whether the bar of an instrument's day takes its minutes."""
        return not isinstance(self._played(con_id)[0], SyntheticDays | ExtendedDays)

    def _played(self, con_id: int) -> tuple[DaySource, Layout]:
        """What plays on an instrument's own tape; what follows it follows what is made."""
        found = self._shown.get(con_id)
        if found is None:
            found = self._shown[con_id] = self._around(con_id, *self._of(con_id))
        return found

    def _around(self, con_id: int, source: DaySource, layout: Layout) -> tuple[DaySource, Layout]:
        """The same with the hours around its regular session, if its exchange has such and no
        recording tells what they are like."""
        calendar, spec = self._calendars.get(con_id), self._specs.get(con_id)
        if con_id < 0 or calendar is None or not isinstance(spec, SyntheticSpec):
            return source, layout
        hours, recorded = calendar.hours, self._recordings.get(con_id)
        before, after = hours.begins - hours.opens, hours.ends - hours.closes
        plain = hours.pauses or before % STEPS or after % STEPS or not before + after
        if plain or source.length != calendar.regular or not spec.style.trades:
            return source, layout
        if recorded is not None:
            if not recorded.brought:
                return source, layout
            spec = replace(spec, style=recorded.style)
        days = ExtendedDays(
            source,
            spec,
            mix(self._seed, con_id),
            closes=lambda number: layout.span(number) // MINUTE,
            before=before,
            after=after,
            market=self._market_nights(calendar) if spec.beta else None,
            caches=self._caches,
        )
        return days, self._sessions(days.length, calendar, False)

    def _nights(self, calendar: Calendar) -> NightWalk:
        """The nights of the market that instruments of a calendar share."""
        hours, walk = calendar.hours, self._factors.market(calendar.regular, True)
        after, before = hours.ends - hours.closes, hours.begins - hours.opens
        return night_walk(walk, after=after // STEPS, before=before // STEPS)

    def _of(self, con_id: int) -> tuple[DaySource, Layout]:
        found = self._made.get(con_id)
        if found is None:
            if con_id in self._making:
                raise ValueError(f"{con_id} derives from itself: {self._making}")
            self._making.append(con_id)
            try:
                found = self._made[con_id] = self._make(con_id)
            finally:
                self._making.pop()
        return found

    def _make(self, con_id: int) -> tuple[DaySource, Layout]:
        recorded = self._recordings.get(con_id)
        if recorded is not None:
            layout, hours = self._layout(con_id, recorded.length), self._calendars.get(con_id)
            zone = EASTERN if hours is None else hours.zone
            return DividedDays(con_id, recorded, layout, zone, self._caches), layout
        spec, seed = self._specs[con_id], mix(self._seed, con_id)
        if isinstance(spec, OptionSpec | FutureSpec | BondSpec):
            return self._derived(con_id, spec, seed)
        if isinstance(spec, IndexSpec):
            members = [(self._of(one)[0], weight) for one, weight in spec.members]
            index = IndexDays(spec, members, seed, caches=self._caches)
            return index, self._layout(con_id, spec.length)
        if isinstance(spec, PairSpec):
            nightly = con_id in self._calendars
            ways = (self._way(spec.base, nightly), self._way(spec.quote, nightly))
            pair = PairDays(spec, ways, self._seed, caches=self._caches)
            return pair, self._layout(con_id, spec.length)
        days = SyntheticDays(
            spec,
            seed,
            caches=self._caches,
            nightly=con_id in self._calendars,
            factors=self._factors,
        )
        return days, self._layout(con_id, spec.length)

    def _layout(self, con_id: int, length: Nanos) -> Layout:
        calendar = self._calendars.get(con_id)
        if calendar is None:
            return Laps(self._anchor, length)
        return self._sessions(length, calendar, con_id in self._recordings)

    def _laid(self, length: Nanos, calendar: Calendar, through: bool) -> Layout:
        """The layout of days in the sessions of a calendar, which all that have it share."""
        return SessionDays(self._anchor, length, calendar, through=through)

    def _derived(
        self, con_id: int, spec: OptionSpec | FutureSpec | BondSpec, seed: int
    ) -> tuple[DaySource, Layout]:
        """A derived instrument on the days of its underlying."""
        under, layout = self._kept_by(con_id, spec)
        line: OptionLine | FutureLine | BondLine
        if isinstance(spec, OptionSpec):
            line = self._options[con_id] = OptionLine(
                spec,
                layout.start,
                moment=partial(moment, layout),
                opened=self._opened(under, spec.underlying),
                usual=self._usual(spec.underlying),
                wild=_wild(under),
            )
        elif isinstance(spec, FutureSpec):
            line = FutureLine(spec, layout.start)
        else:
            line = BondLine(spec, layout.start)
        return DerivedDays(under, line, seed, caches=self._caches), layout

    def _kept_by(
        self, con_id: int, spec: OptionSpec | FutureSpec | BondSpec
    ) -> tuple[DaySource, Layout]:
        """The days that a derived instrument plays on: its underlying's, in hours of its own if it
        keeps such. A recorded underlying's hours are kept by all."""
        under, on = spec.underlying, self._of(spec.underlying)
        hours = self._calendars.get(con_id)
        if isinstance(spec, BondSpec) or not spec.apart or hours is None:
            return on
        length = min(hours.hours.traded(hours.hours.opens, hours.hours.ends) * MINUTE, DAY)
        same = hours is self._calendars.get(under) and length == on[0].length
        if same or under in self._recordings:
            return on
        found = self._apart.get((under, hours))
        if found is None:
            layout = self._layout(con_id, length)
            days = OwnHours(
                *on,
                layout,
                length,
                seed=mix(self._seed, under, 23),
                volatility=self._usual(under),
                caches=self._caches,
            )
            found = self._apart[under, hours] = (days, layout)
        return found

    def _opened(self, source: DaySource, con_id: int) -> Callable[[int], float]:
        """What the days of an instrument open at; kept, for its many options ask for it."""
        opens = self._caches.opens

        def opened(number: int) -> PriceUnits:
            day = source.day(number)
            return day.steps(0)[0] if isinstance(day, SyntheticDay) else day.block(0).bid[0]

        key = (con_id, source.length)
        return lambda number: float(opens.get((key, number), lambda: opened(number)))

    def _like(self, con_id: int) -> SyntheticSpec | None:
        """What the tape of a recorded instrument would be made from without its recording."""
        spec = self._specs.get(con_id)
        return spec if isinstance(spec, SyntheticSpec) else None

    def _usual(self, con_id: int) -> float:
        """The volatility of an instrument's day."""
        spec = self._specs.get(con_id)
        if isinstance(spec, SyntheticSpec | IndexSpec):
            return spec.volatility
        if isinstance(spec, PairSpec):
            return max(VALUES[code][1] for code in (spec.base, spec.quote) if code != DOLLAR)
        return self._usual(spec.underlying) if isinstance(spec, FutureSpec) else USUAL

    def _valued(self, code: str, nightly: bool) -> Way | None:
        """The way of a currency's value in dollars; None of the dollar's own."""
        if code == DOLLAR:
            return None
        value, volatility = VALUES[code]
        walk = Walk(
            seed_of(self._seed, code),
            volatility,
            profile=rhythm(),
            nights=lambda number: nightly or number <= 0,
        )
        return Way(value, 0, walk)


def _wild(source: DaySource) -> Callable[[int], float]:
    """How lively the days of a source are, where it knows."""
    return source.way.wild if isinstance(source, SyntheticDays) else lambda number: 1.0
