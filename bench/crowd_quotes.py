"""32 clients with 100 lines each, by bare sockets: messages a second without loss, age of a quote.

``python -m bench crowd_quotes [--seconds 20] [--speed 1]``: all clients follow the same 100 stocks,
sampled every 250 ms. A quote is as old as the time since its sample, a multiple of 250 ms of market
time, which goes with the computer's clock here; the next sample hides ages above that. Nothing is
lost where each client has been told as much as every other.
"""

import selectors
import socket
import time
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from itertools import islice

from papertape.model import Contract
from papertape.venue.reference.listings import CATALOGUE
from papertape.versions import MAX_SERVER
from papertape.wire.catalogue.market import ReqMktData
from papertape.wire.catalogue.session import StartApi
from papertape.wire.connection import ClientConnection
from papertape.wire.framing import FrameReader

from .common import clock, show, station
from .whole_day import percentile, processor

CLIENTS, LINES, SAMPLE_S = 32, 100, 0.25


class Follower:
    """A socket that counts the frames that come."""

    def __init__(self, port: int, number: int, version: int) -> None:
        self.connection = ClientConnection(highest=version)
        self.link = socket.create_connection(("127.0.0.1", port))
        self.link.sendall(self.connection.initiate())
        while not self.connection.receive_data(self.link.recv(1 << 16)):
            pass
        self.link.sendall(self.connection.send(StartApi(number)))
        self.frames = FrameReader()
        self.count = 0

    def follow(self, con_ids: list[int]) -> None:
        """Ask for the lines."""
        wanted = (Contract(conId=one, exchange="SMART") for one in con_ids)
        requests = (
            self.connection.send(ReqMktData(number, one)) for number, one in enumerate(wanted, 1)
        )
        self.link.sendall(b"".join(requests))

    def read(self) -> int:
        """Count what has come."""
        came = len(self.frames.feed(self.link.recv(1 << 20)))
        self.count += came
        return came


def run(options: list[str]) -> None:
    """Measure, print, keep."""
    parser = ArgumentParser(
        "python -m bench crowd_quotes",
        description=__doc__,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seconds", type=float, default=20)
    chosen = parser.parse_args(options)
    stocks = (one.conId for one in CATALOGUE.everything() if one.secType == "STK")
    con_ids = list(islice(stocks, LINES))
    rows: list[list[object]] = []
    for version in (176, MAX_SERVER):
        with station("--max-server-version", str(version)) as (port, process):
            found = [Follower(port, number, version) for number in range(CLIENTS)]
            for one in found:
                one.follow(con_ids)
            settle(found)
            spent = processor(process.pid)
            ages = counted(found, chosen.seconds)
            spent = processor(process.pid) - spent
            told = [one.count for one in found]
        rows.append([
            f"version {version}", sum(told) / chosen.seconds, max(told) - min(told),
            percentile(ages, 0.5) * 1000, percentile(ages) * 1000, 100 * spent / chosen.seconds,
        ])  # fmt: skip
    head = (
        f"{CLIENTS} clients, {LINES} lines each", "messages a second",
        "most less least of a client", "age ms, p50", "p99", "station's processor %",
    )  # fmt: skip
    show("Quotes for a crowd", head, rows, "crowd_quotes")


def settle(found: list[Follower]) -> None:
    """Read until the first answers are in, and begin to count."""
    counted(found, 8.0)
    for one in found:
        one.count = 0


def counted(found: list[Follower], seconds: float) -> list[float]:
    """Read for so long; the ages of what came, one for each read."""
    ages: list[float] = []
    with selectors.DefaultSelector() as chosen:
        for one in found:
            chosen.register(one.link, selectors.EVENT_READ, one)
        end = clock() + seconds
        # The last sample is read to its end by all: the count of each is whole.
        while clock() < end or time.time() % SAMPLE_S < SAMPLE_S * 0.8:
            for key, _ in chosen.select(0.02):
                age = time.time() % SAMPLE_S
                ages += [age] * key.data.read()
    return ages
