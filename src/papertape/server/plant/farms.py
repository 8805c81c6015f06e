"""Data farms: the connections for quotes, history and security definitions.

Each farm is a state machine; on entering a state every session receives its notice. TWS connects
its farms at the start. IB Gateway connects a farm for quotes or history on the first request that
needs it, and disconnects it after a time without any; its security definitions are always
connected. ``MOVES`` is the machine, ``NOTICES`` has the notice of a state; ``farm_queue`` holds
the requests that wait for a farm.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Final, Protocol

from ...errors import SettingsError
from ...venue.units import SECOND, Nanos
from ...wire.message import Farm
from ..event_bus import EventBus
from ..notices import Notice, notice
from ..sessions.registry import Sessions
from ..sessions.session import Session
from ..settings import StationSettings
from ..timing import Timing, Wakeup


class Status(StrEnum):
    """State of a farm's connection; consoles show yellow, yellow, green, red."""

    INACTIVE = "inactive"
    CONNECTING = "connecting"
    OK = "ok"
    BROKEN = "broken"


class Move(StrEnum):
    """A transition of a farm's connection."""

    NEEDED = "a request needs it"
    CONNECTED = "the connection is made"
    IDLE = "nothing has needed it for a while"
    BROKE = "the connection breaks"
    MENDED = "the connection can be made again"
    RESTORED = "the broker's link is back, and the farm with it"


MOVES: Final[dict[tuple[Status, Move], Status]] = {
    (Status.INACTIVE, Move.NEEDED): Status.CONNECTING,
    (Status.CONNECTING, Move.CONNECTED): Status.OK,
    (Status.OK, Move.IDLE): Status.INACTIVE,
    (Status.INACTIVE, Move.BROKE): Status.BROKEN,
    (Status.CONNECTING, Move.BROKE): Status.BROKEN,
    (Status.OK, Move.BROKE): Status.BROKEN,
    (Status.BROKEN, Move.MENDED): Status.CONNECTING,
    (Status.BROKEN, Move.RESTORED): Status.OK,
}
NOTICES: Final[dict[tuple[Farm, Status], int]] = {
    (Farm.MARKET, Status.INACTIVE): 2108,
    (Farm.MARKET, Status.CONNECTING): 2119,
    (Farm.MARKET, Status.OK): 2104,
    (Farm.MARKET, Status.BROKEN): 2103,
    (Farm.HISTORY, Status.INACTIVE): 2107,
    (Farm.HISTORY, Status.OK): 2106,
    (Farm.HISTORY, Status.BROKEN): 2105,
    (Farm.DEFINITION, Status.OK): 2158,
    (Farm.DEFINITION, Status.BROKEN): 2157,
}
"""The notice of a state; the protocol has none for the others."""


class DataFarm:
    """One farm: its name, its kind, the state of its connection."""

    def __init__(self, name: str, kind: Farm, status: Status) -> None:
        self.name = name
        self.kind = kind
        self.status = status
        self.due: Nanos | None = None
        """When the pending connection will be made."""
        self.used: Nanos = 0
        """When a request last needed it."""
        self.since: Nanos = 0
        """When it entered this state."""
        self.told: Notice | None = None
        """The last notice about it."""

    @property
    def notice(self) -> int | None:
        """The notice code of the present state; None without one."""
        return NOTICES.get((self.kind, self.status))

    def can(self, move: Move) -> bool:
        """Return whether the present state allows a transition."""
        return (self.status, move) in MOVES

    def move(self, move: Move, now: Nanos, connects_at: Nanos) -> None:
        """Make an allowed transition; a new connection is made at ``connects_at``."""
        self.begin(MOVES[self.status, move], now)
        if self.status is Status.CONNECTING:
            self.due = connects_at

    def begin(self, status: Status, now: Nanos) -> None:
        """Enter a state."""
        self.status, self.since, self.due = status, now, None
        if status is Status.OK:
            self.used = now


class Dependants(Protocol):
    """The requests and subscriptions that need the farms."""

    def release(self, kind: Farm) -> None:
        """Called when such a farm is connected."""

    def stop(self, kind: Farm) -> None:
        """Called when such a farm has broken."""

    def wants(self, kind: Farm) -> bool:
        """Return whether a request waits for such a farm."""

    def feeds(self, kind: Farm) -> bool:
        """Return whether a subscription or query uses such a farm."""


