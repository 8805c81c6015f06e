"""The control API's routes: what they show is what the station has, what they do it does."""

from collections.abc import Awaitable, Callable

import pytest
from fastapi import routing

from papertape.server.settings import StationSettings
from papertape.wire.catalogue import orders, reports, session
from server.control.api import Api, controlled
from server.pair import Hall
from server.sockets import eventually, run
from server.test_station import order

pytestmark = pytest.mark.network


def with_api(
    work: Callable[[Api], Awaitable[None]], hall: Hall | None = None, speed: float = 1.0
) -> None:
    async def main() -> None:
        async with controlled(hall, speed) as api:
            await work(api)

    run(main)


def test_a_station_says_what_it_is() -> None:
    async def main(api: Api) -> None:
        about = await api.get("")
        assert about["name"] == "tws" and about["port"] == api.served.port
        assert about["accounts"] == list(api.hall.station.queries.accounts())
        assert (about["sessions"], about["waiting"], about["gateway"]) == (0, 0, False)

    with_api(main)


def test_another_station_is_unknown_and_those_known_are_named() -> None:
    async def main(api: Api) -> None:
        answer = await api._client.get("/v1/stations/other")
        assert answer.status_code == 404 and "tws" in answer.json()["detail"]

    with_api(main)


def test_a_method_that_a_path_has_not_is_answered_with_those_it_has() -> None:
    async def main(api: Api) -> None:
        paths = (await api._client.get("/openapi.json")).json()["paths"]
        for path, methods in paths.items():
            answer = await api._client.options(path)
            allow = ", ".join(sorted(method.upper() for method in methods))
            assert (answer.status_code, answer.headers["Allow"]) == (405, allow), path
            assert answer.json()["detail"] == f"this path allows {allow}"

    with_api(main)


def test_no_route_is_made_for_an_application(monkeypatch: pytest.MonkeyPatch) -> None:
    """To make them takes a second, in which the station would answer nobody."""
    made: list[object] = []
    monkeypatch.setattr(routing, "_populate_api_route_state", lambda *_, **__: made.append(1))

    async def main(api: Api) -> None:
        assert await api.get("/sessions") == []
        assert (await api._client.get("/v1/nothing")).status_code == 404
        assert not made

    with_api(main)


def test_sessions_are_listed_and_can_be_closed() -> None:
    async def main(api: Api) -> None:
        client = await api.served.client(7, 176)
        (row,) = await api.get("/sessions")
        assert (row["client_id"], row["version"], row["format"]) == (7, 176, "text")
        assert row["received"] == 1 and row["sent"] > 0
        await api.post(f"/sessions/{row['number']}/disconnect")
        await client.end()
        await eventually(lambda: not list(api.hall.station.connections()))
        assert await api.get("/sessions") == []
        await api.post(f"/sessions/{row['number']}/disconnect", status=404)

    with_api(main)


def stranger_hall() -> Hall:
    return Hall(settings=StationSettings(acceptance_rules={"127.0.0.1": "ask"}))


@pytest.mark.parametrize("verdict", ["accept", "reject"])
def test_who_waits_is_let_in_or_sent_away(verdict: str) -> None:
    async def main(api: Api) -> None:
        client = await api.served.raw()
        await client.write(client.connection.initiate())
        await client.read()
        await client.send(session.StartApi(3))
        await eventually(lambda: bool(api.hall.station.policy.waiting()))
        (row,) = await api.get("/waiting")
        assert (row["client_id"], row["address"]) == (3, "127.0.0.1")
        await api.post(f"/waiting/{row['number']}/{verdict}")
        if verdict == "accept":
            await client.until(session.NextValidId)
        else:
            await client.end()
        assert await api.get("/waiting") == []
        await api.post(f"/waiting/{row['number']}/{verdict}", status=404)

    with_api(main, stranger_hall())


def test_settings_are_shown_changed_and_act() -> None:
    async def main(api: Api) -> None:
        rows = {row["name"]: row for row in await api.get("/settings")}
        assert len([row for row in rows.values() if row["group"] == "settings"]) == 36
        assert len([row for row in rows.values() if row["group"] == "precautions"]) == 10
        done = await api.ask("PATCH", "/settings", 200, {"readOnlyApi": True})
        assert done == {"changed": ["readOnlyApi"]}
        client = await api.served.client()
        await client.send(order(1, "BUY 100 AAPL MKT"))
        refused = await client.tells(session.ErrorMessage, id=1)
        assert refused.errorCode == 321 and "Read-Only" in refused.errorMsg

    with_api(main)


@pytest.mark.parametrize(
    "changes", [{"noSuch": 1}, {"readOnlyApi": "perhaps"}, {"masterClientId": -5}]
)
def test_a_change_that_cannot_be_changes_nothing(changes: dict[str, object]) -> None:
    async def main(api: Api) -> None:
        before = await api.get("/settings")
        answer = await api.ask("PATCH", "/settings", 409, {"loggingLevel": "detail", **changes})
        assert next(iter(changes)) in answer["detail"]
        assert await api.get("/settings") == before

    with_api(main)


