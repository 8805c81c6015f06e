"""The hedge of an option's fills: its price, and its size."""

import json

import pytest
from msgspec.structs import replace

from papertape.venue.broker.delta_hedges import LARGEST, DeltaHedges
from papertape.venue.units import RATE_SCALE
from venue.scenario import Stage, scenario, shown

MARKET = """
    quote   AAPL 257.66 x 257.68  -> .
    quote   AAPL_C260 5.00 x 5.20 -> .
    quote   AAPL_P260 7.00 x 7.20 -> .
"""
VOLATILITY = "VOL volatility=20 volatilityType=2 deltaNeutralOrderType"
LEGS = json.dumps(
    [
        {"conId": number, "ratio": 1, "action": "BUY", "exchange": "SMART"}
        for number in (1224817705, 1224817709)
    ],
    separators=(",", ":"),
)


def made(stage: Stage, row: str) -> tuple[str, float | None]:
    stage.step(row)
    (found,) = [one for one in stage.queries.open_orders() if not one.orderId]
    return found.order.orderType, found.order.lmtPrice


@pytest.mark.parametrize("price", ["257.700001", "257.705"])
def test_its_price_is_on_the_increment(price: str) -> None:
    stage = scenario(MARKET)
    row = f"submit #1 BUY 5 AAPL_C260 {VOLATILITY}=LMT deltaNeutralAuxPrice={price}"
    assert shown(stage.step(row)) == ["#1 refused 377"]


@pytest.mark.parametrize(("option", "limit"), [("AAPL_C260", 257.66), ("AAPL_P260", 257.68)])
def test_a_limit_hedge_without_a_price_has_the_best_one_of_its_fill(
    option: str, limit: float
) -> None:
    """IBKR: the bid for a sale, the ask for a purchase, when the parent fills."""
    stage = scenario(MARKET)
    stage.step("quote AAPL 257.66*1 x 257.68*1")
    row = f"submit #1 BUY 5 {option} {VOLATILITY}=LMT"
    assert made(stage, row.replace("=20", "=40")) == ("LMT", limit)


@pytest.mark.parametrize(("delta", "side"), [(1, 1), (-1, -1)])
def test_no_hedge_is_larger_than_an_order_may_be(delta: int, side: int) -> None:
    stage = scenario(MARKET)
    stage.step(f"submit #1 SELL 5 AAPL_C260 {VOLATILITY}=MKT")
    engine = stage.engine
    (order,) = [one for one in engine.state.orders.values() if one.orderId]
    hedge = order.terms.extras.delta
    assert hedge is not None
    far = replace(hedge, delta=delta * 10**9 * RATE_SCALE)
    terms = replace(order.terms, special=replace(order.terms.special, delta=far))
    assert DeltaHedges(engine.instruments, engine.top).size(terms, 0, LARGEST) == side * LARGEST
