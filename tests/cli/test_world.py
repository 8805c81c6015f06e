"""``papertape world`` and ``serve --world`` as they are typed, with programs that misbehave."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli.process import papertape as within
from cli.process import ran, station
from lanes import HANGS_S

pytestmark = [pytest.mark.network, pytest.mark.process]

WORLD = """
start      2026-04-10 15:40 US/Eastern
account    DU1000001  cash 25,000 USD
quote      SPY  170.08 x 170.10 * 300
on order   BUY SPY                      as dip
  fill     dip  60 @ 168.30
  +100ms   fill dip rest @ 168.31
expect     order  BUY 100 SPY LMT  within 30s
at end     position SPY 100;  no working orders
"""
BOT = """
import asyncio, os, papertape
from papertape import LimitOrder, Stock

async def main():
    client = await papertape.connect(
        os.environ["PAPERTAPE_HOST"], int(os.environ["PAPERTAPE_PORT"]), 1
    )
    trade = client.place_order(Stock("SPY", "SMART", "USD"), LimitOrder("BUY", 100, 168.5))
    while not trade.done:
        await asyncio.sleep(0.01)
    print("filled", trade.filled)
    await client.disconnect()

asyncio.run(main())
"""
CONNECTS = """
import os, socket, sys, time
s = socket.create_connection((os.environ["PAPERTAPE_HOST"], int(os.environ["PAPERTAPE_PORT"])))
s.sendall(b"API\\0\\0\\0\\0\\x09v100..176")
s.recv(100)
s.sendall(b"\\0\\0\\0\\x08" + b"71\\x002\\x001\\0\\0")
s.recv(100)
"""


def papertape(*words: str | Path) -> "subprocess.CompletedProcess[str]":
    return ran(*words, cwd=Path.cwd())


def file(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


def alive(mark: str) -> list[str]:
    """Processes whose command line has a mark."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and folder.name != str(os.getpid()):
            try:
                line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if mark in line:
                found.append(line)
    return found


def test_a_world_is_played_with_a_program(tmp_path: Path) -> None:
    world, bot = file(tmp_path, "dip.world", WORLD), file(tmp_path, "bot.py", BOT)
    run = papertape("world", "run", world, "--", sys.executable, bot)
    assert run.returncode == 0, run.stderr
    assert run.stdout == "filled 100\n"
    assert "ok    line 8: expect order BUY 100 SPY LMT within 30s" in run.stderr
    assert "3 of 3 hold" in run.stderr


def test_what_does_not_hold_is_shown_and_is_the_exit_code(tmp_path: Path) -> None:
    text = WORLD.replace("position SPY 100", "position SPY 90")
    world, bot = file(tmp_path, "dip.world", text), file(tmp_path, "bot.py", BOT)
    run = papertape("world", "run", world, "--", sys.executable, bot)
    assert run.returncode == 1
    assert "FAIL  line 9: at end position SPY 90" in run.stderr
    assert "        wanted  position SPY 90\n        came    position SPY 100" in run.stderr
    assert "2 of 3 hold" in run.stderr


def test_without_a_program_time_jumps_to_the_end(tmp_path: Path) -> None:
    text = "quote SPY 170 x 170.02\n+2h expect orders 0\n+3h fill nobody\n+5h end"
    run = papertape("world", "run", file(tmp_path, "w.world", text))
    assert run.returncode == 1
    assert "ok    line 2" in run.stderr and "FAIL  line 3: +3h fill nobody" in run.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("quot SPY 1 x 2", "line 1, column 1: 'quot' is no verb"),
        ("quote NOSUCH 1 x 2", "line 1, column 7: 'NOSUCH' is the name of no contract"),
        ("start 2026-03-08 02:30 US/Eastern", "is no time that clocks there show"),
        ("start 2026-04-10 10:00 Mars/North", "has no such time zone"),
        ("drill no-such", "line 1, column 7: 'no-such' is not a drill"),
        ("drill farm-blip ms=x", "'farm-blip' needs the option name"),
        ("drill farm-blip name=usfarm ms=x", "has an option that is not valid"),
        ("fill dip", "'dip' is no order of a rule above"),
        ("contract X STK NYSE USD tick 0.03", "is no good as minTick"),
        ("on order BUY\n  +1s quote NOSUCH 1 x 2", "line 2, column 13: 'NOSUCH' is the name of no"),
    ],
)
def test_check_tells_what_is_wrong_and_run_does_not_begin(
    tmp_path: Path, text: str, said: str
) -> None:
    world = file(tmp_path, "bad.world", text)
    checked = within("world", "check", world, cwd=tmp_path, code=2)
    assert said in checked.stdout, checked.stdout


def test_check_tells_everything_at_once(tmp_path: Path) -> None:
    text = "quote NOSUCH 1 x 2\ndrill no-such\nquote SPY 1 x 2\nprint ALSONOT 3"
    run = within("world", "check", file(tmp_path, "bad.world", text), cwd=tmp_path, code=2)
    assert [line.split("line ")[1][0] for line in run.stdout.splitlines()] == ["1", "2", "4"]


@pytest.mark.parametrize("name", ["none.world", "."])
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, name: str) -> None:
    run = within("world", "check", tmp_path / name, cwd=tmp_path, code=2)
    assert "cannot be read" in run.stderr


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "latin.world").write_bytes(b"quote SPY 1 x 2 # \xff")
    run = within("world", "run", "latin.world", cwd=tmp_path, code=2)
    assert "is not UTF-8 text" in run.stderr


