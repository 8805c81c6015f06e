"""Orders, their state, and what happened to them.

Fields keep their official names and stand in the order of the protobuf schema, which is also
the numbering there. ``None`` means "not set".
"""

from decimal import Decimal

import msgspec

from .contract import TagValue
from .units import Long, Record


class OrderCondition(Record):
    """One condition of a conditional order; ``type`` tells which of the fields count.

    1 price, 3 time, 4 margin, 5 execution, 6 volume, 7 percent change.
    """

    type: int = 0
    isConjunctionConnection: bool = True
    """How it joins the *next* condition: true is "and"."""
    isMore: bool = False
    conId: int = 0
    exchange: str = ""
    symbol: str = ""
    secType: str = ""
    percent: int = 0
    changePercent: float = 0.0
    price: float = 0.0
    triggerMethod: int = 0
    time: str = ""
    volume: int = 0


class SoftDollarTier(Record):
    """A soft-dollar arrangement of the account."""

    name: str = ""
    val: str = ""
    displayName: str = ""


class OrderComboLeg(Record):
    """The price of one leg of a combination order."""

    price: float | None = None


class AttachedOrders(Record):
    """Stop-loss and profit-taker that the server attaches to an order (server 218)."""

    slOrderId: int | None = None
    slOrderType: str = ""
    ptOrderId: int | None = None
    ptOrderType: str = ""


class Order(Record):
    """An order as the protocol describes it: 145 attributes, most of them at their default."""

    clientId: int = 0
    orderId: int = 0
    permId: Long = 0
    parentId: int = 0
    action: str = ""
    totalQuantity: Decimal | None = None
    displaySize: int | None = 0
    orderType: str = ""
    lmtPrice: float | None = None
    auxPrice: float | None = None
    tif: str = ""
    account: str = ""
    settlingFirm: str = ""
    clearingAccount: str = ""
    clearingIntent: str = ""
    allOrNone: bool = False
    blockOrder: bool = False
    hidden: bool = False
    outsideRth: bool = False
    sweepToFill: bool = False
    percentOffset: float | None = None
    trailingPercent: float | None = None
    trailStopPrice: float | None = None
    minQty: int | None = None
    goodAfterTime: str = ""
    goodTillDate: str = ""
    ocaGroup: str = ""
    orderRef: str = ""
    rule80A: str = ""
    ocaType: int = 0
    triggerMethod: int = 0
    activeStartTime: str = ""
    activeStopTime: str = ""
    faGroup: str = ""
    faMethod: str = ""
    faPercentage: str = ""
    volatility: float | None = None
    volatilityType: int | None = None
    continuousUpdate: bool = False
    referencePriceType: int | None = None
    deltaNeutralOrderType: str = ""
    deltaNeutralAuxPrice: float | None = None
    deltaNeutralConId: int = 0
    deltaNeutralOpenClose: str = ""
    deltaNeutralShortSale: bool = False
    deltaNeutralShortSaleSlot: int = 0
    deltaNeutralDesignatedLocation: str = ""
    scaleInitLevelSize: int | None = None
    scaleSubsLevelSize: int | None = None
    scalePriceIncrement: float | None = None
    scalePriceAdjustValue: float | None = None
    scalePriceAdjustInterval: int | None = None
    scaleProfitOffset: float | None = None
    scaleAutoReset: bool = False
    scaleInitPosition: int | None = None
    scaleInitFillQty: int | None = None
    scaleRandomPercent: bool = False
    scaleTable: str = ""
    hedgeType: str = ""
    hedgeParam: str = ""
    algoStrategy: str = ""
    algoParams: list[TagValue] = []
    algoId: str = ""
    smartComboRoutingParams: list[TagValue] = []
    whatIf: bool = False
    transmit: bool = True
    overridePercentageConstraints: bool = False
    openClose: str = ""
    origin: int = 0
    shortSaleSlot: int = 0
    designatedLocation: str = ""
    exemptCode: int = -1
    deltaNeutralSettlingFirm: str = ""
    deltaNeutralClearingAccount: str = ""
    deltaNeutralClearingIntent: str = ""
    discretionaryAmt: float = 0
    optOutSmartRouting: bool = False
    startingPrice: float | None = None
    stockRefPrice: float | None = None
    delta: float | None = None
    stockRangeLower: float | None = None
    stockRangeUpper: float | None = None
    notHeld: bool = False
    orderMiscOptions: list[TagValue] = []
    solicited: bool = False
    randomizeSize: bool = False
    randomizePrice: bool = False
    referenceContractId: int = 0
    peggedChangeAmount: float = 0.0
    isPeggedChangeAmountDecrease: bool = False
    referenceChangeAmount: float = 0.0
    referenceExchangeId: str = ""
    adjustedOrderType: str = ""
    triggerPrice: float | None = None
    adjustedStopPrice: float | None = None
    adjustedStopLimitPrice: float | None = None
    adjustedTrailingAmount: float | None = None
    adjustableTrailingUnit: int = 0
    lmtPriceOffset: float | None = None
    conditions: list[OrderCondition] = []
    conditionsCancelOrder: bool = False
    conditionsIgnoreRth: bool = False
    modelCode: str = ""
    extOperator: str = ""
    softDollarTier: SoftDollarTier = msgspec.field(default_factory=SoftDollarTier)
    cashQty: float | None = None
    mifid2DecisionMaker: str = ""
    mifid2DecisionAlgo: str = ""
    mifid2ExecutionTrader: str = ""
    mifid2ExecutionAlgo: str = ""
    dontUseAutoPriceForHedge: bool = False
    isOmsContainer: bool = False
    discretionaryUpToLimitPrice: bool = False
    autoCancelDate: str = ""
    filledQuantity: Decimal | None = None
    refFuturesConId: int | None = None
    autoCancelParent: bool = False
    shareholder: str = ""
    imbalanceOnly: bool = False
    routeMarketableToBbo: int | None = None
    parentPermId: Long | None = None
    usePriceMgmtAlgo: bool | None = None
    duration: int | None = None
    postToAts: int | None = None
    advancedErrorOverride: str = ""
    manualOrderTime: str = ""
    minTradeQty: int | None = None
    minCompeteSize: int | None = None
    competeAgainstBestOffset: float | None = None
    midOffsetAtWhole: float | None = None
    midOffsetAtHalf: float | None = None
    customerAccount: str = ""
    professionalCustomer: bool = False
    bondAccruedInterest: str = ""
    includeOvernight: bool = False
    manualOrderIndicator: int | None = None
    submitter: str = ""
    deactivate: bool = False
    postOnly: bool = False
    allowPreOpen: bool = False
    ignoreOpenAuction: bool = False
    seekPriceImprovement: int | None = None
    whatIfType: int | None = None
    hedgeMaxSize: int | None = None
    conditionsIncludeOvernight: bool = False
    orderComboLegs: list[OrderComboLeg] = []
    """Text form only; in protobuf each price travels in its ``ComboLeg``."""
    auctionStrategy: int = 0
    """Text form only: 0 unset, 1 match, 2 improvement, 3 transparent."""
    basisPoints: float | None = None
    """Text form only, server to client."""
    basisPointsType: int | None = None
    """Text form only, server to client."""


