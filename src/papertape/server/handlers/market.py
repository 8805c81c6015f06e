"""Level-1 market data."""

from msgspec.structs import replace

from ...venue.reference.answers import BBO
from ...venue.reference.details import precision
from ...venue.reference.exchanges import SMART
from ...venue.reference.instruments import Instrument, Purpose, Refusal
from ...wire.catalogue import market as wire
from ..market_data.computations import ComputationLine
from ..market_data.generic_lines import GenericLine
from ..market_data.generic_ticks import wanted_ticks
from ..market_data.live_bars import FiveSecondLine
from ..market_data.quotes import QuoteLine
from ..sessions.session import Session
from . import handles
from .rerouting import rerouted
from .services import Services

SNAPSHOT_PERMISSIONS = 4
FROZEN_TYPES = (2, 4)


@handles(wire.ReqMktData, partly="some generic ticks, regulatory snapshots, delayed data")
def req_mkt_data(tws: Services, session: Session, message: wire.ReqMktData) -> None:
    """Open a quote line: its parameters, its type, the known state, then changes."""
    if message.reqId in session.subscriptions.of(QuoteLine):
        session.error(message.reqId, 102)
        return
    lines = sum(len(session.subscriptions.of(kind)) for kind in (QuoteLine, FiveSecondLine))
    if not message.snapshot and lines >= tws.settings.max_lines:
        session.error(message.reqId, 101)
        return
    snapshot = message.snapshot or message.regulatorySnapshot
    if snapshot and message.genericTickList.strip():
        session.error(message.reqId, 321, variant="snapshot_generic")
        return
    found = tws.resolve(message.contract, Purpose.QUOTES)
    if isinstance(found, Refusal):
        session.refuse(message.reqId, found)
        return
    entry = found.instrument
    if rerouted(entry, session.version):
        session.send(wire.RerouteMarketDataRequest(message.reqId, entry.under, SMART))
        return
    if not tws.quotes(entry.conId):
        contract = f"{entry.symbol} {found.exchange}"
        session.error(message.reqId, 354, variant="no_delayed", contract=contract)
        return
    wanted = wanted_ticks(message.genericTickList, entry.secType)
    if isinstance(wanted, Refusal):
        session.refuse(message.reqId, wanted)
        return
    kind = wire.MarketDataType(message.reqId, tws.level1.delivered(session, entry))
    if snapshot:
        session.send(kind)
        session.send(_parameters(message.reqId, entry))
        tws.level1.snapshot(message.reqId, session, entry)
        for tick in tws.computations.once(entry, frozen=session.wants_frozen, delay=0):
            session.send(replace(tick, reqId=message.reqId))
        session.send(wire.TickSnapshotEnd(message.reqId))
        return
    session.send(_parameters(message.reqId, entry))
    session.send(kind)
    tws.level1.open(QuoteLine(message.reqId, session, entry, default=wanted.default))
    if wanted.default:
        tws.computations.follow(message.reqId, session, entry, frozen=session.wants_frozen, delay=0)
    if wanted.generic:
        tws.generic_ticks.follow(message.reqId, session, entry, wanted.generic)


def _parameters(request_id: int, entry: Instrument) -> wire.TickReqParams:
    """The step of the prices and what tells their venues, which a currency pair has not."""
    if entry.secType == "CASH":
        return wire.TickReqParams(request_id, 1 / entry.scale)
    fine = precision(entry)
    step = entry.tick / entry.scale
    return wire.TickReqParams(request_id, step, BBO, SNAPSHOT_PERMISSIONS, fine, fine)


@handles(wire.CancelMktData)
def cancel_mkt_data(tws: Services, session: Session, message: wire.CancelMktData) -> None:
    """Close a quote line; silent, but 300 for one that is not open."""
    if session.subscriptions.remove(QuoteLine, message.reqId) is None:
        session.error(message.reqId, 300, id=message.reqId)
    session.subscriptions.remove(GenericLine, message.reqId)
    session.subscriptions.remove(ComputationLine, message.reqId)


@handles(wire.ReqMarketDataType, partly="any type is accepted; data are live, and never delayed")
def req_market_data_type(tws: Services, session: Session, message: wire.ReqMarketDataType) -> None:
    """Any type is taken, without an answer: live data is always entitled, and always preferred.

    With 2 and 4, later lines keep the last quote while a market is closed."""
    session.wants_frozen = message.marketDataType in FROZEN_TYPES
