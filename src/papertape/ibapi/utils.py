"""Small helpers that programs written for the official client use."""

import datetime
import enum
import inspect
import logging
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar

from .const import (
    DOUBLE_INFINITY,
    INFINITY_STR,
    UNSET_DECIMAL,
    UNSET_DOUBLE,
    UNSET_INTEGER,
    UNSET_LONG,
)
from .reader import currentTimeMillis

__all__ = [
    "DOUBLE_INFINITY",
    "INFINITY_STR",
    "SHOW_UNSET",
    "UNSET_DECIMAL",
    "UNSET_DOUBLE",
    "UNSET_INTEGER",
    "UNSET_LONG",
    "BadMessage",
    "ClientException",
    "Decimal",
    "ExerciseStaticMethods",
    "LogFunction",
    "currentTimeMillis",
    "current_fn_name",
    "decimalMaxString",
    "decode",
    "floatMaxString",
    "getEnumTypeFromString",
    "getEnumTypeName",
    "getTimeStrFromMillis",
    "intMaxString",
    "isAsciiPrintable",
    "isPegBenchOrder",
    "isPegBestOrder",
    "isPegMidOrder",
    "isValidDecimalValue",
    "isValidFloatValue",
    "isValidIntValue",
    "isValidLongValue",
    "iswrapper",
    "listOfValues",
    "log_",
    "longMaxString",
    "printProtoSingleLine",
    "setattr_log",
    "shown",
]

logger = logging.getLogger(__name__)
F = TypeVar("F", bound=Callable[..., Any])
SHOW_UNSET = True
"""For ``decode``: an empty field is shown as the value that means "not set"."""


class BadMessage(Exception):
    """A message that cannot be understood."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class ClientException(Exception):
    """A request that cannot be sent; carries the code that ``error`` reports."""

    def __init__(self, code: int, msg: str, text: str) -> None:
        super().__init__(code, msg, text)
        self.code = code
        self.msg = msg
        self.text = text


def iswrapper(fn: F) -> F:
    """Mark a method as a callback; changes nothing."""
    return fn


class LogFunction:
    """Decorator that logs every call of a function with its arguments."""

    def __init__(self, text: str, logLevel: int) -> None:
        self.text = text
        self.logLevel = logLevel

    def __call__(self, fn: F) -> Callable[..., Any]:
        def logged(origSelf: Any, *args: Any) -> Any:
            if logger.isEnabledFor(self.logLevel):
                names = list(inspect.signature(fn).parameters)[1:]
                told = dict(zip(names, args))
                logger.log(self.logLevel, "%s %s %s", self.text, fn.__name__, told)
            return fn(origSelf, *args)

        return logged


def current_fn_name(parent_idx: int = 0) -> str:
    """Name of the calling function, or of the one ``parent_idx`` further out."""
    return inspect.stack()[1 + parent_idx].function


def log_(func: str, params: dict[str, Any], action: str) -> None:
    """Log a call at level INFO, without its ``self``."""
    if logger.isEnabledFor(logging.INFO):
        told = {name: value for name, value in params.items() if name != "self"}
        logger.info("%s %s %s", action, func, told)


def setattr_log(self: Any, var_name: str, var_value: Any) -> None:
    """A ``__setattr__`` that logs at level DEBUG: ``Contract.__setattr__ = setattr_log``."""
    logger.debug("%s %s %s=|%s|", type(self), id(self), var_name, var_value)
    object.__setattr__(self, var_name, var_value)


def decode(
    the_type: type[Any],
    fields: Iterator[bytes],
    show_unset: bool = False,
    use_unicode: bool = False,
) -> Any:
    """The next field as a value of this type; with ``show_unset`` an empty number is not set.

    Raises ``BadMessage`` when there is none, and what the type raises for other texts.
    """
    token = next(fields, None)
    if token is None:
        raise BadMessage("no more fields")
    raw = token.encode() if isinstance(token, str) else token
    if the_type is str:
        return (
            raw.decode("unicode-escape") if use_unicode else raw.decode("utf-8", "backslashreplace")
        )
    if the_type is Decimal:
        return _size(raw.decode())
    if the_type not in (int, float, bool):
        return the_type(raw)
    if not raw and show_unset:
        return UNSET_DOUBLE if the_type is float else the_type(UNSET_INTEGER)
    value = float(raw.decode() or 0) if the_type is float else int(raw or 0)
    return the_type(value)


def _size(text: str) -> Decimal:
    return UNSET_DECIMAL if text in _NO_SIZE else Decimal(text)


_NO_SIZE = frozenset(
    ("", *map(str, (UNSET_INTEGER, UNSET_LONG, -UNSET_LONG - 1)), "1.7976931348623157E308")
)
"""How a size that is not set is spelt."""


def ExerciseStaticMethods(klass: Any) -> None:
    """Call each function of a class that needs no argument, and print what it gives."""
    for _, function in inspect.getmembers(klass, inspect.isfunction):
        print(f"Exercising: {function}:")
        print(function())
        print()


def isValidFloatValue(val: float) -> bool:
    """Whether the number is set."""
    return val != UNSET_DOUBLE


def isValidIntValue(val: int) -> bool:
    """Whether the number is set."""
    return val != UNSET_INTEGER


def isValidLongValue(val: int) -> bool:
    """Whether the number is set."""
    return val != UNSET_LONG


def isValidDecimalValue(val: Decimal) -> bool:
    """Whether the size is set."""
    return val != UNSET_DECIMAL


def floatMaxString(val: float | None) -> str:
    """The number with at most eight decimals; blank when not set."""
    if val is None or val == UNSET_DOUBLE:
        return ""
    if val in (DOUBLE_INFINITY, -DOUBLE_INFINITY) or val != val:
        return str(val)
    text = f"{val:.8f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def longMaxString(val: int | None) -> str:
    """The number; blank when not set."""
    return "" if val == UNSET_LONG else str(val)


def intMaxString(val: int | None) -> str:
    """The number; blank when not set."""
    return "" if val == UNSET_INTEGER else str(val)


def decimalMaxString(val: Decimal) -> str:
    """The size in plain digits; blank when not set."""
    size = Decimal(val)
    return "" if size == UNSET_DECIMAL else f"{size:f}"


def shown(value: Any) -> str:
    """A field's value in readable form: blank when not set."""
    if isinstance(value, bool | str):
        return str(value)
    if isinstance(value, float):
        return floatMaxString(value)
    if isinstance(value, int):
        return "" if value in (UNSET_INTEGER, UNSET_LONG) else str(value)
    if isinstance(value, Decimal):
        return decimalMaxString(value)
    if isinstance(value, enum.Enum):
        return getEnumTypeName(type(value), value)
    if isinstance(value, list):
        return f"[{'; '.join(map(shown, value))}]"
    return "" if value is None else str(value)