def test_a_program_that_cannot_be_started_is_told(tmp_path: Path) -> None:
    world = file(tmp_path, "w.world", "quote SPY 1 x 2")
    program = tmp_path / "no-such-program"
    run = within("world", "run", world, "--", program, cwd=tmp_path, code=2)
    assert "cannot be started" in run.stderr


def test_a_program_that_never_connects_is_ended(tmp_path: Path) -> None:
    world = file(tmp_path, "w.world", "at end no orders")
    bot = file(tmp_path, "sleeps_for_ever.py", "import time\ntime.sleep(600)")
    run = papertape("world", "run", world, "--timeout", "1", "--", sys.executable, bot)
    assert run.returncode == 3
    assert "the program has not connected within 1 s" in run.stderr
    assert not alive(str(bot))


def test_a_program_that_ends_without_connecting_is_told(tmp_path: Path) -> None:
    world = file(tmp_path, "w.world", "at end no orders")
    run = papertape("world", "run", world, "--", sys.executable, "-c", "print(1)")
    assert run.returncode == 3
    assert "the program has ended without having connected" in run.stderr


def test_a_program_that_fails_is_told(tmp_path: Path) -> None:
    world = file(tmp_path, "w.world", "at end no orders")
    bot = file(tmp_path, "fails.py", CONNECTS + "sys.exit(7)")
    run = papertape("world", "run", world, "--", sys.executable, bot)
    assert run.returncode == 3 and "the program ended with 7" in run.stderr


FORKS = """
child = os.fork()
if not child:
    os.setsid()  # out of the group
    if os.fork():
        os._exit(0)
    time.sleep(600)
os.waitpid(child, 0)
if not os.fork():
    time.sleep(600)
time.sleep(600)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="orphans come back to us on Linux alone")
def test_a_program_that_forks_leaves_nothing_behind(tmp_path: Path) -> None:
    world = file(tmp_path, "w.world", "+1s end")
    bot = file(tmp_path, "forks_away.py", CONNECTS + FORKS)
    run = papertape("world", "run", world, "--", sys.executable, bot)
    assert run.returncode == 0, run.stderr
    assert not alive(str(bot))


def test_a_program_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    world = file(tmp_path, "w.world", "+200ms end")
    stubborn = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    bot = file(tmp_path, "stubborn.py", stubborn + CONNECTS + "time.sleep(600)")
    run = papertape("world", "run", world, "--", sys.executable, bot)
    assert run.returncode == 0, run.stderr
    assert not alive(str(bot))


def test_a_gigabyte_of_output_is_bounded(tmp_path: Path) -> None:
    world = file(tmp_path, "w.world", "at end no orders")
    writes = "part = b'x' * (1 << 20)\nfor _ in range(1024): sys.stdout.buffer.write(part)\n"
    bot = file(tmp_path, "writes.py", CONNECTS + writes)
    run = papertape("world", "run", world, "--timeout", "100", "--", sys.executable, bot)
    assert run.returncode == 0, run.stderr
    assert len(run.stdout) == 1 << 20
    assert f"{1023 << 20} bytes of the program's output were left out" in run.stderr


def test_serve_plays_a_world_and_says_how_it_ended(tmp_path: Path) -> None:
    world = file(tmp_path, "dip.world", WORLD)
    command = [
        sys.executable, "-m", "papertape", "serve", "--port", "0", "--ephemeral", "--world",
        str(world), "--no-control", "--no-color",
    ]  # fmt: skip
    serving = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert serving.stdout is not None
    told = ""
    for line in serving.stdout:
        told += line
        if "listening on" in line:
            serving.terminate()
    serving.wait(HANGS_S)
    serving.stdout.close()
    assert "DU1000001" in told
    assert told.splitlines()[-5:] == [
        "FAIL  line 9: at end position SPY 100",
        "        wanted  position SPY 100",
        "        came    position SPY 0",
        "ok    line 9: at end no working orders",
        "stopped: sessions closed, nothing kept",
    ]
    bad = papertape("serve", "--port", "0", "--ephemeral", "--world", file(tmp_path, "b", "quot"))
    assert bad.returncode == 2 and "'quot' is no verb" in bad.stderr + bad.stdout


def test_a_world_in_market_time_takes_no_time(tmp_path: Path) -> None:
    world = tmp_path / "slow.world"
    world.write_text(WORLD.replace("+100ms", "+20s"))
    program = ["--", sys.executable, "-c", BOT]
    done = papertape("world", "run", "--market-time", world, *program)
    assert done.stdout == "filled 100\n"
    assert (done.returncode, "3 of 3 hold" in done.stderr) == (0, True), done.stderr
    for words in (("--speed", "2", world, *program), (world,)):
        within("world", "run", "--market-time", *words, cwd=tmp_path, code=2)


def test_lines_are_said_to_a_running_station(tmp_path: Path) -> None:
    with station(tmp_path, "--ephemeral", "--no-console") as running:
        port = ("--port", running.port)
        rule = ("on order BUY SPY as one", ' +1s warn 399 "wait"')
        said = within("world", "say", *rule, *port, cwd=tmp_path).stdout
        assert said == "said; 0 expectations wait, 0 have failed\n"
        wrong = within("world", "say", "fill one", *port, cwd=tmp_path, code=2)
        assert "is no order that has come" in wrong.output
        wrong = within("world", "say", "on order BUY SPY", " fil 3", *port, cwd=tmp_path, code=2)
        assert "line 2" in wrong.output and "fill" in wrong.output
