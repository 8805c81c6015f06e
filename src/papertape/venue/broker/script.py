"""The broker's part of a world: which rule an order comes under, and what is done with it.

An order under a rule is accepted, checked and paid for like any other; only who fills it, and when,
is the rule's. Decisions are generators, as everywhere.
"""

from collections.abc import Callable, Iterator
from typing import Protocol

import msgspec

from ...codes import VERBATIM
from ..commands import TWS_USER
from ..exchange.matching import touch
from ..exchange.top_of_book import TopOfBook
from ..facts import (
    ActDone,
    AnyFact,
    MatchingSet,
    OrderEnded,
    OrderFilled,
    OrderPlaced,
    OrderTriggered,
    OrderWarned,
    PositionAdjusted,
    RuleMatched,
    RuleSet,
    TapeWritten,
    Terms,
)
from ..reference.instruments import Instruments, Refusal
from ..script import (
    CANCEL,
    FILL,
    FILL_RULES,
    MOST_ACTS,
    MOST_LATENCY,
    MOST_MARKS,
    MOST_RULES,
    MOST_WAITING,
    NANO,
    WARN,
    ActOnOrder,
    OrderRule,
    Script,
    ScriptAct,
    ScriptCommand,
    ScriptRefused,
    SetHolding,
    SetMatching,
    SetRule,
    WriteTape,
    cost_of,
)
from ..units import (
    RATE_SCALE,
    SECOND,
    SIZE_SCALE,
    Nanos,
    PriceUnits,
    notional,
    quotient_text,
    scaled,
)
from . import lifecycle
from .fills import Fills
from .ledger import FLAT, Account
from .margin import MarginCalculator
from .matching_rules import PresentRules
from .orders import REMOVED, LiveOrder

replace = msgspec.structs.replace
Deed = Iterator[AnyFact]


class ScriptedState(Protocol):
    """The part of the state that the script depends on."""

    script: Script
    orders: dict[int, LiveOrder]
    accounts: dict[str, Account]


