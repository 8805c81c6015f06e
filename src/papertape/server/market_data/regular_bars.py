"""Bars of more than half an hour of regular sessions, on tapes that play longer than those.

Bars of up to half an hour are picked: a regular session begins and ends on their grid. Longer ones
are made of its minutes. The first of a day begins with the session, as in TWS (09:30 of bars of an
hour); a bar of a day has the date of the trading day, one of a week or month that of its last day.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final

from ...venue.market.port import MarketSource
from ...venue.market.source import PriceBar
from ...venue.reference.times import period_start
from ...venue.units import DAY, MINUTE, Nanos

Regular = Callable[[int, Nanos], bool]
"""Whether an instrument is in its regular session at an instant."""
HALF_HOUR: Final[Nanos] = 30 * MINUTE
"""Regular sessions begin and end on the grid of bars up to this size."""


def extended(market: MarketSource, con_id: int, at: Nanos, regular: Regular) -> bool:
    """Whether the tape plays beyond the regular session; ``at`` says on which day to look."""
    spans = market.sessions(con_id, at, at + 15 * DAY)[:1]
    return any(
        not (regular(con_id, begins) and regular(con_id, ends - 1)) for begins, ends in spans
    )


def regular_bars(
    market: MarketSource,
    con_id: int,
    span: tuple[Nanos, Nanos],
    step: Nanos,
    what: str,
    regular: Regular,
) -> list[PriceBar]:
    """The bars that begin in a span (end excluded), of what happened in regular sessions."""
    start, end = span
    if step >= DAY:
        days = [
            day
            for begins, ends in market.sessions(con_id, start, end)
            for day in _day(market, con_id, (begins, min(ends, end)), what, regular)
            if start <= day.start < end
        ]
        return grouped(days, step)
    place = start - start % step
    if place < start and any(regular(con_id, at) for at in range(place, start, MINUTE)):
        start = place + step
    minutes = _minutes(market, con_id, (start, end), what, regular)
    found: list[PriceBar] = []
    for place, inside in groupby(minutes, lambda bar: bar.start - bar.start % step):
        grid = range(max(place, start), place + step, MINUTE)
        first = next(at for at in grid if regular(con_id, at))
        found.append(joined_bars(first, list(inside)))
    return found


def day_bars(
    market: MarketSource, con_id: int, span: tuple[Nanos, Nanos], what: str
) -> list[PriceBar]:
    """The bars of trading days by which other days are judged: of their regular sessions, of all
    they have where the market does not tell those."""
    start, end = span
    found = market.regular_days(con_id, start=start, end=end, what=what)
    if found is not None:
        return found
    return market.bars(con_id, start=start, end=end, step=DAY, what=what)


def grouped(days: Iterable[PriceBar], step: Nanos) -> list[PriceBar]:
    """Bars of days as bars of days, weeks or months, each with the date of its last day."""
    if step == DAY:
        return list(days)
    groups = groupby(days, lambda day: period_start(day.start, step))
    return [
        joined_bars(inside[-1].start, inside) for inside in (list(group) for _, group in groups)
    ]


def joined_bars(start: Nanos, bars: Sequence[PriceBar]) -> PriceBar:
    """One bar out of neighbours of the same length."""
    prices = (
        bars[0].open, max(bar.high for bar in bars), min(bar.low for bar in bars), bars[-1].close,
    )  # fmt: skip
    if bars[0].count < 0:
        return PriceBar(start, *prices, -1, -1, -1)
    volume = sum(bar.volume for bar in bars)
    traded = sum(bar.wap * bar.volume for bar in bars)
    average = (traded + volume // 2) // volume if volume else bars[-1].wap
    return PriceBar(start, *prices, volume, average, sum(bar.count for bar in bars))


def _day(
    market: MarketSource, con_id: int, span: tuple[Nanos, Nanos], what: str, regular: Regular
) -> Iterator[PriceBar]:
    """The regular part of the trading day in a span, with the date that the whole day has."""
    begins, ends = span
    if ends <= begins:
        return
    days = market.regular_days(con_id, start=begins, end=ends, what=what)
    if days is not None:
        yield from days
        return
    whole = market.bars(con_id, start=begins, end=ends, step=DAY, what=what)
    if whole:
        minutes = list(_minutes(market, con_id, span, what, regular))
        if minutes:
            yield joined_bars(whole[0].start, minutes)


def _minutes(
    market: MarketSource, con_id: int, span: tuple[Nanos, Nanos], what: str, regular: Regular
) -> Iterator[PriceBar]:
    start, end = span
    if start < end:
        bars = market.bars(con_id, start=start, end=end, step=MINUTE, what=what)
        yield from (bar for bar in bars if regular(con_id, bar.start))
