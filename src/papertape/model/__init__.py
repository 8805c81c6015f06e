"""Records shared by wire, venue, server and client. Plain data: no behaviour, no IO."""

from .contract import (
    ComboLeg,
    Contract,
    ContractDetails,
    DeltaNeutralContract,
    IneligibilityReason,
    TagValue,
)
from .market import Bar
from .order import (
    AttachedOrders,
    CommissionAndFeesReport,
    Execution,
    ExecutionFilter,
    Order,
    OrderAllocation,
    OrderCancel,
    OrderComboLeg,
    OrderCondition,
    OrderState,
    SoftDollarTier,
)
from .units import (
    UNSET_DECIMAL,
    UNSET_DOUBLE,
    UNSET_INT,
    UNSET_LONG,
    Long,
    Record,
    Size,
)

__all__ = [
    "UNSET_DECIMAL",
    "UNSET_DOUBLE",
    "UNSET_INT",
    "UNSET_LONG",
    "AttachedOrders",
    "Bar",
    "ComboLeg",
    "CommissionAndFeesReport",
    "Contract",
    "ContractDetails",
    "DeltaNeutralContract",
    "Execution",
    "ExecutionFilter",
    "IneligibilityReason",
    "Long",
    "Order",
    "OrderAllocation",
    "OrderCancel",
    "OrderComboLeg",
    "OrderCondition",
    "OrderState",
    "Record",
    "Size",
    "SoftDollarTier",
    "TagValue",
]
