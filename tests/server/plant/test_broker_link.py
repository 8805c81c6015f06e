"""The broker link (K1, K2, K7): 1100 to 1102, 2110; orders held; executions meanwhile; 10197."""

import logging
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from papertape.model import Contract, Order
from papertape.server.plant.competing import REFUSED
from papertape.server.plant.held_orders import MAX_HELD
from papertape.server.present.views import Views
from papertape.server.sessions.subscriptions import Query
from papertape.server.settings import StationSettings
from papertape.venue.broker.orders import LiveOrder
from papertape.venue.engine import Engine
from papertape.venue.facts import OrderPlaced
from papertape.venue.units import SECOND
from papertape.wire.catalogue import account, history, market, orders, reports, ticks
from papertape.wire.catalogue.session import ErrorMessage, NextValidId, ReqIds
from papertape.wire.message import Message
from server.pair import Client, Hall
from server.shown import expected, lines
from server.test_station import order, raising
from walks import walk

AAPL = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
QUOTES = market.ReqMktData(1, AAPL)
LOST = (-1, 1100, "Connectivity between IBKR and Trader Workstation has been lost.")
BROKEN = ["error -1 2103", "error -1 2105", "error -1 2157"]
OK = ["error -1 2104", "error -1 2106", "error -1 2158"]


def made(**api: object) -> Hall:
    hall = Hall(api=api)
    hall.quote("AAPL 257.66 x 257.68")
    return hall


def lost(**api: object) -> tuple[Hall, Client]:
    """A station whose link is down, and a client that has read what that told it."""
    hall = made(**api)
    client = hall.client()
    lose(hall)
    client.got()
    return hall, client


def lose(hall: Hall) -> None:
    hall.station.link.lose()
    hall.settle()


def restore(hall: Hall, *, data_lost: bool = False) -> None:
    hall.station.step(hall.now)
    hall.station.link.restore(data_lost=data_lost)
    hall.settle()


# ---------------------------------------------------------------- the notices


def test_1100_and_the_farms_reach_everyone_and_the_sockets_stay() -> None:
    hall = made()
    clients = [hall.client(number) for number in (1, 2)]
    lose(hall)
    lose(hall)  # once is enough
    for client in clients:
        told = client.errors()
        assert told[0] == LOST
        assert [f"error {about} {code}" for about, code, _ in told[1:]] == BROKEN
        assert not client.pipe.closed


def test_1102_lists_the_farms_and_1101_says_that_data_is_lost() -> None:
    hall, client = lost()
    restore(hall)
    told = client.errors()
    text = (
        "Connectivity between IBKR and Trader Workstation has been restored - data maintained. "
        "All data farms are connected: usfarm; ushmds; secdefnj."
    )
    assert told[0] == (-1, 1102, text)
    assert [f"error {about} {code}" for about, code, _ in told[1:]] == OK
    lose(hall)
    client.got()
    restore(hall, data_lost=True)
    assert client.errors()[0] == (
        -1, 1101, "Connectivity between IBKR and Trader Workstation has been restored - data lost."
    )  # fmt: skip


def test_1102_names_a_farm_that_stays_broken() -> None:
    hall = made()
    client = hall.client()
    hall.station.farms.breaks(hall.station.farms.named("ushmds"))
    lose(hall)
    client.got()
    restore(hall)
    assert client.errors()[0][2].endswith(
        "The following farms are connected: usfarm; secdefnj. "
        "The following farms are not connected: ushmds."
    )


def test_a_farm_that_mends_while_the_link_is_down_comes_back_with_it() -> None:
    hall = made()
    client = hall.client()
    farm = hall.station.farms.named("ushmds")
    hall.station.farms.breaks(farm)
    lose(hall)
    hall.station.farms.mends(farm)
    client.got()
    restore(hall)
    assert lines(client.got()) == ["error -1 1102", *OK]


def test_k2_a_program_that_connects_meanwhile_gets_2110_and_the_farms() -> None:
    hall = made()
    lose(hall)
    client = hall.client(quiet=False)
    got = lines(client.got())
    assert got == ["managedAccounts DU1234567", "nextValidId 1", "error -1 2110", *BROKEN]


