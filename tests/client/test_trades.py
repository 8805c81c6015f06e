"""A trade takes every callback for what it says, in any order, any number of times."""

import gc
import itertools
from decimal import Decimal
from typing import Any

import pytest

from papertape.client.trades import Trade
from papertape.errors import api_error
from papertape.model import Contract, Execution, Order, OrderState
from papertape.wire.catalogue.reports import (
    CommissionReport,
    ExecutionDetails,
    OpenOrder,
    OrderStatus,
)
from walks import walk

CONTRACT = Contract(symbol="SPY")
HUNDRED = Decimal(100)
OPEN = OpenOrder(1, CONTRACT, Order(permId=9, action="BUY"), OrderState(status="Filled"))
STATUS = OrderStatus(1, "Filled", HUNDRED, Decimal(0), 10.5, 9, 0, 10.5, 7, "", 0.0)
FILL = ExecutionDetails(
    -1, CONTRACT, Execution(execId="a.01", shares=HUNDRED, price=10.5, permId=9)
)
PAID = CommissionReport("a.01", 1.0003, "USD")


def new() -> Trade:
    return Trade(1, CONTRACT, Order(action="BUY", totalQuantity=HUNDRED))


@walk("order", list(itertools.permutations((OPEN, STATUS, FILL))))
def test_every_order_of_callbacks_leads_to_the_same_trade(order: tuple[Any, ...]) -> None:
    trade = new()
    for message in (*order, PAID, OPEN, STATUS):
        trade.feed(message)
    assert (trade.status, trade.filled, trade.remaining) == ("Filled", HUNDRED, 0)
    assert (trade.permId, trade.avgFillPrice, trade.commission) == (9, 10.5, 1.0003)
    assert list(trade.fills) == ["a.01"] and trade.charged and trade.done
    assert trade.history == ["PendingSubmit", "Filled"]


def test_a_combination_is_charged_when_its_legs_are() -> None:
    """Its own execution comes first and never gets a commission report."""
    trade = new()
    charged = []
    for name, kind in (("a.01", "BAG"), ("a.02.01", "OPT"), ("a.03.01", "OPT")):
        execution = Execution(execId=name, shares=HUNDRED, permId=9)
        trade.feed(ExecutionDetails(-1, Contract(symbol="SPY", secType=kind), execution))
        charged.append(trade.charged)
    for name in ("a.02.01", "a.03.01"):
        trade.feed(CommissionReport(name, 0.5, "USD"))
        charged.append(trade.charged)
    assert charged == [False, False, False, False, True]
    assert trade.commission == 1.0


def test_kept_orders_cost_the_garbage_collector_nothing() -> None:
    trade = new()
    trade.feed(OPEN)
    assert not gc.is_tracked(trade.order)
    assert not gc.is_tracked(trade.contract)


def test_filled_is_the_last_word() -> None:
    trade = new()
    trade.feed(STATUS)
    trade.feed(OrderStatus(1, "Submitted", Decimal(0), HUNDRED, 0.0, 9, 0, 0.0, 7, "", 0.0))
    assert trade.status == "Filled"


def test_an_error_ends_an_order_only_while_nothing_was_heard_of_it() -> None:
    fresh, alive = new(), new()
    alive.feed(OrderStatus(1, "Submitted", Decimal(0), HUNDRED, 0.0, 9, 0, 0.0, 7, "", 0.0))
    for trade in (fresh, alive):
        trade.fail(api_error(110, "The price does not conform", reqId=1))
    assert (fresh.status, alive.status) == ("Inactive", "Submitted")
    assert [error.code for error in alive.errors] == [110]


def test_a_warning_never_ends_an_order() -> None:
    trade = new()
    trade.fail(api_error(10349, "Order TIF was set to DAY based on order preset.", reqId=1))
    assert not trade.done


def test_whoever_waits_is_woken_by_every_message() -> None:
    trade, woken = new(), []
    trade.waker = lambda: woken.append(trade.status)
    trade.feed(FILL)
    trade.feed(STATUS)
    assert woken == ["PendingSubmit", "Filled"]


@pytest.mark.parametrize("end", ["Cancelled", "ApiCancelled"])
def test_a_late_open_order_revives_nothing_but_a_fill_counts(end: str) -> None:
    trade = new()
    for status in ("PreSubmitted", "PendingCancel", end):
        trade.feed(OrderStatus(1, status, Decimal(0), HUNDRED, 0.0, 9, 0, 0.0, 7, "", 0.0))
    late = OpenOrder(1, CONTRACT, Order(permId=9), OrderState(status="PendingCancel"))
    trade.feed(late)
    assert (trade.status, trade.done) == (end, True)
    trade.feed(STATUS)
    assert (trade.status, trade.filled) == ("Filled", HUNDRED)


def test_executions_tell_what_is_filled_where_the_status_was_lost() -> None:
    trade = new()
    trade.feed(OPEN)
    for number, (shares, total) in enumerate(((60, 60), (40, 100), (60, 60))):
        execution = Execution(
            execId=f"a.0{number % 2}", shares=Decimal(shares), cumQty=Decimal(total), avgPrice=10.5
        )
        trade.feed(ExecutionDetails(7, CONTRACT, execution))
        assert trade.filled == (60, 100, 100)[number]
    assert (trade.status, trade.remaining, trade.avgFillPrice) == ("Filled", 0, 10.5)


def executed(exec_id: str, shares: int, total: int, price: float = 10.5) -> ExecutionDetails:
    execution = Execution(
        execId=exec_id, shares=Decimal(shares), cumQty=Decimal(total), avgPrice=price
    )
    return ExecutionDetails(7, CONTRACT, execution)


def told(trade: Trade, filled: int) -> None:
    left = HUNDRED - filled
    trade.feed(OrderStatus(1, "Filled", Decimal(filled), left, 10.4, 9, 0, 0.0, 7, "", 0.0))


def test_a_list_of_executions_takes_back_no_correction() -> None:
    """reqExecutions lists an execution that was corrected before its correction."""
    trade = new()
    trade.feed(OPEN)
    trade.feed(executed("a.01", 100, 100))
    told(trade, 100)
    trade.feed(executed("a.02", 99, 99, 10.4))
    assert (trade.filled, trade.avgFillPrice) == (99, 10.4), "before the status"
    told(trade, 99)
    for exec_id, size in (("a.01", 100), ("a.02", 99)):
        trade.feed(executed(exec_id, size, size))
        assert (trade.filled, trade.remaining, trade.avgFillPrice) == (99, 1, 10.4)


@pytest.mark.parametrize("order", [("a.01", "b.01", "b.02"), ("b.02", "b.01", "a.01")])
def test_a_program_that_missed_the_correction_learns_of_it(order: tuple[str, ...]) -> None:
    trade = new()
    trade.feed(OPEN)
    known = {"a.01": (60, 60), "b.01": (40, 100), "b.02": (30, 90)}
    for exec_id in order:
        trade.feed(executed(exec_id, *known[exec_id]))
    assert trade.filled == 90


def test_a_bust_stands_though_its_execution_is_told_again() -> None:
    trade = new()
    trade.feed(OPEN)
    trade.feed(executed("a.01", 100, 100))
    told(trade, 0)
    trade.feed(executed("a.01", 100, 100))
    assert (trade.filled, trade.remaining) == (0, 100)
