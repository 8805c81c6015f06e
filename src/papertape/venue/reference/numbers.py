"""Contract numbers that are ours: computed from what the contract is, and back.

Interactive Brokers' numbers are public for a few hundred contracts, and those are used. Every other
contract gets a number from the regions below, all of them above the highest that has been seen at
Interactive Brokers (about 911,700,000 in August 2026) and within a signed 32-bit integer. So a
number says by its size whose it is, and which rule made it:

========================  ============================================================
from                      what
========================  ============================================================
1,000,000,000             options of the ``DENSE`` classes: any weekday, any strike
1,536,870,912             options of the ``WEEKLY`` classes: weeks, any strike
1,805,306,368             options of other stocks: months, coarse strikes
2,073,741,824             monthly options on futures: months, strikes of a short grid
2,079,902,208             FLEX options
2,080,000,000             futures
2,090,000,000             instruments of the catalogue, by a hash of what they are
2,130,000,000             instruments that a user adds, by the same hash
========================  ============================================================

A number never depends on the day it is asked on, on prices, or on what else there is. The expiries
that have numbers end with the years 2031 to 2035; see ``docs/reference/contracts.md``.
"""

from hashlib import blake2b
from typing import Final

DENSE_FROM: Final = 1_000_000_000
WEEKLY_FROM: Final = DENSE_FROM + (32 << 24)
MONTHLY_FROM: Final = WEEKLY_FROM + (128 << 21)
MONTHLY_SLOTS: Final = 4096
FUTURE_OPTIONS_FROM: Final = MONTHLY_FROM + (MONTHLY_SLOTS << 16)
FLEX_FROM: Final = FUTURE_OPTIONS_FROM + (47 << 17)
FUTURES_FROM: Final = 2_080_000_000
CATALOGUE_FROM: Final = 2_090_000_000
USER_FROM: Final = 2_130_000_000
HIGHEST: Final = 2**31 - 1
OURS_FROM: Final = DENSE_FROM
"""Every number from here on is ours."""

DENSE_EPOCH: Final = 737_430
"""Monday, 2020-01-06."""
WEEKLY_EPOCH: Final = 738_158
"""Monday, 2022-01-03."""
MONTHLY_EPOCH: Final = 2022 * 12
FUTURES_EPOCH: Final = 2000 * 12

DENSE: Final = (
    "SPX", "SPXW", "NDX", "NDXP", "RUT", "RUTW", "VIX", "XSP", "SPY", "QQQ", "IWM", "GLD", "TLT",
    "AAPL", "MSFT", "NVDA", "AMZN", "GOOGL", "META", "TSLA", "AMD",
    "ES", "NQ", "CL", "GC", "SI", "NG", "ZN", "ZB", "ZC", "ZS", "EUU",
)  # fmt: skip
"""Trading classes with daily expiries, and the roots with options on futures; never reordered."""
WEEKLY: Final = (
    "GOOG", "NFLX", "AVGO", "PLTR", "INTC", "BAC", "JPM", "WFC", "C", "GS", "MS", "V", "MA", "DIS",
    "BA", "F", "GM", "T", "VZ", "KO", "PEP", "PFE", "MRK", "JNJ", "LLY", "ABBV", "UNH", "XOM",
    "CVX", "COP", "OXY", "SLB", "WMT", "TGT", "COST", "HD", "LOW", "NKE", "SBUX", "MCD", "CSCO",
    "ORCL", "CRM", "ADBE", "QCOM", "TXN", "MU", "AMAT", "LRCX", "ASML", "TSM", "BABA", "JD", "PDD",
    "BIDU", "NIO", "RIVN", "LCID", "COIN", "MSTR", "HOOD", "SOFI", "SQ", "PYPL", "SHOP", "UBER",
    "LYFT", "ABNB", "SNAP", "PINS", "ROKU", "SPOT", "ZM", "SNOW", "CRWD", "PANW", "NET", "DDOG",
    "SMCI", "ARM", "DELL", "HPQ", "IBM", "CAT", "DE", "GE", "HON", "LMT", "RTX", "UPS", "FDX",
    "DAL", "UAL", "AAL", "CCL", "GME", "AMC", "MARA", "RIOT", "DKNG", "DIA", "EEM", "EFA", "FXI",
    "GDX", "SLV", "USO", "HYG", "LQD", "XLF", "XLE", "XLK", "XLV", "XLI", "XLU", "XLP", "XLY",
    "XBI", "SMH", "SOXL", "TQQQ", "SQQQ", "ARKK", "KRE", "UVXY", "VXX", "IBIT", "TNA",
)  # fmt: skip
"""Stocks and funds with weekly expiries; never reordered, at most 128."""

