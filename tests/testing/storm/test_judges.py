"""The oracle, judge by judge: what it finds, and what it leaves alone."""

from typing import Any

import msgspec

from papertape.testing.storm.campaign import ground_of
from papertape.testing.storm.judges import judged
from papertape.testing.storm.told import LostLine, StormEvent, StormOrder, StormRecord
from papertape.venue.units import SECOND

S = SECOND


def order(at: float = 1, side: str = "BUY", **more: Any) -> StormOrder:
    facts: dict[str, Any] = {
        "session": 1, "client": 1, "orderId": 1, "symbol": "SPY", "orderType": "LMT",
        "quantity": 100.0, "ref": "", "parent": 0, "reached": int(at * S),
    }  # fmt: skip
    return StormOrder(time=int(at * S), side=side, **{**facts, **more})


def fill(at: float, size: float, position: float) -> StormEvent:
    text = f"{'BUY' if size > 0 else 'SELL'} {abs(size):g} SPY"
    return StormEvent(int(at * S), "fill", text, symbol="SPY", size=size, position=position)


def record(*orders: StormOrder, **more: Any) -> StormRecord:
    facts: dict[str, Any] = {"lasted": 600 * S, "sessions": 1, "connected": True}
    return StormRecord(orders=list(orders), **{**facts, **more})


def found(run: StormRecord, control: StormRecord | None = None) -> list[str]:
    return [one.judge for one in judged(run, control or record(order()))]


# -- the same order twice -------------------------------------------------------------------------


def test_the_same_reference_again_while_the_first_works_or_has_filled() -> None:
    first = order(1, ref="entry")
    control = record(first)
    again = order(5, ref="entry", orderId=2)
    assert found(record(first, again), control) == ["same-order-twice"]
    filled = order(1, ref="entry", filled=100.0, ended=2 * S)
    assert found(record(filled, again), control) == ["same-order-twice"]
    finding = judged(record(filled, again), control)[0]
    assert (
        finding.text == "BUY 100 SPY LMT ref entry was sent again while the one of +1s has filled"
    )
    assert finding.expects == ('at end orders 1 BUY SPY LMT ref "entry"',)


def test_an_order_may_be_sent_again_when_the_first_has_gone() -> None:
    control = record(order(1, ref="entry"))
    again = order(5, ref="entry", orderId=2)
    rejected = order(1, ref="entry", ended=2 * S, status="Inactive")
    lost = order(1, ref="entry", reached=None)
    later = order(1, ref="entry", reached=9 * S)  # it was on its way, and nobody could know
    for first in (rejected, lost, later):
        assert found(record(first, again), control) == []


def test_one_reference_for_several_orders_is_how_the_program_is() -> None:
    two = [order(1, ref="dip"), order(3, ref="dip", orderId=2)]
    assert found(record(*two), record(*two)) == []
    third = order(9, ref="dip", orderId=3)
    assert found(record(*two, third), record(*two)) == ["same-order-twice"]
    legs = [order(1, ref="x"), order(1, "SELL", ref="x", orderType="STP", orderId=2)]
    assert found(record(*legs), record(legs[0])) == []


def test_without_a_reference_the_same_terms_count_in_a_later_session_alone() -> None:
    first, second = order(1), order(5, orderId=2)
    assert found(record(first, second)) == []
    again = record(first, order(5, orderId=2, session=2))
    assert found(again) == ["same-order-twice"]
    assert judged(again, record(first))[0].expects == ("at end orders 1 BUY 100 SPY LMT",)
    assert found(record(first, order(5, orderId=2, session=2, quantity=50.0))) == []


# -- the session, the line ------------------------------------------------------------------------


def test_an_order_while_the_session_is_not_ready() -> None:
    early = order(ready="before nextValidId")
    assert found(record(early)) == ["order-while-not-ready"]
    assert found(record(early), record(early)) == []


def test_an_order_on_a_dead_line() -> None:
    blind = order(dead="9s after its line had ended with 1101")
    assert found(record(blind)) == ["order-on-a-dead-line"]
    assert found(record(blind), record(blind)) == []


