"""Accounts come and change at any time: within a day, between orders, in an old journal."""

import pytest

from papertape.server.present import events as e
from papertape.venue import entries
from papertape.venue.broker.account_manager import MOST_CASH, AccountRefused
from papertape.venue.commands import Deposit, OpenAccount, SetFeePlan, SetMarginModel
from papertape.venue.engine import Engine
from papertape.venue.invariants import check
from papertape.venue.units import SECOND
from venue.scenario import Stage, scenario

FIRST, SECOND_ONE = "DU1234567", "DU2"
MILLION = 10**6 * 10**6


@pytest.fixture
def stage() -> Stage:
    return scenario("""
        quote   AAPL 257.66 x 257.68
        submit  #1 BUY 100 AAPL MKT             -> #1 accepted PreSubmitted
                                                -> #1 BOT 100 @ 257.68 Filled; #1 fee 1.0003
    """)


def finished(stage: Stage) -> None:
    check(stage.engine)
    stage.journal += stage.engine.drain_journal()
    stage.assert_replays()


def test_an_account_opened_in_the_middle_of_a_day_takes_orders_at_once(stage: Stage) -> None:
    told = stage.submit(OpenAccount(SECOND_ONE, "EUR", 50_000 * 10**6))
    assert set(told) == {e.AccountChanged(SECOND_ONE)}
    assert stage.queries.accounts() == (FIRST, SECOND_ONE)
    stage.play("""
        submit  #2 BUY 10 AAPL MKT account=DU2  -> #2 accepted PreSubmitted
                                                -> #2 BOT 10 @ 257.68 Filled; #2 fee 1.00003
        submit  #3 BUY 10 AAPL MKT              -> #3 refused 321
        submit  #4 BUY 10 AAPL MKT account=DU3  -> #4 refused 201
    """)
    assert stage.queries.position(SECOND_ONE, 265598).position == 10
    assert stage.queries.position(FIRST, 265598).position == 100
    finished(stage)


def test_money_from_outside_is_no_profit(stage: Stage) -> None:
    before = stage.queries.profit(FIRST, stage.now)
    worth = stage.queries.valuation(FIRST, stage.now).equity
    stage.submit(Deposit(FIRST, "USD", MILLION))
    stage.submit(Deposit(FIRST, "EUR", 100 * 10**6))
    stage.submit(Deposit(FIRST, "USD", -MILLION // 2))
    assert stage.queries.profit(FIRST, stage.now) == before
    gained = stage.queries.valuation(FIRST, stage.now).equity - worth
    assert gained == MILLION // 2 + 115 * 10**6
    finished(stage)


def test_a_refused_command_leaves_no_trace(stage: Stage) -> None:
    stage.journal += stage.engine.drain_journal()
    before = stage.engine.state_hash()
    for command in (
        OpenAccount(FIRST),
        OpenAccount("DU2", margin="x", cash=5),
        Deposit(FIRST, "USD", -2 * MILLION),
        SetFeePlan(FIRST, "x"),
    ):
        with pytest.raises(AccountRefused):
            stage.submit(command)
    assert stage.engine.state_hash() == before and stage.engine.drained


def test_another_model_counts_from_the_next_order_on(stage: Stage) -> None:
    before = stage.queries.valuation(FIRST, stage.now).maintenance
    stage.submit(SetMarginModel(FIRST, "reg_t"))
    # 15 % become 25 %
    assert stage.queries.valuation(FIRST, stage.now).maintenance * 15 == before * 25
    finished(stage)


def test_another_plan_counts_for_the_next_fill_and_not_for_those_before(stage: Stage) -> None:
    stage.submit(SetFeePlan(FIRST, "none"))
    stage.play("""
        submit  #2 BUY 100 AAPL MKT             -> #2 accepted PreSubmitted
                                                -> #2 BOT 100 @ 257.68 Filled; #2 fee 0
    """)
    assert [row.report.commissionAndFees for row in stage.queries.executions()] == [1.0003, 0]
    finished(stage)


def test_the_most_money_there_can_be_still_fits_a_journal_and_a_snapshot(stage: Stage) -> None:
    stage.submit(OpenAccount("DU2", "KRW", MOST_CASH))
    stage.submit(Deposit(FIRST, "USD", MOST_CASH - 2 * MILLION))
    with pytest.raises(AccountRefused, match="more than"):
        stage.submit(Deposit(FIRST, "USD", 2 * MILLION))
    with pytest.raises(AccountRefused, match="more than"):
        stage.submit(Deposit("DU2", "USD", 1))
    finished(stage)
    orders, fills = stage.engine.archive.rows()
    twin = Engine(None)
    twin.restore(bytes(stage.engine.snapshot()), lambda *_: (orders, fills))
    assert twin.state_hash() == stage.engine.state_hash()


def test_an_account_comes_into_a_journal_that_is_there(stage: Stage) -> None:
    stage.journal += stage.engine.drain_journal()
    later = Engine(stage.market)
    later.replay(entries.decode(entries.encode(entry)) for entry in stage.journal)
    later.submit(OpenAccount("DU2", "GBP", 7), later.clock)
    later.submit(Deposit(FIRST, "USD", 5), later.clock + SECOND)
    stage.journal += later.drain_journal()
    again = Engine(None)
    again.replay(entries.decode(entries.encode(entry)) for entry in stage.journal)
    assert again.state_hash() == later.state_hash()
    assert list(again.state.accounts) == [FIRST, "DU2"]


def test_a_new_day_counts_from_what_was_there_then(stage: Stage) -> None:
    stage.submit(OpenAccount("DU2", "EUR", MILLION))
    stage.submit(Deposit("DU2", "USD", MILLION))
    stage.play("clock 20260414 10:00:00")
    assert stage.queries.profit("DU2", stage.now).dailyPnL == 0
    stage.submit(Deposit("DU2", "USD", -MILLION))
    assert stage.queries.profit("DU2", stage.now).dailyPnL == 0
    finished(stage)
