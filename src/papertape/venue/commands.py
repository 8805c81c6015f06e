"""What may be asked of the engine. Commands are imperative, immutable and serialisable.

What comes of a command is facts; the journal keeps those and the command's short name.
"""

from typing import Final, Literal

import msgspec

from papertape.model import Contract, Order

from .units import CashMicros

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


class CancelApiOrder(msgspec.Struct, frozen=True, tag=True):
    """Cancel an order of the client itself."""

    clientId: int
    orderId: int


class CancelAll(msgspec.Struct, frozen=True, tag=True):
    """Cancel every working order of every client (reqGlobalCancel)."""

    clientId: int


class SubmitManualOrder(msgspec.Struct, frozen=True, tag=True):
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


class OpenAccount(msgspec.Struct, frozen=True, tag=True):
    """Open an account with its first cash; refused where the code is taken."""

    account: str
    currency: str = "USD"
    """Its base currency."""
    cash: CashMicros = 0
    margin: str = "portfolio"
    """Its margin model, and then its fee plan: names of ``broker.schedules``."""
    plan: str = "fixed"


class Deposit(msgspec.Struct, frozen=True, tag=True):
    """Bring money into an account from outside; a negative amount takes it out, as far as the
    cash of its currency and the available funds go."""

    account: str
    currency: str
    amount: CashMicros


class SetMarginModel(msgspec.Struct, frozen=True, tag=True):
    """Let the margin of an account follow another model from now on."""

    account: str
    model: str


class SetFeePlan(msgspec.Struct, frozen=True, tag=True):
    """Let the commissions of an account follow another plan from now on."""

    account: str
    plan: str


AccountCommand = OpenAccount | Deposit | SetMarginModel | SetFeePlan

Command = (
    SubmitOrder
    | CancelApiOrder
    | CancelAll
    | SubmitManualOrder
    | BindOrders
    | CancelByUser
    | ResetOrderIds
    | AccountCommand
)
