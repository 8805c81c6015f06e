"""Runs a proxy or a replay in the foreground until Ctrl-C or SIGTERM."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Final

PROGRESS_S: Final = 0.5


async def until_stopped(line: Callable[[], str]) -> None:
    """Wait to be cancelled; meanwhile show a progress line when stderr is a terminal."""
    with_terminal = sys.stderr.isatty()
    shown = ""
    try:
        while True:
            await asyncio.sleep(PROGRESS_S if with_terminal else 3600)
            if with_terminal and (told := line()) != shown:
                sys.stderr.write(f"\r{told}\x1b[K")
                sys.stderr.flush()
                shown = told
    finally:
        if shown:
            sys.stderr.write("\n")


def run(main: Callable[[], Awaitable[None]]) -> None:
    """Run a coroutine until it ends, or Ctrl-C or SIGTERM stops it, which is no failure."""

    async def whole() -> None:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None

        def stop(*_: object) -> None:
            loop.call_soon_threadsafe(task.cancel)

        # Not what asyncio does at Ctrl-C: a shell that starts a command in the background has it
        # ignore SIGINT. And not the loop's own handlers, which Windows lacks.
        before = signal.signal(signal.SIGTERM, stop)
        try:
            await main()
        finally:
            signal.signal(signal.SIGTERM, before)

    try:
        asyncio.run(whole())
    except (KeyboardInterrupt, asyncio.CancelledError):
        return
