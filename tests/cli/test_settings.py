"""Settings as a value: what goes where, without starting anything."""

import os
from pathlib import Path
from typing import Any

import msgspec
import pytest

from papertape.cli.settings import ServeSettings, api_words, load, load_all
from papertape.errors import SettingsError
from papertape.server.settings import StationSettings
from papertape.venue.units import RATE_SCALE, rate
from walks import walk


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith("PAPERTAPE_"):
            monkeypatch.delenv(name)


def test_the_defaults() -> None:
    settings = load(None, {})
    assert (settings.host, settings.port, settings.account) == ("127.0.0.1", None, "DU1234567")
    assert (settings.default_port, settings.api_settings()) == (7497, {})
    assert load(None, {"gateway": True}).default_port == 4002
    assert settings.data_dir == Path("papertape-data")


def test_flags_that_were_not_given_change_nothing() -> None:
    assert load(None, {"speed": None, "seed": 3}).speed == 1


def test_the_parts_reach_their_place() -> None:
    settings = load(None, {"seed": 3, "speed": 2.0, "max_server_version": 176, "account": "DU5"})
    assert settings.chosen_market().seed == 3
    assert settings.chosen_market().speed == 2.0
    assert settings.station().max_server_version == 176
    assert settings.profile().accounts == ("DU5",)


def test_markets_are_open_always_or_at_the_hours_of_their_exchanges() -> None:
    assert load(None, {}).chosen_market().hours == "always"
    assert load(None, {"hours": "exchange"}).chosen_market().hours == "exchange"
    with pytest.raises(SettingsError, match=r"'always' or 'exchange' .*hours"):
        load(None, {"hours": "never"})


def test_fill_rule_and_latency_reach_the_broker() -> None:
    given = {"fill_rule": "queue", "ack_latency_ms": 190, "latency_spread": 10, "seed": 5}
    settings = load(None, given)
    profile = settings.station().shaped(settings.profile())
    assert (profile.fill_rule, profile.seed) == ("queue", 5)
    assert (profile.ack_latency, profile.fill_latency) == (190_000_000, 0)
    assert profile.latency_spread * 10 == RATE_SCALE
    with pytest.raises(SettingsError, match=r"'paper', 'queue' or 'instant' .*fill_rule"):
        load(None, {"fill_rule": "best"})
    with pytest.raises(SettingsError, match="ack_latency_ms"):
        load(None, {"ack_latency_ms": -1}).station()
    with pytest.raises(SettingsError, match="latency_spread"):
        load(None, {"latency_spread": 101}).station()


HIDDEN = {
    "nothing": "", "nothing more": "DU1,", "a field's end": "DU1\0", "two lines": "DU1\nDU2",
    "turned around": "\u202e1UD", "no width": "DU\u200b1", "an edge": "DU1, DU2",
    "no end": "D" * 101,
}  # fmt: skip


@walk("name", HIDDEN)
def test_an_account_that_cannot_be_told_is_refused(name: str) -> None:
    with pytest.raises(SettingsError, match=r"account.*1 to 100 visible characters"):
        load(None, {"account": HIDDEN[name]})


@walk("code", ["U1", "DU1234567", "<b>'\"&amp;</b>", "Konto ü", "D" * 100])
def test_an_account_may_be_any_visible_text(code: str) -> None:
    assert load(None, {"account": code}).profile().accounts == (code,)


def test_accounts_are_separated_by_commas() -> None:
    assert load(None, {"account": "DU1,DU 2"}).profile().accounts == ("DU1", "DU 2")
    assert len(load(None, {"account": ",".join(map(str, range(50)))}).profile().accounts) == 50


@pytest.mark.parametrize("codes", ["DU1,DU2,DU1", ",".join(map(str, range(51)))])
def test_accounts_are_not_too_many_and_each_is_one(codes: str) -> None:
    with pytest.raises(
        SettingsError, match=r"At most 50 accounts, each with a code of its own .*account"
    ):
        load(None, {"account": codes})


def test_the_sources_in_their_order(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "papertape.toml").write_text("[station]\nport = 1\nseed = 1\nspeed = 1.5\n")
    monkeypatch.setenv("PAPERTAPE_PORT", "2")
    monkeypatch.setenv("PAPERTAPE_SEED", "2")
    settings = load(None, {"port": 3})
    assert (settings.port, settings.seed, settings.speed) == (3, 2, 1.5)


