"""Threads that take their turns, and how others wait for their end."""

from __future__ import annotations

import _thread
import threading
from collections.abc import Callable

from .baton import Baton, Strand

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def install_threads(baton: Baton) -> None:
    """Replace the start of threads, ``Thread.join`` and what the interpreter's end waits for."""

    def managed(real: Callable[..., Any]) -> Callable[..., Any]:
        def start(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
            if baton.off or not callable(function):
                return real(function, *args, **kwargs)
            strand = baton.born()
            owner = getattr(function, "__self__", None)
            if isinstance(owner, threading.Thread):
                owner._market_strand = strand  # type: ignore[attr-defined]

            def run(*given: Any, **named: Any) -> None:
                baton.begin(strand)
                try:
                    function(*given, **named)
                finally:
                    baton.end(strand)

            try:
                return real(run, *args, **kwargs)
            except BaseException:
                baton.unborn(strand)
                raise

        return start

    ours: Any = threading
    raw: Any = _thread
    for name in ("start_new_thread", "start_joinable_thread"):
        if hasattr(raw, name):
            replaced = managed(getattr(raw, name))
            setattr(raw, name, replaced)
            if hasattr(ours, "_" + name):
                setattr(ours, "_" + name, replaced)
    raw.start_new = raw.start_new_thread

    real_join, real_alive = threading.Thread.join, threading.Thread.is_alive
    real_shutdown = ours._shutdown

    def over(strand: Strand, timeout: float | None) -> bool:
        deadline, me = baton.deadline(timeout), baton.strand()
        while not strand.ended:
            strand.joiners.append(me)
            baton.park(deadline, lambda: strand.ended)
            if not strand.ended and deadline is not None and baton.now >= deadline:
                return False
        return True

    def join(self: threading.Thread, timeout: float | None = None) -> None:
        strand = getattr(self, "_market_strand", None)
        if strand is None or baton.plain or strand is baton.strand():
            real_join(self, timeout)
        elif over(strand, timeout):
            real_join(self)  # its last instructions, which need nothing of ours

    def is_alive(self: threading.Thread) -> bool:
        strand = getattr(self, "_market_strand", None)
        if strand is not None and strand.ended and not baton.plain:
            real_join(self)
        elif strand is not None:
            baton.reading()
        return real_alive(self)

    def shutdown() -> None:
        ours._SHUTTING_DOWN = True
        ends = getattr(ours, "_threading_atexits", [])
        while ends:
            ends.pop()()
        for thread in threading.enumerate():
            if not thread.daemon and thread is not threading.current_thread():
                join(thread)
        real_shutdown()

    replaced_methods: Any = threading.Thread
    replaced_methods.join, replaced_methods.is_alive = join, is_alive
    ours._shutdown = shutdown
