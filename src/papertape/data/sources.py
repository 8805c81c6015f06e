"""What the sources of an import are: folders, files, and what each of them holds."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final

import msgspec

from ..errors import MarketDataError
from ..store.manifest import MANIFEST
from .lean import SERIES, FactorFile, LeanFile, recognised
from .lean_contracts import members_of
from .text_files import csv_members

MOST_FILES: Final = 20_000
SUFFIXES: Final = (".csv", ".txt", ".gz", ".zip", ".parquet")
ADVICE: Final = (
    "An import reads CSV (also .csv.gz and .zip), Parquet, files of LEAN's data folder, and "
    "market folders"
)


class TextSource(msgspec.Struct, frozen=True):
    """A CSV file, or one in a zip."""

    path: Path
    member: str = ""


class ParquetSource(msgspec.Struct, frozen=True):
    """A Parquet file."""

    path: Path


class FolderSource(msgspec.Struct, frozen=True):
    """A market folder: of this version, of the one before, or exported as CSV."""

    path: Path


class UnreadFile(msgspec.Struct, frozen=True):
    """A file that is not read, and why."""

    path: Path
    why: str


Source = TextSource | ParquetSource | FolderSource | LeanFile | FactorFile | UnreadFile


def sources_of(paths: Iterable[Path]) -> list[Source]:
    """What files and folders hold; a folder without a manifest is all the files below it.

    Raises ``MarketDataError`` for a path that is not there, that is nothing an import reads, and
    for more than ``MOST_FILES`` files.
    """
    found: list[Source] = []
    for path in paths:
        if not path.exists():
            raise MarketDataError("no such file or folder", path=path, advice=ADVICE)
        if not path.is_dir():
            if not path.is_file():  # a pipe, a device: it may have no end
                raise MarketDataError("no plain file", path=path, advice=ADVICE)
            found.extend(_of_file(path, named=True))
        elif (path / MANIFEST).is_file():
            found.append(FolderSource(path))
        else:
            below = list(_of_folder(path))
            if not below:
                raise MarketDataError("holds nothing to import", path=path, advice=ADVICE)
            found.extend(below)
        if len(found) > MOST_FILES:
            raise MarketDataError(
                f"more than {MOST_FILES:,} files", path=path, advice="Import fewer at once"
            )
    return found


def _of_folder(folder: Path) -> Iterator[Source]:
    """What stands below a folder; what is no data of a market there is passed over."""
    below = list(islice(folder.rglob("*"), MOST_FILES * 2))
    if len(below) == MOST_FILES * 2:
        advice = "Import a folder further down"
        raise MarketDataError(f"more than {len(below) - 1:,} files", path=folder, advice=advice)
    for path in sorted(below):
        if path.is_file() and path.suffix.lower() in SUFFIXES:
            yield from _of_file(path, named=False)


def _of_file(path: Path, *, named: bool) -> Iterator[Source]:
    lean = recognised(path.absolute())
    suffix = path.suffix.lower()
    if isinstance(lean, str):
        if named:
            raise MarketDataError(lean, path=path, advice=ADVICE)
        yield UnreadFile(path, lean)
    elif isinstance(lean, LeanFile) and lean.security_type in SERIES:
        parts = list(members_of(msgspec.structs.replace(lean, path=path)))
        yield from parts
        if not parts:
            yield UnreadFile(path, "holds no CSV file")
    elif isinstance(lean, LeanFile | FactorFile):
        yield msgspec.structs.replace(lean, path=path)
    elif suffix == ".zip":
        members = csv_members(path)
        if not members:
            raise MarketDataError("holds no CSV file", path=path, advice=ADVICE)
        yield from (TextSource(path, member) for member in members)
    elif suffix in (".csv", ".txt") or path.name.lower().endswith((".csv.gz", ".txt.gz")):
        yield TextSource(path)
    elif suffix == ".parquet":
        yield ParquetSource(path)
    elif named:
        raise MarketDataError(f"files *{suffix or path.name} are not read", path=path,
                              advice=ADVICE)  # fmt: skip
    else:
        yield UnreadFile(path, f"files *{suffix} are not read")
