"""Dividends and splits: what they do to cash, holdings, orders and profits."""

import pytest

from papertape.venue.broker.accounts_refused import AccountRefused
from papertape.venue.broker.profile import Profile
from papertape.venue.commands import (
    OpenAccount,
    PayDividend,
    SetFeePlan,
    SplitShares,
)
from papertape.venue.invariants import check
from venue.scenario import Stage, shown
from venue.test_contract_ends import AAPL, CALL, INSTRUMENTS, MES, quote, trade
from walks import walk

ACCOUNT, OTHER = "DU1234567", "DU2"


def stage_of(**profile: object) -> Stage:
    stage = Stage(Profile(**profile), INSTRUMENTS)  # type: ignore[arg-type]
    stage.submit(SetFeePlan(ACCOUNT, "none"))
    quote(stage, AAPL, 100)
    quote(stage, CALL, 6)
    return stage


def finished(stage: Stage) -> None:
    check(stage.engine)
    stage.journal += stage.engine.drain_journal()
    stage.assert_replays()


def cash(stage: Stage, account: str = ACCOUNT) -> float:
    return stage.engine.state.accounts[account].cash["USD"] / 10**6


@pytest.mark.parametrize("size", [30, -30])
def test_a_dividend_is_paid_for_each_share_and_is_a_profit(size: int) -> None:
    stage = stage_of()
    trade(stage, AAPL, size)
    before = cash(stage)
    stage.submit(PayDividend(AAPL.conId, 250_000))
    assert cash(stage) - before == 0.25 * size
    assert stage.queries.profit(ACCOUNT, stage.now).dailyPnL == 0.25 * size
    finished(stage)


def test_a_dividend_may_be_for_one_account() -> None:
    stage = stage_of()
    stage.submit(OpenAccount(OTHER, "USD", 10**12, plan="none"))
    trade(stage, AAPL, 10, account=ACCOUNT)
    trade(stage, AAPL, 10, account=OTHER)
    before = cash(stage), cash(stage, OTHER)
    stage.submit(PayDividend(AAPL.conId, 10**6, OTHER))
    assert (cash(stage), cash(stage, OTHER)) == (before[0], before[1] + 10)


def test_a_split_changes_the_size_and_keeps_the_cost() -> None:
    stage = stage_of()
    trade(stage, AAPL, 30)
    stage.submit(SplitShares(AAPL.conId, 7, 1))
    quote(stage, AAPL, 15)
    (row,) = stage.queries.portfolio(ACCOUNT, stage.now)
    assert (row.position, row.averageCost * 210) == (210, pytest.approx(3_000))
    assert stage.queries.profit(ACCOUNT, stage.now).dailyPnL == 150
    trade(stage, AAPL, -210)
    assert cash(stage) == 1_000_150
    finished(stage)


@pytest.mark.parametrize("side", [1, -1])
def test_the_fraction_of_a_share_is_paid_in_cash(side: int) -> None:
    stage = stage_of()
    trade(stage, AAPL, 35 * side)
    before = cash(stage)
    stage.submit(SplitShares(AAPL.conId, 1, 10))  # 3 and a half, each worth 1,000
    assert stage.queries.position(ACCOUNT, AAPL.conId).position == 3 * side
    assert cash(stage) - before == 500 * side
    finished(stage)


def test_who_held_too_few_holds_nothing() -> None:
    stage = stage_of()
    trade(stage, AAPL, 5)
    stage.submit(SplitShares(AAPL.conId, 1, 10))
    row = stage.queries.position(ACCOUNT, AAPL.conId)
    assert (row.position, row.avgCost, cash(stage)) == (0, 0, 1_000_000)
    finished(stage)


@pytest.mark.parametrize("side", [1, -1])
def test_a_fraction_without_a_price_is_paid_at_what_it_has_cost(side: int) -> None:
    stage = stage_of()
    trade(stage, AAPL, 35 * side)
    quote(stage, AAPL, 0)
    before = cash(stage)
    stage.submit(SplitShares(AAPL.conId, 1, 10))
    assert stage.queries.position(ACCOUNT, AAPL.conId).position == 3 * side
    assert cash(stage) - before == 500 * side, "half a new share has cost as much as five old ones"
    assert stage.queries.profit(ACCOUNT, stage.now).realizedPnL == 0
    finished(stage)


@pytest.mark.parametrize("price", [100, 0], ids=["known", "unknown"])
def test_a_fraction_that_no_size_can_tell_is_paid_to_the_cent(price: int) -> None:
    """A third of a share has no end of places, and a size four."""
    stage = stage_of()
    trade(stage, AAPL, 1)
    quote(stage, AAPL, price)
    stage.submit(SplitShares(AAPL.conId, 1, 3))
    row = stage.queries.position(ACCOUNT, AAPL.conId)
    assert (row.position, row.avgCost, cash(stage)) == (0, 0, 1_000_000)
    assert stage.queries.profit(ACCOUNT, stage.now).realizedPnL == 0
    finished(stage)


def test_orders_are_cancelled_over_a_split() -> None:
    stage = stage_of()
    trade(stage, AAPL, 10, orderType="LMT", lmtPrice=90.0, tif="GTC")
    trade(stage, CALL, 1, orderType="LMT", lmtPrice=1.0, tif="GTC")
    told = stage.submit(SplitShares(AAPL.conId, 2, 1))
    assert shown(told) == ["#1 Cancelled"]
    assert [order.terms.conId for order in stage.engine.state.orders.values()] == [CALL.conId]
    finished(stage)


REFUSED = {
    "no share": (SplitShares(MES.conId, 2, 1), "only shares"),
    "no contract": (PayDividend(5, 1), "only shares"),
    "nothing": (PayDividend(AAPL.conId, 0), "more than 0"),
    "one for one": (SplitShares(AAPL.conId, 3, 3), "new shares"),
    "none for one": (SplitShares(AAPL.conId, 0, 1), "new shares"),
    "nobody": (PayDividend(AAPL.conId, 1, "DU9"), "no account 'DU9'"),
    "over an option": (SplitShares(AAPL.conId, 2, 1), "options are not adjusted"),
}


@walk("name", REFUSED)
def test_what_cannot_be_is_refused_and_changes_nothing(name: str) -> None:
    stage = stage_of()
    if "option" in name:
        trade(stage, CALL, 1)
    command, text = REFUSED[name]
    before = stage.engine.state_hash()
    with pytest.raises(AccountRefused, match=text):
        stage.submit(command)
    assert stage.engine.state_hash() == before