class OrderCancel(Record):
    """What may accompany a cancellation."""

    manualOrderCancelTime: str = ""
    extOperator: str = ""
    manualOrderIndicator: int | None = None


class OrderAllocation(Record):
    """The part of an order that falls to one account."""

    account: str = ""
    position: Decimal | None = None
    positionDesired: Decimal | None = None
    positionAfter: Decimal | None = None
    desiredAllocQty: Decimal | None = None
    allowedAllocQty: Decimal | None = None
    isMonetary: bool = False


class OrderState(Record):
    """The server's view of an order: status, margin effect, commission."""

    status: str = ""
    initMarginBefore: Decimal | None = None
    maintMarginBefore: Decimal | None = None
    equityWithLoanBefore: Decimal | None = None
    initMarginChange: Decimal | None = None
    maintMarginChange: Decimal | None = None
    equityWithLoanChange: Decimal | None = None
    initMarginAfter: Decimal | None = None
    maintMarginAfter: Decimal | None = None
    equityWithLoanAfter: Decimal | None = None
    commissionAndFees: float | None = None
    minCommissionAndFees: float | None = None
    maxCommissionAndFees: float | None = None
    commissionAndFeesCurrency: str = ""
    marginCurrency: str = ""
    initMarginBeforeOutsideRTH: float | None = None
    maintMarginBeforeOutsideRTH: float | None = None
    equityWithLoanBeforeOutsideRTH: float | None = None
    initMarginChangeOutsideRTH: float | None = None
    maintMarginChangeOutsideRTH: float | None = None
    equityWithLoanChangeOutsideRTH: float | None = None
    initMarginAfterOutsideRTH: float | None = None
    maintMarginAfterOutsideRTH: float | None = None
    equityWithLoanAfterOutsideRTH: float | None = None
    suggestedSize: Decimal | None = None
    rejectReason: str = ""
    orderAllocations: list[OrderAllocation] = []
    warningText: str = ""
    completedTime: str = ""
    completedStatus: str = ""


class Execution(Record):
    """One fill."""

    orderId: int = 0
    execId: str = ""
    time: str = ""
    acctNumber: str = ""
    exchange: str = ""
    side: str = ""
    """``BOT`` or ``SLD``."""
    shares: Decimal | None = None
    price: float = 0.0
    permId: Long = 0
    clientId: int = 0
    liquidation: int = 0
    cumQty: Decimal | None = None
    avgPrice: float = 0.0
    orderRef: str = ""
    evRule: str = ""
    evMultiplier: float = 0.0
    modelCode: str = ""
    lastLiquidity: int = 0
    """0 none, 1 added, 2 removed, 3 routed out."""
    pendingPriceRevision: bool = False
    submitter: str = ""
    optExerciseOrLapseType: int | None = None


class ExecutionFilter(Record):
    """Which executions to report; every field that is set must match."""

    clientId: int = 0
    acctCode: str = ""
    time: str = ""
    symbol: str = ""
    secType: str = ""
    exchange: str = ""
    side: str = ""
    lastNDays: int | None = None
    specificDates: list[int] = []


class CommissionAndFeesReport(Record):
    """What one execution cost, and the profit it realised."""

    execId: str = ""
    commissionAndFees: float = 0.0
    currency: str = ""
    realizedPNL: float | None = None
    """None while the position only opens."""
    yield_: float | None = None
    yieldRedemptionDate: int = 0
