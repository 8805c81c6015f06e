"""Orders that TWS makes: whose they are, what names them, and how a combination is hedged."""

import json

import pytest

from papertape.model import DeltaNeutralContract, ExecutionFilter
from papertape.venue.broker.scales import drawn_size, levels
from papertape.venue.commands import CancelByUser, ModifyByUser
from papertape.venue.script import SetMatching
from papertape.venue.special import Scale
from papertape.venue.units import SECOND, SIZE_SCALE
from venue.scenario import Stage, scenario, shown
from walks import walk

MARKET = """
    quote   AAPL 257.66 x 257.68  -> .
    quote   AAPL_C260 5.00 x 5.20 -> .
    quote   AAPL_P260 7.00 x 7.20 -> .
"""
SCALE = (
    "LMT 257.68 scaleInitLevelSize=10 scalePriceIncrement=0.05 scaleProfitOffset=0.10 orderRef=dip"
)
LEGS = json.dumps(
    [
        {"conId": number, "ratio": 1, "action": "BUY", "exchange": "SMART"}
        for number in (1224817705, 1224817709)
    ],
    separators=(",", ":"),
)

OFF_TICK = '{"conId":265598,"delta":1,"price":0.001}'


def staged(*rows: str) -> Stage:
    stage = scenario(MARKET)
    for row in rows:
        stage.step(row)
    return stage


def test_a_made_order_is_its_clients_and_names_the_one_that_it_is_for() -> None:
    stage = staged(f"submit c2#7 BUY 20 AAPL {SCALE} GTC")
    parent, made = stage.queries.open_orders()
    assert (made.clientId, made.orderId, made.parentId) == (2, 0, 7)
    assert made.order.parentPermId == parent.permId and made.permId == parent.permId + 1
    assert (made.order.action, made.order.lmtPrice, made.order.tif) == ("SELL", 257.78, "GTC")
    assert made.order.orderRef == "dip" and made.order.ocaGroup == ""
    stage.step("quote AAPL 257.80 x 257.82")
    fills = stage.queries.executions(ExecutionFilter(clientId=2))
    assert [one.execution.orderId for one in fills] == [7, 0]


def test_no_client_can_name_it_but_a_global_cancel_and_the_user_reach_it() -> None:
    stage = staged(f"submit #7 BUY 10 AAPL {SCALE}")
    (made,) = stage.queries.open_orders()
    assert shown(stage.step("cancel #0")) == ["#0 refused 10147"]
    assert shown(stage.step("submit #0 BUY 1 AAPL MKT")) == ["#0 refused 10149"]
    changed = stage.submit(ModifyByUser(made.permId, made.contract, made.order))
    assert shown(changed)[0] == "#0 replaced Submitted"
    assert shown(stage.step("cancel all")) == ["#0 Cancelled"]
    assert shown(stage.step("cancel #0")) == ["#0 refused 10147"]
    other = staged(f"submit #7 BUY 10 AAPL {SCALE}")
    (made,) = other.queries.open_orders()
    assert shown(other.submit(CancelByUser(made.permId))) == ["#0 Cancelled"]


def test_its_terms_after_a_change_are_still_those_of_a_made_order() -> None:
    scale = SCALE + " scaleAutoReset=true"
    stage = staged(f"submit #7 BUY 20 AAPL {scale}")
    _, made = stage.queries.open_orders()
    made.order.lmtPrice = 257.70
    stage.submit(ModifyByUser(made.permId, made.contract, made.order))
    assert shown(stage.step("quote AAPL 257.70 x 257.72"))[-1] == "#7 replaced Submitted"


