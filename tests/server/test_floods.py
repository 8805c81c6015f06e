"""Many, much and slow: floods of requests, connections and bytes that nobody else notices."""

import asyncio
import logging
import os
import resource
from collections.abc import Callable
from typing import Any

import pytest

from papertape.server.settings import StationSettings
from papertape.wire.catalogue import reports, session
from papertape.wire.framing import MAX_PAYLOAD
from server.pair import Hall
from server.sockets import Socket, eventually, run, serving
from server.test_bad_input import START, TIME, busy_hall, hello, witness
from server.test_station import order

pytestmark = pytest.mark.network


def test_ten_thousand_requests_in_one_segment_are_all_answered_and_nobody_waits() -> None:
    async def main() -> None:
        async with serving(busy_hall()) as served:
            other = await witness(served)
            many = await served.client(1, 176)
            await many.write(TIME * 10_000)
            for _ in range(5):
                await other.fares_well()
            got = await many.until(session.CurrentTime, 10_000)
            assert len(got) == 10_000
            many.close()
            other.client.close()

    run(main)


def test_a_thousand_orders_in_one_segment_are_all_taken_and_nobody_waits() -> None:
    async def main() -> None:
        async with serving(busy_hall()) as served:
            other = await witness(served)
            many = await served.client(1)
            await many.send(*(order(number, "BUY 1 AAPL LMT 250") for number in range(1, 1001)))
            began = asyncio.get_running_loop().time()
            await other.fares_well()
            waited = asyncio.get_running_loop().time() - began
            got = await many.until(reports.OrderStatus, 2000)
            assert {m.orderId for m in got if isinstance(m, reports.OrderStatus)} == set(
                range(1, 1001)
            )
            assert waited < 3, f"the other client waited {waited:.2f} s"
            many.close()
            other.client.close()

    run(main)


def test_orders_sent_right_before_the_end_are_kept() -> None:
    async def main() -> None:
        async with serving(busy_hall()) as served:
            other = await witness(served)
            hasty = await served.client(1)
            await hasty.send(*(order(number, "BUY 1 AAPL LMT 250") for number in range(1, 301)))
            hasty.close()
            station = served.hall.station
            await eventually(lambda: station.queries.next_valid_id(1) == 301)
            await other.fares_well()
            other.client.close()

    run(main)


def test_a_client_that_says_nothing_is_closed_when_its_time_is_over(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def main() -> None:
        hall = Hall(settings=StationSettings(start_api_timeout_s=0.05))
        async with serving(hall) as served:
            started = await served.client(1)
            silent, greeted, slow = [await served.raw() for _ in range(3)]
            await greeted.write(greeted.connection.initiate())
            await slow.write(b"AP")
            assert await silent.end() == []
            assert len(await greeted.end()) == 1
            assert await slow.end() == []
            assert await started.answers()
            started.close()

    run(main)
    assert caplog.text.count("closed: no START_API in 0.05 s") == 3


def test_a_fast_market_does_not_hurry_those_who_connect() -> None:
    async def main() -> None:
        hall = Hall(settings=StationSettings(start_api_timeout_s=0.2))
        async with serving(hall, speed=5000) as served:
            silent, slow = await served.raw(), await served.raw()
            await slow.write(slow.connection.initiate())
            await slow.read()
            await asyncio.sleep(0.05)  # four minutes of the market
            await slow.send(session.StartApi(1))
            await slow.until(session.NextValidId)
            assert await silent.end() == []

    run(main)


def test_silent_connections_take_places_only_for_a_while() -> None:
    async def main() -> None:
        settings = StationSettings(start_api_timeout_s=0.05, max_clients=2)
        async with serving(Hall(settings=settings)) as served:
            silent = [await served.raw() for _ in range(2)]
            for client in silent:
                assert await client.end() == []
            (await served.client(1)).close()

    run(main)


def test_unfinished_frames_do_not_pile_up() -> None:
    """Thirty-two connections that announce 16 MiB and send little hold only the little."""

    async def main() -> None:
        async with serving() as served:
            before = memory()
            held = [await served.client(number, 176) for number in range(32)]
            for client in held:
                await client.write(MAX_PAYLOAD.to_bytes(4) + b"x" * 1000)
            assert await_none(served)
            await asyncio.sleep(0)
            assert memory() - before < 64 << 20
            for client in held:
                client.close()

    run(main)


def await_none(served: Any) -> bool:
    return len(list(served.hall.station.connections())) == 32


def test_a_flood_of_empty_frames_fills_neither_memory_nor_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    hall = Hall()
    bad, other = hall.client(1, 176), hall.client(2)
    hall.station.receive(bad.session, bytes(4) * 20_000, hall.now)
    assert len(bad.session.waiting) < 5000
    hall.settle()
    assert len(bad.errors()) == 20_000
    assert len(caplog.messages) == 21
    assert caplog.messages[-1].endswith("no more of its unreadable messages are logged")
    assert other.send(session.ReqCurrentTime()).of(session.CurrentTime)


def test_bytes_that_our_own_code_cannot_take_apart_cost_one_session(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    hall = Hall()
    bad, other = hall.client(1, 176), hall.client(2)

    def broken(_: bytes) -> list[Any]:
        raise RecursionError("in the decoder")

    monkeypatch.setattr(bad.session.connection, "receive_data", broken)
    bad.raw(TIME)
    assert bad.pipe.closed
    assert "client 1 at test:1: taking bytes apart failed" in caplog.text
    assert other.send(session.ReqCurrentTime()).of(session.CurrentTime)


def memory() -> int:
    """Resident bytes of this process."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_a_thousand_connections_that_come_and_go_leave_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.ERROR)

    async def main() -> None:
        async with serving() as served:
            other = await served.client(1)
            sends: list[Callable[[Socket], Any]] = [
                lambda c: c.write(b""),
                lambda c: c.write(b"API\0"),
                lambda c: c.write(b"\xff\xff\xff"),
                lambda c: c.write(hello()),
                lambda c: c.write(hello() + START),
            ]
            for number in range(300):
                client = await served.raw()
                await sends[number % len(sends)](client)
                client.close() if number % 2 else client.reset()
            assert await other.answers()
            await eventually(lambda: len(list(served.hall.station.connections())) == 1)
            await eventually(lambda: len(served.server.connections) == 1)
            other.close()

    run(main)
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert len(os.listdir("/proc/self/fd")) < limit / 2
    assert not caplog.records
