"""Scale orders: which orders may be one, and what their components cost, whatever happens."""

import pytest

from papertape.model import ExecutionFilter
from papertape.venue import entries
from papertape.venue.commands import ModifyByUser
from papertape.venue.invariants import check
from papertape.venue.script import OrderRule, ScriptAct, SetRule
from venue.scenario import Stage, scenario, shown
from walks import walk

SCALE = "scaleInitLevelSize=10 scalePriceIncrement=0.05"
DRIFT = "scalePriceAdjustValue=0.01 scalePriceAdjustInterval=60"
FAR = "scalePriceAdjustValue=999999999 scalePriceAdjustInterval=20"
MARKET = """
    quote   AAPL 257.66 x 257.68  -> .
    quote   MSFT 400.00 x 400.02  -> .
"""


def staged(*rows: str, market: str = MARKET) -> Stage:
    stage = scenario(market)
    for row in rows:
        stage.step(row)
        check(stage.engine)
    return stage


def limits(stage: Stage) -> list[tuple[int, int | None]]:
    return [(one.filled // 10_000, one.limit) for one in stage.engine.state.orders.values()]


@walk("kind", ["STP_LMT 260 270", "LIT 250 270", "TRAIL_LIMIT auxPrice=1 lmtPriceOffset=1"])
def test_only_limit_and_relative_orders_are_scaled(kind: str) -> None:
    """ScaleTrader is for these two; a stop would trade before its election when its price changes
    with time."""
    stage = scenario(MARKET)
    row = f"submit #1 BUY 100 AAPL {kind} {SCALE} {DRIFT}"
    assert shown(stage.step(row)) == ["#1 refused 387"]


@walk(
    ("terms", "code"),
    [
        ("FOK", 111),
        ("allOrNone=true", 417),
        ("minQty=11", 417),
        ("minQty=6 scaleInitFillQty=5", 417),
        ("minQty=6 scaleRandomPercent=true", 417),
        ("scaleInitPosition=5 scaleInitFillQty=4", 417),
    ],
)
def test_what_no_component_could_fill_is_refused(terms: str, code: int) -> None:
    stage = scenario(MARKET)
    row = f"submit #1 BUY 100 AAPL LMT 258 {SCALE} {terms}"
    assert shown(stage.step(row)) == [f"#1 refused {code}"]


@walk("terms", ["minQty=10", "minQty=5 scaleInitFillQty=5", "allOrNone=false"])
def test_what_the_first_component_can_fill_is_taken(terms: str) -> None:
    stage = staged(f"submit #1 BUY 100 AAPL LMT 258 {SCALE} {terms}")
    assert next(one.filled for one in stage.engine.state.orders.values()) > 0


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("scalePriceIncrement=0.0500001", 408),
        ("scalePriceIncrement=0.05 scaleProfitOffset=0.0100001", 418),
    ],
)
def test_distances_are_on_the_increment(field: str, code: int) -> None:
    stage = scenario(MARKET)
    told = stage.step(f"submit #1 BUY 100 AAPL LMT 250 scaleInitLevelSize=10 {field}")
    assert shown(told) == [f"#1 refused {code}"]


def test_a_relative_order_begins_with_its_first_price() -> None:
    """Before it has one, no profit order has any."""
    scale = f"{SCALE} scaleProfitOffset=2 scaleInitPosition=20"
    stage = staged(f"submit #1 BUY 100 AAPL REL auxPrice=0.01 {scale}", market="")
    assert [one.orderId for one in stage.queries.open_orders()] == [1]
    stage.step("quote AAPL 257.66 x 257.70")
    _, *made = stage.queries.open_orders()
    assert [one.order.lmtPrice for one in made] == [259.67, 259.62]


def test_a_relative_order_trades_one_component_with_a_quote() -> None:
    """Its peg follows the quote and trades: the next component has its own price then."""
    stage = staged(f"submit #1 BUY 100 AAPL REL 258.90 auxPrice=0.01 {SCALE}")
    stage.step("quote AAPL 257.70 x 257.71")
    assert limits(stage) == [(10, 2_576_600)]


def test_a_relative_order_draws_the_first_size_when_it_has_a_price() -> None:
    scale = "scaleInitLevelSize=400 scalePriceIncrement=0.05 scaleRandomPercent=true"
    stage = staged(f"submit #1 BUY 2000 AAPL REL auxPrice=0.02 {scale}", market="")
    stage.step("quote AAPL 257.66 x 257.68")
    (order,) = stage.engine.state.orders.values()
    assert order.component is not None and order.filled == 300 * 10_000


@pytest.mark.long
@pytest.mark.parametrize(
    "far", [f"GTC {FAR}", "scalePriceIncrement=999999999 scaleInitPosition=2000000000"]
)
def test_prices_stay_within_what_the_journal_takes(far: str) -> None:
    stage = staged(f"submit #1 SELL 100 AAPL LMT 258 {SCALE} {far}")
    stage.step("clock 20260415 11:00:00")
    stage.journal += stage.engine.drain_journal()
    assert all(entries.decode(entries.encode(one)) == one for one in stage.journal)
    stage.assert_replays()


def test_a_position_counts_for_drawn_components_too() -> None:
    scale = f"{SCALE} scaleRandomPercent=true scaleInitPosition=500"
    stage = staged(f"submit #1 BUY 1000 AAPL LMT 261 {scale}")
    (order,) = stage.engine.state.orders.values()
    assert 0 < order.filled <= 16 * 10_000 and order.component is not None
    assert order.component[0] == 51


