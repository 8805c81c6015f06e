"""Who may connect: rules, trusted addresses, waiting and deciding (S4, S25, S26)."""

import logging
from pathlib import Path
from typing import Any

import pytest

from papertape.errors import SettingsError
from papertape.server.config import Config
from papertape.server.sessions.admission import SILENT_STRANGERS, WAITING_STRANGERS
from papertape.server.sessions.policy import Policy, Verdict
from papertape.server.sessions.session import READ_AHEAD
from papertape.server.settings import StationSettings
from papertape.store.journal import Journal
from papertape.venue.entries import SCHEMA
from papertape.versions import MAX_SERVER
from papertape.wire.catalogue.session import CurrentTime, ReqCurrentTime, StartApi
from papertape.wire.connection import Negotiated
from server.pair import Client, Hall
from server.sessions.test_scheduler import START
from server.shown import lines
from walks import walk


def policy(others: Verdict = "ask", rules: dict[str, Verdict] | None = None, **api: Any) -> Policy:
    return Policy(Config(api), others, rules or {})


def come(hall: Hall, address: str, client_id: int = 1) -> Client:
    """A connection from an address that has sent START_API."""
    client = Client(hall, client_id, MAX_SERVER, f"{address}:40000").greet()
    client.send(StartApi(client_id))
    return client


# ---------------------------------------------------------------- by rule


@walk(
    ("address", "verdict"),
    [
        ("127.0.0.1", "accept"), ("::1", "accept"), ("::ffff:127.0.0.1", "accept"),
        ("127.0.0.2", "ask"), ("192.168.1.5", "ask"), ("2001:db8::7", "ask"),
        ("fe80::1%eth0", "ask"), ("", "reject"), ("?", "reject"),
    ],
)  # fmt: skip
def test_s26_this_computer_is_accepted_and_everyone_else_is_asked_for(
    address: str, verdict: str
) -> None:
    assert policy().decide(address) == verdict


@walk("others", ["accept", "ask", "reject"])
def test_the_verdict_for_others_is_a_setting(others: Verdict) -> None:
    assert policy(others).decide("192.168.1.5") == others
    assert policy(others).decide("127.0.0.1") == "accept"


def test_s26_trusted_addresses_and_networks_are_accepted() -> None:
    rules = policy(trustedIPs=["10.0.0.7", "192.168.0.0/16", "2001:db8::/32"])
    for trusted in ("10.0.0.7", "192.168.3.4", "2001:db8::7", "::ffff:10.0.0.7"):
        assert rules.decide(trusted) == "accept"
    for other in ("10.0.0.8", "192.169.0.1", "2001:db9::7", "127.0.0.1"):
        assert rules.decide(other) == "ask"


def test_the_most_specific_rule_counts() -> None:
    rules: dict[str, Verdict] = {"10.0.0.0/8": "reject", "10.1.0.0/16": "ask", "::1": "reject"}
    judge = policy("accept", rules, trustedIPs=["10.1.2.3", "10.0.0.0/8", "::1"])
    found = [judge.decide(a) for a in ("10.1.2.3", "10.1.2.4", "10.2.0.1", "11.0.0.1", "::1")]
    assert found == ["accept", "ask", "reject", "accept", "reject"]


@walk(
    ("address", "refused"),
    [("127.0.0.1", False), ("127.9.9.9", False), ("::1", False), ("10.0.0.7", True),
     ("::ffff:10.0.0.7", True), ("2001:db8::7", True)],
)  # fmt: skip
def test_s26_localhost_only_refuses_others_outright(address: str, refused: bool) -> None:
    assert policy(allowLocalhostOnly=True, trustedIPs=[address]).outright(address) is refused
    assert not policy(trustedIPs=[]).outright(address)


# ---------------------------------------------------------------- at the station


def test_s26_an_accepted_address_starts_at_once() -> None:
    assert lines(come(Hall(), "127.0.0.1").got())[1] == "nextValidId 1"


def test_s26_an_outright_refusal_comes_before_any_word(caplog: pytest.LogCaptureFixture) -> None:
    hall = Hall(api={"allowLocalhostOnly": True, "trustedIPs": ["10.0.0.7"]})
    client = Client(hall, 1, MAX_SERVER, "10.0.0.7:40000")
    assert client.refused and client.pipe.closed and client.pipe.writes == []
    assert "10.0.0.7:40000 refused: only this computer is allowed" in caplog.text
    assert come(hall, "127.0.0.2").session.asked  # this computer, though not trusted


def test_a_rejected_address_gets_its_version_answer_and_no_more(
    caplog: pytest.LogCaptureFixture,
) -> None:
    hall = Hall(settings=StationSettings(acceptance="reject"))
    client = Client(hall, 1, MAX_SERVER, "10.0.0.7:40000")
    client.raw(client.connection.initiate())
    assert [type(event) for event in client.got()] == [Negotiated]
    assert not client.pipe.closed
    client.send(StartApi(1))
    assert (client.got(), client.pipe.closed) == ([], True)
    assert "closed: its address is rejected" in caplog.text


