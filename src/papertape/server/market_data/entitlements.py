"""What the user of TWS has subscribed to: live data, delayed data, or none, by contract."""

from collections.abc import Mapping
from typing import Final

from ...venue.reference.instruments import Instrument
from ...venue.units import SECOND, Nanos
from ..settings import Entitlement, StationSettings

WAYS: Final = ("symbol", "exchange", "type")
"""What a rule names, the most specific first."""


class Entitlements:
    """The rules of a station."""

    def __init__(self, settings: StationSettings) -> None:
        self._usual: Entitlement = settings.market_data
        self._enabled = settings.delayed_enabled
        self._rules: Mapping[str, Entitlement] = settings.entitlements
        self.delay: Nanos = settings.delay_minutes * 60 * SECOND
        """How old delayed data are."""

    def of(self, entry: Instrument, venue: str = "") -> Entitlement:
        """What holds for a contract: the rule of its symbol, of its exchange, of its type.
        ``venue``: for the book of that exchange instead of the primary one."""
        named = (entry.symbol, venue or entry.place, entry.secType)
        for way, name in zip(WAYS, named, strict=True):
            found = self._rules.get(f"{way}:{name}")
            if found is not None:
                return found
        return self._usual

    def delayed(self, entry: Instrument, venue: str = "") -> bool:
        """Whether there are delayed data of a contract, and the user has enabled them."""
        return self._enabled and self.of(entry, venue) == "delayed"

    def lacks(self, entry: Instrument) -> bool:
        """Whether there are no live data of a contract."""
        return self.of(entry) != "live"


def told_contract(entry: Instrument) -> str:
    """A contract as an error about its data names it: ``AAPL NASDAQ.NMS``."""
    exchange = entry.place
    tier = f".{entry.marketName}" if exchange == "NASDAQ" and entry.marketName else ""
    return f"{entry.symbol} {exchange}{tier}"
