"""The driver: sockets, timer, pages, FIN, and the end of a station that cannot go on."""

import asyncio
import errno
import os
import socket
from typing import Any

import pytest

from papertape.errors import JournalError, SettingsError
from papertape.server.aio import connection
from papertape.server.aio.connection import PAGE, SPLIT_PAUSE_S, SocketConnection
from papertape.server.aio.server import StationServer
from papertape.server.clock import MarketClock
from papertape.server.settings import StationSettings
from papertape.server.timing import Wakeup
from papertape.venue.units import SECOND
from papertape.wire.catalogue import account, market, reports, session
from papertape.wire.connection import encode
from server.pair import Hall
from server.sockets import LOOPS, ONE_LOOP, eventually, run, serving
from server.test_station import order
from venue.scenario import START

pytestmark = pytest.mark.network

EACH_LOOP = pytest.mark.parametrize("loop", LOOPS)


@EACH_LOOP
def test_a_session_over_a_socket(loop: str) -> None:
    async def main() -> None:
        hall = Hall()
        hall.quote("AAPL 257.66 x 257.68")
        async with serving(hall) as served:
            client = await served.client()
            await client.send(order(1, "BUY 100 AAPL MKT"))
            got = await client.until(reports.CommissionReport)
            assert [m.execution.shares for m in got if isinstance(m, reports.ExecutionDetails)]
            client.close()
            await eventually(lambda: not list(served.hall.station.connections()))
            again = await served.client()
            assert await again.answers()

    run(main, loop)


@EACH_LOOP
def test_the_version_answer_comes_alone_and_in_one_piece(loop: str) -> None:
    async def main() -> None:
        async with serving() as served:
            client = await served.raw()
            await client.write(client.connection.initiate())
            await client.read()
            assert len(client.events) == 1
            assert client.reads == [len("226") + len("20260413 10:00:00 EST") + 2 + 4]
            client.close()

    run(main, loop)


@EACH_LOOP
def test_the_timer_brings_quotes_without_any_request(loop: str) -> None:
    async def main() -> None:
        hall = Hall(settings=StationSettings(quote_interval_ms=20))
        hall.quote("AAPL 257.66 x 257.68")
        async with serving(hall) as served:
            client = await served.client()
            contract = order(1, "BUY 1 AAPL MKT").contract
            await client.send(market.ReqMktData(1, contract))
            await client.until(market.TickPrice, 4)
            hall.put("quote AAPL 257.00 x 257.68", served.server.now() + 10**7)
            assert await client.tells(market.TickPrice, price=257.0)

    run(main, loop)


# ---------------------------------------------------------------- pages


