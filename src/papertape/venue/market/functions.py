"""The functions that make one price out of another, minute by minute, and what prints when.

A function stands still within a minute, or for a whole day. What it gives for thousands of prices
is straight between a few dozen nodes.
"""

from array import array
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import Protocol

import msgspec

from ..units import MINUTE, SIZE_SCALE, PriceUnits, SizeUnits
from .interpolate import LOTS
from .noise import drawn, mix
from .ticks import Block, Column

Value = Callable[[float], float]
"""The underlying's price in its units to the fair price in the instrument's."""
_NODE_BITS = 12
"""A node every 2048th to 4096th part of the price: of a stock at 270 every ten cents, between which
an option with a gamma of 0.1 is off by 0.0001."""
_FOLLOWED, _FEW = 6, 24


class Appearance(msgspec.Struct, frozen=True):
    """How the quotes and prints of a derived instrument look."""

    tick: PriceUnits
    edge: float = 0.5
    """Ticks between the fair price and either side of the quote, before rounding outward."""
    share: float = 0.0
    """More of them, as a share of the price."""
    unit: SizeUnits = SIZE_SCALE
    busy: int = 128
    """In how many of 256 minutes something trades."""
    exchanges: tuple[str, ...] = ("SMART",)


class Derivation(Protocol):
    """What makes one price out of another."""

    look: Appearance

    @property
    def rising(self) -> bool:
        """Whether the price rises with the underlying's."""

    def steady(self, number: int) -> bool:
        """Whether one function serves a whole day."""

    def value(self, number: int, minute: int) -> Value | None:
        """The function of a minute; None when the instrument has expired."""


