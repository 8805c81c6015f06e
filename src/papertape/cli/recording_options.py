"""Options of the commands that write and play recordings."""

from pathlib import Path
from typing import Annotated

import typer

Recorded = Annotated[Path, typer.Argument(help="A recording, or one of those of others.")]
Listen = Annotated[str, typer.Option(help="PORT or HOST:PORT to listen on; port 0 picks one.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Log errors only.")]
