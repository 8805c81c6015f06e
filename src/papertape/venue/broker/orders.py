"""An order in the broker's state, and the rows of its executions.

Both are immutable: a change makes a new version, so a reference stays valid.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from ..commands import TWS_USER
from ..facts import (
    Charge,
    CombinationFilled,
    ExecutionCorrected,
    OrderFilled,
    PartFilled,
    PositionMoved,
    Terms,
)
from ..units import CashMicros, Nanos, PriceUnits, SizeUnits, share
from .lifecycle import TERMINAL, WORKING

ADDED, REMOVED = 1, 2
"""Whether a fill added liquidity (the order had been resting) or removed it."""
WHOLE, PART = "whole", "part"
"""Marks of the rows of an advisor's fill: of the fill itself, and of what each account gets."""
TRIGGER: Final = "trigger"
"""``whyHeld`` of an order that waits for its stop."""


class AlgoRun(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The run of an order's algorithm: its time, and the market at its beginning."""

    begins: Nanos
    ends: Nanos
    volume: SizeUnits
    price: PriceUnits


class LiveOrder(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One order: its terms and its state."""

    permId: int
    clientId: int
    orderId: int
    terms: Terms
    status: str
    whyHeld: str
    accepted: Nanos
    expires: Nanos
    """When a DAY or GTC order expires."""
    triggered: bool = False
    """Whether its stop was elected."""
    filled: SizeUnits = 0
    value: CashMicros = 0
    lastPrice: PriceUnits = 0
    fees: CashMicros = 0
    billedSize: SizeUnits = 0
    """Size and value that count towards the commission; a modification resets them."""
    billedValue: CashMicros = 0
    ended: Nanos = 0
    """When it ended; 0 while it works."""
    bySystem: bool = False
    """Whether the system ended it."""
    opens: Nanos = 0
    """When its exchange opens for it; 0 while that is open. Until then it is in no book."""
    held: int = 0
    """Why else it does not work: flags of ``special.Held``. Meanwhile it is in no book."""
    parent: int = 0
    """The permId of its parent; 0 without one."""
    movedStop: PriceUnits | None = None
    """The stop as it followed the market; None where that of the terms counts."""
    movedLimit: PriceUnits | None = None
    """The limit as it followed the market or a fill; None where that of the terms counts."""
    touched: bool = False
    """Whether the last tick reached its stop, which wants two in a row."""
    given: tuple[SizeUnits, ...] = ()
    """Of an advisor's order: what each of ``terms.shares`` has got."""
    run: AlgoRun | None = None
    """The run of its algorithm; None before it begins."""
    legValues: tuple[CashMicros, ...] = ()
    """Of a combination: what has traded of each leg so far."""
    billedBefore: tuple[CashMicros, ...] = ()
    """The part of it that a modification has left behind for the commission."""

    ahead: SizeUnits | None = None
    """What stands before it at its price, under the fill rule ``queue``; None where it has no
    place in a queue."""
    joined: Nanos = 0
    """When it came to that place."""
    arrives: Nanos = 0
    """When it comes to the broker, or to its exchange; 0 where it is there."""
    routed: bool = False
    """Whether it has been on its way to its exchange."""
    scripted: bool = False
    """Whether a rule of a world fills it. Then it is in no book."""
    corrected: bool = False
    """Whether an execution of it was corrected or busted: it may have ended with more left."""
    charged: Charge | None = None
    """Its fees as they were paid; None where that is in the instrument's currency."""
    restored: SizeUnits = 0
    """Of a scale order: what profit orders have put back."""
    component: tuple[int, SizeUnits] | None = None
    """Of a scale order that has begun and draws its sizes, or began with a position: the number of
    the present component and its end, which counts only where it is drawn."""

    @property
    def stop(self) -> PriceUnits | None:
        """The trigger price at present."""
        return self.terms.stop if self.movedStop is None else self.movedStop

    @property
    def limit(self) -> PriceUnits | None:
        """The limit at present; None is any price."""
        return self.terms.limit if self.movedLimit is None else self.movedLimit

    def worst(self) -> PriceUnits | None:
        """The worst price at which the order trades: its limit and, beyond it, its discretion;
        None is any price."""
        terms, limit = self.terms, self.movedLimit
        if limit is None:
            limit = terms.limit
        return limit if terms.special is None else terms.worst(limit)

    @property
    def priced(self) -> bool:
        """Whether the order has the price that it needs: a peg may have none in this market, nor
        a trail a stop. An order that a world fills has none of the market's."""
        if self.scripted:
            return False
        if self.terms.special is None:
            return True
        if self.waits:
            return bool(self.stop)
        return self.terms.special.peg is None or self.movedLimit is not None

    @property
    def remaining(self) -> SizeUnits:
        """The unfilled size."""
        return self.terms.quantity - self.filled

    @property
    def working(self) -> bool:
        """Whether the order may still trade."""
        return self.status in WORKING

    @property
    def made(self) -> bool:
        """Whether TWS made the order for the fills of another one: then it has no order id."""
        return self.terms.special is not None and bool(self.terms.special.made)

    @property
    def done(self) -> bool:
        """Whether the status is terminal."""
        return self.status in TERMINAL

    @property
    def waits(self) -> bool:
        """Whether the order waits for its stop."""
        return self.terms.stop is not None and not self.triggered


class FillRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One execution, kept for the queries of its day."""

    execution: int
    permId: int
    clientId: int
    orderId: int
    account: str
    conId: int
    side: int
    size: SizeUnits
    price: PriceUnits
    value: CashMicros
    fee: CashMicros
    realized: CashMicros | None
    filled: SizeUnits
    """Filled size of the order, including this execution."""
    total: CashMicros
    """Value of all fills of the order, including this execution."""
    limit: PriceUnits | None
    liquidity: int
    exchange: str
    time: Nanos
    ref: str
    model: str
    submitter: str
    moved: str = ""
    """The cause of a ``PositionMoved``; ``WHOLE`` or ``PART`` of an advisor's fill; "" for other
    trades."""
    leg: int = 0
    """Of a leg of a combination: its place, from 1 on; 0 for what is none."""
    revision: int = 1
    """2 of the first correction of an execution, and so on."""
    was: tuple[SizeUnits, CashMicros, CashMicros] = (0, 0, 0)
    """Of a correction: size, value and fee of the execution before it, which it replaces."""
    charged: Charge | None = None
    """The fee as it was paid; None where that is in the instrument's currency."""
    wasCharged: Charge | None = None

    @property
    def paid(self) -> Charge | None:
        """What was paid for it in a currency of its own, less what was before it."""
        if self.charged is None and self.wasCharged is None:
            return None
        now, before = self.charged or ("", 0), self.wasCharged or ("", 0)
        return now[0] or before[0], now[1] - before[1]


def added(charged: Charge | None, more: Charge | None, times: int = 1) -> Charge | None:
    """Return what was paid with something more; -1 takes that out again."""
    if more is None:
        return charged
    return more[0], (charged[1] if charged else 0) + times * more[1]


def fill_row(order: LiveOrder, fact: OrderFilled, time: Nanos) -> FillRow:
    """Build the row of an execution from its fact and the order after the fill."""
    terms = order.terms
    return FillRow(
        fact.execution, order.permId, order.clientId, order.orderId, terms.account, terms.conId,
        terms.side, fact.size, fact.price, fact.value, fact.fee, fact.realized, order.filled,
        order.value, order.worst(), fact.liquidity, fact.exchange, time, terms.ref, terms.model,
        terms.submitter, WHOLE if fact.given else "", charged=fact.charged,
    )  # fmt: skip


def part_row(order: LiveOrder, fact: PartFilled, time: Nanos) -> FillRow:
    """Build the row of an account's part of an advisor's fill."""
    terms = order.terms
    return FillRow(
        fact.execution, order.permId, order.clientId, order.orderId, fact.account, terms.conId,
        terms.side, fact.size, fact.price, fact.value, fact.fee, fact.realized, fact.filled,
        fact.total, order.worst(), fact.liquidity, fact.exchange, time, terms.ref, terms.model,
        terms.submitter, PART, charged=fact.charged,
    )  # fmt: skip


def combination_rows(order: LiveOrder, fact: CombinationFilled, time: Nanos) -> Iterator[FillRow]:
    """Build the rows of a combination's execution: its own, then those of its legs."""
    terms = order.terms
    whole = FillRow(
        fact.execution, order.permId, order.clientId, order.orderId, terms.account, terms.conId,
        terms.side, fact.size, fact.price, fact.value, 0, None, order.filled, order.value,
        order.limit, fact.liquidity, fact.exchange, time, terms.ref, terms.model, terms.submitter,
    )  # fmt: skip
    yield whole
    for place, leg in enumerate(fact.legs, 1):
        yield msgspec.structs.replace(
            whole, execution=fact.execution + place, conId=leg.conId, side=leg.side,
            size=leg.size, price=leg.price, value=leg.value, fee=leg.fee, realized=leg.realized,
            filled=share(order.filled, leg.size, fact.size), total=order.legValues[place - 1],
            limit=None, exchange=leg.exchange, leg=place,
        )  # fmt: skip


def corrected_row(order: LiveOrder, fact: ExecutionCorrected) -> FillRow:
    """Build the row of a correction, from its fact and the order after it."""
    terms = order.terms
    return FillRow(
        fact.execution, order.permId, order.clientId, order.orderId, terms.account, terms.conId,
        terms.side, fact.size, fact.price, fact.value, fact.fee, fact.realized, fact.filled,
        fact.total, fact.limit, fact.liquidity, fact.exchange, fact.time, terms.ref, terms.model,
        terms.submitter, revision=fact.revision, was=fact.was, charged=fact.charged,
        wasCharged=fact.wasCharged,
    )  # fmt: skip


def moved_row(order: LiveOrder | None, fact: PositionMoved, time: Nanos) -> FillRow:
    """Build the row of holdings that moved; ``order`` is the one that asked for it."""
    perm_id, client_id, order_id, filled, submitter = 0, TWS_USER, 0, abs(fact.size), ""
    if order is not None:
        perm_id, client_id, order_id = order.permId, order.clientId, order.orderId
        filled, submitter = order.filled, order.terms.submitter
    side = 1 if fact.size > 0 else -1
    return FillRow(
        fact.execution, perm_id, client_id, order_id, fact.account, fact.conId, side,
        abs(fact.size), fact.price, fact.value, 0, fact.realized, filled, fact.value, None, 0,
        fact.exchange, time, "", "", submitter, fact.cause,
    )  # fmt: skip
