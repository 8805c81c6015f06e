"""Contracts of a user's own, from TOML or CSV: read whole, checked, or refused with the place.

TOML has a table ``[[contract]]`` for each, CSV a line below a line of field names; the fields are
those of ``venue.reference.custom``. A file is taken as a whole or not at all.
"""

import csv
import io
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from ..errors import MarketDataError
from ..venue.reference.custom import FIELDS, Wrong, unnumbered
from ..venue.reference.listings import CATALOGUE
from ..venue.reference.numbers import USER_FROM
from ..venue.reference.own_numbers import all_numbered
from ..venue.reference.securities import Instrument

NAMES: Final = ("contracts.toml", "contracts.csv")
"""The files of a market folder that are read without being named."""
LARGEST: Final = 64 << 20
ADVICE: Final = f"the fields are: {', '.join(FIELDS)}"


Columns = Mapping[str, int | tuple[int, int]]
Row = tuple[dict[str, str], int, Columns]
"""The fields of a contract, its line, and where its fields stand (``_place``)."""


class _Line(NamedTuple):
    """A contract of a file, and where it stands."""

    entry: Instrument
    path: Path
    line: int
    columns: Columns


def read_contracts(path: Path) -> tuple[Instrument, ...]:
    """The contracts of a file.

    Raises ``MarketDataError`` with line and column for what cannot be read, for a field that is
    no good, for two contracts with one number, and for the number of another one of the catalogue.
    """
    return _apart(_lines(path))


def folder_contracts(folder: Path) -> tuple[Instrument, ...]:
    """The contracts that come with a market folder; none when it has no such file."""
    paths = (folder / name for name in NAMES)
    return _apart([line for path in paths if path.is_file() for line in _lines(path)])


def _lines(path: Path) -> list[_Line]:
    text = _text(path)
    rows = _toml(path, text) if path.suffix.lower() == ".toml" else _csv(path, text)
    found: list[_Line] = []
    for described, line, columns in rows:
        try:
            entry = unnumbered(described)
        except Wrong as wrong:
            at, column = _place(wrong.field, line, columns)
            raise _bad(path, at, column, str(wrong)) from wrong
        found.append(_Line(entry, path, line, columns))
    return found


def _place(field: str, line: int, columns: Columns) -> tuple[int, int]:
    """Line and column of a field of a contract; in CSV the column is the number of the cell."""
    place = columns.get(field, 1)
    return (line, place) if isinstance(place, int) else place


def _apart(lines: list[_Line]) -> tuple[Instrument, ...]:
    """The contracts under their numbers; no two with one."""
    found: dict[int, tuple[Instrument, _Line]] = {}
    for entry, line in zip(all_numbered([one.entry for one in lines]), lines, strict=True):
        other, before = found.setdefault(entry.conId, (entry, line))
        if before is not line:
            at, column = _place("conId", line.line, line.columns)
            where = f"line {before.line}" + (
                "" if before.path == line.path else f" of {before.path.name}"
            )
            problem = f"{entry.symbol} has conId {entry.conId}, as {other.symbol} in {where}"
            raise _bad(line.path, at, column, problem)
        known = CATALOGUE.get(entry.conId) if entry.conId < USER_FROM else None
        if known is not None and _listed(known) != _listed(entry):
            at, column = _place("conId", line.line, line.columns)
            problem = f"{entry.symbol} has conId {entry.conId}, which is {' '.join(_listed(known))}"
            raise _bad(line.path, at, column, problem)
    return tuple(entry for entry, _ in found.values())


def _listed(entry: Instrument) -> tuple[str, str, str]:
    """What a user's contract has in common with one of the catalogue that it stands for."""
    return entry.secType, entry.symbol, entry.currency


