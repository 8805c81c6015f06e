"""A page without a browser: elements are made, topics are told by the test, and acts are noted."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

from nicegui import Client, ui
from nicegui.page import page

from papertape.console.equity import EquityRecorder
from papertape.console.remote import Remote, RemoteError
from papertape.console.view import PageView

Row = dict[str, Any]


class PaperDesk:
    """Notes what a page does; ``answers`` are what it gets, a ``RemoteError`` is raised."""

    station = "station"

    def __init__(self) -> None:
        self.done: list[tuple[str, str, Any]] = []
        self.answers: dict[str, Any] = {}
        self.watchlist: dict[int, Row] = {}
        self.watchlist_changed = False
        self.equity = EquityRecorder(cast(Remote, None), self.station)

    def _answer(self, verb: str, path: str, body: Any) -> Any:
        self.done.append((verb, path, body))
        answer = self.answers.get(path, {})
        if isinstance(answer, RemoteError):
            raise answer
        return answer

    async def get(self, path: str, *, wait_s: float = 0.0, **query: Any) -> Any:
        """Ask."""
        return self._answer("get", path, query)

    async def post(self, path: str, body: Any = None) -> Any:
        """Do."""
        return self._answer("post", path, body)

    async def get_by_post(self, path: str, body: Any) -> Any:
        """Ask with a body."""
        return self._answer("ask", path, body)

    async def patch(self, path: str, body: Any) -> Any:
        """Change."""
        return self._answer("patch", path, body)


class PaperView:
    """What ``PageView`` is for a page, driven by a test."""

    def __init__(self) -> None:
        self.desk = PaperDesk()
        self._watching: dict[str, list[Callable[[Any], object]]] = {}
        self.hearing: list[Callable[[Any], object]] = []

    def watch(self, topic: str, update: Callable[[Any], object]) -> None:
        """Nothing is known of it yet."""
        self._watching.setdefault(topic, []).append(update)

    def listen(self, hear: Callable[[Any], object]) -> None:
        """Nothing happens yet."""
        self.hearing.append(hear)

    def at_end(self, end: Callable[[], object]) -> None:
        """The test ends first."""

    def tell(self, topic: str, value: Any) -> None:
        """A topic has this value now."""
        for update in self._watching[topic]:
            update(value)

    @property
    def view(self) -> PageView:
        """As pages take it."""
        return cast(PageView, self)


@contextmanager
def tab() -> Iterator[Client]:
    """A browser tab that elements can be made in."""
    with Client(page("/of-a-test")) as client:
        yield client
        client.delete()


def texts(root: ui.element) -> list[str]:
    """Every text below an element, in order, of what is visible."""
    found = []
    if root.visible:
        if (text := getattr(root, "text", None)) is not None:
            found.append(str(text))
        for child in root.default_slot.children:
            found += texts(child)
    return found
