"""The latest notice of a link, for the control API and the console."""

from typing import Any

import msgspec

from ..codes import text
from ..venue.units import Nanos


class Notice(msgspec.Struct, frozen=True):
    """A notice as every session received it."""

    code: int
    text: str
    time: Nanos
    """Market time."""


def notice(code: int, time: Nanos, variant: str | None = None, **facts: Any) -> Notice:
    """Build the notice of a code with these facts."""
    return Notice(code, text(code, variant, **facts), time)
