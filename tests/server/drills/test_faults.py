"""Drills over real sockets: what the program's kernel sees."""

import asyncio

import pytest

from papertape.model import Contract
from papertape.server.settings import StationSettings
from papertape.wire.catalogue import market
from papertape.wire.catalogue.session import CurrentTime, ErrorMessage, ReqCurrentTime
from server.pair import Hall
from server.sockets import LOOPS, PATIENCE_S, Served, eventually, run, serving
from server.test_station import order

pytestmark = pytest.mark.network

AAPL = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
loops = pytest.mark.parametrize("loop", LOOPS)


def begin(served: Served, text: str) -> None:
    served.server.act(lambda station: station.drills.begin(text))


@loops
def test_reset_is_an_rst(loop: str) -> None:
    async def main() -> None:
        async with serving() as served:
            client, other = await served.client(1), await served.client(2)
            begin(served, "reset client=1")
            with pytest.raises(ConnectionResetError):
                await client.end()
            assert await other.answers()
            assert await (await served.client(1)).answers()  # the id is free

    run(main, loop)


@loops
def test_half_frame_ends_with_fin_within_a_message(loop: str) -> None:
    async def main() -> None:
        async with serving() as served:
            client = await served.client()
            begin(served, "half-frame currentTime")
            await client.send(ReqCurrentTime())
            assert not [one for one in await client.end() if isinstance(one, CurrentTime)]
            assert client.connection._frames.pending > 0

    run(main, loop)


@loops
def test_slow_drip_comes_in_many_pieces(loop: str) -> None:
    async def main() -> None:
        async with serving() as served:
            client = await served.client()
            client.events.clear()
            begin(served, "slow-drip bytes_per_second=400 seconds=30")
            client.reads.clear()
            await client.send(*[ReqCurrentTime()] * 4)
            await client.until(CurrentTime, 4)
            assert len(client.reads) >= 2 and max(client.reads) <= 80

    run(main, loop)


@loops
def test_freeze_takes_bytes_and_new_connections_and_answers_afterwards(loop: str) -> None:
    async def main() -> None:
        async with serving() as served:
            client = await served.client()
            client.events.clear()
            begin(served, "freeze 0.4")
            await client.send(ReqCurrentTime())
            newcomer = await served.raw()  # the kernel and TWS take it
            await newcomer.write(newcomer.connection.initiate())
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.15):
                    await client.read()
            await client.until(CurrentTime)
            while not newcomer.connection.version:
                await newcomer.read()

    run(main, loop)


@loops
def test_a_nightly_restart_refuses_connections_and_listens_again_on_the_same_port(
    loop: str,
) -> None:
    async def main() -> None:
        async with serving() as served:
            client = await served.client()
            client.events.clear()
            begin(served, "nightly-restart warn_ms=50 down_ms=300")
            told = await client.end()
            assert next(m.errorCode for m in told if isinstance(m, ErrorMessage)) == 1100
            refused = False
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    try:
                        again = await served.client()
                        break
                    except ConnectionRefusedError:
                        refused = True
                        await asyncio.sleep(0.01)
            assert refused and await again.answers()

    run(main, loop)


def test_a_port_taken_while_tws_was_away_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with serving() as served:
            begin(served, "nightly-restart warn_ms=0 down_ms=100")
            await eventually(lambda: served.server.station.away)
            await asyncio.sleep(0)

            async def nobody(*_: object) -> None:
                """Take connections and say nothing."""

            async def taken() -> asyncio.Server:
                while True:
                    try:
                        return await asyncio.start_server(nobody, "127.0.0.1", served.port)
                    except OSError:
                        await asyncio.sleep(0.005)

            thief = await taken()
            await eventually(lambda: "the port" in caplog.text)
            thief.close()
            await thief.wait_closed()
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    try:
                        assert await (await served.client()).answers()
                        break
                    except ConnectionRefusedError:
                        await asyncio.sleep(0.05)

    run(main)


def test_the_daily_logoff_ends_the_server_in_good_order() -> None:
    async def main() -> None:
        hall = Hall(settings=StationSettings(daily_logoff="10:00"))
        async with serving(hall, speed=1.0) as served:
            client = await served.client()
            hall.station.daily._logoff = hall.now  # it is due
            served.server.act(lambda station: station.step(hall.now))
            await client.end()
            assert served.server.failed is not None
            await served.server.failed  # without an exception

    run(main)


def test_closing_a_frozen_station_ends_the_drill_and_answers() -> None:
    async def main() -> None:
        async with serving() as served:
            client = await served.client()
            begin(served, "freeze 3600")
            await client.send(order(1, "BUY 1 AAPL LMT 250"), market.ReqMktData(1, AAPL))
        assert served.hall.station.drills.running() == ()

    run(main)
