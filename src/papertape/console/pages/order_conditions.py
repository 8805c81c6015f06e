"""The conditions of an order that is being entered: one to fill in, and those that were added."""

from collections.abc import Callable
from functools import partial
from typing import Any

from nicegui import ui

from ..parts.components import button
from ..parts.order_fields import choice, number, text
from ..parts.symbols import SymbolSearch
from ..view import PageView
from .order_form import (
    CONDITION_KINDS,
    MOST_CONDITIONS,
    OF_CONTRACT,
    SAMPLE_TIME,
    condition_text,
)

JOINS = {"and": "and", "or": "or"}
SIGNS = {True: "at least", False: "at most"}


class ConditionsEditor:
    """Adds conditions and shows them; ``found`` gives the instrument of the order."""

    def __init__(
        self, view: PageView, found: Callable[[], dict[str, Any] | None], changed: Callable[[], Any]
    ) -> None:
        self.conditions: list[dict[str, Any]] = []
        self._texts: list[str] = []
        self._found, self._changed = found, changed
        self._other: dict[str, Any] | None = None
        self._list = ui.element("ul").classes("pt-conditions")
        self._kind = choice("Condition", CONDITION_KINDS, self._shown)
        self._search = SymbolSearch(view, self._choose, label="Of (default: the order's symbol)")
        with ui.element("div").classes("pt-pair"):
            self._more = choice("Is", SIGNS)
            self._level = number("Level", None)
        self._time = text("Time", placeholder=SAMPLE_TIME)
        self._join = choice("Joined with the one before by", JOINS)
        self._error = ui.label().classes("pt-error").props('role="alert"')
        button("Add condition", self._add, kind="plain")
        self._cancels = ui.checkbox("They cancel the order")
        self._any_hours = ui.checkbox("Outside regular hours too")
        self._shown()

    @property
    def form(self) -> dict[str, Any]:
        """What was entered, as the control API takes it."""
        return {
            "conditions": self.conditions,
            "conditions_cancel": bool(self._cancels.value),
            "conditions_any_hours": bool(self._any_hours.value),
        }

    def clear(self) -> None:
        """Forget all."""
        self.conditions, self._texts = [], []
        self._draw()

    async def _choose(self, found: dict[str, Any]) -> None:
        self._other = found
        self._search.show(found["symbol"])

    def _shown(self) -> None:
        kind = self._kind.value
        self._search.set_visibility(kind in OF_CONTRACT)
        self._level.set_visibility(kind not in ("time", "execution"))
        self._more.set_visibility(kind != "execution")
        self._time.set_visibility(kind == "time")
        self._draw()

    def _add(self) -> None:
        whose, kind = self._other or self._found(), self._kind.value
        problem = ""
        if len(self.conditions) >= MOST_CONDITIONS:
            problem = f"An order has at most {MOST_CONDITIONS} conditions here."
        elif kind in OF_CONTRACT and whose is None:
            problem = "Choose a symbol first."
        elif kind == "time" and not self._time.value:
            problem = f"Enter a time, such as {SAMPLE_TIME}."
        elif kind not in ("time", "execution") and self._level.value is None:
            problem = "Enter a level."
        self._error.set_text(problem)
        if problem:
            return
        made: dict[str, Any] = {"kind": kind, "more": self._more.value, "joined": "and"}
        if kind == "time":
            made["time"] = self._time.value
        elif kind == "execution":
            assert whose is not None
            made |= {"symbol": whose["symbol"], "security_type": whose["security_type"]}
        else:
            made["level"] = self._level.value
            if kind in OF_CONTRACT:
                assert whose is not None
                made |= {"con_id": whose["con_id"], "exchange": whose["exchange"]}
        if self.conditions:
            self.conditions[-1]["joined"] = self._join.value
        self.conditions.append(made)
        self._texts.append(condition_text(made, whose["symbol"] if whose else ""))
        self._draw()

    def _remove(self, place: int) -> None:
        del self.conditions[place], self._texts[place]
        self._draw()

    def _draw(self) -> None:
        self._list.clear()
        with self._list:
            for place, words in enumerate(self._texts):
                join = f"{self.conditions[place - 1]['joined']} " if place else ""
                with ui.element("li"):
                    ui.label(join + words)
                    made = button("×", partial(self._remove, place), kind="plain")
                    made.props["aria-label"] = f"Remove the condition {words}"
                    made.classes("pt-key")
        self._join.set_visibility(bool(self.conditions))
        self._cancels.set_visibility(bool(self.conditions))
        self._any_hours.set_visibility(bool(self.conditions))
        self._changed()
