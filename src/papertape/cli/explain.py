"""``papertape explain``: decodes bytes of the TWS API, message by message, field by field."""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from ..explain.frames import Explained, FieldRow, Limits, Sender, encoded
from ..explain.input import LOOKED_AT, kind_of, reader
from ..quoting import visible, visible_json
from ..versions import MAX_SERVER, MIN_SERVER
from .terminal import shown

_ARROWS = {"client": "client → server", "server": "server → client"}
_KINDS = {
    "bytes": "a stream of bytes",
    "hex": "bytes in hexadecimal",
    "log": "an API message log",
    "recording": "a wire log",
    "wire": "a recording",
}
_HEADS = ("offset", "body", "name", "raw", "value", "gate")
_WIDEST = {"name": 48, "raw": 40, "value": 40}
"""Widths of table columns; a longer cell is printed whole and shifts the next ones."""


class From(StrEnum):
    """Who sent the bytes."""

    CLIENT = "client"
    SERVER = "server"
    AUTO = "auto"


def explain(
    source: Annotated[
        str, typer.Argument(help="Hexadecimal digits, a log line, a file, or - for standard input.")
    ],
    sender: Annotated[
        From,
        typer.Option("--from", help="Who sent the bytes; a log and a recording name them."),
    ] = From.AUTO,
    server_version: Annotated[
        int | None,
        typer.Option(
            min=MIN_SERVER,
            max=MAX_SERVER,
            help="Negotiated server version. [from the handshake, else the newest]",
        ),
    ] = None,
    payload: Annotated[
        bool, typer.Option("--payload", help="The bytes are one message without its length.")
    ] = False,
    max_length: Annotated[
        int, typer.Option(min=8, max=1 << 24, help="Characters shown of a value.")
    ] = Limits().text,
    json: Annotated[bool, typer.Option("--json", help="One JSON object per message.")] = False,
    color: Annotated[bool, typer.Option(help="Colours on a terminal.")] = True,
) -> None:
    """Decode bytes of the TWS API: each message, each field, and the version gate behind it.

    Reads bytes in hexadecimal, a captured stream of one direction, an API message log of TWS
    (lines with -> and <-), a recording of `papertape proxy --record`, or a wire log of
    `papertape serve --wire-log`. Reports what is wrong in
    a broken frame and continues with the next.

    Exit codes: 0 everything could be read, 1 something was wrong, 2 there was nothing to read.

    Example: `papertape explain 00000006390031003500 --from server --server-version 176`

    Example: `papertape explain '20:54:49:921 -> ---#4-2--1-2104-Market data farm is OK-'`

    Example: `papertape explain capture.bin --json | jq .name`
    """
    limits = Limits(text=max_length)
    chosen: dict[From, Sender] = {From.CLIENT: "client", From.SERVER: "server"}
    wrong = count = 0
    show = _json if json else _Tables(color).show
    with ExitStack() as stack:
        pieces = _pieces(_opened(source, stack))
        start = next(pieces, b"")
        if not start.strip(b" \t\r\n"):
            raise typer.BadParameter("nothing to read: the input is empty", param_hint="SOURCE")
        options: Any = {"sender": chosen.get(sender), "version": server_version, "payload": payload}
        reading = reader(start, **options, limits=limits)
        for found in _all(reading, start, pieces):
            show(found)
            count += 1
            wrong += found.problem is not None
    if not json:
        kind = _KINDS[kind_of(start)]
        told = f"{wrong} with something wrong" if wrong else "nothing wrong"
        print(f"read as {kind}: {count} message{'' if count == 1 else 's'}, {told}")
    raise typer.Exit(1 if wrong else 0)


def _opened(source: str, stack: ExitStack) -> BinaryIO | bytes:
    """The file, standard input, or the argument itself. Raises ``BadParameter``."""
    if source == "-":
        return sys.stdin.buffer
    if os.path.isfile(source):  # False too for text that cannot be a file name
        try:
            return stack.enter_context(Path(source).open("rb"))
        except OSError as error:
            reason = f"{source} cannot be read: {error.strerror}"
            raise typer.BadParameter(reason, param_hint="SOURCE") from error
    text = source.encode("utf-8", "surrogateescape")
    if text.strip() and kind_of(text) == "bytes":
        shown = source if len(source) <= 60 else f"{source[:60]}…"
        reason = f"there is no file {shown!r}, and it is neither hexadecimal nor a log line"
        raise typer.BadParameter(reason, param_hint="SOURCE")
    return text


def _pieces(source: BinaryIO | bytes) -> Iterator[bytes]:
    if isinstance(source, bytes):
        yield source
        return
    while data := source.read(LOOKED_AT):
        yield data


def _all(reading: Any, start: bytes, pieces: Iterator[bytes]) -> Iterator[Explained]:
    yield from reading.feed(start)
    for data in pieces:
        yield from reading.feed(data)
    yield from reading.finish()


def _json(found: Explained) -> None:
    text = encoded(found).decode("utf-8", "backslashreplace")
    sys.stdout.write(visible_json(text) + "\n")


class _Tables:
    """Prints each message as a heading and a table without line breaks."""

    def __init__(self, color: bool) -> None:
        self._console = Console(
            no_color=not color, highlight=False, soft_wrap=True, emoji=False, markup=True
        )

    def show(self, found: Explained) -> None:
        """Print one message."""
        self._console.print(self._heading(found))
        if found.fields:
            self._table(found.fields)
        for note in found.notes:
            self._console.print(f"  [dim]note: {shown(note)}[/dim]")
        if found.problem:
            self._console.print(f"  [bold red]wrong: {shown(str(found.problem))}[/bold red]")
        self._console.print()

    def _heading(self, found: Explained) -> str:
        number = "" if found.id is None else f" ({found.id})"
        version = f"{found.version}{_origin(found.version_from)}"
        parts = [
            f"{_ARROWS[found.sender]}{_origin(found.sender_from)}",
            *([found.format] if found.format else []),
            *([f"server version {version}"] if found.version else []),
            f"offset {found.offset}",
            f"{found.length} bytes",
        ]  # fmt: skip
        name = shown(found.name) or "no message"
        return f"[bold]{name}[/bold]{number}  " + ", ".join(parts)

    def _table(self, rows: list[FieldRow]) -> None:
        cells = [_cells(row) for row in rows]
        widths = [
            min(max(cell_len(one[i]) for one in [_HEADS, *cells]), _WIDEST.get(head, 100))
            for i, head in enumerate(_HEADS)
        ]
        self._console.print(Text(_joined(_HEADS, widths), style="dim"))
        for one in cells:
            self._console.print(Text(_joined(one, widths)))


def _origin(told: str) -> str:
    return f" ({told})" if told in ("guessed", "newest", "offered") else ""


def _cells(row: FieldRow) -> tuple[str, ...]:
    gate = row.gate if not row.note else f"{row.note}"
    if row.wire_type:
        gate = f"#{row.number} {row.wire_type}; {gate}"
    raw = row.raw if row.wire_type else f"'{row.raw}'"
    value = "" if row.value is None else _shown(row.value)
    return (str(row.offset), str(row.body_offset), row.name, visible(raw), visible(value), gate)


def _shown(value: Any) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value)


def _joined(cells: tuple[str, ...], widths: list[int]) -> str:
    padded = (cell + " " * (width - cell_len(cell)) for cell, width in zip(cells, widths))
    return ("  " + "  ".join(padded)).rstrip()
