"""Accounts: their figures, new ones, money from outside, margin model and fee plan."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path

from ...venue.broker.account_manager import AccountRefused
from ...venue.commands import AccountCommand, Deposit, SetFeePlan, SetMarginModel
from ..account_commands import amount, opening
from ..aio.server import StationServer
from ..station import Station
from .stations import CONFLICT, NOT_FOUND, Chosen, act, current
from .views import (
    AccountBody,
    AccountRow,
    AccountValueRow,
    DepositBody,
    FeePlanBody,
    MarginModelBody,
)

router = APIRouter(tags=["accounts"])
Account = Annotated[str, Path(max_length=100, description="Account code.")]
COMMON = "/stations/{station}/accounts"
ONE = COMMON + "/{account:path}"


def account_row(server: StationServer, account: str) -> AccountRow:
    """What an account is, and its main figures."""
    overview = server.station.queries.overview(account, current(server))
    return AccountRow.model_validate(overview)


@router.get(COMMON, responses=NOT_FOUND)
async def accounts(server: Chosen) -> list[AccountRow]:
    """The main figures of every account, in the order in which they were opened."""
    return [account_row(server, code) for code in server.station.queries.accounts()]


@router.post(COMMON, responses=CONFLICT)
async def open_account(server: Chosen, body: AccountBody) -> AccountRow:
    """Open an account; 409 when that cannot be. It takes orders at once; a client finds it in the
    next list of accounts that it asks for or is sent at its start."""

    def command(station: Station) -> AccountCommand:
        wishes = body.model_dump(exclude={"account"})
        return opening(station.venue.profile, body.account, **wishes)

    return _carried_out(server, body.account, command)


@router.post(ONE + "/deposits", responses=CONFLICT)
async def deposit(server: Chosen, account: Account, body: DepositBody) -> AccountRow:
    """Bring money into an account, or take it out with a negative amount; 409 when that cannot
    be. It is no profit of the day."""
    _known(server, account)
    currency = body.currency or server.station.queries.base_currency(account)
    return _carried_out(server, account, lambda _: Deposit(account, currency, amount(body.amount)))


@router.put(ONE + "/margin-model", responses=CONFLICT)
async def margin_model(server: Chosen, account: Account, body: MarginModelBody) -> AccountRow:
    """Let the margin of an account follow another model from now on; 409 for an unknown one."""
    _known(server, account)
    return _carried_out(server, account, lambda _: SetMarginModel(account, body.model))


@router.put(ONE + "/fee-plan", responses=CONFLICT)
async def fee_plan(server: Chosen, account: Account, body: FeePlanBody) -> AccountRow:
    """Let the commissions of an account follow another plan from now on; 409 for an unknown one."""
    _known(server, account)
    return _carried_out(server, account, lambda _: SetFeePlan(account, body.plan))


@router.get(ONE + "/values", responses=NOT_FOUND)
async def account_values(server: Chosen, account: Account) -> list[AccountValueRow]:
    """Every figure of an account, as reqAccountUpdates gives them."""
    _known(server, account)
    rows = server.station.queries.account_values(account, current(server))
    return [AccountValueRow(key=row.key, value=row.value, currency=row.currency) for row in rows]


# The last of those below one account: a code may have slashes, as the others have.
@router.get(ONE, responses=NOT_FOUND)
async def one_account(server: Chosen, account: Account) -> AccountRow:
    """The main figures of an account."""
    _known(server, account)
    return account_row(server, account)


def _known(server: StationServer, account: str) -> None:
    known = server.station.queries.accounts()
    if account not in known:
        detail = f"there is no account {account!r}; there are: {', '.join(known)}"
        raise HTTPException(404, detail)


def _carried_out(
    server: StationServer, account: str, command: Callable[[Station], AccountCommand]
) -> AccountRow:
    """The account as the command left it; it is kept by then."""
    try:
        act(server, lambda station: station.carry_out(command(station)))
    except AccountRefused as refused:
        raise HTTPException(409, str(refused)) from refused
    return account_row(server, account)
