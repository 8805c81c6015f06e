"""What the control port takes from those who have shown no token: little, for a short time."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from unittest.mock import patch

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from papertape.server.control.serve import ControlServer
from server.control.test_serve import control, events_at, rightful
from server.sockets import LOOPS, ONE_LOOP, PATIENCE_S, eventually, run

pytestmark = pytest.mark.network

ADMISSION = "papertape.http_admission"
KIB = 1024
EACH_LOOP = pytest.mark.parametrize("loop", LOOPS)


class Stranger:
    """A connection to the control port, in bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def say(self, data: bytes) -> None:
        """Send, as far as the other end takes it."""
        self._writer.write(data)
        await self._writer.drain()

    async def status(self) -> int:
        """The status of the next answer; 0 when there is none any more."""
        try:
            line = await self._reader.readline()
        except ConnectionError:
            return 0
        return int(line.split()[1]) if line else 0

    async def detail(self) -> str:
        """The rest of the answer, which is the last one."""
        return str(json.loads((await self.rest()).partition(b"\r\n\r\n")[2])["detail"])

    async def rest(self) -> bytes:
        """All that still comes."""
        return await self._reader.read()

    async def ended(self) -> bool:
        """Whether the other end closes, whatever it says before."""
        with suppress(ConnectionError):
            await self._reader.read()
        return True

    def close(self) -> None:
        self._writer.close()


@asynccontextmanager
async def stranger(api: ControlServer) -> AsyncIterator[Stranger]:
    one = Stranger(*await asyncio.open_connection("127.0.0.1", api.port))
    try:
        yield one
    finally:
        one.close()


@contextmanager
def bound(**values: float) -> Iterator[None]:
    """Other bounds."""
    with patch.multiple(ADMISSION, **values):
        yield


