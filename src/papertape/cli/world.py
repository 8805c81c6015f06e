"""``papertape world check | run | say``: reads a world, plays it with a program, says its lines."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ..errors import WorldError
from ..quoting import visible
from ..server.worlds.founding import check_world
from ..testing.worldrun import run_world
from ..worlds.steps import World
from .control import Port, told
from .remote import ControlClient
from .world_file import outcome_lines, read_every_line, read_file

world = typer.Typer(
    help="Worlds: what the market, the broker and TWS do in a test; see docs/guides/worlds.md.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
)
File = Annotated[Path, typer.Argument(help="The world, a text.")]
FAILED, WRONG, PROGRAM = 1, 2, 3
"""Exit codes: an expectation failed; the world is none; the program failed."""


@world.command()
@told
def check(file: File) -> None:
    """Read a world and look its names up; tell everything that is wrong, with line and column.

    Names are looked up once every line can be read. Exit code 0 when it can be played, 2 otherwise.
    Example: `papertape world check dip.world`
    """
    console = Console(highlight=False, soft_wrap=True)
    try:
        found, problems = read_every_line(file)
        problems = problems or check_world(found)
    except WorldError as error:
        found, problems = World(), [error]
    for problem in problems:
        console.print(f"{visible(file)}: {problem}", markup=False)
    if problems:
        raise typer.Exit(WRONG)
    count = len(found.steps)
    steps = f"{count} step{'' if count == 1 else 's'}"
    console.print(f"{visible(file)}: {steps}, nothing is wrong", markup=False)


@world.command()
@told
def say(
    lines: Annotated[
        list[str], typer.Argument(help="Lines, each an argument; a block's begin with a space.")
    ],
    port: Port = None,
) -> None:
    """Say lines of a world to a running station: those without a moment are carried out at once.

    With it any order gets any error, warning, fill or end.

    Example: `papertape world say 'on order BUY SPY' ' +1s reject 201 "no funds"'`
    """
    done = ControlClient(port).post("/world/lines", {"text": "\n".join(lines)})
    failed = [one for one in done["outcomes"] if not one["passed"]]
    for one in failed:
        typer.echo(visible(f"{one['text']}: {'; '.join(one['came'])}"))
    typer.echo(f"said; {done['pending']} expectations wait, {len(failed)} have failed")


@world.command()
@told
def run(
    file: File,
    program: Annotated[
        list[str] | None, typer.Argument(help="A program and its arguments, behind --.")
    ] = None,
    speed: Annotated[
        float, typer.Option(help="Market clock, times real time.", min=0.001, max=10_000)
    ] = 1.0,
    timeout: Annotated[
        float, typer.Option(help="Seconds that all of it may take.", min=0.1, max=86_400)
    ] = 60.0,
    port: Annotated[int, typer.Option(help="Port to listen on; 0 picks one.")] = 0,
    market_time: Annotated[
        bool,
        typer.Option(
            "--market-time",
            help="Put a Python program on the market's clock: its sleeps, timers and time-outs "
            "take no real time, a day is seconds, and a run repeats exactly.",
        ),
    ] = False,
) -> None:
    """Play a world on a station of its own, beside a program that finds it by `PAPERTAPE_HOST` and
    `PAPERTAPE_PORT`.

    Exit code 0 when everything holds, 1 when something expected does not, 2 when the world is
    wrong, 3 when the program fails, does not connect or does not end.

    Example: `papertape world run dip.world -- python dip.py`

    With `--market-time` the clock jumps whenever the program waits; `--speed` has no meaning then.
    See docs/guides/market_time.md. Example: `papertape world run --market-time day.world -- python
    bot.py`
    """
    if market_time and speed != 1.0:
        raise typer.BadParameter("has no meaning with --market-time", param_hint="--speed")
    if market_time and not program:
        raise typer.BadParameter("needs a program, behind --", param_hint="--market-time")
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    found = read_file(file)
    result = run_world(
        found,
        program or (),
        speed=speed,
        timeout_s=timeout,
        echo=sys.stdout.buffer,
        port=port,
        market_time=market_time,
        ready=lambda tws: console.print(f"station at {tws.host}:{tws.port}", markup=False),
    )
    for one in result.outcomes:
        for line in outcome_lines(one):
            console.print(line, markup=False)
    if result.dropped:
        console.print(f"{result.dropped} bytes of the program's output were left out")
    for note in result.notes:
        console.print(f"papertape: {note}", markup=False)
    if result.problem:
        console.print(f"papertape: {result.problem}", markup=False)
    elif result.code:
        console.print(f"papertape: the program ended with {result.code}")
    held = len(result.outcomes) - result.failed
    console.print(f"{held} of {len(result.outcomes)} hold")
    if result.failed:
        raise typer.Exit(FAILED)
    if result.problem or result.code:
        raise typer.Exit(PROGRAM)
