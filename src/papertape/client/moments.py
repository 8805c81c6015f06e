"""Converts times that a program passes to the text that TWS expects."""

from datetime import UTC, datetime
from typing import Any

from ..errors import LocalProtocolError


def moment(given: Any, name: str, message: str) -> str:
    """Return a time as text in UTC; text is returned unchanged.

    Takes a timezone-aware ``datetime`` or an object with its interface, such as a pandas
    ``Timestamp``. Cuts fractions of a second. Raises ``LocalProtocolError`` with the parameter's
    name for anything else.
    """
    if isinstance(given, str):
        return given
    reason = "is neither text nor a time"
    if hasattr(given, "utcoffset") and hasattr(given, "timestamp"):
        if given.utcoffset() is not None:
            return f"{datetime.fromtimestamp(int(given.timestamp()), UTC):%Y%m%d-%H:%M:%S}"
        reason = "has no time zone, and the server's may be another one: give it one"
    raise LocalProtocolError(f"{given!r:.80} {reason}", message=message, field=name)
