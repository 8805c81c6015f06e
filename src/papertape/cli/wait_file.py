"""The file of ``papertape serve --wait-file``: there while programs can connect, and says where.

A JSON object: ``pid``; ``host`` and ``port`` of the first station; ``stations``, the same by name;
``control``, ``health`` and ``console``, URLs without the token, "" for what is not served. It
appears whole, in one step, once every port listens, follows a station to another port, and goes
when the stations end. A file that a killed station left is removed at the start of the next.
"""

import json
import os
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from ..errors import SettingsError
from ..server.control.host import Ready


class WaitFile:
    """Such a file for the length of a block."""

    def __init__(self, path: Path) -> None:
        """Remove what an earlier station left. Raises ``SettingsError`` when nothing can be
        written there."""
        self._path = path
        self._draft = path.with_name(f".{path.name}.{os.getpid()}")
        self._told: dict[str, object] = {}
        self._stations: dict[str, dict[str, str | int]] = {}
        try:
            self._draft.write_text("", encoding="utf-8")
            self._draft.unlink()
            path.unlink(missing_ok=True)
        except OSError as error:
            raise self._unwritable(error) from error

    def write(self, ready: Ready) -> None:
        """Tell where everything listens. Raises ``SettingsError`` when that cannot be written."""
        for name, (host, port) in ready.addresses.items():
            self._stations[name] = {"host": host, "port": port}
        page = urlsplit(ready.console)
        self._told = {
            "pid": os.getpid(),
            **next(iter(self._stations.values())),
            "stations": self._stations,
            "control": ready.url,
            "health": f"{ready.url}/health" if ready.url else "",
            "console": f"{page.scheme}://{page.netloc}" if ready.console else "",
        }
        self._write()

    def move(self, name: str, port: int) -> None:
        """Follow a station to another port."""
        if not self._told:
            return
        self._stations[name]["port"] = port
        self._told.update(next(iter(self._stations.values())))
        self._write()

    def _write(self) -> None:
        try:
            self._draft.write_text(json.dumps(self._told) + "\n", encoding="utf-8")
            self._draft.replace(self._path)
        except OSError as error:
            raise self._unwritable(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._told:
            self._path.unlink(missing_ok=True)

    def _unwritable(self, error: OSError) -> SettingsError:
        return SettingsError(
            f"cannot be written: {error.strerror}",
            setting="wait_file",
            path=self._path,
            advice="Choose a file in a directory that exists",
        )
