"""Files that were cut, damaged or deleted: a journal is whole when it opens, or says what it lacks.

A station dies by ``kill -9``, its files are damaged, it starts again. Whatever the damage, either
everything that was told is there, or the start is refused.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lanes import many
from papertape.errors import JournalError
from papertape.store.journal import Batch, Journal, StoredEntry

BATCHES = 12
CONTENT = [StoredEntry(n, n * 10**9, b"command %d " % n * 9) for n in range(1, 2 * BATCHES + 1)]
FACTS = {"config": '{"readOnlyApi": true}', "seed": "42", "schema_version": "3"}
PLACES = many(check=3, test=5, proof=30)
"""Places of each file that are damaged, one after the other."""


def write(path: Path) -> Journal:
    journal = Journal.open(path, schema_version=3)
    journal.meta["seed"] = "42"
    for n in range(BATCHES):
        journal.append(Batch([(e.time, e.payload) for e in CONTENT[2 * n : 2 * n + 2]]))
    journal.meta["config"] = FACTS["config"]
    return journal


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files as ``kill -9`` leaves them: everything in the write-ahead file."""
    folder = tmp_path_factory.mktemp("killed")
    with write(folder / "live" / "j.sqlite"):
        shutil.copytree(folder / "live", folder / "dead")
    return folder / "dead"


