"""``papertape record``: masks recordings, and converts those of others."""

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ..errors import RecordingError
from ..recording.as_world import as_world as world_of
from ..recording.format import write
from ..recording.imports import load
from ..recording.sanitise import sanitise as mask
from ..versions import MAX_SERVER, MIN_SERVER
from .control import told
from .recording_options import Recorded
from .terminal import shown

record = typer.Typer(
    name="record",
    help="""Mask a recording of `papertape proxy`; convert the recordings of others.

    Example: `papertape record sanitise day.recording shared.recording`

    Example: `papertape record import IBAPI_RECORDING_DIR/2026-04-10-13-30-0 day.recording`
    """,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    add_completion=False,
)
Version = Annotated[
    int | None,
    typer.Option(
        "--server-version", min=MIN_SERVER, max=MAX_SERVER,
        help="Server version of a source that does not tell it. [found out]",
    ),
]  # fmt: skip


@record.command()
@told
def sanitise(
    source: Recorded,
    target: Annotated[Path, typer.Argument(help="The masked recording; replaced if it exists.")],
) -> None:
    """Mask accounts, names, order references and permanent ids, the same mask everywhere.

    Prices, sizes, amounts, contracts, order ids and client ids stay. What cannot be decoded is
    left out and listed by name, never passed unmasked.

    Exit codes: 0 done, 2 the recording cannot be read.

    Example: `papertape record sanitise day.recording shared.recording`
    """
    done = mask(load(source))
    write(done.recording, target)
    out = Console(highlight=False, soft_wrap=True)
    out.print(f"{target}: {done.messages:,} messages, {done.masked:,} identities masked")
    for name, count in sorted(done.dropped.items()):
        out.print(f"  left out {count}x: {shown(name)}")
    if done.recording.problem:
        out.print(f"  {shown(source)}: {shown(done.recording.problem)}")


@record.command("import")
@told
def import_(
    source: Recorded,
    target: Annotated[Path, typer.Argument(help="The recording; replaced if it exists.")],
    server_version: Version = None,
) -> None:
    """Convert a recording of others: `papertape replay` and the other commands take it then.

    Known are a station's wire log (`papertape serve --wire-log`), transcripts of ibkr-go, and
    what rust-ibapi records (a folder of .msg files, or tws_interactions.yaml). They have no
    times: answers come as fast as they can. `papertape replay` takes such a source directly, too.

    Exit codes: 0 done, 2 the source cannot be read.

    Example: `papertape record import wire.jsonl day.recording`
    """
    found = load(source, version=server_version)
    write(found, target)
    out = Console(highlight=False, soft_wrap=True)
    messages = sum(event.event == "bytes" for event in found.events)
    kind = found.header.source or "a recording"
    out.print(f"{shown(target)}: {messages:,} messages of {shown(kind)}")
    left = Counter(event.note for event in found.events if event.event == "dropped")
    for name, count in sorted(left.items()):
        out.print(f"  left out {count}x: {shown(name)}")
    if found.problem:
        out.print(f"  {shown(source)}: {shown(found.problem)}")


@record.command("as-world")
@told
def as_world(
    source: Recorded,
    target: Annotated[
        Path | None, typer.Argument(help="File of the world; replaced. [standard output]")
    ] = None,
) -> None:
    """Write the world of a recording: accounts, quotes, prints, and what became of each order.

    Play it with a station, change it, take parts of it. What a world cannot say, such as a
    change of an order by the program, is listed in comments at its end.

    Exit codes: 0 done, 2 the recording cannot be read or has no session.

    Example: `papertape record as-world day.recording day.world`
    """
    made = world_of(load(source), source.name)
    if target is None:
        typer.echo(made.text, nl=False)
        return
    try:
        target.write_text(made.text, "utf-8")
    except OSError as error:
        raise RecordingError(f"cannot be written: {error.strerror}", path=target) from error
    out = Console(highlight=False, soft_wrap=True)
    out.print(f"{shown(target)}: {made.text.count(chr(10)):,} lines")
    for what, count in sorted(made.left_out.items()):
        out.print(f"  left out {count}x: {shown(what)}")
