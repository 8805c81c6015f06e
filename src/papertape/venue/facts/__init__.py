"""Facts: what happened in the venue. The journal consists of them, and the state is folded from
them.

A fact is immutable and contains integers, texts and other facts; every number with decimals is in
units (``units.py``). Folding a fact looks nothing up and decides nothing, so a journal gives the
same state under every later rule, fee and margin rate.

Facts are arrays on disk: the tag, then the fields in order. A new field goes to the end with a
default; any other change needs a new schema number (``entries.SCHEMA``) and an upgrade function.
"""

from .accounts import (
    AccountAliasesReplaced,
    AccountOpened,
    AdvisorGroup,
    AdvisorGroupsReplaced,
    CashBooked,
    CashMoved,
    CashSettled,
    DayBegan,
    DayOpened,
    FeePlanChanged,
    FutureSettled,
    InterestAccrued,
    InterestBooked,
    MarginModelChanged,
    PositionAdjusted,
    PositionMoved,
    ProfitsBegan,
    ScheduleKept,
    SharesMerged,
    SharesRenamed,
)
from .entry import (
    OrderDropped,
    OrderHeld,
    OrderIdsReset,
    OrderReleased,
    PermIdUsed,
)
from .executions import (
    CombinationFilled,
    CombinationNamed,
    ExecutionCorrected,
    LegFill,
    OrderFilled,
    PartFilled,
)
from .fact import (
    Charge,
    Counted,
    Fact,
)
from .orders import (
    AlgoBegan,
    ComponentBegan,
    ManualOrderBound,
    OrderActivated,
    OrderAdjusted,
    OrderArrived,
    OrderDeactivated,
    OrderEnded,
    OrderMoved,
    OrderPlaced,
    OrderQueued,
    OrderReceived,
    OrderReduced,
    OrderRepeated,
    OrderReplaced,
    OrderRepriced,
    OrderResumed,
    OrderRouted,
    OrderSuspended,
    OrderTouched,
    OrderTriggered,
    OrderWarned,
    SizeRestored,
)
from .terms import (
    NOT_OUTSIDE,
    TOUCHED,
    Terms,
)
from .worlds import (
    ActDone,
    MatchingSet,
    RuleMatched,
    RuleSet,
    TapeWritten,
)

AnyFact = (
    OrderPlaced
    | OrderReplaced
    | OrderMoved
    | OrderRepeated
    | OrderTriggered
    | OrderFilled
    | PartFilled
    | OrderEnded
    | ManualOrderBound
    | OrderSuspended
    | OrderResumed
    | OrderWarned
    | OrderRepriced
    | OrderTouched
    | AlgoBegan
    | OrderActivated
    | OrderReduced
    | SizeRestored
    | ComponentBegan
    | OrderAdjusted
    | OrderHeld
    | OrderReleased
    | OrderDropped
    | PermIdUsed
    | OrderIdsReset
    | AccountOpened
    | CashMoved
    | MarginModelChanged
    | FeePlanChanged
    | DayBegan
    | DayOpened
    | ProfitsBegan
    | FutureSettled
    | PositionMoved
    | CashSettled
    | InterestAccrued
    | InterestBooked
    | SharesMerged
    | SharesRenamed
    | PositionAdjusted
    | CashBooked
    | ScheduleKept
    | AdvisorGroupsReplaced
    | AccountAliasesReplaced
    | TapeWritten
    | RuleSet
    | RuleMatched
    | ActDone
    | MatchingSet
    | OrderQueued
    | OrderDeactivated
    | OrderReceived
    | OrderRouted
    | OrderArrived
    | ExecutionCorrected
    | CombinationNamed
    | CombinationFilled
)
"""Every kind of fact: what a journal holds."""

__all__ = [
    "NOT_OUTSIDE",
    "TOUCHED",
    "AccountAliasesReplaced",
    "AccountOpened",
    "ActDone",
    "AdvisorGroup",
    "AdvisorGroupsReplaced",
    "AlgoBegan",
    "AnyFact",
    "CashBooked",
    "CashMoved",
    "CashSettled",
    "Charge",
    "CombinationFilled",
    "CombinationNamed",
    "ComponentBegan",
    "Counted",
    "DayBegan",
    "DayOpened",
    "ExecutionCorrected",
    "Fact",
    "FeePlanChanged",
    "FutureSettled",
    "InterestAccrued",
    "InterestBooked",
    "LegFill",
    "ManualOrderBound",
    "MarginModelChanged",
    "MatchingSet",
    "OrderActivated",
    "OrderAdjusted",
    "OrderArrived",
    "OrderDeactivated",
    "OrderDropped",
    "OrderEnded",
    "OrderFilled",
    "OrderHeld",
    "OrderIdsReset",
    "OrderMoved",
    "OrderPlaced",
    "OrderQueued",
    "OrderReceived",
    "OrderReduced",
    "OrderReleased",
    "OrderRepeated",
    "OrderReplaced",
    "OrderRepriced",
    "OrderResumed",
    "OrderRouted",
    "OrderSuspended",
    "OrderTouched",
    "OrderTriggered",
    "OrderWarned",
    "PartFilled",
    "PermIdUsed",
    "PositionAdjusted",
    "PositionMoved",
    "ProfitsBegan",
    "RuleMatched",
    "RuleSet",
    "ScheduleKept",
    "SharesMerged",
    "SharesRenamed",
    "SizeRestored",
    "TapeWritten",
    "Terms",
]
