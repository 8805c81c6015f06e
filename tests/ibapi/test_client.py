"""Connecting, the loop and the end of a connection. Numbers like S13 are rows of the
connection architecture (docs: the client connects, TWS serves)."""

import signal
import socket
import threading
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from ibapi.apps import App, running, wait_until
from ibapi.server import TIME, Peer, Server
from papertape.ibapi.contract import Contract
from papertape.ibapi.order import Order
from papertape.ibapi.order_cancel import OrderCancel
from papertape.ibapi.reader import EReader, EReaderSignal
from papertape.model import UNSET_DECIMAL
from papertape.versions import MAX_SERVER
from papertape.wire.catalogue.config import ConfigResponse
from papertape.wire.catalogue.market import TickPrice
from papertape.wire.catalogue.orders import PlaceOrder
from papertape.wire.catalogue.session import (
    CurrentTime,
    NextValidId,
    ReqCurrentTime,
    StartApi,
)
from papertape.wire.handshake import version_reply

pytestmark = pytest.mark.network

VERSIONS = (100, 176, 200, 203, 213, MAX_SERVER)


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


# ---------------------------------------------------------------- connecting


@pytest.mark.parametrize("version", VERSIONS)
def test_s11_connect_returns_when_the_handshake_is_done_and_start_api_is_sent(
    version: int,
) -> None:
    with Server(version) as server:
        app = connected(server, nextValidId=lambda _: app.disconnect())
        app.run()
        assert app.of("managedAccounts") == [("DU1234567",)]
        assert app.of("nextValidId") == [(1,)]
        assert server.received(StartApi).clientId == 7
        assert app.names()[0] == "connectAck"
        assert app.names()[-1] == "connectionClosed"


def test_s10_version_and_time_of_connection() -> None:
    with Server(176) as server:
        app = connected(server)
        assert (app.serverVersion(), app.twsConnectionTime()) == (176, TIME.encode())
        app.disconnect()
        assert (app.serverVersion(), app.twsConnectionTime()) == (None, None)


def test_s1_e_connect_is_another_spelling() -> None:
    with Server() as server:
        app = App()
        app.eConnect("localhost", server.port, 1)
        assert app.isConnected()
        app.disconnect()


def test_s6_a_closed_port_is_502_and_nothing_raises() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    app = App()
    app.connect("127.0.0.1", port, 1)
    assert app.errors() == [(-1, 502)]
    assert not app.isConnected()
    text = app.of("error")[0][3]
    assert all(port in text for port in ("7496", "7497", "4001", "4002")), text
    assert "Enable ActiveX and Socket" in text  # S7
    app.run()  # returns at once


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 70000), ("no.such.host.invalid", 1),
                                            ("x" * 80 + ".invalid", 1)])  # fmt: skip
def test_an_impossible_address_is_502_too(host: str, port: int) -> None:
    app = App()
    app.connect(host, port, 1)
    assert app.errors() == [(-1, 502)]


def silent(peer: Peer) -> None:
    """A server that accepts and says nothing."""


def hangs_up(peer: Peer) -> None:
    peer.close()


@pytest.mark.parametrize(("greet", "said"), [(silent, "did not answer"), (hangs_up, "closed")])
@pytest.mark.parametrize("asynchronous", [False, True])
def test_a_server_that_is_none(greet: Any, said: str, asynchronous: bool) -> None:
    with Server(greet=greet) as server:
        app = App()
        app.timeout = 0.3
        app.setAsyncEConnect(asynchronous)
        app.connect("127.0.0.1", server.port, 1)
        app.run()
        assert app.errors() == [(-1, 502)]
        assert said in app.of("error")[0][3]
        assert not app.isConnected()


@pytest.mark.parametrize("asynchronous", [False, True])
def test_the_answer_may_come_in_pieces_and_with_other_data(asynchronous: bool) -> None:
    def dribble(peer: Peer) -> None:
        peer.wire.accept(TIME)
        answer = version_reply(176, TIME)
        more = b"\0\0\0\x069\x001\x009\x00"
        for i in range(len(answer) - 1):
            peer.raw(answer[i : i + 1])
        peer.raw(answer[-1:] + more[:3])
        peer.raw(more[3:])

    with Server(176, greet=dribble) as server:
        app = App(connectAck=lambda: app.startApi() if app.asynchronous else None)
        app.setAsyncEConnect(asynchronous)
        app.connect("127.0.0.1", server.port, 1)
        loop = running(app)
        wait_until(lambda: app.of("nextValidId") == [(9,), (1,)])
        app.disconnect()
        loop.join()


