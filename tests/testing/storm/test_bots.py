"""The bots of examples/storm: each bug is found and shrunk; the bot without them survives."""

import sys
from functools import cache
from pathlib import Path

import pytest
from msgspec import structs

from lanes import many
from papertape.server.worlds.founding import check_world
from papertape.testing.storm.campaign import StormPlan, judge_again, run_storm
from papertape.testing.storm.jobs import OneWorker
from papertape.testing.storm.running import StormBot, run_once
from papertape.testing.storm.worldtext import base_and_faults
from papertape.testing.worldrun import run_world
from papertape.venue.units import SECOND
from papertape.worlds.reading import read_world

pytestmark = [pytest.mark.network, pytest.mark.process]
BOTS = Path(__file__).parents[3] / "examples" / "storm"
FEWEST = 3
"""So many faults may be left of a finding."""
BUGS = (
    ("asks_only", 4, "same-order-twice"),
    ("counts_twice", 6, "order-after-close"),
    ("leaves_child", 22, "order-after-close"),
    ("sends_unheard", 12, "same-order-twice"),
    ("takes_part", 5, "order-after-close"),
    ("trusts_frozen", 6, "order-on-a-dead-line"),
)
"""Bot, seed, judge; ``sends_again`` is in tests/cli/test_storm.py."""
SURVIVES = many(test=1, quick=12, proof=1000)
AT_ONCE = 25


@cache
def plan(name: str) -> StormPlan:
    bot = StormBot((sys.executable, str(BOTS / f"{name}.py")), timeout_s=120)
    return StormPlan(bot, lasts=60 * SECOND, shrink_runs=3)


@pytest.mark.sample(1, test=3, quick=3)
@pytest.mark.parametrize(("name", "seed", "judge"), BUGS)
def test_its_bug_is_found_shrunk_and_a_world_that_repeats_it(
    name: str, seed: int, judge: str
) -> None:
    result = run_storm(plan(name), [seed], OneWorker())
    assert result.trouble == ""
    (found,) = result.found
    assert found.finding.judge == judge
    assert 1 <= len(found.result.shrunk) <= FEWEST < 10
    says = bool(found.finding.expects)  # else no line of a world can
    repeats = "world run --market-time" if says else "storm --again"
    assert f"# papertape {repeats} storm-{seed}.world -- " in found.world
    world = read_world(found.world)
    assert check_world(world) == []
    if name == "leaves_child":  # the world itself expects what the program does not do
        again = run_world(world, plan(name).bot.command, market_time=True, timeout_s=120)
        assert [one.passed for one in again.outcomes] == [False]
    if not says:
        base, faults = base_and_faults(found.world)
        _, judged = judge_again(structs.replace(plan(name), base=base), faults)
        assert judged is not None and judge in [one.judge for one in judged.findings]


@pytest.mark.repeats
@pytest.mark.parametrize(("name", "judge"), [
    ("asks_only", "same-order-twice"), ("sends_unheard", "same-order-twice"),
    ("takes_part", "order-after-close"),
])  # fmt: skip
def test_what_needs_several_faults_is_found_in_sixteen_seeds(name: str, judge: str) -> None:
    found = run_storm(structs.replace(plan(name), shrink_runs=0), range(16), OneWorker()).found
    seeds = {seed for one in found if one.finding.judge == judge for seed in one.seeds}
    assert len(seeds) >= 2


@pytest.mark.proof
@pytest.mark.parametrize("first", range(0, SURVIVES, AT_ONCE))
def test_the_corrected_bot_survives(first: int) -> None:
    seeds = range(first, min(first + AT_ONCE, SURVIVES))
    result = run_storm(plan("steady"), seeds, OneWorker())
    assert (result.trouble, len(result.seeds)) == ("", len(seeds))
    failed = [f"seed {o.seed}: {o.error or o.findings[0]}" for o in result.seeds
              if o.error or o.findings]  # fmt: skip
    assert failed == []


def test_two_runs_in_the_same_storm_are_the_same() -> None:
    text = (
        "start 2026-04-10 10:00 US/Eastern\n+60s end\n+5s drill reset\n"
        "callbacks reorder seed 3\n+12s drill freeze seconds=10\n"
    )
    runs = [run_once(text, plan("steady").bot) for _ in range(2)]
    for one in runs:
        one.wall_s = 0.0
    assert runs[0] == runs[1]
    assert runs[0].of("fill") and runs[0].sessions == 2
    assert runs[0].code == 0, "what it sends after TWS hung is not handled"
