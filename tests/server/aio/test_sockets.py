"""Dead peers, other addresses, another port, a full house: where real sockets are the point."""

import socket
import struct

import pytest

from papertape.server.aio.server import MOST_LINGERING
from papertape.server.aio.sockets import TCP_INFO, unheard, vanished
from papertape.server.settings import StationSettings
from papertape.versions import MAX_SERVER
from papertape.wire.catalogue import session
from papertape.wire.connection import Negotiated, encode
from papertape.wire.handshake import ConnectionState
from server.pair import Hall
from server.sockets import LOOPS, Served, Socket, eventually, run, serving

pytestmark = pytest.mark.network

EACH_LOOP = pytest.mark.parametrize("loop", LOOPS)


def test_how_long_a_dead_peer_may_stay_is_a_setting() -> None:
    async def main() -> None:
        async with serving(Hall(settings=StationSettings(dead_peer_s=16))) as served:
            client = await served.client()
            (connection,) = served.server.connections
            assert connection._transport is not None
            sock = connection._transport.get_extra_info("socket")
            names = ("TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT")
            numbers = [getattr(socket, name) for name in names]
            found = [sock.getsockopt(socket.IPPROTO_TCP, number) for number in numbers]
            assert found == [8, 2, 4]  # 8 s of silence, then 4 probes, 2 s apart
            client.close()

    run(main)


def info(retransmits: int, probes: int, last_ack_ms: int) -> bytes:
    return struct.pack("=4B52xI", 1, 0, retransmits, probes, last_ack_ms)


@pytest.mark.parametrize(
    ("told", "dead"),
    [
        (info(0, 0, 900_000), False),  # nothing was sent for a quarter of an hour
        (info(1, 0, 900_000), False),  # what was just sent is on its way
        (info(9, 0, 15_000), False),  # a bad line, not yet for long
        (info(9, 0, 16_001), True),
        (info(0, 0, 16_001), False),  # it lives and does not read: each question is answered
        (info(0, 5, 16_001), True),  # it did not read, and then it vanished
    ],
)
def test_a_peer_has_vanished_when_it_leaves_questions_unanswered(told: bytes, dead: bool) -> None:
    assert unheard(told, 16) == dead


def test_the_system_tells_how_a_socket_does() -> None:
    async def main() -> None:
        async with serving() as served:
            client = await served.client()
            (connection,) = served.server.connections
            assert connection._transport is not None
            sock = connection._transport.get_extra_info("socket")
            told = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, TCP_INFO.size)
            assert TCP_INFO.unpack(told)[:2] == (0, 0) and TCP_INFO.unpack(told)[2] < 60_000
            assert not vanished(connection._transport, 4)
            client.close()

    run(main)


# ---------------------------------------------------------------- who may connect


async def greeted(served: Served, address: str, port: int | None = None) -> Socket:
    """A client that binds an address of loopback and has agreed on a version."""
    client = Socket(MAX_SERVER)
    served.sockets.append(client)
    client.socket.bind((address, 0))
    await client.open(port or served.port)
    return client


@EACH_LOOP
def test_s25_another_address_waits_until_it_is_accepted(loop: str) -> None:
    async def main() -> None:
        async with serving() as served:
            client = await greeted(served, "127.0.0.2")
            await client.send(session.StartApi(1), session.ReqCurrentTime())
            policy = served.hall.station.policy
            await eventually(lambda: bool(policy.waiting()))
            (waiting,) = policy.waiting()
            assert waiting.address == "127.0.0.2"
            assert await (await served.client(2)).answers()
            served.server.act(lambda station: station.policy.accept(waiting.number))
            await client.until(session.CurrentTime)

    run(main, loop)


@EACH_LOOP
def test_s25_one_that_gives_up_is_noticed_while_it_waits(loop: str) -> None:
    async def main() -> None:
        async with serving() as served:
            client = await greeted(served, "127.0.0.2")
            await client.send(session.StartApi(1), session.ReqCurrentTime())
            policy = served.hall.station.policy
            await eventually(lambda: bool(policy.waiting()))
            client.close()
            await eventually(lambda: not policy.waiting())

    run(main, loop)


@EACH_LOOP
def test_s25_no_decision_ends_with_fin_and_no_text(loop: str) -> None:
    async def main() -> None:
        hall = Hall(settings=StationSettings(acceptance_timeout_s=0.05))
        async with serving(hall) as served:
            client = await greeted(served, "127.0.0.2")
            client.events.clear()
            await client.send(session.StartApi(1))
            assert await client.end() == []

    run(main, loop)


def test_people_have_the_same_time_to_decide_however_fast_the_market_runs() -> None:
    async def main() -> None:
        async with serving(speed=1000) as served:
            client = await greeted(served, "127.0.0.2")
            await client.send(session.StartApi(1))
            policy = served.hall.station.policy
            await eventually(lambda: bool(policy.waiting()))
            (waiting,) = policy.waiting()
            # 60 s of ours are 60,000 of the market's; the request took a part of a second.
            assert 59_000 < (waiting.until - waiting.since) / 1e9 < 61_000
            client.close()

    run(main)


