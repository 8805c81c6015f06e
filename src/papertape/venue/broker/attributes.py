"""How the venue handles every field of placeOrder: one table of data, and its look-up.

``served``   the venue acts on it
``passed``   has no effect on how an order of a served type trades, here or in TWS: it is echoed
``told``     only the server sets it; the venue ignores a client's value, as TWS does
``refused``  TWS acts on it and this venue does not yet: a program must not believe that it has a
             stop, a hidden order or a hedge, so 201 names the attribute and refuses the order

A field that is in no class fails ``tests/venue/test_attributes.py``. A refused attribute counts as
set when it is neither empty nor zero nor one of its ``neutral`` values: those that clients send by
default, and those that TWS echoes for an order without it, because clients send echoes back.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final, Literal

import msgspec

from papertape.model import AttachedOrders, Contract, Order

Use = Literal["served", "passed", "told", "refused"]


class Attribute(msgspec.Struct, frozen=True):
    """One row of the table."""

    record: str
    """``order``, ``contract`` or ``attachedOrders``."""
    name: str
    use: Use
    why: str
    """The reason for the use."""
    neutral: tuple[object, ...] = ()
    """Values that count as not set, besides empty ones and zeros."""


_ROWS: Final = """
order served    what is traded, and how long
    action totalQuantity orderType lmtPrice tif account
order served    what is done with the order
    transmit whatIf
order served    when it trades, where markets keep the hours of their exchange
    outsideRth includeOvernight
order passed    auctions here take OPG, MOC and LOC orders only
    allowPreOpen ignoreOpenAuction

order served    when a stop trades
    auxPrice triggerMethod
order served    how a stop follows the market; others send its stop price too
    trailStopPrice trailingPercent lmtPriceOffset
order served    pegs, caps and steps of pegged orders
    percentOffset startingPrice stockRefPrice stockRangeLower stockRangeUpper referenceContractId
    peggedChangeAmount isPeggedChangeAmountDecrease referenceChangeAmount
order served    conditions
    conditions conditionsCancelOrder conditionsIgnoreRth conditionsIncludeOvernight
order served    what a stop becomes
    triggerPrice adjustedOrderType adjustedStopPrice adjustedStopLimitPrice adjustedTrailingAmount
    adjustableTrailingUnit
order served    how much of it trades at first, and how far beyond its limit
    allOrNone minQty discretionaryAmt
order served    checked only: orders do not show in the books that clients see
    displaySize hidden
order passed    the reference is found by its number alone
    referenceExchangeId
order served    of PEG BEST orders, 10304 and 10305; TWS shows them of market orders as well
    minCompeteSize competeAgainstBestOffset
order served    of PEG MID and PEG BEST: 10303, 10307; 10302 and 10306 of others
    minTradeQty midOffsetAtWhole midOffsetAtHalf
order served    of PEG STK orders; no effect on others
    delta
order served    of VOL orders; 371 and 372 of others
    volatility volatilityType continuousUpdate referencePriceType
order served    it is cancelled where it would trade at once
    postOnly
order served    a relative order trades, unseen, up to its cap
    discretionaryUpToLimitPrice
order served    checked only: 117 for less than 50, 10342 outside of auctions, 347, 348, 352, 353
    blockOrder imbalanceOnly shortSaleSlot designatedLocation
order passed    how the router looks for liquidity; all go to one market here; 131 of others
    sweepToFill
order passed    how the router looks for liquidity; every order here goes to one market
    postToAts auctionStrategy
order served    of orders for IBKRATS, 10297 of others
    notHeld
order served    checked only: 311 for what is neither a customer nor a firm
    origin
order passed    of volatility orders, which are the same to this market; no effect on others in TWS
    randomizeSize randomizePrice
order passed    of the short sales of institutions, which get 346
    exemptCode
order served    children and groups
    parentId ocaGroup ocaType autoCancelParent
order served    among whom an advisor divides it
    faGroup faMethod faPercentage
order served    when it begins and ends
    goodAfterTime goodTillDate duration activeStartTime activeStopTime
order served    it works no longer until new terms activate it
    deactivate
order served    the size of an order for a currency pair or a coin, in its currency; 10244 of others
    cashQty
order passed    who orders, for whom, and what the books say of it
    orderRef openClose rule80A solicited settlingFirm clearingAccount clearingIntent
    extOperator modelCode customerAccount professionalCustomer softDollarTier manualOrderTime
    manualOrderIndicator mifid2DecisionMaker mifid2DecisionAlgo mifid2ExecutionTrader
    mifid2ExecutionAlgo orderMiscOptions
