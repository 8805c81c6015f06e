"""Crypto currencies, contracts for difference, bonds and metals: orders, money, margin, figures."""

from decimal import Decimal

import pytest

from papertape.model import Contract, Order
from papertape.server.present import events as e
from papertape.venue.broker.profile import Profile
from papertape.venue.commands import ModifyByUser, SetFeePlan, SetMarginModel, SubmitOrder
from papertape.venue.invariants import check
from papertape.venue.market.source import Quote
from papertape.venue.reference.instruments import Instrument, Instruments, Purpose
from papertape.venue.reference.listings import CATALOGUE, EURUSD
from papertape.venue.units import SECOND, price_units
from venue.scenario import START, Stage
from venue.test_contract_ends import AAPL
from walks import walk

ACCOUNT = "DU1234567"


def found(symbol: str, kind: str, exchange: str) -> Instrument:
    wanted = Contract(symbol=symbol, secType=kind, exchange=exchange, currency="USD")
    listing = CATALOGUE.resolve(wanted, Purpose.ORDER, START)
    return listing.instrument  # type: ignore[union-attr]


BTC = found("BTC", "CRYPTO", "PAXOS")
CFD = found("IBM", "CFD", "SMART")
GOLD = found("XAUUSD", "CMDTY", "SMART")
BOND = CATALOGUE[236491195]
KINDS = {BTC: 60_000, CFD: 300, GOLD: 4_000, BOND: 96}
INSTRUMENTS = Instruments([*CATALOGUE, *KINDS])


@pytest.fixture
def stage() -> Stage:
    made = Stage(None, INSTRUMENTS)
    made.submit(SetFeePlan(ACCOUNT, "none"))
    for entry, price in KINDS.items():
        quote(made, entry, price)
    return made


def quote(stage: Stage, entry: Instrument, price: float, size: int = 10**9) -> None:
    stage.now += SECOND
    units = price_units(price, entry.scale)
    stage.market.add(Quote(entry.conId, stage.now, units, size, units, size))
    stage.told(stage.engine.advance(stage.now))


def trade(stage: Stage, entry: Instrument, size: float, **more: object) -> tuple[e.Event, ...]:
    order = Order(
        action="BUY" if size > 0 else "SELL", totalQuantity=Decimal(str(abs(size))),
        orderType="MKT", tif="DAY",
    )  # fmt: skip
    for name, value in more.items():
        setattr(order, name, value)
    number = stage.engine.state.highest_ids.get(1, 0) + 1
    contract = Contract(conId=entry.conId, exchange=entry.home)
    told = stage.submit(SubmitOrder(1, number, contract, order))
    check(stage.engine)
    return told


def values(stage: Stage) -> dict[tuple[str, str], Decimal | str]:
    rows = stage.queries.account_values(ACCOUNT, stage.now)
    return {(row.key, row.currency): row.value for row in rows}


def code(told: tuple[e.Event, ...]) -> int:
    (refused,) = [one for one in told if isinstance(one, e.RequestRefusedEvent)]
    return refused.code


def finished(stage: Stage) -> None:
    stage.step("clock 20260414 10:00:00")
    check(stage.engine)
    stage.journal += stage.engine.drain_journal()
    stage.assert_replays()


# ---------------------------------------------------------------- crypto currencies


def test_a_coin_is_bought_by_money_and_sold_by_size(stage: Stage) -> None:
    trade(stage, BTC, 1, totalQuantity=Decimal(0), cashQty=10_000.0, tif="IOC")
    (row,) = stage.queries.portfolio(ACCOUNT, stage.now)
    assert row.position == Decimal("0.1666"), "10,000 at 60,000, in ten-thousandths"
    quote(stage, BTC, 66_000)
    told = values(stage)
    assert told["Cryptocurrency", "USD"] == told["NetLiquidation-P", "USD"] == "10995.60"
    assert told["EquityWithLoanValue", "USD"] == "990004.00", "no loan value"
    assert told["NetLiquidation", "USD"] == "1000999.60"
    assert told["MaintMarginReq", "USD"] == told["GrossPositionValue", "USD"] == "0.00"
    assert stage.queries.profit(ACCOUNT, stage.now).dailyPnL == pytest.approx(999.6)
    trade(stage, BTC, -0.1666)
    assert stage.engine.state.accounts[ACCOUNT].cash["USD"] == 1_000_999_600_000
    finished(stage)


def test_the_profit_of_the_second_day_counts_coins_once(stage: Stage) -> None:
    trade(stage, BTC, 1, totalQuantity=Decimal(0), cashQty=60_000.0)
    stage.step("clock 20260414 10:00:00")
    assert stage.queries.profit(ACCOUNT, stage.now).dailyPnL == 0
    quote(stage, BTC, 61_000)
    assert stage.queries.profit(ACCOUNT, stage.now).dailyPnL == 1_000


