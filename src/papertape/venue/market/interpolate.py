"""Finer ticks out of coarser bars: a day's bar to minutes, a minute's bar to quotes and trades.

Every level keeps what the level above it says to the last unit: open, high, low, close, volume
and count of trades, and the same for the bid. So bars of any size agree, and a tick at any
instant needs one day and one minute to be worked out, not the way from the start.

How the two levels stay equal: within a day the spread has a floor (``spread``) that holds at
every extreme. A bar of trades then is a bar of bids: its low trades at the bid, its high at the
ask, its open and close at the bid where the high leaves room. Wider spreads between stay inside
these bounds. Averages (wap, time-weighted quotes) are estimates at the coarser levels.

Random numbers come from ``random.Random`` with an integer seed, and only through ``random()``,
whose sequence Python guarantees; arithmetic is that of IEEE 754 and exact on any machine.
"""

from array import array
from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise
from math import sqrt
from operator import add, sub
from random import Random

import msgspec

from ..units import DAY, MINUTE, SIZE_SCALE, Nanos, PriceUnits, SizeUnits
from .noise import mix
from .ticks import Block, Column

LOT: SizeUnits = 100 * SIZE_SCALE
LEAST_TRADES = 4  # a minute needs that many prints to show an open, a high, a low and a close
LEAST_QUOTES = 6  # as many points a minute's path needs to visit its four prices in any order
LEAST_LENGTH: Nanos = 10 * MINUTE
SHARES_A_TRADE = 200
MOST_TRADES = 60  # a minute on average: a trade a second is as much as a demonstration needs
# Log-normal sizes in lots: e**(0.9 z) at 32 equally likely z, rounded; a table keeps it exact.
# fmt: off
LOTS = (
    1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 3, 3,
    3, 4, 4, 4, 5, 5, 6, 6, 7, 8, 9, 11, 13, 16, 21, 35,
)
# fmt: on
TURNS = (0.04, 0.05, 0.08, 0.12, 0.2, 0.3, 0.4, 0.5)
"""How likely the side that trades changes with the next print, for runs of each kind."""
SYNTHETIC_EXCHANGES = ("ARCA", "BATS", "DRCTEDGE", "NASDAQ", "NYSE", "IEX")

Draw = Callable[[], float]


class Style(msgspec.Struct, frozen=True):
    """How an instrument's ticks look where only bars are known."""

    tick: PriceUnits = 100
    spread: int = 1
    """The narrowest bid-ask spread, in ticks."""
    depth: int = 2
    """Displayed size in multiples of a log-normal number of lots."""
    size: SizeUnits = 0
    """Constant displayed size; 0 draws sizes."""
    quotes: int = 12
    """Quotes a minute beside those that trades bring."""
    trades: bool = True
    """False for a market that shows quotes only, such as currencies."""

    @property
    def unit(self) -> SizeUnits:
        """A usual displayed size."""
        return self.size or self.depth * LOT

    def __post_init__(self) -> None:
        if min(self.tick, self.spread, self.depth) < 1 or self.quotes < LEAST_QUOTES:
            raise ValueError(f"tick, spread, depth under 1 or quotes under {LEAST_QUOTES}: {self}")


class DayBar(msgspec.Struct, frozen=True):
    """A trading day known as one bar. Prices are in ticks: trades, or bids when none trade."""

    open: int
    high: int
    low: int
    close: int
    volume: SizeUnits
    count: int


def check_length(length: Nanos) -> None:
    """Raises ``ValueError`` unless a trading day may be that long."""
    if length % MINUTE or not LEAST_LENGTH <= length <= DAY:
        raise ValueError(f"a trading day of {length / MINUTE} minutes: 10 to 1440 whole ones")


