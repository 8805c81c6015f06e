"""What the help of the command shows."""

import re
from pathlib import Path

import pytest

from cli.process import papertape
from papertape.cli import COMMANDS


def test_every_command_stands_in_the_help_with_its_name(tmp_path: Path) -> None:
    overview = papertape("--help", cwd=tmp_path).stdout
    found = re.findall(r"^\W*([a-z-]+) +[A-Z]", overview, re.MULTILINE)
    assert set(COMMANDS) <= set(found)


def test_what_the_help_says_can_be_read_on_a_terminal_of_80_columns(tmp_path: Path) -> None:
    told = papertape("serve", "--help", cwd=tmp_path, COLUMNS="80").stdout
    cut = [line for line in told.splitlines() if line.rstrip(" │").endswith("…")]
    assert not cut


@pytest.mark.sample(7)
@pytest.mark.parametrize("command", COMMANDS)
def test_completion_is_installed_by_the_command_itself_alone(command: str, tmp_path: Path) -> None:
    assert "--install-completion" not in papertape(command, "--help", cwd=tmp_path).stdout
