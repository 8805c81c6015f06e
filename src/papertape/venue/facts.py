"""Facts: what happened in the venue. The journal consists of them, and the state is folded from
them.

A fact is immutable and contains integers, texts and other facts; every number with decimals is in
units (``units.py``). Folding a fact looks nothing up and decides nothing, so a journal gives the
same state under every later rule, fee and margin rate.

Facts are arrays on disk: the tag, then the fields in order. A new field goes to the end with a
default; any other change needs a new schema number (``entries.SCHEMA``) and an upgrade function.
"""

from typing import Final

import msgspec

from .market.source import Quote
from .reference.composition import Composition
from .reference.instruments import Refusal
from .reference.sessions import EXTENDED, NIGHT, REGULAR
from .script import MatchingRules, OrderRule, TapeMark
from .special import PLAIN, Special
from .units import CashMicros, Nanos, PriceUnits, SizeUnits

NOT_OUTSIDE: Final = 2109
"""The warning that ``outsideRth`` does not count for an order."""
TOUCHED: Final = ("MIT", "LIT")
"""Types that a move to the better side triggers: a buy order waits for a fall."""


class Terms(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The terms of an order in units, and the client's order to echo."""

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
    """Whether a day order works overnight as well."""
    ref: str
    """The client's reference, which executions repeat, like the next two."""
    model: str
    submitter: str
    text: str
    """The client's order as canonical JSON text, for echoes only, including doubles."""
    outside: bool = False
    """Whether the order trades outside the regular session as well."""
    special: Special | None = None
    """What only few orders have; None without any of it."""

    exercise: int = 0
    """1 exercises an option, 2 lets it lapse, both at ``expires`` and in no book; 0 trades."""
    shares: tuple[tuple[str, SizeUnits], ...] = ()
    """Of an advisor's order: the accounts and how much each gets; () for the account's own."""

    @property
    def extras(self) -> Special:
        """The special terms, all at their defaults for an order without any."""
        return self.special or PLAIN

    @property
    def direction(self) -> int:
        """Whether the trigger price is reached by a rise (+1) or by a fall (-1)."""
        return -self.side if self.orderType in TOUCHED else self.side

    def worst(self, limit: PriceUnits | None) -> PriceUnits | None:
        """The worst price at which an order with this limit trades: beyond it, its discretion."""
        if limit is None or self.special is None:
            return limit
        if self.special.toLimit:
            return self.limit
        if not self.special.discretion:
            return limit
        return limit + self.side * self.special.discretion

    @property
    def reach(self) -> int:
        """The sessions of a trading day in which the order trades."""
        if self.overnight:
            return NIGHT
        if not self.outside or (self.special and NOT_OUTSIDE in self.special.ignores):
            return REGULAR
        return EXTENDED


class AdvisorGroup(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Accounts among which an advisor divides orders."""

    name: str
    method: str
    """How, where the order does not say (``broker.allocation``)."""
    members: tuple[tuple[str, int], ...]
    """Accounts with their ratio, percentage, amount or size, in millionths; 0 without one."""


class Fact(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Base of the facts."""


# -- orders -------------------------------------------------------------------------------------


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


Counted = tuple[str, int]
"""What counts towards the tiers of a month: its name (``STK``, ``OPT``, ``FUT``, ``CASH``), and how
many shares or contracts, or the value in dollars."""
Charge = tuple[str, CashMicros]
"""What is paid for a trade, and in which currency."""


class OrderFilled(Fact, frozen=True, tag=6):
    """One execution with its amounts, and the account's books after it."""

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
    """Cash change of the account by currency."""
    liquidity: int
    """1 added, 2 removed."""
    exchange: str
    quote: Quote | None
    """The quote that the order traded against; None in an auction."""
    settled: CashMicros = 0
    """Of a future: the signed value of those holdings that is settled in cash."""
    settles: int = 0
    """The day on which what it brings in settles; 0 for at once."""
    memo: CashMicros = 0
    """Change of the special memorandum account of a Reg T account, in its base currency."""
    given: tuple[SizeUnits, ...] = ()
    """Of an advisor's order: what each account of ``Terms.shares`` has got with it. The books of
    ``Terms.account`` stay as they are, and a ``PartFilled`` of each account follows."""
    charged: Charge | None = None
    """The fee as it is paid; None where that is in the instrument's currency, as ``fee`` is."""
    counted: Counted | None = None
    """What counts towards the tiers of the account's month; None where its fees have none."""


class PartFilled(Fact, frozen=True, tag=53):
    """What one account gets of an advisor's fill, and its books afterwards."""

    permId: int
    account: str
    execution: int
    """Its own number."""
    size: SizeUnits
    price: PriceUnits
    value: CashMicros
    fee: CashMicros
    realized: CashMicros | None
    position: SizeUnits
    cost: CashMicros
    cash: tuple[tuple[str, CashMicros], ...]
    settled: CashMicros
    settles: int
    memo: CashMicros
    filled: SizeUnits
    """What the account has got of the order."""
    total: CashMicros
    """The value of that."""
    liquidity: int
    exchange: str
    charged: Charge | None = None


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


class CombinationNamed(Fact, frozen=True, tag=80):
    """A combination was ordered for the first time: what its number stands for."""

    number: int
    composition: Composition


class LegFill(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a fill of a combination does to one leg, and the account's books of it afterwards."""

    conId: int
    side: int
    """+1 bought, -1 sold."""
    size: SizeUnits
    price: PriceUnits
    value: CashMicros
    fee: CashMicros
    realized: CashMicros | None
    position: SizeUnits
    cost: CashMicros
    cash: tuple[tuple[str, CashMicros], ...]
    exchange: str
    quote: Quote | None
    """What it traded against; None where the size shown did not count."""
    settled: CashMicros = 0
    settles: int = 0
    memo: CashMicros = 0
    counted: Counted | None = None


class CombinationFilled(Fact, frozen=True, tag=81):
    """One execution of a combination: all its legs, at their prices."""

    permId: int
    status: str
    execution: int
    """Number of the execution; those of its legs follow it."""
    size: SizeUnits
    price: PriceUnits
    """The net price, which may be negative or 0."""
    value: CashMicros
    """What buying it costs; negative where that brings money."""
    fee: CashMicros
    """The fees of all legs."""
    liquidity: int
    exchange: str
    legs: tuple[LegFill, ...]


# -- the API state of TWS -----------------------------------------------------------------------


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
    """A held order was cancelled by its client, or discarded by TWS, before it reached the
    broker."""

    clientId: int
    orderId: int
    terms: Terms
    permId: int = 0
    """The permanent id that a discarded order got; 0 where a refused child took it along."""


class PermIdUsed(Fact, frozen=True, tag=23):
    """A what-if used a permanent id and changed nothing else."""

    permId: int


class OrderIdsReset(Fact, frozen=True, tag=24):
    """The order ids of every client restarted at 1; the day's finished orders are forgotten."""


# -- accounts and days --------------------------------------------------------------------------


class AccountOpened(Fact, frozen=True, tag=40):
    """An account was opened."""

    account: str
    currency: str
    """Its base currency."""
    advisor: bool = False
    """Whether it is the account of a financial advisor, who manages the others."""


class CashMoved(Fact, frozen=True, tag=41):
    """Money was deposited or withdrawn."""

    account: str
    currency: str
    amount: CashMicros
    equity: CashMicros
    """The same in the account's base currency: not a profit of the day."""


class MarginModelChanged(Fact, frozen=True, tag=42):
    """The margin model of an account changed."""

    account: str
    model: str


class FeePlanChanged(Fact, frozen=True, tag=43):
    """The fee plan of an account changed."""

    account: str
    plan: str


class DayBegan(Fact, frozen=True, tag=44):
    """A trading day began; it ends at ``end``."""

    end: Nanos
    month: int = 0
    """Its calendar month in New York, 202604; with another one than before, what was traded in a
    month begins at nothing. 0 in journals that do not know it."""


class DayOpened(Fact, frozen=True, tag=45):
    """The value of an account at the start of a day: the base of the day's profit."""

    account: str
    equity: CashMicros
    values: tuple[tuple[int, CashMicros], ...]
    """Market value by contract number, in the instrument's currency."""
    sma: CashMicros = 0
    """The special memorandum account of a Reg T account then."""


class FutureSettled(Fact, frozen=True, tag=46):
    """A future was settled for the day: what it gained or lost since then is in the cash."""

    account: str
    conId: int
    price: PriceUnits
    settled: CashMicros
    """Signed value of the holdings at that price."""
    cash: tuple[tuple[str, CashMicros], ...]


class CashSettled(Fact, frozen=True, tag=48):
    """The proceeds of sales that were to settle on a day have settled."""

    account: str
    day: int


class PositionMoved(Fact, frozen=True, tag=47):
    """Holdings changed without a trade: a contract ended, an option was exercised or assigned."""

    account: str
    conId: int
    cause: str
    """``exercised``, ``lapsed``, ``assigned``, ``automatic`` exercise, ``expired``, ``matured`` or
    ``settled``: an option that a split has ended."""
    execution: int
    """Its number among the executions, which show it."""
    size: SizeUnits
    """Signed change of the holdings."""
    price: PriceUnits
    """Of the settlement, or the strike of delivered shares; 0 for what became shares or lapsed."""
    value: CashMicros
    """Of the change at that price."""
    realized: CashMicros | None
    """Profit; None where it becomes part of the cost of shares, or opens."""
    position: SizeUnits
    """The holdings afterwards, signed, with their cost and, of a future, settled value."""
    cost: CashMicros
    settled: CashMicros
    cash: tuple[tuple[str, CashMicros], ...]
    """Cash change of the account by currency."""
    exchange: str
    permId: int = 0
    """The order that asked for it; 0 when it came about by itself."""


class PositionAdjusted(Fact, frozen=True, tag=49):
    """Holdings changed without a trade and without an execution: they were transferred, a company
    divided its shares, or a world says what an account holds."""

    account: str
    conId: int
    cause: str
    """``received``, ``delivered``, ``split``, ``merger``, ``spin-off`` or ``set``."""
    size: SizeUnits
    """Signed change of the holdings."""
    position: SizeUnits
    """The holdings afterwards, with their cost and, of a future, settled value."""
    cost: CashMicros
    settled: CashMicros
    value: CashMicros = 0
    """Market value of the change, in the instrument's currency: not a profit of the day."""
    equity: CashMicros = 0
    """What it adds to equity with loan value, in the account's base currency: no profit either."""
    realized: CashMicros = 0
    """Profit of a fraction of a share, or of a share, that was paid in cash."""


class CashBooked(Fact, frozen=True, tag=50):
    """Cash changed without a trade and without a deposit; what it brings is profit."""

    account: str
    cause: str
    """``converted``, ``coupon``, ``dividend``, ``lieu``, ``merger`` or ``spin-off``."""
    cash: tuple[tuple[str, CashMicros], ...]
    """Change by currency."""
    memo: CashMicros = 0
    """Change of the special memorandum account of a Reg T account."""


class InterestAccrued(Fact, frozen=True, tag=55):
    """An account has earned interest, or owes it; it is booked on ``day``."""

    account: str
    day: int
    cash: tuple[tuple[str, CashMicros], ...]
    """By currency; negative for what is owed."""


class InterestBooked(Fact, frozen=True, tag=56):
    """Interest that had accrued until its ``day`` is cash now."""

    account: str
    day: int
    cash: tuple[tuple[str, CashMicros], ...]
    """All that had accrued, by currency."""
    memo: CashMicros = 0
    """Change of the special memorandum account of a Reg T account."""


class SharesMerged(Fact, frozen=True, tag=57):
    """A company was taken over: its shares, and what is derived from them, are found no more."""

    conId: int


class SharesRenamed(Fact, frozen=True, tag=58):
    """Shares have another symbol, with what is derived from them; their number stays."""

    conId: int
    symbol: str


class ScheduleKept(Fact, frozen=True, tag=54):
    """Coupons, splits and dividends of an instrument have been carried out up to an instant; what
    they did are the facts before it."""

    conId: int
    until: Nanos


class AdvisorGroupsReplaced(Fact, frozen=True, tag=51):
    """An advisor replaced the groups of accounts."""

    groups: tuple[AdvisorGroup, ...]


class AccountAliasesReplaced(Fact, frozen=True, tag=52):
    """An advisor replaced the names of accounts."""

    aliases: tuple[tuple[str, str], ...]
    """Account and alias."""


# -- worlds -------------------------------------------------------------------------------------


class TapeWritten(Fact, frozen=True, tag=60):
    """A world wrote marks on the tape of an instrument."""

    conId: int
    marks: tuple[TapeMark, ...]


class RuleSet(Fact, frozen=True, tag=61):
    """A world said what the broker does with the next order that fits."""

    number: int
    rule: OrderRule


class RuleMatched(Fact, frozen=True, tag=62):
    """An order came under a rule; its acts wait from now on."""

    number: int
    permId: int


class ActDone(Fact, frozen=True, tag=63):
    """An act of a world was carried out, or could not be."""

    number: int
    """Of the act that waited; 0 where it was asked for at once."""
    permId: int
    problem: str
    """Why it could not be carried out; "" where it was."""


class MatchingSet(Fact, frozen=True, tag=64):
    """Orders meet the market in another way from now on."""

    rules: MatchingRules


class ExecutionCorrected(Fact, frozen=True, tag=69):
    """An execution was corrected, or busted: its amounts now, and the account's books after it."""

    permId: int
    execution: int
    """The number of the execution, which this one shares."""
    revision: int
    """2 of the first correction."""
    size: SizeUnits
    """0: it was busted."""
    price: PriceUnits
    value: CashMicros
    fee: CashMicros
    realized: CashMicros | None
    position: SizeUnits
    """Signed holdings of the account afterwards."""
    cost: CashMicros
    cash: tuple[tuple[str, CashMicros], ...]
    """Cash change of the account by currency."""
    settled: CashMicros
    profit: CashMicros
    """Change of the profit that the day has realised in the instrument."""
    memo: CashMicros
    settles: int
    """The day on which the change of a sale's proceeds settles; 0 for at once."""
    liquidity: int
    exchange: str
    time: Nanos
    """When the execution was."""
    was: tuple[SizeUnits, CashMicros, CashMicros]
    """Size, value and fee of the execution before."""
    lastPrice: PriceUnits
    """Of the order."""
    filled: SizeUnits
    """Filled size of the order up to this execution, and the value of that."""
    total: CashMicros
    limit: PriceUnits | None
    charged: Charge | None = None
    """The fee as it is paid, and as it was before; None where that is in the instrument's
    currency."""
    wasCharged: Charge | None = None
    counted: Counted | None = None
    """The change of what counts towards the tiers of the account's month."""


AnyFact = (
    OrderPlaced
    | OrderReplaced
    | OrderMoved
    | OrderRepeated
    | OrderTriggered
    | OrderFilled
    | PartFilled
    | OrderEnded
    | ManualOrderBound
    | OrderSuspended
    | OrderResumed
    | OrderWarned
    | OrderRepriced
    | OrderTouched
    | AlgoBegan
    | OrderActivated
    | OrderReduced
    | SizeRestored
    | ComponentBegan
    | OrderAdjusted
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
    | FutureSettled
    | PositionMoved
    | CashSettled
    | InterestAccrued
    | InterestBooked
    | SharesMerged
    | SharesRenamed
    | PositionAdjusted
    | CashBooked
    | ScheduleKept
    | AdvisorGroupsReplaced
    | AccountAliasesReplaced
    | TapeWritten
    | RuleSet
    | RuleMatched
    | ActDone
    | MatchingSet
    | OrderQueued
    | OrderDeactivated
    | OrderReceived
    | OrderRouted
    | OrderArrived
    | ExecutionCorrected
    | CombinationNamed
    | CombinationFilled
)
"""Every kind of fact: what a journal holds."""
