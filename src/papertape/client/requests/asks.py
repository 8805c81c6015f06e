"""Sends a request until the server answers or refuses it, or its deadline passes.

These requests change nothing at the server, so one without an answer is sent again under a new id:
a TWS with a delay to its servers drops requests right after nextValidId. All attempts stay open,
and the first answer counts; the others are cancelled, where the protocol has a request for that. An
error that the code table calls temporary leads to another attempt after a pause. If the connection
is lost and the client reconnects, the request is sent again there.
"""

from collections.abc import Callable
from typing import Any, Protocol

from ...errors import ApiError, ConnectionLost, DeadlineExceeded, NotConnected, PapertapeError
from ...wire.message import Message
from ..conversations import Conversation
from ..settings import Backoff

PAUSE = Backoff(first_s=1.0, longest_s=30.0, jitter=0.0)
"""The pause between a temporary error and the next attempt."""
HINTS = 5
"""Notices that a ``DeadlineExceeded`` quotes."""

Make = Callable[[int], tuple[Conversation, Message]]
"""Makes a conversation and its request, given a request id (-1 where the request has none)."""


class RequestPort(Protocol):
    """The part of the session that a request needs."""

    now: float

    @property
    def away(self) -> bool:
        """Whether the connection is lost and the session reconnects."""

    def request_id(self) -> int:
        """Return the next request id."""

    def begin(self, conversation: Conversation, message: Message) -> None:
        """Open a conversation and send its request."""

    def end(self, conversation: Conversation) -> None:
        """Close a conversation."""

    def withdraw(self, message: Message) -> None:
        """Tell the server that nobody waits for the answer to a request any more."""


class Ask:
    """One request: its attempts, its deadline, its outcome."""

    def __init__(
        self,
        core: RequestPort,
        name: str,
        make: Make,
        *,
        timeout: float,
        tries: int,
        by_id: bool = True,
    ) -> None:
        self.name = name
        self.done = False
        self.winner: Any = None
        """The conversation that received the answer."""
        self.error: PapertapeError | None = None
        self.waker: Callable[[], None] | None = None
        self._core = core
        self._make = make
        self._by_id = by_id
        self._timeout = timeout
        self._deadline = core.now + timeout
        self._every = timeout / tries
        self._tries = tries
        self._made = 0
        self._open: list[Conversation] = []
        self._requests: dict[Conversation, Message] = {}
        self._again_at: float | None = None
        self._hints: list[ApiError] = []
        if not core.away:
            self._attempt()

    def next_due(self) -> float | None:
        """When ``step`` is due next."""
        if self.done:
            return None
        return self._deadline if self._again_at is None else min(self._deadline, self._again_at)

    def step(self, now: float) -> None:
        """Give up or send again, if it is time to."""
        if self.done:
            return
        if now >= self._deadline:
            late = DeadlineExceeded(self.name, self._timeout)
            for hint in self._hints:
                late.add_note(f"the server has told meanwhile: {hint}")
            self.finish(late)
        elif self._again_at is not None and now >= self._again_at:
            self.again()

    def again(self) -> None:
        """Send the request once more."""
        if self.done or self._core.away:
            return
        try:
            self._attempt()
        except PapertapeError as error:
            self.finish(error)

    def hear(self, notice: ApiError) -> None:
        """Take a notice about no request; it may explain why there is no answer."""
        if len(self._hints) < HINTS and notice.severity != "info":
            self._hints.append(notice)

    def finish(
        self, error: PapertapeError | None = None, winner: Conversation | None = None
    ) -> None:
        """End with an error or an answer, and wake the waiters."""
        for conversation in self._open:
            self._core.end(conversation)
            if not conversation.done and self._by_id:
                self._core.withdraw(self._requests[conversation])
        self._open.clear()
        self._requests.clear()
        self._again_at = None
        if not self.done:
            self.done, self.error, self.winner = True, error, winner
            if self.waker is not None:
                self.waker()

    def _attempt(self) -> None:
        number = self._core.request_id() if self._by_id else -1
        conversation, message = self._make(number)
        self._made += 1
        more = self._made < self._tries
        self._again_at = self._core.now + self._every if more else None
        self._open.append(conversation)
        self._requests[conversation] = message
        conversation.waker = self._look
        try:
            self._core.begin(conversation, message)
        except PapertapeError:
            self._open.remove(conversation)
            raise

    def _look(self) -> None:
        """Handle progress of an attempt."""
        for conversation in [one for one in self._open if one.done]:
            error = conversation.error
            if error is None:
                self.finish(winner=conversation)
                return
            self._core.end(conversation)
            self._open.remove(conversation)
            if not self._survives(error):
                self.finish(error)
                return

    def _survives(self, error: PapertapeError) -> bool:
        """Whether there is another attempt after this error."""
        if isinstance(error, (ConnectionLost, NotConnected)) and self._core.away:
            self._again_at = None
            self._made = 0  # the new connection has not received the request yet
            return True
        if not isinstance(error, ApiError) or not error.retry or self._made >= self._tries:
            return False
        at = self._core.now + PAUSE.delay(self._made - 1, 0.0)
        self._again_at = at
        return at < self._deadline
