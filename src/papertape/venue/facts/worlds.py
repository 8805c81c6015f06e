"""What a test's world does to the market and to the broker."""

from ..script import MatchingRules, OrderRule, TapeMark
from .fact import Fact


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
