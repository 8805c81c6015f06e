"""``market.toml``, the manifest of a market folder: which instruments it has, and in which files.

A folder is what its manifest says: a file that it does not name does not count, and the manifest
is replaced in one step. ``docs/reference/market_folder.md`` describes the whole format.
"""

import os
import tomllib
from collections.abc import Container, Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

import msgspec

from ..errors import MarketDataError
from ..venue.market.interpolate import Style, check_length
from ..venue.units import MINUTE, SIZE_SCALE, Nanos
from .contracts import NAMES

MANIFEST: Final = "market.toml"
VERSION: Final = 2
KINDS: Final = ("trades", "quotes", "bars", "daily", "actions")
"""The files of an instrument: ticks of its day, minute bars, daily bars, splits and dividends."""
MOST_NAME: Final = 255
"""Bytes of a file's name that every file system takes."""
OLD_VERSION: Final = 1
"""Folders of Parquet files; ``papertape data import`` reads them."""
REBUILD: Final = "Restore the file, or import the data again: papertape data import"
_STYLE: Final = ("tick", "spread", "depth", "size", "quotes", "trades")


class FolderEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One instrument of a market folder, as the manifest has it."""

    conId: int
    symbol: str
    date: int
    """The day that is played, ``yyyymmdd``: day 0."""
    minutes: int
    """The length of its trading day."""
    files: dict[str, str]
    """The path of each of ``KINDS`` that there is, below the folder."""
    kind: str = ""
    """What is known of its day, in words."""
    stretch: int = 0
    """The minutes that its ticks cover, where that is less than a day; it divides the day."""
    scale: int = 10_000
    """Price units of one unit of currency."""
    sizeScale: int = 1
    """Size units of one share."""
    tick: int = 100
    spread: int = 1
    depth: int = 2
    size: int = 0
    quotes: int = 12
    trades: bool = True
    license: str = ""
    source: str = ""
    contract: dict[str, str] = {}
    """What the contract is, in fields of ``venue.reference.custom``, where no catalogue has it."""

    @property
    def length(self) -> Nanos:
        """The length of its trading day."""
        return self.minutes * MINUTE

    @property
    def covered(self) -> Nanos:
        """What its ticks cover of its day."""
        return (self.stretch or self.minutes) * MINUTE

    @property
    def style(self) -> Style:
        """How its ticks look where only bars are known."""
        return Style(**{name: getattr(self, name) for name in _STYLE})

    def __post_init__(self) -> None:
        check_length(self.length)
        assert self.style  # raises for what cannot be
        if self.sizeScale < 1 or SIZE_SCALE % self.sizeScale or self.scale < 1:
            raise ValueError("scale is under 1, or sizeScale does not divide 10000")
        date(self.date // 10_000, self.date // 100 % 100, self.date % 100)
        if self.stretch < 0 or (self.stretch and self.minutes % self.stretch):
            raise ValueError(f"a stretch of {self.stretch} minutes does not divide its day")
        strange = [name for name in self.files if name not in KINDS]
        if strange:
            raise ValueError(f"files are {', '.join(KINDS)}, not {strange[0]!r}")
        if not set(self.files) & {"quotes", "bars", "daily"}:
            raise ValueError("it has neither quotes nor bars")
        for name in self.files.values():
            if Path(name).is_absolute() or ".." in Path(name).parts:
                raise ValueError(f"{name!r} is not inside the folder")
            if any(len(part.encode()) > MOST_NAME for part in Path(name).parts):
                raise ValueError(f"{name[:40]!r}… is longer than the name of a file may be")
            if "\0" in name:
                raise ValueError(f"{name!r} has a zero byte")


def read_manifest(folder: Path, versions: Container[int] = (VERSION,)) -> tuple[FolderEntry, ...]:
    """The instruments of a market folder of one of these versions; none of a folder that has
    contracts and no manifest.

    Raises ``MarketDataError`` for a missing folder, a broken manifest, two entries of one
    contract, or a file that is named and not there.
    """
    path = folder / MANIFEST
    found = []
    for row in _rows(folder, path, versions):
        try:
            found.append(msgspec.convert(row, FolderEntry))
        except (msgspec.ValidationError, ValueError) as error:
            symbol = row.get("symbol", "?") if isinstance(row, Mapping) else "?"
            problem = f"instrument {str(symbol)[:40]!r} is not described in full: {error}"
            raise MarketDataError(problem, path=path, advice=REBUILD) from error
        for name in found[-1].files.values():
            try:
                there = (folder / name).is_file()
            except OSError as error:  # such as a path of more than 4096 bytes
                raise MarketDataError(f"no such file: {error.strerror}", path=path) from error
            if not there:
                problem = "the manifest names this file and it is missing"
                raise MarketDataError(problem, path=folder / name, advice=REBUILD)
    numbers = [entry.conId for entry in found]
    for entry in found:
        if numbers.count(entry.conId) > 1:
            problem = f"conId {entry.conId} ({entry.symbol}) is there twice"
            raise MarketDataError(problem, path=path, advice=REBUILD)
    return tuple(found)


def write_manifest(folder: Path, entries: Iterable[FolderEntry]) -> None:
    """Put the manifest of these instruments in place of the folder's, in one step.

    Raises ``OSError``; the manifest is what it was then.
    """
    draft = folder / f".{MANIFEST}.new"
    try:
        with draft.open("w", encoding="utf-8") as file:
            file.write(manifest_text(entries))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(folder / MANIFEST)
    finally:
        draft.unlink(missing_ok=True)


def manifest_text(entries: Iterable[FolderEntry]) -> str:
    """The manifest of these instruments."""
    parts = [
        "# A market folder of Papertape; see docs/reference/market_folder.md.\n",
        "version = 2\n",
    ]
    usual = {f.name: f.default for f in msgspec.structs.fields(FolderEntry)}
    for entry in entries:
        parts.append("\n[[instrument]]\n")
        for name in FolderEntry.__struct_fields__:
            value = getattr(entry, name)
            if value != usual[name] and value != {}:
                parts.append(f"{name} = {_toml(value)}\n")
    return "".join(parts)


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(one)}" for key, one in value.items()) + " }"
    # A JSON text is a TOML text, but for the delete character.
    return msgspec.json.encode(str(value)).decode().replace("\x7f", "\\u007f")


def _rows(folder: Path, path: Path, versions: Container[int]) -> list[Any]:
    if not folder.is_dir():
        advice = "Give the folder of a market, see --market"
        raise MarketDataError("no such folder", path=folder, advice=advice)
    try:
        manifest = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if any((folder / name).is_file() for name in NAMES):
            return []  # a folder of contracts alone
        raise MarketDataError("this folder has no manifest", path=path, advice=REBUILD) from None
    except (ValueError, RecursionError, OSError) as error:  # also numbers of 4301 digits
        raise MarketDataError(f"not a manifest: {error}", path=path, advice=REBUILD) from error
    version = manifest.get("version")
    if not isinstance(version, int) or version not in versions:
        problem = f"format version {version}, this program reads {VERSION}"
        raise MarketDataError(problem, path=path, advice=REBUILD)
    rows = manifest.pop("instrument", [])
    strange = sorted(manifest.keys() - {"version"})
    if strange or not isinstance(rows, list):
        problem = f"not a manifest: {(strange or ['instrument'])[0]!r} is not [[instrument]]"
        raise MarketDataError(problem, path=path, advice=REBUILD)
    return rows
