"""Splits, dividends and mergers of a recorded instrument, and what they do to its prices.

A recording holds prices as they were paid. Its past is shown in shares of the anchored day, as
historical bars of trades are: a split before that day divides the prices of the days before it.
Dividends change no price of a trade. An ``InNewShares`` is for who wants prices without them, as
ADJUSTED_LAST is: what was paid before an ex-day, times ``1 - dividend / close before it``.
"""

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import groupby
from math import prod
from typing import Final

import msgspec

from ..units import CASH_SCALE, Nanos, PriceUnits
from .ticks import Column

FACTOR_SCALE: Final = 1_000_000_000
"""Factors are in billionths."""
MOST_SHARES: Final = 10_000
"""On either side of a ratio."""
MOST_PAID: Final = 10**6 * CASH_SCALE
"""For a share."""


class Split(msgspec.Struct, frozen=True):
    """``new`` shares for ``old`` ones; ``date`` (yyyymmdd) is the first day with the new ones."""

    date: int
    new: int
    old: int


class Dividend(msgspec.Struct, frozen=True):
    """Cash for each share; ``date`` (yyyymmdd) is the ex-date, the first day without it."""

    date: int
    amount: int
    """In millionths of the currency, for a share of that time."""


class TickerChange(msgspec.Struct, frozen=True):
    """A new symbol from ``date`` on; ``old`` is the one before."""

    date: int
    old: str


class Merger(msgspec.Struct, frozen=True):
    """Another company takes this one over: ``new`` of its shares for ``old`` ones, and cash for
    each old one; ``date`` (yyyymmdd) is the first day without the old ones."""

    date: int
    into: str = ""
    """The symbol of the other company's shares; "" where there is cash alone."""
    new: int = 0
    old: int = 1
    cash: int = 0
    """For an old share, in millionths of the currency."""


class NewSymbol(msgspec.Struct, frozen=True):
    """What the shares are called from ``date`` on."""

    date: int
    symbol: str = ""
    """"" stands for the symbol of the contract, which is the last one."""


Action = Split | Dividend | TickerChange | Merger
Coming = Split | Dividend | NewSymbol | Merger
"""What happens to holdings, and to the name of what is held."""
ORDER: Final = (Dividend, Split, NewSymbol, Merger)
"""In which they come that come together."""
SYMBOL: Final = re.compile(r"[A-Z0-9][A-Z0-9.]{0,11}(?: [A-Z]{1,3})?")
"""Of shares."""
MERGER_TERMS: Final = re.compile(
    r"(?:([0-9]{1,6}):([0-9]{1,6}) +([A-Z][A-Z0-9.]{0,15}(?: [A-Z]{1,3})?))?"
    r"(?:(?:\A| +)([0-9]{1,7}(?:\.[0-9]{1,6})?))?",
    re.IGNORECASE,
)


def merger_terms(text: str) -> tuple[str, int, int, int]:
    """Parse ``1:2 XYZ`` (a share of XYZ for two), ``12.50`` (cash for each) or ``1:2 XYZ 12.50``
    into symbol, new, old and cash in millionths. Raises ``ValueError`` for any other text."""
    found = MERGER_TERMS.fullmatch(text.strip())
    new, old, into, cash = found.groups("") if found is not None else ("",) * 4
    amount = int(Decimal(cash or 0) * CASH_SCALE)
    if amount > MOST_PAID:
        raise ValueError(f"{text[:40]!r} gives more than a million for a share")
    if not into and amount:
        return "", 0, 1, amount
    if not into or not int(new) or not int(old):
        raise ValueError(f"{text[:40]!r} is none of 12.50, 1:2 XYZ, 1:2 XYZ 12.50")
    if max(int(new), int(old)) > MOST_SHARES:
        raise ValueError(f"{text[:40]!r} has more than {MOST_SHARES:,} shares")
    return into.upper(), int(new), int(old), amount


def terms_text(merger: Merger) -> str:
    """The terms as ``merger_terms`` reads them."""
    cash = f"{(Decimal(merger.cash) / CASH_SCALE).normalize():f}" if merger.cash else ""
    shares = f"{merger.new}:{merger.old} {merger.into}" if merger.into else ""
    return f"{shares} {cash}".strip()


