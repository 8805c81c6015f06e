"""The live state of the venue, and the fold: how a fact changes it.

``apply`` decides nothing and looks nothing up; the same facts give the same state under any rules,
fees and markets. Finished orders and fills are in the ``Archive``; the state has its digest. All
numbers are integers (``units.py``).
"""

import hashlib
from collections.abc import Callable
from typing import Any

import msgspec

from .archive import Archive, chained
from .broker.ledger import Account, LedgerPosition, pay
from .broker.lifecycle import FILLED, INACTIVE, PRE_SUBMITTED, moved
from .broker.orders import (
    AlgoRun,
    LiveOrder,
    added,
    combination_rows,
    corrected_row,
    fill_row,
    moved_row,
    part_row,
)
from .commands import TWS_USER
from .exchange.matching import ConsumedLiquidity
from .facts import (
    AccountAliasesReplaced,
    AccountOpened,
    AdvisorGroup,
    AdvisorGroupsReplaced,
    AlgoBegan,
    AnyFact,
    CashBooked,
    CashMoved,
    CashSettled,
    CombinationFilled,
    CombinationNamed,
    ComponentBegan,
    Counted,
    DayBegan,
    DayOpened,
    ExecutionCorrected,
    FeePlanChanged,
    FutureSettled,
    InterestAccrued,
    InterestBooked,
    LegFill,
    ManualOrderBound,
    MarginModelChanged,
    OrderActivated,
    OrderAdjusted,
    OrderArrived,
    OrderDeactivated,
    OrderDropped,
    OrderEnded,
    OrderFilled,
    OrderHeld,
    OrderIdsReset,
    OrderMoved,
    OrderPlaced,
    OrderQueued,
    OrderReceived,
    OrderReduced,
    OrderReleased,
    OrderRepeated,
    OrderReplaced,
    OrderRepriced,
    OrderResumed,
    OrderRouted,
    OrderSuspended,
    OrderTouched,
    OrderTriggered,
    OrderWarned,
    PartFilled,
    PermIdUsed,
    PositionAdjusted,
    PositionMoved,
    ScheduleKept,
    SharesMerged,
    SharesRenamed,
    SizeRestored,
    Terms,
)
from .market.source import Quote
from .reference.composition import Composition, is_combination
from .script import Script
from .scripting import ScriptFold
from .special import Held
from .units import Nanos, SizeUnits

replace = msgspec.structs.replace


class State(msgspec.Struct):
    """The live state: accounts, working and held orders, ids, partly consumed quotes."""

    next_perm_id: int
    next_execution: int
    day_end: Nanos = 0
    """End of the current trading day; 0 before the first command."""
    month: int = 0
    """The calendar month of that day, 202604; 0 where no journal has told it yet."""
    accounts: dict[str, Account] = {}
    """Accounts by code, in the order of opening."""
    orders: dict[int, LiveOrder] = {}
    """Working orders by permId, in order of acceptance."""
    ids: dict[int, dict[int, int]] = {}
    """clientId -> orderId -> permId of the working orders."""
    highest_ids: dict[int, int] = {}
    """clientId -> highest order id ever used; it outlives the orders."""
    bound: int = 0
    """The number of negative order ids given to orders of the user of TWS: the last is -n."""
    held: dict[int, dict[int, Terms]] = {}
    """clientId -> orderId -> order that waits for ``transmit``."""
    consumed: dict[int, ConsumedLiquidity] = {}
    kept_until: dict[int, Nanos] = {}
    """Contract -> up to when its coupons, splits and dividends have been carried out."""
    merged: list[int] = []
    """Shares of companies that were taken over."""
    renamed: dict[int, str] = {}
    """Shares that changed their symbol -> the one that they have now."""
    advisor_groups: dict[str, AdvisorGroup] = {}
    """An advisor's groups of accounts by name."""
    aliases: dict[str, str] = {}
    """Account -> the name that an advisor gave it."""
    filled_groups: dict[str, list[str]] = {}
    """Account -> the OCA groups of which an order filled today; they take no other one."""
    script: Script = msgspec.field(default_factory=Script)
    """What is left of a world."""
    facts: int = 0
    """The number of facts folded; a fill of a combination counts once more for each of its legs,
    as each row that is over has a number of its own."""
    orders_since: int = 0
    """The number of the fact with which finished orders last left the archive."""
    fills_since: int = 0
    """The number of the fact with which fills last left it: the last day's end."""
    past: str = "00" * 16
    """Digest of every finished order and every fill."""
    busted: list[int] = []
    """The numbers of the executions that were busted today."""
    combinations: dict[int, Composition] = {}
    """Number -> what it is made of, of every combination that is ordered, or was lately."""
    idle_combinations: list[int] = []
    """Those that no order was about when the day began; they go with the next day."""

    @property
    def busy(self) -> bool:
        """Whether an order of a client works or waits for ``transmit``."""
        if any(self.held.values()):
            return True
        return any(order.clientId != TWS_USER for order in self.orders.values())


