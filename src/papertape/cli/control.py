"""``papertape status | clock | accept | drill``: control a running station."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any, ParamSpec

import typer
from rich.console import Console
from rich.table import Table

from ..errors import PapertapeError, SettingsError
from ..quoting import visible
from ..server.clock import FASTEST, MAX, speed_of
from .remote import ControlClient
from .terminal import ours, shown

Port = Annotated[
    int | None,
    typer.Option(help="Port of the station; not needed when only one runs."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Parameters = ParamSpec("Parameters")


def told(command: Callable[Parameters, None]) -> Callable[Parameters, None]:
    """Report a failure as a message instead of a traceback, with exit code 2."""

    @wraps(command)
    def guarded(*args: Parameters.args, **kwargs: Parameters.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except (PapertapeError, OSError) as error:
            console = Console(stderr=True, highlight=False)
            console.print(f"[red]papertape:[/red] {shown(ours(error))}", soft_wrap=True)
            raise typer.Exit(2) from error

    return guarded


def _speed(given: str) -> float | str:
    """What was given, as the control API takes it."""
    try:
        speed = speed_of(given)
    except ValueError as error:
        raise SettingsError(
            "is not a speed", setting="speed", found=given, advice=str(error)
        ) from error
    return MAX if speed == FASTEST else speed


@told
def clock(
    port: Port = None,
    speed: Annotated[
        str | None,
        typer.Option(
            help="Run so many times as fast as real time; 0 pauses; max: as clients follow."
        ),
    ] = None,
    pause: Annotated[bool, typer.Option("--pause", help="Stop the market's clock.")] = False,
    step: Annotated[float | None, typer.Option(help="Jump ahead so many seconds.")] = None,
) -> None:
    """Show the market's clock of a running station; pause it, change its speed, jump ahead.

    Example: `papertape clock --pause`, then `papertape clock --step 60`
    """
    remote = ControlClient(port)
    found = remote.get("/clock")
    if pause or speed is not None:
        found = remote.patch("/clock", {"speed": 0 if pause else _speed(speed or "")})
    if step is not None:
        found = remote.post("/clock/step", {"seconds": step})
    pace = "paused" if not found["speed"] else f"{found['speed']:g} times real time"
    if found["max"]:
        pace = f"as fast as clients follow, lately {found['speed']:.0f} times real time"
    Console(highlight=False).print(f"market time {shown(found['time'][:19])}Z, {pace}")


@told
def status(port: Port = None, as_json: Json = False) -> None:
    """Show a running station: sessions, connections to accept, farms, the broker link.

    Example: `papertape status --port 7497`
    """
    remote = ControlClient(port)
    parts = ("", "/sessions", "/waiting", "/farms", "/link")
    found = {part.strip("/") or "station": remote.get(part) for part in parts}
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    console = Console(highlight=False)
    about, link = found["station"], found["link"]
    kind = "IB Gateway" if about["gateway"] else "TWS"
    accounts = ", ".join(about["accounts"])
    console.print(shown(f"{kind} {about['name']} on {about['host']}:{about['port']}, {accounts}"))
    console.print(f"server version {about['server_version']}")
    console.print(f"market time {shown(about['time'][:19])}Z, {about['speed']:g} times real time")
    broker = "connected" if link["up"] else f"lost; {link['held_orders']} orders held"
    console.print(f"broker link {broker}")
    for farm in found["farms"]:
        console.print(shown(f"farm {farm['name']} ({farm['kind']}) {farm['status']}"))
    _table(console, "sessions", found["sessions"], SESSION_COLUMNS)
    _waiting(console, found["waiting"])


SESSION_COLUMNS = ("number", "client_id", "address", "version", "format", "since", "received",
                   "sent", "lines")  # fmt: skip


def _waiting(console: Console, rows: list[dict[str, Any]]) -> None:
    _table(
        console,
        "waiting for you",
        rows,
        ("number", "address", "client_id", "since", "until"),
    )


def _table(
    console: Console, title: str, rows: list[dict[str, Any]], columns: tuple[str, ...]
) -> None:
    if not rows:
        console.print(f"{title}: none")
        return
    table = Table(title=title, title_justify="left")
    for name in columns:
        table.add_column(name.replace("_", " "))
    for row in rows:
        table.add_row(*(shown(_shown(row[name])) for name in columns))
    console.print(table)


def _shown(value: Any) -> str:
    text = "" if value is None else str(value)
    return text[:19].replace("T", " ") if text[10:11] == "T" else text


@told
def accept(
    number: Annotated[
        int | None, typer.Argument(help="The connection; not needed when only one waits.")
    ] = None,
    always: Annotated[
        bool, typer.Option("--always", help="Trust its address from now on.")
    ] = False,
    reject: Annotated[bool, typer.Option("--reject", help="Close it instead.")] = False,
    listing: Annotated[
        bool, typer.Option("--list", help="List waiting connections without a decision.")
    ] = False,
    port: Port = None,
) -> None:
    """Accept a waiting connection, like the button in TWS's dialog.

    A connection from an address that is not trusted waits for this decision and is closed when
    none is made in time.

    Examples: `papertape accept --list`, `papertape accept`, `papertape accept 7 --always`
    """
    remote = ControlClient(port)
    rows = remote.get("/waiting")
    if listing:
        _waiting(Console(highlight=False), rows)
        return
    if number is None:
        number = _only(rows)
    if reject:
        done = remote.post(f"/waiting/{number}/reject")
    else:
        done = remote.post(f"/waiting/{number}/accept", {"always": always})
    what = "rejected" if reject else "accepted for ever" if always else "accepted"
    typer.echo(visible(f"{what}: client {done['client_id']} at {done['address']}"))


def _only(rows: list[dict[str, Any]]) -> int:
    if len(rows) == 1:
        return int(rows[0]["number"])
    if not rows:
        raise SettingsError("no connection waits", advice="A connection waits a limited time")
    known = ", ".join(f"{row['number']} ({row['address']})" for row in rows)
    raise SettingsError(
        "several connections wait", setting="number", advice=f"Choose one of {known}"
    )


@told
def drill(
    words: Annotated[
        list[str] | None,
        typer.Argument(help="Name of the drill, then its options: `farm-blip name=usfarm ms=2000`"),
    ] = None,
    stop: Annotated[int | None, typer.Option(help="Stop the run with this number.")] = None,
    port: Port = None,
) -> None:
    """Start a drill (a simulated fault) in a running station; without a name, list them.

    Examples: `papertape drill`, `papertape drill link-lost`, `papertape drill freeze seconds=5`
    """
    remote = ControlClient(port)
    if stop is not None:
        done = remote.post(f"/drills/runs/{stop}/stop")
        typer.echo(visible(f"run {done['number']} of {done['name']} is over"))
        return
    if not words:
        _catalogue(remote)
        return
    done = remote.post("/drills", {"text": " ".join(words)})
    options = " ".join(f"{name}={value}" for name, value in done["options"].items())
    state = "began" if done["ended"] is None else "is done"
    typer.echo(visible(f"run {done['number']} {state}: {done['name']} {options}".rstrip()))


def _catalogue(remote: ControlClient) -> None:
    console = Console(highlight=False)
    table = Table(title="drills", title_justify="left")
    for name in ("name", "what goes wrong", "options"):
        table.add_column(name)
    for row in remote.get("/drills"):
        options = " ".join(f"{one['name']}={one['default']}" for one in row["options"])
        table.add_row(shown(row["name"]), shown(row["summary"]), shown(options))
    console.print(table)
    running = [run for run in remote.get("/drills/runs") if run["ended"] is None]
    _table(console, "running", running, ("number", "name", "began"))
