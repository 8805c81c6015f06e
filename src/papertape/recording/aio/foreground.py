"""Runs a proxy or a replay in the foreground until Ctrl-C or SIGTERM."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Final

PROGRESS_S: Final = 0.5


async def until_stopped(line: Callable[[], str]) -> None:
    """Wait for Ctrl-C or SIGTERM; meanwhile show a progress line when stderr is a terminal."""
    with_terminal = sys.stderr.isatty()
    # What asyncio does at Ctrl-C is right for SIGTERM too, and there is no other way on Windows.
    before = signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGINT))
    shown = ""
    try:
        while True:
            await asyncio.sleep(PROGRESS_S if with_terminal else 3600)
            if with_terminal and (told := line()) != shown:
                sys.stderr.write(f"\r{told}\x1b[K")
                sys.stderr.flush()
                shown = told
    finally:
        signal.signal(signal.SIGTERM, before)
        if shown:
            sys.stderr.write("\n")


def run(main: Callable[[], Awaitable[None]]) -> None:
    """Run a coroutine until it ends or Ctrl-C stops it, which is no failure."""

    async def whole() -> None:
        await main()

    try:
        asyncio.run(whole())
    except KeyboardInterrupt:
        return
