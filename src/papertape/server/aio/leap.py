"""A jump of market time: what a client would have seen on the way reaches it, in few writes."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Protocol

from ...venue.units import Nanos
from ..station import Station
from .connection import SocketConnection

TURN: Nanos = 5_000_000
"""How long time jumps before sockets and others have a turn."""
MOST_CORKED = 64 * 1024
"""Bytes for one client in a turn of a jump; less than what makes quotes wait for it."""
DRAIN_S = 2.0
"""How long a jump waits for a client that takes nothing."""


class Acting(Protocol):
    """How a jump acts on its station between what clients ask."""

    def __call__(self, work: Callable[[Station], bool | None]) -> bool | None:
        """What ``work`` gives."""


class Stepping(Protocol):
    """How market time goes on to the next thing that happens."""

    def __call__(self, target: Nanos, *, on: bool) -> bool:
        """Whether something happened until ``target``."""


class Leap:
    """Jumps of one station's market time."""

    def __init__(
        self, act: Acting, step_to: Stepping, connections: Iterable[SocketConnection]
    ) -> None:
        self._act, self._step_to, self._connections = act, step_to, connections

    async def to(self, target: Nanos, done: Callable[[Station], bool]) -> bool:
        """Jump to an instant, or until ``done`` after a step; whether it was."""
        while (found := self._act(lambda station: self._turn(station, target, done))) is None:
            await self._drained()
        await self._drained()
        return found

    def _turn(
        self, station: Station, target: Nanos, done: Callable[[Station], bool]
    ) -> bool | None:
        """Jump for a turn; whether ``done``, None when the turn is over before that and before
        ``target``. What is sent goes out as one."""
        watch = station.timing.stopwatch
        end, on = watch() + TURN, False
        for connection in self._connections:
            connection.cork()
        station.leap(True)
        try:
            while True:
                more = self._step_to(target, on=on)
                if done(station):
                    return True
                if not more:
                    return False
                on = True
                if watch() >= end or any(c.corked > MOST_CORKED for c in self._connections):
                    return None
        finally:
            station.leap(False)
            for connection in list(self._connections):
                connection.uncork()

    async def _drained(self) -> None:
        """Let others have a turn, and wait until clients have taken what they were sent, or take
        nothing for a while."""
        loop = asyncio.get_running_loop()
        await asyncio.sleep(0)
        left, end = self._unsent(), loop.time() + DRAIN_S
        while left > MOST_CORKED and loop.time() < end:
            await asyncio.sleep(0.0005)
            now = self._unsent()
            if now < left:
                left, end = now, loop.time() + DRAIN_S

    def _unsent(self) -> int:
        return max((connection.unsent for connection in self._connections), default=0)
