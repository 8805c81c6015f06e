"""Instruments put into a market folder: all of them, or the folder stays as it was.

New files get names that nobody uses, then the manifest that names them takes the place of the old
one in a single step, then the files that it no longer names go.
"""

import contextlib
import os
import re
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Final

import msgspec

from ..errors import MarketDataError
from ..store.actions import actions_text
from ..store.columns import Columns, write_columns
from ..store.history import load
from ..store.lock import locked
from ..store.manifest import KINDS, MANIFEST, FolderEntry, read_manifest, write_manifest
from .settling import Settled

LOCK: Final = ".import.lock"
"""The file in a market folder that is locked while a process writes to it; it goes at the end."""
_SPACE: Final = "Make room, or choose another folder; what was there is as it was"


class FolderWriter:
    """A market folder that one process writes to, from ``with`` on; made if there is none.

    Raises ``MarketDataError`` for a folder that another process writes to, that cannot be written,
    or whose manifest cannot be read. A folder made for nothing is removed.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.entries: dict[int, FolderEntry] = {}
        """What the folder has, by conId."""
        self._lock: int | None = None
        """The open lock file; the system drops the lock when the process ends."""
        self._made = False

    def __enter__(self) -> "FolderWriter":
        self._made = not self.folder.exists()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock = self._take()
        except OSError as error:
            self.__exit__(None, None, None)
            raise _not_written(self.folder, error) from error
        try:
            if (self.folder / MANIFEST).exists():
                self.entries = {entry.conId: entry for entry in read_manifest(self.folder)}
        except MarketDataError:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._lock is not None:
            with contextlib.suppress(OSError):  # Windows removes no file that is open
                (self.folder / LOCK).unlink()
            os.close(self._lock)
            with contextlib.suppress(OSError):  # it is gone, or is another's already
                if os.name != "posix":
                    (self.folder / LOCK).unlink()
            self._lock = None
        if self._made and self.folder.is_dir() and not any(self.folder.iterdir()):
            self.folder.rmdir()

    def _take(self) -> int:
        """Lock the folder. The one before may just remove its lock file: a lock counts only on
        the file that has the name afterwards."""
        path = self.folder / LOCK
        fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        if locked(fd) and path.exists() and os.path.samestat(os.fstat(fd), path.stat()):
            return fd
        os.close(fd)
        advice = "Wait for the other import, or choose another folder"
        raise MarketDataError("is in use", path=self.folder, advice=advice)

    def put(self, instruments: Iterable[Settled]) -> None:
        """Add instruments, each in place of what there is of its contract.

        Raises ``MarketDataError`` when they cannot be written, or not be played as they are;
        nothing has changed then.
        """
        made: list[Path] = []
        entries = dict(self.entries)
        try:
            for settled in instruments:
                before = entries.get(settled.entry.conId)
                entries[settled.entry.conId] = self._files(settled, before, made)
            write_manifest(self.folder, entries.values())
        except BaseException as error:
            for path in made:
                path.unlink(missing_ok=True)
            if isinstance(error, OSError):
                raise _not_written(self.folder, error) from error
            raise
        gone = _named(self.entries.values()) - _named(entries.values())
        for name in gone:
            (self.folder / name).unlink(missing_ok=True)
        self.entries = entries

    def _files(self, settled: Settled, before: FolderEntry | None, made: list[Path]) -> FolderEntry:
        """Write the files of an instrument; its entry with their names."""
        stem = re.sub(r"[^a-z0-9]", "", settled.entry.symbol.lower()) or str(settled.entry.conId)
        old = {} if before is None else before.files
        contents: dict[str, Columns | str] = dict(settled.tables)
        if settled.actions:
            contents["actions"] = actions_text(settled.actions)
        files = {}
        for kind in KINDS:
            content = contents.get(kind)
            if content is not None:
                suffix = "csv" if isinstance(content, str) else "npz"
                name = f"{stem}-{kind}.{suffix}"
                files[kind] = self._file(name, content, old.get(kind), made)
        entry = msgspec.structs.replace(settled.entry, files=files)
        load(self.folder, entry)  # what is imported can be played
        return entry

    def _file(self, name: str, content: Columns | str, old: str | None, made: list[Path]) -> str:
        """Write a file under a name that nobody uses, or keep the old one if it is the same."""
        path = self._unused(name)
        made.append(path)
        if isinstance(content, str):
            path.write_text(content, encoding="utf-8")
        else:
            write_columns(path, content)
        if old is not None and path.read_bytes() == (self.folder / old).read_bytes():
            path.unlink()
            return old
        with path.open("rb+") as file:  # Windows writes out only what may be written to
            os.fsync(file.fileno())
        return path.name

    def _unused(self, name: str) -> Path:
        stem, _, suffix = name.rpartition(".")
        number = 1
        path = self.folder / name
        while path.exists():
            number += 1
            path = self.folder / f"{stem}-{number}.{suffix}"
        return path


def _named(entries: Iterable[FolderEntry]) -> set[str]:
    return {name for entry in entries for name in entry.files.values()}


def _not_written(folder: Path, error: OSError) -> MarketDataError:
    reason = error.strerror or str(error)
    return MarketDataError(f"cannot be written: {reason}", path=folder, advice=_SPACE)
