"""Whether the market of an instrument is open, in words."""

from collections.abc import Mapping
from typing import Any


def closed_note(quote: Mapping[str, Any] | None) -> str:
    """``Closed until 2026-11-30 04:00:00 US/Eastern``; "" while its market is open, and when it is
    not known."""
    opens = (quote or {}).get("opens")
    return f"Closed until {opens}" if opens else ""


def hours_note(quote: Mapping[str, Any] | None) -> str:
    """The same, and outside of regular hours when those begin; "" during them."""
    begins = (quote or {}).get("regular_opens")
    return closed_note(quote) or (f"Outside regular hours until {begins}" if begins else "")
