"""Requests about orders and executions."""

from ...model import AttachedOrders, Contract, ExecutionFilter, Order, OrderCancel
from ..layout import (
    ALWAYS,
    Condition,
    Item,
    between,
    const,
    each,
    equals,
    f,
    fields,
    filled,
    one_of,
    since,
    until,
    version,
    when,
)
from ..message import Message, new, request
from .shared import (
    ALGO,
    BAG,
    CONDITIONS,
    DELTA_NEUTRAL,
    HEDGE,
    LEG_PRICES,
    ORDER_STOCK_RANGE,
    ORDERED_LEGS,
    PEG_BENCH,
    REQUEST_CONTRACT,
    ROUTING,
    SCALE_EXTRA,
)

DELTA_NEUTRAL_ORDER = when(
    filled("order.deltaNeutralOrderType"),
    "order.deltaNeutralConId",
    "order.deltaNeutralSettlingFirm",
    "order.deltaNeutralClearingAccount",
    "order.deltaNeutralClearingIntent",
    "order.deltaNeutralOpenClose",
    "order.deltaNeutralShortSale",
    "order.deltaNeutralShortSaleSlot",
    "order.deltaNeutralDesignatedLocation",
)
UP_TO_MID = Condition(
    "{0} in ('PEG MID', 'PEGMID') or ({0} in ('PEG BEST', 'PEGBEST') and {1} == float('inf'))",
    ("order.orderType", "order.competeAgainstBestOffset"),
)
PLACE_ORDER: tuple[Item, ...] = (
    until(145, version(45)),
    "orderId",
    *REQUEST_CONTRACT,
    "contract.secIdType",
    "contract.secId",
    "order.action",
    until(101, f("order.totalQuantity", "decimal_int")),
    since(101, "order.totalQuantity"),
    "order.orderType",
    "order.lmtPrice",
    "order.auxPrice",
    "order.tif",
    "order.ocaGroup",
    "order.account",
    "order.openClose",
    "order.origin",
    "order.orderRef",
    "order.transmit",
    "order.parentId",
    "order.blockOrder",
    "order.sweepToFill",
    f("order.displaySize", "int_unset"),
    "order.triggerMethod",
    "order.outsideRth",
    "order.hidden",
    when(BAG, ORDERED_LEGS, LEG_PRICES, ROUTING),
    const("sharesAllocation", ""),
    "order.discretionaryAmt",
    "order.goodAfterTime",
    "order.goodTillDate",
    "order.faGroup",
    "order.faMethod",
    "order.faPercentage",
    until(177, const("faProfile", "")),
    since(103, "order.modelCode", refuse="model code"),
    "order.shortSaleSlot",
    "order.designatedLocation",
    "order.exemptCode",
    "order.ocaType",
    "order.rule80A",
    "order.settlingFirm",
    "order.allOrNone",
    "order.minQty",
    "order.percentOffset",
    const("eTradeOnly", "0"),
    const("firmQuoteOnly", "0"),
    const("nbboPriceCap", ""),
    "order.auctionStrategy",
    *ORDER_STOCK_RANGE,
    "order.overridePercentageConstraints",
    "order.volatility",
    "order.volatilityType",
    "order.deltaNeutralOrderType",
    "order.deltaNeutralAuxPrice",
    DELTA_NEUTRAL_ORDER,
    "order.continuousUpdate",
    "order.referencePriceType",
    "order.trailStopPrice",
    "order.trailingPercent",
    "order.scaleInitLevelSize",
    "order.scaleSubsLevelSize",
    "order.scalePriceIncrement",
    SCALE_EXTRA,
    "order.scaleTable",
    "order.activeStartTime",
    "order.activeStopTime",
    *HEDGE,
    "order.optOutSmartRouting",
    "order.clearingAccount",
    "order.clearingIntent",
    "order.notHeld",
    DELTA_NEUTRAL,
    *ALGO,
    "order.algoId",
    "order.whatIf",
    "order.orderMiscOptions",
    "order.solicited",
    "order.randomizeSize",
    "order.randomizePrice",
    since(102, PEG_BENCH, *CONDITIONS),
    since(
        102,
        "order.adjustedOrderType",
        f("order.triggerPrice", "float_unset"),
        f("order.lmtPriceOffset", "float_unset"),
        f("order.adjustedStopPrice", "float_unset"),
        f("order.adjustedStopLimitPrice", "float_unset"),
        f("order.adjustedTrailingAmount", "float_unset"),
        "order.adjustableTrailingUnit",
    ),
    since(105, "order.extOperator", refuse="ext operator"),
    since(106, "order.softDollarTier.name", "order.softDollarTier.val", refuse="soft dollar tier"),
    since(111, f("order.cashQty", "float_unset"), refuse="cash quantity", harmless=(0.0,)),
    since(
        138,
        "order.mifid2DecisionMaker",
        "order.mifid2DecisionAlgo",
        refuse="MiFID II decision parameters",
    ),
    since(
        139,
        "order.mifid2ExecutionTrader",
        "order.mifid2ExecutionAlgo",
        refuse="MiFID II execution parameters",
    ),
    since(
        141,
        "order.dontUseAutoPriceForHedge",
        refuse="dontUseAutoPriceForHedge",
    ),
    since(145, "order.isOmsContainer", refuse="OMS container"),
    since(148, "order.discretionaryUpToLimitPrice"),
    since(151, "order.usePriceMgmtAlgo", refuse="price management algo"),
    since(158, f("order.duration", "int_unset"), refuse="duration"),
    since(160, f("order.postToAts", "int_unset"), refuse="postToAts"),
    since(162, "order.autoCancelParent", refuse="autoCancelParent"),
    since(166, "order.advancedErrorOverride", refuse="advanced error override"),
    since(169, "order.manualOrderTime", refuse="manual order time"),
    since(
        170,
        when(equals("contract.exchange", "IBKRATS"), "order.minTradeQty"),
        when(
            one_of("order.orderType", "PEG BEST", "PEGBEST"),
            "order.minCompeteSize",
            "order.competeAgainstBestOffset",
        ),
        when(UP_TO_MID, "order.midOffsetAtWhole", "order.midOffsetAtHalf"),
        refuse="PEG BEST / PEG MID parameters",
    ),
    since(183, "order.customerAccount", refuse="customer account"),
    since(184, "order.professionalCustomer", refuse="professional customer"),
    between(187, 190, const("rfqReserved1", ""), const("rfqReserved2", "2147483647")),
    since(189, "order.includeOvernight", refuse="include overnight"),
    since(192, f("order.manualOrderIndicator", "int_unset"), refuse="!manual order indicator"),
    since(199, "order.imbalanceOnly", refuse="imbalance only"),
)
PLACE_ORDER_GATES = {
    "order.orderId": ALWAYS,  # the message has its own
    "order.autoCancelDate": ALWAYS,  # this and the next: only replies tell them
    "order.filledQuantity": ALWAYS,
    "order.refFuturesConId": ALWAYS,
    "order.shareholder": ALWAYS,
    "order.parentPermId": ALWAYS,
    "order.deactivate": 216,
    "order.postOnly": 216,
    "order.allowPreOpen": 216,
    "order.ignoreOpenAuction": 216,
    "order.routeMarketableToBbo": 217,
    "order.seekPriceImprovement": 217,
    "order.whatIfType": 217,
    "attachedOrders.slOrderId": 218,
    "attachedOrders.slOrderType": 218,
    "attachedOrders.ptOrderId": 218,
    "attachedOrders.ptOrderType": 218,
    "order.hedgeMaxSize": 223,
    "order.conditionsIncludeOvernight": 226,
}


