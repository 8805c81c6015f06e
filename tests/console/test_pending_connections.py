"""Who waits for a decision: the countdown, the list, and that a button means its own row."""

import asyncio
from typing import Any

import pytest
from nicegui import ui

from console.views import PaperView, tab, texts
from papertape.console.pending_connections import MOST_OVER, Countdown, PendingList, remaining, who
from papertape.console.remote import RemoteError
from walks import walk

UNTIL = "2026-03-02T15:01:00Z"


def row(number: int, address: str = "127.0.0.2") -> dict[str, Any]:
    return {
        "number": number, "address": address, "client_id": 5, "version": 187, "until": UNTIL,
    }  # fmt: skip


def station(time: str, speed: float = 1.0) -> dict[str, Any]:
    return {"time": time, "speed": speed}


def buttons(root: ui.element) -> dict[str, ui.button]:
    return {one.text: one for one in root.descendants() if isinstance(one, ui.button)}


@walk(
    ("speed", "later", "left"),
    [(1.0, 0.0, 60.0), (1.0, 1.5, 58.5), (10.0, 1.5, 4.5), (1.0, 61.0, 0.0), (0.0, 0.0, None)],
)
def test_a_countdown_runs_by_the_markets_time(
    speed: float, later: float, left: float | None
) -> None:
    countdown = Countdown()
    assert countdown.left(UNTIL, 100.0) is None  # nothing is known of the market's time yet
    countdown.told(station("2026-03-02T15:00:00Z", speed), 100.0)
    assert countdown.left(UNTIL, 100.0 + later) == left


def test_words() -> None:
    assert who(row(1)) == "client id 5 · server version 187"
    assert remaining(41.6) == "Rejected automatically in 42 s"
    assert remaining(None) == ""


def test_an_answer_is_about_the_row_that_was_read() -> None:
    """The first one is gone meanwhile; its row stays, so that no other moves under the pointer."""
    paper = PaperView()
    with tab() as client:
        requests = PendingList(paper.view)
        requests.start(list)
        paper.tell("station", station("2026-03-02T15:00:00Z"))
        paper.tell("waiting", [row(1), row(2, "127.0.0.3")])
        first, second = (one.box for one in requests._rows.values())
        assert "Rejected automatically in 60 s" in texts(first)
        paper.tell("waiting", [row(2, "127.0.0.3")])
        assert texts(first)[-1] == "No longer waiting"
        assert not buttons(first)["Accept"].parent_slot.parent.visible  # type: ignore[union-attr]
        assert requests.open
        asyncio.run(requests._rows[2]._decide(paper.desk.post("/waiting/2/reject"), "Rejected"))
        assert "Rejected" in texts(second)
        assert not requests.open
        requests.clear()
        assert first.is_deleted and second.is_deleted
        assert client.elements
    assert paper.desk.done == [("post", "/waiting/2/reject", None)]


def test_who_is_shown_can_be_hostile() -> None:
    hostile = '"><img src=x onerror=alert(1)> {{7*7}}'
    paper = PaperView()
    with tab():
        requests = PendingList(paper.view)
        requests.start(list)
        paper.tell("waiting", [row(1, hostile)])
        (box,) = (one.box for one in requests._rows.values())
        assert hostile in texts(box)
        assert box.props["aria-label"].startswith(f"Connection from {hostile}")
        assert not [one for one in box.descendants() if "innerHTML" in one.props]


def test_an_answer_that_came_too_late_leaves_the_buttons() -> None:
    paper = PaperView()
    paper.desk.answers["/waiting/1/accept"] = RemoteError("there is no connection 1 that waits")

    async def late() -> None:
        with tab():
            requests = PendingList(paper.view)
            requests.start(list)
            paper.tell("waiting", [row(1)])
            shown = requests._rows[1]
            await shown._decide(paper.desk.post("/waiting/1/accept"), "Accepted")
            assert requests.open
            assert buttons(shown.box)["Accept"].enabled

    asyncio.run(late())


@pytest.mark.long
def test_a_stranger_who_tries_again_and_again_does_not_fill_the_page() -> None:
    paper = PaperView()
    with tab() as client:
        requests = PendingList(paper.view)
        requests.start(list)
        paper.tell("waiting", [row(1)])
        few = len(client.elements)
        for number in range(2, 200):
            paper.tell("waiting", [row(number)])
        assert len(requests._rows) == MOST_OVER + 1
        assert len(client.elements) < few * (MOST_OVER + 1)
