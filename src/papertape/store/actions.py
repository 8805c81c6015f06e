"""Splits, dividends, mergers and changes of the symbol as a CSV file: ``date,action,value``.

The date is the ex-date. The value of a ``split`` is ``7:1`` (seven shares for one), of a
``dividend`` the cash for a share, of a ``merger`` what an old share becomes (``merger_terms``), of
a ``ticker`` the symbol until then.
"""

import csv
import io
from collections.abc import Iterable
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

from ..errors import MarketDataError
from ..venue.market.actions import (
    MOST_PAID,
    MOST_SHARES,
    Action,
    Dividend,
    Merger,
    Split,
    TickerChange,
    merger_terms,
    terms_text,
)
from ..venue.units import CASH_SCALE

COLUMNS: Final = ("date", "action", "value")
ADVICE: Final = (
    "lines are DATE,split,7:1 or DATE,dividend,0.25 or DATE,merger,1:2 XYZ 12.50 or"
    " DATE,ticker,OLD below date,action,value"
)
LARGEST: Final = 4 << 20


def read_actions(path: Path) -> tuple[Action, ...]:
    """The events of a file in order of their dates.

    Raises ``MarketDataError`` with line and column for what cannot be read.
    """
    found = [action for _, action in _read(path)]
    return tuple(sorted(found, key=lambda action: action.date))


def read_ticker_changes(path: Path) -> list[tuple[int, TickerChange]]:
    """The changes of the symbol in a file, each with its line, in order of their dates.

    Only a file that has some is read in full. Raises as ``read_actions`` does.
    """
    try:
        if path.stat().st_size <= LARGEST and b"ticker" not in path.read_bytes().lower():
            return []
    except OSError:
        pass  # reading it in full tells why
    found = [(line, one) for line, one in _read(path) if isinstance(one, TickerChange)]
    return sorted(found, key=lambda row: row[1].date)


def _read(path: Path) -> list[tuple[int, Action]]:
    try:
        if path.stat().st_size > LARGEST:
            raise MarketDataError("larger than 4 MB", path=path, advice=ADVICE)
        lines = csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig")), strict=True)
        return list(_rows(path, lines))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise MarketDataError(f"cannot be read: {reason}", path=path, advice=ADVICE) from error


def actions_text(actions: Iterable[Action]) -> str:
    """The text of a file of these events."""
    lines = [",".join(COLUMNS), *(",".join(_cells(action)) for action in actions)]
    return "\n".join(lines) + "\n"


def _cells(action: Action) -> tuple[str, str, str]:
    day = f"{action.date // 10_000:04}-{action.date // 100 % 100:02}-{action.date % 100:02}"
    if isinstance(action, Split):
        return day, "split", f"{action.new}:{action.old}"
    if isinstance(action, Dividend):
        amount = (Decimal(action.amount) / CASH_SCALE).normalize()
        return day, "dividend", f"{amount:f}"
    if isinstance(action, Merger):
        return day, "merger", terms_text(action)
    return day, "ticker", action.old


def _rows(path: Path, lines: "csv.Reader") -> Iterable[tuple[int, Action]]:  # type: ignore[name-defined]
    names = tuple(name.strip().lower() for name in next(lines, ()))
    if names != COLUMNS:
        raise _bad(path, 1, 1, f"the first line is {','.join(names)!r}")
    for cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        line = lines.line_num
        if len(cells) != len(COLUMNS):
            raise _bad(path, line, min(len(cells), 3), f"{len(cells)} cells instead of 3")
        day, kind, value = (cell.strip() for cell in cells)
        try:
            at = date.fromisoformat(day)
        except ValueError:
            raise _bad(path, line, 1, f"{day!r} is no date") from None
        when = at.year * 10_000 + at.month * 100 + at.day
        if kind == "split":
            new, old = _ratio(path, line, value)
            if new != old:
                yield line, Split(when, new, old)
        elif kind == "dividend":
            yield line, Dividend(when, _amount(path, line, value))
        elif kind == "merger":
            yield line, Merger(when, *_terms(path, line, value))
        elif kind == "ticker" and value:
            yield line, TickerChange(when, value.upper())
        else:
            raise _bad(path, line, 2, f"{kind!r} is none of split, dividend, merger, ticker")


def _ratio(path: Path, line: int, value: str) -> tuple[int, int]:
    new, _, old = value.partition(":")
    parts = (new.strip(), old.strip() or "1")
    if all(
        p.isascii() and p.isdecimal() and len(p) <= 9 and 0 < int(p) <= MOST_SHARES for p in parts
    ):
        return int(parts[0]), int(parts[1])
    raise _bad(path, line, 3, f"{value!r} is no ratio such as 7:1")


def _terms(path: Path, line: int, value: str) -> tuple[str, int, int, int]:
    try:
        return merger_terms(value)
    except ValueError as error:
        raise _bad(path, line, 3, str(error)) from None


def _amount(path: Path, line: int, value: str) -> int:
    try:
        amount = Decimal(value)
        sound = amount.is_finite() and 0 < amount <= MOST_PAID // CASH_SCALE
        if sound and (micros := int(amount * CASH_SCALE)):
            return micros
    except InvalidOperation:
        pass
    raise _bad(path, line, 3, f"{value!r} is no amount of cash")


def _bad(path: Path, line: int, column: int, problem: str) -> MarketDataError:
    return MarketDataError(f"line {line}, column {column}: {problem}", path=path, advice=ADVICE)
