"""The time of a station, and one schedule of everything in it that has a next instant.

Nothing here reads a clock: the driver moves ``now`` and waits until ``StationSchedule.next_due``.
"""

from collections.abc import Callable

from ..venue.units import SECOND, Nanos

Action = Callable[[Nanos], object]
Due = Callable[[], Nanos | None]


class Timing:
    """Market time, as far as the driver has moved it."""

    def __init__(self, now: Nanos) -> None:
        self.now = now
        self.frozen = False
        """A drill hangs the station: bytes are kept, nothing is done, nothing is sent."""
        self.until: Callable[[float], Nanos] = lambda seconds: self.now + int(seconds * SECOND)
        """Market time so many seconds of real time from now; the driver may run it faster."""
        self.stopwatch: Callable[[], Nanos] = lambda: 0
        """Measures how long work takes, to end slices in time; 0 where nobody waits."""

        self.wake: Callable[[], object] = lambda: None
        """Called when something has changed that lets anybody act earlier or later."""

    def move(self, now: Nanos) -> None:
        """Go on to ``now``; an earlier instant changes nothing."""
        if now > self.now:
            self.now = now


class Wakeup:
    """One component's place in the schedule.

    ``due()`` says when the component has something to do next. It is asked again only after
    ``changed``, so a component calls that whenever its answer may be another one.
    """

    __slots__ = ("_action", "_due", "_known", "_stale")

    def __init__(self, due: Due, action: Action) -> None:
        self._due = due
        self._action = action
        self._known: Nanos | None = None
        self._stale = True

    def changed(self) -> None:
        """The next instant may be another one now."""
        self._stale = True

    def due(self) -> Nanos | None:
        """When the component acts next; None when only a message can bring that on."""
        if self._stale:
            self._stale = False
            self._known = self._due()
        return self._known

    def ring(self, now: Nanos) -> None:
        """Let the component act."""
        self._stale = True
        self._action(now)


class StationSchedule:
    """The alarms of a station."""

    def __init__(self) -> None:
        self._alarms: tuple[Wakeup, ...] = ()

    def order(self, *alarms: Wakeup) -> None:
        """The alarms, in the order in which they ring at one instant."""
        self._alarms = alarms

    def changed(self) -> None:
        """Any component's next instant may be another one now."""
        for alarm in self._alarms:
            alarm.changed()

    def next_due(self) -> Nanos | None:
        """The earliest instant at which an alarm rings."""
        dues = [due for alarm in self._alarms if (due := alarm.due()) is not None]
        return min(dues, default=None)

    def step(self, now: Nanos) -> None:
        """Ring every alarm that is due."""
        for alarm in self._alarms:
            due = alarm.due()
            if due is not None and due <= now:
                alarm.ring(now)
