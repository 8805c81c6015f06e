"""The pages of the drills: what they tell to type works."""

import ast
import re
from pathlib import Path

import pytest

from server.pair import Hall
from walks import walk

FOLDER = Path(__file__).parents[3] / "docs/drills"
PAGES = sorted(FOLDER.glob("*.md"))
COMMAND = re.compile(r"papertape (?:serve --drill|drill) '([^']+)'")
CALL = re.compile(r"tws\.drill\(.*?\)")
BARE = re.compile(r"`(black-hole [^`]+)`")


@pytest.mark.long
@walk("page", PAGES, ids=lambda page: page.stem)
def test_every_command_starts_its_drill(page: Path) -> None:
    text = page.read_text("utf-8")
    commands = COMMAND.findall(text) + BARE.findall(text)
    assert commands
    for command in commands:
        Hall().station.drills.begin(command)


@pytest.mark.long
@walk("page", PAGES, ids=lambda page: page.stem)
def test_every_call_starts_its_drill(page: Path) -> None:
    calls = CALL.findall(page.read_text("utf-8"))
    assert calls
    for call in calls:
        tree = ast.parse(call, mode="eval").body
        assert isinstance(tree, ast.Call)
        if any(isinstance(word.value, ast.Name) for word in tree.keywords):
            continue  # a variable of the test around it
        (name,) = [ast.literal_eval(argument) for argument in tree.args]
        options = {str(word.arg): ast.literal_eval(word.value) for word in tree.keywords}
        if page.stem != "README":
            assert name == page.stem
        Hall().station.drills.start(name, **options)


@walk("page", PAGES, ids=lambda page: page.stem)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text("utf-8")):
        assert target.startswith("https://") or (FOLDER / target).exists(), target
