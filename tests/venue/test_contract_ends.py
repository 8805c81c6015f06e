"""Contracts that end: exercise and assignment, delivery and cash, what lapses, what is told."""

from datetime import date
from decimal import Decimal

import msgspec
import pytest

from papertape.model import ComboLeg, Contract, Order
from papertape.server.present import events as e
from papertape.venue.commands import SetFeePlan, SubmitOrder
from papertape.venue.invariants import check
from papertape.venue.market.source import Print, Quote
from papertape.venue.reference.instruments import Instruments
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.reference.securities import Future, Index, Instrument, OptionContract
from papertape.venue.script import SetHolding
from papertape.venue.units import SECOND, SIZE_SCALE, price_units, size_units
from venue.scenario import Stage

ACCOUNT = "DU1234567"
DOLLAR = 10**6
TODAY = date(2026, 4, 13).toordinal()
AAPL = CATALOGUE[265598]
SPX = Index(
    700_000_020, "SPX", "IND", "USD", "CBOE", "SPX", "SPX", ("CBOE",), "SPX", 10_000, 100,
)  # fmt: skip


def option(con_id: int, right: str, strike: int, **more: object) -> OptionContract:
    made = OptionContract(
        con_id, "AAPL", "OPT", "USD", "", f"AAPL {right}{strike}", "AAPL", ("SMART", "CBOE"),
        "AAPL", 10_000, 1, multiplier=100, under=AAPL.conId, underSecType="STK", expires=TODAY,
        call=right == "C", exercise=strike * 10_000, hours="US",
    )  # fmt: skip
    return msgspec.structs.replace(made, **more)


CALL, PUT = option(700_000_021, "C", 250), option(700_000_022, "P", 260)
INDEX_CALL = option(
    700_000_023, "C", 6_800, under=SPX.conId, underSecType="IND", american=False, symbol="SPX"
)
HIGHER = option(700_000_026, "C", 255)
TOMORROW = option(700_000_024, "C", 255, expires=TODAY + 1)
MES = Future(
    700_000_025, "MES", "FUT", "USD", "CME", "MESJ6", "MES", ("CME",), "MES", 10_000, 2_500,
    multiplier=5, expires=TODAY, month=202604, hours="CME",
)  # fmt: skip
INSTRUMENTS = Instruments([*CATALOGUE, SPX, CALL, PUT, INDEX_CALL, HIGHER, TOMORROW, MES])


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


def trade(stage: Stage, entry: Instrument, size: int, **more: object) -> None:
    order = Order(
        action="BUY" if size > 0 else "SELL", totalQuantity=Decimal(abs(size)), orderType="MKT",
        tif="DAY",
    )  # fmt: skip
    for name, value in more.items():
        setattr(order, name, value)
    number = stage.engine.state.highest_ids.get(1, 0) + 1
    contract = Contract(conId=entry.conId, exchange=entry.home)
    stage.submit(SubmitOrder(1, number, contract, order))
    check(stage.engine)


def end_of(stage: Stage, clock: str = "20260413 17:30:00") -> tuple[e.Event, ...]:
    told = stage.step(f"clock {clock}")
    check(stage.engine)
    return told


def cash(stage: Stage) -> float:
    return stage.engine.state.accounts[ACCOUNT].cash["USD"] / DOLLAR - 1_000_000


def held(stage: Stage, entry: Instrument) -> tuple[float, float]:
    """The holdings and what they cost."""
    position = stage.engine.state.accounts[ACCOUNT].positions[entry.conId]
    return position.quantity / 10_000, position.cost / DOLLAR


def replays(stage: Stage) -> None:
    stage.journal += stage.engine.drain_journal()
    stage.assert_replays()


def executions(stage: Stage) -> list[tuple[int, str, float, float, int]]:
    """conId, side, shares, price and kind of what moved."""
    return [
        (
            row.contract.conId, row.execution.side, float(row.execution.shares),
            row.execution.price, row.execution.optExerciseOrLapseType or 0,
        )
        for row in stage.queries.executions()
        if row.execution.optExerciseOrLapseType != -1
    ]  # fmt: skip


# contract, contracts, premium -> shares, their cost, cash, executions
DELIVERED = {
    "a long call": (CALL, 2, 9.0, 200, 51_800, -51_800, "BOT", 101),
    "a short call": (CALL, -2, 9.0, -200, -51_800, 51_800, "SLD", 100),
    "a long put": (PUT, 3, 4.0, -300, -76_800, 76_800, "SLD", 101),
    "a short put": (PUT, -3, 4.0, 300, 76_800, -76_800, "BOT", 100),
}


