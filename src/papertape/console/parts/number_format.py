"""Number formats: thousands separators, and signs for gains and losses."""

from decimal import Decimal
from math import isfinite

Number = float | int | str | Decimal


def price(value: Number | None, least: int = 2) -> str:
    """A price with its decimals, at least ``least`` and at most five."""
    if value is None or not isfinite(float(value)):
        return ""
    whole, _, part = f"{float(value):,.5f}".partition(".")
    return f"{whole}.{part.rstrip('0'):0<{least}}"


def decimals(tick: float) -> int:
    """Decimals of a price with this minimum tick, at least two."""
    return len(price(tick).partition(".")[2])


def size(value: Number | None) -> str:
    """A quantity, without trailing zeros."""
    if value is None or not isfinite(float(value)):
        return ""
    text = f"{Decimal(str(value)):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def money(value: Number | None) -> str:
    """An amount of money."""
    if value is None or not isfinite(float(value)):
        return ""
    return f"{float(value) + 0.0:,.2f}"


def signed(value: Number | None, digits: int = 2) -> str:
    """A gain or a loss, with its sign unless it is zero."""
    if value is None or not isfinite(float(value)):
        return ""
    text = f"{float(value):+,.{digits}f}"
    return text[1:] if not float(text.replace(",", "")) else text


def tone(value: Number | None) -> str:
    """The CSS class of a gain or a loss."""
    text = signed(value)
    return {"+": "pt-up", "-": "pt-down"}.get(text[:1], "")