COINS = {
    "a market order by size": ({}, 10290),
    "a market order by nothing": ({"totalQuantity": Decimal(0)}, 10289),
    "less than the smallest part": ({"totalQuantity": Decimal(0), "cashQty": 0.01}, 434),
    "not a number": ({"totalQuantity": Decimal(0), "cashQty": float("nan")}, 10244),
    "a limit by money": ({"orderType": "LMT", "lmtPrice": 60_000.0, "cashQty": 5.0,
                          "totalQuantity": Decimal(0)}, 10244),
    "a sale by money": ({"action": "SELL", "cashQty": 5.0, "totalQuantity": Decimal(0)}, 10244),
    "too fine": ({"orderType": "LMT", "lmtPrice": 60_000.0,
                  "totalQuantity": Decimal("0.00001")}, 10250),
}  # fmt: skip


@pytest.mark.parametrize("name", COINS)
def test_what_no_order_for_a_coin_can_be_is_refused_by_code(stage: Stage, name: str) -> None:
    more, expected = COINS[name]
    assert code(trade(stage, BTC, 1, **more)) == expected
    assert not stage.queries.positions(ACCOUNT)


def test_a_coin_is_never_sold_short(stage: Stage) -> None:
    (told,) = trade(stage, BTC, -1)
    assert isinstance(told, e.OrderRejectedEvent) and told.code == 426
    trade(stage, BTC, 0.5, orderType="LMT", lmtPrice=60_000.0)
    (told,) = trade(stage, BTC, -0.6)
    assert isinstance(told, e.OrderRejectedEvent) and told.code == 426


def test_what_a_coin_costs_must_be_there() -> None:
    stage = Stage(Profile(opening_cash=1_000 * 10**6), INSTRUMENTS)
    quote(stage, BTC, 60_000)
    (told,) = trade(stage, BTC, 1, totalQuantity=Decimal(0), cashQty=1_100.0)
    assert isinstance(told, e.OrderRejectedEvent) and told.code == 201


def test_new_terms_by_money_have_its_size_too(stage: Stage) -> None:
    """Also those that the user of TWS gives an order of a client."""
    quote(stage, EURUSD, 1.25)
    more = {"orderType": "LMT", "lmtPrice": 1.2, "totalQuantity": Decimal(0), "cashQty": 12_000.0}
    trade(stage, EURUSD, 1, **more)
    (order,) = stage.engine.state.orders.values()
    assert order.terms.quantity == 10_000 * 10_000
    asked = Order(action="BUY", tif="DAY")
    for name, value in {**more, "cashQty": 6_000.0}.items():
        setattr(asked, name, value)
    contract = Contract(conId=EURUSD.conId, exchange=EURUSD.home)
    stage.submit(ModifyByUser(order.permId, contract, asked))
    (order,) = stage.engine.state.orders.values()
    assert order.terms.quantity == 5_000 * 10_000
    check(stage.engine)


def test_money_without_a_price_buys_nothing(stage: Stage) -> None:
    quote(stage, BTC, 0)
    assert code(trade(stage, BTC, 1, totalQuantity=Decimal(0), cashQty=5.0)) == 434


def test_currencies_are_traded_by_money_too_and_shares_are_not(stage: Stage) -> None:
    quote(stage, EURUSD, 1.25)
    trade(stage, EURUSD, 1, totalQuantity=Decimal(0), cashQty=1_001.0)
    assert stage.queries.position(ACCOUNT, EURUSD.conId).position == 800
    quote(stage, AAPL, 100)
    assert code(trade(stage, AAPL, 1, totalQuantity=Decimal(0), cashQty=100.0)) == 10244


# ---------------------------------------------------------------- contracts for difference


@pytest.mark.parametrize("size", [10, -10])
def test_a_contract_for_difference_pays_its_difference(stage: Stage, size: int) -> None:
    trade(stage, CFD, size)
    assert stage.engine.state.accounts[ACCOUNT].cash["USD"] == 10**12
    quote(stage, CFD, 310)
    told = values(stage)
    assert Decimal(told["NetLiquidation", "USD"]) == 1_000_000 + 10 * size
    assert told["MaintMarginReq", "USD"] == told["MaintMarginReq-S", "USD"] == "620.00"
    assert told["NetLiquidation-C", "USD"] == told["GrossPositionValue", "USD"] == "0.00"
    finished(stage)
    assert stage.engine.state.accounts[ACCOUNT].cash["USD"] == 10**12 + size * 10**7
    trade(stage, CFD, -size)
    assert stage.engine.state.accounts[ACCOUNT].cash["USD"] == 10**12 + size * 10**7


def test_a_cash_account_has_no_contracts_for_difference(stage: Stage) -> None:
    stage.submit(SetMarginModel(ACCOUNT, "cash"))
    (told,) = trade(stage, CFD, 1)
    assert isinstance(told, e.OrderRejectedEvent) and told.code == 203


# ---------------------------------------------------------------- bonds and metals


