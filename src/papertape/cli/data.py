"""``papertape data import | ls | export | plot``: recordings for market folders."""

import json
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, tzinfo
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn
from rich.table import Table

from ..data.exporting import export_folder
from ..data.importing import ImportOptions, ImportReport, import_sources
from ..data.listing import held
from ..data.picture import picture
from ..data.stamps import DateOrder
from ..data.text_files import Progress as Told
from ..errors import MarketDataError
from ..quoting import visible
from .control import Json, told
from .terminal import shown

data = typer.Typer(
    name="data",
    help="""Import market data into folders that `papertape serve --market` plays; look at them.

    A market folder holds, for each contract, one day of quotes and trades, minute bars up to it,
    daily bars before those, splits and dividends. Times, prices and sizes are checked when they are
    imported; a mistake is reported with file, line and column, and nothing is imported then.

    Examples:

    `papertape data import GME.csv --into market/mine`: bars, trades or quotes, by their headings

    `papertape data import lean/Data/equity/usa --into market/mine`: a part of LEAN's data folder

    `papertape data ls market/mine`, then `papertape serve --market market/mine`
    """,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    add_completion=False,
)
FolderArgument = Annotated[Path, typer.Argument(help="A market folder.")]
Symbols = Annotated[list[str] | None, typer.Argument(help="Symbols or conIds; without any, all.")]
_PAIR = re.compile(r"([^=]+)=(.*)", re.DOTALL)


@data.command("import")
@told
def import_(
    sources: Annotated[
        list[Path],
        typer.Argument(
            help="CSV (also .csv.gz, .zip), Parquet, parts of LEAN's data, market folders."
        ),
    ],
    into: Annotated[Path, typer.Option(help="The market folder; made if there is none.")],
    symbol: Annotated[
        str,
        typer.Option(help="Whose rows they are. Else a column, or the name of the file, says so."),
    ] = "",
    contract: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FIELD=VALUE",
            help="What the contract is, such as secType=FUT or conId=265598; may be repeated.",
        ),
    ] = None,
    columns: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="FIELD=COLUMN",
            help="Which column is what, by heading or number: price=Last; may be repeated.",
        ),
    ] = None,
    zone: Annotated[
        str,
        typer.Option(help="The zone of times without an offset. Else that of the exchange."),
    ] = "",
    dates: Annotated[
        DateOrder | None, typer.Option(help="The order of dates such as 1/5/2024.")
    ] = None,
    day: Annotated[
        str,
        typer.Option("--date", help="The day to play, yyyymmdd. Else the last one with quotes."),
    ] = "",
    license_: Annotated[str, typer.Option("--license", help="A note about the licence.")] = "",
    origin: Annotated[str, typer.Option("--source", help="A note about the origin.")] = "",
    as_json: Json = False,
) -> None:
    """Import recordings, all of them or, if anything is wrong, none.

    The columns of a table are guessed from its headings and shown: time or date with open, high,
    low, close (bars of a day or a minute), price and size (trades), bid and ask (quotes). A day, or
    a minute bar's day, that the folder has already is replaced, other days stay. A contract that
    nobody knows is made of its symbol and of `--contract`.

    Examples:

    `papertape data import GME.csv --into market/mine`

    `papertape data import ticks.csv --symbol GME --map price=Last --zone UTC --into market/mine`

    `papertape data import my.csv --symbol ACME --contract exchange=NYSE --into market/mine`

    `papertape data import old/market --into market/new`: a folder of Parquet files of before
    """
    options = ImportOptions(
        symbol=symbol,
        contract=_pairs("--contract", contract),
        columns=_pairs("--map", columns),
        zone=_zone(zone),
        order=dates,
        date=_day(day),
        license=license_,
        source=origin,
    )
    with _shown_progress() as progress:
        report = import_sources(sources, into, options, progress)
    if as_json:
        typer.echo(json.dumps(msgspec.to_builtins(report)))
        return
    _tell(report, into)


def _tell(report: ImportReport, into: Path) -> None:
    console = Console(highlight=False)
    for name, columns in report.read[:20]:
        console.print(f"{shown(name)}: {shown(columns)}", soft_wrap=True)
    if len(report.read) > 20:
        console.print(f"… and {len(report.read) - 20} more")
    for name, why in report.unread[:20]:
        console.print(f"not read: {shown(name)}: {shown(why)}", soft_wrap=True)
    if len(report.unread) > 20:
        console.print(f"… and {len(report.unread) - 20} more that were not read")
    for one in report.instruments:
        rows = ", ".join(f"{count:,} {kind}" for kind, count in one.rows.items())
        made = ", a contract made for it" if one.entry.contract else ""
        console.print(
            f"{shown(one.entry.symbol)} (conId {one.entry.conId}{made}), "
            f"plays {one.entry.date}: {rows}",
            soft_wrap=True,
        )
        for why, count in one.left_out.items():
            console.print(f"  left out: {count:,} {shown(why)}", soft_wrap=True)
        for note in one.notes:
            console.print(f"  {shown(note)}", soft_wrap=True)
    console.print(f"Play it: papertape serve --market {shown(into)}", soft_wrap=True)


