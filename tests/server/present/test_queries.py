"""Open and completed orders, executions and their filter, positions, portfolio, profit."""

from decimal import Decimal

import pytest

from papertape.model import ExecutionFilter
from papertape.server.present.queries import Queries, Row, Rows
from papertape.server.present.views import Views
from papertape.venue.units import CASH_SCALE
from venue.scenario import Stage, command, scenario

ACCOUNT = "DU1234567"
AAPL, TSLA = 265598, 76792991


@pytest.fixture
def stage() -> Stage:
    return scenario("""
        quote   AAPL 257.66 x 257.68
        quote   TSLA 420.00 x 420.10
        submit  #1 BUY 100 AAPL MKT     -> #1 accepted PreSubmitted
                                        -> #1 BOT 100 @ 257.68 Filled; #1 fee 1.0003
        submit  c2#1 SELL 10 TSLA MKT   -> c2#1 accepted Submitted
                                        -> c2#1 SLD 10 @ 420 Filled; c2#1 fee 1.0885
        submit  #2 SELL 40 AAPL MKT orderRef=out  -> #2 accepted Submitted
                                   -> #2 SLD 40 @ 257.66 Filled; #2 fee 1.220232 pnl -2.420352
        submit  #3 BUY 5 AAPL LMT 250   -> #3 accepted Submitted; #3 again Submitted
        submit  c2#2 BUY 5 AAPL LMT 250 GTC  -> c2#2 accepted PreSubmitted; c2#2 again Submitted
        submit  #4 BUY 5 AAPL LMT 249   -> #4 accepted Submitted; #4 again Submitted
        cancel  #4                      -> #4 Cancelled
        quote   AAPL 260.00 x 260.02
    """)


def taken(rows: Rows[Row]) -> list[Row]:
    return [row for row in rows if row is not None]


def test_open_orders_of_one_client_and_of_all(stage: Stage) -> None:
    queries = stage.queries
    assert [view.orderId for view in queries.open_orders(1)] == [3]
    assert [(view.clientId, view.orderId) for view in queries.open_orders()] == [(1, 3), (2, 2)]
    assert queries.open_orders(9) == ()


def test_an_order_by_its_id(stage: Stage) -> None:
    view = stage.queries.order(1, 4)
    assert view is not None
    assert view.status == "Cancelled"
    assert stage.queries.order(2, 4) is None


def test_completed_orders(stage: Stage) -> None:
    views = stage.queries.completed_orders()
    texts = [view.state.completedStatus for view in views]
    assert texts == [
        "Filled Size: 100",
        "Filled Size: 10",
        "Filled Size: 40",
        "Cancelled by Trader",
    ]
    filled, cancelled = views[0], views[3]
    assert (filled.order.totalQuantity, filled.order.filledQuantity) == (0, 100)
    assert (cancelled.order.totalQuantity, cancelled.order.filledQuantity) == (5, 0)
    assert filled.state.completedTime == "20260413 10:00:03 US/Eastern"


FILTERS = [
    (ExecutionFilter(), [1, 1, 2]),
    (ExecutionFilter(clientId=1), [1, 2]),
    (ExecutionFilter(clientId=3), []),
    (ExecutionFilter(symbol="aapl", side="SELL"), [2]),
    (ExecutionFilter(side="BUY"), [1]),
    (ExecutionFilter(side="BOT"), [1]),
    (ExecutionFilter(secType="STK", exchange="NASDAQ", acctCode=ACCOUNT), [1, 1, 2]),
    (ExecutionFilter(exchange="NYSE"), []),
    (ExecutionFilter(acctCode="DU9"), []),
    (ExecutionFilter(time="20260413 10:00:04 US/Eastern"), [1, 2]),
    (ExecutionFilter(time="20260413 10:00:05"), [2]),
    (ExecutionFilter(time="20260413-14:00:05"), [2]),
    (ExecutionFilter(specificDates=[20260413]), [1, 1, 2]),
    (ExecutionFilter(specificDates=[20260412]), []),
]


