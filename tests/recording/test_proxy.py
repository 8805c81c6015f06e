"""Every byte passes the proxy, whatever it is, and both ends see what the other one does."""

import asyncio
import io
import random
import socket
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanes import HANGS_S, tries
from papertape.recording.aio import foreground
from papertape.recording.aio import proxy as aio_proxy
from papertape.recording.aio.proxy import Proxy, ProxyCounts
from papertape.recording.aio.recorder import Recorder
from papertape.recording.format import RecordedEvent
from papertape.recording.format import read as read_recording
from papertape.wire.catalogue.session import CurrentTime, ReqCurrentTime
from papertape.wire.connection import encode
from papertape.wire.handshake import greeting, version_reply
from recording.wired import HOST, listener, read, reset, send, until, wired

pytestmark = pytest.mark.network


def run(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(main(), HANGS_S))


def of(path: Path, sender: str) -> bytes:
    return b"".join(e.data for e in read_recording(path).events if e.sender == sender)


@given(
    said=st.lists(
        st.tuples(st.sampled_from(["client", "server"]), st.binary(max_size=300)), max_size=8
    )
)
@tries(20)
def test_hostile_bytes_pass_untouched(said: list[tuple[str, bytes]]) -> None:
    async def main() -> None:
        async with wired() as wire:
            for sender, data in said:
                other = "server" if sender == "client" else "client"
                await send(wire.end(sender), data)
                assert await read(wire.end(other), len(data)) == data

    run(main)


@pytest.mark.parametrize(
    "opening", [b"", greeting(100, 226), b"\xff" * 9, b"GET / HTTP/1.1\r\n\r\n"]
)
def test_megabytes_pass_in_both_directions_at_once_and_are_recorded(
    opening: bytes, tmp_path: Path
) -> None:
    file = tmp_path / "a.recording"
    up = opening + random.Random(1).randbytes(3_000_000)
    down = random.Random(2).randbytes(3_000_000)

    async def main() -> None:
        async with wired(file) as wire:
            got = await asyncio.gather(
                read(wire.server, len(up)), read(wire.client, len(down)),
                send(wire.client, up), send(wire.server, down),
            )  # fmt: skip
            assert got[0] == up and got[1] == down
            assert wire.proxy.counts.client_bytes == len(up)
            assert wire.proxy.counts.server_bytes == len(down)

    run(main)
    assert of(file, "client") == up and of(file, "server") == down
    assert read_recording(file).problem == ""


@pytest.mark.parametrize("first", ["client", "server"])
def test_a_half_close_passes_as_one_and_the_other_direction_goes_on(
    first: str, tmp_path: Path
) -> None:
    file = tmp_path / "a.recording"
    second = "server" if first == "client" else "client"

    async def main() -> None:
        async with wired(file) as wire:
            await send(wire.end(first), b"last words")
            wire.end(first).shutdown(socket.SHUT_WR)
            assert await read(wire.end(second)) == b"last words"
            await send(wire.end(second), b"an answer all the same")
            wire.end(second).shutdown(socket.SHUT_WR)
            assert await read(wire.end(first)) == b"an answer all the same"
            await until(lambda: wire.proxy.counts.open == 0)

    run(main)
    ends = [e.sender for e in read_recording(file).events if e.event == "end"]
    assert ends == [first, second]


@pytest.mark.parametrize("first", ["client", "server"])
def test_a_reset_passes_as_a_reset_behind_what_was_sent(first: str, tmp_path: Path) -> None:
    file = tmp_path / "a.recording"
    second = "server" if first == "client" else "client"

    async def main() -> None:
        async with wired(file) as wire:
            await send(wire.end(first), b"before")
            assert await read(wire.end(second), 6) == b"before"
            reset(wire.end(first))
            with pytest.raises(ConnectionResetError):
                await read(wire.end(second))
            await until(lambda: wire.proxy.counts.open == 0)

    run(main)
    resets = [e.sender for e in read_recording(file).events if e.event == "reset"]
    assert resets == [first]


