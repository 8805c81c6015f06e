"""Liquidation: off by default; else positions close, the largest first, until the margin holds."""

import pytest

from papertape.venue.broker.profile import Profile
from papertape.venue.commands import OpenAccount, SetFeePlan
from papertape.venue.engine import Engine
from papertape.venue.invariants import check
from papertape.venue.units import MINUTE
from venue.scenario import Stage
from venue.test_contract_ends import AAPL, INSTRUMENTS, MES, quote, trade

ACCOUNT = "DU1234567"


def stage_of(cash: int = 10_000, **profile: object) -> Stage:
    opened = Profile(opening_cash=cash * 10**6, **profile)  # type: ignore[arg-type]
    stage = Stage(opened, INSTRUMENTS)
    stage.submit(SetFeePlan(ACCOUNT, "none"))
    quote(stage, AAPL, 100)
    quote(stage, MES, 6_800)
    return stage


def held(stage: Stage) -> dict[str, int]:
    rows = stage.queries.positions(ACCOUNT)
    return {row.contract.symbol: int(row.position) for row in rows}


def wait(stage: Stage, minutes: int) -> None:
    for _ in range(minutes):
        stage.now += MINUTE
        stage.told(stage.engine.advance(stage.now))
        check(stage.engine)


@pytest.mark.parametrize("on", [False, True])
def test_a_breach_closes_the_position_where_that_is_set(on: bool) -> None:
    stage = stage_of(liquidation=on)
    trade(stage, AAPL, 500)
    quote(stage, AAPL, 95)  # 7,500 left, 7,125 needed
    wait(stage, 2)
    assert held(stage) == {"AAPL": 500}
    quote(stage, AAPL, 94)  # 7,000 left, 7,050 needed
    wait(stage, 2)
    assert held(stage) == {"AAPL": 0 if on else 500}
    stage.journal += stage.engine.drain_journal()
    stage.assert_replays()


def test_the_largest_goes_first_and_what_need_not_go_stays() -> None:
    stage = stage_of(12_000, liquidation=True)
    trade(stage, AAPL, 100)
    trade(stage, MES, 8)  # 8,640 and 1,500
    quote(stage, MES, 6_740)  # 2,400 lost: 9,600 left, 10,140 needed
    wait(stage, 1)
    assert held(stage) == {"AAPL": 100, "MES": 0}
    (row, *_) = [one for one in stage.queries.executions() if one.execution.orderRef]
    assert (row.execution.orderRef, row.execution.clientId) == ("liquidation", 0)
    wait(stage, 3)
    assert held(stage) == {"AAPL": 100, "MES": 0}


def test_without_a_price_it_waits() -> None:
    stage = stage_of(12_000, liquidation=True)
    trade(stage, MES, 10)
    quote(stage, MES, 6_700)
    quote(stage, MES, 0)
    wait(stage, 2)
    quote(stage, MES, 6_700)
    wait(stage, 1)
    assert held(stage) == {"MES": 0}


def test_each_account_by_itself() -> None:
    stage = stage_of(12_000, liquidation=True)
    stage.submit(OpenAccount("DU2", "USD", 10**12, plan="none"))
    for account in (ACCOUNT, "DU2"):
        trade(stage, MES, 10, account=account)
    quote(stage, MES, 6_750)
    wait(stage, 1)
    assert held(stage) == {"MES": 0}
    assert stage.queries.position("DU2", MES.conId).position == 10


def test_it_goes_on_after_a_restart() -> None:
    stage = stage_of(12_000, liquidation=True)
    trade(stage, MES, 10)
    quote(stage, MES, 6_700)
    again = Engine(stage.market, stage.profile, INSTRUMENTS)
    again.restore(bytes(stage.engine.snapshot()), lambda *_: stage.engine.archive.rows())
    assert again.next_due() is not None
    again.advance(stage.now + 2 * MINUTE)
    assert again.state.accounts[ACCOUNT].quantity(MES.conId) == 0
