"""Sizes as the clients of a version read them."""

from decimal import ROUND_DOWN, Decimal

from ...versions import FRACTIONAL_SIZE_RULES


def trimmed(size: Decimal, version: int) -> Decimal:
    """A size of market data, or of a position that a profit is on. Clients of before 163 read it as
    an integer, so TWS cuts its fraction off: "Trimmed value 9390.73 to 9390"."""
    return size if version >= FRACTIONAL_SIZE_RULES else size.to_integral_value(ROUND_DOWN)