def isAsciiPrintable(val: str) -> bool:
    """Whether the text may be sent: printable ASCII, tab and line ends."""
    return all(32 <= ord(char) < 127 or char in "\t\n\r" for char in val)


def isPegBenchOrder(orderType: str) -> bool:
    """Pegged to a benchmark, in either spelling."""
    return orderType in ("PEG BENCH", "PEGBENCH")


def isPegMidOrder(orderType: str) -> bool:
    """Pegged to the midpoint, in either spelling."""
    return orderType in ("PEG MID", "PEGMID")


def isPegBestOrder(orderType: str) -> bool:
    """Pegged to the best price, in either spelling."""
    return orderType in ("PEG BEST", "PEGBEST")


def getTimeStrFromMillis(time: int) -> str:
    """UTC time of milliseconds since the epoch, like ``Nov 14, 2023 22:13:20.123``; 0 is blank."""
    if time <= 0:
        return ""
    moment = datetime.datetime.fromtimestamp(time // 1000, datetime.UTC)
    return f"{moment:%b %d, %Y %H:%M:%S}.{time % 1000:03d}"


def listOfValues(cls: type[enum.Enum]) -> list[enum.Enum]:
    """The members of an enumeration."""
    return list(cls)


def getEnumTypeFromString(cls: type[enum.Enum], stringIn: str) -> enum.Enum:
    """The member whose wire text this is; ``NoneItem`` for an unknown one."""
    members = _by_text(cls)
    return members.get(stringIn, members[""])


@cache
def _by_text(cls: type[enum.Enum]) -> dict[Any, enum.Enum]:
    """The members by wire text; under "" what an unknown text stands for."""
    return {"": cls["NoneItem"], **{member.value[0]: member for member in reversed(cls)}}


def getEnumTypeName(cls: type[enum.Enum], valueIn: enum.Enum) -> str:
    """The readable name of a member."""
    name: str = valueIn.value[1] if len(valueIn.value) > 1 else valueIn.value[0][1]
    return name


def printProtoSingleLine(header: str, message: Any) -> None:
    """Print a protobuf message on one line."""
    print(header, " ".join(str(message).split()))