# -- the position ---------------------------------------------------------------------------------


def test_a_fill_takes_the_position_to_the_other_side() -> None:
    events = [fill(1, 100, 100), fill(9, -100, 0)]
    control = record(events=events, positions={"SPY": 0.0})
    assert found(record(events=events), control) == []
    run = record(events=[fill(1, 100, 100), fill(9, -200, -100)])
    assert found(run, control) == ["order-after-close"]
    assert judged(run, control)[0].expects == ("at end position SPY 0",)
    assert found(run, run) == []


def test_an_order_is_left_working_though_its_position_is_closed() -> None:
    events = [fill(1, 100, 100), fill(9, -100, 0)]
    control = record(events=events, positions={"SPY": 0.0})
    stop = order(1, "SELL", orderType="STP")
    left = record(stop, events=events, positions={"SPY": 0.0})
    assert found(left, control) == ["order-after-close"]
    gone = order(1, "SELL", orderType="STP", ended=9 * S)
    assert found(record(gone, events=events, positions={"SPY": 0.0}), control) == []
    busy = record(stop, events=events, positions={"SPY": 0.0}, lasted=10 * S)
    assert found(busy, control) == []  # it may be about to be cancelled
    over = msgspec.structs.replace(busy, code=0)
    assert found(over, control) == ["order-after-close"]
    usual = record(stop, events=events, positions={"SPY": 0.0}, working=["SELL 100 SPY STP"])
    assert found(left, usual) == []


def test_an_entry_after_the_close_is_no_order_that_was_left() -> None:
    events = [fill(1, 100, 100), fill(9, -100, 0)]
    control = record(events=events, positions={"SPY": 0.0})
    entry = order(20, "BUY", orderId=3)
    children = [
        order(20, "SELL", orderId=4, parent=3),
        order(20, "SELL", orderId=5, parent=3, orderType="STP"),
    ]
    assert found(record(entry, *children, events=events, positions={"SPY": 0.0}), control) == []
    late = order(20, "SELL", orderType="STP")  # it would take the position to the other side
    (finding,) = judged(record(late, events=events, positions={"SPY": 0.0}), control)
    assert (finding.judge, finding.time) == ("order-after-close", 20 * S)


def test_the_rest_of_an_order_still_works_when_the_next_one_is_sent() -> None:
    part = order(1, orderType="MKT", filled=100.0, ended=15 * S)
    events = [fill(1, 58, 58), fill(9, -58, 0), fill(15, 42, 142), fill(18, -142, 0)]
    events[0] = msgspec.structs.replace(events[0], order=0)
    events[2] = msgspec.structs.replace(events[2], order=0)
    control = record(events=[fill(1, 100, 100), fill(9, -100, 0)], positions={"SPY": 0.0})
    again = order(10, orderType="MKT", orderId=3, filled=100.0, ended=11 * S)
    run = record(part, again, events=events, positions={"SPY": 0.0})
    (finding,) = judged(run, control)
    assert (finding.judge, finding.time) == ("order-after-close", 10 * S)
    assert finding.text == (
        "BUY 100 SPY MKT was sent while the rest of BUY 100 SPY MKT of +1s still worked; "
        "what had filled of it was closed at +9s"
    )
    assert found(run, run) == []  # that is how the program is
    later = msgspec.structs.replace(again, time=16 * S)
    assert found(record(part, later, events=events, positions={"SPY": 0.0}), control) == []
    other = msgspec.structs.replace(again, side="SELL")
    assert found(record(part, other, events=events, positions={"SPY": 0.0}), control) == []
    cancelled = msgspec.structs.replace(part, ended=8 * S)
    assert found(record(cancelled, again, events=events, positions={"SPY": 0.0}), control) == []


# -- silence --------------------------------------------------------------------------------------


