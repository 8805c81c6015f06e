"""What clients send, event by event: a turn each, so that nobody's backlog holds up the others.

A connection that breaks the protocol is closed with a line in the log. A request that cannot be
read, or that fails in our code, is answered with an error, and the session goes on.
"""

import logging
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from ...codes import text
from ...errors import LimitExceeded, RemoteProtocolError
from ...venue.units import Nanos
from ...versions import MIN_SERVER
from ...wire.catalogue.session import ErrorMessage, StartApi
from ...wire.connection import Broken, Greeting, OutOfTurn, Undecodable, UnknownMessage, encode
from ...wire.handshake import ConnectionState, unframed, version_reply
from ...wire.message import Message, id_of
from ..config import Config
from ..event_bus import EventBus
from ..settings import StationSettings
from ..timing import StationSchedule, Timing, Wakeup
from .admission import Stage
from .attempt import attempt
from .policy import Decision, Policy
from .registry import Sessions
from .session import DETAIL, INFORMATION, Reply, Session
from .subscriptions import Query

log = logging.getLogger("papertape.station")

TURN: Nanos = 1_000_000
"""How long the requests of one client are handled before the others have their turn: one or two
orders, a few requests for quotes."""
ROUND: Nanos = 2_000_000
"""How long requests are handled before the answers go out and new requests are looked at."""
TURN_BYTES = 256 * 1024
"""Answers to one client after which its turn ends: small requests may have large answers."""

PIECE = 4 * 1024
"""Bytes taken apart in one go, in about a millisecond: a megabyte of empty frames would be a
gigabyte of events."""
LONG_ANSWER = 64 * 1024
"""Bytes of an answer from which on it goes as fast as its client reads."""
READING_S = 60.0
"""How long a client may go without reading while a long answer waits for it."""
LOGGED_BAD = 20
"""Unreadable messages of one session that the log tells of: it must not fill the disk."""
LONGEST_LINE = 1000
"""Characters of a request in the log."""
LONGEST_VALUE = 200
"""Characters of a bad value that its sender is told."""
BEFORE_FRAMES = 76
"""The version that TWS tells a client from before v100: the last one without frames."""
DONE = object()
Handler = Callable[[Session, Any], Iterator[None] | None]


class Handling(Protocol):
    """What a station does with requests."""

    def handle(self, session: Session, message: Message) -> Iterator[None] | None:
        """Answer a request; what is not answered at once comes row by row."""

    def begin(self, session: Session, message: StartApi) -> Iterator[None] | None:
        """Start a session whose connection was accepted."""

    def data_flows(self) -> bool:
        """Whether history comes in at present."""

    def greeting_time(self) -> str:
        """The time as the version answer has it."""


class Tap(Protocol):
    """Sees what clients send."""

    @property
    def on(self) -> bool:
        """Whether anybody looks."""

    def taken(self, session: Session, data: bytes) -> None:
        """Bytes came in."""

    def received(self, session: Session, message: Message) -> None:
        """A message came in."""


