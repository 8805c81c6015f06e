"""What the server reports of orders and executions."""

from decimal import Decimal

from ...model import (
    Contract,
    DeltaNeutralContract,
    Execution,
    Long,
    Order,
    OrderAllocation,
    OrderState,
)
from ..layout import ALWAYS, Item, const, each, f, fields, filled, since, until, version, when
from ..message import Message, new, response
from .records import MARGINS
from .shared import (
    CONDITIONS,
    ORDER_CLEARING,
    ORDER_COMBO,
    ORDER_HEAD,
    ORDER_PEG_BEST,
    ORDER_STOCK_RANGE,
    ORDER_VOLATILITY,
    PEG_BENCH,
    REPORTED_CONTRACT,
)

_FA = (
    "order.faGroup",
    "order.faMethod",
    "order.faPercentage",
    until(177, const("faProfile", "")),
    since(103, "order.modelCode"),
    "order.goodTillDate",
    "order.rule80A",
    "order.percentOffset",
    "order.settlingFirm",
    "order.shortSaleSlot",
    "order.designatedLocation",
    "order.exemptCode",
)
_MARGIN_STEPS = tuple(f(f"orderState.{name}", "margin") for name in MARGINS)
_OUTSIDE_RTH: tuple[Item, ...] = (
    *fields(
        "marginCurrency",
        "initMarginBeforeOutsideRTH",
        "maintMarginBeforeOutsideRTH",
        "equityWithLoanBeforeOutsideRTH",
        "initMarginChangeOutsideRTH",
        "maintMarginChangeOutsideRTH",
        "equityWithLoanChangeOutsideRTH",
        "initMarginAfterOutsideRTH",
        "maintMarginAfterOutsideRTH",
        "equityWithLoanAfterOutsideRTH",
        prefix="orderState.",
    ),
    f("orderState.suggestedSize", "decimal_lowest"),
    "orderState.rejectReason",
)
_ALLOCATIONS = each(
    "orderState.orderAllocations",
    OrderAllocation,
    "account",
    "position",
    "positionDesired",
    "positionAfter",
    "desiredAllocQty",
    "allowedAllocQty",
    "isMonetary",
)
UNTOLD = (
    "order.deltaNeutralConId",
    "order.discretionaryAmt",
    "order.referenceContractId",
    "order.peggedChangeAmount",
    "order.referenceChangeAmount",
    "order.softDollarTier",
)
"""Fields that do not apply to an order are absent in protobuf; other numbers are sent as 0."""
NEVER = {"order.transmit": ALWAYS}
"""Only requests tell it."""
OPEN_ORDER: tuple[Item, ...] = (
    until(145, version(34)),
    "orderId",
    *ORDER_HEAD,
    f("order.openClose", "mark"),
    "order.origin",
    "order.orderRef",
    "order.clientId",
    "order.permId",
    "order.outsideRth",
    "order.hidden",
    "order.discretionaryAmt",
    "order.goodAfterTime",
    const("sharesAllocation", ""),
    *_FA,
    "order.auctionStrategy",
    *ORDER_STOCK_RANGE,
    f("order.displaySize", "int_unset"),
    "order.blockOrder",
    "order.sweepToFill",
    "order.allOrNone",
    "order.minQty",
    "order.ocaType",
    const("eTradeOnly", "0"),
    const("firmQuoteOnly", "0"),
    const("nbboPriceCap", ""),
    "order.parentId",
    "order.triggerMethod",
    *ORDER_VOLATILITY,
    when(
        filled("order.deltaNeutralOrderType"),
        "order.deltaNeutralConId",
        "order.deltaNeutralSettlingFirm",
        "order.deltaNeutralClearingAccount",
        "order.deltaNeutralClearingIntent",
        "order.deltaNeutralOpenClose",
        "order.deltaNeutralShortSale",
        "order.deltaNeutralShortSaleSlot",
        "order.deltaNeutralDesignatedLocation",
    ),
    "order.continuousUpdate",
    f("order.referencePriceType", "int_zero"),
    "order.trailStopPrice",
    "order.trailingPercent",
    "order.basisPoints",
    "order.basisPointsType",
    *ORDER_COMBO,
    "order.optOutSmartRouting",
    *ORDER_CLEARING,
    "order.whatIf",
    "orderState.status",
    since(142, *_MARGIN_STEPS[:6]),
    *_MARGIN_STEPS[6:],
    "orderState.commissionAndFees",
    "orderState.minCommissionAndFees",
    "orderState.maxCommissionAndFees",
    "orderState.commissionAndFeesCurrency",
    since(195, *_OUTSIDE_RTH, _ALLOCATIONS),
    "orderState.warningText",
    "order.randomizeSize",
    "order.randomizePrice",
    since(102, PEG_BENCH, *CONDITIONS),
    since(
        102,
        "order.adjustedOrderType",
        f("order.triggerPrice", "float_unset"),
        f("order.trailStopPrice", "float_unset"),
        f("order.lmtPriceOffset", "float_unset"),
        f("order.adjustedStopPrice", "float_unset"),
        f("order.adjustedStopLimitPrice", "float_unset"),
        f("order.adjustedTrailingAmount", "float_unset"),
        "order.adjustableTrailingUnit",
    ),
    since(
        106,
        "order.softDollarTier.name",
        "order.softDollarTier.val",
        "order.softDollarTier.displayName",
    ),
    since(111, f("order.cashQty", "float_unset")),
    since(141, "order.dontUseAutoPriceForHedge"),
    since(145, "order.isOmsContainer"),
    since(148, "order.discretionaryUpToLimitPrice"),
    since(151, f("order.usePriceMgmtAlgo", "bool")),
    since(158, "order.duration"),
    since(160, "order.postToAts"),
    since(162, "order.autoCancelParent"),
    ORDER_PEG_BEST,
    since(183, "order.customerAccount"),
    since(184, "order.professionalCustomer"),
    since(185, "order.bondAccruedInterest"),
    since(189, "order.includeOvernight"),
    since(193, "order.extOperator", "order.manualOrderIndicator"),
    since(198, "order.submitter"),
    since(199, "order.imbalanceOnly"),
)


