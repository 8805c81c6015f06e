"""Shrinking: to the fewest faults that fail, to the simplest of them, within its bound."""

from collections.abc import Callable
from random import Random

from papertape.testing.storm.drawing import draw
from papertape.testing.storm.faults import CutFault, HungFault, LinkFault, StormFault
from papertape.testing.storm.shrinking import Faults, Shrinking
from papertape.venue.units import SECOND
from testing.storm.test_drawing import GROUND
from walks import walk

CUT = CutFault(how="half-frame", at=12_340_000_000)
HUNG = HungFault(away=7 * SECOND, at=20_050_000_000)
LINK = LinkFault(away=3 * SECOND, data_lost=True, at=30 * SECOND)


def others(count: int) -> list[StormFault]:
    return [CutFault(how="reset", at=number * 31_000_000) for number in range(1, count + 1)]


@walk("count", [0, 1, 6, 40])
@walk("needed", [(CUT,), (CUT, HUNG), (CUT, HUNG, LINK)])
def test_the_fewest_are_found_wherever_they_stand(count: int, needed: Faults) -> None:
    faults = [*others(count), *needed]
    Random(count).shuffle(faults)
    kinds = {type(one) for one in needed}

    def fails(tried: Faults) -> bool:
        cuts = [one for one in tried if isinstance(one, CutFault) and one.at > 5 * SECOND]
        return bool(cuts) and kinds <= {type(one) for one in tried}

    shrinking = Shrinking(faults, fails, 500)
    best = shrinking.run()
    assert {type(one) for one in best} == kinds
    assert len(best) == len(needed)
    assert fails(best)
    assert CutFault(how="reset", at=10 * SECOND) in best  # the simplest that still fails


@walk("most", [0, 1, 5, 17])
def test_its_tries_are_bounded_and_what_it_has_then_fails(most: int) -> None:
    tried: list[Faults] = []

    def fails(faults: Faults) -> bool:
        tried.append(faults)
        return CUT in faults and HUNG in faults

    shrinking = Shrinking([*others(30), CUT, HUNG], fails, most)
    best = shrinking.run()
    assert len(tried) == shrinking.tries <= most
    assert CUT in best and HUNG in best


def test_nothing_is_tried_twice() -> None:
    tried: list[str] = []

    def fails(faults: Faults) -> bool:
        tried.append(str([one.lines() for one in faults]))
        return len(faults) >= 2

    Shrinking(others(9), fails, 1000).run()
    assert len(tried) == len(set(tried))


def test_a_program_that_fails_without_any_fault_needs_none() -> None:
    assert Shrinking(others(9), lambda faults: True, 100).run() == ()


def test_whatever_is_drawn_and_whatever_fails_the_result_does_and_no_fault_is_idle() -> None:
    for seed in range(60):
        faults = draw(seed, GROUND)
        chosen = Random(seed).sample(faults, min(2, len(faults)))
        fails: Callable[[Faults], bool] = lambda tried, chosen=chosen: all(  # type: ignore[misc]  # noqa: E731
            any(type(one) is type(wanted) for one in tried) for wanted in chosen
        )
        best = Shrinking(faults, fails, 1000).run()
        assert fails(best)
        assert len(best) == len({type(one) for one in chosen})
