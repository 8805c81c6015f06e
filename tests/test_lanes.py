"""The lanes keep their word: the guard bites, and no test measures how long something takes."""

import ast
import asyncio
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Coroutine, Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import uvloop
from hypothesis import settings

from guard import GUARD, Refused
from lanes import ANOTHER, HANGS_S, is_wholly_outside
from walks import walk

HERE = Path(__file__).parent
FILES = sorted(HERE.rglob("*.py"))


@cache
def text(file: Path) -> str:
    return file.read_text("utf-8")


@cache
def nodes(file: Path) -> list[ast.AST]:
    """Calls and imports of a test file; a file is parsed once."""
    return [node for node in ast.walk(ast.parse(text(file))) if isinstance(node, SOUGHT)]


SOUGHT = ast.Call | ast.ImportFrom
NOBODY = ("127.0.0.1", 9)


# ---------------------------------------------------------------- the guard, in this very lane


def refused(work: Callable[[], Any], kind: str) -> None:
    with pytest.raises(Refused, match=f"without the mark '{kind}'"):
        work()
    assert kind in GUARD.take()


def loop_does(factory: Callable[[], asyncio.AbstractEventLoop], work: Callable[[], Any]) -> Any:
    async def main() -> None:
        await work()

    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(main())


@pytest.mark.parametrize("event", ["bind", "connect"])
def test_an_address_is_refused(event: str) -> None:
    with socket.socket() as one:
        refused(lambda: getattr(one, event)(NOBODY), "network")


def test_a_name_is_not_looked_up() -> None:
    refused(lambda: socket.getaddrinfo("no-such-host.invalid", 80), "network")


OPENING: dict[str, Callable[[], Coroutine[Any, Any, Any]]] = {
    "connection": lambda: asyncio.get_running_loop().create_connection(asyncio.Protocol, *NOBODY),
    "server": lambda: asyncio.get_running_loop().create_server(asyncio.Protocol, *NOBODY),
    "datagrams": lambda: asyncio.get_running_loop().create_datagram_endpoint(
        asyncio.DatagramProtocol, local_addr=NOBODY
    ),
}
LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("what", OPENING)
def test_a_loop_is_refused_whoever_made_it(loop: str, what: str) -> None:
    refused(lambda: loop_does(LOOPS[loop], OPENING[what]), "network")


PROGRAM = (sys.executable, "-c", "")
STARTING: dict[str, Callable[[], Any]] = {
    "run": lambda: subprocess.run(PROGRAM, check=True),
    "fork": os.fork,
    "system": lambda: os.system("true"),
    "spawn": lambda: os.posix_spawn(sys.executable, PROGRAM, {}),
    "asyncio": lambda: loop_does(
        asyncio.new_event_loop, lambda: asyncio.create_subprocess_exec(*PROGRAM)
    ),
    "uvloop": lambda: loop_does(
        uvloop.new_event_loop, lambda: asyncio.create_subprocess_exec(*PROGRAM)
    ),
}


@pytest.mark.parametrize("how", STARTING)
def test_a_process_is_refused(how: str) -> None:
    refused(STARTING[how], "process")


def test_a_loop_and_a_pair_of_sockets_are_nothing_that_leaves_the_process() -> None:
    with asyncio.Runner() as runner:
        assert runner.run(asyncio.sleep(0, 7)) == 7
    one, other = socket.socketpair()
    with one, other:
        one.sendall(b"x")
        assert other.recv(1) == b"x"


# ---------------------------------------------------------------- what becomes of such a test

BAD = """
import socket, subprocess, sys, threading
import pytest

def swallows(work):
    try:
        work()
    except BaseException:
        pass

def opens():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))

def starts():
    subprocess.run([sys.executable, "-c", ""], check=True)

@pytest.fixture
def prepared():
    swallows(starts)

def test_opens(): opens()
def test_opens_and_swallows(): swallows(opens)
def test_starts_and_swallows(): swallows(starts)
def test_in_a_thread():
    thread = threading.Thread(target=lambda: swallows(opens))
    thread.start()
    thread.join()
def test_in_a_fixture(prepared): pass
@pytest.mark.process
def test_another_mark_does_not_help(): swallows(opens)

@pytest.mark.network
def test_may_open(): opens()
@pytest.mark.process
def test_may_start(): starts()
@pytest.mark.proof
def test_searches(): pass
@pytest.mark.long
def test_takes_long(): pass
@pytest.mark.sample(3)
@pytest.mark.parametrize("row", range(6))
def test_has_many_rows(row): pass
@pytest.mark.sample(9, test=3, quick=4)
@pytest.mark.parametrize("row", range(7))
def test_has_long_rows(row): pass
@pytest.mark.sample(9, test=5)
@pytest.mark.parametrize("row", range(6))
def test_has_slow_rows(row): pass
@pytest.mark.repeats
def test_repeats(): pass
@pytest.mark.repeats(quick=True)
def test_repeats_soon(): pass
def test_is_quiet(): pass
"""


