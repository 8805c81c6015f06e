"""What was appended is there again, whole and in order; what is damaged is said, not guessed."""

import os
import signal
import sqlite3
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from papertape.errors import JournalError
from papertape.store import database
from papertape.store import journal as module
from papertape.store.journal import Batch, Journal, StoredEntry


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "station" / "journal.sqlite"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    with Journal.open(path, schema_version=3) as opened:
        yield opened


def damage(path: Path, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement, values)


# ---------------------------------------------------------------- appending and reading


def test_entries_come_back_in_order_after_reopening(path: Path) -> None:
    with Journal.open(path, schema_version=3) as journal:
        assert journal.last_seq == 0
        assert journal.append(Batch([(10, b"one")])) == 1
        assert journal.append(Batch([(20, b"two"), (20, b""), (30, b"\x00four")])) == 4
        assert journal.append(Batch([])) == 4
    with Journal.open(path, schema_version=3) as journal:
        assert journal.last_seq == 4
        assert journal.append(Batch([(40, b"five")])) == 5
        assert list(journal.entries()) == [
            StoredEntry(1, 10, b"one"),
            StoredEntry(2, 20, b"two"),
            StoredEntry(3, 20, b""),
            StoredEntry(4, 30, b"\x00four"),
            StoredEntry(5, 40, b"five"),
        ]
        assert [entry.seq for entry in journal.entries(after=3)] == [4, 5]
        assert list(journal.entries(after=5)) == []


def test_times_are_nanoseconds_of_64_bits(journal: Journal) -> None:
    journal.append(Batch([(2**63 - 1, b""), (-1, b"")]))
    assert [entry.time for entry in journal.entries()] == [2**63 - 1, -1]


def test_reading_goes_on_while_entries_arrive(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal.append(Batch([(n, b"old") for n in range(module.CHUNK)]))
    reader = journal.entries()
    next(reader)
    journal.append(Batch([(0, b"new")]))
    assert [entry.payload for entry in reader][-1] == b"new"


@pytest.mark.long
def test_reading_needs_memory_for_a_chunk_only(journal: Journal) -> None:
    payload = bytes(1000)
    for _ in range(20):
        journal.append(Batch([(0, payload)] * module.CHUNK))
    tracemalloc.start()
    try:
        count = sum(1 for _ in journal.entries())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 20 * module.CHUNK
    assert peak < 5 * module.CHUNK * len(payload)


def test_a_batch_is_kept_whole_or_not_at_all(journal: Journal) -> None:
    journal.append(Batch([(1, b"kept")]))
    with pytest.raises(OverflowError):
        journal.append(Batch([(2, b"good"), (2**64, b"after the end of time")]))
    assert [entry.payload for entry in journal.entries()] == [b"kept"]
    assert journal.append(Batch([(4, b"next")])) == 2


def test_a_payload_has_a_limit(journal: Journal) -> None:
    with pytest.raises(JournalError, match="refuses a payload of 67108865 bytes") as caught:
        journal.append(Batch([(0, b""), (0, bytes(module.MAX_PAYLOAD + 1))]))
    assert caught.value.seq == 2
    assert journal.last_seq == 0


# ---------------------------------------------------------------- death of the process

WRITER = """
import sys
from papertape.store.journal import Batch, Journal
journal = Journal.open(sys.argv[1], schema_version=3)
while True:
    first = journal.last_seq + 1
    batch = [(seq, b"%d" % seq * 50) for seq in range(first, first + 3)]
    print(journal.append(Batch(batch)), flush=True)
"""


@pytest.mark.process
def test_a_killed_writer_loses_nothing_it_acknowledged_and_tears_no_batch(path: Path) -> None:
    for acknowledgements in (1, 40, 400, 1500):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, path], stdout=subprocess.PIPE)
        assert writer.stdout is not None
        with writer, writer.stdout as said:
            lines = [said.readline() for _ in range(acknowledgements)]
            writer.send_signal(signal.SIGKILL)
            # The pipe still holds what the writer acknowledged while we were reading.
            lines += [line for line in said if line.endswith(b"\n")]
            acknowledged = int(lines[-1])
        with Journal.open(path, schema_version=3) as journal:
            assert journal.last_seq >= acknowledged
            assert journal.last_seq % 3 == 0
            entries = list(journal.entries())
        assert len(entries) == journal.last_seq
        assert all(entry == (n, n, b"%d" % n * 50) for n, entry in enumerate(entries, 1))


def test_a_torn_write_ahead_file_gives_up_its_last_batch_only(path: Path, tmp_path: Path) -> None:
    with Journal.open(path, schema_version=3) as journal:
        for n in range(1, 4):
            journal.append(Batch([(n, b"x" * 300), (n, b"y" * 300)]))
        copy = tmp_path / "copy.sqlite"
        copy.write_bytes(path.read_bytes())
        wal = Path(f"{path}-wal").read_bytes()
        Path(f"{copy}-wal").write_bytes(wal[:-10])
        Path(f"{copy}.mark").write_bytes(Path(f"{path}.mark").read_bytes())
    with pytest.raises(JournalError, match="lacks entries 5 to 6, the last one of 1970-01-01"):
        Journal.open(copy, schema_version=3)
    with Journal.open(copy, schema_version=3, accept_loss=True) as torn:
        assert torn.last_seq == 4
        assert [entry.time for entry in torn.entries()] == [1, 1, 2, 2]


