"""Recordings of the wire: a proxy that makes them, masks, and a TWS that answers from them.

For tests: ``async with papertape.recording.replaying("day.recording") as tws:`` serves a recording
on ``tws.port``; ``tws.report`` tells what was asked that the recording does not know.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .aio.replay import replaying

__all__ = ["replaying"]


def __getattr__(name: str) -> Any:
    """``replaying``, loaded when it is first used: reading recordings needs no event loop."""
    if name == "replaying":
        from .aio.replay import replaying

        return replaying
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
