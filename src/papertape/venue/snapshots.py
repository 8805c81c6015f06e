"""Snapshots: the live state of one instant, frozen immediately and encoded piece by piece.

Orders are immutable, so freezing only copies references; the slow encoding is done in pieces of
``PIECE`` working or held orders.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from .archive import Archive
from .broker.orders import LiveOrder
from .facts import Terms
from .state import State
from .units import Nanos

PIECE: Final = 250
"""Orders per piece: a quarter of a millisecond to encode, and as much to write."""

Held = tuple[int, int, Terms]
"""clientId, orderId, and the order that waits for ``transmit``."""
_encode = msgspec.msgpack.Encoder().encode
_decode_head = msgspec.msgpack.Decoder(tuple[Nanos, int, int, State]).decode
_decode_piece = msgspec.msgpack.Decoder(tuple[list[LiveOrder], list[Held]]).decode


class Snapshot:
    """A frozen state; iterate over it for its encoded pieces."""

    def __init__(self, head: bytes, orders: list[LiveOrder], held: list[Held]) -> None:
        self._head = head
        self._orders = orders
        self._held = held

    def __iter__(self) -> Iterator[bytes]:
        yield _sized(self._head)
        for at in range(0, len(self._orders), PIECE):
            yield _sized(_encode((self._orders[at : at + PIECE], ())))
        for at in range(0, len(self._held), PIECE):
            yield _sized(_encode(((), self._held[at : at + PIECE])))

    def __bytes__(self) -> bytes:
        return b"".join(self)


def frozen(state: State, archive: Archive, clock: Nanos) -> Snapshot:
    """Freeze the present state."""
    head = msgspec.structs.replace(state, orders={}, ids={}, held={})
    held = [
        (client_id, order_id, terms)
        for client_id, mine in state.held.items()
        for order_id, terms in mine.items()
    ]
    orders = list(state.orders.values())
    return Snapshot(_encode((clock, *archive.counts, head)), orders, held)


def restored(data: bytes) -> tuple[State, tuple[int, int], Nanos]:
    """Decode a snapshot: the state, the day's numbers of finished orders and fills, the clock.

    Raises ``ValueError`` (including ``msgspec.DecodeError``) when the bytes are damaged.
    """
    pieces = _pieces(data)
    clock, orders, fills, state = _decode_head(next(pieces, b""))
    for piece in pieces:
        working, held = _decode_piece(piece)
        for order in working:
            state.orders[order.permId] = order
            if not order.made:
                state.ids.setdefault(order.clientId, {})[order.orderId] = order.permId
        for client_id, order_id, terms in held:
            state.held.setdefault(client_id, {})[order_id] = terms
    return state, (orders, fills), clock


def _sized(piece: bytes) -> bytes:
    return len(piece).to_bytes(8, "big") + piece


def _pieces(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        end = at + 8 + int.from_bytes(data[at : at + 8], "big")
        if end > len(data):
            raise ValueError(f"a snapshot of {len(data)} bytes ends before {end}")
        yield data[at + 8 : end]
        at = end
