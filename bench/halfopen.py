"""How long a link that is open on one side only goes unnoticed, at both ends.

``python -m bench halfopen [--longest 150]``: station and clients stand in network namespaces of
their own, a third one routes between them. Then the route is made a black hole: every packet
vanishes without FIN, RST or ICMP, as when a cable is cut somewhere in between; what the kernels
do by themselves (keep-alive, retransmission) is part of the measure. A proxy would not do: it
keeps acknowledging. Needs Linux, root and ``ip``.
"""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from .common import ALONE, Talk, console, pythons, show, station

HERE, THERE = "10.213.1", "10.213.2"
"""The station's network and that of the clients; .2 is the end, .1 the router."""
ESTABLISHED = "01"
SETTLE_S = 3.0
NEVER = "not within {:.0f} s"


class Case(NamedTuple):
    """One client and one station whose link is cut."""

    client: str
    lines: int
    heartbeat_s: int
    dead_peer_s: int


CASES = (
    Case("papertape", 0, 5, 8),
    Case("papertape", 1, 5, 8),
    Case("papertape", 0, 10, 120),
    Case("papertape", 1, 10, 120),
    Case("papertape", 0, 10, 30),
    Case("papertape.ibapi", 1, 0, 30),
    Case("ibapi-latest", 1, 0, 30),
    Case("ib_async", 1, 0, 30),
)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True, **ALONE)


class Net:
    """Two ends and a router between them."""

    def __init__(self) -> None:
        self.names = {part: f"papertape-{part}-{os.getpid()}" for part in ("a", "mid", "b")}

    def make(self) -> None:
        """Raises ``CalledProcessError`` when the system does not let us."""
        for name in self.names.values():
            _ip("netns", "add", name)
            _ip("-n", name, "link", "set", "dev", "lo", "up")
        mid = self.names["mid"]
        for part, net in (("a", HERE), ("b", THERE)):
            end = self.names[part]
            _ip("link", "add", "end", "netns", end, "type", "veth", "peer", "name", part,
                "netns", mid)  # fmt: skip
            _ip("-n", end, "addr", "add", f"{net}.2/24", "dev", "end")
            _ip("-n", mid, "addr", "add", f"{net}.1/24", "dev", part)
            _ip("-n", end, "link", "set", "dev", "end", "up")
            _ip("-n", mid, "link", "set", "dev", part, "up")
            _ip("-n", end, "route", "add", "default", "via", f"{net}.1")
        forward = "echo 1 > /proc/sys/net/ipv4/ip_forward"
        _ip("netns", "exec", mid, "sh", "-c", forward)

    def cut(self) -> float:
        """Let everything vanish on its way; when that began."""
        for net in (HERE, THERE):
            _ip("-n", self.names["mid"], "route", "add", "blackhole", f"{net}.2/32")
        return time.monotonic()

    def inside(self, part: str) -> list[str]:
        """What a command line begins with to run there."""
        return ["ip", "netns", "exec", self.names[part]]

    def remove(self) -> None:
        """All of it is gone."""
        for name in self.names.values():
            with suppress(subprocess.CalledProcessError):
                _ip("netns", "del", name)


def _connected(pid: int, port: int) -> bool:
    """Whether a process's network has an open connection on a local port."""
    rows = Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]
    found = (row.split() for row in rows)
    return any(r[1].endswith(f":{port:04X}") and r[3] == ESTABLISHED for r in found)


class Link:
    """One case under way."""

    def __init__(self, case: Case, pid: int, port: int, talk: Talk) -> None:
        self.case, self.pid, self.port, self.talk = case, pid, port, talk
        self.seen: dict[str, float] = {}
        """When the client was ready, refused orders, knew that the server is gone."""
        self.dropped: float | None = None
        """When the station gave the connection up."""
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.talk.process.stdout is not None
        for line in self.talk.process.stdout:
            self.seen |= json.loads(line)

    def look(self) -> bool:
        """Whether both ends have noticed."""
        if self.dropped is None and not _connected(self.pid, self.port):
            self.dropped = time.monotonic()
        return self.dropped is not None and "lost" in self.seen

    def row(self, cut: float, longest: float) -> list[object]:
        """What was measured, in seconds from the cut."""
        case, never = self.case, NEVER.format(longest)
        told = [self.seen.get("refused"), self.seen.get("lost"), self.dropped]
        times = [never if at is None else round(at - cut, 1) for at in told]
        modern = case.client == "papertape"
        return [case.client, "quotes flow" if case.lines else "idle",
                f"{case.heartbeat_s} s" if modern else "none", times[0] if modern else "",
                times[1], f"{case.dead_peer_s} s", times[2]]  # fmt: skip


@contextmanager
def _links(net: Net) -> Iterator[list[Link]]:
    known = pythons()
    with ExitStack() as stack:
        links = []
        for case in CASES:
            if case.client not in known:
                continue
            python, module = known[case.client]
            program = [*net.inside("a"), sys.executable, "-m", "papertape"]
            environ = {"PAPERTAPE_DEAD_PEER_S": str(case.dead_peer_s)}
            options = ("--host", f"{HERE}.2", "--acceptance", "accept", "--no-control")
            serving = station(*options, program=program, environ=environ)
            port, process = stack.enter_context(serving)
            command = [*net.inside("b"), python]
            arguments = (module, f"{HERE}.2", port, case.lines, case.heartbeat_s)
            talk = stack.enter_context(Talk(command, "silent.py", *arguments))
            links.append(Link(case, process.pid, port, talk))
        yield links


def _measure(net: Net, longest: float) -> list[list[object]]:
    with _links(net) as links:
        until = time.monotonic() + 30
        while not all("ready" in link.seen for link in links):
            if time.monotonic() > until:
                raise RuntimeError(f"not ready: {[x.case for x in links if not x.seen]}")
            time.sleep(0.05)
        time.sleep(SETTLE_S)
        cut = net.cut()
        while time.monotonic() < cut + longest:
            noticed = [link.look() for link in links]
            if all(noticed):
                break
            time.sleep(0.02)
        return [link.row(cut, longest) for link in links]


def run(options: Sequence[str]) -> None:
    """Measure, print, keep."""
    parser = ArgumentParser(prog="python -m bench halfopen", description=__doc__)
    wait = "seconds to wait for those that never notice (%(default)s)"
    parser.add_argument("--longest", type=float, default=150.0, help=wait)
    longest = parser.parse_args(options).longest
    if shutil.which("ip") is None:
        console.print("halfopen left out: there is no command ip on this system")
        return
    net = Net()
    try:
        net.make()
        rows = _measure(net, longest)
    except subprocess.CalledProcessError as error:
        console.print(f"halfopen left out: {error.stderr.strip()} (root is needed)")
        return
    finally:
        net.remove()
    head = ("client", "", "heartbeat", "orders refused after s", "connection lost after s",
            "dead_peer_s", "station closed it after s")  # fmt: skip
    show("A link cut without a word", head, rows, "halfopen")
