"""Messages that disappear: before ready (S12), after ready (S28), the n-th of a kind (S24)."""

from papertape.model import Contract
from papertape.wire.catalogue import account, market, orders, reports
from papertape.wire.catalogue.session import (
    CurrentTime,
    ManagedAccounts,
    NextValidId,
    ReqCurrentTime,
    ReqIds,
)
from server.pair import Client, Hall
from server.shown import lines
from server.test_station import order
from walks import walk

AAPL = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
TIME = ReqCurrentTime()
READY = ["managedAccounts", "nextValidId", "error", "error", "error"]


def drilled(text: str) -> Hall:
    hall = Hall()
    hall.quote("AAPL 257.66 x 257.68")
    hall.station.drills.begin(text)
    return hall


def names(client: Client) -> list[str]:
    return [line.split()[0] for line in lines(client.got())]


# ---------------------------------------------------------------- S12


def test_s12_requests_before_next_valid_id_are_lost_without_a_word() -> None:
    hall = drilled("drop-before-ready 1000")
    client = hall.newcomer().start()
    client.send(TIME, market.ReqMktData(1, AAPL), order(1, "BUY 1 AAPL MKT"))
    hall.wait(0.9)
    assert client.got() == []
    hall.wait(0.2)
    assert names(client) == READY
    hall.wait(5)
    assert client.got() == []
    assert not client.pipe.closed


def test_s12_a_program_that_waits_for_next_valid_id_loses_nothing() -> None:
    hall = drilled("drop-before-ready 1000")
    client = hall.newcomer().start()
    hall.wait(1)
    assert client.of(NextValidId)
    assert client.send(TIME).of(CurrentTime)


def test_s12_concerns_every_new_session_and_none_that_has_started() -> None:
    hall = Hall()
    older = hall.client(1)
    hall.station.drills.begin("drop-before-ready 1000")
    first, second = (hall.newcomer(client_id=number).start() for number in (2, 3))
    assert older.send(TIME).of(CurrentTime)
    hall.wait(1)
    for client in (first, second):
        assert names(client) == READY


def test_s12_only_the_client_that_is_named() -> None:
    hall = drilled("drop-before-ready 1000 client=5")
    assert names(hall.newcomer(client_id=4).start()) == READY
    assert names(hall.newcomer(client_id=5).start()) == []


def test_s12_stopping_the_drill_answers_those_who_wait() -> None:
    hall = drilled("drop-before-ready 60000")
    client = hall.newcomer().start()
    hall.wait(50)  # longer than a connection may take to start: it has started
    hall.station.drills.stop_all()
    hall.settle()
    assert names(client) == READY


def test_s12_a_client_that_leaves_while_it_waits_is_forgotten() -> None:
    hall = drilled("drop-before-ready 1000")
    client = hall.newcomer().start()
    client.leave()
    hall.wait(2)
    assert hall.station.client(1) is None
    assert names(hall.newcomer().start()) == []


# ---------------------------------------------------------------- S28


def test_s28_requests_right_after_next_valid_id_are_lost_and_must_be_sent_again() -> None:
    hall = drilled("drop-after-ready ms=500")
    client = hall.newcomer().start()
    assert client.of(NextValidId)
    request = market.ReqMktData(1, AAPL)
    assert client.send(request, TIME).got() == []
    hall.wait(0.4)
    assert client.send(request).got() == []
    hall.wait(0.1)
    assert lines(client.send(request).got())[0] == "tickReqParams 1 0.01"


def test_s28_each_session_has_a_beginning_of_its_own() -> None:
    hall = drilled("drop-after-ready ms=500")
    first = hall.client(1)
    hall.wait(1)
    second = hall.client(2)
    assert first.send(TIME).of(CurrentTime) and not second.send(TIME).of(CurrentTime)
    second.leave()
    again = hall.client(2)
    assert not again.send(TIME).of(CurrentTime)


