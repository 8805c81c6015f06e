"""Numbers of requests, read strictly, whatever the language of the client.

Every official client has spellings of its own for "not set" (empty, the largest number of its
types, a decimal that is not a number) and for zero. Each of them means "not set" in a field of any
type: no request means one of these numbers. What is no number raises ``ValueError``, what is one
but too large ``OverflowError``.

What "not set" reads as is ``unset``: a value, ``KEPT`` where the number is an id, whatever it is,
or ``REFUSED`` where nothing can stand for it. Where the record says ``None``, it is ``None``.
"""

import math
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from ..model.units import UNSET_DECIMAL, UNSET_DOUBLE, UNSET_INT, UNSET_LONG

KEPT: Final = None
REFUSED: Final = "refused"

LARGEST: Final = 1.79e308
"""Doubles from here on mean "not set": C++ writes 14 digits of the largest one, C# and printf
others."""
_NUMBERS: Final = frozenset(str(number) for number in (UNSET_INT, UNSET_LONG, UNSET_DECIMAL))
_USUAL: Final = frozenset((repr(UNSET_DOUBLE), "1.7976931348623157E308"))
"""How Python and Java write a double that is not set, dozens of times in an order."""
_DOUBLES: Final = frozenset(float(number) for number in _NUMBERS)
_SMALL: Final = float(UNSET_INT)
"""Below it no number has a second meaning."""
_INTEGER = re.compile(r"[+-]?[0-9]{1,19}\Z")
_SHORT = re.compile(r"[+-]?[0-9]{1,9}\Z")
"""Integers that are below 32 bits at a glance."""
_LARGEST_ROUNDED = re.compile(r"\+?((1\.79[0-9]*|1\.8)[eE]\+?308|179[0-9]{306}(\.0*)?)\Z")
"""The largest double in so few digits that it is beyond the largest double."""
_NO_DECIMAL = re.compile(r"[+-]?sNaN\Z", re.IGNORECASE)
"""How the Intel library of the C++ client writes a decimal that is not set."""
_LONGEST_DECIMAL, _LONGEST_UNSET = 48, 400
"""Digits of a size, and of the largest double without an exponent."""
_EXPONENT = 30


def strict_long(token: str, unset: float | str | None = KEPT) -> int:
    """An integer of 64 bits; an empty token is 0, as TWS reads it."""
    return _integer(token, 63, unset)


def strict_int(token: str, unset: float | str | None = KEPT) -> int:
    """Like ``strict_long``, 32 bits: protobuf could not return a larger id."""
    if not token:
        return 0
    return int(token) if _SHORT.match(token) else _integer(token, 31, unset)


def optional_int(token: str) -> int | None:
    """As ``strict_int``, but empty, or a sentinel, means "not set"."""
    if not token or token in _NUMBERS:
        return None
    if _SHORT.match(token):
        return int(token)
    return None if says_unset(token) else strict_int(token)


def optional_long(token: str) -> int | None:
    """As ``strict_long``, but empty, or a sentinel, means "not set"."""
    if not token or token in _NUMBERS:
        return None
    if _SHORT.match(token):
        return int(token)
    return None if says_unset(token) else strict_long(token)


def _integer(token: str, bits: int, unset: float | str | None) -> int:
    if not token:
        return 0
    if unset is not KEPT and says_unset(token):
        return int(stands_for(unset))
    if not _INTEGER.match(token):
        raise ValueError(token)
    value = int(token)
    if not -(1 << bits) <= value < 1 << bits:
        raise OverflowError(value)
    return value


def strict_flag(token: str) -> bool | None:
    """A flag that may be not set; any number but 0 is true."""
    value = optional_int(token)
    return None if value is None else value != 0


def says_unset(token: str) -> bool:
    """Whether a token that is not empty is a spelling of "not set" in any language."""
    if _SHORT.match(token):
        return False
    return token.removeprefix("+") in _NUMBERS or (
        not _INTEGER.match(token) and _number(token) is None
    )


def stands_for(unset: float | str | None) -> float:
    """What stands for a number that is not set. Raises ``ValueError`` where nothing can."""
    if isinstance(unset, str) or unset is None:
        raise ValueError("not set")
    return unset


def strict_float(token: str, unset: float | str | None = 0.0) -> float:
    """A number. NaN is refused; ``Infinity`` is a legal value."""
    if not token or token == "0.0":
        return 0.0
    value = optional_float(token)
    return stands_for(unset) if value is None else value


def optional_float(token: str) -> float | None:
    """A number where empty, or a sentinel, means "not set"."""
    if not token or token in _USUAL:
        return None
    try:
        value = float(token)
    except ValueError:
        return _number(token)
    if -_SMALL < value < _SMALL and token.isascii() and "_" not in token:
        return value or 0.0
    return _number(token)


def _number(token: str) -> float | None:
    """The slow path: None for a sentinel."""
    if _NO_DECIMAL.match(token):
        return None
    if not token.isascii() or "_" in token:
        raise ValueError(token)
    value = float("Infinity" if token == "Infinite" else token)
    if math.isinf(value) and any(map(str.isdigit, token)):  # not by its name
        if _LARGEST_ROUNDED.match(token):
            return None
        raise OverflowError(token)
    return set_float(value)


def set_float(value: float) -> float | None:
    """As ``optional_float``, for a number of protobuf."""
    if -_SMALL < value < _SMALL:
        return value or 0.0
    if value != value:
        raise ValueError("NaN")
    if value in _DOUBLES or LARGEST <= value < math.inf:
        return None
    if -math.inf < value <= -LARGEST:
        raise OverflowError(value)
    return value


def needed_float(value: float, unset: float | str | None) -> float:
    """As ``strict_float``, for a number of protobuf."""
    found = set_float(value)
    return stands_for(unset) if found is None else found


def needed_int(value: int, unset: float | str | None) -> int:
    """An integer of protobuf."""
    return int(stands_for(unset)) if value in (UNSET_INT, UNSET_LONG) else value


def strict_decimal(token: str) -> Decimal | None:
    """A size: finite, at most 48 characters, exponent within ±30; without exponent when read.

    Any zero is one, whatever its exponent.
    """
    if not token or token in _NUMBERS:
        return None
    if _SHORT.match(token):
        return Decimal(int(token))
    if len(token) > _LONGEST_UNSET or not token.isascii() or "_" in token:
        raise ValueError(token)
    try:
        value = Decimal(token)
    except InvalidOperation:
        raise ValueError(token) from None
    if value.is_snan():
        return None
    if value.is_nan():
        raise ValueError(token)
    place = value.adjusted()
    if not value and (value.is_signed() or abs(place) > _EXPONENT):
        return Decimal(0)
    if place == 308 and says_unset(token):
        return None
    if not value.is_finite() or abs(place) > _EXPONENT or len(token) > _LONGEST_DECIMAL:
        raise ValueError(token)
    return Decimal(f"{value:f}") if "E" in token.upper() else value


READERS: Final[dict[str, Callable[..., Any]]] = {
    reader.__name__: reader
    for reader in (
        needed_float, needed_int, optional_float, optional_int, optional_long, set_float,
        strict_decimal, strict_flag, strict_float, strict_int, strict_long,
    )
}  # fmt: skip
"""What the expressions of ``codecs.py`` and ``convert.py`` may name."""
