"""Drills on the connection itself: frozen, reset, cut within a frame, slow."""

from functools import partial
from typing import Annotated

import msgspec

from ...venue.units import Nanos
from ...wire.message import Message
from ..sessions.session import Session
from .base import Aimed, Count, Drill, Milliseconds, Seconds
from .base import Options as Plain
from .messages import kinds

DRIP_MS = 100.0
"""The interval at which a slow connection passes some bytes."""
WAITS = 64 * 1024
"""Bytes waiting on a slow connection above which its quotes wait, as for a client that does not
read."""
BytesPerSecond = Annotated[int, msgspec.Meta(ge=10, le=100_000_000)]


class Freeze(Drill):
    """TWS hangs, as when its process is suspended: sockets stay open and accept bytes, nothing is
    answered. New connections are accepted and receive nothing. When TWS resumes it handles
    everything that was sent meanwhile, in order."""

    name = "freeze"
    summary = "sockets stay open, the station does not answer"
    issues = ("TraderAlice/OpenAlice#294", "ib-api-reloaded/ib_async#84", "erdewit/ib_insync#93")
    order = ("seconds",)

    class Options(Plain, frozen=True, kw_only=True):
        """``seconds`` until TWS resumes."""

        seconds: Seconds = 10.0

    def start(self) -> None:
        """Hang."""
        self.tws.timing.frozen = True
        self.due = self.after(self.options.seconds * 1000)

    def act(self) -> None:
        """Resume."""
        self.tws.timing.frozen = False
        self.finish()

    def stop(self) -> None:
        """Resume immediately."""
        self.tws.timing.frozen = False


class Reset(Drill):
    """TWS resets the connection (RST): bytes in transit in either direction may be lost.

    Without ``kind`` immediately. With the name of a request, ``ms`` after the ``n``-th of its kind
    has arrived; ``seen=false`` drops that request as well, so the program cannot know whether
    its order arrived. ``heard=false`` drops what TWS sends it meanwhile: the order has arrived, and
    its acknowledgement is lost."""

    name = "reset"
    summary = "the connection is reset, immediately or after a request"
    issues = (
        "wboayue/rust-ibapi#816",
        "nautechsystems/nautilus_trader#5057",
        "deepentropy/ibx#113",
    )
    order = ("kind", "n")

    class Options(Aimed, frozen=True, kw_only=True):
        """``kind``, ``n``, ``ms``: when; ``seen``: whether that request is handled; ``heard``:
        whether the program still hears what TWS sends until then."""

        kind: str = ""
        n: Count = 1
        ms: Milliseconds = 0.0
        seen: bool = True
        heard: bool = True

    def start(self) -> None:
        """Reset immediately, or wait for the request."""
        self._kinds = kinds(self.options.kind) if self.options.kind else ()
        self._count = 0
        self._victim: Session | None = None
        if not self._kinds:
            for session in self.targets():
                self.tws.registry.reset(session, "drill")
            self.finish()

    def takes(self, session: Session, message: Message) -> bool:
        """Count requests; the n-th starts the delay."""
        if self._victim is not None or not isinstance(message, self._kinds):
            return True
        if not self.aims_at(session):
            return True
        self._count += 1
        if self._count < self.options.n:
            return True
        self._victim = session
        self.due = self.after(self.options.ms)
        return bool(self.options.seen)

    def gives(self, session: Session, message: Message) -> bool:
        """Drop what its client is not to hear."""
        return bool(self.options.heard) or session is not self._victim

    def act(self) -> None:
        """Reset the connection, if it is still open."""
        if self._victim is not None and not self._victim.closing:
            self.tws.registry.reset(self._victim, "drill")
        self.finish()


