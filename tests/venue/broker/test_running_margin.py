"""The broker's sums, worked out before their second or in it: the same, whatever comes between."""

from decimal import Decimal
from random import Random

import pytest

from papertape.model import Contract, Order
from papertape.venue.commands import SetMarginModel, SubmitOrder
from papertape.venue.market.source import Quote
from papertape.venue.reference.instruments import Instrument
from papertape.venue.units import SECOND
from venue.scenario import START, Stage
from venue.test_contract_ends import AAPL, CALL, MES, SPX
from venue.test_every_kind_of_money import ACCOUNT, AROUND, INSTRUMENTS

TRADED = [entry for entry in AROUND if entry is not SPX]


def stage_of() -> Stage:
    stage = Stage(None, INSTRUMENTS)
    for entry, price in AROUND.items():
        quote(stage, entry, price)
    return stage


def quote(stage: Stage, entry: Instrument, price: int, later: int = 0) -> None:
    at = stage.now + later
    stage.market.add(Quote(entry.conId, at, price, 10**11, price, 10**11))


def trade(stage: Stage, entry: Instrument, size: int) -> None:
    order = Order(
        action="BUY" if size > 0 else "SELL", totalQuantity=Decimal(abs(size)), orderType="MKT",
        tif="DAY",
    )  # fmt: skip
    number = stage.engine.state.highest_ids.get(1, 0) + 1
    stage.submit(SubmitOrder(1, number, Contract(conId=entry.conId, exchange=entry.home), order))


def prepared(stage: Stage, steps: int = 10**6) -> int:
    """Work through the next second, so many groups of it; how many there were."""
    margin, account = stage.engine.broker.margin, stage.engine.state.accounts[ACCOUNT]
    second = stage.now - stage.now % SECOND + SECOND
    done = 0
    for done, _ in enumerate(margin.preparing(account, second), 1):
        if done >= steps:
            break
    return done


def worth(stage: Stage) -> tuple[int, int]:
    stage.engine.top.begin(stage.now)
    return stage.engine.broker.margin.worth(stage.engine.state.accounts[ACCOUNT])


@pytest.mark.long
@pytest.mark.sample(5)
@pytest.mark.parametrize("seed", range(12))
def test_it_is_the_same_whether_it_was_prepared_or_not(seed: int) -> None:
    """Two venues with the same trades and prices; one prepares, in whole, in part, or never."""
    chance, found = Random(seed), []
    plans = [
        (
            chance.choice((0, 3, 10**6, 10**6)), chance.choice(TRADED), chance.choice((1, 2, -1)),
            chance.choice(list(AROUND)), chance.randrange(-20, 20),
            chance.choice(("", "", "", "reg_t", "portfolio")),
        )
        for _ in range(40)
    ]  # fmt: skip
    for prepares in (True, False):
        stage, told = stage_of(), []
        for number, (_, _, _, moved, ticks, _) in enumerate(plans):
            if (price := AROUND[moved] + ticks * moved.tick) > 0:
                quote(stage, moved, price, number * SECOND + SECOND // 2)
        for steps, entry, size, _, _, model in plans:
            if prepares and steps:
                prepared(stage, steps)
            trade(stage, entry, size * (20_000 if entry.secType == "CASH" else 1))
            if model:
                stage.submit(SetMarginModel(ACCOUNT, model))
            if prepares and steps > 3:
                prepared(stage, steps)
            stage.now += SECOND
            told.append(worth(stage))
        found.append((told, stage.engine.state_hash()))
    assert found[0] == found[1]


def test_what_is_prepared_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = stage_of()
    for entry in (AAPL, CALL, MES):
        trade(stage, entry, 1)
    assert prepared(stage) == 2, "the option goes with the shares"
    looked: list[int] = []
    whole = stage.market.quote

    def seen(con_id: int, now: int) -> Quote:
        looked.append(con_id)
        return whole(con_id, now)

    monkeypatch.setattr(stage.market, "quote", seen)
    stage.now += SECOND
    worth(stage)
    assert looked == []
    trade(stage, MES, 1)
    looked.clear()
    worth(stage)
    assert set(looked) <= {MES.conId}
    assert stage.now > START
