"""``papertape storm`` as it is typed: a bug found, what is wrong told, programs that misbehave."""

import os
import re
import subprocess
import sys
import textwrap
from html.parser import HTMLParser
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
from rich.console import Console

from cli.process import invoke, ran
from lanes import HANGS_S
from papertape.cli.storm import _progress
from papertape.testing.storm.campaign import SeedResult

pytestmark = [pytest.mark.network, pytest.mark.process]
BOTS = Path(__file__).parents[2] / "examples" / "storm"
WORLDS = BOTS.parent / "worlds"
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


def storm(tmp_path: Path, source: str, *words: str | Path) -> "subprocess.CompletedProcess[str]":
    """A storm of one seed, a second long, for a program of this source."""
    program = tmp_path / "bot.py"
    program.write_text(textwrap.dedent(source))
    short = ("storm", "--seed", "1", "--for", "1s", "--out", tmp_path / "out", *words)
    return papertape(*short, "--", sys.executable, program)


class Tags(HTMLParser):
    """The tags of a page, and that each that is opened is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        assert not any(name in ("src", "href") for name, _ in attrs), "it stands for itself"


def test_a_bug_is_found_shrunk_told_and_written(tmp_path: Path) -> None:
    junit, html = tmp_path / "storm.xml", tmp_path / "storm.html"
    done = papertape(
        "storm", "--seed", "95", "--for", "60s", "--shrink-runs", "3", "--out", tmp_path,
        "--junit", junit, "--html", html, "--", sys.executable, BOTS / "sends_again.py",
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert "control run: 5 requests, 6 orders, 4 fills" in done.stderr
    assert "seed 95 fails: same-order-twice: BUY 100 SPY MKT ref buy-1 was sent" in done.stdout
    assert re.search(r"shrunk from 2 faults to 1, \d runs", done.stdout)
    assert f"papertape world run --market-time {tmp_path}/storm-95.world -- " in done.stdout
    assert "1 seed, 1 fail, 1 different finding;" in done.stdout
    world = (tmp_path / "storm-95.world").read_text()
    assert world.startswith("# papertape storm, seed 95: 1 of its 2 faults")
    assert 'at end orders 1 BUY SPY MKT ref "buy-1"' in world
    checked = invoke(["world", "check", str(tmp_path / "storm-95.world")])
    assert checked.exit_code == 0, checked.output
    suite = ElementTree.parse(junit).getroot()
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("2", "1", "0")
    (failure,) = suite.iter("failure")
    assert failure.get("type") == "same-order-twice" and world in (failure.text or "")
    tags = Tags()
    tags.feed(html.read_text())
    assert tags.seen.count("svg") == 2 and tags.seen.count("circle") > 30


NEVER_BACK = (
    CONNECTS
    + """
s.sendall(b"\\0\\0\\0\\x05" + b"49\\x001\\0")
try:
    while s.recv(4096):
        pass
except OSError:
    pass
