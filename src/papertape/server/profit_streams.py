"""reqPnL and reqPnLSingle: the first row at once, then a row a second while it changes.

An account is valued once a second for all who follow it. A field that is not known is absent, as
captured: the realized profit of a position that nobody has traded today, and the daily profit of a
first row where ``prepareDailyPnL`` is off. A contract without a position has no rows.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from ..venue.units import SECOND, Nanos
from ..wire.catalogue.pnl import PnL, PnLSingle
from .config import Config
from .present.queries import ProfitRow, Queries
from .sessions.attempt import attempt
from .sessions.registry import Sessions
from .sessions.session import Session
from .sessions.subscriptions import Subscription
from .timing import Timing, Wakeup

INTERVAL: Final[Nanos] = SECOND
MOST_PROFITS: Final = 500
"""Subscriptions of one client, either kind; each is worked out every second."""


class ProfitSubscription(Subscription):
    """One of the two kinds."""

    __slots__ = ("account", "sent")

    def __init__(self, request_id: int, account: str) -> None:
        super().__init__(request_id)
        self.account = account
        self.sent: PnL | PnLSingle | None = None


class PnLSubscription(ProfitSubscription):
    """reqPnL."""


class PnLSingleSubscription(ProfitSubscription):
    """reqPnLSingle."""

    __slots__ = ("con_id",)

    def __init__(self, request_id: int, account: str, con_id: int) -> None:
        super().__init__(request_id, account)
        self.con_id = con_id


KINDS: Final[tuple[type[ProfitSubscription], ...]] = (PnLSubscription, PnLSingleSubscription)
Profits = tuple[ProfitRow, dict[int, ProfitRow], frozenset[int]]
"""The row of an account, those of its positions, and the contracts traded today."""


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
        self.alarm = Wakeup(self.next_due, self.step)

    def follow(self, session: Session, one: ProfitSubscription) -> None:
        """Begin a stream with its first row."""
        session.subscriptions.add(one)
        now = self._timing.now
        self._due = max(self._due, now - now % INTERVAL + INTERVAL)
        self.alarm.changed()
        attempt(session, one.request_id, "profit", self._first, session, one)

    def next_due(self) -> Nanos | None:
        """The next second, while a client that reads follows."""
        return self._due if any(True for _ in self._followers()) else None

    def step(self, now: Nanos) -> None:
        """Send what has changed in the last second."""
        self._due = now - now % INTERVAL + INTERVAL
        known: dict[str, Profits] = {}
        for session in self._followers():
            if not attempt(session, -1, "profit", self._send_all, session, known):
                for kind in KINDS:
                    session.subscriptions.of(kind).clear()

    def _followers(self) -> Iterable[Session]:
        for session in self._sessions:
            if not session.paused and any(map(session.subscriptions.of, KINDS)):
                yield session

    def _first(self, session: Session, one: ProfitSubscription) -> None:
        early = not self._config.settings.prepareDailyPnL
        self._send(session, one, self._queries.profits(one.account, self._timing.now), early)

    def _send_all(self, session: Session, known: dict[str, Profits]) -> None:
        for kind in KINDS:
            for one in session.subscriptions.of(kind).values():
                found = known.get(one.account)
                if found is None:
                    found = self._queries.profits(one.account, self._timing.now)
                    known[one.account] = found
                self._send(session, one, found, False)

    def _send(
        self,
        session: Session,
        one: ProfitSubscription,
        found: Profits,
        early: bool,
    ) -> None:
        whole, singles, traded = found
        row: PnL | PnLSingle
        if not isinstance(one, PnLSingleSubscription):
            daily = None if early else whole.dailyPnL
            row = PnL(one.request_id, daily, whole.unrealizedPnL, whole.realizedPnL)
        else:
            held = singles.get(one.con_id)
            if held is None:
                return
            realized = held.realizedPnL if one.con_id in traded else None
            row = PnLSingle(
                one.request_id, Decimal(held.position), None if early else held.dailyPnL,
                held.unrealizedPnL, realized, held.value,
            )  # fmt: skip
        if row != one.sent:
            one.sent = row
            session.send(row)
