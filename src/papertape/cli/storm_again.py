"""``papertape storm --again``: the world of a finding, judged once more."""

from collections.abc import Callable
from pathlib import Path

import typer
from msgspec.structs import replace
from rich.console import Console

from ..errors import SettingsError
from ..quoting import visible
from ..testing.storm.campaign import StormPlan, StormResult, judge_again
from ..testing.storm.worldtext import base_and_faults


def again(plan: StormPlan, path: Path, text: str, control: Callable[[StormResult], object]) -> None:
    """Tell what is still found; the exit code is 1 then. ``control`` tells of the control run, and
    ends the command where that fails. Raises ``SettingsError``."""
    screen = Console(highlight=False, soft_wrap=True)
    try:
        base, faults = base_and_faults(text)
    except SettingsError as error:
        error.path = str(path)
        raise
    result, judged = judge_again(replace(plan, base=base), faults)
    control(result)
    if judged is None or judged.error:
        raise SettingsError(judged.error if judged else result.trouble, setting="program")
    for finding in judged.findings:
        screen.print(f"it still fails: {finding}", markup=False)
    if judged.findings:
        raise typer.Exit(1)
    screen.print(f"{visible(path)}: nothing is found", markup=False)
