"""Asks for many years of minutes at once and reads all: ``asks_at_once.py PORT REQUESTS``.

Nothing is decoded. It prints ``sent`` when the last request has gone to the system.
"""

import socket
import sys
import threading

from papertape.model import Contract
from papertape.wire.catalogue.history import ReqHistoricalData
from papertape.wire.catalogue.session import StartApi
from papertape.wire.connection import ClientConnection

STOCK = Contract(conId=265598, symbol="AAPL", secType="STK", exchange="SMART", currency="USD")


def main() -> None:
    """Ask, then read until somebody ends it."""
    port, count = map(int, sys.argv[1:3])
    connection = ClientConnection(highest=200)
    with socket.create_connection(("127.0.0.1", port)) as link:
        link.sendall(connection.initiate())
        while not connection.receive_data(link.recv(1 << 16)):
            pass
        link.sendall(connection.send(StartApi(9)))
        asked = (
            ReqHistoricalData(number, STOCK, "", "1 min", "1 Y", True, "TRADES", 1)
            for number in range(10, 10 + count)
        )
        data = b"".join(map(connection.send, asked))

        def send() -> None:
            link.sendall(data)
            print("sent", flush=True)

        threading.Thread(target=send, daemon=True).start()
        while link.recv(1 << 20):
            pass


if __name__ == "__main__":
    main()