def test_restoring_a_link_that_is_up_says_nothing() -> None:
    hall = made()
    client = hall.client()
    restore(hall, data_lost=True)
    assert client.got() == []


# ---------------------------------------------------------------- data


def test_with_1102_lines_go_on_by_themselves() -> None:
    hall = made()
    client = hall.client()
    client.send(QUOTES)
    client.got()
    lose(hall)
    hall.quote("AAPL 258.00 x 258.02")
    assert client.of(market.TickPrice) == []
    restore(hall)
    hall.wait(1)
    assert "tickPrice 1 BID 258 1000" in lines(client.got())


def test_with_1101_every_subscription_to_data_is_gone() -> None:
    hall = made()
    client = hall.client()
    client.send(QUOTES, ticks.ReqRealTimeBars(6, AAPL, 5, "MIDPOINT"))
    client.session.subscriptions.add(Query(5, history.ReqHistoricalData, iter([None] * 3)))
    lose(hall)
    client.send(market.ReqMktData(2, AAPL))
    client.got()
    restore(hall, data_lost=True)
    assert lines(client.got()) == ["error 5 162", "error -1 1101", *OK]
    hall.quote("AAPL 258.00 x 258.02")
    assert client.got() == []
    assert lines(client.send(market.CancelMktData(1)).got()) == ["error 1 300"]
    assert "marketDataType 1 1" in lines(client.send(QUOTES).got())  # the old id is free


def test_a_gateway_whose_first_request_comes_while_the_link_is_down() -> None:
    hall = Hall(settings=StationSettings(gateway=True))
    hall.quote("AAPL 257.66 x 257.68")
    client = hall.client()
    lose(hall)
    client.send(QUOTES)
    hall.wait(5)
    assert lines(client.got()) == ["error -1 1100", "error -1 2157"]
    restore(hall)
    hall.wait(1)
    told, got = [f"error -1 {code}" for code in (1102, 2158, 2119, 2104)], lines(client.got())
    assert got[:5] == [*told, "tickReqParams 1 0.01"]


# ---------------------------------------------------------------- orders


def test_k7_an_order_is_held_and_sent_when_the_link_is_back() -> None:
    hall, client = lost()
    client.send(order(1, "BUY 100 AAPL MKT"))
    told = client.got()
    assert lines(told) == ["openOrder #1 PendingSubmit", "orderStatus #1 PendingSubmit 0+100"]
    assert len(hall.station.link.held) == 1
    hall.wait(10)
    assert client.got() == []
    restore(hall)
    got = lines(client.got())
    assert got[:4] == ["error -1 1102", *OK]
    assert "execDetails -1 #1 BOT 100 @ 257.68" in got
    assert len(hall.station.link.held) == 0


def test_k7_switched_off_the_order_is_refused() -> None:
    hall, client = lost(maintainAndResubmitOrdersOnReconnect=False)
    client.send(order(1, "BUY 100 AAPL MKT"))
    assert client.errors() == [
        (1, 201, "Order rejected - reason:No connection to the broker; the order has not been sent")
    ]
    restore(hall)
    assert not client.of(reports.OpenOrder)


def test_an_order_that_is_held_is_sent_although_its_client_has_left() -> None:
    hall, client = lost()
    client.send(order(1, "BUY 100 AAPL MKT"))
    client.leave()
    restore(hall)
    client = hall.client()
    (fill,) = client.send(orders.ReqExecutions(1)).of(reports.ExecutionDetails)
    assert fill.execution.shares == 100


def test_new_terms_and_the_order_itself_wait_in_their_order() -> None:
    hall, client = lost()
    client.send(order(1, "BUY 100 AAPL LMT 250"), order(1, "BUY 100 AAPL LMT 251"))
    assert client.of(reports.OpenOrder)[-1].order.lmtPrice == 251
    restore(hall)
    assert client.of(reports.OpenOrder)[-1].order.lmtPrice == 251