class Farms:
    """The farms of a station."""

    def __init__(
        self,
        settings: StationSettings,
        sessions: Sessions,
        timing: Timing,
        bus: EventBus,
    ) -> None:
        self._settings = settings
        self._sessions = sessions
        self._timing = timing
        self._bus = bus
        self.dependants: Dependants
        """Set once, when the station is built."""
        self._cut = False
        """Whether the broker link is lost."""
        self._gateway = settings.gateway
        self._by_kind = {
            kind: DataFarm(name, kind, self._first(kind))
            for name, kind in (
                (settings.market_farm, Farm.MARKET),
                (settings.history_farm, Farm.HISTORY),
                (settings.definition_farm, Farm.DEFINITION),
            )
        }
        self._farms = tuple(self._by_kind.values())
        for farm in self._farms:
            self._note(farm)
        self._idle_after: Nanos = int(settings.farm_idle_s * SECOND) if settings.gateway else 0
        self._fell: list[DataFarm] = []
        """Farms that broke with the broker link: they return with it."""
        self.alarm = Wakeup(self.next_due, self.step)

    def _first(self, kind: Farm) -> Status:
        """Return the state of a farm of this kind at a start."""
        on_demand = self._gateway and kind is not Farm.DEFINITION
        return Status.INACTIVE if on_demand else Status.OK

    def __iter__(self) -> Iterator[DataFarm]:
        return iter(self._farms)

    def of(self, kind: Farm) -> DataFarm:
        """Return the farm of this kind of data."""
        return self._by_kind[kind]

    def named(self, name: str) -> DataFarm:
        """Return the farm of that name. Raises ``SettingsError`` with the known names."""
        for farm in self:
            if farm.name == name:
                return farm
        known = ", ".join(farm.name for farm in self)
        raise SettingsError(
            "is not a farm here", setting="farm", found=name, advice=f"Choose one of: {known}"
        )

    def flows(self, kind: Farm) -> bool:
        """Return whether data of that kind arrives."""
        return self._by_kind[kind].status is Status.OK

    def introduce(self, session: Session) -> None:
        """Send the states of the farms to a session that has just started."""
        for farm in self:
            if farm.notice is not None:
                session.error(-1, farm.notice, farm=farm.name)

    # -- transitions --------------------------------------------------------------------------

    def need(self, kind: Farm) -> bool:
        """Note that a request needs such a farm; connect an idle one; return whether it is up."""
        self.alarm.changed()
        farm = self._by_kind[kind]
        farm.used = self._timing.now
        if farm.can(Move.NEEDED) and not self._cut:
            self._move(farm, Move.NEEDED)
        return farm.status is Status.OK

    def breaks(self, farm: DataFarm) -> None:
        """Break a farm's connection: send its notice; its data stops until it is back."""
        if farm.can(Move.BROKE):
            self._move(farm, Move.BROKE)
            self.dependants.stop(farm.kind)

    def mends(self, farm: DataFarm) -> None:
        """Reconnect a broken farm; while the broker link is down, when that returns."""
        if farm.status is Status.BROKEN and self._cut:
            if farm not in self._fell:
                self._fell.append(farm)
        elif farm.can(Move.MENDED):
            self._move(farm, Move.MENDED)

    def fall(self) -> None:
        """Break every connected or connecting farm, because the broker link is lost."""
        self._cut = True
        for farm in self:
            if farm.status in (Status.OK, Status.CONNECTING):
                self._fell.append(farm)
                self.breaks(farm)

    def connected(self) -> tuple[list[str], list[str]]:
        """Return the names of the farms that are connected once the link is back, and of those
        that are not.

        A farm that no request has needed yet is in neither.
        """
        up = [farm.name for farm in self if farm.status is Status.OK or farm in self._fell]
        broken = (farm for farm in self if farm.status is Status.BROKEN)
        return up, [farm.name for farm in broken if farm not in self._fell]

    def rise(self) -> None:
        """Reconnect the farms that fell with the broker link or mended meanwhile."""
        self._cut = False
        fell, self._fell = self._fell, []
        for farm in self:
            if farm in fell and farm.can(Move.RESTORED):
                self._move(farm, Move.RESTORED)
        for farm in self:
            if farm.can(Move.NEEDED) and self.dependants.wants(farm.kind):
                self._move(farm, Move.NEEDED)

    def _move(self, farm: DataFarm, move: Move) -> None:
        self.alarm.changed()
        now = self._timing.now
        farm.move(move, now, now + self._settings.farm_connect_ms * 1_000_000)
        self._tell(farm)
        if farm.status is Status.OK:
            self.dependants.release(farm.kind)
        elif farm.due is not None and farm.due <= now:
            self._move(farm, Move.CONNECTED)

    def restart(self) -> None:
        """Reset every farm to its state at a start, and send the notices."""
        self._fell.clear()
        for farm in self:
            farm.begin(self._first(farm.kind), self._timing.now)
            self._tell(farm)

    def _note(self, farm: DataFarm) -> None:
        """Keep the notice of the present state, if it has one."""
        if farm.notice is not None:
            farm.told = notice(farm.notice, self._timing.now, farm=farm.name)

    def _tell(self, farm: DataFarm) -> None:
        self._note(farm)
        self._bus.tell("farm", name=farm.name, status=str(farm.status))
        if farm.notice is not None:
            self._sessions.broadcast(farm.notice, farm=farm.name)

    # -- time ---------------------------------------------------------------------------------

    def step(self, now: Nanos) -> None:
        """Complete connections, and disconnect idle farms."""
        for farm in self:
            if farm.due is not None and farm.due <= now:
                self._move(farm, Move.CONNECTED)
            idle = self._idle_at(farm)
            if idle is None or idle > now:
                continue
            if self.dependants.feeds(farm.kind):
                farm.used = now
            else:
                self._move(farm, Move.IDLE)

    def next_due(self) -> Nanos | None:
        """When ``step`` next has work."""
        dues = [farm.due for farm in self._farms if farm.due is not None]
        if self._idle_after:
            idle = (self._idle_at(farm) for farm in self._farms)
            dues += [due for due in idle if due is not None]
        return min(dues, default=None)

    def _idle_at(self, farm: DataFarm) -> Nanos | None:
        on_demand = self._first(farm.kind) is Status.INACTIVE
        if not (self._idle_after and on_demand) or farm.status is not Status.OK:
            return None
        return farm.used + self._idle_after