@request(3, *PLACE_ORDER, protobuf=203, proto_name="PlaceOrderRequest",
         proto_gates=PLACE_ORDER_GATES, callback="placeOrder",
         trading=True, urgent=True)  # fmt: skip
class PlaceOrder(Message):
    """Places an order, or changes the working order that has this id."""

    orderId: int = 0
    contract: Contract = new(Contract)
    order: Order = new(Order)
    attachedOrders: AttachedOrders = new(AttachedOrders)


@request(
    4,
    until(192, version(1)),
    "orderId",
    since(169, "orderCancel.manualOrderCancelTime", refuse="manual order cancel time"),
    between(
        187,
        190,
        const("rfqReserved1", ""),
        const("rfqReserved2", ""),
        const("rfqReserved3", "2147483647"),
    ),
    since(
        192,
        "orderCancel.extOperator",
        f("orderCancel.manualOrderIndicator", "int_unset"),
        refuse="ext operator and manual order indicator",
    ),
    protobuf=203,
    proto_name="CancelOrderRequest",
    callback="cancelOrder",
    trading=True,
    urgent=True,
)
class CancelOrder(Message):
    """Cancels a working order of this client."""

    orderId: int = 0
    orderCancel: OrderCancel = new(OrderCancel)


@request(
    58,
    until(192, version(1)),
    since(
        192,
        "orderCancel.extOperator",
        f("orderCancel.manualOrderIndicator", "int_unset"),
        refuse="ext operator and manual order indicator",
    ),
    protobuf=203,
    proto_name="GlobalCancelRequest",
    callback="reqGlobalCancel",
    trading=True,
    urgent=True,
)
class ReqGlobalCancel(Message):
    """Cancels every working order of the account."""

    orderCancel: OrderCancel = new(OrderCancel)


@request(5, version(1), protobuf=204, proto_name="OpenOrdersRequest", callback="reqOpenOrders",
         trading=True)  # fmt: skip
class ReqOpenOrders(Message):
    """Asks for the working orders of this client."""


@request(16, version(1), protobuf=204, proto_name="AllOpenOrdersRequest",
         callback="reqAllOpenOrders")  # fmt: skip
class ReqAllOpenOrders(Message):
    """Asks for the working orders of every client."""


@request(15, version(1), "autoBind", protobuf=204, proto_name="AutoOpenOrdersRequest",
         callback="reqAutoOpenOrders", trading=True)  # fmt: skip
class ReqAutoOpenOrders(Message):
    """Binds future orders of the TWS user to client 0."""

    autoBind: bool = False


@request(99, "apiOnly", protobuf=204, proto_name="CompletedOrdersRequest",
         callback="reqCompletedOrders", trading=True)  # fmt: skip
class ReqCompletedOrders(Message):
    """Asks for today's finished orders."""

    apiOnly: bool = False


@request(
    7,
    version(3),
    "reqId",
    *fields("clientId", "acctCode", "time", "symbol", "secType", "exchange", "side",
            prefix="executionFilter."),
    since(
        200,
        f("executionFilter.lastNDays", "int_unset"),
        each("executionFilter.specificDates", None),
        refuse="last n days and specific dates",
    ),
    protobuf=201,
    proto_name="ExecutionRequest",
    callback="reqExecutions",
)  # fmt: skip
class ReqExecutions(Message):
    """Asks for executions that pass the filter."""

    reqId: int = 0
    executionFilter: ExecutionFilter = new(ExecutionFilter)
