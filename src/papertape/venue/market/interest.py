"""How much options on an instrument trade, and how many contracts are open: made, for a whole day.

Nobody adds up a chain of thousands. What options trade is a part of what their underlying trades,
calls and puts by a ratio of the day; what is open stands for a day and is some days' worth of that.
So these figures move with the tape, and are the same for all who ask; single options print on tapes
of their own, whose sum they are not. The ranges are of the order of a liquid stock's in 2026.
"""

from typing import Final, NamedTuple

from ..units import SIZE_SCALE, Nanos, SizeUnits
from .noise import unit

CONTRACT: Final = 100
"""Shares of an option."""
TRADED: Final = (0.05, 0.25)
"""Which part of the shares of a day trades as options."""
LIVELY: Final = 0.3
"""By how much that is more or less on a day."""
CALLS: Final = (0.45, 0.7)
"""Which part of them are calls."""
DAYS_OPEN: Final = (8.0, 20.0)
"""Days' worth of contracts that are open."""
DRIFT: Final = 0.04
"""By how much that is more or less on a day."""
OF_AN_INDEX: Final = (50_000, 2_000_000)
"""Contracts of a day on an index, which trades nothing itself."""
OF_A_FUTURE: Final = (1.5, 4.0)
"""Days' worth of contracts of a future that are open."""


class CallsAndPuts(NamedTuple):
    """Contracts in sizes of units."""

    calls: SizeUnits
    puts: SizeUnits


def optioned(con_id: int, day: Nanos, traded: SizeUnits) -> SizeUnits:
    """The contracts that trade as options on a day that begins then, where so many shares do."""
    usual = _between(TRADED, con_id, 1) * (1 + LIVELY * unit(con_id, day, 2))
    return _whole(traded * usual / CONTRACT)


def usually_optioned(con_id: int, usual: SizeUnits) -> SizeUnits:
    """The contracts that trade as options where so many shares do on a usual day."""
    return _whole(usual * _between(TRADED, con_id, 1) / CONTRACT)


def index_options(con_id: int, day: Nanos) -> SizeUnits:
    """The contracts of a whole day on an index."""
    usual = _between(OF_AN_INDEX, con_id, 1) * SIZE_SCALE
    return _whole(usual * (1 + LIVELY * unit(con_id, day, 2)))


def parted(con_id: int, day: Nanos, contracts: SizeUnits) -> CallsAndPuts:
    """How many of a day's contracts are calls, and how many puts."""
    calls = _whole(contracts * _between(CALLS, con_id, day, 3))
    return CallsAndPuts(calls, contracts - calls)


def open_interest(con_id: int, day: Nanos, usual: SizeUnits) -> CallsAndPuts:
    """The calls and puts that are open on a day, where so many contracts trade on a usual one."""
    return parted(con_id, 0, option_interest(con_id, day, usual))


def option_interest(con_id: int, day: Nanos, usual: SizeUnits) -> SizeUnits:
    """The contracts of an option, or of all on an underlying, that are open on a day."""
    days = _between(DAYS_OPEN, con_id, 4) * (1 + DRIFT * unit(con_id, day, 5))
    return _whole(usual * days)


def future_interest(con_id: int, day: Nanos, usual: SizeUnits) -> SizeUnits:
    """The contracts of a future that are open on a day, where so many trade on a usual one."""
    days = _between(OF_A_FUTURE, con_id, 4) * (1 + DRIFT * unit(con_id, day, 5))
    return _whole(usual * days)


def _between(limits: tuple[float, float], *seeds: int) -> float:
    low, high = limits
    return low + (high - low) * (unit(seeds[0], *seeds[1:]) + 1) / 2


def _whole(size: float) -> SizeUnits:
    return round(size / SIZE_SCALE) * SIZE_SCALE
