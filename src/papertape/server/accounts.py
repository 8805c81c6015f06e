"""Account figures for their subscribers: at once, on every change, and every three minutes.

Serves reqAccountUpdates, reqAccountUpdatesMulti and reqAccountSummary; the summary repeats only
what has changed.

Accounts are opened and changed here as well, on behalf of whoever runs the station. A new one is
in the next managedAccounts that a client asks for or is sent at its start; nobody is sent one
unasked, as TWS tells the list at a connection's start only. It takes orders at once.
"""

import re
from collections.abc import Collection
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from ..venue.broker.account_manager import AccountRefused
from ..venue.broker.profile import Profile
from ..venue.commands import AccountCommand, OpenAccount
from ..venue.units import SECOND, CashMicros, Nanos, cash_units
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
from .present.account_values import AccountValue as Figure
from .present.times import clock
from .sessions.session import Session

if TYPE_CHECKING:
    from .station import Station

AMOUNT = re.compile(r"-?\d+\.\d{2,4}")
MONEY: Final = r"-?[0-9]{1,13}(\.[0-9]{1,6})?"
"""An amount as people write it."""
LINK_LOST: Final = "No connection to the broker, who keeps the accounts; restore the link first"
HANGS: Final = "The station hangs, as a drill wants it; end the drill first"
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
"""Keys that ``ledgerAndNLV`` asks for."""


