"""Account values for their subscribers: immediately, on every change, and every three minutes.

Serves reqAccountUpdates, reqAccountUpdatesMulti and reqAccountSummary; the summary repeats only
changed values. A new account is in the next managedAccounts that a client requests or receives at
its start; no session receives an unsolicited one, as TWS sends the list at the start only.
"""

import re
from collections.abc import Collection, Iterator
from decimal import Decimal
from functools import partial

from ..venue.units import SECOND, Nanos
from ..wire.catalogue.account import (
    AccountDataEnd,
    AccountSummary,
    AccountSummaryEnd,
    AccountUpdateMulti,
    AccountUpdateMultiEnd,
    AccountUpdateTime,
    AccountValue,
    PortfolioValue,
)
from .config import Config
from .event_bus import EventBus
from .present.account_values import AccountFigure
from .present.preferences import Preferences
from .present.queries import Queries
from .present.times import clock
from .sessions.attempt import attempt
from .sessions.registry import Sessions
from .sessions.session import Session
from .sessions.subscriptions import Subscription
from .settings import StationSettings
from .timing import Timing, Wakeup

AMOUNT = re.compile(r"-?\d+\.\d{2,4}")
LEDGER = frozenset(
    [
        "AccruedCash",
        "CashBalance",
        "CorporateBondValue",
        "Cryptocurrency",
        "Currency",
        "ExchangeRate",
        "FundValue",
        "FutureOptionValue",
        "FuturesPNL",
        "FxCashBalance",
        "IssuerOptionValue",
        "MoneyMarketFundValue",
        "MutualFundValue",
        "NetDividend",
        "NetLiquidationByCurrency",
        "OptionMarketValue",
        "RealCurrency",
        "RealizedPnL",
        "StockMarketValue",
        "TBillValue",
        "TBondValue",
        "TotalCashBalance",
        "UnrealizedPnL",
        "WarrantValue",
        "NetLiquidation",
    ]
)
"""Keys that ``ledgerAndNLV`` selects."""


class AccountSubscription(Subscription):
    """The subscription of reqAccountUpdates; a client has at most one."""

    __slots__ = ("account",)

    def __init__(self, account: str) -> None:
        super().__init__(0)
        self.account = account


class MultiAccountSubscription(Subscription):
    """reqAccountUpdatesMulti."""

    __slots__ = ("account", "ledger", "model")

    def __init__(self, request_id: int, account: str, model: str, *, ledger: bool) -> None:
        super().__init__(request_id)
        self.account = account
        self.model = model
        self.ledger = ledger
        """Whether to send only the keys of ``LEDGER``."""


class SummarySubscription(Subscription):
    """reqAccountSummary."""

    __slots__ = ("names", "sent")

    def __init__(self, request_id: int, tags: str) -> None:
        super().__init__(request_id)
        self.names = tuple(tag.strip() for tag in tags.split(",") if tag.strip())
        self.sent: dict[tuple[str, str, str], str] = {}
        """Account, tag, currency -> the value sent last."""


class MultiPositionSubscription(Subscription):
    """reqPositionsMulti."""

    __slots__ = ("account", "model")

    def __init__(self, request_id: int, account: str, model: str) -> None:
        super().__init__(request_id)
        self.account = account
        """"" for all."""
        self.model = model


class PositionSubscription(Subscription):
    """The subscription of reqPositions; a client has at most one."""

    def __init__(self) -> None:
        super().__init__(0)


FIGURES = (AccountSubscription, MultiAccountSubscription, SummarySubscription)


