"""How a run ends: by the program, by the market's time, by the computer's, or by a mishap that is
called by its name."""

import sys
from typing import Any

import pytest

from papertape.errors import SettingsError
from papertape.testing import RunningStation, serve
from papertape.testing.market_time import MarketTimeRun, run_in_market_time
from testing.market_time.bots import START

pytestmark = [pytest.mark.network, pytest.mark.process]
SECOND = 10**9
CONNECTS = """
import os, signal, socket, subprocess, sys, threading, time

def connect():
    sock = socket.create_connection(
        (os.environ["PAPERTAPE_HOST"], int(os.environ["PAPERTAPE_PORT"]))
    )
    sock.sendall(b"API\\0\\0\\0\\0\\x09v100..176")
    sock.recv(100)
    sock.sendall(b"\\0\\0\\0\\x08" + b"71\\x002\\x001\\0\\0")
    sock.recv(100)
    return sock

"""


def run(program: str, *options: str, **more: Any) -> MarketTimeRun:
    with serve(speed=0, start=START) as tws:
        return ran(tws, program, *options, **more)


def ran(tws: RunningStation, program: str, *options: str, **more: Any) -> MarketTimeRun:
    return run_in_market_time(tws, [sys.executable, *options, "-c", CONNECTS + program], **more)


def test_a_program_ends_by_itself_and_a_station_has_one_after_another() -> None:
    with serve(speed=0, start=START) as tws:
        begun = tws.now
        for number, code in enumerate((0, 7), 1):
            program = f"connect(); time.sleep(90); print('so'); sys.exit({code})"
            ended = ran(tws, program)
            assert (ended.problem, ended.kind, ended.code) == ("", "", code)
            assert (ended.output, ended.dropped, ended.notes) == ("so\n", 0, ())
            assert ended.ended_at == tws.now == begun + 90 * number * SECOND
        assert not tws.call(lambda station: list(station.sessions()))


def test_the_market_time_at_which_it_is_ended() -> None:
    program = """
signal.signal(signal.SIGTERM, lambda *_: (time.sleep(5), print("goodbye"), sys.exit()))
connect()
while True:
    time.sleep(0.7)
    print(time.strftime("%S"))
"""
    with serve(speed=0, start=START) as tws:
        until = tws.now + 3 * SECOND
        ended = ran(tws, program, until=until)
        assert (ended.problem, ended.kind, ended.code) == ("", "", None)
        assert ended.ended_at == tws.now == until
    assert ended.output == "00\n01\n02\n02\ngoodbye\n"


def test_a_condition_that_ends_it() -> None:
    ask = "sock.sendall(b'\\0\\0\\0\\5' + b'49\\x001\\0')"
    program = f"sock = connect()\nwhile True: time.sleep(1); {ask}"
    ended = run(program, stop=lambda station: station.world.seen.total >= 4)
    assert (ended.problem, ended.kind, ended.code) == ("", "", None)
    assert ended.ended_at == (1_775_829_600 + 3) * SECOND


@pytest.mark.parametrize(
    ("program", "options", "kind", "said"),
    [
        ("pass", (), "not-connected", "has ended without having connected"),
        ("connect(); time.sleep(1)", ("-I",), "not-injected", "without -E, -I and -S"),
        ("connect(); time.sleep(1)", ("-S",), "not-injected", "without -E, -I and -S"),
        (
            "subprocess.run([sys.executable, *sys.orig_argv[1:]], timeout=60)",
            (),
            "child",
            "a process that the program started has connected",
        ),
    ],
)
def test_what_goes_wrong_has_a_name(
    program: str, options: tuple[str, ...], kind: str, said: str
) -> None:
    if kind == "child":
        program = f"if 'again' in os.environ: connect()\nos.environ['again'] = '1'\n{program}"
    ended = run(program, *options)
    assert (ended.kind, said in ended.problem) == (kind, True), ended


@pytest.mark.parametrize(
    ("program", "kind", "said"),
    [
        ("connect()\nwhile True: pass", "timeout", "it has not waited for anything for"),
        ("connect()\nwhile True: time.sleep(60)", "timeout", "waiting for its next turn"),
        ("while True: pass", "not-connected", "has not connected within"),
    ],
)
def test_a_program_without_an_end_is_ended_by_the_computers_clock(
    program: str, kind: str, said: str
) -> None:
    ended = run(program, timeout_s=1.5)
    assert (ended.kind, said in ended.problem, ended.code) == (kind, True, None), ended


def test_a_loop_that_waits_for_another_thread_gets_its_answer() -> None:
    program = """
def listen():
    time.sleep(3)
    found.append(time.strftime("%S"))

connect()
found = []
threading.Thread(target=listen).start()
while not found:
    pass
print(found)
"""
    ended = run(program)
    assert (ended.problem, ended.code, ended.output) == ("", 0, "['03']\n")
    assert "has computed for long while others waited" in ended.notes[0]


def test_a_program_that_becomes_another_keeps_the_clock() -> None:
    program = """
if len(sys.argv) < 2:
    time.sleep(20)
    os.execlp(sys.executable, sys.executable, *sys.orig_argv[1:], "again")
connect()
time.sleep(30)
print(time.strftime("%S"))
"""
    ended = run(program)
    assert (ended.problem, ended.code, ended.output) == ("", 0, "50\n")


def test_a_program_that_leaves_the_gate_before_its_connections_has_ended() -> None:
    program = """
sock = connect()
time.sleep(10)
for number in range(3, 64):
    if number != sock.fileno():
        try:
            os.close(number)
        except OSError:
            pass
sum(range(20_000_000))
os._exit(3)
"""
    ended = run(program)
    assert (ended.kind, ended.problem, ended.code) == ("", "", 3)


def test_uvloop_gives_way_and_it_is_said() -> None:
    program = """
import asyncio, uvloop
connect()
print(asyncio.SelectorEventLoop is uvloop.new_event_loop)
uvloop.run(asyncio.sleep(10))
print(time.strftime("%S"))
"""
    ended = run(program)
    assert (ended.code, ended.output) == (0, "True\n10\n")
    assert ended.notes == (
        "uvloop is replaced by asyncio's own loop: the market's clock does not reach into it",
    )


def test_a_program_that_cannot_be_started() -> None:
    with (
        serve(speed=0, start=START) as tws,
        pytest.raises(SettingsError, match="cannot be started"),
    ):
        run_in_market_time(tws, ["/no/such/program"])


def test_a_station_that_stops_is_told_of() -> None:
    def breaks(station: object) -> bool:
        raise ArithmeticError("of the day")

    ended = run("connect()\nwhile True: time.sleep(1)", stop=breaks)
    assert (ended.kind, ended.code) == ("station", None)
    assert "of the day" in ended.problem
