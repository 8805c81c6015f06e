"""The generic ticks of quote lines: what the channel of an instrument and a list of ids tells.

A request with generic ticks has a line here beside the one of its default ticks. What has changed
is told at whole multiples of the quote interval, or of a quarter of a second where lines are told
every tick; only RTVolume follows every trade there.
"""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from functools import partial
from typing import Final

from ...venue.reference.instruments import Instrument
from ...venue.units import Nanos, price_float, size_decimal
from ...versions import VOLUME_TICKS_IN_SHARES
from ...wire.catalogue.market import TickGeneric, TickPrice, TickSize, TickString
from ...wire.message import Farm, Message
from ..sessions.session import Session
from ..sessions.subscriptions import End
from ..timing import Timing
from .channels import NEVER, Channels, Form, Listener, PartedFeed
from .interest_measures import INTEREST_MEASURES
from .measures import BY_DAYS, MEASURES, Facts, InstrumentMoment, LatestTrade, Measure
from .past_days import PastDays
from .quotes import shown_size
from .yield_measures import YIELD_MEASURES

Known = tuple[Measure, ...]
USUAL: Final[Nanos] = 250_000_000
EVERY_MEASURE: Final = MEASURES | INTEREST_MEASURES | YIELD_MEASURES
EVERY_TRADE: Final = frozenset((233, 375))
MOST_REMEMBERED: Final = 1000
"""Instruments whose past days are kept; the oldest go."""


class GenericLine(Listener[Known]):
    """The generic ticks of one reqMktData; its line of default ticks tells why it ends."""

    farm = Farm.MARKET
    events = {End.COMPETING: None, End.DATA_LOST: None}


class GenericFeed(PartedFeed[Known]):
    """The feed of some generic ticks of an instrument."""

    def __init__(
        self,
        facts: Facts,
        entry: Instrument,
        ids: Sequence[int],
        past: PastDays,
        *,
        interval: Nanos,
        delay: Nanos,
    ) -> None:
        """``interval`` 0: at every tick. ``delay`` is how old what is told is."""
        self.steady = bool(interval)
        self._facts = facts
        self._entry = entry
        self._measures = [EVERY_MEASURE[one] for one in ids]
        self._days = max(BY_DAYS.get(one, 0) for one in ids)
        self._past = past
        self._interval = interval
        self._delay = delay

    def due(self, now: Nanos) -> Nanos:
        """The next multiple of the interval, or the next tick of the tape."""
        if self._interval:
            return now - now % self._interval + self._interval
        tick = self._facts.market.next_tick(self._entry.conId, now - self._delay)
        return NEVER if tick is None else tick + self._delay

    def behind(self, told: Known, now: Nanos) -> bool:
        """Whether days of the past are still to be looked up."""
        return self._past.lacks(self._days)

    def news(self, told: Known, now: Nanos) -> tuple[Known, Sequence[Measure]]:
        """What is known now, and what of it is new."""
        now -= self._delay
        self._past.look(now, self._days)
        at = InstrumentMoment(self._facts, self._entry, now, self._past)
        found = tuple(one for measure in self._measures for one in measure(at))
        before = {one.tick: one for one in told}
        return found, [one for one in found if before.get(one.tick) != one]

    def messages(self, items: Sequence[Measure], form: Form) -> list[Message]:
        """The ticks."""
        return list(told_measures(items, self._entry, form.version))


def told_measures(items: Sequence[Measure], entry: Instrument, version: int) -> Iterator[Message]:
    """Measures as ticks without a request id, for a client of a version."""
    for tick, form, value in items:
        if isinstance(value, LatestTrade):
            yield TickString(0, tick, _told_trade(value, entry, version))
        elif isinstance(value, str):
            yield TickString(0, tick, value)
        elif form == "price":
            yield TickPrice(0, tick, price_float(int(value), entry.scale), Decimal(0))
        elif form == "figure":
            yield TickPrice(0, tick, float(value), Decimal(0))
        elif form == "side":
            price = price_float(int(value), entry.scale) if value else -1.0
            yield TickPrice(0, tick, price, Decimal(0))
        elif form == "contracts":
            yield TickSize(0, tick, size_decimal(int(value)))
        elif form == "size":
            size = shown_size(int(value), version, entry, VOLUME_TICKS_IN_SHARES)
            yield TickSize(0, tick, size)
        else:
            yield TickGeneric(0, tick, float(value))


def _told_trade(trade: LatestTrade, entry: Instrument, version: int) -> str:
    """``price;size;time in ms;day's volume;its average price;by one market maker``."""
    size, volume = (
        shown_size(units, version, entry, VOLUME_TICKS_IN_SHARES)
        for units in (trade.size, trade.volume)
    )
    average = price_float(trade.average, entry.scale)
    price = price_float(trade.price, entry.scale)
    return f"{price};{size};{trade.time // 1_000_000};{volume};{average};true"


class GenericTicks:
    """The generic ticks of a station's lines."""

    def __init__(
        self, facts: Facts, flows: Callable[[Farm], bool], interval_ms: int, timing: Timing
    ) -> None:
        """``flows`` says whether a farm is there; ``interval_ms`` 0: at every tick."""
        self._facts = facts
        self._interval: Nanos = interval_ms * 1_000_000
        self._timing = timing
        self._channels = Channels(flows, timing)
        self._past: dict[tuple[int, Nanos], PastDays] = {}
        self.alarm = self._channels.alarm

    def follow(
        self,
        request_id: int,
        session: Session,
        entry: Instrument,
        ids: tuple[int, ...],
        *,
        delay: Nanos = 0,
    ) -> None:
        """Tell what is known of these ids and what changes, as long as the session has the line."""
        interval = self._interval or (USUAL if EVERY_TRADE.isdisjoint(ids) else 0)
        past = self._past_of(entry, delay)
        make = partial(GenericFeed, self._facts, entry, ids, past, interval=interval, delay=delay)
        line = GenericLine(request_id, session, Form(session.version), ())
        self._channels.follow((entry.conId, ids, delay), make, line, show=True)

    def _past_of(self, entry: Instrument, delay: Nanos) -> PastDays:
        key = entry.conId, delay
        found = self._past.get(key)
        if found is None:
            if len(self._past) >= MOST_REMEMBERED:
                del self._past[next(iter(self._past))]
            found = self._past[key] = PastDays(self._facts.market, entry, self._measured)
        return found

    def _measured(self) -> Nanos:
        return self._timing.stopwatch()
