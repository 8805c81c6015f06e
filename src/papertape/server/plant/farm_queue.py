"""Requests that wait for a data farm, and the effect of a broken farm on pending ones.

The declaration of a request names the farm that it needs. A request waits while that farm is not
connected, and is then served like a new one. A history request at a broken farm receives 165 and
waits, as on TWS; after ``bulkDataTimeout`` it ends with 162. Bars that are kept up to date end
with 10182 and do not resume (behaviour K3).
"""

from collections.abc import Callable, Container, Iterator
from typing import Final

import msgspec

from ...venue.units import SECOND, Nanos
from ...wire.catalogue.scanner import ReqScannerSubscription
from ...wire.message import Farm, Message, id_of
from ..config import Config
from ..sessions.registry import Sessions
from ..sessions.session import Session, WaitingRequest
from ..sessions.subscriptions import HISTORY_GONE, End
from ..timing import Timing, Wakeup
from .farms import Farms, Status

MAX_WAITING: Final = 200
"""Maximum requests of one client that wait for a farm; the next gets 322."""
LONGEST: Final = 16 * 1024
"""Maximum bytes of a waiting request, which bounds the memory of a client's requests."""
_ENCODE: Final = msgspec.msgpack.Encoder().encode

Serve = Callable[[Session, Message], object]


class FarmQueue:
    """Holds each session's requests that wait for a farm, and ends those that wait too long."""

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
        """Serves a request that waited; set once, when the station is built."""
        self.remember: Callable[[Session], object]
        """Schedules a turn of a session; set likewise."""
        farms.dependants = self
        self.alarm = Wakeup(self.next_due, self.step)

    def concerns(self, kind: type[Message]) -> bool:
        """Return whether requests of this kind need a farm, or cancel one that does; see
        ``Stage``."""
        if kind.spec.farm is None:
            return kind.spec.cancels is not None
        return kind in self._served  # an unserved request is refused without waiting

    def admits(self, session: Session, message: Message) -> bool:
        """Hold a request whose farm is not connected; handle the cancellation of a waiting one."""
        spec = type(message).spec
        if spec.farm is None:
            return not self._taken_back(session, message)
        # An idle farm may connect immediately; then this request passes, and nothing waits.
        if self._farms.need(spec.farm):
            return True
        self.alarm.changed()
        if len(session.for_farms) >= MAX_WAITING:
            cause = f"{MAX_WAITING} requests already wait for a data farm"
            session.error(id_of(message), 322, cause=cause)
            return False
        if len(_ENCODE(message)) > LONGEST:
            session.error(id_of(message), 322, cause="the request is too long to wait for a farm")
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
        """End the waiting request that this one cancels; return whether there was one."""
        kind, number = type(message).spec.cancels, id_of(message)
        for place, waiting in enumerate(session.for_farms):
            if type(waiting.message) is kind and id_of(waiting.message) == number:
                del session.for_farms[place]
                if waiting.farm is Farm.HISTORY:
                    if kind is ReqScannerSubscription:
                        session.error(number, 162, variant="scanner_cancelled", reqId=number)
                    else:
                        session.error(number, 162, variant="cancelled", reqId=number)
                return True
        return False

    # -- changes of the farms -----------------------------------------------------------------

    def release(self, kind: Farm) -> None:
        """Serve the requests that waited for a connected farm, in the order of arrival."""
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
        """Handle a broken farm: queries wait for its return, bars kept up to date end."""
        self.alarm.changed()
        for session in list(self._sessions.started()):
            session.happen(End.FARM_BROKE, kind)
            for waiting in session.for_farms:
                if waiting.farm is kind:
                    self._tell_to_wait(session, waiting)

    def wants(self, kind: Farm) -> bool:
        """Return whether a request waits for such a farm."""
        return any(waiting.farm is kind for _, waiting in self._all())

    def feeds(self, kind: Farm) -> bool:
        """Return whether a subscription or query uses such a farm."""
        return any(one.subscriptions.lives_on(kind) for one in self._sessions.started())

    # -- time ---------------------------------------------------------------------------------

    def step(self, now: Nanos) -> None:
        """End requests that have waited too long for a broken history farm."""
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
        """When ``step`` next has work."""
        if not self._broken():
            return None
        dues = [waiting.until for _, waiting in self._all()]
        if self.feeds(Farm.HISTORY):
            dues.append(self._queries_until())
        return min((due for due in dues if due is not None), default=None)

    def _broken(self) -> bool:
        return self._farms.of(Farm.HISTORY).status is Status.BROKEN

    def _queries_until(self) -> Nanos:
        """Return when the queries that a break interrupted end with 162."""
        return self._farms.of(Farm.HISTORY).since + self._patience

    @property
    def _patience(self) -> Nanos:
        """How long a history request waits for a broken farm, in nanoseconds."""
        return (self._config.settings.bulkDataTimeout or 0) * SECOND

    def _all(self) -> Iterator[tuple[Session, WaitingRequest]]:
        for session in self._sessions.started():
            for waiting in session.for_farms:
                yield session, waiting
