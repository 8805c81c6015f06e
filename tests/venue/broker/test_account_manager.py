"""Account commands: what they become, and what is refused in words that say what is legal."""

from dataclasses import dataclass

import pytest

from papertape.venue.archive import Archive
from papertape.venue.broker.account_manager import (
    CODE_LENGTH,
    MOST_ACCOUNTS,
    MOST_CASH,
    AccountManager,
    is_code,
)
from papertape.venue.broker.accounts_refused import AccountRefused
from papertape.venue.broker.ledger import Account, LedgerPosition
from papertape.venue.broker.margin import MarginCalculator
from papertape.venue.broker.profit import Profits
from papertape.venue.commands import (
    AccountCommand,
    Deposit,
    OpenAccount,
    SetFeePlan,
    SetMarginModel,
)
from papertape.venue.facts import (
    AccountOpened,
    CashMoved,
    FeePlanChanged,
    MarginModelChanged,
)
from papertape.venue.market.source import Quote
from papertape.venue.reference.listings import CATALOGUE
from venue.scenario import SYMBOLS
from walks import walk

DOLLAR = 10**6
AAPL = SYMBOLS["AAPL"].conId


@dataclass
class Broker:
    accounts: dict[str, Account]

    def decide(self, command: AccountCommand) -> list[object]:
        def look(con_id: int) -> Quote:
            return Quote(con_id, 0, 1_000_000, 1, 1_000_000, 1) if con_id == AAPL else NOTHING

        margin = MarginCalculator(CATALOGUE, look)
        profits = Profits(Archive(), margin, CATALOGUE)
        return list(AccountManager(self.accounts, margin, profits).decide(command))


NOTHING = Quote(0, 0, 0, 0, 0, 0)


@pytest.fixture
def broker() -> Broker:
    return Broker({"DU1": Account("DU1", "USD", {"USD": 1_000 * DOLLAR, "EUR": 50 * DOLLAR})})


def test_a_plain_account_is_opened_with_its_cash(broker: Broker) -> None:
    assert broker.decide(OpenAccount("DU2", "EUR", 5)) == [
        AccountOpened("DU2", "EUR"),
        CashMoved("DU2", "EUR", 5, 5),
    ]
    assert broker.decide(OpenAccount("DU2")) == [AccountOpened("DU2", "USD")]


def test_what_differs_from_a_plain_account_is_a_fact_of_its_own(broker: Broker) -> None:
    assert broker.decide(OpenAccount("DU2", margin="reg_t", plan="none")) == [
        AccountOpened("DU2", "USD"),
        MarginModelChanged("DU2", "reg_t"),
        FeePlanChanged("DU2", "none"),
    ]


def test_money_is_counted_in_the_base_currency_as_well(broker: Broker) -> None:
    (moved,) = broker.decide(Deposit("DU1", "GBP", 100 * DOLLAR))
    assert moved == CashMoved("DU1", "GBP", 100 * DOLLAR, 133 * DOLLAR)
    (moved,) = broker.decide(Deposit("DU1", "EUR", -20 * DOLLAR))
    assert moved == CashMoved("DU1", "EUR", -20 * DOLLAR, -23 * DOLLAR)


def test_model_and_plan_are_chosen_by_name(broker: Broker) -> None:
    assert broker.decide(SetMarginModel("DU1", "reg_t")) == [MarginModelChanged("DU1", "reg_t")]
    assert broker.decide(SetFeePlan("DU1", "none")) == [FeePlanChanged("DU1", "none")]


REFUSED = {
    "a code that is taken": (OpenAccount("DU1"), "the account DU1 exists already"),
    "no code": (OpenAccount(""), "1 to 100 visible characters, no comma"),
    "a comma": (OpenAccount("DU2,DU3"), "no comma"),
    "a currency of nowhere": (OpenAccount("DU2", "XAU"), "'XAU'; there are: AUD, CAD"),
    "a debt to begin with": (OpenAccount("DU2", cash=-1), "opens with 0 to 1,000,000,000,000"),
    "a model that is none": (OpenAccount("DU2", margin="x"), "there are: portfolio, reg_t"),
    "a plan that is none": (OpenAccount("DU2", plan="x"), "there are: fixed, tiered, none"),
    "money for nobody": (Deposit("DU9", "USD", 1), "no account 'DU9'; there are: DU1"),
    "money of nowhere": (Deposit("DU1", "XAU", 1), "'XAU'; there are"),
    "no money": (Deposit("DU1", "USD", 0), "must not be 0 or exceed 1,000,000,000,000"),
    "too much at once": (Deposit("DU1", "USD", MOST_CASH + 1), "must not be 0 or exceed"),
    "too much in the end": (Deposit("DU1", "USD", MOST_CASH), "more than 1,000,000,000,000"),
    "too much in its own currency": (Deposit("DU1", "GBP", MOST_CASH * 4 // 5), "more than"),
    "more than there is": (Deposit("DU1", "USD", -1_001 * DOLLAR), "1,000.00 USD to withdraw"),
    "more than there is of it": (Deposit("DU1", "EUR", -51 * DOLLAR), "50.00 EUR to withdraw"),
    "none of it": (Deposit("DU1", "GBP", -1), "0.00 GBP to withdraw"),
    "an unknown model": (SetMarginModel("DU1", "x"), "there are: portfolio, reg_t"),
    "an unknown plan": (SetFeePlan("DU1", "x"), "there are: fixed, tiered, none"),
    "a model for nobody": (SetMarginModel("DU9", "reg_t"), "there are: DU1"),
    "a plan for nobody": (SetFeePlan("DU9", "none"), "there are: DU1"),
}


@walk("name", REFUSED)
def test_what_cannot_be_is_refused(name: str, broker: Broker) -> None:
    command, words = REFUSED[name]
    with pytest.raises(AccountRefused) as refused:
        broker.decide(command)
    assert words in str(refused.value)


def test_the_margin_of_positions_cannot_be_taken_out(broker: Broker) -> None:
    # 50 shares at 100: worth 5,000, initial margin 5,000 x 0.15 x 1.1 = 825
    account = broker.accounts["DU1"]
    account.positions[AAPL] = LedgerPosition(50 * 10_000, 5_000 * DOLLAR)
    account.cash = {"USD": 1_000 * DOLLAR, "EUR": -4_000 * DOLLAR}
    with pytest.raises(AccountRefused, match=r"DU1 has 575\.00 USD available.*margin"):
        broker.decide(Deposit("DU1", "USD", -576 * DOLLAR))
    assert broker.decide(Deposit("DU1", "USD", -575 * DOLLAR))


def test_there_are_only_so_many_accounts(broker: Broker) -> None:
    for number in range(2, MOST_ACCOUNTS + 1):
        broker.accounts[f"DU{number}"] = Account(f"DU{number}", "USD", {})
    with pytest.raises(AccountRefused, match="50 accounts"):
        broker.decide(OpenAccount("DU99"))


@walk("code", ["DU1", "DU 2", "Kontö", "x" * CODE_LENGTH])
def test_a_code_is_any_visible_text(code: str) -> None:
    assert is_code(code)


@walk("code", ["", " DU1", "DU1 ", "DU\n1", "DU\0", "a,b", "x" * 101, "\u200b"])
def test_a_code_that_could_not_be_told_is_none(code: str) -> None:
    assert not is_code(code)