def test_a_file_of_one_call_is_not_seen_by_the_next(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("[station]\nport = 1\n")
    assert load(tmp_path / "a.toml", {}).port == 1
    assert load(None, {}).port is None


def test_a_file_without_our_table_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "papertape.toml").write_text("[api]\nreadOnlyApi = true\n")
    assert load(None, {}).port is None


def test_the_error_has_its_facts(tmp_path: Path) -> None:
    (tmp_path / "papertape.toml").write_text("[station]\nport = 70000\n")
    with pytest.raises(SettingsError) as error:
        load(None, {})
    assert (error.value.setting, error.value.found) == ("port", 70000)
    assert error.value.path == "papertape.toml"


def test_a_station_checks_what_only_it_knows() -> None:
    with pytest.raises(SettingsError) as error:
        load(None, {"max_clients": 0}).station()
    assert error.value.setting == "max_clients"


def test_every_setting_of_a_station_can_be_said_in_the_file(tmp_path: Path) -> None:
    fields = {field.name: field.default for field in msgspec.structs.fields(StationSettings)}
    assert set(fields) <= set(ServeSettings.model_fields)
    (tmp_path / "papertape.toml").write_text(
        "[station]\nclient_id_linger_s = 0.5\nacceptance = 'reject'\ntime_zone = 'Asia/Tokyo'\n"
        "[station.acceptance_rules]\n'10.0.0.0/8' = 'ask'\n"
    )
    station = load(None, {}).station()
    assert (station.client_id_linger_s, station.acceptance) == (0.5, "reject")
    assert (station.time_zone, station.acceptance_rules) == ("Asia/Tokyo", {"10.0.0.0/8": "ask"})


# ---------------------------------------------------------------- settings of the API

API_FILE = """
[api]
readOnlyApi = true
logging_level = "detail"
trustedIPs = ["10.0.0.0/8"]
[api.precautions]
bypassBondWarning = true
"""


def test_settings_of_the_api_in_their_order(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "papertape.toml").write_text(API_FILE + "[station]\nport = 7000\n")
    monkeypatch.setenv("PAPERTAPE_API__LOGGINGLEVEL", "warning")
    monkeypatch.setenv("PAPERTAPE_API__MASTER_CLIENT_ID", "7")
    monkeypatch.setenv("PAPERTAPE_API__PRECAUTIONS__BYPASSREDIRECTORDERWARNING", "on")
    given = load(None, {"api": api_words(["masterClientId=9", "read_only_api=no"])}).api_settings()
    assert given == {
        "readOnlyApi": "no", "loggingLevel": "warning", "masterClientId": "9",
        "bypassBondWarning": True, "bypassRedirectOrderWarning": "on",
        "trustedIPs": ["10.0.0.0/8"], "socketPort": 7000,
    }  # fmt: skip


@walk(
    ("flags", "trusted"),
    [
        ({"trusted_ips": ["10.0.0.7"]}, ["127.0.0.1", "::1", "10.0.0.7"]),
        ({"allow_localhost": False}, []),
        ({"allow_localhost": True, "api": {"trustedIPs": "10.0.0.7"}},
         ["127.0.0.1", "::1", "10.0.0.7"]),
        ({"allow_localhost": False, "trusted_ips": ["10.0.0.7"]}, ["10.0.0.7"]),
    ],
)  # fmt: skip
def test_s26_trusted_addresses_and_this_computer(flags: dict[str, Any], trusted: list[str]) -> None:
    assert load(None, flags).api_settings() == {"trustedIPs": trusted}


