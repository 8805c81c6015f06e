"""The registry of drills: the catalogue, the running drills, and the history."""

import logging
import shlex
from collections.abc import Mapping
from inspect import getdoc
from random import Random
from typing import Annotated, Any, Final, get_args, get_origin

import msgspec

from ...errors import SettingsError
from ...venue.units import Nanos
from ...wire.message import Message
from ...worlds.words import nearest
from ..event_bus import EventBus
from ..sessions.session import Session
from ..timing import StationSchedule, Wakeup
from .base import Drill, Target
from .callbacks import DuplicateCallbacks, LateCallbacks, LateOrder, ReorderCallbacks
from .daily import IdRollback, NightlyRestart, StaleClientId
from .executions import CorrectedExecution
from .links import CompetingSession, FarmBlip, LinkLost, LinkRestored, RepeatedDetails
from .messages import BlackHole, DropAfterReady, DropBeforeReady
from .sockets import Freeze, HalfFrame, Reset, SlowDrip
from .texts import CodePage, ZoneName
from .unreadable import UnreadablePrice

log = logging.getLogger("papertape.station")

CATALOGUE: Final[dict[str, type[Drill]]] = {
    drill.name: drill
    for drill in (
        BlackHole, CodePage, CompetingSession, CorrectedExecution, DropAfterReady, DropBeforeReady,
        DuplicateCallbacks, FarmBlip, Freeze, HalfFrame, IdRollback, LateCallbacks, LateOrder,
        LinkLost, LinkRestored, NightlyRestart, ReorderCallbacks, RepeatedDetails, Reset, SlowDrip,
        StaleClientId, UnreadablePrice, ZoneName,
    )
}  # fmt: skip
_WORDS: Final = {int: "whole number", float: "number", bool: "true or false", str: "text"}
MAX_RUNNING: Final = 100
MAX_HISTORY: Final = 1000
"""The number of runs in the history; older ones that are over are dropped."""


class Card(msgspec.Struct, frozen=True):
    """The catalogue's entry for one drill."""

    name: str
    summary: str
    explanation: str
    options: tuple[tuple[str, str, str], ...]
    """Name, type and default of each; the default "" marks a required option."""
    issues: tuple[str, ...]


class Run(msgspec.Struct):
    """One drill that was started."""

    number: int
    name: str
    options: dict[str, Any]
    began: Nanos
    """Market time."""
    ended: Nanos | None = None
    """Market time; None while it runs."""


