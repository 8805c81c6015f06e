"""The page of the drills: options, issues, runs."""

import asyncio
from typing import Any

from console.views import PaperView, tab, texts
from papertape.console.pages.drills import (
    COLUMNS,
    DrillCard,
    hint,
    issue,
    option,
    options,
    paragraphs,
    run_row,
    sentence,
    written,
)
from papertape.console.parts.grid import Cell
from papertape.console.remote import RemoteError
from papertape.server.drills import Drills, parse
from walks import walk

RUN = {"number": 3, "name": "freeze", "options": {"seconds": 10.0}, "ended": None,
       "began": "2026-03-02T15:00:00Z", "acts_at": "2026-03-02T15:00:10Z",
       "state": "acts by itself"}  # fmt: skip


def catalogue() -> dict[str, dict[str, Any]]:
    """As the control API shows it."""
    return {
        card.name: {
            "name": card.name, "summary": card.summary, "explanation": card.explanation,
            "issues": list(card.issues),
            "options": [{"name": n, "type": t, "default": d} for n, t, d in card.options],
        }
        for card in Drills.catalogue()
    }  # fmt: skip


def test_every_option_has_a_field_whose_value_is_its_default() -> None:
    with tab():
        for card in catalogue().values():
            for row in card["options"]:
                value = written(option(row).get())
                default = row["default"].lower()
                if default in ("", "none", '""'):
                    assert value is None, row
                else:
                    assert str(value).lower() in (default, default.removesuffix(".0")), row


def test_a_field_says_whether_it_must_be_filled_in() -> None:
    rows = {row["name"]: row for row in catalogue()["black-hole"]["options"]}
    assert [hint(rows[name]) for name in ("client", "kind", "n")] == [
        "may be blank", "must be given", "whole number",
    ]  # fmt: skip
    assert hint(catalogue()["half-frame"]["options"][1]) == "may be blank"


def test_options_are_shown_as_they_are_typed() -> None:
    given = {"kind": "place Order", "ms": 4000.0, "seen": True, "client": None, "n": 2}
    text = options(given)
    assert text == "kind='place Order' ms=4000 seen=true n=2"
    assert parse(f"reset {text}")[1] == {
        "kind": "place Order", "ms": "4000", "seen": "true", "n": "2",
    }  # fmt: skip


@walk(
    ("text", "address"),
    [
        ("erdewit/ib_insync#411", "https://github.com/erdewit/ib_insync/issues/411"),
        ("QuantConnect/Lean.Brokerages.InteractiveBrokers#249",
         "https://github.com/QuantConnect/Lean.Brokerages.InteractiveBrokers/issues/249"),
        ("javascript:alert(1)", ""), ("a/b", ""), ("a/b/c#1", ""), ("a/b?x#1", ""), ("/b#1", ""),
        ("a/b#1x", ""),
    ],
)  # fmt: skip
def test_only_a_public_issue_becomes_a_link(text: str, address: str) -> None:
    assert issue(text) == address


def test_every_issue_of_the_catalogue_becomes_a_link() -> None:
    assert all(issue(one) for card in catalogue().values() for one in card["issues"])


def test_texts() -> None:
    assert sentence("a farm breaks") == "A farm breaks."
    assert paragraphs("One ``ms``\ntwo.\n\nThree.\n") == ["One ms two.", "Three."]


def test_a_run_in_the_table() -> None:
    running = run_row(RUN)
    assert running.cells == (
        "3", "freeze", "seconds=10", "15:00:00", "15:00:10", "", Cell("acts by itself", "warn"),
    )  # fmt: skip
    assert running.act == "Stop freeze, run 3"
    over = run_row(RUN | {"ended": "2026-03-02T15:00:09Z", "acts_at": None, "state": "over"})
    assert over.cells[4:] == ("", "15:00:09", Cell("over", ""))
    assert over.act == ""
    assert len(COLUMNS) == len(over.cells)


def test_start_sends_what_the_fields_say_and_tells_what_is_wrong() -> None:
    paper = PaperView()
    paper.desk.answers["/drills/farm-blip"] = RemoteError(
        "has an option that is not valid: name is missing"
    )

    async def start() -> list[str]:
        with tab() as client:
            shown = DrillCard(paper.view, catalogue()["farm-blip"])
            await shown._start()
            words = texts(client.content)
            paper.desk.answers["/drills/farm-blip"] = RUN
            {row["name"]: field for row, field in shown._fields}["name"].set(" usfarm ")
            await shown._start()
            shown.running([3, 4])
            assert "2 running" in texts(client.content)
            await shown._end()
            shown.running([])
            assert "Stop" not in texts(client.content)
            return words

    words = asyncio.run(start())
    assert "Has an option that is not valid: name is missing." in words
    assert paper.desk.done == [
        ("post", "/drills/farm-blip", {"ms": 3000}),
        ("post", "/drills/farm-blip", {"name": "usfarm", "ms": 3000}),
        ("post", "/drills/runs/3/stop", None),
        ("post", "/drills/runs/4/stop", None),
    ]
