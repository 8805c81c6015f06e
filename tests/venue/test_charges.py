"""Commissions in another currency than the trade's: what is told, paid, and counted."""

from decimal import Decimal
from typing import Any

import pytest

from papertape.model import Contract, Order
from papertape.server.present import events as e
from papertape.venue.broker.profile import Profile
from papertape.venue.commands import (
    Deposit,
    OpenAccount,
    ReplaceAdvisorGroups,
    SetFeePlan,
    SetMarginModel,
    SubmitOrder,
)
from papertape.venue.invariants import check
from papertape.venue.market.source import Quote
from papertape.venue.reference.instruments import Instrument, Instruments, Purpose
from papertape.venue.reference.listings import CATALOGUE, EURUSD
from papertape.venue.script import BustExecution, CorrectExecution
from papertape.venue.units import SECOND, price_units
from venue.scenario import Stage
from walks import walk

ACCOUNT = "DU1234567"


def pair(symbol: str, currency: str) -> Instrument:
    wanted = Contract(symbol=symbol, secType="CASH", exchange="IDEALPRO", currency=currency)
    return CATALOGUE.resolve(wanted, Purpose.ORDER).instrument  # type: ignore[union-attr]


AAPL = CATALOGUE[265598]
USDJPY, EURGBP = pair("USD", "JPY"), pair("EUR", "GBP")
INSTRUMENTS = Instruments([*CATALOGUE, USDJPY, EURGBP])


def stage_of(base: str) -> Stage:
    stage = Stage(Profile(base_currency=base), INSTRUMENTS)
    for entry, price in ((EURUSD, 1.12), (USDJPY, 160.0), (EURGBP, 0.88)):
        quote(stage, entry, price)
    return stage


def quote(stage: Stage, entry: Instrument, price: float) -> tuple[e.Event, ...]:
    stage.now += SECOND
    units = price_units(price, entry.scale)
    stage.market.add(Quote(entry.conId, stage.now, units, 10**12, units, 10**12))
    return stage.told(stage.engine.advance(stage.now))


def trade(stage: Stage, entry: Instrument, size: int, **more: Any) -> tuple[e.Event, ...]:
    order = Order(
        action="BUY" if size > 0 else "SELL", totalQuantity=Decimal(abs(size)), orderType="MKT",
        tif="DAY",
    )  # fmt: skip
    for name, value in more.items():
        setattr(order, name, value)
    number = stage.engine.state.highest_ids.get(1, 0) + 1
    contract = Contract(conId=entry.conId, exchange=entry.home)
    told = stage.submit(SubmitOrder(1, number, contract, order))
    check(stage.engine)
    return told


def reports(told: tuple[e.Event, ...]) -> list[tuple[float, str]]:
    found = [one.report for one in told if isinstance(one, e.CommissionCharged | e.PartTraded)]
    return [(round(one.commissionAndFees, 6), one.currency) for one in found]


def cash(stage: Stage, account: str = ACCOUNT) -> dict[str, float]:
    return {name: one / 10**6 for name, one in stage.engine.state.accounts[account].cash.items()}


def finished(stage: Stage) -> None:
    check(stage.engine)
    stage.journal += stage.engine.drain_journal()
    stage.assert_replays()


def test_a_what_if_for_a_pair_says_it_in_the_base_currency() -> None:
    """As captured of an account in euros: 1.7857 EUR."""
    stage = stage_of("EUR")
    (asked,) = trade(stage, EURUSD, -20_000, orderType="LMT", lmtPrice=1.11, whatIf=True)
    assert isinstance(asked, e.WhatIfAnswered)
    state = asked.view.state
    assert round(state.commissionAndFees or 0, 4) == 1.7857
    assert state.commissionAndFeesCurrency == state.marginCurrency == "EUR"
    assert state.equityWithLoanChange == Decimal("-1.78571")


