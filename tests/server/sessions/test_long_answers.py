"""Answers of many rows: in slices, in order, as fast as the client reads, never stale."""

from typing import Any

import pytest

from papertape.model import Contract, ExecutionFilter
from papertape.server.sessions.scheduler import READING_S, TURN_BYTES
from papertape.server.sessions.session import Session
from papertape.server.sessions.subscriptions import Query
from papertape.server.settings import StationSettings
from papertape.venue.commands import CancelApiOrder
from papertape.wire.catalogue import account, contract, history, orders, reports, session
from papertape.wire.message import Message
from server.pair import Client, Hall, Stopwatch
from server.shown import lines
from server.test_station import TIME, order, raising
from walks import walk

COUNT = 60
OWNER = 5
AAPL = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
ASKED: dict[str, tuple[Message, type[Message], int]] = {
    "completed orders": (orders.ReqCompletedOrders(), reports.CompletedOrder, COUNT),
    "executions": (orders.ReqExecutions(9, ExecutionFilter()), reports.ExecutionDetails, COUNT),
    "open orders": (orders.ReqAllOpenOrders(), reports.OpenOrder, COUNT),
    "positions": (account.ReqPositions(), account.Position, 2),
    "contract details": (
        contract.ReqContractDetails(9, Contract(symbol="AAPL", secType="STK")),
        contract.ContractData,
        2,
    ),
}
"""What is asked for, what its rows are, and how many there are at least."""


def day(hall: Hall) -> Hall:
    """Many orders of a client that has left: half of them filled, half of them work."""
    hall.quote("AAPL 257.66 x 257.68*100000")
    hall.quote("TSLA 420.00 x 420.10*100000")
    owner = hall.client(OWNER)
    for number in range(1, COUNT + 1):
        owner.send(order(number, f"BUY 1 {('AAPL', 'TSLA')[number % 2]} MKT"))
    for number in range(COUNT + 1, 2 * COUNT + 1):
        owner.send(order(number, "BUY 1 AAPL LMT 100"))
    owner.leave()
    return hall


def begun(hall: Hall, client: Client, *messages: Message) -> None:
    """Send requests and let their answers begin, not more."""
    data = b"".join(client.connection.send(message) for message in messages)
    hall.station.receive(client.session, data, hall.now)
    hall.station.flush()


def slowly(hall: Hall) -> Hall:
    """From now on the station has time for one or two rows in a turn."""
    hall.station.timing.stopwatch = Stopwatch(0.0004)
    return hall


@pytest.mark.long
@walk("name", ASKED, check=5)
def test_others_have_their_turn_within_a_long_answer(name: str) -> None:
    message, kind, least = ASKED[name]
    hall = day(Hall())
    whole = lines(hall.client(1).send(message).got())
    other, client = hall.client(2), hall.client(3)
    slowly(hall)
    begun(hall, client, message)
    part = client.got()
    assert len(part) < len(whole) and hall.station.next_due() == hall.now
    begun(hall, other, TIME)
    assert [type(one) for one in other.got()] == [session.CurrentTime]
    assert len(part) < len(whole)
    hall.settle()
    assert lines(part + client.got()) == whole
    assert sum(line.startswith(_shown(kind)) for line in whole) >= least


def _shown(kind: type[Message]) -> str:
    return kind.spec.callback or ""


@pytest.mark.long
def test_those_of_a_client_that_connects_come_in_slices_before_its_next_id() -> None:
    hall = slowly(day(Hall()))
    client = hall.newcomer(client_id=OWNER).greet()
    begun(hall, client, session.StartApi(OWNER))
    while not (part := client.got()):  # those that are over are passed over
        hall.station.step(hall.now)
        hall.station.flush()
    assert not [one for one in part if isinstance(one, session.NextValidId)]
    hall.settle()
    kinds = [type(one) for one in part + client.got()]
    assert kinds.count(reports.OpenOrder) == COUNT
    end = kinds.index(reports.OpenOrdersEnd)
    assert kinds[end + 1 : end + 3] == [session.ManagedAccounts, session.NextValidId]


@pytest.mark.long
def test_the_next_request_of_a_client_is_answered_after_the_one_before() -> None:
    hall = day(Hall())
    client = hall.client(1)
    slowly(hall)
    begun(hall, client, orders.ReqCompletedOrders(), TIME, orders.ReqAllOpenOrders())
    hall.settle()
    kinds = [type(one) for one in client.got()]
    place = kinds.index(session.CurrentTime)
    assert kinds[place - 1] is reports.CompletedOrdersEnd
    assert kinds[place + 1] is reports.OpenOrder and kinds[-1] is reports.OpenOrdersEnd


# ---------------------------------------------------------------- what happens meanwhile


@pytest.mark.long
def test_an_order_that_ends_meanwhile_is_not_told_as_one_that_works() -> None:
    hall = day(Hall())
    client = hall.client(1)
    slowly(hall)
    begun(hall, client, orders.ReqAllOpenOrders())
    hall.station.link.submit(CancelApiOrder(OWNER, 2 * COUNT))
    hall.settle()
    told = [one.orderId for one in client.got() if isinstance(one, reports.OpenOrder)]
    assert told == list(range(COUNT + 1, 2 * COUNT))


