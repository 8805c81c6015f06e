"""Recordings out of market folders, read one instrument at a time.

Only the manifest is read before an instrument is first used. Nothing here needs a package of
others: the files are ``columns``. ``docs/reference/market_folder.md`` lists what is in them.
"""

from array import array
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import islice
from operator import ge, gt
from pathlib import Path
from typing import Final

from ..errors import MarketDataError
from ..venue.market.actions import Action, in_shares_of
from ..venue.market.days import TickDay, tick_day
from ..venue.market.recorded import Bars, Recorded, Recording
from ..venue.units import SIZE_SCALE, Nanos
from .actions import read_actions
from .columns import NotColumns, check_columns, names_in, read_columns, read_names
from .manifest import REBUILD, FolderEntry, read_manifest

BUILT_IN: Final = Path(__file__).with_name("market")
"""The market folder that comes with the package; ``NOTICE`` tells its licences."""
TIMES: Final[dict[str, Nanos]] = {"time_ms": 1_000_000, "time_us": 1_000, "time_ns": 1}
"""The columns in which a time since the day's first instant may stand, and their units."""
PRICES: Final = ("open", "high", "low", "close")
COLUMNS: Final = {
    "quotes": ("bid", "bidSize", "ask", "askSize"),
    "trades": ("price", "size", "exchange", "exchanges"),
    "bars": ("date", "minute", *PRICES, "volume"),
    "daily": ("date", *PRICES, "volume"),
}
"""The columns of each kind of file."""
TIMED: Final = ("quotes", "trades")
"""Those that have a column of times as well."""
CHECKED: Final = 8 << 20
"""Bytes of columns whose checksums a start looks at, which takes two tenths of a second."""
OPENED: Final = 128
"""Files that a start opens, at some milliseconds each; a folder may have tens of thousands."""

Numbers = dict[str, "array[int]"]


def recordings(folder: Path) -> tuple[Recording, ...]:
    """The recorded instruments of a market folder, none of them loaded yet.

    Raises ``MarketDataError`` for a missing folder, a broken manifest or a file that it names
    and that is not there. What is inside a file shows when its instrument is first used, or to
    ``check_files``.
    """
    return tuple(
        Recording(e.conId, partial(load, folder, e), e.length, e.style, e.scale)
        for e in read_manifest(folder)
    )


def check_files(folder: Path) -> None:
    """Look at the files of a market folder as far as it is cheap: in the first ``OPENED`` of them
    the columns that they have and how long they are, and the checksums of the first ``CHECKED``
    bytes. What is wrong with another file shows when its instrument is first used.

    Raises ``MarketDataError`` naming the file that cannot be used and what is wrong with it.
    """
    left = CHECKED
    files = ((kind, name) for entry in read_manifest(folder) for kind, name in entry.files.items())
    for kind, name in islice(files, OPENED):
        path = folder / name
        if kind == "actions":
            read_actions(path)
            continue
        try:
            names = COLUMNS[kind]
            if kind in TIMED:
                names = (_time_of(path), *names)
            left -= check_columns(path, names, left)
        except (NotColumns, OSError) as error:
            raise _unreadable(path, error) from error


def _time_of(path: Path) -> str:
    """The column with the times of a file. Raises as ``read_columns`` does."""
    return next((name for name in names_in(path) if name in TIMES), "time_ms")


def built_in() -> tuple[Recording, ...]:
    """The packaged recordings. Of the stocks only the moves count: their daily bars up to
    2013-03-01 are brought to today's prices; later days are synthetic."""
    return tuple(
        Recording(
            e.conId, partial(load, BUILT_IN, e), e.length, e.style, e.scale,
            brought="quotes" not in e.files,
        )
        for e in read_manifest(BUILT_IN)
    )  # fmt: skip


def load(folder: Path, entry: FolderEntry) -> Recorded:
    """What is recorded of an instrument, its past in shares of the day that is played.

    Raises ``MarketDataError`` naming the file that cannot be used.
    """
    files = {kind: folder / name for kind, name in entry.files.items()}
    sizes = SIZE_SCALE // entry.sizeScale
    ticks = _tick_day(files, entry.covered, sizes) if "quotes" in files else None
    days: dict[int, Bars] = {}
    if "bars" in files:
        days = _minutes(files["bars"], entry.minutes, sizes)
    actions = read_actions(files["actions"]) if "actions" in files else ()
    before = sorted(day for day in days if day < entry.date)
    later = [day for day in days if day > entry.date]
    if later:
        raise _bad(files["bars"], f"bars of {min(later)} are later than its day, {entry.date}")
    daily_dates: list[int] = []
    daily = None
    if "daily" in files:
        daily, daily_dates = _daily(files["daily"], sizes)
        alone = not days and ticks is None
        first = before[0] if before else entry.date + alone
        if daily_dates[-1] >= first:
            raise _bad(files["daily"], f"bars from {first} on are known better from other files")
    today = days.pop(entry.date, None)
    dates = [*daily_dates, *before]
    if ticks is not None or today is not None:
        dates.append(entry.date)
    if daily is not None:
        daily = _in_shares(daily, daily_dates, actions, entry, dates[-1])
    earlier = tuple(
        _in_shares(days[day], [day] * len(days[day].open), actions, entry, dates[-1])
        for day in before
    )
    return Recorded(ticks, today, earlier, daily, tuple(dates), actions)


