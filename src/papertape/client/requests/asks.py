"""Asking the server something until it answers, refuses, or the time is up.

The requests that come here change nothing at the server, so one that gets no answer is sent again
under a new id: a TWS with a momentary delay to its servers drops what comes right after
nextValidId. All attempts stay open, because a slow answer is an answer; the first one counts. An
error that the code table calls passing is followed by another attempt after a pause. When the
connection is lost and will be made again, the question is asked there.
"""

from collections.abc import Callable
from typing import Any, Protocol

from ...errors import ApiError, ConnectionLost, DeadlineExceeded, NotConnected, PapertapeError
from ...wire.message import Message
from ..conversations import Conversation
from ..settings import Backoff

PAUSE = Backoff(first_s=1.0, longest_s=30.0, jitter=0.0)
"""Between an error that may pass and the next attempt."""
HINTS = 5
"""Notices that are told along with a deadline that has passed."""

Make = Callable[[int], tuple[Conversation, Message]]
"""A new conversation and its request, for a request id (-1 where the request has none)."""


class RequestPort(Protocol):
    """The core, as far as a question needs it."""

    now: float

    @property
    def away(self) -> bool:
        """Whether the connection is lost and will be made again."""

    def request_id(self) -> int:
        """A number for the next request."""

    def begin(self, conversation: Conversation, message: Message) -> None:
        """Open a conversation and send its request."""

    def end(self, conversation: Conversation) -> None:
        """Forget a conversation."""


class Ask:
    """One question: its attempts, its deadline, its outcome."""

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
        """The conversation that has the answer."""
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
        self._again_at: float | None = None
        self._hints: list[ApiError] = []
        if not core.away:
            self._attempt()

    def next_due(self) -> float | None:
        """When to look at it again."""
        if self.done:
            return None
        return self._deadline if self._again_at is None else min(self._deadline, self._again_at)

    def step(self, now: float) -> None:
        """Give up, or ask again."""
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
        """Ask once more."""
        if self.done or self._core.away:
            return
        try:
            self._attempt()
        except PapertapeError as error:
            self.finish(error)

    def hear(self, notice: ApiError) -> None:
        """A notice that concerns no request; it may say why there is no answer."""
        if len(self._hints) < HINTS and notice.severity != "info":
            self._hints.append(notice)

    def finish(
        self, error: PapertapeError | None = None, winner: Conversation | None = None
    ) -> None:
        """End with an error or an answer; wakes whoever waits."""
        for conversation in self._open:
            self._core.end(conversation)
        self._open.clear()
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
        conversation.waker = self._look
        try:
            self._core.begin(conversation, message)
        except PapertapeError:
            self._open.remove(conversation)
            raise

    def _look(self) -> None:
        """An attempt has moved."""
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
            self._made = 0  # a new connection has not been asked yet
            return True
        if not isinstance(error, ApiError) or not error.retry or self._made >= self._tries:
            return False
        at = self._core.now + PAUSE.delay(self._made - 1, 0.0)
        self._again_at = at
        return at < self._deadline
