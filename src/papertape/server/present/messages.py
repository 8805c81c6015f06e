"""Orders, fills and commissions as messages for a client's version."""

from msgspec.structs import replace

from ...model import CommissionAndFeesReport, Contract, Execution, Order
from ...venue.units import Nanos
from ...wire.catalogue.reports import (
    CommissionReport,
    CompletedOrder,
    ExecutionDetails,
    OpenOrder,
    OrderStatus,
)
from .events import OrderView
from .times import stamp


def open_order(view: OrderView, version: int, zone: str) -> OpenOrder:
    """The order as the server holds it; ``zone`` is the operator's."""
    order = _dated(view, version, zone)
    return OpenOrder(view.orderId, view.contract, order, view.state)


def order_status(view: OrderView) -> OrderStatus:
    """The order's state in short."""
    return OrderStatus(
        view.orderId, view.status, view.filled, view.remaining, view.avgFillPrice, view.permId,
        view.parentId, view.lastFillPrice, view.clientId, view.whyHeld, view.mktCapPrice,
    )  # fmt: skip


def completed_order(view: OrderView, version: int, zone: str) -> CompletedOrder:
    """A finished order; in text form it has lost the trailing price that a limit is echoed with."""
    order = _dated(view, version, zone)
    if version < CompletedOrder.spec.protobuf and order.orderType == "LMT":
        order = replace(order, trailStopPrice=None)
    return CompletedOrder(view.contract, order, view.state)


def _dated(view: OrderView, version: int, zone: str) -> Order:
    """The echoed order; when it lapses is told in the zone of the operator."""
    if not view.lapses:
        return view.order
    return replace(view.order, autoCancelDate=stamp(view.lapses, zone, version))


def execution_details(
    request_id: int,
    contract: Contract,
    execution: Execution,
    time: Nanos,
    version: int,
    zone: str,
) -> ExecutionDetails:
    """A fill, its time in the form that the session's version expects."""
    fields = {name: getattr(execution, name) for name in Execution.__struct_fields__}
    fields["time"] = stamp(time, zone, version)
    return ExecutionDetails(request_id, contract, Execution(**fields))


def commission_report(report: CommissionAndFeesReport) -> CommissionReport:
    """What a fill cost."""
    return CommissionReport(
        report.execId,
        report.commissionAndFees,
        report.currency,
        report.realizedPNL,
        report.yield_,
        report.yieldRedemptionDate,
    )
