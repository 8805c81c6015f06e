"""Mutual funds and warrants: orders, money, margin, figures, and how they end."""

from datetime import date
from decimal import Decimal

import msgspec
import pytest

from papertape.model import Contract, Order
from papertape.server.present import events as e
from papertape.venue.commands import SetFeePlan, SetMarginModel, SubmitExercise
from papertape.venue.invariants import check
from papertape.venue.market.source import Print, Quote
from papertape.venue.reference.instruments import Instrument, Instruments
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.reference.securities import Warrant
from papertape.venue.units import SECOND, price_units
from venue.scenario import Stage, shown
from venue.test_contract_ends import executions
from venue.test_other_kinds import ACCOUNT, code, found, quote, trade, values

FUND = found("VFIAX", "FUND", "FUNDSERV")
SHARE = CATALOGUE[265598]
CALL = Warrant(
    700_000_051, "AAPL", "WAR", "USD", "", "AAPL 250C", "AAPL", ("SMART", "FWB"), "AAPL", 10_000,
    10, multiplier=10, divisor=100, under=SHARE.conId, underSymbol="AAPL", underSecType="STK",
    expires=date(2026, 4, 14).toordinal(), exercise=2_500_000, american=False, hours="US",
)  # fmt: skip
PUT = msgspec.structs.replace(CALL, conId=700_000_052, call=False, localSymbol="AAPL 250P")
EURO = msgspec.structs.replace(CALL, conId=700_000_053, currency="EUR", localSymbol="AAPL 250E")
INSTRUMENTS = Instruments([*CATALOGUE, FUND, CALL, PUT, EURO])
CASH = 1_000_000 * 10**6


@pytest.fixture
def stage() -> Stage:
    made = Stage(None, INSTRUMENTS)
    made.submit(SetFeePlan(ACCOUNT, "none"))
    value(made, 500)
    for entry, price in {CALL: 1.5, PUT: 0.8, EURO: 1.2, SHARE: 262}.items():
        quote(made, entry, price)
    return made


def value(stage: Stage, price: float) -> None:
    """A value of the fund, which nobody trades at."""
    stage.now += SECOND
    units = price_units(price, FUND.scale)
    stage.market.add(Quote(FUND.conId, stage.now, units, 0, units, 0))
    stage.market.add(Print(FUND.conId, stage.now, units, 0))
    stage.told(stage.engine.advance(stage.now))


def finished(stage: Stage) -> None:
    check(stage.engine)
    stage.journal += stage.engine.drain_journal()
    stage.assert_replays()


def cash(stage: Stage, currency: str = "USD") -> float:
    start = CASH if currency == "USD" else 0
    return (stage.engine.state.accounts[ACCOUNT].cash.get(currency, 0) - start) / 10**6


def held(stage: Stage, entry: Instrument) -> float:
    return stage.engine.state.accounts[ACCOUNT].quantity(entry.conId) / 10_000


# ---------------------------------------------------------------- funds


def test_a_fund_is_bought_and_sold_at_the_value_of_the_close(stage: Stage) -> None:
    told = trade(stage, FUND, 100)
    assert shown(told) == ["#1 accepted PreSubmitted", "#1 again PreSubmitted"]
    value(stage, 510)
    assert held(stage, FUND) == 0, "values of the day are no prices"
    told = stage.step("clock 20260413 16:00:00")
    assert "#1 BOT 100 @ 510 Filled" in shown(told)
    assert cash(stage) == -51_000
    value(stage, 520)
    row = values(stage)
    assert row["FundValue", "USD"] == row["MutualFundValue", "USD"] == "52000.00"
    assert row["GrossPositionValue", "USD"] == "52000.00"
    assert row["EquityWithLoanValue", "USD"] == row["NetLiquidation", "USD"] == "1001000.00"
    assert row["MaintMarginReq", "USD"] == "13000.00"
    assert row["InitMarginReq", "USD"] == "14300.00"
    trade(stage, FUND, -100)
    stage.step("clock 20260414 16:00:00")
    assert (held(stage, FUND), cash(stage)) == (0, 1_000)
    assert stage.queries.profit(ACCOUNT, stage.now).realizedPnL == 1_000
    finished(stage)