def test_s28_an_order_that_was_lost_leaves_its_id_free() -> None:
    hall = drilled("drop-after-ready ms=500")
    client = hall.client()
    client.send(order(1, "BUY 100 AAPL LMT 250"))
    hall.wait(1)
    assert client.send(ReqIds()).of(NextValidId)[0].orderId == 1
    assert client.send(order(1, "BUY 100 AAPL LMT 250")).of(reports.OpenOrder)


# ---------------------------------------------------------------- S24


def test_s24_the_second_request_of_a_kind_disappears_and_no_other() -> None:
    hall = drilled("black-hole reqCurrentTime 2")
    client = hall.client()
    answers = [bool(client.send(TIME).of(CurrentTime)) for _ in range(4)]
    assert answers == [True, False, True, True]
    assert hall.station.drills.running() == ()


@walk(
    ("kind", "request_", "answer", "rest"),
    [
        ("openOrderEnd", orders.ReqOpenOrders(), reports.OpenOrdersEnd, []),
        ("ExecDetailsEnd", orders.ReqExecutions(1), reports.ExecutionDetailsEnd, []),
        ("accountDownloadEnd", account.ReqAccountUpdates(True, ""), account.AccountDataEnd,
         [account.AccountValue]),
        ("managedAccounts", ReqIds(), ManagedAccounts, [NextValidId]),
    ],
)  # fmt: skip
def test_s24_an_answer_or_an_end_marker_never_comes(
    kind: str, request_: object, answer: type, rest: list[type]
) -> None:
    hall = Hall()
    client = hall.client()
    hall.station.drills.start("black-hole", kind=kind)
    got = client.send(request_).got()  # type: ignore[arg-type]
    assert not any(isinstance(message, answer) for message in got)
    assert all(any(isinstance(message, kept) for message in got) for kept in rest)


def test_s24_an_order_that_is_swallowed_never_reaches_the_venue() -> None:
    hall = drilled("black-hole placeOrder 1")
    client = hall.client()
    client.send(order(1, "BUY 100 AAPL MKT"), order(2, "BUY 200 AAPL MKT"))
    filled = [m.execution.orderId for m in client.of(reports.ExecutionDetails)]
    assert filled == [2]


def test_s24_an_acknowledgement_that_is_swallowed_leaves_the_order_alive() -> None:
    hall = drilled("black-hole orderStatus 0")
    client = hall.client()
    client.send(order(1, "BUY 100 AAPL MKT"))
    got = client.got()
    assert not any(isinstance(message, reports.OrderStatus) for message in got)
    assert any(isinstance(message, reports.ExecutionDetails) for message in got)


def test_s24_only_the_client_that_is_named_is_counted() -> None:
    hall = drilled("black-hole reqCurrentTime client=2")
    one, two = hall.client(1), hall.client(2)
    assert one.send(TIME).of(CurrentTime)
    assert not two.send(TIME).of(CurrentTime)
    assert two.send(TIME).of(CurrentTime)


def test_s24_ticks_of_a_shared_quote_are_counted_one_by_one() -> None:
    hall = drilled("black-hole tickSize 0 client=2")
    one, two = hall.client(1), hall.client(2)
    for client in (one, two):
        client.send(market.ReqMktData(1, AAPL))
        client.got()
    hall.quote("AAPL 258.00 x 258.02*700")
    assert one.of(market.TickSize)
    got = two.got()
    assert [m for m in got if isinstance(m, market.TickPrice)]
    assert not [m for m in got if isinstance(m, market.TickSize)]


def test_two_drills_at_once_each_count_for_themselves() -> None:
    hall = drilled("black-hole reqCurrentTime 1")
    hall.station.drills.begin("black-hole reqCurrentTime 2")
    client = hall.client()
    answers = [bool(client.send(TIME).of(CurrentTime)) for _ in range(3)]
    assert answers == [False, False, True]
