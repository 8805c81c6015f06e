"""The row of a position that has changed, for all who follow it: made once, and encoded once for
each version."""

from ..errors import LocalProtocolError
from ..wire.batch import SameFrames, SharedFrames
from ..wire.catalogue.account import Position, PositionMulti
from ..wire.message import Message
from ..wire.split_frames import with_id
from .account_subscriptions import MultiPositionSubscription, PositionSubscription
from .present.events import PositionChanged
from .present.preferences import Preferences
from .present.queries import Queries
from .sessions.session import Session


class PositionRows:
    """One position, as its followers are told of it."""

    def __init__(self, queries: Queries, preferences: Preferences, event: PositionChanged) -> None:
        self._queries = queries
        self._preferences = preferences
        self._event = event
        self._messages: tuple[Position, PositionMulti] | None = None
        self._shown = False
        self._frames: dict[tuple[type[Message], int], SharedFrames] = {}

    def send(self, session: Session) -> None:
        """Send a session the row, under each id under which it follows the account."""
        if self._messages is None:  # made for the first of them: what fails, fails for each
            row = self._queries.position(self._event.account, self._event.conId)
            facts = row.account, row.contract, row.position, row.avgCost
            self._shown = self._preferences.shows(*facts[:3])
            self._messages = Position(*facts), PositionMulti(0, *facts)
        if not self._shown:
            return
        plain, multi = self._messages
        if session.subscriptions.of(PositionSubscription):
            self._send(session, plain, SameFrames, 0)
        for number, one in session.subscriptions.of(MultiPositionSubscription).items():
            if not one.model and (one.accounts is None or plain.account in one.accounts):
                self._send(session, multi, SharedFrames, number)

    def _send(
        self, session: Session, message: Message, kind: type[SharedFrames], request_id: int
    ) -> None:
        key = type(message), session.version
        try:
            if key not in self._frames:
                self._frames[key] = kind((message,), session.version)
        except LocalProtocolError:  # it is tried by itself, which tells the client
            session.send(message if kind is SameFrames else with_id(message, request_id))
        else:
            session.send_batch(self._frames[key], request_id)
