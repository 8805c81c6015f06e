"""The settings of the API: the table is whole, values are checked, kept, told, watched."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from papertape import model
from papertape.errors import SettingsError
from papertape.server.config import RECORDS, Config, flat, official
from papertape.server.config_table import NAMES, QUESTIONS, TABLE
from papertape.server.persistence import Keeper
from papertape.store.journal import Journal
from papertape.venue.entries import SCHEMA
from walks import walk

GATEWAY = {
    "readOnlyApi": True, "totalQuantityForMutualFunds": True,
    "downloadOpenOrdersOnConnection": True, "includeVirtualFxPositions": True,
    "prepareDailyPnL": True, "sendStatusUpdatesForVolatilityOrders": True,
    "encodeApiMessages": "ASCII 7", "useNegativeAutoRange": True,
    "createApiMessageLogFile": False, "includeMarketDataInLogFile": False,
    "exposeTradingScheduleToApi": True, "splitInsuredDepositFromCashBalance": False,
    "sendZeroPositionsForTodayOnly": False, "letApiAccountRequestsSwitchSubscription": False,
    "useAccountGroupsWithAllocationMethods": True, "loggingLevel": "error",
    "masterClientId": None, "bulkDataTimeout": 30, "componentExchSeparator": "",
    "showForexDataIn1_10Pips": True, "allowForexTradingIn1_10Pips": True,
    "roundAccountValuesToNearestWholeNumber": False, "sendMarketDataInLotsForUsStocks": False,
    "showAdvancedOrderRejectInUi": False, "rejectMessagesAboveMaxRate": False,
    "maintainConnectionOnIncorrectFields": True, "compatibilityModeNasdaqStocks": False,
    "sendInstrumentTimezone": "instrument timezone", "sendForexDataInCompatibilityMode": False,
    "maintainAndResubmitOrdersOnReconnect": True, "historicalDataMaxSize": 16,
    "autoReportNettingEventContractTrades": True,
    "optionExerciseRequestType": "editable until cutoff time", "allowLocalhostOnly": True,
    "trustedIPs": ["127.0.0.1"],
}  # fmt: skip
"""A fresh Gateway, as two of them were found; the port is the instance's own."""


# ---------------------------------------------------------------- the table


@walk(
    ("group", "record", "count"),
    [
        ("settings", model.ApiSettingsConfig, 36),
        ("precautions", model.ApiPrecautionsConfig, 10),
        ("lockAndExit", model.LockAndExitConfig, 3),
        ("smartRouting", model.OrdersSmartRoutingConfig, 4),
    ],
)
def test_the_table_has_every_field_under_its_number(group: str, record: Any, count: int) -> None:
    rows = [row for row in TABLE if row.group == group]
    assert [row.number for row in rows] == list(range(1, count + 1))
    assert tuple(row.name for row in rows) == record.__struct_fields__


def test_defaults_are_a_fresh_gateways_or_have_a_reason() -> None:
    for name, fresh in GATEWAY.items():
        row = NAMES[name]
        if row.fresh is msgspec.UNSET:
            assert row.default == fresh, name
        else:
            assert (row.fresh, bool(row.reason)) == (fresh, True)
            assert row.default != fresh, name


def test_precautions_are_bypassed_unless_a_new_tws_is_wanted() -> None:
    rows = [row for row in TABLE if row.group == "precautions"]
    assert all(row.default is True and row.fresh is False and row.reason for row in rows)


def test_every_default_passes_its_own_check() -> None:
    for row in TABLE:
        assert row.check(row.default) == row.default, row.name


def test_every_question_is_about_something_that_can_change() -> None:
    numbers = [one.number for one in QUESTIONS]
    assert len(set(numbers)) == len(numbers)
    for one in QUESTIONS:
        assert one.name in NAMES or one.name == "resetAPIOrderSequence"


# ---------------------------------------------------------------- names and values


@walk("name", ["readOnlyApi", "READONLYAPI", "read_only_api", "read-only-api", "readonlyapi"])
def test_names_in_any_spelling(name: str) -> None:
    assert official(name) == "readOnlyApi"


def test_a_name_that_is_none_is_told_with_the_nearest() -> None:
    with pytest.raises(SettingsError, match="Did you mean readOnlyApi") as error:
        official("readOnlyAip")
    assert error.value.setting == "readOnlyAip"


