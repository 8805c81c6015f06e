"""What the peers' tests share: the environments, a running station, the line about skips."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from peers.environments import PEERS, Peer, RegistryUnreachable, ensure
from peers.station import Station

SKIPPED = "peers: "  # the mark of our skips among all of them


@pytest.fixture(scope="session")
def python_of() -> Iterator[Callable[[Peer], Path]]:
    """Return a function that gives a peer's Python, or skips or fails the test.

    All environments are built side by side at the first call, and each is waited for by itself.
    """
    with ThreadPoolExecutor(max_workers=len(PEERS)) as pool:
        builds: dict[str, Future[Path]] = {}

        def get(peer: Peer) -> Path:
            if not builds:
                builds.update({each.name: pool.submit(ensure, each) for each in PEERS})
            try:
                return builds[peer.name].result()
            except RegistryUnreachable as reason:
                pytest.skip(f"{SKIPPED}{reason.detail}")

        yield get


@pytest.fixture(scope="session")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Station]:
    """A station that all journeys share, each with a client id of its own."""
    running = Station(tmp_path_factory.mktemp("station"))
    try:
        running.wait_ready()
        yield running
        problems = running.problems()
    finally:
        running.stop()
    assert not problems, "\n".join(problems)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say once, whatever the verbosity, what was checked, and what was skipped and why."""
    if hasattr(terminalreporter, "peers_told"):  # the folder above registers this hook too
        return
    terminalreporter.peers_told = True
    checks: Counter[tuple[str, str, str]] = Counter()
    for report in terminalreporter.stats.get("passed", []):
        for name, found in report.user_properties if report.when == "call" else ():
            if name == "peers":
                peer, form, direction, number = found
                checks[peer, form, direction] += number
    for (peer, form, direction), number in sorted(checks.items()):
        if number:  # a peer may not speak the format
            terminalreporter.write_line(f"peers: {peer}, {form}: {number} {direction} compared")
    reasons = [
        report.longrepr[2].removeprefix("Skipped: ")
        for report in terminalreporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple)
    ]
    ours = [reason.removeprefix(SKIPPED) for reason in reasons if reason.startswith(SKIPPED)]
    if ours:
        told = "; ".join(dict.fromkeys(ours))
        terminalreporter.write_line(f"peers: {len(ours)} tests SKIPPED: {told}", yellow=True)
