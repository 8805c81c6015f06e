"""One seeded world of orders: clients, the user of TWS, a market, faults and restarts.

``python -m simulation.order_worlds SEED STEPS`` (``make sim``) plays one and tells each step;
``WORLDS FIRST COUNT STEPS`` plays many. After every command the
invariants of the venue hold, and those that only the way there shows: ids never go back, a group
is never overfilled, what a program was told of its trades is what the accounts have. At the end
the journal, through its bytes, gives the same state again.
"""

import sys
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any, Final

import msgspec

from papertape.model import Contract, Order
from papertape.venue import entries
from papertape.venue.broker.accounts_refused import AccountRefused
from papertape.venue.broker.lifecycle import FILLED
from papertape.venue.broker.orders import LiveOrder
from papertape.venue.broker.profile import Profile
from papertape.venue.commands import (
    AttachedOrder,
    BindOrders,
    CancelAll,
    CancelApiOrder,
    CancelByUser,
    Command,
    ConvertCash,
    Deposit,
    ModifyByUser,
    PayDividend,
    ResetOrderIds,
    SetFeePlan,
    SetMarginModel,
    SplitShares,
    SubmitExercise,
    SubmitManualOrder,
    SubmitOrder,
)
from papertape.venue.engine import Engine, Happened
from papertape.venue.entries import Entry
from papertape.venue.facts import CombinationFilled, OrderFilled
from papertape.venue.invariants import check
from papertape.venue.market.actions import ActionsAhead, Dividend, Split
from papertape.venue.market.source import DayStats, Print, Quote
from papertape.venue.reference.instruments import Purpose, Refusal
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.script import (
    ActOnOrder,
    OrderRule,
    ScriptAct,
    ScriptRefused,
    SetMatching,
    SetRule,
)
from papertape.venue.tws.api_orders import Refused
from papertape.venue.units import RATE_SCALE, SECOND, SIZE_SCALE, Nanos
from simulation.kinds import BTC, CFD, ENDING_BOND, ENDING_CALL, FUND, PRICES, USDJPY
from simulation.order_kinds import OrderMaker, Subject
from venue.scenario import START, ScriptedMarket

MILLISECOND: Final = SECOND // 1_000
STEPS: Final = 60
CLIENTS: Final = (0, 1, 2, 7)
STOCKS: Final = {"AAPL": 257.0, "IBM": 235.0, "TSLA": 420.0}
OTHERS: Final = (
    ("ES", Contract(symbol="ES", secType="FUT", exchange="CME", currency="USD",
                    lastTradeDateOrContractMonth="202606"), 5000.0, 0.25),
    ("CALL", Contract(symbol="AAPL", secType="OPT", exchange="SMART", currency="USD", right="C",
                      strike=260.0, lastTradeDateOrContractMonth="20260515"), 6.0, 0.05),
    ("PUT", Contract(symbol="AAPL", secType="OPT", exchange="BOX", currency="USD", right="P",
                     strike=260.0, lastTradeDateOrContractMonth="20260515"), 8.0, 0.05),
    ("EUR", Contract(symbol="EUR", secType="CASH", exchange="IDEALPRO", currency="USD"),
     1.085, 0.00005),
)  # fmt: skip


OWN: Final = (ENDING_BOND, ENDING_CALL, FUND, CFD, BTC, USDJPY)
"""Kinds of which the market's catalogue lists none: what they are is in ``simulation.kinds``."""
INSTRUMENTS: Final = CATALOGUE.extended(OWN)


