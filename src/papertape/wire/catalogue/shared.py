"""Groups of text fields that several messages share."""

from ...model import ComboLeg, DeltaNeutralContract, OrderComboLeg, OrderCondition, TagValue
from ..layout import (
    Item,
    Step,
    each,
    equals,
    f,
    fields,
    filled,
    one_of,
    optional,
    positive,
    since,
    steps,
    switch,
    when,
)
from .records import CONDITION_CASES

QUOTED_LEGS = each(
    "contract.comboLegs", ComboLeg, "conId", "ratio", "action", "exchange"
)  # fmt: skip
"""Combination legs as requests for data describe them."""

ORDERED_LEGS = each(
    "contract.comboLegs",
    ComboLeg,
    "conId",
    "ratio",
    "action",
    "exchange",
    "openClose",
    "shortSaleSlot",
    "designatedLocation",
    "exemptCode",
)
"""Combination legs as orders describe them."""

DELTA_NEUTRAL = optional(
    "contract.deltaNeutralContract", DeltaNeutralContract, "conId", "delta", "price"
)
LEG_PRICES = each("order.orderComboLegs", OrderComboLeg, "price")
ROUTING = each("order.smartComboRoutingParams", TagValue, "tag", "value")
ALGO = (
    "order.algoStrategy",
    when(filled("order.algoStrategy"), each("order.algoParams", TagValue, "tag", "value")),
)
SCALE_EXTRA = when(
    positive("order.scalePriceIncrement"),
    "order.scalePriceAdjustValue",
    "order.scalePriceAdjustInterval",
    "order.scaleProfitOffset",
    "order.scaleAutoReset",
    "order.scaleInitPosition",
    "order.scaleInitFillQty",
    "order.scaleRandomPercent",
)
HEDGE = ("order.hedgeType", when(filled("order.hedgeType"), "order.hedgeParam"))
PEG_BENCH = when(
    one_of("order.orderType", "PEG BENCH", "PEGBENCH"),
    "order.referenceContractId",
    "order.isPeggedChangeAmountDecrease",
    "order.peggedChangeAmount",
    "order.referenceChangeAmount",
    "order.referenceExchangeId",
)

CONDITIONS = (
    each(
        "order.conditions",
        OrderCondition,
        "type",
        f("isConjunctionConnection", "join"),
        switch("type", CONDITION_CASES),
    ),
    when(filled("order.conditions"), "order.conditionsIgnoreRth", "order.conditionsCancelOrder"),
)


def contract(*names: str) -> tuple[Step, ...]:
    """These fields of ``contract``; strike and the like with the codec that replies use."""
    special = {"strike": "float_zero"}
    return steps(tuple(f(f"contract.{name}", special.get(name, "")) for name in names))


REQUEST_CONTRACT = fields(
    "conId", "symbol", "secType", "lastTradeDateOrContractMonth", "strike", "right", "multiplier",
    "exchange", "primaryExchange", "currency", "localSymbol", "tradingClass", prefix="contract.",
)  # fmt: skip
"""A contract as most requests describe it."""

REPORTED_CONTRACT = contract(
    "conId", "symbol", "secType", "lastTradeDateOrContractMonth", "strike", "right", "multiplier",
    "exchange", "currency", "localSymbol", "tradingClass",
)  # fmt: skip
"""A contract as orders, executions and positions report it."""

# What an open and a completed order have in common on the wire, in groups.

_MARKED = f("contract.right", "mark")
"""Text has a mark where an instrument is no option; protobuf leaves the field out."""

ORDER_HEAD: tuple[Item, ...] = (
    *(_MARKED if step == f("contract.right") else step for step in REPORTED_CONTRACT),
    "order.action",
    "order.totalQuantity",
    "order.orderType",
    "order.lmtPrice",
    "order.auxPrice",
    "order.tif",
    "order.ocaGroup",
    "order.account",
)
ORDER_STOCK_RANGE = fields(
    "startingPrice", "stockRefPrice", "delta", "stockRangeLower", "stockRangeUpper",
    prefix="order.",
)  # fmt: skip
ORDER_VOLATILITY = (
    "order.volatility",
    f("order.volatilityType", "int_zero"),
    "order.deltaNeutralOrderType",
    "order.deltaNeutralAuxPrice",
)
ORDER_COMBO = (
    "contract.comboLegsDescrip",
    ORDERED_LEGS,
    LEG_PRICES,
    ROUTING,
    f("order.scaleInitLevelSize", "int_unset"),
    f("order.scaleSubsLevelSize", "int_unset"),
    "order.scalePriceIncrement",
    SCALE_EXTRA,
    *HEDGE,
)
ORDER_CLEARING = (
    "order.clearingAccount",
    "order.clearingIntent",
    "order.notHeld",
    DELTA_NEUTRAL,
    *ALGO,
    "order.solicited",
)
ORDER_PEG_BEST = since(
    170,
    "order.minTradeQty",
    "order.minCompeteSize",
    "order.competeAgainstBestOffset",
    "order.midOffsetAtWhole",
    "order.midOffsetAtHalf",
)
BAG = equals("contract.secType", "BAG")
