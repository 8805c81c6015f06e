"""A station with its console, as users start it, and what is around both."""

import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx

from cli import process
from lanes import HANGS_S

TOKEN = "a-token-of-the-tests"
NAME = "station"
PATIENCE_S = float(HANGS_S)
ADDRESS = re.compile(r"console +(http://\S+:(\d+))/\?token=(\S+)")
CONTROL = re.compile(r"control +(http://\S+) token")
Found = TypeVar("Found")


class Started:
    """A station in a process of its own, and the console that it started.

    Where the process has several stations, it is the one of this name.
    """

    def __init__(self, station: process.Station, name: str = NAME) -> None:
        self.station = station
        self.name = name
        text = "\n".join(station.told)
        console, control = ADDRESS.search(text), CONTROL.search(text)
        assert console and control, text
        self.url, self.console_port = console[1], int(console[2])
        self.address = f"{self.url}/?token={console[3]}"
        self._api = httpx.Client(
            base_url=control[1],
            headers={"Authorization": f"Bearer {TOKEN}"},
            trust_env=False,
            timeout=PATIENCE_S,
        )
        self.host, self.port = station.host, station.port
        if name != NAME:  # what the process tells first is of another one
            about = self.get("")
            self.host, self.port = about["host"], about["port"]

    def get(self, path: str) -> Any:
        """What the control API tells of the station."""
        return self._api.get(self._at(path)).raise_for_status().json()

    def post(self, path: str, body: Any = None) -> Any:
        """Let the control API do something."""
        return self._api.post(self._at(path), json=body).raise_for_status().json()

    def patch(self, path: str, body: Any) -> Any:
        """Let the control API change something."""
        return self._api.patch(self._at(path), json=body).raise_for_status().json()

    def _at(self, path: str) -> str:
        return f"/v1/stations/{self.name}{path}"

    @contextmanager
    def visitor(self, *, known: bool = True) -> Iterator[httpx.Client]:
        """Somebody who asks for pages; who is known has shown the token."""
        with httpx.Client(base_url=self.url, trust_env=False, timeout=PATIENCE_S) as client:
            if known:
                assert client.get(self.address).status_code == 303
            yield client

    def console(self) -> int:
        """The process id of the console that runs."""
        return eventually(self._child, "no console runs")

    def _child(self) -> int | None:
        pid = self.station.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return next((int(one) for one in children if b"papertape.console" in _command(one)), None)

    def close(self) -> None:
        """Give the connections back."""
        self._api.close()


def _command(pid: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


@contextmanager
def started(cwd: Path, *words: object, **variables: str) -> Iterator[Started]:
    """A station with a console; both are gone when the block ends."""
    with _running(cwd, words, (NAME,), 0, variables) as (station,):
        yield station


@contextmanager
def several(cwd: Path, *names: str) -> Iterator[dict[str, Started]]:
    """The stations that the settings file there names, in one process with one console."""
    with _running(cwd, (), names, None, {}) as stations:
        yield {station.name: station for station in stations}


@contextmanager
def _running(
    cwd: Path,
    words: Sequence[object],
    names: Sequence[str],
    port: int | None,
    variables: dict[str, str],
) -> Iterator[list[Started]]:
    ours = {"PAPERTAPE_CONSOLE": "true", "PAPERTAPE_CONTROL_TOKEN": TOKEN, **variables}
    with (
        process.station(cwd, "--ephemeral", *words, port=port, **ours) as station,
        ExitStack() as stack,
    ):
        try:
            yield [stack.enter_context(closing(Started(station, name))) for name in names]
        finally:
            if station.process.poll() is None:
                station.stop()


def eventually(look: Callable[[], Found | None], what: str) -> Found:
    """Wait for something in another process; fails with ``what`` when it does not come."""
    deadline = time.monotonic() + PATIENCE_S
    while not (found := look()):
        assert time.monotonic() < deadline, what
        time.sleep(0.01)
    return found


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits to be asked about it does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def resident(pid: int) -> int:
    """Bytes of memory that a process has."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
