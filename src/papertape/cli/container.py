"""``papertape container``: a station as the environment of an IB Gateway container describes it.

Reads the variables of ghcr.io/gnzsnz/ib-gateway-docker (and of UnusualAlpha's, which it comes
from) and listens on the ports that either image publishes, so that a compose file needs another
image and nothing else. A station needs no login: user names and passwords are not even read. What
cannot act is named at the start. ``PAPERTAPE_…`` variables override what follows from the others.

The names, values and ports are those of the images' public documentation.
"""

import json
import logging
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

import typer
from rich.console import Console

from ..errors import PapertapeError, SettingsError
from .doctor import examine
from .private import keep_private
from .serve import log_as, log_to
from .serving import Consent, serve_stations
from .settings import ServeSettings, load_all, settings_file
from .terminal import ours, say, shown

log = logging.getLogger("papertape.station")

PORTS: Final = {
    ("gateway", "live"): (4001, 4003),
    ("gateway", "paper"): (4002, 4004),
    ("tws", "live"): (7496, 7498),
    ("tws", "paper"): (7497, 7499),
}
"""Program and mode: the port that UnusualAlpha's image publishes and TWS has, and gnzsnz's."""
ACCOUNTS: Final = {"live": "U1234567", "paper": "DU1234567"}
ACCEPTANCE: Final = {"accept": "accept", "reject": "reject", "manual": "ask"}
YES_NO: Final = {"yes": True, "true": True, "no": False, "false": False}
CLIENT_ID: Final = 9_999
"""Of the health check."""
UNREAD: Final = re.compile(r"(TWS_USERID|TWS_PASSWORD)(_PAPER)?(_FILE)?")
WITHOUT_EFFECT: Final = {
    "a station has no login": re.compile(
        r"TWOFA_\w+|RELOGIN_AFTER_TWOFA_TIMEOUT|EXISTING_SESSION_DETECTED_ACTION"
    ),
    "a station has no window": re.compile(r"VNC_SERVER_PASSWORD(_FILE)?|SSH_VNC_PORT|SSH_RDP_PORT"),
    "a station opens no tunnel": re.compile(r"SSH_(?!VNC|RDP)\w+"),
    "there is no IBC, Java or X here": re.compile(
        r"IBC_\w+|JAVA_HEAP_SIZE|CUSTOM_CONFIG|START_SCRIPTS|X_SCRIPTS|GATEWAY_EXTRA_ARGS"
    ),
    "no order of a paper account is blind": re.compile("ALLOW_BLIND_TRADING"),
    "settings and orders are always saved": re.compile("SAVE_TWS_SETTINGS"),
    "warnings are bypassed unless a setting of the API says otherwise": re.compile(
        "BYPASS_WARNING"
    ),
    "a station has no weekly cold restart": re.compile("TWS_COLD_RESTART"),
}
MISSPELT: Final = {
    "TWSUSERID": "TWS_USERID",
    "TWSPASSWORD": "TWS_PASSWORD",
    "TWS_USERNAME": "TWS_USERID",
    "TRADINGMODE": "TRADING_MODE",
    "READONLY": "READ_ONLY_API",
    "VNC_PASSWORD": "VNC_SERVER_PASSWORD",
    "TWS_ACCEPT_INCOMING_CONNECTION_FROM_ANYWHERE": "TWS_ACCEPT_INCOMING",
}
"""Names that compose files have and neither image reads."""


class ContainerPlan(NamedTuple):
    """What an environment asks for."""

    settings: dict[str, Any]
    """The tables of a settings file."""
    notes: tuple[str, ...]
    """What has no effect, a sentence each."""


def plan(environ: Mapping[str, str]) -> ContainerPlan:
    """Read an environment. Raises ``SettingsError`` with the variable that cannot be."""
    kind = _one_of(environ, "GATEWAY_OR_TWS", {"gateway": "gateway", "tws": "tws"}, "gateway")
    modes = {"live": ("live",), "paper": ("paper",), "both": ("live", "paper")}
    chosen = _one_of(environ, "TRADING_MODE", modes, ("paper",))
    _exclusive(environ)
    station: dict[str, Any] = {
        "host": "0.0.0.0",
        "gateway": kind == "gateway",
        "acceptance": _one_of(environ, "TWS_ACCEPT_INCOMING", ACCEPTANCE, "accept"),
        "console": False,
        "data_dir": str(Path(environ.get("TWS_SETTINGS_PATH") or ".") / "papertape-data"),
    }
    if zone := environ.get("TIME_ZONE") or environ.get("TZ"):
        station["time_zone"] = zone
    for name, setting in (
        ("AUTO_RESTART_TIME", "daily_restart"),
        ("AUTO_LOGOFF_TIME", "daily_logoff"),
    ):
        if given := environ.get(name):
            station[setting] = _hour(name, given)
    for mode in chosen:
        port, other = PORTS[kind, mode]
        station[mode] = {"port": port, "extra_port": [other], "account": ACCOUNTS[mode]}
    api: dict[str, Any] = {"readOnlyApi": _one_of(environ, "READ_ONLY_API", YES_NO, False)}
    if master := environ.get("TWS_MASTER_CLIENT_ID"):
        api["masterClientId"] = _number("TWS_MASTER_CLIENT_ID", master)
    return ContainerPlan({"api": api, "station": station}, tuple(_notes(environ)))


