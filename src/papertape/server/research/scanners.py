"""Scanner subscriptions: the stocks of a location ranked by the station's own market.

The result comes whole, first as soon as every stock of the location has been looked at, then every
half a minute until it is cancelled, as TWS sends it. Looking takes a fifth of a millisecond a
stock or more, so the work is cut into slices between which others are served, and what was found
is kept for its half hour: a later scan of the same stocks is a matter of milliseconds.
"""

from collections.abc import Callable, Iterator
from heapq import heappush, heapreplace
from typing import Final, NamedTuple

from ...model import ScanData
from ...venue.market.interest import option_interest, optioned, parted, usually_optioned
from ...venue.market.port import MarketSource
from ...venue.market.returns import RETURNS, yearly_volatility
from ...venue.market.source import Glimpse
from ...venue.reference.instruments import Instrument, Instruments, contract_of
from ...venue.units import MINUTE, Nanos
from ...wire.catalogue.scanner import ScannerData
from ...wire.message import Farm
from ..sessions.attempt import attempt
from ..sessions.registry import Sessions
from ..sessions.session import Session
from ..sessions.subscriptions import HISTORY_EVENTS, Subscription
from ..timing import Timing, Wakeup
from .scans import OptionFigures, Scan, ScanFigures

MOST_SCANS: Final = 10
"""Scanner subscriptions of one client, as TWS allows."""
REPEATED_S: Final = 30.0
SLICE: Final[Nanos] = 2_000_000
"""How long is worked on scanners before others have a turn. A single step takes a part of it."""
KEPT_PLACES: Final = 256
"""Different places and kinds of stock whose listings are kept."""


class ScanSubscription(Subscription):
    """reqScannerSubscription."""

    __slots__ = ("due", "scan")

    farm = Farm.HISTORY
    events = HISTORY_EVENTS

    def __init__(self, request_id: int, scan: Scan) -> None:
        super().__init__(request_id)
        self.scan = scan
        self.due: Nanos = 0

    def renew(self) -> None:
        """Its farm is back: the next result comes at once."""
        self.due = 0


class OptionedDay(NamedTuple):
    """What is known of the options on an instrument for half an hour of a trading day."""

    begins: Nanos
    until: Nanos
    implied: float | None
    historical: float | None

    def on(self, one: ScanFigures) -> ScanFigures:
        """The figures of an instrument with those of its options."""
        con_id = one.entry.conId
        both = parted(con_id, self.begins, optioned(con_id, self.begins, one.volume))
        usual = usually_optioned(con_id, one.usual_volume)
        return one._replace(
            options=OptionFigures(
                both.calls, both.puts, usual, option_interest(con_id, self.begins, usual),
                self.implied, self.historical,
            )
        )  # fmt: skip


class ScanJob:
    """A scan that is being worked out, and who waits for it."""

    def __init__(self, work: Iterator[None]) -> None:
        self.work = work
        self.rows: list[ScanData] = []
        self.waiting: list[tuple[Session, ScanSubscription]] = []


