"""When the day of an instrument's profit begins: five minutes before midnight in its zone, or with
its session where that goes over midnight.

The first is IBKR's rule for what opens and closes on the same day. For the others it names a time
of the session; that this is the beginning is ours.
"""

from functools import lru_cache
from typing import Final, NamedTuple

from ..units import Nanos
from .calendars import EXCHANGES, Hours, hours_of
from .instruments import Instrument
from .zones import zone

_DAY: Final = 1440
BEFORE_MIDNIGHT: Final = _DAY - 5


class ResetTime(NamedTuple):
    """A time of every day at which the profits of some instruments begin anew."""

    clock: str
    """The zone of its wall clock."""
    minute: int
    """After midnight."""

    def after(self, now: Nanos) -> Nanos:
        """When it comes next, strictly after ``now``."""
        place = zone(self.clock)
        day = place.day(now)
        return next(
            at
            for at in (place.instant(day + more, self.minute) for more in range(3))
            if at > now
        )  # fmt: skip


def _of(hours: Hours) -> ResetTime:
    over_midnight = hours.opens < 0 or hours.ends > _DAY
    return ResetTime(hours.clock, hours.opens % _DAY if over_midnight else BEFORE_MIDNIGHT)


OF_ACCOUNT: Final = ResetTime("America/New_York", BEFORE_MIDNIGHT)
"""That of whatever else an account gains: interest, dividends, currencies."""
RESETS: Final = tuple(sorted({OF_ACCOUNT, *map(_of, EXCHANGES.values())}))


@lru_cache(4096)
def reset_of(instrument: Instrument | None) -> ResetTime:
    """Return the reset of an instrument; that of the account for one that is not known any more."""
    return OF_ACCOUNT if instrument is None else _of(EXCHANGES[hours_of(instrument)])
