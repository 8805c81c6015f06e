"""A whole storm: the control run, a run for each seed, and the shrinking of what was found.

First every seed is run and judged; then, of each kind of finding, the seed with the fewest faults
is shrunk. So the result is the same however many jobs there are.
"""

import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from ...errors import PapertapeError, SettingsError
from ...venue.units import SECOND, Nanos
from ...worlds.reading import read_world
from .checking import StormCheck, read_checks
from .drawing import GroundOrder, StormGround, draw
from .faults import StormFault
from .jobs import Workers
from .judges import StormFinding, judged
from .running import StormBot, run_once
from .shrinking import Faults, Shrinking
from .told import StormOrder, StormRecord
from .worldtext import PLAIN, storm_world

USUAL: Final[Nanos] = 600 * SECOND
"""How long a world lasts that does not say it."""
QUICK: Final[Nanos] = SECOND
"""An order that fills so soon in the control run may fill in other ways in a storm."""
MOST_MOMENTS: Final = 200
UNJUDGED: Final = ("child", "not-injected", "station")
"""Ends of a run that say nothing about what the program does with its TWS."""
ATTEMPTS: Final = 2
"""How often a run is tried that ends so: on a machine that is busy beyond measure some do."""


class StormPlan(msgspec.Struct, frozen=True):
    """What is asked for."""

    bot: StormBot
    base: str = PLAIN
    lasts: Nanos = USUAL
    """How long a world lasts whose base has no ``end``."""
    checks: tuple[str, ...] = ()
    check_file: str = ""
    shrink_runs: int = 60
    """How often a finding may be run again to shrink it."""
    repeats: int = 1
    """How often a run is repeated where runs differ."""
    needed: int = 1
    """In how many of these a finding must come up."""

    def read_checks(self) -> tuple[StormCheck, ...]:
        """The checks. Raises ``SettingsError`` for one that is wrong."""
        return tuple(
            read_checks(list(self.checks), Path(self.check_file) if self.check_file else None)
        )


class WrittenFaults(StormFault, frozen=True, kw_only=True):
    """The faults of a world that has been written, as one."""

    text: str

    def lines(self) -> tuple[str, ...]:
        """The text."""
        return (self.text,)


class StormTask(msgspec.Struct, frozen=True):
    """The work of one seed."""

    plan: StormPlan
    ground: StormGround
    control: StormRecord
    seed: int
    key: tuple[str, str] | None = None
    """The finding to shrink; None: run and judge."""
    written: str = ""
    """The lines of the faults; "": those that the seed draws."""


class SeedResult(msgspec.Struct):
    """What a seed brought."""

    seed: int
    faults: tuple[str, ...] = ()
    """The drawn ones, each as the lines that say it."""
    findings: list[StormFinding] = []
    record: StormRecord | None = None
    """The last run that failed."""
    shrunk: tuple[str, ...] = ()
    runs: int = 0
    found_in: int = 0
    """In how many of ``of`` runs the finding came up."""
    of: int = 0
    wall_s: float = 0.0
    error: str = ""
    """Why the seed could not be run."""


class StormFound(msgspec.Struct):
    """A kind of finding, with the seeds that have it and the shrunk world of one of them."""

    finding: StormFinding
    seeds: list[int]
    result: SeedResult
    world: str = ""
    path: str = ""
    """Where the world was written."""


class StormResult(msgspec.Struct):
    """How a storm ended."""

    control: StormRecord
    ground: StormGround
    trouble: str = ""
    """What is wrong with the control run; then nothing else was done."""
    seeds: list[SeedResult] = []
    found: list[StormFound] = []
    stopped: bool = False
    """Whether it was interrupted."""
    wall_s: float = 0.0


# -- the control run ------------------------------------------------------------------------------


def control_run(plan: StormPlan) -> tuple[StormRecord, str]:
    """Run the program without faults: what it told, and what is wrong with that. Raises
    ``WorldError`` and ``SettingsError``."""
    text = storm_world(plan.base, plan.lasts)
    record = run_once(text, plan.bot, plan.read_checks())
    return record, _trouble(record)


def _trouble(record: StormRecord) -> str:
    """Why a control run says nothing about what is normal."""
    if record.problem:
        return record.problem
    if not record.sessions:
        return "the program has not connected"
    if record.code:
        last = record.output.strip().splitlines()[-1:] or ["it wrote nothing"]
        return f"the program ended with exit code {record.code}: {last[0]:.300}"
    if record.checked:
        _, name, found = record.checked[0]
        return f"the check {name} does not hold without faults: {found}"
    if record.failed:
        return f"the base world's own expectation fails without faults: {record.failed[0]}"
    return ""


