"""Moments that a program gives, as the server takes them."""

from datetime import UTC, datetime
from typing import Any

from ..errors import LocalProtocolError


def moment(given: Any, name: str, message: str) -> str:
    """A moment as text in UTC; text is left as it is.

    Takes what has a zone: a ``datetime``, and anything of its shape, such as a pandas
    ``Timestamp``. Fractions of a second are cut off. Raises ``LocalProtocolError`` that names the
    parameter.
    """
    if isinstance(given, str):
        return given
    reason = "is neither text nor a time"
    if hasattr(given, "utcoffset") and hasattr(given, "timestamp"):
        if given.utcoffset() is not None:
            return f"{datetime.fromtimestamp(int(given.timestamp()), UTC):%Y%m%d-%H:%M:%S}"
        reason = "has no time zone, and the server's may be another one: give it one"
    raise LocalProtocolError(f"{given!r:.80} {reason}", message=message, field=name)
