"""A TWS that answers as recorded: which conversation a program gets, and what became of it.

Sans-IO, as ``Player``; ``aio/replay.py`` has the sockets.
"""

import logging
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from ..errors import RecordingError
from ..versions import MAX_SERVER
from ..wire.catalogue.orders import PlaceOrder
from ..wire.catalogue.session import StartApi
from ..wire.connection import Broken, Greeting, OutOfTurn, ServerConnection
from .conversation import RecordedConversation, conversations
from .format import WireRecording
from .moments import move_text
from .player import Closing, Player, UnknownRequest

log = logging.getLogger("papertape.recording")


class ReplayReport(msgspec.Struct):
    """What became of a replay."""

    sessions: int = 0
    unknown: list[UnknownRequest] = []
    """What programs asked and the recording does not know, in their order; of each session the
    first ``MOST_UNKNOWN``."""
    unknown_count: int = 0
    """How many of them there were in all."""
    unasked: list[str] = []
    """What the recording has and no program asked."""
    untold: dict[str, int] = {}
    """What a version could not tell."""


class Replay:
    """The sessions of a recording, for programs that connect."""

    def __init__(
        self,
        recording: WireRecording,
        *,
        speed: float | None = 1.0,
        highest: int | None = None,
        wall: int | None = None,
    ) -> None:
        """``speed``: times as fast as recorded; None: without delays. ``highest``: the server
        version to behave as, as recorded if it is None. ``wall``: nanoseconds from the clock of
        ``receive`` to the epoch; the instants inside of live answers are then those of now, and as
        recorded if it is None.

        Raises ``RecordingError`` when the recording has no session, or no times that ``wall``
        could be compared with."""
        self.speed = speed
        self._partial = recording.header.partial
        found = conversations(recording)
        self.problems = [reason for one in found for reason in one.unread]
        """What of the recording cannot be read, in words."""
        if recording.problem:
            self.problems.append(recording.problem)
        self.conversations = [one for one in found if one.version and one.client_id is not None]
        if not self.conversations:
            why = f": {self.problems[0]}" if self.problems else ""
            raise RecordingError(f"has no session that can be replayed{why}")
        self.highest = min(highest or max(c.version for c in self.conversations), MAX_SERVER)
        self._wall = wall
        self._began = 0 if wall is None else _epoch(recording)
        self._used: dict[int, int] = {}
        self._order_ids: dict[int | None, dict[int, int]] = {}
        """Recorded client id -> the order ids of now, for a program that connects again."""
        self._players: list[Player] = []

    def connection_time(self, now: int) -> str:
        """The connection time that the version reply tells."""
        first = self.conversations[0]
        return move_text(first.connection_time, self.later(first, now))

    def later(self, conversation: RecordedConversation, now: int) -> int:
        """By how many seconds a conversation that begins now is later than it was."""
        if self._wall is None:
            return 0
        return (now + self._wall) // 10**9 - (self._began + conversation.opened * 1000) // 10**9

    def session(self) -> "ReplaySession":
        """A connection of a program."""
        return ReplaySession(self)

    def player(self, client_id: int, version: int, now: int = 0) -> Player:
        """A player for a program: of the next recorded session with its client id; else of one
        that nobody has had; else of one again."""
        own = [one for one in self.conversations if one.client_id == client_id]
        free = [one for one in self.conversations if one.connection not in self._used]
        candidates = own or free or self.conversations
        chosen = min(candidates, key=lambda one: self._used.get(one.connection, 0))
        self._used[chosen.connection] = self._used.get(chosen.connection, 0) + 1
        log.info(
            "client %d is answered as client %s of recorded connection %d was, at version %d",
            client_id, chosen.client_id, chosen.connection, version,
        )  # fmt: skip
        known = self._order_ids.setdefault(chosen.client_id, {})
        if self._used[chosen.connection] > 1:  # the same orders are placed once more
            for item in chosen.said:
                if isinstance(item.message, PlaceOrder):
                    known.pop(item.message.orderId, None)
        player = Player(
            chosen, version, speed=self.speed, partial=self._partial, order_ids=known,
            later=self.later(chosen, now),
        )  # fmt: skip
        self._players.append(player)
        return player

    def report(self) -> ReplayReport:
        """What has become of it so far."""
        report = ReplayReport(len(self._players))
        asked: set[int] = {player.conversation.connection for player in self._players}
        for player in self._players:
            report.unknown += player.unknown
            report.unknown_count += player.unknown_count
            for name, count in player.untold.items():
                report.untold[name] = report.untold.get(name, 0) + count
            report.unasked += player.unasked()
        for one in self.conversations:
            if one.connection not in asked:
                report.unasked.append(f"the whole session of client {one.client_id}")
        return report


def _epoch(recording: WireRecording) -> int:
    """When a recording began, in nanoseconds since the epoch. Raises ``RecordingError``."""
    try:
        began = datetime.fromisoformat(recording.header.began)
    except ValueError as error:
        raise RecordingError("does not tell when it began, so its times cannot be moved") from error
    return int(began.timestamp() * 1_000_000) * 1000


class ReplaySession:
    """One connection of a program: bytes in, bytes out."""

    def __init__(self, replay: Replay) -> None:
        self._replay = replay
        self._connection = ServerConnection(highest=replay.highest)
        self._player: Player | None = None
        self.over = False
        """Whether the connection must be closed."""

    def receive(self, data: bytes, now: int) -> list[bytes]:
        """Take bytes of the program; what is to be sent at once."""
        out: list[bytes] = []
        while not self.over:
            events = self._connection.receive_data(data)
            data = b""
            for event in events:
                out += self._take(event, now)
            if not any(isinstance(event, Greeting) for event in events):
                break  # behind a greeting, bytes wait for its answer
        return out

    def _take(self, event: Any, now: int) -> list[bytes]:
        if self.over:
            return []
        if isinstance(event, Greeting):
            if event.version is None or not event.framed:
                log.warning(
                    "a program speaks versions %d to %d, the recording %d",
                    event.lowest, event.highest, self._replay.highest,
                )  # fmt: skip
                self.over = True
                return []
            return [self._connection.accept(self._replay.connection_time(now))]
        if isinstance(event, Broken | OutOfTurn):
            log.warning("a program does not speak the TWS API: %s", event)
            self.over = True
            return []
        if isinstance(event, StartApi):
            self._player = self._replay.player(event.clientId, self._connection.version, now)
        if self._player is not None:
            self._player.ask(event, now)
        return []

    def next_due(self) -> int | None:
        """When ``due`` has more; None when nothing waits."""
        return None if self._player is None else self._player.next_due()

    def due(self, now: int) -> Iterator[bytes | Closing]:
        """The frames that are due, and the end of the connection."""
        if self._player is not None:
            yield from self._player.due(now)
