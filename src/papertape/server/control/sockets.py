"""Shared functions of the control API's WebSockets."""

import asyncio

from fastapi import WebSocket, WebSocketDisconnect

from ..aio.server import StationServer
from .stations import Plant


async def opened(socket: WebSocket, station: str) -> StationServer | None:
    """Accept a WebSocket of a station; close it and return None for an unknown station."""
    plant: Plant = socket.app.state.plant
    server = plant.servers.get(station)
    if server is None:
        await socket.close(1008, f"there is no station {station[:100]!r}")
        return None
    await socket.accept()
    return server


async def ended(socket: WebSocket) -> None:
    """Wait until the client closes; ignore what it sends."""
    try:
        while True:
            await socket.receive_bytes()
    except (WebSocketDisconnect, KeyError, RuntimeError):
        return


async def wait(ending: "asyncio.Future[None]", seconds: float) -> None:
    """Wait for ``seconds``, or until the client closes."""
    await asyncio.wait((ending,), timeout=seconds)
