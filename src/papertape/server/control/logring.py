"""The latest lines of the station's log, for requests and for followers of the news.

A logging handler, bounded in lines and in characters. Times are the computer's.
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from ...quoting import Quoting
from ..aio.server import StationServer

KEPT: Final = 1000
"""Lines that the ring keeps."""
LONGEST: Final = 2000
"""Characters of a message that the ring keeps."""
LONGEST_ERROR: Final = 8000
"""Characters of a traceback that the ring keeps, from its end, which names the error."""
KIND: Final = "log"
"""The kind of news that a line is."""


class Line(msgspec.Struct, frozen=True):
    """One line of the log."""

    number: int
    """Counts up from 1."""
    time: datetime
    weight: int
    """The level's number in Python's ``logging``."""
    level: str
    logger: str
    message: str
    station: str
    """"" when the line is about every station of the process, or about an unknown one."""
    error: str
    """The traceback; "" without one."""

    def concerns(self, station: str) -> bool:
        """Return whether the line is about this station."""
        return self.station in ("", station)


class LogRing(logging.Handler):
    """Keeps the latest lines of the logger ``papertape`` of level ``info`` and above."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.lines: deque[Line] = deque(maxlen=KEPT)
        self._count = 0
        self._servers: Mapping[str, StationServer] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._logger = logging.getLogger("papertape")
        self._level_before = logging.NOTSET
        self._plain = logging.Formatter()
        self.addFilter(Quoting())

    def attach(self, servers: Mapping[str, StationServer]) -> None:
        """Begin to collect; must be called in the stations' event loop."""
        self._servers, self._loop = servers, asyncio.get_running_loop()
        self._level_before = self._logger.level
        self._logger.setLevel(min(self._logger.getEffectiveLevel(), logging.INFO))
        self._logger.addHandler(self)

    def detach(self) -> None:
        """Stop collecting; the lines stay."""
        if self._loop is not None:
            self._logger.removeHandler(self)
            self._logger.setLevel(self._level_before)
            self._loop = None

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line, and publish it at the stations where a follower asks for the log.

        May be called in any thread.
        """
        try:
            line = self._line(record)
        except Exception:  # noqa: BLE001 (a handler must not fail its caller)
            self.handleError(record)
            return
        self.lines.append(line)
        asked = [
            server
            for name, server in self._servers.items()
            if line.concerns(name) and server.station.event_bus.asked_for(KIND)
        ]
        if asked and self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has just been closed
                self._loop.call_soon_threadsafe(_tell, asked, line)

    def _line(self, record: logging.LogRecord) -> Line:
        error = ""
        if record.exc_info:
            error = record.exc_text or self._plain.formatException(record.exc_info)
        self._count += 1
        return Line(
            self._count,
            datetime.fromtimestamp(record.created, UTC),
            record.levelno,
            record.levelname.lower(),
            record.name,
            record.getMessage()[:LONGEST],
            str(getattr(record, "station", "")),
            error[-LONGEST_ERROR:],
        )


def _tell(servers: list[StationServer], line: Line) -> None:
    facts: dict[str, Any] = {
        "number": line.number,
        "time": line.time.isoformat().replace("+00:00", "Z"),
        "level": line.level,
        "logger": line.logger,
        "message": line.message,
        "error": line.error,
    }
    for server in servers:
        server.station.event_bus.whisper(KIND, **facts)
