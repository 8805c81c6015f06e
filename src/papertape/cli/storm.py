"""``papertape storm``: runs a program once for each seed, in worlds full of faults."""

import shlex
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ..errors import SettingsError
from ..quoting import visible
from ..testing.storm.campaign import (
    SeedResult,
    StormFound,
    StormPlan,
    StormResult,
    repeating,
    run_storm,
)
from ..testing.storm.cluster import RayWorkers
from ..testing.storm.html import html
from ..testing.storm.jobs import OneWorker, ProcessWorkers, Workers
from ..testing.storm.junit import junit
from ..testing.storm.running import StormBot
from ..testing.storm.told import shown_time
from . import storm_again
from .control import told
from .storm_options import WRONG, alone, base, fits, folder, lasts_of, repeats_of, writable

FAILED, CONTROL, STOPPED = 1, 3, 130
"""Exit codes besides ``WRONG``: a seed fails; the control run fails; interrupted."""
MOST_SEEDS: Final = 1_000_000
USUAL_SEEDS: Final = 200
USUAL_SPEED: Final = 20.0
SHOWN_ERRORS: Final = 3
FEW: Final = 20
"""Seeds that need no word of how far they are."""


@told
def storm(
    program: Annotated[
        list[str] | None, typer.Argument(help="The program and its arguments, behind --.")
    ] = None,
    seeds: Annotated[
        int | None,
        typer.Option(help="How many seeds, from 0 on: 200 unless told.", min=1, max=MOST_SEEDS),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="This seed alone.", min=0, max=MOST_SEEDS)
    ] = None,
    world: Annotated[
        Path | None, typer.Option(help="The base world: market, accounts, start, expectations.")
    ] = None,
    again: Annotated[
        Path | None, typer.Option(help="The world of a finding: run and judge it once more.")
    ] = None,
    check: Annotated[
        list[str] | None,
        typer.Option(help="What must hold at every moment: \"abs(position('SPY')) <= 100\"."),
    ] = None,
    check_file: Annotated[
        Path | None, typer.Option(help="A Python file with functions check…(tws).")
    ] = None,
    lasts: Annotated[
        str, typer.Option("--for", help="Market time of each run: 90s, 30m, 6h.")
    ] = "10m",
    jobs: Annotated[int, typer.Option(help="Processes that run at once.", min=1, max=256)] = 1,
    ray: Annotated[
        str, typer.Option(help="Run on the Ray cluster at this address; local: one of its own.")
    ] = "",
    wall_clock: Annotated[
        bool,
        typer.Option(
            "--wall-clock",
            help="Run on the computer's clock, as a program that is not "
            "Python must; then nothing repeats exactly.",
        ),
    ] = False,
    speed: Annotated[
        float | None,
        typer.Option(
            help="On the wall clock: the market's clock, times real time; 20 unless told.",
            min=0.001,
            max=10_000,
        ),
    ] = None,
    repeats: Annotated[
        str | None,
        typer.Option(help="On the wall clock: a finding comes up in K/N runs; 2/3 unless told."),
    ] = None,
    timeout: Annotated[
        float, typer.Option(help="Seconds that a run may take.", min=0.1, max=86_400)
    ] = 60.0,
    shrink_runs: Annotated[
        int,
        typer.Option(
            help="Runs that shrinking a finding may take; 0: none is shrunk.", min=0, max=100_000
        ),
    ] = 60,
    out: Annotated[Path, typer.Option(help="Folder for the worlds of the findings.")] = Path(),
    junit_file: Annotated[
        Path | None, typer.Option("--junit", help="Write JUnit XML here.")
    ] = None,
    html_file: Annotated[
        Path | None, typer.Option("--html", help="Write a report with timelines here.")
    ] = None,
) -> None:
    """Run a program once for each seed, against a fresh TWS in a world whose faults are drawn from
    the seed: late, repeated and reordered callbacks, partial fills, rejections, lost
    acknowledgements, lost links, restarts, half-open sockets.

    First a control run without faults says what is normal. Then each seed is judged: the same order
    sent twice, orders while the session is not ready or on a dead line, an order after its
    position was closed, silence after a reconnect, requests that TWS answers with an error, a
    crash, a hang, and what `--check` says. A finding is shrunk to the fewest faults that still
    fail, and written as a world; the command that is told repeats it, until the program is mended.

    The program finds its station by `PAPERTAPE_HOST` and `PAPERTAPE_PORT`.

    Functions of a check: `position(symbol)`, `cash(currency)`, `orders(symbol, side, ref)`,
    `working_orders(symbol, side)`, `fills(symbol)`, `requests(name)`, `now()` in seconds; `abs`,
    `min`, `max`, `round`.

    Exit code 0 when no seed fails, 1 when one does, 2 when the world, a check or an option is
    wrong, 3 when the control run fails, 130 when it was interrupted.

    Example: `papertape storm --seeds 200 --check "abs(position('SPY')) <= 100" -- python bot.py`
    """
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    if not program:
        raise SettingsError(
            "there is no program", setting="storm", advice="papertape storm -- python bot.py"
        )
    fits(seeds, seed, wall_clock, speed, repeats)
    alone(again, seeds=seeds, seed=seed, world=world, junit=junit_file, html=html_file)
    needed, of = repeats_of(repeats or "2/3") if wall_clock else (1, 1)
    plan = StormPlan(
        StormBot(tuple(program), wall_clock, speed or USUAL_SPEED, timeout),
        base(again or world, console),
        lasts_of(lasts),
        tuple(check or ()),
        str(check_file or ""),
        shrink_runs,
        of,
        needed,
    )
    plan.read_checks()
    if again is not None:
        storm_again.again(plan, again, plan.base, lambda result: _control_run(result, console))
        return
    for path in (junit_file, html_file):
        writable(path)
    folder(out)
    chosen = range(seeds or USUAL_SEEDS) if seed is None else [seed]
    began = time.monotonic()
    try:
        with (
            _stops_at_sigterm(),
            _workers(min(jobs, len(chosen)), ray) as workers,
            _progress(console, len(chosen)) as hear,
        ):
            result = run_storm(plan, chosen, workers, told=hear)
    except KeyboardInterrupt:
        console.print("interrupted before anything was found")
        raise typer.Exit(STOPPED) from None
    result.wall_s = time.monotonic() - began
    _write(result, out)
    command = shlex.join(program)
    if junit_file is not None:
        junit_file.write_bytes(junit(result, command))
    if html_file is not None:
        html_file.write_text(html(result, command), "utf-8")
    _tell(result, plan, console)


