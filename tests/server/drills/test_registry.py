"""The registry: names, options as people and programs write them, history, the seed."""

import re
from pathlib import Path
from typing import Any

import pytest

from papertape.errors import SettingsError
from papertape.server.drills import CATALOGUE, Drills, parse, registry
from papertape.server.drills.registry import MAX_RUNNING, usage
from papertape.server.settings import StationSettings
from papertape.wire.catalogue.session import CurrentTime, ReqCurrentTime
from server.pair import Hall
from walks import walk

NAMES = {
    "black-hole", "code-page", "competing-session", "corrected-execution", "drop-after-ready",
    "drop-before-ready",
    "duplicate-callbacks", "farm-blip", "freeze", "half-frame", "id-rollback", "late-callbacks",
    "late-order", "link-lost", "link-restored", "nightly-restart", "reorder-callbacks",
    "repeated-details", "reset", "slow-drip", "stale-client-id",
    "unreadable-price", "zone-name",
}  # fmt: skip


def test_the_catalogue_lists_every_drill_with_what_it_does() -> None:
    cards = Drills.catalogue()
    assert [card.name for card in cards] == sorted(NAMES) == sorted(CATALOGUE)
    for card in cards:
        assert card.summary and len(card.explanation.split()) > 20, card.name
        assert card.issues, card.name
        assert all(re.fullmatch(r"[\w.-]+/[\w.-]+#\d+", issue) for issue in card.issues), card
        assert all(of for _, of, _ in card.options), card


def test_a_card_tells_types_and_defaults_of_the_options() -> None:
    (card,) = [card for card in Drills.catalogue() if card.name == "black-hole"]
    assert card.options == (
        ("client", "whole number", "none"), ("kind", "text", ""), ("n", "whole number", "1"),
    )  # fmt: skip


def test_a_card_tells_an_empty_text_from_an_option_that_must_be_given() -> None:
    (card,) = [card for card in Drills.catalogue() if card.name == "half-frame"]
    assert ("kind", "text", '""') in card.options
    assert usage(CATALOGUE["half-frame"]) == 'half-frame [client=none] [kind=""]'


@walk(
    ("text", "options"),
    [
        ("drop-after-ready", {}),
        ("drop-after-ready 500", {"ms": "500"}),
        ("drop-after-ready ms=500 client=3", {"ms": "500", "client": "3"}),
        ("black-hole reqMktData 2", {"kind": "reqMktData", "n": "2"}),
        ("link-restored --data-lost", {"data-lost": True}),
        ("link-restored data_lost=true", {"data_lost": "true"}),
        ("farm-blip usfarm --ms=250", {"name": "usfarm", "ms": "250"}),
    ],
)
def test_a_drill_as_people_write_it(text: str, options: dict[str, Any]) -> None:
    assert parse(text) == (text.split()[0], options)
    Hall().station.drills.begin(text)  # and every one of them can be started


@walk(
    ("text", "said"),
    [
        ("", "is empty"),
        ("no-such-drill", "is not a drill.*Choose one of: black-hole, code-page, competing"),
        ("farm-blibp", "Did you mean farm-blip[?] Choose one of: black-hole"),
        ("freeze 1 2", r"has no positional option for '2'.*freeze \[seconds=10.0\]"),
        ("freeze 'open", "No closing quotation"),
        ("freeze seconds=soon", r"has an option that is not valid.*\[seconds=10.0\]"),
        ("freeze seconds=-1", "has an option that is not valid.*seconds"),
        ("freeze minutes=1", "has an option that is not valid.*minutes"),
        ("black-hole", "needs the option kind .*Usage: black-hole"),
        ("black-hole noSuchMessage", "is no message of the protocol.*placeOrder"),
        ("farm-blip nofarm", "is not a farm.*usfarm"),
        ("zone-name ''", "unprintable characters"),
        (r"zone-name 'a	b'", "unprintable characters"),
        ("zone-name " + "x" * 101, "has an option that is not valid.*name"),
        ("code-page utf-16", "is not a code page that contains ASCII.*gbk"),
        ("code-page rot13", "is not a code page that contains ASCII"),
        ("code-page hex", "is not a code page that contains ASCII"),
        ("code-page no-such", "is not a code page that contains ASCII"),
        ("code-page cp1252 公司", "cannot be encoded in cp1252"),
    ],
)
def test_what_is_wrong_is_told_with_what_would_be_right(text: str, said: str) -> None:
    hall = Hall()
    with pytest.raises(SettingsError, match=f"(?s){said}"):
        hall.station.drills.begin(text)
    assert hall.station.drills.history() == ()