FUTURE_OPTIONS: Final = (
    "OGBL", "OGBM", "OGBS", "OZF", "OZT", "OTN", "OUB", "OZW", "OKE", "OZO", "OZM", "OZL", "HXE",
    "PO", "OB", "OH", "GBU", "JPU", "ADU", "CAU", "CHU", "RTO", "OYM", "MES", "MNQ", "LE", "HE",
    "GF",
)  # fmt: skip
"""Classes of monthly options on futures; never reordered, at most 47."""
FLEX: Final = ("2AAPL",)
"""Classes of FLEX options, each with one strike; never reordered, at most 381."""


def weekday(day: int) -> int:
    """The number of a weekday, counted from Monday of day 1 on."""
    weeks, rest = divmod(day - 1, 7)
    return weeks * 5 + rest


def dense(slot: int, day: int, rung: int, call: bool) -> int | None:
    """The number of an option of a dense class; None for a day that has none."""
    place = weekday(day) - weekday(DENSE_EPOCH)
    if not (0 <= place < 4096 and 0 <= rung < 2048 and (day - 1) % 7 < 5):
        return None
    return DENSE_FROM + (slot << 24) + (place << 12) + (rung << 1) + call


def weekly(slot: int, day: int, rung: int, call: bool) -> int | None:
    """The number of an option of a weekly class; it is the week that counts."""
    place = (day - WEEKLY_EPOCH) // 7
    if not (0 <= place < 512 and 0 <= rung < 2048):
        return None
    return WEEKLY_FROM + (slot << 21) + (place << 12) + (rung << 1) + call


def monthly(slot: int, month: int, rung: int, call: bool) -> int | None:
    """The number of an option of a monthly class; ``month`` counts from the year 0."""
    place = month - MONTHLY_EPOCH
    if not (0 <= place < 128 and 0 <= rung < 256):
        return None
    return MONTHLY_FROM + (slot << 16) + (place << 9) + (rung << 1) + call


def future_option(slot: int, month: int, rung: int, call: bool) -> int | None:
    """The number of a monthly option on a future; ``month`` counts from the year 0."""
    place = month - MONTHLY_EPOCH
    if not (0 <= place < 128 and 0 <= rung < 512):
        return None
    return FUTURE_OPTIONS_FROM + (slot << 17) + (place << 10) + (rung << 1) + call


def flex(slot: int, month: int, call: bool) -> int | None:
    """The number of a FLEX option; ``month`` counts from the year 0."""
    place = month - MONTHLY_EPOCH
    return FLEX_FROM + (slot << 8) + (place << 1) + call if 0 <= place < 128 else None


def future(slot: int, month: int) -> int | None:
    """The number of a future; ``month`` counts from the year 0."""
    place = month - FUTURES_EPOCH
    return FUTURES_FROM + (slot << 12) + place if 0 <= place < 4096 else None


def hashed(*identity: str, user: bool = False, again: int = 0) -> int:
    """The number of an instrument that is told from others by these texts.

    ``again`` counts the tries where another instrument has the number already.
    """
    text = "\0".join([*identity, *([str(again)] if again else [])])
    low, high = (USER_FROM, HIGHEST) if user else (CATALOGUE_FROM, USER_FROM - 1)
    value = int.from_bytes(blake2b(text.encode(), digest_size=8).digest())
    return low + value % (high - low + 1)
