"""A night in seconds, orders lost in a restart, a client id that is not free yet."""

from papertape.model import Contract
from papertape.server.settings import StationSettings
from papertape.wire.catalogue import market, orders, reports
from papertape.wire.catalogue.session import CurrentTime, NextValidId, ReqCurrentTime
from server.pair import Client, Hall
from server.shown import lines
from server.test_station import order

AAPL = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
TIME = ReqCurrentTime()


def drilled(text: str, *, gateway: bool = False) -> tuple[Hall, Client]:
    hall = Hall(settings=StationSettings(gateway=gateway))
    hall.quote("AAPL 257.66 x 257.68")
    client = hall.client()
    client.send(market.ReqMktData(1, AAPL), order(1, "BUY 100 AAPL LMT 250"))
    hall.wait(1)
    client.got()
    hall.station.drills.begin(text)
    hall.settle()
    return hall, client


# ---------------------------------------------------------------- the nightly restart


def test_nightly_restart_loses_the_link_closes_refuses_and_is_back() -> None:
    hall, client = drilled("nightly-restart down_ms=10000 warn_ms=1000")
    assert client.errors()[0][1] == 1100
    assert lines(hall.client(2, quiet=False).got())[2] == "error -1 2110"
    hall.wait(0.9)
    assert not client.pipe.closed
    hall.wait(0.2)
    assert client.pipe.closed and not client.pipe.was_reset
    assert hall.station.away and hall.newcomer(client_id=3).refused
    hall.wait(10)
    again = hall.client(quiet=False)
    assert lines(again.got()) == [
        "openOrder #1 Submitted", "orderStatus #1 Submitted 0+100", "openOrderEnd",
        "managedAccounts DU1234567", "nextValidId 2",
        "error -1 2104", "error -1 2106", "error -1 2158",
    ]  # fmt: skip
    hall.quote("AAPL 251.00 x 251.02")
    assert again.got() == []  # data must be asked for anew


def test_nightly_restart_does_not_stop_the_exchange() -> None:
    hall, _ = drilled("nightly-restart 10000")
    hall.wait(5)
    hall.put("quote AAPL 249.00 x 249.50", hall.now + 10**9)
    hall.wait(20)
    (fill,) = hall.client().send(orders.ReqExecutions(1)).of(reports.ExecutionDetails)
    assert (fill.execution.orderId, fill.execution.price) == (1, 249.5)


def test_nightly_restart_loses_orders_that_were_held_and_their_ids_come_again() -> None:
    hall, client = drilled("nightly-restart 1000")
    client.send(order(2, "BUY 100 AAPL LMT 251"))
    assert "orderStatus #2 PendingSubmit 0+100" in lines(client.got())
    hall.wait(5)
    (told,) = hall.client(quiet=False).of(NextValidId)
    assert told.orderId == 2


def test_nightly_restart_of_a_gateway_has_its_farms_inactive_again() -> None:
    hall, _ = drilled("nightly-restart 1000", gateway=True)
    hall.wait(5)
    codes = [code for _, code, _ in hall.client(quiet=False).errors()]
    assert codes == [2108, 2107, 2158]


def test_stopping_a_nightly_restart_brings_tws_back() -> None:
    hall, _ = drilled("nightly-restart 60000")
    hall.wait(5)
    assert hall.station.away
    hall.station.drills.stop_all()
    assert hall.client(4).send(TIME).of(CurrentTime)


# ---------------------------------------------------------------- ids that come again


def test_id_rollback_acknowledges_orders_loses_them_and_gives_their_ids_again() -> None:
    hall, client = drilled("id-rollback orders=2 down_ms=2000")
    client.send(order(2, "BUY 1 AAPL LMT 250"), order(3, "BUY 2 AAPL LMT 250"))
    assert lines(client.got()) == [
        "openOrder #2 PendingSubmit", "orderStatus #2 PendingSubmit 0+1",
        "openOrder #3 PendingSubmit", "orderStatus #3 PendingSubmit 0+2",
    ]  # fmt: skip
    hall.wait(0.3)
    assert client.pipe.closed and hall.newcomer(client_id=8).refused
    hall.wait(2)
    again = hall.client(quiet=False)
    got = again.got()
    assert [m.orderId for m in got if isinstance(m, NextValidId)] == [2]
    assert [m.orderId for m in got if isinstance(m, reports.OpenOrder)] == [1]
    again.send(order(2, "SELL 5 AAPL LMT 300"))  # the id of a lost order is taken for new
    assert lines(again.got())[0] == "openOrder #2 Submitted"


def test_id_rollback_leaves_modifications_previews_and_others_alone() -> None:
    hall, client = drilled("id-rollback client=1")
    other = hall.client(2)
    preview = order(5, "BUY 1 AAPL LMT 250")
    preview.order.whatIf = True
    client.send(order(1, "BUY 100 AAPL LMT 251"), preview)
    assert {m.orderState.status for m in client.of(reports.OpenOrder)} <= {
        "Submitted", "PreSubmitted",
    }  # fmt: skip
    assert other.send(order(1, "BUY 1 AAPL LMT 250")).of(reports.OpenOrder)
    assert hall.station.drills.running()


# ---------------------------------------------------------------- client ids


def test_stale_client_id_refuses_the_reconnection_for_a_while() -> None:
    hall, client = drilled("stale-client-id 30")
    client.leave()
    again = hall.newcomer().start()
    assert [code for _, code, _ in again.errors()] == [326] and again.pipe.closed
    assert hall.client(2).send(TIME).of(CurrentTime)  # other ids are free
    hall.wait(30)
    assert hall.client(1).send(TIME).of(CurrentTime)
    assert hall.station.drills.running() == ()


def test_stale_client_id_holds_one_id_only_and_stopping_it_frees_that() -> None:
    hall, client = drilled("stale-client-id 30")
    other = hall.client(2)
    client.leave()
    other.leave()
    assert hall.client(2).send(TIME).of(CurrentTime)
    hall.station.drills.stop_all()
    assert hall.client(1).send(TIME).of(CurrentTime)