def add_contracts(path: Path, folder: Path) -> tuple[Instrument, ...]:
    """Put the contracts of a file into a market folder; those of the file, under the numbers that
    they have there.

    Raises ``MarketDataError`` as ``read_contracts`` does, also for what the folder and the file
    have together; the folder is as it was then.
    """
    count = len(read_contracts(path))
    if not count:
        raise MarketDataError("there is no contract in it", path=path, advice=ADVICE)
    target = folder / f"contracts{path.suffix.lower()}"
    if target.name not in NAMES:
        raise MarketDataError("neither .toml nor .csv", path=path, advice=ADVICE)
    text = _text(path)
    if target.exists():
        before = _text(target)
        if target.suffix == ".csv":
            head, _, text = text.partition("\n")
            if before.partition("\n")[0].strip() != head.strip():
                raise _bad(path, 1, 1, f"other fields than those of {target}")
        text = f"{before.rstrip()}\n{text}"
    draft = folder / f".{target.name}.new{target.suffix}"
    there = (folder / name for name in NAMES)
    beside = [line for other in there if other.is_file() for line in _lines(other)]
    together = _apart([*beside, *_lines(path)])
    try:
        draft.write_text(text, encoding="utf-8")
        _lines(draft)  # as it would be read
        draft.replace(target)
    except OSError as error:
        reason = error.strerror or str(error)
        raise MarketDataError(f"cannot be written: {reason}", path=target) from error
    finally:
        draft.unlink(missing_ok=True)
    return together[len(together) - count :]


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST:
            raise MarketDataError("larger than 64 MB", path=path, advice=ADVICE)
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise MarketDataError(f"not UTF-8: {error}", path=path, advice=ADVICE) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise MarketDataError(f"cannot be read: {reason}", path=path, advice=ADVICE) from error


def _csv(path: Path, text: str) -> Iterator[Row]:
    lines = csv.reader(io.StringIO(text), strict=True)
    try:
        names = [name.strip() for name in next(lines, [])]
        for place, name in enumerate(names, 1):
            if name not in FIELDS:
                raise _bad(path, 1, place, f"there is no field {name!r}")
        if len(set(names)) < len(names) or "symbol" not in names:
            raise _bad(path, 1, 1, "the first line names each field once, symbol among them")
        columns = {name: place for place, name in enumerate(names, 1)}
        for cells in lines:
            if not any(map(str.strip, cells)):
                continue
            if len(cells) != len(names):
                problem = f"{len(cells)} cells below {len(names)} names"
                raise _bad(path, lines.line_num, min(len(cells), len(names)), problem)
            yield dict(zip(names, cells)), lines.line_num, columns
    except csv.Error as error:
        raise _bad(path, lines.line_num, 1, str(error)) from error


def _toml(path: Path, text: str) -> Iterator[Row]:
    try:
        tables = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # also numbers of 4301 digits
        raise MarketDataError(f"not TOML: {error}", path=path, advice=ADVICE) from error
    rows = tables.pop("contract", [])
    if tables or not isinstance(rows, list):
        name = next(iter(tables), "contract")
        raise _bad(path, 1, 1, f"{name!r} is no table [[contract]]")
    places = _places(text)
    for row in rows:
        line, columns = next(places, (1, {}))
        if not isinstance(row, Mapping):
            raise _bad(path, line, 1, "a contract is a table")
        described: dict[str, str] = {}
        for field, value in row.items():
            if isinstance(value, bool) or not isinstance(value, str | int | float):
                at, column = _place(field, line, columns)
                raise _bad(path, at, column, f"{field} is neither a text nor a number")
            described[field] = value if isinstance(value, str) else repr(value)
        yield described, line, columns


def _places(text: str) -> Iterator[tuple[int, dict[str, tuple[int, int]]]]:
    """The line of each table, and the line and column of its keys."""
    place: tuple[int, dict[str, tuple[int, int]]] | None = None
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.strip()
        if bare.startswith("[["):
            if place is not None:
                yield place
            place = (number, {})
        elif place is not None and "=" in bare and not bare.startswith("#"):
            key = bare.partition("=")[0].strip().strip("\"'")
            place[1][key] = (number, line.index(bare[0]) + 1)
    if place is not None:
        yield place


def _bad(path: Path, line: int, column: int, problem: Any) -> MarketDataError:
    return MarketDataError(f"line {line}, column {column}: {problem}", path=path, advice=ADVICE)
