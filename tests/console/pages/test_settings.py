"""The page of the settings: search, what is sent, what is said when it is refused."""

import asyncio
from typing import Any

import pytest
from nicegui import ui

from console.views import PaperView, tab, texts
from papertape.console.pages.settings import (
    IDLE,
    SettingsPage,
    found,
    origin,
    reason,
    section_of,
)
from papertape.console.parts.fields import (
    ChoiceField,
    NumberField,
    SwitchField,
    TextField,
    WordsField,
)
from papertape.console.parts.labels import LABELS
from papertape.console.remote import RemoteError
from papertape.server.config import Config
from papertape.server.config_table import TABLE
from papertape.server.control.settings import PLACES
from walks import walk

ROWS = [row | {"place": PLACES[row["group"]]} for row in Config().view()]
BY_NAME = {row["name"]: row for row in ROWS}


def shown(paper: PaperView, *names: str) -> SettingsPage:
    """The page with the settings of these names; of all without any, which takes its time."""
    page = SettingsPage(paper.view)
    paper.tell("settings", [dict(row) for row in ROWS if not names or row["name"] in names])
    return page


def write(page: SettingsPage, name: str, value: Any) -> None:
    page._lines[name].field.element.value = value


def test_every_setting_has_tws_words_and_no_words_are_left_over() -> None:
    assert set(LABELS) == {row.name for row in TABLE}


@walk(
    ("wanted", "names"),
    [("socket PORT", ["socketPort"]), ("1300", ["socketPort"]), ("trustedips", ["trustedIPs"]),
     ("nonsense", [])],
)  # fmt: skip
def test_search_looks_at_names_words_and_meaning(wanted: str, names: list[str]) -> None:
    assert [row["name"] for row in ROWS if found(row, wanted)] == names
    assert all(found(row, "  ") for row in ROWS)


def test_a_refusal_is_told_without_what_the_field_shows_already() -> None:
    outcome = Config().update({"socketPort": 99999})
    assert reason(outcome.blamed["socketPort"]) == "Choose a number from 1 to 65535"
    assert reason("port 80 is taken") == "Port 80 is taken"


def test_the_origin_of_a_value() -> None:
    row = BY_NAME["readOnlyApi"]
    assert origin(row) == "Default: off"
    assert origin(row | {"source": "given"}) == "Default: off · given at the start"


@pytest.mark.long
def test_each_type_has_its_field_and_nothing_has_changed_at_first() -> None:
    kinds = {
        "switch": SwitchField,
        "number": NumberField,
        "choice": ChoiceField,
        "list": WordsField,
        "text": TextField,
    }
    with tab() as client:
        page = shown(PaperView())
        for row in ROWS:
            line = page._lines[row["name"]]
            assert type(line.field) is kinds[row["type"]]
            assert not line.changed
            assert line.field.element.props["aria-label"] == LABELS[row["name"]]
        words = texts(client.content)
    assert {"API - Settings", "API - Precautions", "53 of 53 settings"} <= set(words)
    idle = [row for row in ROWS if not row["acts"]]
    assert words.count("without effect") == len(idle) > 0
    assert all(f"Without effect: {row['note']}." in words for row in idle)


def test_only_what_was_changed_is_sent() -> None:
    paper = PaperView()
    paper.desk.answers["/settings"] = {"changed": ["readOnlyApi"]}

    async def save() -> None:
        with tab():
            page = shown(paper, "readOnlyApi", "trustedIPs", "masterClientId", "prepareDailyPnL")
            write(page, "readOnlyApi", True)
            write(page, "trustedIPs", " 127.0.0.1, ::1\n10.0.0.0/8 \n")
            write(page, "masterClientId", 7.0)
            write(page, "prepareDailyPnL", False)
            write(page, "prepareDailyPnL", True)  # back again
            assert texts(page._save)[0].startswith("3 changes: ")
            paper.desk.answers["/settings"] = RemoteError("no")
            await page._send()

    asyncio.run(save())
    (sent,) = (body for verb, _, body in paper.desk.done if verb == "patch")
    trusted = ["127.0.0.1", "::1", "10.0.0.0/8"]
    assert sent == {"readOnlyApi": True, "trustedIPs": trusted, "masterClientId": 7}


