"""Threads and the end of a connection: S5, S12, S14-S18, S30-S32 of the connection architecture.

No thread is left behind, no exception is swallowed, nobody waits for ever or in a busy loop.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from ibapi.apps import App, running, wait_until
from ibapi.server import Peer, Server
from lanes import HANGS_S
from papertape.ibapi import eclient, reader
from papertape.ibapi.contract import Contract
from papertape.ibapi.order import Order
from papertape.ibapi.reader import EReader, EReaderSignal
from papertape.wire.catalogue.session import CurrentTime, ErrorMessage, NextValidId, ReqCurrentTime

pytestmark = pytest.mark.network

QUICK_S = float(HANGS_S)
"""Much less than anything that waits would take; what ends by itself takes no time."""


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    wait_until(lambda: set(threading.enumerate()) <= before)


def connected(server: Server, **hooks: Any) -> App:
    app = App(**hooks)
    app.connect("127.0.0.1", server.port, 7)
    assert app.isConnected()
    return app


def processing(app: App, signal: EReaderSignal, reader: EReader) -> threading.Thread:
    """The third thread of the three-thread design."""

    def process() -> None:
        while app.isConnected():
            signal.waitForSignal()
            reader.processMsgs()

    thread = threading.Thread(target=process, name="third", daemon=True)
    thread.start()
    return thread


def three_threads(server: Server, **hooks: Any) -> tuple[App, EReader, threading.Thread]:
    app, signal = connected(server, **hooks), EReaderSignal()
    reader = EReader(app, signal)
    reader.start()
    return app, reader, processing(app, signal, reader)


# ---------------------------------------------------------------- where to (S5)


@pytest.mark.parametrize("host", ["", "localhost", "127.0.0.1"])
def test_s5_an_empty_host_is_this_computer(host: str) -> None:
    with Server() as server:
        app = App()
        app.connect(host, server.port, 7)
        assert app.isConnected() and app.host == (host or "127.0.0.1")
        app.disconnect()


def test_s5_ipv6(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    real = socket.create_connection

    def create(address: tuple[str, int], timeout: float) -> socket.socket:
        asked.append(address)
        return real(("127.0.0.1", address[1]), timeout)

    with Server() as server:
        monkeypatch.setattr(socket, "create_connection", create)
        app = App()
        app.connect("::1", server.port, 7)
        assert app.isConnected() and asked == [("::1", server.port)]
        app.disconnect()


def test_s5_connecting_has_a_time_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def create(address: tuple[str, int], timeout: float) -> socket.socket:
        assert timeout == 3.5
        raise TimeoutError("timed out")

    monkeypatch.setattr(socket, "create_connection", create)
    app = App()
    app.timeout = 3.5
    app.connect("192.0.2.1", 7497, 7)
    assert app.errors() == [(-1, 502)] and "timed out" in app.of("error")[0][3]
    assert not app.isConnected()


# ---------------------------------------------------------------- threads (S12, S14-S18)


def test_s12_requests_before_next_valid_id_are_sent() -> None:
    """As the official client does; what becomes of them is the server's affair."""
    with Server(answers={ReqCurrentTime: lambda _: [CurrentTime(123)]}) as server:
        server.welcome = []
        app = connected(server, currentTime=lambda _: app.disconnect())
        app.reqCurrentTime()
        app.run()
        assert app.of("currentTime") == [(123,)] and app.of("nextValidId") == []
        assert [type(m).__name__ for m in server.peers[0].received] == [
            "StartApi",
            "ReqCurrentTime",
        ]


def test_s14_s15_a_message_in_the_queue_raises_the_flag() -> None:
    with Server() as server:
        app, signal = connected(server), EReaderSignal()
        reader = EReader(app, signal)
        reader.start()
        assert signal.waitForSignal(QUICK_S)
        wait_until(lambda: reader.processMsgs() or app.of("nextValidId"))
        assert not signal.waitForSignal(0.05) or not signal.waitForSignal(0.05)
        server.peer().send(NextValidId(2))
        assert signal.waitForSignal(QUICK_S)
        app.disconnect()


def test_s16_two_threads_the_first_one_processes_the_queue() -> None:
    with Server() as server:
        app = connected(server, nextValidId=lambda _: app.disconnect())
        alive = {t.name for t in threading.enumerate() if t.name.startswith("papertape")}
        assert alive == {"papertape-reader"}
        app.run()
        assert app.threads() == {threading.current_thread().name}


def test_s16_s17_three_threads_the_third_one_processes_the_queue() -> None:
    with Server() as server:
        app, _, third = three_threads(server)
        wait_until(lambda: app.of("nextValidId"))
        app.disconnect()
        third.join(QUICK_S)
        assert not third.is_alive()
        assert {t for n, _, t in app.calls if n != "connectAck"} <= {"third", "MainThread"}
        assert app.names().count("connectionClosed") == 1