@pytest.mark.parametrize(("wanted", "order_ids"), FILTERS)
def test_execution_filter(stage: Stage, wanted: ExecutionFilter, order_ids: list[int]) -> None:
    rows = stage.queries.executions(wanted)
    assert [row.execution.orderId for row in rows] == order_ids


@pytest.mark.parametrize("time", ["yesterday", "20260413", "20260413 10:00:05 Mars/Olympus"])
def test_execution_filter_with_an_unreadable_time(stage: Stage, time: str) -> None:
    with pytest.raises(ValueError):
        stage.queries.executions(ExecutionFilter(time=time))


def test_what_an_execution_says(stage: Stage) -> None:
    row = stage.queries.executions()[2]
    execution = row.execution
    assert execution.execId == "0000e0d7.69dcf6e5.01.01"
    assert execution.time == "20260413 10:00:05 US/Eastern"
    assert (execution.side, execution.shares, execution.price) == ("SLD", 40, 257.66)
    assert (execution.cumQty, execution.avgPrice) == (40, 257.66)
    assert (execution.exchange, row.contract.exchange) == ("NASDAQ", "NASDAQ")
    assert (execution.acctNumber, execution.clientId, execution.orderRef) == (ACCOUNT, 1, "out")
    assert (row.contract.conId, row.contract.right) == (AAPL, "")
    assert execution.lastLiquidity == 2
    assert (row.report.execId, row.report.currency) == (execution.execId, "USD")
    assert row.report.commissionAndFees == 1.220232
    assert row.report.realizedPNL == pytest.approx(-2.420352, abs=1e-9)
    assert stage.queries.executions()[0].report.realizedPNL is None


def test_positions_show_the_listing_exchange_and_cost_with_commission(stage: Stage) -> None:
    apple, tesla = stage.queries.positions()
    assert (apple.contract.conId, apple.contract.exchange) == (AAPL, "NASDAQ")
    assert (apple.position, apple.avgCost) == (60, 257.690003)
    assert (tesla.position, tesla.avgCost) == (-10, 419.89115)


def test_a_closed_position_shows_flat_until_the_day_ends(stage: Stage) -> None:
    stage.play("""
        submit  #5 SELL 60 AAPL MKT  -> #5 accepted Submitted
                             -> #5 SLD 60 @ 260 Filled; #5 fee 1.33324 pnl 137.2666
    """)
    row = stage.queries.position(ACCOUNT, AAPL)
    assert (row.position, row.avgCost) == (0, 0.0)
    assert [row.contract.conId for row in stage.queries.positions()] == [AAPL, TSLA]
    stage.play("clock  20260414 01:00:00  -> #3 Cancelled")
    assert [row.contract.conId for row in stage.queries.positions()] == [TSLA]


def test_portfolio_is_marked_at_the_middle_of_the_quote(stage: Stage) -> None:
    apple, tesla = stage.queries.portfolio(ACCOUNT, stage.now)
    assert (apple.contract.exchange, apple.contract.primaryExchange) == ("NASDAQ", "NASDAQ")
    assert (apple.marketPrice, apple.marketValue) == (260.01, 15600.6)
    assert apple.unrealizedPNL == pytest.approx(60 * (260.01 - 257.690003), abs=1e-6)
    assert apple.realizedPNL == pytest.approx(-2.420352, abs=1e-9)
    assert (tesla.position, tesla.marketValue) == (-10, -4200.5)


def test_without_a_quote_a_position_stands_at_cost(stage: Stage) -> None:
    stage.play("quote  TSLA - x -")
    tesla = stage.queries.portfolio(ACCOUNT, stage.now)[1]
    assert (tesla.unrealizedPNL, tesla.marketValue) == (0, -4198.9115)


