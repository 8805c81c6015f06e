"""How much a reply may hold, before anything is made of it.

A frame has up to 16 MiB, and an element that says nothing takes two bytes of it and hundreds in
memory. The numbers are more than twice what the longest answer has that a TWS gives: a day of bars
of one second.
"""

from functools import cache
from typing import Any, Final

from .schema import proto_fields

MOST_FIELDS: Final = 1_500_000
"""Fields of a text reply; a day of one-second bars has 700,000."""
MOST_ELEMENTS: Final = 200_000
"""Elements of all lists of a protobuf reply; the same day has 86,400."""
MOST_EXPLAINED: Final = 50_000
"""Fields of a text reply that are looked at to find what is wrong with it: some 6,000 bars."""
MOST_WALKED: Final = 1_500_000
"""Fields that are looked at to count the elements."""
SCANNED: Final = 2 * MOST_ELEMENTS
"""Bytes of a protobuf body from which on its elements are counted: each takes two at least."""
_LENGTHS: Final = {1: 8, 5: 4}
"""Bytes of the values of a wire type that have a fixed length."""


def is_excessive(cls: Any, body: bytes) -> bool:
    """Whether a protobuf body has too many elements. Of the bodies in use, none costs more than a
    search for the bytes that begin an element."""
    if sum(map(body.count, _tags(cls))) <= MOST_ELEMENTS:
        return False
    walk = _Walk()
    try:
        walk.message(cls, body, 0, len(body))
    except _Enough:
        return True
    except (IndexError, ValueError):
        return False  # it is not a message, as its parser will report
    return False


class _Enough(Exception):
    """The limit is reached."""


class _Walk:
    """Goes over the fields of a message, and of those within, and counts elements."""

    def __init__(self) -> None:
        self.elements = 0
        self.fields = 0

    def message(self, cls: Any, body: bytes, at: int, end: int) -> None:
        """One message; raises ``_Enough``."""
        nested = _nested(cls)
        while at < end:
            key, at = _varint(body, at)
            wire = key & 7
            self.fields += 1
            repeated, record = nested.get(key >> 3, (False, None))
            self.elements += repeated
            if self.elements > MOST_ELEMENTS or self.fields > MOST_WALKED:
                raise _Enough
            if wire == 0:
                _, at = _varint(body, at)
            elif wire == 2:
                size, at = _varint(body, at)
                if record is not None and at + size <= end:
                    self.message(record, body, at, at + size)
                at += size
            elif wire in _LENGTHS:
                at += _LENGTHS[wire]
            else:
                raise ValueError(wire)


def _varint(body: bytes, at: int) -> tuple[int, int]:
    """A number and where it ends."""
    value = shift = 0
    while (byte := body[at]) & 0x80:
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if shift > 63:
            raise ValueError(at)
    return value | byte << shift, at + 1


@cache
def _nested(cls: Any) -> dict[int, tuple[bool, Any]]:
    """Number of a field: whether each occurrence is one more element, and what record it is."""
    return {
        field.number: (field.repeated or field.kind == "map", field.record)
        for field in proto_fields(cls)
        if field.repeated or field.kind in ("map", "message")
    }


@cache
def _tags(cls: Any) -> tuple[bytes, ...]:
    """The bytes that begin an element of any list in a message."""
    found: set[bytes] = set()
    seen: set[Any] = set()

    def look(record: Any) -> None:
        if record in seen:
            return
        seen.add(record)
        for number, (repeated, inner) in _nested(record).items():
            if repeated:
                found.update(_key(number, wire) for wire in _wires(record, number))
            if inner is not None:
                look(inner)

    look(cls)
    return tuple(sorted(found))


def _wires(cls: Any, number: int) -> tuple[int, ...]:
    """The wire types in which an element may stand: a number alone, or several in one piece."""
    field = next(field for field in proto_fields(cls) if field.number == number)
    return {"double": (1, 2), "int32": (0, 2), "int64": (0, 2), "bool": (0, 2)}.get(
        field.kind, (2,)
    )


def _key(number: int, wire: int) -> bytes:
    key = number << 3 | wire
    return bytes((key,)) if key < 0x80 else bytes((key & 0x7F | 0x80, key >> 7))