def test_a_program_that_never_comes_back() -> None:
    gone = record(connected=False, left=100 * S)
    assert found(gone) == ["silence"]
    assert found(record(connected=False, left=590 * S)) == []  # there is still time
    assert found(record(connected=False, left=100 * S, code=0)) == []  # it has ended
    assert found(gone, record(left=50 * S)) == []  # so does the control run
    ended = record(left=290 * S, lasted=290 * S, code=0)  # it disconnects at its end
    assert found(record(connected=False, left=100 * S), ended)[0] == "silence"
    rested = record(left=50 * S, lasted=550 * S, code=0)  # and this one long before
    assert "silence" not in found(record(connected=False, left=100 * S, lasted=650 * S), rested)


def test_a_line_that_is_never_asked_for_again() -> None:
    lost = LostLine(100 * S, "reqMktData", "SPY", "1101")
    assert found(record(lines=[lost])) == ["silence"]
    (finding,) = judged(record(lines=[lost]), record())
    expected = "expect requests reqMktData contract.symbol=SPY within 60s of +100s"
    assert finding.expects == (expected,)
    again = msgspec.structs.replace(lost, again=130 * S)
    assert found(record(lines=[again])) == []
    late = LostLine(570 * S, "reqMktData", "SPY", "1101")
    assert found(record(lines=[late])) == []
    back = [StormEvent(580 * S, "ready", session=2)]
    assert found(record(lines=[lost], events=back)) == []  # it has only just come back


# -- requests, the program ------------------------------------------------------------------------


def test_an_error_that_only_the_request_can_cause() -> None:
    errors = [StormEvent(9 * S, "error", "103 Duplicate order id", code=103)]
    assert found(record(events=errors)) == ["wrong-request"]
    assert found(record(events=errors), record(events=errors)) == []
    for code in (201, 202, 1100, 1102, 2103, 10147, 10148, 10197, 326):
        notice = [StormEvent(9 * S, "error", f"{code}", code=code)]
        assert found(record(events=notice)) == []


def test_a_crash_and_a_hang() -> None:
    ended = record(code=0, lasted=60 * S)
    crash = record(code=1, output="Traceback (most recent call last):\nKeyError: 7")
    assert found(crash, ended) == ["crash"]
    assert judged(crash, ended)[0].text == "exit code 1: KeyError: 7"
    assert found(record(code=-9), ended) == ["crash"]
    caught = record(code=0, output="Traceback (most recent call last):\nKeyError: 7")
    assert found(caught, ended) == ["crash"]
    assert found(caught, caught) == []
    assert found(record(), ended) == ["hang"]
    assert found(record(problem="the program has not ended within 60 s"), ended) == ["hang"]
    assert found(record(code=0), ended) == []


def test_a_program_that_an_outage_kept_waiting_does_not_hang() -> None:
    ended = record(code=0, lasted=60 * S)
    back = StormEvent(490 * S, "ready", "client 1")
    restored = StormEvent(490 * S, "error", "1102", code=1102)
    early = msgspec.structs.replace(back, time=470 * S)
    assert found(record(events=[back]), ended) == []
    assert found(record(events=[early, restored]), ended) == []
    assert found(record(events=[early, fill(490, 1, 1), fill(491, -1, 0)]), ended) == []
    assert found(record(events=[early]), ended) == ["hang"]


def test_what_the_user_declared() -> None:
    broken = record(checked=[(9 * S, "position('SPY') <= 100", "position('SPY') = 200")])
    (finding,) = judged(broken, record())
    assert str(finding) == (
        "check: position('SPY') <= 100 does not hold: position('SPY') = 200  at +9s"
    )
    assert found(record(failed=["line 3: expect orders 1\n  came  2"])) == ["expectation"]


# -- the ground that the control run shows --------------------------------------------------------


def test_how_long_a_limit_order_rested_before_it_filled() -> None:
    whole = {"filled": 100.0, "status": "Filled"}
    control = record(
        order(1, ended=int(9.5 * S), **whole),
        order(2, ended=int(2.1 * S), **whole),  # at once
        order(3, ended=20 * S, filled=40.0, status="Cancelled"),
        order(4, ended=30 * S, orderType="STP", **whole),
        order(5),
        code=0,
    )
    rested = [one.rested for one in ground_of(control, 600 * S).orders]
    assert rested == [int(8.5 * S), 0, 0, 0, 0]
