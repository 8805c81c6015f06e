"""Corrections and busts: the books are those of a day on which it was so from the start."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from lanes import tries
from papertape.venue.broker.profile import Profile
from papertape.venue.commands import OpenAccount, SetMarginModel
from papertape.venue.invariants import check
from papertape.venue.script import BustExecution, CorrectExecution, ScriptRefused, SetHolding
from papertape.venue.units import SECOND
from venue.broker.test_script import WrittenStage
from venue.scenario import SYMBOLS, Stage, shown
from walks import walk

AAPL = SYMBOLS["AAPL"].conId
ACCOUNT = "DU1234567"


def correct(stage: Stage, execution: int, size: int = 0, price: float = 0) -> list[str]:
    """Correct an execution, a second later; what is told."""
    stage.now += SECOND
    asked = CorrectExecution(execution, size * 10_000, round(price * 10**9))
    return _told(stage, asked)


def bust(stage: Stage, execution: int) -> list[str]:
    stage.now += SECOND
    return _told(stage, BustExecution(execution))


def _told(stage: Stage, asked: CorrectExecution | BustExecution) -> list[str]:
    told = stage.submit(asked)
    check(stage.engine)
    stage.journal += stage.engine.drain_journal()
    return list(shown(tuple(e for e in told if type(e).__name__ != "TradeBusted")))


def traded(*rows: str) -> Stage:
    stage = Stage(Profile(duplicate_pairs=False))
    for row in rows:
        stage.step(row)
    stage.journal += stage.engine.drain_journal()
    return stage


def books(stage: Stage, con_id: int = AAPL) -> Any:
    account = stage.engine.state.accounts[ACCOUNT]
    position = account.positions.get(con_id)
    held = position and (position.quantity, position.cost, position.realized, position.settled)
    return account.cash, held


def first(stage: Stage, at: int = 0) -> int:
    return list(stage.engine.archive.fills())[at].execution


def ids(stage: Stage) -> list[tuple[str, str, float, str]]:
    rows = stage.queries.executions()
    return [
        (r.execution.execId[-5:], str(r.execution.shares), r.execution.price,
         str(r.execution.cumQty)) for r in rows
    ]  # fmt: skip


BUY = ("quote AAPL 257.66 x 257.68", "submit #1 BUY 100 AAPL MKT")


def test_a_correction_is_told_as_an_execution_with_the_next_revision() -> None:
    stage = traded(*BUY)
    assert correct(stage, first(stage), 99, 258.29) == [
        "#1 BOT 99 @ 258.29 Filled", "#1 fee 1.000297"]  # fmt: skip
    assert ids(stage) == [("01.01", "100", 257.68, "100"), ("01.02", "99", 258.29, "99")]
    view = stage.queries.completed_orders()[0]
    assert (view.filled, view.avgFillPrice, view.state.commissionAndFees) == (99, 258.29, 1.000297)
    assert view.state.completedStatus == "Filled Size: 99"
    stage.assert_replays()


def test_the_books_are_those_of_a_day_on_which_it_was_so() -> None:
    later = ("submit #2 BUY 50 AAPL MKT", "quote AAPL 259 x 259.02", "submit #3 SELL 120 AAPL MKT",
             "submit #4 SELL 60 AAPL MKT", "submit #5 BUY 10 AAPL MKT")  # fmt: skip
    stage = traded(*BUY, *later)
    correct(stage, first(stage), 99, 257.50)
    true = traded("quote AAPL 257.66 x 257.50", "submit #1 BUY 99 AAPL MKT",
                  "quote AAPL 257.66 x 257.68", *later)  # fmt: skip
    assert books(stage) == books(true)
    stage.assert_replays()


def test_a_bust_leaves_nothing_of_a_trade() -> None:
    stage = traded(*BUY)
    assert bust(stage, first(stage)) == ["#1 again Filled"]
    cash, held = books(stage)
    assert cash == {"USD": 1_000_000_000_000}
    assert held == (0, 0, 0, 0)
    assert ids(stage) == []
    assert stage.queries.completed_orders()[0].filled == 0
    stage.assert_replays()
    with pytest.raises(ScriptRefused, match="was busted"):
        bust(stage, first(stage))
    with pytest.raises(ScriptRefused, match="was busted"):
        correct(stage, first(stage), 1)


def test_an_order_that_works_goes_on_with_what_was_taken_back() -> None:
    stage = traded("quote AAPL 257.66 x 257.68*60", "submit #1 BUY 100 AAPL LMT 257.70")
    correct(stage, first(stage), 50)
    bust_left = stage.queries.open_orders()[0]
    assert (bust_left.status, bust_left.filled, bust_left.remaining) == ("Submitted", 50, 50)
    assert shown(stage.step("quote AAPL 257.66 x 257.69*300")) == [
        "#1 BOT 50 @ 257.69 Filled", "#1 fee 0.00015"]  # fmt: skip
    check(stage.engine)


def test_a_correction_of_a_correction() -> None:
    stage = traded(*BUY)
    correct(stage, first(stage), 99)
    correct(stage, first(stage), 98, 257.00)
    assert [one[0] for one in ids(stage)] == ["01.01", "01.02", "01.03"]
    true = traded("quote AAPL 256.66 x 257.00", "submit #1 BUY 98 AAPL MKT")
    assert books(stage) == books(true)


def test_a_future_is_settled_with_the_difference() -> None:
    rows = ("quote ESM6 5000.25 x 5000.50", "submit #1 BUY 2 ESM6 MKT",
            "submit #2 SELL 1 ESM6 MKT")  # fmt: skip
    stage = traded(*rows)
    correct(stage, first(stage), 0, 5000.25)
    true = traded("quote ESM6 5000.25 x 5000.25", *rows[1:])
    con_id = next(iter(stage.engine.archive.fills())).conId
    assert books(stage, con_id) == books(true, con_id)


def test_a_currency_moves_both_of_its_sides() -> None:
    stage = traded()
    entry = next(e for e in stage.engine.instruments if (e.symbol, e.secType) == ("EUR", "CASH"))
    stage.step(f"quote {entry.conId} 1.0850*1000000 x 1.0851*1000000")
    stage.step("submit #1 BUY 25000 EUR MKT secType=CASH exchange=IDEALPRO")
    correct(stage, first(stage), 24_000, 1.0852)
    assert stage.engine.state.accounts[ACCOUNT].cash["EUR"] == 24_000_000_000


def test_the_proceeds_of_a_sale_in_a_cash_account_change_what_is_to_settle() -> None:
    stage = Stage(Profile(duplicate_pairs=False))
    stage.engine.submit(OpenAccount("C1", "USD", 100_000_000_000), stage.now)
    stage.engine.submit(SetMarginModel("C1", "cash"), stage.now)
    for row in ("quote AAPL 257.66 x 257.68", "submit #1 BUY 100 AAPL MKT account=C1",
                "submit #2 SELL 100 AAPL MKT account=C1"):  # fmt: skip
        stage.step(row)
    account = stage.engine.state.accounts["C1"]
    (before,) = [amounts["USD"] for amounts in account.unsettled.values()]
    fees = [fill.fee for fill in stage.engine.archive.fills()]
    correct(stage, first(stage, 1), 100, 257.60 + 0.10)
    (after,) = [amounts["USD"] for amounts in account.unsettled.values()]
    fill = list(stage.engine.archive.fills())[-1]
    assert after - before == 4_000_000 - (fill.fee - fees[1])


def test_holdings_that_came_without_a_trade_do_not_stand_in_its_way() -> None:
    stage = WrittenStage()
    for row in BUY:
        stage.row(row)
    stage.world(SetHolding(ACCOUNT, AAPL, 1_500_000, 250 * 10**9))
    correct(stage, first(stage), 99, 257.50)
    account = stage.engine.state.accounts[ACCOUNT]
    assert account.positions[AAPL].quantity == 1_490_000


def test_the_profit_of_the_day_is_what_the_account_is_worth_more() -> None:
    stage = traded(*BUY)
    for act in (
        lambda: correct(stage, first(stage), 99, 257.00),
        lambda: bust(stage, first(stage)),
    ):
        act()
        account = stage.engine.state.accounts[ACCOUNT]
        middle, held = 257.67, account.quantity(AAPL) / 10_000
        worth = account.cash["USD"] / 10**6 + held * middle - 1_000_000
        daily = stage.queries.profit(ACCOUNT, stage.now).dailyPnL
        assert daily == pytest.approx(worth, abs=1e-6)


# ---------------------------------------------------------------- refused


REFUSED = {
    (0xFFFF, 1, 0.0): "there is no execution 0000ffff of today",
    (-1, 100, 257.68): "is so already",
    (-1, 101, 0.0): "100 at most",
    (-1, 99, 257.71): "257.71 is beyond the order's limit of 257.7",
    (-1, 99, 257.123456): "multiples of 1/10000",
}


@walk(("asked", "why"), REFUSED.items())
def test_what_cannot_be_is_refused_and_changes_nothing(
    asked: tuple[int, int, float], why: str
) -> None:
    stage = traded("quote AAPL 257.66 x 257.68", "submit #1 BUY 100 AAPL LMT 257.70")
    before = stage.engine.state_hash()
    execution, size, price = asked
    with pytest.raises(ScriptRefused, match=why):
        correct(stage, first(stage) if execution < 0 else execution, size, price)
    assert stage.engine.state_hash() == before


def test_yesterdays_executions_stay() -> None:
    stage = traded(*BUY)
    execution = first(stage)
    stage.step("clock 20260414 10:00:00")
    with pytest.raises(ScriptRefused, match="of today"):
        bust(stage, execution)


# ---------------------------------------------------------------- any day


def test_nothing_is_left_of_what_was_taken_back_one_by_one() -> None:
    """Also where the first of them was traded back, and costs are divided otherwise since."""
    stage = traded(*BUY)
    stage.step("submit #2 BUY 1 AAPL MKT")
    stage.step("submit #3 SELL 1 AAPL MKT")
    first, second, third = (fill.execution for fill in stage.engine.archive.fills())
    correct(stage, first, 1, 250)
    for execution in (third, first, second):
        bust(stage, execution)
        check(stage.engine)
    account = stage.engine.state.accounts[ACCOUNT]
    held = account.positions[AAPL]
    assert (held.quantity, held.cost) == (0, 0)
    assert -held.realized == account.opening_cash["USD"] - account.cash["USD"]


@pytest.mark.long
@tries(60)
@given(some.data())
def test_any_day_with_corrections_reconciles(data: some.DataObject) -> None:
    """The invariants hold after each: cash and holdings are those of the executions as they are,
    and the journal rebuilds them."""
    stage = traded(*BUY)
    for number in range(2, data.draw(some.integers(3, 12))):
        what = data.draw(some.sampled_from(["buy", "sell", "quote", "correct", "bust"]))
        size = data.draw(some.integers(1, 120))
        if what == "quote":
            price = data.draw(some.integers(25_000, 26_000)) / 100
            stage.step(f"quote AAPL {price} x {price + 0.02:.2f}*{size}")
        elif what in ("buy", "sell"):
            stage.step(f"submit #{number} {what.upper()} {size} AAPL MKT")
        else:
            fills = list(stage.engine.archive.fills())
            chosen = data.draw(some.sampled_from(fills))
            try:
                if what == "bust":
                    bust(stage, chosen.execution)
                else:
                    correct(stage, chosen.execution, size, data.draw(some.integers(250, 260)))
            except ScriptRefused:
                continue
        check(stage.engine)
        stage.journal += stage.engine.drain_journal()
    account = stage.engine.state.accounts[ACCOUNT]
    held = account.positions[AAPL]
    spent = account.opening_cash["USD"] - account.cash["USD"]
    assert held.cost - held.realized == spent, "what was spent is held or was realised"
    stage.assert_replays()
