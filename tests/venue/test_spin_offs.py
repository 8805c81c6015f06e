"""Spin-offs: the shares of a part of the company, and what they leave of the old ones."""

import pytest

from papertape.venue.broker.accounts_refused import AccountRefused
from papertape.venue.commands import SetFeePlan, SpinOff
from papertape.venue.units import RATE_SCALE
from venue.scenario import shown
from venue.test_contract_ends import AAPL, quote, trade
from venue.test_mergers import (
    ACCOUNT,
    BRITISH,
    CFD,
    LATER_CALL,
    MSFT,
    cash,
    cost,
    daily,
    finished,
    held,
    stage_of,
)
from walks import walk


def spun(new: int, old: int, part: float) -> SpinOff:
    return SpinOff(AAPL.conId, MSFT.conId, new, old, round(part * RATE_SCALE))


@pytest.mark.parametrize("side", [1, -1])
def test_new_shares_come_with_a_part_of_the_cost(side: int) -> None:
    stage = stage_of()
    trade(stage, AAPL, 40 * side)
    stage.submit(spun(1, 4, 0.25))
    assert (held(stage, AAPL.conId), held(stage, MSFT.conId)) == (40 * side, 10 * side)
    assert (cost(stage, AAPL.conId), cost(stage, MSFT.conId)) == (3_000 * side, 1_000 * side)
    assert cash(stage) == -4_000 * side
    assert stage.queries.profit(ACCOUNT, stage.now).realizedPnL == 0
    finished(stage)


@pytest.mark.parametrize("side", [1, -1])
def test_what_the_new_shares_are_worth_is_no_profit_once_the_old_ones_fell(side: int) -> None:
    """Before, 40 shares of 400; then 300 each, and ten others of 400."""
    stage = stage_of()
    quote(stage, AAPL, 400)
    trade(stage, AAPL, 40 * side)
    stage.submit(spun(1, 4, 0.25))
    quote(stage, AAPL, 300)
    whole = stage.queries.profit(ACCOUNT, stage.now)
    assert (whole.dailyPnL, whole.unrealizedPnL, whole.realizedPnL) == (0, 0, 0)
    assert (daily(stage, AAPL.conId), daily(stage, MSFT.conId)) == (0, 0)
    finished(stage)


@pytest.mark.parametrize("side", [1, -1])
def test_the_fraction_is_paid_in_cash(side: int) -> None:
    stage = stage_of()
    trade(stage, AAPL, 10 * side)
    stage.submit(spun(1, 4, 0.5))
    assert held(stage, MSFT.conId) == 2 * side
    assert cash(stage) == (-1_000 + 200) * side, "half a share of 400"
    assert (cost(stage, AAPL.conId), cost(stage, MSFT.conId)) == (500 * side, 400 * side)
    realized = stage.queries.profit(ACCOUNT, stage.now).realizedPnL
    assert realized == (200 - 100) * side, "what half a share has cost is 100"
    finished(stage)


@pytest.mark.parametrize("price", [300, 0], ids=["known", "unknown"])
def test_a_fraction_that_no_size_can_tell_is_paid_to_the_cent(price: int) -> None:
    """A third of a share of 300, to which all of the cost of 100 goes."""
    stage = stage_of()
    trade(stage, AAPL, 1)
    quote(stage, MSFT, price)
    stage.submit(spun(1, 3, 1))
    assert (held(stage, AAPL.conId), held(stage, MSFT.conId), cash(stage)) == (1, 0, 0)
    assert stage.queries.profit(ACCOUNT, stage.now).realizedPnL == 0
    finished(stage)


@pytest.mark.long
def test_they_join_what_is_held_already() -> None:
    stage = stage_of()
    trade(stage, AAPL, 40)
    trade(stage, MSFT, -4)
    stage.submit(spun(1, 4, 1))
    assert held(stage, MSFT.conId) == 6
    assert cost(stage, AAPL.conId) == 0
    assert cost(stage, MSFT.conId) == pytest.approx(4_000 * 6 / 10)
    finished(stage)


def test_new_shares_without_a_price_are_worth_what_they_cost() -> None:
    stage = stage_of()
    trade(stage, AAPL, 10)
    quote(stage, MSFT, 0)
    stage.submit(spun(1, 4, 0.5))
    assert (held(stage, MSFT.conId), cost(stage, MSFT.conId)) == (2, 400)
    assert cash(stage) == -1_000 + 100
    assert stage.queries.profit(ACCOUNT, stage.now).realizedPnL == 0
    finished(stage)


def test_orders_for_the_old_shares_are_cancelled_and_others_not() -> None:
    stage = stage_of()
    trade(stage, AAPL, 10, orderType="LMT", lmtPrice=90.0, tif="GTC")
    trade(stage, MSFT, 10, orderType="LMT", lmtPrice=300.0, tif="GTC")
    assert shown(stage.submit(spun(1, 4, 0.5))) == ["#1 Cancelled"]
    finished(stage)


REFUSED = {
    "itself": (SpinOff(AAPL.conId, AAPL.conId, 1, 1, 0), "another company"),
    "another kind": (SpinOff(AAPL.conId, LATER_CALL.conId, 1, 1, 0), "other shares in USD"),
    "another currency": (SpinOff(AAPL.conId, BRITISH.conId, 1, 1, 0), "other shares in USD"),
    "nobody": (SpinOff(AAPL.conId, 5, 1, 1, 0), "other shares in USD"),
    "none for one": (spun(0, 1, 0.5), "new shares for as many old"),
    "more than the cost": (spun(1, 1, 1.1), "0 to 1"),
    "less than nothing": (spun(1, 1, -0.1), "0 to 1"),
    "of no share": (SpinOff(CFD.conId, MSFT.conId, 1, 1, 0), "only shares"),
    "under an option": (spun(1, 4, 0.5), "options are not adjusted"),
}


@walk("name", REFUSED)
def test_what_cannot_be_is_refused_and_changes_nothing(name: str) -> None:
    stage = stage_of()
    stage.submit(SetFeePlan(ACCOUNT, "none"))
    if "option" in name:
        trade(stage, LATER_CALL, 1)
    command, text = REFUSED[name]
    before = stage.engine.state_hash()
    with pytest.raises(AccountRefused, match=text):
        stage.submit(command)
    assert stage.engine.state_hash() == before
