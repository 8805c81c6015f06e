"""Whether an instrument's market is open."""

from ...venue.units import Nanos
from .channels import NEVER
from .net_quotes import QuoteSource
from .past_ticks import session_at


class OpenHours:
    """Whether an instrument's market is open; remembers the session that it found."""

    def __init__(self, market: QuoteSource, con_id: int) -> None:
        self._market = market
        self._con_id = con_id
        self._since: Nanos = 0
        self._until: Nanos = 0
        self.closes: Nanos = NEVER
        """The end of the session that was found last; ``NEVER`` where another follows at once."""

    @property
    def until(self) -> Nanos:
        """The end of the session that was found last."""
        return self._until

    def open(self, now: Nanos) -> bool:
        """Whether a session plays."""
        if not self._since <= now < self._until:
            market, con_id = self._market, self._con_id
            self._since, self._until = session_at(market, con_id, now) or (0, 0)
            pauses = session_at(market, con_id, self._until) is None
            self.closes = self._until if pauses else NEVER
        return now < self._until
