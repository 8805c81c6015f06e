"""Greetings, the order of an opening, and messages that are none."""

from collections.abc import Iterator

import pytest

from papertape.errors import FeatureNotSupported
from papertape.server.sessions.scheduler import ROUND, TURN
from papertape.server.sessions.session import Session
from papertape.server.sessions.subscriptions import Query
from papertape.server.settings import StationSettings
from papertape.server.timing import Wakeup
from papertape.venue.units import SECOND
from papertape.versions import MAX_SERVER, RAW_IDS
from papertape.wire import catalogue
from papertape.wire.catalogue import contract, history, market, orders, reports, session
from papertape.wire.connection import Negotiated, encode
from papertape.wire.handshake import ConnectionState
from papertape.wire.message import Message, id_of
from server.pair import VERSIONS, Client, Hall, Stopwatch
from server.shown import expected, lines
from server.test_station import order
from walks import walk

START = """
    managedAccounts DU1234567
    nextValidId 1
    error -1 2104
    error -1 2106
    error -1 2158
"""


# ---------------------------------------------------------------- the opening


@pytest.mark.long
@walk("version", VERSIONS)
def test_s20_start_brings_accounts_next_id_and_farm_notices_in_order(version: int) -> None:
    client = Hall().client(1, version, quiet=False)
    assert client.connection.version == version
    assert lines(client.got()) == expected(START)


@pytest.mark.long
@walk("version", VERSIONS)
def test_s20_working_orders_come_first_when_there_are_any(version: int) -> None:
    hall = Hall()
    hall.quote("AAPL 257.66 x 257.68")
    hall.client(1).send(order(4, "BUY 100 AAPL LMT 250")).leave()
    hall.client(2).send(order(1, "BUY 100 AAPL LMT 251")).leave()
    assert lines(hall.client(1, version, quiet=False).got()) == expected("""
        openOrder #4 Submitted
        orderStatus #4 Submitted 0+100
        openOrderEnd
        managedAccounts DU1234567
        nextValidId 5
        error -1 2104; error -1 2106; error -1 2158
    """)


def test_working_orders_can_be_left_for_the_client_to_ask() -> None:
    hall = Hall(api={"downloadOpenOrdersOnConnection": False})
    hall.quote("AAPL 257.66 x 257.68")
    hall.client(1).send(order(1, "BUY 100 AAPL LMT 250")).leave()
    assert lines(hall.client(1, quiet=False).got())[0] == "managedAccounts DU1234567"


@walk("version", VERSIONS)
def test_s12_requests_right_behind_start_api_are_answered_after_the_next_id(version: int) -> None:
    client = Hall().newcomer(version).greet()
    client.send(session.StartApi(1), session.ReqCurrentTime(), session.ReqIds(1))
    got = lines(client.got())
    assert got[: len(expected(START))] == expected(START)
    assert [line.split()[0] for line in got[-2:]] == ["currentTime", "nextValidId"]


def test_nothing_comes_between_the_version_answer_and_start_api() -> None:
    hall = Hall()
    client = hall.newcomer()
    client.raw(client.connection.initiate())
    assert client.got() == [Negotiated(MAX_SERVER, "20260413 10:00:00 EST")]
    assert client.pipe.writes == [4 + len("226\0" + "20260413 10:00:00 EST\0")]
    hall.wait(10)
    assert client.got() == []


def test_s10_the_connection_time_is_in_the_zone_of_the_server() -> None:
    client = Hall(settings=StationSettings(time_zone="Europe/Berlin")).newcomer().greet()
    assert client.connection.connection_time == "20260413 16:00:00 CET"


@walk(
    ("offered", "own", "agreed"),
    [
        (b"v100..226", 226, 226), (b"v157..178", 226, 178), (b"v100..999", 226, 226),
        (b"v176", 226, 176), (b"v100..226", 176, 176), (b"v100..226 +PACEAPI", 226, 226),
    ],
)  # fmt: skip
def test_s8_the_version_is_the_lower_maximum(offered: bytes, own: int, agreed: int) -> None:
    hall = Hall(settings=StationSettings(max_server_version=own))
    client = hall.newcomer()
    client.raw(b"API\0" + len(offered).to_bytes(4) + offered)
    assert client.pipe.data[4:].startswith(b"%d\0" % agreed)


