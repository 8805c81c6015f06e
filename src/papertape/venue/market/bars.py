"""Bars of any size from a tape, equal to those a subscriber makes from its ticks.

Bars of less than a day begin at whole steps of the clock since the epoch; where trading days have
pauses between them, the first bar of a day begins with it (09:30 of an hour's bars), and so does
the first after a lunch break, unless one that has begun before it lasts longer. A bar of 24
hours is one trading day and begins with it, or with its date where it begins on the evening
before; longer ones gather the trading days that begin within the same calendar week (from Monday)
or month of New York, and carry the date of the last of them. Bars of quotes carry the standing
quote into every bar, so they have no holes within a trading day.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol

from ..reference.times import period_start
from ..units import DAY, MINUTE, MONTH, SECOND, WEEK, Nanos
from .days import Day
from .layout import PlayedPart
from .source import PriceBar, Span
from .ticks import WHATS, Piece, joined, price_bar


class DayLine(Protocol):
    """The part of a tape that bars are made from."""

    @property
    def apart(self) -> bool:
        """Whether trading days have pauses between them."""

    def day(self, number: int) -> Day:
        """What happens on that trading day."""

    def sessions(self, start: Nanos, end: Nanos) -> Iterator[tuple[int, Nanos, Nanos]]:
        """Number, first instant and end of the trading days that touch ``start .. end``."""

    def parts(self, start: Nanos, end: Nanos) -> Iterator[tuple[int, Nanos, PlayedPart]]:
        """The same by the parts that a day's pauses leave: number, the end of the day's part
        before or 0, and the part."""

    def played_parts(self, number: int) -> tuple[PlayedPart, ...]:
        """What is played of a trading day, in order."""

    def played(self, number: int, now: Nanos) -> Nanos:
        """How much of a trading day has been played at ``now``."""

    def dated(self, number: int) -> Nanos:
        """The instant whose date is that of the trading day."""

    def regular(self, number: int) -> Span | None:
        """When the regular session of a trading day begins and closes; None where there is none."""


def bars(
    line: DayLine, span: Span, step: Nanos, what: str, shut: Sequence[Span] = ()
) -> list[PriceBar]:
    """The bars that begin in ``span`` (end excluded) with what happened up to its end, but for
    the times of ``shut``.

    Raises ``ValueError`` for a step under one second, for one of several days that is neither
    ``WEEK`` nor ``MONTH``, and for a ``what`` not in ``WHATS``.
    """
    if step < SECOND:
        raise ValueError(f"bars of {step} ns: a bar takes at least one second")
    if step > DAY and step not in (WEEK, MONTH):
        raise ValueError(f"bars of {step} ns: above a day there are weeks and months")
    if what not in WHATS:
        raise ValueError(f"bars of {what!r}: not one of {', '.join(WHATS)}")
    if step == MINUTE and not shut:
        return _minutes(line, span, what)
    make = _days if step >= DAY else _intraday
    pieces = make(line, span, step, what, shut)
    found: list[PriceBar] = []
    begun: Nanos | None = None
    bar: Piece | None = None
    last: Nanos = 0
    for place, start, piece in pieces:
        if place != begun:
            if bar is not None:
                found.append(_price_bar(last, bar))
            begun, bar = place, piece
        else:
            bar = joined(bar, piece)
        last = start
    if bar is not None:
        found.append(_price_bar(last, bar))
    return found


def _minutes(line: DayLine, span: Span, what: str) -> list[PriceBar]:
    """Minute bars: whole minutes as a day has them, the rest of the span the long way."""
    found: list[PriceBar] = []
    first, end = -(-span[0] // MINUTE) * MINUTE, span[1]
    for number, _, part in line.parts(span[0], end):
        day, base = line.day(number), part.base
        start, upto = max(first, part.begins), min(part.ends, end + 1)
        lower, upper = (start - base) // MINUTE, (upto - base) // MINUTE
        assert base % MINUTE == 0, "a day that begins within a minute"
        if upper > lower:
            found += day.rows(what).bars(what, base, lower, upper)
        rest = base + max(upper, lower) * MINUTE
        if rest < upto and rest < end:
            piece = day.piece(what, rest - base, upto - base)
            if piece is not None:
                found.append(_price_bar(rest, piece))
    return found


def _intraday(
    line: DayLine, span: Span, step: Nanos, what: str, shut: Sequence[Span]
) -> Iterator[tuple[Nanos, Nanos, Piece]]:
    """Bar start, twice, and what one trading day adds to that bar, in time order."""
    first, end = -(-span[0] // step) * step, span[1]
    begun = -1
    for number, before, part in line.parts(span[0], end):
        day, base = line.day(number), part.base
        start = part.begins // step * step
        if part.begins < span[0] or not line.apart:
            start = max(first, start)
        elif start < before and start < span[0] and begun < start:  # its bar began before the span
            start += step
        # Ticks at the very end are part of a live view at that instant.
        upto = min(part.ends, end + 1)
        while start < upto and start < end:
            lower, upper = max(start, part.begins) - base, min(start + step, upto) - base
            piece = _open_piece(day, what, lower, upper, base, shut)
            if piece is not None:
                joins = start < before and begun >= start
                if not joins:
                    begun = max(start, part.begins) if line.apart else start
                yield begun, begun, piece
            start += step


def _days(
    line: DayLine, span: Span, step: Nanos, what: str, shut: Sequence[Span]
) -> Iterator[tuple[Nanos, Nanos, Piece]]:
    """The bar that a trading day belongs to, the day's beginning, the day; in time order."""
    start, end = span
    for number, begin, close in line.sessions(start, end):
        at = line.dated(number)
        if at < start or begin >= end:
            continue
        day = line.day(number)
        upto = line.played(number, min(close, end + 1))
        piece: Piece | None = None
        if upto == day.length and not any(a < close and b > begin for a, b in shut):
            piece = day.whole(what)
        else:
            for part in line.played_parts(number):
                if part.offset < upto:
                    to = min(part.until, upto)
                    more = _open_piece(day, what, part.offset, to, part.base, shut)
                    piece = joined(piece, more)
        if piece is None:
            continue
        yield at if step == DAY else period_start(at, step), at, piece


