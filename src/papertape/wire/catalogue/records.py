"""How the records of the model stand in protobuf where name or type differ.

``{field: "type"}``, ``{field: "type name"}`` or ``{field: " name"}``; ``"-"`` keeps a field out of
protobuf. Everything else follows from the record: declaration order is the numbering.
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
    Order,
    OrderCondition,
    OrderState,
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
    Order: {
        "usePriceMgmtAlgo": "int32",
        "orderComboLegs": "-",
        "auctionStrategy": "-",
        "basisPoints": "-",
        "basisPointsType": "-",
    },
    OrderCondition: {},
    OrderState: dict.fromkeys(MARGINS, "double"),
    SoftDollarTier: {"val": " value"},
}
