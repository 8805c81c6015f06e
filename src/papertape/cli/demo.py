"""``papertape demo``: runs the client's journey against any host and port, and narrates it."""

from collections import Counter
from typing import Annotated, Any

import typer
from rich.console import Console

from ..client.aio import run
from ..errors import PapertapeError
from ..quoting import visible
from ..versions import MAX_SERVER
from ..wire.message import Message
from .journey import Journey
from .terminal import shown


class Story:
    """Prints each step: what was sent, what was received, what it means."""

    def __init__(self, console: Console, *, every: bool) -> None:
        self._console = console
        self._every = every
        self._number = 0
        self._sent: list[str] = []
        self._received: Counter[str] = Counter()
        self._facts: list[str] = []

    def step(self, title: str) -> None:
        """Finish the previous step and start the next."""
        self.finish()
        self._number += 1
        self._console.print(f"\n[bold]{self._number}. {title}[/bold]")

    def fact(self, text: str) -> None:
        """Note a result of the step."""
        self._facts.append(text)

    def observe(self, direction: str, message: Any) -> None:
        """Count messages, or show each one."""
        if not isinstance(message, Message):
            return
        name = type(message).spec.callback
        if self._every:
            arrow = "→" if direction == "out" else "←"
            told = shown(f"{arrow} {name} {fields_of(message)}")
            self._console.print(f"   [dim]{told}[/dim]")
        elif direction == "out":
            self._sent.append(f"{name} {fields_of(message)}".rstrip())
        else:
            self._received[name] += 1

    def finish(self) -> None:
        """Print the results of the step."""
        for line in self._sent:
            self._console.print(f"   [cyan]→ {shown(line)}[/cyan]", soft_wrap=True)
        if self._received:
            told = ", ".join(
                f"{name} x{n}" if n > 1 else name for name, n in self._received.items()
            )
            self._console.print(f"   [magenta]← {told}[/magenta]", soft_wrap=True)
        for fact in self._facts:
            self._console.print(f"   {visible(fact)}", soft_wrap=True, markup=False)
        self._sent, self._facts = [], []
        self._received.clear()


def fields_of(message: Message) -> str:
    """The fields of a message that are set, in one line; nested records in short."""
    parts: list[str] = []
    for name in message.__struct_fields__:
        value = getattr(message, name)
        if hasattr(value, "__struct_fields__"):
            parts += _brief(value)
        elif value not in ("", None, False, [], 0):
            parts.append(f"{name}={value}" if name != "reqId" else "")
    return " ".join(part for part in parts if part)[:160]


def _brief(record: Any) -> list[str]:
    names = (
        "action", "totalQuantity", "orderType", "lmtPrice", "tif", "status", "conId", "symbol",
        "secType", "exchange", "currency", "execId", "side", "shares", "price",
    )  # fmt: skip
    values = [getattr(record, name, None) for name in names]
    return [str(value) for value in values if value not in ("", None, 0)]


def demo(
    host: Annotated[str, typer.Option(help="Host of the TWS or station.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Its API port.")] = 7497,
    client_id: Annotated[int, typer.Option(help="Client id to use.")] = 77,
    max_version: Annotated[
        int, typer.Option(min=100, max=MAX_SERVER, help="Offer at most this server version.")
    ] = MAX_SERVER,
    timeout: Annotated[
        float, typer.Option(min=0.1, max=600, help="Seconds to wait for each answer.")
    ] = 10.0,
    every: Annotated[bool, typer.Option("--every", help="Show every message.")] = False,
    color: Annotated[bool, typer.Option(help="Colours in the output.")] = True,
) -> None:
    """Run a whole client session against a TWS and print what was sent and received.

    It connects, requests contracts, quotes and bars, places and cancels a limit order, buys
    100 SPY at the market, reads account, orders and executions, and reconnects.
    Use it with a paper account only.

    Example: `papertape demo --port 7497`
    """
    console = Console(no_color=not color, highlight=False)
    story = Story(console, every=every)
    journey = Journey(story, host, port, client_id, max_version=max_version, timeout=timeout)
    try:
        run(journey.run())
    except PapertapeError as error:
        story.finish()
        console.print(f"[red]stopped:[/red] {shown(error)}", soft_wrap=True)
        raise typer.Exit(1) from error
    story.finish()
    console.print("\n[green]The journey is complete.[/green]")
