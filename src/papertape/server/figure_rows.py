"""The figures of accounts at one moment: worked out once, and encoded once for each version."""

import re
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from ..errors import LocalProtocolError
from ..venue.units import Nanos
from ..wire.batch import SameFrames, SharedFrames
from ..wire.catalogue.account import (
    AccountUpdateMulti,
    AccountUpdateTime,
    AccountValue,
    PortfolioValue,
)
from ..wire.message import Message
from .config import Config
from .present.account_values import AccountFigure
from .present.combined_figures import CombinedFigures
from .present.preferences import Preferences
from .present.queries import Queries
from .present.running_figures import RunningFigures
from .present.times import clock
from .sessions.session import Session

AMOUNT: Final = re.compile(r"-?\d+\.\d{2,4}")
LEDGER: Final = frozenset((
    "AccruedCash", "CashBalance", "CorporateBondValue", "Cryptocurrency", "Currency",
    "ExchangeRate", "FundValue", "FutureOptionValue", "FuturesPNL", "FxCashBalance",
    "IssuerOptionValue", "MoneyMarketFundValue", "MutualFundValue", "NetDividend",
    "NetLiquidationByCurrency", "OptionMarketValue", "RealCurrency", "RealizedPnL",
    "StockMarketValue", "TBillValue", "TBondValue", "TotalCashBalance", "UnrealizedPnL",
    "WarrantValue", "NetLiquidation",
))  # fmt: skip
"""Keys that ``ledgerAndNLV`` selects."""


class FigureRows:
    """What the accounts of a station are worth at ``now``; nothing is worked out twice.

    ``running`` gives the figures of an account as they go on.
    """

    def __init__(
        self,
        queries: Queries,
        preferences: Preferences,
        config: Config,
        now: Nanos,
        running: Callable[[str], RunningFigures | CombinedFigures],
    ) -> None:
        self._queries = queries
        self._preferences = preferences
        self._config = config
        self._now = now
        self._running = running
        self._values: dict[tuple[str, int], tuple[AccountFigure, ...]] = {}
        self._ledgers: dict[tuple[str, tuple[str, ...]], tuple[AccountFigure, ...]] = {}
        self._updates: dict[tuple[str, int], list[Message]] = {}
        self._same: dict[tuple[str, int, int], SameFrames] = {}
        self._multi: dict[tuple[str, str, bool, int], list[Message]] = {}
        self._shared: dict[tuple[str, str, bool, int, int], SharedFrames] = {}

    def values(self, account: str, since: int = 0) -> tuple[AccountFigure, ...]:
        """The rows of an account that changed after an update, as the settings show them; after 0
        every row."""
        found = self._values.get((account, since))
        if found is None:
            rows = self._running(account).rows(since)
            found = self._values[account, since] = tuple(map(self._shown, rows))
        return found

    def summary(self, names: tuple[str, ...], group: str) -> Iterator[AccountFigure]:
        """The rows of the tags of a summary, of the accounts of a group; none of one that is no
        more. The ledger of all of them comes last, once, under the name of the group."""
        accounts = self._queries.group(group) or ()
        ledger = tuple(name for name in names if name.startswith("$LEDGER"))
        plain = tuple(name for name in names if name not in ledger) if ledger else names
        for account in accounts:
            yield from map(self._shown, self._running(account).summary(plain))
        if ledger and accounts:
            key = group, ledger
            if key not in self._ledgers:
                worths = [self._running(account).valuation() for account in accounts]
                self._ledgers[key] = self._queries.ledger(group, worths, ledger, self._now)
            yield from map(self._shown, self._ledgers[key])

    def send_updates(self, session: Session, account: str, since: int) -> int:
        """Send the values of an account and its positions, each with its time, and the time: all of
        them after 0, else those that changed after an update. Return the latest update."""
        updates = self._running(account).book.updates
        if since >= updates:
            return updates
        messages = self._updates.get((account, since))
        if messages is None:
            messages = self._updates[account, since] = self._made(account, since)
        key = account, since, session.version
        try:
            if key not in self._same:
                self._same[key] = SameFrames(messages, session.version)
        except LocalProtocolError:  # each is tried by itself
            for message in messages:
                session.send(message)
        else:
            session.send_batch(self._same[key], 0)
        return updates

    def _made(self, account: str, since: int) -> list[Message]:
        time = AccountUpdateTime(clock(self._now, self._preferences.operator_zone))
        messages: list[Message] = [
            AccountValue(row.key, row.value, row.currency, row.account)
            for row in self.values(account, since)
        ]
        running = self._running(account)
        holdings = [
            held
            for con_id, held in sorted(running.holdings.items())
            if running.moved.get(con_id, 0) > since or not since
        ]
        for row in self._queries.held_rows(account, holdings):
            if self._preferences.shows(account, row.contract, row.position):
                messages += (
                    PortfolioValue(
                        row.contract, row.position, row.marketPrice, row.marketValue,
                        row.averageCost, row.unrealizedPNL, row.realizedPNL, account,
                    ),
                    time,
                )  # fmt: skip
        return [*messages, time]

    def send_multi(
        self,
        session: Session,
        request_id: int,
        place: tuple[str, str],
        since: int,
        *,
        ledger: bool,
    ) -> int:
        """Send the values of an account and model under a request id, as ``send_updates`` does;
        ``ledger``: those of ``LEDGER``."""
        account, model = place
        updates = self._running(account).book.updates
        if since >= updates:
            return updates
        key = account, model, ledger, since
        messages = self._multi.get(key)
        if messages is None:
            messages = self._multi[key] = [
                AccountUpdateMulti(0, account, model, row.key, row.value, row.currency)
                for row in self.values(account, since)
                if not ledger or row.key in LEDGER
            ]
        which = (*key, session.version)
        try:
            if which not in self._shared:
                self._shared[which] = SharedFrames(messages, session.version)
        except LocalProtocolError:
            self._one_by_one(session, messages, request_id)
        else:
            session.send_batch(self._shared[which], request_id)
        return updates

    def _one_by_one(self, session: Session, messages: Sequence[Message], request_id: int) -> None:
        for message in messages:
            session.send(replace(message, reqId=request_id))

    def _shown(self, row: AccountFigure) -> AccountFigure:
        """Return a row in the form of the settings: amounts may be sent without cents."""
        rounded = self._config.settings.roundAccountValuesToNearestWholeNumber
        if rounded and row.currency and row.key != "ExchangeRate" and AMOUNT.fullmatch(row.value):
            return replace(row, value=str(Decimal(row.value).quantize(Decimal(1))))
        return row
