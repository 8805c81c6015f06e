"""Getting ready beside the first clients: what would be loaded by the first order is loaded now.

Recordings are read by a thread, as they are mere files, and protobuf's runtime is loaded by one;
everything else happens in the loop, in short steps between which clients are served. An order that
comes before its tape is there loads it, as it always did.
"""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from ...errors import MarketDataError
from ...venue.market.laid import WorldTape
from ...venue.market.tape import Market
from ...versions import PROTOBUF
from ...wire import proto
from ..station import Station
from .rehearsal import rehearsal

MOST_RECORDINGS = 32
"""More of them are loaded by the first order in each: a big folder would take all the memory."""

log = logging.getLogger("papertape.station")


class WarmUp:
    """The preparations of one station."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._rehearsed: set[int] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.meet(station.settings.max_server_version)
        self._start(self._load())

    def meet(self, version: int) -> None:
        """Clients of this version are there, or will be."""
        if version and version not in self._rehearsed:
            self._rehearsed.add(version)
            self._start(_play(version))

    def cancel(self) -> None:
        """Stop before what comes next."""
        for task in self._tasks:
            task.cancel()

    async def wait(self) -> None:
        """Come back when everything is ready."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.warning("what the first orders need was not prepared", exc_info=task.exception())

    async def _load(self) -> None:
        market = self._station.tape
        if isinstance(market, WorldTape):
            market = market.below
        if not isinstance(market, Market):
            return
        loop = asyncio.get_running_loop()
        for con_id, source in market.unloaded(self._traded())[:MOST_RECORDINGS]:
            try:
                source.keep(await loop.run_in_executor(None, source.read))
                market.quote(con_id, self._station.now)
            except MarketDataError as error:
                log.info("not loaded yet: %s", error)
            await asyncio.sleep(0)

    def _traded(self) -> set[int]:
        """The instruments that come first."""
        queries = self._station.queries
        held = {position.contract.conId for position in queries.positions()}
        return held | {view.contract.conId for view in queries.open_orders()}


async def _play(version: int) -> None:
    if version >= PROTOBUF:  # a thread lets the loop have turns meanwhile
        await asyncio.get_running_loop().run_in_executor(None, proto.load)
    for _ in rehearsal(version):
        await asyncio.sleep(0)
