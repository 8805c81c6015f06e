"""Orders, executions and accounts as they are shown, and errors in TWS's words."""

import asyncio

import pytest

from papertape.codes import text
from papertape.venue.broker.profile import Profile
from papertape.wire.catalogue import reports, session
from server.control.api import Api
from server.control.test_routes import with_api
from server.pair import Hall
from server.sockets import eventually
from server.test_station import order

pytestmark = pytest.mark.network

ACCOUNTS = ("DU1", "DU2")


def quoted_hall(profile: Profile | None = None) -> Hall:
    hall = Hall(profile=profile)
    hall.quote("AAPL 257.66 x 257.68")
    return hall


def test_the_latest_are_shown_and_those_that_work_before_all() -> None:
    async def main(api: Api) -> None:
        client = await api.served.client(4)
        await client.send(order(1, "BUY 100 AAPL LMT 200"))
        for number in (2, 3, 4):
            await client.send(order(number, "BUY 10 AAPL MKT"))
        await client.until(reports.CommissionReport, count=3)
        everything = await api.get("/orders")
        assert [row["order_id"] for row in everything] == [1, 2, 3, 4]
        assert [row["order_id"] for row in await api.get("/orders?last=2")] == [1, 4]
        fills = await api.get("/executions?last=2")
        assert [row["order_id"] for row in fills] == [3, 4]
        assert len(await api.get("/executions?con_id=265598")) == 3
        assert await api.get("/executions?con_id=5") == []
        await api.get("/orders?last=0", 422)
        await api.get("/executions?last=10001", 422)

    with_api(main, quoted_hall())


def test_some_are_found_by_their_ids() -> None:
    async def main(api: Api) -> None:
        client = await api.served.client(4)
        for number in (1, 2, 3):
            await client.send(order(number, "BUY 10 AAPL MKT"))
        await client.until(reports.CommissionReport, count=3)
        first, _, third = await api.get("/orders")
        wanted = f"perm_id={third['perm_id']}&perm_id=7&perm_id={first['perm_id']}"
        assert await api.get(f"/orders?{wanted}&perm_id={first['perm_id']}") == [third, first]
        assert await api.get(f"/orders?{wanted}&account=other") == []
        one, two, _ = await api.get("/executions")
        wanted = f"exec_id={two['exec_id']}&exec_id=none&exec_id={one['exec_id']}"
        assert await api.get(f"/executions?{wanted}") == [one, two]
        await api.get("/orders?perm_id=0", 422)
        await api.get("/orders?" + "&".join(["perm_id=1"] * 201), 422)

    with_api(main, quoted_hall())


def test_an_execution_is_corrected_and_busted() -> None:
    async def main(api: Api) -> None:
        client = await api.served.client(4)
        await client.send(order(1, "BUY 100 AAPL MKT"))
        await client.until(reports.CommissionReport)
        (row,) = await api.get("/executions")
        path = f"/executions/{row['exec_id']}"
        said = await api.post(f"{path}/correct", {"size": 99, "price": 257.6})
        assert said["exec_id"] == row["exec_id"][:-1] + "2"
        assert (said["shares"], said["price"]) == ("99", 257.6)
        (detail,) = [m for m in await client.until(reports.CommissionReport)
                     if isinstance(m, reports.ExecutionDetails)]  # fmt: skip
        assert detail.execution.execId == said["exec_id"]
        assert len(await api.get("/executions")) == 2
        refused = await api.post(f"{path}/correct", {"size": 101}, 409)
        assert "100 at most" in refused["detail"]
        await api.post(f"{path}/correct", {"size": 0}, 422)
        await api.post("/executions/none/correct", {"size": 1}, 404)
        await api.post("/executions/0000ffff.00000000.01.01/bust", None, 404)
        order_ = await api.post(f"/executions/{said['exec_id']}/bust")
        assert (order_["status"], order_["filled"]) == ("Filled", "0")
        assert await api.get("/executions") == []
        assert await api.post(f"{path}/bust", None, 404)

    with_api(main, quoted_hall())


def test_an_order_that_waits_for_the_broker_link_is_listed_last() -> None:
    async def main(api: Api) -> None:
        client = await api.served.client(4)
        await client.send(order(2, "BUY 10 AAPL LMT 200"))
        await client.until(reports.OrderStatus)
        api.hall.station.link.lose()
        await client.send(order(3, "BUY 10 AAPL LMT 201"))
        await client.send(order(3, "BUY 20 AAPL LMT 202"))
        await client.send(order(2, "BUY 10 AAPL LMT 203"))  # its new terms wait, it is known
        await client.until(reports.OrderStatus, count=3)
        known, unsent = await api.get("/orders")
        assert (known["order_id"], known["limit_price"]) == (2, 200)
        assert (unsent["order_id"], unsent["perm_id"], unsent["status"]) == (3, 0, "PendingSubmit")
        assert (unsent["quantity"], unsent["limit_price"]) == ("20", 202)
        assert unsent["account"] == known["account"]
        assert await api.get("/orders?last=1") == [unsent]
        assert await api.get("/orders?account=other") == []
        api.hall.station.link.restore()
        rows = await api.get("/orders")
        assert [(row["order_id"], row["perm_id"] > 0) for row in rows] == [(2, True), (3, True)]
        news = [one["facts"] for one in await api.get("/events?kind=order")]
        assert {"perm_id": 0, "status": "PendingSubmit", "filled": "0"} in news

    with_api(main, quoted_hall())


