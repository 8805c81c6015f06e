"""The driver's clocks: the computer's clock may be set while a station runs, time goes on."""

import logging
import time

import pytest

from papertape.server.aio import clock
from papertape.server.aio.clock import steady_ns
from papertape.venue.units import SECOND
from papertape.wire.catalogue import reports, session
from server.pair import Hall
from server.sockets import LOOPS, Clock, eventually, run, serving
from server.test_station import order

pytestmark = pytest.mark.network

EACH_LOOP = pytest.mark.parametrize("loop", LOOPS)
STEPS = pytest.mark.parametrize("seconds", [-90, 90])


@EACH_LOOP
@STEPS
def test_a_clock_that_is_set_disturbs_nobody(
    loop: str,
    seconds: int,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.WARNING, "papertape.station")
    monkeypatch.setattr("papertape.server.aio.server.LOOK_S", 0.01)

    async def main() -> None:
        hall, wall = Hall(), Clock()
        hall.quote("AAPL 257.66 x 257.68")
        async with serving(hall, wall=wall, speed=10) as served:
            client = await served.client()
            wall.set_by(seconds)
            before = served.server.now()
            for number in range(1, 56):  # more than a second's worth, whatever the clock says
                await client.send(session.ReqCurrentTime())
                got = await client.until(session.CurrentTime)
                told = next(m.currentTime for m in got if isinstance(m, session.CurrentTime))
                assert before // SECOND <= told <= served.server.now() // SECOND, number
            await client.send(order(1, "BUY 100 AAPL MKT"))
            await client.until(reports.CommissionReport)
            late = await served.client(2)
            assert await late.answers()
            assert len(list(hall.station.connections())) == 2
            await eventually(lambda: "clock was set" in caplog.text)

    run(main, loop)
    way = "ahead" if seconds > 0 else "back"
    told = [line for line in caplog.messages if "clock was set" in line]
    assert len(told) == 1 and f"set {way} by" in told[0] and "continues" in told[0]


@EACH_LOOP
def test_timers_go_on_when_the_clock_is_set_back(loop: str) -> None:
    async def main() -> None:
        hall, wall = Hall(), Clock()
        async with serving(hall, wall=wall) as served:
            wall.set_by(-3600)
            due = served.server.now() + SECOND // 20
            seen = [0]
            ran = lambda: seen[-1] >= due  # noqa: E731
            hall.station.drills.alarm._due = lambda: None if ran() else due
            hall.station.act()
            step = hall.station.step
            hall.station.step = lambda now: (seen.append(now), step(now))[1]  # type: ignore[method-assign,func-returns-value]
            served.server.wake()
            await eventually(ran)

    run(main, loop)


def test_a_step_is_noticed_while_nobody_is_connected(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.WARNING, "papertape.station")
    monkeypatch.setattr("papertape.server.aio.server.LOOK_S", 0.01)

    async def main() -> None:
        wall = Clock()
        async with serving(wall=wall):
            wall.set_by(-90)
            await eventually(lambda: "set back by 0:01:30" in caplog.text)

    run(main)


def test_the_steady_clock_counts_suspended_time_where_there_is_such_a_clock(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read: list[int] = []

    def fake(which: int) -> int:
        read.append(which)
        return 5

    monkeypatch.setattr(time, "clock_gettime_ns", fake)
    assert steady_ns() == 5
    assert read == [getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)] == [clock.STEADY]


def test_the_steady_clock_moves() -> None:
    assert 0 < steady_ns() <= steady_ns()


def test_a_timer_is_set_again_at_each_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """Timers stand still while a computer is suspended, and the steady clock does not."""
    monkeypatch.setattr("papertape.server.aio.server.LOOK_S", 0.01)

    async def main() -> None:
        hall = Hall()
        async with serving(hall) as served:
            due = served.server.now() + 3600 * SECOND
            hall.station.drills.alarm._due = lambda: due
            hall.station.act()
            served.server.wake()
            await eventually(lambda: served.server._due == due)
            first = served.server._timer
            await eventually(lambda: served.server._timer not in (None, first))

    run(main)
