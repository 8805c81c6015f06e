"""The live messages of a station for onlookers, as raw frames.

Without onlookers a session has no feed, at the cost of one comparison. Each onlooker takes a
limited number of messages per second, spread evenly; the others are counted, not copied. Quotes
cannot displace other messages. Nothing is decoded here.

An onlooker is read ``TAKES`` times a second; until it is read it takes nothing more.
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
"""Direction of a message: from the client, to the client."""
KEPT: Final = 500
"""Recent messages that a new onlooker gets first."""
LONGEST: Final = 16 * 1024
"""Maximum bytes of a shown frame; an order with every field set has a few thousand."""
MOST_BYTES: Final = 2 << 20
"""Maximum bytes for one onlooker per second."""
TAKES: Final = 10
"""How often per second an onlooker is read."""
SPARE: Final = 20
"""One place in this many is never for quotes, so that a rare other message is shown."""
_HEAD: Final = 4


class Travelled(msgspec.Struct, frozen=True):
    """One message as it was sent."""

    number: int
    """Counts the messages sent while there were onlookers, including those not shown."""
    time: Nanos
    """Market time."""
    session: int
    client_id: int | None
    direction: Direction
    version: int
    length: int
    """Bytes of the frame, including the four of its length."""
    data: bytes
    """The frame, or the first ``LONGEST`` bytes of it; of a hidden one up to the message id."""
    market_data: bool = False
    """Whether it is a quote or a tick."""
    hidden: bool = False
    """Whether its contents are credentials and are omitted."""


class Wanted(msgspec.Struct, frozen=True):
    """The messages that an onlooker wants."""

    most: int = 1000
    """Messages per second."""
    session: int | None = None
    client_id: int | None = None
    market_data: bool = True

    def has(self, session: Session, *, market_data: bool) -> bool:
        """Return whether messages of this session are wanted."""
        if market_data and not self.market_data:
            return False
        if self.session is not None and self.session != session.number:
            return False
        return self.client_id is None or self.client_id == session.client_id

    def had(self, one: Travelled) -> bool:
        """Return whether a past message is wanted."""
        return (
            (self.market_data or not one.market_data)
            and self.session in (None, one.session)
            and self.client_id in (None, one.client_id)
        )


class _Stream:
    """One of an onlooker's two streams: one message in every ``n`` is taken."""

    def __init__(self) -> None:
        self.seen = 0
        self.last = 0
        """Messages in the previous second."""
        self.stride = 1

    def roll(self, share: int) -> None:
        """Begin a second with ``share`` places, expecting as many messages as in the last."""
        self.stride = max(1, -(-self.last // max(share, 1)))


class Onlooker:
    """The messages that one onlooker has taken and not read yet."""

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
        """Return which of the next messages to take; the others count as dropped.

        Called for every message while there are onlookers, so the common case is cheap.
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
        """Add a message that was taken."""
        self._unread.append(one)
        self._bytes += len(one.data)
        if self._bytes >= MOST_BYTES:
            self._left = 0

    def catch_up(self, recent: Sequence[Travelled]) -> None:
        """Take recent messages of other onlookers: the latest that fit into a second."""
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
        """Return the number dropped and the messages taken since the last call."""
        dropped, self._dropped = self._dropped, 0
        taken, self._unread = self._unread, []
        self._takes += 1
        if self._takes >= TAKES:
            self._roll()
        return dropped, taken

    def _roll(self) -> None:
        """Begin a second: divide its places by what both streams needed in the last."""
        most = self.wanted.most
        for stream in (self._quotes, self._others):
            stream.last, stream.seen = stream.seen, 0
        for_others = max(min(self._others.last, most // 2), most // SPARE)
        self._left, self._left_for_quotes = most, most - for_others
        self._quotes.roll(self._left_for_quotes)
        self._others.roll(most - min(self._quotes.last, most // 2))
        self._bytes = self._takes = 0


class Feed:
    """Passes the messages of the sessions to the onlookers."""

    def __init__(self, timing: Timing, switched: Callable[[], object]) -> None:
        """``switched`` is called when ``on`` has changed."""
        self._timing = timing
        self._switched = switched
        self._onlookers: dict[int, Onlooker] = {}
        self._recent: deque[Travelled] = deque(maxlen=KEPT)
        self._readers: dict[int, FrameReader] = {}
        """Session number -> splitter of its client's bytes into frames."""
        self._count = 0

    @property
    def on(self) -> bool:
        """Whether there are onlookers."""
        return bool(self._onlookers)

    def follow(self, wanted: Wanted) -> Onlooker:
        """Add an onlooker; it gets the recent messages of the others first."""
        onlooker = Onlooker(wanted)
        onlooker.catch_up(self._recent)
        self._onlookers[id(onlooker)] = onlooker
        self._switched()
        return onlooker

    def leave(self, onlooker: Onlooker) -> None:
        """Remove an onlooker."""
        self._onlookers.pop(id(onlooker), None)
        if not self._onlookers:
            self._recent.clear()
            self._readers.clear()
            self._switched()

    # -- messages -----------------------------------------------------------------------------

    def sent(self, session: Session, message: Message, encoded: bytes) -> None:
        """Take a message for a client; ``encoded`` is its frame."""
        spec = type(message).spec
        self._show(session, "out", encoded, quotes=spec.market_data, hidden=spec.secret)

    def sent_quotes(self, session: Session, encoded: bytes, count: int) -> None:
        """Take quotes for a client, ``count`` frames in one piece."""
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
        """Show the chosen frames out of several in one piece."""
        start = 0
        for place in range(max(chosen) + 1):
            end = start + _HEAD + int.from_bytes(encoded[start : start + _HEAD])
            if place in chosen:
                data = encoded[start:end]
                one = self._travelled(session, first + place, "out", data, market_data=True)
                self._keep(one, chosen[place])
            start = end

    def taken(self, session: Session, data: bytes) -> None:
        """Take bytes from a client, before its connection parses them."""
        if session.connection.state not in (ConnectionState.NEGOTIATED, ConnectionState.STARTED):
            return  # the handshake is not a message
        reader = self._readers.get(session.number)
        if reader is None:
            reader = self._readers[session.number] = FrameReader()
            reader.feed(session.connection.unfinished)
        for payload in reader.feed(data):
            hidden = message_id(payload, session.version) in SECRET_IDS
            self._show(session, "in", frame(payload), quotes=False, hidden=hidden)

    def left(self, session: Session) -> None:
        """Forget an ended session."""
        self._readers.pop(session.number, None)

    # -- onlookers ----------------------------------------------------------------------------

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
    """Return a frame up to the end of its message id."""
    if version >= RAW_IDS:
        return data[: _HEAD + 4]
    return data[: data.index(0, _HEAD) + 1] if 0 in data[_HEAD:] else data[:_HEAD]
