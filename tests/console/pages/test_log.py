"""The page of the log: lines as the browser gets them, gaps, pause."""

import asyncio
from typing import Any

from console.views import PaperView, tab
from papertape.console.pages.log import KEPT, LogFeed, gap, line
from papertape.console.parts.components import empty
from papertape.server.control.logring import KEPT as KEPT_BY_THE_STATION

ROW = {"number": 5, "time": "2026-03-02T15:00:00.987654Z", "level": "warning",
       "logger": "papertape.station", "message": "<b>x</b>", "error": ""}  # fmt: skip


class Shown:
    """Notes the lines that would go to the browser."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def add(self, rows: list[dict[str, Any]]) -> None:
        """More of them."""
        self.rows += rows


def test_a_line_has_its_time_in_milliseconds_and_its_text_as_it_is() -> None:
    assert line(ROW) == {
        "number": 5, "time": "15:00:00.987", "level": "warning", "weight": 30,
        "message": "<b>x</b>", "error": "",
    }  # fmt: skip


def test_both_keep_as_many_lines() -> None:
    assert KEPT == KEPT_BY_THE_STATION


def test_a_full_answer_says_that_lines_may_be_missing() -> None:
    rows = [ROW | {"number": number} for number in range(7, 7 + KEPT)]
    (told,) = gap(5, rows)
    assert told["number"] == -7 and "missing" in told["message"]
    assert gap(5, rows[1:]) == [] == gap(0, rows)


def test_what_comes_during_a_pause_is_fetched_after_it() -> None:
    paper, shown = PaperView(), Shown()

    async def look() -> None:
        with tab():
            feed = LogFeed(paper.view, shown, empty("", ""))  # type: ignore[arg-type]
            desk = paper.desk
            desk.answers["/log"] = [ROW]
            await feed._fetch(desk.get("/log", after=feed._after))
            feed.pause(True)
            await feed._fetch(desk.get("/log", after=feed._after))  # was on its way already
            feed.pause(False)
            desk.answers["/log"] = [ROW | {"number": 9}]
            await feed._fetch(desk.get("/log", after=feed._after))
            assert feed._after == 9

    asyncio.run(look())
    assert [row["number"] for row in shown.rows] == [5, 9]
    assert [query["after"] for _, _, query in paper.desk.done] == [0, 5, 5]
