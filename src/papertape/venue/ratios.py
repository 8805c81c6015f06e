"""Exact proportions of integer amounts: rates as integers, rounding half to even."""

from decimal import Decimal

RATE_SCALE = 10_000_000
"""A rate is an integer of this many parts: fine enough for every published fee."""

Rate = int


def rate(text: str) -> Rate:
    """A rate from its decimal text. Raises ``ValueError`` when it is finer than the scale."""
    scaled_text = Decimal(text) * RATE_SCALE
    whole = int(scaled_text)
    if whole != scaled_text:
        raise ValueError(f"rate {text} is finer than 1/{RATE_SCALE}")
    return whole


def scaled(amount: int, by: Rate) -> int:
    """``amount`` times a rate."""
    return share(amount, by, RATE_SCALE)


def share(total: int, part: int, whole: int) -> int:
    """``total * part / whole`` rounded half to even; exact when part equals whole."""
    quotient, rest = divmod(total * part, whole)
    if rest * 2 > whole or (rest * 2 == whole and quotient % 2):
        quotient += 1
    return quotient
