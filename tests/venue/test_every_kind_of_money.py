"""Random days of every kind that trades: money in is money out, recomputed in plain decimals.

The recomputation knows no ledger, margin or settlement: what an account is worth is what was paid
in, what trades and deliveries paid or cost, and what is held at its price; a future or a contract
for difference is counted as if it were paid for in full, which comes to the same. In every currency
the books of each step are those of the day's start and its fills, to the micro-unit (``check``).
"""

from collections import defaultdict
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanes import tries
from papertape.model import Contract, Order
from papertape.venue import entries
from papertape.venue.broker.accounts_refused import AccountRefused
from papertape.venue.broker.profile import Profile
from papertape.venue.commands import (
    Command,
    ConvertCash,
    Deposit,
    MergeShares,
    PayDividend,
    ReceivePosition,
    SpinOff,
    SplitShares,
    StartingPosition,
    SubmitExercise,
    SubmitOrder,
)
from papertape.venue.engine import Engine, Happened
from papertape.venue.facts import (
    CashBooked,
    CashMoved,
    InterestAccrued,
    OrderFilled,
    PositionAdjusted,
    PositionMoved,
)
from papertape.venue.invariants import check
from papertape.venue.market.actions import ActionsAhead, Dividend, Split
from papertape.venue.market.source import Quote
from papertape.venue.reference.instruments import Instruments
from papertape.venue.reference.listings import CATALOGUE, EURUSD
from papertape.venue.reference.securities import Future, FutureOption, Instrument, Warrant
from papertape.venue.units import SECOND
from venue.scenario import START, ScriptedMarket
from venue.test_contract_ends import AAPL, CALL, INDEX_CALL, MES, PUT, SPX, TODAY, TOMORROW
from venue.test_funds import FUND
from venue.test_money import BRITISH
from venue.test_other_kinds import BOND, BTC, CFD, GOLD

ACCOUNT = "DU1234567"
CORN = Future(
    700_000_031, "ZC", "FUT", "USD", "CBOT", "ZCK6", "ZC", ("CBOT",), "ZC", 10_000, 2_500,
    multiplier=5_000, magnifier=100, expires=TODAY + 1, month=202604, hours="GRAINS",
)  # fmt: skip
LATER = Future(
    700_000_032, "MES", "FUT", "USD", "CME", "MESM6", "MES", ("CME",), "MES", 10_000, 2_500,
    multiplier=5, expires=TODAY + 60, month=202606, hours="CME",
)  # fmt: skip
FUTURE_PUT = FutureOption(
    700_000_033, "MES", "FOP", "USD", "CME", "EXE P6820", "EXE", ("CME",), "MES", 10_000, 2_500,
    multiplier=5, under=LATER.conId, underSecType="FUT", expires=TODAY, call=False,
    exercise=68_500_000, hours="CME",
)  # fmt: skip
ENDING = msgspec.structs.replace(
    BOND, conId=700_000_034, localSymbol="IBCID34", coupon=4_250, matures=TODAY + 1,
    issued=TODAY - 1_000,
)  # fmt: skip
"""Pays its last coupon and its face value on the next day."""
WARRANT = Warrant(
    700_000_035, "AAPL", "WAR", "GBP", "", "AAPL 250W", "AAPL", ("SMART",), "AAPL", 10_000, 100,
    multiplier=10, divisor=100, under=AAPL.conId, underSymbol="AAPL", underSecType="STK",
    expires=TODAY + 1, exercise=2_500_000, american=False, hours="US",
)  # fmt: skip
"""In pounds, on a stock in dollars."""
TAKEN, OTHER = (
    next(one for one in CATALOGUE if one.secType == "STK" and one.symbol == symbol)
    for symbol in ("TSLA", "MSFT")
)
"""The one may be taken over by the other."""
AROUND: dict[Instrument, int] = {
    AAPL: 2_550_000, BRITISH: 20_000, EURUSD: 115_000, CALL: 60_000, PUT: 60_000,
    TOMORROW: 40_000, INDEX_CALL: 200_000, MES: 68_000_000, LATER: 68_500_000, CORN: 4_400_000,
    FUTURE_PUT: 500_000,    SPX: 68_100_000, BTC: 6_000_000_000, CFD: 3_000_000,
    BOND: 96_000_000, GOLD: 40_000_000, ENDING: 99_000_000, FUND: 5_000_000, WARRANT: 12_000,
    TAKEN: 3_500_000, OTHER: 3_900_000,
}  # fmt: skip
"""What trades, and a price of each in its units; the index does not trade."""
INSTRUMENTS = Instruments([
    *(one for one in CATALOGUE if one.conId not in {entry.conId for entry in AROUND}), *AROUND,
])  # fmt: skip
KINDS = [entry for entry in AROUND if entry is not SPX]
KINDS += [LATER, CORN, LATER]  # which are settled when a day ends
OPTIONS = [CALL, PUT, TOMORROW, INDEX_CALL, FUTURE_PUT]

