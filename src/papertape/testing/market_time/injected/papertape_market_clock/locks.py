"""Locks whose waiters park; conditions, events, semaphores and queues are made of them."""

from __future__ import annotations

import _thread
import threading
from collections import deque

from .baton import Baton, Strand

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_allocate = _thread.allocate_lock


def install_locks(baton: Baton) -> None:
    """Replace the locks of ``threading``; the import machinery keeps its own."""

    class Lock:
        """A lock as ``threading.Lock`` makes it."""

        __slots__ = ("__weakref__", "_real", "_waiters")

        def __init__(self) -> None:
            self._real = _allocate()
            self._waiters: deque[Strand] = deque()

        def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
            if self._real.acquire(False):
                return True
            if not blocking or timeout == 0 or baton.plain:
                baton.reading()
                return self._real.acquire(blocking, timeout)
            if timeout < 0 and timeout != -1:
                raise ValueError("timeout value must be a non-negative number")
            if timeout > threading.TIMEOUT_MAX:
                raise OverflowError("timeout value is too large")
            return self._wait(None if timeout == -1 else baton.deadline(timeout))

        def _wait(self, deadline: int | None) -> bool:
            me = baton.strand()
            while True:
                self._waiters.append(me)
                try:
                    baton.park(deadline, self._free)
                finally:
                    if me in self._waiters:
                        self._waiters.remove(me)
                if self._real.acquire(False):
                    return True
                if deadline is not None and baton.now >= deadline:
                    return False

        def _free(self) -> bool:
            return not self._real.locked()

        def release(self) -> None:
            self._real.release()
            if self._waiters:
                baton.rouse_one(self._waiters)

        def locked(self) -> bool:
            baton.reading()
            return self._real.locked()

        acquire_lock, release_lock, locked_lock = acquire, release, locked

        def _at_fork_reinit(self) -> None:
            self._real = _allocate()
            self._waiters.clear()

        def __enter__(self) -> bool:
            return self.acquire()

        def __exit__(self, *exc: object) -> None:
            self.release()

        def __repr__(self) -> str:
            state = "locked" if self._real.locked() else "unlocked"
            return f"<{state} _thread.lock object at {id(self):#x}>"

    Lock.__module__, Lock.__qualname__, Lock.__name__ = "_thread", "lock", "lock"
    ours: Any = threading
    ours.Lock = ours._allocate_lock = Lock
    if hasattr(ours, "_PyRLock"):
        ours._CRLock = None
        if isinstance(ours.RLock, type):
            ours.RLock = ours._PyRLock
