"""Farms, the broker link, and drills."""

from typing import Annotated

from fastapi import APIRouter, Body, HTTPException, Path

from ...errors import SettingsError
from ..aio.server import StationServer
from ..drills import Run
from .stations import CONFLICT, NOT_FOUND, PREFIX, Chosen, act, moment, notice_view
from .views.plant import (
    DrillBody,
    DrillRunView,
    DrillView,
    FarmView,
    LinkView,
    Option,
    OptionView,
    RunState,
)

MOST_OPTIONS = 20
router = APIRouter(prefix=PREFIX, tags=["faults"])


@router.get("/stations/{station}/farms", responses=NOT_FOUND)
async def farms(server: Chosen) -> list[FarmView]:
    """List the states of the farms."""
    return [
        FarmView(
            name=farm.name,
            kind=str(farm.kind),
            status=str(farm.status),
            notice=notice_view(farm.told),
        )
        for farm in server.station.farms
    ]


@router.get("/stations/{station}/link", responses=NOT_FOUND)
async def link(server: Chosen) -> LinkView:
    """Return the state of the broker link."""
    state = server.station.link
    return LinkView(
        up=state.up,
        competing=server.station.competition.on,
        held_orders=len(state.held),
        notice=notice_view(state.notice),
    )


def run_view(server: StationServer, run: Run) -> DrillRunView:
    """Return a run as the API shows it."""
    at = server.station.drills.acts_at(run.number)
    waiting: RunState = "waits for a client" if at is None else "acts by itself"
    return DrillRunView(
        number=run.number,
        name=run.name,
        options=run.options,
        began=moment(run.began),
        ended=None if run.ended is None else moment(run.ended),
        state=waiting if run.ended is None else "over",
        acts_at=None if at is None else moment(at),
    )


@router.get("/stations/{station}/drills", responses=NOT_FOUND)
async def drills(server: Chosen) -> list[DrillView]:
    """List the drills that can be started."""
    return [
        DrillView(
            name=card.name,
            summary=card.summary,
            explanation=card.explanation,
            options=[OptionView(name=n, type=t, default=d) for n, t, d in card.options],
            issues=list(card.issues),
        )
        for card in server.station.drills.catalogue()
    ]


@router.get("/stations/{station}/drills/runs", responses=NOT_FOUND)
async def runs(server: Chosen) -> list[DrillRunView]:
    """List the drills that were started, oldest first."""
    return [run_view(server, run) for run in server.station.drills.history()]


@router.post("/stations/{station}/drills", responses=CONFLICT)
async def begin(server: Chosen, body: DrillBody) -> DrillRunView:
    """Start a drill from its command line; 409 when the line is not valid."""
    try:
        return run_view(server, act(server, lambda station: station.drills.begin(body.text)))
    except SettingsError as error:
        raise HTTPException(409, str(error)) from error


@router.post("/stations/{station}/drills/{name}", responses=CONFLICT)
async def start(
    server: Chosen,
    name: Annotated[str, Path(max_length=100)],
    options: Annotated[
        dict[str, Option] | None, Body(max_length=MOST_OPTIONS, examples=[{"ms": 500}])
    ] = None,
) -> DrillRunView:
    """Start a drill by name; 404 for an unknown name, 409 for options that are not valid."""
    if name not in {card.name for card in server.station.drills.catalogue()}:
        raise HTTPException(404, f"there is no drill {name!r}")
    try:
        return run_view(
            server, act(server, lambda station: station.drills.start(name, **(options or {})))
        )
    except SettingsError as error:
        raise HTTPException(409, str(error)) from error


@router.post("/stations/{station}/drills/runs/{number}/stop", responses=NOT_FOUND)
async def stop(server: Chosen, number: Annotated[int, Path(ge=1, le=2**53)]) -> DrillRunView:
    """Stop a run; a run that is over is unaffected."""
    found = next((run for run in server.station.drills.history() if run.number == number), None)
    if found is None:
        raise HTTPException(404, f"there is no run {number}")
    act(server, lambda station: station.drills.stop(number))
    return run_view(server, found)
