"""``papertape serve`` in a process of its own that need not load everything anew.

Four fifths of the start of a station are its imports. A nursery has loaded them once; for each
station it splits itself in two, and the new half runs the command from ``__main__`` on, with the
folder, variables, arguments and pipes that it was given, as a new interpreter would.

    python -m cli.forked    a nursery; it reads requests from its stdin, one a line
"""

import atexit
import gc
import json
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

POSSIBLE = sys.platform == "linux"
"""Whether a process can open the pipes of another one, by /proc."""
NURSERY = "cli.forked"
PASSED = ("PAPERTAPE_", "XDG_")
"""How variables begin that a station reads when it runs; others are for a new interpreter."""


class Forked:
    """A process of a nursery, with what of ``subprocess.Popen`` is needed."""

    def __init__(self, arguments: Sequence[str], cwd: Path, env: Mapping[str, str]) -> None:
        sys.audit("subprocess.Popen", sys.executable, [*arguments], str(cwd), dict(env))
        pipes = [os.pipe() for _ in range(3)]
        mask = os.umask(0o022)
        os.umask(mask)
        given = {"argv": [*arguments], "cwd": str(cwd), "env": dict(env), "umask": mask}
        _nursery().ask({**given, "of": os.getpid(), "pipes": [write for _, write in pipes]})
        (out, _), (log, _), (told, _) = pipes
        self.stdout: IO[str] = os.fdopen(out, encoding="utf-8")
        self.stderr: IO[str] = os.fdopen(log, encoding="utf-8")
        self._told = told
        self.returncode: int | None = None
        self.pid = int(self._line())
        for _, write in pipes:
            os.close(write)

    def _line(self) -> str:
        found = b""
        while not found.endswith(b"\n"):
            more = os.read(self._told, 1)
            assert more, "the nursery is gone"
            found += more
        return found.decode()

    def poll(self) -> int | None:
        """The exit code, if the process has ended."""
        if self.returncode is None and select.select([self._told], [], [], 0)[0]:
            self._end()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end."""
        if self.returncode is None:
            if not select.select([self._told], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("papertape", timeout or 0)
            self._end()
        assert self.returncode is not None
        return self.returncode

    def _end(self) -> None:
        self.returncode = os.waitstatus_to_exitcode(int(self._line()))
        os.close(self._told)

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """What is left of the output and of the log, to the end; then the exit code is known."""
        found = ["", ""]

        def read(place: int, pipe: IO[str]) -> None:
            with pipe:
                found[place] = pipe.read()

        pipes = enumerate((self.stdout, self.stderr))
        readers = [threading.Thread(target=read, args=one, daemon=True) for one in pipes]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join(timeout)
            if reader.is_alive():
                raise subprocess.TimeoutExpired("papertape", timeout or 0)
        self.wait(timeout)
        return found[0], found[1]

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it is known to have ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


class Nursery:
    """The process that has loaded everything, of this one."""

    def __init__(self) -> None:
        kept = {name: text for name, text in os.environ.items() if name[:10] != "PAPERTAPE_"}
        plain = {"COLUMNS": "400", "NO_COLOR": "1", "TERM": "dumb"}
        where = os.pathsep.join(filter(None, (kept.get("PYTHONPATH"), _folder())))
        self._process = subprocess.Popen(
            [sys.executable, "-m", NURSERY],
            env={**kept, **plain, "PYTHONPATH": where},
            stdin=subprocess.PIPE,
            text=True,
        )

    def ask(self, request: object) -> None:
        """Let it have a child."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()

    def close(self) -> None:
        """End it; its children go on."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


OURS: list[Nursery] = []


def _nursery() -> Nursery:
    if not OURS:
        OURS.append(Nursery())
    return OURS[0]


def _folder() -> str:
    return str(Path(__file__).resolve().parent.parent)


@atexit.register
def close() -> None:
    """End the nursery of this process, if there is one."""
    while OURS:
        OURS.pop().close()


# ---------------------------------------------------------------- in the nursery


def tend() -> dict[str, Any] | None:
    """Have children until nobody is there to ask for them; comes back in each child, with what was
    asked for, and at the end with None."""
    ended, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    told: dict[int, int] = {}
    waiting = b""
    while True:
        for number in select.select([0, ended], [], [])[0]:
            more = os.read(number, 1 << 16)
            if number == ended:
                _tell_ends(told)
                continue
            if not more:
                return None
            waiting += more
        while b"\n" in waiting:
            line, _, waiting = waiting.partition(b"\n")
            request: dict[str, Any] = json.loads(line)
            out, log, tell = (f"/proc/{request['of']}/fd/{number}" for number in request["pipes"])
            pipe = os.open(tell, os.O_WRONLY)
            child = os.fork()
            if child:
                told[child] = pipe
                continue
            for number in (ended, wake, *told.values()):
                os.close(number)
            for number, path in enumerate((os.devnull, out, log)):
                opened = os.open(path, os.O_WRONLY if number else os.O_RDONLY)
                os.dup2(opened, number)
                os.close(opened)
            os.write(pipe, b"%d\n" % os.getpid())
            os.close(pipe)
            return request


def _tell_ends(told: dict[int, int]) -> None:
    while told:
        child, status = os.waitpid(-1, os.WNOHANG)
        if not child:
            return
        pipe = told.pop(child)
        with suppress(BrokenPipeError):  # nobody wants to know
            os.write(pipe, b"%d\n" % status)
        os.close(pipe)


def become(request: dict[str, Any]) -> None:
    """Be the process that was asked for."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["cwd"])
    os.umask(request["umask"])
    sys.path[:] = [request["cwd"], *(one for one in sys.path[1:] if one != _folder())]
    sys.argv[:] = ["papertape", *request["argv"]]


def _load() -> None:
    """Import what a station does, and let one order go its way: nothing of it stays but code."""
    import uvloop  # noqa: F401

    import papertape.cli.serve
    import papertape.server.control.host  # noqa: F401
    from papertape.server.aio.rehearsal import rehearsal
    from papertape.versions import MAX_SERVER
    from papertape.wire import proto

    proto.load()
    for _ in rehearsal(MAX_SERVER):
        pass
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    _load()
    asked = tend()
    if asked is not None:
        become(asked)
        from papertape.__main__ import main

        main()