def test_a_bond_costs_its_percentage_of_a_thousand(stage: Stage) -> None:
    told = trade(stage, BOND, 5)
    fill = next(one for one in told if isinstance(one, e.Traded))
    assert (fill.execution.price, fill.view.avgFillPrice) == (96, 96)
    assert stage.engine.state.accounts[ACCOUNT].cash["USD"] == (1_000_000 - 4_800) * 10**6
    quote(stage, BOND, 97)
    (row,) = stage.queries.portfolio(ACCOUNT, stage.now)
    assert (row.marketPrice, row.marketValue, row.averageCost) == (97, 4_850, 960)
    told_values = values(stage)
    assert told_values["CorporateBondValue", "USD"] == "4850.00"
    assert told_values["MaintMarginReq", "USD"] == "1212.50"
    trade(stage, BOND, -5)
    assert stage.queries.profit(ACCOUNT, stage.now).realizedPnL == 50
    finished(stage)


def test_an_ounce_of_gold(stage: Stage) -> None:
    trade(stage, GOLD, 3)
    told = values(stage)
    assert told["MaintMarginReq", "USD"] == "1200.00"
    assert told["NetLiquidation", "USD"] == "1000000.00"
    quote(stage, GOLD, 4_100)
    assert stage.queries.profit(ACCOUNT, stage.now).dailyPnL == 300
    finished(stage)


# ---------------------------------------------------------------- what they cost


@walk(
    ("entry", "size", "fee"),
    [(BTC, 1.0, 108), (BTC, 0.0100, 1.75), (BTC, 0.0010, 0.6), (CFD, 10, 1), (CFD, 1_000, 6),
     (BOND, 5, 5), (BOND, 1, 1), (GOLD, 3, 2)],
)  # fmt: skip
def test_fees_and_what_a_what_if_says_of_them(entry: Instrument, size: float, fee: float) -> None:
    stage = Stage(None, INSTRUMENTS)
    quote(stage, entry, KINDS[entry])
    more = {"orderType": "LMT", "lmtPrice": float(KINDS[entry])}
    (asked,) = trade(stage, entry, size, whatIf=True, **more)
    assert isinstance(asked, e.WhatIfAnswered)
    assert asked.view.state.commissionAndFees == fee
    told = trade(stage, entry, size, **more)
    report = next(one.report for one in told if isinstance(one, e.CommissionCharged))
    assert (report.commissionAndFees, report.currency) == (fee, "USD")
    finished(stage)


@pytest.mark.parametrize(
    ("size", "price", "fee"),
    # commission, clearing, exchange, audit; on sales SEC and TAF; NYSE and FINRA of the commission
    [(100, 50, 0.35 + 0.02 + 0.3 + 0.0003 + 0.35 * 0.000735),
     (1_000, 50, 3.5 + 0.2 + 3.0 + 0.003 + 3.5 * 0.000735),
     (10, 1, 0.1 + 0.002 + 0.03 + 0.00003 + 0.1 * 0.000735),
     (-100, 50, 0.35 + 0.02 + 0.3 + 0.0003 + 0.35 * 0.000735 + 5_000 * 0.0000206 + 0.0195)],
)  # fmt: skip
def test_the_tiered_plan(stage: Stage, size: int, price: float, fee: float) -> None:
    stage.submit(SetFeePlan(ACCOUNT, "tiered"))
    quote(stage, AAPL, price)
    told = trade(stage, AAPL, size)
    report = next(one.report for one in told if isinstance(one, e.CommissionCharged))
    assert report.commissionAndFees == pytest.approx(fee, abs=2e-6)


def test_what_adds_liquidity_pays_no_fee_of_the_exchange(stage: Stage) -> None:
    stage.submit(SetFeePlan(ACCOUNT, "tiered"))
    quote(stage, AAPL, 50)
    trade(stage, AAPL, 100, orderType="LMT", lmtPrice=49.0)
    stage.now += SECOND
    stage.market.add(Quote(AAPL.conId, stage.now, 489_900, 10**9, 490_000, 10**9))
    told = stage.told(stage.engine.advance(stage.now))
    report = next(one.report for one in told if isinstance(one, e.CommissionCharged))
    assert report.commissionAndFees == pytest.approx(
        0.35 + 0.02 + 0.0003 + 0.35 * 0.000735, abs=2e-6
    )


def test_a_market_that_never_closes_has_hours_as_well() -> None:
    """An order for a coin where markets keep their hours: it works now, and next week."""
    stage = Stage(Profile(hours="exchange"), INSTRUMENTS)
    quote(stage, BTC, 60_000)
    trade(stage, BTC, 1, orderType="LMT", lmtPrice=59_000.0, tif="GTC")
    (order,) = stage.engine.state.orders.values()
    assert (order.status, order.opens) == ("Submitted", 0)
    assert stage.engine.hours.turns(BTC.conId, order.terms.reach, stage.now) > stage.now
    stage.step("clock 20260501 10:00:00")
    (order,) = stage.engine.state.orders.values()
    assert (order.status, order.opens) == ("Submitted", 0)
    finished_at = stage.engine.hours.turns(BTC.conId, order.terms.reach, stage.now)
    assert finished_at > stage.now
