"""A market folder as CSV: what spreadsheets and other programs read, and ``data import`` reads back
to the same files.
"""

import csv
import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

import msgspec

from ..errors import MarketDataError
from ..store.actions import actions_text
from ..store.contracts import NAMES
from ..store.manifest import MANIFEST, FolderEntry, manifest_text, read_manifest
from ..store.market_folder import known_instruments
from ..venue.reference.securities import Instrument
from ..venue.units import MINUTE, SECOND, SIZE_SCALE, Nanos
from .gathered import GatheredDays, Measures, ordinal, sorted_by_time
from .settling import BAR_NAMES, QUOTE_NAMES
from .tables import read_days
from .text_files import Progress, no_progress

_STEP: Final = 65_536


def export_folder(
    folder: Path, target: Path, symbols: Iterable[str] = (), progress: Progress = no_progress
) -> list[tuple[Path, int]]:
    """Write the instruments of a market folder as CSV files and a manifest that names them into a
    new folder; the files and their rows. Without ``symbols``, all of them.

    Times are UTC in ISO 8601. Raises ``MarketDataError`` when the target is there already, for a
    symbol that the folder does not have, and for what cannot be read or written; the target is not
    there then.
    """
    instruments = known_instruments(folder)
    entries = chosen(folder, symbols)
    try:
        target.mkdir(parents=True)
    except FileExistsError as error:
        advice = "Name a folder that is not there yet"
        raise MarketDataError("is there already", path=target, advice=advice) from error
    except OSError as error:
        raise _not_written(target, error) from error
    done: list[tuple[Path, int]] = []
    try:
        exported = [
            _instrument(folder, target, entry, instruments[entry.conId], done, progress)
            for entry in entries
        ]
        for name in NAMES:
            if (folder / name).is_file():
                (target / name).write_bytes((folder / name).read_bytes())
        (target / MANIFEST).write_text(manifest_text(exported), encoding="utf-8")
    except BaseException as error:
        for path in target.iterdir():
            path.unlink()
        target.rmdir()
        if isinstance(error, OSError):
            raise _not_written(target, error) from error
        raise
    return done


def chosen(folder: Path, symbols: Iterable[str]) -> list[FolderEntry]:
    """The instruments of a market folder with these symbols or numbers; all of them without any.

    Raises ``MarketDataError`` for one that the folder does not have.
    """
    entries = list(read_manifest(folder))
    found = []
    for symbol in symbols:
        plain = symbol.strip().upper()
        own = [e for e in entries if plain in (e.symbol.upper(), str(e.conId))]
        if not own:
            told = ", ".join(entry.symbol for entry in entries[:20]) or "nothing"
            advice = f"It has {told}; see papertape data ls"
            raise MarketDataError("not in this folder", path=folder, symbol=symbol, advice=advice)
        found += own
    return found or entries


def decimal_text(units: int, scale: int) -> str:
    """A price or a size in units as a decimal number."""
    whole, rest = divmod(units, scale)
    if not rest:
        return str(whole)
    return f"{(Decimal(units) / scale).normalize():f}"


def _instrument(
    folder: Path,
    target: Path,
    entry: FolderEntry,
    instrument: Instrument,
    done: list[tuple[Path, int]],
    progress: Progress,
) -> FolderEntry:
    days = GatheredDays(Measures(instrument, entry.minutes))
    read_days(folder, entry, days, progress)
    files = {}
    for kind, name in entry.files.items():
        path = target / Path(name).with_suffix(".csv").name
        if path.exists():
            path = target / f"{entry.conId}-{kind}.csv"
        files[kind] = path.name
        if kind == "actions":
            path.write_text(actions_text(days.actions), encoding="utf-8")
            done.append((path, len(days.actions)))
        else:
            done.append((path, _write(path, kind, days, entry, progress)))
    return msgspec.structs.replace(entry, files=files)


def _write(
    path: Path, kind: str, days: GatheredDays, entry: FolderEntry, progress: Progress
) -> int:
    names: tuple[str, ...]
    rows: Iterator[tuple[object, ...]]
    if kind == "trades":
        names, rows = ("time", "price", "size", "exchange"), _trades(days, entry)
    elif kind == "quotes":
        names, rows = ("time", *QUOTE_NAMES), _quotes(days, entry)
    elif kind == "bars":
        names, rows = ("time", *BAR_NAMES), _bars(days, entry)
    else:
        names, rows = ("date", *BAR_NAMES), _daily(days, entry)
    count = 0
    with path.open("x", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        for count, row in enumerate(rows, 1):
            writer.writerow(row)
            if count % _STEP == 0:
                progress(path.name, count, 0)
        file.flush()
        os.fsync(file.fileno())
    progress(path.name, count, count)
    return count


def _begin(days: GatheredDays, when: int) -> Nanos:
    begin = days.measures.begin(ordinal(when))
    if begin is None:
        symbol = days.measures.instrument.symbol
        raise MarketDataError(f"{when} is no trading day of its exchange", symbol=symbol)
    return begin


def _quotes(days: GatheredDays, entry: FolderEntry) -> Iterator[tuple[object, ...]]:
    begin = _begin(days, entry.date)
    rows = days.quotes[entry.date]
    for time, bid, bid_size, ask, ask_size in sorted_by_time(rows.columns()):
        yield (
            _stamp(begin + time),
            decimal_text(bid, entry.scale),
            decimal_text(bid_size, SIZE_SCALE),
            decimal_text(ask, entry.scale),
            decimal_text(ask_size, SIZE_SCALE),
        )


def _trades(days: GatheredDays, entry: FolderEntry) -> Iterator[tuple[object, ...]]:
    rows = days.trades.get(entry.date)
    if rows is None:  # a file without rows
        return
    begin, names = _begin(days, entry.date), list(days.exchanges)
    for time, price, size, exchange in sorted_by_time(rows.columns()):
        yield (
            _stamp(begin + time),
            decimal_text(price, entry.scale),
            decimal_text(size, SIZE_SCALE),
            names[exchange],
        )


def _bars(days: GatheredDays, entry: FolderEntry) -> Iterator[tuple[object, ...]]:
    for when in sorted(days.minutes):
        begin = _begin(days, when)
        for minute, bar in sorted(days.minutes[when].items()):
            prices = (decimal_text(price, entry.scale) for price in bar[:4])
            yield _stamp(begin + minute * MINUTE), *prices, decimal_text(bar[4], SIZE_SCALE)


def _daily(days: GatheredDays, entry: FolderEntry) -> Iterator[tuple[object, ...]]:
    for when, bar in sorted(days.daily.items()):
        prices = (decimal_text(price, entry.scale) for price in bar[:4])
        text = f"{when // 10_000:04}-{when // 100 % 100:02}-{when % 100:02}"
        yield text, *prices, decimal_text(bar[4], SIZE_SCALE)


def _stamp(instant: Nanos) -> str:
    """An instant in ISO 8601, to the nanosecond where it has some."""
    seconds, rest = divmod(instant, SECOND)
    text = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    if rest:
        text += f".{rest:09}".rstrip("0")
    return f"{text}Z"


def _not_written(target: Path, error: OSError) -> MarketDataError:
    reason = error.strerror or str(error)
    advice = "Make room, or name another folder"
    return MarketDataError(f"cannot be written: {reason}", path=target, advice=advice)
