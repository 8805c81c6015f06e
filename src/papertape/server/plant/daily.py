"""The daily restart and the daily logoff of TWS, at times of the station's zone.

A restart runs the drill ``nightly-restart``. A logoff closes every connection and ends the
station: the user must log in again (behaviour K5, K6). Neither happens unless a time is set: for
the station, or with ``autoLogoffTime`` of the API's settings.
"""

import logging
from datetime import datetime, time, timedelta
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from ...model import LockAndExitConfig
from ...venue.units import SECOND, Nanos
from ..config import Config
from ..settings import StationSettings
from ..timing import Timing, Wakeup

LOCK: Final = ("autoLogoffTime", "autoLogoffPeriod", "autoLogoffType")
log = logging.getLogger("papertape.station")


def next_at(now: Nanos, clock: str, zone: str) -> Nanos:
    """Return the next instant after ``now`` at which clocks in the zone show ``HH:MM``.

    A time that a change to summer time skips is an hour later on that day.
    """
    place = ZoneInfo(zone)
    here = datetime.fromtimestamp(now // SECOND, place)
    wanted = time.fromisoformat(clock)
    for days in (0, 1, 2):
        day = here.date() + timedelta(days=days)
        instant = int(datetime.combine(day, wanted, place).timestamp()) * SECOND
        if instant > now:
            return instant
    raise AssertionError("two days have passed without that time")


def _clock(lock: LockAndExitConfig) -> str:
    """Convert the 12-hour time in the settings of the API to ``HH:MM``."""
    hours, _, minutes = (lock.autoLogoffTime or "").partition(":")
    return f"{int(hours) % 12 + 12 * (lock.autoLogoffPeriod == 'PM'):02}:{minutes}"


class DailyTarget(Protocol):
    """The actions of the daily restart and logoff."""

    def restart_daily(self, down_ms: float) -> None:
        """Restart; refuse connections for ``down_ms`` milliseconds."""

    def log_off(self) -> None:
        """Close every connection and end: the user must log in again."""


class Daily:
    """The daily restart and the daily logoff."""

    def __init__(
        self,
        tws: DailyTarget,
        settings: StationSettings,
        config: Config,
        timing: Timing,
    ) -> None:
        self._tws = tws
        self._settings = settings
        self._config = config
        self._timing = timing
        self._restart: Nanos | None = None
        self._logoff: Nanos | None = None
        self.alarm = Wakeup(self.next_due, self.step)
        for name in LOCK:
            config.watch(name, self._set)
        self._set()

    def _set(self, _: object = None) -> None:
        """Compute both instants."""
        settings, config = self._settings, self._config
        self.alarm.changed()
        lock = _clock(config.lock) if any(config.chosen(name) for name in LOCK) else ""
        restarts = config.lock.autoLogoffType == "restart"
        self._restart = self._next(settings.daily_restart or (lock if restarts else ""))
        self._logoff = self._next(settings.daily_logoff or ("" if restarts else lock))

    def _next(self, clock: str) -> Nanos | None:
        zone = self._settings.time_zone
        return next_at(self._timing.now, clock, zone) if clock else None

    def step(self, now: Nanos) -> None:
        """Restart or log off when that is due."""
        if self._restart is not None and self._restart <= now:
            self._set()
            self._tws.restart_daily(self._settings.restart_down_s * 1000)
        if self._logoff is not None and self._logoff <= now:
            self._logoff = None
            log.warning("the daily logoff is due")
            self._tws.log_off()

    def next_due(self) -> Nanos | None:
        """When the next restart or logoff is due; None when no time is set."""
        dues = (self._restart, self._logoff)
        return min((due for due in dues if due is not None), default=None)
