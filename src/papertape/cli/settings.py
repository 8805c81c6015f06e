"""Settings of ``papertape serve``: ``papertape.toml``, then the environment, then flags.

The tables of the file are ``[station]`` and ``[api]``; ``[station.NAME]`` defines a station of its
own, which inherits ``[station]``. An environment variable is ``PAPERTAPE_`` and the name in
capitals, for an API setting ``PAPERTAPE_API__NAME``. Flags override the environment, and the
environment overrides the file.
"""

import json
import os
import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, get_origin

import msgspec
import pydantic
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from ..errors import SettingsError
from ..server.addresses import network
from ..server.clock import speed_of, start_instant
from ..server.config import flat
from ..server.config_table import NAMES, PORTS, networks
from ..server.market_settings import MOST_PLAYED, MarketSettings
from ..server.settings import StationSettings
from ..venue.broker.account_manager import CODE_RULE, MOST_ACCOUNTS, is_code
from ..venue.broker.interest_rates import INTEREST_RATES
from ..venue.broker.profile import Profile
from ..venue.reference.sessions import ALWAYS, WhenOpen
from ..venue.units import RATE_SCALE

FILE = "papertape.toml"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
"""A station's name, which is also the name of its directory."""
MOST_STATIONS = 32
LOCAL = ["127.0.0.1", "::1"]


def _fields() -> dict[str, Any]:
    """All settings of a station by name, in pydantic's form."""
    found: dict[str, Any] = {}
    for field in msgspec.structs.fields(StationSettings):
        made = field.default_factory is not msgspec.NODEFAULT
        default = field.default_factory() if made else field.default
        found[field.name] = (field.type, default)
    return found


_StationFields = pydantic.create_model("_StationFields", __base__=BaseSettings, **_fields())