class Scanners:
    """The scanner subscriptions of a station."""

    def __init__(
        self,
        market: MarketSource,
        instruments: Instruments,
        sessions: Sessions,
        flows: Callable[[Farm], bool],
        timing: Timing,
    ) -> None:
        """``flows`` says whether a farm is there."""
        self._market = market
        self._instruments = instruments
        self._sessions = sessions
        self._flows = flows
        self._timing = timing
        self._stocks: list[Instrument] | None = None
        self._edition = 0
        """Counts how often the stocks became more."""
        self._places: dict[object, list[Instrument]] = {}
        self._kept: dict[int, Glimpse | None] = {}
        self._days: dict[int, OptionedDay] = {}
        self._until: dict[int, Nanos] = {}
        """When what is kept has to be looked at again."""
        self._jobs: dict[Scan, ScanJob] = {}
        self.alarm = Wakeup(self.next_due, self.step)

    def forget(self) -> None:
        """Collect the stocks anew for the next scan: there are more."""
        self._edition += 1
        self._stocks = None
        self._places.clear()

    def follow(self, session: Session, one: ScanSubscription) -> None:
        """Begin a subscription."""
        one.due = self._timing.now
        session.subscriptions.add(one)
        self.alarm.changed()

    def ranked(self, scan: Scan, now: Nanos) -> Iterator[list[ScanData] | None]:
        """The rows of a scan that nobody has subscribed to: None for each pause in which others
        can have a turn, then the rows."""
        job = ScanJob(iter(()))
        for _ in self._rank(scan, job, now):
            yield None
        yield job.rows

    def next_due(self) -> Nanos | None:
        """Now while a scan is being worked out; else when the next one begins."""
        if self._jobs:
            return self._timing.now
        if not self._flows(Farm.HISTORY):
            return None  # its return brings this up again
        return min((one.due for _, one in self._ready()), default=None)

    def step(self, now: Nanos) -> None:
        """Begin what is due, and work for a slice of time, a stock of each scan in turn."""
        if self._flows(Farm.HISTORY):
            for session, one in self._ready():
                if one.due <= now:
                    self._begin(session, one, now)
        watch = self._timing.stopwatch
        end = watch() + SLICE
        while self._jobs:
            for scan, job in list(self._jobs.items()):
                self._advance(scan, job)
                if watch() >= end:
                    return

    def _ready(self) -> Iterator[tuple[Session, ScanSubscription]]:
        for session in self._sessions:
            if not session.paused:
                for one in session.subscriptions.of(ScanSubscription).values():
                    yield session, one

    def _begin(self, session: Session, one: ScanSubscription, now: Nanos) -> None:
        job = self._jobs.get(one.scan)
        if job is None:
            job = self._jobs[one.scan] = ScanJob(iter(()))
            job.work = self._rank(one.scan, job, now)
        job.waiting.append((session, one))
        one.due = max(self._timing.until(REPEATED_S), now + 1)

    def _advance(self, scan: Scan, job: ScanJob) -> None:
        """A step of a scan; after the last one its rows go out."""
        job.waiting = [pair for pair in job.waiting if pair[0].subscriptions.has(pair[1])]
        if not job.waiting:
            del self._jobs[scan]
            return
        session, one = job.waiting[0]

        def work() -> None:
            if next(job.work, self) is self:
                del self._jobs[scan]
                for session, one in job.waiting:
                    _send(session, one, job.rows)

        if not attempt(session, one.request_id, "scanner", work):
            self._jobs.pop(scan, None)
            for session, one in job.waiting:
                session.subscriptions.remove(ScanSubscription, one.request_id)

    def _rank(self, scan: Scan, job: ScanJob, now: Nanos) -> Iterator[None]:
        """The best of the stocks that a scan covers, at the last whole minute."""
        at = now // MINUTE * MINUTE
        best: list[tuple[float, int, Instrument]] = []
        stocks = self._covered(scan)
        while (found := next(stocks, None)) is None:
            yield
        for place, entry in enumerate(found):
            if self._until.get(entry.conId, 0) <= at:
                self._look(entry, at)
                yield
            elif place % 16 == 0:
                yield
            glimpse = self._kept[entry.conId]
            if glimpse is None:
                continue
            figures = _figures(entry, glimpse, at)
            if scan.options and self._has_options(entry):
                if entry.conId not in self._days or self._days[entry.conId].until <= at:
                    self._look_at_days(entry, glimpse, at)
                    yield
                figures = self._days[entry.conId].on(figures)
            score = scan.score(figures)
            if score is None:
                continue
            ranked = score, -place, entry  # of equals the first of the list is the better one
            if len(best) < scan.rows:
                heappush(best, ranked)
            elif ranked > best[0]:
                heapreplace(best, ranked)
        winners = [entry for _, _, entry in sorted(best, reverse=True)]
        job.rows = [_row(rank, entry) for rank, entry in enumerate(winners)]

    def _covered(self, scan: Scan) -> Iterator[list[Instrument] | None]:
        """The stocks that a scan looks at; None while they are being collected."""
        edition, stocks = self._edition, self._stocks
        if stocks is None:
            stocks = []
            for place, entry in enumerate(self._instruments.everything()):
                if entry.secType == "STK":
                    stocks.append(entry)
                if place % 16 == 0:
                    yield None
            if edition == self._edition:
                self._stocks = stocks
        key = scan.locations, scan.kinds
        found = self._places.get(key)
        if found is None:
            found = []
            for place, entry in enumerate(stocks):
                if scan.covers(entry):
                    found.append(entry)
                if place % 64 == 0:
                    yield None
            if len(self._places) >= KEPT_PLACES:
                del self._places[next(iter(self._places))]
            if edition == self._edition:
                self._places[key] = found
        yield found

    def _has_options(self, entry: Instrument) -> bool:
        chains = self._instruments.chains
        return chains is not None and bool(chains.classes(entry))

    def _look_at_days(self, entry: Instrument, glimpse: Glimpse, at: Nanos) -> None:
        """What stands for a day: how options are priced, and the days before."""
        begins, closes = self._market.past_closes(entry.conId, at, RETURNS + 1)
        implied = self._market.volatility(entry.conId, at)
        self._days[entry.conId] = OptionedDay(
            begins, glimpse.until, implied, yearly_volatility(closes)
        )

    def _look(self, entry: Instrument, at: Nanos) -> None:
        try:
            found = self._market.glimpse(entry.conId, at)
        except KeyError:  # it has no price
            found = None
        self._kept[entry.conId] = found
        self._until[entry.conId] = at + 30 * MINUTE if found is None else found.until


def _figures(entry: Instrument, one: Glimpse, at: Nanos) -> ScanFigures:
    minute = one.minutes(at)
    now, before = one.at(minute), one.at(max(minute - 1, 0))
    return ScanFigures(
        entry, now.price, one.open, one.close, now.volume, now.trades, now.volume - before.volume,
        now.trades - before.trades, one.usual_volume, one.usual_move,
    )  # fmt: skip


def _row(rank: int, entry: Instrument) -> ScanData:
    return ScanData(rank, contract_of(entry, entry.home, primary=False), entry.marketName)


def _send(session: Session, one: ScanSubscription, rows: list[ScanData]) -> None:
    if not rows:
        session.error(one.request_id, 165, variant="no_items")
    session.send(ScannerData(one.request_id, rows))