class Recorder(asyncio.Transport):
    """A transport that notes what is written and when."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []

    def write(self, data: Any) -> None:
        self.writes.append(bytes(data))

    def get_write_buffer_size(self) -> int:
        return 0

    def is_closing(self) -> bool:
        return False


SIZES = [1, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE, 7 * PAGE, 7 * PAGE + 3]


@pytest.mark.parametrize("size", SIZES)
def test_no_write_is_a_whole_number_of_pages(size: int) -> None:
    async def main() -> None:
        async with serving() as served:
            connection, transport = SocketConnection(served.server), Recorder()
            connection._transport = transport
            connection.write(b"x" * size)
            await asyncio.sleep(3 * SPLIT_PAUSE_S)
            assert all(len(data) % PAGE for data in transport.writes)
            assert sum(map(len, transport.writes)) == size
            assert len(transport.writes) == (2 if size % PAGE == 0 else 1)

    run(main)


def test_what_was_held_back_goes_first() -> None:
    async def main() -> None:
        async with serving() as served:
            connection, transport = SocketConnection(served.server), Recorder()
            connection._transport = transport
            connection.write(b"a" * PAGE)
            connection.write(b"b" * 10)
            await asyncio.sleep(3 * SPLIT_PAUSE_S)
            assert b"".join(transport.writes) == b"a" * PAGE + b"b" * 10

    run(main)


def test_an_answer_of_exactly_a_page_arrives_whole() -> None:
    async def main() -> None:
        async with serving() as served:
            client = await served.client(1, 176)
            (held,) = list(served.hall.station.connections())
            notice = session.ErrorMessage(-1, 0, 399, "")
            room = PAGE - len(encode(notice, 176))
            held.send(session.ErrorMessage(-1, 0, 399, "x" * room))
            assert held.queued == PAGE
            served.hall.station.flush()
            client.reads.clear()
            (got,) = await client.until(session.ErrorMessage)
            assert len(got.errorMsg) == room
            assert client.reads[0] == PAGE - 1
            client.close()

    run(main)


# ---------------------------------------------------------------- closing


@EACH_LOOP
@pytest.mark.parametrize("unread", [0, 100_000], ids=["all read", "much unread"])
def test_a_refused_client_reads_its_326_and_then_a_fin(unread: int, loop: str) -> None:
    async def main() -> None:
        async with serving() as served:
            first = await served.client(5)
            second = await served.raw()
            await second.write(second.connection.initiate())
            await second.read()
            start = second.connection.send(session.StartApi(5))
            # Bytes that we never read would turn the FIN into a RST that overtakes the 326.
            await second.write(start + b"\xff" * unread)
            got = await second.end()
            assert got[-1].errorCode == 326
            assert await first.answers()
            first.close()

    run(main, loop)


@EACH_LOOP
def test_no_place_left_closes_at_once_with_a_fin(loop: str) -> None:
    async def main() -> None:
        async with serving(Hall(settings=StationSettings(max_clients=2))) as served:
            clients = [await served.client(number) for number in (1, 2)]
            late = await served.raw()
            await late.write(late.connection.initiate())
            assert await late.end() == []
            clients[0].close()
            await eventually(lambda: len(list(served.hall.station.connections())) == 1)
            (await served.client(3)).close()
            clients[1].close()

    run(main, loop)


@EACH_LOOP
def test_a_peer_that_ignores_our_fin_is_let_go(loop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "LINGER_S", 0.05)

    async def main() -> None:
        async with serving() as served:
            rude = await served.raw()
            await rude.write(b"GET / HTTP/1.1\r\n\r\n")
            await eventually(lambda: not list(served.hall.station.connections()))
            await eventually(lambda: not served.server.connections)
            rude.close()

    run(main, loop)


@EACH_LOOP
def test_the_end_of_the_station_sends_a_fin_to_everyone(loop: str) -> None:
    async def main() -> None:
        async with serving() as served:
            client, silent = await served.client(), await served.raw()
            await eventually(lambda: len(served.server.connections) == 2)
            closing = asyncio.ensure_future(served.server.close())
            assert await client.end() == []
            assert await silent.end() == []
            await closing

    run(main, loop)


def test_a_reset_frees_the_client_id() -> None:
    async def main() -> None:
        async with serving() as served:
            client = await served.client(8)
            client.reset()
            await eventually(lambda: served.hall.station.client(8) is None)
            (await served.client(8)).close()

    run(main)


def test_a_client_that_only_closes_its_sending_side_still_gets_its_answer() -> None:
    async def main() -> None:
        async with serving() as served:
            client = await served.client()
            await client.send(session.ReqCurrentTime())
            client.socket.shutdown(socket.SHUT_WR)
            assert isinstance((await client.end())[0], session.CurrentTime)

    run(main)


def test_peers_that_vanish_are_noticed_by_keepalive() -> None:
    async def main() -> None:
        async with serving() as served:
            client = await served.client()
            (connection,) = served.server.connections
            assert connection._transport is not None
            sock = connection._transport.get_extra_info("socket")
            assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            client.close()

    run(main)


# ---------------------------------------------------------------- listening


@EACH_LOOP
def test_a_port_in_use_is_told_with_what_to_do(loop: str) -> None:
    async def main() -> None:
        async with serving() as served:
            other = StationServer(Hall().station, MarketClock(0, START))
            with pytest.raises(SettingsError) as error:
                await other.start("127.0.0.1", served.port)
            assert (error.value.setting, error.value.found) == ("port", served.port)
            assert str(error.value) == (
                f"cannot listen on 127.0.0.1:{served.port}: {os.strerror(errno.EADDRINUSE)} "
                f"(setting='port', found={served.port}). "
                "Stop the program that uses the port, or choose another with --port"
            )

    run(main, loop)


def test_an_address_that_is_not_ours_is_told() -> None:
    async def main() -> None:
        server = StationServer(Hall().station, MarketClock(0, START))
        with pytest.raises(SettingsError, match="--host") as error:
            await server.start("192.0.2.1", 0)
        assert error.value.setting == "host"

    run(main)


def test_the_port_is_free_again_after_the_end() -> None:
    async def main() -> None:
        async with serving() as served:
            client = await served.client()
            port = served.port
        client.close()
        again = StationServer(Hall().station, MarketClock(0, START))
        assert (await again.start("127.0.0.1", port))[1] == port
        await again.close()

    run(main)


# ---------------------------------------------------------------- the end


def full_disk(*_: Any) -> int:
    raise JournalError("cannot be written: database or disk is full", advice="Make room")


@EACH_LOOP
def test_a_full_disk_stops_the_station_and_tells_nothing(
    loop: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        hall = Hall()
        hall.quote("AAPL 257.66 x 257.68")
        async with serving(hall) as served:
            client, other = await served.client(1), await served.client(2)
            await other.send(account.ReqPositions())
            await other.until(account.PositionEnd)
            monkeypatch.setattr(served.hall.keeper, "commit", full_disk)
            await client.send(order(1, "BUY 100 AAPL MKT"))
            assert await client.end() == []
            assert await other.end() == []
            assert served.server.failed is not None
            with pytest.raises(JournalError, match="disk is full"):
                await served.server.failed
            with pytest.raises(ConnectionRefusedError):
                await served.raw()

    run(main, loop)
    assert "the station stops: cannot be written" in caplog.text


def test_a_moment_that_the_venue_cannot_live_through_stops_the_station(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        async with serving() as served:
            client = await served.client(1)

            def advance(now: int) -> Any:
                raise ZeroDivisionError("in the walk")

            link = served.hall.station.link
            monkeypatch.setattr(served.hall.station.venue, "advance", advance)
            monkeypatch.setattr(served.hall.station.venue, "next_due", lambda: served.hall.now)
            link.alarm.changed()
            await client.send(session.ReqCurrentTime())
            assert await client.end() == []
            assert served.server.failed is not None
            with pytest.raises(ZeroDivisionError):
                await served.server.failed

    run(main)
    assert any(record.exc_info for record in caplog.records)


def test_an_exception_in_a_timer_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        async with serving() as served:
            (await served.raw()).close()

            def step(now: int) -> None:
                raise ZeroDivisionError("in the timer")

            monkeypatch.setattr(served.hall.station, "step", step)
            monkeypatch.setattr(served.hall.station, "next_due", lambda: 0)
            served.server.wake()
            assert served.server.failed is not None
            with pytest.raises(ZeroDivisionError):
                await served.server.failed

    run(main)


@EACH_LOOP
def test_the_timer_stays_while_the_next_instant_is_the_same(loop: str) -> None:
    async def main() -> None:
        async with serving() as served:
            client, server = await served.client(), served.server
            due = server.now() + 3600 * SECOND
            served.hall.station.schedule.order(Wakeup(lambda: due, lambda now: None))
            server.wake()
            timer = server._timer
            assert timer is not None
            assert await client.answers()
            assert server._timer is timer
            server.jump(server.now() + SECOND)
            server.wake()
            assert server._timer is not timer

    run(main, loop)


@pytest.mark.further
@ONE_LOOP
def test_another_port_is_open_as_long_as_tws_is_there(loop: str) -> None:
    async def main() -> None:
        async with serving() as served:
            port = await served.server.also(0)
            assert port != served.port
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            with pytest.raises(SettingsError, match="--extra-port"):
                await served.server.also(port)
            served.server.act(lambda station: station.drills.start("nightly-restart"))
            await eventually(lambda: not served.server.listening)
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection("127.0.0.1", port)
            await served.server.advance(60)
            await eventually(lambda: bool(served.server._ports._more))
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)

    run(main, loop)
