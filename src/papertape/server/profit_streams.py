"""reqPnL and reqPnLSingle: the first row at once, then a row a second while it changes.

An account is valued once a second for all who follow it, and a row that several receive is encoded
once for all of them. Both are done in slices, so that no order waits for them; every slice tells
the state of that second. So is the first row of an account with more positions than a slice
values, which comes with the last of them. A field that is not known is absent, as captured: the
realized profit of a position that nobody has traded today, and the daily profit of a first row
where ``prepareDailyPnL`` is off. A contract without a position has no rows.
"""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from ..venue.units import SECOND, Nanos
from ..wire.batch import SharedFrames
from ..wire.catalogue.pnl import PnL, PnLSingle
from .config import Config
from .present.profits import ProfitRow, Profits
from .present.queries import Queries
from .sessions.attempt import attempt
from .sessions.registry import Sessions
from .sessions.session import Session
from .sessions.sizes import trimmed
from .sessions.subscriptions import Subscription
from .timing import Timing, Wakeup

replace = msgspec.structs.replace

INTERVAL: Final[Nanos] = SECOND
MOST_PROFITS: Final = 500
"""Subscriptions of one client, either kind; each is worked out every second."""
SLICE: Final[Nanos] = 2_000_000
"""How long rows are worked out and sent before whatever has come meanwhile is looked at."""


class ProfitSubscription(Subscription):
    """One of the two kinds."""

    __slots__ = ("account", "sent", "waits")

    def __init__(self, request_id: int, account: str) -> None:
        super().__init__(request_id)
        self.account = account
        self.sent: PnL | PnLSingle | None = None
        """The latest row, without its id."""
        self.waits = False
        """Whether its first row is yet to come."""

    @property
    def con_id(self) -> int:
        """The contract that it is about; 0 for the account."""
        return 0


class PnLSubscription(ProfitSubscription):
    """reqPnL."""


class PnLSingleSubscription(ProfitSubscription):
    """reqPnLSingle."""

    __slots__ = ("_con_id",)

    def __init__(self, request_id: int, account: str, con_id: int) -> None:
        super().__init__(request_id, account)
        self._con_id = con_id

    @property
    def con_id(self) -> int:
        """The contract that it is about."""
        return self._con_id


KINDS: Final[tuple[type[ProfitSubscription], ...]] = (PnLSubscription, PnLSingleSubscription)


def _whole_row(whole: ProfitRow, *, early: bool = False) -> PnL:
    """The row of an account, without its id; ``early``: before the daily profit is known."""
    return PnL(0, None if early else whole.dailyPnL, whole.unrealizedPnL, whole.realizedPnL)


def _single_row(held: ProfitRow, *, traded: bool, early: bool = False) -> PnLSingle:
    """The row of a position, without its id."""
    daily, realized = None if early else held.dailyPnL, held.realizedPnL if traded else None
    return PnLSingle(0, held.position, daily, held.unrealizedPnL, realized, held.value)


def _told(row: PnL | PnLSingle, version: int) -> PnL | PnLSingle:
    """A row as a client of a version reads it."""
    if isinstance(row, PnL) or row.position is None:
        return row
    return replace(row, position=trimmed(row.position, version))


class ProfitRows:
    """The rows of an account at one moment, and what they are on the wire."""

    def __init__(self, found: Profits) -> None:
        self._found = found
        self._rows: dict[int, PnL | PnLSingle] = {0: _whole_row(found[0])}
        self._frames: dict[tuple[int, int], SharedFrames | None] = {}
        """By contract and version; None where only one has received the row."""

    def send(self, session: Session, one: ProfitSubscription) -> None:
        """Send a subscriber its row, unless it knows it."""
        row = self._row(one.con_id)
        if row is None or row == one.sent:
            return
        one.sent = row
        key = one.con_id, session.version
        if key not in self._frames:
            self._frames.setdefault(key)
            session.send(replace(_told(row, session.version), reqId=one.request_id))
            return
        frames = self._frames[key]
        if frames is None:
            frames = self._frames[key] = SharedFrames(
                (_told(row, session.version),), session.version
            )
        session.send_batch(frames, one.request_id)

    def _row(self, con_id: int) -> PnL | PnLSingle | None:
        """The row of a contract, made when somebody follows it; None where there is no position."""
        row = self._rows.get(con_id)
        if row is None and con_id in self._found[1]:
            _, singles, traded = self._found
            row = self._rows[con_id] = _single_row(singles[con_id], traded=con_id in traded)
        return row


