"""What clients are told of: venue facts in the protocol's records, one fixed message list each.

OO = openOrder, OS = orderStatus, ED = execDetails, CR = commissionReport, E = error. The text of
an error is ``codes.text(code, variant, **facts)``.
"""

from decimal import Decimal

import msgspec

from ...model import CommissionAndFeesReport, Contract, Execution, Order, OrderState
from ...venue.units import Nanos


class OrderView(msgspec.Struct, frozen=True):
    """An order as it stood right after an event: what openOrder and orderStatus say."""

    account: str
    clientId: int
    orderId: int
    permId: int
    parentId: int
    contract: Contract
    order: Order
    """The echoed order, with the server's defaults filled in; never the caller's record."""
    state: OrderState
    """Status, commission so far, completion, margin numbers of a what-if."""
    filled: Decimal
    remaining: Decimal
    avgFillPrice: float
    lastFillPrice: float
    whyHeld: str = ""
    mktCapPrice: float = 0.0
    lapses: Nanos = 0
    """When a good-till-cancelled order ends by itself; ``Order.autoCancelDate`` is left to those
    who know the zone of the reader."""

    @property
    def status(self) -> str:
        """The status of openOrder and orderStatus alike."""
        return self.state.status


class OrderAccepted(msgspec.Struct, frozen=True, tag=True):
    """A new order was taken. OO, OS."""

    view: OrderView


class OrderAcknowledged(msgspec.Struct, frozen=True, tag=True):
    """The second pair of a resting or replaced order, often a plain duplicate. OO, OS."""

    view: OrderView


class OrderReplacedEvent(msgspec.Struct, frozen=True, tag=True):
    """A working order got new terms. OO, OS."""

    view: OrderView


class OrderElected(msgspec.Struct, frozen=True, tag=True):
    """The stop of an order was reached. OO, OS."""

    view: OrderView


class VolatilityRepriced(msgspec.Struct, frozen=True, tag=True):
    """A volatility order got another limit. OO, OS, where the settings say so."""

    view: OrderView


class Traded(msgspec.Struct, frozen=True, tag=True):
    """One fill. ED (request id -1), OO, OS."""

    view: OrderView
    contract: Contract
    """The contract of execDetails: its exchange is the venue of the fill, not SMART."""
    execution: Execution
    time: Nanos
    con_id: int = 0
    """The venue's number of what traded: that of the contract, but of a combination its own."""


class TradeBusted(msgspec.Struct, frozen=True, tag=True):
    """A trade of an instrument was busted. E 10225 to who hears its bars."""

    conId: int


class LegTraded(msgspec.Struct, frozen=True, tag=True):
    """What a fill of a combination traded of one leg. ED (request id -1)."""

    view: OrderView
    contract: Contract
    execution: Execution
    time: Nanos


class LegCharged(msgspec.Struct, frozen=True, tag=True):
    """What a leg of the fill before it cost, after the pair with the commission. CR."""

    view: OrderView
    report: CommissionAndFeesReport


class CommissionCharged(msgspec.Struct, frozen=True, tag=True):
    """What the fill before it cost. OO, OS, CR."""

    view: OrderView
    report: CommissionAndFeesReport


class CancelPending(msgspec.Struct, frozen=True, tag=True):
    """A cancellation by the system is under way. OO, OS."""

    view: OrderView


class OrderCancelled(msgspec.Struct, frozen=True, tag=True):
    """A working order ended unfilled or partly filled. OS, E 202."""

    view: OrderView
    code: int
    facts: dict[str, str]
    variant: str | None = None


class OtherCancelled(msgspec.Struct, frozen=True, tag=True):
    """A client has cancelled the order of another: what it is told itself. OS, E 202."""

    view: OrderView
    """With the id of the client that is told."""
    code: int
    facts: dict[str, str]
    variant: str | None = None


class OrderInactive(msgspec.Struct, frozen=True, tag=True):
    """An order was shelved without an error message (an unfillable FOK). OO, OS."""

    view: OrderView


class OrderRejectedEvent(msgspec.Struct, frozen=True, tag=True):
    """A valid order that the broker will not carry. E 201, OO, OS (Inactive)."""

    view: OrderView
    code: int
    facts: dict[str, str]
    variant: str | None = None


class WhatIfAnswered(msgspec.Struct, frozen=True, tag=True):
    """Margin and commission of an order that was not placed. OO only."""

    view: OrderView


class OrderBoundEvent(msgspec.Struct, frozen=True, tag=True):
    """An order of the user of TWS has become one of client 0. orderBound, to client 0."""

    view: OrderView


class RequestRefusedEvent(msgspec.Struct, frozen=True, tag=True):
    """A command that did nothing. E with id = orderId, to the asking client only."""

    clientId: int
    orderId: int
    code: int
    facts: dict[str, str]
    variant: str | None = None


class OrderWarnedEvent(msgspec.Struct, frozen=True, tag=True):
    """A remark about an order that lives on. E with id = orderId, to its own client only."""

    clientId: int
    orderId: int
    code: int
    facts: dict[str, str]
    variant: str | None = None


class PositionChanged(msgspec.Struct, frozen=True, tag=True):
    """A position has a new size or cost. One position row to its subscribers."""

    account: str
    conId: int


class AccountChanged(msgspec.Struct, frozen=True, tag=True):
    """Cash or positions of an account moved. Account values and portfolio to its subscribers."""

    account: str


class SharesRenamedEvent(msgspec.Struct, frozen=True, tag=True):
    """Shares have another symbol. Position and portfolio rows of whoever holds them, or what is
    derived from them."""

    conId: int


class PartTraded(msgspec.Struct, frozen=True, tag=True):
    """What an account gets of an advisor's fill. ED, CR; the order's own come before."""

    view: OrderView
    contract: Contract
    execution: Execution
    time: Nanos
    report: CommissionAndFeesReport


Event = (
    OrderAccepted
    | OrderAcknowledged
    | OrderReplacedEvent
    | OrderElected
    | VolatilityRepriced
    | Traded
    | CommissionCharged
    | PartTraded
    | LegTraded
    | TradeBusted
    | LegCharged
    | CancelPending
    | OrderCancelled
    | OtherCancelled
    | OrderInactive
    | OrderRejectedEvent
    | WhatIfAnswered
    | OrderBoundEvent
    | RequestRefusedEvent
    | OrderWarnedEvent
    | PositionChanged
    | AccountChanged
    | SharesRenamedEvent
)
