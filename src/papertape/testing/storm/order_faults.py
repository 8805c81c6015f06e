"""The faults of a storm that are about orders: rules for the next one that fits, answers lost."""

from collections.abc import Iterator
from typing import Final

from ...venue.units import SECOND, Nanos
from .faults import MS, StormFault, replace, shorter, span

ASKED: Final = ("openOrder", "execDetails", "position")
"""The rows of what a program asks for to learn what has become of its orders."""


def late_answers(by: Nanos, begin: str = "") -> tuple[str, ...]:
    """The lines after which such answers come so much later; none for 0."""
    return tuple(f"{begin}callbacks {kind} late {span(by)}" for kind in ASKED if by)


def _prompter(fault: StormFault, answers: Nanos) -> Iterator[StormFault]:
    """The fault with answers at once, or else by three seconds late."""
    if answers:
        yield replace(fault, answers=0)
        yield from shorter(fault, "answers", 3 * SECOND)


class LostAnswer(StormFault, frozen=True, kw_only=True, tag=True):
    """The connection is reset after an order: the order is lost, or its acknowledgement is and TWS
    has it. What is asked about it may be answered late."""

    number: int
    """The n-th order that is sent."""
    by: Nanos
    seen: bool
    """Whether the order has arrived."""
    answers: Nanos = 0
    """How late."""

    def lines(self) -> tuple[str, ...]:
        """``drill reset placeOrder N ms=N heard=false``."""
        lost = " heard=false" if self.seen else " seen=false"
        reset = f"drill reset placeOrder {self.number} ms={self.by // MS}{lost}"
        return (reset, *late_answers(self.answers))

    def simpler(self) -> Iterator[StormFault]:
        """The answers at once, the first order, 40 ms."""
        yield from _prompter(self, self.answers)
        if self.number > 1:
            yield replace(self, number=1)
        yield from shorter(self, "by", 40 * MS)


class RulesFault(StormFault, frozen=True, kw_only=True):
    """What happens to the next order that fits."""

    side: str
    symbol: str
    orderType: str

    @property
    def head(self) -> str:
        """The first line of the rule."""
        symbol = self.symbol if self.symbol.isalnum() else f'"{self.symbol}"'
        kind = self.orderType.replace(" ", "_")
        return f"on order {self.side} {symbol} {kind}".rstrip()


class FilledInParts(RulesFault, frozen=True, kw_only=True, tag=True):
    """An order fills in parts; what is left last fills whole."""

    parts: tuple[tuple[Nanos, int], ...]
    """So long after the order, so many."""
    rest: Nanos

    def lines(self) -> tuple[str, ...]:
        """The rule with a line for each part."""
        parts = tuple(f"  +{span(after)} fill {size} if working" for after, size in self.parts)
        return (self.head, *parts, f"  +{span(self.rest)} fill rest if working")

    def simpler(self) -> Iterator[StormFault]:
        """One part, and the rest a second later."""
        first = self.parts[:1]
        if len(self.parts) > 1:
            yield replace(self, parts=first)
        simple = ((10 * MS, first[0][1]),)
        if (self.parts, self.rest) != (simple, SECOND):
            yield replace(self, parts=simple, rest=SECOND)


class RestingInParts(RulesFault, frozen=True, kw_only=True, tag=True):
    """An order that rests fills in part when the market comes to it, and the rest later."""

    part: int
    after: Nanos
    """How long it rests: the market has come to its limit then."""
    rest: Nanos
    """When what is left fills, so long after the part."""

    def lines(self) -> tuple[str, ...]:
        """The rule."""
        first = f"  +{span(self.after)} fill {self.part} if working"
        return (self.head, first, f"  +{span(self.after + self.rest)} fill rest if working")

    def simpler(self) -> Iterator[StormFault]:
        """The rest a second later."""
        yield from shorter(self, "rest", SECOND)


class HeardLate(RulesFault, frozen=True, kw_only=True, tag=True):
    """The broker has the order and fills it; its client hears of it later."""

    by: Nanos

    def lines(self) -> tuple[str, ...]:
        """The rule."""
        return (self.head, f"  late {span(self.by)}", "  +10ms fill")

    def simpler(self) -> Iterator[StormFault]:
        """By three seconds."""
        yield from shorter(self, "by", 3 * SECOND)


class AnswerLost(RulesFault, frozen=True, kw_only=True, tag=True):
    """The order fills, and the connection is reset before its client hears of it. What is asked
    about it from then on may be answered late."""

    by: Nanos
    answers: Nanos = 0
    """How late."""

    def lines(self) -> tuple[str, ...]:
        """The rule."""
        at = f"  +{span(self.by)} "
        reset = (self.head, "  late 1s", "  +10ms fill", f"{at}drill reset")
        return (*reset, *late_answers(self.answers, at))

    def simpler(self) -> Iterator[StormFault]:
        """The answers at once, after 40 ms."""
        yield from _prompter(self, self.answers)
        yield from shorter(self, "by", 40 * MS)


class CutBetweenFills(RulesFault, frozen=True, kw_only=True, tag=True):
    """A part of the order fills, the connection is reset, and what is left fills later."""

    part: int
    by: Nanos
    """When the connection is reset, so long after the order."""
    rest: Nanos
    """When what is left fills."""

    def lines(self) -> tuple[str, ...]:
        """The rule."""
        cut = f"  +{span(self.by)} drill reset"
        rest = f"  +{span(self.rest)} fill rest if working"
        return (self.head, f"  +10ms fill {self.part}", cut, rest)

    def simpler(self) -> Iterator[StormFault]:
        """After 40 ms, the rest after half a minute."""
        yield from shorter(self, "by", 40 * MS)
        yield from shorter(self, "rest", 30 * SECOND)


class RestAfterClose(RulesFault, frozen=True, kw_only=True, tag=True):
    """A part of the order fills; what is left fills when an order of the other side has filled, or
    else later."""

    part: int
    after: Nanos
    """When the part fills, so long after the order."""
    rest: Nanos
    """When the rest does, if no order of the other side came before."""
    closer: str
    """The type of the order of the other side."""
    behind: Nanos
    """How long after that order the rest fills."""

    def lines(self) -> tuple[str, ...]:
        """A rule for each of the two."""
        other = "SELL" if self.side == "BUY" else "BUY"
        closing = replace(self, side=other, orderType=self.closer).head
        return (
            f"{self.head} as opened", f"  +{span(self.after)} fill {self.part} if working",
            f"  +{span(self.rest)} fill rest if working", closing, "  +10ms fill",
            f"  +{span(self.behind)} fill opened rest if working",
        )  # fmt: skip

    def simpler(self) -> Iterator[StormFault]:
        """The part at once, the rest two seconds behind the other order, or after a minute."""
        yield from shorter(self, "after", 10 * MS)
        yield from shorter(self, "behind", 2 * SECOND)
        yield from shorter(self, "rest", 60 * SECOND)


class OrderRefused(RulesFault, frozen=True, kw_only=True, tag=True):
    """The broker refuses the order."""

    code: int = 201
    text: str = "Available funds are not sufficient"

    def lines(self) -> tuple[str, ...]:
        """The rule."""
        return (self.head, f'  reject {self.code} "{self.text}"')
