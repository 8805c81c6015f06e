"""reqConfig and updateConfig: what is set, what changes, what must be confirmed, what cannot be."""

from pathlib import Path
from typing import Any

import pytest

from papertape.model import (
    ApiConfig,
    ApiPrecautionsConfig,
    ApiSettingsConfig,
    LockAndExitConfig,
    MessageConfig,
    OrdersConfig,
    OrdersSmartRoutingConfig,
    UpdateConfigWarning,
)
from papertape.store.journal import Journal
from papertape.venue.entries import SCHEMA
from papertape.wire.catalogue import orders
from papertape.wire.catalogue import session as wire
from papertape.wire.catalogue.config import (
    ConfigResponse,
    ReqConfig,
    UpdateConfig,
    UpdateConfigResponse,
)
from server.pair import Client, Hall
from server.shown import lines
from server.test_station import order


def update(client: Client, **fields: Any) -> UpdateConfigResponse:
    (answer,) = client.send(UpdateConfig(7, **fields)).of(UpdateConfigResponse)
    assert isinstance(answer, UpdateConfigResponse) and answer.reqId == 7
    return answer


def settings(client: Client, accepted: tuple[int, ...] = (), **names: Any) -> UpdateConfigResponse:
    return update(
        client,
        api=ApiConfig(settings=ApiSettingsConfig(**names)),
        acceptedWarnings=[UpdateConfigWarning(number) for number in accepted],
    )


# ---------------------------------------------------------------- reading


@pytest.mark.parametrize("version", [219, 226])
def test_everything_that_is_set(version: int) -> None:
    hall = Hall(api={"masterClientId": 0, "bypassBondWarning": True, "readOnlyApi": False})
    client = hall.client(1, version)
    (answer,) = client.send(ReqConfig(7)).got()
    assert isinstance(answer, ConfigResponse)
    assert answer.reqId == 7
    assert answer.api is not None and answer.api.settings is not None
    assert answer.api.settings == hall.station.config.settings
    assert answer.api.settings.readOnlyApi is False  # told, though it is off
    assert answer.api.settings.masterClientId == 0
    assert answer.api.precautions is not None
    assert answer.api.precautions.bypassBondWarning is True
    assert answer.lockAndExit == LockAndExitConfig("11:00", "PM", "logoff")
    assert answer.messages == [
        MessageConfig(397, "", "The API is in Read-Only mode information message", "Yes", False)
    ]
    assert answer.orders is not None and answer.orders.smartRouting is not None


def test_a_master_client_that_is_blank_is_not_told() -> None:
    (answer,) = Hall().client().send(ReqConfig(1)).got()
    assert answer.api.settings.masterClientId is None


# ---------------------------------------------------------------- changing


def test_what_is_named_changes_and_nothing_else() -> None:
    hall = Hall()
    before = hall.station.config.view()
    answer = settings(hall.client(), masterClientId=3, loggingLevel="Detail")
    assert (answer.status, answer.errors, answer.warnings) == ("success", [], [])
    assert answer.changedFields == ["api.settings.loggingLevel", "api.settings.masterClientId"]
    assert hall.station.config.settings.masterClientId == 3
    assert hall.station.config.settings.loggingLevel == "detail"
    after = hall.station.config.view()
    changed = [a["name"] for a, b in zip(after, before) if a["value"] != b["value"]]
    assert changed == ["loggingLevel", "masterClientId"]


def test_every_block_can_be_changed() -> None:
    hall = Hall()
    answer = update(
        hall.client(),
        lockAndExit=LockAndExitConfig("10:30", "AM", "restart"),
        api=ApiConfig(ApiPrecautionsConfig(bypassRedirectOrderWarning=False)),
        orders=OrdersConfig(OrdersSmartRoutingConfig(preOpenReroute=True)),
    )
    assert sorted(answer.changedFields) == [
        "api.precautions.bypassRedirectOrderWarning",
        "lockAndExit.autoLogoffPeriod",
        "lockAndExit.autoLogoffTime",
        "lockAndExit.autoLogoffType",
        "orders.smartRouting.preOpenReroute",
    ]
    assert hall.station.config.lock == LockAndExitConfig("10:30", "AM", "restart")


def test_what_is_so_already_is_no_change() -> None:
    answer = settings(Hall().client(), readOnlyApi=False, socketPort=7497)
    assert (answer.status, answer.changedFields, answer.warnings) == ("unchanged", [], [])


def test_an_empty_update_changes_nothing() -> None:
    assert update(Hall().client()).status == "unchanged"


