"""Runs the stations of ``papertape serve`` until they end, and tells where they are."""

import logging
import os
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple, Self

from ..errors import SettingsError
from ..server.assembly import Composed, compose
from ..server.clock import FASTEST
from ..server.control.host import Control, Place, Ready, run
from ..server.taps.station_log import log_file, speaking
from ..server.taps.wire_log import BoundedFile, WireLog
from ..server.worlds.expecting import WorldOutcome
from ..server.worlds.founding import founded
from ..venue.reference.sessions import ALWAYS
from ..worlds.steps import World
from .private import tighten
from .rendezvous import Meeting, announce, forget
from .settings import ServeSettings
from .terminal import say
from .wait_file import WaitFile
from .world_file import outcome_lines, read_file

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
        kept = any(one.data_dir is not None for one in stations.values())
        say(f"stopped: sessions closed, {'everything' if kept else 'nothing'} kept")


def _tell_world(outcomes: Iterable[WorldOutcome]) -> None:
    """Say what was decided of a world."""
    for one in outcomes:
        for line in outcome_lines(one):
            say(line)


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
