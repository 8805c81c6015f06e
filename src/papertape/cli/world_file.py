"""Reads a world from a file, and tells how it ended."""

from pathlib import Path

from ..errors import SettingsError, WorldError
from ..server.worlds.expecting import WorldOutcome
from ..worlds.reading import MOST_BYTES, read_all, read_world
from ..worlds.steps import World


def read_file(path: Path) -> World:
    """Read a world from a file. Raises ``SettingsError`` for one that cannot be read, and
    ``WorldError``."""
    return read_world(_text(path), str(path))


def read_every_line(path: Path) -> tuple[World, list[WorldError]]:
    """The same, with every line that cannot be read. Raises ``SettingsError``, and ``WorldError``
    for a text that is too long."""
    return read_all(_text(path), str(path))


def outcome_lines(outcome: WorldOutcome) -> list[str]:
    """The lines in which a command tells how an expectation ended."""
    first, *rest = str(outcome).splitlines()
    return [f"{'ok  ' if outcome.passed else 'FAIL'}  {first}", *(f"      {one}" for one in rest)]


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        return data.decode("utf-8-sig")
    except OSError as error:
        raise SettingsError(f"cannot be read: {error.strerror}", path=path) from error
    except UnicodeDecodeError as error:
        raise SettingsError("is not UTF-8 text", path=path) from error
