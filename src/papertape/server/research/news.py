"""News: providers, past headlines, articles, headlines as ticks, bulletins.

They come from the user's file (``news_file``) where there is one, else the station makes them up
(``headlines``). Both are functions of the clock: nothing is stored, and a second station with the
same seed or file tells the same.
"""

from collections.abc import Iterator
from heapq import merge
from typing import Final, NamedTuple

from ...model import NewsProvider
from ...venue.reference.instruments import Instrument, Instruments
from ...venue.units import DAY, Nanos
from ...wire.catalogue.news import NewsBulletin, TickNews
from ...wire.message import Farm, Message
from ..sessions.attempt import attempt
from ..sessions.registry import Sessions
from ..sessions.session import Session
from ..sessions.subscriptions import End, Subscription
from ..timing import Timing, Wakeup
from .headlines import FEED, HOUR, REACH, Article, Headlines, parts_of
from .news_file import NewsFile, NewsMoment, WrittenArticle, WrittenBulletin

MILLISECOND: Final[Nanos] = 1_000_000
FREE: Final = {
    "BRFG": "Briefing.com General Market Columns",
    "BRFUPDN": "Briefing.com Analyst Actions",
    "DJNL": "Dow Jones Newsletters",
}
"""The providers that every login of TWS may read; here their texts are made up."""
BULLETIN: Final = WrittenBulletin(
    NewsMoment(13 * HOUR, daily=True), 1,
    "Sample bulletin of a station: a text for tests, about nothing that has happened.", "NYSE",
)  # fmt: skip
AHEAD_HOURS: Final = 168
"""How far a line looks for its next headline before it looks again."""


class NewsLine(Subscription):
    """Generic tick 292 of a reqMktData."""

    __slots__ = ("due", "entry", "found", "providers")

    farm = Farm.MARKET
    events = {End.COMPETING: None, End.DATA_LOST: None}

    def __init__(self, request_id: int, entry: Instrument, providers: frozenset[str]) -> None:
        super().__init__(request_id)
        self.entry = entry
        self.providers = providers
        self.due: Nanos = 0
        self.found: list[Article] = []
        """What comes at ``due``."""


class BulletinSubscription(Subscription):
    """reqNewsBulletins; a client has one, under no id."""

    __slots__ = ("since",)

    def __init__(self, since: Nanos) -> None:
        super().__init__(-1)
        self.since = since


class DueBulletin(NamedTuple):
    """A bulletin at an instant."""

    at: Nanos
    place: int


