"""Orders, executions, positions and the figures of an account."""

from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path

from ...codes import text
from ...model import Contract, Order
from ...venue.events import OrderView
from ...venue.instruments import Refusal
from ...venue.queries import ExecutionRow as Executed
from ...venue.queries import PortfolioRow
from ..session import TAG
from .plant import CONFLICT, NOT_FOUND, Chosen, act, moment
from .views import AccountValueRow, ExecutionRow, OrderBody, OrderRow, PositionRow

router = APIRouter(tags=["trading"])
Account = Annotated[str, Path(max_length=100, description="Account code.")]


def order_row(view: OrderView) -> OrderRow:
    """An order as the API shows it."""
    order = view.order
    return OrderRow(
        perm_id=view.permId,
        client_id=view.clientId,
        order_id=view.orderId,
        account=view.account,
        con_id=view.contract.conId or 0,
        symbol=view.contract.symbol,
        action=order.action,
        quantity=order.totalQuantity or view.filled + view.remaining,
        order_type=order.orderType,
        limit_price=order.lmtPrice if order.orderType == "LMT" else None,
        tif=order.tif,
        status=view.status,
        why_held=view.whyHeld,
        filled=view.filled,
        remaining=view.remaining,
        average_price=view.avgFillPrice,
    )


def execution_row(row: Executed) -> ExecutionRow:
    """An execution as the API shows it."""
    execution, report = row.execution, row.report
    return ExecutionRow(
        exec_id=execution.execId,
        time=moment(row.time),
        account=execution.acctNumber,
        con_id=row.contract.conId or 0,
        symbol=row.contract.symbol,
        side=execution.side,
        shares=execution.shares or Decimal(0),
        price=execution.price,
        perm_id=execution.permId,
        client_id=execution.clientId,
        order_id=execution.orderId,
        commission=report.commissionAndFees,
        currency=report.currency,
        realized_pnl=report.realizedPNL,
    )


def position_row(row: PortfolioRow) -> PositionRow:
    """A position as the API shows it."""
    return PositionRow(
        account=row.account,
        con_id=row.contract.conId or 0,
        symbol=row.contract.symbol,
        currency=row.contract.currency,
        position=row.position,
        average_cost=row.averageCost,
        market_price=row.marketPrice,
        market_value=row.marketValue,
        unrealized_pnl=row.unrealizedPNL,
        realized_pnl=row.realizedPNL,
    )


@router.get("/stations/{station}/orders", responses=NOT_FOUND)
async def orders(server: Chosen) -> list[OrderRow]:
    """Every order that works or ended today, of every client, in order of acceptance."""
    return [order_row(view) for view in server.station.engine.queries.orders()]


@router.post("/stations/{station}/orders", responses=CONFLICT)
async def enter(server: Chosen, body: OrderBody) -> OrderRow:
    """Place an order as the user of TWS does; 409 with TWS's words when it is not taken."""
    contract = Contract(
        conId=body.con_id,
        symbol=body.symbol,
        secType=body.security_type,
        exchange=body.exchange,
        currency=body.currency,
    )
    order = Order(
        action=body.action,
        totalQuantity=Decimal(body.quantity),
        orderType=body.order_type,
        lmtPrice=body.limit_price,
        tif=body.tif,
        account=body.account,
    )
    found = act(server, lambda station: station.user.enter(contract, order))
    if isinstance(found, Refusal):
        words = text(found.code, found.variant, **{"tag": TAG, **found.facts})
        raise HTTPException(409, f"{found.code}: {words}")
    return order_row(found)


@router.post(
    "/stations/{station}/orders/{perm_id}/cancel",
    responses=CONFLICT,
)
async def cancel(server: Chosen, perm_id: Annotated[int, Path(ge=1, le=2**53)]) -> OrderRow:
    """Cancel an order, as the user of TWS does; 409 when it is over."""

    def find() -> OrderView | None:
        views = server.station.engine.queries.orders()
        return next((view for view in views if view.permId == perm_id), None)

    found = find()
    if found is None:
        raise HTTPException(404, f"there is no order {perm_id} today")
    if found.state.completedStatus or found.status in ("Filled", "Cancelled", "Inactive"):
        raise HTTPException(409, f"order {perm_id} is over: {found.status}")
    act(server, lambda station: station.user.cancel(perm_id))
    return order_row(find() or found)


@router.get("/stations/{station}/executions", responses=NOT_FOUND)
async def executions(server: Chosen) -> list[ExecutionRow]:
    """Today's executions of every client."""
    return [execution_row(row) for row in server.station.engine.queries.executions()]


@router.get("/stations/{station}/positions", responses=NOT_FOUND)
async def positions(server: Chosen) -> list[PositionRow]:
    """Positions of every account at market prices."""
    station = server.station
    codes = station.engine.queries.accounts()
    return [
        position_row(row)
        for code in codes
        for row in station.engine.queries.portfolio(code, station.now)
    ]


@router.get("/stations/{station}/accounts/{account}/values", responses=NOT_FOUND)
async def account_values(server: Chosen, account: Account) -> list[AccountValueRow]:
    """Every figure of an account, as reqAccountUpdates gives them."""
    station = server.station
    if account not in station.engine.queries.accounts():
        raise HTTPException(404, f"there is no account {account!r}")
    rows = station.engine.queries.account_values(account, station.now)
    return [AccountValueRow(key=row.key, value=row.value, currency=row.currency) for row in rows]