def test_dying_in_the_first_start_leaves_a_file_that_opens(path: Path) -> None:
    path.parent.mkdir()
    damage(path, f"PRAGMA application_id={database.APPLICATION_ID}")
    with Journal.open(path, schema_version=3) as journal:
        assert journal.append(Batch([(0, b"")])) == 1


# ---------------------------------------------------------------- one writer


@pytest.mark.process
def test_a_second_process_is_told_the_file_and_the_holder(journal: Journal) -> None:
    script = (
        "import sys; from papertape.store.journal import Journal\n"
        "from papertape.errors import JournalError\n"
        "try: Journal.open(sys.argv[1], schema_version=3)\n"
        "except JournalError as error: print(error.pid, error.path, error)"
    )
    command = [sys.executable, "-c", script, journal.path]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    with pytest.raises(JournalError, match="is in use") as caught:
        Journal.open(journal.path, schema_version=3)
    assert caught.value.pid == os.getpid()
    assert said.split(" ", 2)[:2] == [str(os.getpid()), str(journal.path)]
    assert "End that process, or give another file" in said


def test_a_second_writer_is_stopped_although_the_lock_file_was_deleted(path: Path) -> None:
    with Journal.open(path, schema_version=3) as first:
        Path(f"{path}.lock").unlink()
        with pytest.raises(JournalError, match="is in use by another station") as caught:
            Journal.open(path, schema_version=3)
        assert "End that station, or give another file" in str(caught.value)
        Path(f"{path}.mark").unlink()
        with pytest.raises(JournalError, match=r"its mark journal\.sqlite\.mark is missing"):
            Journal.open(path, schema_version=3)
        first.append(Batch([(0, b"")]))


def test_a_writer_that_was_overtaken_is_told_so(path: Path) -> None:
    with Journal.open(path, schema_version=3) as first:
        for suffix in (".lock", ".mark"):
            Path(f"{path}{suffix}").unlink()
        with Journal.open(path, schema_version=3, accept_loss=True) as second:
            second.append(Batch([(0, b"theirs")]))
        with pytest.raises(JournalError, match="End the other program that writes to the file"):
            first.append(Batch([(0, b"ours")]))


def test_closing_frees_the_file_and_may_be_repeated(path: Path) -> None:
    first = Journal.open(path, schema_version=3)
    first.append(Batch([(0, b"")]))
    first.close()
    first.close()
    assert not Path(f"{path}-wal").exists()
    with Journal.open(path, schema_version=3) as second:
        assert second.last_seq == 1
    with pytest.raises(JournalError, match="cannot be written"):
        first.append(Batch([(0, b"")]))


def test_a_refused_file_is_not_left_locked(path: Path) -> None:
    with Journal.open(path, schema_version=3):
        pass
    with pytest.raises(JournalError, match="schema version 3, this program knows 2"):
        Journal.open(path, schema_version=2)
    with Journal.open(path, schema_version=3):
        pass


# ---------------------------------------------------------------- what cannot be opened or read


def test_an_older_file_is_raised_and_says_what_it_was(path: Path) -> None:
    with Journal.open(path, schema_version=3) as journal:
        assert journal.found_version == 3
    with Journal.open(path, schema_version=4) as journal:
        assert journal.found_version == 3
    with pytest.raises(JournalError, match="Run the newer program"):
        Journal.open(path, schema_version=3)


def test_a_newer_table_layout_is_refused(path: Path) -> None:
    with Journal.open(path, schema_version=3):
        pass
    damage(path, f"PRAGMA user_version={database.LAYOUT + 1}")
    with pytest.raises(JournalError, match="has table layout 3, this program knows 2"):
        Journal.open(path, schema_version=3)


FIRST_EDITION = """
CREATE TABLE entries (
    seq INTEGER NOT NULL, time BIGINT NOT NULL, crc BIGINT NOT NULL, payload BLOB NOT NULL,
    PRIMARY KEY (seq));
CREATE TABLE snapshots (
    seq INTEGER NOT NULL, digest BLOB NOT NULL, blob BLOB NOT NULL, PRIMARY KEY (seq));
CREATE TABLE meta ("key" TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY ("key"));
INSERT INTO meta VALUES ('schema_version', '1');
INSERT INTO entries VALUES (1, 1776081600000000000, 0, x'93a16101');
"""
"""A journal of commands, as the first edition made it; its table layout was 1."""


