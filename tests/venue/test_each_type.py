"""Every order type in every cell of its scenario table: ``type_recipes`` has the orders.

The cell of both wire formats is in ``tests/server/test_each_type_told.py``.
"""

import re
from pathlib import Path

import pytest

from papertape.venue.broker.algo_terms import PARAMETERS
from papertape.venue.broker.attributes import TABLE
from papertape.venue.broker.combination_types import COMBINATION_TYPES
from papertape.venue.broker.order_types import LIMIT, MARKET, OPG, ORDER_TYPES
from papertape.venue.broker.orders import LiveOrder
from papertape.venue.broker.profile import Profile
from papertape.venue.invariants import check
from venue.scenario import Stage, shown
from venue.test_order_types import restarted
from venue.type_recipes import CELLS, RECIPES, dated, larger, shown_type, size_of
from venue.type_recipes import MARKET as QUOTES
from walks import rows_of, walk

EVERY = walk("name", RECIPES, ids=str, check=3)
SCALE = 10_000
TESTS = Path(__file__).resolve().parents[1]


def staged(name: str, profile: Profile | None = None) -> Stage:
    stage = Stage(profile)
    for row in (*QUOTES, *RECIPES[name].before):
        stage.step(row)
    return stage


def placed(name: str) -> Stage:
    stage = staged(name)
    stage.step(f"submit #1 {RECIPES[name].order}")
    return stage


def order(stage: Stage) -> LiveOrder:
    check(stage.engine)
    found = stage.engine.find(1, 1)
    assert found is not None
    return found


def play(stage: Stage, *rows: str, today: bool = True) -> list[str]:
    return [event for row in rows for event in shown(stage.step(dated(row, today=today)))]


def test_every_type_has_a_recipe() -> None:
    types = {kind.name for kind in ORDER_TYPES.values()}
    opening = {f"{kind.name} {OPG}" for kind in ORDER_TYPES.values() if OPG in kind.tifs}
    combined = {f"BAG {name}" for name in COMBINATION_TYPES}
    assert opening == {f"{MARKET.name} {OPG}", f"{LIMIT.name} {OPG}"}
    assert set(RECIPES) == types | opening | combined | set(PARAMETERS)


def test_every_cell_has_a_test_of_every_type() -> None:
    for cell in CELLS.keys() - {"wire"}:
        assert rows_of(globals()[f"test_{cell}"]) == list(RECIPES), cell


@pytest.mark.long
def test_every_attribute_that_acts_is_in_a_test() -> None:
    named: set[str] = set()
    for folder in ("venue", "server", "client", "simulation"):
        for path in (TESTS / folder).rglob("*.py"):
            named.update(re.findall(r"[A-Za-z]+\d*", path.read_text("utf-8")))
    assert {row.name for row in TABLE if row.use == "served"} <= named


@pytest.mark.long
@EVERY
def test_place(name: str) -> None:
    stage, recipe = staged(name), RECIPES[name]
    events = play(stage, f"submit #1 {recipe.order}")
    assert events[0] == f"#1 accepted {recipe.waits}", events
    (view,) = stage.queries.open_orders()
    assert view.order.orderType == shown_type(name)
    assert (view.filled, view.remaining) == (0, size_of(name))


@EVERY
def test_trigger(name: str) -> None:
    stage, recipe = placed(name), RECIPES[name]
    *before, last = recipe.rows
    play(stage, *before)
    assert not order(stage).filled
    play(stage, last)
    assert order(stage).filled


@EVERY
def test_partial(name: str) -> None:
    stage, recipe = placed(name), RECIPES[name]
    play(stage, *recipe.rows)
    part = order(stage)
    if recipe.whole:
        assert (part.status, part.remaining) == ("Filled", 0)
        return
    assert 0 < part.filled < part.terms.quantity and part.status == "Submitted"
    (view,) = stage.queries.open_orders()
    assert view.filled + view.remaining == size_of(name)
    play(stage, *recipe.rest)
    assert (order(stage).status, order(stage).filled) == ("Filled", size_of(name) * SCALE)


@EVERY
def test_modify(name: str) -> None:
    stage, recipe = placed(name), RECIPES[name]
    perm_id = order(stage).permId
    events = play(stage, f"submit #1 {larger(recipe.order)}")
    assert events[0] == f"#1 replaced {recipe.waits}", events
    (view,) = stage.queries.open_orders()
    assert (view.permId, view.order.totalQuantity) == (perm_id, size_of(name) + 2)
    play(stage, *recipe.rows)
    assert order(stage).filled
    assert order(stage).filled == (size_of(name) + 2) * SCALE or not recipe.whole


@EVERY
def test_cancel(name: str) -> None:
    stage, recipe = placed(name), RECIPES[name]
    assert play(stage, "cancel #1") == ["#1 Cancelled"]
    assert not stage.queries.open_orders()
    assert not play(stage, *recipe.rows, *recipe.rest)
    assert not list(stage.queries.executions())
    if stage.engine.find(1, 1) is not None:  # else a day has ended
        assert play(stage, "cancel #1") == ["#1 refused 10148"]


@pytest.mark.long
@EVERY
def test_closed(name: str) -> None:
    """Half an hour after futures have closed, an hour and a half after stocks."""
    stage, recipe = staged(name, Profile(hours="exchange")), RECIPES[name]
    stage.step("clock 20260413 17:30:00")
    events = play(stage, f"submit #1 {recipe.order}")
    accepted = next(event for event in events if "accepted" in event)
    assert accepted.split()[2] == "PreSubmitted", events
    play(stage, *[row for row in recipe.rows if not row.startswith("clock")])
    waiting = order(stage)
    assert not waiting.filled and waiting.status == "PreSubmitted"
    play(
        stage,
        *QUOTES,
        *recipe.before,
        "clock {day} 09:30:00",
        *recipe.rows,
        *recipe.rest,
        today=False,
    )
    assert order(stage).filled


@pytest.mark.long
@walk("name", RECIPES, ids=str, check=5)
def test_restart(name: str) -> None:
    recipe = RECIPES[name]
    rows = (f"submit #1 {recipe.order}", *recipe.rows, *recipe.rest)
    whole = staged(name)
    expected = [play(whole, row) for row in rows]
    for cut in range(1, len(rows)):
        stage = staged(name)
        for number, row in enumerate(rows):
            if number == cut:
                stage.engine = restarted(stage)
            assert play(stage, row) == expected[number], (cut, row)
        assert stage.engine.state_hash() == whole.engine.state_hash()
