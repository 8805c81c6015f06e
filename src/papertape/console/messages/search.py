"""The filter of the message list: selections, and a line of search terms.

Every term must match. ``SPY`` matches a message's name, a value, or the name of a field that is
set; ``orderId=7`` matches the value of a field (``contract.symbol=SPY`` that of a certain one),
``price>100`` and ``price<100`` compare numbers; ``-TickSize`` must not match; ``"two words"`` is
one term.
"""

import re
from collections.abc import Callable, Iterable
from typing import Final, Literal, NamedTuple

from .frames import Direction, Frame, decode, name, pairs, values

LONGEST: Final = 200
"""Characters of a search."""
_NOTHING: Final = ("0", "false")
_WORD = re.compile(r'(-?)(?:([\w.]+)([=<>]))?(?:"([^"]*)"?|(\S+))')
Sign = Literal["", "=", "<", ">"]


class Term(NamedTuple):
    """One term of a search."""

    text: str
    field: str = ""
    sign: str = ""
    wanted: bool = True


def terms(text: str) -> tuple[Term, ...]:
    """Parse a search. Never fails."""
    found = []
    for minus, field, sign, quoted, word in _WORD.findall(text[:LONGEST]):
        told = (quoted or word).casefold()
        if told:
            found.append(Term(told, field.casefold(), sign, not minus))
    return tuple(found)


class Filter(NamedTuple):
    """Which messages are shown; by default, all."""

    client_id: int | None = None
    direction: Direction | None = None
    names: frozenset[str] = frozenset()
    """An empty selection means all."""
    market_data: bool = True
    terms: tuple[Term, ...] = ()

    def fits(self, frame: Frame) -> bool:
        """Whether a message matches. It is decoded only when a term needs its values."""
        if not self.market_data and frame.market_data:
            return False
        if self.client_id is not None and frame.client_id != self.client_id:
            return False
        if self.direction is not None and frame.direction != self.direction:
            return False
        if self.names and name(frame) not in self.names:
            return False
        return not self.terms or _found(frame, self.terms)


def _found(frame: Frame, words: Iterable[Term]) -> bool:
    called = name(frame).casefold()
    rest = [one for one in words if one.sign or (one.text in called) != one.wanted]
    if not rest:
        return True
    if any(not one.wanted and not one.sign and one.text in called for one in rest):
        return False
    message = decode(frame)
    known = pairs(frame, message) if message is None else [*values(message), *pairs(frame, message)]
    told = [(path.casefold(), value.casefold()) for path, value in known]
    return all(_holds(one, told) == one.wanted for one in rest)


def _holds(term: Term, told: list[tuple[str, str]]) -> bool:
    if not term.sign:
        return any(
            term.text in value or (term.text in path and value not in _NOTHING)
            for path, value in told
        )
    compare = _COMPARE[term.sign]
    end = "." + term.field
    return any(
        compare(value, term.text)
        for path, value in told
        if path == term.field or path.endswith(end)
    )


def _numbers(compare: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    def holds(value: str, wanted: str) -> bool:
        try:
            return compare(float(value), float(wanted))
        except ValueError:
            return False

    return holds


def _equal(value: str, wanted: str) -> bool:
    return value == wanted or _numbers(lambda one, other: one == other)(value, wanted)


_COMPARE: Final = {
    "=": _equal,
    "<": _numbers(lambda one, other: one < other),
    ">": _numbers(lambda one, other: one > other),
}