def test_s25_a_stranger_waits_and_is_listed(caplog: pytest.LogCaptureFixture) -> None:
    hall = Hall()
    client = come(hall, "10.0.0.7", client_id=5)
    assert client.got() == [] and not client.pipe.closed
    (waiting,) = hall.station.policy.waiting()
    assert (waiting.address, waiting.client_id) == ("10.0.0.7", 5)
    assert (waiting.number, waiting.since) == (client.session.number, hall.now)
    assert list(hall.station.sessions()) == []
    assert "from 10.0.0.7 as client 5 waits to be accepted" in caplog.text


def test_s25_accepted_it_goes_on_where_it_was() -> None:
    hall = Hall()
    client = come(hall, "10.0.0.7")
    client.send(ReqCurrentTime())
    hall.wait(40)
    assert client.got() == []
    hall.station.policy.accept(client.session.number)
    hall.settle()
    assert lines(client.got()) == [*lines_of(START), "currentTime " + str(hall.now // 10**9)]
    assert hall.station.policy.waiting() == ()
    hall.wait(100)
    assert not client.pipe.closed
    assert come(hall, "10.0.0.7", 2).session.asked  # the next one is asked for again


def lines_of(table: str) -> list[str]:
    return [line.strip() for line in table.strip().splitlines()]


def test_s25_rejected_it_is_closed_without_text(caplog: pytest.LogCaptureFixture) -> None:
    hall = Hall()
    client = come(hall, "10.0.0.7")
    hall.station.policy.reject(client.session.number)
    hall.settle()
    assert (client.got(), client.pipe.closed) == ([], True)
    assert "closed: rejected" in caplog.text


def test_s25_no_decision_in_time_is_a_rejection(caplog: pytest.LogCaptureFixture) -> None:
    hall = Hall(settings=StationSettings(acceptance_timeout_s=20, start_api_timeout_s=5))
    client = come(hall, "10.0.0.7")
    hall.wait(19.9)
    assert not client.pipe.closed
    hall.wait(0.1)
    assert (client.got(), client.pipe.closed) == ([], True)
    assert "closed: no decision in time" in caplog.text
    assert hall.station.policy.waiting() == ()


def test_s25_accepted_for_ever_it_is_trusted_from_then_on_and_after_a_restart(
    tmp_path: Path,
) -> None:
    def open_journal() -> Journal:
        return Journal.open(tmp_path / "j.sqlite", schema_version=SCHEMA)

    with open_journal() as journal:
        hall = Hall(journal=journal)
        one, two = come(hall, "10.0.0.7", 1), come(hall, "10.0.0.7", 2)
        other = come(hall, "10.0.0.8", 3)
        hall.station.policy.accept(one.session.number, always=True)
        hall.settle()
        assert one.session.started and two.session.started and other.session.asked
        assert come(hall, "10.0.0.7", 4).session.started
    with open_journal() as journal:
        given = Hall(journal=journal, api={"trustedIPs": "10.9.0.0/16"})
        assert given.station.config.settings.trustedIPs == ["10.9.0.0/16", "10.0.0.7"]
    with open_journal() as journal:
        hall = Hall(journal=journal)
        assert hall.station.config.settings.trustedIPs == ["127.0.0.1", "::1", "10.0.0.7"]
        assert come(hall, "10.0.0.7", 1).session.started
        assert come(hall, "10.0.0.8", 2).session.asked
        hall.station.config.update({"trustedIPs": "127.0.0.1"})
    with open_journal() as journal:
        assert come(Hall(journal=journal), "10.0.0.7", 1).session.asked


def test_one_that_gives_up_waits_no_more_and_what_it_sent_has_no_effect() -> None:
    hall = Hall()
    client = come(hall, "10.0.0.7")
    client.send(ReqCurrentTime())
    client.leave()
    assert hall.station.policy.waiting() == ()
    assert list(hall.station.connections()) == []
    with pytest.raises(SettingsError, match="no connection with this number waits"):
        hall.station.policy.accept(client.session.number)


def test_a_decision_about_a_number_that_does_not_wait_is_told() -> None:
    hall = Hall()
    client = come(hall, "10.0.0.7")
    with pytest.raises(SettingsError, match=f"Choose one that does: {client.session.number}"):
        hall.station.policy.reject(99)


def test_s30_the_client_id_is_claimed_when_it_is_let_in() -> None:
    hall = Hall()
    stranger = come(hall, "10.0.0.7", client_id=4)
    owner = come(hall, "127.0.0.1", client_id=4)
    assert owner.session.started
    hall.station.policy.accept(stranger.session.number)
    hall.settle()
    assert [code for _, code, _ in stranger.errors()] == [326]
    assert stranger.pipe.closed and owner.session.started


def test_s4_strangers_take_no_places_of_others() -> None:
    hall = Hall(settings=StationSettings(max_clients=2))
    strangers = [come(hall, f"10.0.0.{n}", n) for n in range(1, WAITING_STRANGERS[1] + 1)]
    assert come(hall, "10.0.0.99", 99).pipe.closed
    assert len(hall.station.policy.waiting()) == WAITING_STRANGERS[1]
    assert come(hall, "127.0.0.1", 21).session.started
    assert come(hall, "127.0.0.1", 22).session.started
    hall.station.policy.accept(strangers[0].session.number)
    hall.settle()
    assert strangers[0].pipe.closed and strangers[0].got() == []


@pytest.mark.parametrize("second", ["10.0.0.7", "::ffff:10.0.0.7"])
def test_so_many_strangers_of_one_address_wait_and_those_of_others_do_as_well(
    second: str, caplog: pytest.LogCaptureFixture
) -> None:
    hall = Hall()
    mine = [come(hall, "10.0.0.7", n) for n in range(WAITING_STRANGERS[0])]
    more = come(hall, second, 20)
    assert more.pipe.closed and more.got() == []
    assert "closed: 4 connections from its address already wait to be accepted" in caplog.text
    assert come(hall, "10.0.0.8", 21).session.asked
    assert all(one.session.asked for one in mine)
    mine[0].leave()
    assert come(hall, "10.0.0.7", 22).session.asked


def test_one_network_of_ipv6_counts_as_one_address() -> None:
    hall = Hall()
    for n in range(WAITING_STRANGERS[0]):
        assert come(hall, f"2001:db8:0:1::{n:x}", n).session.asked
    assert come(hall, "2001:db8:0:1:ffff::1", 20).pipe.closed
    assert come(hall, "2001:db8:0:2::1", 21).session.asked


def test_silent_strangers_give_way_to_others(caplog: pytest.LogCaptureFixture) -> None:
    hall = Hall()
    of_one, of_all = SILENT_STRANGERS

    def silent(address: str, count: int) -> list[Client]:
        return [Client(hall, 1, MAX_SERVER, f"{address}:{n}") for n in range(count)]

    crowd = silent("10.0.0.7", of_one + 1)
    hall.settle()
    assert [one.pipe.closed for one in crowd] == [True] + [False] * of_one
    others = [silent(f"10.0.1.{n}", 1)[0] for n in range(of_all - of_one)]
    late = come(hall, "10.0.2.1")
    assert late.session.asked
    assert [one.pipe.closed for one in crowd] == [True, True] + [False] * (of_one - 1)
    assert not any(one.pipe.closed for one in others)
    assert "no START_API received, and 10.0.2.1:40000 needs its place" in caplog.text


def test_a_stranger_that_never_starts_is_closed_like_anybody() -> None:
    hall = Hall(settings=StationSettings(start_api_timeout_s=5))
    client = Client(hall, 1, MAX_SERVER, "10.0.0.7:1").greet()
    hall.wait(5)
    assert client.pipe.closed


@pytest.mark.long
def test_a_little_is_read_ahead_of_the_decision() -> None:
    hall = Hall()
    client = come(hall, "10.0.0.7")
    request = client.connection.send(ReqCurrentTime())
    hall.station.receive(client.session, request, hall.now)
    assert not client.session.crowded  # its end must be noticed
    hall.station.receive(client.session, request * (READ_AHEAD // len(request)), hall.now)
    assert client.session.crowded
    hall.station.policy.accept(client.session.number)
    hall.settle()
    assert len(client.of(CurrentTime)) > 1000
    assert not client.session.crowded


def test_somebody_may_disconnect_a_client(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    hall = Hall()
    client = come(hall, "127.0.0.1")
    hall.station.registry.disconnect(client.session.number)
    hall.settle()
    assert client.pipe.closed and list(hall.station.sessions()) == []
    assert "disconnected by the user" in caplog.text
    with pytest.raises(SettingsError, match="no such connection"):
        hall.station.registry.disconnect(client.session.number)


@walk("trusted", ["::ffff:127.0.0.2", "::ffff:7f00:2", "::ffff:127.0.0.2/128"])
def test_ipv4_in_ipv6_notation_is_the_ipv4_address(trusted: str) -> None:
    config = Config({"trustedIPs": [trusted]})
    assert config.settings.trustedIPs == ["127.0.0.2"]
    by_rule = Policy(Config({"trustedIPs": []}), "ask", {trusted: "accept"})
    for policy in (Policy(config, "ask", {}), by_rule):
        for peer in ("127.0.0.2", "::ffff:127.0.0.2"):
            assert policy.decide(peer) == "accept"
        assert policy.decide("127.0.0.3") == "ask"


def test_a_network_in_ipv6_notation_is_the_ipv4_network() -> None:
    config = Config({"trustedIPs": ["::ffff:10.0.0.0/104", "fe80::/10"]})
    assert config.settings.trustedIPs == ["10.0.0.0/8", "fe80::/10"]
    assert Policy(config, "ask", {}).decide("::ffff:10.9.9.9") == "accept"
