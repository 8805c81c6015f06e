"""What every fact is, and what several kinds of facts carry."""

import msgspec

from ..units import CashMicros


class Fact(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Base of the facts."""


Counted = tuple[str, int]
"""What counts towards the tiers of a month: its name (``STK``, ``OPT``, ``FUT``, ``CASH``), and how
many shares or contracts, or the value in dollars."""
Charge = tuple[str, CashMicros]
"""What is paid for a trade, and in which currency."""
