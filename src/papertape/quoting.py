"""Quotes foreign text for a terminal, a log or a page.

A name, a field or a file from another source may contain control characters that a terminal obeys
(ESC, the C1 set), line breaks that forge a line, or characters that change the direction of
writing. ``visible`` replaces each of them by its number; printable text is unchanged.
"""

import logging
import traceback
from collections.abc import Container
from typing import Any, Final

LOGGERS: Final = (
    "papertape.station",
    "papertape.control",
    "papertape.recording",
    "papertape.client.api",
    "papertape.client.session",
    "papertape.client.error_routing",
    "papertape.client.reconcile",
    "papertape.client.unread",
    "papertape.ibapi.decoding",
    "papertape.ibapi.reader",
    "papertape.ibapi.utils",
    "papertape.ibapi.wrapper",
)
"""All our loggers: their handlers receive visible text."""


def visible(value: object) -> str:
    """The text of a value in one line, what is not printable written as ``\\x1b`` and so on."""
    text = str(value)
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def visible_traceback(error: BaseException) -> str:
    """A traceback in the lines that Python gives it; the text of an exception stays in one."""
    parts = traceback.format_exception(error)
    return "\n".join(_part(part.removesuffix("\n")) for part in parts)


def _part(part: str) -> str:
    ours = part.startswith(("  File ", "\n", "Traceback "))
    return visible_lines(part) if ours else visible(part)


def visible_json(text: str) -> str:
    """JSON in one line that means the same and has printable characters only."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _escaped(c) for c in text)


def _escaped(char: str) -> str:
    raw = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{int.from_bytes(raw[at : at + 2]):04x}" for at in range(0, len(raw), 2))


def masked(data: bytes) -> bytes:
    """Bytes of others as a text of the same length: a dot for each byte that is not printable."""
    text = data.decode("utf-8", "surrogateescape")
    if text.isprintable():
        return data
    return "".join(c if c.isprintable() else "." * _length(c) for c in text).encode()


def _length(char: str) -> int:
    return len(char.encode("utf-8", "surrogateescape"))


def visible_lines(text: str) -> str:
    """A text of many lines that keeps them, each of them visible."""
    return "\n".join(map(visible, text.split("\n")))


def visible_all(found: Any, lined: Container[str] = ()) -> Any:
    """Every text in what was decoded from JSON, keys and values; those with a key in ``lined`` keep
    their lines."""
    if isinstance(found, str):
        return visible(found)
    if isinstance(found, list):
        return [visible_all(one, lined) for one in found]
    if isinstance(found, dict):
        return {
            visible(key): visible_lines(value)
            if key in lined and isinstance(value, str)
            else visible_all(value, lined)
            for key, value in found.items()
        }
    return found


class _Shown:
    """An argument of a log line, visible whichever way the line formats it."""

    def __init__(self, value: object) -> None:
        self._value = value

    def __str__(self) -> str:
        return visible(self._value)

    def __repr__(self) -> str:
        return visible(repr(self._value))


class Quoting(logging.Filter):
    """Makes a record visible: its arguments, a message without any, and the traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Quote a record, unless it is quoted already. Lets every record pass."""
        if isinstance(record.args, tuple) and record.args:
            record.args = tuple(map(_argument, record.args))
        elif isinstance(record.args, dict) and record.args:
            record.args = {key: _argument(value) for key, value in record.args.items()}
        else:
            record.msg = visible(record.msg)
        if record.exc_info and record.exc_info[1] is not None:
            record.exc_text = visible_traceback(record.exc_info[1])
        return True


def _argument(value: object) -> object:
    if value is None or isinstance(value, int | float | _Shown):
        return value
    return _Shown(value)


for _name in LOGGERS:
    logging.getLogger(_name).addFilter(Quoting())
