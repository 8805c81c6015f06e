"""Drills that drop single messages, incoming or outgoing."""

from ...errors import SettingsError
from ...venue.units import Nanos
from ...wire.catalogue import REQUESTS, RESPONSES
from ...wire.catalogue.session import StartApi
from ...wire.message import Message
from ..sessions.session import Session
from .base import Aimed, Count, Drill, Milliseconds


def kinds(name: str) -> tuple[type[Message], ...]:
    """Return the messages of an official name: ``reqMktData``, ``placeOrder``, ``openOrderEnd``.

    Raises ``SettingsError`` when there is none.
    """
    wanted = name.lower()
    found = tuple(
        kind
        for kind in (*REQUESTS.values(), *RESPONSES.values())
        if wanted in (kind.spec.callback.lower(), kind.spec.name.lower())
    )
    if not found:
        raise SettingsError(
            "is no message of the protocol",
            setting="kind",
            found=name,
            advice="Name a request or a callback, such as placeOrder, reqMktData or openOrderEnd",
        )
    return found


class DropBeforeReady(Drill):
    """TWS delays ``nextValidId`` after START_API, and what a program sends before it is lost: no
    answer, no error. A program that waits for ``nextValidId`` loses nothing.

    Affects every new session until the drill is stopped."""

    name = "drop-before-ready"
    summary = "nextValidId arrives late, and requests sent before it are lost"
    issues = ("deephaven-examples/deephaven-ib#98", "erdewit/ib_insync#303")
    order = ("ms",)

    class Options(Aimed, frozen=True, kw_only=True):
        """``ms`` from START_API to the answers that follow it."""

        ms: Milliseconds = 1000.0

    def start(self) -> None:
        """Wait for sessions to start."""
        self._opening: dict[int, tuple[Session, StartApi, Nanos]] = {}

    def takes(self, session: Session, message: Message) -> bool:
        """Delay START_API; drop what arrives before it has been answered."""
        if session.started:
            return True
        if session.number in self._opening:
            return False
        if not isinstance(message, StartApi) or not self.aims_at(session, message.clientId):
            return True
        until = self.after(self.options.ms)
        self._opening[session.number] = (session, message, until)
        session.deadline = max(session.deadline, until + 1)
        self._wait()
        return False

    def act(self) -> None:
        """Answer the sessions whose delay is over."""
        for number, (session, message, until) in list(self._opening.items()):
            if until <= self.now:
                del self._opening[number]
                if not session.closing:
                    self.tws.serve(session, message)
        self._wait()

    def stop(self) -> None:
        """Answer every waiting session."""
        waiting, self._opening = self._opening, {}
        for session, message, _ in waiting.values():
            if not session.closing:
                self.tws.serve(session, message)

    def _wait(self) -> None:
        self.due = min((until for _, _, until in self._opening.values()), default=None)


class DropAfterReady(Drill):
    """The link from TWS to its servers comes up late: what a program sends within ``ms`` after
    ``nextValidId`` is lost without an error and must be sent again.

    Affects every new session until the drill is stopped."""

    name = "drop-after-ready"
    summary = "requests sent right after nextValidId are lost"
    issues = (
        "ib-api-reloaded/ib_async#54",
        "QuantConnect/Lean.Brokerages.InteractiveBrokers#240",
    )
    order = ("ms",)

    class Options(Aimed, frozen=True, kw_only=True):
        """``ms`` after nextValidId in which requests are lost."""

        ms: Milliseconds = 500.0

    def start(self) -> None:
        """Wait for sessions to start."""
        self._until: dict[int, Nanos] = {}

    def started(self, session: Session) -> None:
        """Begin to drop the session's requests."""
        if self.aims_at(session):
            self._until[session.number] = self.after(self.options.ms)

    def left(self, session: Session) -> None:
        """Drop the record of the session."""
        self._until.pop(session.number, None)

    def takes(self, session: Session, message: Message) -> bool:
        """Drop requests until the session's time is over."""
        return self.now >= self._until.get(session.number, 0)


class BlackHole(Drill):
    """The n-th message of a kind disappears: a request that TWS never sees, an answer or an end
    marker that is never sent. Nothing else changes, and no error is sent.

    ``kind`` is the official name of a request (``placeOrder``, ``reqMktData``, ``cancelOrder``)
    or of a callback (``orderStatus``, ``openOrderEnd``, ``accountDownloadEnd``). With ``n=0``
    every message of the kind disappears, until the drill is stopped."""

    name = "black-hole"
    summary = "the n-th message of a kind disappears"
    issues = (
        "QuantConnect/Lean.Brokerages.InteractiveBrokers#93",
        "wboayue/rust-ibapi#258",
        "ib-api-reloaded/ib_async#128",
    )
    order = ("kind", "n")

    class Options(Aimed, frozen=True, kw_only=True):
        """``kind``: official name of the message; ``n``: which one, 0 for all."""

        kind: str
        n: Count = 1

    def start(self) -> None:
        """Count from now on."""
        self._kinds = kinds(self.options.kind)
        self._seen = 0

    def takes(self, session: Session, message: Message) -> bool:
        """Drop the n-th request."""
        return self._passes(session, message)

    def gives(self, session: Session, message: Message) -> bool:
        """Drop the n-th answer."""
        return self._passes(session, message)

    def _passes(self, session: Session, message: Message) -> bool:
        if self.over or not isinstance(message, self._kinds) or not self.aims_at(session):
            return True
        self._seen += 1
        if self.options.n == 0:
            return False
        if self._seen < self.options.n:
            return True
        self.finish()
        return False
