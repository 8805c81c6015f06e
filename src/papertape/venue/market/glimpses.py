"""Half an hour of an instrument at a glance, minute by minute: what scanners rank thousands by.

A glimpse costs a fraction of what ``Tape.stats`` does, and what is made for it is thrown away, so a
look at every stock neither fills the memory nor turns the caches of those that are followed over.
Its prices, shares and trades are those of the tape's minute bars.
"""

from collections.abc import Iterator
from typing import Final

from ..units import MINUTE, Nanos, PriceUnits, SizeUnits
from .days import Day, day_piece
from .layout import Layout, part_at, played
from .source import Glimpse, GlimpsePoint, packed
from .sources import Sources
from .synthetic import SyntheticDay, SyntheticDays
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
    if isinstance(day, SyntheticDay):
        rows, volume, count = day.minutes(cell)
        upto = last - first
    else:
        whole = day.rows("TRADES")
        if not whole.count:
            return None
        rows, upto = _cut(whole, first, last), last - first
        volume, count = sum(whole.volume[:first]), sum(whole.count[:first])
    if not rows.count:
        return None
    close = _closed(source, layout, number - 1)
    opened = day.whole("TRADES")
    if opened is None:
        return None
    points = _points(rows, upto, volume, count)
    part = part_at(layout, number, now)
    later = (one.begins for one in layout.parts(number) if one.begins > now)
    until = next(later, None) or layout.start(number + 1)
    if now < part.ends and last * MINUTE < span:
        until = min(until, part.base + (last + 1) * MINUTE)
    begins = part.base + first * MINUTE
    return Glimpse(
        begins, until, packed(points), opened.open, close, _usual_volume(source, number),
        sources.usual(con_id),
    )  # fmt: skip


def _day(source: DaySource, number: int) -> Day:
    return source.fresh(number) if isinstance(source, SyntheticDays) else source.day(number)


def _cut(rows: Rows, first: int, last: int) -> Rows:
    columns = (rows.open, rows.high, rows.low, rows.close, rows.volume, rows.notional, rows.count)
    return Rows(*(column[first:last] for column in columns))


def _points(rows: Rows, upto: int, volume: int, count: int) -> Iterator[GlimpsePoint]:
    """Price, shares and trades before the first minute and after each."""
    price = rows.open[0]
    yield GlimpsePoint(price, volume, count)
    for close, shares, number in zip(rows.close[:upto], rows.volume, rows.count):
        if number:
            price, volume, count = close, volume + shares, count + number
        yield GlimpsePoint(price, volume, count)


def _closed(source: DaySource, layout: Layout, number: int) -> PriceUnits:
    """The last price of a trading day."""
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
    if isinstance(source, SyntheticDays):
        return source.usual_volume
    days = (source.day(number - back).whole("TRADES") for back in range(1, USUAL_DAYS + 1))
    return sum(piece.volume for piece in days if piece is not None) // USUAL_DAYS
