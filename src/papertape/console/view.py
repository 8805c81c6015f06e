"""What a page is built with: the live topics of its station, for as long as it is open."""

from collections.abc import Callable
from typing import Any

from nicegui import ui

from .topics import Update, WatchedStation


class PageView:
    """One page in one browser tab. Everything it watches ends with it."""

    def __init__(self, desk: WatchedStation) -> None:
        self.desk = desk
        self._client = ui.context.client
        self._ends: list[Callable[[], object]] = []
        self._client.on_delete(self._end)

    def watch(self, topic: str, update: Update) -> None:
        """Call ``update`` with a topic's value now and after each change (see ``topics``)."""

        def inside(value: Any) -> None:
            with self._client:
                update(value)

        self._ends.append(self.desk.topic(topic).watch(inside))

    def listen(self, hear: Update) -> None:
        """Call ``hear`` with every event."""

        def inside(news: Any) -> None:
            with self._client:
                hear(news)

        self._ends.append(self.desk.listen(inside))

    def at_end(self, end: Callable[[], object]) -> None:
        """Call ``end`` when the page is gone."""
        self._ends.append(end)

    def _end(self) -> None:
        for end in self._ends:
            end()
        self._ends.clear()