@EACH_LOOP
@pytest.mark.parametrize("version", [176, MAX_SERVER])
def test_a_start_api_in_the_greetings_segment_is_served(loop: str, version: int) -> None:
    async def main() -> None:
        async with serving() as served:
            hasty = await served.raw()
            hasty.connection.highest = version
            first = hasty.connection.initiate()
            await hasty.write(first + encode(session.StartApi(1), version))
            await hasty.until(Negotiated)
            hasty.connection.state = ConnectionState.STARTED
            await hasty.until(session.NextValidId)
            assert await hasty.answers()

    run(main, loop)


@EACH_LOOP
def test_a_large_message_before_start_api_is_refused_at_its_length(
    loop: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        async with serving() as served:
            bad = await greeted(served, "127.0.0.2")
            await bad.until(Negotiated)
            await bad.write((0xFFFFFF).to_bytes(4) + (203).to_bytes(4))  # a PlaceOrder, it says
            assert await bad.end() == []
            assert await (await served.client(1)).answers()

    run(main, loop)
    told = "closed: START_API: 16777215 bytes are too many for START_API, which has at most 4096"
    assert told in caplog.text


async def silent(served: Served, address: str, count: int) -> list[Socket]:
    """Connections from an address of loopback that say nothing."""
    made = []
    for _ in range(count):
        made.append(Socket(MAX_SERVER))
        made[-1].socket.bind((address, 0))
        await made[-1].connect(served.port)
    served.sockets += made
    return made


@EACH_LOOP
def test_s4_silent_connections_keep_nobody_out(loop: str) -> None:
    async def main() -> None:
        async with serving() as served:
            await silent(served, "127.0.0.1", 31)
            await silent(served, "127.0.0.2", 31)
            clients = [await served.client(number) for number in range(32)]
            await silent(served, "127.0.0.1", 100)
            for client in clients:
                assert await client.answers()

    run(main, loop)


@EACH_LOOP
def test_s25_strangers_of_one_address_do_not_push_out_those_of_others(loop: str) -> None:
    async def main() -> None:
        async with serving() as served:
            policy = served.hall.station.policy
            for number in range(8):
                crowd = await greeted(served, "127.0.0.2")
                await crowd.send(session.StartApi(number))
            await silent(served, "127.0.0.2", 40)
            other = await greeted(served, "127.0.0.3")
            await other.send(session.StartApi(20))
            await eventually(lambda: "127.0.0.3" in {one.address for one in policy.waiting()})
            assert len(policy.waiting()) == 5
            (waiting,) = [one for one in policy.waiting() if one.client_id == 20]
            served.server.act(lambda station: station.policy.accept(waiting.number))
            assert await other.answers()

    run(main, loop)


def test_a_flood_of_connections_leaves_few_open() -> None:
    async def main() -> None:
        async with serving() as served:
            client = await served.client(1)
            for turn in range(10):
                await silent(served, f"127.0.1.{turn}", 50)
                assert await client.answers()
            assert len(served.server.connections) <= 1 + 32 + MOST_LINGERING

    run(main)


# ---------------------------------------------------------------- another port


@EACH_LOOP
def test_a_new_port_serves_and_the_old_one_does_not(loop: str) -> None:
    async def main() -> None:
        async with serving() as served:
            client = await served.client()
            port = free_port()
            served.server.act(lambda station: station.config.update({"socketPort": port}))
            told = await client.end()
            assert [(e.errorCode, str(port) in e.errorMsg) for e in told] == [(1300, True)]
            old, served.port = served.port, port
            assert await (await served.client()).answers()
            assert served.server.address == ("127.0.0.1", port)
            late = Socket(MAX_SERVER)
            with pytest.raises(ConnectionRefusedError):
                await late.connect(old)
            late.close()

    run(main, loop)


@EACH_LOOP
def test_a_port_in_use_is_refused_and_nobody_is_disturbed(loop: str) -> None:
    async def main() -> None:
        async with serving() as served, serving() as other:
            client = await served.client()
            outcome = served.server.act(
                lambda station: station.config.update({"socketPort": other.port})
            )
            assert "Address already in use" in outcome.errors[0]
            assert str(other.port) in outcome.errors[0]
            assert await client.answers()
            assert served.hall.station.config.settings.socketPort == served.port
            assert await (await served.client(2)).answers()

    run(main, loop)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def test_s4_the_thirty_third_client_is_closed_and_a_place_is_free_when_one_leaves() -> None:
    async def main() -> None:
        async with serving() as served:
            clients = [await served.client(number) for number in range(32)]
            extra = await served.raw()
            assert await extra.end() == []
            clients[0].close()
            await eventually(lambda: len(list(served.hall.station.connections())) == 31)
            assert await (await served.client(0)).answers()

    run(main)


def test_requests_of_a_client_that_paces_are_held_back_by_tcp_and_none_is_lost() -> None:
    async def main() -> None:
        hall = Hall(settings=StationSettings(max_message_rate=40))
        async with serving(hall, speed=20) as served:
            client = await served.client()
            await client.send(*(session.ReqCurrentTime() for _ in range(100)))
            got = await client.until(session.CurrentTime, 100)
            times = [m.currentTime for m in got if isinstance(m, session.CurrentTime)]
            assert times[-1] - times[0] >= 2  # seconds of the market's clock

    run(main)
