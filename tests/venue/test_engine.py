"""The engine's contract: time, walking the tape, journal, replay, snapshot, determinism."""

import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from papertape.model import Contract, Order
from papertape.server.present.events import AccountChanged, Event, PositionChanged
from papertape.server.present.presenter import Presenter
from papertape.server.present.views import Views
from papertape.venue import entries
from papertape.venue.broker.account_manager import AccountManager
from papertape.venue.broker.margin import MarginCalculator
from papertape.venue.broker.order_manager import OrderManager
from papertape.venue.broker.profile import Profile
from papertape.venue.commands import Command, SubmitOrder
from papertape.venue.engine import Engine
from papertape.venue.facts import DayBegan, OrderFilled
from papertape.venue.invariants import check
from papertape.venue.units import SECOND
from venue.scenario import START, Stage, at, command, scenario

AAPL, TSLA = 265598, 76792991

BUSY_DAY = """
    quote   AAPL 257.66 x 257.68*60
    quote   TSLA 420.00 x 420.10
    submit  #1 BUY 100 AAPL MKT         -> #1 accepted PreSubmitted
                                        -> #1 BOT 60 @ 257.68 Submitted; #1 fee 1.00018
    submit  c2#1 SELL 10 TSLA LMT 421   -> c2#1 accepted Submitted; c2#1 again Submitted
    submit  #2 BUY 10 AAPL LMT 250 GTC  -> #2 accepted PreSubmitted; #2 again Submitted
    submit  #3 BUY 10 AAPL MKT transmit=false  -> .
    submit  #4 BUY 10 AAPL MKT whatIf=true  -> #4 WhatIfAnswered PreSubmitted
    submit  #2 BUY 20 AAPL LMT 251 GTC  -> #2 replaced Submitted; #2 again Submitted
    submit  #1 BUY 1 AAPL LMT 1         -> #1 refused 105
    quote   TSLA 421.05 x 421.10        -> c2#1 SLD 10 @ 421.05 Filled; c2#1 fee 1.088716
    quote   AAPL 257.66 x 257.70*40     -> #1 BOT 40 @ 257.7 Filled; #1 fee 0.00012
    clock   20260414 09:00:00           -> .
    submit  #5 SELL 30 AAPL MKT         -> #5 accepted Submitted
                                 -> #5 SLD 30 @ 257.66 Filled; #5 fee 1.165174 pnl -2.305264
"""


def told(engine: Engine, asked: Command, now: int) -> tuple[Event, ...]:
    """What clients are told of a command."""
    views = Views(engine.instruments, engine.profile)
    return Presenter(views).events(engine.submit(asked, now))


def test_a_fill_tells_positions_and_accounts_once() -> None:
    stage = scenario("quote AAPL 257.66 x 257.68")
    events = stage.step("submit #1 BUY 100 AAPL MKT")
    assert events[-2:] == (PositionChanged("DU1234567", AAPL), AccountChanged("DU1234567"))


def test_time_never_runs_backwards() -> None:
    stage = scenario("quote AAPL 257.66 x 257.68")
    with pytest.raises(ValueError, match="time runs backwards"):
        stage.engine.advance(START - SECOND)


def test_only_instruments_with_working_orders_are_walked() -> None:
    stage = scenario("""
        quote   AAPL 257.66 x 257.68
        quote   TSLA 420.00 x 420.10
        submit  #1 BUY 1 AAPL LMT 250  -> #1 accepted Submitted; #1 again Submitted
    """)
    assert stage.market.asked == []
    stage.play("quote  TSLA 420.00 x 420.10")
    assert stage.market.asked == []
    stage.play("quote  AAPL 257.66 x 257.68")
    assert stage.market.asked == [AAPL]
    stage.play("cancel  #1  -> #1 Cancelled")
    stage.market.asked.clear()
    stage.play("quote  AAPL 1.00 x 1.01")
    assert stage.market.asked == []


