"""``papertape serve``: stations in the foreground until Ctrl-C."""

import logging
import os
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, NamedTuple, Self

import typer
from rich.console import Console
from rich.logging import RichHandler

from ..errors import PapertapeError, SettingsError
from ..quoting import Quoting
from ..server.assembly import Composed, compose
from ..server.clock import FASTEST
from ..server.control.host import Control, Place, Ready, run
from ..server.taps.station_log import JsonLines, Prefixed, log_file, speaking
from ..server.taps.wire_log import BoundedFile, WireLog
from ..server.worlds.expecting import WorldOutcome
from ..server.worlds.founding import founded
from ..venue.reference.sessions import ALWAYS
from ..worlds.steps import World
from .private import keep_private, tighten
from .rendezvous import Meeting, announce, forget
from .settings import ServeSettings, api_words, load_all, opened_by, settings_file
from .terminal import ours, say, say_as, shown
from .wait_file import WaitFile
from .world_file import read_file

log = logging.getLogger("papertape.station")

CONSOLE_NEEDS = ("nicegui", "httpx")
"""Packages of the console. It is a process of its own, so they are not imported here."""
CONTROL_NEEDS = ("fastapi", "uvicorn", "websockets")
"""Packages of the control API. They are imported at its first request."""


class Consent(NamedTuple):
    """What the user has consented to for this start."""

    clock: bool
    """The computer's clock is right, although it differs from the journal's."""
    loss: bool
    """The station may continue without lost journal entries."""


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


def serve_stations(
    stations: Mapping[str, ServeSettings],
    consent: Consent,
    *,
    wire_log: Path | None = None,
    wait_file: Path | None = None,
    world: Path | None = None,
    then: Callable[[Ready], object] = lambda ready: None,
) -> None:
    """Serve until a signal; call ``then`` once everything listens. Raises ``PapertapeError``."""
    played = None if world is None else read_file(world)
    if played is not None and len(stations) > 1:
        raise SettingsError("is for one station", setting="world", found=world)
    with ExitStack() as stack:
        waited = None if wait_file is None else stack.enter_context(WaitFile(wait_file))
        for folder, level in {one.log_dir: one.log_level for one in stations.values()}.items():
            if folder is not None:
                _log_to_file(folder, level, stack)
        composed: dict[str, Composed] = {}
        for name, settings in stations.items():
            path = wire_log
            if path is not None and len(stations) > 1:
                path = path.with_stem(f"{path.stem}-{name}")
            trace = _wire_log(path, settings, stack) if path else None
            log_dir = settings.log_dir
            if log_dir is not None and len(stations) > 1:
                log_dir = log_dir / name
            with speaking(name):
                tighten(settings.data_dir, log_dir)
                composed[name] = stack.enter_context(
                    _composed(settings, trace, log_dir, played, consent)
                )
                for text in settings.drills:
                    composed[name].station.drills.begin(text)
                if played is not None:
                    tws = composed[name].station
                    tws.taps.record(tws.world.seen)
                    tws.world.load(played, founded=True)
        places = {name: _place(composed[name], stations[name]) for name in stations}
        first = next(iter(stations.values()))
        uncontrolled = _uncontrolled(first)
        lacking = _lacking(first)
        control = Control(
            port=first.control_port,
            token=first.control_token,
            console_port=first.console_port if first.console and not lacking else None,
        )

        def ready(found: Ready) -> None:
            if uncontrolled:
                say(f"no control API: {uncontrolled}")
            if lacking:
                say(f"no console: {lacking}")
            if found.url:
                for name, (_, at) in found.addresses.items():
                    meeting = Meeting(found.url, found.token, name, os.getpid())
                    word = stack.enter_context(_Word(at, meeting))
                    composed[name].station.config.watch("socketPort", word.move)
            if waited is not None:
                waited.write(found)
                for name in stations:
                    moved = partial(waited.move, name)
                    composed[name].station.config.watch("socketPort", moved)
            _announce(composed, stations, found)
            then(found)

        run(places, control if first.control and not uncontrolled else None, ready)
        if played is not None:
            _tell_world(composed[next(iter(stations))].station.world.finish())
        say("stopped: sessions closed, everything kept")


def _tell_world(outcomes: Iterable[WorldOutcome]) -> None:
    """Say what was decided of a world."""
    for one in outcomes:
        say(f"{'ok  ' if one.passed else 'FAIL'}  {one}")


def _uncontrolled(settings: ServeSettings) -> str:
    """Why there is no control API where no setting asks for it; "" when there can be one.

    Raises ``SettingsError`` when a setting asks for it.
    """
    if not settings.control or not _missing(CONTROL_NEEDS):
        return ""
    advice = "Install it: pip install 'papertape[control]'"
    asked = settings.model_fields_set & {"control", "control_port", "control_token"}
    if asked:
        reason = "the control API is not installed"
        raise SettingsError(reason, setting=min(asked), advice=advice)
    return f"it is not installed; {advice[0].lower()}{advice[1:]}"


def _missing(packages: tuple[str, ...]) -> bool:
    return any(find_spec(name) is None for name in packages)


