"""Orders, cancels, and the lists of orders and executions. Sequences are in test_publisher."""

import pytest

from papertape.model import Contract, ExecutionFilter, Order
from papertape.server.handlers.orders import HIGHEST_ORDER_ID
from papertape.venue.broker.profile import Profile
from papertape.wire.catalogue import orders as wire
from papertape.wire.catalogue import reports, session
from server.pair import VERSIONS, Client, Hall
from server.shown import expected, lines
from server.test_station import order
from walks import walk


def traded(version: int = 226) -> tuple[Hall, Client, Client]:
    """Client 1 has filled, cancelled and resting orders, client 2 one of each too."""
    hall = Hall()
    hall.quote("AAPL 257.66 x 257.68")
    hall.quote("SPY 450.00 x 450.01")
    one, two = hall.client(1, version), hall.client(2, version)
    for client in (one, two):
        client.send(
            order(1, "BUY 100 AAPL MKT"),
            order(2, "BUY 50 AAPL LMT 250"),
            order(3, "SELL 10 SPY LMT 460"),
            wire.CancelOrder(2),
        )
        hall.wait(1)
        client.got()
    return hall, one, two


@pytest.mark.long
@walk("version", VERSIONS)
def test_open_orders_are_this_clients_own(version: int) -> None:
    _, one, _ = traded(version)
    assert lines(one.send(wire.ReqOpenOrders()).got()) == expected("""
        openOrder #3 Submitted; orderStatus #3 Submitted 0+10
        openOrderEnd
    """)


def test_all_open_orders_are_everybodys() -> None:
    _, one, _ = traded()
    got = one.send(wire.ReqAllOpenOrders()).got()
    assert lines(got) == expected("""
        openOrder #3 Submitted; orderStatus #3 Submitted 0+10
        openOrder #3 Submitted; orderStatus #3 Submitted 0+10
        openOrderEnd
    """)
    assert [m.clientId for m in got if isinstance(m, reports.OrderStatus)] == [1, 2]


def test_an_order_that_all_open_orders_has_shown_may_be_cancelled_by_another_client() -> None:
    """As captured: the client that cancels is told with its own id, the owner as always."""
    hall = Hall()
    one, two = hall.client(1), hall.client(2)
    one.send(order(296, "BUY 10 AAPL LMT 13.27 GTC")).got()
    two.send(wire.ReqAllOpenOrders()).got()
    two.send(wire.CancelOrder(296))
    for client in (two, one):
        status, error = client.got()
        assert (status.status, status.remaining, status.clientId) == (
            "Cancelled", 10, client.client_id)  # fmt: skip
        assert (error.id, error.errorCode, error.errorMsg) == (296, 202, "Order Canceled - reason:")
    assert two.send(wire.CancelOrder(296)).errors()[0][1] == 10147


def test_an_order_that_was_not_shown_is_not_found() -> None:
    hall = Hall()
    one, two = hall.client(1), hall.client(2)
    one.send(order(7, "BUY 10 AAPL LMT 200"), order(8, "BUY 10 AAPL LMT 201"))
    assert [code for _, code, _ in two.send(wire.CancelOrder(7)).errors()] == [10147]
    two.send(wire.ReqAllOpenOrders(), order(7, "BUY 1 AAPL LMT 202"))
    two.got()
    two.send(wire.CancelOrder(7))  # its own one is meant
    assert [status.clientId for status in two.of(reports.OrderStatus)] == [2]
    assert [view.orderId for view in hall.station.queries.open_orders(1)] == [7, 8]
    three = hall.client(3)
    hall.client(4).send(order(8, "BUY 1 AAPL LMT 203"))
    three.send(wire.ReqAllOpenOrders()).got()
    three.send(wire.CancelOrder(8))  # two have that id
    assert [code for _, code, _ in three.errors()] == [10147]
    hall.station.drills.begin("link-lost")
    hall.settle()
    two.got()
    two.send(wire.CancelOrder(8))
    assert [code for _, code, _ in two.errors()] == [10147]


def test_the_first_echo_of_a_stop_may_have_the_limit_that_gateways_of_april_had() -> None:
    hall = Hall(profile=Profile(echo_quirks=True))
    hall.quote("AAPL 257.66 x 257.68")
    client = hall.client()
    client.send(
        order(1, "SELL 1 AAPL STP 13.13"),
        order(2, "SELL 1 AAPL TRAIL trailStopPrice=200 trailingPercent=1.5"),
        order(3, "SELL 1 AAPL STP_LMT 200 199"),
    )
    told = [(m.orderId, m.order.lmtPrice) for m in client.of(reports.OpenOrder)]
    first, second = 13.13 + 0.03, 200 + 0.03
    assert told == [(1, first), (1, 0.0), (2, second), (2, 0.0), (3, 199.0), (3, 199.0)]


def test_no_open_orders_is_the_end_alone() -> None:
    client = Hall().client()
    assert lines(client.send(wire.ReqOpenOrders()).got()) == ["openOrderEnd"]


def test_completed_orders_are_todays_of_everybody() -> None:
    hall, one, _ = traded()
    assert lines(one.send(wire.ReqCompletedOrders(False)).got()) == expected("""
        completedOrder Filled Filled Size: 100; completedOrder Cancelled Cancelled by Trader
        completedOrder Filled Filled Size: 100; completedOrder Cancelled Cancelled by Trader
        completedOrdersEnd
    """)
    hall.wait(86_400)
    one.got()
    gone = lines(one.send(wire.ReqCompletedOrders(True)).got())
    assert gone == ["completedOrdersEnd"]


