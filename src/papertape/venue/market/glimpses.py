"""Half an hour of an instrument at a glance, minute by minute: what scanners rank thousands by.

A glimpse costs a fraction of what ``Tape.stats`` does, and what is made for it is thrown away, so a
look at every stock neither fills the memory nor turns the caches of those that are followed over.
Its prices, shares and trades are those of the tape's minute bars.
"""

from collections.abc import Iterator
from typing import Final

from ..units import MINUTE, Nanos, PriceUnits, SizeUnits
from .days import Day, PartedDay, day_piece
from .extended import ExtendedDays
from .layout import Layout, part_at, played
from .source import Glimpse, GlimpsePoint, packed
from .sources import Sources
from .synthetic import SyntheticDay, SyntheticDays, TradedCell
from .ticks import Rows
from .timeline import DaySource
from .walks import STEPS

USUAL_DAYS: Final = 5
"""Days of a recorded instrument whose volume is its usual one."""


def glimpse(sources: Sources, con_id: int, now: Nanos) -> Glimpse | None:
    """The half an hour around an instant; None of what has no trades. Raises ``KeyError`` for an
    instrument that there is not."""
    source, layout = sources.passing(con_id)
    number = layout.number(now)
    span = layout.span(number)
    minute = played(layout, number, now) // MINUTE
    # A minute that is over belongs to its half hour, so that there is always one before.
    cell = max(minute - 1, 0) // STEPS
    day, first = _day(source, number), cell * STEPS
    last = min(first + STEPS, span // MINUTE)
    traded, opened = _traded(day, first, last), _opened(day)
    if opened is None or not traded.rows.count:
        return None
    close = _closed(source, layout, number - 1)
    points = _points(traded, last - first)
    part = part_at(layout, number, now)
    later = (one.begins for one in layout.parts(number) if one.begins > now)
    until = next(later, None) or layout.start(number + 1)
    if now < part.ends and last * MINUTE < span:
        until = min(until, part.base + (last + 1) * MINUTE)
    begins = part.base + first * MINUTE
    return Glimpse(
        begins, until, packed(points), opened, close, _usual_volume(source, number),
        sources.usual(con_id),
    )  # fmt: skip


def _day(source: DaySource, number: int) -> Day:
    if isinstance(source, SyntheticDays | ExtendedDays):
        return source.fresh(number)
    return source.day(number)


def _traded(day: Day, first: int, last: int) -> TradedCell:
    """What is traded in some minutes of a day, a cell of it, and what was before."""
    if isinstance(day, SyntheticDay):
        return day.minutes(first // STEPS)
    if isinstance(day, PartedDay):
        return _traded_in_parts(day, first, last)
    rows = day.rows("TRADES")
    price = rows.open[first] if rows.open else 0
    before = sum(rows.volume[:first]), sum(rows.count[:first])
    return TradedCell(_cut(rows, first, last), price, *before)


def _traded_in_parts(day: PartedDay, first: int, last: int) -> TradedCell:
    price, volume, count = 0, 0, 0
    for part in day.parts:
        if first < part.first + part.minutes:
            break
        one = part.day()
        if part.whole and isinstance(one, SyntheticDay):
            price, more, trades = one.all_traded()
        else:
            bar = part.piece("TRADES", 0, day.length)
            assert bar is not None, "a stock without trades"
            price, more, trades = bar.close, bar.volume, bar.count
        volume, count = volume + more, count + trades
    found = _traded(part.day(), first - part.first, last - part.first)
    if count and first == part.first:
        found = found._replace(price=price)
    return found._replace(volume=found.volume + volume, trades=found.trades + count)


def _opened(day: Day) -> PriceUnits | None:
    """What a day opens at; None of one without trades."""
    if isinstance(day, PartedDay):
        return _opened(day.parts[0].day())
    if isinstance(day, SyntheticDay):
        return day.opened()
    piece = day.whole("TRADES")
    return None if piece is None else piece.open


def _cut(rows: Rows, first: int, last: int) -> Rows:
    columns = (rows.open, rows.high, rows.low, rows.close, rows.volume, rows.notional, rows.count)
    return Rows(*(column[first:last] for column in columns))


def _points(traded: TradedCell, upto: int) -> Iterator[GlimpsePoint]:
    """Price, shares and trades before the first minute and after each."""
    rows, price, volume, count = traded
    yield GlimpsePoint(price, volume, count)
    for close, shares, number in zip(rows.close[:upto], rows.volume, rows.count):
        if number:
            price, volume, count = close, volume + shares, count + number
        yield GlimpsePoint(price, volume, count)


def _closed(source: DaySource, layout: Layout, number: int) -> PriceUnits:
    """The last price of a trading day."""
    if isinstance(source, ExtendedDays):
        return source.session_close(number)
    span = layout.span(number)
    if isinstance(source, SyntheticDays):
        return source.closed(number, span // MINUTE)
    day = source.day(number)
    if span >= day.length:
        return day.last()
    piece = day_piece(day, "TRADES", 0, span) or day_piece(day, "MIDPOINT", 0, span)
    assert piece is not None, "every day opens with a quote"
    return piece.close


def _usual_volume(source: DaySource, number: int) -> SizeUnits:
    if isinstance(source, ExtendedDays):
        return _usual_volume(source.regular, number)
    if isinstance(source, SyntheticDays):
        return source.usual_volume
    days = (source.day(number - back).whole("TRADES") for back in range(1, USUAL_DAYS + 1))
    return sum(piece.volume for piece in days if piece is not None) // USUAL_DAYS
