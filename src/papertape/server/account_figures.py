"""Account values for their subscribers: immediately, on every change, and every three minutes.

Serves reqAccountUpdates, reqAccountUpdatesMulti and reqAccountSummary; the summary repeats only
changed values. A new account is in the next managedAccounts that a client requests or receives at
its start; no session receives an unsolicited one, as TWS sends the list at the start only.
"""

import logging
from collections.abc import Iterator
from functools import partial
from typing import Final

from ..venue.units import SECOND, Nanos
from ..wire.catalogue.account import (
    AccountDataEnd,
    AccountSummary,
    AccountSummaryEnd,
    AccountUpdateMultiEnd,
)
from .account_subscriptions import (
    AccountSubscription,
    MultiAccountSubscription,
    SummarySubscription,
)
from .config import Config
from .event_bus import EventBus
from .figure_rows import FigureRows
from .present.combined_figures import CombinedFigures
from .present.preferences import Preferences
from .present.queries import Queries
from .present.running_figures import RunningFigures
from .sessions.attempt import attempt
from .sessions.registry import Sessions
from .sessions.session import Session
from .settings import StationSettings
from .timing import Timing, Wakeup

log = logging.getLogger("papertape.station")

TURN: Final = SECOND
PARTS: Final = 10
"""Each second one part of an account's positions is looked at again."""
SLICE: Final[Nanos] = 2_000_000
"""How long figures are sent before whatever has come meanwhile is looked at."""


Figures = RunningFigures | CombinedFigures
FIGURES = (AccountSubscription, MultiAccountSubscription, SummarySubscription)


