"""Orders at the hours of exchanges: they wait for the open, work, and lapse with their session.

Stages begin on Monday 2026-04-13 at 10:00 New York; American stocks trade 09:30 to 16:00, with
``outsideRth`` 04:00 to 20:00. The sequences outside of these hours are those of a paper gateway.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanes import tries
from papertape import codes
from papertape.server.present import events as e
from papertape.venue import entries
from papertape.venue.broker.profile import Profile
from papertape.venue.commands import CancelApiOrder, SubmitOrder
from papertape.venue.engine import Engine
from papertape.venue.entries import Entry
from papertape.venue.invariants import check
from papertape.venue.reference.sessions import EXTENDED, NIGHT, REGULAR
from venue.scenario import Stage, at, scenario, shown, text_of
from venue.test_properties import PAUSES, clients, order_ids, quotes, submissions
from venue.test_properties import play as replayed
from walks import walk

EXCHANGE = Profile(hours="exchange")
AFTER_HOURS = """
    quote   AAPL 257.66 x 257.68   -> .
    clock   20260413 21:00:00      -> .
"""
HELD = "accepted PreSubmitted"


def play(table: str) -> Stage:
    return scenario(table, EXCHANGE)


def night(table: str) -> Stage:
    return play(AFTER_HOURS + table)


# -- waiting for the open --------------------------------------------------------------------------


def test_a_day_order_is_told_when_it_will_be_placed() -> None:
    stage = night("""
        submit  #1 BUY 1 AAPL LMT 250  -> #1 accepted PreSubmitted; #1 warned 399
                        -> #1 again PreSubmitted; #1 again PreSubmitted; #1 again PreSubmitted
    """)
    (warning,) = [one for one in stage_events(stage, "#2") if isinstance(one, e.OrderWarnedEvent)]
    assert text_of(warning) == (
        "Order Message:\nBUY 1 AAPL NASDAQ.NMS\nWarning: Your order will not be placed at the "
        "exchange until 2026-04-14 09:30:00 US/Eastern."
    )
    assert codes.lookup(399).severity == "warning"


def stage_events(stage: Stage, name: str) -> tuple[e.Event, ...]:
    return stage.step(f"submit {name} BUY 1 AAPL LMT 250")


def test_it_works_from_the_open_on() -> None:
    night("""
        submit  #1 BUY 1 AAPL LMT 250  -> #1 accepted PreSubmitted; #1 warned 399
                        -> #1 again PreSubmitted; #1 again PreSubmitted; #1 again PreSubmitted
        quote   AAPL 240.00 x 240.02   -> .
        clock   20260414 09:29:59      -> .
        quote   AAPL 250.50 x 251.00   -> #1 again Submitted
        quote   AAPL 249.90 x 250.00   -> #1 BOT 1 @ 250 Filled; #1 fee 1.000003
    """)


def test_a_market_order_fills_at_the_open() -> None:
    night("""
        submit  #1 SELL 1 AAPL MKT     -> #1 accepted PreSubmitted; #1 warned 399
                        -> #1 again PreSubmitted; #1 again PreSubmitted; #1 again PreSubmitted
        clock   20260414 09:29:59      -> .
        quote   AAPL 250.50 x 251.00   -> #1 again Submitted
                -> #1 SLD 1 @ 250.5 Filled; #1 fee 1.005358
    """)


def test_a_condition_waits_at_night_as_any_day_order_does() -> None:
    """Captured: the pair, 399, three pairs; 202 ends it."""
    above = 'conditions=[{"type":1,"conId":265598,"exchange":"SMART","isMore":true,"price":999}]'
    night(f"""
        submit  #1 BUY 1 AAPL LMT 250 {above}  -> #1 accepted PreSubmitted; #1 warned 399
                        -> #1 again PreSubmitted; #1 again PreSubmitted; #1 again PreSubmitted
        cancel  #1  -> #1 Cancelled
        submit  #2 BUY 1 AAPL LMT 250 GTC {above}  -> #2 accepted PreSubmitted
                        -> #2 again PreSubmitted; #2 again PreSubmitted
    """)


def test_what_begins_later_is_told_three_times_at_night_without_a_notice() -> None:
    """Captured for ``goodAfterTime``."""
    night("""
        submit  #1 BUY 1 AAPL LMT 250 goodAfterTime=20260414-15:00:00  -> #1 accepted PreSubmitted
                        -> #1 again PreSubmitted; #1 again PreSubmitted
    """)


@walk(
    ("now", "day"),
    [
        ("20260417 17:00:00", "20260420"),
        ("20260417 21:00:00", "20260420"),
        ("20260418 12:00:00", "20260420"),
        ("20260420 17:00:00", "20260421"),
    ],
)
def test_an_algorithm_is_for_the_next_trading_day(now: str, day: str) -> None:
    """2111 says so twice, as captured after the close: no algorithm ends on a Saturday."""
    stage = play(f"clock {now} -> .")
    times = '[{"tag":"pctVol","value":"0.5"},{"tag":"endTime","value":"15:00:00"}]'
    told = shown(
        stage.step(f"submit #1 BUY 100 AAPL LMT 250 algoStrategy=PctVol algoParams={times}")
    )
    assert told[:3] == ["#1 warned 2111", "#1 warned 2111", "#1 accepted PreSubmitted"]
    (view,) = stage.queries.open_orders()
    assert view.order.algoParams[1].value == f"{day} 15:00:00 US/Eastern"


def test_good_till_cancelled_waits_without_a_notice() -> None:
    night("""
        submit  #1 BUY 1 AAPL LMT 250 GTC  -> #1 accepted PreSubmitted
                                       -> #1 again PreSubmitted; #1 again PreSubmitted
        clock   20260414 09:30:00      -> #1 again Submitted
        clock   20260414 16:00:00      -> #1 again PreSubmitted
        quote   AAPL 100.00 x 100.02   -> .
        clock   20260415 09:30:00      -> #1 again Submitted
                                       -> #1 BOT 1 @ 100.02 Filled; #1 fee 1.000003
    """)


def test_a_stop_is_told_first_and_watches_from_the_open_on() -> None:
    night("""
        submit  #1 SELL 1 AAPL STP 250 -> #1 warned 399; #1 accepted PreSubmitted trigger
                        -> #1 again PreSubmitted trigger; #1 again PreSubmitted trigger
        trade   AAPL 240.00            -> .
        clock   20260414 09:29:59      -> .
        trade   AAPL 255.00            -> #1 again PreSubmitted trigger
        quote   AAPL 249.50 x 249.60   -> .
        trade   AAPL 249.90            -> #1 elected Submitted; #1 SLD 1 @ 249.5 Filled
                                       -> #1 fee 1.005338
    """)


def test_a_stop_that_is_passed_by_the_open_is_elected_there() -> None:
    night("""
        submit  #1 SELL 1 AAPL STP 250 GTC -> #1 accepted PreSubmitted trigger
                        -> #1 again PreSubmitted trigger; #1 again PreSubmitted trigger
        trade   AAPL 240.00            -> .
        quote   AAPL 239.90 x 240.10   -> .
        clock   20260414 09:30:00      -> #1 again PreSubmitted trigger; #1 elected Submitted
                                       -> #1 SLD 1 @ 239.9 Filled; #1 fee 1.00514
    """)


def test_a_price_beyond_the_band_is_not_accepted_at_night_either() -> None:
    stage = night("""
        submit  #1 BUY 1 AAPL STP 250 GTC -> #1 accepted PreSubmitted trigger
                        -> #1 again PreSubmitted trigger; #1 again PreSubmitted trigger
    """)
    happened = shown(stage.step("submit #2 BUY 1 AAPL LMT 300"))
    assert happened[:2] == ["#2 accepted PreSubmitted", "#2 PendingCancel"]
    assert happened[2].startswith("#2 Cancelled: We cannot accept an order at a limit price")


def test_immediate_orders_do_not_wait() -> None:
    night("""
        submit  #1 BUY 1 AAPL LMT 258 IOC  -> #1 PendingCancel; #1 Cancelled
        submit  #2 BUY 1 AAPL LMT 258 FOK  -> #2 OrderInactive Inactive
    """)


def test_whatever_is_placed_on_a_saturday_waits_for_monday() -> None:
    stage = play("""
        quote   AAPL 257.66 x 257.68   -> .
        clock   20260418 12:00:00      -> .
    """)
    (warning,) = [one for one in stage_events(stage, "#1") if isinstance(one, e.OrderWarnedEvent)]
    assert warning.facts["time"] == "2026-04-20 09:30:00"


# -- while it is open ------------------------------------------------------------------------------


def test_during_the_session_nothing_is_different() -> None:
    play("""
        quote   AAPL 257.66 x 257.68   -> .
        submit  #1 BUY 1 AAPL LMT 250  -> #1 accepted Submitted; #1 again Submitted
        submit  #2 BUY 1 AAPL MKT      -> #2 accepted PreSubmitted
                                       -> #2 BOT 1 @ 257.68 Filled; #2 fee 1.000003
        submit  #3 SELL 1 AAPL STP 250 -> #3 accepted PreSubmitted trigger
                                       -> #3 again PreSubmitted trigger
        cancel  #1                     -> #1 Cancelled
    """)


def test_a_day_order_lapses_with_its_session() -> None:
    play("""
        quote   AAPL 257.66 x 257.68   -> .
        submit  #1 BUY 1 AAPL LMT 250  -> #1 accepted Submitted; #1 again Submitted
        submit  #2 BUY 1 AAPL LMT 250 outsideRth=true  -> #2 accepted Submitted; #2 again Submitted
        clock   20260413 15:59:59      -> .
        clock   20260413 16:00:00      -> #1 Cancelled
        clock   20260413 19:59:59      -> .
        clock   20260413 20:00:00      -> #2 Cancelled
    """)


def test_outside_of_regular_hours_an_order_may_work_if_it_says_so() -> None:
    play("""
        quote   AAPL 257.66 x 257.68   -> .
        clock   20260413 18:00:00      -> .
        submit  #1 BUY 1 AAPL LMT 258 outsideRth=true  -> #1 accepted Submitted
                                       -> #1 BOT 1 @ 257.68 Filled; #1 fee 1.000003
        clock   20260413 21:00:00      -> .
        submit  #2 BUY 1 AAPL LMT 258 GTC outsideRth=true  -> #2 accepted PreSubmitted
                                       -> #2 again PreSubmitted; #2 again PreSubmitted
        clock   20260414 04:00:00      -> #2 again Submitted
                                       -> #2 BOT 1 @ 257.68 Filled; #2 fee 1.000003
    """)


def test_an_overnight_order_works_in_the_night() -> None:
    night("""
        submit  #1 BUY 1 AAPL LMT 258 includeOvernight=true  -> #1 accepted Submitted
                                       -> #1 BOT 1 @ 257.68 Filled; #1 fee 1.000003
    """)


def test_a_good_till_cancelled_order_lapses_at_the_quarter_s_end() -> None:
    stage = play("""
        quote   AAPL 257.66 x 257.68   -> .
        submit  #1 BUY 1 AAPL LMT 25 GTC  -> #1 accepted PreSubmitted; #1 again Submitted
    """)
    (order,) = stage.engine.state.orders.values()
    assert order.expires == at("20260930 16:00:00")
    happened = shown(stage.step("clock 20260930 16:00:00"))
    assert happened[-1] == "#1 Cancelled"
    assert happened.count("#1 again Submitted") == happened.count("#1 again PreSubmitted") == 118


# -- changes ---------------------------------------------------------------------------------------


def test_a_cancel_while_it_waits_takes_a_moment() -> None:
    night("""
        submit  #1 BUY 1 AAPL LMT 250 GTC  -> #1 accepted PreSubmitted
                                       -> #1 again PreSubmitted; #1 again PreSubmitted
        cancel  #1                     -> #1 PendingCancel; #1 again PendingCancel; #1 Cancelled
        submit  #2 SELL 1 AAPL STP 250 GTC -> #2 accepted PreSubmitted trigger
                        -> #2 again PreSubmitted trigger; #2 again PreSubmitted trigger
        cancel  all                    -> #2 Cancelled
    """)


def test_new_terms_while_it_waits() -> None:
    night("""
        submit  #1 BUY 1 AAPL LMT 250 GTC  -> #1 accepted PreSubmitted
                                       -> #1 again PreSubmitted; #1 again PreSubmitted
        submit  #1 BUY 2 AAPL LMT 251 GTC  -> #1 replaced PreSubmitted; #1 again PreSubmitted
        clock   20260414 04:30:00      -> .
        submit  #1 BUY 2 AAPL LMT 258 GTC outsideRth=true  -> #1 replaced PreSubmitted
                        -> #1 again Submitted; #1 BOT 2 @ 257.68 Filled; #1 fee 1.000006
    """)


def test_an_order_that_gives_up_the_extended_hours_waits() -> None:
    play("""
        quote   AAPL 257.66 x 257.68   -> .
        clock   20260413 18:00:00      -> .
        submit  #1 BUY 1 AAPL LMT 250 outsideRth=true  -> #1 accepted Submitted; #1 again Submitted
        submit  #1 BUY 1 AAPL LMT 258  -> #1 replaced PreSubmitted; #1 again PreSubmitted
        clock   20260414 09:30:00      -> #1 again Submitted
                                       -> #1 BOT 1 @ 257.68 Filled; #1 fee 1.000003
    """)


# -- restarts --------------------------------------------------------------------------------------


def engine_of(stage: Stage, hours: str, *, journal: list[Entry]) -> Engine:
    again = Engine(stage.market, Profile(hours=hours))  # type: ignore[arg-type]
    again.replay(entries.decode(entries.encode(entry)) for entry in journal)
    return again


@pytest.mark.parametrize("down", ["20260413 22:00:00", "20260414 11:00:00"])
def test_a_restart_opens_what_waited(down: str) -> None:
    stage = night("""
        submit  #1 BUY 1 AAPL LMT 258 GTC  -> #1 accepted PreSubmitted
                                       -> #1 again PreSubmitted; #1 again PreSubmitted
    """)
    again = engine_of(stage, "exchange", journal=stage.journal)
    assert again.state_hash() == stage.engine.state_hash()
    check(again)
    again.skip(at(down))
    happened = shown(stage.told(again.advance(at("20260414 12:00:00"))))
    assert happened == ["#1 again Submitted", "#1 BOT 1 @ 257.68 Filled", "#1 fee 1.000003"]
    check(again)


def test_a_station_that_is_always_open_from_now_on_lets_them_work() -> None:
    stage = night("""
        submit  #1 BUY 1 AAPL LMT 258 GTC  -> #1 accepted PreSubmitted
                                       -> #1 again PreSubmitted; #1 again PreSubmitted
    """)
    again = engine_of(stage, "always", journal=stage.journal)
    happened = shown(stage.told(again.advance(stage.now + 1)))
    assert happened == ["#1 again Submitted", "#1 BOT 1 @ 257.68 Filled", "#1 fee 1.000003"]


def test_a_station_that_keeps_hours_from_now_on_takes_them_back() -> None:
    stage = scenario("""
        quote   AAPL 257.66 x 257.68   -> .
        clock   20260413 21:00:00      -> .
        submit  #1 BUY 1 AAPL LMT 250 GTC  -> #1 accepted PreSubmitted; #1 again Submitted
    """)
    again = engine_of(stage, "exchange", journal=stage.journal)
    assert shown(stage.told(again.advance(stage.now + 1))) == ["#1 again PreSubmitted"]
    assert shown(stage.told(again.advance(at("20260414 09:30:00")))) == ["#1 again Submitted"]


# -- any history -----------------------------------------------------------------------------------


@st.composite
def reaching(draw: st.DrawFn) -> SubmitOrder:
    submit = draw(submissions())
    submit.order.outsideRth = draw(st.booleans())
    submit.order.includeOvernight = draw(st.sampled_from([False, False, True]))
    return submit


histories = st.lists(
    st.one_of(
        reaching(), reaching(), quotes(), quotes(), quotes(),
        st.builds(CancelApiOrder, clients, order_ids), st.sampled_from(sorted(PAUSES)),
    ),
    min_size=20,
    max_size=60,
)  # fmt: skip


@pytest.mark.long
@tries(60)
@given(histories)
def test_any_history_keeps_the_invariants_and_trades_in_open_markets_only(history: list) -> None:
    engine, journal, events = replayed(history, EXCHANGE)
    twin = Engine(None, EXCHANGE)
    twin.replay(entries.decode(entries.encode(entry)) for entry in journal)
    check(twin)
    assert twin.state_hash() == engine.state_hash()
    for event in events:
        if isinstance(event, e.Traded):
            order = event.view.order
            reach = NIGHT if order.includeOvernight else EXTENDED if order.outsideRth else REGULAR
            assert engine.hours.opens(event.contract.conId, reach, event.time) == 0, event
    for order in engine.state.orders.values():
        opens = engine.hours.opens(order.terms.conId, order.terms.reach, engine.clock)
        assert order.opens == opens
        assert order.expires > engine.clock


def test_conditions_count_at_night_where_their_order_says_so() -> None:
    below = '[{"type":1,"conId":265598,"price":250,"isMore":false}]'
    night(f"""
        submit  #1 BUY 1 AAPL LMT 240 GTC conditions={below}  -> #1 accepted PreSubmitted
                -> #1 again PreSubmitted; #1 again PreSubmitted
        submit  #2 BUY 1 AAPL LMT 240 GTC conditions={below} conditionsIncludeOvernight=true  -> .
                -> #2 accepted PreSubmitted; #2 again PreSubmitted; #2 again PreSubmitted
        trade   AAPL 249               -> #2 again PreSubmitted; #2 again PreSubmitted
        clock   20260414 09:30:00      -> #2 again Submitted
        trade   AAPL 249               -> #1 again Submitted
    """)


def test_conditions_count_outside_of_the_session_where_their_order_says_so() -> None:
    below = '[{"type":1,"conId":265598,"price":250,"isMore":false}]'
    play(f"""
        clock   20260414 17:00:00      -> .
        submit  #1 BUY 1 AAPL LMT 240 GTC conditions={below}  -> #1 accepted PreSubmitted
                -> #1 again PreSubmitted; #1 again PreSubmitted
        submit  #2 BUY 1 AAPL LMT 240 GTC conditions={below} conditionsIgnoreRth=true  -> .
                -> #2 accepted PreSubmitted; #2 again PreSubmitted; #2 again PreSubmitted
        trade   AAPL 249               -> #2 again PreSubmitted; #2 again PreSubmitted
        clock   20260415 09:30:00      -> #2 again Submitted
        trade   AAPL 249               -> #1 again Submitted
    """)
