"""The agenda: alarms ring by instant, rank, number; what nobody waits for is passed over."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from papertape.model import Contract, Order
from papertape.venue.agenda import NEVER, OF_ORDERS, Agenda, Alarm
from papertape.venue.commands import CancelApiOrder, SubmitOrder
from papertape.venue.engine import Engine
from papertape.venue.facts import DayBegan, OrderEnded
from papertape.venue.following import SPARE_ALARMS
from papertape.venue.units import SECOND
from venue.scenario import START, ScriptedMarket, Stage, at

AAPL = 265598
ALARMS = st.tuples(st.integers(0, 9), st.sampled_from(Alarm), st.integers(0, 9))


def emptied(agenda: Agenda, now: int) -> list[tuple[int, Alarm, int]]:
    found = []
    while (one := agenda.pop(now)) is not None:
        found.append(one)
        assert agenda.first == (NEVER if agenda.next_due() is None else agenda.next_due())
    return found


@given(st.lists(ALARMS), st.integers(0, 9))
def test_what_is_due_rings_in_order(alarms: list[tuple[int, Alarm, int]], now: int) -> None:
    agenda = Agenda()
    for due, alarm, number in alarms:
        agenda.add(due, alarm, number)
    assert agenda.next_due() == min((due for due, *_ in alarms), default=None)
    assert agenda.first == min((due for due, *_ in alarms), default=NEVER)
    once = sorted(set(alarms))
    assert emptied(agenda, now) == [one for one in once if one[0] <= now]
    assert len(agenda) == sum(due > now for due, *_ in once)
    assert emptied(agenda, 9) == [one for one in once if one[0] > now]


@given(st.lists(ALARMS), st.sets(st.integers(0, 9)))
def test_only_alarms_of_orders_are_dropped(
    alarms: list[tuple[int, Alarm, int]], kept: set[int]
) -> None:
    agenda = Agenda()
    for due, alarm, number in alarms:
        agenda.add(due, alarm, number)
    agenda.keep(kept.__contains__)
    stays = {one for one in alarms if one[1] not in OF_ORDERS or one[2] in kept}
    assert agenda.first == min((due for due, *_ in stays), default=NEVER)
    assert emptied(agenda, 9) == sorted(stays)


def order(client_order: int, tif: str) -> SubmitOrder:
    contract = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
    size = Decimal(1)
    return SubmitOrder(
        1, client_order, contract,
        Order(action="BUY", totalQuantity=size, orderType="LMT", lmtPrice=10.0, tif=tif),
    )  # fmt: skip


@pytest.mark.long
def test_alarms_of_cancelled_orders_do_not_pile_up() -> None:
    engine = Engine(ScriptedMarket())
    engine.open_accounts(START)
    for number in range(1, 2 * SPARE_ALARMS):
        engine.submit(order(number, "GTC"), START)
        engine.submit(CancelApiOrder(1, number), START)
    assert len(engine._agenda) <= SPARE_ALARMS + 2


def test_an_alarm_of_former_terms_is_passed_over() -> None:
    """A GTC order that becomes one of the day lapses with the day, and once."""
    stage = Stage()
    stage.play("""
        submit #1 BUY 1 AAPL LMT 10 GTC -> #1 accepted PreSubmitted; #1 again Submitted
        submit #1 BUY 1 AAPL LMT 10 DAY -> #1 replaced Submitted; #1 again Submitted
        clock  20260414 00:00:00        -> #1 Cancelled
        clock  20260930 16:00:01        -> .
    """)


def test_orders_of_one_instant_lapse_as_they_were_accepted_and_before_the_day_ends() -> None:
    stage = Stage()
    for number in (3, 5, 9):
        stage.submit(order(number, "DAY"))
    happened = stage.engine.advance(at("20260414 00:00:00"))
    ended = [
        one.order.orderId for one in happened if isinstance(one.fact, OrderEnded) and one.order
    ]
    assert ended == [3, 5, 9]
    kinds = [type(one.fact) for one in happened]
    assert kinds.index(DayBegan) > max(at for at, kind in enumerate(kinds) if kind is OrderEnded)


def test_a_long_pause_ends_each_day_at_its_own_instant() -> None:
    stage = Stage()
    stage.submit(order(1, "GTC"))
    happened = stage.engine.advance(at("20260417 12:00:00"))
    days = [(one.time, one.fact.end) for one in happened if isinstance(one.fact, DayBegan)]
    midnights = [at(f"202604{day} 00:00:00") for day in (14, 15, 16, 17, 18)]
    assert days == list(pairwise(midnights))


def test_what_was_missed_while_closed_is_done_at_the_opening() -> None:
    stage = Stage()
    stage.submit(order(1, "DAY"))
    opening = at("20260415 09:00:00")
    stage.engine.skip(opening)
    happened = stage.engine.advance(opening + SECOND)
    assert {one.time for one in happened} == {opening}
    assert not stage.engine.state.orders
    assert stage.engine.state.day_end > opening


@pytest.mark.long
def test_the_agenda_is_made_out_of_the_state() -> None:
    """After a restart the same instants are due, without an alarm ever having been kept."""
    stage = Stage()
    stage.submit(order(1, "GTC"))
    stage.submit(order(2, "DAY"))
    twin = Engine(ScriptedMarket())
    archive = stage.engine.archive.rows()
    twin.restore(bytes(stage.engine.snapshot()), lambda *_: archive)
    assert twin.next_due() == stage.engine.next_due() == at("20260413 23:55:00")
    late = at("20261001 00:00:00")
    assert twin.advance(late) == stage.engine.advance(late)
    assert twin.state_hash() == stage.engine.state_hash()


def test_an_alarm_that_is_set_twice_rings_once_and_may_be_set_again() -> None:
    agenda = Agenda()
    for _ in range(3):
        agenda.add(7, Alarm.EXPIRY, 1)
    assert len(agenda) == 1
    assert agenda.pop(7) == (7, Alarm.EXPIRY, 1)
    assert agenda.pop(7) is None
    agenda.add(7, Alarm.EXPIRY, 1)
    assert agenda.pop(7) == (7, Alarm.EXPIRY, 1)


def test_orders_that_are_over_are_cleared_and_the_day_is_not() -> None:
    agenda = Agenda()
    for number in range(4):
        agenda.add(7, Alarm.EXPIRY, number)
        agenda.add(6, Alarm.SESSION, number)
    agenda.add(8, Alarm.DAY_END)
    agenda.keep(lambda number: number == 2)
    assert len(agenda) == 3
    agenda.add(6, Alarm.SESSION, 2)
    assert len(agenda) == 3
