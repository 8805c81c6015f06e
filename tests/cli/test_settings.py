"""Settings as a value: what goes where, without starting anything."""

from pathlib import Path

import pytest

from papertape.cli.settings import ServeSettings, load
from papertape.errors import SettingsError


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ServeSettings.model_fields:
        monkeypatch.delenv(f"PAPERTAPE_{name.upper()}", raising=False)


def test_the_defaults() -> None:
    settings = load(None, {})
    assert (settings.host, settings.port, settings.account) == ("127.0.0.1", 7497, "DU1234567")
    assert settings.data_dir == Path("papertape-data")


def test_flags_that_were_not_given_change_nothing() -> None:
    assert load(None, {"port": None, "seed": 3}).port == 7497


def test_the_parts_reach_their_place() -> None:
    settings = load(None, {"seed": 3, "speed": 2.0, "max_server_version": 176, "account": "DU5"})
    assert settings.chosen_market().seed == 3
    assert settings.chosen_market().speed == 2.0
    assert settings.station().max_server_version == 176
    assert settings.profile().accounts == ("DU5",)


def test_the_sources_in_their_order(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "papertape.toml").write_text("[station]\nport = 1\nseed = 1\nspeed = 1.5\n")
    monkeypatch.setenv("PAPERTAPE_PORT", "2")
    monkeypatch.setenv("PAPERTAPE_SEED", "2")
    settings = load(None, {"port": 3})
    assert (settings.port, settings.seed, settings.speed) == (3, 2, 1.5)


def test_a_file_of_one_call_is_not_seen_by_the_next(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("[station]\nport = 1\n")
    assert load(tmp_path / "a.toml", {}).port == 1
    assert load(None, {}).port == 7497


def test_a_file_without_our_table_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "papertape.toml").write_text("[client]\nport = 1\n")
    assert load(None, {}).port == 7497


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
