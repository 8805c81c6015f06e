"""Market depth."""

from ...venue.market.depth import MOST_LEVELS
from ...venue.reference.answers import book_at, smart_venues
from ...venue.reference.combinations import BAG
from ...venue.reference.exchanges import SMART
from ...venue.reference.instruments import Instrument, Listing, Purpose, Refusal
from ...wire.catalogue import depth as wire
from ..market_data.books import BookView, DepthLine
from ..market_data.entitlements import told_contract
from ..sessions.session import Session
from . import handles
from .rerouting import rerouted
from .services import Services

MARKET_MAKER = "NSDQ"
"""Who quotes at a venue that names its market makers: the venue itself."""


@handles(wire.ReqMktDepth)
def req_mkt_depth(tws: Services, session: Session, message: wire.ReqMktDepth) -> None:
    """Tell a book, at most 60 rows of a side, and its changes; 2152 before that of SMART.

    102 for an id in use, the refusals of contracts, 10092 for what has no book, 354 for a venue
    whose book the user has not subscribed to, 322 for less than a row, 309 beyond the limit.
    """
    request_id = message.reqId
    lines = session.subscriptions.of(DepthLine)
    if request_id in lines:
        session.error(request_id, 102)
        return
    if message.contract.secType.strip().upper() == BAG:
        session.error(request_id, 10092)
        return
    found = tws.resolve(message.contract, Purpose.QUOTES)
    if isinstance(found, Refusal):
        session.refuse(request_id, found)
        return
    entry, most = found.instrument, tws.settings.depth_limit
    if rerouted(entry, session.version):
        session.send(wire.RerouteMarketDepthRequest(request_id, entry.under, SMART))
        return
    view = _view(found, message)
    if view is None or not tws.quotes(entry.conId):
        session.error(request_id, 10092)
        return
    rights, venues = tws.entitlements, view.venues or (found.exchange,)
    missing = tuple(name for name in venues if rights.of(entry, name) != "live")
    if len(missing) == len(venues):
        delayed = any(rights.delayed(entry, name) for name in venues)
        session.error(
            request_id,
            354,
            variant="delayed" if delayed else "no_delayed",
            contract=told_contract(entry),
        )
    elif message.numRows < 1:
        session.error(request_id, 322, cause=f"{message.numRows} is no number of rows")
    elif 0 < most <= len(lines):
        session.error(request_id, 309, max=most)
    else:
        if view.smart:
            view = view._replace(venues=tuple(one for one in view.venues if one not in missing))
            _tell_venues(session, request_id, entry, view, missing)
        tws.books.follow(request_id, session, entry, view)


def _view(found: Listing, message: wire.ReqMktDepth) -> BookView | None:
    """The book that is meant; None for one that there is not."""
    entry, exchange = found.instrument, found.exchange
    rows, book = min(message.numRows, MOST_LEVELS), book_at(exchange, entry.secType)
    if not book or message.isSmartDepth != (exchange == SMART):
        return None
    if exchange != SMART:
        return BookView(rows, False, maker=MARKET_MAKER if book == "Deep2" else "")
    venues = smart_venues(entry)
    return BookView(rows, True, venues) if venues else None


def _tell_venues(
    session: Session,
    request_id: int,
    entry: Instrument,
    view: BookView,
    missing: tuple[str, ...],
) -> None:
    """Which venues have a book, the touch alone, and a book that the user has not subscribed to."""
    deep = {SMART, *view.venues, *missing}
    facts = {
        "depth": "; ".join(view.venues),
        "top": "; ".join(name for name in entry.exchanges if name not in deep),
    }
    if missing:
        session.error(request_id, 2152, missing="; ".join(missing), **facts)
    else:
        session.error(request_id, 2152, variant="entitled", **facts)


@handles(wire.CancelMktDepth)
def cancel_mkt_depth(tws: Services, session: Session, message: wire.CancelMktDepth) -> None:
    """End a book; silent, but 310 for one that is not open, and for that of a venue which is
    cancelled as that of SMART or the other way round."""
    line = session.subscriptions.of(DepthLine).get(message.reqId)
    if line is None or line.smart != message.isSmartDepth:
        session.error(message.reqId, 310, id=message.reqId)
    else:
        session.subscriptions.remove(DepthLine, message.reqId)
