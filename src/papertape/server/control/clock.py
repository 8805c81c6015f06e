"""The market's clock: its time and speed, pausing it, stepping ahead."""

from fastapi import APIRouter

from ..aio.server import StationServer
from ..clock import FASTEST, speed_of
from .stations import CONFLICT, NOT_FOUND, PREFIX, Chosen, act, moment
from .views.plant import ClockView, SpeedBody, StepBody

router = APIRouter(prefix=PREFIX, tags=["clock"])


def _clock(server: StationServer) -> ClockView:
    fastest = server.clock.speed >= FASTEST
    return ClockView(time=moment(server.now()), speed=server.speed, max=fastest)


@router.get("/stations/{station}/clock", responses=NOT_FOUND)
async def clock(server: Chosen) -> ClockView:
    """Return market time and its speed."""
    return _clock(server)


@router.patch("/stations/{station}/clock", responses=CONFLICT)
async def change(server: Chosen, body: SpeedBody) -> ClockView:
    """Let market time run faster or slower from now on; a speed of 0 pauses it, and ``max`` is as
    fast as clients follow."""
    act(server, lambda station: server.set_speed(speed_of(body.speed)))
    return _clock(server)


@router.post("/stations/{station}/clock/step", responses=CONFLICT)
async def step(server: Chosen, body: StepBody) -> ClockView:
    """Let market time jump ahead; what falls due on the way happens at its time."""
    act(server, lambda station: None)
    await server.advance(body.seconds)
    return _clock(server)
