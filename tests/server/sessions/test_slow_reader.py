"""A client that does not read: quotes coalesce, order events wait for it, nobody else notices.

Real sockets with small buffers, so that what the kernel would hide for seconds shows at once.
"""

import asyncio
import contextlib
import socket
from typing import Any

import pytest

from papertape.server.aio import connection, server
from papertape.server.settings import StationSettings
from papertape.venue.commands import SubmitOrder
from papertape.versions import MAX_SERVER
from papertape.wire.catalogue import account, market, orders, reports, session
from server.pair import Hall
from server.sockets import ONE_LOOP, PATIENCE_S, Served, Socket, eventually, run, serving
from server.test_station import order

pytestmark = pytest.mark.network

AAPL = order(1, "BUY 1 AAPL MKT").contract
HIGH = 4 * 1024
KERNEL = 2 * 1024
SEVERAL = 2


@pytest.fixture(autouse=True)
def small_buffers(monkeypatch: pytest.MonkeyPatch) -> None:
    def tune(transport: asyncio.Transport, dead_peer_s: int) -> None:
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL)

    monkeypatch.setattr(connection, "tune", tune)
    monkeypatch.setattr(connection, "HIGH_WATER", HIGH)


def hall() -> Hall:
    return Hall(settings=StationSettings(quote_interval_ms=1, max_buffer_mb=1, max_message_rate=0))


def quote(served: Served, text: str) -> None:
    """A quote of this moment, which the timer will find."""
    served.hall.put(f"quote {text}", served.server.now())


async def slow_client(served: Served, client_id: int) -> Socket:
    """A client with a small window that follows quotes and has read everything so far."""
    client = await served.client(client_id, window=KERNEL)
    await client.send(market.ReqMktData(1, AAPL))
    await client.until(market.TickPrice, 3)
    return client


def session_of(served: Served, client_id: int) -> Any:
    return served.hall.station.client(client_id)


def unsent(served: Served) -> int:
    """Bytes that wait for the slowest client."""
    transports = [connection._transport for connection in served.server.connections]
    return max(transport.get_write_buffer_size() for transport in transports if transport)


async def fill_up(served: Served, quick: Socket, client_id: int) -> int:
    """Quotes until the client counts as slow; the number of the last one."""
    for number in range(1, 5000):
        quote(served, f"AAPL {200 + number / 100:.2f} x 258.00*100000")
        await quick.until(market.TickPrice, price=round(200 + number / 100, 2))
        if session_of(served, client_id).paused:
            return number
    raise AssertionError("the client never became slow")


@pytest.mark.further
@ONE_LOOP
def test_quotes_coalesce_and_orders_wait(loop: str) -> None:
    async def main() -> None:
        async with serving(hall()) as served:
            quote(served, "AAPL 200.00 x 258.00*100000")
            quick = await served.client(2)
            await quick.send(market.ReqMktData(1, AAPL))
            await quick.until(market.TickPrice, 3)
            slow = await slow_client(served, 1)
            last = await fill_up(served, quick, 1)
            for number in range(last + 1, last + 301):
                quote(served, f"AAPL {200 + number / 100:.2f} x 258.00*100000")
                await quick.until(market.TickPrice, price=round(200 + number / 100, 2))
            assert unsent(served) < 2 * HIGH, "quotes piled up"
            await slow.send(*(order(number, "BUY 1 AAPL MKT") for number in range(1, 101)))
            await eventually(lambda: served.hall.station.engine.archive.counts[1] == 100)
            await quick.answers()
            got = await slow.until(reports.CommissionReport, 100)
            fills = [m.execution.orderId for m in got if isinstance(m, reports.ExecutionDetails)]
            assert fills == list(range(1, 101))
            prices = [m.price for m in got if isinstance(m, market.TickPrice) and m.tickType == 1]
            assert len(prices) < last + 200, "quotes were not passed over"
            final = round(200 + (last + 300) / 100, 2)
            if final not in prices:
                await slow.until(market.TickPrice, price=final)
            assert not session_of(served, 1).paused

    run(main, loop)