class ServeSettings(_StationFields):  # type: ignore[misc, valid-type]
    """All settings of one station for ``papertape serve``: those of ``StationSettings``, and the
    following.
    """

    model_config = SettingsConfigDict(
        env_prefix="PAPERTAPE_", env_nested_delimiter="__", extra="forbid"
    )
    file: ClassVar[Path | None] = None
    """The file that is being read."""
    table: ClassVar[str] = ""
    """The name of the station whose own table is read too; "" for none."""
    _found_in: Path | None = pydantic.PrivateAttr(None)

    host: str = "127.0.0.1"
    port: int | None = pydantic.Field(None, ge=0, le=65535)
    """The socket port; None: the one set while the station ran, else ``default_port``."""
    extra_port: list[Annotated[int, pydantic.Field(ge=1, le=65535)]] = []
    """Ports to listen on besides ``port``; they stay when ``socketPort`` is changed."""
    market: Path | None = None
    data_dir: Path | None = Path("papertape-data")
    keep_history: bool = False
    """Keep all journal entries; otherwise those before the second newest snapshot are dropped."""
    account: str = "DU1234567"
    """Codes of the accounts, separated by commas."""
    advisor: str = ""
    """Code of the account of a financial advisor, whose login it is then: F1234567."""
    liquidation: bool = False
    """Close positions of accounts that break their maintenance margin."""
    interest: bool = False
    """Let cash, loans and the proceeds of short sales bear interest, booked each month."""
    benchmarks: dict[str, Annotated[float, pydantic.Field(ge=-10, le=100)]] = {}
    """Benchmark rates in percent of a year by currency, in place of the table's: ``USD=4.33``."""
    positions: list[str] = []
    """What accounts hold at first that this start opens: ``SPY 100 @ 430``."""
    speed: Annotated[float, pydantic.BeforeValidator(speed_of)] = pydantic.Field(1.0, gt=0)
    """Market time as a multiple of real time, or ``max``."""
    start: str = ""
    """Market time at which the station begins: ``2026-04-10 15:55 US/Eastern``; "": now."""
    minutes_played: int = pydantic.Field(60, ge=0, le=MOST_PLAYED)
    hours: WhenOpen = ALWAYS
    """Whether markets are open at any hour, or at the hours of their exchanges."""
    log_dir: Path | None = None
    """Where logs are written: the station's, and those of the API if they are on."""
    log_level: str = "info"
    """Lowest level written to the station's log: debug, info, warning or error."""
    log_format: Literal["text", "json"] = "text"
    """How the terminal's lines look: for people, or one JSON object a line; by the first station's
    setting for all."""
    drills: list[str] = []
    """Drills that start with the station, such as ``drop-after-ready ms=500``."""
    allow_localhost: bool | None = None
    """Whether this computer is among ``trustedIPs``; None: leave them as they are."""
    trusted_ips: list[str] = []
    """Addresses and networks to add to ``trustedIPs``."""
    control: bool = True
    """Serve the control API; one for all stations, by the first one's setting."""
    control_port: int = pydantic.Field(0, ge=0, le=65535)
    console: bool = True
    """Serve the console, a web page, beside the stations."""
    console_port: int = pydantic.Field(0, ge=0, le=65535)
    """Port of the console; 0 picks one."""
    control_token: str | None = pydantic.Field(None, min_length=8, max_length=200)
    api: dict[str, Any] = {}
    """Settings of the API by their official names."""

    @pydantic.field_validator("account")
    @classmethod
    def _can_be_told(cls, account: str) -> str:
        codes = account.split(",")
        if not all(map(is_code, codes)):
            raise ValueError(f"{CODE_RULE}; a comma separates it from the next")
        if len(codes) > MOST_ACCOUNTS or len(codes) > len(set(codes)):
            raise ValueError(f"At most {MOST_ACCOUNTS} accounts, each with a code of its own")
        return account

    @pydantic.field_validator("benchmarks", mode="before")
    @classmethod
    def _benchmarks(cls, given: Any) -> Any:
        if isinstance(given, str):
            given = dict(one.partition("=")[::2] for one in given.split(","))
        if isinstance(given, Mapping):
            given = {str(name).strip().upper(): value for name, value in given.items()}
            unknown = sorted(set(given) - set(INTEREST_RATES))
            if unknown:
                known = ", ".join(INTEREST_RATES)
                raise ValueError(f"there is no currency {unknown[0][:12]!r}; there are: {known}")
        return given

    @pydantic.field_validator("advisor")
    @classmethod
    def _is_a_code(cls, advisor: str) -> str:
        if advisor and not is_code(advisor):
            raise ValueError(CODE_RULE)
        return advisor

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
        sources: list[PydanticBaseSettingsSource] = [init_settings, _Environment(settings_cls)]
        if cls.file is not None:
            sources.append(_StationTable(settings_cls, cls.file, cls.table))
        return tuple(sources)

    @property
    def found_in(self) -> Path | None:
        """The settings file that they were read with; None without one."""
        return self._found_in

    def of_no_file(self) -> "ServeSettings":
        """The same where the file was of no user's."""
        found: ServeSettings = self.model_copy()
        found._found_in = None
        return found

    def station(self) -> StationSettings:
        """The part that the station itself needs."""
        names = StationSettings.__struct_fields__
        return StationSettings(**{name: getattr(self, name) for name in names})

    def api_settings(self) -> dict[str, Any]:
        """The API settings that are given, by official name.

        Raises ``SettingsError`` when two of them contradict each other.
        """
        given = dict(self.api)
        if self.port:
            if int(given.get("socketPort", self.port)) != self.port:
                raise SettingsError(
                    f"is {self.port}, and socketPort is another one",
                    setting="port",
                    found=given["socketPort"],
                    advice="Set only one of them",
                )
            given["socketPort"] = self.port
        if self.trusted_ips or self.allow_localhost is not None:
            given["trustedIPs"] = self._trusted(given.get("trustedIPs"))
        return given

    @property
    def default_port(self) -> int:
        """The port of a station without a chosen port."""
        return PORTS["Gateway" if self.gateway else "TWS"]

    def _trusted(self, given: Any) -> list[str]:
        try:
            trusted = networks(NAMES["trustedIPs"].default if given is None else given)
        except ValueError as error:
            raise SettingsError(
                "is not valid", setting="trustedIPs", found=given, advice=str(error)
            ) from error
        if self.allow_localhost is False:
            trusted = [address for address in trusted if address not in LOCAL]
        return [*(LOCAL if self.allow_localhost else ()), *trusted, *self.trusted_ips]

    def chosen_market(self) -> MarketSettings:
        """The part that chooses the market."""
        return MarketSettings(
            folder=self.market,
            seed=self.seed,
            speed=self.speed,
            start=start_instant(self.start, self.time_zone) if self.start else None,
            minutes_played=self.minutes_played,
            hours=self.hours,
        )

    def profile(self) -> Profile:
        """The part that shapes the broker."""
        return Profile(
            accounts=tuple(self.account.split(",")),
            positions=tuple(self.positions),
            advisor=self.advisor,
            liquidation=self.liquidation,
            interest=self.interest,
            benchmarks={
                name: round(percent * RATE_SCALE / 100) for name, percent in self.benchmarks.items()
            },
        )