class Drills:
    """The drills of a station."""

    def __init__(
        self, tws: Target, schedule: StationSchedule, bus: EventBus, seed: int = 1
    ) -> None:
        self._tws = tws
        self._schedule = schedule
        self._bus = bus
        self._seed = seed
        self._count = 0
        self._running: dict[int, Drill] = {}
        self._history: list[Run] = []
        self.alarm = Wakeup(self.next_due, self.step)

    # -- for users and programs ---------------------------------------------------------------

    @staticmethod
    def catalogue() -> tuple[Card, ...]:
        """Every drill, sorted by name."""
        return tuple(card(CATALOGUE[name]) for name in sorted(CATALOGUE))

    def history(self) -> tuple[Run, ...]:
        """The runs, oldest first."""
        return tuple(self._history)

    def running(self) -> tuple[Run, ...]:
        """The runs that have not ended yet."""
        return tuple(run for run in self._history if run.ended is None)

    def start(self, name: str, /, **options: Any) -> Run:
        """Start a drill. Raises ``SettingsError`` naming the drill or the option that is wrong."""
        kind = _known(name)
        if len(self._running) >= MAX_RUNNING:
            raise SettingsError(
                f"cannot start: {MAX_RUNNING} drills run already", setting="drill", found=name
            )
        checked = _options(kind, options)
        self._count += 1
        random = Random(f"{self._seed} {self._count} {name}")
        drill = kind(self._tws, checked, random)
        drill.start()
        run = Run(self._count, name, msgspec.structs.asdict(checked), self._tws.timing.now)
        log.warning("drill %d begins: %s", run.number, shown(run))
        self._tell(run, "began")
        self._history.append(run)
        self._trim()
        self._running[run.number] = drill
        self._settle()
        return run

    def _trim(self) -> None:
        """Drop the oldest runs that are over, beyond so many."""
        surplus = max(len(self._history) - MAX_HISTORY, 0)
        over = [run.number for run in self._history if run.ended is not None][:surplus]
        if over:
            self._history = [run for run in self._history if run.number not in over]

    def begin(self, text: str) -> Run:
        """Start a drill from its command line: ``farm-blip usfarm ms=2000``.

        Raises ``SettingsError`` as ``start`` and ``parse`` do.
        """
        name, options = parse(text)
        return self.start(name, **options)

    def stop(self, number: int) -> None:
        """Stop a run; a run that is over is unaffected."""
        drill = self._running.get(number)
        if drill is not None:
            drill.stop()
            drill.finish()
            self._settle()

    def stop_all(self) -> None:
        """Stop every running drill."""
        for number in list(self._running):
            self.stop(number)

    def _settle(self) -> None:
        """Record the runs that are over; watch sessions only while a drill runs."""
        self._schedule.changed()
        for run in self._history:
            drill = self._running.get(run.number)
            if drill is not None and drill.over:
                del self._running[run.number]
                run.ended = self._tws.timing.now
                log.warning("drill %d is over: %s", run.number, run.name)
                self._tell(run, "over")
        for session in self._tws.registry.connections():
            self.watch(session)

    def _tell(self, run: Run, state: str) -> None:
        self._bus.tell("drill", number=run.number, name=run.name, state=state)

    # -- for the station ----------------------------------------------------------------------

    def watch(self, session: Session) -> None:
        """Pass what is sent to a session through the running drills."""
        session.lets = self._gives if self._running else None
        session.writes = self._writes if self._running else None

    def acts_at(self, number: int) -> Nanos | None:
        """When a run acts next; None when it is over or waits for a client."""
        drill = self._running.get(number)
        return None if drill is None else drill.due

    @property
    def idle(self) -> bool:
        """Whether no drill runs."""
        return not self._running

    def concerns(self, kind: type[Message]) -> bool:
        """Return True: a drill may inspect every request; see ``Stage``."""
        return True

    def admits(self, session: Session, message: Message) -> bool:
        """Return whether a request passes; a running drill may withhold it."""
        if not self._running:
            return True
        asked = [drill.takes(session, message) for drill in list(self._running.values())]
        self._settle()
        return all(asked)

    def _gives(self, session: Session, message: Message) -> bool:
        """Return whether a message is sent; every drill sees it once, whatever the others return.

        Those that keep messages back come behind the others, and one alone keeps a message; when it
        lets go of it, those behind it may keep it on.
        """
        drills = list(self._running.values())
        at = next((place for place, drill in enumerate(drills) if drill.releasing), None)
        asked = []
        if at is None:
            asked = [drill.gives(session, message) for drill in drills if not drill.withholds]
        behind = [drill for drill in drills[0 if at is None else at + 1 :] if drill.withholds]
        given = all(asked) and all(drill.gives(session, message) for drill in behind)
        if any(drill.over for drill in self._running.values()):
            self._settle()
        return given

    def _writes(self, session: Session, message: Message | None, encoded: bytes) -> bytes:
        """Return the bytes of a message after every drill."""
        for drill in self._running.values():
            encoded = drill.writes(session, message, encoded)
        return encoded

    @property
    def zone(self) -> str:
        """The zone name of the version reply; "": that of the settings."""
        return next((drill.zone for drill in self._running.values() if drill.zone), "")

    def started(self, session: Session) -> None:
        """Report a started session to the running drills."""
        for drill in list(self._running.values()):
            drill.started(session)
        if self._running:
            self._settle()

    def left(self, session: Session) -> None:
        """Report an ended session to the running drills."""
        if session.client_id is None:
            return
        for drill in list(self._running.values()):
            drill.left(session)

    def returned(self) -> None:
        """Report the return of the broker link to the running drills."""
        for drill in list(self._running.values()):
            drill.returned()
        if self._running:
            self._settle()

    def step(self, now: Nanos) -> None:
        """Call ``act`` of the drills that are due, in the order of their instants."""
        while True:
            dues = [(d.due, n) for n, d in self._running.items() if d.due is not None]
            due, number = min(dues, default=(None, 0))
            if due is None or due > now:
                return
            drill = self._running[number]
            drill.due = None
            drill.act()
            self._settle()

    def next_due(self) -> Nanos | None:
        """When ``step`` next has work; None when no drill has an instant."""
        if not self._running:
            return None
        dues = (drill.due for drill in self._running.values())
        return min((due for due in dues if due is not None), default=None)


