"""The message rate: by default the server reads no faster, else it rejects (limit P1, P2)."""

import pytest

from papertape.server.sessions.pacing import Pacer
from papertape.server.settings import StationSettings
from papertape.venue.units import SECOND
from papertape.wire.catalogue import history, market, orders
from papertape.wire.catalogue import session as wire
from papertape.wire.connection import encode
from server.pair import Client, Hall
from server.test_station import order


def hall(rate: int = 10, *, rejecting: bool = False) -> Hall:
    api = {"rejectMessagesAboveMaxRate": rejecting}
    return Hall(settings=StationSettings(max_message_rate=rate), api=api)


def ask(client: Client, count: int) -> int:
    """Send requests in one segment; how many are answered at once."""
    client.send(*(wire.ReqCurrentTime() for _ in range(count)))
    return len(client.of(wire.CurrentTime))


# ---------------------------------------------------------------- the count alone


def test_a_second_begins_with_a_request() -> None:
    pacer = Pacer(2)
    assert [pacer.take(5), pacer.take(6)] == ["near", "pass"]
    assert not pacer.room(5 + SECOND - 1)
    assert pacer.room(5 + SECOND)
    assert pacer.lapse(5 + SECOND) is None
    assert pacer.take(5 + SECOND) == "near"
    assert pacer.end == 5 + 2 * SECOND


def test_what_is_beyond_the_rate_is_counted_and_told_once_the_second_is_over() -> None:
    pacer = Pacer(50)
    marks = [pacer.take(0) for _ in range(138)]
    assert marks.count("excess") == 88
    assert pacer.lapse(SECOND - 1) is None
    violation = pacer.lapse(SECOND)
    assert violation is not None
    assert (violation.received, violation.number, violation.last) == (138, 1, False)
    assert pacer.lapse(SECOND) is None


# ---------------------------------------------------------------- pacing


def test_by_default_half_as_many_requests_as_lines() -> None:
    assert StationSettings().message_rate == 50
    assert StationSettings(max_lines=200).message_rate == 100
    assert StationSettings(max_lines=1).message_rate == 1
    assert StationSettings(max_message_rate=7).message_rate == 7
    assert StationSettings(max_message_rate=0).message_rate == 0


def test_requests_beyond_the_rate_wait_and_none_is_lost() -> None:
    station = hall()
    client = station.client()
    assert ask(client, 25) == 10
    station.wait(0.999)
    assert client.got() == []
    station.wait(0.001)
    assert len(client.of(wire.CurrentTime)) == 10
    station.wait(1)
    assert len(client.of(wire.CurrentTime)) == 5
    station.wait(10)
    assert client.got() == []


def test_the_rate_is_each_clients_own() -> None:
    station = hall()
    one, two = station.client(1), station.client(2)
    assert ask(one, 30) == 10
    assert ask(two, 10) == 10


def test_the_start_does_not_count() -> None:
    station = hall(3)
    client = station.client()
    assert ask(client, 3) == 3


def test_messages_that_cannot_be_read_count() -> None:
    station = hall(3)
    client = station.client(1, 176)
    bad = encode(market.CancelMktData(7), 176).replace(b"7", b"x")
    client.raw(bad * 3)
    assert [code for _, code, _ in client.errors()] == [320] * 3
    assert ask(client, 1) == 0


@pytest.mark.long
def test_no_limit_when_the_rate_is_zero() -> None:
    assert ask(hall(0).client(), 5000) == 5000


def test_orders_that_waited_are_taken_when_the_client_leaves() -> None:
    station = hall(2)
    station.quote("AAPL 257.66 x 257.68")
    client = station.client()
    client.send(*(order(number, "BUY 1 AAPL LMT 250") for number in range(1, 8)))
    client.leave()
    assert len(station.station.queries.open_orders(1)) == 7


def test_a_history_query_goes_on_while_further_requests_wait() -> None:
    station = hall(2)
    client = station.client()
    contract = order(1, "BUY 1 AAPL MKT").contract
    month = history.ReqHistoricalData(4, contract, "", "1 min", "1 M", False, "TRADES", 1)
    client.send(month, *(wire.ReqCurrentTime() for _ in range(3)))
    codes = [code for _, code, _ in client.errors()]
    assert codes == [162]  # no data on this tape, which is known after many parts
    assert len(station.market.asked_bars) > 3


# ---------------------------------------------------------------- rejecting


def test_a_warning_near_the_rate() -> None:
    client = hall(rejecting=True).client()
    ask(client, 8)
    client.send(wire.ReqCurrentTime())
    assert (-1, 0, "Warning: Approaching max rate of 10 messages per second") in client.errors()


def test_pacing_gives_no_warning() -> None:
    client = hall().client()
    client.send(*(wire.ReqCurrentTime() for _ in range(10)))
    assert client.errors() == []


def test_requests_beyond_the_rate_are_thrown_away_and_100_tells_how_many_came() -> None:
    station = hall(50, rejecting=True)
    client = station.client()
    assert ask(client, 138) == 50
    station.wait(1)
    text = "Max rate of messages per second has been exceeded:max=50 rec=138 (1)"
    assert client.errors() == [(-1, 100, text)]
    assert ask(client, 10) == 10


def test_a_rejected_order_is_not_placed() -> None:
    station = hall(2, rejecting=True)
    station.quote("AAPL 257.66 x 257.68")
    client = station.client()
    client.send(*(order(number, "BUY 1 AAPL LMT 250") for number in (1, 2, 3)))
    assert [view.orderId for view in station.station.queries.open_orders(1)] == [1, 2]
    station.wait(1)
    client.got()
    client.send(orders.CancelOrder(3))
    assert 10147 in [code for _, code, _ in client.errors()]  # no such order


def test_the_third_second_above_the_rate_ends_the_session() -> None:
    station = hall(rejecting=True)
    client = station.client()
    for number in (1, 2, 3):
        assert ask(client, 11) == 10
        assert not client.pipe.closed
        station.wait(1)
        assert [text[-3:] for _, code, text in client.errors() if code == 100] == [f"({number})"]
    assert client.pipe.closed
    assert station.client(1).session.started


def test_one_that_leaves_in_its_third_bad_second_is_not_closed_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    station = hall(rejecting=True)
    client = station.client()
    for _ in range(2):
        ask(client, 11)
        station.wait(1)
    ask(client, 11)
    client.leave()
    station.wait(2)
    assert "too high" not in caplog.text
    assert list(station.station.connections()) == []


def test_a_new_request_in_the_next_second_finds_the_violation_told_first() -> None:
    station = hall(1, rejecting=True)
    client = station.client()
    ask(client, 2)
    station.now += SECOND
    client.send(wire.ReqCurrentTime())
    kinds = [type(message) for message in client.got()]
    assert kinds[:1] == [wire.ErrorMessage]
    assert wire.CurrentTime in kinds


@pytest.mark.parametrize("rejecting", [True, False])
def test_the_mode_can_be_changed_while_clients_are_connected(rejecting: bool) -> None:
    station = hall(2, rejecting=not rejecting)
    client = station.client()
    station.station.config.update({"rejectMessagesAboveMaxRate": rejecting})
    assert ask(client, 3) == 2
    station.wait(1)
    codes = [m.errorCode if isinstance(m, wire.ErrorMessage) else 0 for m in client.got()]
    assert codes == ([100] if rejecting else [0])