def test_what_is_refused_is_told_beside_its_field_even_if_it_was_not_shown() -> None:
    paper = PaperView()
    refused = Config().update({"bulkDataTimeout": 0, "autoLogoffTime": "25:00"}).blamed
    paper.desk.answers["/settings"] = RemoteError("; ".join(refused.values()), refused)

    async def save() -> list[str]:
        with tab() as client:
            page = shown(paper, "readOnlyApi", "bulkDataTimeout", "autoLogoffTime", "socketPort")
            write(page, "bulkDataTimeout", 0)
            write(page, "autoLogoffTime", "25:00")
            page._search.value = "read-only"
            assert not page._lines["bulkDataTimeout"].box.visible
            await page._send()
            assert page._lines["bulkDataTimeout"].field.element.props["error"] is True
            assert page._lines["socketPort"].field.element.props["error"] is False
            return texts(client.content)

    words = asyncio.run(save())
    assert "Choose a number from 1 to 3600" in words
    assert "Choose a time such as 11:45" in words


@pytest.mark.long
def test_saved_values_are_taken_over_as_the_station_writes_them() -> None:
    paper = PaperView()
    config = Config()

    async def patch(path: str, body: Any) -> Any:
        config.update(body)
        paper.desk.answers[path] = [row | {"place": PLACES[row["group"]]} for row in config.view()]
        return {"changed": list(body)}

    paper.desk.patch = patch  # type: ignore[method-assign]

    async def save() -> None:
        with tab():
            page = shown(paper)
            write(page, "autoLogoffTime", "1:05")
            await page._send()
            assert page._lines["autoLogoffTime"].field.get() == "01:05"
            assert not page._save.visible

    asyncio.run(save())


@pytest.mark.long
def test_what_another_has_changed_meanwhile_spares_what_is_being_written() -> None:
    paper = PaperView()
    with tab() as client:
        page = shown(paper)
        write(page, "bulkDataTimeout", 40)
        theirs = {"bulkDataTimeout": 50, "historicalDataMaxSize": 8}
        paper.tell("settings", [
            row | {"value": theirs.get(row["name"], row["value"]), "source": "changed"}
            for row in ROWS
        ])  # fmt: skip
        assert page._lines["bulkDataTimeout"].field.get() == 40
        assert page._lines["historicalDataMaxSize"].field.get() == 8
        assert "Meanwhile changed elsewhere to: 50" in texts(client.content)
        page._discard()
        assert page._lines["bulkDataTimeout"].field.get() == 50
        assert not page._save.visible


@walk(("written", "value"), [(7.5, "7.5"), (None, None), (8.0, 8)])
def test_a_number_that_is_none_is_left_to_the_station(written: Any, value: Any) -> None:
    with tab():
        field = NumberField("x", 1)
        field.element.value = written
        assert field.get() == value


@pytest.mark.long
def test_a_search_without_a_result_says_so() -> None:
    with tab() as client:
        page = shown(PaperView())
        page._search.value = "nonsense"
        assert "No setting matches" in texts(client.content)
        page._search.value, page._show.value = "", "Cannot act"
        visible = [line.row for line in page._lines.values() if line.box.visible]
        assert visible and not any(row["acts"] for row in visible)
        assert isinstance(page._box, ui.element)


@pytest.mark.long
def test_sections_fold_have_an_index_and_set_apart_what_cannot_act() -> None:
    with tab() as client:
        page = shown(PaperView())
        idle = page._sections[IDLE]
        assert list(page._sections)[-1] == IDLE and not idle.opened
        assert all(one.opened for title, one in page._sections.items() if title != IDLE)
        names = {name for name, line in page._lines.items() if section_of(line.row) == IDLE}
        assert names == {row["name"] for row in ROWS if not row["acts"]}
        assert f"{IDLE} ({len(names)})" in texts(client.content)
        page._search.value = BY_NAME[min(names)]["name"]
        assert idle.opened and f"{IDLE} (1)" in texts(client.content)
        idle._folded(opened=False)
        assert "open" not in idle._part.props
        page._search.value = "nonsense"
        assert not idle._section.visible