def test_quotes_of_one_stretch_are_folded_in_time_order_at_their_own_time() -> None:
    stage = scenario("""
        quote   AAPL 257.66 x 257.68
        quote   TSLA 420.00 x 420.10
        submit  #1 BUY 1 AAPL LMT 250  -> #1 accepted Submitted; #1 again Submitted
        submit  #2 BUY 1 TSLA LMT 400  -> #2 accepted Submitted; #2 again Submitted
    """)
    engine, start = stage.engine, stage.now
    quote = stage.market.quote(AAPL, start)
    for seconds, con_id, ask in ((3, AAPL, 2_490_000), (2, TSLA, 3_990_000)):
        tick = msgspec.structs.replace(
            quote, conId=con_id, time=start + seconds * SECOND, bid=1, ask=ask
        )
        stage.market.add(tick)
    engine.advance(start + 10 * SECOND)
    fills = list(engine.archive.fills())
    assert [(f.conId, f.time - start) for f in fills] == [(TSLA, 2 * SECOND), (AAPL, 3 * SECOND)]
    assert [f.liquidity for f in fills] == [1, 1]
    kept = [entry for entry in engine.drain_journal() if entry.time > start]
    assert [entry.cause for entry in kept] == [f"tick {TSLA}", f"tick {AAPL}"]


def test_an_order_that_comes_alive_on_the_way_misses_nothing() -> None:
    """Ticks of an instrument count from the instant at which it comes to have a working order."""
    stage = scenario("""
        quote   AAPL 257.66 x 257.68
        quote   TSLA 420.00 x 420.10
        submit  #1 BUY 1 AAPL LMT 250  -> #1 accepted Submitted; #1 again Submitted
    """)
    engine, start = stage.engine, stage.now
    quote = stage.market.quote(AAPL, start)
    for seconds, con_id, ask in ((2, AAPL, 2_490_000), (3, TSLA, 3_990_000)):
        tick = msgspec.structs.replace(quote, conId=con_id, time=start + seconds * SECOND, ask=ask)
        stage.market.add(tick)
    whole = engine.broker.observe

    def child(tick: Any, now: int) -> Any:
        yield from whole(tick, now)
        if tick.conId == AAPL:  # what a parent's child does
            contract = Contract(symbol="TSLA", secType="STK", exchange="SMART", currency="USD")
            order = Order(action="BUY", totalQuantity=Decimal(1), orderType="LMT", lmtPrice=400.0)
            yield from engine.api.submit(SubmitOrder(1, 2, contract, order), now)

    engine.broker.observe = child  # type: ignore[method-assign]
    engine.advance(start + 10 * SECOND)
    assert [(f.conId, f.time - start) for f in engine.archive.fills()] == [
        (AAPL, 2 * SECOND),
        (TSLA, 3 * SECOND),
    ]


def test_midnight_comes_before_the_quotes_after_it() -> None:
    stage = scenario("""
        quote   AAPL 257.66 x 257.68
        submit  #1 BUY 1 AAPL LMT 250  -> #1 accepted Submitted; #1 again Submitted
    """)
    midnight = at("20260414 00:00:00")
    quote = stage.market.quote(AAPL, stage.now)
    stage.market.add(msgspec.structs.replace(quote, time=midnight + SECOND, ask=2_000_000))
    stage.engine.advance(midnight + 5 * SECOND)
    assert stage.engine.archive.counts == (0, 0)


def test_next_due_is_the_next_tick_of_a_working_order_or_the_reset_of_profits() -> None:
    stage = Stage()
    engine = stage.engine
    assert engine.next_due() is None
    stage.play("""
        quote   AAPL 257.66 x 257.68
        submit  #1 BUY 1 AAPL LMT 250  -> #1 accepted Submitted; #1 again Submitted
    """)
    assert engine.next_due() == at("20260413 23:55:00")
    quote = stage.market.quote(AAPL, stage.now)
    stage.market.add(msgspec.structs.replace(quote, time=stage.now + 7))
    assert engine.next_due() == stage.now + 7


def test_a_stretch_that_is_known_to_be_quiet_is_not_walked() -> None:
    stage = scenario("""
        quote   AAPL 257.66 x 257.68
        quote   TSLA 420.00 x 420.10
        submit  #1 BUY 1 AAPL LMT 250  -> #1 accepted Submitted; #1 again Submitted
    """)
    engine, market = stage.engine, stage.market
    quote = market.quote(AAPL, stage.now)
    market.add(msgspec.structs.replace(quote, time=stage.now + 9, ask=2_500_000))
    assert engine.next_due() == stage.now + 9
    market.asked.clear()
    engine.advance(stage.now + 8)
    assert (market.asked, engine.clock) == ([], stage.now + 8)
    engine.submit(
        command("submit", ["#2", "BUY", "1", "TSLA", "LMT", "400"]), stage.now + 8
    )  # its ticks count now
    engine.advance(stage.now + 8)
    assert market.asked == []
    happened = engine.advance(stage.now + 9)
    assert market.asked == [AAPL]
    assert [type(one.fact) for one in happened] == [OrderFilled]


