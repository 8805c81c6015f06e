"""Sockets: their waits park, and what passes between program and station is counted.

A wait for somebody who is neither the station nor this process is one by the wall clock, while
market time stands still.
"""

from __future__ import annotations

import _socket
import errno
import select
import socket
from collections.abc import Callable

from .baton import Baton
from .gateline import StationLine, real_poll, real_select

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SMALL = 16 * 1024
"""Bytes that a socket which can be written takes without waiting."""
ROOM = 64 * 1024
"""Bytes that a connection takes that was empty."""
CONNECTS_S = 1.0
UNDER_WAY = {errno.EINPROGRESS, errno.EWOULDBLOCK, getattr(errno, "WSAEWOULDBLOCK", -1)}

_base: Any = _socket.socket


def ready(sock: Any, write: bool, seconds: float = 0) -> bool:
    """Whether a socket can be read or written without waiting, by the wall clock."""
    if real_poll is None:
        lists: tuple[list[Any], list[Any]] = ([], [sock]) if write else ([sock], [])
        return any(real_select(*lists, lists[1], seconds))
    looking = real_poll()
    looking.register(sock, select.POLLOUT if write else select.POLLIN)
    return bool(looking.poll(seconds * 1000))


def refused(sock: Any) -> bool:
    """Whether a connection under way has failed."""
    if real_poll is None:
        return bool(real_select([], [], [sock], 0)[2])
    looking = real_poll()
    looking.register(sock, select.POLLOUT)
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in looking.poll(0))


def install_sockets(baton: Baton) -> None:
    """Replace the methods of ``socket.socket`` that wait or that move bytes of the station."""
    gate = baton.gate
    own: set[int] = set()
    """Ports of this process."""
    cls: Any = socket.socket

    def inside(sock: Any) -> bool:
        """Whether the other side is the station or this process."""
        try:
            peer = sock.getpeername()
        except OSError:
            return False
        if not isinstance(peer, tuple):
            return True  # a pair of this process, by all that is usual
        return peer[1] in own or gate.line(sock) is not None

    def wait(sock: Any, write: bool, call: Callable[[], Any]) -> Any:
        """Do what a blocking socket would wait for."""
        timeout = sock.gettimeout()
        if timeout == 0 or baton.plain or ready(sock, write):
            return call()
        if not inside(sock) and not _listens(sock):
            with baton.outside():
                return call()
        closes = timeout is None  # else a wait outlives its socket, as it does in poll
        baton.park(
            baton.deadline(timeout),
            lambda: closes if sock.fileno() < 0 else ready(sock, write),
        )
        if not closes and (sock.fileno() < 0 or not ready(sock, write)):
            raise TimeoutError("timed out")
        return call()

    def reads(name: str, size: Callable[[Any], int]) -> None:
        real = getattr(_base, name, None)
        if real is None:
            return

        def replaced(self: Any, *args: Any, **kwargs: Any) -> Any:
            found = wait(self, False, lambda: real(self, *args, **kwargs))
            line = gate.line(self)
            if line is not None and not _peeks(name, args, kwargs):
                line.taken += size(found)
            return found

        replaced.__name__ = replaced.__qualname__ = name
        setattr(cls, name, replaced)

    reads("recv", len)
    reads("recv_into", int)
    reads("recvfrom", lambda found: len(found[0]))
    reads("recvfrom_into", lambda found: int(found[0]))
    reads("recvmsg", lambda found: len(found[0]))
    reads("recvmsg_into", lambda found: int(found[0]))

    def writes(name: str) -> None:
        real = getattr(_base, name, None)
        if real is None:
            return

        def replaced(self: Any, *args: Any, **kwargs: Any) -> Any:
            line = gate.line(self)
            if line is None:
                return wait(self, True, lambda: real(self, *args, **kwargs))
            if self.gettimeout() != 0 and not baton.plain:
                self_room(self, line)
            size = real(self, *args, **kwargs)
            gate.sent(line, size)
            return size

        replaced.__name__ = replaced.__qualname__ = name
        setattr(cls, name, replaced)

    def self_room(sock: Any, line: StationLine) -> None:
        if not ready(sock, True):
            wait(sock, True, lambda: None)

    writes("send")
    writes("sendmsg")
    real_sendall = _base.sendall

    def sendall(self: Any, data: Any, *flags: Any) -> None:
        line = gate.line(self)
        if line is None or baton.plain or self.gettimeout() == 0:
            real_sendall(self, data, *flags)
            if line is not None:
                gate.sent(line, memoryview(data).nbytes)
            return
        view = memoryview(data).cast("B")
        while len(view):
            self_room(self, line)
            part = view[:SMALL]
            real_sendall(self, part, *flags)
            gate.sent(line, len(part))
            view = view[SMALL:]

    cls.sendall = sendall
    _install_connect(baton, cls, own)
    real_accept, real_close, real_detach = cls.accept, cls._real_close, cls.detach
    real_shutdown = _base.shutdown

    def accept(self: Any) -> Any:
        return wait(self, False, lambda: real_accept(self))

    def close(self: Any, *args: Any) -> None:
        gate.closing(self)
        real_close(self, *args)

    def detach(self: Any) -> int:
        gate.closing(self)
        return int(real_detach(self))

    def shutdown(self: Any, how: int, /) -> None:
        real_shutdown(self, how)
        line = gate.line(self)
        if line is not None and how != socket.SHUT_RD:
            line.closed = True
            gate.changed[line] = None

    cls.accept, cls._real_close, cls.detach, cls.shutdown = accept, close, detach, shutdown


def _listens(sock: Any) -> bool:
    try:
        return bool(sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
    except (OSError, AttributeError):
        return False


def _peeks(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    place = {"recvmsg": 2, "recv_into": 2, "recvfrom_into": 2, "recvmsg_into": 2}.get(name, 1)
    flags = kwargs.get("flags", args[place] if len(args) > place else 0)
    return bool(flags & socket.MSG_PEEK)


def _install_connect(baton: Baton, cls: Any, own: set[int]) -> None:
    gate = baton.gate
    real_connect, real_connect_ex, real_bind = _base.connect, _base.connect_ex, _base.bind

    def station(address: Any) -> bool:
        return isinstance(address, tuple) and len(address) > 1 and address[1] == gate.station

    def made(sock: Any, address: Any) -> None:
        """The system has connected it, or is about to."""
        if station(address):
            ready(sock, True, CONNECTS_S)
            if not refused(sock):
                gate.opened(sock)
        elif isinstance(address, tuple):
            own.add(sock.getsockname()[1])

    def connect(self: Any, address: Any, /) -> None:
        if baton.plain:
            real_connect(self, address)
            return
        if station(address):
            baton.sync()
        try:
            if station(address) or self.gettimeout() == 0 or not isinstance(address, tuple):
                real_connect(self, address)
            else:
                with baton.outside():
                    real_connect(self, address)
        except BlockingIOError:
            made(self, address)
            raise
        made(self, address)

    def connect_ex(self: Any, address: Any, /) -> int:
        if station(address) and not baton.plain:
            baton.sync()
        code = int(real_connect_ex(self, address))
        if (not code or code in UNDER_WAY) and not baton.plain:
            made(self, address)
        return code

    def bind(self: Any, address: Any, /) -> None:
        real_bind(self, address)
        name = self.getsockname()
        if isinstance(name, tuple) and len(name) > 1:
            own.add(name[1])

    cls.connect, cls.connect_ex, cls.bind = connect, connect_ex, bind
