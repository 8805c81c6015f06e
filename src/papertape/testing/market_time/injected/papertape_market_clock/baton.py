"""One thread of the program at a time, in a fixed order, and what time it is.

A thread that waits parks, with a deadline in market time or none, and a check whether it may go
on. The next one that may runs; when none may, the program is idle and time goes on: by itself as
far as the gate has said that nothing comes, else by asking the gate.
"""

from __future__ import annotations

import _thread
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .frames import IDLE
from .gateline import GateLine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MOST_READINGS = 1000
"""Readings of the clock at one instant before time is pushed on."""
PUSH = 1_000_000
"""Nanoseconds of such a push."""
FURTHEST = 1 << 62
"""A deadline that is as good as none, and fits into a frame."""
LOOK_S, LOOSE_LOOK_S = 0.25, 0.01
MOST_CPU_S = 1.0
"""How long a thread may compute while others wait, before they go on beside it."""
MOST_WALL_S, NO_CPU_S = 5.0, 0.02
"""How long it may do nothing at all; a busy computer lets it do a little."""

_allocate = _thread.allocate_lock
_get_ident = _thread.get_ident
_start = _thread.start_new_thread
_sleep = time.sleep
_monotonic = time.monotonic
_process_time = time.process_time


class Failed:
    """A check that raised."""

    __slots__ = ("error",)

    def __init__(self, error: Exception) -> None:
        self.error = error


class Strand:
    """A thread of the program."""

    __slots__ = ("check", "deadline", "ended", "found", "ident", "joiners", "out", "wake")

    def __init__(self, ident: int = 0) -> None:
        self.ident = ident
        self.wake = _allocate()
        self.wake.acquire()
        self.deadline: int | None = None
        self.check: Callable[[], Any] | None = None
        self.found: Any = None
        self.ended = False
        self.out = False
        """It runs without the baton: it waits for others than the station, or computes for long."""
        self.joiners: deque[Strand] = deque()


