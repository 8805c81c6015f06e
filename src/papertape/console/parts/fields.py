"""Input fields by type of value: switch, number, choice, list, text."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

from nicegui import ui
from nicegui.elements.mixins.value_element import ValueElement

from .components import named
from .labels import SUFFIXES, label

Row = dict[str, Any]
Changed = Callable[[], object]


class FormField(ABC):
    """An input field."""

    def __init__(self, element: ValueElement[Any], name: str) -> None:
        self.element = named(element, aria_label=name)

    @abstractmethod
    def get(self) -> Any:
        """The value, in the form that the station keeps."""

    def set(self, value: Any) -> None:
        """Set the value."""
        self.element.value = self._shown(value)

    def _shown(self, value: Any) -> Any:
        return value

    def fail(self, wrong: bool) -> None:
        """Mark it as invalid, or as valid."""
        named(self.element, error=wrong, aria_invalid=str(wrong).lower())

    def focus(self) -> None:
        """Focus it and scroll it into view."""
        self.element.run_method("focus")


class SwitchField(FormField):
    """On or off."""

    def __init__(self, name: str, value: bool, changed: Changed | None = None) -> None:
        super().__init__(ui.switch(value=value, on_change=changed), name)

    def get(self) -> bool:
        """Whether it is on."""
        return bool(self.element.value)

    def focus(self) -> None:
        """Do nothing: a switch cannot be invalid."""


class NumberField(FormField):
    """The number, as an integer where it is one; None when blank."""

    def __init__(
        self, name: str, value: float | None, changed: Changed | None = None, *, suffix: str = ""
    ) -> None:
        made = ui.number(value=value, on_change=changed, suffix=suffix or None)
        super().__init__(made.props("outlined dense hide-bottom-space"), name)

    def get(self) -> float | str | None:
        """The number. Anything else is passed on, for the station to refuse."""
        value = self.element.value
        if value is None or value == "":
            return None
        number = float(value)
        return int(number) if number.is_integer() else str(value)


class ChoiceField(FormField):
    """One of several words."""

    def __init__(
        self, name: str, value: str, choices: Sequence[str], changed: Changed | None = None
    ) -> None:
        made = ui.select(list(choices), value=value, on_change=changed)
        super().__init__(made.props("outlined dense options-dense hide-bottom-space"), name)

    def get(self) -> Any:
        """The selected word."""
        return self.element.value


class WordsField(FormField):
    """Several words, one per line."""

    def __init__(self, name: str, value: list[str], changed: Changed | None = None) -> None:
        made = ui.textarea(value=self._shown(value), on_change=changed)
        super().__init__(made.props("outlined dense autogrow hide-bottom-space"), name)

    def _shown(self, value: Any) -> str:
        return "\n".join(value)

    def get(self) -> list[str]:
        """The words; commas separate them as well as line breaks."""
        parts = str(self.element.value or "").replace(",", "\n").splitlines()
        return [part.strip() for part in parts if part.strip()]


class TextField(FormField):
    """A text."""

    def __init__(
        self,
        name: str,
        value: str,
        changed: Changed | None = None,
        *,
        longest: int | None = None,
    ) -> None:
        made = ui.input(value=value, on_change=changed)
        super().__init__(made.props("outlined dense hide-bottom-space"), name)
        if longest is not None:
            named(made, maxlength=longest)

    def get(self) -> str:
        """The text."""
        return str(self.element.value or "")


def made(row: Row, changed: Changed) -> FormField:
    """Make the field of a setting in the current container."""
    name, value, kind = label(row["name"]), row["value"], row["type"]
    if kind == "switch":
        return SwitchField(name, value, changed)
    if kind == "number":
        return NumberField(name, value, changed, suffix=SUFFIXES.get(row["name"], ""))
    if kind == "choice":
        return ChoiceField(name, value, row["choices"], changed)
    if kind == "list":
        return WordsField(name, value, changed)
    return TextField(name, value, changed, longest=row["longest"])
