"""Futures: paid by gains and losses, settled daily; their fees, margin, values and profit."""

from datetime import date
from decimal import Decimal

import pytest

from papertape.model import Contract, Order
from papertape.server.present import events as e
from papertape.venue.commands import SetFeePlan, SubmitOrder
from papertape.venue.facts import FutureSettled
from papertape.venue.invariants import check
from papertape.venue.market.source import Quote
from papertape.venue.reference.instruments import Instruments
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.reference.securities import Future, FutureOption, Instrument
from papertape.venue.units import SECOND, price_units, size_units
from venue.scenario import Stage, text_of

ACCOUNT = "DU1234567"
DOLLAR = 10**6
ENDS = date(2026, 6, 19).toordinal()


def future(con_id: int, name: str, multiplier: int, **more: object) -> Future:
    return Future(
        con_id, name, "FUT", "USD", "CME", f"{name}M6", name, ("CME",), name, 10_000, 2_500,
        multiplier=multiplier, expires=ENDS, month=202606, hours="CME", **more,
    )  # fmt: skip


MES = future(700_000_011, "MES", 5)
CORN = future(700_000_012, "ZC", 5_000, magnifier=100)
BITCOIN = future(700_000_013, "MBT", 1, divisor=10)
CALL = FutureOption(
    700_000_014, "MES", "FOP", "USD", "CME", "EX2 C6800", "EX2", ("CME",), "MES", 10_000, 2_500,
    multiplier=5, under=MES.conId, underSecType="FUT", expires=date(2026, 4, 13).toordinal(),
    exercise=68_000_000, hours="CME",
)  # fmt: skip
INSTRUMENTS = Instruments([*CATALOGUE, MES, CORN, BITCOIN, CALL])


@pytest.fixture
def stage() -> Stage:
    stage = Stage(None, INSTRUMENTS)
    stage.submit(SetFeePlan(ACCOUNT, "none"))
    return stage


def quote(stage: Stage, entry: Instrument, price: float) -> None:
    stage.now += SECOND
    units = price_units(price, entry.scale)
    stage.market.add(Quote(entry.conId, stage.now, units, 10**9, units, 10**9))
    stage.told(stage.engine.advance(stage.now))


def trade(
    stage: Stage, number: int, entry: Instrument, size: int, **more: bool
) -> tuple[e.Event, ...]:
    order = Order(
        action="BUY" if size > 0 else "SELL", totalQuantity=Decimal(abs(size)), orderType="MKT",
        tif="DAY", **more,
    )  # fmt: skip
    contract = Contract(conId=entry.conId, exchange="CME")
    told = stage.submit(SubmitOrder(1, number, contract, order))
    check(stage.engine)
    return told


def cash(stage: Stage) -> float:
    return stage.engine.state.accounts[ACCOUNT].cash["USD"] / DOLLAR - 1_000_000


def values(stage: Stage) -> dict[tuple[str, str], str]:
    rows = stage.queries.account_values(ACCOUNT, stage.now)
    return {(row.key, row.currency): row.value for row in rows}


def test_a_future_costs_nothing_and_its_gain_is_in_the_account(stage: Stage) -> None:
    quote(stage, MES, 6_800)
    trade(stage, 1, MES, 2)
    assert cash(stage) == 0
    quote(stage, MES, 6_810)
    (row,) = stage.queries.portfolio(ACCOUNT, stage.now)
    assert (row.marketPrice, row.marketValue, row.averageCost) == (6_810, 68_100, 34_000)
    assert row.unrealizedPNL == 100
    value = values(stage)
    assert value["FuturesPNL", "USD"] == value["UnrealizedPnL", "USD"] == "100.00"
    assert value["TotalCashValue", "USD"] == value["NetLiquidation", "USD"] == "1000100.00"
    assert value["CashBalance", "USD"] == "1000000.00"
    assert value["TotalCashBalance", "USD"] == "1000100.00"
    assert value["NetLiquidationByCurrency", "USD"] == "1000100.00"
    assert value["GrossPositionValue", "USD"] == value["StockMarketValue", "USD"] == "0.00"
    assert value["MaintMarginReq", "USD"] == "2160.00"
    assert value["InitMarginReq", "USD"] == "2376.00"
    assert value["AvailableFunds", "USD"] == "997724.00"
    margin, account = stage.engine.broker.margin, stage.engine.state.accounts[ACCOUNT]
    worth = margin.value(account)
    assert margin.worth(account) == (worth.equity, worth.maintenance)


