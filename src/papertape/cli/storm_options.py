"""The options of ``papertape storm``: what fits together, and what they name."""

from pathlib import Path

import typer
from rich.console import Console

from ..errors import SettingsError
from ..quoting import visible
from ..server.worlds.founding import check_world
from ..testing.storm.worldtext import PLAIN
from ..worlds.words import LONGEST, SPAN, span_of
from .world_file import read_every_line

WRONG = 2
"""The exit code when what was asked for is wrong."""


def fits(
    seeds: int | None, seed: int | None, wall_clock: bool, speed: float | None, repeats: str | None
) -> None:
    """Refuse options that have no effect together."""
    if seeds is not None and seed is not None:
        raise SettingsError("says it twice: --seed is one alone", setting="seeds", found=str(seeds))
    for name, given in (("speed", speed), ("repeats", repeats)):
        if given is not None and not wall_clock:
            raise SettingsError(
                "has an effect with --wall-clock only", setting=name, found=str(given)
            )


def alone(again: Path | None, **others: object) -> None:
    """Refuse options that have no effect with ``--again``."""
    for name, given in others.items():
        if again is not None and given is not None:
            raise SettingsError("has no effect with --again", setting=name, found=str(given))


def base(world: Path | None, console: Console) -> str:
    """The text of the base world. Raises ``SettingsError`` and ``WorldError``; tells everything
    that is wrong with it."""
    if world is None:
        return PLAIN
    found, problems = read_every_line(world)
    problems = problems or check_world(found)
    for problem in problems:
        console.print(f"{visible(world)}: {problem}", markup=False)
    if problems:
        raise typer.Exit(WRONG)
    return world.read_text("utf-8-sig")


def lasts_of(text: str) -> int:
    found = span_of(text)
    if not found or found > LONGEST:
        raise SettingsError("is no time", setting="for", found=text, advice=f"legal: {SPAN}")
    return found


def repeats_of(text: str) -> tuple[int, int]:
    needed, slash, of = text.partition("/")
    if slash and needed.isdecimal() and of.isdecimal() and 1 <= int(needed) <= int(of) <= 100:
        return int(needed), int(of)
    raise SettingsError(
        "is not K/N", setting="repeats", found=text, advice="2/3: found in two of three runs"
    )


def writable(path: Path | None) -> None:
    if path is not None:
        try:
            path.write_bytes(b"")
        except OSError as error:
            raise SettingsError(f"cannot be written: {error.strerror}", path=path) from error


def folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"is no folder: {error.strerror}", path=path) from error
