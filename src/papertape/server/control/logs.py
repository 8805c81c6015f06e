"""The station's log."""

import logging
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request

from .logring import KEPT, Line, LogRing
from .stations import NOT_FOUND, PREFIX, Chosen
from .views.plant import LogView

router = APIRouter(prefix=PREFIX, tags=["log"])
Level = Literal["info", "warning", "error", "critical"]


def log_view(line: Line) -> LogView:
    """Return a line as the API shows it."""
    return LogView(
        number=line.number,
        time=line.time,
        level=line.level,
        logger=line.logger,
        message=line.message,
        error=line.error,
    )


@router.get("/stations/{station}/log", responses=NOT_FOUND)
async def log(
    request: Request,
    station: str,
    _: Chosen,
    after: Annotated[int, Query(ge=0, le=2**53, description="Number of the last line seen.")] = 0,
    level: Level = "info",
    last: Annotated[int, Query(ge=1, le=KEPT)] = KEPT,
) -> list[LogView]:
    """List the latest lines of the log, oldest first; news of kind ``log`` has new ones."""
    ring: LogRing = request.app.state.log
    lowest = logging.getLevelNamesMapping()[level.upper()]
    found = [
        line
        for line in tuple(ring.lines)
        if line.number > after and line.concerns(station) and line.weight >= lowest
    ]
    return [log_view(line) for line in found[-last:]]
