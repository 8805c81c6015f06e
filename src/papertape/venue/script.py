"""The script of a venue: what a world tells the market and the broker, as commands and as state.

A world is an argument like any other: its commands become facts, so the same commands give the same
facts again, and a restart goes on with what is left of it. Everything here is bounded.
"""

from typing import Final, Literal

import msgspec

from .units import SECOND, CashMicros, Nanos, PriceUnits, Rate, SizeUnits

NANO: Final = 1_000_000_000
"""The scale of a price that is told before its instrument is known."""
MOST_RULES: Final = 1_000
"""Rules that wait for an order."""
MOST_ACTS: Final = 1_000
"""Acts of one rule."""
MOST_WAITING: Final = 10_000
"""Acts that wait for their time."""
MOST_MARKS: Final = 50_000
"""Marks on all tapes: a snapshot has them."""
MOST_BOOK: Final = 60
"""Levels of one side of a written book."""
QUOTED, TRADED, HALTED, RESUMED, AUCTIONED = 1, 2, 3, 4, 5
"""What a mark says."""
GENERAL, VOLATILITY = 1, 2
"""Why trading is halted, as clients are told it."""
FILL, REJECT, CANCEL, WARN = "fill", "reject", "cancel", "warn"
FillRule = Literal["paper", "queue", "instant"]
PAPER: Final = "paper"
QUEUE: Final = "queue"
INSTANT: Final = "instant"
FILL_RULES: Final = (PAPER, QUEUE, INSTANT)
MOST_LATENCY: Final[Nanos] = 60 * SECOND
"""The longest time on the way."""
Levels = tuple[tuple[PriceUnits, SizeUnits], ...]


class ScriptRefused(ValueError):
    """A command of a world cannot be carried out; the text says why. Nothing has changed."""


class MatchingRules(msgspec.Struct, frozen=True, array_like=True):
    """How orders meet the market: which rule fills them, and how long they are on their way."""

    fill_rule: FillRule = PAPER
    """``paper``, ``queue`` or ``instant`` (``exchange.matching``)."""
    acknowledged: Nanos = 0
    """How long what a client asks of an order is on its way to the broker, who answers then."""
    routed: Nanos = 0
    """How long an order is on its way to its exchange before it trades."""
    spread: Rate = 0
    """By which part of itself each of these times may be longer or shorter."""