def new_symbols(changes: Sequence[TickerChange]) -> list[NewSymbol]:
    """What follows each of the changes, in order of their dates: the next one tells it."""
    later = (*(change.old for change in changes[1:]), "")
    return [NewSymbol(change.date, symbol) for change, symbol in zip(changes, later)]


class ActionsAhead(msgspec.Struct, frozen=True):
    """Splits, dividends, new symbols and mergers that are yet to come, at one instant."""

    time: Nanos
    """The last instant with the old shares, or with the dividend."""
    actions: tuple[Coming, ...]
    """Dividends first: they are of the shares before a split; mergers last."""


class KnownDividend(msgspec.Struct, frozen=True):
    """A dividend as the market's time goes."""

    day: int
    """The first day without it."""
    begins: Nanos
    """When that day begins."""
    amount: int
    """In millionths of the currency, for a share of that time."""


class InNewShares(msgspec.Struct, frozen=True):
    """What bars that begin before an instant are brought with, so that they tell what they would
    be in the shares of later; what is later still is in it."""

    begins: Nanos
    new: int
    old: int
    """So many new shares for old ones: 1 and 1 without a split."""
    factor: int
    """What prices without dividends are of those with them, in billionths."""
    step: PriceUnits
    """The step of prices, to which they are rounded."""


def split_ratio(actions: Sequence[Action], date: int, until: int) -> tuple[int, int]:
    """How many shares of ``until`` (new, old) a share of ``date`` became; (1, 1) without splits."""
    splits = [a for a in actions if isinstance(a, Split) and date < a.date <= until]
    return prod(split.new for split in splits), prod(split.old for split in splits)


def in_shares_of(
    until: int, actions: Sequence[Action], dates: Sequence[int]
) -> Callable[[Column, PriceUnits], Column]:
    """A function of a column of prices, a row for each of ``dates``, and the step of prices: the
    same in shares of ``until``, to the nearest step. Step 0 is for volumes."""
    days = sorted({a.date for a in actions if isinstance(a, Split)})
    ratios = [split_ratio(actions, day - 1, until) for day in days]
    ratios.append((1, 1))  # of the dates from the last split on
    runs = [
        (ratios[place], len(list(rows)))
        for place, rows in groupby(dates, lambda date: bisect_right(days, date))
    ]

    def column(values: Column, step: PriceUnits) -> Column:
        found, begin = array("q"), 0
        for (new, old), length in runs:
            rows = values[begin : begin + length]
            begin += length
            if new == old:
                found.extend(rows)
            elif step:
                half, whole = new * step, 2 * new * step
                found.extend([max((2 * one * old + half) // whole, 1) * step for one in rows])
            else:
                found.extend([one * new // old for one in rows])
        return found

    return column


def dividend_factors(
    dates: Sequence[int],
    actions: Sequence[Action],
    close: Callable[[int], PriceUnits],
    scale: int,
) -> list[tuple[int, int]]:
    """For each ex-day, earliest first, its place among ``dates`` and what prices before it are
    multiplied with, in billionths; later dividends are in it.

    ``close`` gives the close of a place in shares of the last of ``dates``, ``scale`` the price
    units of one unit of currency. Dividends before the second day and after the last one have no
    effect on what is recorded and are left out.
    """
    found: list[tuple[int, int]] = []
    factor = FACTOR_SCALE
    paid = [a for a in actions if isinstance(a, Dividend)]
    for dividend in sorted(paid, key=lambda one: one.date, reverse=True):
        place = bisect_left(dates, dividend.date)
        if not 0 < place < len(dates):
            continue
        # The close before stands in today's shares, and so must what was paid on it.
        new, old = split_ratio(actions, dates[place - 1], dates[-1])
        paid_units = dividend.amount * scale * old
        whole = close(place - 1) * CASH_SCALE * new
        if 0 < paid_units < whole:
            factor = factor * (whole - paid_units) // whole
            found.append((place, factor))
    return found[::-1]
