"""Shares for short sales: how hard they are to borrow, and what borrowing them costs.

One fact for the tick of generic id 236 and the history of ``FEE_RATE``: all shares are easy to
borrow, so their fees are those of shares of which there are plenty. A stock's fee lies around one
of its own and is set anew each trading day.
"""

from typing import Final

from ...venue.market.noise import mix, unit
from ...venue.market.port import MarketSource
from ...venue.units import DAY, Nanos

EASY_TO_BORROW: Final = 3.0
"""At least a thousand shares may be sold short."""
LEAST_FEE, MOST_FEE = 0.25, 1.0
"""Percent of the value a year, for what is easy to borrow; ours, as the vendor names no limits."""
_USUAL, _DAILY = mix(1, 0xFEE), mix(2, 0xFEE)
_SWING: Final = 0.1
"""How far a day's fee is from the usual one, as a part of it."""


def borrow_fee(con_id: int, day: int) -> float:
    """The fee of a stock on a day that is counted from the epoch, in percent a year, to four
    places; the same whenever it is asked for."""
    skew = (unit(_USUAL, con_id) + 1) / 2
    usual = LEAST_FEE + (MOST_FEE - LEAST_FEE) * skew**3  # few are dear
    fee = usual * (1 + _SWING * unit(_DAILY, con_id, day))
    return round(min(max(fee, LEAST_FEE), MOST_FEE), 4)


class BorrowFees:
    """The fees of one stock by the trading days of its tape."""

    def __init__(self, market: MarketSource, con_id: int) -> None:
        self._market = market
        self._con_id = con_id
        self._day: tuple[Nanos, Nanos] = (0, 0)

    def at(self, instant: Nanos) -> float:
        """The fee of the trading day that an instant belongs to."""
        begins, ends = self._day
        if not begins <= instant < ends:
            found = self._market.sessions(self._con_id, instant, instant + 1)
            own = (span for span in found if span[0] <= instant < span[1])
            begins, _ = self._day = next(own, (instant, instant + 1))
        return borrow_fee(self._con_id, begins // DAY)
