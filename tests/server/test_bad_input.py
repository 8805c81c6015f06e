"""Whatever a connection sends, the offender gets what TWS gives it, and nobody else notices.

Each case goes through the asyncio server on loopback, byte for byte, beside a second client that
trades and follows quotes all the while; the quick ones run in memory as well.
"""

import asyncio
import random
from typing import Any, NamedTuple

import pytest

from lanes import many
from papertape.server.settings import StationSettings
from papertape.venue.engine import Engine
from papertape.wire.catalogue import account, market, orders, reports, session
from papertape.wire.connection import encode
from server.pair import Hall
from server.shown import lines
from server.sockets import PATIENCE_S, Socket, run, serving
from server.test_station import order
from walks import walk

AAPL = order(1, "BUY 1 AAPL MKT").contract


def frame(*fields: object) -> bytes:
    """A text message."""
    body = "".join(f"{field}\0" for field in fields).encode()
    return len(body).to_bytes(4) + body


def hello(text: str = "v100..226") -> bytes:
    return b"API\0" + len(text).to_bytes(4) + text.encode()


START = frame(71, 2, 1, "")
TIME = frame(49, 1)


class Case(NamedTuple):
    """What a connection sends, and what must come of it."""

    sends: bytes
    codes: tuple[int, ...] = ()
    """Errors that it is told."""
    closed: bool = True
    """Whether it is closed with FIN; else it must still be answered."""
    logged: str = ""
    """What the station's log says of it."""


# ---------------------------------------------------------------- before the greeting

OPENINGS = {
    "nothing but a byte of the greeting": Case(b"A", closed=False),
    "an HTTP request": Case(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", logged="no API prefix"),
    "a TLS hello": Case(
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500), logged="no API prefix"
    ),
    "an SSH greeting": Case(b"SSH-2.0-OpenSSH_9.6\r\n", logged="no API prefix"),
    "random bytes": Case(random.Random(1).randbytes(5000), logged="no API prefix"),
    "the greeting of a client of 2008": Case(b"63\x00", logged="version 63, from before v100"),
    "digits without end": Case(b"6" * 5000, logged="no API prefix"),
    "a greeting without a version": Case(hello("hello"), logged="is not a version range"),
    "a greeting that is empty": Case(hello(""), logged="is not a version range"),
    "versions that are none": Case(hello("v-1..x"), logged="is not a version range"),
    "versions of the future only": Case(hello("v300..400"), logged="no common version"),
    "versions of the past only": Case(hello("v1..99"), logged="no common version"),
    "versions without end": Case(hello("v" + "9" * 4000), logged="is not a version range"),
    "a greeting of 17 MiB": Case(b"API\0" + (17 << 20).to_bytes(4), logged="17825792 bytes"),
    "a greeting of 2^32 - 1": Case(b"API\0\xff\xff\xff\xff", logged="4294967295 bytes"),
    "a greeting of 1 MB": Case(hello("v100..226 " + "x" * (1 << 20)), logged="too many for a"),
    "a request right behind the greeting": Case(
        hello("v100..176") + TIME, logged="closed: ReqCurrentTime while negotiated"
    ),
    "an order of 16 MiB behind the greeting": Case(
        hello() + ((1 << 24) - 1).to_bytes(4), logged="16777215 bytes are too many for START_API"
    ),
}


@pytest.mark.network
@pytest.mark.parametrize("name", OPENINGS)
def test_opening(name: str, caplog: pytest.LogCaptureFixture) -> None:
    case = OPENINGS[name]

    async def main() -> None:
        async with serving() as served:
            witness = await served.client(7)
            bad = await served.raw()
            await bad.write(case.sends)
            if case.closed:
                await ended(bad)
            assert await witness.answers()
            (await served.client(8)).close()
            assert len(list(served.hall.station.connections())) >= 1 + (not case.closed)
            bad.close()
            witness.close()

    run(main)
    assert case.logged in caplog.text
    if case.closed:
        assert "not started at 127.0.0.1:" in caplog.text


async def ended(client: Socket) -> None:
    """The stream ends with FIN; a version answer may come before."""
    data = b""
    while True:
        async with asyncio.timeout(PATIENCE_S):
            more = await client.loop.sock_recv(client.socket, 1 << 16)
        if not more:
            return
        data += more
        assert len(data) < 100