class Scheduler:
    """Takes what the connections bring, in turns."""

    def __init__(
        self,
        sessions: Sessions,
        policy: Policy,
        stages: tuple[Stage, ...],
        handling: Handling,
        tap: Tap,
        settings: StationSettings,
        config: Config,
        timing: Timing,
        schedule: StationSchedule,
        bus: EventBus,
    ) -> None:
        """``stages`` are what a request must pass, in this order, before it is handled."""
        self._sessions = sessions
        self._policy = policy
        self._stages = stages
        self._stages_of: dict[type[Message], tuple[Callable[[Session, Message], bool], ...]] = {}
        self._handling = handling
        self._tap = tap
        self._settings = settings
        self._config = config
        self._timing = timing
        self._schedule = schedule
        self._bus = bus
        self.alarm = Wakeup(self.next_due, self.step)
        self._behind: dict[int, Session] = {}
        """Sessions that wait for a turn; the one whose last turn is the longest ago comes first."""
        self._round: Nanos | None = None
        """When the round is over; None before its first turn."""
        self._queried: set[int] = set()
        """Sessions whose history has gone on in this round: a slice may outlast a turn."""
        self._exceeding: dict[int, Session] = {}
        """Sessions that have sent too much in the running second."""
        self._stalled: dict[int, tuple[Session, Nanos]] = {}
        """Sessions that must read before they are answered further, and until when."""

    def take(self, session: Session, data: bytes) -> None:
        """Bytes from a client: queue them, and give the session a turn if there is time and none
        is due to it anyway."""
        if session.closing:
            return
        session.unread.append(data)
        if session.number in self._behind or self._late():
            self.remember(session)
        else:
            self._turn(session)

    def keep(self, session: Session, data: bytes) -> None:
        """Bytes from a client for which nobody has time now."""
        if not session.closing:
            session.unread.append(data)
            self.remember(session)

    def remember(self, session: Session) -> None:
        """Give a session a turn at the next step."""
        self.alarm.changed()
        self._behind[session.number] = session

    def rest(self) -> None:
        """The round is over: what was answered goes out."""
        self._round = None
        self._queried.clear()

    def finish(self, session: Session) -> None:
        """Handle what waits and outlasts its client, at any rate: the session has no further turns.

        A question is left out: nobody is there to be told, and thousands of them would keep the
        others waiting. Of a client that nobody has let in, nothing is handled.
        """
        while session.asked is None and self._read(session):
            event = session.waiting.popleft()
            if isinstance(event, Message) and not (event.spec.urgent or event.spec.lasting):
                self._noted(session, event)
            else:
                self._event(session, event)

    def step(self, now: Nanos) -> None:
        """Turns for those with a backlog; connections that do not start are closed."""
        for decision in self._policy.decisions(now):
            self._decided(decision)
        for session in list(self._exceeding.values()):
            self._lapse(session)
        self._stalls(now)
        self._turns()
        for session in [late for late in self._openings() if late.deadline <= now]:
            seconds = self._settings.start_api_timeout_s
            self._sessions.drop(session, f"no START_API in {seconds:g} s")

    def next_due(self) -> Nanos | None:
        """Now while a backlog waits that may be read, else when the next one may, an opening
        lapses, somebody has decided or has had time enough to."""
        now = self._timing.now
        behind = self._behind.values()
        dues = [now if self._goes_on(one) else self._paced(one) or now for one in behind]
        dues += [until if _blocked(one) else now for one, until in self._stalled.values()]
        dues += [session.pacer.end for session in self._exceeding.values()]
        dues += [opening.deadline for opening in self._openings()]
        decision = self._policy.next_due(now)
        return min(dues if decision is None else [*dues, decision], default=None)

    def _openings(self) -> Iterator[Session]:
        everyone = self._sessions.connections()
        return (one for one in everyone if one.client_id is None and one.asked is None)

    def _turns(self) -> None:
        """Orders of all come before other requests, though not before earlier ones of the same
        client; whatever they take, somebody else has a turn too."""
        late = self._late()
        for session in list(self._behind.values()):
            if late:
                break
            if self._trades(session):
                self._turn(session)
                late = self._late()
        waiting = deque(
            one for one in self._behind.values() if self._goes_on(one) or not self._paced(one)
        )
        while waiting:
            session = waiting.popleft()
            if self._turn(session):
                waiting.append(session)
            if self._late():
                break

    def _late(self) -> bool:
        """Whether the round has lasted long enough."""
        now = self._timing.stopwatch()
        if self._round is None:
            self._round = now + ROUND
        return now >= self._round

    def _trades(self, session: Session) -> bool:
        """Whether the next request of a client is about orders."""
        ready = not self._held(session) and self._read(session)
        return ready and isinstance(first := session.waiting[0], Message) and first.spec.urgent

    def _turn(self, session: Session) -> bool:
        """Handle what waits for a while; whether the time ended it and there is more to handle."""
        watch = self._timing.stopwatch
        over, end = False, watch() + TURN
        while session.queued <= TURN_BYTES and not over:
            if session.replies and not _blocked(session):
                self._reply(session, end)
            elif not self._held(session) and self._read(session):
                event = session.waiting.popleft()
                if self._admitted(session):
                    self._event(session, event)
            else:
                break
            over = watch() >= end
        flows = self._queries_flow(session) and session.number not in self._queried
        if flows and not _blocked(session):
            self._queried.add(session.number)
            self._query(session)
        if self._behind.pop(session.number, None) is not None:
            self.alarm.changed()
        waits = session.behind and session.asked is None and not session.replies
        if waits or self._goes_on(session):
            self.remember(session)
        if _blocked(session):
            self.alarm.changed()
            patience = self._timing.until(READING_S)
            self._stalled.setdefault(session.number, (session, patience))
        return over and not session.replies  # the next rows can wait for the next round

    def _goes_on(self, session: Session) -> bool:
        """Whether something that it asked for can be worked out now."""
        at_work = session.replies or self._queries_flow(session)
        return bool(at_work) and not _blocked(session)

    def _queries_flow(self, session: Session) -> bool:
        return bool(session.subscriptions.of(Query)) and self._handling.data_flows()

    def _stalls(self, now: Nanos) -> None:
        """Go on with those who have read; let go of those who have not for long."""
        for number, (session, until) in list(self._stalled.items()):
            if not _blocked(session):
                del self._stalled[number]
                self.remember(session)
            elif until <= now:
                del self._stalled[number]
                self._sessions.drop(session, "it does not read what it asked for")

    # -- who must wait ------------------------------------------------------------------------

    def _held(self, session: Session) -> bool:
        waits = session.asked is not None or session.answering or bool(session.replies)
        return waits or bool(self._paced(session))

    def _paced(self, session: Session) -> Nanos:
        """When the next request may be read, because the rate is used up; 0: now."""
        pacer = session.pacer
        if not pacer.rate or self._rejecting or pacer.room(self._timing.now):
            return 0
        return pacer.end

    @property
    def _rejecting(self) -> bool:
        return bool(self._config.settings.rejectMessagesAboveMaxRate)

    def _admitted(self, session: Session) -> bool:
        """Count a request; whether it is within the rate."""
        pacer = session.pacer
        if not pacer.rate or session.client_id is None:
            return True
        self._lapse(session)
        mark = pacer.take(self._timing.now)
        if mark == "excess":
            self.alarm.changed()
            self._exceeding[session.number] = session
        elif mark == "near" and self._rejecting:
            session.error(-1, 0, max=pacer.rate)
        return mark != "excess" and not session.closing

    def _lapse(self, session: Session) -> None:
        """Tell of a second above the rate once it is over; the third one ends the session."""
        violation = session.pacer.lapse(self._timing.now)
        if violation is not None:
            self._exceeding.pop(session.number, None)
            session.error(
                -1, 100, max=session.pacer.rate, received=violation.received,
                violation_no=violation.number,
            )  # fmt: skip
            if violation.last and not session.closing:
                self._sessions.drop(session, "its message rate was too high three times")

    def _decided(self, decision: Decision) -> None:
        """Somebody, or the time, has decided about a connection that waits."""
        session = self._sessions.numbered(decision.number)
        if session is None or session.asked is None:
            return
        message, session.asked = session.asked, None
        facts = {"accepted": decision.accepted, "reason": decision.reason}
        self._bus.tell("decided", number=session.number, **facts)
        if not decision.accepted:
            self._sessions.drop(session, decision.reason)
        else:
            session.stranger = False
            self._answer(session, -1, "START_API", self._handling.begin, message)
            self._turn(session)

    def _read(self, session: Session) -> bool:
        """Take bytes apart, a piece at a time, until an event waits; False when none does."""
        while session.unread and not session.waiting:
            data = session.unread.popleft()
            if len(data) > PIECE:
                session.unread.appendleft(data[PIECE:])
                data = data[:PIECE]
            if not attempt(session, -1, "taking bytes apart", self._take_apart, session, data):
                self._sessions.drop(session, "its bytes could not be taken apart")
        return bool(session.waiting)

    def _take_apart(self, session: Session, data: bytes) -> None:
        if self._tap.on:
            self._tap.taken(session, data)
        session.waiting.extend(session.connection.receive_data(data))

    def _query(self, session: Session) -> None:
        """Work out a part of the oldest history query."""
        request_id, query = next(iter(session.subscriptions.of(Query).items()))

        def work() -> None:
            if next(query.work, DONE) is DONE:
                session.subscriptions.remove(Query, request_id)

        if not attempt(session, request_id, "history query", work):
            session.subscriptions.remove(Query, request_id)

    # -- events of a connection ---------------------------------------------------------------

    def _event(self, session: Session, event: Any) -> None:
        if isinstance(event, Message):
            self._message(session, event)
            return
        if not attempt(session, -1, type(event).__name__, self._signal, session, event):
            self._sessions.drop(session, "it cannot go on after that")

    def _signal(self, session: Session, event: Any) -> None:
        if isinstance(event, Greeting):
            self._greet(session, event)
        elif isinstance(event, Undecodable):
            self._undecodable(session, event)
        elif isinstance(event, UnknownMessage):
            self._complain(session, f"sent unknown message id {event.message_id}")
            failure = f"Unknown message id: {event.message_id}"
            session.error(-1, 320, variant="other", parse_failure=failure)
        elif isinstance(event, OutOfTurn):
            self._out_of_turn(session, event)
        elif isinstance(event, Broken):
            self._sessions.drop(session, str(event.error))

    def _noted(self, session: Session, message: Message) -> None:
        """Count a message, and show it to whoever watches."""
        session.received += 1
        session.talking = True  # the connection lets nothing through before START_API
        if self._tap.on:
            self._tap.received(session, message)
        if session.log_level >= INFORMATION:
            _tell(session, message)

    def _message(self, session: Session, message: Message) -> None:
        self._noted(session, message)
        kind = type(message)
        stages = self._stages_of.get(kind)
        if stages is None:
            found = (stage.admits for stage in self._stages if stage.concerns(kind))
            stages = self._stages_of[kind] = tuple(found)
        for admits in stages:
            if not admits(session, message):
                return
        self.serve(session, message)

    def serve(self, session: Session, message: Message) -> None:
        """Handle a request: one that has just come, or one that had to wait."""
        spec = type(message).spec
        self._answer(session, id_of(message), spec.name, self._handling.handle, message)
        if not (
            spec.urgent or spec.momentary
        ):  # it may have opened or ended what has a next instant
            self._schedule.changed()

    def _answer(
        self, session: Session, request_id: int, what: str, handler: Handler, message: Any
    ) -> None:
        """Let a handler answer; what it does not tell at once is told from now on."""

        def work() -> None:
            rows = handler(session, message)
            if rows is not None and not session.closing:
                session.replies.append(Reply(rows, request_id, what))
                self.remember(session)

        attempt(session, request_id, what, work)

    def _reply(self, session: Session, end: Nanos) -> None:
        """Send rows of the oldest long answer until the turn is over or enough is queued."""
        reply, watch, before = session.replies[0], self._timing.stopwatch, session.queued

        def work() -> None:
            for _ in reply.rows:
                if session.queued > TURN_BYTES or watch() >= end:
                    reply.size += session.queued - before
                    return
            over()

        def over() -> None:
            if session.replies:  # none is left of one that has been closed
                session.replies.popleft()

        if not attempt(session, reply.request_id, reply.what, work):
            over()

    def _greet(self, session: Session, greeting: Greeting) -> None:
        time = self._handling.greeting_time()
        if not greeting.framed:
            session.answer(_to_an_old_client(time))
            self._sessions.drop(
                session, f"a client of version {greeting.highest}, from before v100"
            )
            return
        if greeting.version is None:
            # The client compares the number with its own range and tells its user (503, 506).
            session.answer(version_reply(session.connection.highest, time))
            known = f"{greeting.lowest}..{greeting.highest}"
            self._sessions.drop(session, f"no common version: the client knows {known}")
            return
        if not session.connection.ended:  # else what came behind it broke the rules
            session.accept(time)
            session.waiting.extend(session.connection.receive_data(b""))

    def _complain(self, session: Session, what: str) -> None:
        session.unreadable += 1
        if session.unreadable <= LOGGED_BAD:
            log.warning("%s %s", session.name, what)
        if session.unreadable == LOGGED_BAD:
            log.warning("%s: no more of its unreadable messages are logged", session.name)

    def _undecodable(self, session: Session, event: Undecodable) -> None:
        self._complain(session, f"sent a message that cannot be read: {event.error}")
        _unreadable(session, event.request_id, event.error)
        if isinstance(event.error, LimitExceeded):
            return  # each field can be read: there is too much of it
        if not self._config.settings.maintainConnectionOnIncorrectFields:
            self._sessions.drop(session, "it sent a field that cannot be read")

    def _out_of_turn(self, session: Session, event: OutOfTurn) -> None:
        reason = f"{event.name} while {event.state}"
        if event.error is None:
            self._sessions.drop(session, reason)
            return
        if event.state is ConnectionState.NEGOTIATED and event.name == StartApi.__name__:
            session.talking = True  # it has come: its sender is told what is wrong with it
            _unreadable(session, -1, event.error)
        self._sessions.drop(session, f"{reason}: {event.error}")


