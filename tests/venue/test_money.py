"""Money of every kind: multipliers, other currencies, and what cannot be valued."""

from decimal import Decimal

import msgspec
import pytest

from papertape.model import Contract, Order
from papertape.server.present import events as e
from papertape.venue.broker.profile import Profile
from papertape.venue.commands import OpenAccount, SetFeePlan, SetMarginModel, SubmitOrder
from papertape.venue.market.source import Quote
from papertape.venue.reference.instruments import Instrument, Instruments
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.reference.securities import OptionContract
from papertape.venue.units import SECOND, price_units, rate, size_units
from venue.scenario import Stage, text_of
from walks import walk

ACCOUNT = "DU1234567"


def listed(con_id: int, symbol: str, kind: str, currency: str, **more: object) -> Instrument:
    plain = Instrument(
        con_id, symbol, kind, currency, "NASDAQ", symbol, symbol, ("SMART", "NASDAQ"), symbol,
        10_000, 100,
    )  # fmt: skip
    return msgspec.structs.replace(plain, **more)


FIGURE = listed(700_000_005, "FIG1", "IND", "USD")
OPTION = OptionContract(
    700_000_001, "XYZ", "OPT", "USD", "NASDAQ", "XYZC", "XYZ", ("SMART", "NASDAQ"), "XYZ", 10_000,
    100, multiplier=100, under=265598, underSecType="STK", expires=740_000, exercise=1_100_000,
)  # fmt: skip
BRITISH = listed(700_000_002, "VOD", "STK", "GBP")
GOLDEN = listed(700_000_003, "ORO", "STK", "XAU")
GOLD_PAIR = listed(700_000_004, "XAU", "CASH", "USD")
INSTRUMENTS = Instruments([*CATALOGUE, OPTION, BRITISH, GOLDEN, GOLD_PAIR, FIGURE])


def stage_of(profile: Profile | None = None) -> Stage:
    return Stage(profile, INSTRUMENTS)


def quote(stage: Stage, entry: Instrument, bid: float, ask: float) -> None:
    stage.now += SECOND
    stage.market.add(
        Quote(
            entry.conId,
            stage.now,
            price_units(bid, entry.scale),
            size_units(1000),
            price_units(ask, entry.scale),
            size_units(1000),
        )
    )
    stage.told(stage.engine.advance(stage.now))


def order(number: int, entry: Instrument, action: str, size: int, **more: object) -> SubmitOrder:
    contract = Contract(conId=entry.conId, exchange=entry.home)
    wanted = Order(action=action, totalQuantity=Decimal(size), orderType="MKT", tif="DAY")
    for name, value in more.items():
        setattr(wanted, name, value)
    return SubmitOrder(1, number, contract, wanted)


def only(kind: type, told: tuple[e.Event, ...]):
    found = [event for event in told if isinstance(event, kind)]
    return found[-1]


# ---------------------------------------------------------------- a multiplier


def test_an_option_filled_at_5_10_is_reported_at_5_10() -> None:
    stage = stage_of()
    stage.submit(SetFeePlan(ACCOUNT, "none"))
    quote(stage, OPTION, 5.08, 5.10)
    traded = only(e.Traded, stage.submit(order(1, OPTION, "BUY", 3)))
    assert (traded.execution.price, traded.execution.avgPrice) == (5.10, 5.10)
    assert (traded.view.avgFillPrice, traded.view.lastFillPrice) == (5.10, 5.10)
    assert traded.contract.multiplier == "100"
    (row,) = stage.queries.executions()
    assert (row.execution.price, row.execution.avgPrice) == (5.10, 5.10)
    assert stage.engine.state.accounts[ACCOUNT].cash["USD"] == (1_000_000 - 1_530) * 10**6
    (held,) = stage.queries.positions()
    assert (held.position, held.avgCost, held.contract.multiplier) == (3, 510, "100")


def test_the_average_of_several_fills_is_a_price_and_not_a_value() -> None:
    stage = stage_of()
    quote(stage, OPTION, 5.08, 5.10)
    stage.submit(order(1, OPTION, "BUY", 1500))
    quote(stage, OPTION, 5.11, 5.13)
    view = stage.queries.order(1, 1)
    assert view is not None and view.filled == 1500
    assert view.avgFillPrice == pytest.approx((1000 * 5.10 + 500 * 5.13) / 1500)
    assert view.lastFillPrice == 5.13