moves = st.tuples(st.just("price"), st.sampled_from(list(AROUND)), st.integers(-40, 40))
trades = st.tuples(st.just("trade"), st.sampled_from(KINDS), st.integers(-5, 5).filter(bool))
exercises = st.tuples(
    st.just("exercise"), st.sampled_from(OPTIONS), st.sampled_from([1, 1, 2]), st.integers(1, 3)
)
pauses = st.sampled_from([3_600, 4 * 3_600, 9 * 3_600, 26 * 3_600, 9 * 26 * 3_600])
events = st.one_of(
    st.tuples(st.just("deposit"), st.sampled_from(["USD", "GBP"]), st.integers(1, 10**9)),
    st.tuples(st.just("convert"), st.sampled_from(["USD", "GBP"]), st.integers(1, 10**10)),
    st.tuples(st.just("receive"), st.sampled_from(KINDS), st.integers(-3, 3).filter(bool)),
    st.tuples(st.just("dividend"), st.sampled_from([AAPL, BRITISH]), st.integers(1, 10**6)),
    st.tuples(
        st.just("merge"),
        st.sampled_from([TAKEN, OTHER]),
        st.sampled_from([(1, 3, 0), (7, 2, 5), (0, 1, 9)]),
    ),
    st.tuples(
        st.just("spin off"),
        st.sampled_from([AAPL, TAKEN]),
        st.sampled_from([(1, 3, 2_500_000), (7, 2, 9_999_999), (1, 1, 0)]),
    ),
    st.tuples(
        st.just("split"), st.sampled_from([AAPL, BRITISH]), st.sampled_from([(2, 1), (1, 3)])
    ),
)
to_come = st.lists(
    st.tuples(st.sampled_from([2, 7, 30, 50]), st.sampled_from([(2, 1), (1, 3), 5, 40])), max_size=3
)
"""Splits, and dividends in cents, so many hours after the beginning."""
steps = st.lists(
    st.one_of(moves, trades, trades, trades, exercises, pauses, events), min_size=10, max_size=40
)


class MarketWithActions(ScriptedMarket):
    """A written market that tells of splits and dividends of Apple; each before anybody asks."""

    def __init__(self, instruments: Instruments) -> None:
        super().__init__(instruments)
        self.ahead: list[ActionsAhead] = []

    def announce(self, at: int, what: Any) -> None:
        """Let a split (new, old) or a dividend of so many cents be known, if none comes later."""
        if not self.ahead or self.ahead[-1].time < at:
            split = Split(20260414, *what) if isinstance(what, tuple) else None
            self.ahead.append(ActionsAhead(at, (split or Dividend(20260414, what * 10_000),)))

    def actions_ahead(self, con_id: int, after: int) -> ActionsAhead | None:
        return next((one for one in self.ahead if one.time > after and con_id == AAPL.conId), None)


GBP = Decimal("1.33")
"""The rate of the pound, which nothing moves here."""