class Accounts:
    """Sends account figures; remembers per session only when the next are due.

    What a turn moves is told once, when the turn ends, and to a client that does not read once
    it reads again: figures describe the present, so nothing is lost.
    """

    def __init__(self, station: "Station") -> None:
        self._station = station
        self._moved: dict[str, None] = {}
        """Accounts whose cash or positions have moved in this turn."""
        self._news: dict[str, None] = {}
        """Accounts that have moved since those who look on were told."""
        self._news_due: Nanos = 0

    def carry_out(self, command: AccountCommand) -> None:
        """Open or change an account; it is kept when this returns, and then told.

        Raises ``AccountRefused`` with what would be legal, also while the station does not hear
        of the venue; nothing has changed then. Raises ``JournalError`` when it cannot be kept.
        """
        station = self._station
        if not station.link.up:
            raise AccountRefused(LINK_LOST)
        if station.frozen:
            raise AccountRefused(HANGS)
        station.apply(command)
        station.keeper.commit(station.engine)

    @property
    def _interval(self) -> Nanos:
        return int(self._station.settings.account_interval_s * SECOND)

    def changed(self, account: str) -> None:
        """An account's cash or positions moved: everyone who follows it is told by ``refresh``."""
        self._moved[account] = None
        self._news[account] = None

    def refresh(self) -> None:
        """Tell what has moved since the last call."""
        self._tell_hub()
        moved, self._moved = self._moved, {}
        if not moved:
            return
        for session in self._station.sessions():
            if session.paused:
                session.account_due = self._station.now if _follows(session) else 0
            else:
                self._refresh(session, moved)

    def _tell_hub(self) -> None:
        """Let those who look on know what has moved, once a second at most."""
        if self._news and self._news_due <= self._station.now:
            self._station.hub.tell("account", accounts=list(self._news))
            self._news = {}
            self._news_due = self._station.until(1.0)

    def step(self, now: Nanos) -> None:
        """Repeat figures whose three minutes are over."""
        self._tell_hub()
        for session in self._station.sessions():
            if session.account_due and session.account_due <= now and not session.paused:
                self._refresh(session, None)

    def next_due(self) -> Nanos | None:
        """When the next repetition is due."""
        sessions = self._station.sessions()
        dues = [s.account_due for s in sessions if s.account_due and not s.paused]
        if self._news:
            dues.append(self._news_due)
        return min(dues, default=None)

    def _refresh(self, session: Session, moved: Collection[str] | None) -> None:
        work = partial(self._send_all, session, moved)
        if not self._station.attempt(session, -1, "account figures", work):
            # Figures that cannot be worked out end the subscriptions to them, not the station.
            session.account_updates = ""
            session.multi.clear()
            session.summaries.clear()
        self._schedule(session)

    def _send_all(self, session: Session, moved: Collection[str] | None) -> None:
        if session.account_updates and (moved is None or session.account_updates in moved):
            self._send_updates(session)
        for request_id in session.multi:
            self._send_multi(session, request_id)
        for request_id in session.summaries:
            self._send_summary(session, request_id)

    def _schedule(self, session: Session) -> None:
        session.account_due = self._station.now + self._interval if _follows(session) else 0

    def _shown(self, row: Figure) -> str:
        """A figure as the settings want it: amounts of money may lose their cents."""
        rounded = self._station.config.settings.roundAccountValuesToNearestWholeNumber
        money = row.currency and row.key != "ExchangeRate" and AMOUNT.fullmatch(row.value)
        return str(Decimal(row.value).quantize(Decimal(1))) if rounded and money else row.value

    # -- reqAccountUpdates --------------------------------------------------------------------

    def follow(self, session: Session, account: str) -> None:
        """Begin reqAccountUpdates: every figure, each position and its time, the time, the end."""
        session.account_updates = account
        self._send_updates(session)
        session.send(AccountDataEnd(account))
        self._schedule(session)

    def _send_updates(self, session: Session) -> None:
        account, now = session.account_updates, self._station.now
        queries = self._station.queries
        for row in queries.account_values(account, now):
            value = self._shown(row)
            session.send(AccountValue(row.key, value, row.currency, row.account))
        time = clock(now, self._station.settings.time_zone)
        for held in queries.portfolio(account, now):
            if not self._station.shows(held.contract):
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

    def follow_multi(
        self, session: Session, request_id: int, account: str, model: str, ledger: bool
    ) -> None:
        """Begin reqAccountUpdatesMulti."""
        session.multi[request_id] = (account, model, ledger)
        self._send_multi(session, request_id)
        session.send(AccountUpdateMultiEnd(request_id))
        self._schedule(session)

    def _send_multi(self, session: Session, request_id: int) -> None:
        account, model, ledger = session.multi[request_id]
        for row in self._station.queries.account_values(account, self._station.now):
            if not ledger or row.key in LEDGER:
                value = self._shown(row)
                session.send(
                    AccountUpdateMulti(request_id, account, model, row.key, value, row.currency)
                )

    # -- reqAccountSummary --------------------------------------------------------------------

    def summarise(self, session: Session, request_id: int, tags: str) -> None:
        """Begin reqAccountSummary: every tag once, then the end."""
        session.summaries[request_id] = (tags, {})
        self._send_summary(session, request_id)
        session.send(AccountSummaryEnd(request_id))
        self._schedule(session)

    def _send_summary(self, session: Session, request_id: int) -> None:
        tags, before = session.summaries[request_id]
        names = tuple(tag.strip() for tag in tags.split(",") if tag.strip())
        for row in self._station.queries.account_summary(names, self._station.now):
            place = (row.account, row.key, row.currency)
            value = self._shown(row)
            if before.get(place) != value:
                before[place] = value
                session.send(AccountSummary(request_id, row.account, row.key, value, row.currency))


def amount(text: str) -> CashMicros:
    """Money from its decimal text. Raises ``AccountRefused`` for a text that is no amount."""
    if not re.fullmatch(MONEY, text):
        raise AccountRefused(
            "an amount is a number with at most six decimals, such as 50000 or -250.50;"
            f" not {text[:40]!r}"
        )
    return cash_units(Decimal(text))


def opening(
    profile: Profile,
    account: str,
    *,
    currency: str | None = None,
    cash: str | None = None,
    margin_model: str | None = None,
    fee_plan: str | None = None,
) -> OpenAccount:
    """The command that opens an account; what is None is as in the accounts of the profile.

    Raises ``AccountRefused`` for cash that is no amount.
    """
    opened = OpenAccount(
        account,
        profile.base_currency if currency is None else currency,
        profile.opening_cash if cash is None else amount(cash),
    )
    chosen = {"margin": margin_model, "plan": fee_plan}
    return replace(opened, **{name: one for name, one in chosen.items() if one is not None})


def _follows(session: Session) -> bool:
    return bool(session.account_updates or session.multi or session.summaries)