def test_portfolio_profit_and_values_of_an_option_are_in_money() -> None:
    stage = stage_of()
    stage.submit(SetFeePlan(ACCOUNT, "none"))
    quote(stage, OPTION, 5.10, 5.10)
    stage.submit(order(1, OPTION, "BUY", 2))
    (row,) = stage.queries.portfolio(ACCOUNT, stage.now)
    assert (row.marketPrice, row.marketValue, row.averageCost) == (5.10, 1020, 510)
    quote(stage, OPTION, 5.60, 5.60)
    (row,) = stage.queries.portfolio(ACCOUNT, stage.now)
    assert (row.marketPrice, row.marketValue, row.unrealizedPNL) == (5.60, 1120, 100)
    single = stage.queries.profits(ACCOUNT, stage.now)[1][OPTION.conId]
    assert (single.value, single.dailyPnL, single.unrealizedPnL) == (1120, 100, 100)
    whole = stage.queries.profit(ACCOUNT, stage.now)
    assert (whole.dailyPnL, whole.unrealizedPnL) == (100, 100)
    rows = stage.queries.account_values(ACCOUNT, stage.now)
    value = {(one.key, one.currency): one.value for one in rows}
    assert value["OptionMarketValue", "USD"] == "1120.00"
    assert value["StockMarketValue", "USD"] == "0.00"
    assert value["NetLiquidationByCurrency", "USD"] == "1000100.00"
    assert value["NetLiquidation", "USD"] == "1000100.00"
    assert value["GrossPositionValue", "USD"] == "1120.00"
    report = only(e.CommissionCharged, stage.submit(order(2, OPTION, "SELL", 2))).report
    assert report.realizedPNL == 100


def test_a_position_without_a_quote_stands_at_what_a_unit_cost() -> None:
    stage = stage_of()
    stage.submit(SetFeePlan(ACCOUNT, "none"))
    quote(stage, OPTION, 5.10, 5.10)
    stage.submit(order(1, OPTION, "BUY", 2))
    quote(stage, OPTION, 0, 0)
    (row,) = stage.queries.portfolio(ACCOUNT, stage.now)
    assert (row.marketPrice, row.marketValue, row.averageCost) == (5.10, 1020, 510)


def test_a_what_if_counts_the_multiplier() -> None:
    stage = stage_of()
    quote(stage, OPTION, 5.10, 5.10)
    told = only(e.WhatIfAnswered, stage.submit(order(1, OPTION, "BUY", 1, whatIf=True)))
    state = told.view.state
    assert (state.maintMarginChange, state.initMarginChange) == (0, 0)
    assert state.equityWithLoanChange == Decimal("-510.76825")  # the premium and 0.76825
    assert state.commissionAndFees == 0.76825


def test_a_short_option_needs_its_value_and_a_part_of_the_underlying() -> None:
    stage = stage_of()
    stage.submit(SetFeePlan(ACCOUNT, "none"))
    stage.submit(SetMarginModel(ACCOUNT, "reg_t"))
    quote(stage, CATALOGUE[265598], 100, 100)
    quote(stage, OPTION, 5.10, 5.10)
    asked = order(1, OPTION, "SELL", 1, whatIf=True)
    # 510 + 100 * max(20 % of 100 - 10 out of the money, 10 % of 100, 2.50); initial 1.1 times that
    state = only(e.WhatIfAnswered, stage.submit(asked)).view.state
    assert (state.maintMarginChange, state.initMarginChange) == (Decimal(1510), Decimal(1661))
    assert state.equityWithLoanChange == 510
    stage.submit(order(2, OPTION, "SELL", 1))
    rows = stage.queries.account_values(ACCOUNT, stage.now)
    value = {(one.key, one.currency): one.value for one in rows}
    assert value["MaintMarginReq", "USD"] == "1510.00"
    assert value["EquityWithLoanValue", "USD"] == "1000510.00"
    assert value["NetLiquidation", "USD"] == "1000000.00"
    assert value["OptionMarketValue", "USD"] == "-510.00"
    worth = stage.engine.broker.margin.value(stage.engine.state.accounts[ACCOUNT])
    assert stage.engine.broker.margin.worth(stage.engine.state.accounts[ACCOUNT]) == (
        worth.equity,
        worth.maintenance,
    )


def test_long_options_beyond_the_cash_are_refused_and_selling_them_is_not() -> None:
    stage = stage_of(Profile(opening_cash=1_000 * 10**6))
    stage.submit(SetFeePlan(ACCOUNT, "none"))
    quote(stage, OPTION, 5.10, 5.10)
    (refused,) = stage.submit(order(1, OPTION, "BUY", 2))
    assert isinstance(refused, e.OrderRejectedEvent)
    assert "Equity with Loan Value [-20.00 USD]" in text_of(refused)
    stage.submit(order(2, OPTION, "BUY", 1))
    only(e.Traded, stage.submit(order(3, OPTION, "SELL", 1)))


