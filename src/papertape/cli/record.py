"""``papertape record sanitise``: what is done with a recording before it is shown or replayed."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ..recording.format import read, write
from ..recording.sanitise import sanitise as mask
from .control import told
from .terminal import shown

record = typer.Typer(
    name="record",
    help="""Mask a recording of `papertape proxy`.

    Example: `papertape record sanitise day.recording shared.recording`
    """,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    add_completion=False,
)
Source = Annotated[Path, typer.Argument(help="A recording.")]


@record.callback()
def _group() -> None:
    pass


@record.command()
@told
def sanitise(
    source: Source,
    target: Annotated[Path, typer.Argument(help="The masked recording; replaced if it exists.")],
) -> None:
    """Mask accounts, names, order references and permanent ids, the same mask everywhere.

    Prices, sizes, amounts, contracts, order ids and client ids stay. What cannot be decoded is
    left out and listed by name, never passed unmasked.

    Exit codes: 0 done, 2 the recording cannot be read.

    Example: `papertape record sanitise day.recording shared.recording`
    """
    done = mask(read(source))
    write(done.recording, target)
    out = Console(highlight=False, soft_wrap=True)
    out.print(f"{target}: {done.messages:,} messages, {done.masked:,} identities masked")
    for name, count in sorted(done.dropped.items()):
        out.print(f"  left out {count}x: {shown(name)}")
    if done.recording.problem:
        out.print(f"  {shown(source)}: {shown(done.recording.problem)}")
