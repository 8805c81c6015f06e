"""Start and end of the console process: settings from stdin, the web server.

The station passes a listening socket, or on Windows the address to listen on, and one line of JSON.
It keeps its end of stdin open; when that closes, the console ends too, so that no console outlives
its station.
"""

import asyncio
import gc
import json
import logging
import os
import socket
import sys
import threading
from collections.abc import Callable, Coroutine
from typing import NamedTuple

import uvicorn
from fastapi import FastAPI
from nicegui import app as pages_app
from nicegui import ui

from ..http_admission import LONGEST_HEAD, HttpAdmission, protocol, served
from ..http_guard import hosts
from ..quoting import Quoting
from . import layout, pages
from .auth import AuthMiddleware, refusal
from .remote import Remote
from .topics import Live

GRACE_S = 1
BACKLOG = 64
LONGEST_MESSAGE = 1 << 20
"""Largest message from a page in bytes; that of socket.io."""


class Start(NamedTuple):
    """The settings that the station passes."""

    url: str
    """Address of the control API."""
    token: str
    fd: int | None = None
    """The listening socket; None to listen on ``host`` and ``port``."""
    host: str = ""
    port: int = 0


def main() -> None:
    """Serve until the station ends. The process has no options, as only the station starts it."""
    line = sys.stdin.readline()
    if not line:
        sys.exit("the console is started by `papertape serve`")
    handler = logging.StreamHandler()
    handler.addFilter(Quoting())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    asyncio.run(serve(Start(**json.loads(line))))


async def serve(start: Start) -> None:
    """Serve the pages on the socket that was passed, or on the address."""
    listening = _listening(start)
    host, port = listening.getsockname()[:2]
    inner = application(Live(Remote(start.url, start.token)))
    gc.freeze()  # it stays until the end
    gc.enable()  # off since ``__main__``
    gate = AuthMiddleware(inner, start.token, hosts(host, port), port)
    config = uvicorn.Config(
        gate,
        http="h11",  # the faster parser accepts a head of any length
        h11_max_incomplete_event_size=LONGEST_HEAD,
        log_config=None,
        access_log=False,
        server_header=False,
        ws="websockets-sansio",
        ws_max_size=LONGEST_MESSAGE,
        timeout_graceful_shutdown=GRACE_S,
    )
    server = _Server(config)
    admission = HttpAdmission(gate.check, refusal, server.protocol, lambda: served(server))
    server.accept = lambda: admission.accept(listening)
    watch = threading.Thread(
        target=_watch, args=(server,), daemon=True
    )  # no loop reads it on Windows
    watch.start()
    await server.serve(sockets=[])


def _listening(start: Start) -> socket.socket:
    if start.fd is not None:
        return socket.socket(fileno=start.fd)
    made = socket.create_server(
        (start.host, start.port),
        family=socket.AF_INET6 if ":" in start.host else socket.AF_INET,
        backlog=BACKLOG,
    )
    made.setblocking(False)
    return made


class _Server(uvicorn.Server):
    """Receives its connections from ``http_admission``, once the application has started."""

    accept: Callable[[], Coroutine[None, None, None]]

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then accept connections."""
        await super().startup(sockets)
        self._accepting = asyncio.create_task(self.accept())

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop accepting, and end the open connections."""
        self._accepting.cancel()
        await super().shutdown(sockets)

    async def protocol(self) -> asyncio.Protocol:
        """Make the protocol of an admitted connection."""
        return protocol(self)


def application(live: Live) -> FastAPI:
    """All pages, without access control. NiceGUI allows one application per process."""
    inner = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    layout.install(live, pages.PAGES)
    ui.run_with(
        inner,
        title="Papertape",
        language="en-US",
        tailwind=False,
        show_welcome_message=False,
        reconnect_timeout=10,
        favicon=layout.FAVICON,
    )
    pages_app.on_shutdown(live.remote.close)
    return inner


def _watch(server: uvicorn.Server) -> None:
    """Wait for the end of stdin; the server looks at the flag ten times a second."""
    while os.read(sys.stdin.fileno(), 4096):
        pass
    server.should_exit = True
