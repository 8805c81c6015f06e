"""The same seed and the same requests give the same run, byte for byte, for every drill."""

import pytest

from papertape.model import Contract
from papertape.server.drills import CATALOGUE
from papertape.server.settings import StationSettings
from papertape.versions import MAX_SERVER
from papertape.wire.catalogue import account, contract, history, market, orders
from papertape.wire.catalogue.session import ReqCurrentTime, StartApi
from papertape.wire.connection import encode
from papertape.wire.handshake import greeting
from papertape.wire.message import Message
from server.pair import Hall, Pipe
from server.test_station import order

AAPL = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
OPTIONS: dict[str, dict[str, object]] = {
    "black-hole": {"kind": "orderStatus", "n": 2},
    "corrected-execution": {"bust": True},
    "farm-blip": {"name": "usfarm", "ms": 1500},
    "freeze": {"seconds": 2},
    "link-lost": {"ms": 2500},
    "nightly-restart": {"down_ms": 1500},
    "id-rollback": {"down_ms": 700},
    "late-callbacks": {"kind": "orderStatus"},
    "late-order": {"order": 1, "ms": 700},
    "slow-drip": {"bytes_per_second": 700, "seconds": 4},
    "reset": {"kind": "placeOrder", "ms": 300},
}
BARS = history.ReqHistoricalData(3, AAPL, barSizeSetting="1 min", duration="1 D",
                                 whatToShow="TRADES", keepUpToDate=True)  # fmt: skip


class Program:
    """A program that never listens: it connects, asks, and connects again when it was closed."""

    def __init__(self, hall: Hall) -> None:
        self.hall = hall
        self.pipes: list[Pipe] = []
        self.connect()

    def connect(self) -> None:
        """Greeting and START_API."""
        self.pipes.append(Pipe())
        self.session = self.hall.station.open("test:1", self.pipes[-1], self.hall.now)
        if self.session is not None:
            self.write(greeting(MAX_SERVER, MAX_SERVER, ""))
            self.ask(StartApi(1))

    def write(self, data: bytes) -> None:
        """Send bytes."""
        if self.session is not None and not self.pipes[-1].closed:
            self.hall.station.receive(self.session, data, self.hall.now)
            self.hall.settle()

    def ask(self, *messages: Message) -> None:
        """Send requests, and connect again first if need be."""
        if self.pipes[-1].closed:
            self.connect()
        for message in messages:
            self.write(encode(message, MAX_SERVER))


def transcript(name: str, seed: int) -> list[bytes]:
    """What a program receives in ten seconds with a drill, connection by connection."""
    hall = Hall(settings=StationSettings(seed=seed, gateway=True, max_message_rate=0))
    hall.quote("AAPL 257.66 x 257.68")
    program = Program(hall)
    program.ask(market.ReqMktData(1, AAPL), contract.ReqContractDetails(2, AAPL), BARS)
    hall.wait(1)
    run = hall.station.drills.start(name, **OPTIONS.get(name, {}))
    for second in range(8):
        hall.quote(f"AAPL {257 + second}.00 x {257 + second}.02")
        program.ask(order(second + 1, "BUY 10 AAPL MKT"), ReqCurrentTime())
        program.ask(orders.ReqExecutions(9), account.ReqPositions())
    hall.station.drills.stop(run.number)
    hall.wait(5)
    return [pipe.data for pipe in program.pipes]


@pytest.mark.sample(13, test=3)
@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_the_same_seed_gives_the_same_bytes(name: str) -> None:
    heard = transcript(name, 1)
    assert heard == transcript(name, 1)
    assert sum(map(len, heard)) > 500


@pytest.mark.long
def test_chance_is_the_seed_s() -> None:
    assert len({tuple(transcript("half-frame", seed)) for seed in range(4)}) > 1
