"""Damage at any byte of a journal that was closed in good order: it is found and said, or it is in
a byte that means nothing, and what is recovered is right; the same when the station goes on.

``make proof`` damages every byte, other lanes some of many pages.
"""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from lanes import many
from papertape.errors import JournalError
from papertape.store import database
from papertape.venue.commands import ResetOrderIds
from store.world import World, history, opened, recovered

EVERY = many(test=19937, quick=1499, proof=1)
"""From each damaged byte to the next: no divisor of a page, so that pages are hit all over."""
PARTS = many(test=1, quick=2, proof=64)
"""Tests among which the bytes are divided."""
PAGE = 4096
HEADS = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13)
"""Of each page: its kind, its free blocks, where its cells are; of a list of free pages, the next
and how many."""
HEADS_APART = many(test=13, quick=3, proof=1)
"""From each of them to the next."""
PAGES_APART = many(test=3, quick=1)
"""From each page whose head, or which whole, is damaged to the next."""


def flip(data: bytearray, at: int) -> None:
    data[at] ^= 0x41


def zero(data: bytearray, at: int) -> None:
    data[at] = 0


def count_up(data: bytearray, at: int) -> None:
    data[at] = (data[at] + 1) % 256


def hole(data: bytearray, at: int) -> None:
    data[at : at + PAGE] = bytes(len(data[at : at + PAGE]))


@pytest.fixture(scope="module")
def dropped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log that was dropped in part: free pages, two snapshots, rows of two days."""
    path = tmp_path_factory.mktemp("dropped") / "j.sqlite"
    with opened(path) as journal:
        world = World(journal)
        for number in range(80):
            world.play(f"submit c2#{number + 1} BUY 1 AAPL LMT 200", f"cancel c2#{number + 1}")
        world.ask(ResetOrderIds())
        for _ in history(world):
            world.save()
        assert journal.first_seq > 60
    with closing(sqlite3.connect(path)) as reader:
        assert reader.execute("PRAGMA freelist_count").fetchone()[0] > 3
    return path


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log that was kept, and one snapshot."""
    path = tmp_path_factory.mktemp("whole") / "j.sqlite"
    with opened(path) as journal:
        world = World(journal, keep_history=True)
        for number, _ in enumerate(history(world)):
            if number == 1:
                world.save()
    return path


@pytest.fixture(autouse=True)
def unflushed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for the disk: the files are the same, and their computer does not die."""
    run = database.pragma
    monkeypatch.setattr(
        database, "pragma", lambda file, text: run(file, text.replace("=NORMAL", "=OFF"))
    )


def places(data: bytes, harm: object) -> list[int]:
    pages = range(0, len(data), PAGE * PAGES_APART)
    if harm is hole:
        return list(pages)
    heads = (page + at for page in pages for at in HEADS[::HEADS_APART])
    return sorted({*range(0, len(data), EVERY), *heads})


def go_on(path: Path) -> str:
    """One more order, and a clean stop; what the venue is then."""
    with opened(path) as journal:
        world = World(journal)
        world.now = world.engine.clock
        world.play("quote AAPL 200.00 200.01", "submit #90 BUY 1 AAPL MKT", "cancel c2#1")
        world.keeper.finish(world.engine)
        return world.engine.state_hash()


@pytest.mark.proof
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("harm", [flip, zero, count_up, hole])
@pytest.mark.parametrize("kind", ["dropped", "whole"])
def test_damage_is_said_or_does_no_harm(
    kind: str,
    harm: Callable[[bytearray, int], None],
    part: int,
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> None:
    source: Path = request.getfixturevalue(kind)
    mark = Path(f"{source}.mark").read_bytes()
    sound = source.read_bytes()
    shutil.copy(source, tmp_path / "then.sqlite")
    shutil.copy(f"{source}.mark", tmp_path / "then.sqlite.mark")
    before, then = recovered(source).state_hash(), go_on(tmp_path / "then.sqlite")
    said = right = 0
    for place in places(sound, harm)[part::PARTS]:
        data = bytearray(sound)
        harm(data, place)
        path = tmp_path / "j.sqlite"
        for file in tmp_path.glob("j.sqlite*"):
            file.unlink()
        path.write_bytes(data)
        Path(f"{path}.mark").write_bytes(mark)
        if data == sound:
            continue
        try:
            assert recovered(path).state_hash() == before, f"byte {place}: another venue"
            assert go_on(path) == then, f"byte {place}: another venue, when it goes on"
            assert recovered(path).state_hash() == then, f"byte {place}: another venue, later"
        except JournalError:
            said += 1
        else:
            right += 1
    assert said and (right or harm is hole)
    print(f"\n{kind}, {harm.__name__}: said {said}, right {right}")
