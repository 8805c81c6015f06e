"""Two runs with the same seed and start give a client the same bytes; so does a jump of the clock
and the same time in small steps.

The client follows its account, whose values are told in parts: the messages are the same to the
last byte, and so is the order of ticks; which part is told when a request comes is the computer's
matter.
"""

import asyncio
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

import papertape
from lanes import HANGS_S
from papertape import LimitOrder, Stock
from papertape.testing import RunningStation, serve

pytestmark = pytest.mark.network
START = "2026-04-10 10:00 US/Eastern"
SPY, AAPL = Stock("SPY", "SMART", "USD"), Stock("AAPL", "SMART", "USD")
WORLD = """
account  DU1  cash 500,000 USD  holds 10 AAPL @ 100
quote    SPY  170.00 x 170.02
+5s      ramp SPY -2% over 20s
+30s     halt SPY for 5s
on order SELL SPY
  late   500ms
  +1s    fill 30
callbacks reorder seed 3
"""


class Relay:
    """A socket between a program and a station, that keeps what the station sends."""

    def __init__(self, port: int) -> None:
        self._station = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.data = bytearray()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        with self._listening:
            client, _ = self._listening.accept()
        with client, socket.create_connection(("127.0.0.1", self._station)) as station:
            back = threading.Thread(target=self._copy, args=(client, station), daemon=True)
            back.start()
            while data := _taken(station):
                self.data += data
                with suppress(OSError):  # a program that has gone hears no more
                    client.sendall(data)
            with suppress(OSError):
                client.shutdown(socket.SHUT_WR)
            back.join(HANGS_S)

    @staticmethod
    def _copy(client: socket.socket, station: socket.socket) -> None:
        while data := _taken(client):
            with suppress(OSError):
                station.sendall(data)
        with suppress(OSError):
            station.shutdown(socket.SHUT_WR)

    def end(self) -> bytes:
        self._thread.join(HANGS_S)
        return bytes(self.data)


def _taken(side: socket.socket) -> bytes:
    try:
        return side.recv(1 << 16)
    except OSError:
        return b""


def heard(advance: Callable[[RunningStation, float], None], seed: int = 7, **more: Any) -> bytes:
    """What a client of ours is sent in a minute and a half of a world."""
    with serve(speed=0, start=START, seed=seed, **more) as tws:
        tws.play(WORLD)
        relay = Relay(tws.port)

        async def main() -> None:
            client = await papertape.connect("127.0.0.1", relay.port, 3)
            quotes = [client.quotes(one) for one in (SPY, AAPL)]
            for one in quotes:
                await one.__aenter__()
            client.place_order(SPY, LimitOrder("BUY", 100, 169.0))
            client.place_order(SPY, LimitOrder("SELL", 50, 160.0))
            await client.current_time()
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(None, lambda: advance(tws, 60))
            await client.current_time()
            client.place_order(AAPL, LimitOrder("BUY", 1, 5.0))
            await client.current_time()
            await loop.run_in_executor(None, lambda: advance(tws, 30))
            await client.current_time()
            await client.disconnect()

        asyncio.run(main())
        return relay.end()


TICKS = (201, 202, 245, 246)
"""The messages of ticks in protobuf: price, size, number and text."""
Heard = tuple[list[bytes], list[bytes]]


def told(data: bytes) -> Heard:
    """All messages, whatever their order, and the ticks in theirs."""
    found, at = [], 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4])
        found.append(data[at + 4 : at + 4 + size])
        at += 4 + size
    return sorted(found), [one for one in found if int.from_bytes(one[:4]) in TICKS]


def in_one(tws: RunningStation, seconds: float) -> None:
    tws.advance(seconds)


def in_steps(tws: RunningStation, seconds: float) -> None:
    for _ in range(int(seconds * 4)):
        tws.advance(0.25)


def test_two_runs_are_equal_to_the_last_byte() -> None:
    first = heard(in_one)
    assert len(first) > 10_000
    messages, ticks = told(first)
    assert len(ticks) > 20
    assert told(heard(in_one)) == (messages, ticks)
    assert told(heard(in_one, seed=8)) != (messages, ticks)


def test_a_jump_gives_what_small_steps_give() -> None:
    assert told(heard(in_one)) == told(heard(in_steps))
    every = {"quote_interval_ms": 0}
    assert told(heard(in_one, **every)) == told(heard(in_steps, **every))
