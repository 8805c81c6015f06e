"""The page of the connections: rows, indicators, news."""

import asyncio
from typing import Any

import pytest
from nicegui import ui

from console.views import PaperView, tab, texts
from papertape.console.pages.connections import (
    COLUMNS,
    SHOWN,
    Indicator,
    _indicators,
    _news,
    _sessions,
    farm_tone,
    session_row,
)
from papertape.console.parts.grid import Cell, Grid, Row
from walks import walk

SESSION = {
    "number": 4, "client_id": 7, "address": "127.0.0.1:5", "version": 226, "format": "protobuf",
    "since": "2026-03-02T15:00:00Z", "received": 12345, "sent": 7, "in_per_s": 2.25,
    "out_per_s": 1234.5, "unsent_bytes": 0, "lag_s": 0.0, "subscriptions": 3, "paused": False,
}  # fmt: skip


def test_a_session_in_the_table() -> None:
    assert session_row(SESSION) == Row(
        "4",
        ("7", "127.0.0.1:5", "226", "protobuf", "15:00:00", "12,345", "7", "2.2", "1,234",
         Cell("0.0", ""), Cell("0", ""), "3"),
        "Disconnect client 7",
    )  # fmt: skip
    assert len(COLUMNS) == len(session_row(SESSION).cells)


def test_a_session_that_has_not_started_has_neither_client_nor_format() -> None:
    fresh = SESSION | {"client_id": None, "version": 0, "in_per_s": None, "out_per_s": None}
    row = session_row(fresh)
    assert [row.cells[at] for at in (0, 2, 3, 7, 8)] == ["not started", "", "", "", ""]
    assert row.act == "Disconnect connection 4"


@walk(
    ("more", "colour"),
    [({"lag_s": 0.9}, ""), ({"lag_s": 1.0}, "pt-down"), ({"paused": True}, "pt-down")],
)
def test_a_client_that_reads_too_slowly_stands_out(more: dict[str, Any], colour: str) -> None:
    lag, unsent = session_row(SESSION | {"unsent_bytes": 70_000} | more).cells[9:11]
    assert (lag.tone, unsent) == (colour, Cell("70,000", colour))  # type: ignore[union-attr]


@walk(
    ("status", "colour"),
    [("inactive", "warn"), ("connecting", "warn"), ("ok", "good"), ("broken", "bad"), ("?", "")],
)
def test_farms_have_the_colours_of_tws(status: str, colour: str) -> None:
    assert farm_tone(status) == colour


def test_an_indicator_tells_its_last_notice() -> None:
    notice = {"code": 2103, "text": "Market data farm connection is broken:usfarm",
              "time": "2026-03-02T15:00:00Z"}  # fmt: skip
    with tab() as client:
        indicator = Indicator("usfarm", "market data farm")
        indicator.show("inactive", "warn", None, "No notice yet")
        words = texts(client.content)
        assert words == ["usfarm", "market data farm", "inactive", "No notice yet"]
        indicator.show("broken", "bad", notice)
        assert texts(client.content)[2:] == ["broken", "2103 · 15:00:00", notice["text"]]


STATION = {"host": "127.0.0.1", "port": 7497, "sessions": 0, "waiting": 0, "notice": None}
LINK = {"up": True, "competing": False, "held_orders": 0, "notice": None}


def notice(code: int) -> dict[str, Any]:
    return {"code": code, "text": f"what {code} says", "time": "2026-03-02T15:00:00Z"}


def shown(station: dict[str, Any], link: dict[str, Any]) -> list[list[str]]:
    """State and notice of the API, then of the broker link."""
    paper = PaperView()
    with tab() as client:
        _indicators(paper.view)
        paper.tell("station", STATION | station)
        paper.tell("link", LINK | link)
        rows = [one for one in client.elements.values() if "pt-indicator" in one.classes]
        return [texts(row)[2:] for row in rows]


def test_the_api_and_the_broker_link_have_a_notice_each() -> None:
    assert shown({}, {}) == [
        ["listening", "Programs connect to 127.0.0.1:7497"],
        ["up", "No notice yet"],
    ]
    assert shown({"notice": notice(1300)}, {"notice": notice(1102)}) == [
        ["listening", "1300 · 15:00:00", "what 1300 says"],
        ["up", "1102 · 15:00:00", "what 1102 says"],
    ]


def test_who_waits_and_what_is_held_is_told_beside_a_notice() -> None:
    """An order is held after 1100 only: a line instead of the notice would never be seen."""
    down = {"up": False, "held_orders": 2, "notice": notice(1100)}
    api, link = shown({"sessions": 3, "waiting": 1, "notice": notice(1300)}, down)
    assert (api[0], link[0]) == ("3 connected, 1 waiting", "down, 2 orders held")
    assert (api[1], link[1]) == ("1300 · 15:00:00", "1100 · 15:00:00")


def news(number: int, kind: str = "opened") -> dict[str, Any]:
    return {"number": number, "time": "2026-03-02T15:00:00Z", "kind": kind,
            "facts": {"number": number, "address": "a"}}  # fmt: skip


@pytest.mark.long
def test_news_are_few_and_the_newest_is_on_top() -> None:
    """However many came: what is kept before, what comes twice, and what pages are not told."""
    paper = PaperView()
    paper.desk.answers["/events"] = [news(number) for number in range(1, 101)]

    async def look() -> list[str]:
        with tab() as client:
            await _news(paper.view)
            assert texts(client.content)[1:3] == ["15:00:00", "Connection 100 from a opened"]
            (hear,) = paper.hearing
            for number in (100, *range(101, 401)):
                hear(news(number))
            hear(news(401, "order"))
            (timer,) = (one for one in client.elements.values() if isinstance(one, ui.timer))
            timer.callback()
            return [text for text in texts(client.content) if text.startswith("Connection")]

    shown = asyncio.run(look())
    assert shown[0] == "Connection 400 from a opened"
    assert len(shown) == len(set(shown)) == SHOWN


def test_a_table_hears_the_browser_while_it_is_hidden_for_want_of_rows() -> None:
    """Otherwise the first row would never be sent."""
    paper = PaperView()
    with tab() as client:
        _sessions(paper.view)
        (grid,) = (one for one in client.elements.values() if isinstance(one, Grid))
        paper.tell("sessions", [])
        assert not grid.visible and not grid.is_ignoring_events
        paper.tell("sessions", [SESSION])
        assert grid.visible
