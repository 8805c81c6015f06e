"""Starts a station as a user does, in a process of its own, and reads its wire log.

The command line, the ready line and the wire log's place are said here and nowhere else.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import threading
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from lanes import HANGS_S

READY = re.compile(r"listening on \S*?:(\d+)")
READY_SECONDS = HANGS_S  # a start takes about one; a first one compiles
STOP_SECONDS = HANGS_S


def command(data: Path, wire_log: Path, *more: str) -> list[str]:
    """Return how a station is started: any free port, its own data, every message logged."""
    options = ["--port", "0", "--data-dir", str(data), "--wire-log", str(wire_log), "--no-color"]
    return [sys.executable, "-m", "papertape", "serve", *options, *more]


class Station:
    """A running station: its port, what it printed, and its wire log."""

    def __init__(self, folder: Path, *more: str) -> None:
        self.wire_log = folder / "wire.jsonl"
        self.output: list[str] = []
        self._ready = threading.Event()
        self._read_to = 0
        self._logged: dict[int, list[dict[str, Any]]] = defaultdict(list)
        self.port = 0
        self.process = subprocess.Popen(
            command(folder / "data", self.wire_log, *more),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            bufsize=1,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def wait_ready(self) -> None:
        """Wait for the ready line; say what came instead if it does not come."""
        end = time.monotonic() + READY_SECONDS
        while not self._ready.wait(0.05):
            gone = self.process.poll()
            if gone is not None:
                self._reader.join(1)
                raise RuntimeError(f"the station ended with {gone}:\n{self.printed()}")
            if time.monotonic() > end:
                raise RuntimeError(f"not ready within {READY_SECONDS} s:\n{self.printed()}")

    def printed(self) -> str:
        return "".join(self.output[-60:])

    def log(self, client: int) -> list[dict[str, Any]]:
        """Return the complete lines of the wire log about one client."""
        if self.wire_log.exists():
            with self.wire_log.open("rb") as log:
                log.seek(self._read_to)
                new = log.read()
            whole = new[: new.rfind(b"\n") + 1]
            self._read_to += len(whole)
            for text in whole.splitlines():
                line = json.loads(text)
                self._logged[line["client"]].append(line)
        return self._logged[client]

    def problems(self) -> list[str]:
        """Return what went wrong in the station itself."""
        found = []
        if self.process.poll() is not None:
            found.append(f"the station ended with {self.process.returncode}:\n{self.printed()}")
        if any("Traceback (most recent call last)" in line for line in self.output):
            found.append(f"the station printed a traceback:\n{self.printed()}")
        return found

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise RuntimeError(f"no end within {STOP_SECONDS} s of SIGTERM") from None
        finally:
            self._reader.join(1)
            if self.process.stdout:
                self.process.stdout.close()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.output.append(line)
            if not self._ready.is_set() and (found := READY.search(line)):
                self.port = int(found[1])
                self._ready.set()
