"""The control API behind a real port: loaded when needed, news as they come, gone at the end."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from papertape.errors import SettingsError
from papertape.server.control.serve import ControlServer
from server.sockets import LOOPS, ONE_LOOP, Served, eventually, run, serving

pytestmark = pytest.mark.network

EACH_LOOP = pytest.mark.parametrize("loop", LOOPS)


@asynccontextmanager
async def control() -> AsyncIterator[tuple[Served, ControlServer]]:
    async with serving() as served:
        api = ControlServer({"tws": served.server}, "right")
        api.start()
        try:
            yield served, api
        finally:
            await api.close()


def rightful(api: ControlServer) -> dict[str, str]:
    return {"Authorization": f"Bearer {api.token}"}


@EACH_LOOP
def test_it_answers_at_its_address(loop: str) -> None:
    async def main() -> None:
        async with control() as (served, api), httpx.AsyncClient(trust_env=False) as client:
            answer = await client.get(f"{api.url}/v1/stations", headers=rightful(api))
            assert [row["port"] for row in answer.json()] == [served.port]
            assert (await client.get(f"{api.url}/v1/stations")).status_code == 401
            assert (await served.client()).connection.version

    run(main, loop)


@pytest.mark.further
@ONE_LOOP
def test_health_follows_the_port_and_loads_nothing(loop: str) -> None:
    async def main() -> None:
        async with control() as (served, api), httpx.AsyncClient(trust_env=False) as client:
            answer = await client.get(f"{api.url}/health")
            assert (answer.status_code, answer.json()) == (200, {"status": "ready"})
            served.server.act(lambda station: station.drills.start("nightly-restart"))
            while served.server.listening:
                await asyncio.sleep(0)
            answer = await client.get(f"{api.url}/health")
            assert (answer.status_code, answer.json()) == (503, {"status": "not ready"})
            assert not api.loaded

    run(main, loop)


def test_a_token_is_made_up_and_is_no_other_station_s() -> None:
    tokens = {ControlServer({}).token for _ in range(10)}
    assert len(tokens) == 10 and all(len(token) >= 32 for token in tokens)


@EACH_LOOP
def test_a_port_in_use_names_the_flag(loop: str) -> None:
    async def main() -> None:
        async with control() as (_, api):
            with pytest.raises(SettingsError, match="--control-port"):
                ControlServer({}).start(port=api.port)

    run(main, loop)


@pytest.mark.further
@ONE_LOOP
def test_closing_frees_the_port_whether_or_not_somebody_came(loop: str) -> None:
    async def main() -> None:
        async with control() as (_, unused):
            pass
        async with control() as (_, used), httpx.AsyncClient(trust_env=False) as client:
            await client.get(f"{used.url}/openapi.json")
        for api in (unused, used):
            with pytest.raises(OSError):
                await asyncio.open_connection("127.0.0.1", api.port)

    run(main, loop)


def events_at(api: ControlServer, query: str = "") -> str:
    return f"{api.url.replace('http', 'ws', 1)}/v1/stations/tws/events{query}"


async def news(socket: Any, kind: str) -> dict[str, Any]:
    while True:
        for one in json.loads(await socket.recv())["news"]:
            if one["kind"] == kind:
                return dict(one)


@EACH_LOOP
def test_news_come_over_a_websocket(loop: str) -> None:
    async def main() -> None:
        async with control() as (served, api):
            address = events_at(api, "?kind=started&kind=ended")
            async with connect(address, additional_headers=rightful(api), proxy=None) as socket:
                client = await served.client(6)
                assert (await news(socket, "started"))["facts"]["client_id"] == 6
                client.close()
                assert (await news(socket, "ended"))["facts"]["client_id"] == 6

    run(main, loop)


def test_who_may_not_listen_does_not() -> None:
    async def main() -> None:
        async with control() as (_, api):
            with pytest.raises(InvalidStatus, match="401"):
                await connect(events_at(api), proxy=None)
            foreign = rightful(api)
            with pytest.raises(InvalidStatus, match="403"):
                await connect(
                    events_at(api), additional_headers=foreign, origin="http://x", proxy=None
                )
            nowhere = events_at(api).replace("/tws/", "/other/")
            with pytest.raises((InvalidStatus, ConnectionClosed)):
                async with connect(nowhere, additional_headers=foreign, proxy=None) as socket:
                    await socket.recv()

    run(main)


def test_a_follower_that_says_much_is_cut_off_and_the_station_goes_on() -> None:
    async def main() -> None:
        async with control() as (served, api):
            async with connect(
                events_at(api), additional_headers=rightful(api), proxy=None
            ) as socket:
                await socket.send("x" * 200_000)
                with pytest.raises(ConnectionClosed):
                    await socket.recv()
            assert await (await served.client()).answers()

    run(main)


@pytest.mark.process
def test_the_framework_is_not_loaded_before_somebody_connects() -> None:
    check = (
        "import sys, papertape.server.control.host, papertape.server.control.serve;"
        "unwanted = ('fastapi', 'starlette', 'uvicorn', 'google.protobuf');"
        "sys.exit(any(name in sys.modules for name in unwanted))"
    )
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0


def test_a_flood_of_news_comes_in_few_pieces_and_none_is_left_out() -> None:
    async def main() -> None:
        async with control() as (served, api):
            hub = served.hall.station.event_bus
            async with connect(
                events_at(api, "?kind=order"), additional_headers=rightful(api), proxy=None
            ) as socket:
                await eventually(lambda: bool(hub._followers))
                pieces = told = 0
                for _ in range(20):
                    for number in range(20):
                        hub.tell("order", perm_id=number)
                    await asyncio.sleep(0.01)
                while told < 400:
                    batch = json.loads(await socket.recv())
                    assert batch["lost"] == 0 and batch["news"][0]["time"].endswith("Z")
                    pieces, told = pieces + 1, told + len(batch["news"])
                assert pieces <= 8

    run(main)
