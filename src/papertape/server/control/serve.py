"""Serving the control API in the station's event loop.

The port is taken at once; the web framework is loaded, in a thread, when somebody first
connects: a station that nobody controls starts as fast as one without a control API.
"""

import asyncio
import contextlib
import logging
import secrets
import socket
from collections.abc import Mapping
from importlib import import_module
from types import ModuleType
from typing import Any

from ...loopback import bracketed, hosts
from ..aio import StationServer
from ..aio_sockets import cannot_listen
from .logring import LogRing

log = logging.getLogger("papertape.control")

TOKEN_BYTES = 24
BACKLOG = 64
GRACE_S = 1
"""How long the end of the station waits for answers under way."""


class ControlServer:
    """Listens on loopback until it is closed."""

    def __init__(self, servers: Mapping[str, StationServer], token: str | None = None) -> None:
        self._servers = servers
        self.token = token or secrets.token_urlsafe(TOKEN_BYTES)
        self.host, self.port = "", 0
        self._log = LogRing()
        self._socket: socket.socket | None = None
        self._uvicorn: Any = None
        self._serving: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{bracketed(self.host)}:{self.port}"

    def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Take the port; 0 picks one. Raises ``SettingsError`` when that is impossible."""
        listening = listen(host, port, "control_host", "control_port")
        self._socket = listening
        self._log.attach(self._servers)
        self.host, self.port = listening.getsockname()[:2]
        asyncio.get_running_loop().add_reader(listening, self._somebody)

    def _somebody(self) -> None:
        """The first connection waits: from now on the framework serves the port."""
        assert self._socket is not None
        asyncio.get_running_loop().remove_reader(self._socket)
        self._serving = asyncio.ensure_future(self._serve(self._socket))

    async def _serve(self, listening: socket.socket) -> None:
        try:
            loaded = await asyncio.to_thread(_load)
            ours = hosts(self.host, self.port)
            application = loaded["app"].create(self._servers, self.token, ours, self._log)
            config = loaded["uvicorn"].Config(
                application,
                log_config=None,
                access_log=False,
                lifespan="off",
                server_header=False,
                ws="websockets-sansio",
                ws_max_size=64 * 1024,
                ws_per_message_deflate=False,  # nothing goes far, and packing takes the wire's time
                timeout_graceful_shutdown=GRACE_S,
            )
            self._uvicorn = loaded["uvicorn"].Server(config)
            # The station's own driver handles signals.
            self._uvicorn.capture_signals = contextlib.nullcontext
            await self._uvicorn.serve(sockets=[listening])
        except Exception:
            log.exception("the control API has ended; the station goes on")

    async def close(self) -> None:
        """Stop; answers under way are finished, for a moment."""
        if self._socket is None:
            return
        self._log.detach()
        asyncio.get_running_loop().remove_reader(self._socket)
        if self._uvicorn is not None:
            self._uvicorn.should_exit = True
        elif self._serving is not None:
            self._serving.cancel()
        if self._serving is not None:
            with contextlib.suppress(asyncio.CancelledError):
                await self._serving
        self._socket.close()
        self._socket = None


def listen(host: str, port: int, host_setting: str, port_setting: str) -> socket.socket:
    """A listening socket. Raises ``SettingsError``, naming the settings, when it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise cannot_listen(host, port, error, host_setting, port_setting) from error
    listening.setblocking(False)
    return listening


def _load() -> dict[str, ModuleType]:
    return {"app": import_module(".app", __package__), "uvicorn": import_module("uvicorn")}
