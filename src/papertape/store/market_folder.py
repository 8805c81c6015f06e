"""The instruments of a market folder: those of its recordings, and those it describes.

A recording brings its contract in: the catalogue's, one that ``contracts.toml`` or
``contracts.csv`` describes, or the one that stands in the manifest itself.
"""

from pathlib import Path

from ..errors import MarketDataError
from ..venue.reference.custom import Wrong, made
from ..venue.reference.instruments import Instruments
from ..venue.reference.listings import CATALOGUE
from ..venue.reference.securities import Instrument
from .contracts import NAMES, folder_contracts
from .manifest import MANIFEST, FolderEntry, read_manifest


def known_instruments(folder: Path | None) -> Instruments:
    """The catalogue with the contracts of a market folder.

    Raises ``MarketDataError`` for contracts that cannot be read, for a recording without a
    contract, and for one in other price units than its contract has.
    """
    if folder is None:
        return CATALOGUE
    own = folder_contracts(folder)
    instruments = CATALOGUE.extended(own) if own else CATALOGUE
    entries = read_manifest(folder)
    described = [
        _described(folder, entry)
        for entry in entries
        if entry.contract and instruments.get(entry.conId) is None
    ]
    if described:
        instruments = instruments.extended(described)
    for entry in entries:
        _check(folder, entry, instruments.get(entry.conId))
    return instruments


def _described(folder: Path, entry: FolderEntry) -> Instrument:
    """The contract that the manifest describes."""
    fields = {"symbol": entry.symbol, "conId": str(entry.conId), **entry.contract}
    try:
        return made(fields)
    except Wrong as wrong:
        problem = f"the contract of {entry.symbol} is no good, {wrong.field}: {wrong}"
        raise MarketDataError(problem, path=folder / MANIFEST, symbol=entry.symbol) from wrong


def _check(folder: Path, entry: FolderEntry, found: Instrument | None) -> None:
    if found is None:
        told = ", ".join(NAMES)
        raise MarketDataError(
            f"{entry.symbol} is recorded under conId {entry.conId}, and no contract has that "
            "number",
            path=folder,
            symbol=entry.symbol,
            advice=f"describe it in {told} of the folder, with that conId, or record it "
            "under the number that `papertape contracts ls` shows",
        )
    if found.scale != entry.scale:
        raise MarketDataError(
            f"{entry.symbol} is recorded in 1/{entry.scale}, its contract has prices in "
            f"1/{found.scale}",
            path=folder / MANIFEST,
            symbol=entry.symbol,
            advice="Import it again: papertape data import",
        )
