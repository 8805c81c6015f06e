"""Losing the connection and making it again (S29, S30, S32): back-off, orders, order ids."""

from decimal import Decimal

import pytest

from client.fake_server import Served
from papertape.client.report import Phase
from papertape.client.settings import Backoff, ClientSettings
from papertape.client.trades import Trade
from papertape.errors import ClientIdInUse, ConnectionFailed, ConnectionLost, SettingsError
from papertape.model import Contract, Execution, Order, OrderState
from papertape.wire.catalogue.orders import (
    PlaceOrder,
    ReqCompletedOrders,
    ReqExecutions,
    ReqOpenOrders,
)
from papertape.wire.catalogue.reports import (
    CompletedOrder,
    CompletedOrdersEnd,
    ExecutionDetails,
    ExecutionDetailsEnd,
    OpenOrder,
    OpenOrdersEnd,
    OrderStatus,
)
from papertape.wire.catalogue.session import ErrorMessage
from walks import walk

AGAIN = ClientSettings(reconnect=Backoff(first_s=1.0, jitter=0.0, longest_s=8.0))
SPY = Contract(symbol="SPY")
HUNDRED = Decimal(100)


def placed(served: Served, *, acknowledged: bool = True) -> Trade:
    order = Order(action="BUY", totalQuantity=HUNDRED, orderType="LMT", lmtPrice=1.0)
    trade = Trade(served.core.next_order_id(), SPY, order)
    served.core.orders.follow(trade)
    served.core.send(PlaceOrder(trade.orderId, SPY, order), trade)
    if acknowledged:
        status = (trade.orderId, "Submitted", Decimal(0), HUNDRED, 0.0, 90 + trade.orderId)
        served.send(OrderStatus(*status, 0, 0.0, 7, "", 0.0))
    return trade


def orders_answered(served: Served, *open_orders: OpenOrder) -> None:
    """The server answers the comparison of orders with these open ones and no execution."""
    served.send(*open_orders, OpenOrdersEnd())
    served.send(ExecutionDetailsEnd(served.last(ReqExecutions).reqId))


# ---------------------------------------------------------------- when


def test_the_pauses_grow_up_to_a_limit() -> None:
    served = Served(settings=AGAIN).ready()
    served.drop()
    pauses = []
    for _ in range(6):
        due = served.core.redial.at
        assert due is not None
        pauses.append(due - served.now)
        served.pass_time(pauses[-1])
        served.refuse()
    assert pauses == [1.0, 2.0, 4.0, 8.0, 8.0, 8.0]


@walk(("chance", "pause"), [(0.0, 4.0), (0.5, 3.0), (1.0, 2.0)])
def test_chance_takes_a_share_of_the_pause_away(chance: float, pause: float) -> None:
    assert Backoff(first_s=4.0, jitter=0.5).delay(0, chance) == pause


def test_a_century_of_attempts_does_not_overflow() -> None:
    assert Backoff().delay(10**9, 0.0) == 60.0


@walk("wrong", [{"first_s": -1.0}, {"factor": 0.5}, {"jitter": 2.0}, {"longest_s": 0.1}])
def test_a_backoff_that_makes_no_sense_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(SettingsError, match=next(iter(wrong))):
        Backoff(**wrong)


def test_the_attempts_may_be_limited() -> None:
    served = Served(settings=ClientSettings(reconnect=Backoff(attempts=2))).ready()
    served.drop()
    for _ in range(2):
        assert served.core.phase is Phase.AWAY
        served.pass_time(100)
        served.refuse()
    assert served.core.phase is Phase.ENDED
    assert isinstance(served.core.lost, ConnectionFailed)


def test_a_session_that_was_ready_again_begins_its_pauses_anew() -> None:
    served = Served(settings=AGAIN).ready()
    for _ in range(3):
        served.drop()
        assert served.core.redial.at == served.now + 1.0
        served.back()
    assert served.core.phase is Phase.READY


def test_nobody_reconnects_who_was_not_asked_to() -> None:
    served = Served().ready()
    served.drop("gone")
    assert served.core.phase is Phase.ENDED and "gone" in str(served.core.lost)
    assert served.core.next_due() is None


def test_the_first_connection_is_not_repeated() -> None:
    served = Served(settings=AGAIN)
    served.drop()
    assert served.core.phase is Phase.ENDED


def test_disconnecting_is_final() -> None:
    served = Served(settings=AGAIN).ready()
    served.core.closed(ConnectionLost("by this program"), final=True)
    assert served.core.phase is Phase.ENDED


def test_a_client_id_that_is_still_in_use_is_tried_again() -> None:
    """TWS needs a moment to free an id, and a dead connection may hold it for longer."""
    served = Served(settings=AGAIN).ready()
    served.drop()
    served.pass_time(1)
    served.open()
    in_use = "Unable to connect as the client id is already in use."
    served.send(ErrorMessage(-1, 0, 326, in_use))
    assert served.core.phase is Phase.AWAY and served.core.lost is None
    served.back()
    assert served.core.phase is Phase.READY