class _Environment(EnvSettingsSource):
    """The environment, with API settings under their official names."""

    def decode_complex_value(self, field_name: str, field: FieldInfo | None, value: Any) -> Any:
        """Parse JSON, or comma-separated words where a list is expected."""
        try:
            return json.loads(value)
        except ValueError:
            if field is None or get_origin(field.annotation) is not list:
                return value  # a plain word, or something that the field refuses
            return [word.strip() for word in str(value).split(",")]

    def __call__(self) -> dict[str, Any]:
        data = super().__call__()
        if isinstance(data.get("api"), Mapping):
            data["api"] = flat(data["api"])
        return data


class _StationTable(TomlConfigSettingsSource):
    """The ``[station]`` table of the file and one table in it; ``[api]`` applies to all."""

    def __init__(self, settings_cls: type[BaseSettings], path: Path, name: str) -> None:
        super().__init__(settings_cls, path)
        _known_tables(self.toml_data, path)
        shared, named = _tables(self.toml_data)
        own = named.get(name, {})
        api = flat(_table(self.toml_data, "api", "[api]"))
        for level in (shared, own):
            api |= flat(_table(level, "api", "api"))
        data = {**shared, **own, "api": api}
        if name and "data_dir" not in own and data.get("data_dir", "papertape-data"):
            data["data_dir"] = str(Path(data.get("data_dir", "papertape-data")) / name)
        self.toml_data = data
        self.init_kwargs = data


def _table(data: Mapping[str, Any], name: str, shown: str) -> dict[str, Any]:
    found = data.get(name, {})
    if not isinstance(found, dict):
        raise ValueError(f"{shown} must be a table, not {found!r}")
    return found


TABLES = ("station", "api")
WEAK_TOKEN = 16
"""Shorter tokens can be guessed."""


def _known_tables(data: Mapping[str, Any], path: Path) -> None:
    """Raise ``SettingsError`` for an unknown table or key."""
    for name in data:
        if name not in TABLES:
            advice = _near(name, TABLES) or _near(name, ServeSettings.model_fields, "[station] ")
            raise SettingsError(
                "is not a table of a settings file", setting=name, path=path,
                advice=advice or "There are [station], [station.NAME] and [api]",
            )  # fmt: skip


def _near(name: str, known: Iterable[str], where: str = "") -> str:
    found = get_close_matches(name.lower(), list(known), 1)
    return f"Did you mean {where}{found[0]}?" if found else ""