def regular_days(line: DayLine, span: Span, what: str) -> list[PriceBar]:
    """The regular sessions of the trading days that touch a span, each with the date of its day,
    as far as they begin before its end; none on a tape without sessions."""
    found: list[PriceBar] = []
    start, end = span
    for number, _, _ in line.sessions(start, end):
        session = line.regular(number)
        if session is None:
            continue
        piece: Piece | None = None
        for part in line.played_parts(number):
            begins, closes = max(session[0], part.begins), min(session[1], part.ends, end + 1)
            if begins < min(closes, end):
                more = line.day(number).piece(what, begins - part.base, closes - part.base)
                piece = joined(piece, more)
        if piece is not None:
            found.append(_price_bar(line.dated(number), piece))
    return found


def _open_piece(
    day: Day, what: str, start: Nanos, end: Nanos, base: Nanos, shut: Sequence[Span]
) -> Piece | None:
    """The bar over ``start <= offset < end`` of a day whose offsets count from ``base``, without
    the times that are shut."""
    piece: Piece | None = None
    for begins, ends in shut:
        if ends - base > start and begins - base < end:
            if begins - base > start:
                piece = joined(piece, day.piece(what, start, begins - base))
            start = ends - base
    return joined(piece, day.piece(what, start, end)) if start < end else piece


def _price_bar(start: Nanos, piece: Piece) -> PriceBar:
    if piece.count < 0:
        return PriceBar(start, piece.open, piece.high, piece.low, piece.close, -1, -1, -1)
    return price_bar(
        start, piece.open, piece.high, piece.low, piece.close,
        piece.volume, piece.notional, piece.count,
    )  # fmt: skip