def test_s13_asynchronous_connect_waits_for_start_api_from_connect_ack() -> None:
    may = threading.Event()

    def acknowledged() -> None:
        app.reqCurrentTime()  # must not go out before START_API
        may.wait(5)
        app.startApi()

    with Server(200) as server:
        app = App(connectAck=acknowledged)
        app.setAsyncEConnect()
        app.connect("127.0.0.1", server.port, 3)
        loop = running(app)
        wait_until(lambda: app.of("error"))  # told, not sent
        assert app.of("connectAck")
        assert server.peers[0].received == []
        may.set()
        assert server.received(StartApi).clientId == 3
        wait_until(lambda: app.of("nextValidId"))
        assert app.threads() == {"loop"}
        app.disconnect()
        loop.join()


def test_501_already_connected() -> None:
    with Server() as server:
        app = connected(server)
        app.connect("127.0.0.1", server.port, 1)
        assert app.errors() == [(-1, 501)]
        assert app.isConnected()
        app.disconnect()


def test_a_client_can_connect_again() -> None:
    with Server() as server:
        app = App(nextValidId=lambda _: app.disconnect())
        for _ in range(3):
            app.connect("127.0.0.1", server.port, 1)
            app.run()
        assert app.names().count("connectionClosed") == 3
        assert app.names().count("nextValidId") == 3


def test_options_and_capabilities_are_sent() -> None:
    seen = []

    def look(peer: Peer) -> None:
        seen.append(peer)
        peer.raw(peer.wire.accept(TIME))

    with Server(200, greet=look) as server:
        app = App()
        app.setConnectionOptions("+PACEAPI")
        app.setOptionalCapabilities("cap")
        app.connect("127.0.0.1", server.port, 1)
        assert server.received(StartApi).optionalCapabilities == "cap"
        app.disconnect()


@pytest.mark.parametrize("what", ["host", "options", "capabilities"])
def test_579_a_character_that_may_not_be_sent(what: str) -> None:
    app = App()
    if what == "options":
        app.setConnectOptions("ü")
    if what == "capabilities":
        app.setOptionalCapabilities("ü")
    app.connect("ü" if what == "host" else "127.0.0.1", 1, 1)
    assert app.errors() == [(-1, 579)]


def test_a_server_that_is_too_old() -> None:
    def old(peer: Peer) -> None:
        peer.raw(b"\0\0\0\x08" + b"99\0time\0")

    with Server(greet=old) as server:
        app = App()
        app.connect("127.0.0.1", server.port, 1)
        assert app.errors() == [(-1, 503)]
        assert not app.isConnected()


# ---------------------------------------------------------------- local errors


def test_504_with_the_official_ids() -> None:
    app = App()
    app.reqMktData(5, Contract(), "", False, False, [])
    app.placeOrder(9, Contract(), Order())
    app.cancelOrder(3, OrderCancel())
    app.reqCurrentTime()
    app.reqHistoricalData(8, Contract(), "", "", "", "", 1, 1, False, [])
    app.startApi()
    assert app.errors() == [(5, 504), (9, 504), (-1, 504), (-1, 504), (8, 504), (-1, 504)]


def test_s9_503_names_what_the_server_lacks() -> None:
    with Server(176) as server:
        app = connected(server)
        app.reqCurrentTimeInMillis()
        order = Order()
        order.customerAccount = "X"
        app.placeOrder(4, Contract(), order)
        assert app.errors() == [(-1, 503), (4, 503)]
        assert "customer account" in app.of("error")[1][3]
        app.disconnect()


def test_what_cannot_be_encoded_has_the_code_of_its_request() -> None:
    with Server(176) as server:
        app = connected(server)
        contract = Contract()
        contract.conId = "many"  # type: ignore[assignment]
        app.reqMktData(5, contract, "", False, False, [])
        app.reqAccountUpdates(True, None)  # type: ignore[arg-type]
        app.reqAccountSummary(6, "All", "Ünknown")
        assert app.errors() == [(5, 510), (-1, 513), (6, 579)]
        app.disconnect()


# ---------------------------------------------------------------- the loop


def test_s17_callbacks_run_on_the_thread_that_processes() -> None:
    with Server() as server:
        app = App()
        app.connect("127.0.0.1", server.port, 1)
        app.calls.clear()  # connectAck of a synchronous connect is the caller's
        loop = running(app)
        wait_until(lambda: "nextValidId" in app.names())
        app.disconnect()
        loop.join()
        assert app.threads() == {"loop"}
        assert app.names()[-1] == "connectionClosed"


