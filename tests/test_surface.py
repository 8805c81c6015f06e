"""The public surface is small, sorted, and costs nothing until a name of it is used."""

import subprocess
import sys

import pytest

import papertape
from walks import walk

PUBLIC: list[str] = list(getattr(papertape, "__all__", []))

# What only some names need must not be paid for by `import papertape`.
HEAVY = ["asyncio", "polars", "typer", "rich", "pydantic", "google.protobuf"]


def loaded_after(statement: str) -> set[str]:
    script = f"import sys; {statement}; print(*sys.modules)"
    command = [sys.executable, "-c", script]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def test_all_is_sorted_without_repetition() -> None:
    assert sorted(set(PUBLIC)) == PUBLIC


def test_all_holds_public_names_only() -> None:
    assert [name for name in PUBLIC if name.startswith("_") and name != "__version__"] == []


@walk("name", PUBLIC)
def test_every_public_name_exists(name: str) -> None:
    assert getattr(papertape, name) is not None
    assert name in dir(papertape)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        getattr(papertape, "no_such_name")  # noqa: B009  # a plain access would not type-check


@pytest.mark.process
def test_importing_the_package_is_cheap() -> None:
    assert loaded_after("import papertape") & set(HEAVY) == set()


@pytest.mark.process
def test_importing_the_package_reads_none_of_its_layers() -> None:
    before = loaded_after("pass")
    ours = {name for name in loaded_after("import papertape") - before if "papertape" in name}
    assert ours == {"papertape"}


def test_the_version_is_told() -> None:
    assert papertape.__version__[0].isdigit()
