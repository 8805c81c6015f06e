"""The modern client makes the whole journey against a station, at every kind of version."""

import asyncio
import time
from typing import Any

import pytest

from lanes import HANGS_S
from papertape.cli.journey import Journey
from papertape.server.aio.server import StationServer
from papertape.server.assembly import compose

pytestmark = pytest.mark.network

VERSIONS = (100, 120, 145, 151, 163, 176, 187, 200, 201, 203, 206, 208, 213, 226)


class Silent:
    """Listens to the story and keeps it."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.facts: list[str] = []
        self.messages: list[str] = []

    def step(self, title: str) -> None:
        self.steps.append(title)

    def fact(self, text: str) -> None:
        self.facts.append(text)

    def observe(self, direction: str, message: Any) -> None:
        self.messages.append(f"{direction} {type(message).__name__}")


async def journey(version: int, client_id: int, port: int) -> Silent:
    story = Silent()
    run = Journey(story, "127.0.0.1", port, client_id, max_version=version, timeout=HANGS_S)
    await run.run()
    return story


async def all_versions() -> dict[int, Silent]:
    with compose(wall=time.time_ns(), data_dir=None) as composed:
        server = StationServer(composed.station, composed.clock)
        _, port = await server.start("127.0.0.1", 0)
        try:
            runs = (journey(v, i + 1, port) for i, v in enumerate(VERSIONS))
            return dict(zip(VERSIONS, await asyncio.gather(*runs)))
        finally:
            await server.close()


@pytest.fixture(scope="module")
def stories() -> dict[int, Silent]:
    return asyncio.run(all_versions())


@pytest.mark.parametrize("version", VERSIONS)
def test_the_journey_is_complete(stories: dict[int, Silent], version: int) -> None:
    story = stories[version]
    assert story.steps[-1] == "Reconnect with the same client id"
    assert len(story.steps) == 12
    assert f"server version {version}" in story.facts[0]
    assert story.facts[-1] == "and cancelled: Cancelled"
    assert "in CommissionReport" in story.messages and "in PortfolioValue" in story.messages