@pytest.mark.long
def test_a_position_that_changes_meanwhile_is_told_at_last() -> None:
    hall = day(Hall())
    client, trader = hall.client(1), hall.client(2)
    hall.station.timing.stopwatch = Stopwatch(0.002)
    begun(hall, client, account.ReqPositions())
    begun(hall, trader, order(1, "BUY 7 AAPL MKT"))
    hall.settle()
    last = {one.contract.symbol: one.position for one in client.of(account.Position)}
    assert last["AAPL"] == COUNT // 2 + 7


@pytest.mark.long
def test_a_row_that_fails_costs_its_answer_only(monkeypatch: pytest.MonkeyPatch) -> None:
    hall = day(Hall())
    client = hall.client(1)
    slowly(hall)
    begun(hall, client, orders.ReqExecutions(9, ExecutionFilter()), TIME)
    name = "papertape.server.handlers.orders.execution_details"
    monkeypatch.setattr(name, raising(ValueError("no such row")))
    hall.settle()
    *rows, failed, time = lines(client.got())
    assert (failed, time) == ("error 9 323", f"currentTime {hall.now // 10**9}")
    assert 0 < len(rows) < COUNT
    assert hall.station.scheduler.next_due() is None


@pytest.mark.long
@pytest.mark.parametrize("how", ["lost", "dropped"])
def test_a_client_that_leaves_meanwhile_leaves_nothing_behind(how: str) -> None:
    hall = day(Hall())
    client = hall.client(1)
    slowly(hall)
    begun(hall, client, orders.ReqCompletedOrders(), order(1, "BUY 1 AAPL LMT 100"))
    if how == "lost":
        client.leave()
    else:
        hall.station.registry.drop(client.session, "of this test")
        hall.settle()
    assert not client.session.replies
    assert hall.station.scheduler.next_due() is None
    placed = hall.station.queries.order(1, 1)
    assert (placed is not None) == (how == "lost"), "what came before the end still counts"


# ---------------------------------------------------------------- as fast as the client reads


@pytest.fixture
def halted(monkeypatch: pytest.MonkeyPatch) -> tuple[Hall, Client]:
    """A client in the middle of a long answer that does not read."""
    monkeypatch.setattr("papertape.server.sessions.scheduler.LONG_ANSWER", 1000)
    hall = day(Hall())
    client = hall.client(1)
    slowly(hall)
    begun(hall, client, orders.ReqCompletedOrders())
    client.session.paused = True
    hall.settle()
    client.got()
    hall.settle()
    return hall, client


def test_a_long_answer_waits_for_a_client_that_does_not_read(halted: tuple[Hall, Client]) -> None:
    hall, client = halted
    hall.wait(READING_S / 2)
    assert client.got() == []
    begun(hall, client, TIME)
    assert client.got() == [], "an answer overtook the one before"
    client.session.paused = False
    assert hall.station.next_due() == hall.now
    hall.settle()
    kinds = [type(one) for one in client.got()]
    assert kinds[-2:] == [reports.CompletedOrdersEnd, session.CurrentTime]


def test_one_that_reads_nothing_for_long_is_let_go(
    halted: tuple[Hall, Client], caplog: pytest.LogCaptureFixture
) -> None:
    hall, client = halted
    hall.wait(READING_S - 1)
    assert not client.pipe.closed
    hall.wait(1)
    assert client.pipe.closed
    assert "client 1 at test:1 closed: it does not read what it asked for" in caplog.text


@pytest.mark.long
def test_a_turn_ends_when_enough_is_queued(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("papertape.server.sessions.scheduler.TURN_BYTES", 2000)
    hall = day(Hall())
    client = hall.client(1)
    queued: list[int] = []
    flush = Session.flush

    def noted(self: Any) -> None:
        queued.append(self.queued)
        flush(self)

    monkeypatch.setattr(Session, "flush", noted)
    client.send(orders.ReqCompletedOrders())
    assert len(client.got()) == COUNT + 1
    assert max(queued) < 4000 < TURN_BYTES


@pytest.mark.parametrize("why", ["it does not read", "its farm is broken"])
def test_nobody_spins_while_an_answer_cannot_go_on_and_requests_exceed_the_rate(why: str) -> None:
    hall = Hall(settings=StationSettings(max_message_rate=2))
    client = hall.client(1)
    hall.wait(5)
    bars = {"duration": "1 M", "barSizeSetting": "1 min", "whatToShow": "TRADES"}
    begun(hall, client, history.ReqHistoricalData(9, AAPL, **bars))
    assert client.session.subscriptions.of(Query)
    if why == "it does not read":
        client.session.paused = True
    else:
        hall.station.farms.breaks(hall.station.farms.named("ushmds"))
    begun(hall, client, TIME, TIME, TIME, TIME)
    for _ in range(10):
        hall.station.step(hall.now)
        hall.station.flush()
    due = hall.station.next_due()
    assert client.session.behind and due is not None and due > hall.now