def _to_an_old_client(time: str) -> bytes:
    """A version that it accepts, the time, and an error that it shows: 357."""
    told = ErrorMessage(errorCode=357, errorMsg=text(357))
    return unframed(BEFORE_FRAMES, time, encode(told, MIN_SERVER))


def _blocked(session: Session) -> bool:
    """Whether it must read before what it asked for goes on."""
    if not session.paused or session.closing:
        return False
    long = session.replies and session.replies[0].size > LONG_ANSWER
    return bool(long or session.subscriptions.of(Query))


def _unreadable(session: Session, request_id: int, error: RemoteProtocolError) -> None:
    """320: which field, and what stood there; 321 for what is too much to be taken."""
    if isinstance(error, LimitExceeded):
        session.error(request_id, 321, cause=f"{error.field or error.message}: {error.reason}.")
    elif error.field and error.found is not None:
        value = str(error.found)[:LONGEST_VALUE]
        session.error(request_id, 320, field=error.field, value=value)
    else:
        session.error(request_id, 320, variant="other", parse_failure=str(error))


def _tell(session: Session, message: Message) -> None:
    """The log's line for a request, with its fields at the highest level."""
    open_ = session.log_level >= DETAIL and not type(message).spec.secret
    detail = f": {message!r}"[:LONGEST_LINE] if open_ else ""
    log.info("%s sends %s%s", session.name, type(message).__name__, detail)
