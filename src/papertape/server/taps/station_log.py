"""The station's log as a file of JSON lines, for programs that watch it; whose line it is.

A line has the time of the computer's clock (``time``, UTC), ``level``, ``logger``, the name of the
``station`` that it is about, the whole ``message``, its ``event`` (the same text for every
occurrence) with the ``values`` in it, and
``error``, the traceback, where there is one. A file that is full becomes ``station.log.1`` and so
on. What a client sent is quoted (``quoting``), so it cannot forge a line or command a terminal.
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
"""Files that are kept besides the current one."""
LEVELS: Final = ("debug", "info", "warning", "error")


speaker: ContextVar[str] = ContextVar("station", default="")
"""The name of the station that log lines are about at present."""


@contextmanager
def speaking(station: str) -> Iterator[None]:
    """Whatever is logged meanwhile, and by the callbacks and tasks that are made meanwhile, is
    about the station of this name."""
    token = speaker.set(station)
    try:
        yield
    finally:
        speaker.reset(token)


@contextmanager
def hushed() -> Iterator[None]:
    """Nothing is logged of a station meanwhile: it is one that nobody sees."""
    log = logging.getLogger("papertape.station")
    before, log.disabled = log.disabled, True
    try:
        yield
    finally:
        log.disabled = before


class _Speaker(logging.Filter):
    """Gives the records of all stations of the process their station's name as ``station``."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let it pass, with the name; one that it has already stays."""
        record.__dict__.setdefault("station", speaker.get())
        return True


logging.getLogger("papertape.station").addFilter(_Speaker())


class Prefixed(logging.Formatter):
    """A line that begins with its station's name, for people who watch several."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        station = getattr(record, "station", "")
        return (f"{station}: " if station else "") + super().format(record)


class JsonLines(logging.Formatter):
    """One record, one line of JSON."""

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
    """A handler that writes ``station.log`` in a folder, which is made if need be.

    Raises ``SettingsError`` when the level is none or the folder cannot be written.
    """
    if level not in LEVELS:
        raise SettingsError(
            "is no level",
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
            advice="Choose a directory that can be written",
        ) from error
    handler.setFormatter(JsonLines())
    handler.addFilter(Quoting())
    handler.setLevel(level.upper())
    return handler
