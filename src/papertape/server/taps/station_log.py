"""The station's log as a file of JSON lines for programs, and the station of each line.

A line has the time of the computer's clock (``time``, UTC), ``level``, ``logger``, the name of the
``station`` that it is about, the whole ``message``, its ``event`` (the same text for every
occurrence) with its ``values``, and ``error``, the traceback, if any. A full file is renamed to
``station.log.1`` and so on. Texts of clients are quoted (``quoting``), so they cannot forge a line
or control a terminal.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any, Final

import msgspec

from ...errors import SettingsError
from ...quoting import Quoting, visible_json

NAME: Final = "station.log"
MAX_BYTES: Final = 16 << 20
KEPT: Final = 4
"""Number of full files kept besides the current one."""
LEVELS: Final = ("debug", "info", "warning", "error")


speaker: ContextVar[str] = ContextVar("station", default="")
"""The name of the station that log lines are currently about."""


@contextmanager
def speaking(station: str) -> Iterator[None]:
    """Attribute log lines of the block, and of callbacks and tasks created in it, to the station
    of this name."""
    token = speaker.set(station)
    try:
        yield
    finally:
        speaker.reset(token)


@contextmanager
def hushed() -> Iterator[None]:
    """Suppress log lines in the block: the station is internal."""
    log = logging.getLogger("papertape.station")
    before, log.disabled = log.disabled, True
    try:
        yield
    finally:
        log.disabled = before


class _Speaker(logging.Filter):
    """Sets ``station``, the station's name, on the records of the process."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Set the name unless the record has one; return True."""
        record.__dict__.setdefault("station", speaker.get())
        return True


logging.getLogger("papertape.station").addFilter(_Speaker())


class Prefixed(logging.Formatter):
    """Formats a line with its station's name first, for processes with several stations."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        station = getattr(record, "station", "")
        return (f"{station}: " if station else "") + super().format(record)


class JsonLines(logging.Formatter):
    """Formats a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        time = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, Any] = {
            "time": time.isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "event": str(record.msg),
        }
        if station := getattr(record, "station", ""):
            line["station"] = station
        if isinstance(record.args, tuple) and record.args:
            line["values"] = [_plain(value) for value in record.args]
        if record.exc_info:
            line["error"] = record.exc_text or self.formatException(record.exc_info)
        return visible_json(msgspec.json.encode(line).decode())


def _plain(value: object) -> object:
    return value if isinstance(value, int | float | str | None) else str(value)


def log_file(folder: Path, level: str = "info", *, max_bytes: int = MAX_BYTES) -> logging.Handler:
    """Return a handler that writes ``station.log`` in a folder, which it creates if necessary.

    Raises ``SettingsError`` for an unknown level or a folder that is not writable.
    """
    if level not in LEVELS:
        raise SettingsError(
            "is not a log level",
            setting="log_level",
            found=level,
            advice="Choose one of: " + ", ".join(LEVELS),
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(
            folder / NAME, maxBytes=max_bytes, backupCount=KEPT, encoding="utf-8"
        )
    except OSError as error:
        raise SettingsError(
            f"cannot be written: {error.strerror}",
            setting="log_dir",
            path=folder,
            advice="Choose a writable directory",
        ) from error
    handler.setFormatter(JsonLines())
    handler.addFilter(Quoting())
    handler.setLevel(level.upper())
    return handler
