"""Requests that wait for a data farm, and what a broken farm does to those under way.

A request says at its declaration which farm it needs. One whose farm is not there waits for it and
is then served as if it had just come. A history request that meets a broken farm receives 165 and
lives on, as on TWS; after ``bulkDataTimeout`` it ends with 162. Bars that are kept up to date end
with 10182 and do not return (behaviour K3).
"""

from collections.abc import Callable, Container, Iterator
from typing import Final

import msgspec

from ...venue.units import SECOND, Nanos
from ...wire.message import Farm, Message, id_of
from ..config import Config
from ..sessions.registry import Sessions
from ..sessions.session import Session, WaitingRequest
from ..sessions.subscriptions import HISTORY_GONE, End
from ..timing import Timing, Wakeup
from .farms import Farms, Status

MAX_WAITING: Final = 200
"""Requests of one client that may wait for a farm; the next gets 322."""
LONGEST: Final = 16 * 1024
"""Bytes of a request that may wait: a client must not fill the memory with what is not served."""
_ENCODE: Final = msgspec.msgpack.Encoder().encode

Serve = Callable[[Session, Message], object]


class FarmQueue:
    """Keeps, in each session, what waits for a farm, and ends what waited too long."""

    def __init__(
        self,
        farms: Farms,
        sessions: Sessions,
        config: Config,
        timing: Timing,
        served: Container[type[Message]],
    ) -> None:
        self._farms = farms
        self._sessions = sessions
        self._config = config
        self._timing = timing
        self._served = served
        self.serve: Serve
        """Serves a request that had to wait; set once, when the station is put together."""
        self.remember: Callable[[Session], object]
        """Gives a session with work a turn; set likewise."""
        farms.dependants = self
        self.alarm = Wakeup(self.next_due, self.step)

    def concerns(self, kind: type[Message]) -> bool:
        """Requests that need a farm, and those that take one back; see ``Stage``."""
        if kind.spec.farm is None:
            return kind.spec.cancels is not None
        return kind in self._served  # what nobody serves need not wait for its refusal

    def admits(self, session: Session, message: Message) -> bool:
        """A request whose farm is not there waits; one that takes back a request that waits ends
        here."""
        spec = type(message).spec
        if spec.farm is None:
            return not self._taken_back(session, message)
        # An idle farm may be there at once; then this request passes, and nothing waits.
        if self._farms.need(spec.farm):
            return True
        self.alarm.changed()
        if len(session.for_farms) >= MAX_WAITING:
            cause = f"{MAX_WAITING} requests wait for a data farm already"
            session.error(id_of(message), 322, cause=cause)
            return False
        if len(_ENCODE(message)) > LONGEST:
            session.error(id_of(message), 322, cause="it is too long to wait for a data farm")
            return False
        session.for_farms.append(WaitingRequest(message, spec.farm))
        if self._farms.of(spec.farm).status is Status.BROKEN:
            self._tell_to_wait(session, session.for_farms[-1])
        return False

    def _tell_to_wait(self, session: Session, waiting: WaitingRequest) -> None:
        if waiting.farm is Farm.HISTORY:
            waiting.until = self._timing.now + self._patience
            session.error(id_of(waiting.message), 165, variant="disconnected")

    def _taken_back(self, session: Session, message: Message) -> bool:
        """Whether this cancels a request that still waits, which ends it."""
        kind, number = type(message).spec.cancels, id_of(message)
        for place, waiting in enumerate(session.for_farms):
            if type(waiting.message) is kind and id_of(waiting.message) == number:
                del session.for_farms[place]
                if waiting.farm is Farm.HISTORY:
                    session.error(number, 162, variant="cancelled", reqId=number)
                return True
        return False

    # -- what the farms bring about -----------------------------------------------------------

    def release(self, kind: Farm) -> None:
        """The farm is there: serve what waited for it, in the order in which it came."""
        self.alarm.changed()
        for session in list(self._sessions.started()):
            ready = [waiting for waiting in session.for_farms if waiting.farm is kind]
            session.for_farms = [one for one in session.for_farms if one.farm is not kind]
            session.happen(End.FARM_BACK, kind)
            for waiting in ready:
                if waiting.until is not None:
                    session.error(id_of(waiting.message), 165, variant="connected")
                self.serve(session, waiting.message)
            if session.subscriptions.lives_on(Farm.HISTORY):
                self.remember(session)

    def stop(self, kind: Farm) -> None:
        """The farm broke: queries wait for its return, bars kept up to date end for good."""
        self.alarm.changed()
        for session in list(self._sessions.started()):
            session.happen(End.FARM_BROKE, kind)
            for waiting in session.for_farms:
                if waiting.farm is kind:
                    self._tell_to_wait(session, waiting)

    def wants(self, kind: Farm) -> bool:
        """Whether a request waits for such a farm."""
        return any(waiting.farm is kind for _, waiting in self._all())

    def feeds(self, kind: Farm) -> bool:
        """Whether something under way lives on such a farm."""
        return any(one.subscriptions.lives_on(kind) for one in self._sessions.started())

    # -- time ---------------------------------------------------------------------------------

    def step(self, now: Nanos) -> None:
        """End what has waited too long for a broken history farm."""
        if not self._broken():
            return
        for session, waiting in list(self._all()):
            if waiting.until is not None and waiting.until <= now:
                session.for_farms.remove(waiting)
                session.error(id_of(waiting.message), 162, cause=HISTORY_GONE)
        if self._queries_until() <= now:
            for session in list(self._sessions.started()):
                session.happen(End.GIVEN_UP, Farm.HISTORY)

    def next_due(self) -> Nanos | None:
        """When ``step`` has something to do next."""
        if not self._broken():
            return None
        dues = [waiting.until for _, waiting in self._all()]
        if self.feeds(Farm.HISTORY):
            dues.append(self._queries_until())
        return min((due for due in dues if due is not None), default=None)

    def _broken(self) -> bool:
        return self._farms.of(Farm.HISTORY).status is Status.BROKEN

    def _queries_until(self) -> Nanos:
        """When the queries that a break interrupted are given up."""
        return self._farms.of(Farm.HISTORY).since + self._patience

    @property
    def _patience(self) -> Nanos:
        """How long a history request waits for a broken farm."""
        return (self._config.settings.bulkDataTimeout or 0) * SECOND

    def _all(self) -> Iterator[tuple[Session, WaitingRequest]]:
        for session in self._sessions.started():
            for waiting in session.for_farms:
                yield session, waiting
