"""The stations of this process, as the control API reaches them."""

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
from .views import NoticeView, Problem

Result = TypeVar("Result")
Item = TypeVar("Item")
PIECE: Final = 100
"""Rows that become text in one go."""
TURN_S: Final = 0.002
"""How long an answer is worked out before others have their turn."""
ANYWHERE: dict[int | str, dict[str, Any]] = {
    code: {"model": Problem} for code in (400, 401, 403, 413, 421)
}
"""Answers of every route: a body that is no JSON, and what the guard refuses."""
NOT_FOUND: dict[int | str, dict[str, Any]] = {
    **ANYWHERE,
    404: {"model": Problem},
    503: {"model": Problem},
}
"""Answers of every route below a station."""
CONFLICT: dict[int | str, dict[str, Any]] = {**NOT_FOUND, 409: {"model": Problem}}
"""And of those that may not fit the station's state."""


class Plant:
    """Stations by name; every request goes to one of them."""

    def __init__(self, servers: Mapping[str, StationServer]) -> None:
        self.servers = servers

    def named(self, name: str) -> StationServer:
        """Raises 404 naming those that there are."""
        found = self.servers.get(name)
        if found is None:
            known = ", ".join(self.servers)
            raise HTTPException(404, f"there is no station {name!r}; there are: {known}")
        return found


def chosen(
    request: Request,
    station: Annotated[str, Path(description="Name of the station.", max_length=100)],
) -> StationServer:
    """The station that the path names."""
    plant: Plant = request.app.state.plant
    return plant.named(station)


Chosen = Annotated[StationServer, Depends(chosen)]


def act(server: StationServer, work: Callable[[Station], Result]) -> Result:
    """Let the caller act on a station. Raises 503 when the station has stopped, or stops on it
    because it cannot be kept."""
    try:
        return server.act(work)
    except (RuntimeError, JournalError) as error:
        raise HTTPException(503, str(error)) from error


class Turns:
    """Lets others have their turn while a long answer is worked out."""

    def __init__(self) -> None:
        self._end = time.perf_counter() + TURN_S

    async def others(self) -> None:
        """Go on at once, or after the others when the turn is over."""
        if time.perf_counter() > self._end:
            await asyncio.sleep(0)
            self._end = time.perf_counter() + TURN_S


async def told(
    kind: TypeAdapter[list[Result]], items: Iterable[Item | None], make: Callable[[Item], Result]
) -> Response:
    """The answer to a request for a list that may be long; None is passed over."""
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
    """Market time as far as the station can tell of it, which may not have had a turn for long."""
    return max(server.station.now, server.now())


def notice_view(notice: Notice | None) -> NoticeView | None:
    """A notice as the API shows it."""
    if notice is None:
        return None
    return NoticeView(code=notice.code, text=notice.text, time=moment(notice.time))


def moment(time: Nanos) -> datetime:
    """Market time, to the microsecond."""
    return datetime.fromtimestamp(time // 1000 / 1e6, UTC)