def test_each_account_has_its_own() -> None:
    async def main(api: Api) -> None:
        body = {"symbol": "AAPL", "action": "BUY", "quantity": 10}
        refused = await api.post("/orders", body, 409)
        assert refused["detail"] == f"321: {text(321, 'no_account', tag='bF')}"
        for code, count in (("DU1", 1), ("DU2", 2)):
            for _ in range(count):
                await api.post("/orders", {**body, "account": code})
        for path in ("/orders", "/executions"):
            counts = [len(await api.get(f"{path}?account={code}")) for code in (*ACCOUNTS, "DU3")]
            assert counts == [1, 2, 0]
        (held,) = await api.get("/positions?account=DU2")
        assert (held["account"], held["position"]) == ("DU2", "20")
        rows = {row["account"]: row for row in await api.get("/accounts")}
        assert set(rows) == set(ACCOUNTS)
        assert rows["DU1"]["gross_position_value"] < rows["DU2"]["gross_position_value"]

    with_api(main, quoted_hall(Profile(accounts=ACCOUNTS)))


def test_the_main_figures_are_those_that_clients_are_told() -> None:
    async def main(api: Api) -> None:
        client = await api.served.client(4)
        await client.send(order(1, "BUY 100 AAPL MKT"))
        await client.until(reports.CommissionReport)
        (row,) = await api.get("/accounts")
        code = row["account"]
        values = {one["key"]: one["value"] for one in await api.get(f"/accounts/{code}/values")}
        for key, name in (
            ("NetLiquidation", "net_liquidation"),
            ("TotalCashValue", "cash"),
            ("BuyingPower", "buying_power"),
            ("InitMarginReq", "initial_margin"),
        ):
            assert row[name] == pytest.approx(float(values[key]), abs=0.01)
        assert row["currency"] == "USD" and row["realized_pnl"] == 0
        assert row["unrealized_pnl"] == pytest.approx(-1 - 1.0003, abs=0.01)
        assert row["daily_pnl"] == pytest.approx(row["unrealized_pnl"], abs=0.01)

    with_api(main, quoted_hall())


def test_positions_are_worth_what_the_market_says_though_nothing_happens() -> None:
    async def main(api: Api) -> None:
        client = await api.served.client(4)
        await client.send(order(1, "BUY 100 AAPL MKT"))
        await client.until(reports.CommissionReport)
        before = (await api.get("/positions"))[0]["market_price"]
        api.hall.put("quote AAPL 300 x 301", api.served.server.now() + 1)
        await eventually(lambda: api.served.server.now() > api.hall.station.now)
        assert (await api.get("/positions"))[0]["market_price"] == 300.5 != before

    with_api(main, quoted_hall())


def test_a_fill_is_news_and_accounts_move_once_a_second_at_most() -> None:
    async def main(api: Api) -> None:
        client = await api.served.client(4)
        for number in range(1, 6):
            await client.send(order(number, "BUY 10 AAPL MKT"))
        await client.until(reports.CommissionReport, count=5)
        told = [row["facts"] for row in await api.get("/events?kind=execution")]
        fills = await api.get("/executions")
        assert [row["exec_id"] for row in told] == [row["exec_id"] for row in fills]
        assert told[0]["symbol"] == "AAPL" and (told[0]["shares"], told[0]["side"]) == ("10", "BOT")
        (moved, *more) = await api.get("/events?kind=account")
        assert moved["facts"] == {"accounts": [fills[0]["account"]]}
        assert len(more) <= 1
        await asyncio.sleep(1.1)
        assert len(await api.get("/events?kind=account")) == 2  # the rest, later

    with_api(main, quoted_hall())


def test_what_cannot_be_cancelled_says_so_in_tws_s_words() -> None:
    async def main(api: Api) -> None:
        client = await api.served.client(4)
        await client.send(order(1, "BUY 100 AAPL MKT"))
        await client.until(reports.CommissionReport)
        (row,) = await api.get("/orders")
        perm_id = row["perm_id"]
        over = await api.post(f"/orders/{perm_id}/cancel", status=409)
        assert over["detail"] == f"161: {text(161, permId=perm_id)} (Filled)"
        unknown = await api.post("/orders/999/cancel", status=404)
        assert unknown["detail"] == f"135: {text(135, orderId=999)}"

    with_api(main, quoted_hall())


def test_without_a_link_nothing_is_entered() -> None:
    async def main(api: Api) -> None:
        client = await api.served.client(4)
        placed = await api.post(
            "/orders",
            {"symbol": "AAPL", "action": "BUY", "quantity": 1, "order_type": "LMT",
             "limit_price": 200},
        )  # fmt: skip
        await api.post("/drills", {"text": "link-lost"})
        await client.tells(session.ErrorMessage, errorCode=1100)
        body = {"symbol": "AAPL", "action": "BUY", "quantity": 1}
        assert (await api.post("/orders", body, 409))["detail"].startswith("201: Order rejected")
        refused = await api.post(f"/orders/{placed['perm_id']}/cancel", status=409)
        assert refused["detail"].startswith("161") and "broker" in refused["detail"]

    with_api(main, quoted_hall())