class Worth:
    """The account by what has been paid and what is held."""

    def __init__(self) -> None:
        self.money: defaultdict[str, Decimal] = defaultdict(Decimal)
        self.money["USD"] = Decimal(1_000_000)
        self.held: defaultdict[Instrument, Decimal] = defaultdict(Decimal)
        self.realized: defaultdict[str, Decimal] = defaultdict(Decimal)
        self.brought: defaultdict[str, Decimal] = defaultdict(Decimal)
        """What came from elsewhere, in cash or kind, which is no gain."""

    def _without_trade(self, fact: object) -> None:
        if isinstance(fact, CashMoved):
            self.money[fact.currency] += Decimal(fact.amount) / 10**6
            self.brought[fact.currency] += Decimal(fact.amount) / 10**6
        elif isinstance(fact, CashBooked):
            for currency, amount in fact.cash:
                self.money[currency] += Decimal(amount) / 10**6
                if fact.cause in (
                    "merger",
                    "spin-off",
                ):  # out of what was brought, as realized says
                    self.brought[currency] += Decimal(amount) / 10**6
                elif fact.cause in ("dividend", "coupon"):
                    self.realized[currency] += Decimal(amount) / 10**6
        elif isinstance(fact, InterestAccrued):  # booking it changes nothing any more
            for currency, amount in fact.cash:
                self.money[currency] += Decimal(amount) / 10**6
                self.realized[currency] += Decimal(amount) / 10**6
        elif isinstance(fact, PositionAdjusted):
            entry = INSTRUMENTS[fact.conId]
            self.held[entry] += Decimal(fact.size) / 10_000
            self.realized[entry.currency] += Decimal(fact.realized) / 10**6
            if entry.secType in ("FUT", "CFD"):
                self.money[entry.currency] -= Decimal(fact.value) / 10**6
            else:
                self.brought[entry.currency] += Decimal(fact.value) / 10**6

    def take(self, one: Happened) -> None:
        fact = one.fact
        if isinstance(fact, OrderFilled) and one.order is not None:
            entry = INSTRUMENTS[one.order.terms.conId]
            size = Decimal(fact.size * one.order.terms.side) / 10_000
            charged = fact.charged or (entry.currency, fact.fee)
            self.money[charged[0]] -= Decimal(charged[1]) / 10**6
            self._move(entry, size, fact.price)
        elif isinstance(fact, PositionMoved):
            entry = INSTRUMENTS[fact.conId]
            self._move(entry, Decimal(fact.size) / 10_000, fact.price)
        else:
            self._without_trade(fact)
            return
        self.realized[entry.currency] += Decimal(fact.realized or 0) / 10**6

    def _move(self, entry: Instrument, size: Decimal, price: int) -> None:
        self.money[entry.currency] -= size * each(entry, price)
        if entry.secType == "CASH":
            self.money[entry.symbol] += size
        else:
            self.held[entry] += size

    def at(self, prices: dict[Instrument, int], rates: dict[str, Decimal]) -> Decimal:
        total = Decimal(0)
        for name, money in self.money.items():
            total += rates[name] * money
        for entry, size in self.held.items():
            total += rates[entry.currency] * size * each(entry, prices[entry])
        return total


def each(entry: Instrument, price: int) -> Decimal:
    """The money of one unit at a price; a bond's is the percentage of 1,000."""
    if entry.secType == "WAR":  # whatever part of its underlying it stands for
        return Decimal(price) / entry.scale
    face = 10 if entry.secType == "BOND" else 1
    return Decimal(price * entry.multiplier * face) / entry.scale / entry.magnifier / entry.divisor


