"""What a seed draws: always the same, always legal, and a world that says it."""

from itertools import pairwise

import msgspec
import pytest

from lanes import thinned
from papertape.server.worlds.founding import check_world
from papertape.testing.storm import faults, order_faults
from papertape.testing.storm.drawing import (
    FEWEST_FAULTS,
    KINDS,
    LATEST,
    MOST_FAULTS,
    GroundOrder,
    StormGround,
    draw,
)
from papertape.testing.storm.faults import DrilledFault, StormFault, span
from papertape.testing.storm.order_faults import (
    AnswerLost,
    CutBetweenFills,
    FilledInParts,
    LostAnswer,
    RestAfterClose,
    RestingInParts,
    RulesFault,
)
from papertape.testing.storm.worldtext import FAULTS, PLAIN, storm_world
from papertape.venue.units import SECOND
from papertape.worlds.reading import read_world
from papertape.worlds.words import span_of
from walks import walk

GROUND = StormGround(
    60 * SECOND,
    (SECOND, 9 * SECOND, 30 * SECOND),
    (
        GroundOrder("BUY", "SPY", "MKT", 100, True, 8 * SECOND, "MKT"),
        GroundOrder("SELL", "SPY", "STP LMT", 100, False),
        GroundOrder("SELL", "BRK B", "LMT", 7, True),
    ),
)
RESTED = StormGround(
    60 * SECOND,
    (),
    (
        GroundOrder("BUY", "SPY", "LMT", 100, False, rested=9 * SECOND),
        GroundOrder("BUY", "SPY", "LMT", 100, False, rested=12 * SECOND),
        GroundOrder("SELL", "SPY", "LMT", 1, False, rested=5 * SECOND),
    ),
)
SEEDS = range(400)


def lines(faults: tuple[StormFault, ...]) -> list[str]:
    return ["\n".join(one.lines()) for one in faults]


@pytest.mark.long
def test_a_seed_draws_the_same_every_time_and_another_one_something_else() -> None:
    drawn = [draw(seed, GROUND) for seed in SEEDS]
    assert drawn == [draw(seed, GROUND) for seed in SEEDS]
    assert len({tuple(lines(one)) for one in drawn}) == len(drawn)


def test_every_kind_of_fault_is_drawn() -> None:
    kinds = {type(one) for at in (GROUND, RESTED) for seed in SEEDS for one in draw(seed, at)}
    named = {**vars(faults), **vars(order_faults)}.values()
    bases = (StormFault, DrilledFault, RulesFault)
    every = {one for one in named if isinstance(one, type) and issubclass(one, StormFault)}
    assert kinds == every - set(bases)
    # CutBetweenFills beside FilledInParts, a scheme's, and that of orders that rest
    assert len(kinds) == len(KINDS) + 3


def test_in_every_third_seed_what_is_asked_about_a_lost_order_is_answered_late() -> None:
    late = [[o for o in draw(s, GROUND) if getattr(o, "answers", 0)] for s in SEEDS]
    assert all(len(one) <= 1 for one in late)
    assert len(SEEDS) / 4 < sum(map(len, late)) < len(SEEDS) / 2
    for one in (found for seed in late for found in seed):
        assert any("callbacks execDetails late" in line for line in one.lines())
        assert next(one.simpler()).answers == 0


def test_in_every_third_seed_the_rest_of_an_order_comes_when_it_may_have_been_closed() -> None:
    found = [o for s in SEEDS for o in draw(s, GROUND) if isinstance(o, RestAfterClose)]
    assert len(SEEDS) / 4 < len(found) < len(SEEDS) / 2
    for one in found:
        assert (one.side, one.symbol, one.orderType, one.closer) == ("BUY", "SPY", "MKT", "MKT")
        assert 0 < one.part < 100 and one.after < 8 * SECOND < one.rest
    assert RestAfterClose(side="BUY", symbol="SPY", orderType="MKT", closer="LMT", part=30,
                          after=40 * 10**6, behind=SECOND, rest=40 * SECOND).lines() == (
        "on order BUY SPY MKT as opened", "  +40ms fill 30 if working",
        "  +40s fill rest if working",
        "on order SELL SPY LMT", "  +10ms fill", "  +1s fill opened rest if working",
    )  # fmt: skip
    never = StormGround(60 * SECOND, (), (GroundOrder("BUY", "SPY", "MKT", 100, True),))
    assert not [o for s in SEEDS for o in draw(s, never) if isinstance(o, RestAfterClose)]


