"""What a market folder holds, file by file: rows, span, and where something is missing."""

from array import array
from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Final

import msgspec

from ..errors import MarketDataError
from ..store.actions import read_actions
from ..store.columns import NotColumns, names_in, read_columns
from ..store.history import TIMES
from ..store.manifest import FolderEntry
from ..store.market_folder import known_instruments
from ..venue.reference.calendars import Calendar, calendar_of
from ..venue.reference.securities import Instrument
from ..venue.units import MINUTE, SECOND
from .exporting import chosen
from .gathered import ordinal

_LONGEST_SPAN: Final = 400 * 366
"""Days between the first and the last of a file that are looked at for gaps."""


class FileFacts(msgspec.Struct, frozen=True):
    """One file of an instrument."""

    kind: str
    file: str
    rows: int = 0
    first: str = ""
    """Its first date, or time of the day that is played."""
    last: str = ""
    gaps: str = ""
    """What is missing between them, in words."""
    problem: str = ""
    """Why it cannot be read."""


class HeldInstrument(msgspec.Struct, frozen=True):
    """One instrument of a market folder."""

    entry: FolderEntry
    security_type: str
    currency: str
    exchange: str
    files: tuple[FileFacts, ...]


def held(folder: Path, symbols: Sequence[str] = ()) -> list[HeldInstrument]:
    """What a market folder holds, of all its instruments or of some.

    A file that cannot be read says so in its place. Raises ``MarketDataError`` for a folder, a
    manifest or contracts that cannot be used, and for a symbol that is not there.
    """
    instruments = known_instruments(folder)
    return [_holding(folder, entry, instruments[entry.conId]) for entry in chosen(folder, symbols)]


def _holding(folder: Path, entry: FolderEntry, instrument: Instrument) -> HeldInstrument:
    files = []
    for kind, name in entry.files.items():
        try:
            files.append(_facts(folder / name, kind, entry, calendar_of(instrument)))
        except (NotColumns, MarketDataError, OSError, ValueError) as error:
            reason = getattr(error, "reason", None) or getattr(error, "strerror", None)
            files.append(FileFacts(kind, name, problem=str(reason or error)))
    return HeldInstrument(
        entry, instrument.secType, instrument.currency, instrument.place, tuple(files)
    )


def _facts(path: Path, kind: str, entry: FolderEntry, days: Calendar) -> FileFacts:
    if kind == "actions":
        dates = [action.date for action in read_actions(path)]
        return FileFacts(kind, path.name, len(dates), _date(dates[:1]), _date(dates[-1:]))
    if kind in ("trades", "quotes"):
        return _ticks(path, kind, entry)
    names = ("date", "minute") if kind == "bars" else ("date",)
    columns = read_columns(path, names)
    dates = list(columns["date"])
    if not dates:
        return FileFacts(kind, path.name, gaps="no rows")
    gaps = _missing_days(sorted(set(dates)), days)
    if kind == "bars":
        told = len(set(zip(dates, columns["minute"])))
        whole = len(set(dates)) * entry.minutes
        parts = [f"{whole - told:,} of {whole:,} minutes"] if told < whole else []
        gaps = ", ".join([*parts, gaps] if gaps else parts)
    return FileFacts(kind, path.name, len(dates), _date([min(dates)]), _date([max(dates)]), gaps)


def _ticks(path: Path, kind: str, entry: FolderEntry) -> FileFacts:
    unit = next((name for name in names_in(path) if name in TIMES), "time_ms")
    times: array[int] = read_columns(path, (unit,))[unit]
    if not times:
        return FileFacts(kind, path.name, gaps="no rows")
    parts = TIMES[unit]
    pauses = [later - one for one, later in pairwise(times)]
    longest = max(pauses, default=0) * parts
    at = times[pauses.index(longest // parts)] * parts if pauses else 0
    gaps = ""
    if longest >= MINUTE:
        gaps = f"longest pause {longest // SECOND} s, from {_clock(at)} on"
    first, last = _clock(times[0] * parts), _clock(times[-1] * parts)
    covered = entry.covered // MINUTE
    if covered < entry.minutes:
        part = f"{covered} of {entry.minutes} minutes, repeated"
        gaps = f"{gaps}, {part}" if gaps else part
    return FileFacts(kind, path.name, len(times), first, last, gaps)


def _missing_days(dates: list[int], days: Calendar) -> str:
    """The trading days between the first and the last date that are not among them."""
    there = {ordinal(when) for when in dates}
    first, last = min(there), max(there)
    if last - first > _LONGEST_SPAN:
        return "dates too far apart to tell"
    wanted = (days.day(number) for number in range(days.number(first), days.number(last + 1)))
    missing = [day for day in wanted if day not in there]
    if not missing:
        return ""
    runs = 1 + sum(days.number(later) - days.number(one) > 1 for one, later in pairwise(missing))
    told = _iso(missing[0])
    if len(missing) > 1:
        told = f"{told} … {_iso(missing[-1])}"
    gaps = "" if runs == 1 else f" in {runs} gaps"
    return f"{len(missing):,} trading day{'s' * (len(missing) > 1)}{gaps}: {told}"


def _iso(day: int) -> str:
    return date.fromordinal(day).isoformat()


def _date(dates: Sequence[int]) -> str:
    return _iso(ordinal(dates[0])) if dates else ""


def _clock(time: int) -> str:
    """A time since the day's beginning."""
    seconds, rest = divmod(time, SECOND)
    text = f"+{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{text}.{rest // 1_000_000:03}" if rest else text