@pytest.mark.parametrize("name", DELIVERED)
def test_in_the_money_shares_are_delivered_at_the_strike(stage: Stage, name: str) -> None:
    entry, size, premium, shares, cost, paid, side, kind = DELIVERED[name]
    quote(stage, AAPL, 257)
    quote(stage, entry, premium)
    trade(stage, entry, size)
    told = end_of(stage)
    assert held(stage, entry) == (0, 0)
    assert held(stage, AAPL) == (shares, cost)
    assert cash(stage) == paid
    closes = "SLD" if size > 0 else "BOT"
    strike = entry.exercise / 10_000
    assert executions(stage) == [
        (entry.conId, closes, abs(size), 0.0, kind),
        (AAPL.conId, side, abs(shares), strike, kind),
    ]
    places = {row.contract.conId: row.execution.exchange for row in stage.queries.executions()}
    assert places == {entry.conId: entry.place, AAPL.conId: "NASDAQ"}  # nothing is held at a router
    assert [x for x in told if isinstance(x, e.PositionChanged)] == [
        e.PositionChanged(ACCOUNT, entry.conId),
        e.PositionChanged(ACCOUNT, AAPL.conId),
    ]
    assert e.AccountChanged(ACCOUNT) in told
    rows = {row.contract.conId: row for row in stage.queries.portfolio(ACCOUNT, stage.now)}
    assert (rows[entry.conId].position, rows[entry.conId].realizedPNL) == (0, 0)
    assert rows[AAPL.conId].averageCost == pytest.approx(cost / shares)
    # What the option has earned until then is what the shares have earned at 257.
    whole, singles, _ = stage.queries.profits(ACCOUNT, stage.now)
    assert whole.dailyPnL == whole.unrealizedPnL == pytest.approx(257 * shares - cost)
    assert singles[AAPL.conId].dailyPnL + singles[entry.conId].dailyPnL == whole.dailyPnL
    replays(stage)


def test_shares_that_are_held_are_sold_with_the_premium_in_the_profit(stage: Stage) -> None:
    quote(stage, AAPL, 240)
    trade(stage, AAPL, 100)
    quote(stage, CALL, 3)
    trade(stage, CALL, -1)
    quote(stage, AAPL, 257)
    end_of(stage)
    assert held(stage, AAPL) == held(stage, CALL) == (0, 0)
    assert cash(stage) == stage.queries.profit(ACCOUNT, stage.now).realizedPnL == 1_300
    replays(stage)


@pytest.mark.parametrize(("size", "profit"), [(2, -100), (-2, 100)])
def test_out_of_the_money_an_option_lapses(stage: Stage, size: int, profit: float) -> None:
    quote(stage, AAPL, 249.99)
    quote(stage, CALL, 0.5)
    trade(stage, CALL, size)
    end_of(stage)
    assert held(stage, CALL) == (0, 0)
    assert AAPL.conId not in stage.engine.state.accounts[ACCOUNT].positions
    ((_, _, shares, price, kind),) = executions(stage)
    assert (shares, price, kind, cash(stage)) == (2, 0, 102, profit)
    whole, singles, traded = stage.queries.profits(ACCOUNT, stage.now)
    assert (whole.dailyPnL, whole.realizedPnL) == (profit, profit)
    assert singles[CALL.conId].dailyPnL == profit
    assert CALL.conId in traded
    replays(stage)


@pytest.mark.parametrize(("price", "shares"), [(250.0, 0), (250.0099, 0), (250.01, 100)])
def test_a_cent_in_the_money_is_enough(stage: Stage, price: float, shares: int) -> None:
    quote(stage, AAPL, price)
    quote(stage, CALL, 0.5)
    trade(stage, CALL, 1)
    end_of(stage)
    assert stage.engine.state.accounts[ACCOUNT].quantity(AAPL.conId) == size_units(shares)


@pytest.mark.parametrize(("size", "kind"), [(2, 101), (-2, 100)])
def test_an_index_option_is_settled_in_cash(stage: Stage, size: int, kind: int) -> None:
    quote(stage, INDEX_CALL, 10)
    trade(stage, INDEX_CALL, size)
    stage.market.add(Print(SPX.conId, stage.now, 68_255_000, 1))
    end_of(stage)
    assert held(stage, INDEX_CALL) == (0, 0)
    assert cash(stage) == size * 100 * (25.5 - 10)
    assert stage.queries.profit(ACCOUNT, stage.now).realizedPnL == cash(stage)
    ((_, _, shares, price, told),) = executions(stage)
    assert (shares, price, told) == (2, 25.5, kind)
    replays(stage)


def test_the_price_is_that_of_the_close_whenever_the_venue_runs_again(stage: Stage) -> None:
    quote(stage, AAPL, 257)
    quote(stage, CALL, 9)
    trade(stage, CALL, 1)
    stage.step("clock 20260413 16:20:00")
    quote(stage, AAPL, 200)
    end_of(stage, "20260415 09:00:00")
    assert held(stage, AAPL) == (100, 25_900)


def test_without_a_price_of_its_underlying_its_own_counts(stage: Stage) -> None:
    quote(stage, INDEX_CALL, 10)
    trade(stage, INDEX_CALL, 1)
    quote(stage, INDEX_CALL, 12)
    end_of(stage)
    assert (held(stage, INDEX_CALL), cash(stage)) == ((0, 0), 200)