def test_account_figures_coalesce_too() -> None:
    async def main() -> None:
        async with serving(hall()) as served:
            quote(served, "AAPL 200.00 x 258.00*100000")
            quick = await served.client(2)
            await quick.send(market.ReqMktData(1, AAPL))
            await quick.until(market.TickPrice, 3)
            slow = await slow_client(served, 1)
            await slow.send(account.ReqAccountUpdates(True, ""))
            await slow.until(account.AccountDataEnd)
            await fill_up(served, quick, 1)
            for number in range(1, 51):
                await quick.send(order(number, "BUY 1 AAPL MKT"))
                await quick.until(reports.CommissionReport)
            assert unsent(served) < 2 * HIGH + 12_000, "figures piled up"
            while True:
                row = await slow.tells(account.PortfolioValue)
                if row.position == 50:
                    break

    run(main)


@pytest.mark.further
@ONE_LOOP
def test_a_client_that_never_reads_is_disconnected_and_nobody_else_notices(
    loop: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        async with serving(hall()) as served:
            quote(served, "AAPL 200.00 x 258.00*100000")
            quick = await served.client(2)
            slow = await slow_client(served, 1)
            await slow.send(order(1, "BUY 1 AAPL LMT 199 GTC"))
            # Each answer is some 300 bytes, so a few segments of requests ask for megabytes.
            asked = slow.connection.send(orders.ReqAllOpenOrders()) * 8000
            await slow.write(asked)
            answered = 0
            while session_of(served, 1) is not None:
                assert await quick.answers()
                answered += 1
                assert unsent(served) < 3 << 20
            assert answered > SEVERAL, "the other client waited for all of it"
            with contextlib.suppress(ConnectionResetError):
                await slow.end()
            again = await served.client(1)
            await again.send(orders.ReqOpenOrders())
            assert (await again.tells(reports.OrderStatus)).orderId == 1

    run(main, loop)
    (line,) = [text for text in caplog.messages if "does not read" in text]
    assert line.startswith("client 1 at 127.0.0.1:")
    assert "bytes unsent" in line


@pytest.mark.further
@ONE_LOOP
def test_an_answer_larger_than_the_buffer_goes_out_as_its_client_reads(
    loop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    count, name, waiting, write = 700, "n" * 2000, list[int](), connection.SocketConnection.write

    def noted(self: Any, data: bytes) -> None:
        write(self, data)
        waiting.append(self.unsent)

    monkeypatch.setattr(connection.SocketConnection, "write", noted)

    async def main() -> None:
        async with serving(hall()) as served:
            station = served.hall.station
            for number in range(1, count + 1):  # as if they had come over the wire
                request = order(number, "BUY 1 AAPL LMT 199 GTC")
                request.order.orderRef = name
                terms = {"contract": request.contract, "order": request.order}
                station.link.submit(SubmitOrder(clientId=1, orderId=number, **terms))
            quick = await served.client(2)
            slow = served._socket(MAX_SERVER)
            slow.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, KERNEL)
            await slow.open(served.port)
            await slow.send(session.StartApi(1))
            got = await slow.until(session.NextValidId)
            told = [one.orderId for one in got if isinstance(one, reports.OpenOrder)]
            assert told == list(range(1, count + 1))
            assert session_of(served, 1).bytes_out > 1 << 20, "it would have fitted"
            assert max(waiting) < 1 << 20
            assert await quick.answers()

    run(main, loop, patience_s=5 * PATIENCE_S)


def test_a_slow_client_is_let_go_when_the_station_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "LINGER_S", 0.1)

    async def main() -> None:
        async with serving(hall()) as served:
            quote(served, "AAPL 200.00 x 258.00*100000")
            quick = await served.client(2)
            await quick.send(market.ReqMktData(1, AAPL))
            await quick.until(market.TickPrice, 3)
            await slow_client(served, 1)
            await fill_up(served, quick, 1)
            await served.server.close()  # which does not wait until the client reads

    run(main)
