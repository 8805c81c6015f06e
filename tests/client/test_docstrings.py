"""The examples in the docstrings of the client run, each at a station, as a reader would run it."""

import asyncio
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

import papertape as pt
from lanes import HANGS_S
from papertape.client import conditions
from papertape.client.api import Tws
from papertape.testing import RunningStation, serve

pytestmark = pytest.mark.network

EXAMPLE = re.compile(r"Example::\n\n((?: +[^\n]*(?:\n|\Z)|\n)+)")


def examples() -> Iterator[tuple[str, str]]:
    """The name of each call that has an example, and the example."""
    calls: list[tuple[str, Callable[..., Any]]] = inspect.getmembers(Tws, inspect.isfunction)
    for name, call in (*calls, ("conditional", conditions.conditional)):
        for found in EXAMPLE.findall(call.__doc__ or ""):
            yield name, textwrap.dedent(found)


EXAMPLES = dict(examples())
SHOWN = (
    "bracket", "oca", "cancel_all", "what_if", "conditional", "figures", "pnl", "pnl_single",
    "corporate_event_types", "corporate_events", "fundamental_report", "bulletins", "quotes",
    "tick_by_tick", "depth", "historical_ticks", "head_timestamp", "schedule", "histogram",
    "implied_volatility", "market_rule", "smart_components", "depth_exchanges", "display_groups",
    "family_codes", "soft_dollar_tiers", "user_info", "configuration", "update_configuration",
    "allocation_groups", "account_aliases", "managed_accounts", "next_valid_id",
    "current_time_in_millis", "positions_of", "account_values_of",
)  # fmt: skip
"""Calls that show how they are used."""


@pytest.fixture(scope="module")
def station() -> Iterator[RunningStation]:
    with serve() as found:
        yield found


def test_every_call_of_these_has_an_example() -> None:
    assert set(SHOWN) <= EXAMPLES.keys()


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_the_example_runs(name: str, station: RunningStation) -> None:
    now = datetime.fromtimestamp(station.now / 1e9, UTC)

    class Clock(datetime):
        """The reader's clock, which goes as the market's."""

        @classmethod
        def now(cls, tz: Any = None) -> "Clock":
            return cls.fromtimestamp(now.timestamp(), tz)

    names: dict[str, Any] = {"pt": pt, "datetime": Clock, "UTC": UTC}
    source = "async def example(tws):\n" + textwrap.indent(EXAMPLES[name], "    ")
    exec(compile(source, f"<example of {name}>", "exec"), names)

    async def run() -> None:
        async with pt.connect(station.host, station.port, 1) as tws, asyncio.timeout(HANGS_S):
            await names["example"](tws)

    asyncio.run(run())
