"""When a station's process looks for garbage: often, and at little each time.

Thousands of lines make objects that last. The collector of Python looks at all of them whenever
they have grown by a quarter, for a third of a second where 3,000 options are followed, and at tens
of thousands of new ones in one go; nobody is served meanwhile. Here what is new is looked at after
every few milliseconds of work, when it is little. All of it is looked at only when what lasts has
grown by a quarter over so much work that it hardly happens.

For processes that are a station; nobody else's collector is touched.
"""

import gc
import time
from collections.abc import Callable
from typing import Final

from ...venue.units import Nanos

OFTEN: Final[Nanos] = 10_000_000
"""Processor time from one look at what is new to the next."""
THRESHOLDS: Final = (5000, 10, 6000)
"""New objects, looks at those, looks at what is new, after which the collector looks by itself: of
the last a minute of work."""


class Tidying:
    """Looks at what is new when enough was done."""

    def __init__(
        self,
        *,
        worked: Callable[[], Nanos] = time.thread_time_ns,
        collect: Callable[[int], int] = gc.collect,
    ) -> None:
        self._clock = worked
        self._collect = collect
        self._last = worked()
        self._former = gc.get_threshold()

    def begin(self) -> None:
        """Leave out for good what there is, which takes tens of milliseconds to look at."""
        gc.freeze()
        gc.set_threshold(*THRESHOLDS)

    def end(self) -> None:
        """Let the collector look when it did before."""
        gc.set_threshold(*self._former)

    def worked(self) -> None:
        """A piece of work is done: look, if it is time."""
        now = self._clock()
        if now - self._last >= OFTEN:
            self._collect(1)
            self._last = self._clock()
