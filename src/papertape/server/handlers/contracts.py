"""Contract details."""

from collections.abc import Iterator

from ...venue.reference.details import contract_details
from ...venue.reference.instruments import Refusal
from ...wire.catalogue.contract import ContractData, ContractDataEnd, ReqContractDetails
from ..sessions.session import Session
from . import handles
from .services import Services


@handles(ReqContractDetails)
def req_contract_details(
    tws: Services, session: Session, message: ReqContractDetails
) -> Iterator[None]:
    """One row per listing that fits, then the end; 200 and no end when none does."""
    venue = tws.venue
    found = contract_details(venue.instruments, message.contract, tws.timing.now, venue.hours)
    if isinstance(found, Refusal):
        session.refuse(message.reqId, found)
        return
    for details in found:
        session.send(ContractData(message.reqId, details.contract, details))
        yield
    session.send(ContractDataEnd(message.reqId))
