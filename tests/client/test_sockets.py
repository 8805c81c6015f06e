"""The asyncio client and a station over real sockets: the station goes away and comes back."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from lanes import HANGS_S
from papertape.client.aio import connect
from papertape.client.api import Tws
from papertape.client.contracts import LimitOrder, Stock
from papertape.client.settings import Backoff, ClientSettings
from papertape.server.aio.server import StationServer
from papertape.server.assembly import compose

pytestmark = pytest.mark.network

AGAIN = ClientSettings(reconnect=Backoff(first_s=0.05, longest_s=0.2))


@asynccontextmanager
async def station(folder: Path, port: int = 0) -> AsyncIterator[int]:
    """A station that keeps its journal in a folder."""
    with compose(wall=time.time_ns(), data_dir=folder) as composed:
        server = StationServer(composed.station, composed.clock)
        _, port = await server.start("127.0.0.1", port)
        try:
            yield port
        finally:
            await server.close()


async def resting(tws: Tws) -> int:
    """Place an order that stays, and give its permanent id."""
    trade = tws.place_order(Stock("SPY"), LimitOrder("BUY", 10, 5.0, tif="GTC"))
    await tws.until(trade, "Submitted")
    return trade.permId


def test_s32_quotes_and_orders_survive_a_restart_of_the_station(tmp_path: Path) -> None:
    async def main() -> None:
        async with station(tmp_path) as port:
            tws = await connect("127.0.0.1", port, 7, settings=AGAIN)
            line = await tws.quotes(Stock("SPY")).__aenter__()
            await line.next()
            perm_id = await resting(tws)
        assert not tws.connected and line.stale
        async with station(tmp_path, port), tws:
            await tws.ready(timeout=HANGS_S)
            while not line.gaps:
                await line.next()
            assert line.stale == "" and line.gaps[0].renewed
            (trade,) = tws.trades
            assert (trade.permId, trade.status) == (perm_id, "Submitted")
            assert await resting(tws) > perm_id and len(tws.trades) == 2

    asyncio.run(main())


def has_ipv6() -> bool:
    """Whether this computer has the address ::1."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_ipv6(), reason="no IPv6 on this computer")
def test_s5_ipv6() -> None:
    async def main() -> None:
        with compose(wall=time.time_ns(), data_dir=None) as composed:
            server = StationServer(composed.station, composed.clock)
            _, port = await server.start("::1", 0)
            try:
                async with connect("::1", port, 7) as tws:
                    assert tws.report.ready
            finally:
                await server.close()

    asyncio.run(main())