@pytest.mark.parametrize(("offered", "own"), [(b"v60..99", 226), (b"v213..226", 176)])
def test_s8_no_common_version_is_answered_and_closed(
    offered: bytes, own: int, caplog: pytest.LogCaptureFixture
) -> None:
    hall = Hall(settings=StationSettings(max_server_version=own))
    client = hall.newcomer()
    client.raw(b"API\0" + len(offered).to_bytes(4) + offered)
    # The client compares the number with what it knows, and tells its user to update (503).
    assert client.pipe.data[4:].startswith(b"%d\0" % own)
    assert client.pipe.closed
    assert "no common version: the client knows " + offered[1:].decode() in caplog.text


@pytest.mark.long
@walk("version", [*VERSIONS, 151, 187, 196, 197, 201, 208], check=3)
def test_s9_clients_of_every_age_get_what_their_version_knows(version: int) -> None:
    hall = Hall()
    hall.quote("AAPL 257.66 x 257.68")
    client = hall.client(1, version)
    stock = order(1, "BUY 1 AAPL MKT").contract
    (found, end) = client.send(contract.ReqContractDetails(1, stock)).got()
    assert (found.contract.symbol, end) == ("AAPL", contract.ContractDataEnd(1))
    client.send(order(1, "BUY 1 AAPL MKT"))
    assert [one.status for one in client.of(reports.OrderStatus)][-1] == "Filled"
    if version < 197:
        with pytest.raises(FeatureNotSupported) as refused:
            client.send(session.ReqCurrentTimeInMillis())
        assert (refused.value.code, refused.value.needed_version) == (503, 197)
    else:
        assert client.send(session.ReqCurrentTimeInMillis()).of(session.CurrentTimeInMillis)
    assert client.send(TIME).of(session.CurrentTime)


def test_the_greeting_may_come_in_any_pieces() -> None:
    hall = Hall()
    client = hall.newcomer()
    for byte in client.connection.initiate():
        client.raw(bytes([byte]))
    assert [type(event) for event in client.got()] == [Negotiated]


# ---------------------------------------------------------------- turns

AAPL = order(1, "BUY 1 AAPL MKT").contract
TIME = session.ReqCurrentTime()


def hurried() -> Hall:
    """A station to which every look at its watch takes a tenth of a turn."""
    hall = Hall()
    hall.quote("AAPL 257.66 x 257.68")
    hall.station.timing.stopwatch = Stopwatch(TURN / 10 / SECOND)
    return hall


def queue(client: Client, *messages: Message) -> None:
    """Send requests in one segment, whose answers wait for the end of the round."""
    data = b"".join(client.connection.send(message) for message in messages)
    client.hall.station.receive(client.session, data, client.hall.now)


def rounds(hall: Hall, *clients: Client) -> list[list[str]]:
    """What each round brings to each client, until nothing is left to do."""
    found = []
    hall.station.flush()
    while True:
        found.append([" ".join(line.split()[0] for line in lines(one.got())) for one in clients])
        due = hall.station.next_due()
        if due is None or due > hall.now:
            return found
        hall.station.step(hall.now)
        hall.station.flush()


def test_a_long_backlog_is_handled_in_turns_that_take_as_long_as_they_may() -> None:
    hall = hurried()
    busy, other = hall.client(1), hall.client(2)
    queue(busy, *[TIME] * 100)
    assert busy.session.behind
    assert hall.station.next_due() == hall.now
    queue(other, TIME)
    first, *more = rounds(hall, busy, other)
    assert first[1] == "currentTime"
    counts = [len(one[0].split()) for one in (first, *more)]
    assert sum(counts) == 100 and 0 < counts[0] <= 10
    assert max(counts) <= ROUND / TURN * 10 and len(counts) > 3
    assert not busy.session.behind


