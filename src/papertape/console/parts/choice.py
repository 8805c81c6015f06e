"""A group of buttons of which exactly one is selected."""

from collections.abc import Callable, Mapping

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement


class OptionButtons:
    """Shows the options; calls ``told`` with the name of the one that was pressed."""

    def __init__(
        self, options: Mapping[str, str], value: str, told: Callable[[str], object], *, label: str
    ) -> None:
        self.value = value
        self._told = told
        self._buttons: dict[str, TextElement] = {}
        with ui.element("div").classes("pt-choice").props('role="group"') as group:
            group.props["aria-label"] = label
            for name, title in options.items():
                self._buttons[name] = self._button(name, title)
        self._show()

    def press(self, name: str) -> object:
        """Select an option, as a click does; return what ``told`` returns, maybe an awaitable."""
        if name == self.value:
            return None
        self.value = name
        self._show()
        return self._told(name)

    def _button(self, name: str, title: str) -> TextElement:
        made = TextElement(tag="button", text=title).props('type="button"')
        made.props["data-name"] = name
        made.on("click", lambda: self.press(name))
        return made

    def _show(self) -> None:
        for name, made in self._buttons.items():
            made.props["aria-pressed"] = "true" if name == self.value else "false"
            made.update()
