"""Settings are checked when they are made, and the complaint says what is allowed."""

from typing import Any

import pytest

from papertape.errors import SettingsError
from papertape.server.settings import StationSettings
from walks import walk

EDGES = [
    ("max_server_version", 100, 226),
    ("max_clients", 1, 1024),
    ("max_lines", 1, 100_000),
    ("quote_interval_ms", 0, 60_000),
    ("start_api_timeout_s", 0.01, 3600),
    ("account_interval_s", 1, 86_400),
    ("max_buffer_mb", 1, 1024),
    ("max_message_rate", 0, 1_000_000),
    ("client_id_linger_s", 0, 3600),
    ("acceptance_timeout_s", 0.01, 86_400),
    ("dead_peer_s", 4, 86_400),
]


@walk(("name", "lowest", "highest"), EDGES)
def test_the_edges_are_allowed(name: str, lowest: float, highest: float) -> None:
    for value in (lowest, highest):
        assert getattr(StationSettings(**{name: value}), name) == value  # type: ignore[arg-type]


@walk(("name", "lowest", "highest"), EDGES)
def test_beyond_the_edges_is_told(name: str, lowest: float, highest: float) -> None:
    for value in (lowest - 1, highest + 1, float("nan")):
        with pytest.raises(SettingsError) as error:
            StationSettings(**{name: value})  # type: ignore[arg-type]
        assert (error.value.setting, str(error.value.found)) == (name, str(value))
        assert f"Choose a number from {lowest} to {highest}" in str(error.value)


@walk("zone", ["", "Mars/Olympus", "../../etc/passwd", "US/East\0ern"])
def test_a_zone_must_exist(zone: Any) -> None:
    with pytest.raises(SettingsError, match="is not a time zone") as error:
        StationSettings(time_zone=zone)
    assert error.value.setting == "time_zone"


@walk("name", ["British Summer Time", "中国标准时间", "x" * 100, ""])
def test_the_zone_may_have_any_name_that_can_be_shown(name: str) -> None:
    assert StationSettings(time_zone_name=name).time_zone_name == name


@walk("name", ["a\0b", "a\nb", "\x1b[0m", "x" * 101])
def test_a_name_of_a_zone_that_cannot_be_shown(name: str) -> None:
    with pytest.raises(SettingsError, match="unprintable characters") as error:
        StationSettings(time_zone_name=name)
    assert error.value.setting == "time_zone_name"


def test_a_name_given_as_the_zone_is_told_where_it_belongs() -> None:
    with pytest.raises(SettingsError, match=r"what the version answer calls it.*time_zone_name"):
        StationSettings(time_zone="British Summer Time")


def test_the_defaults_are_those_of_tws() -> None:
    settings = StationSettings()
    assert (settings.max_clients, settings.quote_interval_ms) == (32, 250)
    assert (settings.account_interval_s, settings.max_server_version) == (180, 226)


@pytest.mark.parametrize(
    "bad", [{"acceptance": "perhaps"}, {"acceptance_rules": {"10.0.0.0/8": "perhaps"}}]
)
def test_a_verdict_is_one_of_three(bad: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match="Choose one of: accept, ask, reject"):
        StationSettings(**bad)


def test_a_rule_names_an_address_or_a_network() -> None:
    with pytest.raises(SettingsError, match=r"10\.0\.0\.7 or 10\.0\.0\.0/8") as error:
        StationSettings(acceptance_rules={"localhost": "accept"})
    assert error.value.found == "localhost"
