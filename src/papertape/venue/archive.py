"""Finished orders and fills of the current day, as immutable rows of bytes.

They are not part of the state: a snapshot holds the live state, a store keeps these rows one by
one, and they leave memory at the end of the day. The state has a chained digest of all rows ever
archived, so that equal states mean equal pasts.
"""

import hashlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from .broker.orders import FillRow, LiveOrder

_encode = msgspec.msgpack.Encoder().encode
_order = msgspec.msgpack.Decoder(LiveOrder).decode
_fill = msgspec.msgpack.Decoder(FillRow).decode

DIGEST_SIZE = 16
_row = tuple.__new__
"""Makes a named tuple from a plain one, without calling the constructor."""


class FinishedRow(NamedTuple):
    """A finished order as a store keeps it: the columns for look-ups, and the encoded order."""

    fact: int
    """Number of the fact that ended it."""
    permId: int
    clientId: int
    orderId: int
    row: bytes


class FillEntry(NamedTuple):
    """A fill as a store keeps it."""

    fact: int
    """Number of the fact of the fill."""
    execution: int
    row: bytes


class Archive:
    """The day's finished orders by permanent id, and its fills in order; decoded when read."""

    def __init__(self) -> None:
        self._orders: dict[int, bytes] = {}
        self._ids: dict[int, dict[int, int]] = {}
        """clientId -> orderId -> permId."""
        self._fills: list[bytes] = []
        self._new_orders: list[FinishedRow] = []
        self._new_fills: list[FillEntry] = []

    def finish(self, order: LiveOrder, fact: int) -> bytes:
        """Add an order that the fact with that number ended; return its row."""
        row = _encode(order)
        perm_id, client_id, order_id = order.permId, order.clientId, order.orderId
        self._orders[perm_id] = row
        ids = self._ids.get(client_id)
        if ids is None:
            ids = self._ids[client_id] = {}
        ids[order_id] = perm_id
        self._new_orders.append(_row(FinishedRow, (fact, perm_id, client_id, order_id, row)))
        return row

    def fill(self, fill: FillRow, fact: int) -> bytes:
        """Add an execution, the fact with that number; return its row."""
        row = _encode(fill)
        self._fills.append(row)
        self._new_fills.append(_row(FillEntry, (fact, fill.execution, row)))
        return row

    def load(
        self,
        orders: Iterable[tuple[int, int, int, int, bytes]],
        fills: Iterable[tuple[int, int, bytes]],
    ) -> None:
        """Add the rows of the current day from a store: the fields of ``FinishedRow`` and
        ``FillEntry``. The archive may be read meanwhile."""
        self.forget_orders()
        for _, perm_id, client_id, order_id, row in orders:
            self._orders[perm_id] = row
            self._ids.setdefault(client_id, {})[order_id] = perm_id
        self._fills = [row for _, _, row in fills]

    def drain(self) -> tuple[list[FinishedRow], list[FillEntry]]:
        """Return the rows since the last call, for a store to keep with the entries of the turn."""
        new = self._new_orders, self._new_fills
        self._new_orders, self._new_fills = [], []
        return new

    def rows(self) -> tuple[list[FinishedRow], list[FillEntry]]:
        """Return all rows, as ``load`` takes them; the numbers of their facts are not known."""
        ended = [(_order(row), row) for row in self._orders.values()]
        orders = [FinishedRow(0, o.permId, o.clientId, o.orderId, row) for o, row in ended]
        return orders, [FillEntry(0, 0, row) for row in self._fills]

    def forget_orders(self) -> None:
        """Remove the day's finished orders from memory."""
        self._orders = {}
        self._ids = {}

    def forget_fills(self) -> None:
        """Remove the day's fills from memory."""
        self._fills = []

    # -- questions ------------------------------------------------------------------------------

    def order(self, perm_id: int) -> LiveOrder | None:
        """Return a finished order of the day, or None."""
        row = self._orders.get(perm_id)
        return None if row is None else _order(row)

    def find(self, client_id: int, order_id: int) -> LiveOrder | None:
        """Return the latest finished order of the day with that id of its client, or None."""
        perm_id = self._ids.get(client_id, {}).get(order_id)
        return None if perm_id is None else self.order(perm_id)

    def __contains__(self, perm_id: int) -> bool:
        return perm_id in self._orders

    def order_ids(self) -> list[int]:
        """Return the permanent ids of the day's finished orders, in the order of their end."""
        return list(self._orders)

    def fills(self) -> Iterator[FillRow]:
        """Iterate over the present fills of the day, oldest first, decoding each on demand."""
        return map(_fill, tuple(self._fills))

    def latest_fills(self) -> Iterator[FillRow]:
        """Iterate over the day's fills, newest first."""
        return map(_fill, reversed(tuple(self._fills)))

    @property
    def counts(self) -> tuple[int, int]:
        """Return the numbers of orders and fills."""
        return len(self._orders), len(self._fills)


def chained(digest: str, row: bytes) -> str:
    """Return the digest of all rows up to and including this one."""
    return hashlib.blake2b(bytes.fromhex(digest) + row, digest_size=DIGEST_SIZE).hexdigest()
