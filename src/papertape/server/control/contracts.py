"""Contracts that the user adds while a station runs."""

from fastapi import APIRouter, HTTPException

from ...venue.reference.times import EASTERN
from ..aio.server import StationServer
from ..own_contracts import ContractRefused
from .market import symbol_view
from .stations import CONFLICT, NOT_FOUND, PREFIX, Chosen, act, current
from .views.market import ContractsBody, SymbolView

router = APIRouter(prefix=PREFIX, tags=["market"])
PATH = "/stations/{station}/contracts"


@router.get(PATH, responses=NOT_FOUND)
async def contracts(server: Chosen) -> list[SymbolView]:
    """List the contracts that were added to the station while it ran."""
    return [symbol_view(entry) for entry in server.station.contracts.listed()]


@router.post(PATH, responses=CONFLICT)
async def add_contracts(server: Chosen, body: ContractsBody) -> list[SymbolView]:
    """Add contracts, all of them or none: programs find them at once, and after a restart too. 409
    says which is no good, and why. One with a ``price`` has a synthetic tape."""
    described = [{name: str(value) for name, value in one.items()} for one in body.contracts]
    return _added(server, described)


def _added(server: StationServer, described: list[dict[str, str]]) -> list[SymbolView]:
    today = EASTERN.day(current(server))
    try:
        found = act(server, lambda station: station.contracts.add(described, today))
    except ContractRefused as refused:
        raise HTTPException(409, str(refused)) from None
    return [symbol_view(entry) for entry in found]
