"""Programs of others at the station whose console is looked at."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

from ibapi.apps import App, running, wait_until
from lanes import HANGS_S
from papertape.ibapi.contract import Contract
from papertape.ibapi.order import Order
from papertape.wire.catalogue.session import StartApi
from papertape.wire.connection import ClientConnection

PATIENCE_S = float(HANGS_S)


def stock(symbol: str) -> Contract:
    """A share of the United States."""
    contract = Contract()
    contract.symbol, contract.secType = symbol, "STK"
    contract.exchange, contract.currency = "SMART", "USD"
    return contract


def limit(action: str, quantity: int, price: float) -> Order:
    """A limit order for the day."""
    order = Order()
    order.action, order.orderType, order.tif = action, "LMT", "DAY"
    order.totalQuantity, order.lmtPrice = Decimal(quantity), price
    return order


def market(action: str, quantity: int) -> Order:
    """A market order."""
    order = Order()
    order.action, order.orderType, order.tif = action, "MKT", "DAY"
    order.totalQuantity = Decimal(quantity)
    return order


@contextmanager
def program(port: int, client_id: int) -> Iterator[App]:
    """A program in the official style, connected and started."""
    app = App()
    app.timeout = PATIENCE_S
    app.connect("127.0.0.1", port, client_id)
    thread = running(app)
    try:
        told(app, "nextValidId")
        yield app
    finally:
        app.disconnect()
        thread.join()


def told(app: App, name: str, count: int = 1) -> None:
    """Wait until a program has been told something so many times."""
    wait_until(lambda: len(app.of(name)) >= count, PATIENCE_S)


class Stranger:
    """A program on another address, which the station does not trust."""

    def __init__(self, port: int, client_id: int, source: str = "127.0.0.2") -> None:
        self._socket = socket.create_connection(
            ("127.0.0.1", port), PATIENCE_S, source_address=(source, 0)
        )
        self._connection = ClientConnection()
        self._socket.sendall(self._connection.initiate())
        while not self._connection.version:
            self._connection.receive_data(self._socket.recv(4096))
        self._socket.sendall(self._connection.send(StartApi(client_id)))

    def let_in(self) -> bool:
        """Wait for what the station does: it tells of the start, or it closes."""
        return bool(self._socket.recv(4096))

    def close(self) -> None:
        """Give up."""
        self._socket.close()


@contextmanager
def stranger(port: int, client_id: int) -> Iterator[Stranger]:
    """A program on another address until the block ends."""
    found = Stranger(port, client_id)
    try:
        yield found
    finally:
        found.close()