class Tape(ScriptedMarket):
    """A tape whose present is found without reading all of it, and which may know of a split and
    dividends of the first stock."""

    def __init__(self, con_ids: list[int], ahead: Iterable[ActionsAhead] = ()) -> None:
        super().__init__([])
        self._ahead = sorted(ahead, key=lambda one: one.time)
        self.tape = {con_id: [] for con_id in con_ids}
        self._quotes: dict[int, list[Quote]] = {con_id: [] for con_id in con_ids}
        self._prints: dict[int, list[Print]] = {con_id: [] for con_id in con_ids}
        self.volatilities = dict.fromkeys(con_ids, 0.3)

    def actions_ahead(self, con_id: int, after: Nanos) -> ActionsAhead | None:
        known = self._ahead if con_id == SUBJECTS[0].con_id else ()
        return next((one for one in known if one.time > after), None)

    def add(self, tick: Quote | Print) -> None:
        self.tape[tick.conId].append(tick)
        if isinstance(tick, Quote):
            self._quotes[tick.conId].append(tick)
        else:
            self._prints[tick.conId].append(tick)

    def quote(self, con_id: int, now: Nanos) -> Quote:
        quotes = self._quotes[con_id]
        at = bisect_right(quotes, now, key=lambda tick: tick.time)
        return quotes[at - 1] if at else Quote(con_id, 0, 0, 0, 0, 0)

    def day(self, con_id: int, now: Nanos) -> DayStats:
        prints = self._prints[con_id]
        at = bisect_right(prints, now, key=lambda tick: tick.time)
        last = prints[at - 1] if at else Print(con_id, 0, 0, 0)
        volume = sum(one.size for one in prints[:at])
        return DayStats(0, 0, 0, last.price, volume, last.price, last.size, last.time)

    def ticks(self, con_id: int, after: Nanos, until: Nanos) -> Iterator[Quote | Print]:
        tape = self.tape[con_id]
        at = bisect_right(tape, after, key=lambda tick: tick.time)
        while at < len(tape) and tape[at].time <= until:
            yield tape[at]
            at += 1

    def next_tick(self, con_id: int, after: Nanos) -> Nanos | None:
        tape = self.tape[con_id]
        at = bisect_right(tape, after, key=lambda tick: tick.time)
        return tape[at].time if at < len(tape) else None


def subjects() -> list[Subject]:
    """What a world trades."""
    contracts = [
        (name, Contract(symbol=name, secType="STK", exchange="SMART", currency="USD"), price, 0.01)
        for name, price in STOCKS.items()
    ]
    found = []
    for name, contract, price, tick in (*contracts, *OTHERS):
        listing = CATALOGUE.resolve(contract, Purpose.ORDER, START)
        assert not isinstance(listing, Refusal), (name, listing)
        found.append(Subject(name, contract, price, tick, listing.instrument.conId))
    for entry in OWN:
        contract = Contract(conId=entry.conId, secType=entry.secType, exchange=entry.home)
        tick = entry.tick / entry.scale
        found.append(Subject(entry.localSymbol, contract, PRICES[entry.conId], tick, entry.conId))
    return found


SUBJECTS: Final = subjects()


def profile_of(chance: Random) -> Profile:
    """The broker of a world."""
    slow = chance.random() < 0.3
    return Profile(
        accounts=chance.choice((("DU1",), ("DU1",), ("DU1", "DU2"))),
        base_currency=chance.choice(("USD", "USD", "EUR")),
        opening_cash=chance.choice((30_000, 1_000_000, 1_000_000)) * 10**6,
        fill_rule=chance.choice(("paper", "paper", "queue", "queue", "instant")),
        ack_latency=chance.choice((0, 190, 3_000)) * MILLISECOND if slow else 0,
        fill_latency=chance.choice((40, 900, 5_000)) * MILLISECOND if slow else 0,
        latency_spread=RATE_SCALE // 4 if slow else 0,
        hours=chance.choice(("always", "always", "exchange")),
        duplicate_pairs=chance.random() < 0.8,
        price_band=chance.random() < 0.7,
        margin_check=chance.random() < 0.8,
        liquidation=chance.random() < 0.15,
        seed=chance.randrange(1_000),
        interest=chance.random() < 0.3,
    )