def test_closing_pays_the_difference(stage: Stage) -> None:
    quote(stage, MES, 6_800)
    trade(stage, 1, MES, -3)
    quote(stage, MES, 6_790)
    told = trade(stage, 2, MES, 2)
    (report,) = (x.report for x in told if isinstance(x, e.CommissionCharged))
    assert report.realizedPNL == cash(stage) == 100
    trade(stage, 3, MES, 4)  # through zero: closes one, opens three
    assert cash(stage) == 150
    quote(stage, MES, 6_791)
    whole, singles, traded = stage.queries.profits(ACCOUNT, stage.now)
    assert (whole.dailyPnL, whole.unrealizedPnL, whole.realizedPnL) == (165, 15, 150)
    single = singles[MES.conId]
    assert (single.dailyPnL, single.unrealizedPnL, single.realizedPnL) == (165, 15, 150)
    assert (single.position, single.value, MES.conId in traded) == (3, 3 * 5 * 6_791, True)


def test_a_day_is_settled_in_cash_and_the_next_begins_there(stage: Stage) -> None:
    quote(stage, MES, 6_800)
    trade(stage, 1, MES, 1)
    quote(stage, MES, 6_820)
    told = stage.step("clock 20260414 10:00:00")
    assert e.AccountChanged(ACCOUNT) in told
    check(stage.engine)
    assert cash(stage) == 100
    assert values(stage)["FuturesPNL", "USD"] == "0.00"
    (row,) = stage.queries.portfolio(ACCOUNT, stage.now)
    assert (row.averageCost, row.unrealizedPNL) == (34_000, 100)
    assert stage.queries.profit(ACCOUNT, stage.now).dailyPnL == 0
    quote(stage, MES, 6_810)
    whole, singles, traded = stage.queries.profits(ACCOUNT, stage.now)
    assert (whole.dailyPnL, whole.unrealizedPnL, whole.realizedPnL) == (-50, 50, 0)
    assert (singles[MES.conId].dailyPnL, traded) == (-50, frozenset())
    trade(stage, 2, MES, -1)
    assert cash(stage) == 50
    assert stage.queries.profit(ACCOUNT, stage.now).realizedPnL == 50
    journal = stage.engine.drain_journal()
    settled = [f for entry in journal for f in entry.facts if isinstance(f, FutureSettled)]
    assert [(f.settled, f.cash) for f in settled] == [(34_100 * DOLLAR, (("USD", 100 * DOLLAR),))]
    stage.journal += journal
    stage.assert_replays()


@pytest.mark.parametrize(
    ("entry", "price", "value"), [(CORN, 440.25, 22_012.5), (BITCOIN, 95_005, 9_500.5)]
)
def test_cents_and_tenths_count_in_value_profit_margin_and_cost(
    stage: Stage, entry: Instrument, price: float, value: float
) -> None:
    quote(stage, entry, price)
    (traded,) = (x for x in trade(stage, 1, entry, 1) if isinstance(x, e.Traded))
    assert traded.execution.price == traded.execution.avgPrice == price
    (row,) = stage.queries.portfolio(ACCOUNT, stage.now)
    assert (row.marketPrice, row.marketValue, row.averageCost) == (price, value, value)
    assert float(values(stage)["MaintMarginReq", "USD"]) == pytest.approx(value / 10, abs=0.005)
    quote(stage, entry, price + 10)
    assert stage.queries.profit(ACCOUNT, stage.now).dailyPnL == pytest.approx(
        10 * entry.multiplier / entry.magnifier / entry.divisor
    )
    quote(stage, entry, 0)
    (row,) = stage.queries.portfolio(ACCOUNT, stage.now)
    assert (row.marketPrice, row.marketValue, row.unrealizedPNL) == (price, value, 0)


