"""A journal of every released form of the facts: it recovers to what it was recorded with.

``PAPERTAPE_RECORD=1`` records the present form anew, for as long as no release has it. From then on
its files stay as they are, and a change of the form is a new number with an upgrade function.
"""

import json
import os
import shutil
from pathlib import Path

import pytest

from papertape.venue.entries import OLDEST, SCHEMA
from papertape.venue.invariants import check
from store.world import EVERY_KIND, World, history, kinds, opened, recovered, replayed, told

DATA = Path(__file__).parent / "data"
NUMBERS = list(range(OLDEST, SCHEMA + 1))


def stem(number: int) -> Path:
    return DATA / f"journal-schema-{number}"


def record() -> None:
    """Play the world into the files of the present form."""
    DATA.mkdir(exist_ok=True)
    for file in DATA.glob(f"{stem(SCHEMA).name}.*"):
        file.unlink()
    path = stem(SCHEMA).with_suffix(".sqlite")
    with opened(path) as journal:
        world = World(journal, keep_history=True)
        for number, _ in enumerate(history(world)):
            if number:
                world.save()
        expected = {"state_hash": world.engine.state_hash(), "told": world.rows()}
    path.with_name(f"{path.name}.lock").unlink()
    stem(SCHEMA).with_suffix(".json").write_text(json.dumps(expected, indent=1) + "\n")


if os.environ.get("PAPERTAPE_RECORD"):
    record()


@pytest.fixture(params=NUMBERS)
def recorded(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, dict[str, object]]:
    """A copy of a recorded journal, and what it was recorded with."""
    path = stem(request.param).with_suffix(".sqlite")
    for suffix in ("", ".mark"):
        shutil.copy(f"{path}{suffix}", tmp_path)
    return tmp_path / path.name, json.loads(path.with_suffix(".json").read_text())


def test_a_recorded_journal_recovers_to_what_it_was(
    recorded: tuple[Path, dict[str, object]],
) -> None:
    path, expected = recorded
    engine = recovered(path)
    check(engine)
    assert told(engine) == expected["told"]
    assert engine.state_hash() == expected["state_hash"]


def test_its_entries_alone_give_the_same(recorded: tuple[Path, dict[str, object]]) -> None:
    path, expected = recorded
    engine = replayed(path)
    check(engine)
    assert told(engine) == expected["told"]
    assert engine.state_hash() == expected["state_hash"]


def test_a_station_goes_on_from_it(recorded: tuple[Path, dict[str, object]]) -> None:
    path, _ = recorded
    with opened(path) as journal:
        world = World(journal)
        world.now = world.engine.clock
        world.play("submit #24 BUY 1 AAPL LMT 200", "cancel #24")
        ended = world.engine.state_hash()
    assert recovered(path).state_hash() == ended


def test_the_present_form_is_recorded_with_every_kind_of_fact(tmp_path: Path) -> None:
    assert (stem(SCHEMA).with_suffix(".json")).exists(), "record it: see above"
    path = stem(SCHEMA).with_suffix(".sqlite")
    for suffix in ("", ".mark"):
        shutil.copy(f"{path}{suffix}", tmp_path)
    assert kinds(tmp_path / path.name) == EVERY_KIND
