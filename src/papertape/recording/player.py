"""Answers one program as recorded: requests in, frames out when they are due.

Sans-IO: time is an argument, in nanoseconds. A request is matched by its meaning
(``meaning.py``) with a recorded one, the ids of its answers are mapped, and the answers keep their
delays behind it, divided by the speed. What answers nothing (a notice, a lost link, the server
closing) comes behind the request that preceded it, or at its recorded instant when the program does
not make that request.
"""

import heapq
import logging
from bisect import bisect_left
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from ..codes import text
from ..errors import LocalProtocolError
from ..wire.catalogue import account, history, orders, session
from ..wire.catalogue.options import ExerciseOptions
from ..wire.connection import Undecodable, UnknownMessage, encode
from ..wire.framing import frame
from ..wire.message import Message
from .conversation import RecordedConversation, Said, WireMark
from .exchanges import RecordedAnswer, RecordedExchange, exchanges
from .mapped import Ids, frames
from .matching import RequestIndex
from .meaning import summary
from .moments import move

log = logging.getLogger("papertape.recording")

TAG: Final = "replay"
MOST_UNKNOWN: Final = 1000
"""Requests that are listed as unknown; more are counted."""
_ORDERS: Final = (orders.PlaceOrder, orders.CancelOrder)
_ONCE: Final = (orders.PlaceOrder, ExerciseOptions)
"""What is not answered a second time: an order would be filled again."""
_SILENT: Final = (session.SetServerLogLevel, orders.ReqAutoOpenOrders)


class Closing(msgspec.Struct, frozen=True):
    """The server ends the connection, with a reset or not."""

    reset: bool


class UnknownRequest(msgspec.Struct, frozen=True):
    """A request that the recording does not know."""

    request: str
    why: str


class _Run(msgspec.Struct):
    """A matched request while its answers come."""

    exchange: RecordedExchange
    asked: int | None
    answers: list[RecordedAnswer]
    began: int
    """When the request came."""
    at: int
    """When it came in the recording, in microseconds."""
    floor: int = 0
    """Nothing is due earlier: what was recorded before it about the same order, or in answer to the
    same request without an id, comes first."""
    next: int = 0
    stopped: bool = False


class _Planned(msgspec.Struct, order=True):
    """The next answer of a run."""

    due: int
    place: int
    number: int
    run: Any = None


