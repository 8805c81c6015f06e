"""Stations, their sessions, and the connections that wait for the user's decision."""

import asyncio
from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Request

from ...errors import SettingsError
from ..aio.connection import SocketConnection
from ..aio.server import StationServer
from ..market_data.live_bars import lines_held
from ..sessions.policy import WaitingConnection
from ..sessions.session import Session
from ..sessions.subscriptions import Query
from .meter import Meter
from .stations import ANYWHERE, NOT_FOUND, PREFIX, Chosen, Plant, act, moment, notice_view
from .views.plant import AcceptBody, SessionView, StationView, WaitingView

router = APIRouter(prefix=PREFIX, tags=["sessions"])
PROTOBUF_FROM = 201
Number = Annotated[int, Path(ge=1, le=2**53, description="Number of the connection.")]


def station_view(name: str, server: StationServer) -> StationView:
    """Return a station as the API shows it."""
    station = server.station
    return StationView(
        name=name,
        host=server.address[0],
        port=server.address[1],
        gateway=station.settings.gateway,
        server_version=station.settings.max_server_version,
        accounts=list(station.queries.accounts()),
        time=moment(server.now()),
        speed=server.speed,
        sessions=sum(1 for _ in station.sessions()),
        waiting=len(station.policy.waiting()),
        notice=notice_view(station.admission.notice),
    )


def session_view(session: Session, meter: Meter) -> SessionView:
    """Return a connection as the API shows it."""
    transport = session.transport
    unsent = session.queued + (transport.unsent if isinstance(transport, SocketConnection) else 0)
    read = meter.read(session, unsent, asyncio.get_running_loop().time())
    return SessionView(
        number=session.number,
        client_id=session.client_id,
        address=session.peer,
        version=session.version,
        format="protobuf" if session.version >= PROTOBUF_FROM else "text",
        since=moment(session.since),
        received=session.received,
        sent=session.sent,
        in_per_s=read.in_per_s,
        out_per_s=read.out_per_s,
        unsent_bytes=unsent,
        lag_s=read.lag_s,
        lines=lines_held(session),
        subscriptions=_subscriptions(session),
        paused=session.paused,
    )


def _subscriptions(session: Session) -> int:
    return sum(not isinstance(one, Query) for one in session.subscriptions)


def waiting_view(server: StationServer, one: WaitingConnection) -> WaitingView:
    """Return a waiting connection as the API shows it."""
    found = (each for each in server.station.connections() if each.number == one.number)
    session = next(found, None)
    return WaitingView(
        number=one.number,
        client_id=one.client_id,
        address=one.address,
        version=0 if session is None else session.version,
        since=moment(one.since),
        until=moment(one.until),
    )


@router.get("/stations", responses=ANYWHERE)
async def stations(request: Request) -> list[StationView]:
    """List the stations of this process."""
    plant: Plant = request.app.state.plant
    return [station_view(name, server) for name, server in plant.servers.items()]


@router.get("/stations/{station}", responses=NOT_FOUND)
async def one_station(station: str, server: Chosen) -> StationView:
    """Return one station."""
    return station_view(station, server)


@router.get("/stations/{station}/sessions", responses=NOT_FOUND)
async def sessions(request: Request, server: Chosen) -> list[SessionView]:
    """List the connections, including those that have not started yet."""
    meter: Meter = request.app.state.meter
    return [session_view(session, meter) for session in server.station.connections()]


@router.post("/stations/{station}/sessions/{number}/disconnect", responses=NOT_FOUND)
async def disconnect(request: Request, server: Chosen, number: Number) -> SessionView:
    """Close a connection; its working orders keep working."""
    found = next((one for one in server.station.connections() if one.number == number), None)
    if found is None:
        raise HTTPException(404, f"there is no connection {number}")
    view = session_view(found, request.app.state.meter)
    act(
        server, lambda station: station.registry.drop(found, "disconnected through the control API")
    )
    return view


@router.get("/stations/{station}/waiting", responses=NOT_FOUND)
async def waiting(server: Chosen) -> list[WaitingView]:
    """List the connections that wait for a decision, oldest first."""
    return [waiting_view(server, one) for one in server.station.policy.waiting()]


@router.post("/stations/{station}/waiting/{number}/accept", responses=NOT_FOUND)
async def accept(server: Chosen, number: Number, body: AcceptBody | None = None) -> WaitingView:
    """Accept a waiting connection."""
    always = body is not None and body.always
    return _decide(server, lambda: server.station.policy.accept(number, always=always))


@router.post("/stations/{station}/waiting/{number}/reject", responses=NOT_FOUND)
async def reject(server: Chosen, number: Number) -> WaitingView:
    """Reject and close a waiting connection."""
    return _decide(server, lambda: server.station.policy.reject(number))


def _decide(server: StationServer, decide: Callable[[], WaitingConnection]) -> WaitingView:
    try:
        return waiting_view(server, act(server, lambda _: decide()))
    except SettingsError as error:
        raise HTTPException(404, str(error)) from error
