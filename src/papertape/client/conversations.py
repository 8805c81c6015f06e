"""The three shapes of a conversation: one reply, items until an end, items until cancelled.

Each owns its state and knows no IO: the core feeds it messages, the driver is woken through
``waker`` and looks at ``done``, ``result`` and ``error``. Notices that do not end a conversation
are data and stand in ``notices``.
"""

from collections import deque
from collections.abc import Callable
from typing import Any

from ..errors import ApiError, PapertapeError


class Conversation:
    """What all shapes share: it is open until it has a result or an error."""

    def __init__(self, name: str, request_id: int = -1) -> None:
        self.name = name
        self.request_id = request_id
        self.done = False
        self.error: PapertapeError | None = None
        self.notices: list[ApiError] = []
        self.waker: Callable[[], None] | None = None

    def _wake(self) -> None:
        if self.waker is not None:
            self.waker()

    def fail(self, error: PapertapeError) -> None:
        """End with an error; a conversation that has ended stays as it is."""
        if not self.done:
            self.done, self.error = True, error
            self._wake()

    def notice(self, notice: ApiError) -> None:
        """Something to know that ends nothing."""
        self.notices.append(notice)
        self._wake()

    def feed(self, message: Any) -> None:
        """A message of this conversation."""
        raise NotImplementedError


class Call(Conversation):
    """One request, one reply."""

    def __init__(self, name: str, request_id: int = -1) -> None:
        super().__init__(name, request_id)
        self.result: Any = None

    def feed(self, message: Any) -> None:
        """The reply."""
        if not self.done:
            self.done, self.result = True, message
            self._wake()


class Collect(Conversation):
    """Items, then an end marker."""

    def __init__(self, name: str, end: type[Any], request_id: int = -1) -> None:
        super().__init__(name, request_id)
        self._end = end
        self.result: list[Any] = []
        self.end: Any = None

    def feed(self, message: Any) -> None:
        """An item, or the end."""
        if self.done:
            return
        if isinstance(message, self._end):
            self.done, self.end = True, message
            self._wake()
        else:
            self.result.append(message)


class Stream(Conversation):
    """Items until cancelled. The queue is bounded: the oldest item goes, and ``lost`` counts."""

    def __init__(self, name: str, request_id: int = -1, limit: int = 100_000) -> None:
        super().__init__(name, request_id)
        self.items: deque[Any] = deque(maxlen=limit)
        self.lost = 0

    def feed(self, message: Any) -> None:
        """One more item."""
        if self.done:
            return
        if len(self.items) == self.items.maxlen:
            self.lost += 1
        self.items.append(message)
        self._wake()