def test_s18_nothing_spins(monkeypatch: pytest.MonkeyPatch) -> None:
    with Server() as server:
        app = connected(server)
        turns: list[None] = []
        waits: list[float] = []

        def noted(queue: Any, seconds: float) -> Any:
            waits.append(seconds)
            return reader.next_chunk(queue, seconds)

        monkeypatch.setattr(eclient, "next_chunk", noted)
        app.msgLoopTmo = lambda: turns.append(None)  # type: ignore[method-assign]
        loop = running(app)
        wait_until(lambda: len(turns) >= 3)
        assert set(waits) == {0.2}, "an idle loop wakes five times in a second"
        app.disconnect()
        loop.join()


def test_s18_the_queue_signals_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eclient, "POLL_SECONDS", 10 * QUICK_S)
    with Server() as server:
        app = connected(server)
        loop = running(app)
        wait_until(lambda: app.of("nextValidId"))
        server.peer().send(NextValidId(9))
        wait_until(lambda: app.of("nextValidId")[-1:] == [(9,)])
        app.disconnect()
        loop.join(QUICK_S)
        assert not loop.is_alive(), "and so does the end"


# ---------------------------------------------------------------- the end (S30, S31, S32)


@pytest.mark.parametrize("how", ["close", "reset"])
def test_s31_s32_python_calls_connection_closed_once(how: str) -> None:
    with Server() as server:
        app = connected(server, nextValidId=lambda _: getattr(server.peer(), how)())
        app.run()
        assert app.names().count("connectionClosed") == 1
        assert app.errors() == []
        assert not app.isConnected()


@pytest.mark.parametrize(("mode", "code"), [("java", 507), ("csharp", -1)])
def test_s31_s32_java_and_csharp_report_an_error_and_leave_the_rest_to_the_program(
    mode: str, code: int
) -> None:
    with Server() as server:
        app = connected(server, nextValidId=lambda _: server.peer().close())
        app.on_eof = mode
        app.run()
        assert app.errors() == [(-1, code)]
        assert "connectionClosed" not in app.names()
        assert app.isConnected()
        app.disconnect()
        assert app.names()[-1] == "connectionClosed"


def test_a_request_after_the_end_is_told() -> None:
    with Server() as server:
        app = connected(server, nextValidId=lambda _: server.peer().close())
        app.run()
        app.placeOrder(5, Contract(), Order())
        assert app.errors() == [(5, 504)]


