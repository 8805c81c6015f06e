"""``papertape serve``: stations in the foreground until Ctrl-C."""

import logging
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.logging import RichHandler

from ..errors import PapertapeError
from ..quoting import Quoting
from ..server.taps.station_log import JsonLines, Prefixed, speaking
from .private import keep_private
from .serving import Consent, serve_stations
from .settings import ServeSettings, api_words, load_all, opened_by, settings_file
from .terminal import ours, say_as, shown

log = logging.getLogger("papertape.station")

_connections = partial(typer.Option, rich_help_panel="Where programs connect")
_let_in = partial(typer.Option, rich_help_panel="Who may connect")
_as_tws = partial(typer.Option, rich_help_panel="What TWS it is")
_market = partial(typer.Option, rich_help_panel="Market and clock")
_kept = partial(typer.Option, rich_help_panel="Accounts, and what is kept on disk")
_for_tests = partial(typer.Option, rich_help_panel="Drills, worlds, tests")
_looked_at = partial(typer.Option, rich_help_panel="Console, control, logs")
_general = typer.Option


def serve(
    host: Annotated[
        str | None, _connections(metavar="ADDRESS", help="Address to listen on. [127.0.0.1]")
    ] = None,
    port: Annotated[
        list[int] | None,
        _connections(
            metavar="PORT",
            help="Port to listen on; 0 picks one; repeat it for several stations. [7497]",
        ),
    ] = None,
    extra_port: Annotated[
        list[int] | None,
        _connections(metavar="PORT", help="Port to listen on as well; may be repeated."),
    ] = None,
    market: Annotated[
        Path | None,
        _market(
            metavar="FOLDER", help="Market folder to play (market.toml); default: synthetic tapes."
        ),
    ] = None,
    data_dir: Annotated[
        Path | None,
        _kept(metavar="FOLDER", help="Directory for orders and executions. [papertape-data]"),
    ] = None,
    ephemeral: Annotated[bool, _kept(help="Write nothing to disk.")] = False,
    accept_clock: Annotated[
        bool,
        _kept("--accept-clock", help="Start although the clock is far from the journal's."),
    ] = False,
    accept_loss: Annotated[
        bool,
        _kept("--accept-loss", help="Start although journal entries are missing."),
    ] = False,
    account: Annotated[
        str | None,
        _kept(
            metavar="CODES", help="Paper accounts, such as DU1,DU2; opened if missing. [DU1234567]"
        ),
    ] = None,
    max_server_version: Annotated[
        int | None,
        _as_tws(metavar="VERSION", help="Behave as an older TWS: 100 to 226. [226]"),
    ] = None,
    gateway: Annotated[
        bool | None, _as_tws("--gateway/--tws", help="Behave as IB Gateway or TWS. [TWS]")
    ] = None,
    speed: Annotated[
        str | None,
        _market(
            metavar="TIMES",
            help="Market clock, times real time; max: as fast as clients follow. [1]",
        ),
    ] = None,
    start: Annotated[
        str | None,
        _market(
            metavar="TIME", help="Market time to begin at: '2026-04-10 15:55 US/Eastern'. [now]"
        ),
    ] = None,
    minutes_played: Annotated[
        int | None,
        _market(metavar="MINUTES", help="Minutes of the day already played at the start. [60]"),
    ] = None,
    hours: Annotated[
        str | None,
        _market(metavar="WHEN", help="Market hours: always, or those of the exchange. [always]"),
    ] = None,
    seed: Annotated[
        int | None, _market(metavar="NUMBER", help="Seed of everything random. [1]")
    ] = None,
    fill_rule: Annotated[
        str | None,
        _market(metavar="RULE", help="How orders fill: paper, queue or instant. [paper]"),
    ] = None,
    quote_interval_ms: Annotated[
        int | None,
        _market(metavar="MS", help="Milliseconds between quote updates; 0: every tick. [250]"),
    ] = None,
    max_message_rate: Annotated[
        int | None,
        _as_tws(metavar="NUMBER", help="Requests per second and client; 0: no limit. [50]"),
    ] = None,
    api: Annotated[
        list[str] | None,
        _as_tws(
            metavar="NAME=VALUE", help="NAME=VALUE of a setting of the API; see the guide settings."
        ),
    ] = None,
    read_only: Annotated[
        bool | None, _as_tws(help="Refuse orders (readOnlyApi). [no-read-only]")
    ] = None,
    master_client_id: Annotated[
        int | None,
        _as_tws(metavar="ID", help="Client id that receives all clients' orders. [none]"),
    ] = None,
    trusted_ip: Annotated[
        list[str] | None,
        _let_in(metavar="ADDRESS", help="Trusted address or network, accepted without asking."),
    ] = None,
    allow_localhost: Annotated[
        bool | None, _let_in(help="Accept this computer without asking. [allow-localhost]")
    ] = None,
    acceptance: Annotated[
        str | None,
        _let_in(metavar="HOW", help="Connections from elsewhere: ask, accept, reject. [ask]"),
    ] = None,
    drill: Annotated[
        list[str] | None,
        _for_tests(
            metavar="DRILL", help="Drill to start with, as 'drop-after-ready ms=500'; docs/drills."
        ),
    ] = None,
    world: Annotated[
        Path | None,
        _for_tests(metavar="FILE", help="World to play from the start; see the guide worlds."),
    ] = None,
    log_dir: Annotated[
        Path | None,
        _looked_at(
            metavar="FOLDER", help="Write station.log (JSON lines) and API message logs here."
        ),
    ] = None,
    log_level: Annotated[
        str | None,
        _looked_at(metavar="LEVEL", help="For station.log: debug, info, warning, error. [info]"),
    ] = None,
    log_format: Annotated[
        str | None,
        _looked_at(
            metavar="FORM", help="Lines of the terminal: text, or json, one object a line. [text]"
        ),
    ] = None,
    control: Annotated[
        bool | None,
        _looked_at(help="Serve the control API (`papertape accept` …). [control]"),
    ] = None,
    control_port: Annotated[
        int | None, _looked_at(metavar="PORT", help="Port of the control API; 0 picks one. [0]")
    ] = None,
    console: Annotated[
        bool | None, _looked_at(help="Serve the console, a web page. [console]")
    ] = None,
    console_port: Annotated[
        int | None, _looked_at(metavar="PORT", help="Port of the console; 0 picks one. [0]")
    ] = None,
    wire_log: Annotated[
        Path | None,
        _for_tests(metavar="FILE", help="Write every message as a line of JSON to this file."),
    ] = None,
    wait_file: Annotated[
        Path | None,
        _for_tests(
            metavar="FILE", help="Write host and ports as JSON here once programs can connect."
        ),
    ] = None,
    config: Annotated[
        Path | None,
        _general(metavar="FILE", help="Settings file. [papertape.toml where it exists]"),
    ] = None,
    verbose: Annotated[bool, _looked_at("--verbose", "-v", help="Log every session.")] = False,
    color: Annotated[bool, _looked_at(help="Colours in the log.")] = True,
) -> None:
    """Start a TWS station: any TWS API program can connect to it and trade on paper.

    Settings come from flags, then `PAPERTAPE_…` variables, then the `[station]` and `[api]`
    tables of `papertape.toml`, which have some more: see the guide settings. Several `--port`, or
    several `[station.NAME]` tables, start several stations.

    Example: `papertape serve --port 7497 --market market/sample --speed 10`
    """
    flags: dict[str, Any] = {
        "host": host, "port": port, "extra_port": extra_port or None, "market": market,
        "data_dir": data_dir, "account": account,
        "max_server_version": max_server_version, "gateway": gateway, "speed": speed,
        "start": start, "seed": seed, "minutes_played": minutes_played, "hours": hours,
        "fill_rule": fill_rule,
        "quote_interval_ms": quote_interval_ms, "max_message_rate": max_message_rate,
        "trusted_ips": trusted_ip or None,
        "allow_localhost": allow_localhost, "acceptance": acceptance, "drills": drill or None,
        "log_dir": log_dir, "log_level": log_level, "log_format": log_format, "control": control,
        "control_port": control_port, "console": console, "console_port": console_port,
    }  # fmt: skip
    named = {"readOnlyApi": read_only, "masterClientId": master_client_id}
    screen = Console(stderr=True, no_color=not color, highlight=False)
    handler = log_to(screen, verbose=verbose)
    try:
        given = {name: value for name, value in named.items() if value is not None}
        flags["api"] = (api_words(api or []) | given) or None
        stations = load_all(config, flags)
        if ephemeral:
            nowhere = {"data_dir": None}
            stations = {name: one.model_copy(update=nowhere) for name, one in stations.items()}
        log_as(stations, handler)
        keep_private()
        _warn_of_file(config, flags, stations)
        consent = Consent(accept_clock, accept_loss)
        serve_stations(stations, consent, wire_log=wire_log, wait_file=wait_file, world=world)
    except (PapertapeError, OSError) as error:
        screen.print(f"[red]papertape:[/red] {shown(ours(error))}", soft_wrap=True)
        raise typer.Exit(2) from error


