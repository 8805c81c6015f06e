"""The options of sockets, and taking ports, for the driver of a station."""

import asyncio
import contextlib
import errno
import logging
import socket
import struct
from collections.abc import Callable, Iterable
from typing import Any

from ...errors import SettingsError

PROBES = 4
"""Keep-alive probes without an answer after which a peer is gone; half of the time that it may
stay unnoticed passes before the first one."""
BACKLOG = 100
NO_LINGER = struct.pack("ii", 1, 0)
"""Makes a close send RST instead of FIN."""
TCP_INFO = struct.Struct("=2x2B52xI")
"""Of Linux's ``tcp_info``: retransmissions and probes in a row, and how many milliseconds ago the
last acknowledgement came."""
RETRY_S = 1.0
"""How often a port is tried that somebody else took while nobody listened."""

_PORT_TAKEN = {errno.EADDRINUSE: "Address already in use", errno.EACCES: "Permission denied"}
"""Errors that are about the port; asyncio has other texts for them, and Windows none."""

log = logging.getLogger("papertape.station")


def tune(transport: asyncio.Transport, dead_peer_s: int) -> None:
    """Small messages at once; a peer that vanished while nothing was sent is noticed.

    One that vanished while something was is for ``vanished``: TCP_USER_TIMEOUT would also end a
    peer that lives and does not read.
    """
    sock = transport.get_extra_info("socket")
    if sock is None:
        return
    options = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
    options.append((socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1))
    waits = {
        "TCP_KEEPIDLE": dead_peer_s // 2,
        "TCP_KEEPINTVL": max(1, dead_peer_s // 2 // PROBES),
        "TCP_KEEPCNT": PROBES,
    }
    for name, value in waits.items():
        if hasattr(socket, name):
            options.append((socket.IPPROTO_TCP, getattr(socket, name), value))
    with contextlib.suppress(OSError):  # the peer may be gone already
        for option in options:
            sock.setsockopt(*option)


def vanished(transport: asyncio.Transport, dead_peer_s: int) -> bool:
    """Whether a peer has acknowledged nothing for so long although it was asked again and again.

    A peer that does not read acknowledges the system's questions whether it may be sent more.
    Only Linux tells; elsewhere the system's own patience counts.
    """
    sock = transport.get_extra_info("socket")
    if sock is None or not hasattr(socket, "TCP_INFO"):
        return False
    try:
        told = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, TCP_INFO.size)
    except OSError:
        return False
    return len(told) == TCP_INFO.size and unheard(told, dead_peer_s)


def unheard(told: bytes, dead_peer_s: int) -> bool:
    """What ``tcp_info`` says of it."""
    retransmits, probes, last_ack_ms = TCP_INFO.unpack(told)
    return bool(max(retransmits, probes) >= 2 and last_ack_ms > dead_peer_s * 1000)


def bind_alike(listening: Iterable[socket.socket], port: int) -> list[socket.socket]:
    """Sockets that listen on another port of the same addresses.

    Raises ``SettingsError`` when it cannot be had; then none is left open.
    """
    made: list[socket.socket] = []
    for known in listening:
        host, _, *rest = known.getsockname()
        fresh = socket.socket(known.family, socket.SOCK_STREAM)
        made.append(fresh)
        fresh.setblocking(False)
        take_alone(fresh)
        if known.family == socket.AF_INET6:
            fresh.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        try:
            fresh.bind((host, port, *rest))
            fresh.listen(BACKLOG)
        except OSError as error:
            for sock in made:
                sock.close()
            raise cannot_listen(host, port, error, port_setting="socketPort") from error
    return made


def take_alone(sock: socket.socket) -> None:
    """Let a socket have a port that was just given back, and nobody else have it with it.

    ``SO_REUSEADDR`` says the first on POSIX; on Windows it would let two programs listen on one
    port, which ``SO_EXCLUSIVEADDRUSE`` rules out.
    """
    alone = getattr(socket, "SO_EXCLUSIVEADDRUSE", None)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR if alone is None else alone, 1)


def cannot_listen(
    host: str,
    port: int,
    error: OSError,
    host_setting: str = "host",
    port_setting: str = "port",
) -> SettingsError:
    """What to tell when a port cannot be taken, and the flag that chooses another."""
    flags = {name: "--" + name.replace("_", "-") for name in (host_setting, port_setting)}
    if error.errno == errno.EADDRINUSE:
        advice = (
            f"Stop the program that uses the port, or choose another with {flags[port_setting]}"
        )
    elif error.errno == errno.EACCES:
        advice = f"Choose a port above 1023 with {flags[port_setting]}"
    else:
        advice = f"Choose an address of this computer with {flags[host_setting]}"
    about_port = error.errno in _PORT_TAKEN
    reason = _PORT_TAKEN[error.errno or 0] if about_port else error.strerror
    return SettingsError(
        f"cannot listen on {host}:{port}: {reason}",
        setting=port_setting if about_port else host_setting,
        found=port if about_port else host,
        advice=advice,
    )


def reset(transport: asyncio.Transport) -> None:
    """Close with RST; what has not been sent is lost."""
    sock = transport.get_extra_info("socket")
    with contextlib.suppress(OSError):  # the peer may be gone already
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
    transport.abort()


class Absence:
    """A time in which nobody listens, and the return to the same addresses."""

    def __init__(self) -> None:
        self._left: list[Any] = []
        self._returning: asyncio.Future[None] | None = None

    def begin(self, servers: Iterable[asyncio.Server]) -> None:
        """Listen no more: connections are refused."""
        if self._returning is not None:
            self._returning.cancel()
            self._returning = None
        for server in servers:
            self._left += [sock.getsockname() for sock in server.sockets]
            server.close()

    def end(
        self, connection: Callable[[], asyncio.Protocol], servers: list[asyncio.Server]
    ) -> None:
        """Listen again; ``servers`` takes what listens, at once or when its port is free."""
        if self._left and self._returning is None:
            self._returning = asyncio.ensure_future(self._return(connection, servers))

    async def _return(
        self, connection: Callable[[], asyncio.Protocol], servers: list[asyncio.Server]
    ) -> None:
        loop = asyncio.get_running_loop()
        while self._left:
            host, port, *_ = self._left[0]
            try:
                servers.append(await loop.create_server(connection, host, port))
                del self._left[0]
            except OSError as error:
                log.error("%s", cannot_listen(host, port, error))
                await asyncio.sleep(RETRY_S)
        self._returning = None

    def cancel(self) -> None:
        """Nobody will listen any more."""
        self._left.clear()
        if self._returning is not None:
            self._returning.cancel()