def test_s15_three_threads_with_a_signal() -> None:
    with Server(answers={ReqCurrentTime: lambda _: [CurrentTime(123)]}) as server:
        app, signal_ = App(), EReaderSignal()
        app.connect("127.0.0.1", server.port, 1)
        reader = EReader(app, signal_)
        reader.start()

        def process() -> None:
            while app.isConnected():
                signal_.waitForSignal()
                reader.processMsgs()

        third = threading.Thread(target=process, name="third")
        third.start()
        wait_until(lambda: app.of("nextValidId"))
        app.reqCurrentTime()
        wait_until(lambda: app.of("currentTime") == [(123,)])
        server.peer().close()  # S30: the end comes on the same way
        third.join(5)
        assert not third.is_alive()
        assert {t for name, _, t in app.calls if name != "connectAck"} == {"third"}
        assert app.names().count("connectionClosed") == 1


def test_only_one_thread_processes() -> None:
    def second() -> None:
        reader = EReader(app, EReaderSignal())
        with pytest.raises(RuntimeError, match="another thread"):
            reader.processMsgs()
        done.set()

    done = threading.Event()
    with Server() as server:
        app = connected(server, nextValidId=lambda _: done.wait(5))
        loop = running(app)
        wait_until(lambda: "nextValidId" in app.names())
        second()
        app.disconnect()
        loop.join()


def test_disconnect_in_a_callback_drops_the_rest() -> None:
    with Server() as server:
        app = connected(server, nextValidId=lambda i: app.disconnect() if i == 5 else None)
        server.peer().send(*(NextValidId(i) for i in range(2, 100)))
        app.run()
        assert app.of("nextValidId") == [(i,) for i in range(1, 6)]
        assert app.names()[-1] == "connectionClosed"


def test_disconnect_from_another_thread_ends_the_loop_at_once() -> None:
    with Server() as server:
        app = connected(server)
        timer = threading.Timer(0.05, app.disconnect)
        timer.start()
        app.run()
        timer.join()
        assert app.names().count("connectionClosed") == 1
        assert not app.isConnected()
        app.disconnect()
        assert app.names().count("connectionClosed") == 1


def test_an_exception_of_a_callback_comes_out_of_run() -> None:
    def boom(number: int) -> None:
        if number == 3:
            raise KeyError("boom")

    with Server() as server:
        app = connected(server, nextValidId=boom)
        server.peer().send(*(NextValidId(i) for i in range(2, 9)))
        with pytest.raises(KeyError, match="boom"):
            app.run()
        assert app.of("nextValidId") == [(1,), (2,), (3,)]
        assert app.names()[-1] == "connectionClosed"
        assert not app.isConnected()


def test_process_msgs_goes_on_after_an_exception() -> None:
    def boom(number: int) -> None:
        if number == 3:
            raise KeyError("boom")

    with Server() as server:
        app = connected(server, nextValidId=boom)
        server.peer().send(*(NextValidId(i) for i in range(2, 9)))
        reader = EReader(app, EReaderSignal())
        with pytest.raises(KeyError):
            while True:
                reader.processMsgs()
        while len(app.of("nextValidId")) < 8:
            reader.processMsgs()
        assert app.of("nextValidId") == [(i,) for i in range(1, 9)]
        app.disconnect()


def test_interrupts_call_the_hooks_and_the_sixth_ends_the_program() -> None:
    def press(*_: object) -> None:
        signal.raise_signal(signal.SIGINT)

    with Server() as server:
        app = connected(server, nextValidId=press)
        count = []
        app.keyboardInterrupt = lambda: count.append(1)  # type: ignore[method-assign]
        app.msgLoopTmo = press  # type: ignore[method-assign]
        server.peer().send(*(NextValidId(i) for i in range(2, 6)))
        with pytest.raises(SystemExit):
            app.run()
        assert app.of("nextValidId") == [(i,) for i in range(1, 6)]
        assert len(count) == 6, "five in callbacks, and one while nothing comes"


def test_the_hooks_of_the_loop() -> None:
    with Server() as server:
        app = connected(server)
        seen: list[str] = []
        app.msgLoopRec = lambda: seen.append("rec")  # type: ignore[method-assign]

        def nothing() -> None:
            seen.append("tmo")
            app.disconnect()

        app.msgLoopTmo = nothing  # type: ignore[method-assign]
        app.run()
        assert seen[0] == "rec"
        assert seen[-1] == "tmo"


# ---------------------------------------------------------------- what the server sends