def outcomes(folder: Path, lane: str) -> dict[str, str]:
    """Test -> passed, failed or error, in a run of its own."""
    (folder / "test_bad.py").write_text(BAD)
    (folder / "pytest.ini").write_text(
        "[pytest]\nmarkers =\n network\n process\n proof\n peers\n long\n sample\n repeats\n"
    )
    done = subprocess.run(
        [sys.executable, *ANOTHER, "-p", "conftest", "-rA", "--tb=no", "test_bad.py"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PAPERTAPE_LANE": lane},
        capture_output=True,
        text=True,
        timeout=HANGS_S,
        check=False,
    )
    rows = [line.split()[:2] for line in done.stdout.splitlines() if "test_bad.py::" in line]
    found = {name.partition("::test_")[2]: word.lower() for word, name in rows}
    assert found, done.stdout + done.stderr
    return found


@pytest.mark.process
def test_who_does_more_than_its_marks_say_fails_by_name(tmp_path: Path) -> None:
    assert outcomes(tmp_path, "test") == {
        "opens": "failed",
        "opens_and_swallows": "failed",
        "starts_and_swallows": "failed",
        "in_a_thread": "failed",
        "in_a_fixture": "error",
        "another_mark_does_not_help": "failed",
        "may_open": "passed",
        "may_start": "passed",
        "searches": "passed",
        "takes_long": "passed",
        **{f"has_many_rows[{row}]": "passed" for row in range(6)},
        **{f"has_long_rows[{row}]": "passed" for row in (0, 3, 6)},
        **{f"has_slow_rows[{row}]": "passed" for row in (0, 5)},
        "is_quiet": "passed",
    }


@pytest.mark.process
def test_a_lane_has_its_own_tests(tmp_path: Path) -> None:
    left_out = {"may_open", "may_start", "searches", "takes_long", "another_mark_does_not_help"}
    found = outcomes(tmp_path, "check").keys()
    assert not left_out & found
    assert rows(found, "many") == [0, 3, 5]
    assert rows(found, "long") == [0, 6] and rows(found, "slow") == [0, 5]
    quick, proof = outcomes(tmp_path, "quick").keys(), outcomes(tmp_path, "proof").keys()
    assert rows(quick, "long") == [1, 5] and rows(proof, "long") == list(range(7))
    assert rows(quick, "slow") == [] and rows(proof, "slow") == list(range(6))
    assert {one for one in quick if "rows" not in one} == {"searches", "repeats_soon"}
    assert {one for one in proof if "rows" not in one} == {"searches", "repeats", "repeats_soon"}
    assert rows(proof, "many") == []


def rows(found: Iterable[str], kind: str) -> list[int]:
    """The rows of a table that were run."""
    name = f"has_{kind}_rows["
    return sorted(int(one.removeprefix(name)[:-1]) for one in found if one.startswith(name))


# ---------------------------------------------------------------- no test knows how late it is

WAITING = {
    "console/started.py", "ibapi/apps.py", "peers/station.py", "peers/test_journey.py",
    "simulation/kills.py",
}  # fmt: skip
"""They wait for another process or thread, and give up when it hangs."""
OTHERS = {"server/sockets.py"}
"""A computer's clock for a station."""
DRIVERS = "peers/drivers/"
"""Programs of other interpreters, no tests."""
CLOCKS = ("monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "process_time")


@walk("file", FILES, ids=lambda file: str(file.relative_to(HERE)))
def test_nothing_is_measured_by_the_wall_clock(file: Path) -> None:
    name = file.relative_to(HERE).as_posix()
    spoken_of = any(word in text(file) for word in ("time.time", *CLOCKS))
    if spoken_of and name not in WAITING | OTHERS and not name.startswith(DRIVERS):
        calls = [ast.unparse(node.func) for node in nodes(file) if isinstance(node, ast.Call)]
        assert not {"time.time", *CLOCKS, *(f"time.{one}" for one in CLOCKS)}.intersection(calls)


@pytest.mark.parametrize(
    ("text", "outside"),
    [
        ("pytestmark = pytest.mark.network\n", True),
        ("import pytest\n\npytestmark = [pytest.mark.network, pytest.mark.process]\n", True),
        ("pytestmark = pytest.mark.usefixtures('network')\n", False),
        ("@pytest.mark.network\ndef test_one() -> None: ...\n", False),
        ("    pytestmark = pytest.mark.network  # of a class\n", False),
    ],
)
def test_a_file_that_is_wholly_outside_is_not_imported(
    text: str, outside: bool, tmp_path: Path
) -> None:
    file = tmp_path / "test_one.py"
    file.write_text(text, "utf-8")
    assert is_wholly_outside(file, "check") == outside
    assert not is_wholly_outside(file, "test")


@pytest.mark.parametrize(
    ("text", "lanes"),
    [
        ("def test_one() -> None: ...\n", set()),
        ("from hypothesis import given\n", {"quick", "proof"}),
        ("@pytest.mark.proof\n", {"quick", "proof"}),
        ("@pytest.mark.repeats\n", {"proof"}),
        ("@pytest.mark.sample(7, test=3)\n", {"proof"}),
        ("@walk('name', ROWS, test=3, quick=5)\n", {"quick", "proof"}),
    ],
)
def test_a_file_without_searches_is_not_imported_for_them(
    text: str, lanes: set[str], tmp_path: Path
) -> None:
    file = tmp_path / "test_one.py"
    file.write_text(text, "utf-8")
    assert {one for one in ("quick", "proof") if not is_wholly_outside(file, one)} == lanes


def test_property_tests_have_no_deadline_and_their_number_from_the_lane() -> None:
    assert settings().deadline is None
    using = {
        file.relative_to(HERE).as_posix()
        for file in FILES
        if "hypothesis" in text(file)
        and "settings" in text(file)
        and any(
            isinstance(node, ast.ImportFrom)
            and node.module == "hypothesis"
            and any(alias.name == "settings" for alias in node.names)
            for node in nodes(file)
        )
    }
    assert using == {"lanes.py", "test_lanes.py"}


def test_threads_are_seen_too() -> None:
    met: list[BaseException] = []

    def opens() -> None:
        try:
            socket.create_connection(NOBODY, 1)
        except BaseException as error:  # noqa: BLE001
            met.append(error)

    thread = threading.Thread(target=opens)
    thread.start()
    thread.join()
    assert isinstance(met[0], Refused) and "network" in GUARD.take()
