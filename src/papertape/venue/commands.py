"""What may be asked of the engine, and the journal entry that remembers it.

Commands are imperative, immutable and serialisable. A journal of entries rebuilds the engine
without any market: each entry carries the quotes that the engine consulted.
"""

from typing import Final, Literal

import msgspec

from papertape.model import Contract, Order

from .market import Quote
from .units import Nanos

TWS_USER: Final = -1
"""The client id of orders that the user of TWS entered and no client has bound; clients are told 0
for it and for the order id."""


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


class EnterOrder(msgspec.Struct, frozen=True, tag=True):
    """An order that the user of TWS enters there; it is transmitted at once."""

    contract: Contract
    order: Order
    bind: Literal["no", "negative", "next"] = "no"
    """Make it client 0's from the start, with an id of this range."""


class BindOrders(msgspec.Struct, frozen=True, tag=True):
    """Make client 0's what the user of TWS has entered and still works."""

    negative: bool
    """With ids below 0; else with the next ones of client 0."""


class CancelByUser(msgspec.Struct, frozen=True, tag=True):
    """The user of TWS cancels an order, whoever placed it."""

    permId: int


class ResetOrderIds(msgspec.Struct, frozen=True, tag=True):
    """Let the order ids of every client begin at 1 again; finished orders leave the books.

    Nothing happens while an order works or waits for ``transmit``.
    """


class QuoteSeen(msgspec.Struct, frozen=True, tag=True):
    """A new top of book that working orders react to."""

    quote: Quote


class TimePassed(msgspec.Struct, frozen=True, tag=True):
    """A trading day ended: expiries, and yesterday's finished orders leave the books."""


Command = (
    SubmitOrder
    | CancelOrder
    | CancelAll
    | EnterOrder
    | BindOrders
    | CancelByUser
    | ResetOrderIds
    | QuoteSeen
    | TimePassed
)


class Entry(msgspec.Struct, frozen=True):
    """One line of the journal: a command that changed the state, its time, and what it saw."""

    time: Nanos
    command: Command
    quotes: tuple[Quote, ...] = ()
    """Quotes that the engine consulted and that no earlier entry holds."""