def test_profit_of_the_account_is_the_sum_of_its_positions(stage: Stage) -> None:
    queries = stage.queries
    total = queries.profit(ACCOUNT, stage.now)
    whole, singles, traded = queries.profits(ACCOUNT, stage.now)
    assert whole == total
    assert total.dailyPnL == pytest.approx(total.unrealizedPnL + total.realizedPnL, abs=1e-6)
    assert total.dailyPnL == pytest.approx(sum(row.dailyPnL for row in singles.values()), abs=1e-6)
    assert set(singles) == traded == {AAPL, TSLA}


def test_fills_that_came_between_two_questions_count_once(stage: Stage) -> None:
    """The fills of today are added up as they come: who asks for the first time gets the same."""
    stage.queries.profits(ACCOUNT, stage.now)
    stage.submit(command("submit", ["#20", "BUY", "7", "AAPL", "MKT"]))
    stage.queries.profits(ACCOUNT, stage.now)
    stage.submit(command("submit", ["#21", "SELL", "3", "AAPL", "MKT"]))
    asked = stage.queries.profits(ACCOUNT, stage.now)
    views = Views(stage.engine.instruments, stage.engine.profile)
    assert asked == Queries(stage.engine, views).profits(ACCOUNT, stage.now)
    paid = sum(
        fill.side * fill.value + fill.fee
        for fill in stage.engine.archive.fills()
        if fill.conId == AAPL
    )
    row = asked[1][AAPL]
    assert row.value is not None
    assert row.dailyPnL == pytest.approx(row.value - paid / CASH_SCALE)


def test_daily_profit_starts_anew_at_midnight(stage: Stage) -> None:
    stage.queries.profits(ACCOUNT, stage.now)
    stage.play("""
        clock   20260414 01:00:00  -> #3 Cancelled
        quote   AAPL 261.00 x 261.02
    """)
    single = stage.queries.profits(ACCOUNT, stage.now)[1][AAPL]
    assert single.dailyPnL == pytest.approx(60.0)
    assert (single.position, single.realizedPnL) == (Decimal(60), 0)
    assert stage.queries.profit(ACCOUNT, stage.now).dailyPnL == pytest.approx(60.0)


def test_the_latest_orders_are_those_that_work_first(stage: Stage) -> None:
    queries = stage.queries
    everything = [(view.clientId, view.orderId) for view in queries.orders()]
    for last, expected in (
        (0, []),
        (1, [(2, 2)]),
        (2, [(1, 3), (2, 2)]),
        (3, [(1, 3), (2, 2), (1, 4)]),
        (9, everything),
    ):
        found = [(view.clientId, view.orderId) for view in taken(queries.latest_orders(last))]
        assert found == expected
    assert len(taken(queries.latest_orders(9, ACCOUNT))) == len(everything)
    assert taken(queries.latest_orders(9, "other")) == []
    known = queries.orders()[0]
    assert queries.order_by_perm_id(known.permId) == known
    assert queries.order_by_perm_id(5) is None
    assert queries.newest_order() == queries.orders()[-1]


def test_an_order_that_is_over_is_not_found_among_the_open_ones(stage: Stage) -> None:
    queries = stage.queries
    found = [queries.open_order(view.permId) for view in queries.orders()]
    assert tuple(view for view in found if view is not None) == queries.open_orders()
    assert None in found and queries.open_order(5) is None


def test_executions_are_found_by_their_ids_oldest_first(stage: Stage) -> None:
    queries = stage.queries
    first, *_, last = queries.executions()
    wanted = [last.execution.execId, "none", first.execution.execId]
    assert taken(queries.executions_by_id(wanted)) == [first, last]
    assert taken(queries.executions_by_id([])) == []


def test_the_latest_executions_are_the_end_of_all(stage: Stage) -> None:
    queries = stage.queries
    everything = list(queries.executions())
    assert taken(queries.latest_executions(2)) == everything[-2:]
    assert taken(queries.latest_executions(9, ACCOUNT)) == everything
    assert taken(queries.latest_executions(9, "other")) == []
    assert taken(queries.latest_executions(9, con_id=TSLA)) == [everything[1]]
