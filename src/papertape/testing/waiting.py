"""Waits for what a program sends, in a test and in a test that is a coroutine."""

import asyncio
import time
from collections.abc import Callable
from typing import Final, TypeVar

PATIENCE_S: Final = 5.0
POLL_S: Final = 0.005
Sought = TypeVar("Sought")


def wait(look: Callable[[], Sought | None], within: float, missing: Callable[[], str]) -> Sought:
    """Return what ``look`` finds, looking for at most ``within`` seconds of the computer's clock.
    Raises ``AssertionError`` with the text of ``missing``."""
    __tracebackhide__ = True
    end = time.monotonic() + within
    while (found := look()) is None:
        if time.monotonic() >= end:
            raise AssertionError(missing())
        time.sleep(POLL_S)
    return found


async def wait_beside(
    look: Callable[[], Sought | None], within: float, missing: Callable[[], str]
) -> Sought:
    """The same as ``wait``, while the loop of a coroutine goes on."""
    __tracebackhide__ = True
    end = time.monotonic() + within
    while (found := look()) is None:
        if time.monotonic() >= end:
            raise AssertionError(missing())
        await asyncio.sleep(POLL_S)
    return found
