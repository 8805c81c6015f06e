"""Every order type in both wire formats: sent, told, filled, changed and cancelled alike.

The last cell of ``venue.type_recipes``.
"""

from typing import Any

import pytest

from papertape.model import Order
from papertape.venue.commands import SubmitOrder
from papertape.wire.catalogue import orders as wire
from papertape.wire.catalogue import reports
from server.pair import Client, Hall
from venue.scenario import at, command, tick
from venue.type_recipes import MARKET, RECIPES, dated, larger, shown_type
from walks import walk

TEXT, PROTOBUF = 200, 226
BOTH = (
    "action", "totalQuantity", "orderType", "lmtPrice", "auxPrice", "tif", "parentId", "permId",
    "trailStopPrice", "trailingPercent", "lmtPriceOffset", "delta", "startingPrice",
    "stockRefPrice", "volatility", "volatilityType", "referenceContractId", "peggedChangeAmount",
    "competeAgainstBestOffset", "algoStrategy", "scaleInitLevelSize", "account",
)  # fmt: skip
"""What the text of openOrder has of an order as well."""


def request(row: str) -> wire.PlaceOrder:
    asked = command("submit", ["#1", *row.split()])
    assert isinstance(asked, SubmitOrder)
    return wire.PlaceOrder(1, contract=asked.contract, order=asked.order)


def step(hall: Hall, row: str) -> None:
    verb, *words = dated(row).split()
    if verb == "clock":
        target = at(" ".join(words))
        hall.wait((target - hall.now) / 1e9)
        return
    hall.wait(1)
    hall.market.add(tick(verb, words, hall.now))
    hall.wait(1)


def told(client: Client) -> list[tuple[Any, ...]]:
    """What came of orders and executions, as it is the same in both formats."""
    found: list[tuple[Any, ...]] = []
    for one in client.got():
        if isinstance(one, reports.OpenOrder):
            order: Order = one.order
            found.append((one.orderState.status, *(getattr(order, name) or 0 for name in BOTH)))
        elif isinstance(one, reports.OrderStatus):
            found.append((one.status, one.filled, one.remaining, one.avgFillPrice, one.whyHeld))
        elif isinstance(one, reports.ExecutionDetails):
            execution = one.execution
            found.append((execution.side, execution.shares, execution.price, one.contract.secType))
        elif hasattr(one, "errorCode"):
            found.append((one.errorCode,))
    return found


def life(name: str, version: int) -> list[tuple[Any, ...]]:
    """An order of the type from its request to its end, and one that is cancelled."""
    hall, recipe = Hall(), RECIPES[name]
    for row in (*MARKET, *recipe.before):
        step(hall, row)
    client = hall.client(1, version)
    client.got()
    client.send(request(recipe.order))
    found = told(client)
    assert found[0][0] == recipe.waits.split()[0], found
    client.send(request(larger(recipe.order)))
    for row in (*recipe.rows, *recipe.rest):
        step(hall, row)
    client.send(wire.CancelOrder(1), wire.ReqCompletedOrders(False))
    return found + told(client)


@pytest.mark.long
@walk("name", RECIPES, check=11)
def test_both_formats_tell_the_same(name: str) -> None:
    text, protobuf = life(name, TEXT), life(name, PROTOBUF)
    assert text == protobuf
    kinds = {one[3] for one in text if len(one) == len(BOTH) + 1}
    assert kinds == {shown_type(name)}
    assert any(one[0] in ("BOT", "SLD") for one in text)
