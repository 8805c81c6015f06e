"""What live bars cost a station: bars of five seconds and histories kept up to date.

The station is in this process, without sockets; its clock jumps from due to due for two minutes of
market time. Told is processor time of the station alone.
"""

import time
from itertools import islice

from papertape.model import Contract
from papertape.server.assembly import compose
from papertape.server.settings import StationSettings
from papertape.server.station import Station
from papertape.wire.catalogue.history import ReqHistoricalData
from papertape.wire.catalogue.session import StartApi
from papertape.wire.catalogue.ticks import ReqRealTimeBars
from papertape.wire.connection import ClientConnection

from .common import show

SECOND = 1_000_000_000
WALL = 1_776_088_800 * SECOND
CLIENTS, INSTRUMENTS, SECONDS = (1, 8, 32), 12, 120
VERSION = 226


class Pipe:
    """The station's end of a connection; counts what it sends."""

    def __init__(self) -> None:
        self.sent = 0

    def write(self, data: bytes) -> None:
        """Take bytes to send."""
        self.sent += len(data)

    def close(self) -> None:
        """Nothing to close."""

    reset = close


def run() -> None:
    """Measure, print, keep."""
    rows = [[f"{clients} clients", *measured(clients)] for clients in CLIENTS]
    title = f"{INSTRUMENTS} instruments x both kinds of bars for each client"
    head = ("", "messages a market second", "ms a market second", "us a message")
    show(title, head, rows, "bars")


def measured(clients: int) -> tuple[float, float, float]:
    """Messages and processor time of one second of the market, and of one message."""
    settings = StationSettings(max_message_rate=0)
    with compose(wall=WALL, data_dir=None, settings=settings) as composed:
        station = composed.station
        for number in range(clients):
            subscribe(station, number)
        pass_time(station, 10)
        before = sum(session.sent for session in station.sessions())
        began = time.process_time()
        pass_time(station, SECONDS)
        spent = time.process_time() - began
        told = sum(session.sent for session in station.sessions()) - before
    return round(told / SECONDS), round(spent / SECONDS * 1e3, 2), round(spent / told * 1e6, 2)


def subscribe(station: Station, number: int) -> None:
    """One client with a subscription of each kind to every instrument."""
    connection = ClientConnection(highest=VERSION)
    session = station.open(f"127.0.0.1:{number + 1}", Pipe(), station.now)
    assert session is not None
    greeting = connection.initiate()
    station.receive(session, greeting, station.now)
    answer = b"".join(session.outbox)
    station.flush()
    connection.receive_data(answer)
    messages = [StartApi(number)]
    for place, con_id in enumerate(islice(station.market.con_ids(), INSTRUMENTS)):
        wanted = Contract(conId=con_id, exchange="SMART")
        messages += [
            ReqRealTimeBars(place, wanted, 5, "MIDPOINT"),
            ReqHistoricalData(
                *(1000 + place, wanted, "", "1 min", "3600 S", 1, "MIDPOINT", 2, True)
            ),
        ]
    for message in messages:
        station.receive(session, connection.send(message), station.now)
        station.flush()
    pass_time(station, 1)


def pass_time(station: Station, seconds: int) -> None:
    """Step from due to due."""
    end = station.now + seconds * SECOND
    while (due := station.next_due()) is not None and due <= end:
        station.step(max(due, station.now))
        station.flush()
