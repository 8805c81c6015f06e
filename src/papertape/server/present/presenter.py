"""Venue facts as events that sessions are told of: which records, in which order."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

from ...venue import facts
from ...venue.broker.lifecycle import INACTIVE, PENDING_CANCEL, PRE_SUBMITTED
from ...venue.broker.orders import (
    FillRow,
    LiveOrder,
    added,
    combination_rows,
    corrected_row,
    fill_row,
    moved_row,
    part_row,
)
from ...venue.engine import Happened
from ...venue.reference.instruments import Refusal
from ...venue.tws.api_orders import CancelledFor, Refused, WhatIf
from ...venue.units import CashMicros
from . import events
from .events import Event, OrderView
from .views import Views

replace = msgspec.structs.replace
VOLATILITY = "VOL"
DISCARDED = "Order was discarded"
"""Of an order that never left TWS, as captured."""


PLACED = (facts.OrderPlaced, facts.OrderReceived)
Place = tuple[str, int]
"""An account, and an instrument that it holds or held."""


def _moved_by_fill(one: Happened) -> tuple[Place, ...]:
    assert isinstance(one.fact, facts.OrderFilled) and one.order is not None
    return () if one.fact.given else ((one.order.terms.account, one.order.terms.conId),)


def _moved_by_correction(one: Happened) -> tuple[Place, ...]:
    assert one.order is not None
    return ((one.order.terms.account, one.order.terms.conId),)


def _moved_by_part(one: Happened) -> tuple[Place, ...]:
    assert isinstance(one.fact, facts.PartFilled) and one.order is not None
    return ((one.fact.account, one.order.terms.conId),)


def _moved_by_combination(one: Happened) -> tuple[Place, ...]:
    assert isinstance(one.fact, facts.CombinationFilled) and one.order is not None
    return tuple((one.order.terms.account, leg.conId) for leg in one.fact.legs)


def _moved_without_trade(one: Happened) -> tuple[Place, ...]:
    assert isinstance(one.fact, facts.PositionMoved | facts.PositionAdjusted)
    return ((one.fact.account, one.fact.conId),)


MOVES: Final[Mapping[type[Any], Callable[[Happened], tuple[Place, ...]]]] = {
    facts.OrderFilled: _moved_by_fill,
    facts.ExecutionCorrected: _moved_by_correction,
    facts.PartFilled: _moved_by_part,
    facts.CombinationFilled: _moved_by_combination,
    facts.PositionMoved: _moved_without_trade,
    facts.PositionAdjusted: _moved_without_trade,
}
"""Facts that change holdings, and which."""


class Presenter:
    """Knows what each kind of fact is told as."""

    def __init__(self, views: Views) -> None:
        self._views = views
        self._rules: dict[type[Any], Callable[[Happened], Iterator[Event]]] = {
            facts.OrderPlaced: self._placed,
            facts.OrderReceived: self._placed,
            facts.OrderReplaced: self._plain(events.OrderReplacedEvent),
            facts.OrderMoved: self._moved,
            facts.OrderRepeated: self._plain(events.OrderAcknowledged),
            facts.OrderTriggered: self._plain(events.OrderElected),
            facts.OrderFilled: self._filled,
            facts.PartFilled: self._part_filled,
            facts.ExecutionCorrected: self._corrected,
            facts.CombinationFilled: self._combination_filled,
            facts.OrderEnded: self._ended,
            facts.ManualOrderBound: self._plain(events.OrderBoundEvent),
            facts.OrderSuspended: self._plain(events.OrderAcknowledged),
            facts.OrderResumed: self._plain(events.OrderAcknowledged),
            facts.OrderWarned: self._warned,
            facts.OrderRepriced: self._repriced,
            facts.OrderDeactivated: self._plain(events.OrderAcknowledged),
            facts.OrderActivated: self._plain(events.OrderAcknowledged),
            facts.OrderReduced: self._plain(events.OrderReplacedEvent),
            facts.SizeRestored: self._plain(events.OrderReplacedEvent),
            facts.OrderAdjusted: self._plain(events.OrderReplacedEvent),
            facts.OrderDropped: self._dropped,
            facts.AccountOpened: self._account,
            facts.CashMoved: self._account,
            facts.MarginModelChanged: self._account,
            facts.FutureSettled: self._account,
            facts.PositionMoved: self._position_moved,
            facts.CashBooked: self._account,
            facts.InterestAccrued: self._account,
            facts.InterestBooked: self._account,
            facts.SharesRenamed: self._renamed,
            Refused: self._refused,
            WhatIf: self._what_if,
            CancelledFor: self._cancelled_for,
        }

    def events(self, happened: Iterable[Happened]) -> tuple[Event, ...]:
        """What is told of a turn's facts; what their fills moved comes once, at the end."""
        told: list[Event] = []
        moved: dict[Place, None] = {}
        for one in happened:
            rule = self._rules.get(type(one.fact))
            if rule is not None:
                told += rule(one)
            moves = MOVES.get(type(one.fact))
            if moves is not None:
                moved.update(dict.fromkeys(moves(one)))
        told += [events.PositionChanged(*place) for place in moved]
        told += [events.AccountChanged(code) for code in dict.fromkeys(code for code, _ in moved)]
        return tuple(told)

    def _plain(self, kind: Any) -> Callable[[Happened], Iterator[Event]]:
        def told(one: Happened) -> Iterator[Event]:
            assert one.order is not None
            yield kind(self._views.order(one.order))

        return told

    def _placed(self, one: Happened) -> Iterator[Event]:
        assert isinstance(one.fact, PLACED) and one.order is not None
        view = self._views.first(one.order)
        if isinstance(one.fact, facts.OrderPlaced) and one.fact.bound:
            yield events.OrderBoundEvent(view)
        if one.fact.reason is not None:
            reason = one.fact.reason
            yield events.OrderRejectedEvent(view, reason.code, reason.facts, reason.variant)
        elif one.fact.status == INACTIVE:
            yield events.OrderInactive(view)
        elif one.fact.status == PENDING_CANCEL:
            yield events.CancelPending(view)
        else:
            yield events.OrderAccepted(view)

    def _moved(self, one: Happened) -> Iterator[Event]:
        assert isinstance(one.fact, facts.OrderMoved) and one.order is not None
        pending = one.fact.status == PENDING_CANCEL
        kind = events.CancelPending if pending else events.OrderAcknowledged
        yield kind(self._views.order(one.order))

    def _repriced(self, one: Happened) -> Iterator[Event]:
        """TWS tells where a trailing stop or a pegged limit stands when it is asked, not with each
        step; that of a volatility order is a matter of the settings."""
        assert one.order is not None
        if one.order.terms.orderType == VOLATILITY:
            yield events.VolatilityRepriced(self._views.order(one.order))
            return
        special = one.order.terms.extras
        if not one.order.waits and special.peg is None and special.components is None:
            yield events.OrderAcknowledged(self._views.order(one.order))

    def _filled(self, one: Happened) -> Iterator[Event]:
        assert isinstance(one.fact, facts.OrderFilled) and one.order is not None
        fill = fill_row(one.order, one.fact, one.time)
        before = self._views.order(_before(one.order, one.fact.fee, one.fact.charged))
        yield from self._traded(one, fill, before)

    def _corrected(self, one: Happened) -> Iterator[Event]:
        """A correction is told as an execution is, with its own id; of a bust, which has none, the
        order as it stands now."""
        fact = one.fact
        assert isinstance(fact, facts.ExecutionCorrected) and one.order is not None
        if not fact.size:
            yield events.OrderAcknowledged(self._views.order(one.order))
            yield events.TradeBusted(one.order.terms.conId)
            return
        fill, fee = corrected_row(one.order, fact), fact.fee - fact.was[2]
        before = self._views.order(_before(one.order, fee, fill.paid))
        contract, execution = self._views.execution(fill)
        yield events.Traded(before, contract, execution, fact.time)
        report = self._views.report(fill)
        yield events.CommissionCharged(self._views.order(one.order), report)

    def _part_filled(self, one: Happened) -> Iterator[Event]:
        assert isinstance(one.fact, facts.PartFilled) and one.order is not None
        fill = part_row(one.order, one.fact, one.time)
        contract, execution = self._views.execution(fill)
        report, view = self._views.report(fill), self._views.order(one.order)
        yield events.PartTraded(view, contract, execution, one.time, report)

    def _combination_filled(self, one: Happened) -> Iterator[Event]:
        """The combination, then each of its legs, then what the legs cost, as TWS tells it."""
        fact = one.fact
        assert isinstance(fact, facts.CombinationFilled) and one.order is not None
        fill, *legs = combination_rows(one.order, fact, one.time)
        before = self._views.order(_before(one.order, fact.fee))
        contract, execution = self._views.execution(fill)
        yield events.Traded(before, contract, execution, one.time, fill.conId)
        for leg in legs:
            yield events.LegTraded(before, *self._views.execution(leg), one.time)
        charged, (first, *others) = self._views.order(one.order), map(self._views.report, legs)
        yield events.CommissionCharged(charged, first)
        for report in others:
            yield events.LegCharged(charged, report)

    def _position_moved(self, one: Happened) -> Iterator[Event]:
        """An exercise is told to its client like a fill; what came about by itself has no order."""
        assert isinstance(one.fact, facts.PositionMoved)
        if one.order is not None:
            fill = moved_row(one.order, one.fact, one.time)
            yield from self._traded(one, fill, self._views.order(one.order))

    def _traded(self, one: Happened, fill: FillRow, before: OrderView) -> Iterator[Event]:
        assert one.order is not None
        charged = self._views.order(one.order)
        contract, execution = self._views.execution(fill)
        yield events.Traded(before, contract, execution, one.time)
        yield events.CommissionCharged(charged, self._views.report(fill))

    def _ended(self, one: Happened) -> Iterator[Event]:
        assert isinstance(one.fact, facts.OrderEnded) and one.order is not None
        reason, view = one.fact.reason, self._views.order(one.order)
        if one.fact.status == INACTIVE:
            yield events.OrderInactive(view)
            return
        assert reason is not None, "an order ended without a word"
        yield events.OrderCancelled(view, reason.code, reason.facts, reason.variant)

    def _cancelled_for(self, one: Happened) -> Iterator[Event]:
        """As captured: the client that cancels another's order is told of it with its own id."""
        assert isinstance(one.fact, CancelledFor)
        view = replace(self._views.order(one.fact.order), clientId=one.fact.clientId)
        yield events.OtherCancelled(view, 202, {"reason": ""})

    def _dropped(self, one: Happened) -> Iterator[Event]:
        """A held order never got a permanent id, unless TWS discarded it."""
        fact = one.fact
        assert isinstance(fact, facts.OrderDropped)
        held = LiveOrder(
            fact.permId, fact.clientId, fact.orderId, fact.terms, PRE_SUBMITTED, "", one.time, 0
        )
        ended = replace(held, status="Cancelled", ended=one.time)
        reason = DISCARDED if fact.permId else ""
        yield events.OrderCancelled(self._views.order(ended), 202, {"reason": reason})

    def _account(self, one: Happened) -> Iterator[Event]:
        yield events.AccountChanged(one.fact.account)  # type: ignore[union-attr]

    def _renamed(self, one: Happened) -> Iterator[Event]:
        assert isinstance(one.fact, facts.SharesRenamed)
        yield events.SharesRenamedEvent(one.fact.conId)

    def _refused(self, one: Happened) -> Iterator[Event]:
        assert isinstance(one.fact, Refused)
        reason: Refusal = one.fact.reason
        yield events.RequestRefusedEvent(
            one.fact.clientId, one.fact.orderId, reason.code, reason.facts, reason.variant
        )

    def _warned(self, one: Happened) -> Iterator[Event]:
        fact = one.fact
        assert isinstance(fact, facts.OrderWarned)
        reason = fact.reason
        yield events.OrderWarnedEvent(
            fact.clientId, fact.orderId, reason.code, reason.facts, reason.variant
        )

    def _what_if(self, one: Happened) -> Iterator[Event]:
        assert isinstance(one.fact, WhatIf)
        numbers = self._views.margin_numbers(one.fact.order, one.fact.effect)
        yield events.WhatIfAnswered(self._views.order(one.fact.order, numbers))


def _before(order: LiveOrder, fee: CashMicros, charged: facts.Charge | None = None) -> LiveOrder:
    """An order as it was before a fill had its fee."""
    return replace(order, fees=order.fees - fee, charged=added(order.charged, charged, -1))
