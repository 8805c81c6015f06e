"""The commands of the engine: imperative, immutable and serialisable.

A command results in facts; the journal keeps these and the command's short name.
"""

from typing import Final, Literal

import msgspec

from papertape.model import Contract, Order

from .script import ScriptCommand
from .units import CashMicros, PriceUnits, Rate, SizeUnits

TWS_USER: Final = -1
"""The client id of orders that the user of TWS entered and no client has bound; clients receive 0
for it and for the order id."""


class Precautions(msgspec.Struct, frozen=True):
    """Which precautions TWS takes with an order (``tws.precautions``), and their limits; a limit of
    0 is none."""

    limits: bool = False
    """Of price, size and value."""
    redirect: bool = False
    """Of stocks that name an exchange instead of SMART."""
    overfill: bool = False
    """Of groups whose orders may all fill, at one exchange."""
    pairs: bool = False
    """Of combinations of two legs with the same side."""
    volatility: bool = False
    """Of volatility orders."""
    marketable: bool = False
    """Of orders that set ``routeMarketableToBbo``."""
    percentage: int = 3
    ticks: int = 20
    size: int = 500
    value: int = 100_000
    """In the account's base currency."""


class AttachedOrder(msgspec.Struct, frozen=True):
    """A child that TWS makes from its preset for an order."""

    orderId: int
    target: bool
    """Whether it takes the profit; else it stops the loss."""
    distance: float = 0.0
    """From the price of its parent; 0: the preset has none."""


class SubmitOrder(msgspec.Struct, frozen=True, tag=True):
    """Place an order, or modify it when that client's order with that id is working."""

    clientId: int
    orderId: int
    contract: Contract
    order: Order
    strict_tif: bool = False
    """Refuse an empty time in force (from server version 225 on); otherwise it means DAY."""
    precautions: Precautions | None = None
    """What TWS checks before it transmits; None: nothing."""
    attached: tuple[AttachedOrder, ...] = ()
    """Children of a new order, the profit taker first."""


class CancelApiOrder(msgspec.Struct, frozen=True, tag=True):
    """Cancel an order of the client itself, or one of another client that it was shown."""

    clientId: int
    orderId: int
    permId: int = 0
    """The other client's order, which is meant where the client has none with that id."""


class CancelAll(msgspec.Struct, frozen=True, tag=True):
    """Cancel every working order of every client (reqGlobalCancel)."""

    clientId: int


class SubmitManualOrder(msgspec.Struct, frozen=True, tag=True):
    """Place an order of the user of TWS; it is transmitted immediately."""

    contract: Contract
    order: Order
    bind: Literal["no", "negative", "next"] = "no"
    """Bind it to client 0 immediately, with an id of this range."""


class BindOrders(msgspec.Struct, frozen=True, tag=True):
    """Bind the working orders of the user of TWS to client 0."""

    negative: bool
    """Use negative ids; else the next ids of client 0."""


class CancelByUser(msgspec.Struct, frozen=True, tag=True):
    """Cancel an order on behalf of the user of TWS, whoever placed it."""

    permId: int


class ModifyByUser(msgspec.Struct, frozen=True, tag=True):
    """Give a working order new terms on behalf of the user of TWS, whoever placed it."""

    permId: int
    contract: Contract
    order: Order


class ResetOrderIds(msgspec.Struct, frozen=True, tag=True):
    """Restart the order ids of every client at 1, and forget the day's finished orders.

    Does nothing while an order works or waits for ``transmit``.
    """


class SubmitExercise(msgspec.Struct, frozen=True, tag=True):
    """Exercise an option that an account holds, or let it lapse."""

    clientId: int
    orderId: int
    """The id of the request, which the order gets."""
    contract: Contract
    action: int
    """1 exercises, 2 lets it lapse."""
    quantity: int
    account: str
    override: bool
    """Do so against what would happen by itself."""
    order: Order
    """What the echo has besides."""


class StartingPosition(msgspec.Struct, frozen=True):
    """Holdings that come into an account without a trade."""

    conId: int
    size: SizeUnits
    """Signed; of a position that is there already, what is added to it."""
    price: PriceUnits | None = None
    """What each has cost; None for the market price."""


