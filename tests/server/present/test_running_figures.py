"""Figures that go on from fill to fill are those of a walk over the account, to the last digit."""

import pytest

from papertape.server.present.running_figures import RunningFigures
from papertape.venue.broker.margin import MarginCalculator
from papertape.venue.commands import Deposit, SetMarginModel
from papertape.venue.market.source import Quote
from papertape.venue.units import SECOND
from venue.test_contract_ends import AAPL
from venue.test_every_kind_of_money import AROUND, INSTRUMENTS
from venue.test_figures import MODELS, TRADES, Desk
from venue.test_funds import FUND


def same(running: RunningFigures, desk: Desk) -> bool:
    return running.rows() == desk.stage.queries.account_values("DU2", desk.stage.now)


@pytest.mark.long
@pytest.mark.sample(3)
@pytest.mark.parametrize("base", ["USD", "EUR"])
@pytest.mark.parametrize("model", MODELS)
def test_after_each_fill_they_are_those_of_a_walk(model: str, base: str) -> None:
    desk = Desk(model, base)
    running = RunningFigures(desk.stage.engine, "DU2", desk.stage.now)
    for entry, size in TRADES:
        desk.trade(entry, size)
        # The close that a fund waits for may be the next day's: the night has moved others, too.
        moved = [one.conId for one in AROUND] if entry == FUND else [entry.conId]
        running.fill(moved, desk.stage.now)
        assert same(running, desk), entry.localSymbol


def test_prices_move_in_turns_and_all_of_them_with_a_refresh() -> None:
    desk = Desk("portfolio", "USD")
    for entry, size in TRADES[:8]:
        desk.trade(entry, size)
    running = RunningFigures(desk.stage.engine, "DU2", desk.stage.now)
    for entry, price in AROUND.items():
        desk.quote(entry, price + 20 * entry.tick)
    assert not same(running, desk)
    running.fill([AAPL.conId], desk.stage.now)
    assert running.holdings[AAPL.conId].price == AROUND[AAPL] + 20 * AAPL.tick
    assert not same(running, desk), "the others stand where they stood"
    for _ in range(len(running.holdings)):
        running.turn(desk.stage.now, 1)
    running.fill((), desk.stage.now)
    pairs = ("StockMarketValue", "OptionMarketValue", "FuturesPNL", "UnrealizedPnL")
    told = {(row.key, row.currency): row.value for row in running.rows()}
    assert all(told[key, "USD"] == desk.told()[key, "USD"] for key in pairs)
    running.refresh(desk.stage.now)
    assert same(running, desk)


def test_only_what_has_changed_is_told() -> None:
    desk = Desk("portfolio", "USD")
    running = RunningFigures(desk.stage.engine, "DU2", desk.stage.now)
    first = running.book.updates
    desk.stage.submit(Deposit("DU2", "USD", 5_000_000))
    running.fill((), desk.stage.now)
    keys = {row.key for row in running.rows(first)}
    assert "NetLiquidation" in keys and "MaintMarginReq" not in keys
    assert running.rows(running.book.updates) == ()


def test_another_margin_model_changes_all_of_it() -> None:
    desk = Desk("portfolio", "USD")
    for entry, size in TRADES[:6]:
        desk.trade(entry, size)
    running = RunningFigures(desk.stage.engine, "DU2", desk.stage.now)
    desk.stage.submit(SetMarginModel("DU2", "reg_t"))
    running.fill((), desk.stage.now)
    assert same(running, desk)


@pytest.mark.parametrize("model", MODELS)
def test_the_broker_marks_once_a_second_and_counts_each_fill(model: str) -> None:
    """The check of an order is by the sums; a walk at the second's beginning says the same."""
    desk = Desk(model, "USD")
    engine = desk.stage.engine
    account = engine.state.accounts["DU2"]
    for entry, size in TRADES:
        desk.trade(entry, size)
        second = desk.stage.now - desk.stage.now % SECOND

        def look(con_id: int, at: int = second) -> Quote:
            return engine.top.current(con_id, at)

        walk = MarginCalculator(INSTRUMENTS, look).worth(account)
        assert engine.broker.margin.worth(account) == walk, entry.localSymbol
