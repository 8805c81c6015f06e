"""Sessions as they are shown: rates, what is unsent, subscriptions; news of decisions."""

import asyncio
import socket

import pytest

from papertape.server.aio import connection
from papertape.server.settings import StationSettings
from papertape.wire.catalogue import account, market, session
from server.control.api import Api
from server.control.test_routes import stranger_hall, with_api
from server.market_data.test_level1 import AAPL
from server.pair import Hall
from server.sockets import eventually

pytestmark = pytest.mark.network


def test_a_session_tells_its_rates_and_subscriptions() -> None:
    async def main(api: Api) -> None:
        client = await api.served.client(7)
        (row,) = await api.get("/sessions")
        assert (row["in_per_s"], row["out_per_s"], row["subscriptions"]) == (None, None, 0)
        await client.send(market.ReqMktData(1, AAPL), account.ReqPositions())
        await client.send(account.ReqAccountUpdates(True, ""))
        await asyncio.sleep(0.6)  # a rate needs time
        (row,) = await api.get("/sessions")
        assert 0 < row["in_per_s"] <= 3 / 0.6 and row["out_per_s"] > row["in_per_s"]
        assert (row["lines"], row["subscriptions"], row["lag_s"]) == (1, 3, 0)

    hall = Hall()
    hall.quote("AAPL 257.66 x 257.68")
    with_api(main, hall)


def test_what_a_client_does_not_read_is_shown_as_unsent(monkeypatch: pytest.MonkeyPatch) -> None:
    def tune(transport: asyncio.Transport, _: int) -> None:  # little fits into the kernel
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)

    monkeypatch.setattr(connection, "tune", tune)

    async def main(api: Api) -> None:
        client = await api.served.client(7, window=4096)
        (served,) = api.hall.station.connections()
        for _ in range(400):
            served.error(-1, 320, variant="other", parse_failure="x" * 1000)
        api.served.server.act(lambda station: None)
        await eventually(lambda: served.paused)
        (row,) = await api.get("/sessions")
        assert row["unsent_bytes"] > 100_000 and row["paused"]
        await asyncio.sleep(0.1)
        assert (await api.get("/sessions"))[0]["lag_s"] >= 0.1
        await client.until(session.ErrorMessage, count=400)
        assert (await api.get("/sessions"))[0]["lag_s"] == 0

    with_api(main)


def test_who_waits_shows_a_version_and_a_decision_is_news() -> None:
    async def main(api: Api) -> None:
        client = await api.served.raw()
        await client.write(client.connection.initiate())
        await client.read()
        await client.send(session.StartApi(3))
        await eventually(lambda: bool(api.hall.station.policy.waiting()))
        (row,) = await api.get("/waiting")
        assert row["version"] == client.connection.version > 200
        told = await api.post(f"/waiting/{row['number']}/reject")
        assert told == row
        await client.end()
        (news,) = await api.get("/events?kind=decided")
        facts = {"number": row["number"], "accepted": False, "reason": "rejected"}
        assert news["facts"] == facts

    with_api(main, stranger_hall())


def test_a_decision_that_time_took_is_news_too() -> None:
    async def main(api: Api) -> None:
        client = await api.served.raw()
        await client.write(client.connection.initiate())
        await client.read()
        await client.send(session.StartApi(3))
        await client.end()
        (news,) = await api.get("/events?kind=decided")
        assert "no decision" in news["facts"]["reason"]

    rules = {"127.0.0.1": "ask"}
    settings = StationSettings(acceptance_rules=rules, acceptance_timeout_s=0.05)  # type: ignore[arg-type]
    with_api(main, Hall(settings=settings))
