"""A small recorded day for the tests of the tape, and the slow twin of its bars."""

from array import array
from itertools import pairwise
from random import Random

from papertape.venue.market.days import TickDay, tick_day
from papertape.venue.market.interpolate import Style
from papertape.venue.market.recorded import Bars, Recorded, Recording
from papertape.venue.market.source import PriceBar, Print, Quote
from papertape.venue.market.tape import Market, open_market
from papertape.venue.reference.calendars import calendar_of
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.units import DAY, MINUTE, SECOND, SIZE_SCALE

RECORDED, MINUTES, SYNTHETIC, CURRENCY = 756733, 8314, 272093, 12087792
LENGTH = 390 * MINUTE
ANCHOR = 1_700_000_000 * SECOND // MINUTE * MINUTE
WHATS = ("TRADES", "BID", "ASK", "MIDPOINT", "BID_ASK")


def small_day(seed: int = 1, length: int = LENGTH, trades: bool = True) -> TickDay:
    """A day of some two thousand quotes and a thousand prints, thinly spread, often at one time."""
    draw = Random(seed)
    stamps = sorted({0, *(draw.randrange(length // SECOND * 4) * SECOND // 4 for _ in range(2000))})
    bid = 1_000_000
    rows = []
    for time in stamps:
        bid += draw.choice((-100, 0, 0, 100))
        rows.append((time, bid, draw.randrange(1, 9) * SIZE_SCALE * 100, bid + 200, SIZE_SCALE))
    prints = []
    standing = {row[0]: row for row in rows}
    for time in sorted(draw.choice(stamps) for _ in range(1000 if trades else 0)):
        quote = standing[time]
        price = quote[draw.choice((1, 3))]
        prints.append((time, price, draw.randrange(1, 500) * SIZE_SCALE, draw.randrange(2)))
    quotes = tuple(array("q", column) for column in zip(*rows))
    columns = tuple(array("q", column) for column in zip(*prints)) or (array("q"),) * 4
    return tick_day(quotes, columns, ("ARCA", "BATS"), length)


def minute_bars(seed: int = 2, minutes: int = 390, trades: bool = True) -> Bars:
    """Minute bars, some of them empty, some narrower than any spread."""
    draw = Random(seed)
    columns: list[list[int]] = [[], [], [], [], []]
    price = 1_000_000
    for _ in range(minutes):
        opened, quiet = price, draw.random() < 0.1
        price = max(price + draw.randrange(-6, 7) * 100, 100) if not quiet else price
        high = max(opened, price) + (0 if quiet else draw.randrange(3) * 100)
        low = min(opened, price) - (0 if quiet else draw.randrange(3) * 100)
        volume = 0 if quiet or not trades else draw.choice((4, 100, 5_000, 90_000)) * SIZE_SCALE
        for column, value in zip(columns, (opened, high, low, price, volume)):
            column.append(value)
    return Bars(*(array("q", column) for column in columns))


def daily_bars() -> Bars:
    """Three days: an ordinary one, one narrower than the spread, one with hardly any volume."""
    rows = (
        (990_000, 1_010_000, 985_000, 1_000_000, 5_000_000 * SIZE_SCALE),
        (1_000_000, 1_000_000, 1_000_000, 1_000_000, 400_000 * SIZE_SCALE),
        (1_000_000, 1_004_000, 999_000, 1_001_000, 10 * SIZE_SCALE),
    )
    return Bars(*(array("q", column) for column in zip(*rows)))


def market(anchor: int = ANCHOR, seed: int = 0, *, exchange: bool = False) -> Market:
    """A market with one instrument of every kind, open at any hour or at those of exchanges."""
    style = Style(spread=2)
    currency = Style(tick=5, spread=2, size=10_000 * SIZE_SCALE, quotes=6, trades=False)
    ticks = Recorded(small_day(), earlier=(minute_bars(3),), daily=daily_bars())
    bars = Recorded(minutes=minute_bars(), daily=daily_bars())
    quotes = Recorded(small_day(5, DAY, trades=False), daily=daily_bars())
    return open_market(
        anchor,
        recordings=(
            Recording(RECORDED, lambda: ticks),
            Recording(MINUTES, lambda: bars, style=style),
            Recording(CURRENCY, lambda: quotes, DAY, currency),
        ),
        seed=seed,
        calendars={e.conId: calendar_of(e) for e in CATALOGUE} if exchange else {},
    )


def slow_bars(market: Market, con_id: int, span: tuple[int, int], step: int, what: str):
    """Bars made the obvious way, out of the ticks that a subscriber sees."""
    start, end = -(-span[0] // step) * step, span[1]
    found = []
    while start < end:
        ticks, weights = _view(market, con_id, start, min(start + step - 1, end), what)
        if ticks:
            found.append(_fold(start, ticks, weights, what))
        start += step
    return found


def _view(market: Market, con_id: int, start: int, last: int, what: str):
    """The ticks of a bar: with the quote that stands at the beginning of each day's part."""
    seen: list[Quote | Print] = []
    weights: list[int] = []
    for begin, end in market.sessions(con_id, start, last):
        lower, upper = max(start, begin), min(last, end - 1)
        if lower > upper:
            continue
        ticks = list(market.ticks(con_id, lower - 1, upper))
        if what == "TRADES":
            seen += [tick for tick in ticks if isinstance(tick, Print)]
            continue
        quotes = [tick for tick in ticks if isinstance(tick, Quote)]
        if not quotes or quotes[0].time > lower:
            quotes.insert(0, market.quote(con_id, lower))
        edges = [lower, *(quote.time for quote in quotes[1:]), upper + 1]
        weights += [later - edge for edge, later in pairwise(edges)]
        seen += quotes
    return seen, weights


def _fold(start: int, ticks: list, weights: list[int], what: str) -> PriceBar:
    if what == "TRADES":
        prices = [tick.price for tick in ticks]
        volume = sum(tick.size for tick in ticks)
        wap = round(sum(tick.price * tick.size for tick in ticks) / volume)
        return PriceBar(
            start, prices[0], max(prices), min(prices), prices[-1], volume, wap, len(ticks)
        )
    bids, asks = [tick.bid for tick in ticks], [tick.ask for tick in ticks]
    if what == "BID_ASK":
        bid = sum(map(int.__mul__, bids, weights)) // sum(weights)
        ask = sum(map(int.__mul__, asks, weights)) // sum(weights)
        return PriceBar(start, bid, max(asks), min(bids), ask, -1, -1, -1)
    middle = [(bid + ask) // 2 for bid, ask in zip(bids, asks, strict=True)]
    prices = {"BID": bids, "ASK": asks, "MIDPOINT": middle}[what]
    return PriceBar(start, prices[0], max(prices), min(prices), prices[-1], -1, -1, -1)
