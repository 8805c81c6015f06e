"""One client's session: its connection, what it subscribed to, and what waits to be sent.

Messages are encoded at once and wait in ``outbox`` until the station has committed its journal:
nothing is told that is not kept.
"""

from collections.abc import Callable
from typing import Any, Protocol

from ..codes import text
from ..errors import LocalProtocolError
from ..venue.units import Nanos
from ..wire.catalogue.session import ErrorMessage
from ..wire.connection import ServerConnection
from ..wire.message import Message
from .quotes import QuoteLine


class Transport(Protocol):
    """What a session needs of the socket behind it."""

    def write(self, data: bytes) -> None:
        """Take bytes to send; never blocks."""

    def close(self) -> None:
        """Send what was taken, then close with FIN."""


class Session:
    """State of one connection, from accept to close."""

    def __init__(
        self, number: int, peer: str, transport: Transport, highest: int, opened: Nanos
    ) -> None:
        self.number = number
        self.peer = peer
        self.transport = transport
        self.connection = ServerConnection(highest=highest)
        self.opened = opened
        self.client_id: int | None = None
        self.capabilities = ""
        self.outbox: list[bytes] = []
        self.paused = False
        """The client does not read as fast as we send: quotes wait, orders do not."""
        self.closing = False
        self.quote_lines: dict[int, QuoteLine] = {}
        self.market_data_type = 1
        self.positions = False
        self.account_updates = ""
        """The account whose figures this client follows; "" for none."""
        self.multi: dict[int, tuple[str, str, bool]] = {}
        """Request id -> account, model, ledger only: subscriptions to account updates."""
        self.summaries: dict[int, tuple[str, dict[tuple[str, str, str], str]]] = {}
        """Request id -> tags, and the values last sent."""
        self.account_due: Nanos = 0
        self.log_level = 2
        self.received = 0
        self.sent = 0
        self.on_send: Callable[[Session, Message, bytes], object] | None = None

    @property
    def version(self) -> int:
        """The negotiated server version."""
        return self.connection.version

    @property
    def started(self) -> bool:
        """Whether START_API has been accepted."""
        return self.client_id is not None and not self.closing

    @property
    def name(self) -> str:
        """How logs call it."""
        client = "not started" if self.client_id is None else f"client {self.client_id}"
        return f"{client} at {self.peer}"

    def send(self, message: Message) -> None:
        """Queue a message; a message that this version does not know is left out."""
        if self.closing or self.version < type(message).spec.since:
            return
        try:
            encoded = self.connection.send(message)
        except LocalProtocolError as error:
            raise LocalProtocolError(f"to {self.name}: {error}") from error
        self.outbox.append(encoded)
        self.sent += 1
        if self.on_send is not None:
            self.on_send(self, message, encoded)

    def error(
        self,
        request_id: int,
        code: int,
        time: Nanos,
        *,
        variant: str | None = None,
        **facts: Any,
    ) -> None:
        """Queue an error, warning or notice from the code table."""
        self.send(
            ErrorMessage(
                id=request_id,
                errorTime=time // 1_000_000,
                errorCode=code,
                errorMsg=text(code, variant, **facts),
            )
        )

    def flush(self) -> None:
        """Hand everything that waits to the transport."""
        if self.outbox:
            self.transport.write(b"".join(self.outbox))
            self.outbox.clear()

    def close(self) -> None:
        """Send what waits, then close."""
        if not self.closing:
            self.flush()
            self.closing = True
            self.connection.close()
            self.transport.close()
