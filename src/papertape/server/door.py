"""The door of a station: who gets a place, and the move to another socket port."""

from typing import TYPE_CHECKING

from .notices import Notice, notice
from .policy import MOST_STRANGERS

if TYPE_CHECKING:
    from .session import Session
    from .station import Station


class Door:
    """Places for clients, fewer ones for strangers, and the port that is told when it changes."""

    def __init__(self, station: "Station") -> None:
        self._station = station
        self._port: int | None = None
        """The new socket port, which nobody has been told yet."""
        self.notice: Notice | None = None
        """The last one about the socket."""
        station.config.watch("socketPort", self._moved)

    def refusal(self, session: "Session") -> str:
        """Why a new connection is closed before it says a word; "" when it is not."""
        station = self._station
        if station.away:
            return "TWS is not there"
        if station.policy.outright(session.address):
            return "only this computer is allowed (allowLocalhostOnly)"
        session.stranger = station.policy.decide(session.address) != "accept"
        alike = sum(one.stranger == session.stranger for one in station.connections())
        most = MOST_STRANGERS if session.stranger else station.settings.max_clients
        return f"all {most} places are taken" if alike >= most else ""

    def welcome(self, session: "Session") -> bool:
        """Somebody lets a stranger in; whether there is a place for it, else it is closed."""
        station = self._station
        session.stranger = False
        places = station.settings.max_clients
        if sum(not one.stranger for one in station.connections()) <= places:
            return True
        station.drop(session, f"all {places} places are taken")
        return False

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
