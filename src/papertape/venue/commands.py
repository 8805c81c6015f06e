"""What may be asked of the engine, and the journal entry that remembers it.

Commands are imperative, immutable and serialisable. A journal of entries rebuilds the engine
without any market: each entry carries the quotes that the engine consulted.
"""

import msgspec

from papertape.model import Contract, Order

from .market import Quote
from .units import Nanos


class SubmitOrder(msgspec.Struct, frozen=True, tag=True):
    """Place an order, or modify it when that client's order with that id is working."""

    clientId: int
    orderId: int
    contract: Contract
    order: Order
    strict_tif: bool = False
    """Refuse an empty time in force (servers from version 225 on); otherwise it means DAY."""


class CancelOrder(msgspec.Struct, frozen=True, tag=True):
    """Cancel an order of the client itself."""

    clientId: int
    orderId: int


class CancelAll(msgspec.Struct, frozen=True, tag=True):
    """Cancel every working order of every client (reqGlobalCancel)."""

    clientId: int


class QuoteSeen(msgspec.Struct, frozen=True, tag=True):
    """A new top of book that working orders react to."""

    quote: Quote


class TimePassed(msgspec.Struct, frozen=True, tag=True):
    """A trading day ended: expiries, and yesterday's finished orders leave the books."""


Command = SubmitOrder | CancelOrder | CancelAll | QuoteSeen | TimePassed


class Entry(msgspec.Struct, frozen=True):
    """One line of the journal: a command that changed the state, its time, and what it saw."""

    time: Nanos
    command: Command
    quotes: tuple[Quote, ...] = ()
    """Quotes that the engine consulted and that no earlier entry holds."""
