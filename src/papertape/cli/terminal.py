"""Makes text from other sources safe for a terminal."""

import sys
from collections.abc import Callable
from contextvars import ContextVar

from rich.markup import escape

from ..errors import PapertapeError, SettingsError
from ..quoting import visible


def shown(value: object) -> str:
    """The text of a value for ``rich``, in one line, without control characters or markup."""
    return escape(visible(value))


def ours(error: PapertapeError | OSError) -> PapertapeError:
    """The error as one of ours: about a path that the system does not take, or lets nobody look at.
    Raises any other ``OSError``."""
    if isinstance(error, PapertapeError):
        return error
    if error.filename is None:
        raise error
    return SettingsError(f"cannot be used: {error.strerror}", path=error.filename)


_form: ContextVar[Callable[[str], str]] = ContextVar("form", default=visible)


def say_as(form: Callable[[str], str]) -> None:
    """Let ``say`` print lines in another form from now on."""
    _form.set(form)


def say(text: str) -> None:
    """Print a line of the command itself; controls in it are made visible."""
    sys.stdout.write(_form.get()(text) + "\n")
    sys.stdout.flush()