class AccountFigures:
    """Sends account values; its only state per session is when the next are due.

    Changes are sent once, when the turn ends, in slices: what is left then is due at once. A change
    brings the rows that it has changed and the positions that it has moved; every three minutes all
    of them come. Figures are worked out and encoded once for all, and go on from fill to fill
    (``RunningFigures``) while somebody follows them. A client that does not read gets the latest
    values when it reads again.
    """

    def __init__(
        self,
        queries: Queries,
        preferences: Preferences,
        sessions: Sessions,
        settings: StationSettings,
        config: Config,
        timing: Timing,
        bus: EventBus,
    ) -> None:
        self._queries = queries
        self._preferences = preferences
        self._sessions = sessions
        self._config = config
        self._timing = timing
        self._bus = bus
        self._interval = int(settings.account_interval_s * SECOND)
        self._due: dict[int, Nanos] = {}
        """Session number -> when its values are sent again."""
        self._moved: dict[str, dict[int, None]] = {}
        """Accounts whose cash or positions have changed in this turn, and the contracts."""
        self._running: dict[str, Figures] = {}
        """The figures of accounts that somebody follows."""
        self._pending: dict[str, dict[int, None]] = {}
        """Accounts with fills that are not in their figures yet, and the contracts."""
        self._stale: dict[str, None] = {}
        """Accounts whose prices are all to be looked at again."""
        self._looking: Iterator[None] | None = None
        """What is left of that for the first of them."""
        self._turn_due: Nanos = 0
        """When some prices are looked at again."""
        self._waiting: dict[int, bool] = {}
        """Session number -> whether it is yet to be told everything, or what has changed."""
        self._rows: FigureRows | None = None
        """The figures that those who wait are sent."""
        self._news: dict[str, None] = {}
        """Accounts that have changed since the last news on the event bus."""
        self._news_due: Nanos = 0
        self.alarm = Wakeup(self.next_due, self.step)

    def changed(self, account: str) -> None:
        """Note that an account's cash or positions changed; ``refresh`` sends the new values."""
        for code in self._concerned(account):
            self._moved.setdefault(code, {})
        self._news[account] = None

    def moved(self, account: str, con_id: int) -> None:
        """Note that a position has changed; ``changed`` comes as well."""
        for code in self._concerned(account):
            self._moved.setdefault(code, {})[con_id] = None

    def _concerned(self, account: str) -> tuple[str, ...]:
        """An account, and all of an advisor's together where somebody follows that."""
        everybody = self._queries.everybody()
        return (account, everybody) if everybody in self._running else (account,)

    def refresh(self) -> None:
        """Let the subscribers of accounts that have changed since the last call wait for what is
        new. They are told in the next turn: those whose orders have filled are told that first."""
        if self._news:
            self._publish()
        if not self._moved:
            return
        for account, contracts in self._moved.items():
            if account in self._running:
                self._pending.setdefault(account, {}).update(contracts)
        self._moved = {}
        self._rows = None
        for session in self._sessions:
            if not _follows(session):
                continue
            if session.paused:
                self._due[session.number] = self._timing.now
            else:
                self._waiting.setdefault(session.number, False)
        self.alarm.changed()

    def _wait_for_all(self, session: Session) -> None:
        """Let a session wait for all of its figures, at prices of now."""
        self._waiting[session.number] = True
        self._stale.update(dict.fromkeys(self._followed(session)))

    def _followed(self, session: Session) -> Iterator[str]:
        for updates in session.subscriptions.of(AccountSubscription).values():
            yield updates.account
        for multi in session.subscriptions.of(MultiAccountSubscription).values():
            yield multi.account
        for summary in session.subscriptions.of(SummarySubscription).values():
            yield from self._queries.group(summary.group) or ()

    def _go_on(self) -> None:
        """Send figures to those who wait, for as long as a slice."""
        self.alarm.changed()
        watch = self._timing.stopwatch
        end = watch() + SLICE
        while self._waiting:
            if self._stale:
                self._look_on()
                if watch() >= end:
                    return
                continue
            number = next(iter(self._waiting))
            everything = self._waiting.pop(number)
            session = self._sessions.numbered(number)
            if session is not None and not session.paused:
                if self._rows is None:
                    self._rows = self._fresh()
                self._refresh(session, self._rows, everything=everything)
            elif session is not None:
                self._due[number] = self._timing.now
            if watch() >= end:
                return
        self._rows = None

    def _fresh(self) -> FigureRows:
        return FigureRows(
            self._queries, self._preferences, self._config, self._timing.now, self._figures_of
        )

    def _figures_of(self, account: str) -> Figures:
        """The figures of an account, with all of its fills."""
        now, contracts = self._timing.now, self._pending.pop(account, None)
        running = self._running.pop(account, None)
        if running is None:
            running = self._queries.running(account, now)
        elif contracts is not None:
            running.fill(contracts, now)
        self._running[account] = running  # one that fails is not kept
        return running

    def _look_on(self) -> None:
        """Look at one more price of an account whose prices are looked at again."""
        account = next(iter(self._stale))
        running = self._running.get(account)
        if running is not None and self._looking is None and running.time != self._timing.now:
            self._looking = running.refreshing(self._timing.now)
        try:
            if self._looking is not None:
                next(self._looking)
                return
        except StopIteration:
            self._rows = None
        except Exception:
            # It fails again where a session's figures are worked out, which contains it.
            log.exception("the figures of %s cannot be worked out", account)
            self._running.pop(account, None)
        self._looking = None
        del self._stale[account]

    def _publish(self) -> None:
        """Publish the changed accounts on the event bus, at most once a second."""
        if self._news and self._news_due <= self._timing.now:
            self.alarm.changed()
            self._bus.tell("account", accounts=list(self._news))
            self._news = {}
            self._news_due = self._timing.until(1.0)

    def step(self, now: Nanos) -> None:
        """Repeat values whose three minutes are over."""
        self._publish()
        for session, due in list(self._dues()):
            if due <= now and session.number not in self._waiting:
                self._wait_for_all(session)
        if self._running and self._turn_due <= now:
            self._turn_due = now + TURN
            self.alarm.changed()
            for account, running in list(self._running.items()):
                if not attempt_turn(running, now):
                    del self._running[account]
        self._go_on()

    def next_due(self) -> Nanos | None:
        """When the next repetition is due."""
        if self._waiting:
            return self._timing.now
        dues = [due for _, due in self._dues()]
        if dues and self._running:
            dues.append(self._turn_due)
        if self._news:
            dues.append(self._news_due)
        return min(dues, default=None)

    def _dues(self) -> Iterator[tuple[Session, Nanos]]:
        if not self._due:
            return
        for session in self._sessions:
            if session.number in self._due and not session.paused:
                yield session, self._due[session.number]

    def left(self, session: Session) -> None:
        """Forget an ended session."""
        self._due.pop(session.number, None)
        self._waiting.pop(session.number, None)
        self._forget()

    def _forget(self) -> None:
        """Forget the figures that nobody follows any more."""
        if not self._due:
            self._running, self._pending, self._stale = {}, {}, {}
            self._looking = None

    def _refresh(self, session: Session, rows: FigureRows, *, everything: bool) -> None:
        if _follows(session):
            work = partial(self._send_all, session, rows, everything=everything)
            if not attempt(session, -1, "account figures", work):
                # Values that cannot be computed end the subscriptions to them, not the station.
                for kind in FIGURES:
                    session.subscriptions.of(kind).clear()
        self._plan(session)

    def _send_all(self, session: Session, rows: FigureRows, *, everything: bool) -> None:
        for updates in session.subscriptions.of(AccountSubscription).values():
            since = 0 if everything else updates.told
            updates.told = rows.send_updates(session, updates.account, since)
        for multi in session.subscriptions.of(MultiAccountSubscription).values():
            if everything:
                multi.told = 0
            self._send_multi(session, multi, rows)
        for summary in session.subscriptions.of(SummarySubscription).values():
            self._send_summary(session, summary, rows)

    def _plan(self, session: Session) -> None:
        self.alarm.changed()
        if _follows(session):
            self._due[session.number] = self._timing.now + self._interval
        else:
            self._due.pop(session.number, None)
            self._forget()

    def _begin(self, session: Session) -> FigureRows:
        """Return the figures that a new subscription begins with, at prices of now."""
        for account in dict.fromkeys(self._followed(session)):
            running = self._running.get(account)
            if running is not None and running.time != self._timing.now:
                running.refresh(self._timing.now)
        self._rows = None
        return self._fresh()

    # -- reqAccountUpdates --------------------------------------------------------------------

    def follow(self, session: Session, account: str) -> None:
        """Begin reqAccountUpdates: every value, each position and its time, the time, the end.

        All clients follow the same account: one that asks for another than others do gets 2101, and
        goes on as before. Where nobody else follows any, 2100 tells a client that it follows its
        first one no more.
        """
        others = [one for one in self._sessions if one is not session and _elsewhere(one, account)]
        if others:
            numbers = ", ".join(str(one) for one in sorted(one.client_id or 0 for one in others))
            session.error(-1, 2101, clients=f"{{{numbers}}}")
            return
        before = session.subscriptions.of(AccountSubscription).get(0)
        if before is not None and before.account != account:
            session.error(-1, 2100)
        updates = AccountSubscription(account)
        session.subscriptions.add(updates)
        updates.told = self._begin(session).send_updates(session, account, 0)
        session.send(AccountDataEnd(account))
        self._plan(session)

    # -- reqAccountUpdatesMulti ---------------------------------------------------------------

    def follow_multi(self, session: Session, multi: MultiAccountSubscription) -> None:
        """Begin reqAccountUpdatesMulti."""
        session.subscriptions.add(multi)
        self._send_multi(session, multi, self._begin(session))
        session.send(AccountUpdateMultiEnd(multi.request_id))
        self._plan(session)

    def _send_multi(
        self, session: Session, multi: MultiAccountSubscription, rows: FigureRows
    ) -> None:
        place = multi.account, multi.model
        multi.told = rows.send_multi(
            session, multi.request_id, place, multi.told, ledger=multi.ledger
        )

    # -- reqAccountSummary --------------------------------------------------------------------

    def summarise(self, session: Session, request_id: int, tags: str, group: str) -> None:
        """Begin reqAccountSummary: every tag once, then the end."""
        summary = SummarySubscription(request_id, tags, group)
        session.subscriptions.add(summary)
        self._send_summary(session, summary, self._begin(session))
        session.send(AccountSummaryEnd(request_id))
        self._plan(session)

    def _send_summary(
        self, session: Session, summary: SummarySubscription, rows: FigureRows
    ) -> None:
        for row in rows.summary(summary.names, summary.group):
            place = (row.account, row.key, row.currency)
            if summary.sent.get(place) != row.value:
                summary.sent[place] = row.value
                session.send(
                    AccountSummary(
                        summary.request_id, row.account, row.key, row.value, row.currency
                    )
                )


def attempt_turn(running: Figures, now: Nanos) -> bool:
    """Look at some prices of an account again; return whether that was possible."""
    try:
        running.turn(now, 1 + len(running.holdings) // PARTS)
    except Exception:
        log.exception("prices of an account cannot be looked at")
        return False
    return True


def _follows(session: Session) -> bool:
    return any(session.subscriptions.of(kind) for kind in FIGURES)


def _elsewhere(session: Session, account: str) -> bool:
    """Whether a client follows another account than this one."""
    followed = session.subscriptions.of(AccountSubscription).get(0)
    return followed is not None and followed.account != account
