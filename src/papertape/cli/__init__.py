"""The command line. A command's module is loaded when it is called; the help loads all."""

import gc
from importlib import import_module
from typing import Annotated, Final

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from .. import __version__

COMMANDS: Final[dict[str, str]] = {
    "serve": "serve",
    "container": "container",
    "demo": "demo",
    "status": "control",
    "clock": "control",
    "accept": "control",
    "drill": "control",
    "halt": "halting",
    "resume": "halting",
    "world": "world",
    "storm": "storm",
    "account": "account",
    "company": "company",
    "contracts": "contracts",
    "data": "data",
    "doctor": "doctor",
    "explain": "explain",
    "proxy": "proxy",
    "record": "record",
    "replay": "replay",
}
"""Command -> its module; the function or command group in it has the command's name."""


class Commands(TyperGroup):
    """Loads a command on first use."""

    def list_commands(self, ctx: object) -> list[str]:
        """The names of the commands, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: object, cmd_name: str) -> TyperCommand | TyperGroup | None:
        """The command of this name; None if there is none."""
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        function = getattr(import_module(f".{module}", __name__), cmd_name)
        if not gc.isenabled():  # __main__ has paused it
            gc.freeze()
            gc.enable()
        if isinstance(function, typer.Typer):
            group = get_command(function)
            assert isinstance(group, TyperGroup)
            group.name = cmd_name
            return group
        alone = typer.Typer(rich_markup_mode="markdown", add_completion=False)
        # The options of a drill, such as --data-lost, are arguments here.
        words = {"ignore_unknown_options": cmd_name == "drill"}
        alone.command(cmd_name, context_settings=words)(function)
        command = get_command(alone)
        assert isinstance(command, TyperCommand)
        return command


app = typer.Typer(
    name="papertape",
    cls=Commands,
    help="An open Trader Workstation: a TWS for API programs, with a paper account and a market.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    add_completion=True,
)


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
