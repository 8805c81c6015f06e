"""Orders, executions and positions."""

from collections.abc import Iterable
from decimal import Decimal
from itertools import chain
from typing import Annotated, Final

from fastapi import APIRouter, HTTPException, Path, Query
from msgspec.structs import replace
from pydantic import Field, TypeAdapter
from starlette.responses import Response

from ...codes import text
from ...model import Contract, Order, OrderCondition, TagValue
from ...venue.broker.order_types import ORDER_TYPES
from ...venue.reference.instruments import Refusal
from ..plant.held_orders import UNREACHABLE
from ..present.events import OrderView
from ..present.queries import ExecutionRow as Executed
from ..present.queries import PortfolioRow
from ..sessions.session import TAG
from .stations import CONFLICT, NOT_FOUND, PREFIX, Chosen, Result, act, current, moment, told
from .views.accounts import PositionView
from .views.orders import (
    ConditionBody,
    EffectView,
    ExecutionView,
    OrderBody,
    OrderChange,
    OrderRow,
    PreviewView,
)

router = APIRouter(prefix=PREFIX, tags=["trading"])
MOST: Final = 10_000
MOST_IDS: Final = 200
PermId = Annotated[int, Field(ge=1, le=2**53)]
Last = Annotated[int, Query(ge=1, le=MOST, description="At most this many, the latest.")]
Of = Annotated[str, Query(max_length=100, description="Only of this account.")]
PermIds = Annotated[list[PermId], Query(max_length=MOST_IDS, description="Only these orders.")]
ExecIds = Annotated[
    list[Annotated[str, Field(max_length=100)]],
    Query(max_length=MOST_IDS, description="Only these executions."),
]
OVER: Final = ("Filled", "Cancelled", "ApiCancelled", "Inactive")
"""Statuses of orders that can no longer be cancelled."""
_ORDERS, _EXECUTIONS = TypeAdapter(list[OrderRow]), TypeAdapter(list[ExecutionView])


LIMITED: Final = tuple(
    name for name, kind in ORDER_TYPES.items() if kind.limit or kind.trails or kind.peg
)
TRAILING: Final = tuple(name for name, kind in ORDER_TYPES.items() if kind.trails)
CONDITIONS: Final = {"price": 1, "time": 3, "margin": 4, "execution": 5, "volume": 6, "change": 7}


def order_row(view: OrderView) -> OrderRow:
    """Return an order as the API shows it."""
    order = view.order
    return OrderRow.model_construct(  # our own values: nothing to check
        perm_id=view.permId,
        client_id=view.clientId,
        order_id=view.orderId,
        account=view.account,
        con_id=view.contract.conId or 0,
        symbol=view.contract.symbol,
        action=order.action,
        quantity=order.totalQuantity or view.filled + view.remaining,
        order_type=order.orderType,
        limit_price=order.lmtPrice if order.orderType in LIMITED and order.lmtPrice else None,
        aux_price=order.auxPrice or None,
        trailing_percent=order.trailingPercent,
        trail_stop_price=(order.trailStopPrice or None) if order.orderType in TRAILING else None,
        limit_offset=order.lmtPriceOffset if order.orderType in TRAILING else None,
        tif=order.tif,
        good_till=order.goodTillDate,
        good_after=order.goodAfterTime,
        outside_rth=order.outsideRth,
        oca_group=order.ocaGroup,
        parent_perm_id=order.parentPermId or 0,
        conditions=len(order.conditions),
        exchange=view.contract.exchange,
        security_type=view.contract.secType,
        currency=view.contract.currency,
        status=view.status,
        why_held=view.whyHeld,
        filled=view.filled,
        remaining=view.remaining,
        average_price=view.avgFillPrice,
    )


def execution_row(row: Executed) -> ExecutionView:
    """Return an execution as the API shows it."""
    execution, report = row.execution, row.report
    return ExecutionView.model_construct(
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
        commission=None if report is None else report.commissionAndFees,
        currency=row.contract.currency if report is None else report.currency,
        realized_pnl=None if report is None else report.realizedPNL,
    )


