"""``papertape account``: the accounts of a station, their cash and positions, margin and fees.

The commands use the control API of a running station or, with ``--data-dir``, the journal of a
stopped one.
"""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Annotated, Any, Protocol
from urllib.parse import quote

import typer
from rich.console import Console, JustifyMethod
from rich.table import Table

from ..errors import JournalError, SettingsError
from ..venue.broker.schedules import FEE_PLANS, MARGIN_MODELS
from .control import Json, Port, told
from .remote import ControlClient
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
DataDir = Annotated[
    Path | None,
    typer.Option(help="Data directory of a stopped station, instead of a running one."),
]
Config = Annotated[
    Path | None,
    typer.Option(help="With --data-dir: settings file of the station, for its market."),
]
Code = Annotated[str, typer.Argument(metavar="CODE", help="The account, such as DU1234567.")]
MODELS, PLANS = " or ".join(MARGIN_MODELS), " or ".join(FEE_PLANS)
Row = dict[str, Any]
HEADINGS = {
    "account": "account", "currency": "base", "cash": "cash", "net_liquidation": "net worth",
    "available_funds": "available", "daily_pnl": "day P&L", "margin_model": "margin",
    "fee_plan": "fees",
}  # fmt: skip


class Ledgers(Protocol):
    """The accounts of a station, running or stopped."""

    def rows(self) -> list[Row]:
        """All accounts."""

    def open(self, code: str, wishes: dict[str, str | None], positions: Sequence[str]) -> Row:
        """Open an account; None leaves a value to the station."""

    def receive(self, code: str, position: str) -> Row:
        """Bring a position in, or take it out."""

    def transfer(self, code: str, to: str, what: str, currency: str | None) -> Row:
        """Move cash or a position to another account."""

    def convert(self, code: str, sold: str, currency: str, into: str) -> Row:
        """Convert cash into another currency."""

    def deposit(self, code: str, amount: str, currency: str | None) -> Row:
        """Deposit or withdraw cash."""

    def choose_margin(self, code: str, model: str) -> Row:
        """Change the margin model."""

    def choose_fees(self, code: str, plan: str) -> Row:
        """Change the fee plan."""


@account.command()
@told
def ls(
    port: Port = None, data_dir: DataDir = None, config: Config = None, as_json: Json = False
) -> None:
    """List the accounts: base currency, cash, worth, margin model and fee plan.

    Example: `papertape account ls --json`
    """
    with _ledgers(port, data_dir, config) as ledgers:
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
        table.add_row(*(shown(_written(row[name])) for name in HEADINGS))
    Console(highlight=False).print(table)


