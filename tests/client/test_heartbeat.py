"""A link that is open on our side only is found (S24; half-open sockets)."""

import pytest

from client.fake_server import Served
from papertape.client.settings import Backoff, ClientSettings
from papertape.errors import ConnectionLost, SettingsError
from papertape.wire.catalogue.session import CurrentTime, ReqCurrentTime
from walks import walk


def test_a_silent_server_is_asked_twice_and_then_given_up() -> None:
    served = Served().ready()
    served.pass_time(9.9, alive=False)
    assert served.all(ReqCurrentTime) == []
    served.pass_time(0.2, alive=False)
    assert len(served.all(ReqCurrentTime)) == 1
    served.pass_time(10.0, alive=False)
    assert len(served.all(ReqCurrentTime)) == 2
    assert served.core.lost is None
    served.pass_time(10.0, alive=False)
    assert isinstance(served.core.lost, ConnectionLost)
    assert "silent for 30 s" in str(served.core.lost)


def test_any_byte_is_a_sign_of_life() -> None:
    served = Served().ready()
    long = served.server.send(CurrentTime(1_700_000_000))
    for byte in long:
        served.pass_time(9.0, alive=False)
        served.core.receive(bytes([byte]), served.now)
    assert served.core.lost is None
    assert served.all(ReqCurrentTime) == []


def test_an_answer_begins_the_wait_anew() -> None:
    served = Served().ready()
    for _ in range(20):
        served.pass_time(10.1, alive=False)
        served.send(CurrentTime(1))
    assert served.core.lost is None
    assert len(served.all(ReqCurrentTime)) == 20


def test_the_handshake_is_watched_too() -> None:
    served = Served(answers=False)
    served.pass_time(40, alive=False)
    assert isinstance(served.core.lost, ConnectionLost)


def test_no_heartbeat_when_none_is_wanted() -> None:
    served = Served(settings=ClientSettings(heartbeat_s=None)).ready()
    served.pass_time(86_400, alive=False)
    assert served.core.lost is None and served.core.next_due() is None


def test_orders_wait_while_it_is_unsure_whether_the_server_lives() -> None:
    served = Served().ready()
    served.pass_time(10.1, alive=False)
    assert served.core.why_not_ready() == "", "it has just been asked"
    served.pass_time(2.0, alive=False)
    assert "silent for 12 s" in served.core.why_not_ready()
    served.send(CurrentTime(1))
    assert served.core.why_not_ready() == ""


def test_a_dead_link_is_followed_by_a_new_connection() -> None:
    served = Served(settings=ClientSettings(reconnect=Backoff())).ready()
    served.pass_time(30.1, alive=False)
    assert served.core.lost is None and served.core.away
    served.back()
    assert served.core.write is not None


@walk("seconds", [0.0, 4.9, float("nan"), -1.0, 1e9])
def test_a_tws_is_not_asked_too_often(seconds: float) -> None:
    with pytest.raises(SettingsError, match="heartbeat_s"):
        ClientSettings(heartbeat_s=seconds)