class OrderWorld:
    """A world and its proof. ``step`` raises ``AssertionError`` where something does not hold."""

    def __init__(self, seed: int, *, tell: Callable[[str], object] = len) -> None:
        self.chance = Random(seed)
        self.tell = tell
        self.now = START + self.chance.choice((0, 0, 5, 6, 22)) * 3600 * SECOND
        self.market = Tape([one.con_id for one in SUBJECTS], self._to_come())
        self.profile = profile_of(self.chance)
        self.prices = {one.con_id: one.price for one in SUBJECTS}
        self.maker = OrderMaker(
            self.chance, SUBJECTS, self._clock, lambda one: self.prices[one.con_id]
        )
        self.journal: list[Entry] = []
        self.counts: Counter[str] = Counter()
        self.engine = Engine(self.market, self.profile, INSTRUMENTS)
        for one in SUBJECTS:
            self._quote(one)
        self.engine.open_accounts(self.now)
        self.seen = (0, 0)
        self.terms: dict[int, int] = {}
        """permId -> what the order is for."""
        self.highest: dict[int, int] = {}
        self._proven([], {})

    def _to_come(self) -> Iterator[ActionsAhead]:
        """What comes to the first stock while the world goes on."""
        for _ in range(self.chance.choice((0, 1, 1, 2))):
            at = START + self.chance.randrange(60 * 3600) * SECOND
            split = Split(20260414, *self.chance.choice(((2, 1), (1, 3), (3, 2))))
            paid = Dividend(20260414, self.chance.choice((10_000, 250_000)))
            yield ActionsAhead(at, self.chance.choice(((split,), (paid,), (paid, split))))

    def _clock(self, minutes: float) -> str:
        at = self.now / SECOND + minutes * 60
        return datetime.fromtimestamp(at, UTC).strftime("%Y%m%d-%H:%M:%S")

    # -- steps ------------------------------------------------------------------------------------

    def step(self) -> None:
        """Take one step: a command, a tick, time, or a restart."""
        chance = self.chance
        self.now += chance.choice((0, 1, 50, 400, 1_000, 5_000)) * MILLISECOND + 1
        kind = chance.random()
        if kind < 0.30:
            self._tick()
        elif kind < 0.36:
            self._pass()
        elif kind < 0.40:
            self._restart()
        elif kind < 0.47:
            self._family()
        else:
            self._carry_out(self._command())

    def _tick(self) -> None:
        subject = self.chance.choice(SUBJECTS)
        self._quote(subject)
        if self.chance.random() < 0.5:
            quote = self.market.quote(subject.con_id, self.now)
            price = self.chance.choice((quote.bid, quote.ask))
            if price:
                size = self.chance.choice((1, 40, 300)) * SIZE_SCALE
                self.market.add(Print(subject.con_id, self.now, price, size))
        self.tell(f"{subject.name} {self.market.quote(subject.con_id, self.now)}")
        self._advance()

    def _quote(self, subject: Subject) -> None:
        chance, entry = self.chance, self.engine.instruments[subject.con_id]
        moved = chance.choice((0, 0, 0.0001, 0.0005, 0.002, 0.03)) * chance.choice((-1, 1))
        price = self.prices[subject.con_id] * (1 + moved)
        price = min(max(price, subject.price / 2), subject.price * 2)
        self.prices[subject.con_id] = price
        bid = max(round(price * entry.scale) // entry.tick, 1) * entry.tick
        ask = bid + chance.choice((1, 1, 2, 8)) * entry.tick
        sizes = [chance.choice((1, 30, 100, 1_000)) * SIZE_SCALE for _ in range(2)]
        sides = chance.choice(((1, 1),) * 8 + ((0, 1), (1, 0), (0, 0)))
        self.market.add(
            Quote(subject.con_id, self.now, bid * sides[0], sizes[0], ask * sides[1], sizes[1])
        )

    def _pass(self) -> None:
        """Time: seconds to days, minute by minute where the market is to be awake."""
        self.now += self.chance.choice((10, 60, 600, 3_600, 8 * 3_600, 26 * 3_600)) * SECOND
        self.tell(f"until {self._clock(0)}")
        self._advance()

    def _restart(self) -> None:
        """Go on from the bytes of a snapshot, as after a stop, or with what the journal says."""
        self.journal += self.engine.drain_journal()
        after = Engine(self.market, self.profile, INSTRUMENTS)
        rows = self.engine.archive.rows()
        after.restore(bytes(self.engine.snapshot()), lambda *_: rows)
        assert after.state_hash() == self.engine.state_hash(), "a restart has another state"
        if self.chance.random() < 0.3:
            after.skip(self.now)
        self.engine = after
        self.counts["restarts"] += 1
        self.tell("restart")
        self._advance()

    def _family(self) -> None:
        client = self.chance.choice(CLIENTS)
        number = self._next_id(client)
        bracket = self.chance.random() < 0.6
        made = self.maker.bracket(number) if bracket else self.maker.group()
        self._carry_out(
            *(
                SubmitOrder(client, number + place, contract, self._of_account(order))
                for place, (contract, order) in enumerate(made)
            )
        )

    def _next_id(self, client: int) -> int:
        return self.engine.state.highest_ids.get(client, 0) + 1

    def _of_account(self, order: Order) -> Order:
        order.account = self.chance.choice(self.profile.accounts)
        return order

    def _some_order(self) -> LiveOrder | None:
        return self.chance.choice(sorted(self.engine.state.orders.values(), key=_perm_id) or [None])

    def _command(self) -> Command:
        chance, kind = self.chance, self.chance.random()
        client = chance.choice(CLIENTS)
        latest = self._next_id(client)
        if kind < 0.66:
            parent = max(latest - chance.randint(1, 3), 1)
            contract, order = self.maker.any(parent)
            number = latest if chance.random() < 0.95 else max(latest - chance.randint(0, 5), 0)
            attached: tuple[AttachedOrder, ...] = ()
            if chance.random() < 0.04:
                attached = (
                    AttachedOrder(number + 1, True, 1.0),
                    AttachedOrder(number + 2, False, 1.0),
                )
            return SubmitOrder(client, number, contract, self._of_account(order), attached=attached)
        order = self._some_order()
        if kind < 0.76 and order is not None:
            return self._change(order)
        if kind < 0.86:
            if order is not None and chance.random() < 0.8:
                return CancelApiOrder(order.clientId, order.orderId)
            return CancelApiOrder(client, max(latest - chance.randint(0, 4), 0))
        return self._rare(client, order)

    def _change(self, known: LiveOrder) -> Command:
        """New terms for an order: those of another of its kind, or another size or price."""
        entry = self.engine.instruments.get(known.terms.conId)
        subject = next((one for one in SUBJECTS if one.con_id == known.terms.conId), None)
        if entry is None or subject is None:
            return CancelApiOrder(known.clientId, known.orderId)
        order = self.maker.single(subject, known.terms.orderType)
        order.action = "BUY" if known.terms.side > 0 else "SELL"
        order.account, order.parentId = known.terms.account, known.terms.extras.parent
        order.ocaGroup, order.ocaType = known.terms.extras.oca, known.terms.extras.ocaType
        if self.chance.random() < 0.5:
            order.totalQuantity = Decimal(known.terms.quantity) / SIZE_SCALE
        if self.chance.random() < 0.1:
            return ModifyByUser(known.permId, subject.contract, order)
        return SubmitOrder(known.clientId, known.orderId, subject.contract, order)

    def _rare(self, client: int, order: LiveOrder | None) -> Command:
        chance, account = self.chance, self.chance.choice(self.profile.accounts)
        subject = chance.choice(SUBJECTS)
        kind = chance.randrange(17)
        if kind < 2:
            return CancelAll(client)
        if kind < 4 and order is not None:
            return CancelByUser(order.permId)
        if kind < 6:
            made = self._of_account(self.maker.single(subject))
            return SubmitManualOrder(
                subject.contract, made, chance.choice(("no", "negative", "next"))
            )
        if kind < 8:
            return BindOrders(chance.random() < 0.5)
        if kind == 8:
            return ResetOrderIds()
        if kind == 9:
            call = SUBJECTS[4]
            return SubmitExercise(
                client, self._next_id(client), call.contract, chance.choice((1, 2)), 1, account,
                chance.random() < 0.5, Order(),
            )  # fmt: skip
        if kind == 10:
            stock = chance.choice(SUBJECTS[:3]).con_id
            return (
                PayDividend(stock, 250_000) if chance.random() < 0.6 else SplitShares(stock, 3, 2)
            )
        if kind == 11:
            return Deposit(account, "USD", chance.choice((-5_000, 5_000)) * 10**6)
        if kind == 12:
            return ConvertCash(account, "USD", 1_000 * 10**6, "EUR")
        if kind == 13:
            model = chance.choice(("portfolio", "reg_t", "cash"))
            return (
                SetMarginModel(account, model)
                if chance.random() < 0.5
                else SetFeePlan(account, chance.choice(("fixed", "tiered", "none")))
            )
        if kind == 14:
            return SetMatching(chance.choice(("paper", "queue", "instant", None)),
                               chance.choice((None, 0, 200 * MILLISECOND)))  # fmt: skip
        if kind == 15 and order is not None:
            size = chance.choice((0, 1 * SIZE_SCALE))
            return ActOnOrder(order.permId, ScriptAct(chance.choice(("fill", "cancel")), size=size))
        acts = (
            ScriptAct("fill", chance.choice((0, 5 * SECOND)), SIZE_SCALE),
            ScriptAct(
                chance.choice(("cancel", "warn", "reject")), 20 * SECOND, code=201, text="so"
            ),
        )
        if chance.random() < 0.3:
            acts = (ScriptAct("reject", 0, code=201, text="no"),)
        return SetRule(OrderRule(conId=subject.con_id, acts=acts))

    # -- proof ------------------------------------------------------------------------------------

    def _advance(self) -> None:
        before = dict(self.engine.state.orders)
        self._proven(self.engine.advance(self.now), before)

    def _carry_out(self, *commands: Command) -> None:
        for command in commands:
            self.tell(_shown(command))
            self._advance()
            before = dict(self.engine.state.orders)
            try:
                happened = self.engine.submit(command, self.now)
            except (ScriptRefused, AccountRefused) as refused:
                self.tell(f"  refused: {refused}")
                happened = []
            if isinstance(command, SubmitOrder | SubmitManualOrder):
                self.counts["asked"] += 1
                refused = any(isinstance(one.fact, Refused) for one in happened)
                self.counts["refused"] += refused
            if isinstance(command, ResetOrderIds) and not self.engine.state.highest_ids.get(1):
                self.highest.clear()
            self._proven(happened, before)

    def _proven(self, happened: list[Happened], before: dict[int, LiveOrder]) -> None:
        for one in happened:
            self.tell(f"    {_brief(one)}")
            if one.order is not None:
                self.terms[one.order.permId] = one.order.terms.conId
        check(self.engine)
        state = self.engine.state
        seen = (state.next_perm_id, state.next_execution)
        assert seen[0] >= self.seen[0] and seen[1] >= self.seen[1], f"ids went back: {seen}"
        self.seen = seen
        for client, number in state.highest_ids.items():
            assert number >= self.highest.get(client, 0) or not state.busy, f"client {client}"
        self.highest = dict(state.highest_ids)
        fills = [one for one in happened if isinstance(one.fact, OrderFilled | CombinationFilled)]
        self.counts["fills"] += len(fills)
        _groups_hold(fills, before, state.orders)
        self.journal += self.engine.drain_journal()

    def finish(self) -> None:
        """The journal, through its bytes, gives the same state, without a market or rules."""
        twin = Engine(None, Profile(price_band=False, fill_rule="instant"), INSTRUMENTS)
        twin.replay(entries.decode(entries.encode(entry)) for entry in self.journal)
        assert twin.state_hash() == self.engine.state_hash(), "the journal has another state"
        check(twin)


def _perm_id(order: LiveOrder) -> int:
    return order.permId


def _groups_hold(
    fills: list[Happened], before: dict[int, LiveOrder], after: dict[int, LiveOrder]
) -> None:
    """Of a group with overfill block, a fill cancels (type 1) or reduces (type 2) the others at
    the same instant, so that all together never trade more than the largest would have."""
    filled = {one.order.permId: one.order for one in fills if one.order is not None}
    for perm_id, order in filled.items():
        special = order.terms.extras
        if not special.oca or special.ocaType not in (1, 2) or special.hedge is not None:
            continue
        for other in before.values():
            others = other.terms.extras
            same = others.oca == special.oca and other.terms.account == order.terms.account
            if other.permId == perm_id or not same or others.hedge is not None:
                continue
            name = f"group {special.oca}: {order.permId} filled {order.filled}"
            both = special.ocaType == others.ocaType == 1 and other.permId in filled
            assert not both, f"{name}, and {other.permId}"
            left = after.get(other.permId)
            if left is None or order.permId not in before:
                continue
            assert special.ocaType != 1, f"{name}, {other.permId} works"
            assert order.status != FILLED, f"{name} whole, {other.permId} works"
            done = order.filled - before[order.permId].filled
            whole = max(before[order.permId].remaining, order.remaining + done)  # made larger
            part = other.remaining * done // whole
            assert left.remaining < other.remaining or not part, name


def _shown(command: Command) -> str:
    name = type(command).__name__
    differs: Any = msgspec.to_builtins(command)
    return f"{name} {differs}"


def _brief(one: Happened) -> str:
    text = repr(one.fact)
    return text if len(text) < 400 else f"{text[:400]}…"


def play(seed: int, steps: int = STEPS, *, tell: Callable[[str], object] = len) -> OrderWorld:
    """Play a world to its end. Raises ``AssertionError`` with the command that repeats it."""
    step = 0
    try:
        world = OrderWorld(seed, tell=tell)
        while step < steps:
            step += 1
            world.step()
        world.finish()
    except Exception as error:
        again = f"make sim SEED={seed} STEPS={step or steps}"
        raise AssertionError(f"world {seed}, step {step}: {error!r}\n  {again}") from error
    return world


def main(words: list[str]) -> None:
    """``SEED STEPS`` tells one world; ``WORLDS FIRST COUNT STEPS`` plays many."""
    if words[:1] == ["WORLDS"]:
        first, count, steps = map(int, words[1:])
        total = Counter[str]()
        for seed in range(first, first + count):
            total += play(seed, steps).counts
        print(f"{count} worlds of {steps} steps: everything holds: {dict(total)}")
        return
    seed, steps = int(words[0]), int(words[1]) if len(words) > 1 else STEPS
    world = play(seed, steps, tell=print)
    print(f"world {seed}: everything holds after {steps} steps: {dict(world.counts)}")


if __name__ == "__main__":
    main(sys.argv[1:])
