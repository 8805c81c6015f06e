"""What an exchange tells before its opening and closing auctions.

The tape is known ahead, so what is told leads to what comes. An opening trades at the print of its
instant or, without one, at the middle of the quote; a close trades at the last print: the prices at
which orders of the auction fill. The volume is that of the prints in the second of it. Nearer to
the auction more is paired and less is left; in the last second all is as it comes. The regulatory
imbalance is published once, when the telling begins.

Nasdaq tells five minutes before its opening and ten before its close (NOII; NYSE: ten before its
close); what is paired so long before is a choice of ours.
"""

from functools import partial
from typing import Final, NamedTuple

from ..units import MINUTE, SECOND, SIZE_SCALE, Nanos, PriceUnits, SizeUnits
from .days import Cache
from .noise import unit
from .source import AuctionFigures, Print, Span
from .timeline import Tape

BEFORE_OPEN: Final[Nanos] = 5 * MINUTE
BEFORE_CLOSE: Final[Nanos] = 10 * MINUTE
KEPT: Final = 256
"""Outcomes that are remembered."""
PAIRED: Final = 0.3
"""Which part of the volume is paired when the telling begins."""
LEFT: Final = 0.5
"""How much is left then, as a part of the volume."""
NONE: Final = AuctionFigures(0, 0, 0)


class AuctionOutcome(NamedTuple):
    """What an auction trades."""

    price: PriceUnits
    volume: SizeUnits


def figures(
    tape: Tape, now: Nanos, kept: Cache, *, seed: int, step: PriceUnits
) -> AuctionFigures | None:
    """What is told at ``now``; all 0 while no auction is near. ``step`` is that of prices."""
    number = tape.number(now)
    for day in (number, number + 1):
        span = tape.regular(day)
        if span is None:
            return None
        for at, ahead in ((span[0], BEFORE_OPEN), (span[1], BEFORE_CLOSE)):
            if at - ahead <= now < at:
                make = partial(_outcome, tape, at, step, opening=at == span[0])
                outcome: AuctionOutcome = kept.get((tape.con_id, at), make)
                return _told(tape, outcome, now, (at, ahead), (seed, step))
    return NONE


def _outcome(tape: Tape, at: Nanos, step: PriceUnits, *, opening: bool) -> AuctionOutcome:
    """What an auction at an instant comes to."""
    day = tape.stats(at)
    if not opening:
        begin = day.lastTime - SECOND
        return AuctionOutcome(day.last, _volume(tape, begin, day.lastTime) if day.last else 0)
    quote, first = tape.quote(at), _first_print(tape, at)
    middle = (quote.bid + quote.ask) // 2 // step * step
    price = day.last if day.lastTime == at else middle or day.last
    return AuctionOutcome(price, _volume(tape, first - 1, first + SECOND - 1) if first else 0)


def _first_print(tape: Tape, at: Nanos) -> Nanos:
    """When the first trade comes, within the first minutes; 0 for none."""
    found = tape.ticks(at - 1, at + BEFORE_OPEN)
    return next((tick.time for tick in found if isinstance(tick, Print)), 0)


def _volume(tape: Tape, after: Nanos, until: Nanos) -> SizeUnits:
    return sum(tick.size for tick in tape.ticks(after, until) if isinstance(tick, Print))


def _told(
    tape: Tape, outcome: AuctionOutcome, now: Nanos, near: Span, look: tuple[int, PriceUnits]
) -> AuctionFigures:
    """The figures of a second on the way to an outcome."""
    (at, ahead), (seed, step) = near, look
    seconds = (at - now - 1) // SECOND
    part = seconds / (ahead // SECOND)
    quote = tape.quote(now)
    middle = (quote.bid + quote.ask) // 2 or outcome.price
    wobble = unit(seed, at // SECOND, seconds)
    price = outcome.price + (middle - outcome.price) * part + 3 * step * wobble * part
    side = 1 if unit(seed, at // SECOND) > 0 else -1
    first = side * _whole(outcome.volume * LEFT)
    left = side * _whole(outcome.volume * LEFT * part * (1 + wobble / 3))
    return AuctionFigures(
        max(round(price / step), 1) * step,
        _whole(outcome.volume * (1 - (1 - PAIRED) * part)),
        left if seconds else 0,
        first,
    )


def _whole(size: float) -> SizeUnits:
    """A size in whole shares."""
    return round(size / SIZE_SCALE) * SIZE_SCALE