def test_a_future_pays_its_last_difference(stage: Stage) -> None:
    quote(stage, MES, 6_800)
    trade(stage, MES, -2)
    quote(stage, MES, 6_790)
    end_of(stage)
    assert (held(stage, MES), cash(stage)) == ((0, 0), 100)
    ((con_id, side, shares, price, kind),) = executions(stage)
    assert (con_id, side, shares, price, kind) == (MES.conId, "BOT", 2, 6_790, 102)
    assert stage.queries.profit(ACCOUNT, stage.now).realizedPnL == 100
    replays(stage)


@pytest.mark.parametrize(
    ("last", "shares", "gain"),
    [(257, 0, 500), (253, 100, 253 * 100 - 250 * 100), (249, 0, 0)],
)
@pytest.mark.parametrize("side", [1, -1])
def test_a_vertical_ends_leg_by_leg(
    stage: Stage, side: int, last: int, shares: int, gain: int
) -> None:
    """Bought for 3.00: above both strikes it is worth their distance, between them the long leg
    brings shares, below both nothing is left."""
    for entry, price in ((AAPL, 252), (CALL, 6), (HIGHER, 3)):
        quote(stage, entry, price)
    vertical = Contract(
        symbol="AAPL", secType="BAG", exchange="SMART", currency="USD",
        comboLegs=[
            ComboLeg(CALL.conId, 1, "BUY", "SMART"), ComboLeg(HIGHER.conId, 1, "SELL", "SMART"),
        ],
    )  # fmt: skip
    order = Order(
        action="BUY" if side > 0 else "SELL", totalQuantity=Decimal(1), orderType="MKT", tif="DAY"
    )
    stage.submit(SubmitOrder(1, 1, vertical, order))
    assert cash(stage) == -300 * side
    quote(stage, AAPL, last)
    end_of(stage)
    assert held(stage, CALL)[0] == held(stage, HIGHER)[0] == 0
    assert stage.engine.state.accounts[ACCOUNT].quantity(AAPL.conId) == shares * side * 10_000
    assert cash(stage) + shares * side * last == (gain - 300) * side
    assert stage.queries.profit(ACCOUNT, stage.now).dailyPnL == (gain - 300) * side
    replays(stage)


def test_orders_for_it_end_with_it_and_others_go_on(stage: Stage) -> None:
    quote(stage, AAPL, 257)
    for entry in (CALL, TOMORROW):
        quote(stage, entry, 9)
        trade(stage, entry, 1)
        trade(stage, entry, 1, orderType="LMT", lmtPrice=8.9, tif="GTC")
    told = end_of(stage)
    (ended,) = (x for x in told if isinstance(x, e.OrderCancelled))
    assert ended.view.contract.conId == CALL.conId
    assert [order.terms.conId for order in stage.engine.state.orders.values()] == [TOMORROW.conId]
    assert held(stage, TOMORROW)[0] == 1
    assert stage.engine.next_due() is not None


def test_a_venue_that_restarts_still_ends_what_is_held(stage: Stage) -> None:
    quote(stage, AAPL, 257)
    quote(stage, CALL, 9)
    trade(stage, CALL, 1)
    stage.engine.restore(
        bytes(stage.engine.snapshot()),
        lambda *_: tuple([tuple(row) for row in rows] for rows in stage.engine.archive.rows()),  # type: ignore[arg-type, return-value]
    )
    assert stage.engine.next_due() is not None
    end_of(stage)
    assert held(stage, AAPL) == (100, 25_900)


def test_a_family_that_waits_for_a_contract_ends_with_it_once(stage: Stage) -> None:
    quote(stage, CALL, 7.50)
    quote(stage, AAPL, 257.50)
    trade(stage, CALL, 1)
    low, high = {"orderType": "LMT", "tif": "GTC", "lmtPrice": 1.0}, {"lmtPrice": 90.0}
    trade(stage, CALL, 1, **low, transmit=False)
    parent = stage.engine.state.highest_ids[1]
    trade(stage, CALL, -1, **low | high, parentId=parent)
    assert len(stage.engine.state.orders) == 2
    told = end_of(stage)
    ended = [one.view.orderId for one in told if isinstance(one, e.OrderCancelled)]
    assert ended == [parent, parent + 1] and not stage.engine.state.orders


def test_what_a_world_says_an_account_holds_ends_with_its_contract() -> None:
    stage = Stage(None, INSTRUMENTS)
    stage.step("quote AAPL 255.00 x 255.02")
    asked = SetHolding(ACCOUNT, CALL.conId, SIZE_SCALE, 5 * 10**9)
    stage.engine.submit(asked, stage.now)
    check(stage.engine)
    positions = stage.engine.state.accounts[ACCOUNT].positions
    assert positions[CALL.conId].quantity == SIZE_SCALE
    stage.step("clock 20260413 23:00:00")
    check(stage.engine)
    assert positions[CALL.conId].quantity == 0
    assert positions[AAPL.conId].quantity == 100 * SIZE_SCALE