class HalfFrame(Drill):
    """The connection ends in the middle of a message: some of its bytes arrive, then FIN. The
    random place of the cut depends on the seed.

    With ``kind`` the next message of that callback is cut, without it the next message."""

    name = "half-frame"
    summary = "the connection ends within a message"
    issues = ("blampe/IbPy#34", "nautechsystems/nautilus_trader#4210")
    order = ("kind",)

    class Options(Aimed, frozen=True, kw_only=True):
        """``kind``: name of the callback; "" for any."""

        kind: str = ""

    def start(self) -> None:
        """Wait for the message."""
        self._kinds = kinds(self.options.kind) if self.options.kind else (Message,)
        self._victim: Session | None = None

    def gives(self, session: Session, message: Message) -> bool:
        """Record the position of the message among those that are sent together."""
        if self._victim is None and isinstance(message, self._kinds) and self.aims_at(session):
            self._victim = session
            session.valve = partial(self._cut, place=len(session.outbox))
            self.due = self.now
        return True

    def _cut(self, frames: list[bytes], place: int) -> bytes:
        """Return what precedes the message and a part of it, and drop the rest."""
        whole, cut = frames[:place], frames[place] if place < len(frames) else b""
        assert self._victim is not None
        self._victim.valve = _nothing
        if len(cut) < 2:
            return b"".join(whole)
        return b"".join(whole) + cut[: self.random.randrange(1, len(cut))]

    def act(self) -> None:
        """Send FIN once the bytes are sent."""
        victim = self._victim
        if victim is not None and victim.valve is not _nothing and not victim.closing:
            self.due = self.after(1)  # its bytes have not been sent yet
            return
        if victim is not None and not victim.closing:
            self.tws.registry.drop(victim, "drill: the connection ends within a message")
        self.finish()

    def stop(self) -> None:
        """Cut nothing."""
        if self._victim is not None:
            self._victim.valve = None


def _nothing(frames: list[bytes]) -> bytes:
    """A connection that passes nothing any more."""
    return b""


class SlowDrip(Drill):
    """The connection becomes slow: answers arrive a few bytes at a time, frames in many pieces.
    Quotes skip to the latest, as for any client that reads slowly; nothing else is lost, unless
    the session ends before all bytes have arrived."""

    name = "slow-drip"
    summary = "answers arrive a few bytes at a time"
    issues = ("erdewit/ib_insync#303", "ib-api-reloaded/ib_async#82")
    order = ("bytes_per_second", "seconds")

    class Options(Aimed, frozen=True, kw_only=True):
        """How slow, and for how long; then the remaining bytes arrive together."""

        bytes_per_second: BytesPerSecond = 200
        seconds: Seconds = 30.0

    def start(self) -> None:
        """Slow down every session that the drill affects, now and later."""
        self._waiting: dict[int, tuple[Session, bytearray]] = {}
        self._end: Nanos = self.after(self.options.seconds * 1000)
        self._allowed = 0.0
        for session in self.targets():
            self.started(session)
        self.due = min(self.after(DRIP_MS), self._end)

    def started(self, session: Session) -> None:
        """Slow down the session."""
        if self.aims_at(session) and session.number not in self._waiting:
            self._waiting[session.number] = (session, bytearray())
            session.valve = partial(self._keep, session)

    def left(self, session: Session) -> None:
        """Drop the bytes that have not arrived."""
        self._waiting.pop(session.number, None)
        session.valve = None

    def _keep(self, session: Session, frames: list[bytes]) -> bytes:
        waiting = self._waiting[session.number][1]
        waiting += b"".join(frames)
        session.paused = session.paused or len(waiting) > WAITS
        return b""

    def act(self) -> None:
        """Pass some bytes."""
        if self.now >= self._end:
            self.stop()
            self.finish()
            return
        self._allowed += self.options.bytes_per_second * DRIP_MS / 1000
        size = int(self._allowed)
        self._allowed -= size
        limit = self.tws.settings.max_buffer_mb << 20
        for session, waiting in list(self._waiting.values()):
            if len(waiting) > limit:
                self.tws.registry.reset(session, f"drill: {len(waiting)} bytes wait on a slow line")
                continue
            if size and waiting:
                session.transport.write(bytes(waiting[:size]))
                del waiting[:size]
            if len(waiting) <= WAITS:
                session.paused = False
        self.due = min(self.after(DRIP_MS), self._end)

    def stop(self) -> None:
        """Pass all waiting bytes immediately."""
        for session, waiting in list(self._waiting.values()):
            session.valve = None
            session.paused = False
            if waiting and not session.closing:
                session.transport.write(bytes(waiting))
        self._waiting.clear()
