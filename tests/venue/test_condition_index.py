"""Orders with conditions are looked at when a condition comes to hold, beside a twin that looks at
every one of them with every tick."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanes import tries
from papertape.model import Contract, Order, OrderCondition
from papertape.venue.broker.conditions import Conditions
from papertape.venue.broker.profile import Profile
from papertape.venue.commands import CancelApiOrder, Command, SubmitOrder
from papertape.venue.engine import Engine
from papertape.venue.entries import Entry
from papertape.venue.facts import OrderActivated
from papertape.venue.invariants import check
from papertape.venue.market.source import Print, Quote
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.units import SECOND
from venue.scenario import START, ScriptedMarket

SYMBOLS = {"AAPL": 265598, "IBM": 8314, "SPY": 756733}
prices = st.integers(95, 105)
Tick = tuple[int, int, int, bool]
Step = Command | Tick | str


@st.composite
def conditions(draw: st.DrawFn) -> OrderCondition:
    return OrderCondition(
        type=draw(st.sampled_from([1, 1, 1, 3, 4, 5, 6, 7])),
        isConjunctionConnection=draw(st.booleans()),
        isMore=draw(st.booleans()),
        conId=draw(st.sampled_from(sorted(SYMBOLS.values()))),
        symbol=draw(st.sampled_from(sorted(SYMBOLS))),
        secType="STK",
        price=float(draw(prices)),
        percent=draw(st.integers(90, 100)),
        changePercent=float(draw(st.integers(-3, 3))),
        volume=draw(st.integers(0, 20)),
        time=f"20260413-{draw(st.integers(13, 16)):02}:{draw(st.integers(0, 59)):02}:00",
        triggerMethod=draw(st.sampled_from([0, 1, 2, 3, 4, 7, 8])),
    )


@st.composite
def submissions(draw: st.DrawFn) -> SubmitOrder:
    kind = draw(st.sampled_from(["MKT", "LMT", "LMT", "MIDPRICE", "REL"]))
    order = Order(
        action=draw(st.sampled_from(["BUY", "SELL"])),
        totalQuantity=Decimal(draw(st.integers(1, 9))),
        orderType=kind,
        lmtPrice=None if kind == "MKT" else float(draw(prices)),
        tif=draw(st.sampled_from(["DAY", "GTC"])),
        # A change may take all conditions away.
        conditions=draw(
            st.lists(conditions(), min_size=draw(st.sampled_from([0, 1, 1, 1])), max_size=4)
        ),
        conditionsCancelOrder=kind in ("LMT", "MIDPRICE") and draw(st.booleans()),
        conditionsIgnoreRth=draw(st.booleans()),
        conditionsIncludeOvernight=draw(st.booleans()),
        goodAfterTime=draw(st.sampled_from(["", "", "", "20260413-14:10:00"])),
    )
    contract = Contract(symbol=draw(st.sampled_from(sorted(SYMBOLS))), secType="STK",
                        exchange="SMART", currency="USD")  # fmt: skip
    return SubmitOrder(1, draw(st.integers(1, 12)), contract, order)


ticks = st.tuples(st.sampled_from(sorted(SYMBOLS.values())), prices, st.integers(1, 3),
                  st.booleans())  # fmt: skip
PAUSES = {"minute": 60, "hour": 3600, "half a day": 12 * 3600}
steps = st.lists(
    st.one_of(
        submissions(), submissions(), ticks, ticks, ticks,
        st.builds(CancelApiOrder, st.just(1), st.integers(1, 12)),
        st.sampled_from(sorted(PAUSES)),
    ),
    min_size=10, max_size=60,
)  # fmt: skip


def play(history: list[Step], profile: Profile, *, index: bool) -> list[Entry]:
    """The journal of a history, in the middle of which the engine is built anew."""
    market = ScriptedMarket()
    for con_id in SYMBOLS.values():
        market.tape[con_id] = []
        market.closes[con_id] = 100 * CATALOGUE[con_id].scale
    whens: list[int] = []
    now = START
    for step in history:  # the whole market, in which the engine reads ahead
        now += (PAUSES[step] if isinstance(step, str) else 1) * SECOND
        whens.append(now)
        if isinstance(step, tuple):
            con_id, price, wide, printed = step
            scale = CATALOGUE[con_id].scale
            if printed:
                market.add(Print(con_id, now, price * scale, wide * 10_000))
            else:
                sides = (price - wide) * scale, (price + wide) * scale
                market.add(Quote(con_id, now, sides[0], 10_000, sides[1], 10_000))
    engine = Engine(market, profile)
    looked_at(engine, index=index)
    engine.open_accounts(START)
    journal: list[Entry] = engine.drain_journal()
    for number, (step, now) in enumerate(zip(history, whens, strict=True)):
        if number == len(history) // 2:
            engine = restarted(engine, market, profile)
            looked_at(engine, index=index)
        if isinstance(step, tuple | str):
            engine.advance(now)
        else:
            engine.submit(step, now)
        check(engine)
        journal += engine.drain_journal()
    return journal


def restarted(old: Engine, market: ScriptedMarket, profile: Profile) -> Engine:
    engine = Engine(market, profile)
    engine.restore(bytes(old.snapshot()), lambda *_: old.archive.rows())
    return engine


def looked_at(engine: Engine, *, index: bool) -> None:
    """Let each order with conditions be looked at with every tick that they name, without index."""
    if not index:
        engine.broker.holds.awaited = lambda order: None  # type: ignore[method-assign]


@pytest.mark.long
@tries(60)
@given(steps, st.sampled_from([Profile(), Profile(hours="exchange")]))
def test_the_same_happens_as_with_a_walk_over_all_of_them(
    history: list[Step], profile: Profile
) -> None:
    assert play(history, profile, index=True) == play(history, profile, index=False)


AAPL, IBM, SPY = SYMBOLS.values()
NIGHT = ["half a day", "hour", "hour", "hour"]  # 01:00
OPENS = ["hour"] * 9  # 10:00


def sends(number: int, *conditions: OrderCondition, size: int = 1, **more: Any) -> SubmitOrder:
    order = Order(action="BUY", totalQuantity=Decimal(size), orderType="MKT", tif="GTC",
                  conditions=list(conditions))  # fmt: skip
    for name, value in more.items():
        setattr(order, name, value)
    contract = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
    return SubmitOrder(1, number, contract, order)


def when(symbol: int, price: float, *, more: bool = True, joined: bool = True) -> OrderCondition:
    return OrderCondition(type=1, conId=symbol, isMore=more, price=price,
                          isConjunctionConnection=joined)  # fmt: skip


CUSHION = OrderCondition(type=4, isMore=False, percent=99, isConjunctionConnection=True)
LATER = OrderCondition(type=3, isMore=True, time="20260413-14:10:00", isConjunctionConnection=True)
QUOTED: list[Step] = [(one, 100, 1, False) for one in (AAPL, IBM, SPY)]
HISTORIES: dict[str, list[Step]] = {
    "met at night, it counts by day, with a tick of the other instrument": [
        *QUOTED, sends(1, when(SPY, 103.0, joined=False), when(IBM, 104.0)), *NIGHT,
        (SPY, 105, 1, True), *OPENS, (IBM, 100, 1, False), (SPY, 100, 1, True),
    ],
    "a cushion that a trade has taken away": [
        *QUOTED, sends(1, CUSHION), sends(2, size=1000), (AAPL, 100, 1, False),
    ],
    "a cushion or a price": [
        *QUOTED, sends(1, msgspec.structs.replace(CUSHION, isConjunctionConnection=False),
                       when(SPY, 200.0)), sends(2, size=1000), (IBM, 100, 1, False),
        (AAPL, 100, 1, False), (SPY, 100, 1, True),
    ],
    "a time and a price": [
        *QUOTED, sends(1, LATER, when(SPY, 103.0)), (SPY, 104, 1, True), *["minute"] * 11,
    ],
    "a price that the market ahead reaches, behind a limit that it does not": [
        *QUOTED, sends(1, orderType="LMT", lmtPrice=50.0), (AAPL, 101, 1, False),
        sends(2, when(AAPL, 103.0, more=True)), (AAPL, 101, 1, False), (AAPL, 104, 1, True),
    ],
    "good after a time": [
        *QUOTED, sends(1, when(SPY, 103.0), goodAfterTime="20260413-14:10:00"),
        (SPY, 104, 1, True), *["minute"] * 11,
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", HISTORIES)
def test_what_the_clock_the_hours_and_the_account_do_to_it(name: str) -> None:
    history = [*HISTORIES[name], "minute"]
    profile = Profile(hours="exchange")
    journal = play(history, profile, index=True)
    assert journal == play(history, profile, index=False)
    assert any(isinstance(fact, OrderActivated) for entry in journal for fact in entry.facts)


MANY = 300


def waiting(conditions: list[OrderCondition], **more: Any) -> tuple[Engine, ScriptedMarket]:
    """An engine with many orders that wait for conditions, each with prices of its own."""
    market = ScriptedMarket()
    for number, con_id in enumerate(SYMBOLS.values(), 1):
        scale = CATALOGUE[con_id].scale
        market.closes[con_id] = 100 * scale
        market.add(Quote(con_id, START - number, 99 * scale, 10_000, 101 * scale, 10_000))
        market.add(Print(con_id, START - number, 100 * scale, 10_000))
    engine = Engine(market, Profile())
    engine.open_accounts(START)
    contract = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
    for number in range(1, MANY + 1):
        own = [
            msgspec.structs.replace(one, price=one.price + number / 100 if one.price else 0)
            for one in conditions
        ]
        order = Order(action="BUY", totalQuantity=Decimal(1), orderType="LMT", lmtPrice=50.0,
                      tif="DAY", conditions=own, **more)  # fmt: skip
        engine.submit(SubmitOrder(1, number, contract, order), START + number)
    engine.advance(START + SECOND)
    return engine, market


def looks(engine: Engine, monkeypatch: Any, act: Callable[[], object]) -> int:
    """How often the conditions of an order are looked at meanwhile."""
    seen = 0
    met = Conditions.met

    def counted(self: Conditions, *given: Any) -> bool:
        nonlocal seen
        seen += 1
        return met(self, *given)

    with monkeypatch.context() as patched:
        patched.setattr(Conditions, "met", counted)
        act()
    return seen


def above(symbol: str, price: float, **more: Any) -> OrderCondition:
    return OrderCondition(type=1, conId=SYMBOLS[symbol], isMore=True, price=price,
                          isConjunctionConnection=True, **more)  # fmt: skip


WAITS = {
    "a price": ([above("SPY", 100.0)], {}),
    "a price that cancels": ([above("SPY", 100.0)], {"conditionsCancelOrder": True}),
    "one that holds, and one that does not": ([above("IBM", 1.0), above("SPY", 100.0)], {}),
    "a change, and a price": (
        [OrderCondition(type=7, conId=SYMBOLS["SPY"], isMore=False, changePercent=50.0,
                        isConjunctionConnection=True), above("SPY", 100.0)], {},
    ),
}  # fmt: skip


@pytest.mark.long
@pytest.mark.sample(3)
@pytest.mark.parametrize("name", WAITS)
@pytest.mark.parametrize("again", [False, True])
def test_a_tick_costs_what_it_meets(name: str, again: bool, monkeypatch: Any) -> None:
    conditions, more = WAITS[name]
    engine, market = waiting(conditions, **more)
    at = START + 2 * SECOND
    if again:
        engine = restarted(engine, market, Profile())
        engine.advance(at)
    for price, expected in ((10_000, 0), (10_003, 3), (10_003, 0), (10_000, 0), (10_004, 1)):
        at += SECOND
        market.add(Print(SPY, at, price * CATALOGUE[SPY].scale // 100, 10_000))
        scale = CATALOGUE[IBM].scale
        market.add(Quote(IBM, at, 98 * scale, 10_000, 102 * scale, 10_000))
        seen = looks(engine, monkeypatch, lambda at=at, engine=engine: engine.advance(at))
        assert seen == expected, price
        check(engine)


@pytest.mark.long
def test_a_condition_that_holds_in_vain_costs_its_coming_alone(monkeypatch: Any) -> None:
    engine, market = waiting([above("SPY", 100.0), above("IBM", 500.0)])
    at, seen = START + 2 * SECOND, []
    for price in (110, 111, 110, 90, 110, 111):
        at += SECOND
        market.add(Print(SPY, at, price * CATALOGUE[SPY].scale, 10_000))
        market.add(Print(IBM, at, price * CATALOGUE[IBM].scale, 10_000))
        seen.append(looks(engine, monkeypatch, lambda at=at: engine.advance(at)))
        check(engine)
    assert seen == [MANY, 0, 0, 0, 0, 0]


def test_an_order_that_has_lost_its_conditions_is_not_looked_for_when_one_comes_to_hold() -> None:
    waits = {"orderType": "LMT", "lmtPrice": 50.0}
    history: list[Step] = [
        *QUOTED, sends(1, when(SPY, 103.0), **waits), sends(2, when(SPY, 200.0), **waits),
        sends(1, **waits), CancelApiOrder(1, 1), "minute", (SPY, 105, 1, True),
        (SPY, 105, 1, False), "minute",
    ]  # fmt: skip
    assert play(history, Profile(), index=True) == play(history, Profile(), index=False)


def test_the_tick_that_meets_it_is_known_ahead() -> None:
    market = ScriptedMarket()
    scale = CATALOGUE[AAPL].scale
    for number, price in enumerate((100, 101, 102, 103, 104)):
        at = START + 10 * number * SECOND
        market.add(Quote(AAPL, at, (price - 1) * scale, 10_000, (price + 1) * scale, 10_000))
        market.add(Print(AAPL, at, price * scale, 10_000))
    engine = Engine(market, Profile())
    engine.open_accounts(START)
    engine.submit(sends(1, orderType="LMT", lmtPrice=50.0), START)
    rests = engine.next_due()
    engine.submit(sends(2, when(AAPL, 103.0)), START)
    waits = engine.next_due()
    assert waits == START + 30 * SECOND and (rests is None or rests >= waits)
