"""Numbers of contracts that a user describes without one.

Each has a series of numbers, all of them hashes of what the contract is: its type, symbol,
currency, exchange and local symbol, and for one with an end also its last day, strike, right,
trading class and multiplier. It gets the first of them that is free. Where two of a market folder
want the same one, the contract whose description sorts first gets it: the order of the lines does
not count, nor do lines that want other numbers. Among 10,000 contracts about three pairs meet.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from decimal import Decimal

from msgspec.structs import replace

from .numbers import hashed
from .securities import Dated, Instrument, OptionContract, day_text

Identity = tuple[str, ...]


def identity_of(entry: Instrument) -> Identity:
    """What tells a contract from others, as texts.

    Its exchange is the primary one, else the first named, a router too: not ``entry.place``, as an
    option at SMART is one contract whichever exchanges are named after it, and in whatever order.
    """
    kind = entry.secType
    listed = entry.primaryExchange or ("" if kind == "CASH" else entry.home)
    told = (kind, entry.symbol, entry.currency, listed, entry.localSymbol)
    if not isinstance(entry, Dated):
        return (*told, "", "", "")
    strike = right = ""
    if isinstance(entry, OptionContract):
        strike = f"{(Decimal(entry.exercise) / entry.scale).normalize():f}"
        right = "C" if entry.call else "P"
    multiplier = f"{(Decimal(entry.multiplier) / entry.divisor).normalize():f}"
    return (*told, day_text(entry.expires), strike, right, entry.tradingClass, multiplier)


def wanted(identity: Identity) -> Iterator[int]:
    """The numbers that a contract would have, the first choice first; without end."""
    again = 0
    while True:
        yield hashed(*identity, user=True, again=again)
        again += 1


def numbered(entry: Instrument, known: Callable[[int], Instrument | None]) -> Instrument:
    """The contract under the first of its numbers that no other has in ``known``."""
    identity = identity_of(entry)
    for number in wanted(identity):
        other = known(number)
        if other is None or identity_of(other) == identity:
            return replace(entry, conId=number)
    raise AssertionError("numbers without end")


def all_numbered(entries: Collection[Instrument]) -> list[Instrument]:
    """Contracts in their order, each under a number; those that have 0 get one of ours.

    Contracts of the same identity get the same number.
    """
    taken = {entry.conId for entry in entries if entry.conId}
    identities = [None if entry.conId else identity_of(entry) for entry in entries]
    firsts = {one: hashed(*one, user=True) for one in identities if one is not None}
    claims: dict[int, list[Identity]] = {}
    for identity, number in firsts.items():
        claims.setdefault(number, []).append(identity)
    beaten = list(_beaten(claims, taken))
    taken.update(claims)
    for identity in sorted(beaten):
        number = next(one for one in wanted(identity) if one not in taken)
        taken.add(number)
        firsts[identity] = number
    return [
        entry if identity is None else replace(entry, conId=firsts[identity])
        for entry, identity in zip(entries, identities, strict=True)
    ]


def _beaten(claims: dict[int, list[Identity]], taken: set[int]) -> Iterable[Identity]:
    """Those that do not get the first of their numbers."""
    for number, identities in claims.items():
        if number in taken:
            yield from identities
        elif len(identities) > 1:
            yield from sorted(identities)[1:]