@data.command()
@told
def ls(
    folder: FolderArgument,
    symbols: Symbols = None,
    as_json: Json = False,
) -> None:
    """Show what a market folder holds: contracts, kinds of data, rows, span and gaps.

    Times of ticks are counted from the beginning of the day's session. Ends with 2 when a file
    cannot be read.

    Example: `papertape data ls market/sample`
    """
    found = held(folder, symbols or ())
    if as_json:
        typer.echo(json.dumps(msgspec.to_builtins(found)))
    else:
        table = Table(box=None, pad_edge=False)
        for heading in ("conId", "symbol", "type", "plays", "kind"):
            table.add_column(heading, no_wrap=True)
        table.add_column("rows", justify="right", no_wrap=True)
        for heading in ("from", "to"):
            table.add_column(heading, no_wrap=True)
        table.add_column("missing")
        for one in found:
            about = (str(one.entry.conId), one.entry.symbol, one.security_type)
            cells = (*about, str(one.entry.date))
            for facts in one.files:
                problem = f"[red]{shown(facts.problem)}[/red]" if facts.problem else ""
                table.add_row(
                    *map(shown, cells), facts.kind, f"{facts.rows:,}", facts.first, facts.last,
                    problem or shown(facts.gaps),
                )  # fmt: skip
                cells = ("", "", "", "")
        # In a file or a pipe no terminal limits the lines.
        Console(width=None if sys.stdout.isatty() else 160).print(table)
    if any(facts.problem for one in found for facts in one.files):
        raise typer.Exit(2)


@data.command()
@told
def export(
    folder: FolderArgument,
    symbols: Symbols = None,
    to: Annotated[Path, typer.Option(help="A folder that is not there yet.")] = Path("export"),
) -> None:
    """Write a market folder as CSV: one file for each kind of data, times in UTC.

    `papertape data import` reads the new folder back to the same recordings.

    Example: `papertape data export market/sample IBM --to ibm`
    """
    with _shown_progress() as progress:
        done = export_folder(folder, to, symbols or (), progress)
    console = Console(highlight=False)
    for path, rows in done:
        console.print(f"{shown(path)}: {rows:,} rows", soft_wrap=True)


@data.command()
@told
def plot(
    folder: FolderArgument,
    symbol: Annotated[str, typer.Argument(help="A symbol or conId of it.")],
    day: Annotated[
        str, typer.Option("--date", help="Another day than the one that is played, yyyymmdd.")
    ] = "",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The SVG file; else SYMBOL.svg.")
    ] = None,
) -> None:
    """Draw a day as SVG, which every browser shows: price, spread and volume by the minute.

    Example: `papertape data plot market/sample IBM -o ibm.svg`
    """
    with _shown_progress() as progress:
        drawn = picture(folder, symbol, _day(day), progress)
    path = output or Path(re.sub(r"[^A-Za-z0-9.]", "", symbol) + ".svg")
    try:
        path.write_text(drawn.svg, encoding="utf-8")
    except OSError as error:
        raise MarketDataError(
            f"cannot be written: {error.strerror}", path=path, advice="Name another file with -o"
        ) from error
    typer.echo(visible(f"{path}: {drawn.title}"))


def _pairs(option: str, texts: Sequence[str] | None) -> dict[str, str]:
    found = {}
    for text in texts or ():
        pair = _PAIR.fullmatch(text)
        if pair is None:
            raise MarketDataError(f"{option} {text!r} is not NAME=VALUE")
        found[pair[1].strip()] = pair[2].strip()
    return found


def _zone(name: str) -> tzinfo | None:
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError) as error:  # ZoneInfoNotFoundError is a KeyError
        advice = "Give a name such as America/New_York or UTC"
        raise MarketDataError(f"--zone {name!r} is no time zone", advice=advice) from error


def _day(text: str) -> int | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise MarketDataError(f"--date {text!r} is no date", advice="Give yyyymmdd") from error
    return day.year * 10_000 + day.month * 100 + day.day


@contextmanager
def _shown_progress() -> Iterator[Told]:
    """Progress bars, one a file that takes long, where somebody watches."""
    console = Console(stderr=True)
    if not sys.stderr.isatty():
        yield lambda name, done, total: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, console=console, transient=True) as bars:
        known: dict[str, TaskID] = {}

        def tell(name: str, done: int, total: int) -> None:
            if name not in known:
                known.clear()
                for task in bars.task_ids:
                    bars.remove_task(task)
                known[name] = bars.add_task(shown(name), total=total or None)
            bars.update(known[name], completed=done, total=total or None)

        yield tell
