"""What happens to orders, but for their executions."""

from ..reference.instruments import Refusal
from ..units import Nanos, PriceUnits, SizeUnits
from .fact import Fact
from .terms import Terms


class OrderPlaced(Fact, frozen=True, tag=1):
    """A new order got its permanent id; its status says whether it works or ended immediately."""

    permId: int
    clientId: int
    orderId: int
    terms: Terms
    status: str
    whyHeld: str
    expires: Nanos
    """When a DAY or GTC order expires."""
    reason: Refusal | None = None
    """Why the broker refuses it; its client receives this."""
    bound: bool = False
    """Whether the user of TWS entered it and it was bound to client 0 immediately."""
    opens: Nanos = 0
    """When its exchange opens for it; 0 where it is open."""
    held: int = 0
    """Why it does not work yet: flags of ``special.Held``."""
    parent: int = 0
    """The permId of its parent."""
    scripted: bool = False
    """Whether a rule of a world fills it, and no market."""
    arrives: Nanos = 0
    """When it comes to the broker; 0 where it is there."""


class OrderReplaced(Fact, frozen=True, tag=2):
    """A working order got new terms. It counts as a new order for the minimum commission."""

    permId: int
    terms: Terms
    status: str
    whyHeld: str
    expires: Nanos
    opens: Nanos = 0
    """When its exchange opens for it; 0 where it is open."""
    held: int = 0
    """Why it does not work yet: flags of ``special.Held``."""
    stop: PriceUnits | None = None
    """The stop that its trail has reached, kept by the new terms; None without one."""
    limit: PriceUnits | None = None
    """The limit that its first fill gave it, kept by the new terms; None without one."""


class OrderReceived(Fact, frozen=True, tag=19):
    """An order that was on its way came to the broker: it works, waits, or has ended."""

    permId: int
    terms: Terms
    status: str
    whyHeld: str
    expires: Nanos
    reason: Refusal | None = None
    """Why the broker refuses it; its client receives this."""
    opens: Nanos = 0
    held: int = 0
    scripted: bool = False


class OrderRouted(Fact, frozen=True, tag=26):
    """An acknowledged order is on its way to its exchange."""

    permId: int
    arrives: Nanos


class OrderArrived(Fact, frozen=True, tag=27):
    """An order came to its exchange, where it trades from now on."""

    permId: int


class OrderMoved(Fact, frozen=True, tag=3):
    """A working order got another status."""

    permId: int
    status: str
    whyHeld: str = ""


class OrderRepeated(Fact, frozen=True, tag=4):
    """TWS sends the state of an order again; nothing has changed."""

    permId: int


class OrderTriggered(Fact, frozen=True, tag=5):
    """The stop of an order was elected: it is a market or a limit order from now on."""

    permId: int
    price: PriceUnits
    """The electing price: of the print or a side of the quote."""


class OrderEnded(Fact, frozen=True, tag=7):
    """An order ended without being filled: cancelled or inactive."""

    permId: int
    status: str
    system: bool
    """Whether the system ended it, or its trader did."""
    reason: Refusal | None = None
    """The error for its client; None for none."""


class ManualOrderBound(Fact, frozen=True, tag=8):
    """An order that the user of TWS entered was bound to client 0."""

    permId: int
    orderId: int


class OrderSuspended(Fact, frozen=True, tag=9):
    """The exchange closed for a working order, which waits for the open."""

    permId: int
    status: str
    whyHeld: str
    opens: Nanos


class OrderResumed(Fact, frozen=True, tag=10):
    """The exchange opened for a waiting order."""

    permId: int
    status: str
    whyHeld: str


class OrderDeactivated(Fact, frozen=True, tag=28):
    """The day of an order is over that is not cancelled then: it works no longer until it gets new
    terms."""

    permId: int
    whyHeld: str
    expires: Nanos
    """When it is cancelled after all."""


class OrderWarned(Fact, frozen=True, tag=11):
    """The client of an order received a warning; the order is unaffected."""

    clientId: int
    orderId: int
    reason: Refusal


class OrderRepriced(Fact, frozen=True, tag=12):
    """The prices of a working order followed the market, or its fill."""

    permId: int
    stop: PriceUnits | None
    """The stop from now on; None where the order has none, or it did not move."""
    limit: PriceUnits | None
    """The limit from now on; None where the order has none, or it did not move."""


class OrderActivated(Fact, frozen=True, tag=13):
    """A reason why an order did not work has gone; it works when none is left."""

    permId: int
    held: int
    """What is left: flags of ``special.Held``."""
    status: str
    whyHeld: str


class OrderReduced(Fact, frozen=True, tag=14):
    """The size of an order was reduced: another order of its group traded, or its parent ended
    in part."""

    permId: int
    quantity: SizeUnits
    """The total size from now on, fills included."""


class SizeRestored(Fact, frozen=True, tag=29):
    """A profit order of a scale order has traded: what it traded goes back to the scale order."""

    permId: int
    size: SizeUnits


class ComponentBegan(Fact, frozen=True, tag=30):
    """A component of a scale order began whose size does not follow from its number."""

    permId: int
    number: int
    until: SizeUnits
    """Where it ends: the sizes of all components up to it."""


class OrderAdjusted(Fact, frozen=True, tag=15):
    """A stop became another kind of order, as its adjustment says."""

    permId: int
    terms: Terms


class AlgoBegan(Fact, frozen=True, tag=17):
    """The algorithm of an order began."""

    permId: int
    begins: Nanos
    ends: Nanos
    volume: SizeUnits
    """The volume of the day, and the middle of the quote at its beginning."""
    price: PriceUnits


class OrderTouched(Fact, frozen=True, tag=16):
    """A tick reached, or no longer reaches, a stop that wants two ticks in a row."""

    permId: int
    touched: bool


class OrderQueued(Fact, frozen=True, tag=18):
    """A resting order has a place in the queue of its price, under the fill rule ``queue``."""

    permId: int
    ahead: SizeUnits
    """What stands before it and is not the venue's own."""
    joined: Nanos
    """When it came to its price."""
