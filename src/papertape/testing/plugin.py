"""The pytest plugin: fixtures ``tws`` and ``tws_factory``, marker ``tws``.

@pytest.mark.tws(gateway=True, max_server_version=176)
def test_an_older_gateway(tws): ...
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:  # nothing of ours is loaded before a test asks for it
    from .thread import RunningStation


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers", "tws(**settings): settings of the station that the fixture tws serves"
    )


STATIONS = pytest.StashKey[list[Any]]()
"""The stations of a test."""
SHOWN = 200
"""Lines of the wire log that a failed test shows."""
OUTPUT = 4_000
"""Characters of a program's output that it shows."""


def _stations(item: pytest.Item) -> list[Any]:
    nothing: list[Any] = []
    return item.stash.get(STATIONS, nothing)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Let what a world expects fail the test, when the test itself has passed."""
    __tracebackhide__ = True
    yield
    for station in _stations(item):
        station.check()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Attach what its programs have written, and the wire log of its stations, to a failed test."""
    report: Any = yield
    if report.when == "call" and report.failed:
        for number, station in enumerate(_stations(item), 1):
            for command, program in station.programs:
                title = f"output of {command} ({_end_of(program)})"
                report.sections.append((title, _last(program.output)))
            lines = station.wire_digest if station.alive else []
            if lines:
                left = [f"… {len(lines) - SHOWN} before"] if len(lines) > SHOWN else []
                title = f"messages of station {number} at {station.host}:{station.port}"
                report.sections.append((title, "\n".join([*left, *lines[-SHOWN:]])))
    return report  # type: ignore[no-any-return]


def _end_of(program: Any) -> str:
    code = program.poll()
    if code is None:
        return "it runs"
    return f"ended with {code}" if code >= 0 else f"ended by signal {-code}"


def _last(output: str) -> str:
    """The end of what a program has written."""
    left = len(output) - OUTPUT
    return output if left <= 0 else f"… {left} characters before\n{output[-OUTPUT:]}"


@pytest.fixture
def tws(request: pytest.FixtureRequest) -> "Iterator[RunningStation]":
    """A TWS on a free port of this computer, new for each test, gone after it."""
    from .thread import serve

    marker = request.node.get_closest_marker("tws")
    with serve(**(marker.kwargs if marker else {})) as station:
        request.node.stash.setdefault(STATIONS, []).append(station)
        yield station


@pytest.fixture
def tws_factory(request: pytest.FixtureRequest) -> "Iterator[Callable[..., RunningStation]]":
    """Makes as many stations as a test needs: ``one, two = tws_factory(), tws_factory()``."""
    from .thread import serve

    with ExitStack() as stack:

        def make(**settings: Any) -> "RunningStation":
            station = stack.enter_context(serve(**settings))
            request.node.stash.setdefault(STATIONS, []).append(station)
            return station

        yield make