def test_a_peer_that_does_not_read_stops_the_other_and_memory_stays_bounded() -> None:
    async def main() -> None:
        async with wired() as wire:
            much, got, link = 20_000_000, 0, next(iter(wire.proxy._links))
            sending = asyncio.create_task(send(wire.server, bytes(much)))
            await until(lambda: link.client.choked)
            waiting = link.client.transport.get_write_buffer_size()  # type: ignore[union-attr]
            assert waiting <= aio_proxy.HIGH_WATER + 256 * 1024
            assert not link.server.transport.is_reading()  # type: ignore[union-attr]
            assert not sending.done()
            while got < much:
                got += len(await read(wire.client, min(65_536, much - got)))
            await sending

    run(main)


def test_a_server_that_is_not_there_resets_the_program_and_is_recorded(tmp_path: Path) -> None:
    file = tmp_path / "a.recording"
    with listener() as sock:
        port = sock.getsockname()[1]

    async def main() -> None:
        between = Proxy(HOST, port, recorder=Recorder(file, to="x"))
        address = await between.listen(HOST, 0)
        loop = asyncio.get_running_loop()
        with socket.socket() as client:
            client.setblocking(False)
            await loop.sock_connect(client, address)
            with pytest.raises(ConnectionResetError):
                await read(client)
        assert between.counts.refused == 1
        await between.close()

    run(main)
    assert [e.event for e in read_recording(file).events] == ["opened", "refused"]


def test_messages_of_several_connections_are_counted_and_kept_apart(tmp_path: Path) -> None:
    file = tmp_path / "a.recording"
    asked = greeting(100, 176) + 2 * encode(ReqCurrentTime(), 176)
    answered = version_reply(176, "20260410 12:00:00 EST") + encode(CurrentTime(1), 176)

    async def main() -> None:
        loop = asyncio.get_running_loop()
        with listener() as listening:
            between = Proxy(HOST, listening.getsockname()[1], recorder=Recorder(file, to="x"))
            address = await between.listen(HOST, 0)
            pairs = []
            for _ in range(3):
                client = socket.socket()
                client.setblocking(False)
                await loop.sock_connect(client, address)
                pairs.append((client, (await loop.sock_accept(listening))[0]))
            for number, (client, server) in enumerate(pairs):
                await send(client, asked + bytes([number]))
                await read(server, len(asked) + 1)
                await send(server, answered)
                await read(client, len(answered))
            assert (between.counts.client_messages, between.counts.server_messages) == (9, 6)
            assert str(between.counts).startswith("3 of 3 connections open, 9 messages in, 6 out")
            await between.close()
            for client, server in pairs:
                assert await read(client) == b""
                client.close()
                server.close()

    run(main)
    events = read_recording(file).events
    for number in range(3):
        mine = [e for e in events if e.connection == number + 1]
        sent = b"".join(e.data for e in mine if e.sender == "client" and e.event == "bytes")
        assert sent == asked + bytes([number])


# ---------------------------------------------------------------- drills


OPENING = greeting(100, 226)
REQUEST = encode(ReqCurrentTime(), 226)
REPLY = version_reply(226, "20260410 12:00:00 EST")
ANSWER = encode(CurrentTime(7), 226)


def test_a_reset_behind_a_request_reaches_both_ends_and_is_recorded(tmp_path: Path) -> None:
    file = tmp_path / "a.recording"

    async def main() -> None:
        async with wired(file, ["reset reqCurrentTime ms=1"]) as wire:
            await send(wire.client, OPENING + REQUEST)
            got = await read(wire.server, len(OPENING + REQUEST))
            assert got == OPENING + REQUEST
            for sock in (wire.client, wire.server):
                with pytest.raises(ConnectionResetError):
                    await read(sock)

    run(main)
    assert [e.note for e in read_recording(file).events if e.event == "drill"] == ["reset"]


def test_a_message_is_cut_and_the_connection_ends_within_it() -> None:
    async def main() -> None:
        async with wired(drills=["half-frame currentTime"]) as wire:
            await send(wire.server, REPLY + ANSWER)
            got = await read(wire.client)
            assert got.startswith(REPLY) and len(REPLY) < len(got) < len(REPLY + ANSWER)

    run(main)


