"""What the command line of the measurements takes; nothing is measured here."""

import ast
import os
import subprocess
import symtable
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from bench import common, messages
from bench.__main__ import HAVE_OPTIONS, LONG, SUITES, document, main, split

from lanes import HANGS_S
from walks import walk

ALL = SUITES | LONG
ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def ran(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """The suites that were started, with their options; none of them measures."""
    found: list[tuple[str, Any]] = []

    class Suite:
        def __init__(self, name: str) -> None:
            self.name = name.removeprefix("bench.")

        def run(self, *options: list[str]) -> None:
            found.append((self.name, *options))

    monkeypatch.setattr("bench.__main__.import_module", Suite)
    return found


@pytest.mark.long
def test_help_teaches_every_suite(capsys: pytest.CaptureFixture[str], ran: list[Any]) -> None:
    assert main(["--help"]) == 0
    told = capsys.readouterr().out
    for name, long in ALL.items():
        assert f"{name} ({long}" in told
        assert document(name).splitlines()[0] in told
    assert "markdown" in told
    assert not ran


@pytest.mark.parametrize("name", sorted(ALL.keys() - set(HAVE_OPTIONS)))
def test_help_of_a_suite(name: str, capsys: pytest.CaptureFixture[str], ran: list[Any]) -> None:
    assert main([name, "--help"]) == 0
    assert capsys.readouterr().out.strip() == document(name)
    assert not ran


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nonsense"], "no suite 'nonsense'; there are the suites talk,"),
        (["--rounds", "3"], "no option '--rounds'; there are the suites talk,"),
        (["talk", "--rounds", "3"], "talk has no options, but '--rounds 3' was given"),
        (["talk", "decode", "nonsense"], "decode has no options, but 'nonsense' was given"),
    ],
)
def test_what_is_unknown_is_refused_before_anything_runs(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str], ran: list[Any]
) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().out.replace("\n", " ").startswith(told)
    assert not ran


def test_suites_follow_each_other_with_their_options(ran: list[Any]) -> None:
    assert main(["talk", "messages", "PlaceOrder", "--rounds", "7", "fan"]) == 0
    assert ran == [("talk",), ("messages", ["PlaceOrder", "--rounds", "7"]), ("fan",)]
    assert split(["load", "--name", "load", "talk"]) == [("load", ["--name", "load"]), ("talk", [])]


def test_without_a_suite_the_short_ones_run(ran: list[Any]) -> None:
    assert main([]) == 0
    assert [name for name, *_ in ran] == list(SUITES)


@pytest.mark.parametrize(
    ("ended", "status", "told"),
    [
        (KeyboardInterrupt(), 130, "talk: interrupted"),
        (RuntimeError("the station ended with 2"), 1, "talk: the station ended with 2"),
        (ConnectionRefusedError(111, "refused"), 1, "talk: [Errno 111] refused"),
        (subprocess.TimeoutExpired("venue.py", 9), 1, "talk: Command 'venue.py' timed out"),
    ],
)
def test_a_suite_that_cannot_go_on_is_told_and_none_comes_after_it(
    ended: BaseException,
    status: int,
    told: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    ran: list[Any],
) -> None:
    class Ends:
        def run(self) -> None:
            raise ended

    monkeypatch.setattr("bench.__main__.import_module", lambda _: Ends())
    assert main(["talk", "fan"]) == status
    assert capsys.readouterr().out.startswith(told)
    assert not ran


@pytest.mark.process
def test_a_reader_that_stops_reading_is_no_traceback() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "bench", "--help"],
            cwd=common.ROOT, stdout=writer, stderr=subprocess.PIPE, timeout=HANGS_S, check=False,
        )  # fmt: skip
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (1, b"")


@walk("name", sorted(ALL))
def test_every_suite_can_be_loaded(name: str) -> None:
    assert callable(import_module(f"bench.{name}").run)


CLIENTS = sorted(common.CLIENTS.glob("*.py"))


@pytest.mark.long
@walk("path", CLIENTS, ids=lambda path: str(path.stem))
def test_what_a_client_script_takes_from_the_package_is_there(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    branches = [node.orelse for node in ast.walk(tree) if isinstance(node, ast.If)]
    first_edition = [one for branch in branches for one in branch]
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node not in first_edition:
            if not str(node.module).startswith("papertape"):
                continue
            found = import_module(str(node.module))
            assert all(hasattr(found, alias.name) for alias in node.names), ast.unparse(node)


@pytest.fixture
def rates(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str]]]:
    """Clients and cases that were measured, with made-up rates."""
    found: list[tuple[str, list[str]]] = []

    def measure(client: messages.Client, cases: list[str]) -> dict[str, float]:
        found.append((client.name, cases))
        return dict.fromkeys(cases, 100.0 + len(found))

    known = [
        messages.Client("papertape (asyncio), text", "", "modern", "", 200),
        messages.Client("ib_async, its IB", "", "insync", "", 178),
    ]
    monkeypatch.setattr(messages, "measure", measure)
    monkeypatch.setattr(messages, "clients", lambda: known)
    return found


def test_some_cases_are_measured_and_leave_what_was_kept(
    rates: list[tuple[str, list[str]]], monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setattr(common, "OUT", tmp_path)
    messages.run(["PlaceOrder", "TickByTick", "--rounds", "2"])
    ours, theirs = known = [name for name, _ in rates[:2]]
    assert rates == [(ours, ["PlaceOrder"]), (theirs, ["TickByTick", "PlaceOrder"])] * 2
    assert list(tmp_path.iterdir()) == []
    messages.run(["--rounds", "1"])
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "messages.json", "messages_ratios.json"
    ]  # fmt: skip
    assert [name for name, _ in rates[4:]] == known


@pytest.mark.parametrize("options", [["Nonsense"], ["--rounds", "0"], ["--nonsense"]])
def test_messages_refuses_what_it_does_not_know(
    options: list[str], rates: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        messages.run(options)
    assert ended.value.code == 2
    assert "error: " in capsys.readouterr().err
    assert not rates


@pytest.mark.long
@walk("path", sorted((ROOT / "bench").rglob("*.py")), ids=lambda path: path.stem)
def test_no_name_hides_a_function_that_it_is_called_by(path: Path) -> None:
    """Nobody notices before the suite has run for minutes."""
    text = path.read_text("utf-8")
    top = symtable.symtable(text, str(path), "exec")
    kinds = {one.get_name(): one for one in top.get_children() if one.get_type() == "function"}
    for function in ast.parse(text).body:
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            own = set(kinds[function.name].get_locals())  # type: ignore[attr-defined]
            calls = (one.func for one in ast.walk(function) if isinstance(one, ast.Call))
            called = {one.id for one in calls if isinstance(one, ast.Name)}
            assert not called & own & kinds.keys(), function.name
