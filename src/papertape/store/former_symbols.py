"""The symbols that the shares of a market folder have on the day that is played.

A contract is called by its last symbol. A ``ticker`` row of ``actions`` that is dated after the day
that is played tells the symbol before it: by that the shares begin, and the next such row, or the
contract, tells what they are called from then on. A row that could not do so is refused when the
station starts, for on its day nobody could be told.
"""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from ..errors import MarketDataError
from ..venue.market.actions import SYMBOL, TickerChange
from ..venue.reference.instruments import Instruments
from ..venue.reference.securities import Instrument
from .actions import read_ticker_changes
from .manifest import FolderEntry, read_manifest

ADVICE = "Mend the row or leave it out; docs/reference/market_folder.md has what such rows do"
Row = tuple[int, TickerChange]


def former_symbols(folder: Path | None, instruments: Instruments) -> dict[int, str]:
    """The symbols that shares of a folder begin with and are to lose, by conId.

    Raises ``MarketDataError`` with file and line for a row that cannot rename.
    """
    found: dict[int, str] = {}
    taken: dict[tuple[str, str], str] = {}
    for entry in () if folder is None else read_manifest(folder):
        if folder is None or "actions" not in entry.files:
            continue
        path = folder / entry.files["actions"]
        rows = [row for row in read_ticker_changes(path) if row[1].date > entry.date]
        if rows:
            contract = instruments[entry.conId]
            for line, problem in _faults(rows, contract, instruments):
                raise _bad(path, line, problem, entry)
            for line, change in rows:
                other = taken.setdefault((change.old, contract.currency), entry.symbol)
                if other != entry.symbol:
                    raise _bad(path, line, f"{change.old} is a former symbol of {other}", entry)
            found[entry.conId] = rows[0][1].old
    return found


def _faults(
    rows: list[Row], contract: Instrument, instruments: Instruments
) -> Iterator[tuple[int, str]]:
    """What prevents rows of one instrument from renaming it, with their lines."""
    if contract.secType != "STK":
        yield rows[0][0], f"{contract.localSymbol} is no share, and keeps its symbol"
    for (line, change), (_, later) in pairwise(rows):
        if change.date == later.date:
            yield line, "two new symbols on one day"
        if change.old == later.old:
            yield line, f"nobody says what follows {change.old} on that day"
    line, last = rows[-1]
    if last.old == contract.symbol:
        follows = "nobody says what follows it on that day"
        yield line, f"{last.old} is what the contract is called: {follows}"
    for line, change in rows:
        if not SYMBOL.fullmatch(change.old):
            yield line, f"{change.old[:40]!r} is no symbol such as META, BRK B"
        for other in instruments.of(change.old):
            same = (other.secType, other.currency) == (contract.secType, contract.currency)
            if same and other.conId != contract.conId:
                yield line, f"{change.old} is the symbol of {other.longName}"


def _bad(path: Path, line: int, problem: str, entry: FolderEntry) -> MarketDataError:
    return MarketDataError(f"line {line}: {problem}", path=path, symbol=entry.symbol, advice=ADVICE)