def position_row(row: PortfolioRow) -> PositionView:
    """Return a position as the API shows it."""
    return PositionView(
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


@router.get("/stations/{station}/orders", responses=NOT_FOUND, response_model=list[OrderRow])
async def orders(
    server: Chosen,
    last: Last = MOST,
    account: Of = "",
    perm_id: PermIds = [],  # noqa: B006 (the framework copies it)
) -> Response:
    """List every client's orders that work or ended today, in order of acceptance; after them the
    orders that wait for the broker link, which have no ``perm_id`` yet.

    With more than ``last`` orders, working ones take precedence over ended ones. ``?perm_id=``
    selects orders and may be repeated.
    """
    queries = server.station.queries
    found: Iterable[OrderView | None]
    if perm_id:
        known = map(queries.order_by_perm_id, dict.fromkeys(perm_id))
        found = (view for view in known if view is not None and account in ("", view.account))
    else:
        waiting = server.station.link.held.unsent_orders()
        unsent = [view for view in waiting if account in ("", view.account)][-last:]
        found = chain(queries.latest_orders(last - len(unsent), account), unsent)
    return await told(_ORDERS, found, order_row)


ANNUAL: Final = 2
LEAST_COMPETING: Final = 100
CHANGED: Final = {
    "quantity": "totalQuantity", "limit_price": "lmtPrice", "aux_price": "auxPrice",
    "trailing_percent": "trailingPercent", "limit_offset": "lmtPriceOffset", "tif": "tif",
    "good_till": "goodTillDate", "outside_rth": "outsideRth",
}  # fmt: skip
"""Field of an ``OrderChange`` -> that of the order."""
TRAILS_BY: Final = ("auxPrice", "trailingPercent")
"""A trailing order has one of them."""


def condition(body: ConditionBody) -> OrderCondition:
    """Return a condition as the protocol has it."""
    made = OrderCondition(
        type=CONDITIONS[body.kind], isConjunctionConnection=body.joined == "and", isMore=body.more
    )
    if body.kind in ("price", "volume", "change"):
        made.conId, made.exchange = body.con_id, body.exchange
    match body.kind:
        case "price":
            made.price = body.level
        case "time":
            made.time = body.time
        case "margin":
            made.percent = int(body.level)
        case "volume":
            made.volume = int(body.level)
        case "change":
            made.changePercent = body.level
        case _:
            made.symbol, made.secType = body.symbol, body.security_type
            made.exchange = body.exchange
    return made


def contract_of(body: OrderBody) -> Contract:
    """Return the contract of an order that is entered."""
    return Contract(
        conId=body.con_id,
        symbol=body.symbol,
        secType=body.security_type,
        exchange=body.exchange,
        currency=body.currency,
    )


def quantity_of(body: OrderBody) -> Decimal:
    """Return the size of an order: a whole number of shares, or the fraction as it was written."""
    given = body.quantity
    return Decimal(int(given) if given.is_integer() else str(given))


def order_of(body: OrderBody) -> Order:
    """Return the order that is entered, without its children."""
    return Order(
        action=body.action,
        totalQuantity=quantity_of(body),
        orderType=body.order_type,
        lmtPrice=body.limit_price,
        auxPrice=body.aux_price,
        trailingPercent=body.trailing_percent,
        trailStopPrice=body.trail_stop_price,
        lmtPriceOffset=body.limit_offset,
        volatility=body.volatility,
        volatilityType=None if body.volatility is None else ANNUAL,
        delta=body.delta,
        competeAgainstBestOffset=body.compete_offset,
        minCompeteSize=None if body.compete_offset is None else LEAST_COMPETING,
        tif=body.tif,
        goodTillDate=body.good_till,
        goodAfterTime=body.good_after,
        duration=body.minutes,
        outsideRth=body.outside_rth,
        allOrNone=body.all_or_none,
        hidden=body.hidden,
        displaySize=body.display_size,
        minQty=body.minimum_quantity,
        triggerMethod=body.trigger_method,
        ocaGroup=body.oca_group,
        ocaType=body.oca_type if body.oca_group else 0,
        orderRef=body.reference,
        conditions=[condition(one) for one in body.conditions],
        conditionsCancelOrder=body.conditions_cancel,
        conditionsIgnoreRth=body.conditions_any_hours,
        algoStrategy=body.algorithm,
        algoParams=[TagValue(*pair) for pair in body.algorithm_parameters.items()],
        scaleInitLevelSize=body.scale_first,
        scaleSubsLevelSize=body.scale_further,
        scalePriceIncrement=body.scale_increment,
        account=body.account,
    )


def children_of(body: OrderBody) -> list[Order]:
    """Return the take-profit and the stop-loss of an order that is entered, where it has them."""
    base = Order(
        action="SELL" if body.action == "BUY" else "BUY",
        totalQuantity=quantity_of(body),
        tif=body.tif if body.tif in ("DAY", "GTC", "GTD") else "DAY",
        goodTillDate=body.good_till if body.tif == "GTD" else "",
        outsideRth=body.outside_rth,
        account=body.account,
        orderRef=body.reference,
    )
    made: list[Order] = []
    if body.take_profit is not None:
        made.append(replace(base, orderType="LMT", lmtPrice=body.take_profit))
    if body.stop_loss is not None:
        made.append(replace(base, orderType="STP", auxPrice=body.stop_loss))
    return made


def accepted(found: Result | Refusal) -> Result:
    """Return what was not refused. Raises 409 with the text of TWS for a refusal."""
    if isinstance(found, Refusal):
        words = text(found.code, found.variant, **{"tag": TAG, **found.facts})
        raise HTTPException(409, f"{found.code}: {words}")
    return found


@router.post("/stations/{station}/orders", responses=CONFLICT)
async def enter(server: Chosen, body: OrderBody) -> OrderRow:
    """Place an order as the user of TWS does, with its take-profit and stop-loss where it has
    them; return the order. 409 with the text of TWS when one of them is refused: then none is
    placed."""
    contract, order, children = contract_of(body), order_of(body), children_of(body)
    if not children:
        return order_row(accepted(act(server, lambda station: station.user.enter(contract, order))))
    family = act(server, lambda station: station.user.enter_family(contract, order, children))
    return order_row(accepted(family)[0])


@router.post("/stations/{station}/previews", responses=CONFLICT)
async def preview(server: Chosen, body: OrderBody) -> PreviewView:
    """Return what an order would change of the margin, and its commission; nothing is placed.
    409 with the text of TWS when it would be refused."""
    contract, order = contract_of(body), order_of(body)
    state = accepted(act(server, lambda station: station.user.preview(contract, order))).state

    def effect(name: str) -> EffectView:
        parts = {
            part.lower(): getattr(state, name + part) or Decimal(0)
            for part in ("Before", "Change", "After")
        }
        return EffectView(**parts)

    return PreviewView(
        currency=state.marginCurrency,
        initial_margin=effect("initMargin"),
        maintenance_margin=effect("maintMargin"),
        equity_with_loan=effect("equityWithLoan"),
        commission=state.commissionAndFees,
        least_commission=state.minCommissionAndFees,
        most_commission=state.maxCommissionAndFees,
        commission_currency=state.commissionAndFeesCurrency,
        warning=state.warningText,
    )


@router.patch("/stations/{station}/orders/{perm_id}", responses=CONFLICT)
async def modify(server: Chosen, perm_id: Annotated[PermId, Path()], body: OrderChange) -> OrderRow:
    """Give a working order new terms as the user of TWS does, whoever placed it; its client is
    told of them. 404 for an unknown one, 409 with the text of TWS when it keeps the old ones."""
    found = server.station.queries.order_by_perm_id(perm_id)
    if found is None:
        raise HTTPException(404, f"135: {text(135, orderId=perm_id)}")
    given = body.model_dump(exclude_none=True)
    changes = {CHANGED[name]: value for name, value in given.items()}
    if "totalQuantity" in changes:
        changes["totalQuantity"] = Decimal(changes["totalQuantity"])
    trails = [name for name in TRAILS_BY if name in changes]
    if found.order.orderType in TRAILING and len(trails) == 1:
        changes |= {name: None for name in TRAILS_BY if name not in trails}
    return order_row(accepted(act(server, lambda station: station.user.modify(perm_id, changes))))


@router.post(
    "/stations/{station}/orders/{perm_id}/cancel",
    responses=CONFLICT,
)
async def cancel(server: Chosen, perm_id: Annotated[PermId, Path()]) -> OrderRow:
    """Cancel an order as the user of TWS does; 404 for an unknown one, 409 when it has ended."""

    queries = server.station.queries
    found = queries.order_by_perm_id(perm_id)
    if found is None:
        raise HTTPException(404, f"135: {text(135, orderId=perm_id)}")
    if found.state.completedStatus or found.status in OVER:
        raise HTTPException(409, f"161: {text(161, permId=perm_id)} ({found.status})")
    if not act(server, lambda station: station.user.cancel(perm_id)):
        reason = found.status if server.station.link.up else UNREACHABLE
        raise HTTPException(409, f"161: {text(161, permId=perm_id)} ({reason})")
    return order_row(server.station.queries.order_by_perm_id(perm_id) or found)


@router.get(
    "/stations/{station}/executions", responses=NOT_FOUND, response_model=list[ExecutionView]
)
async def executions(
    server: Chosen,
    last: Last = MOST,
    account: Of = "",
    con_id: Annotated[int, Query(ge=0, le=2**31 - 1, description="Only of this contract.")] = 0,
    exec_id: ExecIds = [],  # noqa: B006 (the framework copies it)
) -> Response:
    """List today's executions of every client, oldest first.

    ``?exec_id=`` selects executions instead and may be repeated.
    """
    queries = server.station.queries
    if exec_id:
        found = queries.executions_by_id(exec_id)
    else:
        found = queries.latest_executions(last, account, con_id)
    return await told(_EXECUTIONS, found, execution_row)


@router.get("/stations/{station}/positions", responses=NOT_FOUND)
async def positions(server: Chosen, account: Of = "") -> list[PositionView]:
    """List the positions of every account at market prices."""
    queries, now = server.station.queries, current(server)
    codes = [code for code in queries.accounts() if account in ("", code)]
    return [position_row(row) for code in codes for row in queries.portfolio(code, now)]