def opened_by(path: Path, flags: Mapping[str, Any], table: str = "") -> list[str]:
    """What a settings file exposes to others, one sentence each.

    Settings that a flag or the environment overrides are not the file's.
    """
    data = _StationTable(ServeSettings, path, table).toml_data
    said = {
        name: value
        for name, value in data.items()
        if flags.get(name) is None and f"PAPERTAPE_{name.upper()}" not in os.environ
    }
    found: list[str] = []
    host = str(said.get("host", "127.0.0.1"))
    if host != "localhost" and not _local(host):
        found.append(f"host = {host!r} lets other computers connect")
    if said.get("acceptance") == "accept":
        found.append("acceptance = 'accept' lets in whoever connects, without asking")
    rules = said.get("acceptance_rules") or {}
    accepted = [name for name, verdict in dict(rules).items() if verdict == "accept"]
    trusted = said.get("trusted_ips") or []
    asked = (said.get("api") or {}).get("trustedIPs") or []
    named = [*accepted, *trusted, *(asked.split(",") if isinstance(asked, str) else asked)]
    found += [f"{one} is accepted without asking" for one in named if not _local(str(one))]
    token = said.get("control_token")
    if isinstance(token, str) and (len(token) < WEAK_TOKEN or len(set(token)) < WEAK_TOKEN // 2):
        found.append("control_token is easy to guess; leave it out, or take 16 random characters")
    return found


def _local(text: str) -> bool:
    try:
        return network(text.strip()).is_loopback
    except ValueError:
        return False


def _tables(data: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """The keys of ``[station]`` itself, and the station tables in it."""
    station = _table(data, "station", "[station]")
    named = {
        name: value
        for name, value in station.items()
        if isinstance(value, dict) and name not in ServeSettings.model_fields
    }
    return {name: value for name, value in station.items() if name not in named}, named


def load(config: Path | None, flags: Mapping[str, Any], table: str = "") -> ServeSettings:
    """The settings of one station.

    Raises ``SettingsError`` with the setting, its source and the legal values.
    """
    path = settings_file(config)
    ServeSettings.file, ServeSettings.table = path, table
    given = {name: value for name, value in flags.items() if value is not None}
    try:
        settings = ServeSettings(**given)
        settings._found_in = path
        return settings
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            raise SettingsError(
                "is not a setting of a station", setting=name, path=path,
                advice=_near(name, ServeSettings.model_fields)
                or "docs/guides/station.md lists them all",
            ) from error  # fmt: skip
        raise SettingsError(
            first["msg"].removeprefix("Value error, "), setting=name, found=first.get("input"),
            path=path, advice="papertape serve --help lists what is allowed",
        ) from error  # fmt: skip
    except (ValueError, OSError) as error:  # the file is not TOML, or cannot be read
        raise _unreadable(config, error) from error
    finally:  # settings that are made without a file have none
        ServeSettings.file, ServeSettings.table = None, ""


def load_all(config: Path | None, flags: Mapping[str, Any]) -> dict[str, ServeSettings]:
    """The settings of all stations by name: one for each table, or for each port given.

    Raises ``SettingsError`` with the setting, its source and the legal values.
    """
    ports = list(flags.get("port") or [])
    names = _names(config)
    others = {name: value for name, value in flags.items() if name != "port"}
    if names and ports:
        raise SettingsError(
            "cannot be said for several stations at once",
            setting="port",
            found=ports[0],
            advice="Set it in the table of each, such as [station.paper]",
        )
    if names:
        found = {name: load(config, others, name) for name in names}
    elif len(ports) > 1:
        found = {name: _at_port(config, others, name, port) for name, port in _numbered(ports)}
    else:
        found = {"station": load(config, {**others, "port": ports[0] if ports else None})}
    _apart(found)
    return found


def _names(config: Path | None) -> list[str]:
    """The stations with a table of their own in the file."""
    path = settings_file(config)
    if path is None:
        return []
    try:
        data = TomlConfigSettingsSource(ServeSettings, path).toml_data
        _known_tables(data, path)
        _, named = _tables(data)
    except (ValueError, OSError) as error:
        raise _unreadable(config, error) from error
    for name in named:
        if not NAME.fullmatch(name) or len(named) > MOST_STATIONS:
            raise SettingsError(
                "is not a valid name of a station"
                if len(named) <= MOST_STATIONS
                else "is one too many",
                setting="station",
                found=name,
                path=path,
                advice=f"Use letters, digits, - and _, for at most {MOST_STATIONS} stations",
            )
    return list(named)


def _numbered(ports: list[int]) -> list[tuple[str, int]]:
    return [(str(port) if port else f"free-{at}", port) for at, port in enumerate(ports, 1)]


def _at_port(config: Path | None, flags: Mapping[str, Any], name: str, port: int) -> ServeSettings:
    """One of several stations that differ by port; each has a directory of its own."""
    found = load(config, {**flags, "port": port})
    if found.data_dir is not None:
        found = found.model_copy(update={"data_dir": found.data_dir / name})
    return found


def _apart(stations: Mapping[str, ServeSettings]) -> None:
    """Raise ``SettingsError`` for stations that share a port or a directory."""
    ports: dict[int, str] = {}
    folders: dict[Path, str] = {}
    for name, one in stations.items():
        port = int(one.api_settings().get("socketPort", one.default_port))
        if one.port != 0 and ports.setdefault(port, name) != name:
            raise SettingsError(
                f"is that of two stations, {ports[port]} and {name}",
                setting="port",
                found=port,
                advice="Give each station a port of its own",
            )
        folder = one.data_dir
        if folder is not None and folders.setdefault(folder.absolute(), name) != name:
            raise SettingsError(
                f"is that of two stations, {folders[folder.absolute()]} and {name}",
                setting="data_dir",
                found=str(folder),
                advice="Give each station a directory of its own",
            )


def api_words(words: list[str]) -> dict[str, Any]:
    """Parse ``NAME=VALUE`` flags. Raises ``SettingsError`` for one without ``=``."""
    found: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise SettingsError(
                "must be NAME=VALUE",
                setting="--api",
                found=word,
                advice="For instance --api readOnlyApi=true",
            )
        found |= flat({name.strip(): value.strip()})
    return found


def settings_file(config: Path | None) -> Path | None:
    """The file given, else the one in the working directory, else None.

    Raises ``SettingsError`` when the file given does not exist.
    """
    path = config or Path(FILE)
    if config is not None and not config.is_file():
        raise SettingsError("there is no such file", path=config, advice="Check --config")
    return path if path.is_file() else None


def _unreadable(config: Path | None, error: Exception) -> SettingsError:
    return SettingsError(str(error), path=config or Path(FILE), advice="Correct the file")
