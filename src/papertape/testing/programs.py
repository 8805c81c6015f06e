"""Programs of others beside a station: started, bounded, ended with all their children.

What a program writes is kept up to a limit and dropped beyond it, so that one that never stops
writing neither fills a disk nor waits for a reader. Its end is that of its process group; on Linux
also of children that have left the group, which come back to us as their reaper.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import BinaryIO, Final

from ..errors import SettingsError

MOST_OUTPUT: Final = 1 << 20
"""Bytes of a program's output that are passed on and kept; what is beyond is dropped."""
GRACE_S: Final = 3.0
"""How long a program may take to end after SIGTERM, before it is killed."""
POLL_S: Final = 0.01
STARTS_S: Final = 0.5
"""How long a process may take to become the program."""
MARK: Final = "PAPERTAPE_PROGRAM"
"""The variable by which children of a program are known."""
_SUBREAPER: Final = 36
_count = count()


class Program:
    """A program that runs."""

    def __init__(
        self,
        command: Sequence[str],
        environment: dict[str, str],
        echo: "BinaryIO | None",
        mark: str,
    ) -> None:
        """``mark`` is a word that no other program of ours has, by which its children are known."""
        _adopt()
        self._mark = mark
        environment = environment | {MARK: mark}
        group = {"start_new_session": True} if os.name == "posix" else {}
        try:
            self._process = subprocess.Popen(
                list(command),
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                **group,  # type: ignore[call-overload]
            )
        except (OSError, ValueError) as error:
            raise SettingsError(
                f"cannot be started: {error}", setting="program", found=" ".join(command)
            ) from error
        self._kept = bytearray()
        self.dropped = 0
        """Bytes of its output that were dropped."""
        self._echo = echo
        self._reader = threading.Thread(target=self._read, daemon=True, name="program output")
        try:
            self._reader.start()
        except BaseException:  # an interrupt
            self.end()
            raise

    @property
    def pid(self) -> int:
        """Its process id."""
        return int(self._process.pid)

    @property
    def output(self) -> str:
        """What it has written, up to ``MOST_OUTPUT``."""
        return bytes(self._kept).decode("utf-8", "replace")

    def poll(self) -> int | None:
        """Its exit code; None while it runs."""
        code: int | None = self._process.poll()
        return code

    def wait(self, seconds: float) -> int | None:
        """Wait for its end; None when it takes longer."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return int(self._process.wait(seconds))
        return None

    def end(self) -> None:
        """End it and its children: first they are asked, then killed. May be repeated."""
        self._signal(signal.SIGTERM)
        if self._process.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(GRACE_S)
        self._signal(getattr(signal, "SIGKILL", signal.SIGTERM))
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait(GRACE_S)
        _reap(self._mark)
        if self._reader.ident is not None:
            self._reader.join(GRACE_S)
        if self._process.stdout is not None and not self._reader.is_alive():
            self._process.stdout.close()

    def _signal(self, number: int) -> None:
        if os.name == "posix":
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)
        elif self._process.poll() is None:
            self._process.terminate()

    def _read(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        while data := os.read(stream.fileno(), 1 << 16):
            room = MOST_OUTPUT - len(self._kept)
            part = data[:room]
            self._kept += part
            self.dropped += len(data) - len(part)
            if self._echo is not None and part:
                self._echo.write(part)
                self._echo.flush()


@contextmanager
def running(
    command: Sequence[str],
    host: str,
    port: int,
    *,
    env: dict[str, str] | None = None,
    echo: BinaryIO | None = None,
) -> Iterator[Program]:
    """A program for the length of a block; ``PAPERTAPE_HOST`` and ``PAPERTAPE_PORT`` are in its
    environment. Raises ``SettingsError`` when it cannot be started."""
    environment = dict(os.environ)
    environment |= {"PAPERTAPE_HOST": host, "PAPERTAPE_PORT": str(port), **(env or {})}
    program, mark = None, f"{os.getpid()}-{next(_count)}"
    try:
        program = Program(command, environment, echo, mark)
        yield program
    finally:
        if program is not None:
            program.end()
        elif not isinstance(sys.exception(), SettingsError):
            _reap(mark, STARTS_S)  # an interrupt came while it was started


def _adopt() -> None:
    """Let orphans of our children become ours, where the system can do that."""
    if sys.platform == "linux":
        import ctypes

        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None, use_errno=True).prctl(_SUBREAPER, 1, 0, 0, 0)


def _reap(mark: str, at_least_s: float = 0.0) -> None:
    """End what has come back to us: orphans of a program, which have left its group. Look for that
    long at least, as a process bears the mark from when it has become the program."""
    if sys.platform != "linux":
        return
    began = time.monotonic()
    while (spent := time.monotonic() - began) < GRACE_S:
        orphans = [pid for pid in _children() if _marked(pid, mark)]
        if not orphans and spent >= at_least_s:
            return
        for pid in orphans:
            with contextlib.suppress(ProcessLookupError, PermissionError, ChildProcessError):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
        time.sleep(POLL_S)


def _children() -> list[int]:
    """Our children."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for thread in os.listdir("/proc/self/task"):
            with open(f"/proc/self/task/{thread}/children") as file:
                found += map(int, file.read().split())
    return found


def _marked(pid: int, mark: str) -> bool:
    """Whether a child of ours belongs to a program: its environment says so."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/environ", "rb") as file:
        return f"{MARK}={mark}".encode() in file.read().split(b"\0")
    return False