def test_a_client_id_in_use_at_first_is_an_error() -> None:
    served = Served(settings=AGAIN)
    served.send(ErrorMessage(-1, 0, 326, "in use"))
    assert isinstance(served.core.lost, ClientIdInUse)


def test_1300_names_the_port_to_come_back_to() -> None:
    served = Served(settings=AGAIN).ready()
    served.tell(1300)
    assert served.core.phase is Phase.AWAY and served.core.moved == 7555


def test_a_server_that_refuses_the_version_is_not_asked_again() -> None:
    served = Served(settings=AGAIN).ready()
    served.send(ErrorMessage(-1, 0, 357, "Your client version is out of date."))
    assert served.core.phase is Phase.ENDED


# ---------------------------------------------------------------- orders


def test_open_orders_and_executions_are_compared_before_orders_may_go_on() -> None:
    served = Served(settings=AGAIN).ready()
    trade = placed(served)
    served.received.clear()
    served.drop()
    assert "reset by peer" in served.core.why_not_ready()
    served.back()
    assert served.all(ReqOpenOrders) and served.last(ReqExecutions).executionFilter.clientId == 7
    assert "compared" in served.core.why_not_ready()
    orders_answered(
        served, OpenOrder(1, SPY, Order(permId=91, clientId=7), OrderState("Submitted"))
    )
    assert served.core.why_not_ready() == ""
    assert not trade.done and trade.errors == []


def test_a_fill_while_away_is_found() -> None:
    served = Served(settings=AGAIN).ready()
    trade = placed(served)
    served.drop()
    served.back()
    number = served.last(ReqExecutions).reqId
    fill = Execution(execId="a.01", shares=HUNDRED, price=1.0, permId=91, orderId=1, clientId=7)
    served.send(OpenOrdersEnd())
    served.send(ExecutionDetails(number, SPY, fill), ExecutionDetailsEnd(number))
    assert served.all(ReqCompletedOrders)
    done = Order(permId=91, filledQuantity=HUNDRED)
    served.send(CompletedOrder(SPY, done, OrderState(status="Filled")), CompletedOrdersEnd())
    assert (trade.status, trade.filled, trade.remaining) == ("Filled", HUNDRED, 0)
    assert list(trade.fills) == ["a.01"]
    assert served.core.why_not_ready() == ""


def test_an_order_that_never_arrived_is_told_so() -> None:
    served = Served(settings=AGAIN).ready()
    trade = placed(served, acknowledged=False)
    served.drop()
    assert not trade.done, "it may have arrived"
    served.back()
    orders_answered(served)
    served.send(CompletedOrdersEnd())
    assert trade.status == "Inactive"
    (error,) = trade.errors
    assert isinstance(error, ConnectionLost) and not error.sent


def test_an_order_that_the_rate_limit_held_back_has_ended() -> None:
    served = Served(settings=ClientSettings(reconnect=Backoff(), max_rate=1)).ready()
    trades = [placed(served, acknowledged=False) for _ in range(3)]
    served.drop()
    assert [trade.status for trade in trades[-2:]] == ["Inactive", "Inactive"]
    assert "it was not sent" in str(trades[-1].errors[0])


def test_an_unacknowledged_order_of_a_session_that_ended_is_unknown() -> None:
    served = Served().ready()
    trade = placed(served, acknowledged=False)
    served.drop()
    assert "its outcome is unknown" in str(trade.errors[0])


def test_order_ids_never_go_back_when_the_server_forgets_them() -> None:
    served = Served(settings=AGAIN).ready(next_id=1)
    assert [served.core.next_order_id() for _ in range(5)] == [1, 2, 3, 4, 5]
    served.drop()
    served.back(next_id=2)
    assert served.core.next_order_id() == 6


def test_a_restored_link_is_followed_by_a_comparison_too() -> None:
    """Fills during 1100 are told to nobody."""
    served = Served().ready()
    placed(served)
    served.tell(1100)
    assert "1100" in served.core.why_not_ready()
    served.tell(1102)
    assert served.all(ReqOpenOrders) and "compared" in served.core.why_not_ready()
    orders_answered(
        served, OpenOrder(1, SPY, Order(permId=91, clientId=7), OrderState("Submitted"))
    )
    assert served.core.why_not_ready() == ""


def test_a_comparison_without_an_answer_does_not_stop_trading_for_ever() -> None:
    served = Served(settings=AGAIN).ready()
    placed(served)
    served.drop()
    served.back()
    served.pass_time(10.1)
    assert served.core.why_not_ready() == ""


def test_a_program_may_send_orders_while_the_link_is_lost() -> None:
    served = Served(settings=ClientSettings(orders_during_outage=True)).ready()
    served.tell(1100)
    assert served.core.why_not_ready() == ""