class OpenAccount(msgspec.Struct, frozen=True, tag=True):
    """Open an account with its initial cash; refused when the code is in use."""

    account: str
    currency: str = "USD"
    """Its base currency."""
    cash: CashMicros = 0
    margin: str = "portfolio"
    """Its margin model and its fee plan: names of ``broker.schedules``."""
    plan: str = "fixed"
    advisor: bool = False
    """Whether it is the account of a financial advisor, who manages the others."""
    positions: tuple[StartingPosition, ...] = ()
    """What it holds from the beginning; nothing is paid for it."""


class Deposit(msgspec.Struct, frozen=True, tag=True):
    """Deposit money; a negative amount withdraws it, limited by the cash of its currency and the
    available funds."""

    account: str
    currency: str
    amount: CashMicros


class SetMarginModel(msgspec.Struct, frozen=True, tag=True):
    """Set the margin model of an account from now on."""

    account: str
    model: str


class SetFeePlan(msgspec.Struct, frozen=True, tag=True):
    """Set the fee plan of an account from now on."""

    account: str
    plan: str


class ReceivePosition(msgspec.Struct, frozen=True, tag=True):
    """Bring holdings into an account from elsewhere; of opposite size, deliver them."""

    account: str
    position: StartingPosition


class Transfer(msgspec.Struct, frozen=True, tag=True):
    """Move cash, or holdings with what they have cost, to another account."""

    account: str
    """The one that gives."""
    to: str
    currency: str = ""
    amount: CashMicros = 0
    """Cash; 0 where holdings are moved."""
    conId: int = 0
    size: SizeUnits = 0
    """Signed as the holdings are."""


class ConvertCash(msgspec.Struct, frozen=True, tag=True):
    """Convert cash into another currency at the rate of the market, without a commission."""

    account: str
    currency: str
    """The one that is sold."""
    amount: CashMicros
    """Of that."""
    into: str


class ReplaceAdvisorGroups(msgspec.Struct, frozen=True, tag=True):
    """Replace the groups among whose accounts an advisor divides orders."""

    account: str
    """The advisor's own."""
    groups: tuple[tuple[str, str, tuple[tuple[str, int], ...]], ...]
    """Name, method, and accounts with their numbers in millionths."""


class ReplaceAccountAliases(msgspec.Struct, frozen=True, tag=True):
    """Replace the names that an advisor gives to accounts."""

    account: str
    """The advisor's own."""
    aliases: tuple[tuple[str, str], ...]


class PayDividend(msgspec.Struct, frozen=True, tag=True):
    """Pay a dividend to whoever holds shares; who is short pays it."""

    conId: int
    amount: CashMicros
    """For a share."""
    account: str = ""
    """The only account that it is paid to; "" for all."""


class SplitShares(msgspec.Struct, frozen=True, tag=True):
    """Give new shares for old ones, in all accounts; orders for them are cancelled."""

    conId: int
    new: int
    old: int


class MergeShares(msgspec.Struct, frozen=True, tag=True):
    """End a share that another company takes over, in all accounts; orders for it are cancelled."""

    conId: int
    into: int = 0
    """The share that is given for it; 0 for none."""
    new: int = 0
    """So many for ``old`` ones."""
    old: int = 1
    cash: CashMicros = 0
    """For each old share."""


class SpinOff(msgspec.Struct, frozen=True, tag=True):
    """Give whoever holds shares those of a part of the company, in all accounts; orders for the old
    ones are cancelled."""

    conId: int
    into: int
    """The shares that are given."""
    new: int
    """So many for ``old`` ones, which stay."""
    old: int
    part: Rate
    """The part of the cost that goes to the new shares."""


class RenameShares(msgspec.Struct, frozen=True, tag=True):
    """Give shares another symbol, and what is derived from them; holdings and orders stay."""

    conId: int
    symbol: str


AccountCommand = (
    OpenAccount
    | Deposit
    | SetMarginModel
    | SetFeePlan
    | ReceivePosition
    | Transfer
    | ConvertCash
    | ReplaceAdvisorGroups
    | ReplaceAccountAliases
)
CorporateCommand = PayDividend | SplitShares | MergeShares | SpinOff | RenameShares

Command = (
    SubmitOrder
    | CancelApiOrder
    | CancelAll
    | SubmitManualOrder
    | BindOrders
    | CancelByUser
    | ModifyByUser
    | ResetOrderIds
    | SubmitExercise
    | AccountCommand
    | CorporateCommand
    | ScriptCommand
)
