"""The feed of messages over a WebSocket."""

import asyncio
import json
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from papertape.server.control.serve import ControlServer
from papertape.server.taps.live_feed import LONGEST, MOST_BYTES
from papertape.versions import MAX_SERVER
from papertape.wire.catalogue.session import CurrentTime, ReqCurrentTime
from papertape.wire.connection import encode
from server.control.test_serve import control, rightful
from server.sockets import eventually, run

pytestmark = pytest.mark.network


def messages_at(api: ControlServer, query: str = "", station: str = "tws") -> Any:
    base = api.url.replace("http", "ws", 1)
    address = f"{base}/v1/stations/{station}/messages{query}"
    return connect(address, additional_headers=rightful(api), proxy=None)


async def rows(socket: Any, count: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while len(found) < count:
        batch = json.loads(await socket.recv())
        assert batch["dropped"] == 0
        found += batch["messages"]
    return found


def test_messages_are_shown_as_they_travel_and_nobody_pays_afterwards() -> None:
    async def main() -> None:
        async with control() as (served, api):
            client = await served.client(6)
            (session,) = served.hall.station.connections()
            async with messages_at(api, "?client_id=6&market_data=false") as socket:
                await eventually(lambda: session.feed is not None)
                await client.send(ReqCurrentTime())
                asked, told = await rows(socket, 2)
                assert bytes.fromhex(asked["hex"]) == encode(ReqCurrentTime(), MAX_SERVER)
                answer = await client.tells(CurrentTime)
                assert bytes.fromhex(told["hex"]) == encode(answer, MAX_SERVER)
                assert (asked["direction"], told["direction"]) == ("in", "out")
                assert told["length"] == len(told["hex"]) // 2 and told["client_id"] == 6
                assert told["time"].endswith("Z") and told["number"] == asked["number"] + 1
            await eventually(lambda: session.feed is None)

    run(main)


@pytest.mark.parametrize("query", ["?most=9", "?most=2001", "?session=x", "?client_id=-1"])
def test_what_is_asked_for_must_make_sense(query: str) -> None:
    async def main() -> None:
        async with control() as (served, api):
            with pytest.raises((InvalidStatus, ConnectionClosed)):
                async with messages_at(api, query) as socket:
                    await socket.recv()
            assert not served.hall.station.taps.feed.on

    run(main)


def test_another_station_has_no_messages() -> None:
    async def main() -> None:
        async with control() as (_, api):
            with pytest.raises((InvalidStatus, ConnectionClosed)):
                async with messages_at(api, station="other") as socket:
                    await socket.recv()

    run(main)


def test_one_who_does_not_read_holds_nobody_up_and_fills_no_memory() -> None:
    async def main() -> None:
        async with control() as (served, api):
            client = await served.client(6)
            (session,) = served.hall.station.connections()
            feed = served.hall.station.taps.feed
            async with messages_at(api, "?most=2000"):
                await eventually(lambda: feed.on)
                (onlooker,) = feed._onlookers.values()
                long = encode(CurrentTime(5), MAX_SERVER) + b"x" * 20_000
                stuck, takes = 0, -1
                while stuck < 5:  # until it fetches no more, because its socket is full
                    for _ in range(50):
                        feed.sent(session, CurrentTime(5), long)
                    await asyncio.sleep(0.1)
                    stuck = stuck + 1 if onlooker._takes == takes else 0
                    takes = onlooker._takes
                for _ in range(5000):
                    feed.sent(session, CurrentTime(5), long)
                assert sum(len(one.data) for one in onlooker._unread) <= MOST_BYTES + LONGEST
                assert await client.answers()
            await eventually(lambda: not feed.on)

    run(main)
