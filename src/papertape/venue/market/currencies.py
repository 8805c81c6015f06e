"""Currency pairs: every currency has one value in dollars, and a pair is the ratio of two.

So triangles close at every instant, to the rounding of the quotes. A currency's value is a way of
steps of four minutes (``walks``), and between two of them twenty-four parts of its own, at instants
that all pairs share. Pairs show quotes only.
"""

from array import array
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

import msgspec

from ..units import MINUTE, SECOND, Nanos, PriceUnits
from .days import Cache, Caches, Day
from .interpolate import Style
from .liveliness import CURRENCY_DAY
from .noise import bridges, drawn, mix
from .synthetic import CURRENCY, HISTORY_DAYS
from .ticks import NO_HIGH, NO_LOW, Block, Piece, Rows
from .timeline import DaySource
from .walks import STEPS, Way

PARTS = 6
"""Values of a minute."""
_STRIDE = 4
"""Minutes of a step of the walk: a day has few cells, so that its bar costs little."""
_INSIDE = _STRIDE * PARTS
_SPAN: Nanos = MINUTE // PARTS
_ROOT_STEPS = 5.477225575051661
MINUTES = CURRENCY_DAY // MINUTE
CELLS = MINUTES // (STEPS * _STRIDE)

# Invented values in dollars, of the order of magnitude of late 2025, and a day's volatility.
VALUES: Mapping[str, tuple[float, float]] = MappingProxyType({
    "EUR": (1.16, 0.0045),
    "GBP": (1.32, 0.0050),
    "CHF": (1.25, 0.0048),
    "AUD": (0.655, 0.0060),
    "NZD": (0.575, 0.0063),
    "CAD": (0.715, 0.0036),
    "JPY": (0.0064, 0.0055),
    "SEK": (0.106, 0.0065),
    "NOK": (0.099, 0.0068),
    "DKK": (0.1555, 0.0045),
    "HKD": (0.1286, 0.0003),
    "CNH": (0.1410, 0.0018),
    "SGD": (0.770, 0.0028),
    "MXN": (0.0545, 0.0070),
    "ZAR": (0.0585, 0.0085),
    "PLN": (0.274, 0.0060),
    "CZK": (0.0480, 0.0055),
    "HUF": (0.00304, 0.0070),
    "ILS": (0.307, 0.0060),
    "TRY": (0.0236, 0.0050),
    "KRW": (0.00068, 0.0045),
    "INR": (0.0112, 0.0022),
})  # fmt: skip
DOLLAR = "USD"


class PairSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A pair: so many units of ``quote`` for one of ``base``."""

    base: str
    quote: str = DOLLAR
    scale: int = 100_000
    """Price units per unit of ``quote``."""
    style: Style = CURRENCY
    length: Nanos = CURRENCY_DAY

    def __post_init__(self) -> None:
        for code in (self.base, self.quote):
            if code != DOLLAR and code not in VALUES:
                raise ValueError(f"no value of the currency {code!r}")
        if self.base == self.quote or self.length != CURRENCY_DAY:
            raise ValueError(f"a pair of {self.base} and {self.quote}, {self.length} ns a day")


class PairDays(DaySource):
    """Trading days of a pair. A dollar's way is None."""

    def __init__(
        self, spec: PairSpec, ways: tuple[Way | None, Way | None], seed: int, *, caches: Caches
    ) -> None:
        self.length = spec.length
        self.tick, self.unit = spec.style.tick, spec.style.unit
        self.spec = spec
        self._ways = ways
        self._seed = seed
        self._caches = caches

    def head(self) -> int:
        """Number of the earliest day on offer."""
        return -HISTORY_DAYS

    def day(self, number: int) -> Day:
        """The trading day of that number."""
        day: Day = self._caches.days.get(
            (self._seed, self.spec, number), lambda: self._make(number)
        )
        return day

    def _make(self, number: int) -> "PairDay":
        return PairDay(self.spec, self._ways, (self._seed, number), self._caches.blocks)