def _one_of(environ: Mapping[str, str], name: str, values: Mapping[str, Any], default: Any) -> Any:
    given = environ.get(name)
    if not given:
        return default
    try:
        return values[given.strip().lower()]
    except KeyError:
        raise _wrong(name, given, "Choose one of: " + ", ".join(values)) from None


def _exclusive(environ: Mapping[str, str]) -> None:
    for name in environ:
        plain = name.removesuffix("_FILE")
        if plain != name and environ.get(plain) and UNREAD.fullmatch(name):
            raise _wrong(name, "…", f"Set it or {plain}, not both; a station reads neither")


def _hour(name: str, given: str) -> str:
    """``11:59 PM`` or ``23:59`` as ``23:59``."""
    found = re.fullmatch(r"(\d{1,2}):(\d\d)(?:\s*([AP])M)?", given.strip().upper())
    hour = int(found[1]) if found else 99
    if found and found[3]:
        hour = hour % 12 + 12 * (found[3] == "P") if 1 <= hour <= 12 else 99
    if found is None or hour > 23 or int(found[2]) > 59:
        raise _wrong(name, given, "Write it as 11:59 PM")
    return f"{hour:02}:{found[2]}"


def _number(name: str, given: str) -> int:
    if not re.fullmatch(r"\d{1,9}", given.strip()):
        raise _wrong(name, given, "Give a number")
    return int(given)


def _wrong(name: str, found: str, advice: str) -> SettingsError:
    return SettingsError("cannot be", setting=name, found=found, advice=advice)


def _notes(environ: Mapping[str, str]) -> Iterator[str]:
    for reason, pattern in WITHOUT_EFFECT.items():
        names = sorted(name for name in environ if pattern.fullmatch(name) and environ[name])
        if names:
            yield f"{', '.join(names)}: no effect, {reason}"
    for name, right in MISSPELT.items():
        if environ.get(name):
            yield f"{name}: no effect; the image's variable is {right}"


def settings_text(settings: Mapping[str, Any]) -> str:
    """The tables as TOML. Of the values, JSON's form is TOML's too."""
    lines: list[str] = []

    def table(name: str, values: Mapping[str, Any]) -> None:
        lines.append(f"[{name}]")
        inner = {key: value for key, value in values.items() if isinstance(value, Mapping)}
        lines.extend(f"{k} = {json.dumps(v)}" for k, v in values.items() if k not in inner)
        for key, value in inner.items():
            table(f"{name}.{key}", value)

    for name, values in settings.items():
        table(name, values)
    return "\n".join(lines) + "\n"


def container(
    check: Annotated[
        bool, typer.Option("--check", help="Only ask the running stations, for a health check.")
    ] = False,
) -> None:
    """Start the station that the environment of an IB Gateway container describes.

    `TRADING_MODE`, `READ_ONLY_API`, `TWS_ACCEPT_INCOMING` and others act; what has no effect is
    named. docs/guides/container.md lists them all.
    """
    screen = Console(stderr=True, highlight=False)
    handler = log_to(screen, verbose=True)
    try:
        wanted = plan(os.environ)
        if check:
            raise typer.Exit(_check(_stations(wanted)))
        _serve(wanted, handler)
    except (PapertapeError, OSError) as error:
        screen.print(f"[red]papertape:[/red] {shown(ours(error))}", soft_wrap=True)
        raise typer.Exit(1) from error


def _stations(wanted: ContainerPlan) -> dict[str, ServeSettings]:
    """The settings of the stations: a settings file of the user's wins over the variables."""
    if settings_file(None) is not None:
        return load_all(None, {})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "papertape.toml"
        path.write_text(settings_text(wanted.settings), encoding="utf-8")
        return {name: one.of_no_file() for name, one in load_all(path, {}).items()}


def _serve(wanted: ContainerPlan, handler: logging.Handler) -> None:
    own = settings_file(None)
    stations = _stations(wanted)
    log_as(stations, handler)
    for note in wanted.notes if own is None else ():
        say(note)
    if own is not None:
        say(f"{own} is used, and PAPERTAPE_… variables; those of the image are not read")
    keep_private()
    serve_stations(stations, Consent(clock=False, loss=False), then=lambda _: _logged_in())


def _logged_in() -> None:
    """What programs wait for in the log of such a container (NautilusTrader: one of these)."""
    say("Login has completed")
    say("Configuration tasks completed")


def _check(stations: Mapping[str, ServeSettings]) -> int:
    """0 when each station gives out a session; else the exit code of ``papertape doctor``."""
    for settings in stations.values():
        port = settings.port or settings.default_port
        found = examine("127.0.0.1", port, CLIENT_ID, timeout=5.0)
        if found.exit_code:
            say(f"127.0.0.1:{port}: {found.what}")
            return found.exit_code
    return 0
