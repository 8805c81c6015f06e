"""Size limits of requests, for text and protobuf alike.

A station builds objects from requests and keeps them in its journal and logs, so no single value
may be as long as a frame. The limits are many times what any program needs. Replies have wider
limits (``reply_limits.py``), because the client requested them.
"""

from collections.abc import Iterator, Sized
from typing import Any, Final, TypeVar

import msgspec

from ..errors import LimitExceeded
from .message import Message

LONGEST_TEXT: Final = 4096
"""Characters of a text that is not in ``LONGER``, and of options and algorithm parameters."""
LONGER: Final[dict[str, int]] = {
    "MessageConfig.message": 16 * 1024,  # TWS shows paragraphs of HTML
    "UpdateConfigWarning.message": 16 * 1024,
    "Order.scaleTable": 16 * 1024,
    "ReqWshEventData.filter": 64 * 1024,  # JSON with a list of contract ids
    "VerifyMessage.apiData": 64 * 1024,  # signed and encoded
    "VerifyAndAuthMessage.apiData": 64 * 1024,
    "VerifyAndAuthMessage.xyzResponse": 64 * 1024,
    "ReplaceFA.xml": 1024 * 1024,  # every group and account of an advisor
}
"""Characters of texts that may be longer, by record and field."""
MOST_ELEMENTS: Final = 1000
"""Elements of a list: legs, conditions, parameters, dates, messages of the configuration."""
MOST_FIELDS: Final = 100_000
"""Fields of a text request: far more than any has, and still parsed in milliseconds."""
MOST_EXPLAINED: Final = 1000
"""Fields of a body that are read to find its error, which is slow."""
LONGEST_REQUEST: Final = 64 * 1024
"""Bytes of a request, besides what ``LONGER`` allows one of its texts: an order has hundreds.
Parsing this much takes milliseconds and a few megabytes, whatever stands in it, and it is what an
order may leave in the journal."""
LARGER: Final[dict[str, int]] = {
    "UpdateConfig": 256 * 1024,  # every message of the configuration
}
"""Bytes of requests that may be longer."""

S = TypeVar("S", bound=Sized)


def longest(cls: type[Message]) -> int:
    """Bytes of a request of this class."""
    own = (LONGER.get(f"{cls.__name__}.{name}", 0) for name in cls.__struct_fields__)
    return LARGER.get(cls.__name__, LONGEST_REQUEST) + max(own, default=0)


def few(items: S, field: str | None = None) -> S:
    """The elements of a list. Raises ``LimitExceeded`` when there are too many."""
    if len(items) > MOST_ELEMENTS:
        raise too_many(len(items), field=field)
    return items


def too_many(count: int, **place: Any) -> LimitExceeded:
    """Check the number of elements. Raises ``LimitExceeded``."""
    return LimitExceeded(size=count, most=MOST_ELEMENTS, unit="elements", **place)


def unexplained(most: float) -> str:
    """The error for a body too long to be searched."""
    return f"what is wrong does not stand in its first {most} fields"


def check_texts(message: Message) -> None:
    """Raise ``LimitExceeded`` for the first text that is too long."""
    for owner, path, text in _texts(message, ""):
        most = LONGER.get(f"{owner}.{path.rpartition('.')[2]}", LONGEST_TEXT)
        if len(text) > most:
            raise LimitExceeded(
                size=len(text), most=most, unit="characters",
                message=type(message).__name__, field=path,
            )  # fmt: skip


def _texts(record: msgspec.Struct, at: str) -> Iterator[tuple[str, str, str]]:
    """Record, path and value of every text."""
    owner = type(record).__name__
    for name in record.__struct_fields__:
        value = getattr(record, name)
        for place, item in enumerate(value) if isinstance(value, list) else ((-1, value),):
            path = f"{at}{name}" if place < 0 else f"{at}{name}[{place}]"
            if isinstance(item, str):
                yield owner, path, item
            elif isinstance(item, msgspec.Struct):
                yield from _texts(item, f"{path}.")
