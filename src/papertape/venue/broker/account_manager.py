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
from ..units import CASH_SCALE, CashMicros, Nanos, cash_decimal, scaled
from .ledger import Account
from .margin import MarginCalculator, knows
from .schedules import FEE_PLANS, MARGIN_MODELS, REFERENCE_RATES

MOST_CASH: Final[CashMicros] = 10**12 * CASH_SCALE
"""A million millions in one account: enough to tell a typing error from a fund. Every sum of
micro-units stays a number of 64 bits, which the journal can hold."""
MOST_ACCOUNTS: Final = 50
CODE_LENGTH: Final = 100
CODE_RULE: Final = (
    f"An account code has 1 to {CODE_LENGTH} visible characters, no comma, and no space at its ends"
)
"""managedAccounts joins codes by commas; what is not visible makes two codes look alike."""


def is_code(code: str) -> bool:
    """Whether a text can be the code of an account (``CODE_RULE``)."""
    visible = code.isprintable() and code == code.strip() and "," not in code
    return visible and 1 <= len(code) <= CODE_LENGTH


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
                yield from _opened(command)
            case Deposit():
                yield self._deposit(command)
            case SetMarginModel():
                self._known(command.account)
                _check_model(command.model)
                yield MarginModelChanged(command.account, command.model)
            case SetFeePlan():
                self._known(command.account)
                _check_plan(command.plan)
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
            raise AccountRefused(f"there is an account {code} already")
        if not is_code(code):
            raise AccountRefused(f"{CODE_RULE}; not {code[:40]!r}")
        if len(self._accounts) >= MOST_ACCOUNTS:
            raise AccountRefused(f"there are {MOST_ACCOUNTS} accounts, and there can be no more")
        _check_currency(command.currency)
        _check_model(command.margin)
        _check_plan(command.plan)
        if not 0 <= command.cash <= MOST_CASH:
            raise AccountRefused(f"an account opens with 0 to {_shown(MOST_CASH)}")

    def _deposit(self, command: Deposit) -> CashMoved:
        account = self._known(command.account)
        _check_currency(command.currency)
        if not 0 < abs(command.amount) <= MOST_CASH:
            raise AccountRefused(f"a deposit is not 0 and at most {_shown(MOST_CASH)}")
        equity = scaled(command.amount, self._margin.rate(command.currency, account.currency))
        moved = CashMoved(command.account, command.currency, command.amount, equity)
        if command.amount > 0:
            self._check_most(account, moved)
        else:
            self._check_withdrawal(account, moved)
        return moved

    def _check_most(self, account: Account, moved: CashMoved) -> None:
        cash = account.cash.get(moved.currency, 0) + moved.amount
        if max(cash, self._margin.exposure(account).equity + moved.equity) > MOST_CASH:
            raise AccountRefused(
                f"{account.code} would have more than {_shown(MOST_CASH)} {account.currency}"
            )

    def _check_withdrawal(self, account: Account, moved: CashMoved) -> None:
        """What is taken out must be there, and must not carry a position."""
        cash = account.cash.get(moved.currency, 0)
        if cash + moved.amount < 0:
            raise AccountRefused(f"{account.code} has {_shown(cash)} {moved.currency} to take out")
        worth = self._margin.exposure(account)
        available = worth.equity - worth.initial
        if available + moved.equity < 0:
            raise AccountRefused(
                f"{account.code} has {_shown(max(available, 0))} {account.currency} available;"
                " the rest is margin of its positions"
            )

    def _known(self, code: str) -> Account:
        account = self._accounts.get(code)
        if account is None:
            known = ", ".join(self._accounts) or "none"
            raise AccountRefused(f"there is no account {code[:40]!r}; there are: {known}")
        return account


def _opened(command: OpenAccount) -> Iterator[AnyFact]:
    """An account as it is asked for; what differs from a plain one is a fact of its own."""
    code = command.account
    plain = Account(code, command.currency, {})
    yield AccountOpened(code, command.currency)
    if command.margin != plain.margin:
        yield MarginModelChanged(code, command.margin)
    if command.plan != plain.plan:
        yield FeePlanChanged(code, command.plan)
    if command.cash:
        yield CashMoved(code, command.currency, command.cash, command.cash)


def _shown(amount: CashMicros) -> str:
    return f"{cash_decimal(amount):,}"


def _check_currency(currency: str) -> None:
    if not knows(currency):
        known = ", ".join(REFERENCE_RATES)
        raise AccountRefused(
            f"there is no exchange rate for the currency {currency[:12]!r}; there are: {known}"
        )


def _check_model(name: str) -> None:
    _one_of("margin model", name, MARGIN_MODELS)


def _check_plan(name: str) -> None:
    _one_of("fee plan", name, FEE_PLANS)


def _one_of(what: str, name: str, known: Collection[str]) -> None:
    if name not in known:
        raise AccountRefused(f"there is no {what} {name[:40]!r}; there are: {', '.join(known)}")
