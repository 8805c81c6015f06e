"""Contracts of a user's own, from TOML or CSV: read whole, checked, or refused with the place.

TOML has a table ``[[contract]]`` for each, CSV a line below a line of field names; the fields are
those of ``venue.reference.custom``. A file is taken as a whole or not at all.
"""

import csv
import io
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from ..errors import MarketDataError
from ..venue.reference.custom import FIELDS, Wrong, made
from ..venue.reference.securities import Instrument

NAMES: Final = ("contracts.toml", "contracts.csv")
"""The files of a market folder that are read without being named."""
LARGEST: Final = 64 << 20
ADVICE: Final = f"the fields are: {', '.join(FIELDS)}"


def read_contracts(path: Path) -> tuple[Instrument, ...]:
    """The contracts of a file.

    Raises ``MarketDataError`` with line and column for what cannot be read, for a field that is
    no good, and for two contracts with one number.
    """
    text = _text(path)
    rows = _toml(path, text) if path.suffix.lower() == ".toml" else _csv(path, text)
    found: dict[int, tuple[Instrument, int]] = {}
    for described, line, columns in rows:
        try:
            entry = made(described)
        except Wrong as wrong:
            raise _bad(path, line, columns.get(wrong.field, 1), str(wrong)) from wrong
        other = found.get(entry.conId)
        if other is not None:
            problem = f"{entry.symbol} has conId {entry.conId}, as {other[0].symbol} in line "
            raise _bad(path, line, columns.get("conId", 1), f"{problem}{other[1]}")
        found[entry.conId] = (entry, line)
    return tuple(entry for entry, _ in found.values())


def folder_contracts(folder: Path) -> tuple[Instrument, ...]:
    """The contracts that come with a market folder; none when it has no such file."""
    return tuple(
        entry
        for name in NAMES
        if (folder / name).is_file()
        for entry in read_contracts(folder / name)
    )


def add_contracts(path: Path, folder: Path) -> tuple[Instrument, ...]:
    """Put the contracts of a file into a market folder; those of the file.

    Raises ``MarketDataError`` as ``read_contracts`` does, also for what the folder and the file
    have together; the folder is as it was then.
    """
    added = read_contracts(path)
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
    try:
        draft.write_text(text, encoding="utf-8")
        read_contracts(draft)
        draft.replace(target)
    except OSError as error:
        reason = error.strerror or str(error)
        raise MarketDataError(f"cannot be written: {reason}", path=target) from error
    finally:
        draft.unlink(missing_ok=True)
    return added


Row = tuple[dict[str, str], int, dict[str, int]]
"""The fields of a contract, its line, and the columns of its fields."""


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
            if not any(cell.strip() for cell in cells):
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
        line, columns, lines = next(places, (1, {}, {}))
        if not isinstance(row, Mapping):
            raise _bad(path, line, 1, "a contract is a table")
        described: dict[str, str] = {}
        for field, value in row.items():
            if isinstance(value, bool) or not isinstance(value, str | int | float):
                raise _bad(path, lines.get(field, line), columns.get(field, 1),
                           f"{field} is neither a text nor a number")  # fmt: skip
            described[field] = value if isinstance(value, str) else repr(value)
        try:
            made(described)
        except Wrong as wrong:
            at = lines.get(wrong.field, line)
            raise _bad(path, at, columns.get(wrong.field, 1), str(wrong)) from wrong
        yield described, line, columns


def _places(text: str) -> Iterator[tuple[int, dict[str, int], dict[str, int]]]:
    """The line of each table, and the columns and lines of its keys."""
    place: tuple[int, dict[str, int], dict[str, int]] | None = None
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.strip()
        if bare.startswith("[["):
            if place is not None:
                yield place
            place = (number, {}, {})
        elif place is not None and "=" in bare and not bare.startswith("#"):
            key = bare.partition("=")[0].strip().strip("\"'")
            place[1][key] = line.index(bare[0]) + 1
            place[2][key] = number
    if place is not None:
        yield place


def _bad(path: Path, line: int, column: int, problem: Any) -> MarketDataError:
    return MarketDataError(f"line {line}, column {column}: {problem}", path=path, advice=ADVICE)