@response(5, *OPEN_ORDER, protobuf=203, proto_untold=UNTOLD, proto_gates=NEVER,
          callback="openOrder")  # fmt: skip
class OpenOrder(Message):
    """An order as the server holds it."""

    orderId: int = 0
    contract: Contract = new(Contract)
    order: Order = new(Order)
    orderState: OrderState = new(OrderState)


@response(53, version(1), protobuf=203, callback="openOrderEnd")
class OpenOrdersEnd(Message):
    """No more open orders."""


@response(3, until(131, version(6)), "orderId", "status", "filled", "remaining",
          f("avgFillPrice", "float_zero"), f("permId", "int_zero"), f("parentId", "int_zero"),
          f("lastFillPrice", "float_zero"), f("clientId", "int_zero"), "whyHeld",
          since(131, f("mktCapPrice", "float_zero")),
          protobuf=203, callback="orderStatus")  # fmt: skip
class OrderStatus(Message):
    """The state of an order."""

    orderId: int = 0
    status: str = ""
    filled: Decimal | None = None
    remaining: Decimal | None = None
    avgFillPrice: float | None = None
    permId: Long | None = None
    parentId: int | None = None
    lastFillPrice: float | None = None
    clientId: int | None = None
    whyHeld: str = ""
    mktCapPrice: float | None = None