def test_new_terms_for_a_working_order_say_what_is_left_of_it() -> None:
    hall = made()
    client = hall.client()
    client.send(order(1, "BUY 100 AAPL LMT 250"))
    permanent = client.of(reports.OrderStatus)[-1].permId
    lose(hall)
    client.got()
    client.send(order(1, "BUY 200 AAPL LMT 250"))
    (status,) = client.of(reports.OrderStatus)
    assert (status.status, status.remaining, status.permId) == ("PendingSubmit", 200, permanent)
    restore(hall)
    assert client.of(reports.OrderStatus)[-1].remaining == 200


def test_an_order_that_was_not_sent_is_cancelled_on_the_spot() -> None:
    hall, client = lost()
    client.send(order(1, "BUY 100 AAPL MKT"))
    client.got()
    assert lines(client.send(orders.CancelOrder(1)).got()) == [
        "orderStatus #1 ApiCancelled 0+100", "error 1 202",
    ]  # fmt: skip
    restore(hall)
    assert lines(client.got()) == ["error -1 1102", *OK]
    assert len(hall.station.link.held) == 0


def test_the_cancellation_of_a_working_order_waits_for_the_link() -> None:
    hall = made()
    client = hall.client()
    client.send(order(1, "BUY 100 AAPL LMT 250"))
    lose(hall)
    client.got()
    assert lines(client.send(orders.CancelOrder(1)).got()) == ["orderStatus #1 PendingCancel 0+100"]
    restore(hall)
    assert lines(client.got())[4:] == ["orderStatus #1 Cancelled 0+100", "error 1 202"]


def test_a_fill_may_come_before_the_cancellation_that_waited() -> None:
    hall = made()
    client = hall.client()
    client.send(order(1, "BUY 100 AAPL LMT 250"))
    lose(hall)
    client.send(orders.CancelOrder(1))
    hall.quote("AAPL 249.00 x 249.50")
    client.got()
    restore(hall)
    got = lines(client.got())
    assert "orderStatus #1 Filled 100+0" in got and got[-1] == "error 1 10148"


def test_the_cancellation_of_an_unknown_order_is_refused_at_once() -> None:
    _, client = lost()
    assert lines(client.send(orders.CancelOrder(7)).got()) == ["error 7 10147"]


def finished() -> tuple[Hall, Client]:
    """A station whose link is lost after order 1 was filled and order 2 was cancelled."""
    hall = made()
    client = hall.client()
    client.send(order(1, "BUY 100 AAPL MKT"), order(2, "BUY 100 AAPL LMT 250"))
    client.send(orders.CancelOrder(2))
    hall.wait(1)
    lose(hall)
    client.got()
    return hall, client


FINISHED = [
    (orders.CancelOrder(1), 10148, "state: Filled."),
    (orders.CancelOrder(2), 10148, "state: Cancelled."),
    (order(1, "BUY 200 AAPL MKT"), 104, "Can't modify a filled order."),
    (order(2, "BUY 100 AAPL LMT 251"), 201, "has been cancelled already, too late to replace"),
    (order(0, "BUY 100 AAPL MKT"), 10149, "Invalid order id: 0"),
]


@walk(("request_", "code", "text"), FINISHED, ids=repr)
def test_what_asks_about_a_finished_order_is_answered_at_once(
    request_: Message, code: int, text: str
) -> None:
    hall, client = finished()
    assert lines(client.send(request_).got()) == [f"error {request_.orderId} {code}"]  # type: ignore[attr-defined]
    assert client.send(request_).errors()[0][2].endswith(text)
    assert len(hall.station.link.held) == 0
    restore(hall)
    assert lines(client.got()) == ["error -1 1102", *OK]


def test_an_id_that_left_the_books_is_a_duplicate_at_once() -> None:
    hall, client = finished()
    restore(hall)
    hall.wait(86_400)
    lose(hall)
    client.got()
    assert lines(client.send(order(1, "BUY 1 AAPL LMT 250")).got()) == ["error 1 103"]


