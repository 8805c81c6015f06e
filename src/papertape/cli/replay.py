"""``papertape replay``: a TWS that answers as recorded."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ..errors import SettingsError
from ..quoting import visible
from ..recording.aio.foreground import run, until_stopped
from ..recording.aio.replay import ReplayServer, clock_difference
from ..recording.as_world import as_world as world_of
from ..recording.imports import load
from ..recording.replay import Replay
from ..versions import MAX_SERVER, MIN_SERVER
from .control import told
from .proxy import address, log_to_screen
from .recording_options import Listen, Quiet, Recorded

SHOWN = 20
"""Lines of a list at the end."""


class Times(StrEnum):
    """Which instants live answers have."""

    RECORDED = "recorded"
    NOW = "now"


@told
def replay(
    file: Recorded,
    port: Listen = "7497",
    speed: Annotated[
        str, typer.Option(help="Times as fast as recorded, or max: without any delay.")
    ] = "1",
    max_server_version: Annotated[
        int | None,
        typer.Option(min=MIN_SERVER, max=MAX_SERVER, help="Version to behave as. [as recorded]"),
    ] = None,
    times: Annotated[
        Times, typer.Option(help="Instants inside of live answers: as recorded, or of now.")
    ] = Times.RECORDED,
    as_world: Annotated[
        bool,
        typer.Option("--as-world", help="Print the recording as a world instead of serving it."),
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Be a TWS that answers a program as the recorded one did.

    Requests are matched by what they mean: ids and times may differ, and the answers carry those
    of now. A program of another version gets the same answers in its format. What is asked that
    the recording does not know is logged and answered with an error, 322 (orders: 201), that
    names the nearest recorded request and where it differs.

    Times inside of answers stay as recorded; with `--times now` those of live answers (the server's
    time, executions, live bars, ticks) are moved to now. Ctrl-C ends it and lists what was not
    known.

    Example: `papertape replay day.recording --port 7497 --speed max`
    """
    log_to_screen(quiet=quiet)
    if as_world:
        typer.echo(world_of(load(file), file.name).text, nl=False)
        return
    where = address(port, "port")
    wall = clock_difference() if times is Times.NOW else None
    replayed = Replay(load(file), speed=factor(speed), highest=max_server_version, wall=wall)
    server = ReplayServer(replayed)
    run(lambda: _replay(server, where, file))


def factor(text: str) -> float | None:
    """A speed; None for ``max``. Raises ``SettingsError``."""
    if text == "max":
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed < float("inf"):
        raise SettingsError("is neither a number above 0 nor max", setting="speed", found=text)
    return speed


async def _replay(server: ReplayServer, where: tuple[str, int], file: Path) -> None:
    replayed = server.replay
    try:
        await server.listen(*where)
        count = len(replayed.conversations)
        typer.echo(
            f"listening on {where[0]}:{server.port} as recorded in {visible(file)}: "
            f"{count} session{'' if count == 1 else 's'}, server version {replayed.highest}"
        )
        for problem in replayed.problems[:SHOWN]:
            typer.echo(f"not read: {visible(problem)}")
        await until_stopped(lambda: f"{server.open} open, {server.report.sessions} sessions")
    finally:
        await server.close()
        _tell(server)


def _tell(server: ReplayServer) -> None:
    report = server.report
    typer.echo(
        f"{report.sessions} sessions; {report.unknown_count} requests unknown, "
        f"{len(report.unasked)} recorded requests not made"
    )
    for unknown in report.unknown[:SHOWN]:
        typer.echo(f"  unknown: {visible(unknown.request)}: {visible(unknown.why)}")
    for name in report.unasked[:SHOWN]:
        typer.echo(f"  not made: {visible(name)}")
    for name, times in list(report.untold.items())[:SHOWN]:
        typer.echo(f"  not told {times}x: {visible(name)}")
