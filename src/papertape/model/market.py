"""Market data records."""

from decimal import Decimal

from .units import Record


class Bar(Record):
    """A price bar; ``date`` is the bar's start, in the form that the request asked for."""

    date: str = ""
    open: float = 0.0
    high: float = 0.0
    low: float = 0.0
    close: float = 0.0
    volume: Decimal | None = None
    wap: Decimal | None = None
    barCount: int = 0
