"""What a station tells in each field of an order's state: one table of data.

``told``     the station sets it
``empty``    it stays unset, as captured at live gateways for orders like those that it serves
``lacking``  TWS has a value in cases that the station does not tell: nothing is sent in it

A field that is in no class, or in a wrong one, fails ``tests/server/present/test_order_state.py``.
"""

from collections.abc import Iterator
from typing import Final, Literal

import msgspec

from ...model import OrderState
from ...model.order import OrderAllocation

StateUse = Literal["told", "empty", "lacking"]


class StateField(msgspec.Struct, frozen=True):
    """One row of the table."""

    record: str
    """``orderState`` or ``orderAllocations``, which are in it."""
    name: str
    use: StateUse
    why: str
    """When it is told, or why not."""


_ROWS: Final = """
orderState told    always
    status
orderState told    of a preview (whatIf): the account's margin before it, its change, and after it
    initMarginBefore maintMarginBefore equityWithLoanBefore initMarginChange maintMarginChange
    equityWithLoanChange initMarginAfter maintMarginAfter equityWithLoanAfter marginCurrency
orderState told    of a preview, and once something has filled: what the fills have cost so far
    commissionAndFees commissionAndFeesCurrency
orderState told    of a preview under "tiered" where taking liquidity costs more: no single one
    minCommissionAndFees maxCommissionAndFees
orderState told    once the order has ended, in openOrder and in completedOrder
    completedTime completedStatus
orderState empty   no captured order or preview has it
    suggestedSize
orderState empty   refusals come as errors; no captured order has a text here
    rejectReason warningText
orderState lacking margins at night: the station's are the same all day
    initMarginBeforeOutsideRTH maintMarginBeforeOutsideRTH equityWithLoanBeforeOutsideRTH
    initMarginChangeOutsideRTH maintMarginChangeOutsideRTH equityWithLoanChangeOutsideRTH
    initMarginAfterOutsideRTH maintMarginAfterOutsideRTH equityWithLoanAfterOutsideRTH
orderState lacking what each account would get of an advisor's preview
    orderAllocations
orderAllocations lacking of an advisor's preview
    account position positionDesired positionAfter desiredAllocQty allowedAllocQty isMonetary
"""


def _read(text: str) -> Iterator[StateField]:
    record, use, why = "", "", ""
    for line in text.strip().splitlines():
        if not line.startswith(" "):
            record, use, why = line.split(None, 2)
            continue
        for name in line.split():
            yield StateField(record, name, use, why)  # type: ignore[arg-type]


STATE_TABLE: Final = tuple(_read(_ROWS))
STATE_RECORDS: Final[dict[type, str]] = {
    OrderState: "orderState",
    OrderAllocation: "orderAllocations",
}
"""The records of an order's state."""
