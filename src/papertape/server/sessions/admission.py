"""The door of a station: who gets a place, and the move to another socket port.

A place is a client's from its START_API on, and until then nobody's. Connections that have not
sent one, and strangers that wait to be accepted, have room of their own, so much for each address:
none of them keeps anybody else out.
"""

import logging
from collections import Counter
from typing import TYPE_CHECKING

from ...venue.units import Nanos
from ...wire.handshake import State
from ..notices import Notice, notice
from .policy import origin

if TYPE_CHECKING:
    from ..station import Station
    from .session import Session

SILENT_STRANGERS = 4, 32
"""Connections without START_API from addresses that are not accepted by themselves: of one address,
and of all. Of accepted addresses there may be as many as there are places, and twice as many."""
WAITING_STRANGERS = 4, 32
"""Connections that wait to be accepted: of one address, and of all. Somebody reads this list."""
LOGGED_AWAY = 20
"""Connections a minute of which the log says why they were turned away: a line costs more than all
else that is done for them."""
PERIOD_S = 60.0

log = logging.getLogger("papertape.station")


class Door:
    """Places for clients, room for those who are none yet, and the port that is told when it
    changes."""

    def __init__(self, station: "Station") -> None:
        self._station = station
        self._port: int | None = None
        """The new socket port, which nobody has been told yet."""
        self.notice: Notice | None = None
        """The last one about the socket."""
        self._period: Nanos = 0
        """When the running minute of the log is over."""
        self._turned_away = 0
        station.config.watch("socketPort", self._moved)

    def turned_away(self, name: str, how: str, why: str) -> None:
        """Log a connection that ends before it is a client; many in a minute are only counted."""
        if self._station.now >= self._period:
            untold = self._turned_away - LOGGED_AWAY
            if untold > 0:
                log.warning("%d more connections were turned away", untold)
            self._period, self._turned_away = self._station.until(PERIOD_S), 0
        self._turned_away += 1
        if self._turned_away <= LOGGED_AWAY:
            log.warning("%s %s: %s", name, how, why)
        if self._turned_away == LOGGED_AWAY:
            log.warning("no more connections that are turned away are told of for a minute")

    def refusal(self, session: "Session") -> str:
        """Why a new connection is closed before it says a word; "" when it is not."""
        station = self._station
        if station.away:
            return "TWS is not there"
        if station.policy.outright(session.address):
            return "only this computer is allowed (allowLocalhostOnly)"
        session.stranger = station.policy.decide(session.address) != "accept"
        places = station.settings.max_clients
        clients = sum(one.talking and not one.stranger for one in station.connections())
        if clients >= places and not session.stranger:
            return f"all {places} places are taken"
        self._make_room(session, SILENT_STRANGERS if session.stranger else (places, 2 * places))
        return ""

    def _make_room(self, newcomer: "Session", room: tuple[int, int]) -> None:
        """One that has not started gives way: of the newcomer's address when that has enough of
        them, else of the address that has most. First who has said nothing, then who came first."""
        alike = [
            (origin(one.address), one)
            for one in self._station.connections()
            if not one.talking and one.stranger == newcomer.stranger
        ]
        count = Counter(place for place, _ in alike)
        crowd = origin(newcomer.address)
        if count[crowd] < room[0]:
            if len(alike) < room[1]:
                return
            crowd = max(count, key=count.__getitem__)
        oldest = min((one for place, one in alike if place == crowd), key=_precedence)
        self._station.drop(oldest, f"it has sent no START_API and {newcomer.peer} wants its place")

    def crowded(self, session: "Session") -> str:
        """Why a stranger cannot even wait to be accepted; "" when it can."""
        of_one, of_all = WAITING_STRANGERS
        waiting = [origin(one.address) for one in self._station.policy.waiting()]
        if waiting.count(origin(session.address)) >= of_one:
            return f"{of_one} connections from its address wait to be accepted already"
        return f"{of_all} connections wait to be accepted already" if len(waiting) >= of_all else ""

    def _moved(self, port: int) -> None:
        self._port = port

    def tell_port(self) -> None:
        """After the answers of a turn: every client is told a new port and is closed."""
        port, self._port = self._port, None
        if port is not None:
            self.notice = notice(1300, self._station.now, port=port)
            for session in list(self._station.connections()):
                if session.started:
                    session.error(-1, 1300, port=port)
                self._station.drop(session, f"the socket port is {port} now")


def _precedence(session: "Session") -> tuple[bool, int]:
    spoken = session.behind or session.connection.state is not State.OPENED
    return spoken, session.number
