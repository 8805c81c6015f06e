"""Makes text from other sources safe for a terminal."""

from rich.markup import escape

from ..quoting import visible


def shown(value: object) -> str:
    """The text of a value for ``rich``, in one line, without control characters or markup."""
    return escape(visible(value))
