"""Folds days, and what happens to accounts without a trade of theirs."""

import msgspec

from ..archive import Archive, chained
from ..broker.ledger import Account, LedgerPosition, pay
from ..broker.lifecycle import FILLED, moved
from ..broker.orders import LiveOrder, moved_row
from ..facts import (
    AccountAliasesReplaced,
    AccountOpened,
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
from ..reference.composition import is_combination
from ..state import State
from ..units import Nanos
from .part import FoldPart, Rules, book_cash

replace = msgspec.structs.replace


class AccountFold(FoldPart):
    """Folds days, and what happens to accounts without a trade of theirs."""

    def __init__(self, state: State, archive: Archive) -> None:
        super().__init__(state, archive)
        self.rules: Rules = {
            AccountOpened: self._account_opened,
            CashMoved: self._cash_moved,
            MarginModelChanged: self._margin_changed,
            FeePlanChanged: self._plan_changed,
            DayBegan: self._day_began,
            DayOpened: self._day_opened,
            ProfitsBegan: self._profits_began,
            FutureSettled: self._future_settled,
            PositionMoved: self._position_moved,
            CashSettled: self._cash_settled,
            PositionAdjusted: self._position_adjusted,
            CashBooked: self._cash_booked,
            InterestAccrued: self._interest_accrued,
            InterestBooked: self._interest_booked,
            ScheduleKept: self._schedule_kept,
            SharesMerged: self._shares_merged,
            SharesRenamed: self._shares_renamed,
            AdvisorGroupsReplaced: self._groups_replaced,
            AccountAliasesReplaced: self._aliases_replaced,
        }

    def _account_opened(self, fact: AccountOpened, now: Nanos) -> None:
        self.state.accounts[fact.account] = Account(
            fact.account, fact.currency, {fact.currency: 0}, advisor=fact.advisor,
            traded=dict(self._advised[0].traded) if self._advised else {},
        )  # fmt: skip

    def _groups_replaced(self, fact: AdvisorGroupsReplaced, now: Nanos) -> None:
        self.state.advisor_groups = {group.name: group for group in fact.groups}

    def _aliases_replaced(self, fact: AccountAliasesReplaced, now: Nanos) -> None:
        self.state.aliases = dict(fact.aliases)

    def _cash_moved(self, fact: CashMoved, now: Nanos) -> None:
        self.state.accounts[fact.account].receive(fact.currency, fact.amount, fact.equity)

    def _margin_changed(self, fact: MarginModelChanged, now: Nanos) -> None:
        self.state.accounts[fact.account].margin = fact.model

    def _plan_changed(self, fact: FeePlanChanged, now: Nanos) -> None:
        self.state.accounts[fact.account].plan = fact.plan

    def _day_began(self, fact: DayBegan, now: Nanos) -> None:
        if self.state.day_end:
            self._forget_orders()
            self.archive.forget_fills()
            self.state.fills_since = self.state.facts
            self.state.filled_groups.clear()
            self.state.busted.clear()
            self._forget_combinations()
        self.state.day_end = fact.end
        if fact.month != self.state.month:
            self.state.month = fact.month
            for account in self.state.accounts.values():
                account.traded.clear()

    def _forget_combinations(self) -> None:
        """Forget combinations that no order has been about for a day."""
        state = self.state
        waiting = (one for mine in state.held.values() for one in mine.values())
        working = (order.terms for order in state.orders.values())
        used = {terms.conId for terms in (*waiting, *working) if is_combination(terms.conId)}
        for number in state.idle_combinations:
            if number not in used:
                state.combinations.pop(number, None)
        state.idle_combinations = [one for one in state.combinations if one not in used]

    def _day_opened(self, fact: DayOpened, now: Nanos) -> None:
        account = self.state.accounts[fact.account]
        account.start_day(fact.equity, dict(fact.values), fact.sma)
        account.carried = {number: (gained, own) for number, gained, own in fact.carried}
        account.carried_equity = fact.carriedEquity

    def _profits_began(self, fact: ProfitsBegan, now: Nanos) -> None:
        account = self.state.accounts[fact.account]
        for number, gained, realized in fact.carried:
            if gained or realized:
                account.carried[number] = gained, realized
            else:
                account.carried.pop(number, None)
        account.carried_equity = fact.equity

    def _future_settled(self, fact: FutureSettled, now: Nanos) -> None:
        account = self.state.accounts[fact.account]
        account.positions[fact.conId].settled = fact.settled
        for currency, amount in fact.cash:
            pay(account, currency, amount)

    def _cash_settled(self, fact: CashSettled, now: Nanos) -> None:
        del self.state.accounts[fact.account].unsettled[fact.day]

    def _position_adjusted(self, fact: PositionAdjusted, now: Nanos) -> None:
        account = self.state.accounts[fact.account]
        position = account.positions.setdefault(fact.conId, LedgerPosition())
        account.adjust(fact.conId, fact.size, fact.settled - position.settled)
        position.quantity, position.cost = fact.position, fact.cost
        position.settled = fact.settled
        position.realized += fact.realized
        values = account.opening_values
        values[fact.conId] = values.get(fact.conId, 0) + fact.value
        account.opening_equity += fact.equity

    def _cash_booked(self, fact: CashBooked | InterestBooked, now: Nanos) -> None:
        account = self.state.accounts[fact.account]
        for currency, amount in fact.cash:
            pay(account, currency, amount)
            before = account.opening_cash.get(currency, 0)
            account.opening_cash[currency] = before + amount
        account.sma += fact.memo

    def _interest_accrued(self, fact: InterestAccrued, now: Nanos) -> None:
        amounts = self.state.accounts[fact.account].accrued.setdefault(fact.day, {})
        for currency, amount in fact.cash:
            amounts[currency] = amounts.get(currency, 0) + amount

    def _interest_booked(self, fact: InterestBooked, now: Nanos) -> None:
        del self.state.accounts[fact.account].accrued[fact.day]
        self._cash_booked(fact, now)

    def _schedule_kept(self, fact: ScheduleKept, now: Nanos) -> None:
        self.state.kept_until[fact.conId] = fact.until

    def _shares_merged(self, fact: SharesMerged, now: Nanos) -> None:
        self.state.merged.append(fact.conId)

    def _shares_renamed(self, fact: SharesRenamed, now: Nanos) -> None:
        self.state.renamed[fact.conId] = fact.symbol

    def _position_moved(self, fact: PositionMoved, now: Nanos) -> LiveOrder | None:
        state = self.state
        state.next_execution = fact.execution + 1
        account = state.accounts[fact.account]
        position = account.positions.setdefault(fact.conId, LedgerPosition())
        position.quantity, position.cost = fact.position, fact.cost
        position.settled = fact.settled
        position.realized += fact.realized or 0
        book_cash(account, fact.cash, fact.settles)
        order = state.orders.get(fact.permId)
        if order is not None:
            order = replace(order, filled=order.filled + abs(fact.size))
            if not order.remaining:
                order = replace(order, status=moved(order.status, FILLED), ended=now)
        row = self.archive.fill(moved_row(order, fact, now), state.facts)
        if order is not None and order.done:
            return self._over(order, row)
        state.past = chained(state.past, row)
        return None if order is None else self._kept(order)