def test_beside_a_backlog_a_history_goes_on_by_one_slice_a_round() -> None:
    """A slice may take longer than a turn: several of them in one round would keep orders of others
    waiting for all of them."""
    hall = hurried()
    busy = hall.client(1)
    slices, found = [0], []

    def work() -> Iterator[None]:
        while True:
            slices[0] += 1
            yield

    busy.session.subscriptions.add(Query(1, history.ReqHistoricalData, work()))
    queue(busy, *[TIME] * 300)
    while busy.session.behind:
        found.append(slices[0])
        slices[0] = 0
        hall.station.flush()
        hall.station.step(hall.now)
    assert found == [1] * len(found)
    assert len(found) > 3


def test_of_a_client_that_is_gone_orders_are_handled_and_questions_are_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Thousands of questions whose client has hung up would keep everybody else waiting."""
    hall = hurried()
    gone, other = hall.client(1), hall.client(2)
    asked: list[Message] = []
    handle = hall.station.handle

    def handled(who: Session, message: Message) -> Iterator[object] | None:
        asked.append(message)
        return handle(who, message)

    monkeypatch.setattr(hall.station, "handle", handled)
    queue(gone, *[TIME] * 50, order(1, "BUY 1 AAPL LMT 1"), *[TIME] * 50)
    answered = len(asked)
    assert answered < 50
    received = gone.session.received
    hall.station.lost(gone.session, "it hung up", hall.now)
    hall.station.flush()
    assert [type(one) for one in asked[answered:]] == [orders.PlaceOrder]
    assert gone.session.received == received + 101 - answered  # they are counted and logged
    other.send(orders.ReqAllOpenOrders())
    assert any(line.startswith("openOrder") for line in lines(other.got()))


def test_a_client_with_a_backlog_has_no_turn_for_every_segment_that_comes() -> None:
    hall = hurried()
    busy = hall.client(1)
    queue(busy, *[TIME] * 50)
    left = len(busy.session.waiting)
    for _ in range(10):
        queue(busy, TIME)
    assert len(busy.session.waiting) == left
    assert sum(len(one[0].split()) for one in rounds(hall, busy)) == 60


def test_a_round_ends_in_time_however_many_have_sent_something() -> None:
    hall = hurried()
    crowd = [hall.client(number) for number in range(1, 33)]
    for one in crowd:
        queue(one, *[TIME] * 20)
    found = rounds(hall, *crowd)
    served = [sum(bool(text) for text in one) for one in found]
    assert max(served) <= ROUND / TURN + 1
    assert [sum(len(one[at].split()) for one in found) for at in range(32)] == [20] * 32


@pytest.mark.long
def test_orders_come_before_requests_of_others_that_came_earlier() -> None:
    hall = hurried()
    crowd = [hall.client(number) for number in range(2, 33)]
    trader = hall.client(1)
    for one in crowd:
        queue(one, *(market.ReqMktData(number, AAPL) for number in range(1, 31)))
    queue(trader, order(1, "BUY 1 AAPL LMT 250"))
    assert trader.session.behind
    first, second, *_ = rounds(hall, trader, *crowd)
    assert first[0] == "" and "orderStatus" in second[0]


def test_an_order_does_not_overtake_what_the_same_client_asked_before() -> None:
    hall = hurried()
    other, trader = hall.client(2), hall.client(1)
    queue(other, *[TIME] * 50)
    queue(trader, *[TIME] * 30, order(1, "BUY 1 AAPL LMT 250"), TIME)
    told = " ".join(one[0] for one in rounds(hall, trader)).split()
    assert told[:30] == ["currentTime"] * 30
    assert told[30] == "openOrder" and told[-1] == "currentTime"


@pytest.mark.long
def test_many_orders_do_not_keep_other_requests_from_their_turn() -> None:
    hall = hurried()
    traders = [hall.client(number) for number in range(2, 12)]
    other = hall.client(1)
    for trader in traders:
        queue(trader, *(order(number, "BUY 1 AAPL LMT 250") for number in range(1, 61)))
    queue(other, *[TIME] * 5)
    found = rounds(hall, other, traders[0])
    assert "currentTime" in " ".join(one[0] for one in found[: len(found) // 2])


# ---------------------------------------------------------------- out of turn


@pytest.mark.parametrize("version", [176, 226])
def test_s27_a_request_before_start_api_closes(
    version: int, caplog: pytest.LogCaptureFixture
) -> None:
    hall = Hall()
    client = hall.newcomer(version).greet()
    head = (49).to_bytes(4) if version >= RAW_IDS else b"49\0"
    body = head if version >= RAW_IDS else head + b"1\0"
    client.raw(len(body).to_bytes(4) + body)
    assert client.pipe.closed and client.got() == []
    assert "closed: " in caplog.text and "while negotiated" in caplog.text


@pytest.mark.parametrize("version", [176, MAX_SERVER])
def test_s27_a_request_right_behind_the_greeting_closes(
    version: int, caplog: pytest.LogCaptureFixture
) -> None:
    hall = Hall()
    client = hall.newcomer(version)
    client.raw(client.connection.initiate() + encode(TIME, version))
    assert client.pipe.closed
    assert [type(event) for event in client.got()] == [Negotiated]
    assert "closed: ReqCurrentTime while negotiated" in caplog.text


@walk("version", [100, 176, 200, 201, MAX_SERVER])
@walk("segments", [1, 2])
def test_a_start_api_together_with_the_greeting_is_served_after_the_version_answer(
    version: int, segments: int
) -> None:
    hall = Hall()
    client = hall.newcomer(version)
    hasty = b"".join(encode(message, version) for message in (session.StartApi(1), TIME))
    first = client.connection.initiate()
    for data in [first + hasty] if segments == 1 else [first, hasty]:
        hall.station.receive(client.session, data, hall.now)
    hall.station.flush()
    assert [type(event) for event in client.got()] == [Negotiated]  # alone, in a write of its own
    assert client.pipe.writes == [client.session.bytes_out]
    hall.settle()
    client.connection.state = ConnectionState.STARTED
    got = lines(client.got())
    assert got[: len(expected(START))] == expected(START)
    assert [line.split()[0] for line in got[len(expected(START)) :]] == ["currentTime"]


@pytest.mark.parametrize("number", [62, 63])
def test_s8_a_client_from_before_v100_is_told_in_its_own_form_to_update(
    number: int, caplog: pytest.LogCaptureFixture
) -> None:
    hall = Hall()
    client = hall.newcomer()
    client.raw(b"%d\0" % number)
    assert client.pipe.data.decode().split("\0") == [
        "76", "20260413 10:00:00 EST",
        "4", "2", "-1", "357", "Your client version is out of date.", "",
    ]  # fmt: skip
    assert client.pipe.closed
    assert f"closed: a client of version {number}, from before v100" in caplog.text


@pytest.mark.parametrize("found", ["x", "9" * 19, "1" * 30])
def test_a_start_api_that_cannot_be_read_is_told_and_closes(
    found: str, caplog: pytest.LogCaptureFixture
) -> None:
    hall = Hall()
    client = hall.newcomer(176)
    client.raw(client.connection.initiate())
    body = f"71\x002\0{found}\0\0".encode()
    client.raw(len(body).to_bytes(4) + body)
    text = f"Unable to parse field: 'clientId' for input string: \"{found}\""
    assert client.errors() == [(-1, 320, f"Error reading request. {text}")]
    assert client.pipe.closed
    assert "closed: StartApi while negotiated: StartApi.clientId: is" in caplog.text
    assert f"found={found!r}" in caplog.text


def test_s27_a_second_start_api_closes_and_the_id_is_free(caplog: pytest.LogCaptureFixture) -> None:
    hall = Hall()
    client = hall.client(1)
    client.raw(encode(session.StartApi(2), MAX_SERVER))
    assert client.pipe.closed
    assert "client 1 at test:1 closed: StartApi while started" in caplog.text
    assert hall.client(1).session.started


# ---------------------------------------------------------------- messages that are none


@pytest.mark.parametrize("version", [176, 200, 201, 226])
def test_an_unknown_message_gets_320_and_the_session_goes_on(
    version: int, caplog: pytest.LogCaptureFixture
) -> None:
    hall = Hall()
    client = hall.client(1, version)
    body = (999).to_bytes(4) if version >= RAW_IDS else b"999\0" + b"1\0"
    client.raw(len(body).to_bytes(4) + body)
    known = 999 - 200 if version >= RAW_IDS else 999
    text = f"Error reading request. Unknown message id: {known}"
    assert client.errors() == [(-1, 320, text)]
    assert f"client 1 at test:1 sent unknown message id {known}" in caplog.text
    assert client.send(session.ReqCurrentTime()).of(session.CurrentTime)


UNREADABLE = """
    2 2 x               | -1 | CancelMktData.reqId        | x
    2 2                 | -1 |                            |
    2 2 1 9             | 1  |                            |
    2 2 2147483648      | -1 | CancelMktData.reqId        | 2147483648
    49 1 7              | -1 |                            |
    14 1 high           | -1 | SetServerLogLevel.logLevel | high
    1 11 7 0 AAPL STK x | 7  |                            |
    1 11 7 x            | 7  | ReqMktData.contract.conId  | x