def test_s30_the_exception_of_the_reader_is_kept_and_reported(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with Server() as server:
        app, reader, third = three_threads(server)
        wait_until(lambda: app.of("nextValidId"))
        server.peer().ended.set()
        server.peer().reset()
        third.join(QUICK_S)
        assert isinstance(reader.error, ConnectionResetError)
        assert "reading has ended" in caplog.text
        assert app.names().count("connectionClosed") == 1


def test_an_orderly_end_is_no_exception() -> None:
    with Server() as server:
        app, reader, third = three_threads(server)
        wait_until(lambda: app.of("nextValidId"))
        server.peer().close()
        third.join(QUICK_S)
        assert reader.error is None and not app.isConnected()


@pytest.mark.parametrize("mode", ["python", "java", "csharp"])
def test_s30_a_client_id_in_use(mode: str) -> None:
    def told(peer: Peer) -> None:
        peer.raw(peer.wire.accept("20250425 15:23:54 EST"))

    with Server(greet=told) as server:
        server.welcome = [ErrorMessage(-1, 0, 326, "in use")]  # type: ignore[list-item]
        app = connected(server, error=lambda *a: server.peer().close() if a[2] == 326 else None)
        app.on_eof = mode
        app.run()
        ends = {"python": [], "java": [(-1, 507)], "csharp": [(-1, -1)]}
        assert app.errors() == [(-1, 326), *ends[mode]]
        app.disconnect()


@pytest.mark.parametrize("mode", ["java", "csharp"])
def test_s32_the_loop_ends_once_and_returns_at_once_afterwards(mode: str) -> None:
    with Server() as server:
        app = connected(server, nextValidId=lambda _: server.peer().close())
        app.on_eof = mode
        app.run()
        app.run()
        assert len(app.errors()) == 1 and app.isConnected(), "the rest is the program's"
        app.disconnect()
        app.connect("127.0.0.1", server.port, 8)
        assert app.isConnected()
        app.disconnect()


@pytest.mark.parametrize("mode", ["java", "csharp"])
def test_s32_disconnecting_wakes_the_thread_that_waits_for_a_signal(mode: str) -> None:
    with Server() as server:
        app, _, third = three_threads(server)
        app.on_eof = mode
        wait_until(lambda: app.of("nextValidId"))
        server.peer().close()
        wait_until(lambda: app.of("error"))
        app.disconnect()
        third.join(QUICK_S)
        assert not third.is_alive()


def test_disconnect_in_a_callback_of_the_third_thread() -> None:
    with Server() as server:
        known = threading.Event()

        def leave(_: int) -> None:
            known.wait(QUICK_S)
            app.disconnect()

        app, _, third = three_threads(server, nextValidId=leave)
        known.set()
        third.join(QUICK_S)
        assert not third.is_alive() and app.names()[-1] == "connectionClosed"


def test_disconnect_on_the_readers_own_thread() -> None:
    """A signal of the program's own may do anything."""

    class Hasty(EReaderSignal):
        def issueSignal(self) -> None:
            super().issueSignal()
            if threading.current_thread().name == "papertape-reader":
                app.disconnect()

    with Server() as server:
        server.welcome = []
        app = connected(server)
        EReader(app, Hasty()).start()
        server.peer().send(NextValidId(2))
        wait_until(lambda: not app.isConnected())
        wait_until(lambda: app.names().count("connectionClosed") == 1)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_what_a_signal_raises_is_not_swallowed_and_ends_the_connection() -> None:
    class Broken(EReaderSignal):
        def issueSignal(self) -> None:
            if threading.current_thread().name == "papertape-reader":
                raise ValueError("broken signal")

    with Server() as server:
        server.welcome = []
        app = connected(server)
        reader = EReader(app, Broken())
        reader.start()
        server.peer().send(NextValidId(2))
        app.run()
        assert isinstance(reader.error, ValueError)
        assert app.of("nextValidId") == [(2,)] and app.names()[-1] == "connectionClosed"


def test_connecting_again_in_connection_closed_goes_on_in_the_same_loop() -> None:
    """No loop in a loop: a program that reconnects for weeks must not grow a stack."""
    depth: list[int] = []

    def again() -> None:
        depth.append(len(traceback_of_this_thread()))
        if len(depth) < 5:
            app.connect("127.0.0.1", server.port, 7)

    with Server() as server:
        app = connected(server, connectionClosed=again)
        app.hooks["nextValidId"] = lambda _: server.peers[-1].close()
        app.run()
        assert len(depth) == 5 and len(set(depth)) == 1
        assert app.names().count("nextValidId") == 5 and not app.isConnected()


def traceback_of_this_thread() -> list[Any]:
    import traceback

    return traceback.extract_stack()


def test_disconnect_does_not_wait_for_a_sender_that_is_stuck() -> None:
    """The server has stopped reading: a thread hangs in send, another one ends the connection."""

    def deaf(peer: Peer) -> None:
        peer.raw(peer.wire.accept("20250425 15:23:54 EST"))
        if not reading.wait(QUICK_S):
            late.append(None)

    reading = threading.Event()
    late: list[None] = []
    with Server(greet=deaf) as server:
        app = connected(server)

        def flood() -> None:
            while app.isConnected():
                app.reqScannerParameters()
                app.placeOrder(1, Contract(), order)

        order = Order()
        order.orderRef = "x" * 100_000
        sender = threading.Thread(target=flood, daemon=True)
        sender.start()
        lock = app.conn.lock if app.conn else None
        assert lock is not None
        wait_until(lambda: held(lock))
        app.disconnect()
        assert not late, "it waited for the sender, who waits for the server"
        sender.join(QUICK_S)
        assert not sender.is_alive()
        reading.set()


def held(lock: Any) -> bool:
    """Whether somebody has held the lock for a while."""
    if lock.acquire(timeout=0.2):
        lock.release()
        return False
    return True


# ------------------------------------------------- a server that says too much, or nothing


def test_a_program_that_processes_nothing_slows_the_server_and_takes_bounded_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reader, "QUEUED", 1 << 20)
    notice, sent = ErrorMessage(-1, 0, 2104, "x" * 10_000), []
    with Server() as server:
        server.welcome = []
        app = connected(server)
        peer = server.peer()
        peer.socket.settimeout(0.5)  # a server that cannot send any more gives up
        with suppress(OSError):
            while sum(sent) < 20_000:
                peer.send(*[notice] * 50)
                sent.append(50)
        assert 50 < sum(sent) < 20_000, "nothing held the server up"
        assert app.msg_queue.bytes <= (1 << 20) + reader.CHUNK
        app.hooks["error"] = lambda *_: len(app.calls) > sum(sent) and app.disconnect()
        loop = running(app)
        loop.join(QUICK_S)
        assert len(app.of("error")) == sum(sent)
        assert app.msg_queue.bytes == 0 and not app.isConnected()


def test_disconnect_wakes_a_reader_that_waits_for_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "QUEUED", 100)
    with Server() as server:
        server.welcome = []
        app = connected(server)
        server.peer().send(*[CurrentTime(1)] * 100)
        wait_until(lambda: app.msg_queue.bytes > 100)
        thread = app.reader
        app.disconnect()
        assert thread is not None and not thread.is_alive()


def test_three_threads_and_a_silent_server() -> None:
    """The third thread waits for a signal: somebody else has to look at the clock."""
    with Server(greet=lambda _: None) as server:
        app, signal = App(), EReaderSignal()
        app.timeout = 0.2
        app.setAsyncEConnect()
        app.connect("127.0.0.1", server.port, 7)
        program = EReader(app, signal)
        program.start()
        assert signal.waitForSignal(QUICK_S)  # something may have come before
        while app.connState != app.DISCONNECTED:
            assert signal.waitForSignal(QUICK_S), "nobody has looked at the clock"
            program.processMsgs()
        assert app.errors() == [(-1, 502)] and "did not answer" in app.of("error")[0][3]