def test_one_bad_value_and_nothing_is_changed() -> None:
    hall = Hall()
    answer = settings(hall.client(), masterClientId=3, socketPort=70000, trustedIPs=["here"])
    assert (answer.status, answer.changedFields) == ("error", [])
    assert len(answer.errors) == 2
    assert "socketPort" in answer.errors[0] and "1 to 65535" in answer.errors[0]
    assert "'here' is not an address" in answer.errors[1]
    assert hall.station.config.settings.masterClientId is None


def test_what_a_person_would_confirm_must_be_accepted() -> None:
    hall = Hall()
    client = hall.client()
    answer = settings(client, trustedIPs=["127.0.0.1", "10.0.0.0/8"], bulkDataTimeout=60)
    assert (answer.status, answer.changedFields) == ("warning", [])
    (warning,) = answer.warnings
    assert warning.messageId and warning.title == "Trusted IPs" and warning.message
    assert hall.station.config.settings.bulkDataTimeout == 30
    again = settings(client, (warning.messageId,), trustedIPs=["10.0.0.0/8"], bulkDataTimeout=60)
    assert (again.status, again.warnings) == ("success", [])
    assert hall.station.config.settings.trustedIPs == ["10.0.0.0/8"]


def test_accepting_another_warning_does_not_help() -> None:
    client = Hall(api={"readOnlyApi": True}).client()
    (warning,) = settings(client, readOnlyApi=False).warnings
    assert warning.messageId is not None
    assert settings(client, (warning.messageId + 1,), readOnlyApi=False).status == "warning"
    assert settings(client, (warning.messageId,), readOnlyApi=False).status == "success"


def test_messages_of_tws_cannot_be_changed_but_may_be_sent_back_as_they_are() -> None:
    client = Hall().client()
    (told,) = client.send(ReqConfig(1)).got()
    assert update(client, messages=told.messages).status == "unchanged"
    told.messages[0].enabled = True
    answer = update(client, messages=told.messages)
    assert answer.status == "error" and "message 397" in answer.errors[0]


def test_a_change_is_kept(tmp_path: Path) -> None:
    for expected in (30, 60):
        with Journal.open(tmp_path / "j.sqlite", schema_version=SCHEMA) as journal:
            hall = Hall(journal=journal)
            assert hall.station.config.settings.bulkDataTimeout == expected
            settings(hall.client(), bulkDataTimeout=60)


# ---------------------------------------------------------------- order ids


RESET = 6


def reset(client: Client) -> UpdateConfigResponse:
    accepted = [UpdateConfigWarning(RESET)]
    return update(client, resetAPIOrderSequence=True, acceptedWarnings=accepted)


def test_the_order_id_sequence_is_reset_when_no_order_works(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "j.sqlite", schema_version=SCHEMA) as journal:
        hall = Hall(journal=journal)
        hall.quote("AAPL 257.66 x 257.68")
        client = hall.client()
        client.send(order(41, "BUY 1 AAPL MKT")).got()
        asked = update(client, resetAPIOrderSequence=True)
        assert [one.messageId for one in asked.warnings] == [RESET]
        assert lines(client.send(wire.ReqIds()).got()) == ["nextValidId 42"]
        assert reset(client).changedFields == ["resetAPIOrderSequence"]
        assert lines(client.send(wire.ReqIds()).got()) == ["nextValidId 1"]
        executed = lines(client.send(order(1, "BUY 1 AAPL MKT")).got())
        assert "execDetails -1 #1 BOT 1 @ 257.68" in executed
        client.send(orders.ReqExecutions(9))
        assert [line[:16] for line in lines(client.got())[:2]] == [
            "execDetails 9 #4",
            "execDetails 9 #1",
        ]
        state = hall.station.engine.state_hash()
    with Journal.open(tmp_path / "j.sqlite", schema_version=SCHEMA) as journal:
        assert Hall(journal=journal).station.engine.state_hash() == state


@pytest.mark.parametrize("transmit", [True, False])
def test_it_is_not_reset_while_an_order_works_or_waits(transmit: bool) -> None:
    hall = Hall()
    hall.quote("AAPL 257.66 x 257.68")
    client = hall.client()
    placed = order(41, "BUY 1 AAPL LMT 250")
    placed.order.transmit = transmit
    client.send(placed).got()
    answer = reset(client)
    assert answer.status == "error" and "orders are working" in answer.errors[0]
    assert lines(client.send(wire.ReqIds()).got()) == ["nextValidId 42"]
