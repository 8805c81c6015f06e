"""How much each account was worth over the session: a bounded line of points.

Sampled from the station from the first visit of a page that shows accounts on, for as long as the
console runs, whichever pages are open then.
"""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from .remote import Remote, RemoteError

EVERY_S: Final = 5.0
MOST: Final = 720
"""Points of an account that are kept: an hour of one each 5 seconds. With more of them every other
one is dropped and the distance between two doubles, so that a line spans the session."""
MOST_ACCOUNTS: Final = 100


class EquityPoint(NamedTuple):
    """What an account was worth at an instant of the market."""

    time: str
    """ISO, market time."""
    value: float


class EquityLine:
    """The points of one account, oldest first."""

    def __init__(self, most: int = MOST) -> None:
        self._kept: list[EquityPoint] = []
        self._latest: EquityPoint | None = None
        self._most = most
        self._each, self._count = 1, 0

    @property
    def points(self) -> list[EquityPoint]:
        """The points, at even distances, and the latest one."""
        last = self._latest
        return self._kept if last is None or last is self._kept[-1] else [*self._kept, last]

    def add(self, point: EquityPoint) -> None:
        """Add the latest point."""
        self._latest = point
        if self._count % self._each == 0:
            self._kept.append(point)
            if len(self._kept) >= self._most:
                self._kept = self._kept[::2]
                self._each *= 2
        self._count += 1


class EquityRecorder:
    """Samples the accounts of one station until its task is cancelled."""

    def __init__(self, remote: Remote, station: str) -> None:
        self.lines: dict[str, EquityLine] = {}
        self._remote, self._station = remote, station
        self.task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to sample, unless it has begun."""
        if self.task is None:
            self.task = asyncio.create_task(self._keep())

    def take(self, time: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add a sample."""
        for row in rows:
            if row["account"] in self.lines or len(self.lines) < MOST_ACCOUNTS:
                line = self.lines.setdefault(row["account"], EquityLine())
                line.add(EquityPoint(time, row["net_liquidation"]))

    async def _keep(self) -> None:
        while True:
            try:
                clock = await self._remote.get(self._station, "/clock")
                self.take(clock["time"], await self._remote.get(self._station, "/accounts"))
            except RemoteError:
                pass  # the layout reports that the station does not answer
            await asyncio.sleep(EVERY_S)
