"""Accounts: their values, opening, deposits, margin model and fee plan."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path

from ...venue.broker.accounts_refused import AccountRefused
from ...venue.commands import AccountCommand, CorporateCommand, Deposit, SetFeePlan, SetMarginModel
from ..account_commands import Wording, amount, opening
from ..aio.server import StationServer
from ..station import Station
from .stations import CONFLICT, NOT_FOUND, PREFIX, Chosen, act, current
from .views.accounts import (
    AccountBody,
    AccountRow,
    AccountValueRow,
    ConversionBody,
    DepositBody,
    DividendBody,
    FeePlanBody,
    MarginModelBody,
    MergerBody,
    PositionBody,
    SpinOffBody,
    SplitBody,
    SymbolBody,
    TransferBody,
)

router = APIRouter(prefix=PREFIX, tags=["accounts"])
Account = Annotated[str, Path(max_length=100, description="Account code.")]
COMMON = "/stations/{station}/accounts"
ONE = COMMON + "/{account:path}"


def account_row(server: StationServer, account: str) -> AccountRow:
    """Return an account with its main values."""
    overview = server.station.queries.overview(account, current(server))
    return AccountRow.model_validate(overview)


@router.get(COMMON, responses=NOT_FOUND)
async def accounts(server: Chosen) -> list[AccountRow]:
    """List the main values of every account, in the order of opening."""
    return [account_row(server, code) for code in server.station.queries.accounts()]


@router.post(COMMON, responses=CONFLICT)
async def open_account(server: Chosen, body: AccountBody) -> AccountRow:
    """Open an account; 409 when it cannot be opened. It accepts orders immediately; a client
    receives it in the next managedAccounts, which follows START_API or reqManagedAccts."""

    def command(station: Station) -> AccountCommand:
        wishes = body.model_dump(exclude={"account", "positions"})
        brought = wording(station).positions(body.positions)
        return opening(station.venue.profile, body.account, positions=brought, **wishes)

    return _carried_out(server, body.account, command)


@router.post(ONE + "/deposits", responses=CONFLICT)
async def deposit(server: Chosen, account: Account, body: DepositBody) -> AccountRow:
    """Deposit money, or withdraw it with a negative amount; 409 when that is not possible. It does
    not count as profit of the day."""
    _known(server, account)
    currency = body.currency or server.station.queries.base_currency(account)
    return _carried_out(server, account, lambda _: Deposit(account, currency, amount(body.amount)))


@router.post(ONE + "/positions", responses=CONFLICT)
async def receive_position(server: Chosen, account: Account, body: PositionBody) -> AccountRow:
    """Bring a position into an account, or take it out; 409 when that is not possible. Nothing is
    paid, and it does not count as profit of the day. Margin is not checked."""
    _known(server, account)

    def command(station: Station) -> AccountCommand:
        return wording(station).receive(account, body.position)

    return _carried_out(server, account, command)


@router.post(ONE + "/transfers", responses=CONFLICT)
async def transfer(server: Chosen, account: Account, body: TransferBody) -> AccountRow:
    """Move cash or a position to another account; 409 when that is not possible."""
    _known(server, account)
    currency = body.currency or server.station.queries.base_currency(account)

    def command(station: Station) -> AccountCommand:
        return wording(station).transfer(account, body.to, body.what, currency)

    return _carried_out(server, account, command)


@router.post(ONE + "/conversions", responses=CONFLICT)
async def convert(server: Chosen, account: Account, body: ConversionBody) -> AccountRow:
    """Convert cash into another currency at the middle of the quoted rate, without a commission;
    409 when there is not as much."""
    _known(server, account)

    def command(station: Station) -> AccountCommand:
        return wording(station).convert(account, body.amount, body.currency, body.into)

    return _carried_out(server, account, command)


@router.put(ONE + "/margin-model", responses=CONFLICT)
async def margin_model(server: Chosen, account: Account, body: MarginModelBody) -> AccountRow:
    """Set the margin model of an account from now on; 409 for an unknown one."""
    _known(server, account)
    return _carried_out(server, account, lambda _: SetMarginModel(account, body.model))


@router.put(ONE + "/fee-plan", responses=CONFLICT)
async def fee_plan(server: Chosen, account: Account, body: FeePlanBody) -> AccountRow:
    """Set the fee plan of an account from now on; 409 for an unknown one."""
    _known(server, account)
    return _carried_out(server, account, lambda _: SetFeePlan(account, body.plan))


@router.get(ONE + "/values", responses=NOT_FOUND)
async def account_values(server: Chosen, account: Account) -> list[AccountValueRow]:
    """List every value of an account, as reqAccountUpdates sends them."""
    _known(server, account)
    rows = server.station.queries.account_values(account, current(server))
    return [AccountValueRow(key=row.key, value=row.value, currency=row.currency) for row in rows]


@router.post("/stations/{station}/dividends", responses=CONFLICT)
async def pay_dividend(server: Chosen, body: DividendBody) -> list[AccountRow]:
    """Pay a dividend, and return all accounts; 409 when that is not possible. The market's prices
    stay as they are."""
    _ordered(server, lambda one: wording(one).dividend(body.share, body.amount, body.account or ""))
    return [account_row(server, code) for code in server.station.queries.accounts()]


@router.post("/stations/{station}/splits", responses=CONFLICT)
async def split_shares(server: Chosen, body: SplitBody) -> list[AccountRow]:
    """Split shares, and return all accounts; 409 when that is not possible. The market's prices
    stay as they are."""
    _ordered(server, lambda one: wording(one).split(body.share, body.ratio))
    return [account_row(server, code) for code in server.station.queries.accounts()]


@router.post("/stations/{station}/mergers", responses=CONFLICT)
async def merge_shares(server: Chosen, body: MergerBody) -> list[AccountRow]:
    """End a share that another company takes over, and return all accounts; 409 when that is not
    possible. The share is found no more."""
    _ordered(server, lambda one: wording(one).merger(body.share, body.terms))
    return [account_row(server, code) for code in server.station.queries.accounts()]


@router.post("/stations/{station}/spin-offs", responses=CONFLICT)
async def spin_off(server: Chosen, body: SpinOffBody) -> list[AccountRow]:
    """Give whoever holds a share those of a part of the company as well, and return all accounts;
    409 when that is not possible. The market's prices stay as they are."""
    _ordered(server, lambda one: wording(one).spin_off(body.share, body.terms, body.cost))
    return [account_row(server, code) for code in server.station.queries.accounts()]