def test_money_buys_what_it_pays_for_at_the_close(stage: Stage) -> None:
    trade(stage, FUND, 1, totalQuantity=Decimal(0), cashQty=10_000.0)
    (order,) = stage.engine.state.orders.values()
    assert order.terms.quantity == 20 * 10_000, "at the value of now"
    value(stage, 480)
    stage.step("clock 20260413 16:00:00")
    assert held(stage, FUND) == 20.833, "in thousandths"
    assert cash(stage) == -20.833 * 480
    finished(stage)


FUNDS: dict[str, tuple[float, dict[str, object], int]] = {
    "a purchase of nothing": (1, {"totalQuantity": Decimal(0)}, 427),
    "a sale by money": (-1, {"cashQty": 100.0}, 428),
    "a sale of nothing": (-1, {"totalQuantity": Decimal(0)}, 428),
    "a limit": (1, {"orderType": "LMT", "lmtPrice": 500.0}, 387),
    "a stop": (1, {"orderType": "STP", "auxPrice": 500.0}, 387),
    "good till cancelled": (1, {"tif": "GTC"}, 10052),
    "too fine": (1, {"totalQuantity": Decimal("0.0005")}, 10250),
    "money that is no number": (1, {"cashQty": float("nan")}, 10244),
}


@pytest.mark.parametrize("name", FUNDS)
def test_what_no_order_for_a_fund_can_be_is_refused_by_code(stage: Stage, name: str) -> None:
    size, more, expected = FUNDS[name]
    assert code(trade(stage, FUND, size, **more)) == expected
    assert not stage.engine.state.orders


@pytest.mark.parametrize("entry", [FUND, CALL])
@pytest.mark.parametrize("model", ["portfolio", "reg_t", "cash"])
def test_neither_is_sold_short(stage: Stage, entry: Instrument, model: str) -> None:
    stage.submit(SetMarginModel(ACCOUNT, model))
    (told,) = trade(stage, entry, -1)
    assert isinstance(told, e.OrderRejectedEvent)
    assert told.code == 426


