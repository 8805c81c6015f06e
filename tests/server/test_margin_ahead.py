"""Accounts are valued before the next second's first order, while orders come and nobody waits."""

from collections.abc import Iterator

from papertape.server.margin_ahead import AFTER, SLICE, MarginAhead
from papertape.server.timing import Timing
from papertape.venue.units import SECOND
from venue.scenario import START


class Ahead:
    """A venue with five hundred positions, each of which takes a tenth of a millisecond."""

    def __init__(self) -> None:
        self.ordered = -1
        self.asked: list[int] = []
        self.done = 0
        self.watch = 0

    def preparing(self, now: int) -> Iterator[None]:
        self.asked.append(now)
        for _ in range(500):
            self.done += 1
            self.watch += 100_000
            yield


def ahead() -> tuple[Ahead, Timing, MarginAhead]:
    venue, timing = Ahead(), Timing(START)
    timing.stopwatch = lambda: venue.watch
    return venue, timing, MarginAhead(venue, timing)  # type: ignore[arg-type]


def test_nothing_is_done_without_orders_or_long_after_the_last() -> None:
    venue, timing, part = ahead()
    assert part.next_due() is None
    venue.ordered = START
    assert part.next_due() == START
    timing.now = START + AFTER + 1
    assert part.next_due() is None


def test_a_second_is_worked_through_in_slices_and_once() -> None:
    venue, timing, part = ahead()
    venue.ordered = START
    part.step(START)
    assert 0 < venue.done <= SLICE // 100_000 + 1
    steps = 1
    while part.next_due() == START:
        part.step(START)
        steps += 1
    assert (venue.done, venue.asked) == (500, [START])
    assert steps >= 100
    assert part.next_due() == START + SECOND
    timing.now = START + SECOND
    part.step(timing.now)
    assert venue.asked == [START, START + SECOND]


def test_what_is_left_of_a_second_that_is_over_is_not_done() -> None:
    venue, timing, part = ahead()
    venue.ordered = START
    part.step(START)
    timing.now = START + SECOND
    before = venue.done
    part.step(timing.now)
    assert venue.asked == [START, START + SECOND]
    assert venue.done <= before + SLICE // 100_000 + 1


def test_a_market_that_leaps_or_races_is_left_alone() -> None:
    venue, timing, part = ahead()
    venue.ordered = START
    timing.leaping = True
    assert part.next_due() is None
    timing.leaping = False
    timing.until = lambda seconds: timing.now + int(seconds * 60 * SECOND)
    assert part.next_due() is None
