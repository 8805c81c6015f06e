"""Strikes by rule: a grid is every strike that a class can have, numbered; a ladder those it has.

The grid of a class never moves, so the number of a strike does not depend on prices; a ladder is
what is listed around a reference price: every rung near it, every fifth farther off.
"""

from collections.abc import Iterator

from ..units import PriceUnits


class StrikeGrid:
    """Strikes from bands of ``(up to and including, step)``, in ``1 / scale``."""

    def __init__(self, scale: int, *bands: tuple[float, float]) -> None:
        self.scale = scale
        self._bands: list[tuple[int, int, int, int]] = []
        """First rung, strike below it, step, rungs."""
        rung, low = 0, 0
        for upto, step in bands:
            top, width = round(upto * scale), round(step * scale)
            count = (top - low) // width
            self._bands.append((rung, low, width, count))
            rung, low = rung + count, top
        self.size = rung

    def strike(self, rung: int) -> PriceUnits:
        """The strike of a number. Raises ``IndexError``."""
        for first, low, step, count in self._bands:
            if first <= rung < first + count:
                return low + (rung - first + 1) * step
        raise IndexError(rung)

    def rung(self, strike: PriceUnits) -> int | None:
        """The number of a strike; None for one that is not on the grid."""
        for first, low, step, count in self._bands:
            if low < strike <= low + count * step:
                place, rest = divmod(strike - low, step)
                return None if rest else first + place - 1
        return None

    def nearest(self, price: PriceUnits) -> int:
        """The number of the last strike that is not above a price; 0 when all are."""
        for first, low, step, count in reversed(self._bands):
            if price > low:
                return first + max(min((price - low) // step, count) - 1, 0)
        return 0

    def ladder(self, price: PriceUnits, near: int, far: int) -> Iterator[int]:
        """The numbers of the strikes around a price, ascending.

        Every one within ``near`` percent, every fifth within ``far`` percent.
        """
        end = price * (100 + far) // 100
        for rung in range(self.nearest(price * max(100 - far, 0) // 100), self.size):
            if self.strike(rung) > end:
                return
            if self.listed(rung, price, near, far):
                yield rung

    def listed(self, rung: int, price: PriceUnits, near: int, far: int) -> bool:
        """Whether a strike is one of the ladder around a price."""
        percents = abs(self.strike(rung) - price) * 100
        return percents <= price * (near if rung % 5 != 4 else max(near, far))


UNITS = 10_000
STOCK = StrikeGrid(UNITS, (25, 0.5), (250, 1), (1000, 2.5), (3000, 5), (10000, 10))
FUND = StrikeGrid(UNITS, (100, 0.5), (1500, 1))
COARSE = StrikeGrid(UNITS, (5, 0.5), (30, 1), (100, 2.5), (300, 5), (1000, 10), (5000, 50))
BROAD = StrikeGrid(UNITS, (10000, 5), (11000, 25))
LARGE = StrikeGrid(UNITS, (50000, 25))
SMALL = StrikeGrid(UNITS, (6000, 5))
VOLATILITY = StrikeGrid(UNITS, (30, 0.5), (200, 1))
"""Of stocks, of funds, of stocks with monthly options alone, of SPX, NDX, RUT, VIX."""