class TapeMark(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One thing that a world writes on the tape of an instrument."""

    time: Nanos
    kind: int
    bid: PriceUnits = 0
    """Of a quote; 0 is a side that nobody quotes. Of a trade its price; of an auction the price at
    which it would be, 0 when it is over; of a halt why, 0 is ``GENERAL``."""
    bidSize: SizeUnits = 0
    """Of a quote; of a trade its size; of an auction what would trade."""
    ask: PriceUnits = 0
    askSize: SizeUnits = 0
    """Of a quote; of an auction what would be left, negative of sellers."""
    bids: Levels = ()
    """The whole book, where the world says it."""
    asks: Levels = ()


class ScriptAct(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What the broker does with an order."""

    kind: str
    """``FILL``, ``REJECT``, ``CANCEL`` or ``WARN``."""
    after: Nanos = 0
    """How long after the order has come."""
    size: SizeUnits = 0
    """Of a fill; 0 is all that is left."""
    price: int = 0
    """Of a fill, in billionths; 0 is the order's limit, or the quote."""
    code: int = 0
    """Of a rejection or a warning."""
    text: str = ""
    if_working: bool = False
    """Whether it is left out, without a word, when the order does not work."""


class OrderRule(msgspec.Struct, frozen=True, array_like=True):
    """Which order a rule is for, and what is done with it. What is empty fits every order."""

    name: str = ""
    side: int = 0
    conId: int = 0
    orderType: str = ""
    client: int | None = None
    ref: str = ""
    account: str = ""
    every: bool = False
    """Whether it is for every order that fits, not for the next one alone."""
    late: Nanos = 0
    """How much later the client hears of it; the server's part."""
    acts: tuple[ScriptAct, ...] = ()
    """By their times."""

    @property
    def rejects(self) -> ScriptAct | None:
        """The act that refuses the order as it comes; None when it is taken."""
        first = self.acts[0] if self.acts else None
        return first if first is not None and not first.after and first.kind == REJECT else None


class WaitingAct(msgspec.Struct, frozen=True, array_like=True):
    """An act whose time has not come."""

    due: Nanos
    permId: int
    act: ScriptAct


class Script(msgspec.Struct):
    """What is left of a world in the venue."""

    rules: dict[int, OrderRule] = {}
    """The rules that still wait for an order, by number."""
    set: int = 0
    """How many rules there have been: the last one's number."""
    waiting: dict[int, WaitingAct] = {}
    """The acts that wait, by number."""
    acts: int = 0
    """How many acts have waited: the last one's number."""
    tape: dict[int, list[TapeMark]] = {}
    """The marks of each instrument, by time."""
    matching: MatchingRules | None = None
    """How orders meet the market from now on; None: as the profile says."""

    @property
    def marks(self) -> int:
        """How many marks there are."""
        return sum(map(len, self.tape.values()))


# -- commands -------------------------------------------------------------------------------------


class WriteTape(msgspec.Struct, frozen=True, tag=True):
    """Write marks on the tape of an instrument, which is the world's from the first one on."""

    conId: int
    marks: tuple[TapeMark, ...]
    """In order of time, all after the command. A later quote ends what was planned behind it."""


class SetRule(msgspec.Struct, frozen=True, tag=True):
    """Let the broker do something with the next order that fits."""

    rule: OrderRule


class ActOnOrder(msgspec.Struct, frozen=True, tag=True):
    """Let the broker do something with an order that works."""

    permId: int
    act: ScriptAct


class SetHolding(msgspec.Struct, frozen=True, tag=True):
    """Let an account hold so much of an instrument, without a trade."""

    account: str
    conId: int
    quantity: SizeUnits
    price: int = 0
    """What one has cost, in billionths; 0 is the present price."""


class SetMatching(msgspec.Struct, frozen=True, tag=True):
    """Let orders meet the market in another way from now on. What is None stays as it is."""

    fill_rule: FillRule | None = None
    acknowledged: Nanos | None = None
    routed: Nanos | None = None
    spread: Rate | None = None


class CorrectExecution(msgspec.Struct, frozen=True, tag=True):
    """Let an execution of today have been another one: the exchange corrects it."""

    execution: int
    """Its number: the first part of its id."""
    size: SizeUnits = 0
    """0: as it was."""
    price: int = 0
    """In billionths; 0: as it was."""


class BustExecution(msgspec.Struct, frozen=True, tag=True):
    """Let an execution of today not have been: the exchange busts the trade."""

    execution: int


ScriptCommand = (
    WriteTape | SetRule | ActOnOrder | SetHolding | SetMatching | CorrectExecution | BustExecution
)


def group_of(kind: int) -> int:
    """Which marks end one another: quotes, halts; trades and auctions end none."""
    return 0 if kind in (TRADED, AUCTIONED) else 1 if kind == QUOTED else 2


def laid(tape: list[TapeMark], marks: tuple[TapeMark, ...]) -> list[TapeMark]:
    """The tape with more marks: of each group, those planned behind the first new one go.

    It is the same list where it has only grown.
    """
    begins: dict[int, Nanos] = {}
    for mark in marks:
        if group := group_of(mark.kind):
            begins.setdefault(group, mark.time)
    if begins and tape and tape[-1].time >= min(begins.values()):
        tape = [m for m in tape if m.time < begins.get(group_of(m.kind), m.time + 1)]
    if tape and tape[-1].time > marks[0].time:
        return sorted([*tape, *marks], key=lambda mark: mark.time)
    tape.extend(marks)
    return tape


def cost_of(value: CashMicros, quantity: SizeUnits) -> CashMicros:
    """The signed cost of holdings."""
    return value if quantity > 0 else -value