@contextmanager
def _stops_at_sigterm() -> Iterator[None]:
    """Let SIGTERM do what Ctrl-C does, so that no program is left running."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _workers(jobs: int, ray: str) -> Iterator[Workers]:
    if not ray:
        yield OneWorker() if jobs == 1 else ProcessWorkers(jobs)
        return
    if jobs > 1:
        raise SettingsError("says it twice: a cluster has its own", setting="jobs", found=str(jobs))
    cluster = RayWorkers(ray)
    try:
        yield cluster
    finally:
        cluster.close()


# -- what is told ---------------------------------------------------------------------------------


@contextmanager
def _progress(console: Console, count: int) -> Iterator[Callable[[str, Any], None]]:
    """A bar on a terminal; elsewhere, as in the log of a CI, a line at each tenth of the seeds."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    shows = console.is_terminal
    with Progress(*columns, TimeRemainingColumn(), console=console, disable=not shows) as progress:
        bar = progress.add_task("seeds", total=count)
        failing: dict[tuple[str, str], int] = {}
        done = 0

        def hear(what: str, facts: Any) -> None:
            nonlocal done
            if what == "control":
                _control(facts, console)
            elif what == "seed":
                progress.advance(bar)
                _seed(facts, failing, console)
                done += 1
                if not shows and _tenth(done, count):
                    console.print(f"{done} of {count} seeds, {sum(failing.values())} fail")
            elif what == "shrinking" and facts:
                progress.reset(bar, total=facts, description="shrinking")
                if not shows:
                    console.print(f"shrinking {_count(facts, 'finding')}")
            elif what == "shrunk":
                progress.advance(bar)

        yield hear


