"""What the suites share: environments of the peers, stations, clients as subprocesses, tables."""

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "bench" / "out"
CLIENTS = ROOT / "bench" / "clients"
ALONE: dict[str, Any] = {} if sys.platform == "win32" else {"process_group": 0}
"""How whatever a suite starts is started: Ctrl-C reaches the suite alone, which ends the rest."""
OURS = {"papertape.ibapi", "papertape"}
console = Console(highlight=False, width=None if sys.stdout.isatty() else 160)


def pythons() -> dict[str, tuple[str, str]]:
    """Client name -> (python, module); peers whose environment cannot be had are left out."""
    sys.path.insert(0, str(ROOT / "tests"))
    from peers.environments import PEERS, EnvironmentFailed, ensure

    found = {name: (sys.executable, name) for name in sorted(OURS)}
    for peer in PEERS:
        try:
            found[peer.name] = (str(ensure(peer)), peer.module)
        except EnvironmentFailed as error:
            console.print(f"[yellow]{peer.name} left out: {error}[/yellow]")
    return found


@contextmanager
def station(
    *options: str,
    program: Sequence[str] = (sys.executable, "-m", "papertape"),
    environ: Mapping[str, str] | None = None,
) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """A station in a process of its own on a free port; gives its port and process.

    ``program`` is what is started in place of ``papertape``, ``environ`` what its environment has
    besides ours.
    """
    command = [*program, "serve", "--port", "0", "--no-color", "--no-console", *options]
    command += ["--max-message-rate", "0"]  # what the station can do, not what TWS lets clients do
    if "--data-dir" not in options:
        command.append("--ephemeral")
    environment = {**os.environ, **(environ or {})}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, bufsize=1, env=environment, **ALONE
    )
    try:
        yield _port(process), process
    finally:
        process.terminate()
        process.wait(10)


def _port(process: "subprocess.Popen[str]") -> int:
    assert process.stdout is not None
    for line in process.stdout:
        found = re.match(r"listening on \S*?:(\d+)", line)
        if found:
            return int(found[1])
    raise RuntimeError(f"the station ended with {process.wait()}")


def client(python: str, script: str, *arguments: object, timeout: float = 120) -> Any:
    """Run a client script and give the JSON of its last line."""
    command = [python, str(CLIENTS / script), *map(str, arguments)]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=timeout, check=False, **ALONE
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith(("{", "["))]
    if done.returncode or not lines:
        raise RuntimeError(f"{script} {arguments}: {last_line(done.stderr)}")
    return json.loads(lines[-1])


def last_line(text: str) -> str:
    """What a program said last: of an error, what it is."""
    return text.strip().rpartition("\n")[2] or "it said nothing"


class Talk:
    """A client script that is told what to do, a line at a time, and answers in JSON."""

    def __init__(self, python: Sequence[str], script: str, *arguments: object) -> None:
        command = [*python, str(CLIENTS / script), *map(str, arguments)]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, text=True, bufsize=1, **ALONE
        )

    def __enter__(self) -> "Talk":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()

    def tell(self, *words: object) -> None:
        """Say what is to be done."""
        assert self.process.stdin is not None
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()

    def hear(self) -> Any:
        """Wait for the next answer. Raises ``RuntimeError`` when the script has ended."""
        return next_json(self.process)

    def ask(self, *words: object) -> Any:
        """Tell and hear."""
        self.tell(*words)
        return self.hear()


def next_json(process: "subprocess.Popen[str]") -> Any:
    """The next line of JSON that a process prints. Raises ``RuntimeError`` when it has ended."""
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(("{", "[")):
            return json.loads(line)
    raise RuntimeError(f"{process.args!r} ended with {process.wait()}")


def rounds(measure: Any, count: int) -> float:
    """The median of several measurements."""
    return statistics.median(measure() for _ in range(count))


def show(title: str, head: Sequence[str], rows: Sequence[Sequence[object]], name: str) -> None:
    """Print a table and keep it as JSON; without a name it is only printed."""
    table = Table(title=title, title_justify="left")
    for i, column in enumerate(head):
        table.add_column(column, justify="left" if i == 0 else "right")
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    console.print(table)
    if not name:
        return
    OUT.mkdir(parents=True, exist_ok=True)
    kept = {"title": title, "head": list(head), "rows": [list(row) for row in rows]}
    (OUT / f"{name}.json").write_text(json.dumps(kept, indent=1))


def markdown() -> str:
    """Every table kept in ``bench/out``, ready for the documentation."""
    return "\n\n".join(map(_markdown, sorted(OUT.glob("*.json"))))


def _markdown(path: Path) -> str:
    kept = json.loads(path.read_text())
    rows = [kept["head"], ["---"] + ["---:"] * (len(kept["head"]) - 1)]
    rows += [[_cell(value) for value in row] for row in kept["rows"]]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return f"{kept['title']} (`python -m bench {path.stem.partition('_')[0]}`)\n\n{table}"


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


@contextmanager
def folder() -> Iterator[Path]:
    """A folder that is gone afterwards."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def resident_mb(pid: int) -> float:
    """Resident memory of a process in MB."""
    text = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", text)
    return int(found[1]) / 1024 if found else 0.0


def processor_s(pid: int) -> float:
    """The processor time that a process has used, in seconds, by the kernel's count."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def clock() -> float:
    """Seconds, for differences."""
    return time.perf_counter()