class PairDay(Day):
    """One day of a pair."""

    def __init__(
        self,
        spec: PairSpec,
        ways: tuple[Way | None, Way | None],
        seeded: tuple[int, int],
        blocks: Cache,
    ) -> None:
        self.length = spec.length
        self._spec = spec
        self._seed, self._number = seeded
        self._blocks = blocks
        self._sides = [
            _Side(way, code, *seeded) for way, code in zip(ways, (spec.base, spec.quote))
        ]
        self._rows: dict[str, Rows] = {}
        self._per_tick = spec.scale / spec.style.tick
        self._half = 0.5 * (spec.style.spread - 1)

    def block(self, offset: Nanos) -> Block:
        minute = offset // MINUTE
        key = (self._seed, self._spec, self._number, minute)
        block: Block = self._blocks.get(key, lambda: self._block(minute))
        return block

    def rows(self, what: str) -> Rows:
        found = self._rows.get(what)
        if found is None:
            found = self._rows[what] = self._rows_of(what)
        return found

    def _rows_of(self, what: str) -> Rows:
        if what == "TRADES":
            empty = array("q", bytes(8 * MINUTES))
            high, low = array("q", [NO_HIGH]) * MINUTES, array("q", [NO_LOW]) * MINUTES
            return Rows(empty, high, low, empty, empty, empty, empty)
        if what == "BID":
            return self._made()
        rows, none = self.rows("BID"), array("q")
        width = self._spec.style.spread * self._spec.style.tick
        if what == "BID_ASK":
            means = array(
                "q", [sum(r) // 4 for r in zip(rows.open, rows.high, rows.low, rows.close)]
            )
            asks = array("q", [mean + width for mean in means])
            high = array("q", [price + width for price in rows.high])
            return Rows(means, high, rows.low, asks, none, none, none)
        factor, shift = (2, width) if what == "MIDPOINT" else (1, width)
        opened, high, low, close = (
            array("q", [(factor * price + shift) // factor for price in column])
            for column in (rows.open, rows.high, rows.low, rows.close)
        )
        return Rows(opened, high, low, close, none, none, none)

    def whole(self, what: str) -> Piece | None:
        if what in ("TRADES", "BID_ASK"):
            return self.rows(what).piece(what, 0, MINUTES) if what == "BID_ASK" else None
        width = self._spec.style.spread * self._spec.style.tick
        first, last = self._ratios(0)[0], self._ratios(MINUTES - 1)[-1]
        bids = (self._bid(first), *self._extremes(), self._bid(last))
        if what == "MIDPOINT":
            return Piece(*[(2 * bid + width) // 2 for bid in bids])
        return Piece(*[bid + (width if what == "ASK" else 0) for bid in bids])

    def _bid(self, ratio: float) -> PriceUnits:
        return max(int(ratio * self._per_tick - self._half), 1) * self._spec.style.tick

    def _ratios(self, minute: int) -> list[float]:
        """What the pair is worth in the parts of a minute."""
        base, quote = self._sides
        if quote.dollar:
            return base.parts(minute)
        if base.dollar:
            return [1.0 / two for two in quote.parts(minute)]
        return [one / two for one, two in zip(base.parts(minute), quote.parts(minute))]

    def _made(self) -> Rows:
        opened, high, low, close = (array("q", bytes(8 * MINUTES)) for _ in range(4))
        factor, half, tick, ratios = self._per_tick, self._half, self._spec.style.tick, self._ratios
        for minute in range(MINUTES):
            row = ratios(minute)
            opened[minute] = int(row[0] * factor - half) * tick
            high[minute] = int(max(row) * factor - half) * tick
            low[minute] = int(min(row) * factor - half) * tick
            close[minute] = int(row[-1] * factor - half) * tick
        if min(low) < tick:
            opened, high, low, close = (
                array("q", [max(price, tick) for price in column])
                for column in (opened, high, low, close)
            )
        none = array("q")
        return Rows(opened, high, low, close, none, none, none)

    def _extremes(self) -> tuple[PriceUnits, PriceUnits]:
        """The day's highest and lowest bid, from the cells that may hold them."""
        pairs = list(zip(*(side.bounds() for side in self._sides)))
        most = [(high / low, cell) for cell, ((_, high), (low, _)) in enumerate(pairs)]
        least = [(-low / high, cell) for cell, ((low, _), (_, high)) in enumerate(pairs)]
        return self._extreme(most, 1), self._extreme(least, -1)

    def _extreme(self, bounds: list[tuple[float, int]], way: int) -> PriceUnits:
        base, quote = self._sides
        bounds.sort(reverse=True)
        best = -1e300
        for bound, cell in bounds:
            if bound < best:
                break
            pairs = enumerate(zip(base.within(cell), quote.within(cell)))
            steps = [
                (one[1] / two[0] if way > 0 else -one[0] / two[1], row) for row, (one, two) in pairs
            ]
            for most, row in sorted(steps, reverse=True):
                if most < best:
                    break
                first = (cell * STEPS + row) * _STRIDE
                for minute in range(first, first + _STRIDE):
                    ratios = self._ratios(minute)
                    best = max(best, max(ratios) if way > 0 else -min(ratios))
        return self._bid(way * best)

    def _block(self, minute: int) -> Block:
        begin, style = minute * MINUTE, self._spec.style
        # The same instants for all pairs: no part of the names goes in.
        chance = drawn(PARTS, self._seed, self._number, minute)
        slack = (_SPAN - SECOND // 100) // 256
        times = array(
            "q", [begin + place * _SPAN + chance[place] * slack for place in range(PARTS)]
        )
        times[0] = begin
        bids = array("q", map(self._bid, self._ratios(minute)))
        asks = array("q", [bid + style.spread * style.tick for bid in bids])
        sizes, none = array("q", [style.size or 1]) * PARTS, array("q")
        return Block(
            begin, begin + MINUTE, times, bids, sizes, asks, sizes, none, none, none, none,
            exchanges=("IDEALPRO",),
        )  # fmt: skip


class _Side:
    """One currency's value over a day; a dollar is always worth one."""

    def __init__(self, way: Way | None, code: str, seed: int, number: int) -> None:
        self._way = way
        self._number = number
        self._picks = (
            drawn(MINUTES // _STRIDE, seed, number_of(code), number) if way is not None else b""
        )
        self._shapes = bridges(_INSIDE)
        self._cell: tuple[int, list[float], float] = (-1, [], 0.0)

    @property
    def dollar(self) -> bool:
        """Whether it is always worth one."""
        return self._way is None

    def _of(self, cell: int) -> tuple[list[float], float]:
        """The values at a cell's steps, and how far one strays within a step."""
        if self._cell[0] != cell:
            assert self._way is not None
            swing = self._way.swing(self._number, cell) / _ROOT_STEPS
            self._cell = (cell, self._way.cell(self._number, cell), swing)
        return self._cell[1], self._cell[2]

    def parts(self, minute: int) -> list[float]:
        """The values of a minute."""
        if self._way is None:
            return [1.0] * PARTS
        step, quarter = divmod(minute, _STRIDE)
        values, swing = self._of(step // STEPS)
        begin, end = values[step % STEPS : step % STEPS + 2]
        rise, points = (end - begin) / _INSIDE, self._shapes[self._picks[step]].points
        at = quarter * PARTS
        start = begin + rise * at
        return [
            start + swing * points[at],
            start + rise + swing * points[at + 1],
            start + rise * 2.0 + swing * points[at + 2],
            start + rise * 3.0 + swing * points[at + 3],
            start + rise * 4.0 + swing * points[at + 4],
            start + rise * 5.0 + swing * points[at + 5],
        ]

    def within(self, cell: int) -> list[tuple[float, float]]:
        """Bounds of the values of each step of a cell."""
        if self._way is None:
            return [(1.0, 1.0)] * STEPS
        values, swing = self._of(cell)
        picks = self._picks[cell * STEPS : (cell + 1) * STEPS]
        return [
            (
                (one if one < two else two) + swing * bridge.least,
                (two if one < two else one) + swing * bridge.most,
            )
            for one, two, bridge in zip(values, values[1:], map(self._shapes.__getitem__, picks))
        ]

    def bounds(self) -> list[tuple[float, float]]:
        """Bounds of the values of each cell."""
        way, number = self._way, self._number
        if way is None:
            return [(1.0, 1.0)] * CELLS
        more = _strays() / _ROOT_STEPS
        _, lows, highs = way.bounds(number)
        found = zip(lows, highs, way.swings(number))
        return [(low - more * swing, high + more * swing) for low, high, swing in found]


@lru_cache
def _strays() -> float:
    """How far any bridge within a step goes."""
    return max(max(bridge.most, -bridge.least) for bridge in bridges(_INSIDE))


def rhythm() -> list[float]:
    """How lively the cells of a day are."""
    places = [(2.0 * cell + 1.0) / CELLS - 1.0 for cell in range(CELLS)]
    return [1.4 - place * place for place in places]


def number_of(code: str) -> int:
    """A currency's number for hashing."""
    return int.from_bytes(code.encode(), "big")


def seed_of(seed: int, code: str) -> int:
    """The seed of a currency's walk: one, whatever pair it is looked at in."""
    return mix(seed, number_of(code), 41)
