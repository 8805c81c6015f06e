"""Rows of what is over: given as they were kept, written some together, damage is told."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from papertape.errors import JournalError
from papertape.store.journal import Batch, Journal
from papertape.store.over import LATE, FinishedRows


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "live" / "j.sqlite"


def opened(path: Path) -> Journal:
    return Journal.open(path, schema_version=3)


def damage(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        assert connection.execute(statement).rowcount


def written(path: Path) -> tuple[int, int, int]:
    """How many entries, orders and fills another process finds."""
    with closing(sqlite3.connect(path)) as reader:
        counts = (
            reader.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("entries", "finished", "fills")
        )
        entries, orders, fills = counts
        return entries, orders, fills


# ---------------------------------------------------------------- some together


def one(n: int) -> Batch:
    """An entry with an order and a fill that it ended."""
    return Batch(
        [(n, b"entry")], FinishedRows([(2 * n, n, 1, n, b"order")], [(2 * n - 1, n, b"fill")])
    )


def test_rows_wait_for_company_and_their_entries_do_not(path: Path) -> None:
    with opened(path) as journal:
        alone = LATE // 2 - 1
        for n in range(1, alone + 1):
            journal.append(one(n))
            assert written(path) == (n, 0, 0)
        journal.append(one(alone + 1))
        assert written(path) == (alone + 1, alone + 1, alone + 1)
        journal.append(one(alone + 2))
        assert written(path) == (alone + 2, alone + 1, alone + 1)
        orders, fills = journal.rows(0, 0, 1 << 40)
    assert [order[1] for order in orders] == [fill[1] for fill in fills] == [*range(1, alone + 3)]
    assert written(path) == (alone + 2, alone + 2, alone + 2)


def test_rows_are_written_before_a_snapshot_that_counts_them(path: Path) -> None:
    with opened(path) as journal:
        journal.append(one(1))
        writer = journal.begin_snapshot()
        assert written(path) == (1, 1, 1)
        journal.append(one(2))
        writer.finish()
        assert written(path) == (2, 1, 1)


def test_rows_that_waited_are_gone_with_the_process_and_come_from_its_entries(path: Path) -> None:
    with opened(path) as journal:
        journal.append(one(1))
        shutil.copytree(path.parent, path.parent.parent / "dead")
    with opened(path.parent.parent / "dead" / path.name) as journal:
        assert journal.last_seq == 1
        assert journal.rows(0, 0, 99) == ([], [])
        journal.mend(one(1).rows)
        assert journal.rows(0, 0, 99) == one(1).rows


@pytest.mark.parametrize("company", [0, LATE])
def test_rows_of_a_batch_that_cannot_be_kept_are_not_kept_either(path: Path, company: int) -> None:
    with opened(path) as journal:
        journal.append(one(1))
        rows = one(2).rows
        more = [(1000 + n, 1000 + n, 1, n, b"order") for n in range(company)]
        with pytest.raises(OverflowError):
            journal.append(Batch([(2**64, b"")], FinishedRows([*rows.orders, *more], rows.fills)))
        assert journal.rows(0, 0, 1 << 40) == one(1).rows
        journal.append(one(2))
        assert [fill[1] for fill in journal.rows(0, 0, 99).fills] == [1, 2]


# ---------------------------------------------------------------- reading


ORDERS = [(n, 1000 + n, 1, n, b"order %d" % n) for n in range(10, 60, 10)]
FILLS = [(n + 1, n, b"fill %d" % n) for n in range(10, 60, 10)]


@pytest.fixture
def over(path: Path) -> Path:
    with opened(path) as journal:
        journal.append(Batch([(1, b"")], FinishedRows(ORDERS, FILLS)))
        assert journal.rows(0, 0, 99) == (ORDERS, FILLS)
    return path


def test_rows_are_given_between_two_facts(over: Path) -> None:
    with opened(over) as journal:
        assert journal.rows(20, 21, 41) == (ORDERS[2:4], FILLS[2:4])
        assert journal.rows(50, 51, 99) == ([], [])


@pytest.mark.sample(5)
@pytest.mark.parametrize("table", ["finished", "fills"])
@pytest.mark.parametrize("column", ["row", "crc", "fact", "name"])
@pytest.mark.parametrize("value", ["x'00'", "'text'", "7.5", "35"])
def test_a_damaged_row_is_told(over: Path, table: str, column: str, value: str) -> None:
    name = {"name": "perm_id" if table == "finished" else "execution"}.get(column, column)
    if column == "fact" and value != "35":
        pytest.skip("the key of a table can be nothing but a whole number")
    damage(over, f"UPDATE {table} SET {name} = {value} WHERE fact IN (30, 31)")
    with opened(over) as journal:
        with pytest.raises(JournalError, match=f"has a damaged row in {table}, of fact 3"):
            journal.rows(0, 0, 99)
        journal.mend(FinishedRows(ORDERS[2:3], FILLS[2:3]))
        assert journal.rows(0, 0, 34) == (ORDERS[:3], FILLS[:3])


def test_a_page_that_is_shown_in_the_place_of_another_is_told(path: Path) -> None:
    """A branch of the tree leads to one page twice: as many rows as before, each of them sound."""
    fills = [(n, n, bytes(400)) for n in range(1, 200)]
    with opened(path) as journal:
        journal.append(Batch([(1, b"")], FinishedRows((), fills)))
    with closing(sqlite3.connect(path)) as reader:
        query = "SELECT rootpage FROM sqlite_master WHERE name = 'fills'"
        root = (reader.execute(query).fetchone()[0] - 1) * 4096
    data = bytearray(path.read_bytes())
    assert data[root] == 5  # a branch: 12 bytes, then where its cells are, each with a page number
    cells = [int.from_bytes(data[at : at + 2], "big") for at in range(root + 12, root + 20, 2)]
    two, three = root + cells[1], root + cells[2]
    data[three : three + 4] = data[two : two + 4]
    path.write_bytes(data)
    told = pytest.raises(JournalError, match="has a damaged row in fills, of fact")
    with opened(path) as journal, told:
        journal.rows(0, 0, 999)
