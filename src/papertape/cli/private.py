"""Keeps a station's files private to its user: directories 0700, files 0600.

New files get these modes by the umask; existing ones are tightened. Systems without such modes
keep the user's files private themselves.
"""

import logging
import os
import stat
from collections.abc import Iterable
from pathlib import Path

log = logging.getLogger("papertape.station")

OTHERS = stat.S_IRWXG | stat.S_IRWXO
POSIX = os.name == "posix"
MADE_HERE = ("journal.", "logs")
"""Prefixes of the names in a data directory."""
LOGS = ("station.log*", "api.*.log")


def keep_private() -> None:
    """Make all new files of this process unreadable for others."""
    if POSIX:
        os.umask(OTHERS)


def tighten(data_dir: Path | None, log_dir: Path | None) -> None:
    """Remove other users' access to files of earlier stations; warn where that is impossible.

    A directory that contains other files is left alone, with a warning.
    """
    if not POSIX:
        return
    if data_dir is not None and data_dir.is_dir():
        inside = list(data_dir.iterdir())
        strange = [path for path in inside if not path.name.startswith(MADE_HERE)]
        if strange and _open(data_dir):
            log.warning("%s may be read by others, and has more in it than a station's", data_dir)
        elif not strange:
            _close(data_dir, stat.S_IRWXU)
        _files(path for path in inside if path.name.startswith("journal."))
        _logs(data_dir / "logs")
    if log_dir is not None:
        _logs(log_dir)


def _logs(folder: Path) -> None:
    _files(path for glob in LOGS for path in folder.glob(glob))


def _files(paths: Iterable[Path]) -> None:
    for path in paths:
        if path.is_file() and not path.is_symlink():
            _close(path, stat.S_IRUSR | stat.S_IWUSR)


def _open(path: Path) -> bool:
    return bool(path.stat().st_mode & OTHERS)


def _close(path: Path, mode: int) -> None:
    if not _open(path):
        return
    try:
        path.chmod(mode)
    except OSError as error:
        log.warning("%s may be read by others: %s", path, error.strerror)