def _known(name: str) -> type[Drill]:
    kind = CATALOGUE.get(name)
    if kind is None:
        raise SettingsError(
            "is not a drill",
            setting="drill",
            found=name,
            advice="Choose one of: " + ", ".join(sorted(CATALOGUE)),
            near=nearest(name, CATALOGUE),
        )
    return kind


def _options(kind: type[Drill], given: Mapping[str, Any]) -> Any:
    """Build the options of a drill. Raises ``SettingsError`` with the drill's usage."""
    named = {name.replace("-", "_"): value for name, value in given.items()}
    wanted = [field.name for field in msgspec.structs.fields(kind.Options) if field.required]
    if missing := [name for name in wanted if name not in named]:
        raise _refused(kind, f"needs the option {' and '.join(missing)}")
    try:
        return msgspec.convert(named, kind.Options, strict=False)
    except msgspec.ValidationError as error:
        raise _refused(kind, f"has an option that is not valid: {error}") from error


def _refused(kind: type[Drill], why: str) -> SettingsError:
    return SettingsError(why, setting="drill", found=kind.name, advice="Usage: " + usage(kind))


def check_drill(text: str) -> None:
    """Check the command line of a drill without starting it. Raises ``SettingsError``."""
    name, options = parse(text)
    _options(_known(name), options)


def card(kind: type[Drill]) -> Card:
    """Return the catalogue's entry for a drill."""
    rows = tuple(
        (field.name, _type(field.type), "" if field.required else _default(field.default))
        for field in msgspec.structs.fields(kind.Options)
    )
    return Card(kind.name, kind.summary, getdoc(kind) or "", rows, kind.issues)


def usage(kind: type[Drill]) -> str:
    """Return a drill's command line."""
    words = [
        f"{name}={of}" if not default else f"[{name}={default}]"
        for name, of, default in card(kind).options
    ]
    return " ".join([kind.name, *words])


def _type(annotation: Any) -> str:
    """Return the name of an option's type, without limits and None."""
    if get_origin(annotation) is Annotated:
        return _type(get_args(annotation)[0])
    choices = [one for one in get_args(annotation) if one is not type(None)]
    return _type(choices[0]) if choices else _WORDS[annotation]


def _default(value: Any) -> str:
    if value is None:
        return "none"
    if value == "":
        return '""'
    return str(value).lower() if isinstance(value, bool) else str(value)


def shown(run: Run) -> str:
    """Return a run as one line."""
    given = (f"{name}={value}" for name, value in run.options.items() if value is not None)
    return " ".join([run.name, *given])


def parse(text: str) -> tuple[str, dict[str, Any]]:
    """Parse a command line: a drill's name, then options ``name=value``, a switch by its name
    alone, or positional.

    Raises ``SettingsError`` for an unknown drill or too many positional options.
    """
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise SettingsError(str(error), setting="drill", found=text) from error
    if not words:
        raise SettingsError("is empty", setting="drill", found=text)
    kind = _known(words[0])
    places = list(kind.order)
    switches = {field.name for field in msgspec.structs.fields(kind.Options) if field.type is bool}
    options: dict[str, Any] = {}
    for word in words[1:]:
        name, equals, value = word.removeprefix("--").partition("=")
        if equals:
            options[name] = value
        elif word.startswith("--") or name.replace("-", "_") in switches:
            options[name] = True
        elif places:
            options[places.pop(0)] = word
        else:
            raise SettingsError(
                f"has no positional option for {word!r}",
                setting="drill",
                found=text,
                advice="It understands: " + usage(kind),
            )
    return kind.name, options
