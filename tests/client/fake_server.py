"""A server's end in memory: tests say which messages it sends, and look at what it was sent."""

from typing import Any

from papertape.client.core import Core
from papertape.wire.catalogue.session import ManagedAccounts, NextValidId
from papertape.wire.connection import ClientConnection, Greeting, ServerConnection
from papertape.wire.message import Message


class Served:
    """A core and the server it talks to, without a socket."""

    def __init__(self, version: int = 226, client_id: int = 7) -> None:
        self.server = ServerConnection(highest=version)
        self.received: list[Any] = []
        self.core = Core(client_id, ClientConnection())
        self.core.write = self._take
        self._take(self.core.connection.initiate())

    def _take(self, data: bytes) -> None:
        for event in self.server.receive_data(data):
            if isinstance(event, Greeting):
                self.core.receive(self.server.accept("20260413 21:27:03 EST"))
            else:
                self.received.append(event)

    def send(self, *messages: Message) -> None:
        """The server sends, in one piece."""
        self.core.receive(b"".join(self.server.send(message) for message in messages))

    def ready(self, next_id: int = 1) -> "Served":
        """The server tells accounts and next id."""
        self.send(ManagedAccounts("DU1234567"), NextValidId(next_id))
        return self

    def last(self, kind: type[Any]) -> Any:
        """The latest request of a kind."""
        return next(m for m in reversed(self.received) if isinstance(m, kind))
