"""``papertape company``: dividends, splits, mergers, spin-offs, new symbols.

The commands use the control API of a running station or, with ``--data-dir``, the journal of a
stopped one.
"""

from collections.abc import Sequence
from typing import Annotated

import typer

from ..quoting import visible
from .ledgers import Ledgers, Row, on_ledgers, written

company = typer.Typer(
    name="company",
    help="""Let a company act: what it does to cash, holdings and orders of all accounts.

    Prices stay what the market says. `--data-dir` names the directory of a station that does not
    run.

    Examples: `papertape company dividend AAPL 0.27`, `papertape company split AAPL 2:1`,
    `papertape company rename AAPL APLX`
    """,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    add_completion=False,
)
Share = Annotated[
    str, typer.Argument(metavar="SHARE", help="A symbol of an American stock, or a conId.")
]


@company.command()
@on_ledgers
def dividend(
    ledgers: Ledgers,
    share: Share,
    amount: Annotated[str, typer.Argument(metavar="AMOUNT", help="For a share: 0.27.")],
    account: Annotated[str | None, typer.Option(help="The only account that it goes to.")] = None,
) -> None:
    """Pay a dividend to whoever holds a share, or CFDs on it; who is short pays it.

    Example: `papertape company dividend AAPL 0.27`
    """
    _say(f"paid {amount} for each share of {share}", ledgers.dividend(share, amount, account))


@company.command()
@on_ledgers
def split(
    ledgers: Ledgers,
    share: Share,
    ratio: Annotated[str, typer.Argument(metavar="NEW:OLD", help="New shares for old ones.")],
) -> None:
    """Split a share; the fraction of a share is paid in cash, and orders for it are cancelled.

    Examples: `papertape company split AAPL 2:1`, `papertape company split GME 1:10`
    """
    _say(f"split {share} {ratio}", ledgers.split(share, ratio))


@company.command()
@on_ledgers
def merger(
    ledgers: Ledgers,
    share: Share,
    terms: Annotated[
        list[str], typer.Argument(metavar="TERMS", help="1:2 XYZ, 12.50, or 1:2 XYZ 12.50.")
    ],
) -> None:
    """End a share whose company is taken over: others for it, cash for each, or both.

    It is found no more. Orders for it, and for what follows it, are cancelled.

    Examples: `papertape company merger AAPL 12.50`, `papertape company merger AAPL 1:2 MSFT 12.50`
    """
    whole = " ".join(terms)
    _say(f"exchanged {share} for {whole}", ledgers.merger(share, whole))


@company.command(name="spin-off")
@on_ledgers
def spin_off(
    ledgers: Ledgers,
    share: Share,
    terms: Annotated[list[str], typer.Argument(metavar="NEW:OLD SHARE", help="1:4 XYZ.")],
    cost: Annotated[
        str, typer.Option(help="The part of the cost that goes to the new shares: 0.25.")
    ],
) -> None:
    """Give whoever holds a share those of a part of its company as well.

    Example: `papertape company spin-off AAPL 1:4 XYZ --cost 0.25`
    """
    whole = " ".join(terms)
    _say(f"gave {whole} for shares of {share}", ledgers.spin_off(share, whole, cost))


@company.command()
@on_ledgers
def rename(
    ledgers: Ledgers,
    share: Share,
    symbol: Annotated[str, typer.Argument(metavar="SYMBOL", help="The new one.")],
) -> None:
    """Give a share another symbol. Its conId, holdings and orders stay.

    Descriptions with the old symbol find it no more.

    Example: `papertape company rename AAPL APLX`
    """
    ledgers.renaming(share, symbol)
    _say(f"{share} is {symbol.upper()}", ())


def _say(what: str, rows: Sequence[Row]) -> None:
    typer.echo(visible(what))
    for row in rows:
        typer.echo(visible(f"  {row['account']}: cash {written(row['cash'])} {row['currency']}"))