def ground_of(control: StormRecord, lasts: Nanos) -> StormGround:
    """Where faults can fall, by what the control run did."""
    active = [one.time for one in control.of("request", "order", "change", "fill", "ready")]
    ended = control.lasted if control.code is not None else lasts
    step = max(len(active) // MOST_MOMENTS, 1)
    orders = [
        GroundOrder(
            one.side, one.symbol, one.orderType, int(one.quantity), _quick(one),
            *_closed(one, control), _rested(one),
        )
        for one in control.orders
        if one.reached is not None
    ]  # fmt: skip
    return StormGround(min(ended, lasts), tuple(active[::step]), tuple(orders))


def _quick(order: StormOrder) -> bool:
    filled = order.ended is not None and order.filled >= order.quantity
    plain = order.orderType in ("MKT", "LMT") and order.quantity == int(order.quantity)
    return filled and plain and (order.ended or 0) - order.time <= QUICK


def _rested(order: StormOrder) -> Nanos:
    """How long a limit order rested before it filled; 0 for any other."""
    filled = order.ended is not None and order.filled >= order.quantity
    rests = filled and order.orderType == "LMT" and order.quantity == int(order.quantity)
    return (order.ended or 0) - order.time if rests and not _quick(order) else 0


def _closed(order: StormOrder, control: StormRecord) -> tuple[Nanos, str]:
    """How long after an order had filled one of the other side was sent that filled at once, and
    its type."""
    if order.ended is None:
        return 0, ""
    for one in control.orders:
        other = one.symbol == order.symbol and one.side != order.side
        if other and one.time > order.ended and _quick(one):
            return one.time - order.time, one.orderType
    return 0, ""


def judge_again(plan: StormPlan, faults: str) -> tuple[StormResult, SeedResult | None]:
    """Run the program in the base world, and in it with faults that have been written: what is
    found. Without a result where the control run fails, as ``trouble`` tells. Raises
    ``WorldError`` and ``SettingsError``."""
    control, trouble = control_run(plan)
    told = StormResult(control, ground_of(control, plan.lasts), trouble)
    if trouble:
        return told, None
    return told, work(StormTask(plan, told.ground, control, 0, written=faults))


# -- one seed -------------------------------------------------------------------------------------


def work(task: StormTask) -> SeedResult:
    """Run a seed and judge it, or shrink what was found; in any process."""
    written = (WrittenFaults(text=task.written),) if task.written else ()
    faults: Faults = written or draw(task.seed, task.ground)
    result = SeedResult(task.seed, said(faults))
    try:
        seed = _Seed(task, result)
        if task.key is None:
            seed.judge(faults)
        else:
            seed.shrink(faults, task.key)
    except (PapertapeError, RuntimeError, TimeoutError) as error:
        result.error = str(error) or "the station does not answer"
    return result


def said(faults: Sequence[StormFault]) -> tuple[str, ...]:
    """Each fault as the lines that say it."""
    return tuple("\n".join(one.lines()) for one in faults)


class _Seed:
    """Runs and judges the worlds of a seed."""

    def __init__(self, task: StormTask, result: SeedResult) -> None:
        self._task = task
        self._plan = task.plan
        self._result = result
        self._checks = task.plan.read_checks()

    def _run(self, faults: Sequence[StormFault]) -> list[StormFinding]:
        text = storm_world(self._plan.base, self._plan.lasts, said(faults))
        for _ in range(ATTEMPTS):
            record = run_once(text, self._plan.bot, self._checks)
            self._result.runs += 1
            self._result.wall_s += record.wall_s
            if record.kind not in UNJUDGED:
                break
        else:
            raise SettingsError(record.problem, setting="program")
        findings = judged(record, self._task.control)
        if findings:
            self._result.record = record
        return findings

    def judge(self, faults: Sequence[StormFault]) -> None:
        """Run it; what comes up must come up again as often as is needed."""
        findings = self._run(faults)
        counts = dict.fromkeys((one.key for one in findings), 1)
        again = 1
        while counts and again < self._plan.repeats:
            again += 1
            for key in {one.key for one in self._run(faults)} & counts.keys():
                counts[key] += 1
        self._result.findings = [o for o in findings if counts[o.key] >= self._plan.needed]
        if self._result.findings:
            self._result.found_in, self._result.of = counts[self._result.findings[0].key], again

    def shrink(self, faults: Faults, key: tuple[str, str]) -> None:
        """Find the fewest faults."""
        best: list[tuple[StormFinding, StormRecord]] = []

        def fails(tried: Faults) -> bool:
            found = 0
            for turn in range(self._plan.repeats):
                if found + self._plan.repeats - turn < self._plan.needed:
                    return False
                same = [one for one in self._run(tried) if one.key == key]
                found += bool(same)
                if found >= self._plan.needed and same and self._result.record is not None:
                    best.append((same[0], self._result.record))
                    self._result.found_in, self._result.of = found, turn + 1
                    return True
            return False

        if not self._plan.shrink_runs:
            return
        if not fails(faults):
            self._result.of = 1 + self._plan.repeats
            self._result.found_in = 1
            return
        shrinking = Shrinking(faults, fails, self._plan.shrink_runs)
        fewest = shrinking.run()
        self._result.shrunk = said(fewest)
        if best:
            finding, self._result.record = best[-1]
            self._result.findings = [finding]


# -- all of it ------------------------------------------------------------------------------------


def run_storm(
    plan: StormPlan,
    seeds: Sequence[int],
    workers: Workers,
    *,
    told: Callable[[str, Any], object] = lambda what, facts: None,
) -> StormResult:
    """The control run, then every seed, then the shrinking. ``told`` hears of ``control``, of each
    ``seed`` and of each ``shrunk`` one as they come. An interrupt ends it with what there is.

    Raises ``WorldError`` for a base world, ``SettingsError`` for a program or a check that is
    wrong.
    """
    control, trouble = control_run(plan)
    lasts = min(plan.lasts, read_world(plan.base).ends or plan.lasts)
    result = StormResult(control, ground_of(control, lasts), trouble)
    told("control", result)
    if trouble:
        return result
    try:
        tasks = [StormTask(plan, result.ground, control, seed) for seed in seeds]
        for one in workers.map(work, tasks):
            result.seeds.append(one)
            told("seed", one)
        result.seeds.sort(key=lambda one: one.seed)
        chosen = _kinds(result.seeds)
        told("shrinking", len(chosen))
        tasks = [
            StormTask(plan, result.ground, control, seeds_of[0].seed, key)
            for key, seeds_of in chosen.items()
        ]
        for one in workers.map(work, tasks):
            found = _found(plan, one, chosen)
            if found is not None:
                result.found.append(found)
                told("shrunk", found)
    except KeyboardInterrupt:
        result.stopped = True
    result.found.sort(key=lambda one: one.result.seed)
    return result


def _kinds(seeds: Sequence[SeedResult]) -> dict[tuple[str, str], list[SeedResult]]:
    """Findings by what makes them the same: the seeds that have it, that with the fewest faults
    first. A seed counts for its weightiest finding."""
    found: dict[tuple[str, str], list[SeedResult]] = {}
    for one in seeds:
        if one.findings:
            found.setdefault(one.findings[0].key, []).append(one)
    for several in found.values():
        several.sort(key=lambda one: (len(one.faults), one.seed))
    return found


def _found(
    plan: StormPlan, one: SeedResult, kinds: dict[tuple[str, str], list[SeedResult]]
) -> StormFound | None:
    """The finding that a shrinking belongs to, with its world."""
    for seeds in kinds.values():
        first = seeds[0]
        same = not one.findings or first.findings[0].key == one.findings[0].key
        if first.seed == one.seed and same:
            finding = one.findings[0] if one.findings else first.findings[0]
            if not one.findings:  # it never came up again: the drawn faults stand
                one.shrunk, one.record = first.faults, first.record
                one.found_in = first.found_in
                one.of = one.of or first.of
            numbers = sorted(seed.seed for seed in seeds)
            return StormFound(finding, numbers, one, _world(plan, one, finding))
    return None


def _world(plan: StormPlan, one: SeedResult, finding: StormFinding) -> str:
    text = str(finding).replace("\n", " ")
    count = f"{len(one.shrunk)} of its {len(one.faults)} faults, {one.runs} runs"
    heading = (
        f"papertape storm, seed {one.seed}: {count}",
        f"{text:.300}",
        repeating(plan, finding, f"storm-{one.seed}.world"),
    )
    return storm_world(plan.base, plan.lasts, one.shrunk, heading=heading, expects=finding.expects)


def repeating(plan: StormPlan, finding: StormFinding, path: str) -> str:
    """The command that repeats a finding: it fails as long as the program does.

    A world that says what the program must do is played; any other is judged again."""
    bot, program = plan.bot, shlex.join(plan.bot.command)
    if finding.expects or finding.judge == "expectation":
        clock = f"--speed {bot.speed:g}" if bot.wall_clock else "--market-time"
        return f"papertape world run {clock} {shlex.quote(path)} -- {program}"
    words = ["--again", path]
    words += ["--wall-clock", "--speed", f"{bot.speed:g}"] if bot.wall_clock else []
    words += [word for check in plan.checks for word in ("--check", check)]
    words += ["--check-file", plan.check_file] if plan.check_file else []
    return f"papertape storm {shlex.join(words)} -- {program}"
