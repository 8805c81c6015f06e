"""Accounts without loans: settled cash alone buys, and nothing is sold that is not held."""

from datetime import date
from decimal import Decimal

import pytest

from papertape.model import Contract, Order
from papertape.server.present import events as e
from papertape.venue.broker.accounts_refused import AccountRefused
from papertape.venue.broker.profile import Profile
from papertape.venue.broker.settlement import settles
from papertape.venue.commands import Deposit, SetFeePlan, SetMarginModel, SubmitOrder
from papertape.venue.facts import CashSettled
from papertape.venue.invariants import check
from papertape.venue.reference.listings import CATALOGUE, EURUSD
from papertape.venue.reference.securities import Instrument
from papertape.venue.units import DAY
from venue.scenario import Stage, at, text_of
from venue.test_contract_ends import (
    AAPL,
    CALL,
    INDEX_CALL,
    INSTRUMENTS,
    MES,
    PUT,
    SPX,
    quote,
    trade,
)
from venue.test_other_kinds import BOND
from venue.test_scheduled import ENDING
from venue.test_scheduled import INSTRUMENTS as OF_BONDS
from walks import walk

ACCOUNT = "DU1234567"
DOLLAR = 10**6


@pytest.fixture
def stage() -> Stage:
    """An account with 10,000 dollars; Apple at 100."""
    stage = Stage(Profile(opening_cash=10_000 * DOLLAR), INSTRUMENTS)
    stage.submit(SetFeePlan(ACCOUNT, "none"))
    stage.submit(SetMarginModel(ACCOUNT, "cash"))
    quote(stage, AAPL, 100)
    return stage


def refused(stage: Stage, size: int, entry=AAPL) -> tuple[int, str]:
    """The refusal of an order at the market."""
    order = Order(
        action="BUY" if size > 0 else "SELL", totalQuantity=Decimal(abs(size)), orderType="MKT",
        tif="DAY",
    )  # fmt: skip
    number = stage.engine.state.highest_ids.get(1, 0) + 1
    contract = Contract(conId=entry.conId, exchange=entry.home)
    told = stage.submit(SubmitOrder(1, number, contract, order))
    (event,) = (x for x in told if isinstance(x, e.OrderRejectedEvent))
    return event.code, text_of(event)


def figures(stage: Stage) -> dict[str, str]:
    tags = ("SettledCash", "TotalCashValue", "BuyingPower", "AvailableFunds", "NetLiquidation")
    return {row.key: row.value for row in stage.queries.account_summary(tags, stage.now)}


def test_it_buys_for_its_cash_and_no_more(stage: Stage) -> None:
    code, text = refused(stage, 101)
    assert code == 201
    assert "Value [10,000.00 USD] must exceed the new total Initial Margin of [10,100.00" in text
    trade(stage, AAPL, 100)
    assert figures(stage)["BuyingPower"] == "0.00"
    assert figures(stage)["NetLiquidation"] == "10000.00"


def test_a_buy_pays_no_more_than_its_limit(stage: Stage) -> None:
    """The market is at 100: nobody needs that for an order that waits for 50."""
    quote(stage, CALL, 10)
    for number, (entry, size, limit, taken) in enumerate((
        (AAPL, 200, 50, True), (AAPL, 201, 50, False), (AAPL, 101, 150, False),
        (CALL, 100, 1, True), (CALL, 101, 1, False),
    ), 1):  # fmt: skip
        order = Order(
            action="BUY", totalQuantity=Decimal(size), orderType="LMT", lmtPrice=limit, tif="DAY"
        )
        contract = Contract(conId=entry.conId, exchange=entry.home)
        told = stage.submit(SubmitOrder(1, number, contract, order))
        refused = [event for event in told if isinstance(event, e.OrderRejectedEvent)]
        assert (not refused) == taken, (entry.localSymbol, size, limit)


def test_a_buy_of_options_on_margin_pays_no_more_than_its_limit(stage: Stage) -> None:
    stage.submit(SetMarginModel(ACCOUNT, "reg_t"))
    quote(stage, CALL, 10)
    contract = Contract(conId=CALL.conId, exchange=CALL.home)
    for number, (size, taken) in enumerate(((99, True), (101, False)), 1):
        order = Order(
            action="BUY", totalQuantity=Decimal(size), orderType="LMT", lmtPrice=1.0, tif="DAY"
        )
        told = stage.submit(SubmitOrder(1, number, contract, order))
        assert (not [one for one in told if isinstance(one, e.OrderRejectedEvent)]) == taken


