"""Contract details, and the other questions about contracts."""

from collections.abc import Iterator

from ...venue.reference.answers import (
    depth_exchanges,
    option_parameters,
    smart_components,
)
from ...venue.reference.details import UNGROUPED, details_rows
from ...venue.reference.instruments import Refusal
from ...venue.reference.rules import increments
from ...wire.catalogue import depth, options, reference
from ...wire.catalogue.contract import (
    BondContractData,
    CancelContractData,
    ContractData,
    ContractDataEnd,
    ReqContractDetails,
)
from ..sessions.session import Session
from . import handles
from .services import Services

CONTRACT_DATA_IN_PROTOBUF = 205
"""From here on a group of venues that there is not is left out; before, it is 2147483647."""


@handles(ReqContractDetails)
def req_contract_details(
    tws: Services, session: Session, message: ReqContractDetails
) -> Iterator[None]:
    """One row per listing that fits, then the end; 200 and no end when none does."""
    venue = tws.venue
    found = details_rows(venue.instruments, message.contract, tws.timing.now, venue.hours)
    if isinstance(found, Refusal):
        session.refuse(message.reqId, found)
        return
    for details in found:
        kind = BondContractData if details.contract.secType == "BOND" else ContractData
        if details.aggGroup == UNGROUPED and session.version >= CONTRACT_DATA_IN_PROTOBUF:
            details.aggGroup = 0
        if not tws.config.settings.exposeTradingScheduleToApi:
            details.tradingHours = details.liquidHours = ""
        session.send(kind(message.reqId, details.contract, details))
        yield
    session.send(ContractDataEnd(message.reqId))


@handles(CancelContractData)
def cancel_contract_data(tws: Services, session: Session, message: CancelContractData) -> None:
    """Silent: a client's next request has its turn when the answer has been sent."""


@handles(reference.ReqMatchingSymbols)
def req_matching_symbols(
    tws: Services, session: Session, message: reference.ReqMatchingSymbols
) -> None:
    """What begins with the pattern or has it in its name; an empty list when nothing does. Where
    they are paced, a client has one answer a second."""
    tws.symbol_searches.ask(session, message.reqId, message.pattern)


@handles(options.ReqSecDefOptParams)
def req_sec_def_opt_params(
    tws: Services, session: Session, message: options.ReqSecDefOptParams
) -> Iterator[None]:
    """One row per class and exchange, then the end.

    An underlying has to be named by its id: 321 without one, 200 where it is nobody's.
    """
    if message.underlyingConId == 0:
        session.error(message.reqId, 321, cause="Invalid contract id")
        return
    rows = option_parameters(
        tws.venue.instruments, message.underlyingConId, message.futFopExchange, tws.timing.now
    )
    if rows is None:
        session.error(message.reqId, 200)
        return
    for row in rows:
        session.send(
            options.SecDefOptParameter(
                message.reqId, row.exchange, row.underlyingConId, row.tradingClass,
                row.multiplier, row.expirations, row.strikes,
            )
        )  # fmt: skip
        yield
    session.send(options.SecDefOptParameterEnd(message.reqId))


@handles(reference.ReqMarketRule)
def req_market_rule(tws: Services, session: Session, message: reference.ReqMarketRule) -> None:
    """The price steps; 322 without a request's id for a rule that there is not, and no answer."""
    steps = increments(message.marketRuleId)
    if steps is None:
        session.error(-1, 322, cause=f"No market rule has the id {message.marketRuleId}")
        return
    session.send(reference.MarketRule(message.marketRuleId, steps))


@handles(reference.ReqSmartComponents)
def req_smart_components(
    tws: Services, session: Session, message: reference.ReqSmartComponents
) -> None:
    """The venues behind the letters of a key that reqMktData gave; 322 for another key."""
    found = smart_components(message.bboExchange)
    if found is None:
        cause = f"No exchange map has the key {message.bboExchange[:16]}"
        session.error(message.reqId, 322, cause=cause)
        return
    session.send(reference.SmartComponents(message.reqId, found))


@handles(depth.ReqMktDepthExchanges)
def req_mkt_depth_exchanges(
    tws: Services, session: Session, message: depth.ReqMktDepthExchanges
) -> None:
    """The venues that have a book."""
    session.send(depth.MarketDepthExchanges(depth_exchanges()))
