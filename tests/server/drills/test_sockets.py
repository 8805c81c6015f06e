"""The line itself: freeze, reset, half a frame, slow drip. The real sockets are in test_faults."""

import pytest

from papertape.model import Contract
from papertape.server.drills.sockets import WAITS
from papertape.server.settings import StationSettings
from papertape.wire.catalogue import market, orders, reports
from papertape.wire.catalogue.session import (
    CurrentTime,
    ManagedAccounts,
    NextValidId,
    ReqCurrentTime,
)
from server.pair import Client, Hall
from server.shown import lines
from server.test_station import order

AAPL = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
TIME = ReqCurrentTime()


def drilled(text: str, count: int = 1) -> tuple[Hall, list[Client]]:
    hall = Hall(settings=StationSettings(max_message_rate=0))
    hall.quote("AAPL 257.66 x 257.68")
    clients = [hall.client(number) for number in range(1, count + 1)]
    hall.station.drills.begin(text)
    return hall, clients


# ---------------------------------------------------------------- freeze


def test_freeze_takes_bytes_and_answers_nothing_then_everything_in_order() -> None:
    hall, (client, other) = drilled("freeze 10", 2)
    client.send(TIME, order(1, "BUY 100 AAPL MKT"))
    client.send(orders.ReqOpenOrders())
    other.send(TIME)
    hall.wait(9.9)
    assert client.got() == [] and other.got() == []
    assert not client.pipe.closed
    hall.wait(0.2)
    got = [type(message) for message in client.got()]
    assert got[0] is CurrentTime and got[-1] is reports.OpenOrdersEnd
    assert reports.ExecutionDetails in got
    assert other.of(CurrentTime)


def test_freeze_stops_quotes_and_orders_for_everyone() -> None:
    hall, (client,) = drilled("link-restored")
    client.send(market.ReqMktData(1, AAPL), order(1, "BUY 100 AAPL LMT 250"))
    client.got()
    hall.station.drills.begin("freeze 5")
    hall.quote("AAPL 249.00 x 249.50")
    assert client.got() == []
    hall.wait(5)
    got = lines(client.got())
    assert "execDetails -1 #1 BOT 100 @ 249.5" in got
    assert "tickPrice 1 BID 249 1000" in got


def test_freeze_lets_connections_in_and_tells_them_nothing() -> None:
    hall, _ = drilled("freeze 5")
    client = hall.newcomer(client_id=9)
    client.raw(client.connection.initiate())
    assert client.got() == []
    hall.wait(6)
    assert client.got()


def test_a_client_that_leaves_during_a_freeze_had_its_requests_handled() -> None:
    hall, (client, other) = drilled("freeze 5", 2)
    client.send(order(1, "BUY 100 AAPL MKT"))
    client.leave()
    assert other.got() == []
    hall.wait(6)
    (fill,) = hall.client(1).send(orders.ReqExecutions(1)).of(reports.ExecutionDetails)
    assert fill.execution.shares == 100


def test_stopping_a_freeze_goes_on_at_once() -> None:
    hall, (client,) = drilled("freeze 60")
    client.send(TIME)
    hall.station.drills.stop_all()
    hall.settle()
    assert client.of(CurrentTime)


# ---------------------------------------------------------------- reset


def test_reset_at_once_concerns_everyone_or_one() -> None:
    _, clients = drilled("reset", 2)
    assert [client.pipe.was_reset for client in clients] == [True, True]
    hall, clients = drilled("reset client=2", 2)
    assert [client.pipe.was_reset for client in clients] == [False, True]
    assert hall.client(2).send(TIME).of(CurrentTime)  # its id is free


def test_an_order_is_taken_and_its_acknowledgement_lost_with_the_connection() -> None:
    hall, (client, other) = drilled("reset placeOrder ms=250 heard=false client=1", 2)
    client.got()
    other.send(order(1, "BUY 100 AAPL MKT"))
    assert other.of(reports.OpenOrder)
    client.send(order(1, "BUY 100 AAPL MKT"))
    hall.wait(0.3)
    assert client.pipe.was_reset and client.got() == []
    back = hall.client(1)
    told = back.send(orders.ReqExecutions(1)).of(reports.ExecutionDetails)
    assert [one.execution.clientId for one in told].count(1) == 1