def test_an_order_that_rests_fills_in_part_when_the_market_comes_to_it() -> None:
    found = [o for s in SEEDS for o in draw(s, RESTED) if isinstance(o, RestingInParts)]
    assert len(SEEDS) * 2 / 3 < len(found) < len(SEEDS) * 5 / 6
    for one in found:  # the first of its kind, which the rule takes; one share has no parts
        assert (one.side, one.symbol, one.orderType, one.after) == ("BUY", "SPY", "LMT", 9 * SECOND)
        assert 0 < one.part < 100 and one.rest >= SECOND // 10
        assert all(simple.after == one.after for simple in one.simpler())
    assert RestingInParts(side="BUY", symbol="SPY", orderType="LMT", part=30, after=9 * SECOND,
                          rest=2 * SECOND).lines() == (
        "on order BUY SPY LMT", "  +9s fill 30 if working", "  +11s fill rest if working",
    )  # fmt: skip


@pytest.mark.long
def test_orders_that_rest_change_nothing_else_of_a_seed() -> None:
    plain = [msgspec.structs.replace(one, rested=0) for one in RESTED.orders]
    without = msgspec.structs.replace(RESTED, orders=tuple(plain))
    for seed in SEEDS:
        others = [one for one in draw(seed, RESTED) if not isinstance(one, RestingInParts)]
        assert others == list(draw(seed, without))


@pytest.mark.long
@walk("ground", [GROUND, RESTED, StormGround(0), StormGround(3600 * SECOND)])
def test_what_is_drawn_is_a_world_in_which_nothing_is_wrong(ground: StormGround) -> None:
    for seed in thinned(SEEDS[:120], check=7):
        faults = draw(seed, ground)
        assert len(faults) <= MOST_FAULTS
        text = storm_world(PLAIN, 600 * SECOND, lines(faults), heading=("a comment",))
        assert check_world(read_world(text)) == [], text


def test_outages_come_behind_each_other_and_leave_time_to_recover() -> None:
    counts = []
    for seed in SEEDS:
        faults = draw(seed, GROUND)
        counts.append(len(faults))
        away = sorted((one.at, one.lasts) for one in faults if one.lasts)
        for (at, lasts), (following, _) in pairwise(away):
            assert following > at + lasts
        assert all(one.at <= GROUND.span * LATEST for one in faults)
    assert max(counts) > FEWEST_FAULTS


@pytest.mark.long
def test_what_is_simpler_is_legal_too_and_comes_to_an_end() -> None:
    for seed in thinned(SEEDS[:100], check=7):
        for fault in draw(seed, GROUND):
            for _ in range(30):
                simpler = next(fault.simpler(), None)
                if simpler is None:
                    break
                assert simpler != fault
                text = storm_world(PLAIN, 600 * SECOND, lines((simpler,)))
                assert check_world(read_world(text)) == [], text
                fault = simpler
            else:
                raise AssertionError(f"{fault} is never simple enough")


def test_parts_of_a_fill_leave_something_for_the_rest() -> None:
    parts = [o for s in SEEDS for o in draw(s, GROUND) if isinstance(o, FilledInParts)]
    assert parts
    for one in parts:
        whole = next(o.quantity for o in GROUND.orders if (o.side, o.symbol, o.orderType)
                     == (one.side, one.symbol, one.orderType))  # fmt: skip
        assert 0 < sum(size for _, size in one.parts) < whole
        assert [after for after, _ in one.parts] == sorted(after for after, _ in one.parts)


@walk("time", [0, 1, 999, 40 * 10**6, SECOND, 61 * SECOND, 120 * SECOND, 1_234_567_891])
def test_a_time_reads_back_as_it_was(time: int) -> None:
    assert span_of(span(time)) == time


def test_the_base_world_keeps_its_own_end_and_margin() -> None:
    base = "    quote SPY 170 x 170.02\n    +5s end\n"
    text = storm_world(base, 600 * SECOND, ["drill reset"])
    assert text == f"quote SPY 170 x 170.02\n+5s end\n\n{FAULTS}\ndrill reset\n"
    assert read_world(text).ends == 5 * SECOND


def test_a_connection_ends_between_two_fills_and_the_rest_comes_long_after() -> None:
    cuts = [o for s in SEEDS for o in draw(s, GROUND) if isinstance(o, CutBetweenFills)]
    assert len(cuts) > len(SEEDS) / 20
    assert all(0 < one.part < 100 and one.by < one.rest for one in cuts)
    assert any(one.rest > 15 * SECOND for one in cuts)


def test_the_rest_of_an_order_outlasts_what_its_program_does_with_the_first_part() -> None:
    parts = [o for s in SEEDS for o in draw(s, GROUND) if isinstance(o, FilledInParts)]
    long = [one for one in parts if one.rest - one.parts[-1][0] > 10 * SECOND]
    assert len(parts) / 3 < len(long) < len(parts)


def test_a_lost_acknowledgement_of_an_order_that_was_taken_is_drawn_early() -> None:
    lost = [
        any(isinstance(o, AnswerLost) or (isinstance(o, LostAnswer) and o.seen)
            for o in draw(s, GROUND))
        for s in range(16)
    ]  # fmt: skip
    assert sum(lost) >= 4