def log_to(console: Console, *, verbose: bool) -> logging.Handler:
    """Let the log go to a terminal; the handler that writes it there."""
    level = logging.INFO if verbose else logging.WARNING
    handler = RichHandler(console=console, show_path=False, log_time_format="%H:%M:%S")
    _log_by(handler, level)
    return handler


def _log_by(handler: logging.Handler, level: int) -> None:
    handler.setLevel(level)
    handler.addFilter(Quoting())
    logging.basicConfig(level=level, format="%(message)s", handlers=[handler], force=True)


def log_as(stations: Mapping[str, ServeSettings], handler: logging.Handler) -> None:
    """Write the lines of these stations from now on in the form that the first one asks for."""
    if next(iter(stations.values())).log_format == "json":
        level = handler.level
        handler = logging.StreamHandler()
        handler.setFormatter(JsonLines())
        _log_by(handler, level)
        say_as(told_as_json)
    elif len(stations) > 1:
        handler.setFormatter(Prefixed())


def told_as_json(text: str) -> str:
    """A line that the command itself prints, as a line of the log."""
    record = logging.makeLogRecord(
        {
            "name": "papertape.serve",
            "levelno": logging.INFO,
            "levelname": "INFO",
            "msg": text.strip(),
        }
    )
    return JsonLines().format(record)


def _warn_of_file(
    config: Path | None, flags: Mapping[str, Any], stations: Mapping[str, ServeSettings]
) -> None:
    """Warn of what the default settings file exposes to others."""
    path = settings_file(config)
    if path is None or config is not None:
        return
    for name in stations:
        with speaking(name if len(stations) > 1 else ""):
            for opened in opened_by(path, flags, name):
                log.warning("%s, found here: %s", path, opened)
