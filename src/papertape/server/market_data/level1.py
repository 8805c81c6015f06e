"""Quote lines and snapshots: what the channel of an instrument tells of its quotes.

A line is sampled: at whole multiples of an interval it is told the latest state only, or, where
the interval is 0, what every tick changed. It begins with the present state. A snapshot is the
present state once, so nobody stays on its channel.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice, takewhile
from typing import Any, Final, NamedTuple

from ...venue.market.port import MarketSource
from ...venue.market.source import Print, Quote
from ...venue.reference.instruments import Instrument
from ...venue.reference.securities import Combination
from ...venue.units import SECOND, Nanos
from ...versions import MAX_SERVER
from ...wire.batch import RowFrames, SharedFrames
from ...wire.message import Farm, Message
from ..config import Config
from ..sessions.session import Session
from ..settings import StationSettings
from ..timing import Timing
from .channels import NEVER, Channel, ChannelFeed, Channels, Form, Listener, PartedFeed
from .net_quotes import QuoteSource, quoted_in
from .open_hours import OpenHours
from .past_ticks import LINE_PIECE, ROWS_PIECE
from .quote_rows import LineWriter, TickRun
from .quote_venues import QuoteVenues
from .quotes import Delivery, QuoteLine, Reached, Shown, Ticks, closed, shown

MOST_PICTURES = 1000
"""Instruments whose snapshots are kept encoded; the oldest go."""
LOTS = "sendMarketDataInLotsForUsStocks"


class QuoteChange(NamedTuple):
    """From what a line knows to the present state."""

    before: Shown | None
    now: Shown


NET_INTERVAL: Final[Nanos] = 50_000_000
"""How often a combination is looked at where other lines tell every tick."""


def next_news(
    market: QuoteSource, con_id: int, hours: OpenHours, delay: Nanos, now: Nanos
) -> Nanos:
    """The next tick of a tape, or the end of the session, as it is told so much later."""
    then = now - delay
    tick = market.next_tick(con_id, then)
    found = NEVER if tick is None else tick
    return (min(found, hours.closes) if hours.open(then) else found) + delay


class SampledQuotes:
    """The feed of an instrument's quotes at an interval."""

    steady = True

    def __init__(
        self,
        market: QuoteSource,
        entry: Instrument,
        interval: Nanos,
        delivery: Delivery,
        lots: Callable[[], bool],
        timing: Timing,
        venue: str = "",
    ) -> None:
        """``lots`` says whether sizes of US stocks count round lots, ``venue`` which exchange the
        lines are directed at."""
        self._timing = timing
        self._hours = OpenHours(market, entry.conId)
        self._delivery = delivery
        self._market = market
        self._entry = entry
        self._venues = QuoteVenues(entry, venue)
        self._interval = interval
        self._lots = lots
        self._state: Shown | None = None
        """What was found last, and when."""
        self._at: Nanos = -1

    def due(self, now: Nanos) -> Nanos:
        """The next multiple of the interval; while time jumps, the next at which there may be
        news, so that ``Channels.look_again`` is needed when the tape is written on."""
        due = now - now % self._interval + self._interval
        if not self._timing.leaping:
            return due
        first = next_news(self._market, self._entry.conId, self._hours, self._delivery.delay, now)
        return NEVER if first >= NEVER else max(due, -(-first // self._interval) * self._interval)

    def news(self, told: Shown | None, now: Nanos) -> tuple[Shown, Sequence[QuoteChange]]:
        """What changed; everything that is known to who knows nothing."""
        state = self._state
        if state is None or now != self._at:
            found = _state(self._market, self._entry, now, self._delivery, self._hours)
            if found != state:
                state = self._state = found
            self._at = now
        assert state is not None
        return state, () if told == state else (QuoteChange(told, state),)

    def messages(self, items: Sequence[QuoteChange], form: Form) -> list[Message]:
        """The ticks of what changed."""
        late = bool(self._delivery.delay)
        ticks = Ticks(
            0, self._entry, form.version, lots=self._lots(), late=late, venues=self._venues
        )
        return [tick for item in items for tick in ticks.between(item.before, item.now)]


LineChange = QuoteChange | TickRun


class EveryTick(PartedFeed[Reached | None]):
    """The feed of an instrument's quotes at every tick: nothing is sampled, however late it is."""

    steady = False

    def __init__(
        self,
        market: MarketSource,
        entry: Instrument,
        delivery: Delivery,
        lots: Callable[[], bool],
        venue: str = "",
    ) -> None:
        """``lots`` says whether sizes of US stocks count round lots, ``venue`` which exchange the
        lines are directed at."""
        self._rows: dict[tuple[int, bool], LineWriter] = {}
        """What writes ticks, by version and whether sizes count lots."""
        self._hours = OpenHours(market, entry.conId)
        self._delivery = delivery
        self._market = market
        self._entry = entry
        self._venues = QuoteVenues(entry, venue)
        self._lots = lots
        self._piece = ROWS_PIECE if self._ticks(MAX_SERVER).plain else LINE_PIECE

    def due(self, now: Nanos) -> Nanos:
        """The next tick of the tape, or the end of the session."""
        return next_news(self._market, self._entry.conId, self._hours, self._delivery.delay, now)

    def behind(self, told: Reached | None, now: Nanos) -> bool:
        """Whether ``now`` has not been reached."""
        return told is None or told.at < now

    def news(self, told: Reached | None, now: Nanos) -> tuple[Reached, Sequence[LineChange]]:
        """What each tick since ``told`` changed, some hundred at a time; everything that is
        known to who knows nothing."""
        if told is None:
            state = self._state(now)
            return Reached(state, now), (QuoteChange(None, state),)
        delay, con_id = self._delivery.delay, self._entry.conId
        after, then = told.at - delay, now - delay
        is_open = self._hours.open(after)
        limit = min(then, self._hours.until - 1) if is_open else after
        if limit <= after:  # another session begins, or the market closes
            return self._next_session(told, then)
        rest = self._market.ticks(con_id, after, limit)
        ticks = list(islice(rest, self._piece))
        upto = limit
        if len(ticks) == self._piece:
            upto = ticks[-1].time
            ticks += takewhile(lambda tick: tick.time == upto, rest)
        if not ticks:
            return Reached(told.state, upto + delay), ()
        state = self._state(upto + delay)
        return Reached(state, upto + delay), (TickRun(told.state, ticks, state),)

    def messages(self, items: Sequence[LineChange], form: Form) -> list[Message]:
        """The ticks of what changed."""
        ticks, found = self._ticks(form.version), list[Message]()
        for item in items:
            changes = steps(*item) if isinstance(item, TickRun) else (item,)
            for one in changes:
                found += ticks.between(one.before, one.now)
        return found

    def encoded(self, items: Sequence[LineChange], form: Form) -> SharedFrames | None:
        """The ticks of a run, written without messages where that can be."""
        key = form.version, self._lots()
        rows = self._rows.get(key)
        if rows is None:
            late, ticks = bool(self._delivery.delay), self._ticks(form.version)
            rows = self._rows[key] = LineWriter(ticks, self._entry, form.version, late=late)
        if not rows.serves or any(type(item) is not TickRun for item in items):
            return None
        runs = [run for item in items if isinstance(item, TickRun) for run in rows.runs(item)]
        return RowFrames(runs, lambda: self.messages(items, form))

    def _ticks(self, version: int) -> Ticks:
        late = bool(self._delivery.delay)
        return Ticks(0, self._entry, version, lots=self._lots(), late=late, venues=self._venues)

    def _state(self, now: Nanos) -> Shown:
        return _state(self._market, self._entry, now, self._delivery, self._hours)

    def _next_session(self, told: Reached, then: Nanos) -> tuple[Reached, Sequence[QuoteChange]]:
        """The state when the session ends, or at the first tick of the next one."""
        delay = self._delivery.delay
        after = told.at - delay
        tick = self._market.next_tick(self._entry.conId, after)
        found = then if tick is None else min(tick, then)
        if self._hours.open(after):
            found = min(found, max(self._hours.closes, after + 1))
        state = self._state(found + delay)
        items = () if state == told.state else (QuoteChange(told.state, state),)
        return Reached(state, found + delay), items


def steps(before: Shown, ticks: Iterable[Quote | Print], after: Shown) -> Iterator[QuoteChange]:
    """What each tick of a session changed, from one state to another; the last change leads to
    ``after``, which has all that ticks do not tell."""
    (bid, bid_size, ask, ask_size, last, last_size, volume, high, low, close, opened, seconds,
     kind, halted, venue) = before  # fmt: skip
    state = before
    for tick in ticks:
        if type(tick) is Quote:
            bid, bid_size, ask, ask_size = tick.bid, tick.bidSize, tick.ask, tick.askSize
        else:
            assert type(tick) is Print
            last, last_size, seconds = tick.price, tick.size, tick.time // SECOND
            venue = tick.exchange
            volume += last_size
            high, low, opened = max(high, last), min(low or last, last), opened or last
        now = Shown(bid, bid_size, ask, ask_size, last, last_size, volume, high, low, close,
                    opened, seconds, kind, halted, venue)  # fmt: skip
        if now != state:
            yield QuoteChange(state, now)
            state = now
    if state != after:
        yield QuoteChange(state, after)


def _state(
    market: QuoteSource, entry: Instrument, now: Nanos, delivery: Delivery, hours: OpenHours
) -> Shown:
    """What is delivered of an instrument at an instant."""
    con_id, now = entry.conId, now - delivery.delay
    kind = Delivery(delay=delivery.delay).kind(is_open=True)
    found = shown(market.quote(con_id, now), market.day(con_id, now), kind)
    return found if hours.open(now) else closed(found, frozen=delivery.frozen)


class Picture(NamedTuple):
    """What a snapshot tells: the state, and the second of the latest quote."""

    state: Shown
    quoted: int


class Pictures:
    """The feed of an instrument's snapshots; never due, as nobody waits for the next one."""

    steady = True

    def __init__(
        self,
        market: QuoteSource,
        entry: Instrument,
        delivery: Delivery,
        lots: Callable[[], bool],
    ) -> None:
        self._market = market
        self._hours = OpenHours(market, entry.conId)
        self._delivery = delivery
        self._entry = entry
        self._venues = QuoteVenues(entry)
        self._lots = lots

    def due(self, now: Nanos) -> Nanos:
        """Never."""
        return NEVER

    def news(self, told: Picture | None, now: Nanos) -> tuple[Picture, Sequence[Picture]]:
        """The present state."""
        state = _state(self._market, self._entry, now, self._delivery, self._hours)
        quote = self._market.quote(self._entry.conId, now - self._delivery.delay)
        picture = Picture(state, quote.time // SECOND)
        return picture, () if told == picture else (picture,)

    def messages(self, items: Sequence[Picture], form: Form) -> list[Message]:
        """The ticks of a snapshot."""
        late = bool(self._delivery.delay)
        ticks = Ticks(
            0, self._entry, form.version, lots=self._lots(), late=late, venues=self._venues
        )
        return [tick for item in items for tick in ticks.snapshot(item.state, item.quoted)]


class Level1:
    """The quotes of a station: who follows which, and their steps."""

    def __init__(
        self,
        market: MarketSource,
        flows: Callable[[Farm], bool],
        settings: StationSettings,
        config: Config,
        timing: Timing,
    ) -> None:
        """``flows`` says whether a farm is there."""
        self._market = market
        self._config = config
        self._timing = timing
        self._interval: Nanos = settings.quote_interval_ms * 1_000_000
        self.channels = Channels(flows, timing)
        self._pictures: dict[tuple[int, Delivery], Channel[Picture | None, Picture]] = {}
        """The channels of snapshots, by instrument."""
        config.watch(LOTS, self._encode_anew)
        self.alarm = self.channels.alarm
        self.next_due = self.channels.next_due

    def open(self, line: QuoteLine) -> None:
        """Begin a line: tell the known state, then what changes. Raises what the market raises."""
        if not line.default:
            line.session.subscriptions.add(line)
            return
        entry = line.instrument
        interval, lots = self._interval, self._in_lots
        if isinstance(entry, Combination):  # it has a tape of no kind
            interval = interval or NET_INTERVAL
        market = quoted_in(self._market, entry)
        make: Callable[[], ChannelFeed[Any, Any]] = (
            partial(
                SampledQuotes, market, entry, interval, line.delivery, lots, self._timing,
                line.venue,
            )
            if interval
            else partial(EveryTick, self._market, entry, line.delivery, lots, line.venue)
        )  # fmt: skip
        self.channels.follow((entry.conId, line.delivery, line.venue), make, line, show=True)

    def snapshot(
        self, request_id: int, session: Session, entry: Instrument, delivery: Delivery
    ) -> None:
        """Send the present state as a snapshot has it. Raises what the market raises."""
        key = entry.conId, delivery
        channel = self._pictures.get(key)
        if channel is None:
            if len(self._pictures) >= MOST_PICTURES:
                del self._pictures[next(iter(self._pictures))]
            feed = Pictures(quoted_in(self._market, entry), entry, delivery, self._in_lots)
            channel = self._pictures[key] = Channel(feed, self._timing.now)
        form = Form(session.version)
        once: Listener[Picture | None] = Listener(request_id, session, form, None)
        channel.show(once, self._timing.now)

    def delivered(self, entry: Instrument, delivery: Delivery) -> int:
        """The type of the data that a request for quotes gets now."""
        hours = OpenHours(quoted_in(self._market, entry), entry.conId)
        return delivery.kind(is_open=hours.open(self._timing.now - delivery.delay))

    def _in_lots(self) -> bool:
        return bool(self._config.settings.sendMarketDataInLotsForUsStocks)

    def _encode_anew(self, _: object) -> None:
        self.channels.encode_anew()
        self._pictures.clear()
