"""The market as the fold sees it: live quotes when folding, journaled ones when replaying.

Every quote that a command consults becomes a fact of its journal entry, unless an earlier
entry holds the same one. So a replay needs no market, and no query can change what it sees.
"""

from .market import MarketSource, Quote
from .units import Nanos


class Touches:
    """The latest quotes that the engine has consulted, and those not yet journaled."""

    def __init__(self, source: MarketSource | None, known: dict[int, Quote]) -> None:
        self._source = source
        self._quotable = frozenset(source.con_ids()) if source is not None else frozenset()
        self._known = known
        self._fresh: dict[int, Quote] = {}
        self._now: Nanos = 0
        self.replaying = False
        """The command was taken before: history may not change when the rules do."""

    def begin(self, now: Nanos) -> None:
        """Start a command at ``now``; what the one before left uncommitted is forgotten."""
        self._now = now
        self._fresh = {}
        self.replaying = False

    def recall(self, quotes: tuple[Quote, ...]) -> None:
        """Start a journaled command: its quotes and the earlier ones are all there is."""
        for quote in quotes:
            self._known[quote.conId] = quote
        self._fresh = {}
        self.replaying = True

    def look(self, con_id: int) -> Quote:
        """The top of book of an instrument now; an empty one when the market has none."""
        if self.replaying:
            return self._known[con_id]
        seen = self._fresh.get(con_id)
        if seen is not None:
            return seen
        quote = self.current(con_id, self._now)
        if quote != self._known.get(con_id):
            self._fresh[con_id] = quote
        return quote

    def show(self, quote: Quote) -> None:
        """Take a quote that the command itself brings."""
        self._known[quote.conId] = quote

    def commit(self) -> tuple[Quote, ...]:
        """Accept what the command consulted as known; returns what the journal must hold."""
        fresh = tuple(self._fresh.values())
        self._known.update(self._fresh)
        self._fresh = {}
        return fresh

    def current(self, con_id: int, now: Nanos) -> Quote:
        """The top of book for a query: not part of the fold, not journaled."""
        if self._source is None or con_id not in self._quotable:
            return Quote(con_id, 0, 0, 0, 0, 0)
        return self._source.quote(con_id, now)
