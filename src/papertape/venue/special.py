"""Terms that most orders do not have: trails, pegs, groups, times, conditions.

They are part of an order's ``Terms`` (``facts``) and, like them, contain integers and texts
only. A plain order has none of them, so it costs nothing.
"""

from typing import Final

import msgspec

from .units import CashMicros, Nanos, PriceUnits, Rate, SizeUnits

OPENING: Final = 1
CLOSING: Final = 2
"""The auctions in which an order trades."""


class Held:
    """Why an order that was accepted does not work yet: bits of a plain number, because every
    decision looks at them. It is in no book meanwhile."""

    CHILD: Final = 1
    """Its parent has not filled."""
    CONDITION: Final = 2
    """Its conditions are not met."""
    LATER: Final = 4
    """Its ``goodAfterTime`` has not come."""
    AUCTION: Final = 8
    """Its auction has not come."""
    INACTIVE: Final = 16
    """Its client deactivated it; new terms may activate it."""
    TRAVELS: Final = 32
    """It is on its way to the broker, who has not acknowledged it."""
    ROUTED: Final = 64
    """It is on its way to its exchange."""


class Trail(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """How the stop of an order follows the market."""

    amount: PriceUnits
    """The distance; 0 where ``percent`` counts."""
    percent: Rate
    """The distance as a fraction of the market price."""
    offset: PriceUnits | None = None
    """The distance of the limit from the stop; None without a limit."""


class Peg(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A limit that is computed from the market."""

    to: str
    """What it follows (``broker.pegging``): PRIMARY, MARKET, MIDPOINT, BENCHMARK."""
    offset: PriceUnits = 0
    """Signed distance, added to the reference price."""
    percent: Rate = 0
    """The distance as a fraction of the reference price."""
    once: bool = False
    """Whether the price is computed once, when the order becomes active."""
    conId: int = 0
    """The instrument that it follows, where that is another one."""
    start: PriceUnits = 0
    """The price at which the reference stands at ``reference``."""
    reference: PriceUnits = 0
    """The reference price, in units of the other instrument."""
    ratio: Rate = 0
    """Price change per unit of the reference's change."""
    low: PriceUnits = 0
    high: PriceUnits = 0
    """The range of the reference in which the order works; 0 for any."""
    half: PriceUnits | None = None
    """The offset where the midpoint is between two increments; None for ``offset``."""
    least: SizeUnits = 0
    """The best price is competed with only where so much stands there."""
    natural: bool = False
    """Whether the reference is the bid or the ask instead of the middle."""


class ConditionTerms(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One condition of an order."""

    kind: int
    """1 price, 3 time, 4 margin, 5 execution, 6 volume, 7 percent change."""
    joined: bool
    """Whether "and" joins it to the next one; "or" otherwise."""
    more: bool
    """Whether the value must be at least ``value``, or at most."""
    conId: int = 0
    value: int = 0
    """Price units, nanoseconds, percent, a size or a rate, by kind."""
    method: int = 0
    """The trigger method of a price."""
    symbol: str = ""
    secType: str = ""
    exchange: str = ""


class Adjustment(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a stop becomes when the market reaches a price."""

    trigger: PriceUnits
    orderType: str
    stop: PriceUnits
    limit: PriceUnits | None = None
    trail: Trail | None = None


class Algo(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The algorithm of an order and its parameters (``broker.algos``)."""

    name: str
    given: tuple[tuple[str, str], ...]
    """The parameters as the client wrote them."""
    begins: Nanos = 0
    ends: Nanos = 0
    """Its time; 0 for the order's own."""
    beyond: bool = False
    """Whether it trades what is left when its time is over."""
    share: Rate = 0
    """The part of the market's volume that it may be; 0 for any."""
    until: Rate = 0
    """The part at its end."""
    change: Rate = 0
    least: Rate = 0
    most: Rate = 0
    """How the part changes with the price, and between what."""
    size: SizeUnits = 0
    """The size of a part; 0 for equal parts."""
    every: Nanos = 0
    """Between two parts."""
    waits: bool = False
    """Whether a part waits for the fill of the one before."""
    passive: bool = False
    """Whether it stays on its own side of the quote."""
    later: bool = False
    """Whether its time was over when it came, so that it is that of the next day."""
    urgency: int = 0
    """The number of its priority or aversion, the most urgent first."""


class Scale(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The components of a scale order."""

    first: SizeUnits
    further: SizeUnits
    increment: PriceUnits
    """How much farther from the market each further one is."""
    profit: PriceUnits = 0
    """How far from its component's price a profit order is; 0 for no profit orders."""
    restores: bool = False
    """Whether what a profit order trades goes back into its component."""
    position: SizeUnits = 0
    """What the account holds of it at the beginning, for which there are profit orders at once."""
    started: SizeUnits = 0
    """How much of its components counts as filled at the beginning."""
    change: PriceUnits = 0
    every: Nanos = 0
    """What is added to its prices, and how often; 0 for never."""
    varied: bool = False
    """Whether the size of each component is drawn."""


class DeltaHedge(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The hedge that TWS sends for each fill of an option's or a combination's order."""

    conId: int
    """What it trades."""
    orderType: str
    price: PriceUnits = 0
    """The limit of LMT, the offset of REL."""
    delta: Rate | None = None
    """Units of the hedge for one of what filled; None for that of the option model."""


class Hedge(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """How an order hedges what its parent trades (``broker.hedges``)."""

    kind: str
    ratio: Rate
    most: SizeUnits = 0
    """Its largest size; 0 for any."""


class Combo(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """How an order for a combination trades its legs."""

    guaranteed: bool = True
    """Whether its legs trade together at a net price, as one order at an exchange."""
    limits: tuple[PriceUnits | None, ...] = ()
    """The limit of each leg; empty without any, None for a leg without one."""
    lead: int = 0
    """Which leg is worked first, counted from 0."""
    offset: PriceUnits | None = None
    """How far the leading leg is from its own side of its quote at most; None for any distance."""
    segment: SizeUnits = 0
    """The most that trades at a time; 0 for all."""
    conId: int = 0
    """The instrument whose last price must be in a range; 0 for none."""
    low: PriceUnits = 0
    high: PriceUnits | None = None


class Special(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The terms that most orders do not have."""

    parent: int = 0
    """The order id of the parent, of the same client."""
    oca: str = ""
    """The one-cancels-all group."""
    ocaType: int = 0
    """1 cancels the rest, 2 and 3 reduce it; 3 without overfill block."""
    begins: Nanos = 0
    """When the order becomes active; 0 at once."""
    ends: Nanos = 0
    """When it expires, where its time in force names an instant."""
    auction: int = 0
    """``OPENING``, ``CLOSING``, or 0."""
    trail: Trail | None = None
    peg: Peg | None = None
    least: SizeUnits = 0
    """The smallest first fill; the whole size for all-or-none."""
    discretion: PriceUnits = 0
    """How far beyond its limit the order trades, unseen."""
    conditions: tuple[ConditionTerms, ...] = ()
    cancels: bool = False
    """Whether the conditions cancel the order instead of activating it."""
    anyHour: bool = False
    """Whether the conditions count outside the regular session as well."""
    adjustment: Adjustment | None = None
    cancelsParent: bool = False
    """Whether cancelling the order cancels its parent."""
    each: SizeUnits = 0
    """The smallest size of any fill, unless less is left."""
    passive: bool = False
    """Whether the order is cancelled instead of trading at once."""
    toLimit: bool = False
    """Whether a pegged order trades, unseen, up to its cap."""
    algo: Algo | None = None
    components: Scale | None = None
    hedge: Hedge | None = None
    night: bool = False
    """Whether the conditions count in the overnight session as well."""
    inactive: bool = False
    """Whether its client deactivated the order."""
    combo: Combo | None = None
    spends: CashMicros = 0
    """The money for which a fund is bought at the price of its close; 0 where the size is told."""
    delta: DeltaHedge | None = None
    ignores: tuple[int, ...] = ()
    """Warnings of attributes that it has and that do not count for it: their codes."""
    made: int = 0
    """The permanent id of the order for whose fills TWS made this one; 0 for a client's own."""

    @property
    def legged(self) -> bool:
        """Whether it trades a combination whose legs are not guaranteed to trade together."""
        return self.combo is not None and not self.combo.guaranteed


PLAIN: Final = Special()