class BrokerScript:
    """Decides what a world's rules and commands do."""

    def __init__(
        self,
        state: ScriptedState,
        instruments: Instruments,
        top: TopOfBook,
        fills: Fills,
        margin: MarginCalculator,
        traded: Callable[[LiveOrder, OrderFilled], Deed],
        cancelled: Callable[[int, Refusal], Deed],
        ended: Callable[[LiveOrder], Deed],
        rules: PresentRules,
    ) -> None:
        """``traded`` and ``ended`` are what follows a fill and an end, ``cancelled`` is how the
        system cancels."""
        self._state = state
        self._instruments = instruments
        self._top = top
        self._fills = fills
        self._margin = margin
        self._traded = traded
        self._cancelled = cancelled
        self._ended = ended
        self._rules = rules

    # -- orders that come -------------------------------------------------------------------------

    def rule_for(self, client_id: int, terms: Terms) -> int:
        """Return the number of the rule that a new order comes under; 0 for none. Rules for one
        order go before those for every one."""
        rules = self._state.script.rules
        if not rules or terms.exercise:
            return 0
        fitting = [n for n, rule in rules.items() if _fits(rule, client_id, terms)]
        return min(fitting, key=lambda number: (rules[number].every, number), default=0)

    def place(self, number: int, placed: OrderPlaced, again: Callable[[int], Deed]) -> Deed:
        """Accept an order under a rule, or refuse it as the rule says; ``again`` repeats its
        pair."""
        rule, perm_id = self._state.script.rules[number], placed.permId
        yield RuleMatched(number, perm_id)
        refused = rule.rejects
        if refused is not None:
            reason = Refusal(refused.code, {"text": refused.text}, VERBATIM)
            yield replace(placed, status=lifecycle.INACTIVE, reason=reason)
            return
        yield replace(placed, status=lifecycle.SUBMITTED, scripted=True)
        now = [n for n, one in self._state.script.waiting.items() if one.permId == perm_id]
        now = [n for n in now if not self._state.script.waiting[n].act.after]
        if not now:
            yield from again(perm_id)
        for one in now:
            yield from self.ring(one)

    def ring(self, number: int) -> Deed:
        """Carry out an act whose time has come."""
        waiting = self._state.script.waiting.get(number)
        if waiting is None:
            return
        order = self._state.orders.get(waiting.permId)
        if _left_out(order, waiting.act):
            yield ActDone(number, waiting.permId, "")
            return
        problem = "the order has ended" if order is None else self._problem(order, waiting.act)
        yield ActDone(number, waiting.permId, problem)
        if order is not None and not problem:
            yield from self._act(order, waiting.act)

    # -- commands ---------------------------------------------------------------------------------

    def decide(self, command: ScriptCommand, now: Nanos) -> Deed:
        """Decide a command. Raises ``ScriptRefused`` when it cannot be carried out."""
        match command:
            case WriteTape():
                yield self._tape(command, now)
            case SetRule():
                yield self._rule(command.rule)
            case ActOnOrder():
                yield from self._asked(command)
            case SetHolding():
                yield self._holding(command)
            case SetMatching():
                yield self._matching(command)

    def _tape(self, command: WriteTape, now: Nanos) -> TapeWritten:
        marks, script = command.marks, self._state.script
        if self._instruments.get(command.conId) is None:
            raise ScriptRefused(f"there is no contract {command.conId}")
        if len(marks) + script.marks > MOST_MARKS:
            raise ScriptRefused(f"the tapes of a world have {MOST_MARKS} marks at most")
        times = [mark.time for mark in marks]
        if not marks or times[0] <= now or times != sorted(times):
            raise ScriptRefused("marks are in order of time and later than now")
        return TapeWritten(command.conId, marks)

    def _rule(self, rule: OrderRule) -> RuleSet:
        script = self._state.script
        if len(script.rules) >= MOST_RULES:
            raise ScriptRefused(f"{MOST_RULES} rules wait for an order, which is the most")
        if len(rule.acts) > MOST_ACTS or len(script.waiting) + len(rule.acts) > MOST_WAITING:
            raise ScriptRefused(f"a rule has {MOST_ACTS} acts at most, all have {MOST_WAITING}")
        return RuleSet(script.set + 1, rule)

    def _asked(self, command: ActOnOrder) -> Deed:
        order = self._state.orders.get(command.permId)
        if _left_out(order, command.act):
            return
        if order is None:
            raise ScriptRefused(f"no order with the permId {command.permId} works")
        problem = self._problem(order, command.act)
        if problem:
            raise ScriptRefused(problem)
        yield ActDone(0, command.permId, "")
        yield from self._act(order, command.act)

    def _matching(self, command: SetMatching) -> MatchingSet:
        given = {name: getattr(command, name) for name in command.__struct_fields__}
        rules = replace(
            self._rules.rules, **{name: value for name, value in given.items() if value is not None}
        )
        if rules.fill_rule not in FILL_RULES:
            raise ScriptRefused(f"{rules.fill_rule!r} is no fill rule: {', '.join(FILL_RULES)}")
        for latency in (rules.acknowledged, rules.routed):
            if not 0 <= latency <= MOST_LATENCY:
                raise ScriptRefused(f"an order is {MOST_LATENCY // SECOND} s on its way at most")
        if not 0 <= rules.spread <= RATE_SCALE:
            raise ScriptRefused("a latency is spread by 0 to 100 percent of itself")
        return MatchingSet(rules)

    def _holding(self, command: SetHolding) -> PositionAdjusted:
        account = self._state.accounts.get(command.account)
        entry = self._instruments.get(command.conId)
        if account is None:
            known = ", ".join(self._state.accounts) or "none"
            raise ScriptRefused(f"there is no account {command.account[:40]!r}; there are: {known}")
        if entry is None:
            raise ScriptRefused(f"there is no contract {command.conId}")
        if entry.daily or entry.secType == "CASH":
            raise ScriptRefused(f"a position in {entry.symbol} {entry.secType} comes by trade only")
        price = command.price * entry.scale // NANO or self._top.price(command.conId)
        if not price:
            raise ScriptRefused(f"{entry.symbol} has no price; say what one has cost")
        value = notional(price, abs(command.quantity), entry.money_scale, entry.multiplier)
        cost = cost_of(value, command.quantity)
        before = account.positions.get(command.conId, FLAT)
        moved = scaled(cost - before.cost, self._margin.rate(entry.currency, account.currency))
        return PositionAdjusted(
            command.account, command.conId, "set", command.quantity - before.quantity,
            command.quantity, cost, before.settled, cost - before.cost, moved,
        )  # fmt: skip

    # -- acts -------------------------------------------------------------------------------------

    def _problem(self, order: LiveOrder, act: ScriptAct) -> str:
        """Return why an act cannot be carried out; "" when it can."""
        if act.kind != FILL:
            return ""
        terms, scale = order.terms, self._instruments[order.terms.conId].scale
        if terms.extras.combo is not None:
            return "a combination fills from the quotes of its legs, which a tape may write"
        if order.held:
            return "the order does not work yet: its parent, a condition or its way holds it"
        if act.size > order.remaining:
            return f"only {quotient_text(order.remaining, SIZE_SCALE)} of the order are left"
        price, limit = self._fill_price(order, act), order.worst()
        if not price:
            return "the order has no limit and the market no quote: say a price"
        if act.price and price * NANO != act.price * scale:
            return f"prices of the instrument are whole multiples of 1/{scale}"
        if limit is not None and (price - limit) * terms.side > 0:
            shown = quotient_text(price, scale), quotient_text(limit, scale)
            return f"a fill at {shown[0]} is beyond the order's limit of {shown[1]}"
        return ""

    def _fill_price(self, order: LiveOrder, act: ScriptAct) -> PriceUnits:
        if act.price:
            return act.price * self._instruments[order.terms.conId].scale // NANO
        if order.limit is not None:
            return order.limit
        return touch(order.terms.side, self._top.look(order.terms.conId))

    def _act(self, order: LiveOrder, act: ScriptAct) -> Deed:
        if act.kind == FILL:
            price = self._fill_price(order, act)
            if order.waits:  # what fills has been elected
                yield OrderTriggered(order.permId, price)
                order = self._state.orders[order.permId]
            fill = self._fills.at(order, act.size or order.remaining, price, None, REMOVED)
            yield fill
            yield from self._traded(order, fill)
        elif act.kind == CANCEL:
            yield from self._cancelled(order.permId, Refusal(202, {"reason": ""}))
        elif act.kind == WARN:
            reason = Refusal(act.code, {"text": act.text}, VERBATIM)
            yield OrderWarned(order.clientId, order.orderId, reason)
        else:
            reason = Refusal(act.code, {"text": act.text}, VERBATIM)
            yield OrderEnded(order.permId, lifecycle.CANCELLED, True, reason)
            yield from self._ended(order)


def _left_out(order: LiveOrder | None, act: ScriptAct) -> bool:
    return act.if_working and (order is None or bool(order.held))


def _fits(rule: OrderRule, client_id: int, terms: Terms) -> bool:
    return (
        rule.side in (0, terms.side)
        and rule.conId in (0, terms.conId)
        and rule.orderType in ("", terms.orderType)
        and client_id != TWS_USER
        and rule.client in (None, client_id)
        and rule.ref in ("", terms.ref)
        and rule.account in ("", terms.account)
    )
