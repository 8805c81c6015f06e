"""What holds for every test run, also when the tests run in several processes."""

import gc
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest

import lanes
from guard import GUARD, stand
from peers.conftest import pytest_terminal_summary as tell_peers

HERE = Path(__file__).parent
LONGEST = (
    "console/browser/test_acting.py",
    "console/browser/test_looking.py",
    "console/browser/test_accounts.py",
    "console/browser/test_crowd.py",
    "console/browser/test_phone.py",
    "peers/test_callback_traces.py",
    "cli/test_serve_faults.py",
    "portability/test_like_windows.py",
    "cli/test_storm.py",
    "peers/test_request_bytes.py",
    "cli/test_account.py",
    "testing/storm/test_bots.py",
    "peers/test_combinations.py",
    "testing/test_plugin.py",
    "server/handlers/test_dates_of_days.py",
    "cli/test_world.py",
    "server/handlers/test_tick_by_tick.py",
    "peers/test_environments.py",
    "venue/reference/test_calendars.py",
    "store/test_damage.py",
    "cli/test_recording_guide.py",
    "cli/test_serve.py",
    "simulation/test_kill.py",
    "peers/test_journey.py",
    "server/control/test_schema.py",
    "simulation/test_kill_command.py",
    "console/test_process.py",
    "simulation/test_order_worlds.py",
    "wire/test_fuzz.py",
    "wire/test_text.py",
    "explain/test_frames.py",
    "ibapi/test_requests.py",
    "server/test_order_garbage.py",
    "venue/market/test_own_hours.py",
    "server/test_order_bytes.py",
    "test_layers.py",
    "server/test_persistence.py",
    "venue/market/test_kinds.py",
    "console/pages/test_trading.py",
    "server/handlers/test_scanners.py",
    "server/sessions/test_scheduler.py",
)
"""Files that take longest begin first: no worker is left alone with one at the end."""

TOGETHER = "tests/console/browser"
"""Files that one worker runs: a browser and the stations that it looks at cost more than a test."""

os.environ.setdefault("PAPERTAPE_CONSOLE", "false")
"""Stations of the tests have no console but where one is asked for."""


BEYOND = ("peers", "console/browser")
"""A mark and a folder whose tests all speak over sockets with other processes."""

lanes.load_profile()


def pytest_configure() -> None:
    gc.disable()  # until everything is imported and collected
    # A shell starts so what it does beside, and the programs that tests start would inherit it.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    stand()


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    file = collection_path
    return True if file.name.startswith("test_") and lanes.is_wholly_outside(file) else None


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(collector: Any, obj: object) -> list[pytest.Item] | None:
    """Cases that the lane does not have are not made: of ten thousand some half in ``check``."""
    if not isinstance(obj, FunctionType):
        return None
    marks = [*collector.iter_markers(), *getattr(obj, "pytestmark", ())]
    return None if lanes.has(obj, marks) else []


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    within = {path: HERE / BEYOND[1] in path.parents for path in {item.path for item in items}}
    for item in items:
        if within[item.path] or item.get_closest_marker(BEYOND[0]):
            for mark in lanes.OUTSIDE:
                item.add_marker(mark)
    chosen = lanes.sampled([item for item in items if lanes.belongs(item)])
    if len(chosen) < len(items):
        config.hook.pytest_deselected(items=list(set(items).difference(chosen)))
        items[:] = chosen
    turns = {HERE / name: turn for turn, name in enumerate(LONGEST)}
    items.sort(key=lambda item: turns.get(item.path, len(turns)))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    GUARD.begin(item)
    try:
        return (yield)
    finally:
        GUARD.end()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    if (told := GUARD.take()) and report.outcome != "failed":
        report.outcome, report.longrepr = "failed", f"{item.nodeid}: {told}"
    return report


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    """Tests by their files, as ``--dist loadfile`` says, but those of ``TOGETHER`` as one."""
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class Files(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file: str = super()._split_scope(nodeid)
            return TOGETHER if file.startswith(f"{TOGETHER}/") else file

    return Files(config, log)


def pytest_collection_finish() -> None:
    """Ten thousand tests and their modules stay to the end: nothing looks for garbage in them,
    nor for the little that is garbage by now."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """pytest looks for garbage five times at the end, and Python again: once is told all."""
    gc.collect()
    gc.freeze()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """What was compared with other programs, and what was skipped and why."""
    from console.browser.harness import tell_skips  # half a second for who runs one file

    tell_peers(terminalreporter)
    tell_skips(terminalreporter)
