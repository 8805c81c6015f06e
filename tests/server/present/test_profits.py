"""Profits in steps: how much work a step is, and whose moment it tells."""

from decimal import Decimal

import pytest

from papertape.server.present.queries import Queries
from papertape.venue.broker.margin import MarginCalculator
from papertape.venue.commands import ReceivePosition, StartingPosition
from papertape.venue.market.source import Quote
from papertape.venue.reference.listings import CATALOGUE
from venue.scenario import Stage
from venue.test_contract_ends import AAPL, CALL, INSTRUMENTS, MES, quote, trade

ACCOUNT = "DU1234567"
STOCKS = [one for one in CATALOGUE if one.secType == "STK" and one.currency == "USD"][:12]


def stage_of() -> Stage:
    stage = Stage(None, INSTRUMENTS)
    for number, entry in enumerate(STOCKS, 1):
        price = 100 * entry.scale
        stage.market.add(Quote(entry.conId, stage.now, price, 10**8, price, 10**8))
        command = ReceivePosition(ACCOUNT, StartingPosition(entry.conId, number * 10_000))
        stage.submit(command)
    quote(stage, CALL, 6)
    quote(stage, MES, 6_800)
    trade(stage, CALL, 2)
    trade(stage, MES, -1)
    quote(stage, AAPL, 107)
    quote(stage, CALL, 7)
    quote(stage, MES, 6_790)
    return stage


def test_a_step_looks_at_one_position_and_works_out_no_margin(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stage, looked = stage_of(), [0]
    whole = MarginCalculator.holding

    def counted(self: MarginCalculator, *about: object) -> object:
        looked[0] += 1
        return whole(self, *about)  # type: ignore[arg-type]

    def never(*about: object) -> object:
        raise AssertionError("profits need no margin")

    monkeypatch.setattr(MarginCalculator, "holding", counted)
    monkeypatch.setattr(MarginCalculator, "together", never)
    monkeypatch.setattr(MarginCalculator, "margin", never)
    work = []
    for _ in stage.queries.each_profit(ACCOUNT, stage.now):
        work.append(looked[0])
        looked[0] = 0
    assert work == [1] * (len(STOCKS) + 2) + [0]


def test_all_steps_tell_the_books_of_the_first() -> None:
    stage = stage_of()
    before = stage.queries.profits(ACCOUNT, stage.now)
    now, steps = stage.now, stage.queries.each_profit(ACCOUNT, stage.now)
    assert next(steps) is None
    trade(stage, AAPL, 10)
    trade(stage, CALL, -2)
    found = [one for one in steps if one is not None]
    assert found == [before]
    assert stage.queries.profits(ACCOUNT, now) != before


def test_the_sums_are_those_of_the_brokers_valuation() -> None:
    stage = stage_of()
    whole, singles, traded = stage.queries.profits(ACCOUNT, stage.now)
    worth = stage.queries.valuation(ACCOUNT, stage.now)
    gained = worth.net - worth.interest - worth.previous_equity
    assert whole.dailyPnL == gained / 10**6
    assert whole.dailyPnL == pytest.approx(sum(one.dailyPnL for one in singles.values()))
    assert traded == {CALL.conId, MES.conId}
    assert singles[AAPL.conId].position == Decimal(1)


def test_one_position_is_that_of_all() -> None:
    stage: Stage = stage_of()
    queries: Queries = stage.queries
    _, singles, _ = queries.profits(ACCOUNT, stage.now)
    for con_id, row in singles.items():
        assert queries.profit_of(ACCOUNT, con_id, stage.now)[0] == row