@account.command()
@told
def add(
    code: Code,
    currency: Annotated[str | None, typer.Option(help="Its base currency. [USD]")] = None,
    cash: Annotated[str | None, typer.Option(help="Its initial cash. [1000000]")] = None,
    margin: Annotated[str | None, typer.Option(help=f"Margin model: {MODELS}. [portfolio]")] = None,
    fees: Annotated[str | None, typer.Option(help=f"Fee plan: {PLANS}. [fixed]")] = None,
    position: Annotated[
        list[str] | None,
        typer.Option(help="A position that it begins with: 'SPY 100 @ 430'. Repeatable."),
    ] = None,
    port: Port = None,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Open a paper account. Orders may name it at once.

    A connected program sees it when it requests the accounts again or reconnects. If it is the
    second account, orders must name their account from now on (else error 435).

    Examples: `papertape account add DU2`,
    `papertape account add DU3 --currency EUR --cash 50000 --margin reg_t --fees none`,
    `papertape account add DU4 --position "SPY 100 @ 430" --position "AAPL -50"`
    """
    wishes = {"currency": _upper(currency), "cash": cash, "margin_model": margin, "fee_plan": fees}
    with _ledgers(port, data_dir, config) as ledgers:
        _say("opened", ledgers.open(code, wishes, position or ()))


@account.command(context_settings={"ignore_unknown_options": True})
@told
def deposit(
    code: Code,
    amount: Annotated[
        str, typer.Argument(metavar="AMOUNT", help="For example 5000 or 250.50; -1000 withdraws.")
    ],
    currency: Annotated[
        str | None, typer.Argument(metavar="CURRENCY", help="Default: the account's base currency.")
    ] = None,
    port: Port = None,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Deposit cash into an account, or withdraw it. Neither counts as profit or loss.

    A withdrawal is limited to the cash in that currency and to the available funds.

    Examples: `papertape account deposit DU1234567 5000`,
    `papertape account deposit DU1234567 -250.50 EUR`
    """
    with _ledgers(port, data_dir, config) as ledgers:
        _say("booked", ledgers.deposit(code, amount, _upper(currency)))


@account.command(context_settings={"ignore_unknown_options": True})
@told
def position(
    code: Code,
    what: Annotated[str, typer.Argument(metavar="POSITION", help="'SPY 100 @ 430', 'SPY -100'.")],
    port: Port = None,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Bring a position into an account from elsewhere, or take it out. Nothing is paid.

    It is a symbol of an American stock or a contract number, the size and what each has cost
    (without it, the market price). A size opposite to what is held takes it out.

    Examples: `papertape account position DU1234567 "SPY 100 @ 430"`,
    `papertape account position DU1234567 "SPY -100"`
    """
    with _ledgers(port, data_dir, config) as ledgers:
        _say("booked", ledgers.receive(code, what))


@account.command()
@told
def transfer(
    code: Code,
    to: Annotated[str, typer.Argument(metavar="TO", help="The account that receives.")],
    what: Annotated[str, typer.Argument(metavar="WHAT", help="5000, or 'SPY 100'.")],
    currency: Annotated[
        str | None, typer.Argument(metavar="CURRENCY", help="Default: CODE's base currency.")
    ] = None,
    port: Port = None,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Move cash, or a position with what it has cost, to another account.

    Examples: `papertape account transfer DU1234567 DU2 5000 EUR`,
    `papertape account transfer DU1234567 DU2 "SPY 100"`
    """
    with _ledgers(port, data_dir, config) as ledgers:
        _say("booked", ledgers.transfer(code, to, what, _upper(currency)))


@account.command()
@told
def convert(
    code: Code,
    amount: Annotated[str, typer.Argument(metavar="AMOUNT", help="Of CURRENCY: 5000.")],
    currency: Annotated[str, typer.Argument(metavar="CURRENCY", help="The one that is sold.")],
    into: Annotated[str, typer.Argument(metavar="INTO", help="The one that is bought.")],
    port: Port = None,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Convert cash into another currency at the market's middle rate, without a commission.

    Example: `papertape account convert DU1234567 5000 USD EUR`
    """
    with _ledgers(port, data_dir, config) as ledgers:
        _say("booked", ledgers.convert(code, amount, currency.upper(), into.upper()))


@account.command()
@told
def margin(
    code: Code,
    model: Annotated[str, typer.Argument(metavar="MODEL", help=f"{MODELS}.")],
    port: Port = None,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Change the margin model of an account.

    Example: `papertape account margin DU1234567 reg_t`
    """
    with _ledgers(port, data_dir, config) as ledgers:
        _say("changed", ledgers.choose_margin(code, model))


@account.command()
@told
def fees(
    code: Code,
    plan: Annotated[str, typer.Argument(metavar="PLAN", help=f"{PLANS}.")],
    port: Port = None,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Change the fee plan of an account.

    Example: `papertape account fees DU1234567 none`
    """
    with _ledgers(port, data_dir, config) as ledgers:
        _say("changed", ledgers.choose_fees(code, plan))


def _say(what: str, row: Row) -> None:
    typer.echo(
        f"{what} {row['account']}: cash {_written(row['cash'])} {row['currency']},"
        f" net liquidation {_written(row['net_liquidation'])},"
        f" margin {row['margin_model']}, fees {row['fee_plan']}"
    )


def _written(value: Any) -> str:
    return f"{value:,.2f}" if isinstance(value, float) else str(value)


def _upper(currency: str | None) -> str | None:
    return None if currency is None else currency.upper()


# ---------------------------------------------------------------- where the accounts are


def _ledgers(
    port: int | None, data_dir: Path | None, config: Path | None
) -> AbstractContextManager[Ledgers]:
    if data_dir is None:
        return _running(port)
    if port is not None:
        raise SettingsError(
            "says another place than --data-dir",
            setting="port",
            found=port,
            advice="--port is for a running station, --data-dir for a stopped one",
        )
    return _resting(data_dir, config)


class Running:
    """The accounts of a running station."""

    def __init__(self, remote: ControlClient) -> None:
        self._remote = remote

    def rows(self) -> list[Row]:
        """All accounts."""
        return [dict(row) for row in self._remote.get("/accounts")]

    def open(self, code: str, wishes: dict[str, str | None], positions: Sequence[str]) -> Row:
        """Open an account."""
        body = {"account": code, **wishes, "positions": list(positions)}
        return dict(self._remote.post("/accounts", body))

    def receive(self, code: str, position: str) -> Row:
        """Bring a position in, or take it out."""
        return dict(self._remote.post(f"{_path(code)}/positions", {"position": position}))

    def transfer(self, code: str, to: str, what: str, currency: str | None) -> Row:
        """Move cash or a position to another account."""
        body = {"to": to, "what": what, "currency": currency}
        return dict(self._remote.post(f"{_path(code)}/transfers", body))

    def convert(self, code: str, sold: str, currency: str, into: str) -> Row:
        """Convert cash into another currency."""
        body = {"amount": sold, "currency": currency, "into": into}
        return dict(self._remote.post(f"{_path(code)}/conversions", body))

    def deposit(self, code: str, amount: str, currency: str | None) -> Row:
        """Deposit or withdraw cash."""
        body = {"amount": amount, "currency": currency}
        return dict(self._remote.post(f"{_path(code)}/deposits", body))

    def choose_margin(self, code: str, model: str) -> Row:
        """Change the margin model."""
        return dict(self._remote.put(f"{_path(code)}/margin-model", {"model": model}))

    def choose_fees(self, code: str, plan: str) -> Row:
        """Change the fee plan."""
        return dict(self._remote.put(f"{_path(code)}/fee-plan", {"plan": plan}))


def _path(code: str) -> str:
    return f"/accounts/{quote(code, safe='')}"


@contextmanager
def _running(port: int | None) -> Iterator[Ledgers]:
    try:
        remote = ControlClient(port)
    except SettingsError as error:
        if port is not None or error.setting != "port":
            raise
        advice = f"{error.advice}; --data-dir names the directory of one that does not run"
        raise SettingsError(error.reason, setting="port", advice=advice) from error
    yield Running(remote)


@contextmanager
def _resting(data_dir: Path, config: Path | None) -> Iterator[Ledgers]:
    from ..server.books import open_books
    from ..venue.broker.accounts_refused import AccountRefused
    from .settings import load

    market = load(config, {}).chosen_market()
    try:
        with open_books(data_dir, market, time.time_ns()) as books:
            yield books
    except AccountRefused as refused:
        raise SettingsError(str(refused)) from refused
    except JournalError as error:
        if error.pid is None:
            raise
        raise SettingsError(
            f"a station runs there (process {error.pid})",
            setting="data_dir",
            found=str(data_dir),
            advice="Omit --data-dir: the command then uses the running station",
        ) from error