def test_the_profit_of_the_second_day_counts_options_once() -> None:
    stage = stage_of()
    stage.submit(SetFeePlan(ACCOUNT, "none"))
    quote(stage, OPTION, 5.10, 5.10)
    stage.submit(order(1, OPTION, "BUY", 2))
    stage.step("clock 20260414 10:00:00")
    assert stage.queries.profit(ACCOUNT, stage.now).dailyPnL == 0
    quote(stage, OPTION, 5.60, 5.60)
    assert stage.queries.profit(ACCOUNT, stage.now).dailyPnL == 100


# ---------------------------------------------------------------- pounds


@walk("base", ["USD", "GBP", "JPY"])
def test_a_share_in_pounds_trades_in_an_account_of_any_currency(base: str) -> None:
    stage = stage_of(Profile(base_currency=base, opening_cash=10**9 * 10**6))
    quote(stage, BRITISH, 2.00, 2.02)
    asked = order(1, BRITISH, "BUY", 1000, whatIf=True)
    preview = only(e.WhatIfAnswered, stage.submit(asked)).view.state
    pounds = stage.engine.broker.margin.rate("GBP", base)
    expected = Decimal(2010) * Decimal("0.15") * pounds / 10**7
    assert abs(Decimal(preview.maintMarginChange or 0) - expected) < Decimal("0.01")
    assert (preview.marginCurrency, preview.commissionAndFeesCurrency) == (base, "GBP")
    report = only(e.CommissionCharged, stage.submit(order(2, BRITISH, "BUY", 1000))).report
    assert (report.currency, report.commissionAndFees) == ("GBP", 4.0)
    (row,) = stage.queries.portfolio(ACCOUNT, stage.now)
    assert (row.marketPrice, row.marketValue, row.averageCost) == (2.01, 2010, 2.024)
    value = {(v.key, v.currency): v.value for v in stage.queries.account_values(ACCOUNT, stage.now)}
    assert value["StockMarketValue", "GBP"] == "2010.00"
    start = 10**9 if base == "GBP" else 0
    assert value["CashBalance", "GBP"] == f"{start - 2024}.00"
    assert Decimal(value["NetLiquidation", base]) < 10**9
    profit = stage.queries.profit(ACCOUNT, stage.now)
    assert profit.dailyPnL == pytest.approx(-14 * pounds / 10**7, abs=0.01)
    stage.journal += stage.engine.drain_journal()
    stage.assert_replays()


def test_an_account_in_pounds_is_told_in_pounds() -> None:
    stage = stage_of()
    stage.submit(OpenAccount("DU2", "GBP", 1_000 * 10**6))
    rows = stage.queries.account_summary(("NetLiquidation",), stage.now, "DU2")
    assert [(row.value, row.currency) for row in rows] == [("1000.00", "GBP")]
    ledger = stage.queries.account_summary(("$LEDGER:ALL",), stage.now, "DU2")
    rates = {row.currency: row.value for row in ledger if row.key == "ExchangeRate"}
    assert rates == {"BASE": "1.00", "GBP": "1.00"}


def test_a_rate_that_nobody_quotes_goes_by_the_dollar_as_it_is_quoted() -> None:
    stage = stage_of()
    pair = next(one for one in CATALOGUE if (one.symbol, one.currency) == ("EUR", "USD"))
    margin = stage.engine.broker.margin
    assert margin.rate("EUR", "GBP") == round(rate("1.15") * 10**7 / rate("1.33"))
    quote(stage, pair, 1.20, 1.20)
    stage.engine.top.begin(stage.now)
    assert margin.rate("EUR", "GBP") == round(rate("1.20") * 10**7 / rate("1.33"))
    assert margin.rate("GBP", "EUR") == round(rate("1.33") * 10**7 / rate("1.20"))


# ---------------------------------------------------------------- what cannot be valued

LACKING = {
    "a kind without a margin rate": (FIGURE, "The security type 'IND'"),
    "a currency without a rate": (GOLDEN, "The currency 'XAU'"),
    "a pair of such a currency": (GOLD_PAIR, "The currency 'XAU'"),
}


@walk("what_if", [False, True], ids=["order", "what-if"])
@walk("name", LACKING)
def test_what_no_account_could_value_is_refused_by_name(name: str, what_if: bool) -> None:
    entry, lacks = LACKING[name]
    stage = stage_of()
    quote(stage, entry, 5.08, 5.10)
    (refused,) = stage.submit(order(1, entry, "BUY", 1, whatIf=what_if))
    assert isinstance(refused, e.RequestRefusedEvent)
    assert (refused.code, text_of(refused)) == (
        201,
        f"Order rejected - reason:{lacks} is not served by this station yet.",
    )


def test_all_that_is_listed_can_be_valued() -> None:
    stage = stage_of()
    for number, entry in enumerate(CATALOGUE, 1):
        quote(stage, entry, 10.0, 10.01)
        told = stage.submit(order(number, entry, "BUY", 1, whatIf=True))
        assert isinstance(told[-1], e.WhatIfAnswered), entry
