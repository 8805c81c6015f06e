"""Contract details."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...venue.reference.details import contract_details
from ...venue.reference.instruments import Refusal
from ...wire.catalogue.contract import ContractData, ContractDataEnd, ReqContractDetails
from . import handles

if TYPE_CHECKING:
    from ..sessions.session import Session
    from ..station import Station


@handles(ReqContractDetails)
def req_contract_details(
    station: "Station", session: "Session", message: ReqContractDetails
) -> Iterator[None]:
    """One row per listing that fits, then the end; 200 and no end when none does."""
    engine = station.engine
    found = contract_details(engine.instruments, message.contract, station.now, engine.hours)
    if isinstance(found, Refusal):
        station.refuse(session, message.reqId, found)
        return
    for details in found:
        session.send(ContractData(message.reqId, details.contract, details))
        yield
    session.send(ContractDataEnd(message.reqId))