@pytest.mark.parametrize("version", VERSIONS)
def test_one_byte_at_a_time(version: int) -> None:
    with Server(version) as server:
        app = connected(server)
        peer = server.peer()
        tick = peer.wire.send(TickPrice(5, 1, 100.5, Decimal(7), 3))
        for i in range(len(tick)):
            peer.raw(tick[i : i + 1])
        loop = running(app)
        wait_until(lambda: app.of("tickSize"))
        (number, kind, price, attrib) = app.of("tickPrice")[0]
        assert (number, kind, price) == (5, 1, 100.5)
        assert attrib.canAutoExecute is (version >= 109)
        assert app.of("tickSize") == [(5, 0, Decimal(7))]
        app.disconnect()
        loop.join()


def test_a_size_that_is_not_set_is_the_official_value() -> None:
    with Server(200) as server:
        app = connected(server, tickSize=lambda *_: app.disconnect())
        server.peer().send(TickPrice(5, 1, 100.5, None, 0))
        app.run()
        assert app.of("tickSize") == [(5, 0, UNSET_DECIMAL)]


def test_505_and_508_are_reported_and_the_stream_goes_on() -> None:
    def frame(body: bytes) -> bytes:
        return len(body).to_bytes(4) + body

    with Server(176) as server:
        app = connected(server, nextValidId=lambda i: app.disconnect() if i == 8 else None)
        unknown = frame(b"999\x001\x00")
        wrong = frame(b"9\x001\x00x\x00")
        short = frame(b"1\x006\x005\x00")
        server.peer().raw(unknown + wrong + short + frame(b"9\x001\x008\x00"))
        app.run()
        assert app.errors() == [(-1, 505), (-1, 508), (-1, 508)]
        assert "TickPrice" in app.of("error")[2][3]


def test_507_a_frame_that_is_too_long_ends_the_connection() -> None:
    with Server(176) as server:
        app = connected(server)
        server.peer().raw(b"\x7f\0\0\0abc")
        app.run()
        assert app.errors() == [(-1, 507)]
        assert app.names()[-1] == "connectionClosed"


def test_a_long_frame_in_many_pieces() -> None:
    with Server(176) as server:
        app = connected(server, nextValidId=lambda i: app.disconnect() if i == 2 else None)
        text = b"x" * 4_000_000
        body = b"4\x002\x00-1\x00399\x00" + text + b"\x00\x00"
        loop = running(app)
        server.peer().raw(len(body).to_bytes(4) + body)
        server.peer().send(NextValidId(2))
        loop.join(10)
        assert app.of("error")[0][3] == text.decode()


def test_a_program_may_take_the_protobuf_messages_themselves() -> None:
    class Both(App):
        def tickPriceProtoBuf(self, tickPriceProto: Any) -> None:
            self.calls.append(("proto", (tickPriceProto.price,), ""))

        def configResponseProtoBuf(self, configResponseProto: Any) -> None:
            self.calls.append(("config", (configResponseProto.reqId,), ""))
            self.disconnect()

    with Server() as server:
        app = Both()
        app.connect("127.0.0.1", server.port, 1)
        server.peer().send(TickPrice(5, 1, 100.5, Decimal(7), 0), ConfigResponse(8))
        app.run()
        assert app.names()[-5:-1] == ["proto", "tickPrice", "tickSize", "config"]
        assert app.of("config") == [(8,)]


@pytest.mark.parametrize("version", [176, 204, MAX_SERVER])
def test_many_ticks_in_one_go(version: int) -> None:
    with Server(version) as server:
        app = connected(server, nextValidId=lambda i: app.disconnect() if i == 2 else None)
        ticks = [TickPrice(i % 7, 1 + i % 9, 100 + i / 8, Decimal(i), i % 2) for i in range(9000)]
        loop = running(app)
        server.peer().send(*ticks, NextValidId(2))
        loop.join(20)
        prices = [(t.reqId, t.tickType, t.price) for t in ticks]
        assert [call[:3] for call in app.of("tickPrice")] == prices
        kinds = {1: 0, 2: 3, 4: 5}
        sizes = [(t.reqId, kinds[t.tickType], t.size) for t in ticks if t.tickType in kinds]
        assert app.of("tickSize") == sizes


# ---------------------------------------------------------------- records


def test_an_order_is_not_changed_by_placing_it() -> None:
    with Server() as server:
        app = connected(server)
        order = Order()
        order.action, order.totalQuantity, order.orderType = "BUY", Decimal("1.5"), "LMT"
        order.lmtPrice = 100.25
        before = dict(vars(order))
        app.placeOrder(12, Contract(), order)
        sent = server.received(PlaceOrder)
        assert (sent.order.totalQuantity, sent.order.lmtPrice) == (Decimal("1.5"), 100.25)
        assert sent.order.auxPrice is None
        assert vars(order) == before
        app.disconnect()
