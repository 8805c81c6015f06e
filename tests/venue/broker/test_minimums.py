"""What a margin account must have besides its margin: a least equity, and a limit of its size."""

from decimal import Decimal

import pytest

from papertape.model import Contract, Order
from papertape.server.present import events as e
from papertape.venue.broker.profile import Profile
from papertape.venue.commands import ConvertCash, Deposit, SetFeePlan, SetMarginModel, SubmitOrder
from papertape.venue.invariants import check
from papertape.venue.reference.instruments import Instrument, Instruments
from papertape.venue.reference.listings import CATALOGUE, EURUSD
from papertape.venue.units import CASH_SCALE
from venue.scenario import Stage
from venue.test_contract_ends import AAPL, CALL, MES, PUT, quote

ACCOUNT = "DU1234567"
INSTRUMENTS = Instruments([
    *(one for one in CATALOGUE if one.conId not in {AAPL.conId, CALL.conId, PUT.conId, MES.conId}),
    AAPL, CALL, PUT, MES,
])  # fmt: skip


def stage_of(dollars: float, model: str = "reg_t", **profile: object) -> Stage:
    cash = round(dollars * CASH_SCALE)
    stage = Stage(Profile(opening_cash=cash, **profile), INSTRUMENTS)  # type: ignore[arg-type]
    stage.submit(SetFeePlan(ACCOUNT, "none"))
    stage.submit(SetMarginModel(ACCOUNT, model))
    for entry, price in ((AAPL, 100), (CALL, 1), (PUT, 1), (MES, 6_800), (EURUSD, 1.25)):
        quote(stage, entry, price)
    return stage


def last_refusal(stage: Stage, entry: Instrument, size: int) -> str:
    """Why an order at the market was refused; "" when it was not."""
    order = Order(
        action="BUY" if size > 0 else "SELL", totalQuantity=Decimal(abs(size)), orderType="MKT",
        tif="DAY",
    )  # fmt: skip
    number = stage.engine.state.highest_ids.get(1, 0) + 1
    contract = Contract(conId=entry.conId, exchange=entry.home)
    told = stage.submit(SubmitOrder(1, number, contract, order))
    check(stage.engine)
    found = [one for one in told if isinstance(one, e.OrderRejectedEvent)]
    return found[0].variant if found else ""


@pytest.mark.parametrize("model", ["reg_t", "portfolio"])
def test_less_than_the_least_equity_buys_nothing_on_credit(model: str) -> None:
    stage = stage_of(1_999.99, model)
    assert last_refusal(stage, AAPL, 20) == "least_equity"
    assert last_refusal(stage, AAPL, 19) == "", "paid in full"
    assert last_refusal(stage, AAPL, -20) == "least_equity", "turns short"
    assert last_refusal(stage, AAPL, -19) == ""
    assert last_refusal(stage, AAPL, -1) == "least_equity"
    assert last_refusal(stage, MES, 1) == "least_equity"
    assert last_refusal(stage, CALL, 1) == "", "its premium is paid"
    assert last_refusal(stage, PUT, -1) == "margin", "which is told first"


def test_the_least_equity_is_enough() -> None:
    stage = stage_of(2_000)
    assert last_refusal(stage, AAPL, 25) == ""
    assert last_refusal(stage, AAPL, -30) == ""


def test_currency_is_bought_for_what_there_is() -> None:
    stage = stage_of(1_500)
    assert last_refusal(stage, EURUSD, 1_300) == "least_equity"
    assert last_refusal(stage, EURUSD, 1_000) == ""
    assert last_refusal(stage, EURUSD, -1_000) == ""
    assert last_refusal(stage, EURUSD, -1) == "least_equity"


def test_the_least_equity_is_in_dollars_whatever_the_base_is() -> None:
    stage = stage_of(1_700, base_currency="EUR")  # 2,125 dollars
    stage.submit(ConvertCash(ACCOUNT, "EUR", 1_000 * CASH_SCALE, "USD"))
    assert last_refusal(stage, AAPL, 13) == ""
    stage.submit(Deposit(ACCOUNT, "EUR", -150 * CASH_SCALE))
    assert last_refusal(stage, AAPL, 1) == "least_equity"
    assert last_refusal(stage, AAPL, -1) == "", "less is always possible"


def test_a_cash_account_has_its_own_rules() -> None:
    stage = stage_of(500, "cash")
    assert last_refusal(stage, AAPL, 4) == ""


def test_options_may_not_be_larger_than_the_account_by_far() -> None:
    stage = stage_of(10_000, "portfolio")
    quote(stage, CALL, 0.04)
    quote(stage, PUT, 40)
    assert last_refusal(stage, PUT, 2) == ""
    account = stage.engine.state.accounts[ACCOUNT]
    worth = stage.engine.broker.margin.value(account)
    assert (worth.net, worth.gross) == (10_000 * CASH_SCALE, 8_000 * CASH_SCALE)
    quote(stage, PUT, 0.2)  # 40 are left of 8,000, and 2,000 in cash
    assert last_refusal(stage, PUT, 99) == ""
    quote(stage, PUT, 0.01)
    assert last_refusal(stage, PUT, 1) == ""


def test_the_limit_of_the_size_is_thirty_times(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = stage_of(10_000, "portfolio")
    monkeypatch.setattr("papertape.venue.broker.minimums.GROSS_AT_ENTRY", 0.5)
    assert last_refusal(stage, CALL, 50) == "", "5,000 of 10,000"
    assert last_refusal(stage, CALL, 1) == "gross"
    assert last_refusal(stage, CALL, -10) == ""
    assert last_refusal(stage, CALL, 10) == ""
    assert last_refusal(stage, PUT, 1) == "gross"


def test_what_is_too_large_is_closed_where_accounts_are_liquidated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stage = stage_of(10_000, "portfolio", liquidation=True)
    assert last_refusal(stage, CALL, 60) == ""
    stage.step("clock 20260413 11:00:00")
    assert stage.engine.state.accounts[ACCOUNT].quantity(CALL.conId)
    monkeypatch.setattr("papertape.venue.broker.liquidation.GROSS_AT_WORK", 0.5)
    stage.step("clock 20260413 11:05:00")
    assert not stage.engine.state.accounts[ACCOUNT].quantity(CALL.conId)
