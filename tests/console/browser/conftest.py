"""One browser for all of these tests, and one process with the stations that it looks at."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.browser.harness import ACCOUNTS, HASTY_S, TIMEOUT_S, Browser, browsing
from console.started import Started, several

NAMES = ("desk", "remote", "hasty", "family", "shut")
MARKET = Path(__file__).parents[3] / "market/sample"
SETTINGS = f"""
[station]
port = 0

[station.desk]
market = {json.dumps(str(MARKET))}
minutes_played = 120

[station.remote]
gateway = true
host = "0.0.0.0"
acceptance_timeout_s = {TIMEOUT_S}

[station.hasty]
host = "0.0.0.0"
acceptance_timeout_s = {HASTY_S}

[station.family]
account = {json.dumps(",".join(ACCOUNTS))}
max_message_rate = 0

[station.shut]
hours = "exchange"
start = "2026-11-28 11:00 US/Eastern"
"""


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A browser; without one the test is skipped."""
    with browsing() as found:
        yield found


@pytest.fixture(autouse=True)
def tidy(browser: Browser) -> Iterator[None]:
    """Each test begins without the tabs of another one."""
    yield
    browser.tidy()


@pytest.fixture(scope="package")
def stations(
    tmp_path_factory: pytest.TempPathFactory,
    browser: Browser,  # without one nothing is started
) -> Iterator[dict[str, Started]]:
    """``desk``: TWS; ``remote``: a Gateway, farms that sleep, programs from elsewhere;
    ``hasty``: they are answered soon or rejected; ``family``: several accounts, one of a hostile
    name; ``shut``: it is Saturday, and the exchanges are closed."""
    folder = tmp_path_factory.mktemp("looked-at")
    (folder / "papertape.toml").write_text(SETTINGS, "utf-8")

    with several(folder, *NAMES) as found:
        yield found
