"""``papertape demo``: the client's journey against any host and port, told as a story."""

from typing import Annotated

import typer


def demo(
    host: Annotated[str, typer.Option(help="Where TWS or a station listens.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Its API port.")] = 7497,
    client_id: Annotated[int, typer.Option(help="Client id to use.")] = 77,
) -> None:
    """Run the whole journey against a TWS and tell what was sent and received."""
    raise typer.Exit(2)
