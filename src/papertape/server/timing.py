"""The time of a station, and the schedule of its components that have a next instant.

Nothing here reads a clock: the driver moves ``now`` and waits until ``StationSchedule.next_due``.
"""

from collections.abc import Callable

from ..venue.units import SECOND, Nanos

Action = Callable[[Nanos], object]
Due = Callable[[], Nanos | None]


class Timing:
    """Market time, which the driver advances."""

    def __init__(self, now: Nanos) -> None:
        self.now = now
        self.frozen = False
        """Whether a drill hangs the station: it keeps bytes, and handles and sends nothing."""
        self.leaping = False
        """Whether time jumps: then what has nothing to tell is not asked at every moment."""
        self.until: Callable[[float], Nanos] = lambda seconds: self.now + int(seconds * SECOND)
        """Market time a number of real seconds from now; the driver may run it faster."""
        self.stopwatch: Callable[[], Nanos] = lambda: 0
        """Measures how long work takes, to limit its slices; constant 0 when no client waits."""

        self.wake: Callable[[], object] = lambda: None
        """Called when a component may have to act earlier or later."""

    def move(self, now: Nanos) -> None:
        """Advance to ``now``; an earlier instant changes nothing."""
        if now > self.now:
            self.now = now


class Wakeup:
    """One component's entry in the schedule.

    ``due()`` returns when the component next has work. The schedule calls it again only after
    ``changed``, so a component must call that whenever the result may differ.
    """

    __slots__ = ("_action", "_due", "_fixed", "alone", "known", "stale")

    def __init__(
        self, due: Due, action: Action, fixed: Due | None = None, *, alone: bool = False
    ) -> None:
        """``fixed()`` is when the component must act at an instant of its own; what is due before
        may as well be done then, and loses nothing. Without it, that is ``due``. ``alone``: that
        it acts changes no other component's next instant."""
        self.alone = alone
        self._due = due
        self._fixed = fixed
        self._action = action
        self.known: Nanos | None = None
        """What ``due`` has said last; it holds unless ``stale``."""
        self.stale = True

    def changed(self) -> None:
        """Note that the next instant may have changed."""
        self.stale = True

    def due(self) -> Nanos | None:
        """When the component acts next; None while it waits for a message."""
        if self.stale:
            self.stale = False
            self.known = self._due()
        return self.known

    def fixed(self) -> Nanos | None:
        """The next instant that must not be passed by."""
        return self.due() if self._fixed is None else self._fixed()

    def ring(self, now: Nanos) -> None:
        """Call the component's action."""
        self.stale = True
        self._action(now)


class StationSchedule:
    """The alarms of a station."""

    def __init__(self) -> None:
        self._alarms: tuple[Wakeup, ...] = ()

    def order(self, *alarms: Wakeup) -> None:
        """Set the alarms, in the order in which they ring at one instant."""
        self._alarms = alarms

    def changed(self) -> None:
        """Note that any component's next instant may have changed."""
        for alarm in self._alarms:
            alarm.changed()

    def next_due(self) -> Nanos | None:
        """The earliest instant at which an alarm rings."""
        soonest: Nanos | None = None
        for alarm in self._alarms:
            due = alarm.due() if alarm.stale else alarm.known
            if due is not None and (soonest is None or due < soonest):
                soonest = due
        return soonest

    def next_fixed(self) -> Nanos | None:
        """The earliest instant that must not be passed by, however much is due before."""
        dues = [due for alarm in self._alarms if (due := alarm.fixed()) is not None]
        return min(dues, default=None)

    def step(self, now: Nanos) -> bool:
        """Ring every alarm that is due; return whether others may have changed by that."""
        others = False
        for alarm in self._alarms:
            due = alarm.due()
            if due is not None and due <= now:
                alarm.ring(now)
                others = others or not alarm.alone
        return others
