"""The command line: ``papertape serve``, ``papertape demo``, ``papertape --version``."""

from typing import Annotated

import typer

from .. import __version__
from .demo import demo
from .serve import serve

app = typer.Typer(
    name="papertape",
    help="An open Trader Workstation: a TWS for API programs, with a paper account and a market.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    add_completion=True,
)
app.command()(serve)
app.command()(demo)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"papertape {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """The entry point of the ``papertape`` command."""
    app()
