"""Another login of the same user, which takes the market data (behaviour A5)."""

from typing import Final

from ...wire.catalogue import depth, history, market, ticks
from ...wire.message import Message, id_of
from ..sessions.registry import Sessions
from ..sessions.session import Session
from ..sessions.subscriptions import End

REFUSED: Final[dict[type[Message], tuple[int, str | None]]] = {
    market.ReqMktData: (10197, None),
    ticks.ReqRealTimeBars: (420, "other_address"),
    ticks.ReqTickByTickData: (10189, "other_address"),
    depth.ReqMktDepth: (10197, None),
    history.ReqHistoricalData: (162, "other_address"),
    ticks.ReqHeadTimeStamp: (162, "other_address"),
    ticks.ReqHistogramData: (162, "other_address"),
    ticks.ReqHistoricalTicks: (162, "other_address"),
}
"""The error of a request for data during a competing session."""


class Competition:
    """Knows whether another session has the market data."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self.on = False

    def begin(self) -> None:
        """Start the competing session: every quote line ends with 10197."""
        self.on = True
        for session in list(self._sessions.started()):
            session.happen(End.COMPETING)

    def end(self) -> None:
        """End the competing session; data may be requested again."""
        self.on = False

    def concerns(self, kind: type[Message]) -> bool:
        """Return whether requests of this kind are for data; see ``Stage``."""
        return kind in REFUSED

    def admits(self, session: Session, message: Message) -> bool:
        """Refuse requests for data while another session has it."""
        if not self.on:
            return True
        code, variant = REFUSED[type(message)]
        session.error(id_of(message), code, variant=variant)
        return False
