"""Serves the control API in the station's event loop.

The port is bound at the start; a thread loads the web framework on the first request with the
token, so an unused control API does not slow down the start. A request without the token never
reaches the framework (``http_admission``).
"""

import asyncio
import contextlib
import logging
import secrets
import socket
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from ...http_admission import LONGEST_HEAD, HttpAdmission, protocol, served
from ...http_guard import bracketed, hosts
from ..aio.server import StationServer
from ..aio.sockets import cannot_listen, take_alone
from .access import Access, refusal
from .logring import LogRing

log = logging.getLogger("papertape.control")

TOKEN_BYTES = 24
BACKLOG = 64
GRACE_S = 1
"""Seconds that a stopping station waits for pending answers."""


class ControlServer:
    """Listens on loopback until it is closed."""

    def __init__(self, servers: Mapping[str, StationServer], token: str | None = None) -> None:
        self._servers = servers
        self.token = token or secrets.token_urlsafe(TOKEN_BYTES)
        self.host, self.port = "", 0
        self._log = LogRing()
        self._socket: socket.socket | None = None
        self._access: Access | None = None
        self._admission: HttpAdmission | None = None
        self._uvicorn: Any = None
        self._started: asyncio.Future[None] | None = None
        """Done when the framework accepts connections; None before the first request."""
        self._serving: asyncio.Task[None] | None = None
        self._accepting: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """The URL on which it listens."""
        return f"http://{bracketed(self.host)}:{self.port}"

    def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Bind the port; 0 picks one. Raises ``SettingsError`` when that fails."""
        listening = listen(host, port, "control_host", "control_port")
        self._socket = listening
        self._log.attach(self._servers)
        self.host, self.port = listening.getsockname()[:2]
        self._access = Access(self.token, hosts(self.host, self.port), self._ready)
        self._admission = HttpAdmission(self._access.check, refusal, self._framework, self._served)
        self._accepting = asyncio.ensure_future(self._admission.accept(listening))

    @property
    def loaded(self) -> bool:
        """Whether the framework has been loaded."""
        return self._started is not None

    @property
    def newcomers(self) -> int:
        """The number of connections that have not sent the token."""
        return 0 if self._admission is None else self._admission.newcomers

    def _ready(self) -> bool:
        """Whether programs can connect to every station."""
        return all(server.listening for server in self._servers.values())

    def _served(self) -> tuple[int, int]:
        return (0, 0) if self._uvicorn is None else served(self._uvicorn)

    async def _framework(self) -> asyncio.Protocol:
        """Return a protocol for a connection; the first call starts the framework."""
        if self._started is None:
            self._started = asyncio.get_running_loop().create_future()
            self._serving = asyncio.ensure_future(self._serve(self._started))
        await asyncio.shield(self._started)
        return protocol(self._uvicorn)

    async def _serve(self, started: "asyncio.Future[None]") -> None:
        try:
            self._uvicorn = await asyncio.to_thread(self._load)
            serving = asyncio.ensure_future(self._uvicorn.serve(sockets=[]))
            while not self._uvicorn.started and not serving.done():
                await asyncio.sleep(0)
            started.set_result(None)
            await serving
        except Exception as error:
            log.exception("the control API has ended; the station continues")
            if not started.done():
                started.set_exception(error)

    def _load(self) -> Any:
        """Build the web server and the application. Takes a second: call it in a thread."""
        uvicorn = import_module("uvicorn")
        app = import_module(".app", __package__)
        config = uvicorn.Config(
            app.create(self._servers, self._access, self._log),
            http="h11",  # the faster parser accepts a head of any length
            h11_max_incomplete_event_size=LONGEST_HEAD,
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            ws="websockets-sansio",
            ws_max_size=64 * 1024,
            ws_per_message_deflate=False,  # local connections; compression costs the clients time
            timeout_graceful_shutdown=GRACE_S,
        )
        config.load()
        server = uvicorn.Server(config)
        # The station's own driver handles signals.
        server.capture_signals = contextlib.nullcontext
        return server

    async def close(self) -> None:
        """Stop; wait briefly for pending answers."""
        if self._socket is None:
            return
        self._log.detach()
        if self._uvicorn is not None:
            self._uvicorn.should_exit = True
        elif self._serving is not None:
            self._serving.cancel()
        if self._accepting is not None:
            self._accepting.cancel()
        for task in (self._accepting, self._serving):
            if task is not None:
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        self._socket.close()
        self._socket = None


def listen(host: str, port: int, host_setting: str, port_setting: str) -> socket.socket:
    """Open a listening socket. Raises ``SettingsError``, naming the settings, when it fails."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        take_alone(listening)
        listening.bind((host, port))
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise cannot_listen(host, port, error, host_setting, port_setting) from error
    listening.setblocking(False)
    return listening