def test_the_lists_of_finished_orders_are_as_last_known() -> None:
    _, client = finished()
    assert lines(client.send(orders.ReqCompletedOrders()).got()) == [
        "completedOrder Filled Filled Size: 100", "completedOrder Cancelled Cancelled by Trader",
        "completedOrdersEnd",
    ]  # fmt: skip
    assert len(client.send(orders.ReqExecutions(1)).of(reports.ExecutionDetails)) == 1


def test_an_order_that_was_withdrawn_is_a_finished_one() -> None:
    _, client = lost()
    client.send(order(3, "BUY 100 AAPL MKT"), orders.CancelOrder(3))
    client.got()
    ((about, code, text),) = client.send(orders.CancelOrder(3)).errors()
    assert (about, code) == (3, 10148) and text.endswith("state: ApiCancelled.")
    assert lines(client.send(order(3, "BUY 100 AAPL MKT")).got()) == ["error 3 201"]
    assert client.send(ReqIds()).of(NextValidId)[0].orderId == 4


def test_only_the_latest_withdrawn_orders_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("papertape.server.plant.held_orders.MAX_HELD", 2)
    _, client = lost()
    for number in (1, 2, 3):
        client.send(order(number, "BUY 1 AAPL LMT 250"), orders.CancelOrder(number))
    client.got()
    client.send(*[orders.CancelOrder(number) for number in (1, 2, 3)])
    assert [code for _, code, _ in client.errors()] == [10147, 10148, 10148]


def test_the_cancellation_of_an_order_that_waits_for_transmit_waits_too() -> None:
    hall = made()
    client = hall.client()
    waits = order(1, "BUY 100 AAPL LMT 250")
    waits.order.transmit = False
    client.send(waits)
    lose(hall)
    client.got()
    assert lines(client.send(orders.CancelOrder(1)).got()) == ["orderStatus #1 PendingCancel 0+100"]
    restore(hall)
    told = ["orderStatus #1 Cancelled 0+100", "error 1 202", "error 1 161"]
    assert lines(client.got())[4:] == told


def test_new_terms_that_nobody_serves_leave_a_working_order_alive() -> None:
    hall = made()
    client = hall.client()
    client.send(order(1, "BUY 100 AAPL LMT 250"))
    lose(hall)
    client.got()
    unserved = "BUY 100 AAPL LMT 250 scaleTable=x"
    assert lines(client.send(order(1, unserved)).got()) == ["error 1 321"]
    assert lines(client.send(order(2, unserved)).got()) == ["error 2 201"]
    client.send(order(2, "BUY 100 AAPL LMT 250"))
    client.got()
    assert lines(client.send(order(2, unserved)).got()) == ["error 2 321"]


def test_a_global_cancel_takes_back_what_waits_and_ends_what_works() -> None:
    hall = made()
    client = hall.client()
    client.send(order(1, "BUY 100 AAPL LMT 250"))
    lose(hall)
    client.send(order(2, "BUY 100 AAPL LMT 251"))
    client.got()
    assert lines(client.send(orders.ReqGlobalCancel()).got()) == [
        "orderStatus #2 ApiCancelled 0+100", "error 2 202",
    ]  # fmt: skip
    restore(hall)
    assert "orderStatus #1 Cancelled 0+100" in lines(client.got())


def test_an_order_that_cannot_be_is_refused_at_once() -> None:
    hall, client = lost()
    assert lines(client.send(order(1, "BUY 100 NOSUCH LMT 250")).got()) == ["error 1 200"]
    assert len(hall.station.link.held) == 0