class Baton:
    """Says which thread runs, and what time it is."""

    def __init__(self, gate: GateLine, now: int, horizon: int) -> None:
        self.gate = gate
        self.now = now
        """Market time in nanoseconds since 1970."""
        self.horizon = horizon
        self.began = now
        self.aside: set[int] = set()
        """Threads that live by the wall clock for a moment."""
        self.off = False
        """This process was forked from the program: it lives by the wall clock."""
        self._spins = 0
        self._main = Strand(_get_ident())
        self._current: Strand | None = self._main
        self._strands = {self._main.ident: self._main}
        self._ready: deque[Strand] = deque()
        self._parked: dict[Strand, None] = {}
        self._outside = 0
        self._guard = _allocate()
        self._inside = 0
        """The thread that holds the guard."""
        self._switches = 0
        self._interrupts: deque[Callable[[], Any]] = deque()
        """Handlers of signals that came while the main thread could not run them."""
        self._waits = False
        """Whether the main thread is parked."""
        self.handled = 0
        """Signals handled while the main thread waited."""
        self._told = False

    @property
    def plain(self) -> bool:
        """Whether this thread lives by the wall clock."""
        return self.off or (bool(self.aside) and _get_ident() in self.aside)

    # -- waiting ----------------------------------------------------------------------------------

    def park(self, deadline: int | None = None, check: Callable[[], Any] | None = None) -> Any:
        """Wait until ``check`` finds something or somebody rouses this thread, at most until the
        deadline; what was found, or None."""
        me = self.strand()
        if deadline is not None and deadline > FURTHEST:
            deadline = None
        if self.off or self._inside == me.ident:
            return self._wait(deadline, check)
        main = me is self._main
        while True:
            me.deadline, me.check, me.found = deadline, check, None
            self._waits |= main
            with self._guarded(me):
                self._parked[me] = None
                if me.out:
                    me.out = False
                    self._outside -= 1
                if self._current is me or self._current is None:
                    self._pass_on()
            self._await_turn(me)
            found, me.check = me.found, None
            if not main:
                break
            self._waits = False
            if not self._interrupts:
                break
            self._interrupted()
            if found or (deadline is not None and deadline <= self.now):
                break
        if found.__class__ is Failed:
            raise found.error
        return found

    def interrupt(self, handler: Callable[[], Any]) -> None:
        """Run the handler of a signal, in the main thread: at its next turn where it waits."""
        me = self._main
        if self._waits or self._inside == me.ident:
            self._interrupts.append(handler)
            self.rouse(me)
        else:
            handler()

    def poke(self) -> None:
        """A signal has come, whose handler the main thread has to run."""
        if self._waits:
            self.interrupt(lambda: None)

    def _interrupted(self) -> None:
        """Run the handlers that wait."""
        while self._interrupts:
            self._interrupts.popleft()()
            self.handled += 1

    def turn(self) -> None:
        """Let the other threads that may go on have their turn."""
        me = self.strand()
        if not self._ready or self._current is not me or self._inside == me.ident:
            self.reading()
            return
        with self._guarded(me):
            self._ready.append(me)
            self._pass_on()
        self._await_turn(me)

    def rouse(self, strand: Strand) -> bool:
        """Let a thread that waits go on when it is its turn; whether it waited."""
        if strand not in self._parked:
            return False
        self._parked.pop(strand, None)
        self._ready.append(strand)
        return True

    def rouse_one(self, strands: deque[Strand]) -> None:
        """Let the first go on that still waits."""
        while strands:
            if self.rouse(strands.popleft()):
                return

    def deadline(self, seconds: float | None) -> int | None:
        """The instant at which a wait of so many seconds is over: a nanosecond after its end, so
        that who computes in seconds what is left of it does not find a rest."""
        if seconds is None:
            return None
        return self.now + (round(seconds * 1e9) + 1 if seconds > 0 else 0)

    def _await_turn(self, me: Strand) -> None:
        try:
            me.wake.acquire()
        except BaseException:  # a handler of a signal raised: it runs without the baton
            with self._guarded(me):
                waits = self._parked.pop(me, me) is None
                if not waits and me in self._ready:
                    self._ready.remove(me)
                    waits = True
                if waits:
                    me.out = True
                    self._outside += 1
                else:
                    me.wake.acquire(False)
            raise

    def _wait(self, deadline: int | None, check: Callable[[], Any] | None) -> Any:
        """The same by the wall clock, where there is no other way."""
        end = None if deadline is None else _monotonic() + (deadline - self.now) / 1e9
        while True:
            if check is not None and (found := check()):
                return found
            if end is not None and _monotonic() >= end:
                return None
            _sleep(0.0005)

    # -- reading the clock ------------------------------------------------------------------------

    def reading(self) -> None:
        """Count a reading of the clock: who does nothing else waits for time to pass."""
        self._spins += 1
        if self._spins > MOST_READINGS:
            self._spins = 0
            me = self._strands.get(_get_ident())
            if me is not None and self._current is me and self._inside != me.ident:
                self.park(self.now + PUSH)

    # -- threads ----------------------------------------------------------------------------------

    def strand(self) -> Strand:
        """This thread."""
        ident = _get_ident()
        found = self._strands.get(ident)
        if found is None:
            found = self._strands[ident] = Strand(ident)
        return found

    def born(self) -> Strand:
        """A thread that is about to start; it has its turn after those that wait for one."""
        strand = Strand()
        self._ready.append(strand)
        return strand

    def unborn(self, strand: Strand) -> None:
        """It could not be started."""
        self._ready.remove(strand)

    def begin(self, strand: Strand) -> None:
        """Wait for the first turn, in the thread itself."""
        strand.ident = _get_ident()
        self._strands[strand.ident] = strand
        strand.wake.acquire()

    def end(self, strand: Strand) -> None:
        """The thread is over."""
        strand.ended = True
        for one in strand.joiners:
            self.rouse(one)
        self._strands.pop(strand.ident, None)
        with self._guarded(strand):
            if strand.out:
                self._outside -= 1
            if self._current is strand or self._current is None:
                self._pass_on()

    @contextmanager
    def outside(self) -> Iterator[None]:
        """Wait for others than the station: by the wall clock, while market time stands still and
        the other threads go on."""
        me = self.strand()
        if self.plain or self._inside == me.ident:
            yield
            return
        with self._guarded(me):
            me.out = True
            self._outside += 1
            if self._current is me:
                self._pass_on()
        self.aside.add(me.ident)
        try:
            yield
        finally:
            self.aside.discard(me.ident)
            turn = False
            with self._guarded(me):
                if me.out:
                    turn, me.out = True, False
                    self._outside -= 1
                    self._ready.append(me)
                    if self._current is None:
                        self._pass_on()
            if turn:
                self._await_turn(me)

    # -- whose turn it is -------------------------------------------------------------------------

    @contextmanager
    def _guarded(self, me: Strand) -> Iterator[None]:
        self._guard.acquire()
        self._inside = me.ident or -1
        try:
            yield
        finally:
            self._inside = 0
            self._guard.release()

    def _pass_on(self, *, anyway: bool = False) -> None:
        """Give the baton to the next; to nobody while somebody is outside, unless ``anyway``."""
        self._switches += 1
        while not self._ready:
            if self._look() or self._expire():
                continue
            if self._outside and not anyway:
                self._current = None
                return
            self._go_on()
        self._current = self._ready.popleft()
        self._current.wake.release()

    def _look(self) -> bool:
        """Rouse those whose check finds something."""
        found = False
        for strand in list(self._parked):
            if strand.check is not None:
                try:
                    strand.found = strand.check()
                except Exception as error:  # noqa: BLE001
                    strand.found = Failed(error)
                if strand.found:
                    found |= self.rouse(strand)
        return found

    def _expire(self) -> bool:
        """Rouse those whose deadline has come, the earliest first."""
        due = [s for s in list(self._parked) if s.deadline is not None and s.deadline <= self.now]
        due.sort(key=lambda strand: strand.deadline or 0)
        for strand in due:
            self.rouse(strand)
        return bool(due)

    def _go_on(self) -> None:
        """Nobody can go on: let time pass."""
        self._spins = 0
        dues = [strand.deadline for strand in self._parked if strand.deadline is not None]
        due = min(dues, default=None)
        gate = self.gate
        if due is not None and due < self.horizon and not gate.changed:
            gate.steps += 1
            self.now = due
            return
        now, self.horizon = gate.exchange(IDLE, self.now, due)
        self.now = max(self.now, now)

    def sync(self) -> None:
        """Bring the station to this instant, and let it be told of what comes next."""
        me = self.strand()
        if self.off or self._inside == me.ident:
            return
        with self._guarded(me):
            told = self.gate.sync(self.now)
            if told is not None:
                self.horizon = told[1]

    # -- threads that do not wait -----------------------------------------------------------------

    def watch(self) -> None:
        """Start the thread that lets others go on beside one that never waits."""
        _start(self._watch, ())

    def _watch(self) -> None:
        seen, cpu, wall, pause = -1, 0.0, 0.0, LOOK_S
        while not self.off:
            _sleep(pause)
            if self._switches != seen or self._inside:
                seen, cpu, wall = self._switches, _process_time(), _monotonic()
                pause = LOOK_S
                continue
            worked = _process_time() - cpu
            rests = worked < NO_CPU_S and _monotonic() - wall > MOST_WALL_S
            if not (worked > MOST_CPU_S or rests) and pause == LOOK_S:
                continue
            strand = self._current
            if len(self._strands) > 1 and (strand is not None or self._told):
                self._loosen(strand)
                pause, seen = LOOSE_LOOK_S, self._switches

    def _loosen(self, strand: Strand | None) -> None:
        """Let the others go on, and time with them."""
        with self._guarded(Strand(_get_ident())):
            if self._current is not strand or sys.is_finalizing():
                return
            if strand is not None:
                strand.out = True
                self._outside += 1
                self._current = None
            if self._parked or self._ready:
                if not self._told:
                    self._told = True
                    self.gate.note(
                        "a thread has computed for long while others waited: they went on beside "
                        "it, and a second run may differ"
                    )
                self._pass_on(anyway=True)