class NewsService:
    """The news of a station."""

    def __init__(
        self,
        seed: int,
        file: NewsFile | None,
        instruments: Instruments,
        sessions: Sessions,
        timing: Timing,
        *,
        served: bool = True,
    ) -> None:
        """``file`` takes the place of what the station makes up; unless ``served`` the user has
        subscribed to no news, and there are no providers."""
        self._file = file
        self._instruments = instruments
        self._sessions = sessions
        self._timing = timing
        self.providers = dict(FREE) if file is None else dict(file.providers)
        """Names by code."""
        self._headlines = Headlines(seed, tuple(self.providers))
        self._bulletins = (BULLETIN,) if file is None else file.bulletins
        if not served:
            self.providers.clear()
            self._bulletins = ()
        self.alarm = Wakeup(self.next_due, self.step)

    def listed(self) -> list[NewsProvider]:
        """The providers, as the protocol has them."""
        return [NewsProvider(code, name) for code, name in self.providers.items()]

    # -- the past -----------------------------------------------------------------------------

    def past(
        self, entry: Instrument, until: Nanos, since: Nanos, providers: frozenset[str]
    ) -> Iterator[Article | None]:
        """The articles about an instrument after ``since``, up to ``until``, the latest first.

        None between them is a pause in which others can have a turn.
        """
        since = max(since, until - REACH)
        if self._file is None:
            for place, one in enumerate(self._headlines.back(entry, until)):
                if one is not None and one.time <= since:
                    return
                if one is not None and one.provider in providers:
                    yield one
                elif place % 24 == 0:
                    if until - place * HOUR < since - HOUR:
                        return
                    yield None
            return
        rows = (
            _placed(place, one.moment.back(until, since))
            for place, one in enumerate(self._file.articles)
            if one.provider in providers and self._concerns(one, entry)
        )
        for at, place in merge(*rows, reverse=True):
            yield _article(self._file.articles[place], at)

    def article(self, provider: str, number: str, until: Nanos) -> Article | None:
        """The article with that id, if it has appeared; ``number`` may have its provider before
        it, as headlines do."""
        number = number.removeprefix(f"{provider}$")
        if self._file is not None:
            for one in self._file.articles:
                if (one.provider, one.number) == (provider, number):
                    last = next(one.moment.back(until, until - REACH), None)
                    return None if last is None else _article(one, last)
            return None
        parts = parts_of(number)
        entry = None if parts is None else self._instruments.get(parts[0])
        if parts is None or entry is None:
            return None
        found = self._headlines.of(entry, parts[1])
        return found if found and found.provider == provider and found.time <= until else None

    def _concerns(self, one: WrittenArticle, entry: Instrument) -> bool:
        if entry.secType == FEED:
            return one.provider == entry.home
        american = entry.secType == "STK" and entry.currency == "USD"
        return entry.conId in one.contracts or (american and entry.symbol in one.contracts)

    # -- ticks --------------------------------------------------------------------------------

    def follow(self, session: Session, line: NewsLine) -> None:
        """Begin a line of headlines: what appears from now on."""
        self._look(line, self._timing.now)
        session.subscriptions.add(line)
        self.alarm.changed()

    def _look(self, line: NewsLine, after: Nanos) -> None:
        """Find what comes next on a line."""
        line.found = []
        line.due = after + AHEAD_HOURS * HOUR
        if self._file is None:
            found = self._headlines.next(line.entry, after, AHEAD_HOURS)
            if found is not None:
                line.due = found.time
                line.found = [found] if found.provider in line.providers else []
            return
        for one in self._file.articles:
            at = one.moment.next(after)
            if at is None or at > line.due or not self._concerns(one, line.entry):
                continue
            if one.provider in line.providers:
                line.found = [] if at < line.due else line.found
                line.due = at
                line.found.append(_article(one, at))

    def next_due(self) -> Nanos | None:
        """When the next headline or bulletin comes for a client."""
        dues = [line.due for _, line in self._lines()]
        for _, one in self._readers():
            dues += [at for at, _ in self._to_come(one.since)]
        return min(dues, default=None)

    def step(self, now: Nanos) -> None:
        """Send the headlines and bulletins that are due."""
        for session, line in list(self._lines()):
            if line.due <= now and not attempt(
                session, line.request_id, "news", self._tick, session, line
            ):
                session.subscriptions.remove(NewsLine, line.request_id)
        for session, one in list(self._readers()):
            due = sorted(row for row in self._to_come(one.since) if row.at <= now)
            one.since = max(one.since, now)
            for row in due:
                session.send(self._bulletin(row))

    def _tick(self, session: Session, line: NewsLine) -> None:
        for one in line.found:
            session.send(
                TickNews(
                    line.request_id, one.time // MILLISECOND, one.provider, one.id, one.headline,
                    one.extra,
                )
            )  # fmt: skip
        self._look(line, line.due)

    def _lines(self) -> Iterator[tuple[Session, NewsLine]]:
        for session in self._sessions:
            for line in session.subscriptions.of(NewsLine).values():
                yield session, line

    # -- bulletins ----------------------------------------------------------------------------

    def read_bulletins(self, session: Session, *, earlier: bool) -> None:
        """Send bulletins from now on; ``earlier``: those of this day, in UTC, before."""
        now = self._timing.now
        if earlier:
            for row in sorted(self._since(now - now % DAY - 1, now)):
                session.send(self._bulletin(row))
        session.subscriptions.add(BulletinSubscription(now))
        self.alarm.changed()

    def stop_bulletins(self, session: Session) -> None:
        """No more bulletins for a client."""
        session.subscriptions.remove(BulletinSubscription, -1)

    def _since(self, since: Nanos, until: Nanos) -> Iterator[DueBulletin]:
        for place, one in enumerate(self._bulletins):
            yield from (DueBulletin(at, place) for at in one.moment.back(until, since))

    def _to_come(self, since: Nanos) -> Iterator[DueBulletin]:
        """The next bulletin of each kind after an instant."""
        for place, one in enumerate(self._bulletins):
            at = one.moment.next(since)
            if at is not None:
                yield DueBulletin(at, place)

    def _readers(self) -> Iterator[tuple[Session, BulletinSubscription]]:
        for session in self._sessions:
            for one in session.subscriptions.of(BulletinSubscription).values():
                yield session, one

    def _bulletin(self, row: DueBulletin) -> Message:
        one = self._bulletins[row.place]
        number = row.at // DAY * 1000 + row.place % 1000 + 1
        return NewsBulletin(number, one.kind, one.text, one.exchange)


def _placed(place: int, instants: Iterator[Nanos]) -> Iterator[tuple[Nanos, int]]:
    return ((at, place) for at in instants)


def _article(one: WrittenArticle, at: Nanos) -> Article:
    return Article(
        one.provider, f"{one.provider}${one.number}", at, one.headline, one.text, one.extra
    )
