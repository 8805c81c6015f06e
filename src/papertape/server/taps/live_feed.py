"""The messages of a station for those who look on while they travel, as raw frames.

Nobody looks: a session has no feed and pays one comparison. Somebody looks: each onlooker takes
at most so many messages of a second, spread over all there are, and whatever goes by is counted,
not copied. Quotes cannot crowd out what else there is. Nothing is decoded in here.

An onlooker empties itself ``TAKES`` times a second; while it does not, it takes nothing more.
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, Literal

import msgspec

from ...venue.units import Nanos
from ...versions import RAW_IDS
from ...wire.framing import FrameReader, frame
from ...wire.handshake import ConnectionState
from ...wire.message import Message
from ..sessions.session import Session
from ..timing import Timing
from .message_log import SECRET_IDS, message_id

Direction = Literal["in", "out"]
"""From the client, to the client."""
KEPT: Final = 500
"""Messages that one who comes later is shown first."""
LONGEST: Final = 16 * 1024
"""Bytes that are shown of a message; an order with every field set has a few thousand."""
MOST_BYTES: Final = 2 << 20
"""Bytes that one onlooker is shown in a second."""
TAKES: Final = 10
"""How often in a second an onlooker fetches what it took."""
SPARE: Final = 20
"""One in so many places is never for quotes: the first message after a lull must be seen."""
_HEAD: Final = 4


class Travelled(msgspec.Struct, frozen=True):
    """One message as it travelled."""

    number: int
    """Counts the messages that travelled while somebody looked; those not shown count too."""
    time: Nanos
    """Market time."""
    session: int
    client_id: int | None
    direction: Direction
    version: int
    length: int
    """Bytes of the frame, the four of its length included."""
    data: bytes
    """The frame, or the first ``LONGEST`` bytes of it; of a hidden one up to the message id."""
    market_data: bool = False
    """It is one of those that come in masses."""
    hidden: bool = False
    """Its contents prove who somebody is, and are left out."""


class Wanted(msgspec.Struct, frozen=True):
    """Which messages an onlooker is shown."""

    most: int = 1000
    """In a second."""
    session: int | None = None
    client_id: int | None = None
    market_data: bool = True

    def has(self, session: Session, *, market_data: bool) -> bool:
        """Whether it is shown what this session sends or is sent."""
        if market_data and not self.market_data:
            return False
        if self.session is not None and self.session != session.number:
            return False
        return self.client_id is None or self.client_id == session.client_id

    def had(self, one: Travelled) -> bool:
        """Whether it would have been shown that."""
        return (
            (self.market_data or not one.market_data)
            and self.session in (None, one.session)
            and self.client_id in (None, one.client_id)
        )


class _Stream:
    """One of an onlooker's two streams: every so many-th of its messages is taken."""

    def __init__(self) -> None:
        self.seen = 0
        self.last = 0
        """Seen in the second before."""
        self.stride = 1

    def roll(self, share: int) -> None:
        """A second is over; the next one is expected to be like it, and has ``share`` places."""
        self.stride = max(1, -(-self.last // max(share, 1)))


class Onlooker:
    """What one who looks on has taken and not fetched yet."""

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self._unread: list[Travelled] = []
        self._dropped = 0
        self._quotes, self._others = _Stream(), _Stream()
        self._bytes = self._takes = 0
        self._left = wanted.most
        """Messages that may still be taken in this second."""
        self._left_for_quotes = wanted.most - wanted.most // SPARE

    def pick(self, count: int, *, quotes: bool) -> Sequence[int]:
        """Which of the next messages are taken; the rest is counted as dropped.

        Called for every message while somebody looks: most often it ends after a sum.
        """
        stream = self._quotes if quotes else self._others
        offset = -stream.seen % stream.stride
        stream.seen += count
        room = min(self._left, self._left_for_quotes) if quotes else self._left
        if offset >= count or room <= 0:
            self._dropped += count
            return ()
        chosen = range(offset, count, stream.stride)[:room]
        taken = len(chosen)
        self._dropped += count - taken
        self._left -= taken
        if quotes:
            self._left_for_quotes -= taken
        return chosen

    def put(self, one: Travelled) -> None:
        """A message that was taken."""
        self._unread.append(one)
        self._bytes += len(one.data)
        if self._bytes >= MOST_BYTES:
            self._left = 0

    def catch_up(self, recent: Sequence[Travelled]) -> None:
        """Take what others were shown a moment ago: the latest of it that fits into a second."""
        wanted, size = self.wanted, 0
        found: list[Travelled] = []
        for one in reversed(recent):
            size += len(one.data)
            if size > MOST_BYTES or len(found) >= wanted.most:
                break
            if wanted.had(one):
                found.append(one)
        self._unread = found[::-1]

    def take(self) -> tuple[int, list[Travelled]]:
        """How many were dropped and what was taken since the last call."""
        dropped, self._dropped = self._dropped, 0
        taken, self._unread = self._unread, []
        self._takes += 1
        if self._takes >= TAKES:
            self._roll()
        return dropped, taken

    def _roll(self) -> None:
        """A second is over: both streams share the next by what they have needed."""
        most = self.wanted.most
        for stream in (self._quotes, self._others):
            stream.last, stream.seen = stream.seen, 0
        for_others = max(min(self._others.last, most // 2), most // SPARE)
        self._left, self._left_for_quotes = most, most - for_others
        self._quotes.roll(self._left_for_quotes)
        self._others.roll(most - min(self._quotes.last, most // 2))
        self._bytes = self._takes = 0


class Feed:
    """Shows the onlookers what the sessions send and are sent."""

    def __init__(self, timing: Timing, switched: Callable[[], object]) -> None:
        """``switched`` is called when ``on`` has changed."""
        self._timing = timing
        self._switched = switched
        self._onlookers: dict[int, Onlooker] = {}
        self._recent: deque[Travelled] = deque(maxlen=KEPT)
        self._readers: dict[int, FrameReader] = {}
        """Session number -> where the frames of its client begin and end."""
        self._count = 0

    @property
    def on(self) -> bool:
        """Whether anybody looks."""
        return bool(self._onlookers)

    def follow(self, wanted: Wanted) -> Onlooker:
        """Look on from now on; what others were shown a moment ago comes first."""
        onlooker = Onlooker(wanted)
        onlooker.catch_up(self._recent)
        self._onlookers[id(onlooker)] = onlooker
        self._switched()
        return onlooker

    def leave(self, onlooker: Onlooker) -> None:
        """Look no more."""
        self._onlookers.pop(id(onlooker), None)
        if not self._onlookers:
            self._recent.clear()
            self._readers.clear()
            self._switched()

    # -- what is told to it -------------------------------------------------------------------

    def sent(self, session: Session, message: Message, encoded: bytes) -> None:
        """A message for a client; ``encoded`` is its frame."""
        spec = type(message).spec
        self._show(session, "out", encoded, quotes=spec.market_data, hidden=spec.secret)

    def sent_quotes(self, session: Session, encoded: bytes, count: int) -> None:
        """Quotes for a client, ``count`` frames in one piece."""
        first, self._count = self._count + 1, self._count + count
        chosen: dict[int, list[Onlooker]] = {}
        for onlooker in self._onlookers.values():
            if not onlooker.wanted.has(session, market_data=True):
                continue
            for place in onlooker.pick(count, quotes=True):
                chosen.setdefault(place, []).append(onlooker)
        if chosen:
            self._cut(session, encoded, first, chosen)

    def _cut(
        self, session: Session, encoded: bytes, first: int, chosen: dict[int, list[Onlooker]]
    ) -> None:
        """Show the chosen frames of several in one piece."""
        start = 0
        for place in range(max(chosen) + 1):
            end = start + _HEAD + int.from_bytes(encoded[start : start + _HEAD])
            if place in chosen:
                data = encoded[start:end]
                one = self._travelled(session, first + place, "out", data, market_data=True)
                self._keep(one, chosen[place])
            start = end

    def taken(self, session: Session, data: bytes) -> None:
        """Bytes that a client sent, before its connection takes them apart."""
        if session.connection.state not in (ConnectionState.NEGOTIATED, ConnectionState.STARTED):
            return  # the greeting is no message
        reader = self._readers.get(session.number)
        if reader is None:
            reader = self._readers[session.number] = FrameReader()
            reader.feed(session.connection.unfinished)
        for payload in reader.feed(data):
            hidden = message_id(payload, session.version) in SECRET_IDS
            self._show(session, "in", frame(payload), quotes=False, hidden=hidden)

    def left(self, session: Session) -> None:
        """A session is over."""
        self._readers.pop(session.number, None)

    # -- who is shown what --------------------------------------------------------------------

    def _show(
        self, session: Session, direction: Direction, data: bytes, *, quotes: bool, hidden: bool
    ) -> None:
        self._count += 1
        chosen = [
            one
            for one in self._onlookers.values()
            if one.wanted.has(session, market_data=quotes) and one.pick(1, quotes=quotes)
        ]
        if chosen:
            one = self._travelled(
                session, self._count, direction, data, market_data=quotes, hidden=hidden
            )
            self._keep(one, chosen)

    def _keep(self, one: Travelled, chosen: list[Onlooker]) -> None:
        self._recent.append(one)
        for onlooker in chosen:
            onlooker.put(one)

    def _travelled(
        self,
        session: Session,
        number: int,
        direction: Direction,
        data: bytes,
        *,
        market_data: bool = False,
        hidden: bool = False,
    ) -> Travelled:
        shown = _named(data, session.version) if hidden else data[:LONGEST]
        return Travelled(
            number, self._timing.now, session.number, session.client_id, direction,
            session.version, len(data), shown, market_data, hidden,
        )  # fmt: skip


def _named(data: bytes, version: int) -> bytes:
    """A frame up to the end of its message id."""
    if version >= RAW_IDS:
        return data[: _HEAD + 4]
    return data[: data.index(0, _HEAD) + 1] if 0 in data[_HEAD:] else data[:_HEAD]
