"""The market's clock as a function of the wall clock: it may run faster, never backwards."""

import msgspec

from ..venue.units import Nanos


class MarketClock(msgspec.Struct, frozen=True):
    """Market time = ``market`` + (wall - ``wall``) x ``speed``."""

    wall: Nanos
    market: Nanos
    speed: float = 1.0

    def now(self, wall: Nanos) -> Nanos:
        """Market time at a wall time; before the start it stands still."""
        elapsed = max(wall - self.wall, 0)
        return self.market + (elapsed if self.speed == 1 else int(elapsed * self.speed))

    def until(self, due: Nanos, wall: Nanos) -> float:
        """Wall seconds until market time reaches ``due``; 0 when it has."""
        return max(due - self.now(wall), 0) / self.speed / 1e9

    def at_speed(self, speed: float, wall: Nanos) -> "MarketClock":
        """The same instant, going on at another speed."""
        return MarketClock(wall, self.now(wall), speed)
