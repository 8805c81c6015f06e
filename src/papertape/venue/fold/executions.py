"""Folds fills, corrections and busts."""

import msgspec

from ..archive import Archive, chained
from ..broker.ledger import Account, LedgerPosition, pay
from ..broker.lifecycle import FILLED, moved
from ..broker.orders import LiveOrder, added, combination_rows, corrected_row, fill_row, part_row
from ..exchange.matching import ConsumedLiquidity
from ..facts import (
    CombinationFilled,
    CombinationNamed,
    ExecutionCorrected,
    LegFill,
    OrderFilled,
    PartFilled,
    Terms,
)
from ..market.source import Quote
from ..state import State
from ..units import Nanos, SizeUnits
from .part import FoldPart, Rules, book_cash

replace = msgspec.structs.replace


class ExecutionFold(FoldPart):
    """Folds fills, corrections and busts."""

    def __init__(self, state: State, archive: Archive) -> None:
        super().__init__(state, archive)
        self.rules: Rules = {
            OrderFilled: self._filled,
            PartFilled: self._part_filled,
            CombinationNamed: self._combination_named,
            CombinationFilled: self._combination_filled,
            ExecutionCorrected: self._execution_corrected,
        }

    def _filled(self, fact: OrderFilled, now: Nanos) -> LiveOrder:
        state, order = self.state, self.state.orders[fact.permId]
        terms, over = order.terms, fact.status == FILLED
        order = LiveOrder(
            order.permId, order.clientId, order.orderId, terms,
            moved(order.status, fact.status), "", order.accepted, order.expires,
            order.triggered, order.filled + fact.size, order.value + fact.value, fact.price,
            order.fees + fact.fee, order.billedSize + fact.size, order.billedValue + fact.value,
            now if over else 0, over, 0, 0, order.parent, order.movedStop, order.movedLimit, False,
            fact.given, order.run, (), (), order.ahead, order.joined, 0, order.routed,
            order.scripted, order.corrected, added(order.charged, fact.charged),
            order.restored, order.component,
        )  # fmt: skip
        state.next_execution = fact.execution + 1
        if not fact.given:  # else the books are those of its parts
            _book(state.accounts[terms.account], terms.conId, fact)
        if fact.counted is not None:
            self._count(terms.account, fact.counted)
        self._consume(terms.conId, terms.side, fact.size, fact.quote)
        row = self.archive.fill(fill_row(order, fact, now), state.facts)
        if over:
            if terms.special is not None:
                self._fill_group(terms)
            return self._over(order, row)
        state.past = chained(state.past, row)
        return self._kept(order)

    def _part_filled(self, fact: PartFilled, now: Nanos) -> LiveOrder:
        state = self.state
        order = state.orders.get(fact.permId) or self.archive.order(fact.permId)
        assert order is not None, f"a part of an unknown order {fact.permId}"
        con_id, account = order.terms.conId, state.accounts[fact.account]
        state.next_execution = fact.execution + 1
        _book(account, con_id, fact)
        row = self.archive.fill(part_row(order, fact, now), state.facts)
        state.past = chained(state.past, row)
        return order

    def _fill_group(self, terms: Terms) -> None:
        if terms.special is not None and terms.special.oca:
            groups = self.state.filled_groups.setdefault(terms.account, [])
            if terms.special.oca not in groups:
                groups.append(terms.special.oca)

    def _combination_named(self, fact: CombinationNamed, now: Nanos) -> None:
        self.state.combinations[fact.number] = fact.composition

    def _combination_filled(self, fact: CombinationFilled, now: Nanos) -> LiveOrder:
        state, order = self.state, self.state.orders[fact.permId]
        terms, over = order.terms, fact.status == FILLED
        before = order.legValues or (0,) * len(fact.legs)
        order = replace(
            order, status=moved(order.status, fact.status), whyHeld="",
            filled=order.filled + fact.size, value=order.value + fact.value, lastPrice=fact.price,
            fees=order.fees + fact.fee, billedSize=order.billedSize + fact.size,
            billedValue=order.billedValue + fact.value, ended=now if over else 0, bySystem=over,
            legValues=tuple(b + leg.value for b, leg in zip(before, fact.legs, strict=True)),
        )  # fmt: skip
        state.next_execution = fact.execution + 1 + len(fact.legs)
        for leg in fact.legs:
            _book(state.accounts[terms.account], leg.conId, leg)
            if leg.counted is not None:
                self._count(terms.account, leg.counted)
            self._consume(leg.conId, leg.side, leg.size, leg.quote)
        first, *others = combination_rows(order, fact, now)
        row = self.archive.fill(first, state.facts)
        for other in others:
            state.facts += 1
            row += self.archive.fill(other, state.facts)
        if over:
            self._fill_group(terms)
            return self._over(order, row)
        state.past = chained(state.past, row)
        return self._kept(order)

    def _execution_corrected(self, fact: ExecutionCorrected, now: Nanos) -> LiveOrder:
        state = self.state
        order = state.orders.get(fact.permId) or self.archive.order(fact.permId)
        assert order is not None, f"a correction of an unknown order {fact.permId}"
        size, value, fee = fact.was
        change = fact.size - size, fact.value - value, fact.fee - fee
        billed = order.billedSize + change[0]
        order = replace(
            order, filled=order.filled + change[0], value=order.value + change[1],
            fees=order.fees + change[2],
            charged=added(added(order.charged, fact.wasCharged, -1), fact.charged),
            lastPrice=fact.lastPrice, corrected=True,
            billedSize=max(0, billed),
            billedValue=max(0, order.billedValue + change[1]) if billed > 0 else 0,
        )  # fmt: skip
        _correct(state.accounts[order.terms.account], order.terms.conId, fact)
        if fact.counted is not None:
            self._count(order.terms.account, fact.counted)
        if not fact.size:
            state.busted.append(fact.execution)
        row = self.archive.fill(corrected_row(order, fact), state.facts)
        if order.done:
            row += self.archive.finish(order, state.facts)
        state.past = chained(state.past, row)
        return order if order.done else self._kept(order)

    def _consume(self, con_id: int, side: int, size: SizeUnits, quote: Quote | None) -> None:
        if quote is None:
            return
        consumed = self.state.consumed.get(con_id)
        if consumed is None or consumed.quote != quote:
            consumed = self.state.consumed[con_id] = ConsumedLiquidity(quote)
        if side > 0:
            consumed.ask += size
        else:
            consumed.bid += size


def _book(account: Account, con_id: int, fact: OrderFilled | LegFill | PartFilled) -> None:
    """Book a fill into an account."""
    position = account.positions.get(con_id)
    if position is None:
        position = account.positions[con_id] = LedgerPosition()
    position.quantity, position.cost = fact.position, fact.cost
    position.settled = fact.settled
    position.realized += fact.realized or 0
    account.sma += fact.memo
    book_cash(account, fact.cash, fact.settles)


def _correct(account: Account, con_id: int, fact: ExecutionCorrected) -> None:
    """Book a correction into an account."""
    position = account.positions.setdefault(con_id, LedgerPosition())
    position.quantity, position.cost = fact.position, fact.cost
    position.settled = fact.settled
    position.realized += fact.profit
    account.sma += fact.memo
    for currency, amount in fact.cash:
        pay(account, currency, amount)
        waits = account.unsettled.get(fact.settles, {})
        if currency in waits:
            waits[currency] = max(0, waits[currency] + amount)