def day_bar(prices: Sequence[PriceUnits], volume: SizeUnits, style: Style, minutes: int) -> DayBar:
    """A day's bar on the tick grid, made fit for expansion.

    The range is widened to hold the open, the close and one spread; the volume is at least
    that of the fewest trades that ``minutes`` minute bars need.
    """
    tick = style.tick
    opened, high, low, close = (max((price + tick // 2) // tick, 1) for price in prices)
    low = min(low, opened, close)
    high = max(high, opened, close, low + style.spread)
    if not style.trades:
        return DayBar(opened, high, low, close, 0, 0)
    volume = max(volume // SIZE_SCALE, LEAST_TRADES * minutes)
    count = min(max(volume // SHARES_A_TRADE, LEAST_TRADES * minutes), MOST_TRADES * minutes)
    return DayBar(opened, high, low, close, volume * SIZE_SCALE, count)


class Plan(msgspec.Struct, frozen=True):
    """The minutes of a trading day; prices in ticks. ``bids`` are the bid's O, H, L, C."""

    seed: int
    style: Style
    open: Column
    high: Column
    low: Column
    close: Column
    volume: Column
    count: Column
    bids: tuple[Column, Column, Column, Column]
    first: int = 0
    """Which minute of the day the first row is."""


def plan_of(bars: Sequence[Column], counts: tuple[Column, Column], style: Style, seed: int) -> Plan:
    """A plan from minute bars (O, H, L, C columns in ticks) with their volumes and counts."""
    opens, highs, lows, closes = bars
    volumes, trades = counts
    spread = style.spread if style.trades else 0
    top = max(highs) - spread
    bids = (array("q"), array("q"), array("q"), array("q"))
    for opened, high, low, close in zip(opens, highs, lows, closes):
        if high - low >= spread:
            ceiling = high - spread
            row = (min(opened, ceiling), ceiling, low, min(close, ceiling))
        else:
            row = (min(low, top),) * 4
        for column, value in zip(bids, row):
            column.append(value)
    return Plan(seed, style, opens, highs, lows, closes, volumes, trades, bids)


def plan_of_day(bar: DayBar, style: Style, seed: int, minutes: int) -> Plan:
    """Minutes that make up exactly the day's bar: a bridge through its open, high, low, close.

    Prices move most at the open and the close: volatility has the shape of a U over the day.
    """
    draw = Random(seed).random
    spread = style.spread if style.trades else 0
    nearer_high = bar.high - bar.open < bar.open - bar.low
    early = 1 + int(draw() * (minutes // 2 - 1))
    late = minutes // 2 + int(draw() * (minutes - minutes // 2 - 1))
    extremes = (bar.high, bar.low) if nearer_high else (bar.low, bar.high)
    stops = ((0, bar.open), (early, extremes[0]), (late, extremes[1]), (minutes, bar.close))
    swing = 2.1 * (bar.high - bar.low + 1) / sqrt(minutes)
    swings = [swing * (0.75 + 0.75 * place * place) for place in places(minutes)]
    path = bridge(draw, stops, swings, (bar.low, bar.high), aloof=True)
    highs, lows = array("q"), array("q")
    for (opened, close), amplitude in zip(pairwise(path), swings):
        upper, lower = (opened, close) if opened > close else (close, opened)
        reach = amplitude * draw()
        top = min(upper + spread, bar.high)
        highs.append(top + _further(draw, reach, bar.high - top))
        lows.append(lower - _further(draw, reach, lower - bar.low))
    counts = _shared(draw, bar, minutes) if style.trades else (array("q", bytes(8 * minutes)),) * 2
    edges = array("q", path)
    return plan_of((edges[:-1], highs, lows, edges[1:]), counts, style, seed)


def _further(draw: Draw, reach: float, room: int) -> int:
    """How far a minute goes beyond its open and close.

    It may come close to the day's extreme, which is reached only where the path itself takes it
    there; it is drawn from the room that there is, as what is cut off would pile up at the edge.
    """
    return int(min(reach, room) * draw())


def places(minutes: int) -> list[float]:
    """Where in the day each minute is: -1 at the open, 0 in the middle, 1 at the close."""
    return [2.0 * minute / minutes - 1.0 for minute in range(minutes)]


def bridge(
    draw: Draw,
    stops: Sequence[tuple[int, int]],
    swings: Sequence[float],
    bounds: tuple[int, int],
    *,
    aloof: bool = False,
) -> list[int]:
    """A random path of integers through every stop (position, value) and within the bounds.

    A price that has not passed a bound yet was seldom close to it: ``aloof`` pushes the path away
    from the bounds as a walk is that is known to stay between them (a Bessel process of three
    dimensions, at either bound).
    """
    lowest, highest = bounds
    path = [stops[0][1]]
    for (start, begin), (end, goal) in pairwise(stops):
        at = float(begin)
        for position in range(start + 1, end):
            swing = swings[position]
            if aloof:
                variance = swing * swing / 12.0
                low_push = variance / (at - lowest + 0.5 * swing)
                at += low_push - variance / (highest - at + 0.5 * swing)
            at += (goal - at) / (end - position + 1) + (draw() - 0.5) * swing
            # Thrown back rather than held: a path that is held stays at the edge.
            if at < lowest:
                at = min(2.0 * lowest - at, highest)
            elif at > highest:
                at = max(2.0 * highest - at, lowest)
            path.append(int(at + 0.5))
        path.append(goal)
    return path


def _shared(draw: Draw, bar: DayBar, minutes: int) -> tuple[Column, Column]:
    """The day's volume and count over its minutes: busy at the open and more so at the close."""
    weights = [
        (0.6 + (1.9 if place < 0 else 2.4) * place * place) * (0.5 + draw())
        for place in places(minutes)
    ]
    return shared(bar.volume, bar.count, weights, [LEAST_TRADES] * minutes)


def shared(
    volume: SizeUnits, count: int, weights: Sequence[float], least: Sequence[int]
) -> tuple[Column, Column]:
    """Volume and number of trades over parts by their weights, at least so many in each; a part
    without weight has its least, and no shares where that is none."""
    volumes, counts = shared_upto(volume, count, weights, least)
    return steps_of(volumes), steps_of(counts)


def shared_upto(
    volume: SizeUnits, count: int, weights: Sequence[float], least: Sequence[int]
) -> tuple[list[SizeUnits], list[int]]:
    """The same as sums: of the first part, of the first two, and so on."""
    reached = list(accumulate(weights))
    fewest = list(accumulate(least))
    more = _upto(count - fewest[-1], reached)
    counts = list(map(add, more, fewest))
    unit = LOT if volume >= count * LOT else SIZE_SCALE
    lots, odd = divmod(volume - count * unit, unit)
    volumes = [(one + few) * unit for one, few in zip(_upto(lots, reached), counts)]
    if odd:  # the last part with a trade has it
        for part in range(counts.index(counts[-1]), len(counts)):
            volumes[part] += odd
    return volumes, counts


def split(total: int, weights: Sequence[float]) -> Column:
    """``total`` in whole parts proportional to the weights; the parts add up to it."""
    return steps_of(_upto(total, list(accumulate(weights))))


def _upto(total: int, reached: Sequence[float]) -> list[int]:
    """So much of ``total`` as parts reach of a whole; the last one ends at the whole."""
    if not reached:
        return []
    # Added from left to right, as ``sum`` is not everywhere.
    whole = reached[-1]
    places = [int(total * (upto / whole)) for upto in reached]
    places[-1] = total
    return places


def steps_of(sums: Sequence[int]) -> Column:
    """What each adds to the one before."""
    return array("q", map(sub, sums, [0, *sums[:-1]])) if sums else array("q")


def fewest_trades(opened: int, high: int, low: int, close: int) -> int:
    """How many prints it takes to show this bar."""
    if high == low:
        return 1
    ends = (opened, close)
    return 2 + (high not in ends) + (low not in ends)


def expand(plan: Plan, minute: int) -> Block:
    """The ticks of one minute, given by its row in the plan, from that minute's own seed."""
    draw = Random(mix(plan.seed, minute)).random
    count = plan.count[minute]
    points = count + count // 3 + plan.style.quotes
    begin = (plan.first + minute) * MINUTE
    step = MINUTE // points
    times = [begin + index * step + int(draw() * 0.95 * step) for index in range(points)]
    times[0] = begin
    peak, trough = 1 + int(draw() * (points // 2 - 1)), points // 2 + int(draw() * (points // 3))
    opened, high, low, close = (column[minute] for column in plan.bids)
    if high - opened > opened - low:
        peak, trough = trough, peak
    stops = sorted([(0, opened), (peak, high), (trough, low), (points - 1, close)])
    swings = [2.0 * (high - low + 1) / sqrt(points)] * points
    bids = bridge(draw, stops, swings, (low, high))
    quotes = _quotes(draw, plan, bids, (low, high, peak, trough))
    marks = {0: plan.open[minute], points - 1: plan.close[minute]}
    if plan.high[minute] not in marks.values():
        marks[peak] = plan.high[minute]
    if plan.low[minute] not in marks.values():
        marks[trough] = plan.low[minute]
    trades = _trades(draw, plan, minute, (times, quotes[0], quotes[2], marks), begin)
    bid, bid_size, ask, ask_size = (array("q", column) for column in quotes)
    return Block(
        begin,
        begin + MINUTE,
        array("q", times),
        bid,
        bid_size,
        ask,
        ask_size,
        *trades,
        exchanges=SYNTHETIC_EXCHANGES,
    )


def _quotes(
    draw: Draw, plan: Plan, bids: list[int], fixed: tuple[int, int, int, int]
) -> tuple[list[int], list[int], list[int], list[int]]:
    """Bid, bid size, ask, ask size: the spread widens by a Markov chain, inside the bounds."""
    style, tick = plan.style, plan.style.tick
    low, high, peak, trough = fixed
    top, last, wider = high + style.spread, len(bids) - 1, 0
    unit = style.depth * LOT
    columns: tuple[list[int], list[int], list[int], list[int]] = ([], [], [], [])
    for index, bid in enumerate(bids):
        ask = bid + style.spread
        chance = draw()
        if chance < 0.15:
            wider = 0 if chance < 0.125 else 1 if chance < 0.142 else 2
        if wider and index not in (0, peak, trough, last):
            if index & 1:
                bid = max(bid - wider, low)
            else:
                ask = min(ask + wider, top)
        columns[0].append(bid * tick)
        columns[2].append(ask * tick)
        sizes = int(draw() * 1024)
        columns[1].append(style.size or LOTS[sizes & 31] * unit)
        columns[3].append(style.size or LOTS[sizes >> 5] * unit)
    return columns


def _trades(
    draw: Draw,
    plan: Plan,
    minute: int,
    at: tuple[list[Nanos], list[int], list[int], dict[int, int]],
    begin: Nanos,
) -> tuple[Column, Column, Column, Column]:
    """Time, price, size, venue of the prints: at the touch, buyers and sellers in runs."""
    times, bids, asks, marks = at
    when, prices, venues = array("q"), array("q"), array("q")
    tick, count = plan.style.tick, plan.count[minute]
    if count == 1:
        marks = {0: marks[0]}
    lowest, highest = plan.low[minute] * tick, plan.high[minute] * tick
    free, places = count - len(marks), len(times) - len(marks)
    # Large orders are traded in parts: some runs are long, and go on into the next minutes.
    run = mix(plan.seed, (plan.first + minute) // 4, 31)
    buying, turning = bool(run & 1), TURNS[run >> 1 & 7]
    for index, time in enumerate(times):
        if not count:
            break
        if index in marks:
            price = marks[index] * tick
        else:
            taken = draw() * places < free
            places -= 1
            if not taken:
                continue
            free -= 1
            if draw() < turning:
                buying, turning = not buying, TURNS[int(draw() * 8)]
            price = min(max(asks[index] if buying else bids[index], lowest), highest)
        later = times[index + 1] if index + 1 < len(times) else begin + MINUTE
        when.append(time + 1 + (later - time - 1) * 5 // 8)
        prices.append(price)
        venues.append(int(draw() * len(SYNTHETIC_EXCHANGES)))
    return when, prices, _sizes(draw, plan.volume[minute], len(prices)), venues


def _sizes(draw: Draw, volume: SizeUnits, count: int) -> Column:
    if not count:
        return array("q")
    unit = LOT if volume >= count * LOT else SIZE_SCALE if volume >= count * SIZE_SCALE else 1
    lots, odd = divmod(volume - count * unit, unit)
    sizes = split(lots, [LOTS[int(draw() * 32)] for _ in range(count)])
    for index in range(count):
        sizes[index] = (sizes[index] + 1) * unit
    sizes[-1] += odd
    return sizes