@router.post("/stations/{station}/symbol-changes", responses=CONFLICT)
async def rename_shares(server: Chosen, body: SymbolBody) -> list[AccountRow]:
    """Give a share another symbol, and return all accounts; 409 when that is not possible. Its
    number, prices, holdings and orders stay; descriptions with the old symbol find it no more."""
    _ordered(server, lambda one: wording(one).renaming(body.share, body.symbol))
    return [account_row(server, code) for code in server.station.queries.accounts()]


# The last of the routes below one account: a code may contain slashes, as the others' paths do.
@router.get(ONE, responses=NOT_FOUND)
async def one_account(server: Chosen, account: Account) -> AccountRow:
    """Return the main values of an account."""
    _known(server, account)
    return account_row(server, account)


def wording(station: Station) -> Wording:
    """Return what reads the contracts in a command for a station."""
    return Wording(station.venue.instruments, station.now)


def _known(server: StationServer, account: str) -> None:
    known = server.station.queries.accounts()
    if account not in known:
        detail = f"there is no account {account!r}; there are: {', '.join(known)}"
        raise HTTPException(404, detail)


def _carried_out(
    server: StationServer, account: str, command: Callable[[Station], AccountCommand]
) -> AccountRow:
    """Return the account after the command, which is stored by then."""
    _ordered(server, command)
    return account_row(server, account)


def _ordered(
    server: StationServer, command: Callable[[Station], AccountCommand | CorporateCommand]
) -> None:
    """Carry out a command; 409 when it is refused."""
    try:
        act(server, lambda station: station.carry_out(command(station)))
    except AccountRefused as refused:
        raise HTTPException(409, str(refused)) from refused
