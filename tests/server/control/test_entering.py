"""Orders that the user enters, looks at beforehand, changes: families, types, conditions."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from papertape.codes import text
from papertape.model import Contract, Order, OrderCondition, TagValue
from papertape.wire.catalogue import orders, reports, session
from server.control.api import Api
from server.control.test_routes import with_api
from server.control.test_trading import quoted_hall
from server.test_station import order

pytestmark = pytest.mark.network
BUY = {"symbol": "AAPL", "action": "BUY", "quantity": 10}
AAPL = 265598

TYPES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (
        {"order_type": "LMT", "limit_price": 250, "tif": "GTC"},
        {"status": "Submitted", "limit_price": 250, "tif": "GTC"},
    ),
    ({"order_type": "STP", "aux_price": 260}, {"status": "PreSubmitted", "aux_price": 260}),
    (
        {"order_type": "STP LMT", "aux_price": 260, "limit_price": 261, "outside_rth": True},
        {"aux_price": 260, "limit_price": 261, "outside_rth": True},
    ),
    (
        {"order_type": "TRAIL", "trailing_percent": 2},
        {"trailing_percent": 2, "limit_price": None},
    ),
    ({"order_type": "MIDPRICE", "limit_price": 250}, {"limit_price": 250}),
    (
        {"order_type": "LMT", "limit_price": 250, "tif": "GTD",
         "good_till": "20260501 15:00:00 US/Eastern", "oca_group": "g"},
        {"good_till": "20260501 15:00:00 US/Eastern", "oca_group": "g"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("terms", "shown"), TYPES, ids=lambda one: str(one)[:40])
def test_the_user_enters_what_the_broker_has(terms: dict[str, Any], shown: dict[str, Any]) -> None:
    async def main(api: Api) -> None:
        row = await api.post("/orders", BUY | terms)
        assert {name: row[name] for name in shown} == shown
        assert (row["client_id"], row["order_id"], row["con_id"]) == (0, 0, AAPL)

    with_api(main, quoted_hall())


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"order_type": "MOON"}, "321: "),
    ({"order_type": "STP PRT", "aux_price": 1}, "387: "),
    ({"order_type": "LMT", "limit_price": 250, "tif": "GTD", "good_till": "soon"}, "334: "),
    ({"order_type": "STP", "aux_price": 260, "conditions": [{"kind": "margin"}]}, "148: "),
    ({"order_type": "LMT", "limit_price": 1, "conditions": [{"kind": "price", "level": 5}]}, "147"),
]


@pytest.mark.parametrize(("terms", "words"), REFUSED)
def test_what_the_broker_has_not_is_refused_in_its_words(terms: dict[str, Any], words: str) -> None:
    async def main(api: Api) -> None:
        for path in ("/orders", "/previews"):
            refused = await api.post(path, BUY | terms, status=409)
            assert refused["detail"].startswith(words)
        assert await api.get("/orders") == []

    with_api(main, quoted_hall())


def test_an_algorithm_and_a_scale_reach_the_broker() -> None:
    async def main(api: Api) -> None:
        worked = BUY | {"algorithm": "Twap", "algorithm_parameters": {"strategyType": "Marketable"}}
        await api.post("/orders", worked)
        scaled = {"order_type": "LMT", "limit_price": 250, "scale_first": 3, "scale_further": 2}
        await api.post("/orders", BUY | scaled | {"scale_increment": 0.05})
        first, second = api.hall.station.engine.state.orders.values()
        assert first.terms.extras.algo is not None and first.terms.extras.algo.name == "Twap"
        assert second.terms.extras.components is not None
        wrong = BUY | {"algorithm": "Adaptive", "algorithm_parameters": {"adaptivePriority": "x"}}
        refused = await api.post("/orders", wrong, status=409)
        assert refused["detail"].startswith("441")

    with_api(main, quoted_hall())


def test_a_bracket_waits_for_its_entry_and_is_placed_whole_or_not() -> None:
    async def main(api: Api) -> None:
        body = BUY | {"order_type": "LMT", "limit_price": 250, "take_profit": 270, "stop_loss": 240}
        zero = await api.served.client(0)
        entry = await api.post("/orders", body)
        rows = await api.get("/orders")
        assert [row["order_type"] for row in rows] == ["LMT", "LMT", "STP"]
        assert rows[0] == entry
        for child in rows[1:]:
            assert (child["action"], child["why_held"][:5]) == ("SELL", "child")
            assert child["parent_perm_id"] == entry["perm_id"] and child["order_id"] == 0
        told = await zero.until(reports.OpenOrder, count=3)
        opened = [one for one in told if isinstance(one, reports.OpenOrder)]
        assert {(one.order.parentId, one.orderId) for one in opened} == {(0, 0)}
        await api.post("/orders", body | {"quantity": 1, "stop_loss": -5}, status=409)
        assert len(await api.get("/orders")) == 3
        assert not api.hall.station.engine.state.held.get(-1)
        await api.post(f"/orders/{entry['perm_id']}/cancel")
        assert {row["status"] for row in await api.get("/orders")} == {"Cancelled"}

    with_api(main, quoted_hall())


def test_a_bracket_whose_entry_trades_at_once() -> None:
    async def main(api: Api) -> None:
        entry = await api.post("/orders", BUY | {"take_profit": 270, "stop_loss": 240})
        assert entry["status"] == "Filled"
        rows = await api.get("/orders")
        assert [row["status"] for row in rows[1:]] == ["Submitted", "PreSubmitted"]

    with_api(main, quoted_hall())


def test_the_children_of_a_dated_entry_have_its_date() -> None:
    """They protect what fills tomorrow as well."""

    async def main(api: Api) -> None:
        until = {"tif": "GTD", "good_till": "20260420 15:00:00 US/Eastern"}
        body = BUY | until | {"order_type": "LMT", "limit_price": 250, "stop_loss": 240}
        await api.post("/orders", body)
        rows = await api.get("/orders")
        assert [(row["tif"], row["good_till"]) for row in rows] == [tuple(until.values())] * 2

    with_api(main, quoted_hall())


def test_a_family_is_bound_where_client_zero_binds_what_comes() -> None:
    async def main(api: Api) -> None:
        zero = await api.served.client(0)
        await zero.send(orders.ReqAutoOpenOrders(True))
        body = BUY | {"order_type": "LMT", "limit_price": 250, "stop_loss": 240}
        await api.post("/orders", body)
        assert [row["order_id"] for row in await api.get("/orders")] == [-1, -2]

    with_api(main, quoted_hall())


def test_a_preview_places_nothing_and_no_client_is_told() -> None:
    async def main(api: Api) -> None:
        zero = await api.served.client(0)
        found = await api.post("/previews", BUY | {"take_profit": 270})
        assert float(found["initial_margin"]["change"]) > 0
        assert found["currency"] == found["commission_currency"] == "USD"
        before, change, after = (
            float(found["equity_with_loan"][part]) for part in ("before", "change", "after")
        )
        assert after == pytest.approx(before + change) and found["commission"] == pytest.approx(
            1.00003
        )
        assert (found["least_commission"], found["most_commission"]) == (None, None)
        assert await api.get("/orders") == []
        await zero.send(session.ReqCurrentTime())
        told = await zero.until(session.CurrentTime)
        assert not [one for one in told if isinstance(one, reports.OpenOrder)]

    with_api(main, quoted_hall())


def test_conditions_hold_an_order_that_the_user_enters() -> None:
    async def main(api: Api) -> None:
        conditions = [
            {"kind": "price", "con_id": AAPL, "level": 300},
            {"kind": "time", "time": "20300101 10:00:00 US/Eastern", "joined": "or"},
            {"kind": "execution", "symbol": "IBM"}, {"kind": "volume", "con_id": AAPL, "level": 9},
            {"kind": "change", "con_id": AAPL, "level": 50}, {"kind": "margin", "level": 1},
        ]  # fmt: skip
        row = await api.post("/orders", BUY | {"conditions": conditions})
        assert (row["status"], row["conditions"]) == ("PreSubmitted", 6)

    with_api(main, quoted_hall())


def test_an_order_of_a_program_gets_new_terms_from_the_user() -> None:
    async def main(api: Api) -> None:
        client = await api.served.client(4)
        await client.send(order(7, "BUY 100 AAPL LMT 200"))
        await client.until(reports.OrderStatus)
        (row,) = await api.get("/orders")
        change = {"limit_price": 201.5, "quantity": 60, "tif": "GTC"}
        changed = await api.patch(f"/orders/{row['perm_id']}", change)
        assert (changed["limit_price"], changed["quantity"], changed["tif"]) == (201.5, "60", "GTC")
        told = await client.until(reports.OpenOrder)
        opened = [one for one in told if isinstance(one, reports.OpenOrder)]
        assert (opened[-1].orderId, opened[-1].order.lmtPrice) == (7, 201.5)
        refused = await api.patch(f"/orders/{row['perm_id']}", {"tif": "IOC"}, 409)
        assert refused["detail"].startswith("462")
        await client.send(session.ReqCurrentTime())
        told = await client.until(session.CurrentTime)
        assert not [one for one in told if isinstance(one, session.ErrorMessage)]
        assert (await api.get("/orders"))[0]["tif"] == "GTC"

    with_api(main, quoted_hall())


def test_a_trail_by_a_percentage_becomes_one_by_an_amount_and_back() -> None:
    async def main(api: Api) -> None:
        body = BUY | {"order_type": "TRAIL LIMIT", "trailing_percent": 2, "limit_offset": 0.5}
        row = await api.post("/orders", body | {"limit_price": None})
        at = f"/orders/{row['perm_id']}"
        assert (row["trailing_percent"], row["limit_offset"]) == (2, 0.5)
        moved = await api.patch(at, {"aux_price": 3})
        assert (moved["aux_price"], moved["trailing_percent"]) == (3, None)
        moved = await api.patch(at, {"trailing_percent": 1.5, "limit_offset": 0.25})
        assert (moved["aux_price"], moved["trailing_percent"]) == (None, 1.5)
        assert moved["limit_offset"] == 0.25 and moved["status"] == "PreSubmitted"

    with_api(main, quoted_hall())


KEPT: dict[str, Any] = {
    "LMT": {"lmtPrice": 200, "minQty": 20, "orderRef": "mine", "ocaGroup": "g", "ocaType": 2,
            "sweepToFill": True, "outsideRth": True, "goodTillDate": ""},
    "STP": {"auxPrice": 290, "triggerMethod": 4, "adjustedOrderType": "TRAIL",
            "triggerPrice": 200.0, "adjustedStopPrice": 280.0, "adjustedTrailingAmount": 1.0},
    "REL": {"auxPrice": 0.02, "lmtPrice": 200, "discretionaryUpToLimitPrice": True},
    "PEG BEST": {"lmtPrice": 200, "competeAgainstBestOffset": 0.02, "minCompeteSize": 200},
    "iceberg": {"orderType": "LMT", "lmtPrice": 200, "displaySize": 10, "allOrNone": False},
    "algorithm": {"orderType": "LMT", "lmtPrice": 200, "algoStrategy": "Adaptive",
                  "algoParams": [TagValue("adaptivePriority", "Patient")]},
    "scale": {"orderType": "LMT", "lmtPrice": 200, "scaleInitLevelSize": 50,
              "scaleSubsLevelSize": 25, "scalePriceIncrement": 0.5, "scaleProfitOffset": 1.0},
    "condition": {"orderType": "LMT", "lmtPrice": 200, "conditionsIgnoreRth": True,
                  "conditions": [OrderCondition(type=1, conId=AAPL, exchange="SMART", price=9.0)]},
}  # fmt: skip
"""Attributes that an order of a program may have and the page has no field for."""


@pytest.mark.parametrize("kind", KEPT)
def test_the_user_changes_the_size_alone(kind: str) -> None:
    async def main(api: Api) -> None:
        client = await api.served.client(4)
        terms = {"orderType": kind, "tif": "DAY"} | KEPT[kind]
        placed = Order(action="BUY", totalQuantity=Decimal(100), **terms)
        contract = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
        await client.send(orders.PlaceOrder(7, contract, placed))
        await client.until(reports.OrderStatus)
        (row,) = await api.get("/orders")
        before = api.hall.station.queries.order(4, 7)
        await api.patch(f"/orders/{row['perm_id']}", {"quantity": 60})
        after = api.hall.station.queries.order(4, 7)
        assert before is not None and after is not None
        assert after.order == msgspec.structs.replace(before.order, totalQuantity=Decimal(60))
        assert {name: getattr(after.order, name) for name in KEPT[kind]} == KEPT[kind]

    with_api(main, quoted_hall())


def test_an_order_of_the_user_gets_new_terms_and_its_child_keeps_its_parent() -> None:
    async def main(api: Api) -> None:
        body = BUY | {"order_type": "LMT", "limit_price": 250, "stop_loss": 240}
        entry = await api.post("/orders", body)
        _, child = await api.get("/orders")
        moved = await api.patch(f"/orders/{child['perm_id']}", {"aux_price": 245})
        assert (moved["aux_price"], moved["parent_perm_id"]) == (245, entry["perm_id"])
        assert moved["why_held"].startswith("child")
        await api.patch(f"/orders/{entry['perm_id']}", {"limit_price": 258})
        assert [row["status"] for row in await api.get("/orders")] == ["Filled", "PreSubmitted"]

    with_api(main, quoted_hall())


def test_an_order_that_has_ended_or_is_not_there_keeps_its_terms() -> None:
    async def main(api: Api) -> None:
        row = await api.post("/orders", BUY)
        assert row["status"] == "Filled"
        refused = await api.patch(f"/orders/{row['perm_id']}", {"quantity": 20}, 409)
        assert refused["detail"].startswith(f"105: {text(105)[:20]}")
        await api.patch("/orders/999", {"quantity": 20}, 404)
        await api.patch(f"/orders/{row['perm_id']}", {"quantity": 0}, 422)
        await api.post("/drills", {"text": "link-lost"})
        for path in ("/previews", "/orders"):
            body = BUY | {"take_profit": 300}
            assert (await api.post(path, body, 409))["detail"].startswith("201: Order rejected")

    with_api(main, quoted_hall())


def test_a_size_may_have_a_fraction_and_is_a_number() -> None:
    async def main(api: Api) -> None:
        for wrong in ("", "x", "10", 0, -1, 1e10):
            await api.post("/orders", BUY | {"quantity": wrong}, 422 if wrong != "10" else 200)
        refused = await api.post("/previews", BUY | {"quantity": 0.5}, 409)
        assert refused["detail"].partition(":")[0].isdecimal()
        assert (await api.post("/orders", BUY | {"quantity": 7.0}))["quantity"] == "7"

    with_api(main, quoted_hall())
