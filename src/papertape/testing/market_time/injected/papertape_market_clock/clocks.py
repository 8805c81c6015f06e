"""Clocks and sleeps: ``time`` and ``datetime`` show the market's time."""

from __future__ import annotations

import gc
import operator
import sys
import time
import warnings
from collections.abc import Callable

from .baton import Baton

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SECOND = 1_000_000_000
COUNTED_FROM = 1000 * SECOND
"""What monotonic clocks show at the beginning."""


def nanos(seconds: Any) -> int:
    """Seconds as nanoseconds. Raises ``TypeError`` for what is no number."""
    if isinstance(seconds, float):
        if seconds != seconds:
            raise ValueError("Invalid value NaN (not a number)")
        return round(seconds * 1e9)
    try:
        return operator.index(seconds) * SECOND
    except TypeError:
        if not hasattr(seconds, "__float__"):
            raise
        return round(float(seconds) * 1e9)


def install_clocks(baton: Baton) -> None:
    """Replace them."""
    module: Any = time
    reading = baton.reading

    def clock(name: str, base: Callable[[], int]) -> None:
        real, real_ns = getattr(time, name), getattr(time, name + "_ns")

        def whole() -> int:
            if baton.plain:
                return int(real_ns())
            reading()
            return base()

        def seconds() -> float:
            if baton.plain:
                return float(real())
            reading()
            return base() / 1e9

        for replaced, called in ((seconds, name), (whole, name + "_ns")):
            replaced.__name__ = replaced.__qualname__ = called
            setattr(module, called, replaced)

    def wall() -> int:
        return baton.now

    def steady() -> int:
        return baton.now - baton.began + COUNTED_FROM

    clock("time", wall)
    clock("monotonic", steady)
    clock("perf_counter", steady)
    real_sleep = time.sleep

    def sleep(seconds: Any, /) -> None:
        """As ``time.sleep``, on the market's clock."""
        if baton.plain:
            real_sleep(seconds)
            return
        length = nanos(seconds)
        if length < 0:
            raise ValueError("sleep length must be non-negative")
        if length:
            baton.park(baton.now + length)
        else:
            baton.turn()

    module.sleep = sleep
    sys.modules["threading"]._time = module.monotonic  # type: ignore[attr-defined]
    _install_clock_gettime(baton, wall, steady)
    _install_forms(baton)
    _install_datetime(baton)


def _install_clock_gettime(
    baton: Baton, wall: Callable[[], int], steady: Callable[[], int]
) -> None:
    module: Any = time
    if not hasattr(module, "clock_gettime_ns"):
        return
    real, real_ns = module.clock_gettime, module.clock_gettime_ns
    walls = {getattr(time, n, None) for n in ("CLOCK_REALTIME", "CLOCK_TAI")}
    names = ("MONOTONIC", "MONOTONIC_RAW", "BOOTTIME", "HIGHRES", "UPTIME", "UPTIME_RAW")
    steadies = {getattr(time, f"CLOCK_{n}", None) for n in names}

    def clock_gettime_ns(clk_id: int, /) -> int:
        if not baton.plain and clk_id in walls | steadies:
            baton.reading()
            return wall() if clk_id in walls else steady()
        return int(real_ns(clk_id))

    def clock_gettime(clk_id: int, /) -> float:
        if not baton.plain and clk_id in walls | steadies:
            return clock_gettime_ns(clk_id) / 1e9
        return float(real(clk_id))

    module.clock_gettime_ns, module.clock_gettime = clock_gettime_ns, clock_gettime


def _install_forms(baton: Baton) -> None:
    """What means the present where no time is given."""
    module: Any = time
    localtime, gmtime, ctime = time.localtime, time.gmtime, time.ctime
    strftime, asctime = time.strftime, time.asctime

    def given(seconds: Any) -> Any:
        return module.time() if seconds is None else seconds

    module.localtime = lambda seconds=None, /: localtime(given(seconds))
    module.gmtime = lambda seconds=None, /: gmtime(given(seconds))
    module.ctime = lambda seconds=None, /: ctime(given(seconds))

    def strftime_(format: str, *t: Any) -> str:
        return strftime(format, *(t or (module.localtime(),)))

    module.strftime = strftime_
    module.asctime = lambda *t: asctime(*(t or (module.localtime(),)))


def _install_datetime(baton: Baton) -> None:
    """``now`` and ``utcnow``; ``today`` asks ``time.time`` by itself. The class stays the one that
    it is, so that nothing which looks at it sees a difference."""
    known = "datetime" in sys.modules
    import datetime

    real_now = datetime.datetime.__dict__["now"]
    real_utcnow = datetime.datetime.__dict__["utcnow"]

    def now(cls: Any, tz: Any = None) -> Any:
        """Return the market's time, in ``tz`` or in the computer's zone."""
        if baton.plain:
            return real_now.__get__(None, cls)(tz)
        baton.reading()
        return cls.fromtimestamp(baton.now // 1000 / 1e6, tz)

    def utcnow(cls: Any) -> Any:
        """Return the market's time in UTC, without a zone."""
        if baton.plain:
            return real_utcnow.__get__(None, cls)()
        if sys.version_info >= (3, 12):
            warnings.warn(
                "datetime.datetime.utcnow() is deprecated and scheduled for removal in a future "
                "version. Use timezone-aware objects to represent datetimes in UTC: "
                "datetime.datetime.now(datetime.UTC).",
                DeprecationWarning,
                stacklevel=2,
            )
        baton.reading()
        return cls.fromtimestamp(baton.now // 1000 / 1e6, datetime.UTC).replace(tzinfo=None)

    _put(datetime.datetime, "now", classmethod(now), known)
    _put(datetime.datetime, "utcnow", classmethod(utcnow), known)


def _put(cls: Any, name: str, value: Any, known: bool) -> None:
    """Replace an attribute of a class, also of one that C has made."""
    try:
        setattr(cls, name, value)
        return
    except TypeError:
        pass
    for found in gc.get_referents(cls.__dict__):
        if isinstance(found, dict) and name in found:
            found[name] = value
    if known:  # somebody may have looked it up already
        import ctypes

        ctypes.pythonapi.PyType_Modified(ctypes.py_object(cls))