@pytest.fixture(scope="module")
def half(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As ``kill -9`` leaves them when a part had been folded into the database before."""
    folder = tmp_path_factory.mktemp("half")
    path = folder / "live" / "j.sqlite"
    with Journal.open(path, schema_version=3) as journal:
        journal.append(Batch([(entry.time, entry.payload) for entry in CONTENT[:10]]))
        journal.meta["seed"] = "42"
    with Journal.open(path, schema_version=3) as journal:
        for entry in CONTENT[10:]:
            journal.append(Batch([(entry.time, entry.payload)]))
        journal.meta["config"] = FACTS["config"]
        shutil.copytree(folder / "live", folder / "dead")
    return folder / "dead"


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files after a stop in good order: everything in the database."""
    folder = tmp_path_factory.mktemp("stopped") / "dead"
    write(folder / "j.sqlite").close()
    return folder


def cut(file: Path) -> Iterator[Callable[[Path], object]]:
    size = file.stat().st_size
    for length in places(size):
        yield lambda found, length=length: found.write_bytes(found.read_bytes()[:length])


def flipped(file: Path) -> Iterator[Callable[[Path], object]]:
    def flip(found: Path, at: int) -> None:
        data = bytearray(found.read_bytes())
        data[at] ^= 0x41
        found.write_bytes(data)

    for at in places(file.stat().st_size):
        yield lambda found, at=at: flip(found, at)


def deleted(_: Path) -> Iterator[Callable[[Path], object]]:
    yield Path.unlink


def emptied(file: Path) -> Iterator[Callable[[Path], object]]:
    """A hole of zeroes from some place to the end, as a file system may leave it."""
    for at in places(file.stat().st_size):
        yield lambda found, at=at: found.write_bytes(
            found.read_bytes()[:at] + bytes(found.stat().st_size - at)
        )


def places(size: int) -> list[int]:
    return sorted({*range(0, size, max(1, size // PLACES)), size - 1})


@pytest.mark.further
@pytest.mark.long
@pytest.mark.parametrize("damage", [cut, flipped, emptied, deleted])
@pytest.mark.parametrize(
    ("state", "suffix"),
    [
        ("killed", "-wal"),
        ("killed", ""),
        ("killed", ".mark"),
        ("half", "-wal"),
        ("half", ""),
        ("stopped", ""),
        ("stopped", ".mark"),
    ],
)
def test_what_opens_is_whole(
    state: str,
    suffix: str,
    damage: Callable[[Path], Iterator[Callable[[Path], object]]],
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> None:
    source: Path = request.getfixturevalue(state)
    refused = 0
    for number, harm in enumerate(damage(source / f"j.sqlite{suffix}")):
        folder = tmp_path / str(number)
        shutil.copytree(source, folder)
        harm(folder / f"j.sqlite{suffix}")
        try:
            with Journal.open(folder / "j.sqlite", schema_version=3) as journal:
                assert list(journal.entries()) == CONTENT, number
                assert journal.meta.all() == FACTS, number
        except JournalError:
            refused += 1
            agreed(folder / "j.sqlite")
        shutil.rmtree(folder)
    shadowed = state != "stopped" and suffix == ""  # the write-ahead file has every page anew
    assert refused or shadowed, "no damage did any harm"


def agreed(path: Path) -> None:
    """Somebody goes on with what is there: as far as it is whole, and it is not asked again."""
    try:
        with Journal.open(path, schema_version=3, accept_loss=True) as journal:
            found = list(journal.entries())
            assert found == CONTENT[: len(found)]
            assert journal.lost or found == CONTENT
            journal.append(Batch([(1, b"another life")]))
    except JournalError:
        return  # what is left is no database, or an entry in its middle is damaged
    with Journal.open(path, schema_version=3) as journal:
        assert journal.last_seq == len(found) + 1
        assert not journal.lost


# ---------------------------------------------------------------- what is said


def copied(source: Path, tmp_path: Path) -> Path:
    shutil.copytree(source, tmp_path / "copy")
    return tmp_path / "copy" / "j.sqlite"


def test_a_deleted_write_ahead_file_is_missed(half: Path, tmp_path: Path) -> None:
    path = copied(half, tmp_path)
    Path(f"{path}-wal").unlink()
    with pytest.raises(JournalError) as caught:
        Journal.open(path, schema_version=3)
    assert str(caught.value) == (
        "lacks entries 11 to 24, the last one of 1970-01-01 00:00:24 UTC and the last 1 change of "
        f"its settings (path='{path}'). Restore a copy of the directory, or go on with what is "
        "there: --accept-loss"
    )
    with Journal.open(path, schema_version=3, accept_loss=True) as journal:
        assert "lacks entries 11 to 24" in journal.lost
        assert journal.last_seq == 10


def test_a_deleted_database_is_missed_and_nothing_is_written(half: Path, tmp_path: Path) -> None:
    path = copied(half, tmp_path)
    for file in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
        file.unlink(missing_ok=True)
    for _ in range(2):
        with pytest.raises(JournalError, match="lacks entries 1 to 24"):
            Journal.open(path, schema_version=3)
    assert path.stat().st_size == 0
    with Journal.open(path, schema_version=3, accept_loss=True) as journal:
        assert journal.append(Batch([(1, b"new")])) == 1


def test_an_older_copy_is_missed(tmp_path: Path) -> None:
    path = tmp_path / "j.sqlite"
    with Journal.open(path, schema_version=3) as journal:
        journal.append(Batch([(1, b"a")]))
    older = path.read_bytes()
    with Journal.open(path, schema_version=3) as journal:
        journal.append(Batch([(2, b"b")]))
    path.write_bytes(older)
    with pytest.raises(JournalError, match="lacks entry 2"):
        Journal.open(path, schema_version=3)


def test_a_journal_of_another_station_is_noticed(stopped: Path, tmp_path: Path) -> None:
    path = copied(stopped, tmp_path)
    other = tmp_path / "other.sqlite"
    with Journal.open(other, schema_version=3) as journal:
        journal.append(Batch([(n, b"something else") for n in range(50)]))
        for n in range(9):
            journal.meta["seed"] = str(n)
    shutil.copy(other, path)
    with pytest.raises(JournalError, match=r"lacks the entry 24 of .*, in whose place is another"):
        Journal.open(path, schema_version=3)


def test_settings_that_were_changed_behind_the_journal_are_told(
    stopped: Path, tmp_path: Path
) -> None:
    path = copied(stopped, tmp_path)
    data = path.read_bytes()
    path.write_bytes(data.replace(b'"readOnlyApi": true', b'"readOnlyApi": talk'))
    with pytest.raises(JournalError, match="has damaged settings"):
        Journal.open(path, schema_version=3)
    with Journal.open(path, schema_version=3, accept_loss=True) as journal:
        assert journal.last_seq == 24
    Journal.open(path, schema_version=3).close()


def test_a_journal_from_before_there_were_marks_is_taken_as_it_is(
    stopped: Path, tmp_path: Path
) -> None:
    path = copied(stopped, tmp_path)
    Path(f"{path}.mark").unlink()
    with Journal.open(path, schema_version=3, accept_loss=True) as journal:
        journal._connection.execute("DELETE FROM meta WHERE key = 'changes'")
    Path(f"{path}.mark").unlink()
    with Journal.open(path, schema_version=3) as journal:
        assert journal.last_seq == 24
    Path(f"{path}.mark").unlink()
    with pytest.raises(JournalError, match=r"its mark j\.sqlite\.mark is missing"):
        Journal.open(path, schema_version=3)
