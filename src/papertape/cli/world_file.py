"""Reads a world from a file."""

from pathlib import Path

from ..errors import SettingsError
from ..worlds.reading import MOST_BYTES, read_world
from ..worlds.steps import World


def read_file(path: Path) -> World:
    """Read a world from a file. Raises ``SettingsError`` for one that cannot be read, and
    ``WorldError``."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        return read_world(data.decode("utf-8-sig"), str(path))
    except OSError as error:
        raise SettingsError(f"cannot be read: {error.strerror}", path=path) from error
    except UnicodeDecodeError as error:
        raise SettingsError("is not UTF-8 text", path=path) from error
