"""How the records of the model stand in protobuf where name or type differ.

``{field: "type"}``, ``{field: "type name"}`` or ``{field: " name"}``; ``"-"`` keeps a field out of
protobuf; a rule of ``convert.py`` may stand behind the type (``"bool!"``). Everything else follows
from the record: declaration order is the numbering.
"""

from typing import Any

from ...model import (
    AttachedOrders,
    Bar,
    ComboLeg,
    CommissionAndFeesReport,
    Contract,
    ContractDetails,
    Execution,
    ExecutionFilter,
    FamilyCode,
    IneligibilityReason,
    NewsProvider,
    Order,
    OrderCondition,
    OrderState,
    ScanData,
    SmartComponent,
    SoftDollarTier,
)

MARGINS = (
    "initMarginBefore",
    "maintMarginBefore",
    "equityWithLoanBefore",
    "initMarginChange",
    "maintMarginChange",
    "equityWithLoanChange",
    "initMarginAfter",
    "maintMarginAfter",
    "equityWithLoanAfter",
)

RECORDS: dict[type[Any], dict[str, str]] = {
    AttachedOrders: {},
    Bar: {"wap": " WAP"},
    ComboLeg: {"shortSaleSlot": " shortSalesSlot", "+perLegPrice": "double"},
    CommissionAndFeesReport: {"yield_": " bondYield", "yieldRedemptionDate": "string"},
    Contract: {"multiplier": "double", "primaryExchange": " primaryExch"},
    ContractDetails: {
        "minTick": "string",
        "fundSubsequentMinimumPurchase": " fundMinimumSubsequentPurchase",
        "putable": " puttable",
        "notes": " bondNotes",
        "maturity": "-",
        "lastTradeTime": "-",
        "contract": "-",
    },
    Execution: {
        "liquidation": "bool isLiquidation",
        "pendingPriceRevision": " isPriceRevisionPending",
    },
    ExecutionFilter: {},
    FamilyCode: {"accountID": " accountId", "familyCodeStr": " familyCode"},
    NewsProvider: {"code": " providerCode", "name": " providerName"},
    Order: {
        "usePriceMgmtAlgo": "int32",
        "orderComboLegs": "-",
        "auctionStrategy": "-",
        "basisPoints": "-",
        "basisPointsType": "-",
    },
    OrderCondition: {"isConjunctionConnection": "bool!", "isMore": "bool!"},
    OrderState: dict.fromkeys(MARGINS, "double"),
    ScanData: {"legsStr": " comboKey"},
    SoftDollarTier: {"val": " value"},
}

CONDITION_CASES: dict[int, tuple[str, ...]] = {
    1: ("isMore", "price", "conId", "exchange", "triggerMethod"),
    3: ("isMore", "time"),
    4: ("isMore", "percent"),
    5: ("secType", "exchange", "symbol"),
    6: ("isMore", "volume", "conId", "exchange"),
    7: ("isMore", "changePercent", "conId", "exchange"),
}
"""Which fields belong to a condition, by its type; in the order of the text form."""

CASES: dict[type[Any], tuple[str, dict[int, tuple[str, ...]]]] = {
    OrderCondition: ("type", CONDITION_CASES),
}
"""Records of which some fields are written only for some values of one field."""

AS_NEW: frozenset[type[Any]] = frozenset((IneligibilityReason, OrderCondition, SmartComponent))
"""Records in which the official client tells an absent field from an empty one: it leaves it as
in a new object. "Raw" reading (``convert.py``) gives None there."""