def test_it_sells_only_what_it_holds(stage: Stage) -> None:
    trade(stage, AAPL, 10)
    assert refused(stage, -11) == (426, "None of the accounts have enough shares.")
    quote(stage, CALL, 1)
    assert refused(stage, -1, CALL)[0] == 426
    trade(stage, AAPL, -10)


def asked(stage: Stage, size: int, entry: Instrument) -> tuple[e.Event, ...]:
    """What is told of a what-if."""
    order = Order(
        action="BUY" if size > 0 else "SELL", totalQuantity=Decimal(abs(size)), orderType="MKT",
        tif="DAY", whatIf=True,
    )  # fmt: skip
    contract = Contract(conId=entry.conId, exchange=entry.home)
    return stage.submit(SubmitOrder(1, 1, contract, order))


def test_a_what_if_is_refused_what_no_money_would_allow_and_told_the_rest(stage: Stage) -> None:
    """IBKR checks the credit of a what-if and tells the margin that it would come to: who asks
    compares. What an account has no permission for is refused as the order would be."""
    quote(stage, MES, 6_800)
    before = stage.engine.state.next_perm_id
    (event,) = asked(stage, 1, MES)
    assert isinstance(event, e.RequestRefusedEvent) and event.code == 203
    assert stage.engine.state.next_perm_id == before
    for size in (500, -500):  # 201 and 426 for the order itself
        (told,) = asked(stage, size, AAPL)
        assert isinstance(told, e.WhatIfAnswered)
        assert refused(stage, size)[0] == (201 if size > 0 else 426)


def test_proceeds_buy_on_the_next_business_day(stage: Stage) -> None:
    trade(stage, AAPL, 100)
    trade(stage, AAPL, -60)
    assert figures(stage) == {
        "SettledCash": "0.00", "TotalCashValue": "6000.00", "BuyingPower": "0.00",
        "AvailableFunds": "6000.00", "NetLiquidation": "10000.00",
    }  # fmt: skip
    assert refused(stage, 1)[0] == 201
    stage.step("clock 20260413 23:59:59")
    assert figures(stage)["SettledCash"] == "0.00"
    stage.step("clock 20260414 00:00:00")
    assert figures(stage)["SettledCash"] == figures(stage)["BuyingPower"] == "6000.00"
    trade(stage, AAPL, 60)
    check(stage.engine)
    journal = stage.engine.drain_journal()
    facts = [fact for entry in journal for fact in entry.facts if isinstance(fact, CashSettled)]
    assert facts == [CashSettled(ACCOUNT, date(2026, 4, 14).toordinal())]
    stage.journal += journal
    stage.assert_replays()


def test_what_options_bring_when_they_end_settles_as_a_sale_does(stage: Stage) -> None:
    """A put that is exercised sells shares, and an option on an index pays cash: neither can be
    spent on the same day."""
    quote(stage, PUT, 2)
    quote(stage, SPX, 6_790)
    quote(stage, INDEX_CALL, 1)
    trade(stage, PUT, 1)
    trade(stage, INDEX_CALL, 1)
    trade(stage, AAPL, 97)
    quote(stage, SPX, 6_805)
    stage.submit(Deposit(ACCOUNT, "USD", 300 * DOLLAR))
    trade(stage, AAPL, 3)
    stage.step("clock 20260413 17:31:00")
    seen = figures(stage)
    assert (seen["TotalCashValue"], seen["SettledCash"]) == ("26500.00", "0.00")
    assert seen["BuyingPower"] == "0.00" and refused(stage, 1)[0] == 201
    check(stage.engine)
    stage.step("clock 20260414 10:00:00")
    assert figures(stage)["SettledCash"] == "26500.00"
    stage.journal += stage.engine.drain_journal()
    stage.assert_replays()


@pytest.fixture
def bonds() -> Stage:
    """The same with bonds: one at 80, and one at 99 that ends two days later."""
    stage = Stage(Profile(opening_cash=10_000 * DOLLAR), OF_BONDS)
    stage.submit(SetFeePlan(ACCOUNT, "none"))
    stage.submit(SetMarginModel(ACCOUNT, "cash"))
    quote(stage, BOND, 80)
    quote(stage, ENDING, 99)
    return stage