def test_fees_per_contract_of_a_micro_future_and_of_another(stage: Stage) -> None:
    stage.submit(SetFeePlan(ACCOUNT, "fixed"))
    for number, (entry, fee) in enumerate([(MES, 0.61), (CORN, 2.15)], 1):
        quote(stage, entry, 500)
        told = trade(stage, number, entry, 3)
        (report,) = (x.report for x in told if isinstance(x, e.CommissionCharged))
        assert report.commissionAndFees == pytest.approx(3 * fee)


def test_a_what_if_has_margin_and_no_premium(stage: Stage) -> None:
    quote(stage, MES, 6_800)
    (told,) = trade(stage, 1, MES, -2, whatIf=True)
    assert isinstance(told, e.WhatIfAnswered)
    state = told.view.state
    assert (state.maintMarginChange, state.initMarginChange) == (Decimal(2160), Decimal(2376))
    assert state.equityWithLoanChange == 0


def test_more_futures_than_the_account_can_carry_are_refused(stage: Stage) -> None:
    quote(stage, MES, 6_800)
    (refused,) = trade(stage, 1, MES, 842)  # 842 * 1,080 * 1.1 is more than a million
    assert isinstance(refused, e.OrderRejectedEvent)
    assert "the new total Initial Margin of [1,000,296.00 USD]" in text_of(refused)
    trade(stage, 2, MES, 841)
    assert stage.engine.state.accounts[ACCOUNT].quantity(MES.conId) == size_units(841)


def test_an_option_on_a_future_has_its_value_in_equity_and_the_margin_of_its_future(
    stage: Stage,
) -> None:
    stage.submit(SetFeePlan(ACCOUNT, "fixed"))
    quote(stage, MES, 6_800)
    quote(stage, CALL, 50)
    told = trade(stage, 1, CALL, 2)
    (report,) = (x.report for x in told if isinstance(x, e.CommissionCharged))
    assert report.commissionAndFees == pytest.approx(2.84)
    value = values(stage)
    assert value["FutureOptionValue", "USD"] == value["MaintMarginReq", "USD"] == "500.00"
    assert value["EquityWithLoanValue", "USD"] == value["NetLiquidation", "USD"] == "999997.16"
    assert value["GrossPositionValue", "USD"] == value["OptionMarketValue", "USD"] == "0.00"
    trade(stage, 2, CALL, -3)
    value = values(stage)
    assert value["FutureOptionValue", "USD"] == "-250.00"
    assert value["MaintMarginReq", "USD"] == "1080.00"
    margin, account = stage.engine.broker.margin, stage.engine.state.accounts[ACCOUNT]
    worth = margin.value(account)
    assert margin.worth(account) == (worth.equity, worth.maintenance)
    quote(stage, MES, 6_830)
    stage.step("clock 20260413 17:30:00")
    check(stage.engine)
    assert account.positions[CALL.conId].quantity == 0
    # Premiums of 2 bought and 3 sold at 50, then 30 points for the one that is short.
    assert cash(stage) == pytest.approx(5 * (50 - 30) - 2.84 - 3 * 1.42)


@pytest.mark.parametrize("last", [6_830, 6_800.25, 6_800, 6_700])
@pytest.mark.parametrize("size", [2, -2])
def test_an_option_on_a_future_pays_what_it_is_worth_at_the_end_or_nothing(
    stage: Stage, size: int, last: float
) -> None:
    """No future is delivered; what it gained since it was opened is realized then."""
    quote(stage, MES, 6_800)
    quote(stage, CALL, 50)
    trade(stage, 1, CALL, size)
    assert cash(stage) == -50 * 5 * size
    quote(stage, MES, last)
    stage.step("clock 20260413 17:30:00")
    check(stage.engine)
    worth = max(last - 6_800, 0) * 5 * size
    assert cash(stage) == worth - 50 * 5 * size
    account = stage.engine.state.accounts[ACCOUNT]
    assert account.quantity(CALL.conId) == account.quantity(MES.conId) == 0
    profit = stage.queries.profit(ACCOUNT, stage.now)
    assert (profit.realizedPnL, profit.unrealizedPnL) == (worth - 50 * 5 * size, 0)
    assert profit.dailyPnL == worth - 50 * 5 * size
    stage.journal += stage.engine.drain_journal()
    stage.assert_replays()