@pytest.mark.parametrize("death", ["closed", "killed", "killed in its first start"])
def test_a_journal_of_the_first_edition_is_refused_and_left_alone(
    death: str, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(tmp_path / "live", isolation_level=None)) as connection:
        connection.execute(f"PRAGMA application_id={database.APPLICATION_ID}")
        connection.execute("PRAGMA journal_mode=WAL")
        if death == "killed":
            connection.execute("PRAGMA user_version=1")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.executescript(FIRST_EDITION)
        connection.execute("PRAGMA user_version=1")
        path = tmp_path / "j.sqlite"
        if death == "closed":
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        else:
            Path(f"{path}-wal").write_bytes((tmp_path / "live-wal").read_bytes())
        path.write_bytes((tmp_path / "live").read_bytes())
    files = [file for file in (path, Path(f"{path}-wal")) if file.exists()]
    assert len(files) == 1 + (death != "closed")
    before = [(file.read_bytes(), file.stat().st_mtime_ns) for file in files]
    for accept in (False, True):
        with pytest.raises(JournalError) as caught:
            Journal.open(path, schema_version=2, oldest=2, accept_loss=accept)
        assert str(caught.value) == (
            f"is of the first edition, which kept commands instead of what happened (path='{path}')"
            ". Move it away or choose another --data-dir; its orders cannot be taken over"
        )
    assert [(file.read_bytes(), file.stat().st_mtime_ns) for file in files] == before


def test_payloads_older_than_the_oldest_that_is_read_are_refused(path: Path) -> None:
    with Journal.open(path, schema_version=1):
        pass
    with pytest.raises(JournalError, match="is of the first edition"):
        Journal.open(path, schema_version=2, oldest=2)


def test_a_database_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "photos.db"
    damage(path, "CREATE TABLE photos (name)")
    before = path.read_bytes()
    with pytest.raises(JournalError, match="is not a journal"):
        Journal.open(path, schema_version=3)
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear sirs, " * 100)
    with pytest.raises(JournalError, match="file is not a database") as caught:
        Journal.open(path, schema_version=3)
    assert "Restore a copy" in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_directory_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalError, match="cannot be written: File exists") as caught:
        Journal.open(tmp_path / "file" / "journal.sqlite", schema_version=3)
    assert "this user may write to" in str(caught.value)


def test_a_directory_in_place_of_the_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "journal").mkdir()
    with pytest.raises(JournalError, match="cannot be opened: unable to open database file"):
        Journal.open(tmp_path / "journal", schema_version=3)


@pytest.mark.parametrize(
    ("statement", "said", "seq"),
    [
        ("UPDATE entries SET payload = x'42' WHERE seq = 2", "has a damaged entry", 2),
        ("UPDATE entries SET payload = 'text' WHERE seq = 2", "has a damaged entry", 2),
        ("UPDATE entries SET time = 7 WHERE seq = 3", "has a damaged entry", 3),
        ("UPDATE entries SET time = 'noon' WHERE seq = 2", "has a damaged entry", 2),
        ("UPDATE entries SET crc = 'x' WHERE seq = 2", "has a damaged entry", 2),
        ("DELETE FROM entries WHERE seq = 2", "lacks an entry", 2),
    ],
)
def test_reading_stops_at_damage(path: Path, statement: str, said: str, seq: int) -> None:
    with Journal.open(path, schema_version=3) as journal:
        journal.append(Batch([(1, b"a"), (2, b"b"), (3, b"c")]))
    damage(path, statement)
    with Journal.open(path, schema_version=3) as journal:
        with pytest.raises(JournalError, match=said) as caught:
            list(journal.entries())
        assert caught.value.seq == seq
        assert next(journal.entries()).payload == b"a"


def test_overwritten_pages_are_told_not_read(path: Path) -> None:
    with Journal.open(path, schema_version=3) as journal:
        journal.append(Batch([(n, bytes(1000)) for n in range(100)]))
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 40960)
    with pytest.raises(JournalError, match="malformed"), Journal.open(path, schema_version=3) as j:
        list(j.entries())


# ---------------------------------------------------------------- facts


def test_facts_are_kept(path: Path) -> None:
    with Journal.open(path, schema_version=3) as journal:
        journal.meta["account"] = "DU1"
        journal.meta["account"] = "DU2"
        journal.meta["seed"] = "42"
        with pytest.raises(KeyError, match="anchor"):
            journal.meta["anchor"]
    with Journal.open(path, schema_version=3) as journal:
        assert journal.meta["account"] == "DU2"
        assert journal.meta.get("anchor") is None
        assert journal.meta.all() == {"account": "DU2", "schema_version": "3", "seed": "42"}


def test_a_full_disk_is_no_file_that_cannot_be_read(tmp_path: Path) -> None:
    """Opening writes too: a new journal has its tables, an old one its write-ahead log."""
    full = sqlite3.OperationalError("database or disk is full")
    error = database.failure(tmp_path / "journal.sqlite", "cannot be read", full)
    assert str(error).startswith("cannot be written: database or disk is full")
    torn = sqlite3.DatabaseError("file is not a database")
    error = database.failure(tmp_path, "cannot be read", torn)
    assert str(error).startswith("cannot be read: file is not a database")
