"""Splits, dividends and changes of the symbol out of LEAN's factor files and map files.

A row of a factor file (``date,priceFactor,splitFactor,referencePrice``) holds for all days up to
its date, at the latest from the row before: where the factors of the next row differ, the trading
day after the date is an ex-day. The ratio of the split factors is that of the split, the ratio of
the price factors is ``1 - dividend / referencePrice``. A row of a map file
(``date,symbol,exchange``) names the symbol up to its date. See ``equity/usa/readme.md`` of LEAN's
data folder.
"""

import csv
from collections.abc import Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Final

from ..errors import MarketDataError
from ..venue.market.actions import Action, Dividend, Split, TickerChange
from ..venue.reference.calendars import Calendar, calendar
from ..venue.units import CASH_SCALE

FOREVER: Final = 2050_00_00
"""Dates after this one say that there is no end."""
_MOST: Final = 1_000
"""Shares that one becomes, or that become one: factors are rounded, and no split was larger."""
_HIGHEST: Final = 10**9
_LEAST_FACTOR: Final = Decimal("1e-9")
_LEAST_DIVIDEND: Final = Decimal("0.0001")
"""Of the price: less is the rounding of two factors."""
ADVICE: Final = "Leave the file out of the folder, or mend the line"


def read_factor_file(path: Path, exchange: str = "US") -> tuple[Action, ...]:
    """The splits and dividends of a factor file, by the trading days of a group of exchanges.

    Raises ``MarketDataError`` with line and column.
    """
    found: list[Action] = []
    days = calendar(exchange)
    for (line, when, price, split, reference), (_, _, later_price, later_split, _) in pairwise(
        _rows(path)
    ):
        if when > FOREVER:
            break
        ex_day = _day_after(days, when)
        if split != later_split:
            ratio = _simple((Fraction(later_split) / Fraction(split)).limit_denominator(_MOST))
            if not 0 < ratio <= _MOST:
                raise _bad(path, line, 3, f"no split turns a factor of {split} into {later_split}")
            found.append(Split(ex_day, ratio.numerator, ratio.denominator))
        share = 1 - price / later_price
        if share > _LEAST_DIVIDEND and reference > 0:
            # A factor has seven places, so a dividend has four.
            amount = int(round(reference * share, 4) * CASH_SCALE)
            if amount:
                found.append(Dividend(ex_day, amount))
    return tuple(found)


def read_map_file(path: Path, exchange: str = "US") -> tuple[Action, ...]:
    """The changes of the symbol in a map file. Raises as ``read_factor_file`` does."""
    rows = list(_map_rows(path))
    days = calendar(exchange)
    # The first row is the first day of all, and names the symbol that the second one ends.
    return tuple(
        TickerChange(_day_after(days, when), symbol)
        for (when, symbol), (_, later) in pairwise(rows[1:])
        if symbol != later and when < FOREVER
    )


def _simple(ratio: Fraction) -> Fraction:
    """The ratio of small numbers that a rounded one stands for."""
    for most in (10, 100):
        simple = ratio.limit_denominator(most)
        if abs(simple / ratio - 1) < Fraction(1, 10_000):
            return simple
    return ratio


def _day_after(days: Calendar, when: int) -> int:
    """The trading day after a date, both ``yyyymmdd``."""
    day = date(when // 10_000, when // 100 % 100, when % 100).toordinal()
    return int(days.session(days.number(day + 1)).date)


def _rows(path: Path) -> Iterator[tuple[int, int, Decimal, Decimal, Decimal]]:
    """Line, date, price factor, split factor, reference price."""
    for number, cells in _lines(path, 4):
        values = []
        for column, cell in enumerate(cells[1:4], 2):
            try:
                value = Decimal(cell[:40])
            except InvalidOperation:
                raise _bad(path, number, column, f"{cell[:40]!r} is no number") from None
            sound = value.is_finite() and 0 <= value <= _HIGHEST and len(cell) <= 40
            if not sound or (column < 4 and value < _LEAST_FACTOR):
                raise _bad(path, number, column, f"{cell[:40]!r} is no factor")
            values.append(value)
        price, split, reference = values
        yield number, _date(path, number, cells[0]), price, split, reference


def _map_rows(path: Path) -> Iterator[tuple[int, str]]:
    for number, cells in _lines(path, 2):
        yield _date(path, number, cells[0]), cells[1].strip().upper()


def _lines(path: Path, least: int) -> Iterator[tuple[int, list[str]]]:
    try:
        lines = csv.reader(path.read_text(encoding="utf-8-sig").splitlines())
        for number, cells in enumerate(lines, 1):
            # Some files begin with a note of inf factors; LEAN passes over it as well.
            if not cells or "inf" in cells[1:2]:
                continue
            if len(cells) < least:
                raise _bad(path, number, len(cells), f"{len(cells)} cells instead of {least}")
            yield number, cells
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise MarketDataError(f"cannot be read: {reason}", path=path, advice=ADVICE) from error


def _date(path: Path, line: int, cell: str) -> int:
    try:
        found = date.fromisoformat(cell.strip())
    except ValueError:
        raise _bad(path, line, 1, f"{cell[:40]!r} is no date") from None
    return found.year * 10_000 + found.month * 100 + found.day


def _bad(path: Path, line: int, column: int, problem: str) -> MarketDataError:
    return MarketDataError(f"line {line}, column {column}: {problem}", path=path, advice=ADVICE)
