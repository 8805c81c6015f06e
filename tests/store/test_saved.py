"""Snapshots in the journal, and what they let go."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from papertape.errors import JournalError
from papertape.store.journal import Batch, Journal
from papertape.store.saved import Saved


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "j.sqlite"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    with opened(path) as journal:
        yield journal


def opened(path: Path) -> Journal:
    return Journal.open(path, schema_version=3)


def grow(journal: Journal, count: int) -> None:
    journal.append(Batch([(n, b"entry") for n in range(count)]))


def save(journal: Journal, *pieces: bytes) -> int:
    writer = journal.begin_snapshot()
    for piece in pieces:
        writer.add(piece)
    writer.finish()
    return writer.seq


def damage(path: Path, *statements: str) -> int:
    """How many rows were damaged."""
    with closing(sqlite3.connect(path)) as connection, connection:
        return sum(connection.execute(statement).rowcount for statement in statements)


def count(path: Path, table: str) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


# ---------------------------------------------------------------- keeping and reading


def test_the_newest_snapshot_is_given_first(journal: Journal) -> None:
    assert list(journal.snapshots()) == []
    found = []
    for number in range(3):
        grow(journal, 2)
        found.append(
            Saved(save(journal, b"state ", b"after %d" % number), b"state after %d" % number)
        )
        assert next(journal.snapshots()) == found[-1]
    assert [saved.seq for saved in found] == [2, 4, 6]
    assert list(journal.snapshots()) == found[:0:-1]


def test_a_snapshot_stands_where_it_was_begun_however_far_the_journal_is(journal: Journal) -> None:
    grow(journal, 3)
    writer = journal.begin_snapshot()
    writer.add(b"one")
    grow(journal, 5)
    writer.add(b"two")
    writer.finish()
    assert list(journal.snapshots()) == [Saved(3, b"onetwo")]
    assert journal.last_seq == 8


def test_only_two_snapshots_stay_and_their_pieces_go_one_by_one(
    journal: Journal, path: Path
) -> None:
    for number in range(10):
        grow(journal, 1)
        save(journal, b"%d" % number, b"", b"more")
    assert [saved.seq for saved in journal.snapshots()] == [10, 9]
    for left in range(8 * 3, 0, -1):
        assert count(path, "pieces") == 2 * 3 + left
        assert journal.clear()
    assert not journal.clear()
    assert count(path, "pieces") == 2 * 3
    assert [saved.blob for saved in journal.snapshots()] == [b"9more", b"8more"]


def test_a_half_written_snapshot_counts_for_nothing_and_goes(path: Path) -> None:
    with opened(path) as journal:
        grow(journal, 2)
        save(journal, b"whole")
        grow(journal, 2)
        writer = journal.begin_snapshot()
        for _ in range(3):
            writer.add(b"half")
    with opened(path) as journal:
        assert list(journal.snapshots()) == [Saved(2, b"whole")]
        assert journal.rejected == []  # it never was one
        while journal.clear():
            pass
        assert count(path, "pieces") == 1
        assert list(journal.snapshots()) == [Saved(2, b"whole")]


def test_a_snapshot_that_is_begun_again_at_the_same_entry_takes_its_place(path: Path) -> None:
    """The process died when it was half written, and nothing has happened since."""
    with opened(path) as journal:
        grow(journal, 2)
        writer = journal.begin_snapshot()
        for _ in range(5):
            writer.add(b"half")
    with opened(path) as journal:
        writer = journal.begin_snapshot()
        writer.add(b"now ")
        assert not journal.clear()  # what is being written is not cleared away
        writer.add(b"whole")
        writer.finish()
        assert list(journal.snapshots()) == [Saved(2, b"now whole")]
        assert count(path, "pieces") == 2


def test_an_open_snapshot_is_not_cleared_away(journal: Journal, path: Path) -> None:
    grow(journal, 1)
    writer = journal.begin_snapshot()
    writer.add(b"kept")
    assert not journal.clear()
    assert count(path, "pieces") == 1


# ---------------------------------------------------------------- dropping the log


def test_the_log_behind_the_second_newest_snapshot_is_dropped_some_at_a_time(
    journal: Journal,
) -> None:
    grow(journal, 10)
    assert journal.drop(100) == 0
    save(journal, b"")
    assert journal.drop(100) == 0  # with one snapshot everything stays
    grow(journal, 10)
    save(journal, b"")
    assert [journal.drop(4) for _ in range(4)] == [4, 4, 2, 0]
    assert journal.first_seq == 11
    assert [entry.seq for entry in journal.entries(10)] == list(range(11, 21))
    with pytest.raises(JournalError, match="lacks an entry"):
        next(journal.entries())


def test_the_numbers_go_on_after_a_drop(path: Path) -> None:
    with opened(path) as journal:
        for _ in range(3):
            grow(journal, 5)
            save(journal, b"state")
        journal.drop(100)
    with opened(path) as journal:
        assert (journal.first_seq, journal.last_seq) == (11, 15)
        assert journal.append(Batch([(1, b"next")])) == 16


# ---------------------------------------------------------------- damage

HARM = {
    "a piece is shorter": "UPDATE pieces SET blob = substr(blob, 1, 3) WHERE seq = 4",
    "a piece is text": "UPDATE pieces SET blob = 'newer' WHERE seq = 4 AND number = 0",
    "a piece is lost": "DELETE FROM pieces WHERE seq = 4 AND number = 1",
    "a piece too many": "INSERT INTO pieces VALUES (4, 2, x'00')",
    "the digest is another": "UPDATE snapshots SET digest = zeroblob(16) WHERE seq = 4",
    "the count is another": "UPDATE snapshots SET pieces = 1 WHERE seq = 4",
    "the count is text": "UPDATE snapshots SET pieces = 'two' WHERE seq = 4",
    "it stands elsewhere": "UPDATE snapshots SET seq = 5 WHERE seq = 4",
}


@pytest.mark.parametrize("harm", list(HARM))
def test_a_damaged_snapshot_is_passed_over_and_goes(path: Path, harm: str) -> None:
    with opened(path) as journal:
        for name in (b"older", b"newer"):
            grow(journal, 2)
            save(journal, name, name * 100)
    assert damage(path, HARM[harm])
    with opened(path) as journal:
        assert list(journal.snapshots()) == [Saved(2, b"older" * 101)]
        assert len(journal.rejected) == 1
        while journal.clear():
            pass
        assert journal.drop(100) == 0  # it is no reason to drop what the other one needs
        assert count(path, "snapshots") == 1
    damage(path, "UPDATE pieces SET blob = 'x'")
    with opened(path) as journal:
        assert list(journal.snapshots()) == []
        assert journal.drop(100) == 0
        assert [entry.seq for entry in journal.entries()] == [1, 2, 3, 4]


def test_a_new_snapshot_takes_the_place_of_a_damaged_one(path: Path) -> None:
    with opened(path) as journal:
        grow(journal, 2)
        save(journal, b"older")
        grow(journal, 2)
        save(journal, b"newer", b"damaged", b"soon")
    damage(path, "UPDATE pieces SET blob = x'00' WHERE seq = 4")
    with opened(path) as journal:
        assert [saved.seq for saved in journal.snapshots()] == [2]
        assert save(journal, b"anew") == 4
        assert list(journal.snapshots()) == [Saved(4, b"anew"), Saved(2, b"older")]


# ---------------------------------------------------------------- lost entries


def test_a_snapshot_beyond_the_entries_that_are_left_counts_when_somebody_goes_on(
    path: Path,
) -> None:
    with opened(path) as journal:
        grow(journal, 4)
        save(journal, b"state after 4")
    damage(path, "DELETE FROM entries WHERE seq > 1")
    with pytest.raises(JournalError, match="lacks entries 2 to 4"):
        opened(path)
    with Journal.open(path, schema_version=3, accept_loss=True) as journal:
        assert journal.lost
        assert journal.append(Batch([(9, b"another life")])) == 5
    with opened(path) as journal:
        (saved,) = journal.snapshots()
        assert [(e.seq, e.payload) for e in journal.entries(saved.seq)] == [(5, b"another life")]
