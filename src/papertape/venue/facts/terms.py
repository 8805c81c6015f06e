"""The terms of an order: what of it the venue needs, in units."""

from typing import Final

import msgspec

from ..reference.sessions import EXTENDED, NIGHT, REGULAR
from ..special import PLAIN, Special
from ..units import PriceUnits, SizeUnits

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
