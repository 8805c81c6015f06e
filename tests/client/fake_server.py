"""A server's end in memory: tests say which messages it sends, look at what it was sent, and move
the clock."""

from collections.abc import Callable
from typing import Any

from papertape.client.session import ClientSession
from papertape.client.settings import ClientSettings
from papertape.errors import ConnectionFailed, ConnectionLost
from papertape.wire.catalogue.session import ErrorMessage, ManagedAccounts, NextValidId
from papertape.wire.connection import ClientConnection, Greeting, ServerConnection
from papertape.wire.message import Message

NOTICES = {
    1100: "Connectivity between IBKR and Trader Workstation has been lost.",
    1101: "Connectivity between IBKR and Trader Workstation has been restored - data lost.",
    1102: "Connectivity between IBKR and Trader Workstation has been restored - data maintained. "
    "All data farms are connected: usfarm; ushmds; secdefnj.",
    1300: "TWS socket port has been reset and this connection is being dropped. Please reconnect "
    "on the new port - 7555",
    2103: "Market data farm connection is broken:usfarm",
    2104: "Market data farm connection is OK:usfarm",
    2105: "HMDS data farm connection is broken:ushmds",
    2106: "HMDS data farm connection is OK:ushmds",
    2110: "Connectivity between Trader Workstation and server is broken. "
    "It will be restored automatically.",
}


class Served:
    """A core and the server it talks to, without a socket."""

    def __init__(
        self,
        version: int = 226,
        client_id: int = 7,
        settings: ClientSettings | None = None,
        chance: Callable[[], float] = lambda: 0.0,
        *,
        answers: bool = True,
    ) -> None:
        self.version = version
        self.now = 0.0
        self.answers = answers
        """Whether the server answers a greeting."""
        self.received: list[Any] = []
        self.core = ClientSession(client_id, ClientConnection(), settings, chance)
        self.open()

    def open(self) -> None:
        """A socket is open, the first or another one."""
        self.server = ServerConnection(highest=self.version)
        self.core.opened(self._take, self.now)

    def _take(self, data: bytes) -> None:
        for event in self.server.receive_data(data):
            if not isinstance(event, Greeting):
                self.received.append(event)
            elif self.answers:
                self.core.receive(self.server.accept("20260413 21:27:03 EST"), self.now)

    def send(self, *messages: Message) -> None:
        """The server sends, in one piece."""
        data = b"".join(self.server.send(message) for message in messages)
        self.core.receive(data, self.now)

    def tell(self, *codes: int) -> None:
        """The server sends notices."""
        self.send(*(ErrorMessage(-1, 0, code, NOTICES[code]) for code in codes))

    def ready(self, next_id: int = 1) -> "Served":
        """The server tells accounts and next id."""
        self.send(ManagedAccounts("DU1234567"), NextValidId(next_id))
        return self

    def pass_time(self, seconds: float, *, alive: bool = True) -> None:
        """Time passes, and the core does at each moment what is due.

        ``alive``: the server is heard meanwhile, if only by bytes that are no whole message.
        """
        until = self.now + seconds
        while (due := self.core.next_due()) is not None and due <= until:
            self.now = max(self.now, due)
            if alive and self.core.write is not None:
                self.core.receive(b"", self.now)
            self.core.step(self.now)
            if self.core.redial.due(self.now):
                return
        self.now = until
        self.core.step(self.now)
        self.core.redial.due(self.now)

    def drop(self, reason: str = "reset by peer") -> None:
        """The socket is gone."""
        self.core.at(self.now).closed(ConnectionLost(reason))

    def refuse(self) -> None:
        """An attempt to connect fails."""
        error = ConnectionFailed(host="127.0.0.1", port=7497, cause="refused")
        self.core.refused(error, self.now)

    def back(self, next_id: int = 1) -> None:
        """The socket is open again, and the server accepts."""
        self.pass_time(100)
        self.open()
        self.ready(next_id)

    def last(self, kind: type[Any]) -> Any:
        """The latest request of a kind."""
        return next(m for m in reversed(self.received) if isinstance(m, kind))

    def all(self, kind: type[Any]) -> list[Any]:
        """Every request of a kind."""
        return [m for m in self.received if isinstance(m, kind)]
