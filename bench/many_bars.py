"""A hundred thousand bars: from the request to the last callback, beside the client's decoding.

``python -m bench many_bars [--days 257] [--rounds 3]``: bars of one minute of a stock, as its tape
has them, by ``papertape.ibapi`` over a socket, in text and in protobuf; the same frames decoded by
the client alone; and how long a bare socket waits for the last byte. Medians.
"""

import json
import socket
import subprocess
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from statistics import median
from typing import Any

from papertape.model import Contract
from papertape.versions import HISTORY_END_MESSAGE, MAX_SERVER
from papertape.wire.catalogue.history import (
    HistoricalData,
    HistoricalDataEnd,
    ReqHistoricalData,
)
from papertape.wire.catalogue.session import StartApi
from papertape.wire.connection import ClientConnection

from .common import CLIENTS, clock, show, station

AAPL = Contract(conId=265598, symbol="AAPL", secType="STK", exchange="SMART", currency="USD")


def run(options: list[str]) -> None:
    """Measure, print, keep."""
    parser = ArgumentParser(
        "python -m bench many_bars",
        description=__doc__,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("--days", type=int, default=257, help="of 390 bars (257)")
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args(options)
    rows: list[list[Any]] = []
    for version in (176, MAX_SERVER):
        with station("--max-server-version", str(version)) as (port, _):
            bare = [waited(port, version, chosen.days) for _ in range(chosen.rounds + 1)][1:]
            command = [sys.executable, str(CLIENTS / "many_bars.py"), str(port), str(version),
                       str(chosen.days), str(chosen.rounds)]  # fmt: skip
            done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
            found = json.loads(done.stdout.splitlines()[-1])
        rows.append([
            f"version {version}", found["bars"], median(one for one, _ in bare),
            median(found["seconds"]), found["decoding"], bare[0][1] / 1e6,
        ])  # fmt: skip
    head = ("", "bars", "bare socket, s", "to the last callback, s", "decoding alone, s", "MB")
    show("Bars of a minute in one answer", head, rows, "many_bars")


def waited(port: int, version: int, days: int) -> tuple[float, int]:
    """Seconds from the request to the end of the answer, and its bytes."""
    connection = ClientConnection(highest=version)
    last = HistoricalDataEnd if version >= HISTORY_END_MESSAGE else HistoricalData
    with socket.create_connection(("127.0.0.1", port)) as link:
        link.sendall(connection.initiate())
        while not connection.receive_data(link.recv(1 << 16)):
            pass
        link.sendall(connection.send(StartApi(9)))
        request = ReqHistoricalData(4, AAPL, "", "1 min", f"{days} D", False, "TRADES", 1)
        begun, size = clock(), 0
        link.sendall(connection.send(request))
        while True:
            data = link.recv(1 << 20)
            size += len(data)
            if any(isinstance(one, last) for one in connection.receive_data(data)):
                return clock() - begun, size