@pytest.mark.parametrize("entry", [FUND, CALL])
def test_what_they_cost_must_be_there(stage: Stage, entry: Instrument) -> None:
    size = 10_000 if entry is FUND else 1_000_000
    (told,) = trade(stage, entry, size)
    assert isinstance(told, e.OrderRejectedEvent)
    assert told.code == 201
    (asked,) = trade(stage, entry, size // 100, whatIf=True)
    assert isinstance(asked, e.WhatIfAnswered)


def test_a_what_if_says_what_an_order_for_a_fund_does(stage: Stage) -> None:
    stage.submit(SetFeePlan(ACCOUNT, "fixed"))
    (asked,) = trade(stage, FUND, 100, whatIf=True)
    assert isinstance(asked, e.WhatIfAnswered)
    state = asked.view.state
    assert state.commissionAndFees == 14.95
    assert (state.initMarginChange, state.maintMarginChange) == (13_750, 12_500)
    assert state.equityWithLoanChange == Decimal("-14.95")


@pytest.mark.parametrize(("size", "fee"), [(100, 14.95), (0.1, 1.5)])
def test_the_fee_of_a_fund(stage: Stage, size: float, fee: float) -> None:
    stage.submit(SetFeePlan(ACCOUNT, "fixed"))
    trade(stage, FUND, size)
    told = stage.step("clock 20260413 16:00:00")
    report = next(one.report for one in told if isinstance(one, e.CommissionCharged))
    assert (report.commissionAndFees, report.currency) == (fee, "USD")
    finished(stage)


def test_what_a_fund_brings_settles_on_the_next_day_in_a_cash_account(stage: Stage) -> None:
    stage.submit(SetMarginModel(ACCOUNT, "cash"))
    trade(stage, FUND, 10)
    stage.step("clock 20260413 16:00:00")
    trade(stage, FUND, -10)
    stage.step("clock 20260414 16:00:00")
    assert values(stage)["BuyingPower", "USD"] == "995000.00"
    stage.step("clock 20260416 16:00:00")
    assert values(stage)["BuyingPower", "USD"] == "1000000.00"
    finished(stage)


# ---------------------------------------------------------------- warrants


def test_a_warrant_costs_its_price_whatever_part_it_stands_for(stage: Stage) -> None:
    trade(stage, CALL, 1_000)
    assert cash(stage) == -1_500
    quote(stage, CALL, 1.6)
    row = values(stage)
    assert row["WarrantValue", "USD"] == row["GrossPositionValue", "USD"] == "1600.00"
    assert row["EquityWithLoanValue", "USD"] == "998500.00", "no loan value"
    assert row["NetLiquidation", "USD"] == "1000100.00"
    assert row["MaintMarginReq", "USD"] == "0.00"
    (shown_row,) = stage.queries.portfolio(ACCOUNT, stage.now)
    assert (shown_row.marketPrice, shown_row.averageCost) == (1.6, 1.5)
    assert (shown_row.marketValue, shown_row.unrealizedPNL) == (1_600, 100)
    assert stage.queries.profit(ACCOUNT, stage.now).dailyPnL == pytest.approx(100)
    trade(stage, CALL, -1_000)
    assert (held(stage, CALL), cash(stage)) == (0, 100)
    finished(stage)


def test_the_profit_of_the_second_day_counts_warrants_once(stage: Stage) -> None:
    trade(stage, CALL, 1_000)
    stage.step("clock 20260414 10:00:00")
    assert stage.queries.profit(ACCOUNT, stage.now).dailyPnL == 0
    quote(stage, CALL, 1.7)
    assert stage.queries.profit(ACCOUNT, stage.now).dailyPnL == pytest.approx(200)


@pytest.mark.parametrize(
    ("entry", "spot", "each"),
    # what it is in the money, of which ten warrants have a share's
    [(CALL, 262, 1.2), (CALL, 249, 0), (PUT, 240.5, 0.95), (PUT, 262, 0)],
)
def test_a_warrant_ends_in_cash(stage: Stage, entry: Instrument, spot: float, each: float) -> None:
    trade(stage, entry, 1_000)
    before = cash(stage)
    quote(stage, SHARE, spot)
    stage.market.add(Print(SHARE.conId, stage.now, int(spot * 10_000), 10**6))
    stage.step("clock 20260414 17:30:00")
    assert held(stage, entry) == held(stage, SHARE) == 0
    assert cash(stage) - before == pytest.approx(1_000 * each)
    kind = 101 if each else 102
    assert executions(stage) == [(entry.conId, "SLD", 1_000.0, each, kind)]
    finished(stage)


def test_a_warrant_in_another_currency_than_its_underlying_pays_in_its_own(stage: Stage) -> None:
    trade(stage, EURO, 1_000)
    stage.market.add(Print(SHARE.conId, stage.now, 2_620_000, 10**6))
    stage.step("clock 20260414 17:30:00")
    rate = stage.engine.broker.margin.rate("USD", "EUR") / 10**7
    assert cash(stage, "EUR") == pytest.approx(-1_200 + 1_200 * rate, abs=0.1)
    finished(stage)


def test_the_look_ahead_knows_the_end_of_a_warrant(stage: Stage) -> None:
    stage.step("clock 20260414 10:00:00")
    trade(stage, CALL, 1_000)
    row = values(stage)
    assert row["LookAheadAvailableFunds", "USD"] == "999700.00", "1,200 for what cost 1,500"
    assert row["PostExpirationExcess", "USD"] == "999700.00"


def test_a_warrant_cannot_be_exercised_before_its_last_day(stage: Stage) -> None:
    trade(stage, CALL, 10)
    contract = Contract(conId=CALL.conId, exchange="SMART")
    told = stage.submit(SubmitExercise(1, 9, contract, 1, 5, "", True, Order()))
    assert [text for text in shown(told) if "322" in text or "Cancelled" in text] == [
        "#9 warned 322", "#9 Cancelled",
    ]  # fmt: skip
    finished(stage)


def test_the_fee_of_a_warrant(stage: Stage) -> None:
    stage.submit(SetFeePlan(ACCOUNT, "fixed"))
    told = trade(stage, CALL, 1_000)
    report = next(one.report for one in told if isinstance(one, e.CommissionCharged))
    assert report.commissionAndFees == 4
