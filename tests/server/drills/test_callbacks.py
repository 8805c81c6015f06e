"""The order of callbacks stays legal: the end of an answer never comes before its rows."""

from decimal import Decimal
from typing import Any

from papertape.model import Contract, ExecutionFilter, Order
from papertape.wire.catalogue.account import Position, PositionEnd, ReqPositions
from papertape.wire.catalogue.orders import PlaceOrder, ReqExecutions, ReqOpenOrders
from papertape.wire.catalogue.reports import (
    CommissionReport,
    ExecutionDetails,
    ExecutionDetailsEnd,
    OpenOrder,
    OpenOrdersEnd,
)
from papertape.wire.catalogue.session import ErrorMessage
from papertape.wire.message import Message
from server.pair import Client, Hall
from walks import walk

AAPL = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")


def client() -> Client:
    """It has bought ten, and an order for ten more works."""
    hall = Hall()
    hall.quote("AAPL 257.66 x 257.68")
    found = hall.client()
    for number, limit in ((1, 258.0), (2, 200.0)):
        order = Order(
            action="BUY", totalQuantity=Decimal(10), orderType="LMT", lmtPrice=limit, tif="DAY"
        )
        found.send(PlaceOrder(number, AAPL, order))
    hall.wait(1)
    found.got()
    return found


def buy(number: int) -> PlaceOrder:
    order = Order(
        action="BUY", totalQuantity=Decimal(10), orderType="LMT", lmtPrice=258.0, tif="DAY"
    )
    return PlaceOrder(number, AAPL, order)


def order_of(found: list[Any], *kinds: type[Message]) -> list[str]:
    return [type(one).__name__ for one in found if isinstance(one, kinds)]


ANSWERS: tuple[tuple[str, Message, tuple[type[Message], type[Message]]], ...] = (
    ("late-callbacks execDetails ms=3000", ReqExecutions(9, ExecutionFilter()),
     (ExecutionDetails, ExecutionDetailsEnd)),
    ("late-callbacks openOrder ms=3000", ReqOpenOrders(), (OpenOrder, OpenOrdersEnd)),
    ("late-callbacks position ms=3000", ReqPositions(), (Position, PositionEnd)),
    ("late-order 2 ms=3000", ReqOpenOrders(), (OpenOrder, OpenOrdersEnd)),
    ("reorder-callbacks seed=3", ReqOpenOrders(), (OpenOrder, OpenOrdersEnd)),
    ("reorder-callbacks seed=3", ReqExecutions(9, ExecutionFilter()),
     (ExecutionDetails, ExecutionDetailsEnd)),
)  # fmt: skip


@walk(("drill", "request_", "kinds"), ANSWERS)
def test_the_end_of_an_answer_waits_for_its_rows(
    drill: str, request_: Message, kinds: tuple[type[Message], type[Message]]
) -> None:
    program = client()
    program.hall.station.drills.begin(drill)
    program.send(request_)
    early = program.got()
    program.hall.wait(4)
    found = order_of([*early, *program.got()], *kinds)
    assert found == [kinds[0].__name__, kinds[1].__name__]
    program.send(request_)  # nothing waits for ever
    program.hall.wait(4)
    assert order_of(program.got(), kinds[1]) == [kinds[1].__name__]


@walk(
    ("drills", "times"),
    [
        (("late-callbacks execDetails ms=1000", "late-callbacks execDetails ms=500"), 1),
        (("late-callbacks execDetails ms=500", "duplicate-callbacks execDetails"), 2),
        (("duplicate-callbacks execDetails", "late-callbacks execDetails ms=500"), 2),
        (("reorder-callbacks seed=1", "reorder-callbacks seed=2"), 1),
        (
            (
                "reorder-callbacks seed=1",
                "late-callbacks execDetails ms=500",
                "late-order 3 ms=900",
            ),
            1,
        ),
    ],
)
def test_several_of_them_send_each_message_as_often_as_they_say(
    drills: tuple[str, ...], times: int
) -> None:
    program = client()
    for drill in drills:
        program.hall.station.drills.begin(drill)
    program.send(buy(3))
    program.hall.wait(9)
    found = program.got()
    assert len([one for one in found if isinstance(one, ExecutionDetails)]) == times
    program.hall.wait(9)
    assert not [one for one in program.got() if isinstance(one, ExecutionDetails)]


@walk("more", [(), ("late-callbacks commissionReport ms=300",), ("duplicate-callbacks",)])
def test_no_commission_comes_before_its_execution(more: tuple[str, ...]) -> None:
    program = client()
    for drill in ("late-callbacks execDetails ms=500", *more):
        program.hall.station.drills.begin(drill)
    program.send(buy(3), ReqExecutions(9, ExecutionFilter()))
    found = program.got()
    for _ in range(10):
        program.hall.wait(0.1)
        found += program.got()
    told: set[str] = set()
    for one in found:
        if isinstance(one, ExecutionDetails):
            told.add(one.execution.execId)
        assert not isinstance(one, CommissionReport) or one.execId in told
    charged = [one.execId for one in found if isinstance(one, CommissionReport)]
    assert len(set(charged)) == 2 and len(charged) == 3, "of the second one live, both asked for"
    assert order_of(found, ExecutionDetailsEnd) == ["ExecutionDetailsEnd"]


@walk("drill", ["late-order 3 ms=2000", "late-callbacks execDetails ms=2000"])
def test_what_comes_late_from_the_broker_comes_when_the_link_is_back(drill: str) -> None:
    program = client()
    program.hall.station.drills.begin(drill)
    program.send(buy(3))
    program.hall.wait(1)
    program.got()
    program.hall.station.drills.begin("link-lost ms=10000")
    program.hall.wait(5)
    program.send(ReqOpenOrders())
    program.hall.wait(1)
    meanwhile = program.got()
    about = [one.order.orderId for one in meanwhile if isinstance(one, OpenOrder)]
    assert not [one for one in meanwhile if isinstance(one, ExecutionDetails)]
    assert 3 not in about
    program.hall.wait(10)
    found = program.got()
    codes = [one.errorCode for one in found if isinstance(one, ErrorMessage)]
    told = [one for one in found if isinstance(one, ExecutionDetails)]
    assert 1102 in codes and [one.execution.orderId for one in told] == [3]
    link = next(one for one in found if getattr(one, "errorCode", 0) == 1102)
    assert found.index(link) < found.index(told[0])
    program.hall.wait(5)
    running = [one.name for one in program.hall.station.drills.running()]
    assert running == [one for one in ("late-callbacks",) if one in drill]


def test_a_late_order_whose_client_has_gone_is_over() -> None:
    program = client()
    program.hall.station.drills.begin("late-order 3 ms=2000")
    program.send(buy(3))
    program.leave()
    program.hall.wait(3)
    assert program.hall.station.drills.running() == ()