def test_tables_in_tables_become_one() -> None:
    given = {"read_only_api": True, "precautions": {"bypassBondWarning": "on"}}
    assert flat(given) == {"readOnlyApi": True, "bypassBondWarning": "on"}


LEGAL = """
readOnlyApi            | "yes"                  | true
readOnlyApi            | 0                      | false
readOnlyApi            | "OFF"                  | false
socketPort             | "4002"                 | 4002
masterClientId         | "0"                    | 0
masterClientId         | ""                     | null
masterClientId         | -1                     | null
loggingLevel           | "Detail"               | "detail"
sendInstrumentTimezone | "utc"                  | "UTC"
encodeApiMessages      | "ascii 7"              | "ASCII 7"
autoLogoffTime         | "1:05"                 | "01:05"
autoLogoffPeriod       | "am"                   | "AM"
trustedIPs             | "10.0.0.7; 10.1.0.0/16"| ["10.0.0.7", "10.1.0.0/16"]
trustedIPs             | ["::1", "::1", ""]     | ["::1"]
trustedIPs             | ""                     | []
"""
ILLEGAL = """
readOnlyApi            | "maybe"                | true or false
readOnlyApi            | 2                      | true or false
socketPort             | 0                      | from 1 to 65535
socketPort             | 65536                  | from 1 to 65535
socketPort             | "http"                 | from 1 to 65535
socketPort             | true                   | from 1 to 65535
socketPort             | 7497.5                 | from 1 to 65535
masterClientId         | 2147483648             | from 0 to 2147483647
loggingLevel           | "loud"                 | system, error, warning, information, detail
bulkDataTimeout        | null                   | from 1 to 3600
componentExchSeparator | "123456789"            | at most 8
defaultAlgorithm       | "a\\u0000b"            | printable
autoLogoffTime         | "13:00"                | such as 11:45
autoLogoffTime         | "1:5"                  | such as 11:45
trustedIPs             | "localhost"            | is not an address or a network
trustedIPs             | "10.0.0.0/33"          | is not an address or a network
trustedIPs             | 7                      | addresses or networks
"""


def rows(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in row.split("|")] for row in table.strip().splitlines()]


@walk(("name", "given", "value"), rows(LEGAL))
def test_values_are_read(name: str, given: str, value: str) -> None:
    assert Config({name: json.loads(given)})[name] == json.loads(value)


@walk(("name", "given", "told"), rows(ILLEGAL))
def test_values_that_cannot_be_are_told(name: str, given: str, told: str) -> None:
    with pytest.raises(SettingsError) as error:
        Config({name: json.loads(given)})
    assert error.value.setting == name
    assert told in str(error.value)
    config = Config()
    outcome = config.update({name: json.loads(given)})
    assert told in outcome.errors[0] and name in outcome.errors[0]
    assert config[name] == NAMES[name].default


def test_too_many_networks_are_told() -> None:
    with pytest.raises(SettingsError, match="at most 256"):
        Config({"trustedIPs": [f"10.0.{n // 256}.{n % 256}" for n in range(257)]})


# ---------------------------------------------------------------- changes


def test_a_change_counts_at_once_and_is_told_to_its_watchers() -> None:
    config = Config()
    seen: list[Any] = []
    config.watch("masterClientId", seen.append)
    config.watch("readOnlyApi", seen.append)
    outcome = config.update({"master_client_id": "7", "readOnlyApi": False})
    assert outcome.changed == ("masterClientId",)  # the other one was so already
    assert config.settings.masterClientId == 7
    assert seen == [7]


def test_one_bad_value_and_nothing_is_changed() -> None:
    config = Config()
    outcome = config.update({"readOnlyApi": True, "socketPort": 0, "nonsense": 1})
    assert outcome.changed == ()
    assert len(outcome.errors) == 2
    assert not config.settings.readOnlyApi


def test_a_guard_may_refuse_and_nothing_is_changed() -> None:
    config = Config()

    def busy(port: int) -> None:
        raise SettingsError("is in use", setting="socketPort", found=port)

    config.guard("socketPort", busy)
    outcome = config.update({"readOnlyApi": True, "socketPort": 7000})
    assert "is in use" in outcome.errors[0]
    assert (config.settings.readOnlyApi, config.settings.socketPort) == (False, 7497)


