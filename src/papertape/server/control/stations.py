"""The control API's access to the stations of this process."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final, TypeVar

from fastapi import Depends, HTTPException, Path, Request
from pydantic import TypeAdapter
from starlette.responses import Response

from ...errors import JournalError
from ...venue.units import Nanos
from ..aio.server import StationServer
from ..notices import Notice
from ..station import Station
from .views.base import NoticeView, Problem

Result = TypeVar("Result")
Item = TypeVar("Item")
PREFIX: Final = "/v1"
"""Every route of the control API is below it, but for health and metrics."""
PIECE: Final = 100
"""Rows that are encoded in one step."""
TURN_S: Final = 0.002
"""Seconds of work on an answer before it yields to other tasks."""
ANYWHERE: dict[int | str, dict[str, Any]] = {
    code: {"model": Problem} for code in (400, 401, 403, 413, 421)
}
"""Error answers of every route: a body that is not JSON, and refusals of the guard."""
NOT_FOUND: dict[int | str, dict[str, Any]] = {
    **ANYWHERE,
    404: {"model": Problem},
    503: {"model": Problem},
}
"""Error answers of every route below a station."""
CONFLICT: dict[int | str, dict[str, Any]] = {**NOT_FOUND, 409: {"model": Problem}}
"""Error answers of routes that may conflict with the station's state."""


class Plant:
    """The stations of the process by name."""

    def __init__(self, servers: Mapping[str, StationServer]) -> None:
        self.servers = servers

    def named(self, name: str) -> StationServer:
        """Return a station. Raises 404, naming the known stations."""
        found = self.servers.get(name)
        if found is None:
            known = ", ".join(self.servers)
            raise HTTPException(404, f"there is no station {name!r}; there are: {known}")
        return found


def chosen(
    request: Request,
    station: Annotated[str, Path(description="Name of the station.", max_length=100)],
) -> StationServer:
    """Return the station that the path names."""
    plant: Plant = request.app.state.plant
    return plant.named(station)


Chosen = Annotated[StationServer, Depends(chosen)]


def act(server: StationServer, work: Callable[[Station], Result]) -> Result:
    """Run ``work`` on the station on behalf of the caller and return its result.

    Raises 503 when the station has stopped, or stops because it cannot store the change.
    """
    try:
        return server.act(work)
    except (RuntimeError, JournalError) as error:
        raise HTTPException(503, str(error)) from error


class Turns:
    """Yields to other tasks while a long answer is computed."""

    def __init__(self) -> None:
        self._end = time.perf_counter() + TURN_S

    async def others(self) -> None:
        """Return immediately, or yield when the turn is over.

        Raises 503 when the server stops meanwhile: nobody needs the answer then, and that it is cut
        off is no fault.
        """
        if time.perf_counter() > self._end:
            try:
                await asyncio.sleep(0)
            except asyncio.CancelledError:
                raise HTTPException(503, "the station stops") from None
            self._end = time.perf_counter() + TURN_S


async def told(
    kind: TypeAdapter[list[Result]], items: Iterable[Item | None], make: Callable[[Item], Result]
) -> Response:
    """Return the answer to a request for a list that may be long; skip None."""
    turns, rows, pieces = Turns(), list[Result](), list[bytes]()
    for item in items:
        if item is not None:
            rows.append(make(item))
        if len(rows) == PIECE:
            pieces.append(kind.dump_json(rows)[1:-1])
            rows.clear()
        await turns.others()
    if rows:
        pieces.append(kind.dump_json(rows)[1:-1])
    return Response(b"[" + b",".join(pieces) + b"]", media_type="application/json")


def current(server: StationServer) -> Nanos:
    """Return the market time, even when the station has had no turn for a while."""
    return max(server.station.now, server.now())


def notice_view(notice: Notice | None) -> NoticeView | None:
    """Return a notice as the API shows it."""
    if notice is None:
        return None
    return NoticeView(code=notice.code, text=notice.text, time=moment(notice.time))


def moment(time: Nanos) -> datetime:
    """Convert market time to a ``datetime``, to the microsecond."""
    return datetime.fromtimestamp(time // 1000 / 1e6, UTC)
