"""The deterministic venue: ``submit`` and ``advance`` are the only ways in, facts the only out.

A command is decided in steps: a decision is a generator that looks at the state and yields a fact,
which is folded before the next one is decided. The same commands at the same times over the
same market give the same facts, ids and state hash; the facts alone give the same state again,
without market or rules. Nothing here reads a clock.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any, Final, get_args

import msgspec

from .agenda import Agenda, Alarm
from .archive import Archive, FillEntry, FinishedRow
from .broker.account_manager import AccountManager, day_begun
from .broker.contract_ends import ContractEnds
from .broker.corporate import CorporateActions
from .broker.corrections import Corrections
from .broker.liquidation import EVERY, Liquidator
from .broker.order_manager import OrderManager
from .broker.orders import LiveOrder
from .broker.profile import Profile
from .broker.profit import Profits
from .broker.scheduled import ScheduledActions
from .broker.transfers import starting_position
from .commands import (
    AccountCommand,
    BindOrders,
    CancelAll,
    CancelApiOrder,
    CancelByUser,
    Command,
    MergeShares,
    ModifyByUser,
    OpenAccount,
    PayDividend,
    RenameShares,
    ResetOrderIds,
    SpinOff,
    SplitShares,
    SubmitExercise,
    SubmitManualOrder,
    SubmitOrder,
)
from .contract_alarms import ContractAlarms
from .entries import SCHEMA, Entry
from .exchange.exchange import Exchange
from .exchange.top_of_book import TopOfBook
from .facts import (
    AnyFact,
    CombinationFilled,
    DayBegan,
    ExecutionCorrected,
    FutureSettled,
    MatchingSet,
    OrderDeactivated,
    OrderFilled,
    OrderPlaced,
    OrderReplaced,
    PartFilled,
    PositionAdjusted,
    PositionMoved,
    RuleMatched,
    SharesMerged,
    SharesRenamed,
    TapeWritten,
)
from .fold.fold import Fold
from .following import OrderFollower
from .market.laid import WorldTape
from .market.port import MarketSource
from .market.source import Quote
from .market_walk import MarketWalk
from .reference.combinations import NamedCombinations
from .reference.composition import is_combination
from .reference.instruments import Instruments, Refusal
from .reference.listings import CATALOGUE
from .reference.resets import OF_ACCOUNT, RESETS, ResetTime, reset_of
from .reference.sessions import EXCHANGE, TradingHours
from .script import (
    ActOnOrder,
    BustExecution,
    CorrectExecution,
    ScriptRefused,
    SetHolding,
    SetMatching,
    SetRule,
    WriteTape,
)
from .snapshots import Snapshot, frozen, restored
from .state import State, fingerprint
from .tws.api_orders import Answer, ApiOrders, Decision
from .tws.exercises import Exercises
from .units import SECOND, Nanos

MANY: Final = 20
"""Positions from which on an account is valued ahead of the checks of its orders."""
REPLAYED: Final = 1000
"""Entries that are folded before their rows of what is over are handed over."""
PLACED: Final = (OrderPlaced, OrderReplaced, OrderDeactivated)
ANSWERS: Final = frozenset(get_args(Answer))


RowSource = Callable[
    [int, int, int],
    tuple[Iterable[tuple[int, int, int, int, bytes]], Iterable[tuple[int, int, bytes]]],
]


class Happened(msgspec.Struct, frozen=True, gc=False):
    """One fact or answer, when it happened, and the order that it is about as it left it."""

    time: Nanos
    fact: AnyFact | Answer
    order: LiveOrder | None


class Engine:
    """Exchange, broker and TWS in one.

    ``market`` may be None only for replay and for reading what a journal left.
    """

    def __init__(
        self,
        market: MarketSource | None,
        profile: Profile | None = None,
        instruments: Instruments = CATALOGUE,
    ) -> None:
        self.profile = profile or Profile()
        self.instruments = instruments.apart()
        self.hours = TradingHours(self.instruments, exchange=self.profile.hours == EXCHANGE)
        self.clock: Nanos = 0
        """Time of the latest submit or advance; time never runs backwards."""
        self.top = TopOfBook(market)
        self._market = market
        self._journal: list[Entry] = []
        self._after: dict[type, Callable[[Any, Any], None]] = {
            OrderPlaced: self._after_placing,
            OrderFilled: self._after_fill,
            PartFilled: self._after_part,
            CombinationFilled: self._after_combination,
            PositionMoved: self._after_move,
            PositionAdjusted: self._after_move,
            FutureSettled: self._after_settlement,
            TapeWritten: self._after_tape,
            ExecutionCorrected: self._after_correction,
            SharesMerged: self._after_merger,
            SharesRenamed: self._after_renaming,
        }
        """What is derived from a fact, and not kept: alarms of contracts, sums of margins."""
        self._take(State(self.profile.first_perm_id, self.profile.first_execution), Archive())

    def _take(self, state: State, archive: Archive) -> None:
        self.state, self.archive = state, archive
        self.instruments.add(NamedCombinations(self.instruments, state.combinations))
        self.instruments.retire(state.merged)
        self.instruments.rename(state.renamed)
        self._renamed: dict[int, str] = {}
        """Shares that the market has renamed, whether or not a journal knows."""
        self._fold = Fold(state, archive)
        self._entered = state.facts
        """The number of the last fact that an entry has."""
        self.exchange = Exchange()
        self._ahead = MarketWalk(self._market, self.exchange)
        self._agenda = Agenda()
        self.broker = OrderManager(
            state, self.instruments, self.profile, self.exchange, self.top, self.hours
        )
        self.exchange.queue(self.broker.rules.queues)
        self._follower = OrderFollower(state, self.exchange, self.broker, self.hours, self._agenda)
        benchmarks = self.profile.benchmarks if self.profile.interest else None
        profits = Profits(archive, self.broker.margin, self.instruments)
        self.accounts = AccountManager(state.accounts, self.broker.margin, profits, benchmarks)
        self.api = ApiOrders(state, archive, self.instruments, self.broker, self.top.look)
        self.ends = ContractEnds(
            state, self.instruments, self._market, self.top, self.broker.margin
        )
        self.liquidator = Liquidator(state, self.instruments, self.broker)
        self._margin_due: Nanos = 0
        """When accounts are looked at for a breach of their margin; 0 where nobody needs that."""
        self.corporate = CorporateActions(state, self.instruments, self.broker)
        self.schedule = ScheduledActions(
            state, self.instruments, self._market, self.broker, self.corporate, self.ends
        )
        self.exercises = Exercises(state, self.instruments, self.ends)
        self.corrections = Corrections(state, archive, self.instruments, self.broker.margin)
        self._contracts = ContractAlarms(self._agenda, self.instruments, self.ends, self.schedule)
        for account in state.accounts.values():
            for con_id, position in account.positions.items():
                if position.quantity:
                    self._end_with(con_id, self.clock - 1)
            for con_id in {*account.positions, *account.carried}:  # flat ones have profits, too
                self._set_reset(reset_of(self.instruments.get(con_id)), self.clock)
        if self.instruments.begun and self._market is not None:
            self._renamed = self.schedule.symbols(self.clock - 1)
            self.instruments.rename(self._renamed | state.renamed)
            for con_id in self.instruments.begun:
                self._end_with(con_id, self.clock - 1)
        self._watch_margin(self.clock)
        if state.day_end:
            self._agenda.add(state.day_end, Alarm.DAY_END)
            self._set_reset(OF_ACCOUNT, self.clock)
        if isinstance(self._market, WorldTape):
            self._market.clear()
        for con_id in state.script.tape:
            self._lay(con_id)
        for number, waiting in state.script.waiting.items():
            self._agenda.add(waiting.due, Alarm.ACT, number)
        for order in state.orders.values():
            for con_id in (
                order.terms.conId, *self.broker.fills.combinations.watched(order)
            ):  # fmt: skip
                self._end_with(con_id, self.clock - 1)
            self.broker.groups.follow(order)
            self._follower.follow(order)
            if order.arrives:
                self._agenda.add(max(order.arrives, self.clock + 1), Alarm.LOOK, order.permId)
            if order.terms.special is not None:
                # It may be due already: the market is not looked at before the first step.
                self._agenda.add(self.clock + 1, Alarm.LOOK, order.permId)
            if order.expires != state.day_end:  # which is one alarm for all
                self._follower.set_alarm(order.permId, order.expires)
            self._follower.set_turn(order, self.clock)

    # -- the two ways in ----------------------------------------------------------------------

    def submit(self, command: Command, now: Nanos) -> list[Happened]:
        """Catch up with the market to ``now``, then carry out the command.

        Raises ``ValueError`` when ``now`` lies before the engine's clock, and ``AccountRefused``
        when an account command cannot be carried out; then nothing has changed.
        """
        happened = self.advance(now)
        self.top.begin(now)
        cause, decision = self._decide(command, now)
        self._carry_out(cause, decision, now, happened)
        return happened

    def advance(self, now: Nanos) -> list[Happened]:
        """Let time pass: ticks reach working orders, orders lapse, days end.

        Raises ``ValueError`` when ``now`` lies before the engine's clock.
        """
        if now < self.clock:
            raise ValueError(f"time runs backwards: {now} is before {self.clock}")
        happened: list[Happened] = []
        while self._agenda.first <= now:
            instant = max(self._agenda.first, self.clock)
            self._walk(instant, happened)
            if (alarm := self._agenda.pop(instant)) is not None:
                self._ring(*alarm, instant, happened)
        if now > self.clock:
            if self._ahead.is_quiet(now):
                self.clock = now
            else:
                self._walk(now, happened)
        return happened

    def next_due(self) -> Nanos | None:
        """When ``advance`` could next have something to do; None when nothing waits."""
        due = [self._ahead.next_due(self.clock)]
        waits = self._contracts or self._margin_due
        if self.state.orders or self.state.day_end or waits:
            due.append(self._agenda.next_due())
        return min((one for one in due if one is not None), default=None)

    def open_accounts(self, now: Nanos) -> list[Happened]:
        """Open the accounts of the profile that do not exist yet."""
        happened: list[Happened] = []
        advisor = self.profile.advisor
        if advisor and advisor not in self.state.accounts:
            master = OpenAccount(advisor, self.profile.base_currency, advisor=True)
            happened += self.submit(master, now)
        for code in self.profile.accounts:
            if code not in self.state.accounts:
                brought = tuple(
                    starting_position(text, self.instruments, now)
                    for text in self.profile.positions
                )
                command = OpenAccount(
                    code, self.profile.base_currency, self.profile.opening_cash, positions=brought
                )
                happened += self.submit(command, now)
        if self.profile.interest and not self.state.day_end:  # else the first order begins a day
            self._carry_out("day", iter((day_begun(now),)), now, happened)
        return happened

    def skip(self, now: Nanos) -> None:
        """Move the clock without walking the market in between: the venue was closed."""
        self.clock = max(self.clock, now)

    # -- deciding and folding -----------------------------------------------------------------

    def _decide(self, command: Command, now: Nanos) -> tuple[str, Decision]:
        api = self.api
        match command:
            case SubmitOrder():
                return f"submit {command.clientId}#{command.orderId}", api.submit(command, now)
            case CancelApiOrder():
                return f"cancel {command.clientId}#{command.orderId}", api.cancel(command)
            case CancelAll():
                return f"cancel all {command.clientId}", api.cancel_all(command)
            case SubmitManualOrder():
                return "submit by user", api.submit_manual(command, now)
            case SubmitExercise():
                cause = f"exercise {command.clientId}#{command.orderId}"
                return cause, self.exercises.submit(command, now)
            case BindOrders():
                return "bind", api.bind(command)
            case CancelByUser():
                return f"cancel by user {command.permId}", api.cancel_by_user(command)
            case ModifyByUser():
                return f"modify by user {command.permId}", api.modify_by_user(command, now)
            case WriteTape() if not isinstance(self._market, WorldTape):
                raise ScriptRefused("the market of this station is not one to write on")
            case WriteTape() | SetRule() | ActOnOrder() | SetHolding() | SetMatching():
                return type(command).__name__, self.broker.script.decide(command, now)
            case CorrectExecution() | BustExecution():
                cause = f"{type(command).__name__} {command.execution:08x}"
                return cause, self.corrections.decide(command)
            case ResetOrderIds():
                return "reset ids", api.reset_ids(command)
            case PayDividend() | SplitShares() | MergeShares() | SpinOff() | RenameShares():
                cause = f"{type(command).__name__} {command.conId}"
                return cause, self.corporate.decide(command)
        return _named(command), chain(self.accounts.decide(command), self._first_day(now))

    def _first_day(self, now: Nanos) -> Iterator[DayBegan]:
        """Begin the first day once an account has what is worth more or less on another one; else
        the first order does."""
        if not self.state.day_end and any(
            account.positions or len(account.cash) > 1 for account in self.state.accounts.values()
        ):
            yield day_begun(now)

    def _carry_out(
        self, cause: str, decision: Iterator[Any], now: Nanos, happened: list[Happened]
    ) -> None:
        """Fold each fact before the next one is decided; together they are one entry. ``decision``
        yields facts and answers.

        The books follow when all is decided: an order that fills at once never stands there.
        """
        facts: list[AnyFact] = []
        touched: dict[int, LiveOrder] = {}
        apply, day_end, after = self._fold.apply, self.state.day_end, self._after
        if self.broker.rules.queues:
            decision = chain(decision, self.broker.queues.joins(touched.values()))
        for fact in decision:
            kind = type(fact)
            if kind in ANSWERS:
                happened.append(Happened(now, fact, None))
                continue
            order = apply(fact, now)
            facts.append(fact)
            if kind in after:
                after[kind](fact, order)
            if order is not None:
                touched[order.permId] = order
                if order.terms.special is not None:
                    self.broker.groups.follow(order)
                if order.expires != day_end and kind in PLACED:
                    self._follower.set_alarm(order.permId, order.expires)
            elif isinstance(fact, DayBegan):
                day_end = fact.end
                self._agenda.add(day_end, Alarm.DAY_END)
                self._set_reset(OF_ACCOUNT, now)
            elif isinstance(fact, RuleMatched):
                for number, waiting in self.state.script.waiting.items():
                    if waiting.permId == fact.permId and waiting.due > now:
                        self._agenda.add(waiting.due, Alarm.ACT, number)
            elif isinstance(fact, MatchingSet):
                self.broker.rules.refresh()
                self.exchange.queue(self.broker.rules.queues)
            happened.append(Happened(now, fact, order))
        for order in touched.values():
            self._follower.follow(order)
            if order.terms.special is not None or order.arrives:
                self._follower.set_look(order, now)
            if self.hours.exchange:
                self._follower.set_turn(order, now)
        if facts and self.profile.liquidation:
            self._watch_margin(now)
        if facts:
            self._journal.append(Entry(SCHEMA, now, cause, facts))
            self._entered = self.state.facts
        if now > self.clock:
            self.clock = now

    # -- what follows a fact --------------------------------------------------------------------

    def _after_placing(self, fact: OrderPlaced, order: LiveOrder) -> None:
        self._end_with(order.terms.conId)
        if fact.terms.special is not None:
            for leg in self.broker.fills.combinations.watched(order):
                self._end_with(leg)

    def _after_fill(self, fact: OrderFilled, order: LiveOrder) -> None:
        terms = order.terms
        if terms.conId not in self._contracts.followed:
            self._end_with(terms.conId)
        self.broker.margin.touched(terms.account, terms.conId)

    def _after_correction(self, fact: ExecutionCorrected, order: LiveOrder) -> None:
        self.broker.margin.touched(order.terms.account, order.terms.conId)

    def _after_part(self, fact: PartFilled, order: LiveOrder) -> None:
        self.broker.margin.touched(fact.account, order.terms.conId)

    def _after_combination(self, fact: CombinationFilled, order: LiveOrder) -> None:
        for leg in fact.legs:
            self._end_with(leg.conId)
            self.broker.margin.touched(order.terms.account, leg.conId)

    def _after_move(self, fact: PositionMoved | PositionAdjusted, order: LiveOrder | None) -> None:
        self._end_with(fact.conId)
        self.broker.margin.touched(fact.account, fact.conId)

    def _after_settlement(self, fact: FutureSettled, order: None) -> None:
        self.broker.margin.touched(fact.account, fact.conId)

    def _after_merger(self, fact: SharesMerged, order: None) -> None:
        self.instruments.retire(self.state.merged)

    def _after_renaming(self, fact: SharesRenamed, order: None) -> None:
        self.instruments.rename(self._renamed | self.state.renamed)

    def _after_tape(self, fact: TapeWritten, order: None) -> None:
        self.broker.margin.forget()
        self._lay(fact.conId)

    def _lay(self, con_id: int) -> None:
        """Let the market play what a world has written."""
        if isinstance(self._market, WorldTape):
            self._market.lay(con_id, self.state.script.tape[con_id])
        self._ahead.forget()

    def _ring(
        self, due: Nanos, alarm: Alarm, number: int, now: Nanos, happened: list[Happened]
    ) -> None:
        self.top.begin(now)
        if alarm is Alarm.EXPIRY:
            order = self.state.orders.get(number)
            if order is not None and order.expires == due:
                self._carry_out(f"expire {number}", self._expire(order, now), now, happened)
        elif alarm is Alarm.LOOK:
            order = self.state.orders.get(number)
            if order is not None:
                seen = len(happened)
                self._carry_out(f"look {number}", self.broker.look(order, now), now, happened)
                if len(happened) == seen:  # unchanged: it must be looked at again
                    self._follower.look_again(order, now)
        elif alarm is Alarm.CONTRACT:
            self._end(number, now, happened)
        elif alarm is Alarm.SCHEDULED:
            cause = f"schedule {number}"
            self._carry_out(cause, self.schedule.carry_out(number, due), now, happened)
            self._contracts.schedule(number, due)
        elif alarm is Alarm.ACT:
            self._carry_out(f"act {number}", self.broker.script.ring(number), now, happened)
        elif alarm is Alarm.SESSION:
            order = self.state.orders.get(number)
            if order is not None:
                self._carry_out(f"turn {number}", self.broker.turn(order, now), now, happened)
        elif alarm is Alarm.MARGIN:
            if self._margin_due == due:
                self._margin_due = 0
                self._carry_out("margin", self.liquidator.decide(now), now, happened)
                self._watch_margin(now)
        elif alarm is Alarm.RESET:
            reset = RESETS[number]
            self._carry_out("profits", self.accounts.begin_profits(reset), now, happened)
            self._set_reset(reset, now)
        elif self.state.day_end == due:
            orders = self.state.orders.values()
            self._expire_all([one.permId for one in orders if one.expires <= now], now, happened)
            self._carry_out("day end", self.accounts.open_day(now, due), now, happened)

    def _expire_all(self, numbers: list[int], now: Nanos, happened: list[Happened]) -> None:
        for number in numbers:
            order = self.state.orders.get(number)  # none where its parent took it along
            if order is not None:
                self._carry_out(f"expire {number}", self._expire(order, now), now, happened)

    def _expire(self, order: LiveOrder, now: Nanos) -> Decision:
        return (
            self.ends.carry_out(order, now) if order.terms.exercise else self.broker.expire(order)
        )

    def _set_reset(self, reset: ResetTime, now: Nanos) -> None:
        """Set the alarm of the next reset of profits after an instant, once."""
        self._agenda.add(reset.after(now), Alarm.RESET, RESETS.index(reset))

    def _watch_margin(self, now: Nanos) -> None:
        """Look at the accounts again in a minute, where they are liquidated and hold anything."""
        if self.profile.liquidation and not self._margin_due and self.liquidator.needed:
            self._margin_due = now + EVERY
            self._agenda.add(self._margin_due, Alarm.MARGIN)

    def _end_with(self, con_id: int, since: Nanos | None = None) -> None:
        """Set the alarms of a contract that somebody holds or orders, after an instant."""
        if con_id not in self._contracts.followed:
            now = self.top.now
            soonest = max(self.clock, now) + 1
            self._contracts.follow(con_id, now if since is None else since, soonest)
            if not is_combination(con_id):
                self._set_reset(reset_of(self.instruments.get(con_id)), soonest - 1)

    def _end(self, con_id: int, now: Nanos, happened: list[Happened]) -> None:
        """End a contract: the orders for it expire, then what is held of it."""
        orders = self.state.orders.values()
        ended = [one.permId for one in orders if self._concerns(one, con_id)]
        self._expire_all(ended, now, happened)
        self._contracts.end(con_id)
        self._carry_out(f"end {con_id}", self.ends.end(con_id), now, happened)

    def _concerns(self, order: LiveOrder, con_id: int) -> bool:
        """Return whether an order trades a contract, or a combination with it."""
        if order.terms.extras.combo is None:
            return order.terms.conId == con_id
        return con_id in self.broker.fills.combinations.watched(order)

    def _walk(self, until: Nanos, happened: list[Happened]) -> None:
        """Carry out the ticks up to ``until`` that reach a working order."""
        if self._ahead.is_quiet(until):
            self.clock = max(self.clock, until)
            return
        concerned = self.exchange.concerned
        for tick in self._ahead.ticks(self.clock, until):
            if not concerned(tick):
                continue
            self.top.begin(tick.time)
            if isinstance(tick, Quote):
                self.top.show(tick)
            decision = self.broker.observe(tick, tick.time)
            self._carry_out(f"tick {tick.conId}", decision, tick.time, happened)
            self._follower.watch_again(tick.conId)
        self.clock = max(self.clock, until)

    # -- questions ----------------------------------------------------------------------------

    def preparing(self, now: Nanos) -> Iterator[None]:
        """Work out, a position a step, what the first check of an order in the next second will
        need of accounts with many positions. Nothing that is decided depends on it."""
        second = now - now % SECOND + SECOND
        for account in tuple(self.state.accounts.values()):
            if len(account.positions) >= MANY:
                yield from self.broker.margin.preparing(account, second)

    def find(self, client_id: int, order_id: int) -> LiveOrder | None:
        """An order of today by its client's id, finished ones included."""
        return self.api.find(client_id, order_id)

    def refusal(self, command: SubmitOrder | CancelApiOrder) -> Refusal | None:
        """Why the order id of a command cannot be used; None when it can."""
        return self.api.refusal(command)

    def quote(self, con_id: int, now: Nanos) -> Quote:
        """The top of book at an instant; sizes of 0 where there is none."""
        return self.top.current(con_id, now)

    # -- memory -------------------------------------------------------------------------------

    def drain_journal(self) -> list[Entry]:
        """What happened since the last call and must be kept before it is told."""
        entries, self._journal = self._journal, []
        return entries

    @property
    def drained(self) -> bool:
        """Whether ``drain_journal`` would give nothing."""
        return not self._journal

    def drain_archive(self) -> tuple[list[FinishedRow], list[FillEntry]]:
        """The rows of orders and fills that were over since the last call; none of a command that
        failed half way."""
        orders, fills = self.archive.drain()
        for rows in (orders, fills):
            while rows and rows[-1][0] > self._entered:
                del rows[-1]
        return orders, fills

    def replay(
        self,
        entries: Iterable[Entry],
        over: Callable[[list[FinishedRow], list[FillEntry]], None] | None = None,
    ) -> None:
        """Fold the facts of a journal; nothing is decided, and no market is asked.

        ``over`` is given the rows of what is over by them, some at a time.
        """
        apply = self._fold.apply
        for number, entry in enumerate(entries, 1):
            for fact in entry.facts:
                apply(fact, entry.time)
            self.clock = entry.time
            if number % REPLAYED == 0:
                self._hand_over(over)
        self._hand_over(over)
        self._take(self.state, self.archive)

    def _hand_over(self, over: Callable[[list[FinishedRow], list[FillEntry]], None] | None) -> None:
        rows = self.archive.drain()
        if over is not None:
            over(*rows)

    def snapshot(self) -> Snapshot:
        """What lives, frozen as it is now; its bytes may be made piece by piece later."""
        return frozen(self.state, self.archive, self.clock)

    def restore(self, snapshot: bytes, rows: RowSource) -> None:
        """Go on from a snapshot; ``rows(orders_since, fills_since, facts)`` gives what was over.

        Raises ``ValueError`` when the snapshot is damaged, or rows that it counts are missing.
        """
        state, counts, clock = restored(snapshot)
        archive = Archive()
        archive.load(*rows(state.orders_since, state.fills_since, state.facts))
        if archive.counts != counts:
            raise ValueError(f"of {counts} finished orders and fills, {archive.counts} are there")
        self.clock = clock
        self._take(state, archive)

    def state_hash(self) -> str:
        """A fingerprint of the memory: equal after equal histories, on any machine."""
        return fingerprint(self.state)


def _named(command: AccountCommand) -> str:
    return f"{type(command).__name__} {command.account}"
