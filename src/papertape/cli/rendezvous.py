"""How commands find a station's control API: a private file for each station port.

A station writes its address and token there when it starts and removes them when it stops.
"""

import getpass
import json
import os
import socket
import tempfile
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

from ..errors import SettingsError

POSIX: Final = os.name == "posix"
PATIENCE_S: Final = 1.0
"""How long a station may take to accept a connection where only that tells that it runs."""
URL, TOKEN = "PAPERTAPE_CONTROL_URL", "PAPERTAPE_CONTROL_TOKEN"


class Meeting(msgspec.Struct, frozen=True):
    """The location of a station's control API."""

    url: str
    token: str
    station: str
    pid: int


def directory() -> Path:
    """This user's directory of such files; created if missing.

    Raises ``SettingsError`` when another user could read or write it.
    """
    given = os.environ.get("XDG_RUNTIME_DIR")
    if given:
        path = Path(given) / "papertape"
    else:
        path = Path(tempfile.gettempdir()) / f"papertape-{_user()}"
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        state = path.lstat()
    except OSError as error:
        raise _unusable(path, error.strerror or str(error)) from error
    foreign = POSIX and (state.st_uid != _user() or state.st_mode & 0o077)
    if path.is_symlink() or foreign:
        raise _unusable(path, "it is not yours alone")
    return path


def _user() -> int | str:
    return os.getuid() if hasattr(os, "getuid") else getpass.getuser()


def _unusable(path: Path, why: str) -> SettingsError:
    return SettingsError(
        f"cannot keep the control token here: {why}",
        path=path,
        advice="Set XDG_RUNTIME_DIR to a directory of your own, or start with --no-control",
    )


def announce(port: int, meeting: Meeting) -> Path:
    """Write the file of a station that listens on ``port``, and return its path.

    Raises ``SettingsError`` when that fails.
    """
    path = directory() / f"{port}.json"
    fresh = path.with_suffix(f".{os.getpid()}")
    try:
        fd = os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        with os.fdopen(fd, "w", encoding="utf-8") as out:
            json.dump(msgspec.to_builtins(meeting), out)
        fresh.replace(path)
    except OSError as error:
        raise _unusable(path, error.strerror or str(error)) from error
    return path


def forget(path: Path) -> None:
    """Remove the file, if it still belongs to this process."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Meeting)
        if found.pid == os.getpid():
            path.unlink()
    except (OSError, msgspec.DecodeError):
        return


def meet(port: int | None) -> Meeting:
    """The control API of the station on ``port``; without a port, of the only running station.

    ``PAPERTAPE_CONTROL_URL`` and ``PAPERTAPE_CONTROL_TOKEN`` take precedence. Raises
    ``SettingsError`` with the ports of running stations.
    """
    if URL in os.environ:
        return Meeting(os.environ[URL].rstrip("/"), os.environ.get(TOKEN, ""), "", 0)
    known = {path.stem: path for path in sorted(directory().glob("*.json"))}
    running = {name: found for name, path in known.items() if (found := _read(path)) is not None}
    if port is not None and str(port) in running:
        return running[str(port)]
    if port is None and len(running) == 1:
        return next(iter(running.values()))
    ports = ", ".join(running) or "none"
    raise SettingsError(
        "no station is found here" if port is None and not running else "which station?",
        setting="port",
        found=port,
        advice=f"Ports of the stations that run under this user: {ports}",
    )


def _read(path: Path) -> Meeting | None:
    """The file's content, if its process still runs."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Meeting)
        if _runs(found):
            return found
        path.unlink(missing_ok=True)
    except (OSError, ValueError):  # ValueError: no meeting, or no URL in it
        pass
    return None


def _runs(found: Meeting) -> bool:
    """Whether a station's process runs. Raises ``OSError`` when it is another user's."""
    if POSIX:
        try:
            os.kill(found.pid, 0)
        except ProcessLookupError:
            return False
        return True
    place = urlsplit(found.url)  # os.kill ends a process on Windows, whatever the number
    try:
        socket.create_connection((place.hostname or "", place.port or 0), PATIENCE_S).close()
    except OSError:
        return False
    return True
