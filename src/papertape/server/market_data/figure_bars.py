"""Bars of what is no price: volatilities of shares and indices, fees of shares, yields of bonds.

A historical volatility is worked out at the four prices of a bar of trades, each taken for the last
close after those of the 30 days before. The implied one is that at which the tape prices an option
at the money in 30 days, and stands still for a day. A yield is that of the four prices of a bar of
bids, asks or trades. The fee for borrowing a share stands for a trading day that had trades.
Figures are in parts of ``FIGURES``; there is no volume.
"""

from bisect import bisect_right
from collections.abc import Iterator
from typing import Final

from ...venue.market.port import MarketSource
from ...venue.market.returns import RETURNS, yearly_volatility
from ...venue.market.source import PriceBar
from ...venue.reference.instruments import Instrument
from ...venue.units import DAY, Nanos
from .adjusted import Adjusting
from .borrowing import BorrowFees
from .history import part_of_bars, parts
from .regular_bars import Regular, day_bars, grouped

FIGURES: Final = 1_000_000_000
"""Parts of one: a volatility of 20 % is 200,000,000."""
HISTORICAL, IMPLIED = "HISTORICAL_VOLATILITY", "OPTION_IMPLIED_VOLATILITY"
FEE_RATE: Final = "FEE_RATE"
YIELD_OF: Final = {
    "YIELD_BID": "BID", "YIELD_ASK": "ASK", "YIELD_BID_ASK": "BID_ASK", "YIELD_LAST": "TRADES",
}  # fmt: skip
"""The prices that a yield is of."""
FIGURE_BARS: Final = frozenset((HISTORICAL, IMPLIED, FEE_RATE, *YIELD_OF))
_DAYS_BEFORE: Final[Nanos] = 75 * DAY
"""No 31 trading days take longer."""
_A_TURN: Final = 4
"""Daily closes that are looked up before others have their turn."""


def figure_bars(
    market: MarketSource,
    entry: Instrument,
    span: tuple[Nanos, Nanos],
    *,
    step: Nanos,
    what: str,
    regular: Regular | None,
    adjust: Adjusting | None = None,
) -> Iterator[list[PriceBar]]:
    """The bars that begin in a span, a part at each step of the iterator; ``adjust`` brings prices
    of before a split into the shares of now."""
    found: list[PriceBar] = []
    shorter = min(step, DAY)
    if what == HISTORICAL:
        closes = _Closes(market, entry.conId, adjust)
        yield from closes.look(span)
    else:
        closes = None
    fees = BorrowFees(market, entry.conId)
    base = YIELD_OF.get(what, "TRADES")
    for part in parts(*span, shorter):
        bars = part_of_bars(
            *(market, entry, part, span[1]), step=shorter, what=base, regular=regular
        )
        made: list[PriceBar] = []
        for bar in bars:
            if closes is not None:
                figure = closes.volatility(bar)
            elif what == IMPLIED:
                figure = _implied(market, entry.conId, bar)
            elif what == FEE_RATE:
                figure = _bar(bar, *[fees.at(bar.start)] * 4)
            else:
                figure = _yield(market, entry.conId, bar)
            if figure is not None:
                made.append(figure)
        if step == shorter:
            yield made
        else:
            found += made
            yield []
    if found:
        yield grouped(found, step)


class _Closes:
    """The closes of the days before and in a span."""

    def __init__(self, market: MarketSource, con_id: int, adjust: Adjusting | None) -> None:
        self._market = market
        self._con_id = con_id
        self._adjust = adjust
        self._begins: list[Nanos] = []
        self._closes: list[int] = []

    def look(self, span: tuple[Nanos, Nanos]) -> Iterator[list[PriceBar]]:
        """Look them up, some at a time; there are no bars yet."""
        start, end = span
        days = self._market.sessions(self._con_id, start - _DAYS_BEFORE, end)
        for place, (begins, ends) in enumerate(days):
            for bar in day_bars(self._market, self._con_id, (begins, ends), "TRADES"):
                self._begins.append(begins)
                self._closes.append(self._brought(bar).close)
            if place % _A_TURN == 0:
                yield []

    def volatility(self, bar: PriceBar) -> PriceBar | None:
        """The bar of the volatility; None where too few days are known."""
        place, bar = bisect_right(self._begins, bar.start) - 1, self._brought(bar)
        past = self._closes[max(place - RETURNS, 0) : max(place, 0)][::-1]
        known: dict[int, float | None] = {}
        for price in (bar.open, bar.high, bar.low, bar.close):
            if price not in known:
                known[price] = yearly_volatility([price, *past])
        return _bar(bar, *(known[one] for one in (bar.open, bar.high, bar.low, bar.close)))

    def _brought(self, bar: PriceBar) -> PriceBar:
        return bar if self._adjust is None else self._adjust.bar(bar)


def _implied(market: MarketSource, con_id: int, bar: PriceBar) -> PriceBar | None:
    found = market.volatility(con_id, bar.start)
    return _bar(bar, found, found, found, found)


def _yield(market: MarketSource, con_id: int, bar: PriceBar) -> PriceBar | None:
    prices = (bar.open, bar.high, bar.low, bar.close)
    known = {price: market.bond_yield(con_id, bar.start, price) for price in set(prices)}
    return _bar(bar, *(known[price] for price in prices))


def _bar(bar: PriceBar, *figures: float | None) -> PriceBar | None:
    """A bar of the figures at the open, high, low and close of a bar of prices."""
    told = [round(one * FIGURES) for one in figures if one is not None]
    if len(told) < len(figures):
        return None
    return PriceBar(bar.start, told[0], max(told), min(told), told[-1], -1, -1, -1)
