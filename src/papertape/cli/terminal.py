"""Text of others on the way to a terminal."""

from rich.markup import escape

from ..quoting import visible


def shown(value: object) -> str:
    """The text of a value for ``rich``: in one line, without control characters or markup."""
    return escape(visible(value))