class ProfitStreams:
    """Sends profit rows to their subscribers."""

    def __init__(
        self, queries: Queries, sessions: Sessions, config: Config, timing: Timing
    ) -> None:
        self._queries = queries
        self._sessions = sessions
        self._config = config
        self._timing = timing
        self._due: Nanos = 0
        self._rest: Iterator[None] | None = None
        """What is left to be told of the present second."""
        self._new: dict[str, list[tuple[Session, ProfitSubscription]]] = {}
        """Account -> those who wait for their first row, which needs all of its positions."""
        self._valuing: Iterator[Profits | None] | None = None
        """What is left of valuing the first of these accounts."""
        self.alarm = Wakeup(self.next_due, self.step)

    def follow(self, session: Session, one: ProfitSubscription) -> None:
        """Begin a stream with its first row."""
        session.subscriptions.add(one)
        now = self._timing.now
        self._due = max(self._due, now - now % INTERVAL + INTERVAL)
        if one.con_id and one.account != self._queries.everybody():
            attempt(session, one.request_id, "profit", self._first_single, session, one)
        else:
            one.waits = True
            self._new.setdefault(one.account, []).append((session, one))
            self._begin(self._timing.stopwatch() + SLICE)
        self.alarm.changed()

    def next_due(self) -> Nanos | None:
        """The next second, while a client that reads follows; at once while rows are left."""
        if self._new or self._rest is not None:
            return self._timing.now
        return self._due if any(True for _ in self._followers()) else None

    def step(self, now: Nanos) -> None:
        """Send what has changed in the last second, for as long as a slice."""
        watch = self._timing.stopwatch
        end = watch() + SLICE
        if not self._begin(end):
            return
        if self._rest is None:
            if not self._due <= now:
                return
            self._due = now - now % INTERVAL + INTERVAL
            self._rest = self._round(now)
        for _ in self._rest:
            if watch() >= end:
                return
        self._rest = None

    def _followers(self) -> Iterable[Session]:
        for session in self._sessions:
            if not session.paused and any(map(session.subscriptions.of, KINDS)):
                yield session

    def _begin(self, end: Nanos) -> bool:
        """Go on with the first rows of those who wait; False where the slice ends before it is
        done."""
        watch = self._timing.stopwatch
        while self._new:
            account, waiting = next(iter(self._new.items()))
            if self._valuing is None:
                self._valuing = self._queries.each_profit(account, self._timing.now)
            found: list[Profits | None] = [None]
            session, one = waiting[0]
            if not attempt(session, one.request_id, "profit", self._value_on, found):
                self._valuing = None
                waiting.pop(0)[1].waits = False  # whoever else waits is told by the next attempt
                if not waiting:
                    del self._new[account]
            elif found[0] is not None:
                self._valuing = None
                del self._new[account]
                for session, one in waiting:
                    one.waits = False
                    if session.subscriptions.has(one):
                        work = self._first, session, one, found[0]
                        attempt(session, one.request_id, "profit", *work)
            if watch() >= end:
                return not self._new
        return True

    def _value_on(self, found: list[Profits | None]) -> None:
        assert self._valuing is not None
        found[0] = next(self._valuing)

    def _first(self, session: Session, one: ProfitSubscription, found: Profits) -> None:
        """Send the first row of an account, or of a position of all accounts together."""
        whole, singles, traded = found
        if not one.con_id:
            self._send_first(session, one, _whole_row(whole, early=self._early))
        elif one.con_id in singles:
            held, moved = singles[one.con_id], one.con_id in traded
            self._send_first(session, one, _single_row(held, traded=moved, early=self._early))

    def _first_single(self, session: Session, one: ProfitSubscription) -> None:
        held, traded = self._queries.profit_of(one.account, one.con_id, self._timing.now)
        if held is not None:
            self._send_first(session, one, _single_row(held, traded=traded, early=self._early))

    def _send_first(self, session: Session, one: ProfitSubscription, row: PnL | PnLSingle) -> None:
        one.sent = row
        session.send(replace(_told(row, session.version), reqId=one.request_id))

    @property
    def _early(self) -> bool:
        return not self._config.settings.prepareDailyPnL

    def _round(self, now: Nanos) -> Iterator[None]:
        """Tell everybody what holds at ``now``, one row or one price a step."""
        known: dict[str, ProfitRows] = {}
        for session in tuple(self._followers()):
            ours = [one for kind in KINDS for one in session.subscriptions.of(kind).values()]
            for one in ours:
                if session.paused:
                    break
                if one.waits or not session.subscriptions.has(one):
                    continue
                if one.account not in known:
                    yield from self._value(session, one.account, now, known)
                rows = known.get(one.account)
                if rows is None or not attempt(
                    session, one.request_id, "profit", rows.send, session, one
                ):
                    for kind in KINDS:  # what cannot be worked out ends its subscriptions
                        session.subscriptions.of(kind).clear()
                    break
                yield

    def _value(
        self, session: Session, account: str, now: Nanos, known: dict[str, ProfitRows]
    ) -> Iterator[None]:
        """Value an account, one position a step; it stays unknown when that fails."""
        steps = self._queries.each_profit(account, now)
        found: list[Profits | None] = [None]

        def go_on() -> None:
            found[0] = next(steps)

        while found[0] is None:
            if not attempt(session, -1, "profit", go_on):
                return
            yield
        known[account] = ProfitRows(found[0])
