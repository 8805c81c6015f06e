"""The instrument search: type part of a symbol or name, select with arrow keys and Enter."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from nicegui.element import Element
from nicegui.events import GenericEventArguments

from ..remote import RemoteError
from ..view import PageView

LONGEST = 40
Chosen = Callable[[dict[str, Any]], Awaitable[None]]


def named(found: Mapping[str, Any]) -> str:
    """The name of an instrument: that of its contract where it has one of its own."""
    return " ".join((found.get("local_symbol") or found["symbol"]).split())


def about(found: dict[str, Any]) -> str:
    """What distinguishes an instrument from others with its symbol."""
    name = named(found)
    facts = [
        name if name != found["symbol"] else None,
        found["security_type"],
        found["exchange"],
        found["currency"],
    ]
    return " · ".join(filter(None, [*facts, found.get("description")]))


class SymbolSearch(Element, component="combo.js"):
    """A combobox over ``/symbols``; calls ``chosen`` with the user's selection."""

    def __init__(self, view: PageView, chosen: Chosen, *, label: str = "Symbol") -> None:
        super().__init__()
        self._props["label"] = label
        self._props["placeholder"] = "Search a symbol"
        self._props["nothing"] = "No instrument of this name"
        self._view = view
        self._chosen = chosen
        self._offered: dict[str, dict[str, Any]] = {}
        self.on("ask", self._ask)
        self.on("choose", self._choose)

    async def search(self, text: str) -> list[dict[str, Any]]:
        """The instruments that match. Raises ``RemoteError``."""
        found: list[dict[str, Any]] = await self._view.desk.get("/symbols", q=text[:LONGEST])
        return found

    def show(self, symbol: str) -> None:
        """Show the selected instrument."""
        self._props["value"] = symbol
        self.update()

    async def _ask(self, event: GenericEventArguments) -> None:
        text = str(event.args)[:LONGEST]
        try:
            found = await self.search(text)
        except RemoteError:
            found = []
        self._offered = {str(one["con_id"]): one for one in found}
        offers = [[key, one["symbol"], about(one)] for key, one in self._offered.items()]
        self.run_method("offer", text, offers)

    async def _choose(self, event: GenericEventArguments) -> None:
        found = self._offered.get(str(event.args))
        if found is not None:
            await self._chosen(found)