def test_the_time_until_which_an_order_lives_passes_also_while_the_link_is_down() -> None:
    def refused(hall: Hall, client: Client) -> list[str]:
        hall.wait(2 * 3600)
        terms = Order(
            action="BUY", orderType="LMT", totalQuantity=Decimal(1), lmtPrice=250.0, tif="GTD",
            goodTillDate=datetime.fromtimestamp(hall.now // SECOND - 3600, UTC)
            .strftime("%Y%m%d-%H:%M:%S"),
        )  # fmt: skip
        client.got()
        return lines(client.send(orders.PlaceOrder(1, AAPL, terms)).got())

    up = made()
    told = refused(up, up.client())
    assert [one.split()[:2] for one in told] == [["error", "1"]]
    assert refused(*lost()) == told


def test_an_order_that_is_not_transmitted_waits_without_a_word() -> None:
    hall, client = lost()
    waits = order(1, "BUY 100 AAPL LMT 250")
    waits.order.transmit = False
    assert client.send(waits).got() == []
    restore(hall)
    assert lines(client.got()) == ["error -1 1102", *OK]
    assert client.send(order(1, "BUY 100 AAPL LMT 250")).of(reports.OpenOrder)


def test_a_what_if_order_waits_for_its_answer() -> None:
    hall, client = lost()
    preview = order(1, "BUY 100 AAPL LMT 250")
    preview.order.whatIf = True
    assert client.send(preview).got() == []
    restore(hall)
    (answer,) = client.of(reports.OpenOrder)
    assert answer.orderState.initMarginAfter is not None


def test_ids_of_orders_that_wait_are_not_given_out_again() -> None:
    hall, client = lost()
    client.send(order(4, "BUY 100 AAPL MKT"))
    client.got()
    assert client.send(ReqIds()).of(NextValidId)[0].orderId == 5
    restore(hall)
    assert client.send(ReqIds()).of(NextValidId)[0].orderId == 5


def test_only_so_many_orders_are_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("papertape.server.plant.held_orders.MAX_HELD", 2)
    assert MAX_HELD > 1000
    _, client = lost()
    client.send(*[order(n, "BUY 1 AAPL LMT 250") for n in (1, 2, 3)])
    assert [about for about, code, _ in client.errors() if code == 201] == [3]


def test_a_held_order_that_fails_in_our_code_concerns_nobody_else(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    hall, client = lost()
    gone = hall.client(2)
    for one in (client, gone):
        one.send(order(1, "BUY 100 AAPL MKT"))
    gone.leave()
    client.got()
    monkeypatch.setattr(Engine, "submit", raising(RuntimeError("boom")))
    with caplog.at_level(logging.ERROR):
        restore(hall)
    assert lines(client.got())[-1] == "error 1 323"
    assert "no client: held SubmitOrder failed" in caplog.messages


# ---------------------------------------------------------------- what happens meanwhile


def test_a_listener_that_fails_costs_no_client_its_messages(
    caplog: pytest.LogCaptureFixture,
) -> None:
    hall = made()
    client = hall.client()
    heard: list[object] = []
    hall.station.link.hear(raising(RuntimeError("deaf")), OrderPlaced)
    hall.station.link.listeners[:] = [raising(RuntimeError("deaf")), heard.append]
    client.send(order(1, "BUY 100 AAPL LMT 1.00"))
    assert "OpenOrder" in [type(one).__name__ for one in client.got()]
    assert heard
    assert "no client: hearing of OrderPlaced failed" in caplog.messages


def test_executions_happen_meanwhile_and_are_told_at_their_own_times() -> None:
    hall = made()
    client = hall.client()
    client.send(order(1, "BUY 100 AAPL LMT 250"), account.ReqPositions())
    lose(hall)
    client.got()
    hall.quote("AAPL 249.00 x 249.50")
    filled = hall.now
    hall.quote("AAPL 255.00 x 255.50")
    hall.wait(60)
    assert client.got() == []
    assert client.send(orders.ReqExecutions(1)).of(reports.ExecutionDetails) == []
    restore(hall)
    got = client.got()
    (fill,) = [m for m in got if isinstance(m, reports.ExecutionDetails)]
    assert (fill.execution.shares, fill.execution.price) == (100, 249.5)
    assert f"{filled // 10**9 % 60:02d} " in fill.execution.time
    assert any(isinstance(m, account.Position) and m.position == 100 for m in got)
    kinds = [type(message) for message in got]
    assert kinds.index(reports.ExecutionDetails) > kinds.index(ErrorMessage)


def test_a_station_whose_link_is_down_does_not_spin() -> None:
    hall = made()
    client = hall.client()
    client.send(order(1, "BUY 100 AAPL LMT 250"), QUOTES)
    lose(hall)
    hall.put("quote AAPL 249.00 x 249.50", hall.now + 10**9)
    hall.now += 5 * 10**9
    hall.station.step(hall.now)
    due = hall.station.next_due()
    assert due is None or due > hall.now


# ---------------------------------------------------------------- a competing session


def test_lines_end_with_10197_and_new_requests_get_the_code_of_their_kind() -> None:
    hall = made()
    client = hall.client()
    client.send(QUOTES)
    client.got()
    hall.station.competition.begin()
    hall.settle()
    assert client.errors() == [(1, 10197, "No market data during competing live session")]
    client.send(
        market.ReqMktData(2, AAPL),
        ticks.ReqRealTimeBars(3, AAPL),
        ticks.ReqTickByTickData(4, AAPL),
        history.ReqHistoricalData(5, AAPL),
    )
    told = client.errors()
    assert [(about, code) for about, code, _ in told] == [
        (2, 10197), (3, 420), (4, 10189), (5, 162),
    ]  # fmt: skip
    said = "Trading TWS session is connected from a different IP address"
    assert all(text.endswith(said) for _, _, text in told[1:])
    hall.station.competition.end()
    assert lines(client.send(QUOTES).got())[0] == "tickReqParams 1 0.01"


def test_every_request_that_a_competing_session_refuses_has_an_id() -> None:
    assert {kind.spec.id_field for kind in REFUSED} == {"reqId"}


def test_orders_go_on_during_a_competing_session() -> None:
    hall = made()
    client = hall.client()
    hall.station.competition.begin()
    got = lines(client.send(order(1, "BUY 100 AAPL MKT")).got())
    assert expected("execDetails -1 #1 BOT 100 @ 257.68")[0] in got


def test_what_is_held_is_told_without_a_look_at_every_working_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks, whole = [], Views.order
    for working in (2, 20):
        hall, client = lost()
        restore(hall)
        for number in range(1, working + 1):
            client.send(order(number, "BUY 1 AAPL LMT 100"))
        hall.station.link.lose()
        seen: list[LiveOrder] = []

        def look(views: Views, live: LiveOrder, *more: Any, seen: list[Any] = seen) -> Any:
            seen.append(live)
            return whole(views, live, *more)

        with monkeypatch.context() as patch:
            patch.setattr(Views, "order", look)
            for number in (101, 102):
                client.send(order(number, "BUY 1 AAPL LMT 100"))
            client.send(order(1, "BUY 1 AAPL LMT 99"))
            unsent = hall.station.link.held.unsent_orders()
        assert [view.orderId for view in unsent] == [101, 102]
        looks.append(len(seen))
    assert looks[0] == looks[1] > 0


def test_the_venue_is_passed_over_until_something_of_it_is_due(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hall = made()
    client = hall.client()
    client.send(order(1, "BUY 1 AAPL LMT 250 GTC")).got()
    due = hall.now + 10 * SECOND
    hall.put("quote AAPL 249.00 x 250.00", due)
    hall.settle()
    venue, moments = hall.station.venue, list[int]()
    advance = venue.advance

    def noted(now: int) -> Any:
        moments.append(now)
        return advance(now)

    monkeypatch.setattr(venue, "advance", noted)
    for _ in range(9):
        hall.now += SECOND
        client.send(ReqIds())
    assert moments == []
    assert len(client.of(NextValidId)) == 9
    hall.now = due
    client.send(ReqIds())
    assert moments == [due]
    assert lines(client.got())[0].startswith("execDetails")


def test_a_venue_that_waits_for_nothing_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    hall = Hall()
    client = hall.client()
    client.send(ReqIds()).got()
    moments: list[int] = []
    monkeypatch.setattr(hall.station.venue, "advance", moments.append)
    for _ in range(9):
        hall.now += SECOND
        client.send(ReqIds())
    assert moments == []
    assert len(client.of(NextValidId)) == 9