def test_between_two_ticks_orders_do_not_make_the_venue_ask_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stage = scenario("quote AAPL 257.66 x 257.68")
    engine, market, now = stage.engine, stage.market, stage.now
    for later in (2, 3):
        quote = market.quote(AAPL, now)
        market.add(msgspec.structs.replace(quote, time=now + later * SECOND))
    asked: list[int] = []
    whole = market.next_tick

    def next_tick(con_id: int, after: int) -> int | None:
        asked.append(con_id)
        return whole(con_id, after)

    monkeypatch.setattr(market, "next_tick", next_tick)
    for number in range(1, 50):
        order = [f"#{number}", "BUY", "1", "AAPL", "LMT", "250"]
        engine.submit(command("submit", order), now + number * 1000)
    assert (asked, market.asked) == ([AAPL], [])
    engine.submit(command("submit", ["#50", "BUY", "1", "AAPL", "LMT", "250"]), now + 3 * SECOND)
    assert market.asked == [AAPL]


def test_an_order_makes_the_venue_look_at_its_own_instrument_alone() -> None:
    stage = scenario("""
        quote   AAPL 257.66 x 257.68
        quote   TSLA 420.00 x 420.10
        submit  #1 BUY 1 AAPL LMT 250  -> #1 accepted Submitted; #1 again Submitted
        submit  #2 BUY 1 TSLA LMT 400  -> #2 accepted Submitted; #2 again Submitted
    """)
    engine, market, now = stage.engine, stage.market, stage.now
    for con_id, due in ((AAPL, 30), (TSLA, 40)):
        quote = msgspec.structs.replace(market.quote(con_id, now), time=now + 20 * SECOND)
        market.add(quote)
        market.add(msgspec.structs.replace(quote, time=now + due * SECOND))
    assert engine.next_due() == now + 30 * SECOND
    market.asked.clear()
    engine.submit(command("submit", ["#3", "BUY", "1", "TSLA", "LMT", "399"]), now)
    assert (engine.next_due(), market.asked) == (now + 30 * SECOND, [])
    stop = ["#4", "BUY", "1", "TSLA", "STP", "430"]
    engine.submit(command("submit", stop), now)
    assert (engine.next_due(), market.asked) == (now + 30 * SECOND, [TSLA])
    market.asked.clear()
    engine.submit(command("submit", ["#5", "SELL", "1", "TSLA", "LMT", "420.05"]), now)
    assert (engine.next_due(), market.asked) == (now + 30 * SECOND, [TSLA])  # others look again
    market.asked.clear()
    engine.advance(now + 30 * SECOND)
    assert market.asked == [AAPL]


def test_a_skipped_stretch_fills_nothing_but_still_ends_the_day() -> None:
    stage = scenario("""
        quote   AAPL 257.66 x 257.68
        submit  #1 BUY 1 AAPL LMT 250      -> #1 accepted Submitted; #1 again Submitted
        submit  #2 BUY 1 AAPL LMT 250 GTC  -> #2 accepted PreSubmitted; #2 again Submitted
    """)
    quote = stage.market.quote(AAPL, stage.now)
    stage.market.add(msgspec.structs.replace(quote, time=stage.now + 5, ask=2_000_000))
    stage.market.add(msgspec.structs.replace(quote, time=stage.now + 9))
    stage.engine.skip(at("20260416 10:00:00"))
    stage.play("clock  20260416 10:00:01  -> #1 Cancelled")
    assert [view.orderId for view in stage.queries.open_orders()] == [2]
    assert stage.journal[-1].time == at("20260416 10:00:00")


def test_replay_stops_at_any_entry_and_goes_on_live() -> None:
    played = scenario(BUSY_DAY)
    for cut in range(len(played.journal)):
        twin = Engine(played.market)
        twin.replay(played.journal[:cut])
        twin.replay(played.journal[cut:])
        check(twin)
        assert twin.state_hash() == played.engine.state_hash()
    twin.advance(played.now)
    rest = "submit #9 BUY 5 TSLA MKT"
    events = played.step(rest)
    assert told(twin, command("submit", rest.split()[1:]), played.now) == events


