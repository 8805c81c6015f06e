"""A loopback server for the official-shaped client: scripted answers, every byte under control."""

import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self

from lanes import HANGS_S
from papertape.versions import MAX_SERVER
from papertape.wire.catalogue.session import ManagedAccounts, NextValidId, StartApi
from papertape.wire.connection import Greeting, ServerConnection
from papertape.wire.message import Message

Answer = Callable[[Any], list[Message]]
TIME = "20250425 15:23:54 EST"


class Peer:
    """One client's connection, as the server sees it."""

    def __init__(self, opened: socket.socket, highest: int) -> None:
        self.socket = opened
        self.wire = ServerConnection(highest=highest)
        self.received: list[Any] = []
        self.started = threading.Event()
        self.ended = threading.Event()

    def send(self, *messages: Message) -> None:
        """Send messages, in one piece."""
        self.socket.sendall(b"".join(self.wire.send(m) for m in messages))

    def raw(self, data: bytes) -> None:
        """Send bytes."""
        self.socket.sendall(data)

    def close(self) -> None:
        """End with FIN."""
        with suppress(OSError):  # the client was faster
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()

    def reset(self) -> None:
        """End with RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.shutdown(socket.SHUT_RD)  # else our reader's wait keeps the socket alive
        self.ended.wait(HANGS_S)
        self.socket.close()


class Server:
    """Accepts connections and answers START_API as a TWS does; more through ``answers``.

    ``hello`` None: says nothing ever; a function: gets the peer instead of the handshake.
    """

    def __init__(
        self,
        version: int = MAX_SERVER,
        answers: dict[type[Message], Answer] | None = None,
        *,
        greet: Callable[[Peer], None] | None = None,
        accounts: str = "DU1234567",
        first: int = 1,
    ) -> None:
        self.version = version
        self.answers = answers or {}
        self.greet = greet
        self.welcome = [ManagedAccounts(accounts), NextValidId(first)]
        self.peers: list[Peer] = []
        self.changed = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *failure: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for peer in self.peers:
            peer.close()
        for thread in self._threads:
            thread.join(5)
            assert not thread.is_alive()

    def peer(self, number: int = 0) -> Peer:
        """The connection with this number, once it has sent START_API."""
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.peers) > number, 5)
        peer = self.peers[number]
        assert peer.started.wait(5), "no START_API"
        return peer

    def received(self, kind: type[Message], number: int = 0) -> Any:
        """The first message of a kind that came on a connection."""
        peer = self.peers[number]

        def found() -> list[Any]:
            return [m for m in peer.received if type(m) is kind]

        with self.changed:
            assert self.changed.wait_for(found, 5), f"no {kind.__name__}: {peer.received}"
        return found()[0]

    def _start(self, target: Callable[..., None], *args: Any) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                opened, _ = self._listener.accept()
            except OSError:
                return
            peer = Peer(opened, self.version)
            with self.changed:
                self.peers.append(peer)
                self.changed.notify_all()
            self._start(self._serve, peer)

    def _serve(self, peer: Peer) -> None:
        try:
            while data := peer.socket.recv(65536):
                for event in peer.wire.receive_data(data):
                    self._event(peer, event)
        except OSError:
            pass  # the test closed it
        peer.ended.set()

    def _event(self, peer: Peer, event: Any) -> None:
        if isinstance(event, Greeting):
            if self.greet is None:
                peer.raw(peer.wire.accept(TIME))
            else:
                self.greet(peer)
            return
        with self.changed:
            peer.received.append(event)
            self.changed.notify_all()
        if isinstance(event, StartApi):
            peer.send(*self.welcome)
            peer.started.set()
        elif type(event) in self.answers:
            peer.send(*self.answers[type(event)](event))
