"""Half an hour of an instrument at a glance, minute by minute: what scanners rank thousands by.

A glimpse costs a fraction of what ``Tape.stats`` does, and what is made for it is thrown away, so a
look at every stock neither fills the memory nor turns the caches of those that are followed over.
Its prices, shares and trades are those of the tape's minute bars.
"""

from itertools import accumulate
from typing import Final

from ..units import MINUTE, Nanos, PriceUnits, SizeUnits
from .days import Day
from .extended import ExtendedDays
from .layout import part_at, played
from .parted import PartedDay
from .source import Glimpse, packed
from .sources import Sources
from .synthetic import SyntheticDay, SyntheticDays, TradedCell
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
    if opened is None or len(traded.trades) < 2:
        return None
    close = source.close(number - 1, layout.span(number - 1))
    part = part_at(layout, number, now)
    later = (one.begins for one in layout.parts(number) if one.begins > now)
    until = next(later, None) or layout.start(number + 1)
    if now < part.ends and last * MINUTE < span:
        until = min(until, part.base + (last + 1) * MINUTE)
    begins = part.base + first * MINUTE
    return Glimpse(
        begins, until, packed(*(column[: last - first + 1] for column in traded)), opened,
        close, _usual_volume(source, number), sources.usual(con_id),
    )  # fmt: skip


def past_closes(
    sources: Sources, con_id: int, now: Nanos, days: int
) -> tuple[Nanos, list[PriceUnits]]:
    """When the day that plays began, and the last prices of days before it, newest first. Raises
    ``KeyError`` for an instrument that there is not."""
    source, layout = sources.passing(con_id)
    number = layout.number(now)
    first = max(number - days, source.head())
    prices = [source.close(one, layout.span(one)) for one in range(number - 1, first - 1, -1)]
    return layout.start(number), prices


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
    if not rows.count:
        return TradedCell((), (), ())
    prices, counts = [rows.open[first]], rows.count[first:last]
    for close, count in zip(rows.close[first:last], counts):
        prices.append(close if count else prices[-1])
    volumes = accumulate(rows.volume[first:last], initial=sum(rows.volume[:first]))
    return TradedCell(
        prices, list(volumes), list(accumulate(counts, initial=sum(rows.count[:first])))
    )


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
    prices = found.prices
    if count and first == part.first:
        prices = _led_by(price, found)
    volumes = [volume + one for one in found.volumes]
    return TradedCell(prices, volumes, [count + one for one in found.trades])


def _led_by(price: PriceUnits, cell: TradedCell) -> list[PriceUnits]:
    """The prices of a cell with another before it, which stands until the first trade."""
    first = cell.trades[0]
    untraded = sum(1 for count in cell.trades if count == first)
    return [price] * untraded + list(cell.prices[untraded:])


def _opened(day: Day) -> PriceUnits | None:
    """What a day opens at; None of one without trades."""
    if isinstance(day, PartedDay):
        return _opened(day.parts[0].day())
    if isinstance(day, SyntheticDay):
        return day.opened()
    piece = day.whole("TRADES")
    return None if piece is None else piece.open


def _usual_volume(source: DaySource, number: int) -> SizeUnits:
    if isinstance(source, ExtendedDays):
        return _usual_volume(source.regular, number)
    if isinstance(source, SyntheticDays):
        return source.usual_volume
    days = (source.day(number - back).whole("TRADES") for back in range(1, USUAL_DAYS + 1))
    return sum(piece.volume for piece in days if piece is not None) // USUAL_DAYS
