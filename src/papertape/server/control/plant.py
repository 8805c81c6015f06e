"""The stations of this process, as the control API reaches them."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from fastapi import Depends, HTTPException, Path, Request

from ...venue.units import Nanos
from ..aio import StationServer
from ..station import Station
from .views import Problem

Result = TypeVar("Result")
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
    """Let the caller act on a station. Raises 503 when the station has stopped."""
    try:
        return server.act(work)
    except RuntimeError as error:
        raise HTTPException(503, str(error)) from error


def moment(time: Nanos) -> datetime:
    """Market time, to the microsecond."""
    return datetime.fromtimestamp(time // 1000 / 1e6, UTC)
