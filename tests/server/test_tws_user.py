"""Orders of the TWS user, and client 0 that binds them (behaviour N6)."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from papertape.model import Contract, Order
from papertape.server.present.events import OrderView
from papertape.store.journal import Journal
from papertape.venue.entries import SCHEMA
from papertape.venue.invariants import check
from papertape.venue.reference.instruments import Refusal
from papertape.wire.catalogue import orders, reports
from papertape.wire.catalogue import session as wire
from server.pair import VERSIONS, Client, Hall
from server.shown import lines
from server.test_station import order


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    """A station whose venue is checked, and found the same after a restart, at the end."""
    path = tmp_path / "j.sqlite"
    with Journal.open(path, schema_version=SCHEMA) as journal:
        found = Hall(journal=journal)
        found.quote("AAPL 257.66 x 257.68")
        yield found
        check(found.station.engine)
        state = found.station.engine.state_hash()
    with Journal.open(path, schema_version=SCHEMA) as journal:
        assert Hall(journal=journal).station.engine.state_hash() == state


def enter(hall: Hall, words: str) -> OrderView:
    """The user places an order."""
    found = entered(hall, words)
    assert isinstance(found, OrderView), found
    return found


def entered(hall: Hall, words: str) -> OrderView | Refusal:
    placed = order(1, words)
    found = hall.station.user.enter(placed.contract, placed.order)
    hall.settle()
    return found


def bound(client: Client) -> list[tuple[int, int, int]]:
    return [(m.permId, m.clientId, m.orderId) for m in client.of(reports.OrderBound)]


LIMIT = "BUY 100 AAPL LMT 250"


@pytest.mark.parametrize("version", VERSIONS)
def test_an_unbound_order_has_the_ids_zero_and_client_zero_sees_it(
    hall: Hall, version: int
) -> None:
    zero, one = hall.client(0, version), hall.client(1, version)
    view = enter(hall, LIMIT)
    assert (view.clientId, view.orderId) == (0, 0) and view.permId
    assert set(lines(zero.got())) == {"openOrder #0 Submitted", "orderStatus #0 Submitted 0+100"}
    assert one.got() == []
    assert "openOrder #0 Submitted" in lines(one.send(orders.ReqAllOpenOrders()).got())
    assert lines(one.send(orders.ReqOpenOrders()).got()) == ["openOrderEnd"]


def test_an_execution_of_an_unbound_order_has_the_ids_zero(hall: Hall) -> None:
    zero = hall.client(0)
    enter(hall, "BUY 100 AAPL MKT")
    (fill,) = zero.of(reports.ExecutionDetails)
    assert (fill.execution.clientId, fill.execution.orderId) == (0, 0)
    (again,) = hall.client(1).send(orders.ReqExecutions(5)).of(reports.ExecutionDetails)
    assert again.execution == fill.execution


@pytest.mark.parametrize(("negative", "ids"), [(True, [-1, -2]), (False, [8, 9])])
def test_req_open_orders_of_client_zero_binds_what_works(
    hall: Hall, negative: bool, ids: list[int]
) -> None:
    hall.station.config.update({"useNegativeAutoRange": negative})
    zero = hall.client(0)
    zero.send(order(7, LIMIT))
    views = [enter(hall, LIMIT), enter(hall, "SELL 10 AAPL LMT 300")]
    enter(hall, "BUY 1 AAPL MKT")  # is done, and stays as it is
    zero.got()
    zero.send(orders.ReqOpenOrders())
    got = zero.got()
    told = [m for m in got if isinstance(m, reports.OrderBound)]
    assert [(m.permId, m.clientId, m.orderId) for m in told] == [
        (view.permId, 0, number) for view, number in zip(views, ids)
    ]
    opened = [m for m in got if isinstance(m, reports.OpenOrder)]
    assert [m.orderId for m in opened] == [7, *ids]
    assert [(m.order.clientId, m.order.orderId) for m in opened[1:]] == [(0, n) for n in ids]
    assert not bound(zero.send(orders.ReqOpenOrders()))
    following = 8 if negative else 10
    assert f"nextValidId {following}" in lines(zero.send(wire.ReqIds()).got())


def test_req_all_open_orders_and_other_clients_bind_nothing(hall: Hall) -> None:
    zero, one = hall.client(0), hall.client(1)
    enter(hall, LIMIT)
    for client, request in ((zero, orders.ReqAllOpenOrders()), (one, orders.ReqOpenOrders())):
        assert not bound(client.send(request))
    assert not hall.station.queries.open_orders(0)


def test_a_bound_order_is_changed_and_cancelled_by_client_zero(hall: Hall) -> None:
    zero = hall.client(0)
    enter(hall, LIMIT)
    zero.send(orders.ReqOpenOrders()).got()
    zero.send(order(-1, "BUY 60 AAPL LMT 251"))
    assert "orderStatus #-1 Submitted 0+60" in lines(zero.got())
    hall.client(1).send(orders.CancelOrder(-1))
    assert zero.got() == []
    zero.send(orders.CancelOrder(-1))
    assert lines(zero.got()) == ["orderStatus #-1 Cancelled 0+60", "error -1 202"]


def test_an_unbound_order_cannot_be_reached_by_a_client(hall: Hall) -> None:
    zero = hall.client(0)
    enter(hall, LIMIT)
    zero.got()
    assert [code for _, code, _ in zero.send(orders.CancelOrder(0)).errors()] == [10147]
    assert [code for _, code, _ in zero.send(order(0, LIMIT)).errors()] == [10149]
    assert [code for _, code, _ in zero.send(order(-5, LIMIT)).errors()] == [10149]


@pytest.mark.parametrize(("negative", "first"), [(True, -1), (False, 1)])
def test_auto_bind_gives_orders_to_client_zero_from_the_start(
    hall: Hall, negative: bool, first: int
) -> None:
    hall.station.config.update({"useNegativeAutoRange": negative})
    zero = hall.client(0)
    assert zero.send(orders.ReqAutoOpenOrders(True)).got() == []
    view = enter(hall, "BUY 100 AAPL MKT")
    got = zero.got()
    assert isinstance(got[0], reports.OrderBound)
    assert (got[0].permId, got[0].clientId, got[0].orderId) == (view.permId, 0, first)
    assert f"orderStatus #{first} Filled 100+0" in lines(got)
    assert [m.execution.orderId for m in got if isinstance(m, reports.ExecutionDetails)] == [first]
    zero.send(orders.ReqAutoOpenOrders(False))
    assert enter(hall, LIMIT).orderId == 0


def test_auto_bind_ends_with_the_session(hall: Hall) -> None:
    hall.client(0).send(orders.ReqAutoOpenOrders(True)).leave()
    hall.client(0)
    assert enter(hall, LIMIT).orderId == 0


def test_ids_below_zero_are_not_used_twice(hall: Hall) -> None:
    zero = hall.client(0)
    zero.send(orders.ReqAutoOpenOrders(True))
    enter(hall, "BUY 1 AAPL MKT")
    zero.got()
    hall.wait(2 * 86_400)
    enter(hall, LIMIT)
    assert [order_id for _, _, order_id in bound(zero)] == [-2]


@pytest.mark.parametrize("auto", [True, False])
def test_a_refusal_is_the_users_alone(hall: Hall, auto: bool) -> None:
    zero = hall.client(0)
    zero.send(orders.ReqAutoOpenOrders(auto))
    found = entered(hall, "BUY 1 NOSUCH MKT")
    assert isinstance(found, Refusal) and found.code == 200
    assert zero.got() == []
    assert enter(hall, LIMIT).orderId == (-1 if auto else 0)


def test_the_user_cancels_any_order(hall: Hall) -> None:
    zero, one = hall.client(0), hall.client(1)
    one.send(order(4, LIMIT)).got()
    mine = enter(hall, LIMIT)
    zero.got()
    (theirs,) = hall.station.queries.open_orders(1)
    assert hall.station.user.cancel(theirs.permId) and hall.station.user.cancel(mine.permId)
    hall.settle()
    assert lines(one.got()) == ["orderStatus #4 Cancelled 0+100", "error 4 202"]
    assert lines(zero.got()) == ["orderStatus #0 Cancelled 0+100"]  # no id to blame
    assert not hall.station.user.cancel(mine.permId)


def test_the_users_orders_do_not_keep_order_ids_from_being_reset(hall: Hall) -> None:
    enter(hall, LIMIT)
    assert not hall.station.queries.busy()
    hall.client(0).send(orders.ReqOpenOrders())
    assert hall.station.queries.busy()


def test_nothing_is_entered_while_the_brokers_link_is_lost(hall: Hall) -> None:
    hall.station.link.lose()
    found = entered(hall, LIMIT)
    assert isinstance(found, Refusal) and found.code == 201
    assert hall.station.user.bind() == 0
    hall.station.link.restore()
    assert enter(hall, LIMIT).orderId == 0


def test_what_if_and_transmit_mean_nothing_to_the_user(hall: Hall) -> None:
    contract = Contract(symbol="AAPL", secType="STK", currency="USD", exchange="SMART")
    fields: dict[str, Any] = {"action": "BUY", "totalQuantity": Decimal(1), "orderType": "MKT"}
    found = hall.station.user.enter(contract, Order(**fields, transmit=False, whatIf=True))
    hall.settle()
    assert isinstance(found, OrderView)
    (done,) = hall.station.queries.orders()
    assert (done.permId, done.status) == (found.permId, "Filled")


@pytest.mark.parametrize(
    "words, code",
    [
        ("BUY 90000000 AAPL LMT 257", 201),  # more than the account can carry
        ("SELL 100 AAPL LMT 200", 202),  # too far from the market
    ],
)
def test_the_user_is_told_why_the_broker_ended_an_order(hall: Hall, words: str, code: int) -> None:
    enter(hall, LIMIT)
    hall.station.timing.now = hall.now
    found = entered(hall, words)
    assert isinstance(found, Refusal) and found.code == code
    *_, last = hall.station.queries.orders()
    assert last.status in ("Inactive", "Cancelled")
    assert len(hall.station.queries.orders()) == 2


@pytest.mark.parametrize("limit, filled", [("257.68", 100), ("257.60", 0)])
def test_an_order_that_ends_by_its_own_terms_was_taken(hall: Hall, limit: str, filled: int) -> None:
    hall.quote("AAPL 257.66*100 x 257.68*100")
    hall.station.timing.now = hall.now
    view = enter(hall, f"BUY 1000 AAPL LMT {limit} IOC")
    assert (view.status, view.filled) == ("Cancelled", filled)
