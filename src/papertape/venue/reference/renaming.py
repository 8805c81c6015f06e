"""Shares under another symbol than the one that the catalogue and the market know them by.

The number stays, and so does all that goes by it: prices, holdings, orders. What is derived from
the shares, options and contracts for difference, is renamed with them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

from msgspec.structs import replace

from .securities import Instrument

OCC_LENGTH = 21
"""Letters of the local symbol of an American option."""


class Renamed:
    """The symbols of shares that changed theirs. ``first`` gives an instrument as it was known
    before, by its number."""

    def __init__(
        self,
        symbols: Mapping[int, str] | None = None,
        first: Callable[[int], Instrument | None] = lambda number: None,
    ) -> None:
        self._symbols: dict[int, str] = {}
        self._firsts: dict[int, str] = {}
        for con_id, symbol in (symbols or {}).items():
            entry = first(con_id)
            if entry is not None and entry.symbol != symbol:
                self._symbols[con_id] = symbol
                self._firsts[con_id] = entry.symbol
        self._made: dict[int, Instrument] = {}
        self.key = frozenset(self._symbols.items())
        """Equal for equal symbols; empty where no share changed its own."""

    def __iter__(self) -> Iterator[tuple[int, str, str]]:
        """The number of each share, its first symbol and the one it has now."""
        for con_id, symbol in self._symbols.items():
            yield con_id, self._firsts[con_id], symbol

    def first_symbol(self, entry: Instrument) -> str:
        """The symbol that shares had before."""
        return self._firsts.get(entry.conId, entry.symbol)

    def named(self, entry: Instrument) -> Instrument:
        """An instrument as it is called now."""
        known = self._made.get(entry.conId)
        if known is not None:
            return known
        con_id = entry.conId if entry.conId in self._symbols else getattr(entry, "under", 0)
        symbol = self._symbols.get(con_id)
        if symbol is None or entry.symbol != self._firsts[con_id]:
            return entry
        made = self._made[entry.conId] = _with_symbol(entry, symbol)
        return made

    def called(
        self, symbol: str, found: Iterable[Instrument], of: Callable[[str], Iterable[Instrument]]
    ) -> list[Instrument]:
        """What has a symbol now, of what was ``found`` under it and what others had before; ``of``
        gives what had a symbol before."""
        rows = [entry for entry in found if self.named(entry) is entry]
        for _, first, now in self:
            if now == symbol:
                rows += [one for one in map(self.named, of(first)) if one.symbol == symbol]
        return list({entry.conId: entry for entry in rows}.values())


def _with_symbol(entry: Instrument, symbol: str) -> Instrument:
    """The same under another symbol, wherever the old one stands."""
    old, told = entry.symbol, {"symbol": symbol}
    for field in ("tradingClass", "marketName", "underSymbol"):
        if getattr(entry, field, None) in (old, old.replace(" ", "")):
            told[field] = symbol if field == "underSymbol" else symbol.replace(" ", "")
    local, root = entry.localSymbol, old.replace(" ", "")
    if local == old:
        told["localSymbol"] = symbol
    elif len(local) == OCC_LENGTH and local[:6].rstrip() == root:
        told["localSymbol"] = f"{symbol.replace(' ', ''):<6}{local[6:]}"
    elif local.startswith((f"{old} ", f"{old}.")):
        told["localSymbol"] = symbol + local[len(old) :]
    return replace(entry, **told)
