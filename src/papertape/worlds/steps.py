"""The steps of a world: one record for each thing that can be said.

Text, Python and HTTP make the same records. Prices, sizes and money are ``Decimal``, times
nanoseconds; names of instruments are as written, a station looks them up.
"""

from decimal import Decimal
from typing import Final, Literal

import msgspec

from ..venue.script import FillRule
from ..venue.units import SECOND, Nanos

Side = Literal["BUY", "SELL", ""]


class WorldStep(msgspec.Struct, frozen=True, kw_only=True):
    """Base of the steps."""


class StartStep(WorldStep, frozen=True, kw_only=True, tag="start"):
    """Market time at which the world begins."""

    text: str
    """``2026-04-10 15:40 US/Eastern``."""


class HoursStep(WorldStep, frozen=True, kw_only=True, tag="hours"):
    """Whether markets are ``always`` open, or at the hours of their ``exchange``."""

    when: str


class SeedStep(WorldStep, frozen=True, kw_only=True, tag="seed"):
    """The seed of everything random."""

    number: int


class FillsStep(WorldStep, frozen=True, kw_only=True, tag="fills"):
    """How orders fill from now on: ``paper``, ``queue`` or ``instant``."""

    rule: FillRule


class LatencyStep(WorldStep, frozen=True, kw_only=True, tag="latency"):
    """How long orders are on their way from now on; what is None stays as it is."""

    ack: Nanos | None = None
    """To the broker."""
    fill: Nanos | None = None
    """To their exchange."""
    spread: Decimal | None = None
    """By how many percent of itself a time may be longer or shorter."""


class AccountStep(WorldStep, frozen=True, kw_only=True, tag="account"):
    """An account and exactly the cash that it has."""

    account: str
    cash: Decimal | None = None
    """None: what an account has unless it is told."""
    currency: str = "USD"
    margin: str = ""
    plan: str = ""


class HoldingStep(WorldStep, frozen=True, kw_only=True, tag="holds"):
    """What an account holds of an instrument, without a trade."""

    account: str
    symbol: str
    quantity: Decimal
    """Signed."""
    price: Decimal | None = None
    """The average cost of one; None: the present price."""


class DividendStep(WorldStep, frozen=True, kw_only=True, tag="dividend"):
    """A dividend to whoever holds a share; who is short pays it."""

    symbol: str
    amount: Decimal
    """For a share, in its currency."""
    account: str = ""
    """The only account that it is paid to; "" for all."""


class SplitStep(WorldStep, frozen=True, kw_only=True, tag="split"):
    """``new`` shares for ``old`` ones."""

    symbol: str
    new: int
    old: int


class MergerStep(WorldStep, frozen=True, kw_only=True, tag="merger"):
    """The end of a share: others for it, cash for each, or both."""

    symbol: str
    into: str = ""
    """The shares that are given; "" for cash alone."""
    new: int = 0
    old: int = 1
    cash: Decimal = Decimal(0)


class SpinOffStep(WorldStep, frozen=True, kw_only=True, tag="spin-off"):
    """``new`` shares of a part of a company besides each ``old`` ones of it."""

    symbol: str
    into: str
    new: int
    old: int
    cost: Decimal
    """How much of what the old shares have cost goes to the new ones, in percent."""


class RenameStep(WorldStep, frozen=True, kw_only=True, tag="rename"):
    """A share has another symbol from now on."""

    symbol: str
    to: str


class ContractStep(WorldStep, frozen=True, kw_only=True, tag="contract"):
    """A contract of the world's own, by the fields of a market folder's ``contracts.toml``."""

    fields: dict[str, str]


class ChainStep(WorldStep, frozen=True, kw_only=True, tag="chain"):
    """Calls and puts on an instrument, at one expiry and volatility."""

    symbol: str
    expiry: str
    """``2026-05-15``."""
    lowest: Decimal
    highest: Decimal
    by: Decimal
    volatility: Decimal
    """In percent a year."""


class QuoteStep(WorldStep, frozen=True, kw_only=True, tag="quote"):
    """Both sides of an instrument from now on; None is a side that nobody quotes."""

    symbol: str
    bid: Decimal | None
    ask: Decimal | None
    bidSize: Decimal = Decimal(100)
    askSize: Decimal = Decimal(100)


class PrintStep(WorldStep, frozen=True, kw_only=True, tag="print"):
    """A trade of others."""

    symbol: str
    price: Decimal
    size: Decimal = Decimal(100)


class RampStep(WorldStep, frozen=True, kw_only=True, tag="ramp"):
    """Both sides move evenly to another level, with their spread."""

    symbol: str
    over: Nanos
    percent: Decimal | None = None
    """By how much the middle moves; None: ``to`` counts."""
    to: Decimal | None = None
    """Where the middle arrives."""
    every: Nanos = SECOND


class HaltStep(WorldStep, frozen=True, kw_only=True, tag="halt"):
    """Trading stops: nobody quotes, nothing fills."""

    symbol: str
    lasts: Nanos | None = None
    """None: until it resumes by another step."""
    volatility: bool = False
    """Whether it is a pause for volatility, of which clients are told another value."""


class ResumeStep(WorldStep, frozen=True, kw_only=True, tag="resume"):
    """Trading goes on with the quote that stands."""

    symbol: str


class AuctionStep(WorldStep, frozen=True, kw_only=True, tag="auction"):
    """The print of an auction, at which orders for it fill, and what is told of it before."""

    symbol: str
    price: Decimal
    at: str
    """``16:00``, the next time that the clock shows it in the zone of the world's start."""
    size: Decimal = Decimal(100)
    opening: bool = False
    """The opening auction, not the closing one."""
    imbalance: Decimal = Decimal(0)
    """What will be left; negative of sellers."""


