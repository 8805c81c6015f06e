"""Every error that the venue and the server can produce has its text in the code table.

The calls are read out of the source, so that a refusal which no scenario reaches is checked too.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import papertape
from papertape import codes
from papertape.server.sessions.session import TAG

ROOT = Path(papertape.__file__).parent
MAKERS = {"Refusal": 0, "BadRequest": 0, "error": 1}
"""Who makes an error, and which argument is its code."""


class Made(NamedTuple):
    """An error as a line of source makes it."""

    place: str
    code: int
    variant: str | None
    facts: tuple[str, ...]


def made_in(path: Path) -> Iterator[Made]:
    """Every error with a literal code, once for each text that it may choose."""
    text = path.read_text("utf-8")
    if not any(f"{name}(" in text for name in MAKERS):
        return
    nodes = list(ast.walk(ast.parse(text)))
    above = list(named_dicts(nodes))
    for node in nodes:
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        if name not in MAKERS or len(node.args) <= MAKERS[name]:
            continue
        place = f"{path.relative_to(ROOT)}:{node.lineno}"
        code = node.args[MAKERS[name]]
        if isinstance(code, ast.Constant) and isinstance(code.value, int):
            dicts = {named: made for named, made in above if made.lineno < node.lineno}
            variants, facts = details(node, name, dicts)
            yield from (Made(place, code.value, variant, facts) for variant in variants)


def named_dicts(nodes: list[ast.AST]) -> Iterator[tuple[str, ast.Dict]]:
    """Dicts that have a name before they are used."""
    for node in nodes:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict):
            yield ast.unparse(node.targets[0]), node.value


def details(
    node: ast.Call, name: str, dicts: dict[str, ast.Dict]
) -> tuple[list[str | None], tuple[str, ...]]:
    """The variants and the names of the facts."""
    rest: list[Any] = node.args[MAKERS[name] + 1 :]
    named: dict[str, Any] = {word.arg: word.value for word in node.keywords if word.arg}
    if name == "Refusal":
        facts = keys(rest[0] if rest else named.get("facts"), dicts)
        return texts(rest[1] if len(rest) > 1 else named.get("variant")), facts
    variants = texts(named.pop("variant", rest[0] if rest else None))
    spread = [word.value for word in node.keywords if word.arg is None]
    return variants, (*named, *(key for value in spread for key in keys(value, dicts)))


def texts(node: Any) -> list[str | None]:
    if isinstance(node, ast.IfExp):
        return [*texts(node.body), *texts(node.orelse)]
    return [str(node.value) if isinstance(node, ast.Constant) else None]


def keys(node: Any, dicts: dict[str, ast.Dict]) -> tuple[str, ...]:
    if isinstance(node, ast.Name):
        node = dicts.get(node.id, node)
    if isinstance(node, ast.Dict):
        return tuple(str(key.value) for key in node.keys if isinstance(key, ast.Constant))
    assert node is None, f"facts that cannot be read from the source: {ast.unparse(node)}"
    return ()


SOURCES = sorted([*ROOT.glob("venue/**/*.py"), *ROOT.glob("server/**/*.py")])


@pytest.fixture(scope="module")
def everything() -> list[Made]:
    """Every error of the sources: read by the worker whose tests these are, and by no other."""
    return [made for path in SOURCES for made in made_in(path)]


def test_every_error_has_its_text(everything: list[Made]) -> None:
    wrong = {}
    for made in everything:
        facts = {"tag": TAG, **dict.fromkeys(made.facts, "x")}
        try:
            text = codes.text(made.code, made.variant, **facts)
        except Exception as problem:  # noqa: BLE001 (told with its place)
            wrong[made] = repr(problem)
            continue
        if not text or "{" in text.replace("{SPACE}", ""):  # a word of TWS
            wrong[made] = text
        elif made.code not in codes.default_table():
            wrong[made] = "no known code"
    assert not wrong


def test_the_search_finds_the_errors(everything: list[Made]) -> None:
    found = {made.code for made in everything}
    assert {103, 105, 110, 200, 201, 300, 320, 321, 322, 323, 326, 478, 10149, 10244} <= found