def test_a_what_if_tells_the_change_of_equity_to_the_digit() -> None:
    """As captured of 100 shares of Apple in an account in euros: 1.0003 dollars are 0.85098."""
    stage = stage_of("EUR")
    quote(stage, EURUSD, 1.17547)
    quote(stage, AAPL, 250.0)
    (asked,) = trade(stage, AAPL, 100, whatIf=True)
    assert isinstance(asked, e.WhatIfAnswered)
    state = asked.view.state
    assert (state.commissionAndFees, state.commissionAndFeesCurrency) == (1.0003, "USD")
    assert state.equityWithLoanChange == Decimal("-0.85098")
    assert state.marginCurrency == "EUR"


@pytest.mark.parametrize("rests", [False, True])
def test_a_what_if_of_a_tiered_stock_has_a_range_and_the_fill_is_at_an_end_of_it(
    rests: bool,
) -> None:
    """Whether the order will take liquidity nobody knows before: IBKR gives both, and no single
    commission."""
    stage = stage_of("USD")
    stage.submit(SetFeePlan(ACCOUNT, "tiered"))
    quote(stage, AAPL, 100.0)
    limit = {"orderType": "LMT", "lmtPrice": 99.0} if rests else {}
    (asked,) = trade(stage, AAPL, 100, whatIf=True, **limit)
    assert isinstance(asked, e.WhatIfAnswered)
    state = asked.view.state
    assert state.commissionAndFees is None and state.commissionAndFeesCurrency == "USD"
    assert state.minCommissionAndFees == pytest.approx(0.35 + 0.0203 + 0.35 * 0.000735, abs=1e-6)
    assert state.maxCommissionAndFees == pytest.approx(state.minCommissionAndFees + 0.3)
    told = trade(stage, AAPL, 100, **limit)
    if rests:
        told = quote(stage, AAPL, 99.0)
    (charged,) = [one.report for one in told if isinstance(one, e.CommissionCharged)]
    expected = state.minCommissionAndFees if rests else state.maxCommissionAndFees
    assert charged.commissionAndFees == pytest.approx(expected)


# base, pair, size -> the commission, and the cash afterwards, without what stood there
PAID: dict[str, tuple[str, Instrument, int, float, dict[str, float]]] = {
    "a pair of the base, at the least": ("EUR", EURUSD, -20_000, 1.785714,
        {"EUR": -20_000 - 1.785714, "USD": 22_400}),
    "by its value": ("EUR", EURUSD, 1_000_000, 20.0, {"EUR": 10**6 - 20, "USD": -1_120_000}),
    "quoted in the base": ("USD", EURUSD, 20_000, 2.0, {"EUR": 20_000, "USD": -22_402}),
    "yen, whose least is 2 dollars too": ("USD", USDJPY, 20_000, 2.0,
        {"USD": 20_000 - 2, "JPY": -3_200_000}),
    "neither side is the base": ("USD", EURGBP, 20_000, 2.0,
        {"EUR": 20_000, "GBP": -17_600, "USD": -2}),
}  # fmt: skip


@walk("name", PAID)
def test_it_is_paid_in_the_base_currency(name: str) -> None:
    base, entry, size, fee, left = PAID[name]
    stage = stage_of(base)
    told = trade(stage, entry, size)
    assert reports(told) == [(pytest.approx(fee, abs=1e-5), base)]
    last = [one.view for one in told if isinstance(one, e.CommissionCharged)][-1]
    assert last.state.commissionAndFeesCurrency == base
    assert last.state.commissionAndFees == pytest.approx(fee, abs=1e-5)
    before = [one.view for one in told if isinstance(one, e.Traded)][-1]
    assert not before.state.commissionAndFees
    found = cash(stage)
    found[base] -= 1_000_000
    assert found == pytest.approx(left, abs=1e-4)
    (row,) = [one.report for one in stage.queries.executions() if one.report is not None]
    assert (row.currency, row.commissionAndFees) == (base, pytest.approx(fee, abs=1e-5))
    finished(stage)