def _failed(result: StormResult, console: Console) -> None:
    """End the command where the control run fails."""
    if result.trouble:
        console.print(f"papertape: the control run fails: {result.trouble}", markup=False)
        for line in result.control.output.strip().splitlines()[-10:]:
            console.print(f"  {visible(line)}", markup=False)
        raise typer.Exit(CONTROL)


def _control_run(result: StormResult, console: Console) -> None:
    _failed(result, console)
    _control(result, console)


def _tenth(done: int, count: int) -> bool:
    """Whether a tenth of the seeds is complete with this one; of few, nothing is told."""
    return FEW < count > done and done * 10 // count > (done - 1) * 10 // count


def _control(result: StormResult, console: Console) -> None:
    control = result.control
    if result.trouble:
        return
    ended = "is ended" if control.code is None else f"ends with code {control.code}"
    said = ", ".join(
        _count(number, what)
        for number, what in (
            (len(control.of("request")), "request"),
            (len(control.orders), "order"),
            (len(control.of("fill")), "fill"),
        )
    )
    console.print(
        f"control run: {said}, {len(control.of('error'))} notices and errors; "
        f"{ended} at {shown_time(control.lasted)}, {control.wall_s:.1f} s"
    )


def _seed(one: SeedResult, failing: dict[tuple[str, str], int], console: Console) -> None:
    """Tell the first seed of each kind of finding."""
    if one.error:
        failing["error", ""] = failing.get(("error", ""), 0) + 1
        if failing["error", ""] <= SHOWN_ERRORS:
            console.print(f"seed {one.seed} could not be run: {one.error}", markup=False)
    for finding in one.findings[:1]:
        failing[finding.key] = failing.get(finding.key, 0) + 1
        if failing[finding.key] == 1:
            console.print(f"seed {one.seed} fails: {finding}", markup=False)


def _write(result: StormResult, out: Path) -> None:
    for one in result.found:
        path = out / f"storm-{one.result.seed}.world"
        path.write_text(one.world, "utf-8")
        one.path = str(path)


def _tell(result: StormResult, plan: StormPlan, console: Console) -> None:
    """The findings, the summary, the exit code."""
    screen = Console(highlight=False, soft_wrap=True)
    _failed(result, console)
    for one in result.found:
        _told(one, plan, screen)
    failed = sum(bool(one.findings) for one in result.seeds)
    errors = [one for one in result.seeds if one.error]
    rate = len(result.seeds) / max(result.wall_s, 1e-9) * 60
    screen.print(
        f"{_count(len(result.seeds), 'seed')}, {failed} fail, "
        f"{_count(len(result.found), 'different finding')}; "
        f"{result.wall_s:.1f} s, {rate:.0f} seeds a minute"
    )
    if errors:
        screen.print(
            f"{_count(len(errors), 'seed')} could not be run: {errors[0].error}", markup=False
        )
    if result.stopped:
        screen.print("interrupted: the rest was not run")
        raise typer.Exit(STOPPED)
    if errors:
        raise typer.Exit(WRONG)
    if failed:
        raise typer.Exit(FAILED)


def _told(one: StormFound, plan: StormPlan, screen: Console) -> None:
    result = one.result
    screen.print(f"seed {result.seed} fails: {one.finding}", markup=False)
    others = [seed for seed in one.seeds if seed != result.seed]
    if others:
        more = ", ".join(map(str, others[:10])) + (" …" if len(others) > 10 else "")
        so = "so does 1 other" if len(others) == 1 else f"so do {len(others)} others"
        screen.print(f"  {so}: {more}")
    of = f"; found in {result.found_in} of {result.of} runs" if result.of > 1 else ""
    screen.print(
        f"  shrunk from {_count(len(result.faults), 'fault')} to {len(result.shrunk)}, "
        f"{_count(result.runs, 'run')}{of}"
    )
    for fault in result.shrunk:
        for line in fault.splitlines():
            screen.print(f"    {line}", markup=False)
    screen.print(f"  {repeating(plan, one.finding, one.path)}", markup=False)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")