@pytest.mark.parametrize("seen", [True, False])
def test_reset_after_an_order_that_was_seen_or_not(seen: bool) -> None:
    hall, (client,) = drilled(f"reset placeOrder ms=250 seen={seen}".lower())
    client.send(order(1, "BUY 100 AAPL MKT"))
    hall.wait(0.2)
    assert not client.pipe.closed
    assert bool(client.of(reports.OpenOrder)) == seen
    hall.wait(0.1)
    assert client.pipe.was_reset
    filled = hall.client(1).send(orders.ReqExecutions(1)).of(reports.ExecutionDetails)
    assert len(filled) == seen


def test_reset_after_the_third_request() -> None:
    hall, (client,) = drilled("reset reqCurrentTime 3")
    client.send(TIME, TIME)
    assert not client.pipe.closed
    client.send(TIME)
    hall.settle()
    assert client.pipe.was_reset


# ---------------------------------------------------------------- half a frame


def test_half_frame_cuts_the_message_and_ends_the_connection() -> None:
    hall, (client,) = drilled("half-frame currentTime")
    client.raw(client.connection.send(orders.ReqOpenOrders()) + client.connection.send(TIME))
    hall.wait(0.1)
    whole = client.of(reports.OpenOrdersEnd)
    assert len(whole) == 1  # what came before it is whole
    assert client.connection._frames.pending > 0
    assert client.pipe.closed and not client.pipe.was_reset
    assert hall.station.client(1) is None


def test_half_frame_within_a_burst_sends_nothing_after_the_cut() -> None:
    hall = Hall()
    hall.station.drills.begin("half-frame nextValidId")
    client = hall.newcomer().start()
    hall.wait(0.1)
    got = client.got()
    assert [type(message) for message in got] == [ManagedAccounts]
    assert NextValidId not in [type(message) for message in got]
    assert client.pipe.closed


def test_half_frame_concerns_one_connection_only() -> None:
    hall, (client, other) = drilled("half-frame", 2)
    client.send(TIME)
    hall.wait(0.1)
    assert client.pipe.closed
    assert other.send(TIME).of(CurrentTime)


def test_half_frame_that_is_stopped_cuts_nothing() -> None:
    hall, (client,) = drilled("half-frame currentTime")
    hall.station.drills.stop_all()
    assert client.send(TIME).of(CurrentTime) and not client.pipe.closed


# ---------------------------------------------------------------- slow drip


def test_slow_drip_delivers_everything_a_few_bytes_at_a_time() -> None:
    hall, (client,) = drilled("slow-drip 100 60")
    client.pipe.writes.clear()
    client.send(order(1, "BUY 100 AAPL MKT"))
    assert client.pipe.writes == []
    hall.wait(1)
    assert client.pipe.writes == [10] * len(client.pipe.writes) and len(client.pipe.writes) >= 9
    hall.wait(60)
    kinds = [type(message) for message in client.got()]
    assert reports.ExecutionDetails in kinds and reports.CommissionReport in kinds


def test_slow_drip_of_less_than_a_byte_a_turn_loses_nothing() -> None:
    hall, (client,) = drilled("slow-drip bytes_per_second=15 seconds=10")
    client.pipe.writes.clear()
    client.send(order(1, "BUY 100 AAPL MKT"))
    hall.wait(2)
    assert sum(client.pipe.writes) in (28, 29, 30)


def test_slow_drip_concerns_sessions_that_start_later() -> None:
    hall, _ = drilled("slow-drip 100 60")
    client = hall.client(7)
    client.send(TIME)
    assert client.got() == []
    hall.wait(10)
    assert client.of(CurrentTime)


def test_slow_drip_makes_quotes_skip_and_the_end_releases_everything() -> None:
    hall, (client,) = drilled("slow-drip 10 30")
    client.session.valve([b"x"] * 0)  # type: ignore[misc]
    client.send(market.ReqMktData(1, AAPL))
    session = client.session
    session.valve([b"\0" * (WAITS + 1)])  # type: ignore[misc]
    assert session.paused
    hall.wait(31)
    assert not session.paused and session.valve is None


def test_slow_drip_ends_a_client_for_whom_too_much_waits() -> None:
    hall = Hall(settings=StationSettings(max_buffer_mb=1))
    client = hall.client()
    hall.station.drills.begin("slow-drip 10 60")
    client.session.valve([b"\0" * ((1 << 20) + 1)])  # type: ignore[misc]
    hall.wait(0.2)
    assert client.pipe.was_reset


def test_slow_drip_forgets_a_session_that_ends() -> None:
    hall, (client,) = drilled("slow-drip 10 60")
    client.send(TIME)
    client.leave()
    written = len(client.pipe.writes)
    hall.wait(5)
    assert len(client.pipe.writes) == written
