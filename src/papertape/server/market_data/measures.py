"""What each generic tick tells, made of the tape alone: prices, sums of trades, volatilities.

``MEASURES`` has a function for each id that the table of generic ticks says is sent, with
``interest_measures``. A function
yields what is known; what is not, such as the range of a year whose days are still being looked up,
comes later.
"""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from functools import cached_property
from typing import Final, Literal, NamedTuple

from ...model import Contract
from ...venue.market.port import MarketSource
from ...venue.market.returns import RETURNS
from ...venue.market.source import DayStats, PriceBar, Quote
from ...venue.market.spots import futures_on
from ...venue.reference.instruments import Instrument, Instruments, Purpose, Refusal
from ...venue.reference.securities import UNQUOTED, UNTRADED, day_text
from ...venue.reference.sessions import TradingHours
from ...venue.units import DAY, MINUTE, SIZE_SCALE, WEEK, Nanos, PriceUnits, SizeUnits
from .borrowing import EASY_TO_BORROW
from .past_days import PastDays

Form = Literal["price", "side", "figure", "size", "contracts", "number", "text", "trade"]
"""``side`` is the price of a side of the market, -1 where there is none; ``figure`` is told as a
price and is none; ``contracts`` are a size that is never told in round lots."""
RANGES: Final = ((13, 15, 16), (26, 17, 18), (52, 19, 20))
"""Weeks, and the tick types of their low and high."""
AVERAGED: Final[Nanos] = 90 * DAY
VOLUMES: Final = ((3, 63), (5, 64), (10, 65))
"""Minutes, and the tick type of their volume."""
YEAR: Final[Nanos] = 365 * DAY
_LOOK_BACK: Final[Nanos] = 15 * DAY


class LatestTrade(NamedTuple):
    """The latest trade, as RTVolume tells it."""

    price: PriceUnits
    size: SizeUnits
    time: Nanos
    volume: SizeUnits
    average: PriceUnits


class Measure(NamedTuple):
    """One tick: its type, how it is told, and what."""

    tick: int
    form: Form
    value: int | float | str | LatestTrade


class Facts(NamedTuple):
    """What measures are made from."""

    market: MarketSource
    instruments: Callable[[], Instruments]
    hours: Callable[[], TradingHours]


class InstrumentMoment:
    """An instrument at an instant; what is asked for is looked up once."""

    def __init__(self, facts: Facts, entry: Instrument, now: Nanos, past: PastDays) -> None:
        self.facts = facts
        self.entry = entry
        self.now = now
        self.past = past

    @cached_property
    def quote(self) -> Quote:
        """The quote that stands."""
        return self.facts.market.quote(self.entry.conId, self.now)

    @cached_property
    def day(self) -> DayStats:
        """The day so far."""
        return self.facts.market.day(self.entry.conId, self.now)

    @cached_property
    def traded(self) -> bool:
        """Whether its kind has trades."""
        return self.entry.secType not in UNTRADED | UNQUOTED

    @property
    def is_fund(self) -> bool:
        """Whether it is a fund whose shares trade."""
        return self.entry.stockType == "ETF"

    @cached_property
    def mark(self) -> PriceUnits:
        """The price at which a position is valued; 0 where nothing is known."""
        return self.mark_at(self.quote, self.day)

    def mark_at(self, quote: Quote, day: DayStats) -> PriceUnits:
        """The same with another quote: the middle, else the only side, else the last price."""
        if quote.bid and quote.ask:
            return (quote.bid + quote.ask) // 2
        return quote.bid or quote.ask or day.last or day.close

    def today(self, what: str) -> PriceBar | None:
        """The bar of the day so far."""
        begins, market = self.past.begins, self.facts.market
        end = max(self.now, begins + 1)
        bars = market.bars(self.entry.conId, start=begins, end=end, step=DAY, what=what)
        return bars[-1] if bars else None

    @cached_property
    def trades(self) -> PriceBar | None:
        """The day's trades as a bar."""
        return self.today("TRADES") if self.traded else None

    @cached_property
    def minutes(self) -> Sequence[PriceBar]:
        """The bars of the last ten whole minutes that had trades."""
        if not self.traded:
            return ()
        end = self.now - self.now % MINUTE
        found = self.facts.market.bars(
            self.entry.conId, start=end - 10 * MINUTE, end=end, step=MINUTE, what="TRADES"
        )
        return [bar for bar in found if bar.start < end]

    def last_minutes(self, count: int) -> list[PriceBar]:
        """Those of the last ``count`` whole minutes."""
        start = self.now - self.now % MINUTE - count * MINUTE
        return [bar for bar in self.minutes if bar.start >= start]


Found = Iterator[Measure]


def _volatility(at: InstrumentMoment) -> Found:
    found = at.past.volatility()
    if found is not None:
        yield Measure(23, "number", found)


def _volatility_now(at: InstrumentMoment) -> Found:
    price = at.day.last or at.mark
    found = at.past.volatility(price) if price else None
    if found is not None:
        yield Measure(58, "number", found)


def _implied(at: InstrumentMoment) -> Found:
    found = at.facts.market.volatility(at.entry.conId, at.now)
    if found is not None:
        yield Measure(24, "number", found)


def _future_premium(at: InstrumentMoment) -> Found:
    index = at.day.last
    for symbol in futures_on(at.entry.symbol) if index else ():
        wanted = Contract(symbol=symbol, secType="CONTFUT", currency=at.entry.currency)
        rows = at.facts.instruments().rows(wanted, Purpose.DETAILS, at.now)
        future = None if isinstance(rows, Refusal) else next(rows).instrument
        if future is None or future.conId not in at.facts.market:
            continue
        quote = at.facts.market.quote(future.conId, at.now)
        if quote.bid and quote.ask:
            middle = (quote.bid + quote.ask) / 2 / future.scale
            yield Measure(31, "number", round(middle - index / at.entry.scale, 6))
            return