@pytest.mark.parametrize(
    "drill", ["delay 2", "split 3", "merge 2", "slow-drip 5000", "freeze 0.01"]
)
def test_shaped_bytes_arrive_whole_and_in_order(drill: str) -> None:
    data = random.Random(3).randbytes(400)

    async def main() -> None:
        async with wired(drills=[drill]) as wire:
            await send(wire.server, data)
            wire.server.shutdown(socket.SHUT_WR)
            await send(wire.client, data)
            assert await read(wire.client) == data
            assert await read(wire.server, len(data)) == data

    run(main)


def test_half_open_is_silence_without_an_end() -> None:
    async def main() -> None:
        async with wired(drills=["half-open kind=reqCurrentTime"]) as wire:
            await send(wire.client, OPENING + REQUEST)
            assert await read(wire.server, len(OPENING + REQUEST)) == OPENING + REQUEST
            await send(wire.client, REQUEST)
            await until(lambda: wire.proxy.counts.client_messages == 3)
            with pytest.raises(BlockingIOError):
                wire.server.recv(1)
            await send(wire.server, REPLY)
            await until(lambda: wire.proxy.counts.server_messages == 1)
            assert wire.proxy.counts.open == 1
            with pytest.raises(BlockingIOError):
                wire.client.recv(1)

    run(main)


# ---------------------------------------------------------------- the progress line


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_what_has_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(foreground, "PROGRESS_S", 0.0)
    counts = ProxyCounts()

    async def main() -> None:
        stopped = asyncio.create_task(foreground.until_stopped(lambda: str(counts)))
        await until(lambda: "0 of 0 connections open" in screen.getvalue())
        counts.connections, counts.open, counts.server_bytes = 3, 1, 12_345
        await until(lambda: "1 of 3 connections open" in screen.getvalue())
        stopped.cancel()
        await asyncio.gather(stopped, return_exceptions=True)

    run(main)
    assert "12,345 out" in screen.getvalue() and screen.getvalue().endswith("\n")
    assert screen.getvalue().count("\r") == 2  # once for each change


# ---------------------------------------------------------------- the recording is never in the way


class Full:
    """A disk that takes so much and no more."""

    def __init__(self, room: int) -> None:
        self.room = room

    def write(self, data: bytes) -> None:
        if len(data) > self.room:
            raise OSError(28, "No space left on device")
        self.room -= len(data)

    def flush(self) -> None: ...

    def close(self) -> None: ...


def test_a_full_disk_is_said_and_the_traffic_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        async with wired(tmp_path / "a.recording") as wire:
            recorder = wire.proxy.recorder
            assert recorder is not None
            recorder._file.close()
            recorder._file = Full(2000)  # type: ignore[assignment]
            for number in range(50):
                await send(wire.client, bytes([number]) * 1000)
                assert await read(wire.server, 1000) == bytes([number]) * 1000
            await until(lambda: recorder.problem)
            assert recorder.problem == "No space left on device"
            assert recorder._waiting == 0

    run(main)
    told = [r.getMessage() for r in caplog.records if r.levelname == "ERROR"]
    assert len(told) == 1 and "No space left on device; the traffic goes on" in told[0]


def test_a_slow_disk_costs_bytes_of_the_recording_and_says_how_many(tmp_path: Path) -> None:
    file = tmp_path / "a.recording"

    async def main() -> None:
        recorder = Recorder(file, to="x")
        data = bytes(1 << 20)
        for number in range(20):  # the writer gets no turn: a disk that takes nothing
            recorder.add(RecordedEvent(number, 1, "bytes", "server", data))
        assert recorder.lost and recorder._waiting < 12 << 20
        await until(lambda: not recorder._waiting)
        recorder.add(RecordedEvent(99, 1, "bytes", "server", b"again"))
        await recorder.close(100)
        kept = [e for e in read_recording(file).events if e.event == "bytes"]
        gaps = [e for e in read_recording(file).events if e.event == "lost"]
        assert [e.count for e in gaps] == [recorder.lost]
        assert sum(len(e.data) for e in kept) + recorder.lost == 20 * len(data) + 5
        assert kept[-1].data == b"again"

    run(main)
