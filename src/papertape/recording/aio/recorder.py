"""Writes a recording beside the traffic: never in its way, and never more than a bound in memory.

Lines wait for a thread that writes them. When more than ``MOST_WAITING_BYTES`` wait, because the
disk is slower than the traffic, bytes are left out and a line says how many. When writing fails,
the recording ends with an error in the log, and the traffic goes on.
"""

import asyncio
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final

from ...errors import RecordingError
from ..format import SCHEMA, RecordedEvent, RecordingHeader, Sender, line_of

log = logging.getLogger("papertape.recording")

MOST_WAITING_BYTES: Final = 8 << 20
"""Some seconds of the fastest stream of quotes."""
LAST_WORDS_S: Final = 10.0
"""How long the end waits for a disk."""


class Recorder:
    """A recording that is being written."""

    def __init__(self, path: Path | str, *, to: str, began: datetime | None = None) -> None:
        """Begin a recording. Raises ``RecordingError`` when the file cannot be written."""
        self.path = Path(path)
        self.problem = ""
        """Why the recording ended early; "" while it goes on."""
        self.lost = 0
        """Bytes that were left out."""
        self._lines: list[bytes] = []
        self._waiting = 0
        self._gaps: dict[tuple[int, Sender], int] = {}
        self._more = asyncio.Event()
        self._closing = False
        moment = (began or datetime.now(UTC)).isoformat(timespec="microseconds")
        self._put(line_of(RecordingHeader(SCHEMA, moment, to)))
        try:
            self._file: BinaryIO = self.path.open("xb")
        except FileExistsError as error:
            advice = "Choose another name; a recording is never written over"
            raise RecordingError("exists already", path=self.path, advice=advice) from error
        except OSError as error:
            reason = f"cannot be written: {error.strerror}"
            raise RecordingError(reason, path=self.path) from error
        self._task = asyncio.ensure_future(self._write())

    def add(self, event: RecordedEvent) -> None:
        """Add a line, or count its bytes as left out when too much waits."""
        if self.problem or self._closing:
            return
        if self._waiting > MOST_WAITING_BYTES and event.event == "bytes":
            assert event.sender
            key = (event.connection, event.sender)
            self._gaps[key] = self._gaps.get(key, 0) + len(event.data)
            self.lost += len(event.data)
            return
        if self._gaps:
            self._tell_gaps(event.at)
        self._put(line_of(event))

    def _tell_gaps(self, at: int) -> None:
        for (connection, sender), count in self._gaps.items():
            log.warning("the recording lacks %d bytes: the disk is slower than the traffic", count)
            self._put(line_of(RecordedEvent(at, connection, "lost", sender, count=count)))
        self._gaps.clear()

    def _put(self, line: bytes) -> None:
        self._lines.append(line)
        self._waiting += len(line)
        self._more.set()

    async def _write(self) -> None:
        while not self._closing or self._lines:
            await self._more.wait()
            self._more.clear()
            lines, self._lines = self._lines, []
            size = sum(map(len, lines))
            try:
                await asyncio.to_thread(self._append, b"".join(lines))
            except OSError as error:
                self._fail(error.strerror or str(error))
                return
            self._waiting -= size

    def _append(self, data: bytes) -> None:
        self._file.write(data)
        self._file.flush()

    def _fail(self, reason: str) -> None:
        self.problem = reason
        self._lines.clear()
        self._waiting = 0
        log.error("the recording %s ends: %s; the traffic goes on", self.path, reason)

    async def close(self, at: int) -> None:
        """Write what waits and close the file; what a hanging disk does not take is given up."""
        if not self.problem:
            self._tell_gaps(at)
        self._closing = True
        self._more.set()
        done, _ = await asyncio.wait([self._task], timeout=LAST_WORDS_S)
        if not done:
            self._fail(f"the disk took nothing for {LAST_WORDS_S:g} s")
            return
        try:
            self._file.close()
        except OSError as error:
            if not self.problem:
                self._fail(error.strerror or str(error))