COMPLETED_ORDER: tuple[Item, ...] = (
    *ORDER_HEAD,
    "order.openClose",
    "order.origin",
    "order.orderRef",
    "order.permId",
    "order.outsideRth",
    "order.hidden",
    "order.discretionaryAmt",
    "order.goodAfterTime",
    *(f("order.rule80A", "text_nought") if step == "order.rule80A" else step for step in _FA),
    *ORDER_STOCK_RANGE,
    f("order.displaySize", "int_unset"),
    "order.sweepToFill",
    "order.allOrNone",
    "order.minQty",
    "order.ocaType",
    "order.triggerMethod",
    *ORDER_VOLATILITY,
    when(
        filled("order.deltaNeutralOrderType"),
        "order.deltaNeutralConId",
        "order.deltaNeutralShortSale",
        "order.deltaNeutralShortSaleSlot",
        "order.deltaNeutralDesignatedLocation",
    ),
    "order.continuousUpdate",
    f("order.referencePriceType", "int_zero"),
    "order.trailStopPrice",
    "order.trailingPercent",
    *ORDER_COMBO,
    *ORDER_CLEARING,
    "orderState.status",
    "order.randomizeSize",
    "order.randomizePrice",
    PEG_BENCH,
    *CONDITIONS,
    f("order.trailStopPrice", "float_unset"),
    f("order.lmtPriceOffset", "float_unset"),
    since(111, f("order.cashQty", "float_nought")),
    since(141, "order.dontUseAutoPriceForHedge"),
    since(145, "order.isOmsContainer"),
    "order.autoCancelDate",
    "order.filledQuantity",
    f("order.refFuturesConId", "int_unset"),
    "order.autoCancelParent",
    "order.shareholder",
    "order.imbalanceOnly",
    f("order.routeMarketableToBbo", "int_zero"),
    "order.parentPermId",
    "orderState.completedTime",
    "orderState.completedStatus",
    ORDER_PEG_BEST,
    since(183, "order.customerAccount"),
    since(184, "order.professionalCustomer"),
    since(198, "order.submitter"),
)


@response(101, *COMPLETED_ORDER, protobuf=204, proto_untold=UNTOLD, proto_gates=NEVER, since=150,
          callback="completedOrder")  # fmt: skip
class CompletedOrder(Message):
    """A finished order of today."""

    contract: Contract = new(Contract)
    order: Order = new(Order)
    orderState: OrderState = new(OrderState)


@response(102, protobuf=204, since=150, callback="completedOrdersEnd")
class CompletedOrdersEnd(Message):
    """No more completed orders."""


@response(
    11,
    until(136, version(10)),
    "reqId",
    "execution.orderId",
    *REPORTED_CONTRACT,
    "execution.execId",
    "execution.time",
    "execution.acctNumber",
    "execution.exchange",
    "execution.side",
    "execution.shares",
    "execution.price",
    "execution.permId",
    "execution.clientId",
    "execution.liquidation",
    "execution.cumQty",
    "execution.avgPrice",
    "execution.orderRef",
    "execution.evRule",
    "execution.evMultiplier",
    since(103, "execution.modelCode"),
    since(136, "execution.lastLiquidity"),
    since(178, "execution.pendingPriceRevision"),
    since(198, "execution.submitter"),
    protobuf=201,
    proto_untold=("execution.evMultiplier",),
    proto_gates={"execution.submitter": ALWAYS},
    callback="execDetails",
)
class ExecutionDetails(Message):
    """A fill; ``reqId`` -1 when it is reported as it happens."""

    reqId: int = -1
    contract: Contract = new(Contract)
    execution: Execution = new(Execution)


@response(55, version(1), protobuf=201, callback="execDetailsEnd")
class ExecutionDetailsEnd(Message):
    """No more executions pass the filter."""

    reqId: int = 0


@response(59, version(1), "execId", "commissionAndFees", "currency",
          f("realizedPNL", "float_unset"), f("yield_", "float_unset"),
          f("yieldRedemptionDate", "date_int"), protobuf=211,
          proto_name="CommissionAndFeesReport",
          proto={"yield_": " bondYield", "yieldRedemptionDate": "string"},
          callback="commissionAndFeesReport")  # fmt: skip
class CommissionReport(Message):
    """What an execution cost and realised."""

    execId: str = ""
    commissionAndFees: float = 0.0
    currency: str = ""
    realizedPNL: float | None = None
    yield_: float | None = None
    yieldRedemptionDate: int = 0


@response(100, since=144, protobuf=204, callback="orderBound")
class OrderBound(Message):
    """An order that the TWS user placed has become order ``orderId`` of a client."""

    permId: Long = 0
    clientId: int = 0
    orderId: int = 0


@response(56, version(1), "reqId",
          *fields("conId", "delta", "price", prefix="deltaNeutralContract."),
          callback="deltaNeutralValidation")  # fmt: skip
class DeltaNeutralValidation(Message):
    """The underlying that a delta-neutral request was matched with; never protobuf."""

    reqId: int = 0
    deltaNeutralContract: DeltaNeutralContract = new(DeltaNeutralContract)
