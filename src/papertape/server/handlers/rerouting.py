"""Which contracts have the market data of others: a client is told to ask for those."""

from typing import TypeGuard

from ...venue.reference.securities import Cfd, Instrument

REROUTES = 125
"""The first version that can be told; an older one is served from the tape of the contract."""


def rerouted(entry: Instrument, version: int) -> TypeGuard[Cfd]:
    """Whether a client must ask for the data of ``under``: of a CFD on a share."""
    return isinstance(entry, Cfd) and bool(entry.under) and version >= REROUTES