"""


@pytest.mark.parametrize("row", UNREADABLE.strip().splitlines(), ids=str.strip)
def test_a_field_that_cannot_be_read_gets_320(row: str, caplog: pytest.LogCaptureFixture) -> None:
    fields, about, where, value = (cell.strip() for cell in row.split("|"))
    hall = Hall()
    client = hall.client(1, 176)
    body = "".join(f"{field}\0" for field in fields.split()).encode()
    client.raw(len(body).to_bytes(4) + body)
    ((request, code, text),) = client.errors()
    assert (request, code) == (int(about), 320)
    assert text.startswith("Error reading request. ")
    if where:
        name = where.partition(".")[2]
        assert text.endswith(f"Unable to parse field: '{name}' for input string: \"{value}\"")
    assert "client 1 at test:1 sent a message that cannot be read: " + where in caplog.text
    assert client.send(session.ReqCurrentTime()).of(session.CurrentTime)


def test_a_long_value_is_quoted_in_short() -> None:
    hall = Hall()
    client = hall.client(1, 176)
    body = b"2\x002\0" + b"x" * 4000 + b"\0"
    client.raw(len(body).to_bytes(4) + body)
    ((_, code, text),) = client.errors()
    assert code == 320 and len(text) < 500


UNSERVED = [cls for cls in catalogue.REQUESTS.values() if cls.spec.id not in (71,)]


@pytest.mark.long
@walk("cls", UNSERVED, ids=lambda cls: cls.__name__, check=5)
def test_s2_every_request_is_served_or_refused_by_name(cls: type[Message]) -> None:
    hall = Hall()
    client = hall.client(0, min(MAX_SERVER, cls.spec.until - 1))
    message = cls()
    if cls.spec.id_field:
        setattr(message, cls.spec.id_field, 7)
    client.send(message)
    errors = client.errors()
    assert all(code != 323 for _, code, _ in errors), errors
    refused = [text for _, code, text in errors if "is not served" in text]
    if refused:
        name = cls.spec.callback or cls.spec.name
        assert len(refused) == 1 and f"{name} is not served by this station yet." in refused[0]
        assert errors[0][:2] != (7, 321)  # which does not end a request in every client
        assert errors[0][0] == (7 if cls.spec.id_field else -1)


def test_the_id_that_an_error_is_about() -> None:
    assert id_of(market.ReqMktData(5)) == 5
    assert id_of(orders.PlaceOrder(6)) == 6
    assert id_of(session.ReqCurrentTime()) == -1
    assert id_of(market.ReqMarketDataType(3)) == -1


def test_a_session_that_was_closed_is_not_heard() -> None:
    hall = Hall()
    client: Client = hall.client(1)
    request = client.connection.send(session.ReqCurrentTime())
    hall.station.registry.drop(client.session, "for a test")
    client.raw(request)
    assert client.got() == [] and client.pipe.closed


@pytest.mark.parametrize("asks", [session.ReqCurrentTime(), session.ReqIds(1)], ids=repr)
def test_a_momentary_request_leaves_every_instant_as_it_is(asks: Message) -> None:
    assert type(asks).spec.momentary
    hall = Hall()
    client = hall.client()
    asked: list[int] = []

    def due() -> None:
        asked.append(hall.now)

    hall.station.schedule.order(Wakeup(due, lambda now: None))
    hall.station.next_due()
    client.send(asks)
    assert len(client.got()) == 1
    assert len(asked) == 1
    client.send(market.ReqMarketDataType(1))
    assert len(asked) == 2