def request(api: ControlServer, *headers: str, method: str = "GET", path: str = "") -> bytes:
    first = f"{method} {path or '/v1/stations'} HTTP/1.1"
    lines = [first, f"Host: 127.0.0.1:{api.port}", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def token(api: ControlServer) -> str:
    return f"Authorization: Bearer {api.token}"


HEADS = {
    "many headers": (b"GET / HTTP/1.1\r\n", b"a:b\r\n" * 1000),
    "a header without end": (b"GET / HTTP/1.1\r\na: ", b"x" * KIB),
    "a line without end": (b"GET /", b"x" * KIB),
    "no line at all": (b"", b"\0" * KIB),
    "many short lines": (b"GET / HTTP/1.1\r\n", b"a:b\r\n" * 200 + b"\r\n"),
}


@EACH_LOOP
@pytest.mark.parametrize("case", HEADS)
def test_a_head_is_read_up_to_a_length(case: str, loop: str) -> None:
    async def main() -> None:
        async with control() as (served, api), stranger(api) as one:
            first, piece = HEADS[case]
            await one.say(first)
            for _ in range(65 * KIB // len(piece) + 1):
                await one.say(piece)
            assert await one.status() == 431
            assert await one.detail()
            assert await (await served.client()).answers()

    run(main, loop)


@EACH_LOOP
def test_a_head_in_very_many_pieces_is_not_waited_for(loop: str) -> None:
    async def main() -> None:
        async with control() as (_, api), stranger(api) as one:
            with bound(MOST_PIECES=2):
                await one.say(b"GET / HT")
                await eventually(lambda: api.newcomers == 1)
                for piece in (b"TP/1.1\r\na", b": b\r\n"):
                    await asyncio.sleep(0)
                    await one.say(piece)
                assert await one.status() in (431, 0)

    run(main, loop)


@EACH_LOOP
def test_a_request_comes_in_time_or_not_at_all(loop: str) -> None:
    async def main() -> None:
        with bound(PATIENCE_S=0.05):
            async with control() as (_, api):
                async with stranger(api) as one:
                    await one.say(b"GET / HTTP/1.1\r\nHost: ")
                    assert await one.status() == 408
                    assert "seconds" in await one.detail()
                async with stranger(api) as one:
                    assert await one.status() == 0, "who says nothing is told nothing"

    run(main, loop)


@EACH_LOOP
def test_a_refused_request_is_not_read_further(loop: str) -> None:
    async def main() -> None:
        async with control() as (_, api), stranger(api) as one:
            await one.say(request(api, "Transfer-Encoding: chunked", method="POST"))
            assert await one.status() == 401
            assert "token" in await one.detail(), "and it is closed: the answer has an end"

    run(main, loop)


CASES = {
    "no token": ((), 401),
    "a wrong one": (("Authorization: Bearer wrong",), 401),
    "a page of others": (("Origin: http://127.0.0.1:1",), 403),
    "a body that says it is too long": (("Content-Length: 300000",), 413),
}


@pytest.mark.parametrize("case", CASES)
def test_strangers_do_not_reach_the_framework(case: str) -> None:
    headers, status = CASES[case]

    async def main() -> None:
        async with control() as (_, api), stranger(api) as one:
            await one.say(request(api, *headers))
            assert await one.status() == status
            assert not api.loaded

    run(main)


NO_REQUESTS = (b"\x16\x03\x01\x02\0\r\n\r\n", b"GET / HTTP/2\r\n\r\n", b"API\0\n\n", b"GET\r\n\r\n")


@pytest.mark.parametrize("data", NO_REQUESTS)
def test_what_is_no_request_is_refused(data: bytes) -> None:
    async def main() -> None:
        async with control() as (_, api), stranger(api) as one:
            await one.say(data)
            assert await one.status() == 400

    run(main)


@EACH_LOOP
def test_who_has_the_token_gets_in_while_strangers_hold_all_they_can(loop: str) -> None:
    async def main() -> None:
        with bound(MOST_PENDING=4):
            async with control() as (served, api):
                idle = [await asyncio.open_connection("127.0.0.1", api.port) for _ in range(12)]
                async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE_S) as client:
                    answer = await client.get(f"{api.url}/v1/stations", headers=rightful(api))
                    assert answer.status_code == 200
                assert api.newcomers <= 4
                assert await idle[0][0].read() == b"", "the oldest yields"
                assert await (await served.client()).answers()
                for _, writer in idle:
                    writer.close()

    run(main, loop)


def test_a_descriptor_that_cannot_be_had_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        accept, failures = loop.sock_accept, [OSError(24, "Too many open files")]

        async def failing(listening: object) -> object:
            if failures:
                raise failures.pop()
            return await accept(listening)  # type: ignore[arg-type]

        with bound(PAUSE_S=0.01), patch.object(loop, "sock_accept", failing):
            async with control() as (_, api), stranger(api) as one:
                await one.say(request(api, token(api)))
                assert await one.status() == 200

    run(main, "asyncio")
    assert "Too many open files" in caplog.text


@EACH_LOOP
def test_connections_and_followers_have_a_bound(loop: str) -> None:
    async def main() -> None:
        async with control() as (_, api):
            right = rightful(api)
            with bound(MOST_WEBSOCKETS=1):
                async with connect(events_at(api), additional_headers=right, proxy=None):
                    with pytest.raises(InvalidStatus, match="503"):
                        await connect(events_at(api), additional_headers=right, proxy=None)
                    async with stranger(api) as one:
                        await one.say(request(api, token(api)))
                        assert await one.status() == 200
            with bound(MOST_CONNECTIONS=0):
                async with stranger(api) as one:
                    await one.say(request(api, token(api)))
                    assert await one.status() == 503

    run(main, loop)


@pytest.mark.further
@ONE_LOOP
def test_a_later_request_of_a_connection_has_the_same_bounds(loop: str) -> None:
    async def main() -> None:
        async with control() as (_, api):
            async with stranger(api) as one:
                await one.say(request(api, token(api), path="/openapi.json"))
                await one.say(request(api))
                assert await one.status() == 200
                assert b"HTTP/1.1 401 " in await one.rest()
            async with stranger(api) as one:
                await one.say(request(api, token(api)))
                assert await one.status() == 200
                await one.say(b"GET / HTTP/1.1\r\na: " + b"x" * 65 * KIB)
                assert await one.ended()

    run(main, loop)


def test_the_description_is_for_all_and_nothing_else_of_that_connection() -> None:
    async def main() -> None:
        async with control() as (_, api):
            with bound(PATIENCE_S=0.5):
                async with stranger(api) as one:
                    await one.say(request(api, path="/openapi.json"))
                    assert await one.status() == 200
                    assert await one.ended()

    run(main)


def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    async def main() -> None:
        async with control() as (_, api):
            with patch("papertape.http_exchange.BODY_S", 0.05):
                async with stranger(api) as one:
                    path = "/v1/stations/tws/drills"
                    head = request(api, token(api), "Content-Length: 9", method="POST", path=path)
                    await one.say(head)
                    assert await one.status() == 408

    run(main)