class AccountFigures:
    """Sends account values; its only state per session is when the next are due.

    Changes are sent once, when the turn ends; a client that does not read gets the latest values
    when it reads again.
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
        self._moved: dict[str, None] = {}
        """Accounts whose cash or positions have changed in this turn."""
        self._news: dict[str, None] = {}
        """Accounts that have changed since the last news on the event bus."""
        self._news_due: Nanos = 0
        self.alarm = Wakeup(self.next_due, self.step)

    def changed(self, account: str) -> None:
        """Note that an account's cash or positions changed; ``refresh`` sends the new values."""
        self._moved[account] = None
        self._news[account] = None

    def refresh(self) -> None:
        """Send the accounts that have changed since the last call to their subscribers."""
        if self._news:
            self._publish()
        if not self._moved:
            return
        self.alarm.changed()
        moved, self._moved = self._moved, {}
        for session in self._sessions:
            if not session.paused:
                self._refresh(session, moved)
            elif _follows(session):
                self._due[session.number] = self._timing.now

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
            if due <= now:
                self._refresh(session, None)

    def next_due(self) -> Nanos | None:
        """When the next repetition is due."""
        dues = [due for _, due in self._dues()]
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

    def _refresh(self, session: Session, moved: Collection[str] | None) -> None:
        if _follows(session):
            work = partial(self._send_all, session, moved)
            if not attempt(session, -1, "account figures", work):
                # Values that cannot be computed end the subscriptions to them, not the station.
                for kind in FIGURES:
                    session.subscriptions.of(kind).clear()
        self._plan(session)

    def _send_all(self, session: Session, moved: Collection[str] | None) -> None:
        for updates in session.subscriptions.of(AccountSubscription).values():
            if moved is None or updates.account in moved:
                self._send_updates(session, updates.account)
        for multi in session.subscriptions.of(MultiAccountSubscription).values():
            self._send_multi(session, multi)
        for summary in session.subscriptions.of(SummarySubscription).values():
            self._send_summary(session, summary)

    def _plan(self, session: Session) -> None:
        self.alarm.changed()
        if _follows(session):
            self._due[session.number] = self._timing.now + self._interval
        else:
            self._due.pop(session.number, None)

    def _shown(self, row: AccountFigure) -> str:
        """Return a value in the form of the settings: amounts may be sent without cents."""
        rounded = self._config.settings.roundAccountValuesToNearestWholeNumber
        money = row.currency and row.key != "ExchangeRate" and AMOUNT.fullmatch(row.value)
        return str(Decimal(row.value).quantize(Decimal(1))) if rounded and money else row.value

    # -- reqAccountUpdates --------------------------------------------------------------------

    def follow(self, session: Session, account: str) -> None:
        """Begin reqAccountUpdates: every value, each position and its time, the time, the end."""
        session.subscriptions.add(AccountSubscription(account))
        self._send_updates(session, account)
        session.send(AccountDataEnd(account))
        self._plan(session)

    def _send_updates(self, session: Session, account: str) -> None:
        now = self._timing.now
        for row in self._queries.account_values(account, now):
            value = self._shown(row)
            session.send(AccountValue(row.key, value, row.currency, row.account))
        time = clock(now, self._preferences.operator_zone)
        for held in self._queries.portfolio(account, now):
            if not self._preferences.shows(held.contract):
                continue
            session.send(
                PortfolioValue(
                    held.contract,
                    held.position,
                    held.marketPrice,
                    held.marketValue,
                    held.averageCost,
                    held.unrealizedPNL,
                    held.realizedPNL,
                    account,
                )
            )
            session.send(AccountUpdateTime(time))
        session.send(AccountUpdateTime(time))

    # -- reqAccountUpdatesMulti ---------------------------------------------------------------

    def follow_multi(self, session: Session, multi: MultiAccountSubscription) -> None:
        """Begin reqAccountUpdatesMulti."""
        session.subscriptions.add(multi)
        self._send_multi(session, multi)
        session.send(AccountUpdateMultiEnd(multi.request_id))
        self._plan(session)

    def _send_multi(self, session: Session, multi: MultiAccountSubscription) -> None:
        for row in self._queries.account_values(multi.account, self._timing.now):
            if not multi.ledger or row.key in LEDGER:
                value = self._shown(row)
                session.send(
                    AccountUpdateMulti(
                        multi.request_id, multi.account, multi.model, row.key, value, row.currency
                    )
                )

    # -- reqAccountSummary --------------------------------------------------------------------

    def summarise(self, session: Session, request_id: int, tags: str) -> None:
        """Begin reqAccountSummary: every tag once, then the end."""
        summary = SummarySubscription(request_id, tags)
        session.subscriptions.add(summary)
        self._send_summary(session, summary)
        session.send(AccountSummaryEnd(request_id))
        self._plan(session)

    def _send_summary(self, session: Session, summary: SummarySubscription) -> None:
        for row in self._queries.account_summary(summary.names, self._timing.now):
            place = (row.account, row.key, row.currency)
            value = self._shown(row)
            if summary.sent.get(place) != value:
                summary.sent[place] = value
                session.send(
                    AccountSummary(summary.request_id, row.account, row.key, value, row.currency)
                )


def _follows(session: Session) -> bool:
    return any(session.subscriptions.of(kind) for kind in FIGURES)