@pytest.mark.parametrize("given", ["10.0.0.7, 10.1.0.0/16", '["10.0.0.7", "10.1.0.0/16"]'])
def test_lists_in_the_environment(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAPERTAPE_TRUSTED_IPS", given)
    assert load(None, {}).trusted_ips == ["10.0.0.7", "10.1.0.0/16"]


@pytest.mark.parametrize("given", ["USD=4.33, eur=1.93", '{"USD": 4.33, "EUR": 1.93}'])
def test_benchmark_rates_reach_the_broker(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAPERTAPE_INTEREST", "yes")
    monkeypatch.setenv("PAPERTAPE_BENCHMARKS", given)
    profile = load(None, {}).profile()
    assert profile.interest
    assert profile.benchmarks == {"USD": rate("0.0433"), "EUR": rate("0.0193")}


@pytest.mark.parametrize("given", ["XXX=1", "USD", "USD=much", "USD=200", "[1]"])
def test_a_benchmark_rate_that_is_none_is_told(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAPERTAPE_BENCHMARKS", given)
    with pytest.raises(SettingsError) as error:
        load(None, {})
    assert error.value.setting.startswith("benchmarks")


@pytest.mark.parametrize("name", ["API", "ACCEPTANCE_RULES"])
def test_a_table_in_the_environment_that_is_none_is_told(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"PAPERTAPE_{name}", "yes")
    with pytest.raises(SettingsError) as error:
        load(None, {})
    assert error.value.setting == name.lower()


def test_a_port_of_zero_is_found_by_the_system() -> None:
    assert load(None, {"port": 0}).api_settings() == {}


def test_two_ports_contradict_each_other() -> None:
    settings = load(None, {"port": 7000, "api": {"socketPort": "7001"}})
    with pytest.raises(SettingsError, match="Set only one of them"):
        settings.api_settings()
    assert load(None, {"port": 7000, "api": {"socketPort": "7000"}}).api_settings()


@pytest.mark.parametrize("name", ["papertape.toml", "PAPERTAPE_API__READONLYAIP", "--api"])
def test_a_setting_that_is_none_is_told(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match="Did you mean readOnlyApi"):
        if name == "papertape.toml":
            (tmp_path / name).write_text("[api]\nreadOnlyAip = true\n")
        elif name == "--api":
            api_words(["readOnlyAip=true"])
        else:
            monkeypatch.setenv(name, "true")
        load(None, {})


def test_a_word_without_a_value_is_told() -> None:
    with pytest.raises(SettingsError, match="must be NAME=VALUE"):
        api_words(["readOnlyApi"])


# ---------------------------------------------------------------- several stations


def test_s3_one_station_unless_more_are_asked_for() -> None:
    assert [(name, one.port) for name, one in load_all(None, {}).items()] == [("station", None)]
    one = load_all(None, {"port": [7000]})["station"]
    assert (one.port, one.data_dir) == (7000, Path("papertape-data"))


def test_s3_several_ports_make_several_stations() -> None:
    found = load_all(None, {"port": [7497, 7496, 0, 0], "speed": 2.0})
    assert list(found) == ["7497", "7496", "free-3", "free-4"]
    assert [one.port for one in found.values()] == [7497, 7496, 0, 0]
    assert found["7496"].data_dir == Path("papertape-data/7496")
    assert {one.speed for one in found.values()} == {2.0}


TWO = """
[api]
readOnlyApi = true
[station]
speed = 5
data_dir = "kept"
[station.live]
port = 7496
account = "U1"
[station.live.api]
readOnlyApi = false
[station.paper]
port = 7497
data_dir = "elsewhere"
[station.paper.acceptance_rules]
"10.0.0.7" = "reject"
"""


def test_s3_tables_make_stations_that_share_what_they_do_not_say(tmp_path: Path) -> None:
    (tmp_path / "papertape.toml").write_text(TWO)
    found = load_all(None, {"seed": 4})
    assert list(found) == ["live", "paper"]
    live, paper = found["live"], found["paper"]
    assert (live.account, paper.account) == ("U1", "DU1234567")
    assert (live.speed, paper.speed, live.seed, paper.seed) == (5, 5, 4, 4)
    assert (live.data_dir, paper.data_dir) == (Path("kept/live"), Path("elsewhere"))
    assert live.api_settings() == {"readOnlyApi": False, "socketPort": 7496}
    assert paper.api_settings() == {"readOnlyApi": True, "socketPort": 7497}
    assert paper.acceptance_rules == {"10.0.0.7": "reject"}


APART = {
    "one port": ("[station.a]\nport = 7000\n[station.b]\nport = 7000\n", "two stations, a and b"),
    "the default port": ("[station.a]\n[station.b]\n", "two stations, a and b"),
    "one directory": (
        "[station.a]\nport=1\ndata_dir='x'\n[station.b]\nport=2\ndata_dir='x'\n", "two stations"
    ),
    "an odd name": ("[station.'../up']\nport = 1\n", "not a valid name of a station"),
    "too many": ("".join(f"[station.s{n}]\nport={n + 1}\n" for n in range(33)), "one too many"),
}  # fmt: skip


@pytest.mark.parametrize("name", APART)
def test_s3_stations_that_would_meet_are_told(name: str, tmp_path: Path) -> None:
    text, told = APART[name]
    (tmp_path / "papertape.toml").write_text(text)
    with pytest.raises(SettingsError, match=told):
        load_all(None, {})


def test_a_port_for_several_stations_is_told(tmp_path: Path) -> None:
    (tmp_path / "papertape.toml").write_text(TWO)
    with pytest.raises(SettingsError, match="in the table of each"):
        load_all(None, {"port": [7000]})
