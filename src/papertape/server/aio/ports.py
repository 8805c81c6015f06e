"""Where programs connect: the ports of a station, another one, an absence and the return."""

import asyncio
import logging
import socket
from collections.abc import Callable

from .sockets import Absence, bind_alike, cannot_listen

log = logging.getLogger("papertape.station")


class ListeningPorts:
    """The ports that one station listens on.

    ``connection`` makes what serves a connection; ``changed`` is told the address after a change.
    """

    def __init__(
        self,
        connection: Callable[[], asyncio.Protocol],
        changed: Callable[[tuple[str, int]], None],
    ) -> None:
        self._connection, self._changed = connection, changed
        self._servers: list[asyncio.Server] = []
        self._more: list[asyncio.Server] = []
        """Those of ``also``."""
        self._reserved: list[socket.socket] = []
        """Sockets on the port that the settings say from now on."""
        self._absence, self._more_absence = Absence(), Absence()
        self._switching: asyncio.Future[None] | None = None
        """The change of port under way; kept so that it is not collected."""

    @property
    def open(self) -> bool:
        """Whether programs can connect."""
        return bool(self._servers)

    async def listen(self, host: str, port: int) -> tuple[str, int]:
        """Listen; the address listened on. Raises ``SettingsError`` when that is impossible."""
        self._servers = [await self._listening(host, port, "port")]
        return _bound(self._servers[0])

    async def also(self, host: str, port: int) -> int:
        """Listen on another port too, for as long as TWS is there; ``reserve`` does not touch it.
        The port. Raises ``SettingsError`` when that is impossible."""
        self._more.append(await self._listening(host, port, "extra_port"))
        return _bound(self._more[-1])[1]

    async def _listening(self, host: str, port: int, setting: str) -> asyncio.Server:
        try:
            return await asyncio.get_running_loop().create_server(self._connection, host, port)
        except OSError as error:
            raise cannot_listen(host, port, error, port_setting=setting) from error

    def reserve(self, port: int) -> None:
        """Take a port at the addresses listened on. Raises ``SettingsError`` when it is in use."""
        self._release()
        listening = [sock for server in self._servers for sock in server.sockets]
        self._reserved = bind_alike(listening, port)

    def _release(self) -> None:
        for sock in self._reserved:
            sock.close()
        self._reserved = []

    def switch(self) -> None:
        """Go over to the port that was reserved, if one was."""
        if self._reserved:
            reserved, self._reserved = self._reserved, []
            self._switching = asyncio.ensure_future(self._switch(reserved))

    async def _switch(self, reserved: list[socket.socket]) -> None:
        """Listen on the new port, where clients may be waiting already, and no longer on the old
        one, whose clients have been told."""
        loop = asyncio.get_running_loop()
        left, self._servers = self._servers, []
        for server in left:
            server.close()
        for sock in reserved:
            self._servers.append(await loop.create_server(self._connection, sock=sock))
        address = _bound(self._servers[0])
        self._changed(address)
        log.warning("listening on %s:%d from now on", *address)

    def leave(self) -> None:
        """Refuse connections until ``come_back``."""
        self._absence.begin(self._servers)
        self._more_absence.begin(self._more)
        self._servers, self._more = [], []

    def come_back(self) -> None:
        """Listen at the same addresses again, at once or when their ports are free."""
        self._absence.end(self._connection, self._servers)
        self._more_absence.end(self._connection, self._more)

    def close(self) -> None:
        """Listen no more."""
        for server in (*self._servers, *self._more):
            server.close()
        self._release()
        self._absence.cancel()
        self._more_absence.cancel()


def _bound(server: asyncio.Server) -> tuple[str, int]:
    host, port, *_ = server.sockets[0].getsockname()
    return str(host), int(port)
