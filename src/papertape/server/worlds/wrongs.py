"""What is wrong with a line of a world, told as an error of that line."""

import re

from ...errors import SettingsError, WorldError
from ...worlds.steps import PlacedStep

_ADVICE = re.compile(r"^(?:Choose one of|Usage|Legal): ")


def world_error(error: SettingsError) -> WorldError:
    """An error about a setting as one about a line."""
    found = "" if error.found is None else str(error.found)
    legal = _ADVICE.sub("", error.advice or "")
    return WorldError(error.reason, found=found, legal=legal, near=error.near)


def locate(error: WorldError, one: PlacedStep) -> None:
    """Give an error the place in the text of what was found; it stays as it is with one of its
    own, and without a text."""
    if one.line and not error.line:
        error.line, error.column = one.line, _column(one, error.found)


def _column(one: PlacedStep, found: str) -> int:
    word = found.partition(" ")[0]
    if word:
        edge = r'[\s@*;="]'
        pattern = rf"(?:(?<=^)|(?<={edge})){re.escape(word)}(?=$|{edge})"
        place = re.search(pattern, one.source)
        if place:
            return place.start() + 1
    return one.column
