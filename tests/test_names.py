"""A public class name stands in one module of the package."""

import ast
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "papertape"
OFFICIAL = "ibapi/"
"""The skin in the vendor's shape. Programs import its classes by their official names
(``from papertape.ibapi.contract import Contract``), and the records of the model and the messages
of the wire are named after the same things, so those names stand here and once more below it."""


@cache
def homes() -> dict[str, tuple[str, ...]]:
    """Public top-level class -> the modules that define it."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found[node.name].append(path.relative_to(SOURCE).as_posix())
    return {name: tuple(modules) for name, modules in found.items()}


def repeated() -> dict[str, tuple[str, ...]]:
    """Names that stand in two modules where the official skin is no reason."""
    return {
        name: modules
        for name, modules in homes().items()
        if len(modules) > 1 and not excused(modules)
    }


def excused(modules: tuple[str, ...]) -> bool:
    """Whether one is the official class, and the other a record or a message of that name."""
    others = [module for module in modules if not module.startswith(OFFICIAL)]
    below = all(module.startswith(("model/", "wire/catalogue/")) for module in others)
    return len(modules) == 2 and len(others) == 1 and below


@pytest.mark.long
def test_no_public_class_name_stands_in_two_modules() -> None:
    assert repeated() == {}
