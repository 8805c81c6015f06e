"""Orders and executions."""

import math
from collections.abc import Iterator
from decimal import Decimal

from ...venue.broker.terms import for_living, not_served
from ...venue.commands import CancelAll, CancelApiOrder, SubmitOrder
from ...venue.reference.instruments import Purpose, Refusal
from ...wire.catalogue import orders as wire
from ...wire.catalogue.reports import CompletedOrdersEnd, ExecutionDetailsEnd, OpenOrdersEnd
from ..config_table import FINAL
from ..present.messages import (
    commission_report,
    completed_order,
    execution_details,
    open_order,
    order_status,
)
from ..present.queries import ExecutionRow, Rows
from ..sessions.session import Session
from . import handles, precautions
from .attached import UnfitLeg, attached
from .services import Services

EMPTY_TIF_REFUSED = 225
HIGHEST_ORDER_ID = (1 << 31) - 2
"""An order id is an int32, and so is the next one, which nextValidId must be able to tell."""


@handles(
    wire.PlaceOrder,
    partly="order types and fields that docs/reference/order_attributes.md does not name "
    "or says are refused",
)
def place_order(tws: Services, session: Session, message: wire.PlaceOrder) -> None:
    """Submit a new order, or new terms for the working order with this id."""
    assert session.client_id is not None
    if message.orderId > HIGHEST_ORDER_ID:
        session.error(message.orderId, 10149, orderId=message.orderId)
        return
    if _splits_pips(tws, message):
        session.error(message.orderId, 110)
        return
    if _wants_money(tws, message):
        session.refuse(message.orderId, Refusal(427))
        return
    try:
        children = attached(tws, message.attachedOrders)
    except UnfitLeg as unfit:
        session.error(message.orderId, 320, variant="other", parse_failure=str(unfit))
        return
    if children and tws.link.held.lives(session.client_id, message.orderId):
        refusal = not_served("Attaching orders to a working order")
        session.refuse(message.orderId, for_living(refusal))
        return
    tws.link.submit(
        SubmitOrder(
            clientId=session.client_id,
            orderId=message.orderId,
            contract=message.contract,
            order=message.order,
            strict_tif=session.version >= EMPTY_TIF_REFUSED,
            precautions=precautions.chosen(tws),
            attached=children,
        )
    )


def _wants_money(tws: Services, message: wire.PlaceOrder) -> bool:
    """Whether an order buys shares of a fund where the settings want an amount of money."""
    order = message.order
    if tws.config.settings.totalQuantityForMutualFunds or order.cashQty:
        return False
    if order.action.upper() != "BUY":
        return False
    found = tws.resolve(message.contract, Purpose.ORDER)
    return not isinstance(found, Refusal) and found.instrument.secType == "FUND"


def _splits_pips(tws: Services, message: wire.PlaceOrder) -> bool:
    """Whether a currency order has tenths of a pip where the settings allow none."""
    price = message.order.lmtPrice
    if tws.config.settings.allowForexTradingIn1_10Pips or price is None:
        return False
    found = tws.resolve(message.contract, Purpose.ORDER)
    if isinstance(found, Refusal) or found.instrument.secType != "CASH":
        return False
    pip = Decimal("0.01" if found.instrument.currency == "JPY" else "0.0001")
    return math.isfinite(price) and Decimal(str(price)) % pip != 0


@handles(wire.CancelOrder)
def cancel_order(tws: Services, session: Session, message: wire.CancelOrder) -> None:
    """Cancel an order of this client, or of another one that reqAllOpenOrders has shown it."""
    assert session.client_id is not None
    exercise = tws.queries.exercise(session.client_id, message.orderId)
    if exercise and tws.config.settings.optionExerciseRequestType == FINAL:
        session.error(message.orderId, 10148, orderId=message.orderId, state=exercise)
        return
    shown = session.others.get(message.orderId, ()) if tws.link.up else ()
    working = [one for one in shown if tws.queries.open_order(one) is not None]
    other = working[0] if len(working) == 1 else 0
    tws.link.submit(CancelApiOrder(session.client_id, message.orderId, other))


@handles(wire.ReqGlobalCancel)
def global_cancel(tws: Services, session: Session, message: wire.ReqGlobalCancel) -> None:
    """Cancel every working order of every client."""
    assert session.client_id is not None
    tws.link.submit(CancelAll(session.client_id))


def open_orders(
    tws: Services, session: Session, client_id: int | None, *, unasked: bool = False
) -> Iterator[None]:
    """A client's working orders, a pair each, and the end; unasked only if there are any."""
    told = 0
    for view in tws.queries.each_open_order(client_id):
        if view is not None:
            session.send(open_order(view, session.version, tws.settings.time_zone))
            session.send(order_status(view))
            if client_id is None and view.orderId and view.clientId != session.client_id:
                session.others.setdefault(view.orderId, set()).add(view.permId)
            told += 1
        yield
    if told or not unasked:
        session.send(OpenOrdersEnd())


@handles(wire.ReqOpenOrders)
def req_open_orders(tws: Services, session: Session, message: wire.ReqOpenOrders) -> Iterator[None]:
    """The working orders of this client; client 0 binds those of the TWS user."""
    if session.client_id == 0:
        tws.user.bind()
    return open_orders(tws, session, session.client_id)


@handles(wire.ReqAllOpenOrders)
def req_all_open_orders(
    tws: Services, session: Session, message: wire.ReqAllOpenOrders
) -> Iterator[None]:
    """The working orders of every client."""
    session.others.clear()
    return open_orders(tws, session, None)


@handles(wire.ReqAutoOpenOrders)
def req_auto_open_orders(tws: Services, session: Session, message: wire.ReqAutoOpenOrders) -> None:
    """Client 0 binds future orders of the TWS user; others are refused. No end marker."""
    if session.client_id != 0:
        session.error(-1, 321, variant="auto_bind")
    else:
        session.auto_bind = message.autoBind


@handles(wire.ReqCompletedOrders)
def req_completed_orders(
    tws: Services, session: Session, message: wire.ReqCompletedOrders
) -> Iterator[None]:
    """Today's finished orders; all of ours came through the API."""
    for view in tws.queries.each_completed_order():
        if view is not None:
            session.send(completed_order(view, session.version, tws.settings.time_zone))
        yield
    session.send(CompletedOrdersEnd())


@handles(wire.ReqExecutions)
def req_executions(
    tws: Services, session: Session, message: wire.ReqExecutions
) -> Iterator[None] | None:
    """Executions that pass the filter, then their commission reports, then the end."""
    try:
        rows = tws.queries.each_execution(message.executionFilter)
    except ValueError as error:
        session.error(message.reqId, 321, cause=f"Invalid time: {error}")
        return None
    return _executions(tws, session, message.reqId, rows)


def _executions(
    tws: Services, session: Session, request_id: int, rows: Rows[ExecutionRow]
) -> Iterator[None]:
    reports = []
    for row in rows:
        if row is not None:
            zone = tws.preferences.zone(row.con_id, session.version)
            details = execution_details(
                request_id, row.contract, row.execution, row.time, session.version, zone
            )
            session.send(details)
            if row.report is not None:
                reports.append(row.report)
        yield
    for report in reports:
        session.send(commission_report(report))
        yield
    session.send(ExecutionDetailsEnd(request_id))
