"""The broker's part of an account: opening, deposits, margin model, fee plan, days."""

from collections.abc import Collection, Iterator, Mapping
from typing import Final

from ..commands import (
    AccountCommand,
    ConvertCash,
    Deposit,
    OpenAccount,
    ReceivePosition,
    ReplaceAccountAliases,
    ReplaceAdvisorGroups,
    SetFeePlan,
    SetMarginModel,
    Transfer,
)
from ..facts import (
    AccountOpened,
    AnyFact,
    CashBooked,
    CashMoved,
    CashSettled,
    DayBegan,
    DayOpened,
    FeePlanChanged,
    FutureSettled,
    MarginModelChanged,
)
from ..reference.resets import ResetTime
from ..reference.times import EASTERN, day_end, month_of
from ..units import CASH_SCALE, CashMicros, Nanos, Rate, cash_decimal, scaled
from .accounts_refused import AccountRefused
from .accruals import Accruals
from .advisor import advisor_fact
from .allocation import master_of
from .ledger import Account
from .margin import MarginCalculator, knows
from .profit import Profits
from .risk import refused_for_cash
from .schedules import FEE_PLANS, MARGIN_MODELS, REFERENCE_RATES
from .transfers import Transfers

MOST_CASH: Final[CashMicros] = 10**12 * CASH_SCALE
"""The most cash of one account, a million millions: more is a typing error. It keeps every sum of
micro-units within the 64 bits of the journal's integers."""
MOST_ACCOUNTS: Final = 50
CONVERTED: Final = "converted"
"""Cause of a ``CashBooked``."""
CODE_LENGTH: Final = 100
CODE_RULE: Final = (
    f"An account code has 1 to {CODE_LENGTH} visible characters, no comma, and no space at its ends"
)
"""managedAccounts joins codes by commas; invisible characters make two codes look alike."""


def is_code(code: str) -> bool:
    """Return whether a text is valid as an account code (``CODE_RULE``)."""
    visible = code.isprintable() and code == code.strip() and "," not in code
    return visible and 1 <= len(code) <= CODE_LENGTH


