"""``papertape serve``: a station in the foreground until Ctrl-C."""

import logging
import sys
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer
from rich.console import Console
from rich.logging import RichHandler
from rich.markup import escape

from ..errors import PapertapeError, SettingsError
from ..server.aio import run_station
from ..server.compose import Composed, compose
from ..server.wirelog import WireLog
from .settings import ServeSettings, load


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on. [127.0.0.1]")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 picks one. [7497]")] = None,
    market: Annotated[
        Path | None,
        typer.Option(help="Market folder to play (market.toml); without it every tape is made."),
    ] = None,
    data_dir: Annotated[
        Path | None, typer.Option(help="Where orders and executions are kept. [papertape-data]")
    ] = None,
    ephemeral: Annotated[bool, typer.Option(help="Keep nothing on disk.")] = False,
    account: Annotated[str | None, typer.Option(help="Paper account code. [DU1234567]")] = None,
    max_server_version: Annotated[
        int | None, typer.Option(help="Be an older TWS: 100 to 226. [226]")
    ] = None,
    speed: Annotated[float | None, typer.Option(help="Market clock, times real time. [1]")] = None,
    minutes_played: Annotated[
        int | None, typer.Option(help="Minutes of the day already played at the start. [60]")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of everything random. [1]")] = None,
    quote_interval_ms: Annotated[
        int | None, typer.Option(help="How often a quote line may change; 0 every tick. [250]")
    ] = None,
    wire_log: Annotated[
        Path | None, typer.Option(help="Write every message as a line of JSON to this file.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="Settings file. [papertape.toml where it exists]")
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log every session.")] = False,
    color: Annotated[bool, typer.Option(help="Colours in the log.")] = True,
) -> None:
    """Start a TWS station: any TWS API program can connect to it and trade on paper.

    Settings come from flags, then `PAPERTAPE_…` variables, then the `[station]` table of
    `papertape.toml`.

    Example: `papertape serve --port 7497 --market market/sample --speed 10`
    """
    flags = {
        "host": host, "port": port, "market": market, "data_dir": data_dir, "account": account,
        "max_server_version": max_server_version, "speed": speed, "seed": seed,
        "minutes_played": minutes_played, "quote_interval_ms": quote_interval_ms,
    }  # fmt: skip
    console = Console(stderr=True, no_color=not color, highlight=False)
    _logging(console, verbose=verbose)
    try:
        settings = load(config, flags)
        if ephemeral:
            settings = settings.model_copy(update={"data_dir": None})
        _run(settings, wire_log)
    except PapertapeError as error:
        console.print(f"[red]papertape:[/red] {escape(str(error))}", soft_wrap=True)
        raise typer.Exit(2) from error


def _logging(console: Console, *, verbose: bool) -> None:
    handler = RichHandler(console=console, show_path=False, log_time_format="%H:%M:%S")
    level = logging.INFO if verbose else logging.WARNING
    logging.basicConfig(level=level, format="%(message)s", handlers=[handler], force=True)


def _run(settings: ServeSettings, wire_log: Path | None) -> None:
    with ExitStack() as stack:
        trace = WireLog(stack.enter_context(_writable(wire_log))) if wire_log else None
        composed = stack.enter_context(
            compose(
                wall=time.time_ns(),
                data_dir=settings.data_dir,
                market=settings.chosen_market(),
                profile=settings.profile(),
                settings=settings.station(),
                wire_log=trace,
            )
        )
        ready = partial(_announce, composed, settings)
        run_station(composed.station, composed.clock, settings.host, settings.port, ready=ready)
        _say("stopped: sessions closed, everything kept")


def _writable(path: Path) -> TextIO:
    try:
        return path.open("w", encoding="utf-8")
    except OSError as error:
        raise SettingsError(
            f"cannot be written: {error.strerror}",
            setting="wire_log",
            path=path,
            advice="Choose a file in a directory that exists",
        ) from error


def _announce(composed: Composed, settings: ServeSettings, host: str, port: int) -> None:
    playing: Any = settings.market or "a synthetic market"
    speed = "" if settings.speed == 1 else f" at {settings.speed:g} times real time"
    kept = settings.data_dir or "nowhere (ephemeral)"
    _say(f"Papertape station, server version {settings.max_server_version}")
    _say(f"  account   {settings.account}, paper, USD 1,000,000 at first")
    _say(f"  market    {playing}{speed}, open at any hour")
    _say(f"  kept in   {kept}" + _recovered(composed))
    _say("  stop      Ctrl-C")
    _say(f"listening on {host}:{port}")


def _recovered(composed: Composed) -> str:
    return f", {composed.recovered} entries replayed" if composed.recovered else ""


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
