"""``kill -9`` of the whole command, with clients on sockets; and a disk that is full.

The clients are ours, and what they are told is what the wire brings them. Each station is started
again on the same directory, as a user would.
"""

import asyncio
import contextlib
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.process import PATIENCE_S, READY, Station, command, environment
from lanes import many
from papertape.client.aio import connect, run
from papertape.client.api import Tws
from papertape.client.contracts import LimitOrder, MarketOrder, Stock
from papertape.client.settings import ClientSettings
from papertape.errors import PapertapeError
from papertape.wire.message import Message
from simulation.kills import rebuilt
from simulation.told import Told

pytestmark = [pytest.mark.network, pytest.mark.process]

KILLS = many(test=4, quick=8, proof=60)
FAST = ClientSettings(max_rate=None)
"""The station is driven as hard as it goes."""
CLIENTS = (1, 2, 3)


def listening(client: int, told: Told) -> Callable[[str, Any], None]:
    def hear(direction: str, message: Any) -> None:
        if direction == "in" and isinstance(message, Message):
            told.hear(client, message)

    return hear


async def trading(port: int, client: int, told: Told, chance: random.Random) -> None:
    """Place, modify, cancel and fill until the station is gone."""
    tws = await connect("127.0.0.1", port, client, timeout=PATIENCE_S, settings=FAST)
    tws.trace(listening(client, told))
    told.next_ids[client] = max(told.next_ids.get(client, 0), tws.report.nextValidId or 0)
    try:
        await tws.positions(timeout=PATIENCE_S)
        while tws.connected:
            trade = chance.choice((market_order, limit_order, limit_order, cancel, modify))
            trade(tws, chance)
            await asyncio.sleep(chance.uniform(0, 0.002))
    except PapertapeError:
        if tws.connected:
            raise
    finally:
        await tws.disconnect()


def market_order(tws: Tws, chance: random.Random) -> None:
    side = chance.choice(("BUY", "SELL"))
    tws.place_order(Stock("SPY"), MarketOrder(side, chance.choice((1, 100))))


def limit_order(tws: Tws, chance: random.Random) -> None:
    tws.place_order(Stock("SPY"), LimitOrder("BUY", 10, 400.0 + chance.randrange(90), tif="GTC"))


def cancel(tws: Tws, chance: random.Random) -> None:
    if tws.trades:
        tws.cancel_order(chance.choice(tws.trades[-10:]))


def modify(tws: Tws, chance: random.Random) -> None:
    working = [trade for trade in tws.trades[-10:] if trade.status == "Submitted"]
    if working:
        tws.modify_order(chance.choice(working), lmtPrice=400.0 + chance.randrange(90))


async def until_killed(station: Station, told: Told, chance: random.Random) -> None:
    clients = [
        asyncio.ensure_future(trading(station.port, number, told, random.Random(chance.random())))
        for number in CLIENTS
    ]
    enough = len(told.orders) + chance.randrange(26, 60)
    async with asyncio.timeout(PATIENCE_S):
        while len(told.orders) < enough:
            await asyncio.sleep(0.005)
    await asyncio.sleep(chance.uniform(0, 0.1))
    station.process.send_signal(signal.SIGKILL)
    await asyncio.gather(*clients)


@pytest.mark.proof
def test_a_killed_command_has_everything_that_was_told(tmp_path: Path) -> None:
    told, chance = Told(), random.Random(1)
    data = tmp_path / "data"
    for number in range(KILLS):
        fast = ("--quote-interval-ms", 20, "--max-message-rate", 0)
        station = Station(tmp_path, "--data-dir", data, *fast)
        run(until_killed(station, told, chance))
        assert station.end()[0] == -signal.SIGKILL
        try:
            told.agrees(rebuilt(data))
        except AssertionError as error:
            raise AssertionError(f"kill {number}: {error}") from error
    assert len(told.orders) > 100 and len(told.executions) > 20
    asked_again(tmp_path, data, told)


def asked_again(folder: Path, data: Path, told: Told) -> None:
    """A last station tells its clients all of it, in answer to their questions."""
    station = Station(folder, "--data-dir", data)

    async def ask(client: int) -> None:
        async with await connect("127.0.0.1", station.port, client) as tws:
            assert (tws.report.nextValidId or 0) >= told.next_ids[client]
            open_orders = {m.orderId: m for m in await tws.open_orders()}
            completed = {m.order.permId: m for m in await tws.completed_orders()}
            fills = {m.execution.execId for m in await tws.executions()}
            assert set(told.executions) <= fills
            for (owner, order_id), order in told.orders.items():
                if owner == client and order.status in ("Submitted", "PreSubmitted"):
                    found = open_orders.get(order_id) or completed[order.permId]
                    assert found.order.permId == order.permId
                elif owner == client and order.opened:
                    assert completed[order.permId].orderState.status == order.status

    async def everyone() -> None:
        for client in CLIENTS:
            await ask(client)

    run(everyone())
    assert station.stop()[0] == 0


# ---------------------------------------------------------------- a full disk

LIMITED = """
import os, resource, sys
size = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
os.execv(sys.executable, [sys.executable, *sys.argv[2:]])
"""


def test_a_full_disk_stops_the_command_and_nothing_is_told_that_is_not_kept(tmp_path: Path) -> None:
    """The journal may not grow beyond 400 kB: to SQLite that is a disk without room."""
    told, data = Told(), tmp_path / "data"
    limit = 400_000
    serve = command("serve", "--port", 0, "--no-color", "--data-dir", data, "--max-message-rate", 0)
    process = subprocess.Popen(
        [sys.executable, "-c", LIMITED, str(limit), *serve[1:]],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    port = next(int(found[2]) for line in process.stdout if (found := READY.search(line)))
    run(until_gone(port, told))
    out, log = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 2, log
    assert "Traceback" not in log
    assert "papertape: cannot be written: " in log
    assert "journal.sqlite" in log and "stopped: " not in out
    told.agrees(rebuilt(data))
    assert len(told.orders) > 20  # the disk was full only after real work
    again = Station(tmp_path, "--data-dir", data)  # there is room again
    assert again.stop()[0] == 0


async def until_gone(port: int, told: Told) -> None:
    """Place resting orders until the station is gone."""
    tws = await connect("127.0.0.1", port, 1, timeout=PATIENCE_S, settings=FAST)
    tws.trace(listening(1, told))
    with contextlib.suppress(PapertapeError):
        while tws.connected:
            for _ in range(20):
                tws.place_order(Stock("SPY"), LimitOrder("BUY", 1, 400.0, tif="GTC"))
            await tws.current_time(timeout=PATIENCE_S)
    assert not tws.connected
    await tws.disconnect()