def test_people_are_not_asked_and_programs_are() -> None:
    config = Config({"readOnlyApi": True})
    outcome = config.update({"readOnlyApi": False, "bulkDataTimeout": 60}, accepted=())
    assert [one.name for one in outcome.questions] == ["readOnlyApi"]
    assert (outcome.changed, config.settings.bulkDataTimeout) == ((), 30)
    number = outcome.questions[0].number
    assert config.update({"readOnlyApi": False}, accepted={number}).changed == ("readOnlyApi",)
    assert config.update({"readOnlyApi": True}, accepted=()).changed == ("readOnlyApi",)
    assert config.update({"readOnlyApi": False}).changed == ("readOnlyApi",)


def test_a_value_that_is_set_already_asks_nothing() -> None:
    assert Config().update({"socketPort": 7497}, accepted=()).questions == ()


# ---------------------------------------------------------------- memory


def test_what_is_changed_is_kept_and_what_was_given_wins_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def run(given: dict[str, Any], changes: dict[str, Any]) -> Config:
        with Journal.open(tmp_path / "j.sqlite", schema_version=SCHEMA) as journal:
            keeper = Keeper(journal)
            config = Config(given, kept=keeper.config(), keep=keeper.keep_config)
            config.update(changes)
            return config

    changes = {"masterClientId": 5, "trustedIPs": ["10.0.0.0/8"], "loggingLevel": "detail"}
    run({"loggingLevel": "system"}, changes)
    again = run({}, {})
    assert again.settings.masterClientId == 5
    assert again.settings.trustedIPs == ["10.0.0.0/8"]
    assert again.settings.loggingLevel == "detail"
    assert not caplog.records
    third = run({"loggingLevel": "warning"}, {})
    assert third.settings.loggingLevel == "warning"
    assert "loggingLevel was set to 'detail' while the station ran" in caplog.text


def test_what_was_found_is_not_kept() -> None:
    kept: list[Any] = []
    config = Config(keep=kept.append)
    config.found("socketPort", 40001)
    assert config.settings.socketPort == 40001
    config.update({"readOnlyApi": True})
    assert kept == [{"readOnlyApi": True}]


def test_a_kept_value_of_another_version_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    config = Config(kept={"readOnlyApi": True, "gone": 1, "socketPort": -4})
    assert config.settings.readOnlyApi
    assert config.settings.socketPort == 7497
    assert "'gone'" in caplog.text and "socketPort" in caplog.text


# ---------------------------------------------------------------- the view


def test_the_view_tells_of_every_setting_where_it_is_from_and_whether_it_acts() -> None:
    config = Config({"readOnlyApi": True})
    config.update({"masterClientId": 0})
    view = {row["name"]: row for row in config.view()}
    assert len(view) == len(TABLE) == 53
    assert view["readOnlyApi"]["source"] == "given"
    assert view["masterClientId"]["source"] == "changed"
    assert view["masterClientId"]["value"] == 0
    assert view["loggingLevel"]["source"] == "default"
    for row in view.values():
        assert row["acts"] == (row["note"] == ""), row
        assert row["meaning"].endswith(".")
    assert json.loads(json.dumps(config.view())) == config.view()


def test_the_settings_that_must_act_do() -> None:
    view = {row["name"]: row["acts"] for row in Config().view()}
    for name in (
        "readOnlyApi", "masterClientId", "downloadOpenOrdersOnConnection", "loggingLevel",
        "sendInstrumentTimezone", "rejectMessagesAboveMaxRate", "allowLocalhostOnly",
        "maintainAndResubmitOrdersOnReconnect",
        "createApiMessageLogFile",
        "includeMarketDataInLogFile",
        "maintainConnectionOnIncorrectFields", "trustedIPs", "socketPort",
    ):  # fmt: skip
        assert view[name], name


def test_records_have_every_field() -> None:
    lock, messages, api, orders = Config().record()
    assert [one.id for one in messages] == [397]
    assert api.settings is not None and api.precautions is not None
    for record in (lock, api.settings, api.precautions, orders.smartRouting):
        assert type(record) in RECORDS.values()
        told = {k: v for k, v in msgspec.structs.asdict(record).items() if v is None}  # type: ignore[arg-type]
        assert set(told) <= {"masterClientId"}
