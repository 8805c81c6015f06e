"""The dialog that gives a working order new terms."""

from collections.abc import Mapping
from typing import Any, Final

from nicegui import ui

from ..parts.components import button, heading
from ..parts.order_fields import choice, number, order_form, relabel, text
from ..remote import RemoteError
from ..view import PageView
from . import trades
from .order_form import KINDS, MOST, SAMPLE_TIME, TIFS, labels

CHANGEABLE: Final = ("aux_price", "trailing_percent", "limit_price", "limit_offset")
"""Prices of an order that may be changed here."""
CHANGING: Final = tuple(name for name in TIFS if name != "Minutes")
"""Times in force that an order may get."""


def changes(order: Mapping[str, Any], form: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a form that differ from those of the order; what is empty stays as it is."""
    found: dict[str, Any] = {}
    for name, value in form.items():
        old = order[name]
        if name == "quantity":
            old = float(old)
        if value not in (None, "") and value != old:
            found[name] = value
    if "quantity" in found:
        found["quantity"] = int(found["quantity"])
    return found


def unfit(order: Mapping[str, Any], form: Mapping[str, Any]) -> str:
    """What cannot be in a form; "" when it is fine. A size that stays may be a fraction."""
    quantity = form["quantity"]
    whole = quantity is None or quantity == float(order["quantity"])
    whole = whole or (quantity == int(quantity) and 1 <= quantity <= MOST)
    return "" if whole else f"Quantity is a whole number from 1 to {MOST:,}."


def times_of(kind: str, tif: str) -> dict[str, str]:
    """The times in force that an order of a type may get, with their titles; ``tif`` is its own.
    Minutes begin with an order, so it cannot get them later."""
    known = KINDS[kind].tifs if kind in KINDS else ()
    return {name: TIFS.get(name, name) for name in (tif, *known) if name in (tif, *CHANGING)}


class ChangeOrder:
    """Asks for new terms, and sends those that differ."""

    def __init__(self, view: PageView) -> None:
        self._view = view
        self._order: dict[str, Any] = {}
        with ui.dialog() as self._box, ui.card().props('aria-label="Change this order"'):
            heading("Change this order", 2)
            self._what = ui.label().classes("pt-num pt-strong")
            self._more = ui.label().classes("pt-num pt-soft pt-small")
            with order_form() as form:
                form.on("submit.prevent", self._send)
                with ui.element("div").classes("pt-pair"):
                    self._quantity = number("Quantity", None, 1)
                    self._prices = {name: number("", None, least=None) for name in CHANGEABLE}
                    self._tif = choice("Time in force", TIFS, self._timed).classes("pt-whole")
                    self._good_till = text("Until", placeholder=SAMPLE_TIME).classes("pt-whole")
                self._outside = ui.checkbox("Outside regular hours")
                self._error = ui.label().classes("pt-error").props('role="alert"')
                with ui.element("div").classes("pt-row"):
                    button("Send changes", lambda: None).props('type="submit"')
                    button("Back", self._box.close, kind="plain")

    def ask(self, order: dict[str, Any]) -> None:
        """Show the terms of an order."""
        self._order = order
        self._what.set_text(trades.in_words(order))
        self._more.set_text(" · ".join(trades.belongings(order)))
        kind = order["order_type"]
        named = labels(kind) if kind in KINDS else {}
        for name, field in self._prices.items():
            field.set_visibility(name in named)
            if name in named:
                relabel(field, named[name])
            field.set_value(order[name])
        self._tif.set_options(times_of(kind, order["tif"]), value=order["tif"])
        self._quantity.set_value(float(order["quantity"]))
        self._good_till.set_value(order["good_till"])
        self._outside.set_value(order["outside_rth"])
        self._error.set_text("")
        self._timed()
        self._box.open()

    def _timed(self) -> None:
        self._good_till.set_visibility(self._tif.value == "GTD")

    async def _send(self) -> None:
        form = {
            "quantity": self._quantity.value,
            **{name: field.value for name, field in self._prices.items() if field.visible},
            "tif": self._tif.value,
            "good_till": self._good_till.value if self._tif.value == "GTD" else "",
            "outside_rth": self._outside.value,
        }
        problem = unfit(self._order, form)
        if problem:
            self._error.set_text(problem)
            return
        wanted = changes(self._order, form)
        if not wanted:
            self._error.set_text("Nothing has been changed.")
            return
        try:
            order = await self._view.desk.patch(f"/orders/{self._order['perm_id']}", wanted)
        except RemoteError as refused:
            self._error.set_text(str(refused))
            return
        self._box.close()
        ui.notify(f"Changed: {trades.in_words(order)}", type="positive")
