"""What the help of the command shows."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer import rich_utils
from typer.main import get_command

from cli.process import invoke, papertape
from papertape import cli
from papertape.cli import COMMANDS, Commands, app


def test_every_command_stands_in_the_help_with_its_name(tmp_path: Path) -> None:
    overview = papertape("--help", cwd=tmp_path).stdout
    found = re.findall(r"^\W*([a-z-]+) +[A-Z]", overview, re.MULTILINE)
    assert set(COMMANDS) <= set(found)


def leaves(command: Any, *names: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command below one, with the words that call it."""
    yield names, command
    for name, one in getattr(command, "commands", {}).items():
        yield from leaves(one, *names, name)


@pytest.mark.sample(7)
@pytest.mark.parametrize("command", COMMANDS)
def test_options_have_their_whole_names_on_a_terminal_of_80_columns(
    command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rich_utils, "MAX_WIDTH", 80)
    commands = get_command(app)
    assert isinstance(commands, Commands)
    for words, one in leaves(commands.get_command(None, command), command):
        told = invoke([*words, "--help"]).output
        assert told and max(map(len, told.splitlines())) <= 80
        names = [name for option in one.params for name in (*option.opts, *option.secondary_opts)]
        missing = [name for name in names if name.startswith("-") and name not in told]
        assert not missing, " ".join(words)
        cut = [line for line in told.splitlines() if line.rstrip(" │").endswith("…")]
        assert not cut


@pytest.mark.sample(7)
@pytest.mark.parametrize("command", COMMANDS)
def test_completion_is_installed_by_the_command_itself_alone(command: str, tmp_path: Path) -> None:
    assert "--install-completion" not in papertape(command, "--help", cwd=tmp_path).stdout


@pytest.mark.long
def test_an_option_that_several_commands_have_is_written_once() -> None:
    written = Counter(
        ast.unparse(call)
        for file in sorted(Path(cli.__file__).parent.glob("*.py"))
        for call in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and ast.unparse(call.func) in ("typer.Option", "typer.Argument")
    )
    assert len(written) > 100
    assert [text for text, count in written.items() if count > 1] == []


@pytest.mark.parametrize("command", ["account", "company"])
def test_commands_for_accounts_say_alike_where_they_are(command: str) -> None:
    commands = get_command(app)
    assert isinstance(commands, Commands)
    found = list(leaves(commands.get_command(None, command), command))[1:]
    assert len(found) >= 5
    for words, one in found:
        options = [option.opts[0] for option in one.params if option.param_type_name == "option"]
        where = [name for name in options if name in ("--port", "--data-dir", "--config")]
        assert where == ["--port", "--data-dir", "--config"], words
