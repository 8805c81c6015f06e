"""Makes a process lack what Windows lacks: ``python windows_like.py -m papertape serve …``.

No replacement for Windows: what it has otherwise (paths, console, clock, sockets) is POSIX's still.
"""

import asyncio
import builtins
import contextlib
import os
import runpy
import signal
import socket
import stat
import subprocess
import sys
import tempfile  # noqa: F401  loaded before what it looks for is gone
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

MODULES = {
    "fcntl", "grp", "posix", "pwd", "pty", "readline", "resource", "syslog", "termios", "tty",
}  # fmt: skip
"""What only POSIX has. Our own modules get ImportError; other packages are at home on both."""
NOWHERE = {"uvloop"}
"""Packages that Windows does not have."""
OS = [
    "O_CLOEXEC", "O_DIRECTORY", "O_NOFOLLOW", "O_NONBLOCK", "chown", "fchmod", "fchown", "fork",
    "forkpty", "getegid", "geteuid", "getgid", "getgroups", "getloadavg", "getpgid", "getpgrp",
    "getpriority", "getsid", "getuid", "killpg", "lchown", "mkfifo", "nice", "pipe2",
    "posix_fallocate", "pread", "preadv", "pwrite", "pwritev", "sched_getaffinity", "sendfile",
    "setgid", "setpgid", "setpriority", "setsid", "setuid", "statvfs", "sync", "sysconf", "uname",
    "wait", "wait3", "wait4",
]  # fmt: skip
SIGNALS = [
    "SIGALRM", "SIGCHLD", "SIGCONT", "SIGHUP", "SIGKILL", "SIGPIPE", "SIGQUIT", "SIGSTOP",
    "SIGTSTP", "SIGUSR1", "SIGUSR2",
]  # fmt: skip
SOCKET = [
    "AF_UNIX", "MSG_DONTWAIT", "SO_REUSEPORT", "TCP_INFO", "TCP_QUICKACK", "TCP_USER_TIMEOUT",
]  # fmt: skip


def put_on() -> None:
    """From now on this process lacks it."""
    _modules()
    _calls()
    _processes()
    _loops()


class _AsThere(types.ModuleType):
    """A module of the standard library as our own modules see it. Others are at home on both."""

    def __init__(self, real: types.ModuleType, missing: list[str], **other: Any) -> None:
        super().__init__(real.__name__)
        self.__dict__.update(other, real=real, missing=frozenset(missing))

    def __getattr__(self, name: str) -> Any:
        if name in self.missing:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        return getattr(self.real, name)


def _modules() -> None:
    real = builtins.__import__
    ours = {
        "os": _AsThere(os, OS, name="nt"),
        "signal": _AsThere(signal, SIGNALS),
        "socket": _AsThere(socket, SOCKET),
    }

    def guarded(name: str, globals: Any = None, *rest: Any, **named: Any) -> Any:
        asks = (globals or {}).get("__name__", "")
        if name in NOWHERE or (name in MODULES and str(asks).startswith("papertape")):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        if name in ours and str(asks).startswith("papertape"):
            return ours[name]
        return real(name, globals, *rest, **named)

    builtins.__import__ = guarded


def _calls() -> None:
    opened, killed, synced = os.open, os.kill, os.fsync

    def open_file(path: Any, flags: int, *rest: Any, **named: Any) -> int:
        unnamed = getattr(os, "O_TMPFILE", 0)  # how a temporary file is made here
        if not (unnamed and flags & unnamed == unnamed) and os.path.isdir(path):
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, flags, *rest, **named)

    def kill(pid: int, number: int) -> None:
        if number == 0:
            raise AssertionError("os.kill(…, 0) ends a process on Windows")
        killed(pid, number)

    def fsync(file: int) -> None:
        number = file if isinstance(file, int) else file.fileno()
        flags = int(
            Path(f"/proc/self/fdinfo/{number}").read_text().split("flags:")[1].split()[0], 8
        )
        if flags & 3 == os.O_RDONLY:
            raise OSError(9, "Bad file descriptor")
        synced(file)

    os.open, os.kill, os.fsync = open_file, kill, fsync  # type: ignore[assignment]
    for name in ("replace", "rename", "remove", "unlink"):
        setattr(os, name, _closed_first(getattr(os, name)))


def _closed_first(work: Callable[..., Any]) -> Callable[..., Any]:
    """Refuse what would take the name of a file away that this process has open."""

    def checked(*paths: Any, **named: Any) -> Any:
        for path in paths:
            if _is_open(path):
                raise PermissionError(13, "The process cannot access the file", str(path))
        return work(*paths, **named)

    return checked


def _is_open(path: Any) -> bool:
    try:
        wanted = os.stat(path)
    except (OSError, TypeError, ValueError):
        return False
    for number in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            found = os.fstat(int(number))
            if stat.S_ISREG(found.st_mode) and os.path.samestat(found, wanted):
                return True
    return False


def _processes() -> None:
    begin = subprocess.Popen.__init__

    def start(self: Any, *positional: Any, **named: Any) -> None:
        for name in ("pass_fds", "preexec_fn"):
            if named.get(name):
                raise ValueError(f"{name} is not supported on Windows platforms")
        named.pop("creationflags", None)
        begin(self, *positional, **named)

    subprocess.Popen.__init__ = start  # type: ignore[method-assign]
    subprocess.CREATE_NEW_PROCESS_GROUP = 0x200  # type: ignore[attr-defined,unused-ignore]
    subprocess.BELOW_NORMAL_PRIORITY_CLASS = 0x4000  # type: ignore[attr-defined,unused-ignore]


def _loops() -> None:
    """asyncio itself waits by means of what its loops do not offer there."""
    loop: Any = asyncio.SelectorEventLoop
    for name in (
        "add_reader", "add_signal_handler", "add_writer", "create_unix_connection",
        "create_unix_server", "remove_reader", "remove_signal_handler", "remove_writer",
    ):  # fmt: skip
        setattr(loop, name, _not_offered(getattr(loop, name)))


def _not_offered(work: Callable[..., Any]) -> Callable[..., Any]:
    def checked(*positional: Any, **named: Any) -> Any:
        if not sys._getframe(1).f_globals["__name__"].startswith("asyncio."):
            raise NotImplementedError
        return work(*positional, **named)

    return checked


if __name__ == "__main__":
    put_on()
    sys.argv = sys.argv[1:]
    if sys.argv[0] == "-m":
        sys.argv = sys.argv[1:]
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    else:
        runpy.run_path(sys.argv[0], run_name="__main__")
