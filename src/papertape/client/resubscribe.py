"""Restores interrupted streams: waits or requests them again, and reports each gap once.

| event | action |
|---|---|
| 1100, 2110: the link to the broker is lost | every stream is stale |
| 1102: restored, data maintained | nothing is requested; live when data flow again |
| 1101: restored, data lost | every stream is requested again |
| 2103, 2105: a farm broke | the streams that such a farm serves are stale |
| 2104, 2106 and the like: it is back | nothing is requested; live when data flow again |
| an error that ends a live stream and may pass (10182, 10197, 10225 …) | requested again, with a growing pause |
| the socket is gone and comes back | every stream is requested again |
| silence for longer than the program allows | requested again |

A stream that stays silent after the server has reported that data are available is requested again
too: some servers report it too early. Account and position streams may be silent for hours; for
them the server's notice is enough. Every new request gets a new id, since the server may still
know the old one.
"""  # noqa: E501

from collections.abc import Callable
from typing import Final

from ..errors import ApiError, PapertapeError
from .connectivity import Change, What
from .settings import Backoff
from .streams import Gap, Stale, Stream, Trouble

RETRY: Final = Backoff(first_s=1.0, longest_s=60.0, jitter=0.0)
"""The pauses between attempts to get one stream back."""
LATE_S: Final = 2.0
"""Data that arrive so soon after a farm broke were in flight; later ones come from another farm."""
LOOKS: Final = 4
"""How often silence is checked within the time it may last."""
FARMS: Final = {"market": "market data", "history": "historical data"}

Renew = Callable[[Stream, bool], None]
"""Request a stream under a new id; True: cancel the old one first.

Raises ``PapertapeError``."""


class Healer:
    """The streams of a session, and what each of them waits for."""

    def __init__(self, renew: Renew, *, resume_s: float, stale_after_s: float | None) -> None:
        self._renew = renew
        self._resume_s = resume_s
        self._stale_after_s = stale_after_s
        self._seen: dict[Stream, tuple[int, float]] = {}
        self._look_at: float | None = None
        self.now = 0.0
        self.offset = 0.0
        """What to add to the driver's clock to get seconds since the epoch."""
        self.streams: list[Stream] = []

    def add(self, stream: Stream, now: float) -> None:
        """Watch a stream from now on."""
        self.streams.append(stream)
        stream.on_data = self._data
        self._seen[stream] = (stream.updates, now)
        if self._stale_after_s is not None:
            self._look_at = self._look_at or now + self._stale_after_s / LOOKS

    def remove(self, stream: Stream) -> None:
        """Stop watching a stream that has ended."""
        if stream in self.streams:
            self.streams.remove(stream)
            del self._seen[stream]

    # -- events -------------------------------------------------------------------------------

    def changed(self, change: Change, now: float) -> None:
        """Apply a change of the broker link or a farm."""
        self.now = now
        for stream in tuple(self.streams):
            if change.what is What.LINK_LOST:
                self._interrupt(stream, "TWS has lost its link to the broker")
            elif change.what is What.DATA_LOST:
                self._interrupt(stream, "the data of the broker's link were lost")
                self._request(stream, cancel=False)
            elif change.what is What.LINK_BACK:
                self._well(stream, "")
            elif change.what is What.FARM_BROKEN and _served(stream) == change.serves:
                reason = f"{FARMS[change.serves]} farm {change.farm} is broken"
                self._interrupt(stream, reason, change.farm)
            elif change.what is What.FARM_BACK and _served(stream) == change.serves:
                self._well(stream, change.farm)

    def disconnected(self, reason: str, now: float) -> None:
        """Handle a lost connection that will be reopened."""
        self.now = now
        for stream in self.streams:
            self._interrupt(stream, reason)

    def connected(self, now: float) -> None:
        """Request all streams on a new connection."""
        self.now = now
        for stream in tuple(self.streams):
            self._request(stream, cancel=False)

    def failed(self, stream: Stream, error: ApiError, now: float) -> bool:
        """Handle an error that ended a stream; return whether it will be requested again."""
        self.now = now
        if not stream.updates or not error.retry or stream not in self.streams:
            return False
        self._interrupt(stream, str(error))
        trouble = stream.trouble
        assert trouble is not None
        trouble.waits_for = "retry"
        trouble.due = now + RETRY.delay(trouble.tries, 0.0)
        return True

    def step(self, now: float) -> None:
        """Do the work that is due."""
        self.now = now
        for stream in tuple(self.streams):
            trouble = stream.trouble
            if trouble is not None and trouble.due is not None and trouble.due <= now:
                self._request(stream, cancel=trouble.waits_for == "data")
        if self._look_at is not None and self._look_at <= now:
            self._look(now)

    def next_due(self) -> float | None:
        """When work is due next."""
        due = [s.trouble.due for s in self.streams if s.trouble and s.trouble.due is not None]
        if self._look_at is not None and self.streams:
            due.append(self._look_at)
        return min(due, default=None)

    # -- actions ------------------------------------------------------------------------------

    def _interrupt(self, stream: Stream, reason: str, farm: str = "") -> None:
        trouble = stream.trouble
        if trouble is None:
            stream.trouble = Trouble(reason, self.now, farm)
            stream.tell(Stale(reason, self.now + self.offset))
        elif not (farm and trouble.waits_for == "retry"):
            # One interruption, whatever else happens before its end.
            trouble.farm, trouble.waits_for, trouble.due = farm, "signal", None

    def _well(self, stream: Stream, farm: str) -> None:
        trouble = stream.trouble
        if trouble is None or (farm and trouble.farm != farm and trouble.waits_for != "retry"):
            return
        if trouble.waits_for == "retry":
            self._request(stream, cancel=False)
        elif trouble.waits_for == "signal":
            if not _served(stream):
                self._heal(stream)
            else:
                trouble.waits_for, trouble.due = "data", self.now + self._resume_s

    def _request(self, stream: Stream, *, cancel: bool) -> None:
        trouble = stream.trouble
        assert trouble is not None
        pause = max(self._resume_s, RETRY.delay(trouble.tries, 0.0))
        trouble.tries += 1
        trouble.renewed, trouble.farm = True, ""
        trouble.waits_for, trouble.due = "data", self.now + pause
        stream.began()
        try:
            self._renew(stream, cancel)
        except PapertapeError as error:
            self.remove(stream)
            stream.fail(error)

    def _data(self, stream: Stream) -> None:
        trouble = stream.trouble
        if trouble is None:
            return
        other_farm = trouble.farm and self.now - trouble.since > LATE_S
        if trouble.waits_for == "data" or (trouble.waits_for == "signal" and other_farm):
            self._heal(stream)

    def _heal(self, stream: Stream) -> None:
        trouble = stream.trouble
        assert trouble is not None
        stream.trouble = None
        self._seen[stream] = (stream.updates, self.now)
        since, until = trouble.since + self.offset, self.now + self.offset
        stream.tell(Gap(trouble.reason, since, until, trouble.renewed))

    def _look(self, now: float) -> None:
        """Find market data streams that have been silent for too long."""
        allowed = self._stale_after_s
        assert allowed is not None
        self._look_at = now + allowed / LOOKS
        for stream in tuple(self.streams):
            updates, since = self._seen[stream]
            if stream.updates != updates or stream.trouble is not None:
                self._seen[stream] = (stream.updates, now)
            elif now - since >= allowed and _served(stream):
                self._interrupt(stream, f"no data for {now - since:.0f} s")
                self._request(stream, cancel=True)


def _served(stream: Stream) -> str:
    return stream.source.serves if stream.source is not None else ""