def test_a_bond_settles_on_the_next_business_day(bonds: Stage) -> None:
    trade(bonds, BOND, 10)
    trade(bonds, BOND, -4)
    seen = figures(bonds)
    assert (seen["TotalCashValue"], seen["SettledCash"]) == ("5200.00", "2000.00")
    assert refused(bonds, 3, BOND)[0] == 201, "2,000 buy two"
    bonds.step("clock 20260414 10:00:00")
    assert figures(bonds)["SettledCash"] == figures(bonds)["BuyingPower"] == "5200.00"


def test_the_face_value_of_a_bond_is_there_on_its_day(bonds: Stage) -> None:
    trade(bonds, ENDING, 10)
    bonds.step("clock 20260415 17:00:00")
    seen = figures(bonds)
    assert seen["TotalCashValue"] == seen["SettledCash"] == "10300.00", "100 and a coupon of 2 %"
    check(bonds.engine)


def test_buying_power_is_of_the_equity_of_now_or_of_yesterday_whichever_is_less(
    stage: Stage,
) -> None:
    """IBKR's page: the lesser of both equities, less the initial margin; here also what is
    settled."""
    trade(stage, AAPL, 40)
    assert figures(stage)["BuyingPower"] == "6000.00"
    quote(stage, AAPL, 110)  # 10,400 now, 10,000 when the day began; 4,400 are in shares
    assert figures(stage)["BuyingPower"] == "5600.00"
    quote(stage, AAPL, 90)
    assert figures(stage)["BuyingPower"] == "6000.00"
    quote(stage, AAPL, 110)
    stage.step("clock 20260414 10:00:00")
    assert figures(stage)["BuyingPower"] == "6000.00"


def test_unsettled_money_cannot_be_withdrawn(stage: Stage) -> None:
    trade(stage, AAPL, 100)
    trade(stage, AAPL, -60)
    with pytest.raises(AccountRefused, match=r"has 0\.00 USD to withdraw"):
        stage.submit(Deposit(ACCOUNT, "USD", -1 * DOLLAR))
    stage.step("clock 20260414 10:00:00")
    stage.submit(Deposit(ACCOUNT, "USD", -6_000 * DOLLAR))


def test_currencies_are_exchanged_for_what_there_is(stage: Stage) -> None:
    quote(stage, EURUSD, 1.25)
    text = "Order rejected - reason:FX trade would expose account to currency leverage."
    assert refused(stage, 8_001, EURUSD) == (201, text)
    trade(stage, EURUSD, 8_000)
    assert refused(stage, -8_001, EURUSD) == (201, text)
    trade(stage, EURUSD, -8_000)
    assert figures(stage)["SettledCash"] == "10000.00"


def test_futures_are_not_allowed(stage: Stage) -> None:
    quote(stage, MES, 6_800)
    code, text = refused(stage, 1, MES)
    assert (code, text) == (
        203, "The security MESJ6 is not available or allowed for this account.",
    )  # fmt: skip


@walk(("entry", "size"), [(AAPL, -1), (MES, 1), (AAPL, 110)])
def test_what_it_cannot_have_must_go_before(entry, size: int) -> None:
    stage = Stage(Profile(opening_cash=10_000 * DOLLAR), INSTRUMENTS)
    stage.submit(SetFeePlan(ACCOUNT, "none"))
    quote(stage, AAPL, 100)
    quote(stage, MES, 6_800)
    trade(stage, entry, size)
    with pytest.raises(AccountRefused, match="which a cash account cannot have"):
        stage.submit(SetMarginModel(ACCOUNT, "cash"))
    trade(stage, entry, -size)
    stage.submit(SetMarginModel(ACCOUNT, "cash"))


DAYS = {
    "a Monday": ("20260413 15:00:00", AAPL, 1),
    "a Friday": ("20260410 15:00:00", AAPL, 3),
    "before a holiday": ("20260702 15:00:00", AAPL, 4),
    "in Europe": ("20260410 09:00:00", next(
        x for x in CATALOGUE if (x.secType, x.currency) == ("STK", "CHF")), 4),
    "a currency": ("20260410 15:00:00", EURUSD, 0),
    "an option": ("20260410 15:00:00", CALL, 3),
    "a bond": ("20260410 15:00:00", BOND, 3),
}  # fmt: skip


@walk("name", DAYS)
def test_the_day_of_settlement(name: str) -> None:
    clock, entry, later = DAYS[name]
    now = at(clock)
    day = date(int(clock[:4]), int(clock[4:6]), int(clock[6:8])).toordinal()
    ends = now - now % DAY + DAY + 4 * 3600 * 10**9
    assert settles(entry, ends) == (day + later if later else 0)