@pytest.mark.network
@pytest.mark.parametrize("version", [176, 226])
def test_a_request_before_start_api_closes(version: int, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with serving() as served:
            witness = await served.client(7)
            hasty = await served.raw()
            hasty.connection.highest = version
            await hasty.write(hasty.connection.initiate())
            await hasty.read()
            await hasty.write(encode(session.ReqCurrentTime(), version))
            assert len(await hasty.end()) == 1
            assert await witness.answers()

    run(main)
    assert "not started at 127.0.0.1:" in caplog.text and "while negotiated" in caplog.text


@pytest.mark.network
def test_a_greeting_that_drips_is_taken() -> None:
    async def main() -> None:
        async with serving() as served:
            slow = await served.raw()
            for byte in slow.connection.initiate():
                await slow.write(bytes([byte]))
                await asyncio.sleep(0)
            while not slow.connection.version:
                await slow.read()
            for byte in slow.connection.send(session.StartApi(3)):
                await slow.write(bytes([byte]))
                await asyncio.sleep(0)
            assert await slow.until(session.NextValidId)

    run(main)


# ---------------------------------------------------------------- after START_API (server 176)


def place(**fields: object) -> bytes:
    """A placeOrder in text, with some fields changed; by position in the text."""
    request = order(1, "BUY 1 AAPL LMT 250")
    tokens = encode(request, 176)[4:].split(b"\0")
    names = {"orderId": 1, "symbol": 3, "totalQuantity": 17, "lmtPrice": 19, "auxPrice": 20}
    for name, value in fields.items():
        tokens[names[name]] = str(value).encode()
    body = b"\0".join(tokens)
    return len(body).to_bytes(4) + body


def test_the_positions_in_a_text_order_are_right() -> None:
    body = place(orderId=5, symbol="IBM", totalQuantity=3, lmtPrice=12.5, auxPrice=9)
    hall = Hall()
    client = hall.client(1, 176)
    seen: list[Any] = []
    client.connection, answers = client.connection, client.session.connection.receive_data(body)
    seen = answers
    (message,) = seen
    assert (message.orderId, message.contract.symbol) == (5, "IBM")
    assert (message.order.totalQuantity, message.order.lmtPrice) == (3, 12.5)
    assert message.order.auxPrice == 9


SESSIONS = {
    "an empty frame": Case(b"\0\0\0\0", (320,), closed=False, logged="no message id"),
    "a frame of one NUL": Case(b"\0\0\0\1\0", (320,), closed=False),
    "a frame of 17 MiB": Case((17 << 20).to_bytes(4) + b"x", logged="17825792 bytes"),
    "a frame of 2^32 - 1": Case(b"\xff" * 4, logged="4294967295 bytes"),
    "garbage": Case(b"\xff" * 4 + random.Random(2).randbytes(5000), logged="bytes announced"),
    "an unknown message": Case(frame(9999, 1), (320,), closed=False, logged="id 9999"),
    "a negative message id": Case(frame(-5, 1), (320,), closed=False),
    "a message id that is a word": Case(frame("hello", 1), (320,), closed=False),
    "a message id without end": Case(frame("9" * 5000, 1), (320,), closed=False),
    "a field that is no number": Case(frame(2, 2, "x"), (320,), closed=False, logged="found='x'"),
    "too few fields": Case(frame(2, 2), (320,), closed=False, logged="CancelMktData"),
    "too many fields": Case(frame(2, 2, 1, 2, 3), (320,), closed=False, logged="CancelMktData"),
    "bytes that are no UTF-8": Case(b"\0\0\0\7" + b"49\0\xff\xfe1\0", closed=False),
    "START_API again": Case(START, logged="StartApi while started"),
    "a count of legs that lies": Case(frame(1, 11, 1, 0, "X", "BAG", "", "0", "", "", "SMART", "",
        "USD", "", "", 2**31, 1), (320,), closed=False),
    "order id 0": Case(place(orderId=0), (10149,), closed=False),
    "order id -1": Case(place(orderId=-1), (10149,), closed=False),
    "order id 2^31 - 1": Case(place(orderId=2**31 - 1), (10149,), closed=False),
    "order id 10^30": Case(place(orderId=10**30), (320,), closed=False),
    "a price that is NaN": Case(place(lmtPrice="nan"), (320,), closed=False, logged="nan"),
    "a price without end": Case(place(lmtPrice="Infinity"), (321,), closed=False),
    "a price of minus infinity": Case(place(lmtPrice="-Infinity"), (321,), closed=False),
    "a price of 1e308": Case(place(lmtPrice="1e308"), (463,), closed=False),
    "a negative price": Case(place(lmtPrice="-250"), (463,), closed=False),
    "a quantity that is NaN": Case(place(totalQuantity="NaN"), (320,), closed=False),
    "a quantity without end": Case(place(totalQuantity="Infinity"), (320,), closed=False),
    "a quantity of 1e400": Case(place(totalQuantity="1e400"), (320,), closed=False),
    "a quantity of 1e999999999": Case(place(totalQuantity="1e999999999"), (320,), closed=False),
    "a quantity of 1e30": Case(place(totalQuantity="1e30"), (321,), closed=False),
    "a negative quantity": Case(place(totalQuantity="-1"), (434,), closed=False),
    "half a share": Case(place(totalQuantity="0.5"), (10243,), closed=False),
    "a symbol of 1 MB": Case(place(symbol="A" * (1 << 20)), (321,), closed=False),
    "a symbol of 5 kB": Case(
        place(symbol="A" * 5000), (321,), closed=False, logged="5000 characters, at most 4096"),
    "a quantity of 1 MB": Case(place(totalQuantity="1" * (1 << 20)), (321,), closed=False),
    "a quantity of 50 kB": Case(place(totalQuantity="1" * 50_000), (320,), closed=False),
    "an empty field too many": Case(frame(2, 2, 1, ""), (300,), closed=False),
    "empty fields too many": Case(frame(2, 2, 1, "", "", ""), (300,), closed=False),
    "something behind an empty field too many": Case(frame(2, 2, 1, "", 2), (320,), closed=False),
}  # fmt: skip


class Witness:
    """A second client: it trades and follows quotes while the first misbehaves."""

    def __init__(self, served: Any, client: Socket) -> None:
        self.served = served
        self.client = client
        self.orders = 0
        self.cents = 0

    async def fares_well(self) -> None:
        """An order is filled, and a new quote arrives."""
        self.orders += 1
        await self.client.send(order(self.orders, "BUY 1 AAPL MKT"))
        await self.client.until(reports.CommissionReport)
        self.cents += 1
        quote = f"quote AAPL 257.{self.cents:02} x 258.00*100000"
        self.served.hall.put(quote, self.served.server.now())
        assert await self.client.tells(market.TickPrice, price=257 + self.cents / 100)


async def witness(served: Any) -> Witness:
    served.hall.put("quote AAPL 257.00 x 258.00*100000", served.server.now())
    client = await served.client(77)
    await client.send(market.ReqMktData(9, AAPL))
    await client.until(market.TickPrice, 3)
    return Witness(served, client)


def busy_hall() -> Hall:
    return Hall(settings=StationSettings(quote_interval_ms=1, max_message_rate=0))


@pytest.mark.network
@pytest.mark.parametrize("name", SESSIONS)
def test_session(name: str, caplog: pytest.LogCaptureFixture) -> None:
    case = SESSIONS[name]

    async def main() -> None:
        async with serving(busy_hall()) as served:
            other = await witness(served)
            bad = await served.client(1, 176)
            bad.events.clear()
            await bad.write(case.sends)
            if case.closed:
                got = await bad.end()
            else:
                await bad.write(TIME)
                got = await bad.until(session.CurrentTime)
            errors = [m.errorCode for m in got if isinstance(m, session.ErrorMessage)]
            assert errors[-len(case.codes) :] == list(case.codes) if case.codes else True
            assert not set(errors) - {2104, 2106, 2158, *case.codes}
            await other.fares_well()
            if case.closed:
                (await served.client(1, 176)).close()  # the id is free again
            bad.close()
            other.client.close()

    run(main)
    assert case.logged in caplog.text
    if case.logged:
        assert "client 1 at 127.0.0.1:" in caplog.text


@pytest.mark.long
@walk("name", SESSIONS, check=5)
def test_session_in_memory(name: str) -> None:
    case = SESSIONS[name]
    hall = Hall()
    hall.quote("AAPL 257.00 x 258.00")
    bad, other = hall.client(1, 176), hall.client(2)
    bad.raw(case.sends)
    assert [code for _, code, _ in bad.errors()] == list(case.codes)
    assert bad.pipe.closed == case.closed
    other.send(order(1, "BUY 1 AAPL MKT"))
    assert "orderStatus #1 Filled 1+0" in lines(other.got())
    assert hall.station.next_due() is None or 1000000001 not in hall.station.engine.state.orders


SHORT = [name for name, case in SESSIONS.items() if len(case.sends) < 20_000]


@walk("name", SHORT, check=5)
def test_session_one_byte_at_a_time(name: str) -> None:
    case = SESSIONS[name]
    hall = Hall()
    hall.quote("AAPL 257.00 x 258.00")
    bad = hall.client(1, 176)
    for byte in case.sends:
        bad.raw(bytes([byte]))
    assert [code for _, code, _ in bad.errors()] == list(case.codes)
    assert bad.pipe.closed == case.closed


# ---------------------------------------------------------------- protobuf (server 226)

PROTO = {
    "a body that is no message": Case(
        b"\0\0\0\x09" + (203).to_bytes(4) + b"\xff" * 5, (320,), closed=False),
    "a string that is no UTF-8": Case(
        b"\0\0\0\x08" + (271).to_bytes(4) + b"\x12\x02\xff\xfe", (320,), closed=False),
    "a frame of three bytes": Case(b"\0\0\0\3abc", (320,), closed=False),
    "an unknown message": Case(b"\0\0\0\4" + (999).to_bytes(4), (320,), closed=False),
    "message id 2^32 - 1": Case(b"\0\0\0\4" + b"\xff" * 4, (320,), closed=False),
    "text where there is none": Case(b"\0\0\0\x06" + (49).to_bytes(4) + b"1\0", closed=False),
}  # fmt: skip


@walk("name", PROTO)
def test_protobuf_session(name: str) -> None:
    case = PROTO[name]
    hall = Hall()
    bad = hall.client(1, 226)
    bad.raw(case.sends)
    got = [code for _, code, _ in bad.errors()]
    assert got == list(case.codes)
    assert bad.pipe.closed == case.closed


def nan_orders() -> list[orders.PlaceOrder]:
    found = []
    for field in ("lmtPrice", "auxPrice", "percentOffset", "trailStopPrice", "volatility", "delta"):
        for value in (float("nan"), float("inf"), float("-inf"), 1e308):
            request = order(1, "BUY 1 AAPL LMT 250")
            setattr(request.order, field, value)
            found.append(request)
    return found


@pytest.mark.long
@walk("request_", nan_orders(), ids=lambda r: "")
def test_numbers_that_are_none_in_protobuf_are_refused_or_kept_so_that_they_come_back(
    request_: orders.PlaceOrder,
) -> None:
    hall = Hall()
    hall.quote("AAPL 257.00 x 258.00")
    client = hall.client(1, 226)
    client.raw(encode(request_, 226))
    assert not [code for _, code, _ in client.errors() if code == 323]
    twin = Engine(None)
    hall.keeper.recover(twin)
    assert twin.state_hash() == hall.station.engine.state_hash()


# ---------------------------------------------------------------- cut anywhere, mutated anywhere


def a_long_session(version: int) -> bytes:
    """The bytes of a session that does a little of everything."""
    requests = (
        session.StartApi(1),
        account.ReqPositions(),
        account.ReqAccountSummary(2, "All", "NetLiquidation"),
        market.ReqMktData(3, AAPL),
        order(1, "BUY 10 AAPL LMT 250 GTC"),
        orders.CancelOrder(1),
        orders.ReqExecutions(4),
        session.ReqCurrentTime(),
    )
    return b"".join(encode(request, version) for request in requests)


@pytest.mark.proof
@pytest.mark.parametrize("version", [176, 203, 226])
def test_a_stream_cut_anywhere_waits_and_then_goes_on(version: int) -> None:
    data = hello(f"v100..{version}") + a_long_session(version)
    greeting = len(hello(f"v100..{version}"))
    for cut in range(greeting, len(data), many(test=11, quick=1, proof=1)):
        hall = Hall()
        client = hall.newcomer(version)
        client.connection.initiate()
        client.raw(data[:greeting])
        client.raw(data[greeting:cut]).raw(data[cut:])
        assert not client.pipe.closed
        assert client.session.started
        assert client.of(session.CurrentTime), f"cut at {cut}"


@pytest.mark.proof
@pytest.mark.parametrize("version", [100, 176, 203, 226])
@pytest.mark.parametrize("seed", range(many(test=30, quick=200, proof=4000)))
def test_a_stream_with_bad_bytes_never_harms_the_station(version: int, seed: int) -> None:
    chance = random.Random(seed * 1000 + version)
    data = bytearray(a_long_session(version))
    for _ in range(chance.randint(1, 8)):
        kind, at = chance.randrange(3), chance.randrange(len(data))
        if kind == 0:
            data[at] = chance.randrange(256)
        elif kind == 1:
            del data[at : at + chance.randint(1, 9)]
        else:
            data[at:at] = chance.randbytes(chance.randint(1, 9))
    hall = Hall()
    hall.quote("AAPL 257.00 x 258.00")
    other = hall.client(9)
    bad = hall.newcomer(version)
    bad.raw(bad.connection.initiate())
    bad.raw(bytes(data))
    assert 323 not in {getattr(event, "errorCode", 0) for event in bad.got()}
    other.send(order(1, "BUY 1 AAPL MKT"))
    assert "orderStatus #1 Filled 1+0" in lines(other.got())
