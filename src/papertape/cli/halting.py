"""``papertape halt | resume``: stop trading of an instrument in a running station, and go on."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from ..errors import SettingsError
from ..quoting import visible
from .control import Port, told
from .remote import ControlClient
from .terminal import shown


@told
def halt(
    symbol: Annotated[
        str | None, typer.Argument(help="A symbol, a pair such as EUR.USD, a conId.")
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(help="Of market time; without it, until `papertape resume`.")
    ] = None,
    volatility: Annotated[
        bool, typer.Option("--volatility", help="A pause for volatility: tick 49 is 2.")
    ] = False,
    port: Port = None,
) -> None:
    """Halt trading of an instrument; without one, list what is halted.

    Nobody quotes or trades it, orders wait, and clients are told tick 49.

    Examples: `papertape halt SPY --seconds 300`, `papertape halt`
    """
    remote = ControlClient(port)
    if symbol is None:
        _list(remote)
        return
    asked = {"symbol": symbol, "seconds": seconds, "volatility": volatility}
    done = remote.post("/halts", asked)
    until = "until it is resumed" if done["until"] is None else f"until {done['until'][:19]}Z"
    typer.echo(visible(f"{done['symbol']} ({done['con_id']}) is halted {until}"))


@told
def resume(
    symbol: Annotated[str, typer.Argument(help="What is halted: its symbol or conId.")],
    port: Port = None,
) -> None:
    """Let trading of an instrument go on.

    Example: `papertape resume SPY`
    """
    remote = ControlClient(port)
    found = [row for row in remote.get("/halts") if symbol in (row["symbol"], str(row["con_id"]))]
    if len(found) != 1:
        known = ", ".join(f"{row['con_id']} ({row['symbol']})" for row in found) or "nothing"
        raise SettingsError("is not what is halted", setting="symbol", found=symbol, advice=known)
    done = remote.post(f"/halts/{found[0]['con_id']}/resume")
    typer.echo(visible(f"{done['symbol']} ({done['con_id']}) trades again"))


def _list(remote: ControlClient) -> None:
    rows, console = remote.get("/halts"), Console(highlight=False)
    if not rows:
        console.print("nothing is halted")
        return
    table = Table(title="halted", title_justify="left")
    for name in ("contract", "symbol", "since", "until", "volatility"):
        table.add_column(name)
    for row in rows:
        until = "" if row["until"] is None else row["until"][:19]
        told_row = (row["con_id"], row["symbol"], row["since"][:19], until, row["volatility"])
        table.add_row(*(shown(str(one)) for one in told_row))
    console.print(table)
