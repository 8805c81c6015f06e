"""The console's process: started beside the station, and restarted on demand.

The station owns the listening socket and passes it to the process, with one line of JSON on stdin
that names the control API. When the process dies the socket stays open, and the next connection
restarts the process; when the station ends, stdin closes and the process ends too.

Where processes inherit no sockets (Windows), the station only tries the port; the process listens
itself, and is started again when it dies.
"""

import asyncio
import contextlib
import json
import logging
import os
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable

from ...http_guard import bracketed
from .serve import listen

log = logging.getLogger("papertape.control")

MODULE = "papertape.console"
INHERITS = os.name == "posix"
"""Whether a process can be given an open socket."""
NICENESS = 5
"""The process's priority: API clients go before the console."""
GRACE_S = 3.0
"""How long the process may take to end."""
PAUSES_S = (0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0)
"""The pauses before the next start of a process that ends repeatedly while a connection waits."""
APART_S = 10.0
"""A start that follows the previous one after more than this resets the pauses."""

Pause = Callable[[float], Awaitable[object]]


class ConsoleServer:
    """Owns the console's port, and a process that serves it."""

    def __init__(self, url: str, token: str, pause: Pause = asyncio.sleep) -> None:
        """``url`` and ``token`` are those of the control API."""
        self._told = {"url": url, "token": token}
        self._pause = pause
        self.host, self.port = "", 0
        self.process: asyncio.subprocess.Process | None = None
        self._socket: socket.socket | None = None
        self._keeping: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """The console's URL, with the token."""
        return f"http://{bracketed(self.host)}:{self.port}/?token={self._told['token']}"

    def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Bind the port and start the process. Raises ``SettingsError`` for a port in use."""
        self._socket = listen(host, port, "console_host", "console_port")
        self.host, self.port = self._socket.getsockname()[:2]
        if not INHERITS:
            self._socket.close()
            self._socket = None
        self._keeping = asyncio.create_task(self._keep(self._socket))

    async def _keep(self, listening: socket.socket | None) -> None:
        """Run the process; after its death wait for a connection, then restart it."""
        loop, deaths = asyncio.get_running_loop(), -1
        while True:
            began = loop.time()
            try:
                code = await self._run(listening)
            except OSError as error:
                log.error("the console cannot be started: %s", error.strerror or error)
                if listening is not None:
                    listening.close()  # a visitor must not wait in vain
                return
            if listening is None:
                log.error("the console ended with code %s; it is started again", code)
            else:
                log.error("the console ended with code %s; the next visitor starts it again", code)
                await _somebody(listening)
            deaths = 0 if loop.time() - began > APART_S else deaths + 1
            await self._pause(PAUSES_S[min(deaths, len(PAUSES_S) - 1)])

    async def _run(self, listening: socket.socket | None) -> int:
        # Ctrl-C goes to the station, which ends the console.
        place: dict[str, object]
        if listening is not None:
            fd = listening.fileno()
            place = {"fd": fd}
            self.process = await asyncio.create_subprocess_exec(
                *("nice", f"-n{NICENESS}", sys.executable, "-m", MODULE),
                stdin=asyncio.subprocess.PIPE,
                pass_fds=(fd,),
                start_new_session=True,
            )
        else:
            place = {"host": self.host, "port": self.port}
            apart = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
            behind = getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0)
            self.process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", MODULE),
                stdin=asyncio.subprocess.PIPE,
                creationflags=apart | behind,
            )
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(self._told | place).encode() + b"\n")
        code = await self.process.wait()
        self.process.stdin.close()  # what it has not read waits there, also while a loop closes
        return code

    async def close(self) -> None:
        """End the process and release the port."""
        if self._keeping is not None:
            self._keeping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeping
        if self.process is not None and self.process.returncode is None:
            assert self.process.stdin is not None
            self.process.stdin.close()
            try:
                await asyncio.wait_for(self.process.wait(), GRACE_S)
            except TimeoutError:
                self.process.kill()
                await self.process.wait()
        if self._socket is not None:
            self._socket.close()


async def _somebody(listening: socket.socket) -> None:
    """Wait until a connection is pending on the socket."""
    loop, found = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(listening, found.set)
    try:
        await found.wait()
    finally:
        loop.remove_reader(listening)
