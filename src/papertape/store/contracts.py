"""Contracts of a user's own, from TOML or CSV: read whole, checked, or refused with the place.

TOML has a table ``[[contract]]`` for each, CSV a line below a line of field names; the fields are
those of ``venue.reference.custom``. A file is taken as a whole or not at all.
"""

import csv
import io
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from ..errors import MarketDataError
from ..venue.reference.custom import FIELDS, Wrong, unfounded, unnumbered
from ..venue.reference.listings import CATALOGUE
from ..venue.reference.numbers import USER_FROM
from ..venue.reference.own_numbers import all_numbered
from ..venue.reference.securities import Instrument

NAMES: Final = ("contracts.toml", "contracts.csv")
"""The files of a market folder that are read without being named."""
LARGEST: Final = 64 << 20
LONGEST_LINE: Final = 16 * 1024
MOST_CONTRACTS: Final = 100_000
"""Contracts of one file, which take some 200 MB while it is read."""
ADVICE: Final = f"the fields are: {', '.join(FIELDS)}"
_MANY: Final = "more than {:,} contracts in one file"
_HEADING: Final = re.compile(r"\[\[\s*[\"']?contract[\"']?\s*\]\]\s*(#.*)?")
_AT: Final = re.compile(r" \(at line (\d+), column (\d+)\)")

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
        if len(found) == MOST_CONTRACTS:
            raise _bad(path, line, 1, _MANY.format(MOST_CONTRACTS))
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
    more = _lines(path)
    together = _apart([*beside, *more])
    numbers = {entry.conId for entry in together}
    recorded = (folder / "market.toml").exists()  # it may describe an underlying

    def known(number: int) -> bool:
        return recorded or number in numbers or CATALOGUE.get(number) is not None

    for line in more:
        wrong = unfounded(line.entry, known)
        if wrong is not None:
            raise _bad(path, *_place(wrong.field, line.line, line.columns), str(wrong))
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
    """What a file says: text of lines that have an end. Reads no more than ``LARGEST``."""
    try:
        if not path.is_dir() and path.exists() and not path.is_file():
            raise MarketDataError("no plain file", path=path, advice=ADVICE)
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        reason = error.strerror or str(error)
        raise MarketDataError(f"cannot be read: {reason}", path=path, advice=ADVICE) from error
    if len(data) > LARGEST:
        raise MarketDataError("larger than 64 MB", path=path, advice=ADVICE)
    _check_lines(path, data)
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        begin = data.rfind(b"\n", 0, error.start) + 1
        column = len(data[begin : error.start].decode("utf-8", "replace")) + 1
        problem = f"byte {data[error.start]:#04x} is not UTF-8"
        raise _bad(path, data.count(b"\n", 0, begin) + 1, column, problem) from error


def _check_lines(path: Path, data: bytes) -> None:
    nul = data.find(b"\0")
    if nul >= 0 and not data.startswith((b"\xff\xfe", b"\xfe\xff")):  # of another encoding
        begin = data.rfind(b"\n", 0, nul) + 1
        problem = "a NUL character: this is no text file"
        raise _bad(path, data.count(b"\n", 0, begin) + 1, nul - begin + 1, problem)
    line, begin = 1, 0
    while len(data) - begin > LONGEST_LINE:
        end = data.rfind(b"\n", begin, begin + LONGEST_LINE + 1)
        if end < 0:
            raise _bad(path, line, 1, f"longer than {LONGEST_LINE} bytes")
        line += data.count(b"\n", begin, end + 1)
        begin = end + 1


def _csv(path: Path, text: str) -> Iterator[Row]:
    lines, begun = csv.reader(io.StringIO(text), strict=True), 1
    try:
        names = [name.strip() for name in next(lines, [])]
        begun = lines.line_num + 1
        for place, name in enumerate(names, 1):
            if name not in FIELDS:
                raise _bad(path, 1, place, f"there is no field {name!r}")
        if len(set(names)) < len(names) or "symbol" not in names:
            raise _bad(path, 1, 1, "the first line names each field once, symbol among them")
        columns = {name: place for place, name in enumerate(names, 1)}
        while (cells := next(lines, None)) is not None:
            before, begun = begun, lines.line_num + 1
            if not any(map(str.strip, cells)):
                continue
            if len(cells) != len(names):
                problem = f"{len(cells)} cells below {len(names)} names"
                raise _bad(path, before, min(len(cells), len(names)), problem)
            yield dict(zip(names, cells)), before, columns
    except csv.Error as error:  # of the row that begins there: a quotation mark may have no end
        raise _bad(path, begun, 1, str(error)) from error


def _toml(path: Path, text: str) -> Iterator[Row]:
    known = list(_places(path, text))  # before the parser, which takes long over some texts
    try:
        tables = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # also numbers of 4301 digits
        told, found = str(error), _AT.search(str(error))
        where = (int(found[1]), int(found[2])) if found else (text.count("\n") + 1, 1)
        raise _bad(path, *where, f"not TOML: {_AT.sub('', told)}") from error
    rows = tables.pop("contract", [])
    if tables or not isinstance(rows, list):
        name = next(iter(tables), "contract")
        raise _bad(path, 1, 1, f"{name!r} is no table [[contract]]")
    places = iter(known)
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


def _places(path: Path, text: str) -> Iterator[tuple[int, dict[str, tuple[int, int]]]]:
    """The line of each table, and the line and column of its keys.

    Raises ``MarketDataError`` for what no contract has: other tables, values of several parts or
    lines, too many contracts.
    """
    place: tuple[int, dict[str, tuple[int, int]]] | None = None
    count = 0
    for number, line in enumerate(text.split("\n"), 1):
        bare = line.strip()
        column = len(line) - len(line.lstrip()) + 1
        if bare.startswith("["):
            if not _HEADING.fullmatch(bare):
                raise _bad(
                    path, number, column, f"{bare[:40].strip('[] ')!r} is no table [[contract]]"
                )
            if place is not None:
                yield place
            count += 1
            if count > MOST_CONTRACTS:
                raise _bad(path, number, column, _MANY.format(MOST_CONTRACTS))
            place = (number, {})
        elif "=" in bare and not bare.startswith("#"):
            key, _, value = bare.partition("=")
            name, value = key.strip().strip("\"'"), value.lstrip()
            if value.startswith(("[", "{", '"""', "'''")):
                raise _bad(path, number, column, f"{name[:40]} is neither a text nor a number")
            if place is not None:
                place[1][name] = (number, column)
    if place is not None:
        yield place


def _bad(path: Path, line: int, column: int, problem: Any) -> MarketDataError:
    return MarketDataError(f"line {line}, column {column}: {problem}", path=path, advice=ADVICE)