class BookLevel(WorldStep, frozen=True, kw_only=True):
    """One level of a book."""

    price: Decimal
    size: Decimal


class DepthStep(WorldStep, frozen=True, kw_only=True, tag="depth"):
    """A whole book; its best levels are the quote."""

    symbol: str
    bids: tuple[BookLevel, ...]
    asks: tuple[BookLevel, ...]


class DrillStep(WorldStep, frozen=True, kw_only=True, tag="drill"):
    """A fault by name, as ``papertape drill`` takes it."""

    text: str


class StopDrillsStep(WorldStep, frozen=True, kw_only=True, tag="stop-drills"):
    """End every drill that runs."""


ACTS: Final = ("fill", "reject", "cancel", "warn")


class ActStep(WorldStep, frozen=True, kw_only=True, tag="act"):
    """What the broker does with an order: a fill, a rejection, a cancellation, a warning."""

    name: str = ""
    """The order's name in the world; "" in a rule: the order of the rule."""
    kind: str = "fill"
    """One of ``ACTS``."""
    size: Decimal | None = None
    """None: all that is left."""
    price: Decimal | None = None
    """None: the order's limit, or the quote."""
    code: int = 201
    text: str = ""
    if_working: bool = False
    """Whether a fill is left out, without a word, when the order does not work."""


class RuleAct(msgspec.Struct, frozen=True, kw_only=True):
    """An act of a rule, so long after the order has come."""

    after: Nanos = 0
    act: ActStep


class RuleStep(WorldStep, frozen=True, kw_only=True, tag="on order"):
    """What the broker does with the next order that fits; the market alone never fills it."""

    side: Side = ""
    symbol: str = ""
    orderType: str = ""
    client: int | None = None
    ref: str = ""
    account: str = ""
    name: str = ""
    every: bool = False
    """Every order that fits, not the next one alone."""
    late: Nanos = 0
    """How much later its client hears of it."""
    acts: tuple[RuleAct, ...] = ()
    then: "tuple[PlacedStep, ...]" = ()
    """What else happens, counted from the order's arrival."""


class CorrectionStep(WorldStep, frozen=True, kw_only=True, tag="execution"):
    """The exchange corrects or busts an execution, once that has come."""

    nth: int = 1
    """Which one: 1 is the first of the world, or of the named order; -1 the latest by then."""
    of: str = ""
    """The order's name in the world; "" for any order."""
    bust: bool = False
    size: Decimal | None = None
    """None: as it was."""
    price: Decimal | None = None
    """None: as it was."""
    after: Nanos = 0
    """How long after the execution."""


class ExpectStep(WorldStep, frozen=True, kw_only=True, tag="expect"):
    """What the program under test must have done, or what must be so."""

    what: Literal["order", "orders", "working", "position", "cash", "requests", "report"]
    side: Side = ""
    symbol: str = ""
    orderType: str = ""
    quantity: Decimal | None = None
    """Of an order, a position or cash."""
    price: Decimal | None = None
    client: int | None = None
    ref: str = ""
    account: str = ""
    currency: str = ""
    count: int | None = None
    """How many there must be; None: at least one."""
    request: str = ""
    """The official name of a request."""
    fields: tuple[tuple[str, str], ...] = ()
    """Fields of the request by their official names."""
    report: str = ""
    """What the program has reported: ``position AAPL``."""
    value: str = ""
    """What it reported of that."""
    within: Nanos | None = None
    """How long after ``since``; None: until the end."""
    since: Nanos = 0
    """From the world's beginning."""
    before: str = ""
    """``15:50``: the time of the clock before which it must happen."""


class EndStep(WorldStep, frozen=True, kw_only=True, tag="end"):
    """The world is over at this moment."""


Step = (
    StartStep
    | HoursStep
    | SeedStep
    | FillsStep
    | LatencyStep
    | AccountStep
    | HoldingStep
    | DividendStep
    | SplitStep
    | MergerStep
    | SpinOffStep
    | RenameStep
    | ContractStep
    | ChainStep
    | QuoteStep
    | PrintStep
    | RampStep
    | HaltStep
    | ResumeStep
    | AuctionStep
    | DepthStep
    | DrillStep
    | StopDrillsStep
    | ActStep
    | RuleStep
    | CorrectionStep
    | ExpectStep
    | EndStep
)
"""Every kind of step."""

FOUNDING: Final = (StartStep, HoursStep, SeedStep)
"""Steps that only a station that has not begun can take."""


class PlacedStep(msgspec.Struct, frozen=True, kw_only=True):
    """A step with its moment and its place in the text."""

    step: Step
    after: Nanos | None = None
    """From the world's beginning, or from the order's arrival in a rule; None: no moment of its
    own, which is the beginning, or the end for an expectation."""
    line: int = 0
    column: int = 0
    text: str = ""
    """The line as written, with single spaces."""
    source: str = ""
    """The line with all its spaces, in which columns are counted."""


class World(msgspec.Struct, frozen=True, kw_only=True):
    """A whole world."""

    steps: tuple[PlacedStep, ...] = ()
    name: str = ""
    """Where it was read from."""

    @property
    def ends(self) -> Nanos | None:
        """When it is over, by its own word; None when it does not say."""
        ends = [one.after or 0 for one in self.steps if isinstance(one.step, EndStep)]
        return min(ends, default=None)
