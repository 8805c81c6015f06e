"""Which market a station plays."""

from pathlib import Path
from typing import Final, get_args

import msgspec

from ..errors import SettingsError
from ..venue.reference.securities import Instrument
from ..venue.reference.sessions import ALWAYS, WhenOpen
from ..venue.units import Nanos

MOST_PLAYED: Final = 100_000
"""Minutes of a recorded day that may have passed: more than a week of them."""


class MarketSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Which market a station plays, and from where."""

    folder: Path | None = None
    """A market folder (``market.toml`` and its files); None: synthetic tapes."""
    seed: int = 1
    speed: float = 1.0
    start: Nanos | None = None
    """Market time at which the station begins; None is the time of the computer's clock. With a
    start the same seed gives the same prices whenever the station is started."""
    minutes_played: int = 60
    """How far into the recorded day a new station starts, where markets are always open."""
    hours: WhenOpen = ALWAYS
    """Whether a market is always open, or at the hours of its ``exchange``."""
    contracts: tuple[Instrument, ...] = ()
    """Contracts of its own, beside the catalogue's and the folder's."""
    volatilities: tuple[tuple[int, float], ...] = ()
    """Yearly volatilities of options, by their numbers, as a world tells them."""

    def __post_init__(self) -> None:
        """Raise ``SettingsError`` for hours that there are none of, and for minutes that no day
        has."""
        if self.hours not in get_args(WhenOpen):
            raise SettingsError("is neither always nor exchange", setting="hours", found=self.hours)
        if not 0 <= self.minutes_played <= MOST_PLAYED:
            raise SettingsError(
                f"is none from 0 to {MOST_PLAYED:,}",
                setting="minutes_played",
                found=self.minutes_played,
            )
