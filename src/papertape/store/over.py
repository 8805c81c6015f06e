"""What is over, in a journal: finished orders and fills as immutable rows, found by their facts.

A snapshot counts them, so they are there before it is. Until then the journal's entries can make
them again, and they wait for company: written alone, each row touches four pages. A checksum
covers a row and the numbers that it is found by.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple
from zlib import crc32

from papertape.errors import JournalError

from .database import RESTORE, Write, translated, writing

LATE: Final = 128
"""Rows that are written together."""
_READ: Final = "SELECT * FROM {} WHERE fact > ? AND fact <= ? ORDER BY fact"

OrderRow = tuple[int, int, int, int, bytes]
"""(fact, permId, clientId, orderId, row)"""
FillRow = tuple[int, int, bytes]
"""(fact, execution, row)"""


class FinishedRows(NamedTuple):
    """What is over, each row with the number of the fact that ended it."""

    orders: Sequence[OrderRow] = ()
    fills: Sequence[FillRow] = ()


class Over:
    """The rows of one journal, and those that wait to be written."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self._path = path
        self._connection = connection
        self._orders: list[OrderRow] = []
        self._fills: list[FillRow] = []

    def due(self, new: FinishedRows) -> FinishedRows | None:
        """All that wait, with new ones, when they are enough to be written; else None."""
        count = len(self._orders) + len(self._fills) + len(new.orders) + len(new.fills)
        if count < LATE:
            return None
        return FinishedRows([*self._orders, *new.orders], [*self._fills, *new.fills])

    def kept(self, new: FinishedRows, *, written: bool) -> None:
        """The entries of new rows are kept; whether rows were written with them."""
        if written:
            self._orders, self._fills = [], []
        else:
            self._orders += new.orders
            self._fills += new.fills

    def catch_up(self) -> None:
        """Write the rows that wait."""
        if self._orders or self._fills:
            with writing(self._path, self._connection) as write:
                put(write, FinishedRows(self._orders, self._fills))
            self._orders, self._fills = [], []

    def mend(self, rows: FinishedRows) -> None:
        """Put rows, in order, in the place of damaged or lost ones."""
        if _differs(self.orders, rows.orders) or _differs(self.fills, rows.fills):
            with writing(self._path, self._connection) as write:
                put(write, rows, "INSERT OR REPLACE")

    # One row after another, each checked: a day may have a million.

    def orders(self, after: int, until: int) -> Iterator[OrderRow]:
        """Orders that were over by the facts after a number, and not after ``until``."""
        with translated(self._path, "cannot be read"):
            found = self._connection.execute(_READ.format("finished"), (after, until))
            for fact, perm_id, client_id, order_id, crc, row in found:
                names = f"[{fact}, {perm_id}, {client_id}, {order_id}]".encode()
                # A damaged tree may show one page of rows twice, and another not at all.
                if fact <= after or type(row) is not bytes or crc != crc32(row, crc32(names)):
                    raise self._damaged("finished", fact)
                after = fact
                yield fact, perm_id, client_id, order_id, row

    def fills(self, after: int, until: int) -> Iterator[FillRow]:
        """The same of fills."""
        with translated(self._path, "cannot be read"):
            found = self._connection.execute(_READ.format("fills"), (after, until))
            for fact, execution, crc, row in found:
                names = f"[{fact}, {execution}]".encode()
                if fact <= after or type(row) is not bytes or crc != crc32(row, crc32(names)):
                    raise self._damaged("fills", fact)
                after = fact
                yield fact, execution, row

    def _damaged(self, table: str, fact: int) -> JournalError:
        reason = f"has a damaged row in {table}, of fact {fact}"
        return JournalError(reason, path=self._path, advice=RESTORE)


def put(write: Write, rows: FinishedRows, how: str = "INSERT") -> None:
    """Write rows with their checksums."""
    orders = [
        (fact, perm_id, client_id, order_id,
         crc32(row, crc32(f"[{fact}, {perm_id}, {client_id}, {order_id}]".encode())), row)
        for fact, perm_id, client_id, order_id, row in rows.orders
    ]  # fmt: skip
    fills = [
        (fact, execution, crc32(row, crc32(f"[{fact}, {execution}]".encode())), row)
        for fact, execution, row in rows.fills
    ]
    if orders:
        write(f"{how} INTO finished VALUES (?, ?, ?, ?, ?, ?)", orders)
    if fills:
        write(f"{how} INTO fills VALUES (?, ?, ?, ?)", fills)


def _differs(read: Callable[[int, int], Iterator[Any]], rows: Sequence[Any]) -> bool:
    """Whether other rows are kept than these, or damaged ones."""
    try:
        return bool(rows) and [*read(rows[0][0] - 1, rows[-1][0])] != [*rows]
    except JournalError:
        return True