def test_farms_link_and_drills() -> None:
    async def main(api: Api) -> None:
        client = await api.served.client()
        assert {row["status"] for row in await api.get("/farms")} == {"ok"}
        run_ = await api.post("/drills", {"text": "link-lost"})
        await client.tells(session.ErrorMessage, errorCode=1100)
        assert (await api.get("/link"))["up"] is False
        assert run_["name"] in [row["name"] for row in await api.get("/drills")]
        await api.post("/drills/link-restored", {"data_lost": True})
        await client.tells(session.ErrorMessage, errorCode=1101)
        assert (await api.get("/link"))["up"] is True
        names = [row["name"] for row in await api.get("/drills/runs")]
        assert names == ["link-lost", "link-restored"]

    with_api(main)


def test_drills_that_cannot_be_started_say_why() -> None:
    async def main(api: Api) -> None:
        assert "nosuch" in (await api.post("/drills/nosuch", {}, 404))["detail"]
        assert "nosuch" in (await api.post("/drills", {"text": "nosuch"}, 409))["detail"]
        assert "nosuch" in (await api.post("/drills/freeze", {"nosuch": 1}, 409))["detail"]
        await api.post("/drills/runs/99/stop", status=404)

    with_api(main)


def test_a_run_can_be_stopped() -> None:
    async def main(api: Api) -> None:
        begun = await api.post("/drills", {"text": "black-hole ReqCurrentTime 5"})
        assert begun["ended"] is None
        await api.post(f"/drills/runs/{begun['number']}/stop")
        (row,) = await api.get("/drills/runs")
        assert row["ended"] is not None

    with_api(main)


def test_trading_is_shown() -> None:
    async def main(api: Api) -> None:
        client = await api.served.client(4)
        await client.send(order(1, "BUY 100 AAPL MKT"))
        await client.until(reports.CommissionReport)
        (done,) = await api.get("/orders")
        assert (done["symbol"], done["status"], done["client_id"]) == ("AAPL", "Filled", 4)
        (fill,) = await api.get("/executions")
        assert (fill["shares"], fill["price"], fill["side"]) == ("100", 257.68, "BOT")
        assert fill["perm_id"] == done["perm_id"] and fill["commission"] > 0
        (held,) = await api.get("/positions")
        assert (held["position"], held["symbol"]) == ("100", "AAPL")
        code = held["account"]
        values = {row["key"]: row["value"] for row in await api.get(f"/accounts/{code}/values")}
        assert float(values["StockMarketValue"]) == pytest.approx(held["market_value"], abs=1)
        await api.get("/accounts/nobody/values", 404)

    hall = Hall()
    hall.quote("AAPL 257.66 x 257.68")
    with_api(main, hall)


def test_an_order_can_be_cancelled_as_the_user_of_tws_does() -> None:
    async def main(api: Api) -> None:
        client = await api.served.client(4)
        await client.send(order(1, "BUY 100 AAPL LMT 200"))
        await client.until(reports.OrderStatus)
        (row,) = await api.get("/orders")
        done = await api.post(f"/orders/{row['perm_id']}/cancel")
        assert done["status"] == "Cancelled"
        await client.tells(session.ErrorMessage, id=1, errorCode=202)
        await api.post(f"/orders/{row['perm_id']}/cancel", status=409)
        await api.post("/orders/999/cancel", status=404)

    hall = Hall()
    hall.quote("AAPL 257.66 x 257.68")
    with_api(main, hall)


def test_an_order_can_be_placed_as_the_user_of_tws_does() -> None:
    async def main(api: Api) -> None:
        client = await api.served.client(0)
        body = {"symbol": "AAPL", "action": "BUY", "quantity": 5}
        done = await api.post("/orders", {**body, "order_type": "LMT", "limit_price": 200.5})
        assert (done["status"], done["limit_price"], done["order_id"]) == ("Submitted", 200.5, 0)
        await client.send(orders.ReqOpenOrders())  # client 0 may bind it
        bound = await client.tells(reports.OpenOrder)
        assert (bound.order.permId, bound.order.lmtPrice) == (done["perm_id"], 200.5)
        refused = await api.post("/orders", {**body, "order_type": "LMT"}, 409)
        assert refused["detail"].startswith("463")
        unknown = await api.post("/orders", {**body, "symbol": "NOSUCH"}, 409)
        assert unknown["detail"].startswith("200")
        await api.post("/orders", {**body, "quantity": -1}, 422)
        await api.post("/orders", {**body, "surprise": 1}, 422)

    hall = Hall()
    hall.quote("AAPL 257.66 x 257.68")
    with_api(main, hall)


def test_news_can_be_asked_for() -> None:
    async def main(api: Api) -> None:
        client = await api.served.client(4)
        kinds = [row["kind"] for row in await api.get("/events")]
        assert kinds == ["opened", "started"]
        (started,) = await api.get("/events?kind=started")
        assert started["facts"]["client_id"] == 4
        client.close()
        await eventually(lambda: not list(api.hall.station.connections()))
        (ended,) = await api.get(f"/events?after={started['number']}")
        assert ended["kind"] == "ended"

    with_api(main)
