"""A thread folds the write-ahead file into the database while commits go on."""

import threading
from pathlib import Path

import pytest

from papertape.store.folding import AGAIN_S, FOLDED, Folding
from papertape.store.journal import Batch, Journal

CHUNK = bytes(100_000)
ENOUGH = FOLDED // len(CHUNK) + 1


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "j.sqlite"


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "fold journal"]


@pytest.mark.long
def test_what_was_written_is_in_the_database_before_a_commit_has_to_fold_it(path: Path) -> None:
    with Journal.open(path, schema_version=3) as journal:
        for n in range(ENOUGH - 9):
            journal.append(Batch([(n, CHUNK)]))
        assert path.stat().st_size < FOLDED // 2
        assert not threads()
        for n in range(9):
            journal.append(Batch([(n, CHUNK)]))
        assert threads()
        journal._folding.close()  # when it has finished
        assert path.stat().st_size > 0.9 * FOLDED
        assert not threads()
        for n in range(2 * ENOUGH):  # it begins again, and commits go on meanwhile
            journal.append(Batch([(n, b"%d" % n), (n, CHUNK)]))
        assert len(list(journal.entries())) == 5 * ENOUGH
    assert not threads()
    with Journal.open(path, schema_version=3) as journal:
        assert len(list(journal.entries())) == journal.last_seq == 5 * ENOUGH


def test_a_piece_of_a_snapshot_counts(path: Path) -> None:
    with Journal.open(path, schema_version=3) as journal:
        journal.append(Batch([(1, b"entry")]))
        writer = journal.begin_snapshot()
        for _ in range(ENOUGH):
            writer.add(CHUNK)
        journal._folding.close()
        assert path.stat().st_size > 0.9 * FOLDED


def test_little_needs_no_thread(path: Path) -> None:
    with Journal.open(path, schema_version=3) as journal:
        for n in range(100):
            journal.append(Batch([(n, b"entry")]))
        assert not threads()


def test_a_file_that_cannot_be_folded_is_left_to_commits(tmp_path: Path) -> None:
    folding = Folding(tmp_path / "missing" / "j.sqlite")
    for _ in range(3):
        folding.wrote(FOLDED)
    folding.close()
    folding.close()
    assert not threads()


def test_it_folds_again_until_nothing_came_meanwhile(path: Path) -> None:
    """Only a file that is folded to its end is begun anew, and does not grow for ever."""
    pauses: list[float | None] = []
    with Journal.open(path, schema_version=3) as journal:

        class Watched(Folding):
            def _is_wanted(self, pause: float | None) -> bool:
                pauses.append(pause)
                if len(pauses) <= 2:  # before it begins, and while it rests
                    journal.append(Batch([(1, CHUNK)]))
                return len(pauses) < 4

        Watched(path)._fold()
        assert pauses == [None, AGAIN_S, AGAIN_S, None]
        written = Path(f"{path}-wal").stat().st_size
        journal.append(Batch([(1, CHUNK)]))
        assert Path(f"{path}-wal").stat().st_size == written