class AccountManager:
    """Decides the account commands."""

    def __init__(
        self,
        accounts: dict[str, Account],
        margin: MarginCalculator,
        profits: Profits,
        benchmarks: Mapping[str, Rate] | None = None,
    ) -> None:
        self._accruals = Accruals(margin, benchmarks)
        self._profits = profits
        self._accounts = accounts
        self._margin = margin
        self._transfers = Transfers(margin)

    def decide(self, command: AccountCommand) -> Iterator[AnyFact]:
        """Yield the facts of a command. Raises ``AccountRefused`` when it is refused."""
        match command:
            case OpenAccount():
                self._check_new(command)
                brought = self._transfers.brought(command)
                yield from _opened(command)
                yield from brought
            case Deposit():
                yield self._deposit(command)
            case SetMarginModel():
                account = self._known(command.account)
                _check_model(command.model)
                if MARGIN_MODELS[command.model].cash:
                    self._check_paid(account)
                yield MarginModelChanged(command.account, command.model)
            case SetFeePlan():
                self._known(command.account)
                _check_plan(command.plan)
                yield FeePlanChanged(command.account, command.plan)
            case ReceivePosition():
                account = self._known(command.account)
                yield self._transfers.received(account, command.position)
            case Transfer():
                yield from self._transfer(command)
            case ReplaceAdvisorGroups() | ReplaceAccountAliases():
                yield advisor_fact(command, self._accounts)
            case ConvertCash():
                yield self._converted(command)

    def open_day(self, now: Nanos, ended: Nanos) -> Iterator[AnyFact]:
        """End a trading day at ``now`` and begin the next one; futures are settled before.

        The day was to end at ``ended``: earlier, where the venue was closed then.
        """
        for account in self._accounts.values():
            yield from self._settle(account)
            yield from self._accruals.day(account, now, ended)
            for day in sorted(account.unsettled):
                if day <= EASTERN.day(now):
                    yield CashSettled(account.code, day)
        worth = {code: self._margin.value(account) for code, account in self._accounts.items()}
        left = {code: self._profits.left(account) for code, account in self._accounts.items()}
        yield day_begun(now)
        for code, valued in worth.items():
            values = tuple(
                (held.instrument.conId, held.value)
                for held in valued.holdings
                if held.position.quantity
            )
            yield DayOpened(code, valued.equity, values, valued.sma, *left[code])

    def begin_profits(self, reset: ResetTime) -> Iterator[AnyFact]:
        """Let the profits of the instruments begin anew that are reset then."""
        return self._profits.begun(self._accounts, reset)

    def _settle(self, account: Account) -> Iterator[AnyFact]:
        """Pay what the futures of an account gained or lost since they were last settled."""
        for held in self._margin.value(account).holdings:
            if held.since_settled:
                entry = held.instrument
                paid = ((entry.currency, held.since_settled),)
                yield FutureSettled(account.code, entry.conId, held.price, held.value, paid)

    def _check_new(self, command: OpenAccount) -> None:
        code = command.account
        if code in self._accounts:
            raise AccountRefused(f"the account {code} exists already")
        if not is_code(code):
            raise AccountRefused(f"{CODE_RULE}; not {code[:40]!r}")
        if len(self._accounts) >= MOST_ACCOUNTS:
            raise AccountRefused(f"there are {MOST_ACCOUNTS} accounts, which is the maximum")
        if command.advisor and master_of(self._accounts):
            raise AccountRefused(f"{master_of(self._accounts)} is an advisor's account already")
        _check_currency(command.currency)
        _check_model(command.margin)
        _check_plan(command.plan)
        if not 0 <= command.cash <= MOST_CASH:
            raise AccountRefused(f"an account opens with 0 to {_shown(MOST_CASH)}")

    def _transfer(self, command: Transfer) -> Iterator[AnyFact]:
        source, target = self._known(command.account), self._known(command.to)
        if source is target:
            raise AccountRefused(f"{source.code} cannot transfer to itself")
        if command.conId:
            yield from self._transfers.between(source, target, command.conId, command.size)
            return
        if command.amount <= 0:
            raise AccountRefused("a transfer moves more than 0")
        taken = self._deposit(Deposit(source.code, command.currency, -command.amount))
        given = self._deposit(Deposit(target.code, command.currency, command.amount))
        yield taken
        yield given

    def _converted(self, command: ConvertCash) -> CashBooked:
        account = self._known(command.account)
        sold, bought = command.currency, command.into
        _check_currency(sold)
        _check_currency(bought)
        if sold == bought:
            raise AccountRefused(f"{sold} is to be converted into itself")
        if not 0 < command.amount <= MOST_CASH:
            raise AccountRefused(f"a conversion sells more than 0 and at most {_shown(MOST_CASH)}")
        has = account.cash.get(sold, 0)
        if MARGIN_MODELS[account.margin].cash:
            has = account.settled(sold)
        if has < command.amount:
            raise AccountRefused(f"{account.code} has {_shown(has)} {sold} to convert")
        amount = scaled(command.amount, self._margin.rate(sold, bought))
        if not amount:
            raise AccountRefused(f"that is less than 0.000001 {bought}")
        if account.cash.get(bought, 0) + amount > MOST_CASH:
            raise AccountRefused(f"{account.code} would have more than {_shown(MOST_CASH)}")
        return CashBooked(account.code, CONVERTED, ((sold, -command.amount), (bought, amount)))

    def _deposit(self, command: Deposit) -> CashMoved:
        account = self._known(command.account)
        _check_currency(command.currency)
        if not 0 < abs(command.amount) <= MOST_CASH:
            raise AccountRefused(f"a deposit must not be 0 or exceed {_shown(MOST_CASH)}")
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
        """Check that the cash exists and is not margin of a position."""
        cash = account.cash.get(moved.currency, 0)
        if MARGIN_MODELS[account.margin].cash:
            cash = account.settled(moved.currency)
        if cash + moved.amount < 0:
            raise AccountRefused(f"{account.code} has {_shown(cash)} {moved.currency} to withdraw")
        worth = self._margin.exposure(account)
        available = worth.equity - worth.initial
        if available + moved.equity < 0:
            raise AccountRefused(
                f"{account.code} has {_shown(max(available, 0))} {account.currency} available;"
                " the rest is margin of its positions"
            )

    def _check_paid(self, account: Account) -> None:
        """Check that an account has nothing that a cash account cannot have."""
        worth = self._margin.value(account)
        held = [one for one in worth.holdings if one.position.quantity]
        if any(cash < 0 for cash in account.cash.values()) or any(
            one.position.quantity < 0 or refused_for_cash(one.instrument) for one in held
        ):
            raise AccountRefused(
                f"{account.code} has a loan, a short position or a future, which a cash account"
                " cannot have"
            )

    def _known(self, code: str) -> Account:
        account = self._accounts.get(code)
        if account is None:
            known = ", ".join(self._accounts) or "none"
            raise AccountRefused(f"there is no account {code[:40]!r}; there are: {known}")
        return account


def _opened(command: OpenAccount) -> Iterator[AnyFact]:
    """Yield the opening of an account; each difference from a plain one is a fact of its own."""
    code = command.account
    plain = Account(code, command.currency, {})
    yield AccountOpened(code, command.currency, command.advisor)
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


def day_begun(now: Nanos) -> DayBegan:
    """Return that the trading day of an instant began."""
    ends = day_end(now)
    return DayBegan(ends, month_of(ends))