def asked(engine: Engine, step: tuple[Any, ...], prices: dict[Instrument, int]) -> Command | None:
    """The command of a step; None where it cannot be asked for."""
    kind, what, number = step[:3]
    held = 0 if isinstance(what, str) else engine.state.accounts[ACCOUNT].quantity(what.conId)
    match kind:
        case "deposit":
            return Deposit(ACCOUNT, what, number)
        case "convert":
            return ConvertCash(ACCOUNT, what, number, "GBP" if what == "USD" else "USD")
        case "receive":
            size = number * 10_000
            long = size > 0 or what not in (BTC, FUND, WARRANT)
            fits = held * size >= 0 and what.secType != "CASH" and long
            return ReceivePosition(ACCOUNT, StartingPosition(what.conId, size)) if fits else None
        case "dividend":
            return PayDividend(what.conId, number)
        case "split":
            return SplitShares(what.conId, *number)
        case "merge":
            new, old, paid = number
            into = OTHER.conId if new else 0
            return MergeShares(what.conId, into, new, old, paid * 10**6)
        case "spin off":
            new, old, part = number
            return SpinOff(what.conId, OTHER.conId, new, old, part)
    return ordered(engine, step, prices)


def ordered(
    engine: Engine, step: tuple[Any, ...], prices: dict[Instrument, int]
) -> SubmitOrder | SubmitExercise:
    number = engine.state.highest_ids.get(1, 0) + 1
    if step[0] == "exercise":
        contract = Contract(conId=step[1].conId, exchange=step[1].home)
        return SubmitExercise(1, number, contract, step[2], step[3], "", True, Order())
    _, entry, size = step
    lot = {"STK": 100, "CASH": 20_000}.get(entry.secType, 1)
    order = Order(
        action="BUY" if size > 0 else "SELL", totalQuantity=Decimal(abs(size) * lot),
        orderType="MKT", tif="DAY",
    )  # fmt: skip
    if entry == BTC:  # which is not bought at the market by size
        order.orderType, order.lmtPrice = "LMT", prices[BTC] / BTC.scale
    return SubmitOrder(1, number, Contract(conId=entry.conId, exchange=entry.home), order)


@pytest.mark.long
@tries(60)
@given(steps, to_come)
def test_money_in_is_money_out(history: list[Any], ahead: list[Any]) -> None:
    market = MarketWithActions(INSTRUMENTS)
    for hours, action in ahead:
        market.announce(START + hours * 3600 * SECOND, action)
    engine = Engine(market, Profile(interest=True), INSTRUMENTS)
    engine.open_accounts(START)
    journal = engine.drain_journal()
    now, worth, prices = START, Worth(), dict(AROUND)
    for entry, price in AROUND.items():
        market.add(Quote(entry.conId, START, price, 10**11, price, 10**11))
    for step in history:
        now += (step if isinstance(step, int) else 1) * SECOND
        if isinstance(step, int):
            happened = engine.advance(now)
        elif step[0] != "price":
            command = asked(engine, step, prices)
            happened = engine.advance(now)  # a refused command must not hide what has happened
            try:
                happened += [] if command is None else engine.submit(command, now)
            except AccountRefused:
                assert command is not None
        else:
            _, entry, ticks = step
            price = AROUND[entry] + ticks * max(entry.tick, AROUND[entry] // 2_000)
            price = prices[entry] = price - price % entry.tick
            market.add(Quote(entry.conId, now, price, 10**11, price, 10**11))
            happened = engine.advance(now)
        for one in happened:
            worth.take(one)
        check(engine)
        journal += engine.drain_journal()
        engine.top.begin(now)
        account = engine.state.accounts[ACCOUNT]
        valued = engine.broker.margin.value(account)
        rates = {name: Decimal(rate) / 10**7 for name, rate in valued.rates.items()}
        near = Decimal(1) / 1_000
        net = Decimal(valued.net) / 10**6
        assert abs(worth.at(prices, rates) - net) < near
        unrealized = sum(
            rates[held.instrument.currency] * held.unrealized / 10**6 for held in valued.holdings
        )
        realized = sum(rates.get(name, GBP) * some for name, some in worth.realized.items())
        brought = sum(rates.get(name, GBP) * some for name, some in worth.brought.items())
        gained = net - 1_000_000 - brought
        assert abs(gained - realized - unrealized) < near
        assert engine.broker.margin.worth(account) == (valued.equity, valued.maintenance)
    twin = Engine(None, None, INSTRUMENTS)
    twin.replay(entries.decode(entries.encode(entry)) for entry in journal)
    assert twin.state_hash() == engine.state_hash()
