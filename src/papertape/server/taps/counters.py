"""Counts and times of a station for metrics. Nothing is counted before the first who asks.

What is counted has few names: kinds of messages of the catalogue, codes of the table, limits of
histograms. Nothing that a client sends becomes a name.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable
from typing import Final

from ...venue.units import SECOND, Nanos
from ...wire.catalogue.session import ErrorMessage
from ...wire.message import Message
from ..sessions.session import Session

MARKET_DATA: Final = "market_data"
"""The kind of all quotes and ticks: they are sent in pieces that nobody takes apart."""
BOUNDS_S: Final = (
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0,
)  # fmt: skip
"""Upper bounds of the histograms in seconds."""
_BOUNDS: Final = tuple(int(bound * SECOND) for bound in BOUNDS_S)


class Histogram:
    """How often something took how long."""

    def __init__(self) -> None:
        self.counts = [0] * (len(_BOUNDS) + 1)
        """Per bound, those beyond the bound before; the last are beyond all."""
        self.total: Nanos = 0

    def add(self, took: Nanos) -> None:
        """Count one."""
        self.counts[bisect_left(_BOUNDS, took)] += 1
        self.total += took


class Counters:
    """The counts of one station since somebody first asked for them."""

    def __init__(self, switched: Callable[[], object]) -> None:
        """``switched`` is called when counting begins."""
        self._switched = switched
        self.on = False
        self.received: Counter[str] = Counter()
        """Messages from clients by kind."""
        self.sent_by_kind: Counter[str] = Counter()
        self.errors: Counter[int] = Counter()
        """Errors, warnings and notices sent, by code."""
        self.commits = Histogram()
        """Time of each commit that stored something."""
        self.turns = Histogram()
        """Time from a client's first bytes in a turn until the answers were written."""
        self._began: Nanos | None = None

    def begin(self) -> None:
        """Count from now on; may be repeated."""
        if not self.on:
            self.on = True
            self._switched()

    # -- messages -----------------------------------------------------------------------------

    def sent(self, session: Session, message: Message, encoded: bytes) -> None:
        """Count a message for a client."""
        spec = type(message).spec
        self.sent_by_kind[MARKET_DATA if spec.market_data else spec.proto_name] += 1
        if isinstance(message, ErrorMessage):
            self.errors[message.errorCode] += 1

    def sent_quotes(self, session: Session, encoded: bytes, count: int) -> None:
        """Count quotes for a client."""
        self.sent_by_kind[MARKET_DATA] += count

    def took(self, message: Message) -> None:
        """Count a message from a client."""
        self.received[type(message).spec.proto_name] += 1

    # -- time ---------------------------------------------------------------------------------

    def arrived(self, stopwatch: Nanos) -> None:
        """Bytes of a client have come; the first of a turn count."""
        if self._began is None:
            self._began = stopwatch

    def committed(self, count: int, took: Nanos) -> None:
        """A commit has stored ``count`` entries."""
        if count:
            self.commits.add(took)

    def written(self, stopwatch: Nanos) -> None:
        """The answers of a turn have been written."""
        if self._began is not None:
            self.turns.add(stopwatch - self._began)
            self._began = None