order served    whether the precautions on its price are left out
    overridePercentageConstraints
order passed    warnings of TWS to be left out; there are none here
    advancedErrorOverride
order passed    preferences of the router; every order here goes to one market
    optOutSmartRouting usePriceMgmtAlgo routeMarketableToBbo seekPriceImprovement
order passed    for hedges and previews only
    dontUseAutoPriceForHedge whatIfType

order told      ids are the message's, the session's and the broker's
    clientId orderId permId parentPermId
order told      the state of the order and facts of the instrument
    autoCancelDate filledQuantity refFuturesConId shareholder submitter bondAccruedInterest
    basisPoints basisPointsType

order served    an algorithm, by a simple model: 439 to 443
    algoStrategy algoParams
order passed    the number that an algorithm has in its client's books
    algoId
order served    the components of a scale order: 408, 410, 417, 419
    scaleInitLevelSize scaleSubsLevelSize scalePriceIncrement
order served    its profit orders, its price in time, how it begins: 110, 417, 418, 433, 446 to 449
    scalePriceAdjustValue scalePriceAdjustInterval scaleProfitOffset scaleAutoReset
    scaleInitPosition scaleInitFillQty scaleRandomPercent
order served    a child whose size is that of what its parent trades: 10007 to 10010, 10063
    hedgeType hedgeParam hedgeMaxSize
order refused   the prices and sizes of a scale order as a table, whose form nobody documents
    scaleTable
order served    the hedge of a volatility order: 372, 377 to 380, 393, 10010
    deltaNeutralOrderType=None deltaNeutralAuxPrice deltaNeutralConId deltaNeutralShortSaleSlot
order passed    how that hedge is cleared, and whether it sells short: of institutions
    deltaNeutralOpenClose deltaNeutralShortSale deltaNeutralDesignatedLocation
    deltaNeutralSettlingFirm deltaNeutralClearingAccount deltaNeutralClearingIntent
order served    how the legs of a combination trade; without one they are refused
    smartComboRoutingParams orderComboLegs
order passed    tickets of a TWS that is an order management system, which that of paper is not
    isOmsContainer

contract served which instrument is meant
    conId symbol secType exchange primaryExchange currency localSymbol tradingClass secIdType secId
contract passed none of the instruments here has it
    lastTradeDateOrContractMonth strike right multiplier includeExpired issuerId
contract told   what the server adds
    description comboLegsDescrip lastTradeDate
contract served legs of a combination; 312 where the contract is none
    comboLegs
contract served the hedge of a combination, 377, 10010; 429 where the contract is none
    deltaNeutralContract

attachedOrders served   children that TWS makes from its presets: 320, 103, 10149, 10355
    slOrderId slOrderType ptOrderId ptOrderType
"""


def _read(text: str) -> Iterator[Attribute]:
    record, use, why = "", "", ""
    for line in text.strip().splitlines():
        if not line.startswith(" "):
            record, use, why = line.split(None, 2) if line else ("", "", "")
            continue
        for word in line.split():
            name, _, neutral = word.partition("=")
            yield Attribute(record, name, use, why, _neutral(neutral))  # type: ignore[arg-type]


def _neutral(text: str) -> tuple[object, ...]:
    if not text:
        return ()
    return (int(text),) if text.lstrip("-").isdigit() else (text,)


TABLE: Final = tuple(_read(_ROWS))


RECORDS: Final[dict[type, str]] = {
    Order: "order",
    Contract: "contract",
    AttachedOrders: "attachedOrders",
}
"""The records of placeOrder."""
_REFUSED: Final = {
    kind: {row.name: row.neutral for row in TABLE if (row.record, row.use) == (name, "refused")}
    for kind, name in RECORDS.items()
}


FEW: Final = 4
"""Up to this many attributes, comparing them one by one is faster than collecting all."""


given: Final[Callable[[Order | Contract | AttachedOrders], dict[str, Any]]] = msgspec.to_builtins
"""Returns the attributes that differ from the record's defaults: usually few of the 149."""


def unserved(
    values: Order | Contract | AttachedOrders, differs: dict[str, Any] | None = None
) -> str | None:
    """Return the first refused attribute that is set, or None; ``differs`` is from ``given``."""
    refused = _REFUSED[type(values)]
    if differs is None and len(refused) <= FEW:
        for name, neutral in refused.items():
            value = getattr(values, name)
            if value and value not in neutral:
                return name
        return None
    if differs is None:
        differs = given(values)
    if differs.keys().isdisjoint(refused.keys()):  # of nearly every order
        return None
    for name, value in differs.items():
        if value and name in refused and value not in refused[name]:
            return name
    return None
