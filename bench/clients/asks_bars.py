"""Asks for minutes again and again, reads all and decodes nothing: ``asks_bars PORT DURATION RTH``.

It asks for the next answer when it has not been sent anything for a tenth of a second after one.
"""

import socket
import sys

from papertape.model import Contract
from papertape.wire.catalogue.history import ReqHistoricalData
from papertape.wire.catalogue.session import StartApi
from papertape.wire.connection import ClientConnection

STOCK = Contract(conId=265598, symbol="AAPL", secType="STK", exchange="SMART", currency="USD")


def main() -> None:
    """Ask until somebody ends it."""
    port, duration, regular = int(sys.argv[1]), sys.argv[2], bool(int(sys.argv[3]))
    connection = ClientConnection(highest=200)
    with socket.create_connection(("127.0.0.1", port)) as link:
        link.sendall(connection.initiate())
        while not connection.receive_data(link.recv(1 << 16)):
            pass
        link.sendall(connection.send(StartApi(9)))
        number = 10
        while True:
            number += 1
            link.sendall(
                connection.send(
                    ReqHistoricalData(number, STOCK, "", "1 min", duration, regular, "TRADES", 1)
                )
            )
            came = 0
            link.settimeout(None)
            while came < 1_000_000:
                came += len(link.recv(1 << 20))
            link.settimeout(0.1)
            try:
                while link.recv(1 << 20):
                    pass
            except TimeoutError:
                continue


if __name__ == "__main__":
    main()
