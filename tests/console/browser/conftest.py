"""One browser for each module of tests."""

from collections.abc import Iterator

import pytest

from console.browser.harness import Browser, browsing


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser; without one the test is skipped."""
    with browsing() as found:
        yield found