@pytest.mark.parametrize(("delta", "side", "size"), [(0.5, "SLD", 100), (-0.25, "BOT", 50)])
def test_a_combination_is_hedged_at_the_price_of_its_contract(
    delta: float, side: str, size: int
) -> None:
    stage = scenario(MARKET)
    stage.step("quote 1224817705 6.00 x 6.20")
    stage.step("quote 1224817709 3.00 x 3.10")
    neutral = json.dumps({"conId": 265598, "delta": delta, "price": 257.67})
    row = f"submit #1 BUY 2 AAPL MKT secType=BAG comboLegs={LEGS}"
    told = stage.step(f"{row} deltaNeutralContract={neutral.replace(' ', '')}")
    made = next(one for one in stage.queries.open_orders() if not one.orderId)
    assert (made.order.orderType, made.order.lmtPrice) == ("LMT", 257.67)
    assert made.order.totalQuantity == size and "#0 accepted Submitted" in shown(told)
    stage.step("quote AAPL 257.67 x 257.67")
    (fill,) = [
        one for one in stage.queries.executions(ExecutionFilter()) if not one.execution.orderId
    ]
    assert (fill.execution.side, fill.execution.shares) == (side, size)


def test_the_combinations_contract_is_shown_with_its_hedge() -> None:
    stage = scenario(MARKET)
    neutral = '{"conId":265598,"delta":0.5,"price":257.67}'
    stage.step(
        f"submit #1 BUY 2 AAPL LMT 1 secType=BAG comboLegs={LEGS} deltaNeutralContract={neutral}"
    )
    (view,) = stage.queries.open_orders()
    assert view.contract.deltaNeutralContract == DeltaNeutralContract(265598, 0.5, 257.67)


@walk(
    ("contract", "code"),
    [
        ('secType=STK deltaNeutralContract={"conId":265598,"delta":0.5,"price":257.67}', 429),
        (f'secType=BAG comboLegs={LEGS} deltaNeutralContract={{"conId":77,"delta":0.5}}', 10010),
        (f'secType=BAG comboLegs={LEGS} deltaNeutralContract={{"conId":265598}}', 321),
        (f"secType=BAG comboLegs={LEGS} deltaNeutralContract={OFF_TICK}", 377),
    ],
)  # fmt: skip
def test_a_hedge_that_cannot_be_is_refused(contract: str, code: int) -> None:
    stage = scenario(MARKET)
    assert shown(stage.step(f"submit #1 BUY 2 AAPL LMT 1 {contract}")) == [f"#1 refused {code}"]


def test_it_is_on_its_way_as_any_order_is() -> None:
    stage = scenario(MARKET)
    stage.submit(SetMatching("paper", SECOND, 0))
    assert shown(stage.step(f"submit #7 BUY 20 AAPL {SCALE}")) == ["#7 accepted PendingSubmit"]
    stage.step("clock 20260413 10:00:05")
    _, made = stage.queries.open_orders()
    assert (made.orderId, made.state.status) == (0, "PendingSubmit")
    stage.step("clock 20260413 10:00:06")
    assert stage.queries.open_orders()[1].state.status == "Submitted"


def test_profit_orders_are_as_large_as_further_components() -> None:
    """The example of IBKR's page on profit orders: 300, then 100 at a time, an increment apart."""
    scale = Scale(300 * SIZE_SCALE, 100 * SIZE_SCALE, 100)
    found = [(level, size // SIZE_SCALE) for level, size in levels(scale, 0, 450 * SIZE_SCALE)]
    assert found == [(0, 100), (1, 100), (2, 100), (1, 100), (2, 50)]


def test_a_drawn_size_is_in_round_lots_within_55_percent() -> None:
    """For 400, ScaleTrader's page names 200 to 600."""
    scale = Scale(400 * SIZE_SCALE, 7 * SIZE_SCALE, 100)
    first = {drawn_size(scale, 0, chance) // SIZE_SCALE for chance in range(0, 20_000_000, 9_973)}
    further = {drawn_size(scale, 1, chance) // SIZE_SCALE for chance in range(0, 20_000_000, 9_973)}
    assert first == {200, 300, 400, 500, 600}
    assert min(further) == 3 and max(further) == 11
