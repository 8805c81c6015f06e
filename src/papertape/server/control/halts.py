"""Halts: trading of an instrument stops, and goes on; orders wait meanwhile."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, HTTPException
from pydantic import Field

from ...errors import WorldError
from ...venue.market.source import ENDLESS, Halt
from ...venue.reference.instruments import Instrument
from ...venue.script import VOLATILITY
from ...venue.units import SECOND
from ...worlds.steps import HaltStep, ResumeStep, WorldStep
from ..aio.server import StationServer
from ..plant.held_orders import UNREACHABLE
from ..station import Station
from .market import Number, quoted
from .stations import CONFLICT, NOT_FOUND, PREFIX, Chosen, act, current, moment
from .views.base import View

router = APIRouter(prefix=PREFIX, tags=["market"])
LONGEST_S = 366 * 86_400


class HaltBody(View):
    """What stops trading, and for how long."""

    symbol: Annotated[str, Field(min_length=1, max_length=40, examples=["SPY"])]
    """A symbol, a pair such as EUR.USD, a local symbol, a conId."""
    seconds: float | None = Field(None, gt=0, le=LONGEST_S, allow_inf_nan=False)
    """Of market time; null: until it is resumed."""
    volatility: bool = False
    """Whether it is a pause for volatility, of which clients are told 2 instead of 1."""


class HaltView(View):
    """A halt that lasts or is planned."""

    con_id: int
    symbol: str
    since: datetime
    until: datetime | None
    """Null until somebody resumes trading."""
    volatility: bool


@router.get("/stations/{station}/halts", responses=NOT_FOUND)
async def halts(server: Chosen) -> list[HaltView]:
    """List the instruments whose trading is halted now."""
    station, now = server.station, current(server)
    told = station.venue.state.script.tape
    found = ((con_id, _lasting(station, con_id, now)) for con_id in told)
    return [_view(station, con_id, one) for con_id, one in found if one is not None]


@router.post("/stations/{station}/halts", responses=CONFLICT)
async def halt(server: Chosen, body: HaltBody) -> HaltView:
    """Halt trading of an instrument that has market data: nobody quotes or trades, orders wait, and
    clients are told tick 49. 404 where there is none, 409 where it is halted already."""
    station = server.station
    entry = _named(station, body.symbol)
    if _lasting(station, entry.conId, current(server)) is not None:
        raise HTTPException(409, f"{entry.symbol} is halted already")
    lasts = None if body.seconds is None else int(Decimal(str(body.seconds)) * SECOND)
    name = str(entry.conId)
    _carry_out(server, HaltStep(symbol=name, lasts=lasts, volatility=body.volatility))
    return _view(station, entry.conId, _spans(station, entry.conId)[-1])


@router.post("/stations/{station}/halts/{con_id}/resume", responses=CONFLICT)
async def resume(server: Chosen, con_id: Number) -> HaltView:
    """Let trading go on, with the quote that stands then. 404 for an instrument without market
    data, 409 where trading is not halted."""
    station = server.station
    entry = quoted(station, con_id)
    if _lasting(station, con_id, current(server)) is None:
        raise HTTPException(409, f"{entry.symbol} is not halted")
    _carry_out(server, ResumeStep(symbol=str(con_id)))
    return _view(station, con_id, _spans(station, con_id)[-1])


def _named(station: Station, name: str) -> Instrument:
    try:
        return quoted(station, station.world.runner.instrument(name).conId)
    except WorldError as error:
        raise HTTPException(404, str(error)) from error


def _carry_out(server: StationServer, step: WorldStep) -> None:
    if not server.station.link.up:
        raise HTTPException(409, UNREACHABLE)
    try:
        act(server, lambda station: station.world.runner.carry_out(step))
    except WorldError as error:
        raise HTTPException(409, str(error)) from error


def _spans(station: Station, con_id: int) -> list[Halt]:
    return list(station.market.halts(con_id))


def _lasting(station: Station, con_id: int, now: int) -> Halt | None:
    """The halt of an instrument that lasts; one that was asked for just now begins at once."""
    return next((one for one in _spans(station, con_id) if one.begins <= now + 1 < one.ends), None)


def _view(station: Station, con_id: int, one: Halt) -> HaltView:
    entry = station.venue.instruments[con_id]
    return HaltView(
        con_id=con_id,
        symbol=entry.symbol,
        since=moment(one.begins),
        until=None if one.ends == ENDLESS else moment(one.ends),
        volatility=one.kind == VOLATILITY,
    )
