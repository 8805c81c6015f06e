"""The figures of accounts at one moment: worked out once, and encoded once for each version."""

import re
from collections.abc import Sequence
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
from .present.preferences import Preferences
from .present.queries import Queries
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
    """What the accounts of a station are worth at ``now``; nothing is worked out twice."""

    def __init__(
        self, queries: Queries, preferences: Preferences, config: Config, now: Nanos
    ) -> None:
        self._queries = queries
        self._preferences = preferences
        self._config = config
        self._now = now
        self._values: dict[str, tuple[AccountFigure, ...]] = {}
        self._summaries: dict[tuple[str, ...], tuple[AccountFigure, ...]] = {}
        self._updates: dict[str, list[Message]] = {}
        self._same: dict[tuple[str, int], SameFrames] = {}
        self._multi: dict[tuple[str, str, bool], list[Message]] = {}
        self._shared: dict[tuple[str, str, bool, int], SharedFrames] = {}

    def values(self, account: str) -> tuple[AccountFigure, ...]:
        """Every row of an account, as the settings show it."""
        found = self._values.get(account)
        if found is None:
            rows = self._queries.account_values(account, self._now)
            found = self._values[account] = tuple(map(self._shown, rows))
        return found

    def summary(self, names: tuple[str, ...], group: str) -> tuple[AccountFigure, ...]:
        """The rows of the tags of a summary, of the accounts of a group; none of one that is no
        more."""
        found = self._summaries.get((group, *names))
        if found is None:
            among = self._queries.group(group) or ()
            rows = self._queries.account_summary(names, self._now, among=among)
            found = self._summaries[group, *names] = tuple(map(self._shown, rows))
        return found

    def send_updates(self, session: Session, account: str) -> None:
        """Send the values of an account, its positions, each with its time, and the time."""
        messages = self._updates.get(account)
        if messages is None:
            messages = self._updates[account] = self._made(account)
        key = account, session.version
        try:
            if key not in self._same:
                self._same[key] = SameFrames(messages, session.version)
        except LocalProtocolError:  # each is tried by itself
            for message in messages:
                session.send(message)
        else:
            session.send_batch(self._same[key], 0)

    def _made(self, account: str) -> list[Message]:
        time = AccountUpdateTime(clock(self._now, self._preferences.operator_zone))
        messages: list[Message] = [
            AccountValue(row.key, row.value, row.currency, row.account)
            for row in self.values(account)
        ]
        for held in self._queries.portfolio(account, self._now):
            if self._preferences.shows(account, held.contract, held.position):
                messages += (
                    PortfolioValue(
                        held.contract, held.position, held.marketPrice, held.marketValue,
                        held.averageCost, held.unrealizedPNL, held.realizedPNL, account,
                    ),
                    time,
                )  # fmt: skip
        return [*messages, time]

    def send_multi(
        self, session: Session, request_id: int, account: str, model: str, *, ledger: bool
    ) -> None:
        """Send the values of an account under a request id; ``ledger``: those of ``LEDGER``."""
        key = account, model, ledger
        messages = self._multi.get(key)
        if messages is None:
            messages = self._multi[key] = [
                AccountUpdateMulti(0, account, model, row.key, row.value, row.currency)
                for row in self.values(account)
                if not ledger or row.key in LEDGER
            ]
        place = (*key, session.version)
        try:
            if place not in self._shared:
                self._shared[place] = SharedFrames(messages, session.version)
        except LocalProtocolError:
            self._one_by_one(session, messages, request_id)
        else:
            session.send_batch(self._shared[place], request_id)

    def _one_by_one(self, session: Session, messages: Sequence[Message], request_id: int) -> None:
        for message in messages:
            session.send(replace(message, reqId=request_id))

    def _shown(self, row: AccountFigure) -> AccountFigure:
        """Return a row in the form of the settings: amounts may be sent without cents."""
        rounded = self._config.settings.roundAccountValuesToNearestWholeNumber
        if rounded and row.currency and row.key != "ExchangeRate" and AMOUNT.fullmatch(row.value):
            return replace(row, value=str(Decimal(row.value).quantize(Decimal(1))))
        return row