"""
)


def test_a_finding_that_no_world_can_say_is_judged_again_by_the_storm(tmp_path: Path) -> None:
    """Such a world expects nothing: played alone it would say that all is well."""
    bot = tmp_path / "bot.py"
    bot.write_text(NEVER_BACK + "time.sleep(3600)\n")
    short = ("--seed", "5", "--for", "60s", "--shrink-runs", "0", "--check", "now() < 99")
    done = papertape("storm", *short, "--out", tmp_path, "--", sys.executable, bot)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "silence: the connection ended, and the program never came back" in done.stdout
    world = tmp_path / "storm-5.world"
    told = f"--check 'now() < 99' -- {sys.executable} {bot}"
    assert f"  papertape storm --again {world} {told}\n" in done.stdout
    assert f"# papertape storm --again storm-5.world {told}\n" in world.read_text()
    assert invoke(["world", "check", str(world)]).exit_code == 0
    again = papertape("storm", "--again", world, "--", sys.executable, bot)
    assert again.returncode == 1, again.stderr
    assert "it still fails: silence: the connection ended" in again.stdout
    bot.write_text(NEVER_BACK)
    mended = papertape("storm", "--again", world, "--", sys.executable, bot)
    assert (mended.returncode, mended.stdout) == (0, f"{world}: nothing is found\n")


def test_a_log_that_nobody_watches_tells_how_far_it_is() -> None:
    told = StringIO()
    with _progress(Console(file=told), 30) as hear:
        for seed in range(30):
            hear("seed", SeedResult(seed))
        hear("shrinking", 0)
    lines = told.getvalue().splitlines()
    assert lines[0] == "3 of 30 seeds, 0 fail" and lines[-1] == "27 of 30 seeds, 0 fail"
    assert len(lines) == 9
    with _progress(Console(file=told), 3) as hear:
        hear("seed", SeedResult(0))
        hear("shrinking", 1)
    assert told.getvalue().splitlines()[9:] == ["shrinking 1 finding"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "there is no program"),
        (("--check", "positon('SPY') < 1", "--", "true"), "column 1: 'positon' is no function"),
        (("--for", "soon", "--", "true"), "soon"),
        (("--repeats", "3/2", "--wall-clock", "--", "true"), "is not K/N"),
        (("--repeats", "2/3", "--", "true"), "with --wall-clock only"),
        (("--speed", "5", "--", "true"), "with --wall-clock only"),
        (("--seed", "1", "--seeds", "2", "--", "true"), "says it twice"),
        (("--again", "x.world", "--seeds", "2", "--", "true"), "has no effect with --again"),
        (("--again", "no.world", "--", "true"), "no.world"),
        (
            ("--again", str(WORLDS / "fill-during-outage.world"), "--", "true"),
            "is no world that a storm wrote",
        ),
        (("--world", "no.world", "--", "true"), "no.world"),
        (("--check-file", "no.py", "--", "true"), "no.py"),
        (("--junit", "/no/such/folder/x.xml", "--", "true"), "cannot be written"),
        (("--seed", "1", "--for", "1s", "--", "/no/such/program"), "cannot be started"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_runs(words: tuple[str, ...], said: str) -> None:
    done = invoke(["storm", *words])
    assert done.exit_code == 2, done.output
    assert said in done.output


def test_a_cluster_that_cannot_be_reached_is_told_and_a_local_one_works(tmp_path: Path) -> None:
    done = invoke(["storm", "--ray", "127.0.0.1:1", "--jobs", "2", "--", "true"])
    assert done.exit_code == 2 and "says it twice" in done.output
    if find_spec("ray") is None:
        done = invoke(["storm", "--ray", "local", "--", "true"])
        assert done.exit_code == 2 and "pip install 'papertape[ray]'" in done.output
        pytest.skip("the package ray is not installed")
    done = storm(tmp_path, CONNECTS + "while True: time.sleep(0.05)", "--ray", "local")
    assert done.returncode == 0, done.stderr
    assert "1 seeds, 0 fail" in done.stdout


def test_every_mistake_of_a_world_is_told(tmp_path: Path) -> None:
    world = tmp_path / "base.world"
    world.write_text("quote SPY 1 x 2\nquote NOSUCH 1 x 2\ndrill nothing\n")
    done = invoke(["storm", "--world", str(world), "--", "true"])
    assert done.exit_code == 2
    assert "line 2, column 7: 'NOSUCH' is the name of no contract" in done.output
    assert "line 3" in done.output
    world.write_text("quote SPY 170,08x\n")
    done = invoke(["storm", "--world", str(world), "--", "true"])
    assert done.exit_code == 2 and "line 1, column 11" in done.output


BAD = {
    "never connects": ("import time\ntime.sleep(1000)", ("--timeout", "3"), "connect"),
    "ends at once": ("print('nothing to do')", (), "connect"),
    "crashes": (CONNECTS + "raise KeyError(7)", (), "exit code 1: KeyError: 7"),
    "hangs": (CONNECTS + "while True: pass", ("--timeout", "2"), "2 s"),
}


def inside(tmp_path: Path, source: str, *words: str) -> tuple[int, str]:
    """The same as ``storm``, in this process: exit code and output."""
    program = tmp_path / "bot.py"
    program.write_text(source)
    short = ("storm", "--seed", "1", "--for", "1s", "--out", str(tmp_path), *words)
    done = invoke([*short, "--", sys.executable, str(program)])
    return done.exit_code, done.output


@pytest.mark.parametrize("name", BAD)
def test_a_control_run_that_fails_is_said(name: str, tmp_path: Path) -> None:
    source, words, said = BAD[name]
    code, output = inside(tmp_path, source, *words)
    assert code == 3, output
    assert "papertape: the control run fails: " in output and said in output


def test_a_check_that_does_not_hold_without_faults_says_so(tmp_path: Path) -> None:
    code, output = inside(tmp_path, CONNECTS, "--check", "cash() < 0")
    assert code == 3
    assert "the check cash() < 0 does not hold without faults: cash() = " in output


@pytest.mark.skipif(os.name != "posix", reason="SIGTERM")
def test_a_storm_that_is_ended_ends_its_program(tmp_path: Path) -> None:
    pids, program = tmp_path / "pids", tmp_path / "bot.py"
    program.write_text(
        "import os, sys, time\n"
        "with open(sys.argv[1], 'w') as file:\n"
        "    print(os.getpid(), file=file)\n"
        "while True:\n    time.sleep(0.05)\n"
    )
    words = ("-m", "papertape", "storm", "--wall-clock", "--timeout", str(HANGS_S))
    command = [sys.executable, *words, "--", sys.executable, str(program), str(pids)]
    storm = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert storm.stderr is not None
    while not (pids.exists() and pids.read_text().endswith("\n")):
        assert storm.poll() is None, storm.stderr.read()
        os.sched_yield()
    storm.terminate()
    said = storm.communicate(timeout=HANGS_S)[1]
    assert (storm.returncode, "interrupted" in said) == (130, True), said
    assert not Path(f"/proc/{pids.read_text().strip()}").exists()


@pytest.mark.skipif(os.name != "posix", reason="signals and forks")
def test_nothing_is_left_of_a_program_that_forks_and_hears_nothing(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    source = f"""
    import os, signal, sys
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if os.fork() == 0:
        os.setsid()
        signal.alarm(0)
    with open({str(pids)!r}, "a") as file:
        file.write(f"{{os.getpid()}}\\n")
    """
    writes = "\nfor _ in range(40):\n    sys.stdout.write('x' * (1 << 20))\n"
    source = textwrap.dedent(source) + CONNECTS + writes + "while True: time.sleep(0.05)\n"
    done = storm(tmp_path, source, "--wall-clock", "--speed", "5", "--repeats", "1/1")
    assert done.returncode == 0, done.stderr + done.stdout
    assert len(done.stderr) + len(done.stdout) < 4000
    found = pids.read_text().split()
    assert len(found) == 4  # two runs, a child each
    assert not [pid for pid in found if Path(f"/proc/{pid}").exists()]
