"""Which exchanges stand behind a quote and a trade: letters that reqSmartComponents explains.

Ticks 32 and 33 name those that show the bid and the ask, tick 84 the one of the last trade. They
are told of shares whose venues the key of ``tickReqParams`` names; whoever shows the best level in
the book of SMART shows it here too. A line at one exchange has that one's letter alone.
"""

from typing import Final

from ...venue.market.depth import by_venue
from ...venue.market.source import DepthLevel
from ...venue.reference.answers import smart_venues, venue_letters
from ...venue.reference.instruments import Instrument
from ...venue.units import PriceUnits, SizeUnits

MOST_KEPT: Final = 4096
"""Quotes whose letters are remembered."""


class QuoteVenues:
    """The letters of one instrument's quotes and trades; "" where none are known."""

    def __init__(self, entry: Instrument, alone: str = "") -> None:
        """``alone`` is the exchange of a line, when it is one of those that have a letter."""
        names = smart_venues(entry) if entry.secType == "STK" else ()
        self._letters = venue_letters(names)
        self._alone = self._letters.get(alone, "")
        self._venues = names if self._letters else ()
        self._seed = entry.conId
        self._traded = venue_letters() if self._letters else {}
        self._known: dict[tuple[PriceUnits, SizeUnits], str] = {}

    def __bool__(self) -> bool:
        return bool(self._venues)

    def quoted(self, price: PriceUnits, size: SizeUnits) -> str:
        """The letters of those that show a side of the quote, in the order of the key."""
        found = self._known.get((price, size))
        if found is None:
            if len(self._known) >= MOST_KEPT:
                self._known.clear()
            found = self._known[price, size] = self._shown(price, size)
        return found

    def traded(self, venue: str) -> str:
        """The letter of the exchange of a trade."""
        letter = self._traded.get(venue, "")
        return letter and (self._alone or letter)

    def _shown(self, price: PriceUnits, size: SizeUnits) -> str:
        if not (self._venues and price and size):
            return ""
        if self._alone:
            return self._alone
        shares = by_venue(DepthLevel(price, size), self._venues, seed=self._seed)
        there = {venue for venue, _ in shares}
        return "".join(letter for name, letter in self._traded.items() if name in there)


def directed(entry: Instrument, exchange: str) -> str:
    """The exchange of a line, where its ticks differ from those of a line at SMART; else ""."""
    own = entry.secType == "STK" and exchange in venue_letters(smart_venues(entry))
    return exchange if own else ""
