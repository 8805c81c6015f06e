"""Ids, accounts, time, log level."""

from papertape.server.settings import StationSettings
from papertape.venue.broker.profile import Profile
from papertape.wire.catalogue import orders
from papertape.wire.catalogue import session as wire
from server.pair import VERSIONS, Hall
from server.shown import lines
from server.test_station import order
from walks import walk


@walk("version", VERSIONS)
def test_the_next_id_is_one_more_than_the_highest_used(version: int) -> None:
    hall = Hall()
    hall.quote("AAPL 257.66 x 257.68")
    client = hall.client(1, version)
    client.send(order(41, "BUY 1 AAPL LMT 250")).got()
    assert lines(client.send(wire.ReqIds(9999)).got()) == ["nextValidId 42"]


def test_ids_are_each_clients_own_and_outlive_sessions_and_days() -> None:
    hall = Hall()
    hall.quote("AAPL 257.66 x 257.68")
    one, two = hall.client(1), hall.client(2)
    one.send(order(10, "BUY 1 AAPL MKT"))
    two.send(order(3, "BUY 1 AAPL MKT"))
    one.leave()
    hall.wait(3 * 86_400)
    assert "nextValidId 11" in lines(hall.client(1, quiet=False).got())
    assert lines(two.send(wire.ReqIds()).got())[-1] == "nextValidId 4"


def test_a_refused_order_uses_no_id() -> None:
    hall = Hall()
    client = hall.client()
    client.send(order(5, "BUY 1 NOSUCH MKT"), wire.ReqIds())
    assert lines(client.got()) == ["error 5 200", "nextValidId 1"]


def test_the_accounts_of_the_login() -> None:
    hall = Hall(profile=Profile(accounts=("DU1", "DU2")))
    client = hall.client()
    assert lines(client.send(wire.ReqManagedAccts()).got()) == ["managedAccounts DU1,DU2"]


@walk("version", VERSIONS)
def test_the_time_is_the_markets(version: int) -> None:
    hall = Hall()
    client = hall.client(1, version)
    hall.wait(90)
    (answer,) = client.send(wire.ReqCurrentTime()).got()
    assert answer.currentTime == hall.now // 10**9


def test_the_time_in_milliseconds() -> None:
    hall = Hall()
    client = hall.client(1, 226)
    hall.wait(1.5)
    (answer,) = client.send(wire.ReqCurrentTimeInMillis()).got()
    assert answer.currentTimeInMillis == hall.now // 10**6


@walk(("level", "legal"), [(1, True), (5, True), (0, False), (6, False), (-1, False)])
def test_the_log_level_is_one_to_five(level: int, legal: bool) -> None:
    client = Hall().client()
    client.send(wire.SetServerLogLevel(level))
    assert client.errors() == ([] if legal else [(-1, 319, f"Invalid log level {level}")])
    assert client.session.log_level == (level if legal else 2)


@walk(("code", "farm"), [(2104, "usfarm"), (2106, "ushmds"), (2158, "secdefnj")])
def test_the_farm_notices_name_their_farm(code: int, farm: str) -> None:
    hall = Hall()
    client = hall.newcomer().start()
    (text,) = [text for _, number, text in client.errors() if number == code]
    assert text.endswith(f":{farm}")


def test_capabilities_are_ignored() -> None:
    hall = Hall()
    client = hall.newcomer().greet()
    client.send(wire.StartApi(1, "+PACEAPI"))
    assert client.session.started


def test_client_zero_may_bind_orders_and_others_may_not() -> None:
    hall = Hall()
    zero, one = hall.client(0), hall.client(1)
    assert zero.send(orders.ReqAutoOpenOrders(True)).got() == []
    one.send(orders.ReqAutoOpenOrders(True))
    cause = "Only the default client (i.e 0) can auto bind orders;"
    assert one.errors() == [(-1, 321, f"Error validating request.-'bN' : cause - {cause}")]


def test_k8_repeated_questions_for_the_time_may_get_no_answer_for_a_while() -> None:
    hall = Hall(settings=StationSettings(current_time_silence_s=1))
    client = hall.client()

    def answered() -> bool:
        return bool(client.send(wire.ReqCurrentTime()).of(wire.CurrentTime))

    assert [answered(), answered()] == [True, False]
    hall.wait(0.9)
    assert not answered()
    hall.wait(0.1)
    assert answered()
