"""The broker's part of an account: opening, money from outside, margin model, fee plan, days."""

from collections.abc import Collection, Iterator
from typing import Final

from ..commands import AccountCommand, Deposit, OpenAccount, SetFeePlan, SetMarginModel
from ..facts import (
    AccountOpened,
    AnyFact,
    CashMoved,
    DayBegan,
    DayOpened,
    FeePlanChanged,
    MarginModelChanged,
)
from ..reference.times import day_end
from ..units import CashMicros, Nanos, scaled
from .ledger import Account
from .margin import MarginCalculator
from .schedules import FEE_PLANS, MARGIN_MODELS

MOST_CASH: Final[CashMicros] = 10**12 * 10**6
"""A million millions in one account: enough to tell a typing error from a fund."""
CODE_LENGTH: Final = 32


class AccountRefused(ValueError):
    """An account command that cannot be carried out; its text says why and what would be legal."""


class AccountManager:
    """Decides about accounts."""

    def __init__(self, accounts: dict[str, Account], margin: MarginCalculator) -> None:
        self._accounts = accounts
        self._margin = margin

    def decide(self, command: AccountCommand) -> Iterator[AnyFact]:
        """The facts of a command. Raises ``AccountRefused`` when it cannot be carried out."""
        match command:
            case OpenAccount():
                self._check_new(command)
                yield AccountOpened(command.account, command.currency)
                if command.cash:
                    yield CashMoved(command.account, command.currency, command.cash, command.cash)
            case Deposit():
                yield self._deposit(command)
            case SetMarginModel():
                self._known(command.account)
                _one_of("margin model", command.model, MARGIN_MODELS)
                yield MarginModelChanged(command.account, command.model)
            case SetFeePlan():
                self._known(command.account)
                _one_of("fee plan", command.plan, FEE_PLANS)
                yield FeePlanChanged(command.account, command.plan)

    def open_day(self, now: Nanos) -> Iterator[AnyFact]:
        """A trading day ends at ``now`` and the next one begins."""
        worth = {code: self._margin.value(account) for code, account in self._accounts.items()}
        yield DayBegan(day_end(now))
        for code, valued in worth.items():
            values = tuple(
                (held.instrument.conId, held.value)
                for held in valued.holdings
                if held.position.quantity
            )
            yield DayOpened(code, valued.equity, values)

    def _check_new(self, command: OpenAccount) -> None:
        code = command.account
        if code in self._accounts:
            raise AccountRefused(f"account {code} exists already")
        if not (code.isascii() and code.isalnum() and len(code) <= CODE_LENGTH):
            raise AccountRefused(
                f"an account code is 1 to {CODE_LENGTH} letters and digits, not {code[:40]!r}"
            )
        self._check_currency(command.currency)
        if not 0 <= command.cash <= MOST_CASH:
            raise AccountRefused(f"an account opens with 0 to {MOST_CASH // 10**6:,}")

    def _deposit(self, command: Deposit) -> CashMoved:
        account = self._known(command.account)
        self._check_currency(command.currency)
        if not 0 < abs(command.amount) <= MOST_CASH:
            raise AccountRefused(f"a deposit is not 0 and at most {MOST_CASH // 10**6:,}")
        rate = self._margin.rate(command.currency, account.currency)
        equity = scaled(command.amount, rate)
        return CashMoved(command.account, command.currency, command.amount, equity)

    def _known(self, code: str) -> Account:
        account = self._accounts.get(code)
        if account is None:
            known = ", ".join(self._accounts) or "none"
            raise AccountRefused(f"there is no account {code[:40]!r}; there are: {known}")
        return account

    def _check_currency(self, currency: str) -> None:
        if not self._margin.knows(currency):
            raise AccountRefused(f"there is no exchange rate for the currency {currency[:12]!r}")


def _one_of(what: str, name: str, known: Collection[str]) -> None:
    if name not in known:
        raise AccountRefused(f"there is no {what} {name[:40]!r}; there are: {', '.join(known)}")
