"""The world of a run: the base world, its end, and the faults, as one text."""

from collections.abc import Sequence
from textwrap import dedent
from typing import Final

from ...errors import SettingsError
from ...venue.units import Nanos
from ...worlds.reading import read_world
from .faults import span

PLAIN: Final = "start 2026-04-10 10:00 US/Eastern\n"
"""The base world of a storm that is given none."""


FAULTS: Final = "# The faults of the storm"
WANTED: Final = "# What the program must do"
"""Comments that say where the parts of a world begin."""


def storm_world(
    base: str,
    lasts: Nanos,
    faults: Sequence[str] = (),
    *,
    heading: Sequence[str] = (),
    expects: Sequence[str] = (),
) -> str:
    """The text: comments, the base world, the lines of the faults, what the program fails.

    The base world's own ``end`` holds; without one the world ends after ``lasts``. Raises
    ``WorldError`` for a base world that cannot be read."""
    lines = [*(f"# {one}".rstrip() for one in heading), *([""] if heading else [])]
    lines.append(dedent(base).strip("\n"))
    if read_world(base).ends is None:
        lines.append(f"+{span(lasts)} end")
    if faults:
        lines += ["", FAULTS, *faults]
    if expects:
        lines += ["", WANTED, *expects]
    return "\n".join(lines) + "\n"


def base_and_faults(text: str) -> tuple[str, str]:
    """The two parts of a world that ``storm_world`` has written. Raises ``SettingsError``."""
    base, told, rest = text.partition(f"\n{FAULTS}\n")
    if not told:
        raise SettingsError("is no world that a storm wrote", setting="again")
    return base, rest.partition(f"\n{WANTED}\n")[0]
