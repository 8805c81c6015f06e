"""Places, client ids, time, and what happens when something fails."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from papertape.errors import JournalError
from papertape.server.sessions.registry import LOGGED_AWAY, MAX_CLIENT_ID
from papertape.server.settings import StationSettings
from papertape.store.journal import Journal
from papertape.venue.entries import SCHEMA
from papertape.wire.catalogue import account, market, orders, session
from server.pair import Client, Hall
from server.shown import expected, lines
from venue.scenario import command
from walks import walk

TIME = session.ReqCurrentTime()


def order(number: int, words: str) -> orders.PlaceOrder:
    """``BUY 100 AAPL MKT`` as a request."""
    submit = command("submit", [f"#{number}", *words.split()])
    return orders.PlaceOrder(number, submit.contract, submit.order)  # type: ignore[union-attr]


def raising(error: BaseException) -> Callable[..., Any]:
    def fail(*_: Any, **__: Any) -> Any:
        raise error

    return fail


# ---------------------------------------------------------------- places and ids


def test_s4_as_many_clients_as_places_and_the_next_is_closed_at_once() -> None:
    hall = Hall(settings=StationSettings(max_clients=3))
    clients = [hall.client(number) for number in range(3)]
    late = hall.newcomer()
    assert late.refused and late.pipe.closed and late.pipe.data == b""
    clients[1].leave()
    assert hall.client(7, quiet=False).got()
    assert not clients[0].pipe.closed


def test_s4_thirty_two_clients_at_once_and_no_more() -> None:
    hall = Hall()
    clients = [hall.client(number, 176) for number in range(32)]
    assert hall.newcomer().refused
    for client in clients:
        assert client.send(TIME).of(session.CurrentTime)


@pytest.mark.long
def test_s4_connections_that_have_not_started_take_no_places() -> None:
    hall = Hall()
    silent = [hall.newcomer() for _ in range(200)]
    clients = [hall.client(number, 176) for number in range(32)]
    assert hall.newcomer().refused
    for client in clients:
        assert client.send(TIME).of(session.CurrentTime)
    still = [one for one in silent if not one.pipe.closed]
    assert 0 < len(still) <= 32 and still == silent[-len(still) :]
    for one in silent:
        assert one.got() == []


def test_s4_who_has_greeted_gives_way_after_those_who_have_said_nothing() -> None:
    hall = Hall(settings=StationSettings(max_clients=3))
    greeted = hall.newcomer().greet()
    silent = [hall.newcomer(client_id=number) for number in range(2, 7)]
    hall.settle()
    assert not greeted.pipe.closed
    assert [one.pipe.closed for one in silent] == [True] * 3 + [False] * 2
    greeted.send(session.StartApi(1))
    assert greeted.session.started


def test_the_log_tells_of_few_that_are_turned_away_and_counts_the_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    hall = Hall()
    clients = [hall.client(number) for number in range(32)]
    for _ in range(100):
        hall.newcomer()
    assert len(caplog.messages) == LOGGED_AWAY + 1
    assert caplog.messages[0] == "test:0 refused: all 32 places are occupied"
    assert caplog.messages[-1].startswith("further refused connections are only counted")
    clients[0].raw(b"\xff\xff\xff\xff")  # what happens to clients is told nevertheless
    assert "client 0 at test:0 closed: " in caplog.messages[-1]
    clients[0] = hall.client(0)
    caplog.clear()
    hall.wait(60)
    hall.newcomer()
    assert caplog.messages == [
        "80 more connections were refused", "test:0 refused: all 32 places are occupied",
    ]  # fmt: skip


def test_s4_the_last_place_may_be_gone_when_start_api_comes(
    caplog: pytest.LogCaptureFixture,
) -> None:
    hall = Hall(settings=StationSettings(max_clients=2))
    slow = hall.newcomer(client_id=9).greet()
    clients = [hall.client(number) for number in (1, 2)]
    slow.send(session.StartApi(9))
    assert slow.pipe.closed and slow.got() == []
    assert "closed: all 2 places are occupied" in caplog.text
    assert all(client.session.started for client in clients)


def test_s30_a_client_id_in_use_gets_326_and_the_older_session_is_untouched() -> None:
    hall = Hall()
    first = hall.client(5)
    second = hall.newcomer(client_id=5).start()
    (message,) = second.got()
    assert (message.id, message.errorCode) == (-1, 326)
    assert second.pipe.closed and not first.pipe.closed
    assert lines(first.send(TIME).got()) == [f"currentTime {hall.now // 10**9}"]
    first.leave()
    assert lines(hall.client(5, quiet=False).got())[0] == "managedAccounts DU1234567"


@walk("client_id", [-1, MAX_CLIENT_ID + 1, 10**18])
def test_a_client_id_that_is_none_is_told_so(client_id: int) -> None:
    hall = Hall()
    client = hall.newcomer(200, client_id=client_id).start()
    assert client.errors() == [
        (-1, 321, f"Error validating request.-'bN' : cause - Invalid client id {client_id}")
    ]
    assert client.pipe.closed
    assert hall.client(0).session.started


def test_the_highest_client_id_is_one() -> None:
    assert Hall().client(MAX_CLIENT_ID, 200).session.started


def test_the_end_of_a_session_frees_its_id_and_ends_what_it_followed() -> None:
    hall = Hall()
    client = hall.client(3)
    hall.quote("AAPL 257.66 x 257.68")
    client.send(market.ReqMktData(1, order(1, "BUY 1 AAPL MKT").contract))
    assert hall.station.next_due() is not None
    client.leave()
    assert hall.station.next_due() is None
    assert hall.station.client(3) is None


def test_orders_outlive_the_session() -> None:
    hall = Hall()
    hall.quote("AAPL 257.66 x 257.68")
    hall.client(1).send(order(1, "BUY 100 AAPL LMT 250 GTC")).leave()
    again = hall.client(1, quiet=False)
    assert lines(again.got())[:4] == expected("""
        openOrder #1 Submitted
        orderStatus #1 Submitted 0+100
        openOrderEnd
        managedAccounts DU1234567
    """)


# ---------------------------------------------------------------- time


def test_time_never_runs_backwards() -> None:
    hall = Hall()
    client = hall.client()
    before = hall.station.now
    hall.now -= 10**9
    client.send(TIME)
    assert hall.station.now == before


def test_nothing_is_due_while_nobody_waits_for_anything() -> None:
    hall = Hall()
    hall.client()
    assert hall.station.next_due() is None


def test_s13_a_connection_that_does_not_start_is_closed() -> None:
    hall = Hall(settings=StationSettings(start_api_timeout_s=5))
    silent, greeted = hall.newcomer(), hall.newcomer().greet()
    started = hall.client(1)
    hall.wait(4.9)
    assert not silent.pipe.closed
    hall.wait(0.2)
    assert silent.pipe.closed and greeted.pipe.closed and not started.pipe.closed
    assert hall.station.next_due() is None


# ---------------------------------------------------------------- nothing is told that is not kept


class FullDisk:
    """A keeper that cannot keep."""

    busy = False

    def commit(self, engine: Any) -> int:
        if engine.drain_journal():
            raise JournalError("cannot be written: database or disk is full")
        return 0


def test_what_is_not_kept_is_not_told() -> None:
    hall = Hall()
    hall.quote("AAPL 257.66 x 257.68")
    client = hall.client()
    hall.station.venue._keeper = FullDisk()  # type: ignore[assignment]
    with pytest.raises(JournalError):
        client.send(order(1, "BUY 100 AAPL MKT"))
    assert client.pipe.data == b""
    hall.station.abandon()
    assert client.pipe.data == b"" and client.pipe.closed


def test_a_session_that_breaks_the_protocol_hears_of_its_order_only_after_the_commit() -> None:
    hall = Hall()
    hall.quote("AAPL 257.66 x 257.68")
    client = hall.client()
    hall.station.venue._keeper = FullDisk()  # type: ignore[assignment]
    garbage = client.connection.send(order(1, "BUY 100 AAPL MKT")) + b"\xff" * 8
    with pytest.raises(JournalError):
        client.raw(garbage)
    assert client.pipe.data == b"" and not client.pipe.closed


def test_the_commit_comes_before_the_first_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Journal.open(tmp_path / "j.sqlite", schema_version=SCHEMA) as journal:
        hall = Hall(journal=journal)
        hall.quote("AAPL 257.66 x 257.68")
        client = hall.client()
        before = journal.last_seq
        kept: list[int] = []
        monkeypatch.setattr(client.pipe, "write", lambda _: kept.append(journal.last_seq))
        client.send(order(1, "BUY 100 AAPL MKT"))
        assert kept == [before + 1]


# ---------------------------------------------------------------- logs


def test_the_log_tells_who_came_and_went(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    hall = Hall()
    client = hall.client(9, 176)
    client.leave()
    assert caplog.messages == [
        "client 9 at test:9 started at server version 176",
        "client 9 at test:9 disconnected",
    ]


@pytest.mark.long
def test_large_answers_end_a_turn_early() -> None:
    hall = Hall()
    client: Client = hall.client(1)
    segment = client.connection.send(account.ReqAccountUpdates(True, "")) * 90
    hall.station.receive(client.session, segment, hall.now)
    assert 0 < len(client.session.waiting) < 90
    hall.settle()
    assert len([m for m in client.got() if isinstance(m, account.AccountDataEnd)]) == 90
