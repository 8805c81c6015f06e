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


@pytest.fixture
def tws(request: pytest.FixtureRequest) -> "Iterator[RunningStation]":
    """A TWS on a free port of this computer, new for each test, gone after it."""
    from .thread import serve

    marker = request.node.get_closest_marker("tws")
    with serve(**(marker.kwargs if marker else {})) as station:
        yield station


@pytest.fixture
def tws_factory() -> "Iterator[Callable[..., RunningStation]]":
    """Makes as many stations as a test needs: ``one, two = tws_factory(), tws_factory()``."""
    from .thread import serve

    with ExitStack() as stack:

        def make(**settings: Any) -> "RunningStation":
            return stack.enter_context(serve(**settings))

        yield make