class Fold:
    """Folds facts into a state, and finished orders and fills into its archive."""

    def __init__(self, state: State, archive: Archive) -> None:
        self.state = state
        self.archive = archive
        self._rules: dict[type[Any], Callable[[Any, Nanos], LiveOrder | None]] = {
            OrderPlaced: self._placed,
            OrderReplaced: self._replaced,
            OrderMoved: self._moved,
            OrderRepeated: self._repeated,
            OrderTriggered: self._triggered,
            OrderFilled: self._filled,
            PartFilled: self._part_filled,
            OrderEnded: self._ended,
            ManualOrderBound: self._bound,
            OrderSuspended: self._suspended,
            OrderResumed: self._resumed,
            OrderWarned: self._warned,
            OrderRepriced: self._repriced,
            OrderTouched: self._touched,
            OrderQueued: self._queued,
            OrderDeactivated: self._deactivated,
            OrderReceived: self._received,
            OrderRouted: self._routed,
            OrderArrived: self._arrived,
            AlgoBegan: self._algo_began,
            OrderActivated: self._activated,
            OrderReduced: self._reduced,
            SizeRestored: self._restored,
            ComponentBegan: self._component_began,
            OrderAdjusted: self._adjusted,
            OrderHeld: self._held,
            OrderReleased: self._released,
            OrderDropped: self._dropped,
            PermIdUsed: self._perm_id_used,
            OrderIdsReset: self._ids_reset,
            AccountOpened: self._account_opened,
            CashMoved: self._cash_moved,
            MarginModelChanged: self._margin_changed,
            FeePlanChanged: self._plan_changed,
            DayBegan: self._day_began,
            DayOpened: self._day_opened,
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
            **ScriptFold(state).rules,
            CombinationNamed: self._combination_named,
            CombinationFilled: self._combination_filled,
            ExecutionCorrected: self._execution_corrected,
        }

    def apply(self, fact: AnyFact, now: Nanos) -> LiveOrder | None:
        """Fold one fact; return the new version of the order that it concerns, or None."""
        self.state.facts += 1
        return self._rules[type(fact)](fact, now)

    # -- orders ---------------------------------------------------------------------------------

    def _placed(self, fact: OrderPlaced, now: Nanos) -> LiveOrder:
        state = self.state
        order = LiveOrder(
            fact.permId, fact.clientId, fact.orderId, fact.terms, fact.status, fact.whyHeld,
            now, fact.expires, opens=fact.opens, held=fact.held, parent=fact.parent,
            scripted=fact.scripted, arrives=fact.arrives,
        )  # fmt: skip
        state.next_perm_id = fact.permId + 1
        if fact.orderId > state.highest_ids.get(fact.clientId, 0):
            state.highest_ids[fact.clientId] = fact.orderId
        else:
            self._count_id(fact.clientId, fact.orderId)
        if fact.status == INACTIVE:
            return self._over(replace(order, ended=now, bySystem=True))
        self._name(order)
        state.orders[order.permId] = order
        return order

    def _received(self, fact: OrderReceived, now: Nanos) -> LiveOrder:
        order = self.state.orders[fact.permId]
        order = replace(
            order, terms=fact.terms, status=moved(order.status, fact.status),
            whyHeld=fact.whyHeld, accepted=now, expires=fact.expires, opens=fact.opens,
            held=fact.held, scripted=fact.scripted, arrives=0,
        )  # fmt: skip
        if fact.status == INACTIVE:
            return self._over(replace(order, ended=now, bySystem=True))
        return self._kept(order)

    def _routed(self, fact: OrderRouted, now: Nanos) -> LiveOrder:
        order = self.state.orders[fact.permId]
        held = order.held | Held.ROUTED
        return self._kept(replace(order, held=held, arrives=fact.arrives))

    def _arrived(self, fact: OrderArrived, now: Nanos) -> LiveOrder:
        order = self.state.orders[fact.permId]
        held = order.held & ~Held.ROUTED
        return self._kept(replace(order, held=held, arrives=0, routed=True))

    def _replaced(self, fact: OrderReplaced, now: Nanos) -> LiveOrder:
        order = self.state.orders[fact.permId]
        # Less of it keeps its place in a queue, as at exchanges.
        keeps = fact.terms.quantity <= order.terms.quantity and fact.terms.limit == order.limit
        return self._kept(
            replace(
                order,
                ahead=order.ahead if keeps else None,
                terms=fact.terms,
                status=moved(order.status, fact.status),
                whyHeld=fact.whyHeld,
                expires=fact.expires,
                opens=fact.opens,
                held=fact.held,
                movedStop=fact.stop,
                movedLimit=fact.limit,
                touched=False,
                billedSize=0,
                billedValue=0,
                billedBefore=order.legValues,
            )
        )

    def _moved(self, fact: OrderMoved, now: Nanos) -> LiveOrder:
        order = self.state.orders[fact.permId]
        status = moved(order.status, fact.status)
        return self._kept(replace(order, status=status, whyHeld=fact.whyHeld))

    def _repeated(self, fact: OrderRepeated, now: Nanos) -> LiveOrder:
        return self.state.orders[fact.permId]

    def _triggered(self, fact: OrderTriggered, now: Nanos) -> LiveOrder:
        order = self.state.orders[fact.permId]
        status = moved(order.status, "Submitted")
        return self._kept(replace(order, triggered=True, status=status, whyHeld=""))

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

    def _ended(self, fact: OrderEnded, now: Nanos) -> LiveOrder:
        order = self.state.orders[fact.permId]
        status = moved(order.status, fact.status)
        return self._over(
            replace(order, status=status, whyHeld="", ended=now, bySystem=fact.system, arrives=0)
        )

    def _bound(self, fact: ManualOrderBound, now: Nanos) -> LiveOrder:
        state, order = self.state, self.state.orders[fact.permId]
        _forget(state.ids, order.clientId, order.orderId)
        self._count_id(0, fact.orderId)
        order = replace(order, clientId=0, orderId=fact.orderId)
        self._name(order)
        return self._kept(order)

    def _suspended(self, fact: OrderSuspended, now: Nanos) -> LiveOrder:
        order = self.state.orders[fact.permId]
        status = moved(order.status, fact.status)
        return self._kept(
            replace(order, status=status, whyHeld=fact.whyHeld, opens=fact.opens, ahead=None)
        )

    def _resumed(self, fact: OrderResumed, now: Nanos) -> LiveOrder:
        order = self.state.orders[fact.permId]
        status = moved(order.status, fact.status)
        return self._kept(replace(order, status=status, whyHeld=fact.whyHeld, opens=0))

    def _warned(self, fact: OrderWarned, now: Nanos) -> None:
        """Change nothing."""

    def _repriced(self, fact: OrderRepriced, now: Nanos) -> LiveOrder:
        order = self.state.orders[fact.permId]
        stop = order.movedStop if fact.stop is None else fact.stop
        limit = order.movedLimit if fact.limit is None else fact.limit
        ahead = order.ahead if limit == order.movedLimit else None
        return self._kept(replace(order, movedStop=stop, movedLimit=limit, ahead=ahead))

    def _algo_began(self, fact: AlgoBegan, now: Nanos) -> LiveOrder:
        order = self.state.orders[fact.permId]
        run = AlgoRun(fact.begins, fact.ends, fact.volume, fact.price)
        return self._kept(replace(order, run=run))

    def _queued(self, fact: OrderQueued, now: Nanos) -> LiveOrder:
        order = self.state.orders[fact.permId]
        return self._kept(replace(order, ahead=fact.ahead, joined=fact.joined))

    def _touched(self, fact: OrderTouched, now: Nanos) -> LiveOrder:
        order = self.state.orders[fact.permId]
        return self._kept(replace(order, touched=fact.touched))

    def _activated(self, fact: OrderActivated, now: Nanos) -> LiveOrder:
        order = self.state.orders[fact.permId]
        status = moved(order.status, fact.status)
        return self._kept(replace(order, held=fact.held, status=status, whyHeld=fact.whyHeld))

    def _deactivated(self, fact: OrderDeactivated, now: Nanos) -> LiveOrder:
        order = self.state.orders[fact.permId]
        held = order.held & ~Held.ROUTED | Held.INACTIVE
        status = moved(order.status, PRE_SUBMITTED)
        return self._kept(
            replace(
                order, held=held, status=status, whyHeld=fact.whyHeld, expires=fact.expires,
                opens=0, ahead=None, arrives=0,
            )
        )  # fmt: skip

    def _reduced(self, fact: OrderReduced, now: Nanos) -> LiveOrder:
        order = self.state.orders[fact.permId]
        return self._kept(replace(order, terms=replace(order.terms, quantity=fact.quantity)))

    def _restored(self, fact: SizeRestored, now: Nanos) -> LiveOrder:
        order = self.state.orders[fact.permId]
        terms = replace(order.terms, quantity=order.terms.quantity + fact.size)
        return self._kept(replace(order, terms=terms, restored=order.restored + fact.size))

    def _component_began(self, fact: ComponentBegan, now: Nanos) -> LiveOrder:
        order = self.state.orders[fact.permId]
        return self._kept(replace(order, component=(fact.number, fact.until)))

    def _adjusted(self, fact: OrderAdjusted, now: Nanos) -> LiveOrder:
        order = self.state.orders[fact.permId]
        adjusted = replace(order, terms=fact.terms, movedStop=None, movedLimit=None, ahead=None)
        return self._kept(adjusted)

    def _name(self, order: LiveOrder) -> None:
        if order.made:  # it has no id that a client could name
            return
        ids = self.state.ids.get(order.clientId)
        if ids is None:
            ids = self.state.ids[order.clientId] = {}
        ids[order.orderId] = order.permId

    def _kept(self, order: LiveOrder) -> LiveOrder:
        self.state.orders[order.permId] = order
        return order

    def _over(self, order: LiveOrder, fill: bytes = b"") -> LiveOrder:
        """Archive a finished order, with the row of its last fill."""
        state = self.state
        if state.orders.pop(order.permId, None) is not None and not order.made:
            _forget(state.ids, order.clientId, order.orderId)
        row = self.archive.finish(order, state.facts)
        state.past = chained(state.past, fill + row)
        return order

    # -- the API state of TWS ---------------------------------------------------------------------

    def _held(self, fact: OrderHeld, now: Nanos) -> None:
        self.state.held.setdefault(fact.clientId, {})[fact.orderId] = fact.terms
        self._count_id(fact.clientId, fact.orderId)

    def _released(self, fact: OrderReleased, now: Nanos) -> None:
        _forget(self.state.held, fact.clientId, fact.orderId)

    def _dropped(self, fact: OrderDropped, now: Nanos) -> None:
        _forget(self.state.held, fact.clientId, fact.orderId)

    def _perm_id_used(self, fact: PermIdUsed, now: Nanos) -> None:
        self.state.next_perm_id = fact.permId + 1

    def _ids_reset(self, fact: OrderIdsReset, now: Nanos) -> None:
        self._forget_orders()
        entered = self.state.highest_ids.get(TWS_USER)
        self.state.highest_ids.clear()
        if entered is not None:
            self.state.highest_ids[TWS_USER] = entered

    def _forget_orders(self) -> None:
        self.archive.forget_orders()
        self.state.orders_since = self.state.facts

    def _count_id(self, client_id: int, order_id: int) -> None:
        state = self.state
        if order_id > state.highest_ids.get(client_id, 0):
            state.highest_ids[client_id] = order_id
        elif client_id not in state.highest_ids:
            state.highest_ids[client_id] = 0
        if -order_id > state.bound:
            state.bound = -order_id

    # -- accounts and days ------------------------------------------------------------------------

    def _account_opened(self, fact: AccountOpened, now: Nanos) -> None:
        self.state.accounts[fact.account] = Account(
            fact.account, fact.currency, {fact.currency: 0}, advisor=fact.advisor,
            traded=dict(self._advised[0].traded) if self._advised else {},
        )  # fmt: skip

    @property
    def _advised(self) -> list[Account]:
        """All accounts of an advisor's login; nothing at another one."""
        every = list(self.state.accounts.values())
        return every if any(one.advisor for one in every) else []

    def _count(self, code: str, counted: Counted) -> None:
        """Count what was traded towards the tiers of the month."""
        name, amount = counted
        for account in self._advised or (self.state.accounts[code],):
            account.traded[name] = max(0, account.traded.get(name, 0) + amount)

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
        self.state.accounts[fact.account].start_day(fact.equity, dict(fact.values), fact.sma)

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
        for currency, amount in fact.cash:
            pay(account, currency, amount)
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