class DayFunctions:
    """The functions of one day, and what prints when."""

    def __init__(self, derivation: Derivation, number: int, seed: int) -> None:
        self.seed = seed
        self.rising = derivation.rising
        self.steady = derivation.steady(number)
        self._derivation = derivation
        self._look = derivation.look
        self._number = number
        self._nodes: dict[int, tuple[Value | None, dict[int, float]]] = {}
        self._chance: bytes | None = None

    def _fair(self, minute: int, prices: Iterable[PriceUnits]) -> list[float] | None:
        """The fair prices; straight between nodes that are a few thousandths apart, so that a day
        takes a few dozen values of the function and not thousands."""
        value, nodes = self._stretch(minute)
        if value is None:
            return None
        found: list[float] = []
        for price in prices:
            width = 1 << max(price.bit_length() - _NODE_BITS, 0)
            place = price % width
            lower = price - place
            low = nodes.get(lower)
            if low is None:
                low = nodes[lower] = value(float(lower or 1))
            if place:
                high = nodes.get(lower + width)
                if high is None:
                    high = nodes[lower + width] = value(float(lower + width))
                low += (high - low) * place / width
            found.append(low)
        return found

    def _stretch(self, minute: int) -> tuple[Value | None, dict[int, float]]:
        """The function of a minute, and what is known of it."""
        minute = 0 if self.steady else minute
        found = self._nodes.get(minute)
        if found is None:
            value = self._derivation.value(self._number, minute)
            found = self._nodes[minute] = (value, {})
        return found

    def bids(self, minute: int, prices: Sequence[PriceUnits]) -> list[PriceUnits]:
        """The bids that go with prices of the underlying in a minute; 0 where nobody bids."""
        fair, look = self._fair(minute, prices), self._look
        if fair is None:
            return [0] * len(prices)
        tick, part, edge = look.tick, 1.0 - look.share, look.edge
        return [max(int(one * part / tick - edge + 1.0) - 1, 0) * tick for one in fair]

    def asks(self, minute: int, prices: Sequence[PriceUnits]) -> list[PriceUnits]:
        """The asks that go with prices of the underlying in a minute; 0 after the expiry."""
        fair, look = self._fair(minute, prices), self._look
        if fair is None:
            return [0] * len(prices)
        tick, part, edge = look.tick, 1.0 + look.share, look.edge
        return [(int(one * part / tick + edge) + 1) * tick for one in fair]

    def prints(self, minute: int) -> bool | None:
        """Whether buyers or else sellers trade in a minute; None where nobody does."""
        if self._chance is None:
            self._chance = drawn(1440, self.seed, 1)
        byte = self._chance[minute]
        return bool(byte & 1) if byte < self._look.busy else None

    def traded(self, minute: int, row: Sequence[PriceUnits]) -> list[tuple[PriceUnits, SizeUnits]]:
        """Prices and sizes of a minute's prints: those of the open, high, low and close that
        differ."""
        opened, high, low, close = row
        sizes = mix(self.seed, minute, 2)
        found = [(opened, sizes & 31)]
        if high not in (opened, close):
            found.append((high, sizes >> 5 & 31))
        if low not in (opened, close):
            found.append((low, sizes >> 10 & 31))
        if high != low:
            found.append((close, sizes >> 15 & 31))
        return [(price, LOTS[place] * self._look.unit) for price, place in found]

    def block(self, under: Block) -> Block:
        """The ticks that a minute of the underlying's ticks means."""
        times, bids, asks = array("q"), array("q"), array("q")
        bid_sizes, ask_sizes = array("q"), array("q")
        first, unit = under.start // MINUTE, self._look.unit
        places = _thinned(under)
        chance = drawn(2 * len(places), self.seed, first, 3)
        lows, highs = (under.bid, under.ask) if self.rising else (under.ask, under.bid)
        before: tuple[int, int] | None = None
        draw = 0
        for minute, inside in groupby(places, lambda place: under.quote_time[place] // MINUTE):
            quoted = list(inside)
            sides = (
                self.bids(minute, [lows[place] for place in quoted]),
                self.asks(minute, [highs[place] for place in quoted]),
            )
            for place, quote in zip(quoted, zip(*sides)):
                if quote != before:
                    before = quote
                    times.append(under.quote_time[place])
                    bids.append(quote[0])
                    asks.append(quote[1])
                    bid_sizes.append(LOTS[chance[2 * draw] & 31] * unit if quote[0] else 0)
                    ask_sizes.append(LOTS[chance[2 * draw + 1] & 31] * unit if quote[1] else 0)
                draw += 1
        trades = self._trades(first, times, bids, asks)
        exchanges = self._look.exchanges
        quotes = (times, bids, bid_sizes, asks, ask_sizes)
        return Block(under.start, under.end, *quotes, *trades, exchanges=exchanges)

    def _trades(
        self, minute: int, times: Column, bids: Column, asks: Column
    ) -> tuple[Column, Column, Column, Column]:
        found = (array("q"), array("q"), array("q"), array("q"))
        buying = self.prints(minute)
        side = asks if buying else bids
        if buying is None or not min(side):
            return found
        high, low = max(side), min(side)
        row = (side[0], high, low, side[-1])
        # The open stands at the first instant, the close at the last quote.
        places = {0: row[0], len(side) - 1: row[3]}
        rest = {side.index(price): price for price in (high, low) if price not in (row[0], row[3])}
        left = self.traded(minute, row)
        for place in sorted({**places, **rest}):
            price = side[place]
            at = next((at for at, (one, _) in enumerate(left) if one == price), None)
            if at is None:
                continue
            size = left.pop(at)[1]
            for column, one in zip(found, (times[place], price, size, 0)):
                column.append(one)
        return found


def _thinned(under: Block) -> Sequence[int]:
    """The quotes of a minute that are followed: of many each sixth, and what makes its bars."""
    bids, asks, last = under.bid, under.ask, len(under.bid) - 1
    if last < _FEW:
        return range(last + 1)
    marks = {0, last, *range(_FOLLOWED // 2, last, _FOLLOWED)}
    for side in (bids, asks):
        marks |= {side.index(max(side)), side.index(min(side))}
    return sorted(marks)
