"""``papertape account``: the accounts of a station, their cash and positions, margin and fees.

The commands use the control API of a running station or, with ``--data-dir``, the journal of a
stopped one.
"""

import json
from typing import Annotated

import typer
from rich.console import Console, JustifyMethod
from rich.table import Table

from ..venue.broker.schedules import FEE_PLANS, MARGIN_MODELS
from .control import Json, Port, told
from .ledgers import Config, DataDir, Ledgers, Row, ledgers_of, on_ledgers, written
from .terminal import shown

account = typer.Typer(
    name="account",
    help="""Show the paper accounts of a station, open accounts, deposit or withdraw cash.

    It all goes to the station that runs, while its programs are connected; with several under one
    user `--port` says which. `--data-dir` names the directory of a station that does not run.

    Examples: `papertape account ls`, `papertape account add DU2 --currency EUR --cash 50000`,
    `papertape account deposit DU2 -1000`
    """,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    add_completion=False,
)
Code = Annotated[str, typer.Argument(metavar="CODE", help="The account, such as DU1234567.")]
MODELS, PLANS = " or ".join(MARGIN_MODELS), " or ".join(FEE_PLANS)
HEADINGS = {
    "account": "account", "currency": "base", "cash": "cash", "net_liquidation": "net worth",
    "available_funds": "available", "daily_pnl": "day P&L", "margin_model": "margin",
    "fee_plan": "fees",
}  # fmt: skip


@account.command()
@told
def ls(
    port: Port = None, data_dir: DataDir = None, config: Config = None, as_json: Json = False
) -> None:
    """List the accounts: base currency, cash, worth, margin model and fee plan.

    Example: `papertape account ls --json`
    """
    with ledgers_of(port, data_dir, config) as ledgers:
        rows = ledgers.rows()
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    if not rows:
        typer.echo("accounts: none")
        return
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False)
    for name, heading in HEADINGS.items():
        # A truncated code or figure would be misread: long ones wrap.
        justify: JustifyMethod = "right" if isinstance(rows[0][name], float) else "left"
        table.add_column(heading, justify=justify, overflow="fold")
    for row in rows:
        table.add_row(*(shown(written(row[name])) for name in HEADINGS))
    Console(highlight=False).print(table)


@account.command()
@on_ledgers
def add(
    ledgers: Ledgers,
    code: Code,
    currency: Annotated[str | None, typer.Option(help="Its base currency. [USD]")] = None,
    cash: Annotated[str | None, typer.Option(help="Its initial cash. [1000000]")] = None,
    margin: Annotated[str | None, typer.Option(help=f"Margin model: {MODELS}. [portfolio]")] = None,
    fees: Annotated[str | None, typer.Option(help=f"Fee plan: {PLANS}. [fixed]")] = None,
    position: Annotated[
        list[str] | None,
        typer.Option(help="A position that it begins with: 'SPY 100 @ 430'. Repeatable."),
    ] = None,
) -> None:
    """Open a paper account. Orders may name it at once.

    A connected program sees it when it requests the accounts again or reconnects. If it is the
    second account, orders must name their account from now on (else error 435).

    Examples: `papertape account add DU2`,
    `papertape account add DU3 --currency EUR --cash 50000 --margin reg_t --fees none`,
    `papertape account add DU4 --position "SPY 100 @ 430" --position "AAPL -50"`
    """
    wishes = {"currency": _upper(currency), "cash": cash, "margin_model": margin, "fee_plan": fees}
    _say("opened", ledgers.open(code, wishes, position or ()))


@account.command(context_settings={"ignore_unknown_options": True})
@on_ledgers
def deposit(
    ledgers: Ledgers,
    code: Code,
    amount: Annotated[
        str, typer.Argument(metavar="AMOUNT", help="For example 5000 or 250.50; -1000 withdraws.")
    ],
    currency: Annotated[
        str | None, typer.Argument(metavar="CURRENCY", help="Default: the account's base currency.")
    ] = None,
) -> None:
    """Deposit cash into an account, or withdraw it. Neither counts as profit or loss.

    A withdrawal is limited to the cash in that currency and to the available funds.

    Examples: `papertape account deposit DU1234567 5000`,
    `papertape account deposit DU1234567 -250.50 EUR`
    """
    _say("booked", ledgers.deposit(code, amount, _upper(currency)))


@account.command(context_settings={"ignore_unknown_options": True})
@on_ledgers
def position(
    ledgers: Ledgers,
    code: Code,
    what: Annotated[str, typer.Argument(metavar="POSITION", help="'SPY 100 @ 430', 'SPY -100'.")],
) -> None:
    """Bring a position into an account from elsewhere, or take it out. Nothing is paid.

    It is a symbol of an American stock or a contract number, the size and what each has cost
    (without it, the market price). A size opposite to what is held takes it out.

    Examples: `papertape account position DU1234567 "SPY 100 @ 430"`,
    `papertape account position DU1234567 "SPY -100"`
    """
    _say("booked", ledgers.receive(code, what))


@account.command()
@on_ledgers
def transfer(
    ledgers: Ledgers,
    code: Code,
    to: Annotated[str, typer.Argument(metavar="TO", help="The account that receives.")],
    what: Annotated[str, typer.Argument(metavar="WHAT", help="5000, or 'SPY 100'.")],
    currency: Annotated[
        str | None, typer.Argument(metavar="CURRENCY", help="Default: CODE's base currency.")
    ] = None,
) -> None:
    """Move cash, or a position with what it has cost, to another account.

    Examples: `papertape account transfer DU1234567 DU2 5000 EUR`,
    `papertape account transfer DU1234567 DU2 "SPY 100"`
    """
    _say("booked", ledgers.transfer(code, to, what, _upper(currency)))


@account.command()
@on_ledgers
def convert(
    ledgers: Ledgers,
    code: Code,
    amount: Annotated[str, typer.Argument(metavar="AMOUNT", help="Of CURRENCY: 5000.")],
    currency: Annotated[str, typer.Argument(metavar="CURRENCY", help="The one that is sold.")],
    into: Annotated[str, typer.Argument(metavar="INTO", help="The one that is bought.")],
) -> None:
    """Convert cash into another currency at the market's middle rate, without a commission.

    Example: `papertape account convert DU1234567 5000 USD EUR`
    """
    _say("booked", ledgers.convert(code, amount, currency.upper(), into.upper()))


@account.command()
@on_ledgers
def margin(
    ledgers: Ledgers,
    code: Code,
    model: Annotated[str, typer.Argument(metavar="MODEL", help=f"{MODELS}.")],
) -> None:
    """Change the margin model of an account.

    Example: `papertape account margin DU1234567 reg_t`
    """
    _say("changed", ledgers.choose_margin(code, model))


@account.command()
@on_ledgers
def fees(
    ledgers: Ledgers,
    code: Code,
    plan: Annotated[str, typer.Argument(metavar="PLAN", help=f"{PLANS}.")],
) -> None:
    """Change the fee plan of an account.

    Example: `papertape account fees DU1234567 none`
    """
    _say("changed", ledgers.choose_fees(code, plan))


def _say(what: str, row: Row) -> None:
    typer.echo(
        f"{what} {row['account']}: cash {written(row['cash'])} {row['currency']},"
        f" net liquidation {written(row['net_liquidation'])},"
        f" margin {row['margin_model']}, fees {row['fee_plan']}"
    )


def _upper(currency: str | None) -> str | None:
    return None if currency is None else currency.upper()
