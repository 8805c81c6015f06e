"""Quote and daily figures of one instrument, fetched once a second while the page is open."""

from collections.abc import Callable
from typing import Any

from nicegui import ui

from ..remote import RemoteError
from ..view import PageView

EVERY_S = 1.0
Quote = dict[str, Any]
Told = Callable[[Quote | None], object]


class Following:
    """Follows the quote of one instrument at a time; calls ``told``, with None if there is none."""

    def __init__(self, view: PageView, told: Told) -> None:
        self.con_id = 0
        self._view, self._told = view, told
        self._last: Quote | None = None
        ui.timer(EVERY_S, self.look, immediate=False)

    async def follow(self, con_id: int) -> None:
        """Follow another instrument; 0 for none."""
        self.con_id, self._last = con_id, None
        self._told(None)
        await self.look()

    async def look(self) -> None:
        """Fetch the quote once."""
        asked = self.con_id
        if not asked:
            return
        try:
            found = await self._view.desk.get(f"/quotes/{asked}")
        except RemoteError:
            found = None
        if asked == self.con_id and found != self._last:
            self._last = found
            self._told(found)
