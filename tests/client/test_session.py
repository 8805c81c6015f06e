"""The sans-IO core: connecting, routing by request, by kind, by order; errors; the end."""

import pytest

from client.fake_server import Served
from papertape.client.conversations import Call, Collect
from papertape.client.trades import Trade
from papertape.errors import (
    ApiError,
    ClientIdInUse,
    ConnectionLost,
    ContractNotFound,
    FeatureNotSupported,
    NotConnected,
    NotReady,
)
from papertape.model import Contract, ContractDetails, Order
from papertape.wire.catalogue import account, contract, session
from papertape.wire.catalogue.orders import PlaceOrder
from papertape.wire.catalogue.session import ErrorMessage, NextValidId, StartApi


def test_the_handshake_ends_with_start_api_and_a_report() -> None:
    served = Served(version=176)
    assert served.received == [StartApi(7, "")]
    assert served.core.report.missing == ("managedAccounts", "nextValidId")
    served.ready(next_id=12)
    report = served.core.report
    assert (report.serverVersion, report.accounts, report.nextValidId) == (176, ("DU1234567",), 12)
    assert report.missing == ()


def test_no_order_id_before_next_valid_id() -> None:
    served = Served()
    with pytest.raises(NotReady, match="nextValidId"):
        served.core.next_order_id()
    served.ready(5)
    assert [served.core.next_order_id() for _ in range(3)] == [5, 6, 7]


def test_a_later_next_valid_id_never_goes_back() -> None:
    served = Served().ready(9)
    served.send(NextValidId(3))
    assert served.core.next_order_id() == 9


def test_replies_find_their_request_by_its_id() -> None:
    served = Served().ready()
    asked = [Collect("x", contract.ContractDataEnd, served.core.request_id()) for _ in range(2)]
    for one in asked:
        served.core.begin(one, contract.ReqContractDetails(one.request_id, Contract(symbol="A")))
    first, second = asked
    row = contract.ContractData(second.request_id, Contract(conId=5), ContractDetails())
    served.send(row, contract.ContractDataEnd(second.request_id))
    assert (first.done, first.result) == (False, [])
    assert second.done and [r.contract.conId for r in second.result] == [5]


def test_replies_without_an_id_find_their_kind() -> None:
    served = Served().ready()
    call = Call("reqCurrentTime")
    served.core.begin(call, session.ReqCurrentTime())
    served.send(session.CurrentTime(1_700_000_000))
    assert call.done and call.result.currentTime == 1_700_000_000
    served.core.end(call)
    served.send(session.CurrentTime(1))  # nobody asked: nothing happens
    assert call.result.currentTime == 1_700_000_000


def test_a_terminal_error_ends_its_request_and_only_that() -> None:
    served = Served().ready()
    asked = [Collect("x", contract.ContractDataEnd, served.core.request_id()) for _ in range(2)]
    for one in asked:
        served.core.begin(one, contract.ReqContractDetails(one.request_id, Contract(symbol="A")))
    text = "No security definition has been found for the request"
    served.send(ErrorMessage(asked[0].request_id, 0, 200, text))
    assert isinstance(asked[0].error, ContractNotFound)
    assert not asked[1].done


def test_a_warning_is_a_notice_of_its_request() -> None:
    served = Served().ready()
    stream = Call("reqMktData", served.core.request_id())
    served.core.begin(stream, session.ReqCurrentTime())
    served.send(ErrorMessage(stream.request_id, 0, 10167, "Displaying delayed market data."))
    assert not stream.done
    assert [notice.code for notice in stream.notices] == [10167]


def test_farm_notices_belong_to_the_session() -> None:
    served = Served().ready()
    served.send(ErrorMessage(-1, 0, 2104, "Market data farm connection is OK:usfarm"))
    (notice,) = served.core.report.notices
    assert (notice.code, notice.severity) == (2104, "info")


def test_a_client_id_in_use_ends_the_connection_with_its_own_error() -> None:
    served = Served()
    served.send(ErrorMessage(-1, 0, 326, "Unable to connect as the client id is already in use."))
    assert isinstance(served.core.lost, ClientIdInUse)


def test_the_end_of_the_connection_ends_every_conversation() -> None:
    served = Served().ready()
    by_id = Call("a", served.core.request_id())
    by_kind = Call("reqCurrentTime")
    served.core.begin(by_id, session.ReqCurrentTime())
    served.core.begin(by_kind, session.ReqCurrentTime())
    lost = ConnectionLost("gone")
    served.core.closed(lost)
    served.core.closed(ConnectionLost("again"))
    assert by_id.error is lost and by_kind.error is lost and served.core.lost is lost
    with pytest.raises(NotConnected):
        served.core.send(session.ReqCurrentTime())


def test_bytes_that_are_no_frames_end_the_connection() -> None:
    served = Served().ready()
    served.core.receive(b"\xff\xff\xff\xff garbage")
    assert isinstance(served.core.lost, ConnectionLost)
    assert "4294967295" in str(served.core.lost)


def test_a_message_that_cannot_be_read_is_kept_and_the_rest_goes_on() -> None:
    served = Served(version=176).ready()
    call = Call("reqCurrentTime")
    served.core.begin(call, session.ReqCurrentTime())
    body = b"4\x002\x00x\x00y\x00z\x00"
    served.core.receive(len(body).to_bytes(4) + body)
    served.send(session.CurrentTime(5))
    assert call.done
    (unread,) = served.core.unread
    assert unread.error.message == "ErrorMessage"


def test_a_request_that_the_server_lacks_is_not_sent_and_forgotten() -> None:
    served = Served(version=176).ready()
    call = Call("reqCurrentTimeInMillis")
    before = len(served.received)
    with pytest.raises(FeatureNotSupported) as caught:
        served.core.begin(call, session.ReqCurrentTimeInMillis())
    assert (caught.value.server_version, caught.value.needed_version) == (176, 197)
    assert len(served.received) == before
    served.send(session.CurrentTime(5))
    assert not call.done


def test_an_order_error_reaches_its_trade() -> None:
    served = Served().ready()
    trade = Trade(3, Contract(symbol="X"), Order())
    served.core.orders.follow(trade)
    served.core.send(PlaceOrder(3, Contract(symbol="X"), Order()))
    served.send(ErrorMessage(3, 0, 387, "Unsupported order type"))
    assert trade.done and [error.code for error in trade.errors] == [387]
    assert isinstance(trade.errors[0], ApiError)


def test_requests_are_numbered_far_above_orders() -> None:
    served = Served().ready()
    assert served.core.request_id() > 1_000_000_000 > served.core.next_order_id()


def test_a_position_row_goes_to_whoever_asked_for_positions() -> None:
    served = Served().ready()
    asked = Collect("reqPositions", account.PositionEnd)
    served.core.begin(asked, account.ReqPositions())
    served.send(account.Position("DU1", Contract(conId=9)), account.PositionEnd())
    assert asked.done and asked.result[0].contract.conId == 9
