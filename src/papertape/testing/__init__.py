"""A TWS for tests: a station in this process, on a free port, over a market that is always open.

With pytest, ask for the fixture ``tws`` (the plugin is registered when Papertape is installed)::

    def test_my_program(tws):
        program.connect(tws.host, tws.port, clientId=1)
        tws.drill("farm-blip", name="usfarm", ms=2000)

Without pytest, ``with papertape.testing.serve() as tws: …`` does the same. Needs
``papertape[server]``.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .thread import RunningStation, serve

__all__ = ["RunningStation", "serve"]


def __getattr__(name: str) -> Any:
    """The public names, loaded on first use: the plugin is part of every run of pytest."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import thread

    return getattr(thread, name)