def _ranges(at: InstrumentMoment) -> Found:
    today = [bar for bar in (at.trades,) if bar is not None]
    for weeks, low, high in RANGES:
        past = at.past.within(weeks * WEEK)
        bars = today + (past or [])
        if past is not None and bars:
            yield Measure(low, "price", min(bar.low for bar in bars))
            yield Measure(high, "price", max(bar.high for bar in bars))
    average = _average_volume(at)
    if average:
        yield Measure(21, "size", average)


def _average_volume(at: InstrumentMoment) -> SizeUnits:
    """The volume of an average day of the last 90; 0 while it is not known."""
    days = at.past.within(AVERAGED)
    return sum(bar.volume for bar in days) // (len(days) * SIZE_SCALE) * SIZE_SCALE if days else 0


def _mark(at: InstrumentMoment) -> Found:
    if at.mark:
        yield Measure(37, "price", at.mark)


def _slow_mark(at: InstrumentMoment) -> Found:
    minute = at.now - at.now % MINUTE
    found = at.mark_at(at.facts.market.quote(at.entry.conId, minute), at.day)
    if found:
        yield Measure(79, "price", found)


def _trade(tick: int) -> Callable[[InstrumentMoment], Found]:
    def told(at: InstrumentMoment) -> Found:
        bar, day = at.trades, at.day
        if bar is not None and day.lastTime:
            found = LatestTrade(day.last, day.lastSize, day.lastTime, bar.volume, bar.wap)
            yield Measure(tick, "trade", found)

    return told


def _shortable(at: InstrumentMoment) -> Found:
    yield Measure(46, "number", EASY_TO_BORROW)
    shares = _average_volume(at)
    if shares:
        yield Measure(89, "size", shares)


def _trade_count(at: InstrumentMoment) -> Found:
    if at.trades is not None:
        yield Measure(54, "number", float(at.trades.count))


def _trade_rate(at: InstrumentMoment) -> Found:
    if at.traded:
        yield Measure(55, "number", float(sum(bar.count for bar in at.last_minutes(1))))


def _volume_rate(at: InstrumentMoment) -> Found:
    if at.traded:
        units = sum(bar.volume for bar in at.last_minutes(1))
        yield Measure(56, "number", units / SIZE_SCALE)


def _regular_trade(at: InstrumentMoment) -> Found:
    spans = at.facts.hours().sessions(at.entry, at.now - _LOOK_BACK, at.now + 1, regular=True)
    begun = [ends for _, begins, ends in spans if begins <= at.now]
    if not begun or not at.traded:
        return
    price = at.facts.market.day(at.entry.conId, min(at.now, begun[-1] - 1)).last
    if price:
        yield Measure(57, "price", price)


def _dividends(at: InstrumentMoment) -> Found:
    known = at.facts.market.dividends(at.entry.conId)
    past = [one.amount for one in known if at.now - YEAR < one.begins <= at.now]
    ahead = [one for one in known if at.now < one.begins <= at.now + YEAR]
    told = ["" if not some else _money(sum(some)) for some in (past, [o.amount for o in ahead])]
    told += [day_text(ahead[0].day), _money(ahead[0].amount)] if ahead else ["", ""]
    yield Measure(59, "text", ",".join(told))


def _money(micros: int) -> str:
    return f"{Decimal(micros).scaleb(-6).normalize():f}"


def _bond_factor(at: InstrumentMoment) -> Found:
    yield Measure(60, "number", 1.0)


def _recent_volume(at: InstrumentMoment) -> Found:
    if at.traded:
        for minutes, tick in VOLUMES:
            yield Measure(tick, "size", sum(bar.volume for bar in at.last_minutes(minutes)))


def _fund_value(at: InstrumentMoment) -> Found:
    if at.is_fund and at.mark:
        yield Measure(96, "price", at.mark)


def _fund_range(at: InstrumentMoment) -> Found:
    bar = at.today("MIDPOINT") if at.is_fund else None
    if bar is not None:
        yield Measure(98, "price", bar.high)
        yield Measure(99, "price", bar.low)


def _fund_close(at: InstrumentMoment) -> Found:
    if at.is_fund and at.day.close:
        yield Measure(97, "price", at.day.close)


def _auction(at: InstrumentMoment) -> Found:
    found = at.facts.market.auction(at.entry.conId, at.now)
    if found is not None:
        yield Measure(34, "size", found.volume)
        if found.price:
            yield Measure(35, "price", found.price)
        yield Measure(36, "size", found.imbalance)
        yield Measure(61, "size", found.regulatory)


MEASURES: Final[dict[int, Callable[[InstrumentMoment], Found]]] = {
    104: _volatility,
    106: _implied,
    162: _future_premium,
    165: _ranges,
    225: _auction,
    232: _mark,
    233: _trade(48),
    236: _shortable,
    293: _trade_count,
    294: _trade_rate,
    295: _volume_rate,
    318: _regular_trade,
    375: _trade(77),
    411: _volatility_now,
    456: _dividends,
    460: _bond_factor,
    577: _fund_value,
    595: _recent_volume,
    614: _fund_range,
    619: _slow_mark,
    623: _fund_close,
}
BY_DAYS: Final = {
    101: 90, 104: RETURNS + 1, 105: 90, 165: 365, 236: 90, 411: RETURNS + 1, 588: 90,
}  # fmt: skip
"""How many days of the past some of them need at most."""