def test_the_history_tells_what_ran_and_when() -> None:
    hall = Hall()
    drills = hall.station.drills
    hall.station.step(hall.now)
    first = drills.start("freeze", seconds=2)
    drills.start("link-restored", data_lost=True)
    assert [run.name for run in drills.running()] == ["freeze"]
    hall.wait(5)
    runs = drills.history()
    assert [(run.number, run.name, run.options) for run in runs] == [
        (1, "freeze", {"seconds": 2.0}), (2, "link-restored", {"data_lost": True}),
    ]  # fmt: skip
    assert first.ended == first.began + 2 * 10**9
    assert drills.running() == ()


def test_a_run_that_is_stopped_is_over() -> None:
    hall = Hall()
    client = hall.client()
    run = hall.station.drills.start("black-hole", kind="reqCurrentTime", n=0)
    assert not client.send(ReqCurrentTime()).of(CurrentTime)
    hall.station.drills.stop(run.number)
    hall.station.drills.stop(run.number)  # twice does no harm
    assert client.send(ReqCurrentTime()).of(CurrentTime)
    assert run.ended is not None


def test_only_so_many_run_at_once() -> None:
    drills = Hall().station.drills
    for _ in range(MAX_RUNNING):
        drills.start("black-hole", kind="reqIds")
    with pytest.raises(SettingsError, match="drills run already"):
        drills.start("black-hole", kind="reqIds")
    drills.stop_all()
    assert drills.running() == ()


def test_without_a_drill_nobody_looks_at_messages() -> None:
    hall = Hall()
    client = hall.client()
    assert client.session.lets is None and client.session.valve is None
    run = hall.station.drills.start("black-hole", kind="reqIds")
    assert client.session.lets is not None
    hall.station.drills.stop(run.number)
    assert client.session.lets is None


def cut(seed: int, drills: int = 1) -> list[bytes]:
    """What arrives of the answers that so many half-frame drills cut."""
    hall = Hall(settings=StationSettings(seed=seed))
    arrived = []
    for number in range(drills):
        client = hall.client(number)
        hall.station.drills.start("half-frame", kind="currentTime")
        client.send(ReqCurrentTime())
        arrived.append(client.pipe.data)
    return arrived


@pytest.mark.long
def test_the_same_seed_gives_the_same_run_and_another_one_another() -> None:
    assert cut(1, 5) == cut(1, 5)
    assert len({tuple(cut(seed, 5)) for seed in range(5)}) > 1
    assert len(set(cut(1, 5))) > 1  # each drill has chances of its own


def test_every_drill_has_a_page_and_every_page_a_drill() -> None:
    folder = Path(__file__).parents[3] / "docs/drills"
    pages = {page.stem: page.read_text("utf-8") for page in folder.glob("*.md")}
    index = pages.pop("README")
    assert set(pages) == NAMES
    for card in Drills.catalogue():
        assert f"]({card.name}.md)" in index
        assert card.summary in pages[card.name]
        for issue in card.issues:
            assert issue in pages[card.name], (card.name, issue)
        for option, _, _ in card.options:
            assert f"`{option}`" in pages[card.name], (card.name, option)


def test_a_run_that_outlasts_the_history_still_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "MAX_HISTORY", 5)
    drills = Hall().station.drills
    long = drills.start("black-hole", kind="reqIds")
    for _ in range(9):
        drills.stop(drills.start("black-hole", kind="reqIds").number)
    assert [run.number for run in drills.history()] == [1, 7, 8, 9, 10]
    assert drills.running() == (long,)
    drills.stop(long.number)
    assert drills.idle and drills.running() == () and long.ended is not None
