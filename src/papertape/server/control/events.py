"""News of a station: the latest on request, all news over a WebSocket."""

import asyncio
from datetime import datetime
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, WebSocket, WebSocketDisconnect

from ..event_bus import News
from .sockets import ended, opened, wait
from .stations import NOT_FOUND, PREFIX, Chosen, moment
from .views.plant import NewsView

router = APIRouter(prefix=PREFIX, tags=["events"])
MOST_KINDS = 20
PAUSE_S = 0.1
"""The pause after each send, so that a flood of news does not keep the station busy."""
Kinds = Annotated[list[str], Query(max_length=MOST_KINDS, description="Only these kinds.")]


class ToldNews(msgspec.Struct, frozen=True):
    """``NewsView`` in a form that is cheap to encode."""

    number: int
    time: datetime
    kind: str
    facts: dict[str, Any]


_ENCODE = msgspec.json.Encoder(enc_hook=str).encode


def news_view(news: News) -> NewsView:
    """Return news as the API shows it."""
    return NewsView(number=news.number, time=moment(news.time), kind=news.kind, facts=news.facts)


@router.get("/stations/{station}/events", responses=NOT_FOUND)
async def events(
    server: Chosen,
    after: Annotated[int, Query(ge=0, le=2**53)] = 0,
    kind: Kinds = [],  # noqa: B006 (the framework copies it)
) -> list[NewsView]:
    """List the latest news after a number, oldest first; a WebSocket sends them as they happen."""
    return [news_view(news) for news in server.station.event_bus.recent(after, kind)]


@router.websocket("/stations/{station}/events")
async def follow(socket: WebSocket, station: str) -> None:
    """Send a list of news when there are any, at most ten times a second; ``{"lost": n}`` counts
    the omitted ones.

    ``?kind=`` selects kinds and may be repeated. What the client sends is ignored.
    """
    server = await opened(socket, station)
    if server is None:
        return
    ready = asyncio.Event()
    hub = server.station.event_bus
    follower = hub.follow(socket.query_params.getlist("kind")[:MOST_KINDS], ready.set)
    ending = asyncio.ensure_future(ended(socket))
    try:
        while not ending.done():
            waiting = asyncio.ensure_future(ready.wait())
            await asyncio.wait((waiting, ending), return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            ready.clear()
            lost, follower.lost = follower.lost, 0
            news = [
                ToldNews(one.number, moment(one.time), one.kind, one.facts)
                for one in follower.take()
            ]
            if news or lost:
                await socket.send_text(_ENCODE({"lost": lost, "news": news}).decode())
                await wait(ending, PAUSE_S)
    except WebSocketDisconnect:
        pass
    finally:
        hub.leave(follower)
        ending.cancel()
