"""The files of a market folder's instrument, read into its days: whole, whatever their format.

``.npz`` is the format that is played, ``.csv`` the one of ``papertape data export``, ``.parquet``
that of folders of version 1.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC
from itertools import pairwise
from pathlib import Path
from typing import Final

from ..errors import MarketDataError
from ..store.actions import read_actions
from ..store.columns import NotColumns, names_in, read_columns, read_names
from ..store.history import TIMES
from ..store.manifest import FolderEntry
from ..venue.units import SIZE_SCALE
from .frames import read_parquet
from .gathered import GatheredDays
from .guess import NoGuess, mapped
from .settling import BAR_NAMES, QUOTE_NAMES
from .stamps import Stamps
from .taking import BadCell, Taker
from .text_files import Progress, bad_line, rows

_WHAT: Final = {
    "trades": ("price", "size", "exchange"),
    "quotes": QUOTE_NAMES,
    "bars": ("date", "minute", *BAR_NAMES),
    "daily": ("date", *BAR_NAMES),
}
ADVICE: Final = "Restore the file, or leave its instrument out; nothing was imported"


def read_days(folder: Path, entry: FolderEntry, days: GatheredDays, progress: Progress) -> int:
    """Put all that a folder has of an instrument into its days; how many rows there were.

    Raises ``MarketDataError`` naming the file that cannot be read.
    """
    count = 0
    for kind, name in entry.files.items():
        path = folder / name
        if kind == "actions":
            days.actions = read_actions(path)
            count += len(days.actions)
        elif path.suffix == ".csv":
            count += _read_text(path, days, progress, daily=kind == "daily")
        else:
            count += _read_columns(path, kind, entry, days)
            progress(path.name, path.stat().st_size, path.stat().st_size)
    return count


def _read_text(path: Path, days: GatheredDays, progress: Progress, *, daily: bool) -> int:
    lines = rows(path, progress=progress)
    _, headings = next(lines, (1, []))
    try:
        columns = mapped(headings, {})
        taker = Taker(days, columns, Stamps(UTC), daily=daily, any_day=True)
    except NoGuess as error:
        raise bad_line(path, 1, 1, str(error)) from error
    for line, cells in lines:
        try:
            taker.take(cells)
        except BadCell as error:
            raise bad_line(path, line, error.place + 1, str(error)) from error
    return taker.rows


def _read_columns(path: Path, kind: str, entry: FolderEntry, days: GatheredDays) -> int:
    """The whole numbers of a file; every value is checked as the station checks it."""
    names: Sequence[str] = _WHAT[kind]
    exchanges: Sequence[str] = ()
    try:
        if path.suffix == ".parquet":
            found, unit, exchanges = read_parquet(path, kind, names)
        else:
            time = next((name for name in names_in(path) if name in TIMES), "time_ms")
            unit = TIMES[time]
            if kind == "trades":
                exchanges = read_names(path, "exchanges")
            wanted = (time, *names) if kind in ("trades", "quotes") else names
            columns = read_columns(path, wanted)
            found = [columns[name] for name in wanted]
    except (NotColumns, OSError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise MarketDataError(reason, path=path, advice=ADVICE) from error
    try:
        _put(kind, zip(*found), unit, exchanges, entry, days)
        if kind == "daily" and any(later <= one for one, later in pairwise(found[0])):
            raise ValueError("dates must rise")
    except ValueError as error:
        raise MarketDataError(str(error), path=path, advice=ADVICE) from error
    return len(found[0])


def _put(
    kind: str,
    table: Iterable[tuple[int, ...]],
    unit: int,
    exchanges: Sequence[str],
    entry: FolderEntry,
    days: GatheredDays,
) -> None:
    sizes, length = SIZE_SCALE // entry.sizeScale, days.measures.length
    for row in table:
        if kind == "quotes":
            time, bid, bid_size, ask, ask_size = row
            if not 0 < bid <= ask or not 0 <= time * unit < length:
                raise ValueError(f"not a quote within the day: {row}")
            quote = (time * unit, bid, bid_size * sizes, ask, ask_size * sizes)
            days.quote(entry.date, quote)
        elif kind == "trades":
            time, price, size, place = row
            if price <= 0 or not 0 <= time * unit < length or not 0 <= place < len(exchanges):
                raise ValueError(f"not a trade within the day: {row}")
            days.trade(entry.date, time * unit, price, size * sizes, exchanges[place])
        else:
            *when, opened, high, low, close, volume = row
            if not 0 < low <= min(opened, close) <= max(opened, close) <= high:
                raise ValueError(f"not a bar: {row}")
            bar = (opened, high, low, close, volume * sizes)
            if kind == "daily":
                days.day(when[0], bar)
            elif not 0 <= when[1] < entry.minutes:
                raise ValueError(f"no minute of the day: {row}")
            else:
                days.minute(when[0], when[1], bar)
