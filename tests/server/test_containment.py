"""Whatever fails in our code costs one request or one subscription, and is never silent."""

from pathlib import Path
from typing import Any

import pytest

from papertape.errors import JournalError, MarketDataError
from papertape.server.present.running_figures import RunningFigures
from papertape.server.sessions.attempt import LONGEST_CAUSE
from papertape.store.journal import Journal
from papertape.venue.broker.order_manager import OrderManager
from papertape.venue.entries import SCHEMA
from papertape.venue.units import SECOND
from papertape.wire.catalogue import account, contract, market, orders, session
from server.pair import Hall
from server.shown import expected, lines
from server.test_station import TIME, order, raising


def traceback_told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.message for record in caplog.records if record.exc_info]


def test_a_handler_that_fails_costs_one_request(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    hall = Hall()
    one, two = hall.client(1), hall.client(2)
    monkeypatch.setattr(type(hall.station.queries), "each_position", raising(KeyError("boom")))
    one.send(account.ReqPositions(), TIME)
    assert lines(one.got()) == ["error -1 323", f"currentTime {hall.now // 10**9}"]
    assert lines(two.send(TIME).got()) == [f"currentTime {hall.now // 10**9}"]
    assert traceback_told(caplog) == ["client 1 at test:1: ReqPositions failed"]


def test_the_client_is_told_the_request_and_the_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    hall = Hall()
    client = hall.client(1)
    monkeypatch.setattr("papertape.server.handlers.contracts.details_rows", raising(
        RuntimeError("x" * 1000)
    ))  # fmt: skip
    client.send(contract.ReqContractDetails(77))
    ((request, code, text),) = client.errors()
    assert (request, code) == (77, 323)
    assert text.startswith("Server error: cause - RuntimeError('xxx")
    assert len(text) < LONGEST_CAUSE + 40


def half_way(monkeypatch: pytest.MonkeyPatch, poison: int) -> None:
    """The broker fails on one order after it has changed the books."""
    whole = OrderManager.place

    def place(self: OrderManager, client_id: int, order_id: int, *terms: Any, **more: Any) -> Any:
        yield from whole(self, client_id, order_id, *terms, **more)
        if order_id == poison:
            raise ZeroDivisionError("in the middle")

    monkeypatch.setattr(OrderManager, "place", place)


@pytest.mark.parametrize("kept", [True, False], ids=["journal", "ephemeral"])
def test_a_venue_that_fails_on_an_order_is_as_it_was_before_it(
    kept: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    half_way(monkeypatch, poison=666)
    with Journal.open(tmp_path / "j.sqlite", schema_version=SCHEMA) as journal:
        hall = Hall(journal=journal if kept else None)
        hall.quote("AAPL 257.66 x 257.68")
        one, two = hall.client(1), hall.client(2)
        one.send(order(1, "BUY 100 AAPL MKT"), order(2, "BUY 100 AAPL LMT 250"))
        before = hall.station.engine.state_hash()
        one.got()
        two.send(order(666, "SELL 100 AAPL MKT"), TIME)
        assert lines(two.got()) == ["error 666 323", f"currentTime {hall.now // 10**9}"]
        assert hall.station.engine.state_hash() == before
        two.send(order(667, "SELL 100 AAPL MKT"))
        assert "orderStatus #667 Filled 100+0" in lines(two.got())
        one.send(orders.CancelOrder(2))
        assert lines(one.got()) == ["orderStatus #2 Cancelled 0+100", "error 2 202"]
        assert any("rebuilt from 3 entries" in text for text in caplog.messages)
    if kept:
        with Journal.open(tmp_path / "j.sqlite", schema_version=SCHEMA) as journal:
            twin = Hall(journal=journal)
            assert twin.station.engine.state_hash() == hall.station.engine.state_hash()


def test_orders_of_the_same_turn_survive_the_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    half_way(monkeypatch, poison=2)
    hall = Hall()
    hall.quote("AAPL 257.66 x 257.68")
    client = hall.client(1)
    client.send(*(order(number, "BUY 1 AAPL LMT 250") for number in (1, 2, 3)))
    assert [text for text in lines(client.got()) if "openOrder" not in text] == expected("""
        orderStatus #1 Submitted 0+1; orderStatus #1 Submitted 0+1
        error 2 323
        orderStatus #3 Submitted 0+1; orderStatus #3 Submitted 0+1
    """)


def test_a_venue_that_cannot_be_rebuilt_stops_the_station(monkeypatch: pytest.MonkeyPatch) -> None:
    half_way(monkeypatch, poison=1)
    hall = Hall()
    hall.quote("AAPL 257.66 x 257.68")
    client = hall.client(1)
    monkeypatch.setattr(hall.keeper, "recover", raising(ValueError("unreadable")))
    with pytest.raises(JournalError, match="cannot be rebuilt"):
        client.send(order(1, "BUY 1 AAPL LMT 250"))


def test_a_message_that_fails_for_one_client_reaches_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hall = Hall()
    hall.quote("AAPL 257.66 x 257.68*10")
    one, two = hall.client(1), hall.client(2)
    one.send(order(1, "BUY 100 AAPL LMT 257.70"))
    two.send(order(1, "BUY 100 AAPL LMT 257.70"))
    one.got(), two.got()
    whole = type(hall.station.publisher)._traded

    def traded(self: Any, event: Any, session: Any) -> Any:
        if session.client_id == 1:
            raise RuntimeError("no words for it")
        return whole(self, event, session)

    rules = hall.station.publisher._rules
    kind = next(kind for kind in rules if kind.__name__ == "Traded")
    monkeypatch.setitem(rules, kind, lambda e, s: traded(hall.station.publisher, e, s))
    hall.quote("AAPL 257.66 x 257.67*500")
    assert "error 1 323" in lines(one.got())
    assert "execDetails -1 #1 BOT 100 @ 257.67" in lines(two.got())


def test_a_message_that_cannot_be_encoded_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    hall = Hall()
    client = hall.client(1, 226)
    client.session.send(session.NextValidId(1 << 40))
    assert lines(client.send(TIME).got()) == ["error -1 323", f"currentTime {hall.now // 10**9}"]
    assert "cannot be sent NextValidId" in caplog.text


def test_an_odd_text_of_one_client_does_not_disturb_another() -> None:
    hall = Hall()
    hall.quote("AAPL 257.66 x 257.68")
    modern, old = hall.client(1, 226), hall.client(2, 176)
    odd = order(1, "BUY 100 AAPL LMT 250")
    odd.order.orderRef = "a\0b"  # protobuf takes it; a text field would end at the NUL
    modern.send(odd)
    assert "openOrder #1 Submitted" in lines(modern.got())
    old.send(orders.ReqAllOpenOrders())
    told, _, _ = old.got()
    assert told.order.orderRef == "a b"


def test_an_error_that_cannot_be_sent_is_only_logged(caplog: pytest.LogCaptureFixture) -> None:
    hall = Hall()
    client = hall.client(1, 226)
    client.session.error(1 << 40, 300, id=1)
    hall.settle()
    assert client.got() == []
    assert "cannot be sent ErrorMessage" in caplog.text


def test_a_tape_that_cannot_be_read_ends_the_line_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hall = Hall()
    hall.quote("AAPL 257.66 x 257.68")
    hall.quote("SPY 450.00 x 450.01")
    client = hall.client()
    aapl, spy = order(1, "BUY 1 AAPL MKT").contract, order(1, "BUY 1 SPY MKT").contract
    client.send(market.ReqMktData(1, aapl), market.ReqMktData(2, spy)).got()
    whole = hall.market.day

    def day(con_id: int, now: int) -> Any:
        if con_id == 265598:
            raise MarketDataError("is damaged", symbol="AAPL")
        return whole(con_id, now)

    monkeypatch.setattr(hall.market, "day", day)
    hall.quote("SPY 450.00 x 450.02")
    assert lines(client.got()) == expected("""
        error 1 323
        tickPrice 2 ASK 450.02 1000; tickSize 2 ASK_SIZE 1000; tickString 2 ASK_EXCH
    """)
    hall.wait(5)
    assert client.got() == []


def test_figures_that_fail_end_their_subscriptions_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hall = Hall()
    hall.quote("AAPL 257.66 x 257.68")
    client = hall.client()
    client.send(account.ReqAccountUpdates(True, "")).got()
    monkeypatch.setattr(RunningFigures, "valuation", raising(ValueError("no rate")))
    hall.wait(181)
    assert lines(client.got()) == ["error -1 323"]
    hall.wait(400)
    assert lines(client.send(TIME).got()) == [f"currentTime {hall.now // 10**9}"]


def test_time_that_cannot_pass_is_raised_to_the_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    hall = Hall()
    hall.quote("AAPL 257.66 x 257.68")
    hall.client().send(order(1, "BUY 1 AAPL LMT 250 GTC"))
    hall.put("quote AAPL 249.00 x 250.00", hall.now + SECOND)
    monkeypatch.setattr(hall.station.venue, "advance", raising(RuntimeError("stuck")))
    with pytest.raises(RuntimeError, match="stuck"):
        hall.wait(1)
        hall.station.step(hall.now + 1)
