"""What a station can tell one client of a recorded day: every trade and a quote line at every tick.

``python -m bench everytick [--minutes 30]``: SPY of the sample market, the station and the client's
connection in one process without a socket, time moved to each instant that the station asks for.
Processor time of the station alone; the client's decoding and the market's first look are outside.
"""

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from time import process_time

from papertape.model import Contract
from papertape.server.assembly import compose
from papertape.server.market_settings import MarketSettings
from papertape.server.settings import StationSettings
from papertape.venue.units import MINUTE, SECOND
from papertape.wire.catalogue import market, ticks
from papertape.wire.catalogue.session import StartApi
from papertape.wire.connection import ClientConnection
from papertape.wire.message import Message

from .common import ROOT, show

SPY = Contract(conId=756733, symbol="SPY", secType="STK", exchange="SMART", currency="USD")
START = 1_776_088_800 * SECOND
TRADES: Message = ticks.ReqTickByTickData(1, SPY, "AllLast", 0, False)
QUOTES: Message = market.ReqMktData(2, SPY)


class Pipe:
    """The station's end of a socket that keeps what is written."""

    def __init__(self) -> None:
        self.data = b""

    def write(self, data: bytes) -> None:
        """Keep it."""
        self.data += data

    def close(self) -> None:
        """Nothing to do."""

    def reset(self) -> None:
        """Nothing to do."""

    def taken(self) -> bytes:
        """What has been written since the last time."""
        data, self.data = self.data, b""
        return data


def measure(
    version: int, minutes: int, *requests: Message, late: bool = False
) -> tuple[int, float]:
    """Messages that came, and the station's seconds of processor time. ``late``: the station gets a
    turn once a second of the market, as where time runs faster than it works."""
    limits = StationSettings(quote_interval_ms=0, max_message_rate=0, acceptance="accept")
    sample = MarketSettings(folder=ROOT / "market/sample")
    with compose(wall=START, data_dir=None, settings=limits, market=sample) as composed:
        station, pipe = composed.station, Pipe()
        client, now = ClientConnection(highest=version), composed.station.now
        session = station.open("127.0.0.1:1", pipe, now)
        assert session is not None

        def send(data: bytes) -> None:
            station.receive(session, data, now)
            station.flush()
            while (due := station.next_due()) is not None and due <= now:
                station.step(now)
                station.flush()

        send(client.initiate())
        client.receive_data(pipe.taken())
        for request in (StartApi(1), *requests):
            send(client.send(request))
            client.receive_data(pipe.taken())
        count, spent, end = 0, 0.0, now + minutes * MINUTE
        while now < end:
            begun, pause = process_time(), now + SECOND
            while (due := station.next_due()) is not None and due <= pause:
                now = pause if late else max(due, now)
                station.step(now)
                station.flush()
            now = pause
            spent += process_time() - begun
            count += len(client.receive_data(pipe.taken()))
        return count, spent


def run(options: list[str]) -> None:
    """Measure, print, keep."""
    parser = ArgumentParser(
        "python -m bench everytick",
        description=__doc__,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("--minutes", type=int, default=30, help="minutes of the day (30)")
    minutes = parser.parse_args(options).minutes
    cases = {"trades": (TRADES,), "quotes": (QUOTES,), "both": (TRADES, QUOTES)}
    rows = []
    for version in (176, 226):
        for name, requests in cases.items():
            count, spent = measure(version, minutes, *requests)
            rows.append([f"{name}, version {version}", count, spent, count / spent])
        count, spent = measure(version, minutes, TRADES, late=True)
        rows.append([f"trades by the second, version {version}", count, spent, count / spent])
    head = ("one client", "messages", "seconds", "messages a second")
    show(f"Every tick of {minutes} minutes of SPY", head, rows, "everytick")
