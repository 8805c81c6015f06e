"""What a combination is made of, as an order names it: its legs in their order."""

from typing import Final

import msgspec

COMBINATIONS_FROM: Final = 1 << 31
"""Every number from here on is that of a combination inside the venue. None is ever sent: all
combinations of a currency are shown under one number."""


class Leg(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One leg."""

    conId: int
    ratio: int
    """Units per combination."""
    side: int
    """+1 where buying the combination buys the leg, -1 where it sells it."""
    exchange: str
    openClose: int = 0
    exemptCode: int = -1


class Composition(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The legs of a combination, and what it is called."""

    symbol: str
    currency: str
    legs: tuple[Leg, ...]


NOTHING: Final = Composition("", "", ())


def is_combination(con_id: int) -> bool:
    """Return whether a number inside the venue is that of a combination."""
    return con_id >= COMBINATIONS_FROM