class Player:
    """One session of a program with a recorded conversation."""

    def __init__(
        self,
        conversation: RecordedConversation,
        version: int,
        *,
        speed: float | None = 1.0,
        partial: bool = False,
        order_ids: dict[int, int] | None = None,
        later: int = 0,
    ) -> None:
        """``speed``: how many times as fast as recorded; None: without any delay. ``partial``:
        what a recorded request does not say is open. ``order_ids``: see ``Ids``.
        ``later``: seconds by which the instants inside of live answers are moved."""
        self.conversation = conversation
        self.version = version
        self.speed = speed
        self._later = later
        self.exchanges = exchanges(conversation)
        self.unknown: list[UnknownRequest] = []
        self.unknown_count = 0
        self.untold: dict[str, int] = {}
        """Answers that the version of now cannot tell, by name and reason."""
        self._order_ids = {} if order_ids is None else order_ids
        self.ids = Ids(conversation.client_id, 0, self._order_ids)
        self._index = RequestIndex(self.exchanges, partial=partial)
        self._ends = _bar_ends(self.exchanges)
        self._heap: list[_Planned] = []
        self._number = 0
        self._runs: list[_Run] = []
        self._last: dict[int, int] = {}
        """Order id of now -> when the last of its answers is due."""
        self._told: set[int] = set()
        self._refusals: list[bytes] = []

    # ---------------------------------------------------------------- what the program sends

    def ask(self, message: Any, now: int) -> None:
        """Take a request, or the event of a frame that is none."""
        if isinstance(message, Undecodable | UnknownMessage):
            name = getattr(message, "name", "") or f"message {message.message_id}"
            self._refuse(name, getattr(message, "request_id", -1), "cannot be decoded", -1)
            return
        if isinstance(message, session.StartApi):
            self._start(message, now)
            return
        self._stop_what_it_cancels(message)
        exchange, why = self._match(message)
        if exchange is not None:
            self._play(exchange, message, now)
        elif not self._needs_no_answer(message):
            self._unknown(message, why)

    def _start(self, message: session.StartApi, now: int) -> None:
        self.ids = Ids(self.conversation.client_id, message.clientId, self._order_ids)
        if not self.exchanges:
            return
        first = self.exchanges[0]
        if not isinstance(first.message, session.StartApi):
            first = RecordedExchange(-1, first.at, message)
        self._play(first, message, now)
        if self.speed is None:
            return
        # In case that the request which they hang on never comes.
        left = [one for each in self.exchanges[1:] for one in each.answers if not one.asked]
        left.sort(key=lambda one: one.place)
        self._push(_Run(first, None, left, now, first.at))

    def _stop_what_it_cancels(self, message: Message) -> None:
        cancelled: Any = message.spec.cancels
        about = _about(message)
        if isinstance(message, account.ReqAccountUpdates) and not message.subscribe:
            cancelled = account.ReqAccountUpdates
        for run in self._runs if cancelled is not None else ():
            if type(run.exchange.message) is cancelled and run.asked == about:
                run.stopped = True

    def _needs_no_answer(self, message: Message) -> bool:
        """Whether nothing is missed when the recording does not know it."""
        if isinstance(message, _SILENT) or message.spec.cancels is not None:
            log.info("%s: the recording does not have it, and it needs no answer", summary(message))
            return True
        return isinstance(message, account.ReqAccountUpdates) and not message.subscribe

    # ---------------------------------------------------------------- what it means

    def _match(self, message: Message) -> tuple[RecordedExchange | None, str]:
        """The recorded request that means the same, or why there is none."""
        index = self._index
        if not index.has(type(message)):
            return None, "the recording has no such request"
        found = index.find(message, self._same_order)
        if found.exchange is None:
            return None, found.nearest or "the recording has none for this order"
        if found.exchange.used and isinstance(message, _ONCE):
            return None, "it has been answered already, and the recording has it once"
        return found.exchange, ""

    def _same_order(self, message: Any, exchange: RecordedExchange) -> bool:
        """Whether a request about an order can be the recorded one."""
        if not isinstance(message, _ORDERS):
            return True
        recorded = self.ids.recorded(message.orderId)
        if recorded is not None:
            return bool(recorded == exchange.message.orderId)
        if isinstance(message, orders.CancelOrder):
            return bool(message.orderId == exchange.message.orderId)
        return exchange.message.orderId not in self.ids.orders

    # ---------------------------------------------------------------- what it gets

    def _play(self, exchange: RecordedExchange, message: Any, now: int) -> None:
        exchange.used += 1
        run = _Run(exchange, _about(message), exchange.answers, now, exchange.at)
        self._runs = [one for one in self._runs if not one.stopped]
        self._runs.append(run)
        if isinstance(message, _ORDERS):
            key = message.orderId
            self.ids.use(exchange.message.orderId, key)
            run.floor = self._last.get(key, 0)
            end = exchange.answers[-1].at if exchange.answers else exchange.at
            self._last[key] = max(run.floor, now + self._scaled(end - exchange.at))
        elif run.asked is None:
            run.floor = self._before(exchange)
        self._push(run)

    def _before(self, exchange: RecordedExchange) -> int:
        """When everything is told that was recorded before a request without an id and answers
        others of its kind: nothing but its place tells whose answer a row is."""
        floor, kind = 0, type(exchange.message)
        for run in self._runs:
            if type(run.exchange.message) is not kind or run.exchange is exchange:
                continue
            latest = bisect_left(run.answers, exchange.place, key=_place) - 1
            if latest >= run.next:
                floor = max(floor, self._due(run, run.answers[latest]))
        return floor

    def _due(self, run: _Run, answer: RecordedAnswer) -> int:
        return max(run.floor, run.began + self._scaled(answer.at - run.at))

    def _scaled(self, microseconds: int) -> int:
        if self.speed is None:
            return 0
        return max(0, int(microseconds * 1000 / self.speed))

    def _push(self, run: _Run) -> None:
        """Plan the next answer of a run."""
        if run.next >= len(run.answers):
            return
        answer = run.answers[run.next]
        due = self._due(run, answer)
        self._number += 1
        heapq.heappush(self._heap, _Planned(due, answer.place, self._number, run))

    def _unknown(self, message: Message, why: str) -> None:
        self._refuse(summary(message), _about(message), why, message)

    def _refuse(self, request: str, about: int | None, why: str, message: Any) -> None:
        log.warning("the recording does not know %s: %s", request, why)
        self.unknown_count += 1
        if len(self.unknown) < MOST_UNKNOWN:
            self.unknown.append(UnknownRequest(request, why))
        cause = f"the recording does not know {request}: {why}"
        code = 201 if isinstance(message, orders.PlaceOrder) else 322
        facts = {"reason": cause} if code == 201 else {"tag": TAG, "cause": cause}
        error = session.ErrorMessage(-1 if about is None else about, 0, code, text(code, **facts))
        self._refusals.append(encode(error, self.version))

    def next_due(self) -> int | None:
        """When ``due`` has more; None when nothing waits."""
        if self._refusals:
            return 0
        return self._heap[0].due if self._heap else None

    def due(self, now: int, most: int = 200) -> Iterator[bytes | Closing]:
        """The frames that are due, and the end of the connection; at most so many."""
        yield from self._refusals
        self._refusals.clear()
        while self._heap and self._heap[0].due <= now and most > 0:
            run: _Run = heapq.heappop(self._heap).run
            answer = run.answers[run.next]
            run.next += 1
            self._push(run)
            most -= 1
            if (run.stopped and answer.asked) or self._told_before(answer):
                continue
            if isinstance(answer.item, WireMark):
                yield Closing(answer.item.event == "reset")
                return
            yield from self._frames(answer.item, run)

    def _told_before(self, answer: RecordedAnswer) -> bool:
        """Whether what answers nothing has been told already."""
        if answer.asked:
            return False
        before = answer.place in self._told
        self._told.add(answer.place)
        return before

    def _frames(self, item: Said, run: _Run) -> Iterator[bytes]:
        recorded = self.conversation.version
        if item.message is None:
            if self.version == recorded:
                yield frame(item.payload)
            else:
                self._cannot(item.name)
            return
        message = self.ids.mapped(item.message, run.exchange, run.asked)
        if self._later:
            move(message, self._later)
        try:
            yield from frames(message, self.version, recorded, self._ends.get(id(item)))
        except LocalProtocolError as error:
            self._cannot(f"{item.name}: {error}")

    def _cannot(self, what: str) -> None:
        if what not in self.untold:
            log.warning("cannot be told at server version %d: %s", self.version, what)
        self.untold[what] = self.untold.get(what, 0) + 1

    # ---------------------------------------------------------------- what is left

    def unasked(self) -> list[str]:
        """The recorded requests that the program has not made."""
        left = [one for one in self.exchanges if not one.used]
        return [summary(one.message) for one in left if not isinstance(one.message, _SILENT)]


def _place(answer: RecordedAnswer) -> int:
    return answer.place


def _about(message: Any) -> int | None:
    name = message.spec.id_field
    return getattr(message, name) if name else None


def _bar_ends(found: list[RecordedExchange]) -> dict[int, Any]:
    """Bars -> the message that ends them, by the identity of the recorded item."""
    ends: dict[int, Any] = {}
    for exchange in found:
        bars: RecordedAnswer | None = None
        for answer in exchange.answers:
            item = answer.item
            if not isinstance(item, Said):
                continue
            if isinstance(item.message, history.HistoricalData):
                bars = answer
            elif isinstance(item.message, history.HistoricalDataEnd) and bars is not None:
                ends[id(bars.item)] = item.message
    return ends