@pytest.mark.long
@walk("version", VERSIONS)
def test_executions_come_with_their_number_their_commissions_and_the_end(version: int) -> None:
    _, one, _ = traded(version)
    assert lines(one.send(wire.ReqExecutions(6, ExecutionFilter())).got()) == expected("""
        execDetails 6 #1 BOT 100 @ 257.68
        execDetails 6 #1 BOT 100 @ 257.68
        commissionAndFeesReport 1.0003; commissionAndFeesReport 1.0003
        execDetailsEnd 6
    """)


FILTERS = [
    (ExecutionFilter(clientId=1), 1),
    (ExecutionFilter(clientId=9), 0),
    (ExecutionFilter(symbol="AAPL", side="BUY"), 2),
    (ExecutionFilter(side="SELL"), 0),
    (ExecutionFilter(acctCode="DU1234567", secType="STK"), 2),
    (ExecutionFilter(time="20260413 10:00:03 US/Eastern"), 1),
    (ExecutionFilter(time="20990101-00:00:00"), 0),
]


@pytest.mark.long
@walk(("wanted", "count"), FILTERS, ids=str)
def test_filters_are_all_met(wanted: ExecutionFilter, count: int) -> None:
    _, one, _ = traded()
    one.send(wire.ReqExecutions(6, wanted))
    assert len(one.of(reports.ExecutionDetails)) == count


def test_a_filter_time_that_is_none_is_refused() -> None:
    _, one, _ = traded()
    one.send(wire.ReqExecutions(6, ExecutionFilter(time="noon")))
    ((request, code, text),) = one.errors()
    assert (request, code) == (6, 321)
    assert "Invalid time" in text


# ---------------------------------------------------------------- ids

IDS = [(0, 10149), (-1, 10149), (-(1 << 31), 10149), (HIGHEST_ORDER_ID + 1, 10149)]


@walk(("number", "code"), IDS)
@walk("version", [176, 226])
def test_ids_that_are_none_are_refused(version: int, number: int, code: int) -> None:
    hall = Hall()
    hall.quote("AAPL 257.66 x 257.68")
    client = hall.client(1, version)
    client.send(order(number, "BUY 1 AAPL LMT 250"))
    assert client.errors() == [(number, code, f"Invalid order id: {number}")]
    assert lines(client.send(session.ReqIds()).got()) == ["nextValidId 1"]


@pytest.mark.parametrize("version", [176, 226])
def test_the_highest_id_leaves_a_next_one_that_can_be_told(version: int) -> None:
    hall = Hall()
    hall.quote("AAPL 257.66 x 257.68")
    client = hall.client(1, version)
    client.send(order(HIGHEST_ORDER_ID, "BUY 1 AAPL LMT 250")).got()
    client.leave()
    assert f"nextValidId {HIGHEST_ORDER_ID + 1}" in lines(hall.client(1, quiet=False).got())


def test_a_passed_id_is_a_duplicate() -> None:
    _, one, _ = traded()
    one.send(order(2, "BUY 1 AAPL LMT 250"), order(1, "BUY 1 AAPL MKT"))
    assert [(number, code) for number, code, _ in one.errors()] == [(2, 201), (1, 104)]


def test_the_empty_time_in_force_is_a_day_until_225() -> None:
    for version, code in ((224, None), (225, 10052)):
        hall = Hall()
        hall.quote("AAPL 257.66 x 257.68")
        client = hall.client(1, version)
        contract = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
        request = order(1, "BUY 1 AAPL LMT 250")
        request.contract, request.order.tif = contract, ""
        errors = client.send(request).errors()
        assert [number for _, number, _ in errors] == ([] if code is None else [code])


def test_an_order_is_not_the_clients_record() -> None:
    hall = Hall()
    hall.quote("AAPL 257.66 x 257.68")
    client = hall.client()
    request = order(1, "BUY 1 AAPL LMT 250")
    before = repr(request.order)
    client.send(request)
    assert repr(request.order) == before
    (first, *_) = client.of(reports.OpenOrder)
    assert isinstance(first.order, Order) and first.order.account == "DU1234567"


# ---------------------------------------------------------------- what clients send by default

UNSET = "1.7976931348623157e+308"
LANGUAGES = {
    "Python": {},
    "Java": {UNSET: "1.7976931348623157E308"},
    "C++": {UNSET: "1.7976931348623e+308"},
}
"""How the official clients write a price that is not set."""


@walk("version", [100, 157, 176, 195, 200])
@walk("language", LANGUAGES)
def test_a_plain_order_of_any_language_sets_nothing(language: str, version: int) -> None:
    hall = Hall()
    hall.quote("AAPL 257.66 x 257.68")
    client = hall.client(1, version)
    request = order(1, "BUY 1 AAPL LMT 250")
    request.order.discretionaryAmt = 12345.5
    frame = client.connection.send(request)[4:].decode()
    unset = LANGUAGES[language].get(UNSET, "0")
    frame = frame.replace("12345.5", unset if language == "Java" else "0")
    for token, spelled in LANGUAGES[language].items():
        frame = frame.replace(token, spelled)
    client.raw(len(frame).to_bytes(4) + frame.encode())
    got = client.got()
    assert [m.errorMsg for m in got if isinstance(m, session.ErrorMessage)] == []
    assert lines(got)[0] == "openOrder #1 Submitted"
