"""Worlds over the control API: whole, line by line, what has been decided, what clients sent."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, HTTPException, Query
from pydantic import Field

from ...errors import WorldError
from ...worlds.reading import MOST_BYTES, read_steps, read_world
from ...worlds.verbs import VERBS
from ..aio.server import StationServer
from ..worlds.checking import request_named
from ..worlds.seen import SeenRequest
from .stations import CONFLICT, NOT_FOUND, PREFIX, Chosen, act, moment
from .views.base import View

router = APIRouter(prefix=PREFIX, tags=["worlds"])
MOST = 1_000


class WorldBody(View):
    """Lines of a world."""

    text: Annotated[str, Field(max_length=MOST_BYTES, examples=["quote SPY 170.08 x 170.10"])]


class ReportBody(View):
    """What a program knows: ``position AAPL`` is 100."""

    name: Annotated[str, Field(min_length=1, max_length=200, examples=["position AAPL"])]
    value: Annotated[str, Field(max_length=200, examples=["100"])]


class OutcomeView(View):
    """An expectation that was decided, or a step that could not be carried out."""

    line: int
    text: str
    passed: bool
    at: datetime
    wanted: str
    came: list[str]


class WorldView(View):
    """A station's world."""

    began: datetime | None
    """Null before the first world."""
    over: bool
    pending: int
    """Expectations that are not decided."""
    outcomes: list[OutcomeView]


class RequestView(View):
    """A request of a client."""

    number: int
    time: datetime
    client_id: int | None
    name: str
    """Its official name."""
    fields: dict[str, Any]


class VerbView(View):
    """A verb of worlds."""

    name: str
    usage: str
    does: str
    owner: str
    """Whose command it is: clock, account, market, broker, drill or test."""


def world_view(server: StationServer) -> WorldView:
    """Return a station's world as the API shows it."""
    world = server.station.world
    return WorldView(
        began=moment(world.began) if world.began else None,
        over=world.over,
        pending=len(world.expecting.pending),
        outcomes=[
            OutcomeView(
                line=one.line, text=one.text, passed=one.passed, at=moment(one.at),
                wanted=one.wanted, came=list(one.came),
            )
            for one in world.outcomes
        ],
    )  # fmt: skip


def _request(one: SeenRequest) -> RequestView:
    fields = msgspec.to_builtins(one.message, str_keys=True)
    return RequestView(
        number=one.number, time=moment(one.time), client_id=one.client, name=one.name,
        fields=fields,
    )  # fmt: skip


@router.get("/stations/{station}/world", responses=NOT_FOUND)
async def world(server: Chosen) -> WorldView:
    """Return the world that plays, and what has been decided of it."""
    return world_view(server)


@router.get("/stations/{station}/world/verbs", responses=NOT_FOUND)
async def verbs(server: Chosen) -> list[VerbView]:
    """List the verbs of worlds."""
    return [
        VerbView(name=v.name, usage=v.usage, does=v.does, owner=v.owner) for v in VERBS.values()
    ]


@router.post("/stations/{station}/world", responses=CONFLICT)
async def play(server: Chosen, body: WorldBody) -> WorldView:
    """Play a whole world from now on; 409 with line and column when a line is wrong.

    What founds a station (start, hours, seed, contract) is for `papertape serve --world`.
    """
    try:
        read = read_world(body.text)
        act(server, lambda station: station.taps.record(station.world.seen))
        act(server, lambda station: station.world.load(read))
    except WorldError as error:
        raise HTTPException(409, str(error)) from error
    await server.settle()
    return world_view(server)


@router.post("/stations/{station}/world/lines", responses=CONFLICT)
async def lines(server: Chosen, body: WorldBody) -> WorldView:
    """Take more lines of the world that plays; those without a moment are carried out at once. 409
    with line and column when one is wrong; those before it have been carried out."""
    try:
        placed = read_steps(body.text)
        act(server, lambda station: station.world.place_all(placed))
    except WorldError as error:
        raise HTTPException(409, str(error)) from error
    await server.settle()
    return world_view(server)


@router.post("/stations/{station}/world/reports", responses=CONFLICT)
async def report(server: Chosen, body: ReportBody) -> dict[str, str]:
    """Say what the program under test knows, for `expect report NAME VALUE` and `at end the
    program knows: NAME VALUE`; the latest value of a name counts. Returns all of them."""
    try:
        act(server, lambda station: station.world.report(body.name, body.value))
    except WorldError as error:
        raise HTTPException(409, str(error)) from error
    return dict(server.station.world.expecting.reports)


@router.post("/stations/{station}/world/end", responses=NOT_FOUND)
async def end(server: Chosen) -> WorldView:
    """End the world: decide what is left."""
    act(server, lambda station: station.world.finish())
    return world_view(server)


@router.get("/stations/{station}/world/requests", responses=CONFLICT)
async def requests(
    server: Chosen,
    name: Annotated[str, Query(max_length=100, description="Official name of a request.")] = "",
    after: Annotated[int, Query(ge=0, le=2**53, description="Only those after this number.")] = 0,
) -> list[RequestView]:
    """List the latest requests of all clients since a world first played, oldest first; 409 for a
    name that no request has."""
    try:
        if name:
            request_named(name)
    except WorldError as error:
        raise HTTPException(409, str(error)) from error
    found = [one for one in server.station.world.seen.requests(name) if one.number > after]
    return [_request(one) for one in found[-MOST:]]