def test_snapshot_is_a_fresh_start() -> None:
    played = scenario(BUSY_DAY)
    twin = Engine(played.market)
    twin.restore(bytes(played.engine.snapshot()), lambda *_: played.engine.archive.rows())
    check(twin)
    assert twin.state_hash() == played.engine.state_hash()
    row = "submit #9 BUY 5 AAPL LMT 251"
    events = played.step(row)
    assert told(twin, command("submit", row.split()[1:]), played.now) == events
    assert twin.state_hash() == played.engine.state_hash()


def test_end_of_day_is_journaled_and_empties_the_books() -> None:
    stage = scenario(BUSY_DAY)
    days = [fact for entry in stage.journal for fact in entry.facts if isinstance(fact, DayBegan)]
    assert [day.end for day in days] == [at("20260414 00:00:00"), at("20260415 00:00:00")]
    assert [view.orderId for view in stage.queries.orders()] == [2, 5]
    assert stage.engine.archive.counts == (1, 1)


def test_different_histories_have_different_hashes() -> None:
    hashes = {scenario("\n".join(BUSY_DAY.splitlines()[:rows])).engine.state_hash()
              for rows in (3, 5, 6, 7, 8, 9)}  # fmt: skip
    assert len(hashes) == 6


@pytest.mark.process
def test_hash_does_not_depend_on_the_hash_seed() -> None:
    program = "from venue.test_engine import BUSY_DAY, scenario\n"
    program += "print(scenario(BUSY_DAY).engine.state_hash())"
    tests = str(Path(__file__).parents[1])
    seen = [scenario(BUSY_DAY).engine.state_hash()]
    for seed in ("1", "4242"):
        environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": tests}
        run = subprocess.run(
            [sys.executable, "-c", program],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        seen.append(run.stdout.strip())
    assert len(set(seen)) == 1


def test_the_callers_order_is_left_alone() -> None:
    stage = scenario("quote AAPL 257.66 x 257.68")
    asked = command("submit", ["#1", "BUY", "1", "AAPL", "LMT", "250", "GTC"])
    assert isinstance(asked, SubmitOrder)
    before = msgspec.json.encode(asked)
    stage.submit(asked)
    assert msgspec.json.encode(asked) == before


def test_entries_survive_their_bytes() -> None:
    stage = scenario(BUSY_DAY)
    assert [entries.decode(entries.encode(entry)) for entry in stage.journal] == stage.journal


def test_the_facts_of_one_command_are_one_entry_with_its_name() -> None:
    stage = scenario("quote AAPL 257.66 x 257.68*60")
    stage.step("submit #1 BUY 100 AAPL LMT 257.68 IOC")
    (entry,) = stage.engine.drain_journal()
    assert entry.cause == "submit 1#1"
    assert [type(fact).__name__ for fact in entry.facts] == [
        "DayBegan", "OrderPlaced", "OrderFilled", "OrderMoved", "OrderEnded",
    ]  # fmt: skip


def test_replay_asks_no_market_and_no_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever decides may be broken: history is folded, not decided again."""
    stage = scenario(BUSY_DAY)
    for name in ("place", "replace", "cancel", "expire", "observe", "preview"):
        monkeypatch.setattr(OrderManager, name, broken)
    monkeypatch.setattr(AccountManager, "decide", broken)
    monkeypatch.setattr(MarginCalculator, "value", broken)
    twin = Engine(None)
    twin.replay(stage.journal)
    assert twin.state_hash() == stage.engine.state_hash()
    fills = [
        fact for entry in stage.journal for fact in entry.facts if isinstance(fact, OrderFilled)
    ]
    assert len(fills) == 4


def broken(*_: object, **__: object) -> None:
    raise AssertionError("a replay decided something")


def test_profiles_differ_only_in_what_they_switch() -> None:
    engine = Engine(None, Profile(accounts=("DU1", "DU2"), first_perm_id=7))
    engine.open_accounts(START)
    assert list(engine.state.accounts) == ["DU1", "DU2"]
    assert engine.state.next_perm_id == 7
