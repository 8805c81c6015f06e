"""The messages of the sessions, live over a WebSocket."""

import asyncio
from datetime import datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, WebSocket, WebSocketDisconnect

from ..taps.live_feed import TAKES, Direction, Travelled, Wanted
from .sockets import ended, opened, wait
from .stations import PREFIX, moment

router = APIRouter(prefix=PREFIX, tags=["messages"])
Number = Annotated[int | None, Query(ge=0, le=2**53)]


class ShownMessage(msgspec.Struct, frozen=True):
    """One message in the API's form."""

    number: int
    time: datetime
    session: int
    client_id: int | None
    direction: Direction
    version: int
    length: int
    hex: str
    market_data: bool
    hidden: bool


class ShownBatch(msgspec.Struct, frozen=True):
    """The content of one WebSocket message."""

    dropped: int
    messages: list[ShownMessage]


_ENCODE = msgspec.json.Encoder().encode


def shown(one: Travelled) -> ShownMessage:
    """Return a message as the API shows it."""
    return ShownMessage(
        one.number, moment(one.time), one.session, one.client_id, one.direction, one.version,
        one.length, one.data.hex(), one.market_data, one.hidden,
    )  # fmt: skip


@router.websocket("/stations/{station}/messages")
async def messages(
    socket: WebSocket,
    station: str,
    most: Annotated[int, Query(ge=10, le=2000)] = 1000,
    session: Number = None,
    client_id: Number = None,
    market_data: bool = True,
) -> None:
    """Send ``{"dropped": n, "messages": […]}`` up to ten times a second, at most ``most`` messages
    per second.

    Frames are in hexadecimal; ``length`` is the full length of a frame that is cut. Messages
    beyond ``most`` are omitted evenly and counted in ``dropped``.
    """
    server = await opened(socket, station)
    if server is None:
        return
    feed = server.station.taps.feed
    onlooker = feed.follow(Wanted(most, session, client_id, market_data))
    ending = asyncio.ensure_future(ended(socket))
    try:
        while not ending.done():
            dropped, taken = onlooker.take()
            if dropped or taken:
                batch = ShownBatch(dropped, [shown(one) for one in taken])
                await socket.send_text(_ENCODE(batch).decode())
            await wait(ending, 1 / TAKES)
    except WebSocketDisconnect:
        pass
    finally:
        feed.leave(onlooker)
        ending.cancel()