def _book(account: Account, con_id: int, fact: OrderFilled | LegFill | PartFilled) -> None:
    """Book a fill into an account."""
    position = account.positions.get(con_id)
    if position is None:
        position = account.positions[con_id] = LedgerPosition()
    position.quantity, position.cost = fact.position, fact.cost
    position.settled = fact.settled
    position.realized += fact.realized or 0
    account.sma += fact.memo
    cash = account.cash
    for currency, amount in fact.cash:
        cash[currency] = cash.get(currency, 0) + amount
        if fact.settles and amount > 0:
            waits = account.unsettled.setdefault(fact.settles, {})
            waits[currency] = waits.get(currency, 0) + amount


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


def _forget(known: dict[int, dict[int, Any]], client_id: int, order_id: int) -> None:
    """Remove an id, and the entry of a client without ids."""
    mine = known[client_id]
    del mine[order_id]
    if not mine:
        del known[client_id]


def canonical(state: State) -> bytes:
    """Encode the state as text that is equal on every machine and for every hash seed."""
    # Integer keys become texts first: only texts can be sorted.
    plain = msgspec.to_builtins(state, str_keys=True)
    return msgspec.json.encode(plain, order="deterministic")


def fingerprint(state: State) -> str:
    """Return a 128-bit hash of the canonical text."""
    return hashlib.blake2b(canonical(state), digest_size=16).hexdigest()
