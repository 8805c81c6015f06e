"""News of a station: the latest on request, all of them over a WebSocket."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, WebSocket, WebSocketDisconnect

from ..hub import News
from .plant import NOT_FOUND, Chosen, Plant, moment
from .views import NewsView

router = APIRouter(tags=["events"])
MOST_KINDS = 20
Kinds = Annotated[list[str], Query(max_length=MOST_KINDS, description="Only these kinds.")]


def news_view(news: News) -> NewsView:
    """News as the API shows it."""
    return NewsView(number=news.number, time=moment(news.time), kind=news.kind, facts=news.facts)


@router.get("/stations/{station}/events", responses=NOT_FOUND)
async def events(
    server: Chosen,
    after: Annotated[int, Query(ge=0, le=2**53)] = 0,
    kind: Kinds = [],  # noqa: B006 (the framework copies it)
) -> list[NewsView]:
    """The latest news, oldest first, from a number on; the same over a WebSocket as they come."""
    return [news_view(news) for news in server.station.hub.recent(after, kind)]


@router.websocket("/stations/{station}/events")
async def follow(socket: WebSocket, station: str) -> None:
    """Send a list of news whenever there are any; ``{"lost": n}`` tells of those left out.

    ``?kind=`` chooses kinds and may be repeated. Nothing is read from the other end.
    """
    plant: Plant = socket.app.state.plant
    server = plant.servers.get(station)
    if server is None:
        await socket.close(1008, f"there is no station {station[:100]!r}")
        return
    await socket.accept()
    ready = asyncio.Event()
    hub = server.station.hub
    follower = hub.follow(socket.query_params.getlist("kind")[:MOST_KINDS], ready.set)
    ended = asyncio.ensure_future(_ended(socket))
    try:
        while not ended.done():
            waiting = asyncio.ensure_future(ready.wait())
            await asyncio.wait((waiting, ended), return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            ready.clear()
            lost, follower.lost = follower.lost, 0
            news = [news_view(one).model_dump(mode="json") for one in follower.take()]
            if news or lost:
                await socket.send_json({"lost": lost, "news": news})
    except WebSocketDisconnect:
        pass
    finally:
        hub.leave(follower)
        ended.cancel()


async def _ended(socket: WebSocket) -> None:
    """Wait until the other end closes."""
    try:
        while True:
            await socket.receive_bytes()
    except (WebSocketDisconnect, KeyError, RuntimeError):
        return