def _lacking(settings: ServeSettings) -> str:
    """Why the console cannot start when no setting asks for it; "" when it can.

    Raises ``SettingsError`` when a setting asks for it.
    """
    if not settings.console:
        return ""
    if not settings.control:
        lacks, advice = "needs the control API", "Leave --no-control out"
    elif _missing((*CONSOLE_NEEDS, *CONTROL_NEEDS)):
        lacks, advice = "is not installed", "Install it: pip install 'papertape[console]'"
    else:
        return ""
    asked = settings.model_fields_set & {"console", "console_port"}
    if asked:
        raise SettingsError(f"the console {lacks}", setting=min(asked), advice=advice)
    return f"it {lacks}; {advice[0].lower()}{advice[1:]}" if settings.control else ""


def _composed(
    settings: ServeSettings,
    trace: WireLog | None,
    log_dir: Path | None,
    world: World | None,
    consent: Consent,
) -> Composed:
    market, profile = settings.chosen_market(), settings.profile()
    if world is not None:
        market, profile = founded(world, market, profile, settings.time_zone)
    return compose(
        wall=time.time_ns(),
        data_dir=settings.data_dir,
        market=market,
        profile=profile,
        settings=settings.station(),
        wire_log=trace,
        api=settings.api_settings(),
        log_dir=log_dir,
        accept_clock=consent.clock,
        accept_loss=consent.loss,
        keep_history=settings.keep_history,
        accounts_chosen="account" in settings.model_fields_set,
    )


def _log_to_file(folder: Path, level: str, stack: ExitStack) -> None:
    handler = log_file(folder, level)
    stack.callback(handler.close)
    ours = logging.getLogger("papertape")
    ours.setLevel(min(handler.level, logging.getLogger().level))
    ours.addHandler(handler)
    stack.callback(ours.removeHandler, handler)


def _place(composed: Composed, settings: ServeSettings) -> Place:
    chosen = composed.station.config.settings.socketPort
    port = 0 if settings.port == 0 or chosen is None else chosen
    more = settings.extra_port
    return Place(composed.station, composed.clock, settings.host, port, more)


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


def _wire_log(path: Path, settings: ServeSettings, stack: ExitStack) -> WireLog:
    try:
        bounded = BoundedFile(path, settings.max_log_mb << 20)
        return WireLog(stack.enter_context(bounded))
    except OSError as error:
        raise SettingsError(
            f"cannot be written: {error.strerror}",
            setting="wire_log",
            path=path,
            advice="Choose a file in a directory that exists",
        ) from error


class _Word:
    """Lets the same user's commands find the control API of a station while it runs."""

    def __init__(self, port: int, meeting: Meeting) -> None:
        self._meeting = meeting
        self._path: Path | None = None
        self._announce(port)

    def _announce(self, port: int) -> None:
        try:
            self._path = announce(port, self._meeting)
        except SettingsError as error:  # the station works without being found
            self._path = None
            log.warning("commands such as `papertape status` will not find the station: %s", error)

    def move(self, port: int) -> None:
        """Follow a station to another port."""
        self._forget()
        self._announce(port)

    def _forget(self) -> None:
        if self._path is not None:
            forget(self._path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._forget()


def _announce(
    composed: Mapping[str, Composed], stations: Mapping[str, ServeSettings], ready: Ready
) -> None:
    for name, settings in stations.items():
        playing: Any = settings.market or "a synthetic market"
        speed = "" if settings.speed == 1 else f" at {settings.speed:g} times real time"
        if settings.speed >= FASTEST:
            speed = " as fast as clients follow"
        kept = settings.data_dir or "nowhere (ephemeral)"
        called = f" {name}" if len(stations) > 1 else ""
        kind = "Gateway" if settings.gateway else "station"
        say(f"Papertape {kind}{called}, server version {settings.max_server_version}")
        codes = composed[name].station.queries.accounts()
        say(f"  account   {', '.join(codes)}, paper, {_cash(codes, settings)}")
        hours = "at any hour" if settings.hours == ALWAYS else "at the hours of its exchanges"
        begins = f", from {settings.start}" if settings.start else ""
        say(f"  market    {playing}{speed}{begins}, open {hours}")
        if settings.market is None:
            say(
                "            recorded: BTC, days to 2013; others by papertape data import, --market"
            )
        say(f"  kept in   {kept}" + _recovered(composed[name]))
        if settings.found_in is not None:
            say(f"  settings  {settings.found_in.absolute()}")
        if ready.url:
            say(f"  control   {ready.url} token {ready.token}")
        if ready.console:
            say(f"  console   {ready.console}")
        say("  stop      Ctrl-C")
        host, port = ready.addresses[name]
        say(f"listening on {host}:{port}")


def _cash(codes: tuple[str, ...], settings: ServeSettings) -> str:
    if set(codes) - set(settings.profile().accounts):
        return "as they were opened: papertape account ls"
    each = " each" if len(codes) > 1 else ""
    return f"USD 1,000,000{each} at first"


def _recovered(composed: Composed) -> str:
    return f", {composed.recovered} entries replayed" if composed.recovered else ""
