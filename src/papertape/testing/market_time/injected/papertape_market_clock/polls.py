"""``select``, ``poll``, ``epoll`` and ``kqueue``, and so ``selectors`` and ``asyncio``."""

from __future__ import annotations

import select
import sys
from collections.abc import Callable

from .baton import Baton

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def install_polls(baton: Baton) -> None:
    """Replace them, before anybody has made one."""
    _install_select(baton)
    for name in ("poll", "epoll", "kqueue"):
        if hasattr(select, name):
            {"poll": _install_poll, "epoll": _install_epoll, "kqueue": _install_kqueue}[name](baton)
    known = sys.modules.get("selectors")
    for name, kind in (("EpollSelector", "epoll"), ("PollSelector", "poll")):
        if hasattr(known, name):
            getattr(known, name)._selector_cls = getattr(select, kind)


def _waited(baton: Baton, look: Callable[[], Any], seconds: float | None) -> Any:
    """What there is, waited for so many seconds, without end for None or less than nothing."""
    found = look()
    if found or seconds == 0:
        if not found:
            baton.reading()
        return found
    return baton.park(None if seconds is None or seconds < 0 else baton.deadline(seconds), look)


def _install_select(baton: Baton) -> None:
    real = select.select

    def replaced(rlist: Any, wlist: Any, xlist: Any, timeout: Any = None, /) -> Any:
        if baton.plain:
            return real(rlist, wlist, xlist, timeout)
        if timeout is not None and timeout < 0:
            raise ValueError("timeout must be non-negative")
        lists = list(rlist), list(wlist), list(xlist)

        def look() -> Any:
            found = real(*lists, 0) if any(lists) else ()
            return found if any(found) else None

        return _waited(baton, look, timeout) or ([], [], [])

    replaced.__name__ = replaced.__qualname__ = "select"
    select.select = replaced


def _install_poll(baton: Baton) -> None:
    make = select.poll

    class Poll:
        """An object as ``select.poll`` makes it."""

        def __init__(self) -> None:
            self._real = make()
            self.register, self.modify = self._real.register, self._real.modify
            self.unregister = self._real.unregister

        def poll(self, timeout: Any = None, /) -> Any:
            if baton.plain:
                return self._real.poll(timeout)
            seconds = None if timeout is None else timeout / 1000
            return _waited(baton, lambda: self._real.poll(0), seconds) or []

    select.poll = Poll  # type: ignore[assignment,misc]


def _install_epoll(baton: Baton) -> None:
    make: Any = select.epoll

    class Epoll:
        """An object as ``select.epoll`` makes it."""

        def __init__(self, sizehint: int = -1, flags: int = 0, _real: Any = None) -> None:
            self._real = make(sizehint, flags) if _real is None else _real
            self.register, self.modify = self._real.register, self._real.modify
            self.unregister, self.fileno = self._real.unregister, self._real.fileno
            self.close = self._real.close

        @classmethod
        def fromfd(cls, fd: int, /) -> Epoll:
            return cls(_real=make.fromfd(fd))

        @property
        def closed(self) -> bool:
            return bool(self._real.closed)

        def poll(self, timeout: Any = None, maxevents: int = -1) -> Any:
            if baton.plain:
                return self._real.poll(timeout, maxevents)
            found = _waited(baton, lambda: self._real.poll(0, maxevents), timeout) or []
            return found if len(found) < 2 else sorted(found)

        def __enter__(self) -> Epoll:
            return self

        def __exit__(self, *exc: object) -> None:
            self.close()

    select.epoll = Epoll  # type: ignore[assignment,misc]


def _install_kqueue(baton: Baton) -> None:
    module: Any = select
    make = module.kqueue

    class Kqueue:
        """An object as ``select.kqueue`` makes it."""

        def __init__(self, _real: Any = None) -> None:
            self._real = make() if _real is None else _real
            self.fileno, self.close = self._real.fileno, self._real.close

        @classmethod
        def fromfd(cls, fd: int, /) -> Kqueue:
            return cls(make.fromfd(fd))

        @property
        def closed(self) -> bool:
            return bool(self._real.closed)

        def control(self, changelist: Any, max_events: int, timeout: Any = None, /) -> Any:
            if baton.plain or not max_events:
                return self._real.control(changelist, max_events, timeout)
            if changelist:
                self._real.control(changelist, 0, 0)
            look = lambda: self._real.control(None, max_events, 0)  # noqa: E731
            return _waited(baton, look, timeout) or []

    module.kqueue = Kqueue
