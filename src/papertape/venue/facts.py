"""What happened in the venue: the only thing that is journaled, and all that state is made of.

A fact is past tense, immutable and holds integers, texts and other facts; every number with
decimals is in units (``units.py``). Folding a fact looks nothing up and decides nothing, so a
journal tells the same story under every later rule, fee and margin rate.

Facts are arrays on disk: the tag, then the fields in order. A new field goes to the end with a
default; anything else is a new schema number (``entries.SCHEMA``) with an upgrade function.
"""

import msgspec

from .market.source import Quote
from .reference.instruments import Refusal
from .reference.sessions import EXTENDED, NIGHT, REGULAR
from .units import CashMicros, Nanos, PriceUnits, SizeUnits


class Terms(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What an order asks for, in units, and the client's record of it as it must be echoed."""

    account: str
    conId: int
    exchange: str
    side: int
    """+1 buys, -1 sells."""
    quantity: SizeUnits
    orderType: str
    limit: PriceUnits | None
    """None where the type has no limit."""
    stop: PriceUnits | None
    """The trigger price; None where the type has none."""
    trigger: int
    """How the stop is triggered (``exchange.triggers``); 0 without a stop."""
    tif: str
    overnight: bool
    """A day order that works overnight as well."""
    ref: str
    """The client's reference, which executions repeat, as they do the next two."""
    model: str
    submitter: str
    text: str
    """The client's order as canonical JSON: what is only echoed, doubles included, is text."""
    outside: bool = False
    """It trades outside of the regular session as well."""

    @property
    def reach(self) -> int:
        """How much of a trading day it reaches."""
        return NIGHT if self.overnight else EXTENDED if self.outside else REGULAR


class Fact(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Base of the facts."""


# -- orders -------------------------------------------------------------------------------------


class OrderPlaced(Fact, frozen=True, tag=1):
    """A new order has its permanent id; its status says whether it works or ended at once."""

    permId: int
    clientId: int
    orderId: int
    terms: Terms
    status: str
    whyHeld: str
    expires: Nanos
    """When a DAY or GTC order lapses."""
    reason: Refusal | None = None
    """Why the broker does not carry it; its client is told."""
    bound: bool = False
    """Whether the user of TWS entered it and it became client 0's at once."""
    opens: Nanos = 0
    """When its exchange opens for it; 0 where it is open."""


class OrderReplaced(Fact, frozen=True, tag=2):
    """A working order got new terms. It counts as a new one for the minimum commission."""

    permId: int
    terms: Terms
    status: str
    whyHeld: str
    expires: Nanos
    opens: Nanos = 0
    """When its exchange opens for it; 0 where it is open."""


class OrderMoved(Fact, frozen=True, tag=3):
    """A working order has another status."""

    permId: int
    status: str
    whyHeld: str = ""


class OrderRepeated(Fact, frozen=True, tag=4):
    """TWS tells the state of an order once more; nothing has changed."""

    permId: int


class OrderTriggered(Fact, frozen=True, tag=5):
    """The stop of an order was reached: it is a market or a limit order from now on."""

    permId: int
    price: PriceUnits
    """What triggered it: the print or the side of the quote."""


class OrderFilled(Fact, frozen=True, tag=6):
    """One execution with its money, and the books as it left them."""

    permId: int
    status: str
    execution: int
    """Number of the execution; unique in a journal."""
    size: SizeUnits
    price: PriceUnits
    value: CashMicros
    fee: CashMicros
    realized: CashMicros | None
    """Profit net of the commissions of both sides; None when the fill only opened."""
    position: SizeUnits
    """Signed holdings of the account afterwards."""
    cost: CashMicros
    """Signed cost of those holdings, commissions included."""
    cash: tuple[tuple[str, CashMicros], ...]
    """What came into the account, by currency; negative for what went out."""
    liquidity: int
    """1 added, 2 removed."""
    exchange: str
    quote: Quote
    """The quote that it traded against."""


class OrderEnded(Fact, frozen=True, tag=7):
    """An order is over without being filled: cancelled, or inactive."""

    permId: int
    status: str
    system: bool
    """Whether the system ended it; else its trader did."""
    reason: Refusal | None = None
    """What its client is told; None where nothing is."""


class ManualOrderBound(Fact, frozen=True, tag=8):
    """An order that the user of TWS entered became client 0's."""

    permId: int
    orderId: int


class OrderSuspended(Fact, frozen=True, tag=9):
    """The exchange closed for a working order, which waits until it opens again."""

    permId: int
    status: str
    whyHeld: str
    opens: Nanos


class OrderResumed(Fact, frozen=True, tag=10):
    """The exchange opened for an order that waited for it."""

    permId: int
    status: str
    whyHeld: str


class OrderWarned(Fact, frozen=True, tag=11):
    """The client of an order was told a remark; the order is none the worse."""

    clientId: int
    orderId: int
    reason: Refusal


# -- what TWS remembers of the API --------------------------------------------------------------


class OrderHeld(Fact, frozen=True, tag=20):
    """An order waits in TWS for ``transmit``; the broker does not know it."""

    clientId: int
    orderId: int
    terms: Terms


class OrderReleased(Fact, frozen=True, tag=21):
    """A held order was transmitted."""

    clientId: int
    orderId: int


class OrderDropped(Fact, frozen=True, tag=25):
    """A held order was cancelled by its client; the broker never knew it."""

    clientId: int
    orderId: int
    terms: Terms


class PermIdUsed(Fact, frozen=True, tag=23):
    """A what-if took a permanent id and left no other trace."""

    permId: int


class OrderIdsReset(Fact, frozen=True, tag=24):
    """The order ids of every client begin at 1 again; finished orders left the books."""


# -- accounts and days --------------------------------------------------------------------------


class AccountOpened(Fact, frozen=True, tag=40):
    """There is one more account."""

    account: str
    currency: str
    """Its base currency."""


class CashMoved(Fact, frozen=True, tag=41):
    """Money came from outside, or went there."""

    account: str
    currency: str
    amount: CashMicros
    equity: CashMicros
    """The same in the account's base currency: not a profit of the day."""


class MarginModelChanged(Fact, frozen=True, tag=42):
    """The margin of an account follows other rules from now on."""

    account: str
    model: str


class FeePlanChanged(Fact, frozen=True, tag=43):
    """The commissions of an account follow another schedule from now on."""

    account: str
    plan: str


class DayBegan(Fact, frozen=True, tag=44):
    """A trading day runs until ``end``."""

    end: Nanos


class DayOpened(Fact, frozen=True, tag=45):
    """The worth of an account as its day began: what the day's profit counts from."""

    account: str
    equity: CashMicros
    values: tuple[tuple[int, CashMicros], ...]
    """Market value by contract number, in the instrument's currency."""


AnyFact = (
    OrderPlaced
    | OrderReplaced
    | OrderMoved
    | OrderRepeated
    | OrderTriggered
    | OrderFilled
    | OrderEnded
    | ManualOrderBound
    | OrderSuspended
    | OrderResumed
    | OrderWarned
    | OrderHeld
    | OrderReleased
    | OrderDropped
    | PermIdUsed
    | OrderIdsReset
    | AccountOpened
    | CashMoved
    | MarginModelChanged
    | FeePlanChanged
    | DayBegan
    | DayOpened
)
"""Every kind of fact: what a journal holds."""