def test_sizes_are_drawn_again_after_a_while_without() -> None:
    scale = "scalePriceIncrement=0.05 scaleInitLevelSize"
    drawn, fixed = f"{scale}=100 scaleRandomPercent=true", f"{scale}=400"
    stage = staged(
        f"submit #1 BUY 2000 AAPL LMT 257.60 {drawn}",
        f"submit #1 BUY 2000 AAPL LMT 257.60 {fixed}",
        "quote AAPL 257.50 x 257.52",
        f"submit #1 BUY 2000 AAPL LMT 257.60 {drawn}",
    )
    before = limits(stage)[0][0]
    stage.step("quote AAPL 256.00 x 256.02")
    assert before == 500 and 500 < limits(stage)[0][0] <= 700


def test_a_component_is_never_larger_than_it_is() -> None:
    """Also where new terms take back a position whose profit orders have traded."""
    terms = f"{SCALE} scaleProfitOffset=0.02 scaleAutoReset=true"
    stage = staged(
        f"submit #1 BUY 1000 AAPL LMT 257.50 {terms} scaleInitPosition=20",
        f"submit #1 BUY 1000 AAPL LMT 257.50 {terms}",
        "quote AAPL 257.40 x 257.42",
    )
    (first,) = [one for one in stage.queries.executions(ExecutionFilter()) if one.execution.orderId]
    assert first.execution.shares == 10


def test_a_restart_with_a_filled_part_has_the_profit_orders_of_that_part() -> None:
    """IBKR's example of a restart, a tenth of it: 120 of 200 have filled, so that 80 are bought
    first, and profit orders of 100 and 20 are there."""
    scale = "scaleInitLevelSize=200 scaleSubsLevelSize=100 scalePriceIncrement=0.01"
    restart = "scaleProfitOffset=0.20 scaleAutoReset=true scaleInitPosition=50"
    stage = staged(f"submit #1 BUY 1000 AAPL LMT 257.60 {scale} {restart} scaleInitFillQty=120")
    order, *made = stage.queries.open_orders()
    assert [int(one.order.totalQuantity or 0) for one in made] == [100, 20]
    assert made[0].order.lmtPrice == 257.8
    stage.step("quote AAPL 257.58 x 257.60")
    (fill,) = [
        one for one in stage.queries.executions(ExecutionFilter()) if one.execution.orderId == 1
    ]
    assert fill.execution.shares == 80 and order.orderId == 1


def test_a_fill_that_a_world_makes_has_a_hundred_profit_orders_at_most() -> None:
    stage = scenario(MARKET)
    stage.submit(SetRule(OrderRule(acts=(ScriptAct("fill"),))))
    terms = "scaleInitLevelSize=10 scaleSubsLevelSize=10 scalePriceIncrement=0.01"
    stage.step(f"submit #1 BUY 9000 AAPL LMT 257.68 {terms} scaleProfitOffset=1")
    made = stage.queries.open_orders()
    assert len(made) == 100
    assert sum(int(one.order.totalQuantity or 0) for one in made) == 9000


def test_a_profit_order_ends_with_the_time_of_its_scale_order() -> None:
    """Also after the user changed it: its record has that time."""
    stage = staged(
        f"submit #1 BUY 20 AAPL LMT 258 {SCALE} scaleProfitOffset=5 "
        "activeStopTime=20260413-15:00:00"
    )
    made = stage.queries.open_orders()[1]
    made.order.lmtPrice = 262.00
    stage.submit(ModifyByUser(made.permId, made.contract, made.order))
    stage.step("clock 20260413 11:00:01")
    assert stage.queries.open_orders() == ()


# -- how often prices change with time ------------------------------------------------------------

MANY = "More than 100 changes a second of the prices of all scale orders together"
OFTEN = f"{SCALE} scalePriceAdjustValue=0.01 scalePriceAdjustInterval=1"


@pytest.mark.long
def test_prices_of_all_orders_change_a_hundred_times_a_second_at_most() -> None:
    stage = staged()
    rows = [f"submit #{number} BUY 10 AAPL LMT 200 GTC {OFTEN}" for number in range(1, 101)]
    for row in rows:
        assert "accepted" in shown(stage.step(row))[0]
    refused = shown(stage.step(f"submit #101 BUY 10 AAPL LMT 200 GTC {OFTEN}"))
    assert refused == [f"#101 Inactive: {MANY} is not served by this station yet."]
    slow = f"{SCALE} {DRIFT}"
    (refused,) = shown(stage.step(f"submit #102 BUY 10 AAPL LMT 200 {slow}"))
    assert MANY in refused
    plain = stage.step(f"submit #103 BUY 10 AAPL LMT 200 {SCALE}")
    assert "accepted" in shown(plain)[0]
    stage.step("cancel #7")
    assert "accepted" in shown(stage.step(f"submit #104 BUY 10 AAPL LMT 200 GTC {OFTEN}"))[0]
    stage.journal += stage.engine.drain_journal()
    stage.assert_replays()


@pytest.mark.long
def test_new_terms_count_instead_of_the_old_ones() -> None:
    stage = staged()
    for number in range(1, 101):
        stage.step(f"submit #{number} BUY 10 AAPL LMT 200 GTC {OFTEN}")
    stage.step(f"submit #101 BUY 10 AAPL LMT 200 GTC {SCALE}")
    kept = shown(stage.step(f"modify #5 BUY 10 AAPL LMT 201 GTC {OFTEN}"))
    assert not any("refused" in one for one in kept)
    *_, last = stage.engine.state.orders.values()
    assert shown(stage.step(f"modify #101 BUY 10 AAPL LMT 200 GTC {OFTEN}")) == ["#101 refused 321"]
    assert stage.engine.state.orders[last.permId] is last
    stage.step(f"modify #5 BUY 10 AAPL LMT 201 GTC {SCALE}")
    taken = shown(stage.step(f"modify #101 BUY 10 AAPL LMT 200 GTC {OFTEN}"))
    assert not any("refused" in one for one in taken)