def test_the_profit_has_it_at_the_rate_of_the_moment() -> None:
    stage = stage_of("EUR")
    trade(stage, EURUSD, 20_000)
    told = trade(stage, EURUSD, -20_000)
    report = next(one.report for one in told if isinstance(one, e.CommissionCharged))
    assert report.realizedPNL == pytest.approx(-4.0, abs=1e-4), "in dollars, of both sides"
    assert cash(stage) == {"EUR": pytest.approx(1_000_000 - 2 * 2 / 1.12, abs=1e-4), "USD": 0}
    profit = stage.queries.profit(ACCOUNT, stage.now)
    assert profit.dailyPnL == pytest.approx(-4 / 1.12, abs=0.01)
    finished(stage)


def test_the_parts_of_an_order_pay_what_the_whole_does() -> None:
    stage = stage_of("EUR")
    stage.now += SECOND
    for size in (3_000, 9_000, 10**6):
        stage.now += SECOND
        stage.market.add(
            Quote(EURUSD.conId, stage.now, 111_000, size * 10**4, 112_000, size * 10**4)
        )
        if size == 3_000:
            stage.told(stage.engine.advance(stage.now))
            trade(stage, EURUSD, 500_000)
        else:
            stage.told(stage.engine.advance(stage.now))
    paid = [one.report.commissionAndFees for one in stage.queries.executions() if one.report]
    assert len(paid) == 3
    rate = 1 / 1.115
    assert sum(paid) == pytest.approx(500_000 * 1.12 * 0.00002 * rate, rel=1e-3)
    finished(stage)


def test_a_correction_and_a_bust_take_it_back_where_it_was_paid() -> None:
    stage = stage_of("EUR")
    trade(stage, EURUSD, 1_000_000)
    (execution,) = [fill.execution for fill in stage.engine.archive.fills()]
    stage.submit(CorrectExecution(execution, 500_000 * 10_000, 1_120_000_000))
    check(stage.engine)
    assert cash(stage) == {"EUR": pytest.approx(1_500_000 - 10), "USD": -560_000}
    stage.submit(BustExecution(execution))
    assert cash(stage) == {"EUR": 1_000_000, "USD": 0}
    finished(stage)


@pytest.mark.parametrize(("left", "code"), [(2, 0), (1, 201)])
def test_a_cash_account_must_have_it_too(left: int, code: int) -> None:
    stage = stage_of("USD")
    stage.submit(SetMarginModel(ACCOUNT, "cash"))
    stage.submit(Deposit(ACCOUNT, "EUR", 20_000 * 10**6))
    stage.submit(Deposit(ACCOUNT, "USD", (left - 1_000_000) * 10**6))
    told = trade(stage, EURGBP, -20_000)
    assert [one.code for one in told if isinstance(one, e.OrderRejectedEvent)] == [code] * bool(
        code
    )
    assert reports(told) == ([] if code else [(2.0, "USD")])


def test_each_account_of_an_advisor_pays_in_its_own() -> None:
    stage = stage_of("USD")
    stage.submit(OpenAccount("F1", "USD", advisor=True))
    stage.submit(OpenAccount("DU2", "EUR", 10**12))
    groups = (("both", "Ratio", (("DU2", 1), (ACCOUNT, 1))),)
    stage.submit(ReplaceAdvisorGroups("F1", groups))
    told = trade(stage, EURUSD, 40_000, faGroup="both")
    own = [one for one in reports(told) if one[1] == "EUR"]
    assert own == [(pytest.approx(1 / 1.12, abs=1e-5), "EUR")]
    assert cash(stage, "DU2") == {
        "EUR": pytest.approx(1_000_000 + 20_000 - 1 / 1.12, abs=1e-5), "USD": -22_400
    }  # fmt: skip
    assert cash(stage)["USD"] == 1_000_000 - 22_400 - 1
    finished(stage)


def test_nothing_is_charged_by_the_plan_without_fees() -> None:
    stage = stage_of("EUR")
    stage.submit(SetFeePlan(ACCOUNT, "none"))
    assert reports(trade(stage, EURUSD, 20_000)) == [(0.0, "EUR")]
    assert cash(stage) == {"EUR": 1_020_000, "USD": -22_400}