def _in_shares(
    bars: Bars, dates: list[int], actions: Sequence[Action], entry: FolderEntry, until: int
) -> Bars:
    if not actions:
        return bars
    column = in_shares_of(until, actions, dates)
    opened, high, low, close = (
        column(prices, entry.tick) for prices in (bars.open, bars.high, bars.low, bars.close)
    )
    return Bars(opened, high, low, close, column(bars.volume, 0))


def _tick_day(files: dict[str, Path], length: Nanos, sizes: int) -> TickDay:
    path = files["quotes"]
    times, quotes = _timed(path, COLUMNS["quotes"])
    if any(map(gt, quotes["bid"], quotes["ask"])):
        raise _bad(path, "a bid is above the ask of its time")
    columns = (
        times,
        quotes["bid"],
        _times(quotes["bidSize"], sizes),
        quotes["ask"],
        _times(quotes["askSize"], sizes),
    )
    trades = array("q"), array("q"), array("q"), array("q")
    exchanges: tuple[str, ...] = ()
    if "trades" in files:
        trades, exchanges = _trades(files["trades"], length, sizes)
    try:
        return tick_day(columns, trades, exchanges, length)
    except ValueError as error:
        raise _bad(path, str(error)) from error


_Trades = tuple["array[int]", "array[int]", "array[int]", "array[int]"]


def _trades(path: Path, length: Nanos, sizes: int) -> tuple[_Trades, tuple[str, ...]]:
    times, found = _timed(path, COLUMNS["trades"][:3])
    try:
        names = read_names(path, "exchanges")
    except (NotColumns, OSError) as error:
        raise _bad(path, str(error)) from error
    if any(map(gt, times, times[1:])):
        raise _bad(path, "trade times must not fall")
    if times and not 0 <= times[0] <= times[-1] < length:
        raise _bad(path, "trades must lie within the day")
    places = found["exchange"]
    if places and not 0 <= min(places) <= max(places) < len(names):
        raise _bad(path, f"exchanges are numbered 0 .. {len(names) - 1}")
    if min(found["price"], default=1) <= 0:
        raise _bad(path, "a trade's price is not above 0")
    return (times, found["price"], _times(found["size"], sizes), places), names


def _timed(path: Path, names: tuple[str, ...]) -> tuple["array[int]", Numbers]:
    """The times of a file in nanoseconds, and columns of it."""
    try:
        unit = _time_of(path)
        found = read_columns(path, (unit, *names))
    except (NotColumns, OSError) as error:
        raise _unreadable(path, error) from error
    return _times(found.pop(unit), TIMES[unit]), found


def _minutes(path: Path, minutes: int, sizes: int) -> dict[int, Bars]:
    """Minute bars by date, each day filled up to one row a minute."""
    found = _read(path, COLUMNS["bars"])
    rows: dict[int, list[tuple[int, ...]]] = {}
    columns = (found[name] for name in ("minute", *PRICES, "volume"))
    for date, row in zip(found["date"], zip(*columns)):
        rows.setdefault(date, []).append(row)
    if not rows:
        raise _bad(path, "holds no bars")
    return {day: _checked(path, _filled(path, rows[day], minutes, sizes)) for day in sorted(rows)}


def _filled(path: Path, rows: Iterable[tuple[int, ...]], minutes: int, sizes: int) -> Bars:
    known = {row[0]: row[1:] for row in rows}
    if min(known) < 0 or max(known) >= minutes:
        raise _bad(path, f"minutes must lie in 0 .. {minutes - 1}")
    price = known[min(known)][0]
    bars = Bars(array("q"), array("q"), array("q"), array("q"), array("q"))
    for minute in range(minutes):
        opened, high, low, close, volume = known.get(minute, (price, price, price, price, 0))
        price = close
        bars.open.append(opened)
        bars.high.append(high)
        bars.low.append(low)
        bars.close.append(close)
        bars.volume.append(volume * sizes)
    return bars


def _daily(path: Path, sizes: int) -> tuple[Bars, list[int]]:
    found = _read(path, COLUMNS["daily"])
    dates = found["date"].tolist()
    if any(map(ge, dates, dates[1:])):
        raise _bad(path, "dates must rise")
    opened, high, low, close = (found[name] for name in PRICES)
    bars = Bars(opened, high, low, close, _times(found["volume"], sizes))
    return _checked(path, bars), dates


def _checked(path: Path, bars: Bars) -> Bars:
    """The bars, if every one of them is a bar."""
    low, high = bars.low, bars.high
    ordered = ((low, bars.open), (low, bars.close), (bars.open, high), (bars.close, high))
    if min(low, default=1) <= 0 or any(any(map(gt, *pair)) for pair in ordered):
        raise _bad(path, _no_bar(bars))
    if not bars.open:
        raise _bad(path, "holds no bars")
    return bars


def _no_bar(bars: Bars) -> str:
    """The first bar that is none."""
    opened, high, low, close = next(
        row
        for row in zip(bars.open, bars.high, bars.low, bars.close)
        if not 0 < row[2] <= min(row[0], row[3]) <= max(row[0], row[3]) <= row[1]
    )
    return f"not a bar: open {opened}, high {high}, low {low}, close {close}"


def _times(column: "array[int]", factor: int) -> "array[int]":
    return column if factor == 1 else array("q", map(factor.__mul__, column))


def _read(path: Path, names: tuple[str, ...]) -> Numbers:
    try:
        return read_columns(path, names)
    except (NotColumns, OSError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> MarketDataError:
    if isinstance(error, FileNotFoundError):
        return _bad(path, "missing")
    return _bad(path, getattr(error, "strerror", None) or str(error))


def _bad(path: Path, problem: str) -> MarketDataError:
    return MarketDataError(problem, path=path, advice=REBUILD)
