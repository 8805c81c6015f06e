"""The station's log: the latest lines on request, each as it comes for those who ask."""

import json
import logging
from collections.abc import Iterator

import pytest
from websockets.asyncio.client import connect

from papertape.server.control.logring import KEPT, LONGEST, LONGEST_ERROR, LogRing
from server.control.api import controlled
from server.control.test_serve import control, events_at, news, rightful
from server.sockets import eventually, run

pytestmark = pytest.mark.network

LOG = logging.getLogger("papertape.station")
HOSTILE = "<img src=x onerror=alert(1)>\n{{7*7}} %s \x1b[31m"
VISIBLE = "<img src=x onerror=alert(1)>\\n{{7*7}} %s \\x1b[31m"


@pytest.fixture
def ring() -> Iterator[LogRing]:
    found = LogRing()
    LOG.addHandler(found)
    yield found
    LOG.removeHandler(found)


def test_lines_can_be_asked_for_by_level_and_number() -> None:
    async def main() -> None:
        async with controlled() as api:
            before = len(await api.get("/log"))
            LOG.debug("too fine")
            LOG.info("one %d", 1)
            LOG.warning(HOSTILE)
            LOG.error("three", extra={"station": "other"})
            LOG.error("four", extra={"station": "tws"})
            lines = (await api.get("/log"))[before:]
            assert [line["message"] for line in lines] == ["one 1", VISIBLE, "four"]
            assert [line["level"] for line in lines] == ["info", "warning", "error"]
            assert lines[0]["logger"] == "papertape.station" and lines[0]["time"].endswith("Z")
            loud = await api.get(f"/log?level=warning&after={lines[0]['number']}")
            assert [line["message"] for line in loud] == [VISIBLE, "four"]
            assert await api.get("/log?last=1") == lines[-1:]
            await api.get("/log?last=1001", 422)
            await api.get("/log?level=loud", 422)

    run(main)


def test_a_line_is_bounded_and_so_is_their_number(ring: LogRing) -> None:
    try:
        raise ValueError("y" * 100_000)
    except ValueError:
        LOG.exception("x" * 100_000)
    (line,) = ring.lines
    assert len(line.message) == LONGEST and len(line.error) == LONGEST_ERROR
    for number in range(KEPT + 5):
        LOG.error("%d", number)
    assert [ring.lines[0].message, ring.lines[-1].message] == ["5", str(KEPT + 4)]
    assert len(ring.lines) == KEPT


def test_a_line_that_cannot_be_written_harms_nobody(
    ring: LogRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging, "raiseExceptions", False)
    monkeypatch.setattr(LOG, "propagate", False)
    LOG.error("%d", "no number")
    assert not ring.lines


def test_detaching_leaves_the_logger_as_it_was() -> None:
    logger = logging.getLogger("papertape")
    before = logger.level, list(logger.handlers)

    async def main() -> None:
        async with controlled():
            assert logger.isEnabledFor(logging.INFO) and len(logger.handlers) == len(before[1]) + 1

    run(main)
    assert (logger.level, list(logger.handlers)) == before


def test_lines_come_as_news_to_those_who_ask_for_the_log() -> None:
    async def main() -> None:
        async with control() as (served, api):
            hub = served.hall.station.event_bus
            headers = rightful(api)
            async with (
                connect(events_at(api, "?kind=log"), additional_headers=headers, proxy=None) as one,
                connect(events_at(api), additional_headers=headers, proxy=None) as other,
            ):
                await eventually(lambda: len(hub._followers) == 2)
                LOG.warning(HOSTILE)
                line = (await news(one, "log"))["facts"]
                assert (line["message"], line["level"]) == (VISIBLE, "warning")
                assert line["time"].endswith("Z") and line["number"] > 0
                hub.tell("farm", name="usfarm")
                first = json.loads(await other.recv())["news"][0]
                assert first["kind"] == "farm"

    run(main)
