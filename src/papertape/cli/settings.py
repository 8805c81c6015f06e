"""Settings of ``papertape serve``: ``papertape.toml``, then the environment, then flags.

The file's table is ``[station]``; an environment variable is ``PAPERTAPE_`` and the name in
capitals. A flag beats the environment, the environment beats the file.
"""

from pathlib import Path
from typing import Any, ClassVar

import pydantic
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from ..errors import SettingsError
from ..server.compose import MarketSettings
from ..server.settings import StationSettings
from ..venue.profile import Profile
from ..versions import MAX_SERVER

FILE = "papertape.toml"


class ServeSettings(BaseSettings):
    """Everything that ``papertape serve`` can be told."""

    model_config = SettingsConfigDict(env_prefix="PAPERTAPE_", extra="forbid")
    file: ClassVar[Path | None] = None

    host: str = "127.0.0.1"
    port: int = pydantic.Field(7497, ge=0, le=65535)
    market: Path | None = None
    data_dir: Path | None = Path("papertape-data")
    account: str = "DU1234567"
    max_server_version: int = MAX_SERVER
    speed: float = pydantic.Field(1.0, gt=0, le=10_000)
    minutes_played: int = pydantic.Field(60, ge=0, le=100_000)
    seed: int = 1
    quote_interval_ms: int = 250
    max_clients: int = 32
    max_lines: int = 100

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags, then the environment, then the file."""
        sources: list[PydanticBaseSettingsSource] = [init_settings, env_settings]
        if cls.file is not None:
            sources.append(_StationTable(settings_cls, cls.file))
        return tuple(sources)

    def station(self) -> StationSettings:
        """The part that the station itself needs."""
        return StationSettings(
            max_server_version=self.max_server_version,
            quote_interval_ms=self.quote_interval_ms,
            max_clients=self.max_clients,
            max_lines=self.max_lines,
        )

    def chosen_market(self) -> MarketSettings:
        """The part that chooses the market."""
        return MarketSettings(
            folder=self.market,
            seed=self.seed,
            speed=self.speed,
            minutes_played=self.minutes_played,
        )

    def profile(self) -> Profile:
        """The part that shapes the broker."""
        return Profile(accounts=(self.account,))


class _StationTable(TomlConfigSettingsSource):
    """The ``[station]`` table of the file."""

    def __init__(self, settings_cls: type[BaseSettings], path: Path) -> None:
        super().__init__(settings_cls, path)
        data = self.toml_data.get("station", {})
        if not isinstance(data, dict):
            raise ValueError(f"[station] must be a table, not {data!r}")
        self.toml_data = data
        self.init_kwargs = data


def load(config: Path | None, flags: dict[str, Any]) -> ServeSettings:
    """The settings. Raises ``SettingsError`` naming the setting, its source and what is legal."""
    path = config or Path(FILE)
    if config is not None and not config.is_file():
        raise SettingsError("there is no such file", path=config, advice="Check --config")
    ServeSettings.file = path if path.is_file() else None
    given = {name: value for name, value in flags.items() if value is not None}
    try:
        return ServeSettings(**given)
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise SettingsError(
            first["msg"], setting=name, found=first.get("input"),
            path=ServeSettings.file, advice="papertape serve --help lists what is allowed",
        ) from error  # fmt: skip
    except (ValueError, OSError) as error:  # the file is no TOML, or may not be read
        raise SettingsError(str(error), path=path, advice="Mend the file") from error
