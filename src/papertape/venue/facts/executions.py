"""What happens to executions: fills, those of combinations, corrections and busts."""

import msgspec

from ..market.source import Quote
from ..reference.composition import Composition
from ..units import CashMicros, Nanos, PriceUnits, SizeUnits
from .fact import Charge, Counted, Fact


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
