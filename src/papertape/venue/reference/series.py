"""What a description says of a contract of a series, and what of it a day has."""

import msgspec

from .expiries import month_of, yyyymm
from .securities import day_number


class Series(msgspec.Struct, frozen=True):
    """What a description says of a contract of a series; "" and 0 say nothing."""

    symbol: str = ""
    tradingClass: str = ""
    localSymbol: str = ""
    expiry: str = ""
    """``yyyymm`` or ``yyyymmdd``."""
    call: bool | None = None
    strike: float = 0.0
    expired: bool = False


def day_fits(day: int, text: str) -> bool:
    if not text:
        return True
    if len(text) == 6:
        return text == str(yyyymm(month_of(day)))
    try:
        return day == day_number(text)
    except ValueError:
        return False
