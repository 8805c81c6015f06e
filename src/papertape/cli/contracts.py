"""``papertape contracts ls | add``: the contracts that a station knows, and a user's own."""

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from ..errors import MarketDataError
from ..model import Contract
from ..store.contracts import add_contracts
from ..store.market_folder import known_instruments
from ..venue.reference.answers import matching_symbols
from ..venue.reference.instruments import Instruments, Refusal, contract_of
from ..venue.reference.listings import CATALOGUE
from ..venue.reference.numbers import OURS_FROM
from ..venue.reference.securities import Bond, Dated, Instrument
from .control import Json, told

contracts = typer.Typer(
    name="contracts",
    help="""Show the contracts that a station knows, and give a market folder more.

    Thousands come with papertape; options and futures are found by their underlying.

    Examples: `papertape contracts ls siemens`, `papertape contracts add mine.toml market/mine`
    """,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    add_completion=False,
)
Folder = Annotated[
    Path | None, typer.Option("--market", help="A market folder, for the contracts of its own.")
]


@contracts.command()
@told
def ls(
    pattern: Annotated[
        str,
        typer.Argument(help="Begin of a symbol, or part of a name; all without."),
    ] = "",
    market: Folder = None,
    as_json: Json = False,
) -> None:
    """Search, as reqMatchingSymbols does: up to sixteen contracts, and the bonds of an issuer.
    Without a pattern: every contract that a market folder has of its own.

    Examples: `papertape contracts ls siemens`, `papertape contracts ls acme --market market/mine`,
    `papertape contracts ls --market market/mine`
    """
    if not pattern.strip() and market is None:
        raise typer.BadParameter("name a symbol, or a folder with --market", param_hint="PATTERN")
    instruments = known_instruments(market)
    if pattern.strip():
        matching = (one.contract for one in matching_symbols(instruments, pattern))
        found = [one for match in matching for one in _each(instruments, match)]
    else:
        known = {entry.conId for entry in CATALOGUE}
        found = [_described(entry) for entry in instruments if entry.conId not in known]
    rows = [_row(instruments, one) for one in found]
    if as_json:
        typer.echo(json.dumps(rows))
        return
    if not rows:
        typer.echo(_none(pattern, market))
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("conId", "symbol", "type", "exchange", "currency", "number", "name"):
        table.add_column(heading)
    for row in rows:
        table.add_row(*(str(row[name]) for name in row))
    Console().print(table)


def _each(instruments: Instruments, match: Contract) -> Iterator[Contract]:
    """A match, or of an issuer of bonds, which is no contract, every bond."""
    if match.conId:
        yield match
        return
    rows = instruments.match(Contract(secType="BOND", issuerId=match.issuerId))
    for row in () if isinstance(rows, Refusal) else rows:
        yield _described(row.instrument)


def _described(entry: Instrument) -> Contract:
    contract = contract_of(entry, entry.home)
    contract.symbol = entry.symbol  # details of bonds leave it out
    contract.primaryExchange = entry.place
    contract.description = entry.described if isinstance(entry, Bond) else entry.longName
    return contract


def _none(pattern: str, market: Path | None) -> str:
    """What is said where nothing is found."""
    if not pattern.strip():
        return f"{market} has no contracts of its own: papertape contracts add FILE {market}"
    if market is None and Path(pattern).is_dir():
        return (
            f"No contract matches. Those of the folder: papertape contracts ls --market {pattern}"
        )
    return f"No contract's symbol begins with {pattern!r}, and no name contains it."


def _row(instruments: Instruments, found: Contract) -> dict[str, Any]:
    return {
        "con_id": found.conId,
        "symbol": found.symbol,
        "security_type": found.secType,
        "exchange": found.primaryExchange,
        "currency": found.currency,
        "number": "ours" if found.conId >= OURS_FROM else "IB's",
        "name": found.description,
    }


@contracts.command()
@told
def add(
    file: Annotated[Path, typer.Argument(help="Contracts as TOML or CSV.")],
    folder: Annotated[
        Path, typer.Argument(help="The market folder that gets them; made if there is none.")
    ],
) -> None:
    """Check a file of contracts, and put them into a market folder; all of them or none.

    A folder that has nothing but contracts can be played: each has a synthetic tape that begins at
    its `price`.

    Example: `papertape contracts add mine.csv market/mine`, where mine.csv is

        symbol,exchange,currency,price
        ACME,IBIS,EUR,12.5
    """
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        _remove(missing)
        advice = "Name a folder that can be written"
        raise MarketDataError(
            f"cannot be made: {error.strerror}", path=folder, advice=advice
        ) from (error)
    try:
        added = add_contracts(file, folder)
    except BaseException:
        _remove(missing)
        raise
    for entry in added:
        typer.echo(f"{entry.conId}  {entry.secType} {entry.symbol} {entry.currency}{_over(entry)}")


def _remove(folders: list[Path]) -> None:
    """Take away empty folders that were made, the innermost first."""
    with suppress(OSError):  # one has something in it, or was never made
        for one in folders:
            one.rmdir()


def _over(entry: Instrument) -> str:
    """What is to be known of a contract whose last day is over."""
    if not isinstance(entry, Dated) or entry.expires >= date.today().toordinal():
        return ""
    last = date.fromordinal(entry.expires)
    return f", which ended on {last}: found where the market's clock is before that (--start)"
