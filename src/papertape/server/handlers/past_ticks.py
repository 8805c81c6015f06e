"""Questions about the ticks of the past: since when there are any, ticks one by one, histograms."""

from collections.abc import Iterator

from ...venue.reference.instruments import Instrument
from ...venue.reference.sessions import REGULAR
from ...venue.units import Nanos
from ...wire.catalogue import ticks as wire
from ...wire.message import Message
from ..market_data.bad_request import BadRequest
from ..market_data.history import end_instant, period, start_instant
from ..market_data.past_ticks import (
    MOST_TICKS,
    Found,
    TickQuery,
    Traded,
    histogram,
    ticks_before,
    ticks_from,
    traded_at,
)
from ..market_data.ticks_told import Kind
from ..market_data.what_to_show import NO_QUOTES, NO_TRADES, named, source_of
from ..present.times import head_stamp
from ..sessions.session import Session
from ..sessions.subscriptions import Query
from . import handles
from .history import span_start
from .history_query import cancel, check_date_form, listing_for, refuse, too_late
from .services import Services

ANSWERS: dict[Kind, type[Message]] = {
    "TRADES": wire.HistoricalTicksLast,
    "BID_ASK": wire.HistoricalTicksBidAsk,
    "MIDPOINT": wire.HistoricalTicks,
}
TITLES: dict[Kind, str] = {"TRADES": "Last", "BID_ASK": "Bid_Ask", "MIDPOINT": "Midpoint"}


@handles(wire.ReqHeadTimeStamp)
def req_head_time_stamp(tws: Services, session: Session, message: wire.ReqHeadTimeStamp) -> None:
    """The first instant of the earliest day on offer, ``useRTH``: of its regular session."""
    found = listing_for(tws, session, message.reqId, message.contract, message.whatToShow)
    if found is None:
        return
    entry = found.instrument
    try:
        source_of(named(message.whatToShow), entry, found.exchange)
        check_date_form(message.formatDate)
    except BadRequest as bad:
        refuse(session, message.reqId, bad)
        return
    head = tws.market.head(entry.conId)
    if message.useRTH:
        head = tws.venue.hours.opens(entry.conId, REGULAR, head) or head
    if head > tws.timing.now:
        session.error(message.reqId, 162, variant="no_head_timestamp")
        return
    session.send(wire.HeadTimestamp(message.reqId, head_stamp(head, message.formatDate)))


@handles(wire.CancelHeadTimeStamp)
def cancel_head_time_stamp(
    tws: Services, session: Session, message: wire.CancelHeadTimeStamp
) -> None:
    """Nothing: the question is answered at once."""


@handles(wire.ReqHistogramData)
def req_histogram_data(tws: Services, session: Session, message: wire.ReqHistogramData) -> None:
    """What was traded at each price in the period that ends now, the lowest price first."""
    found = listing_for(tws, session, message.reqId, message.contract, "TRADES")
    if found is None:
        return
    entry = found.instrument
    try:
        number, unit = period(message.timePeriod)
        if entry.secType in NO_TRADES or entry.secType in NO_QUOTES:
            facts = {"symbol": entry.symbol, "exchange": found.exchange, "whatToShow": "TRADES"}
            raise BadRequest(162, "no_data", **facts)
    except BadRequest as bad:
        refuse(session, message.reqId, bad)
        return
    start = span_start(tws, entry.conId, tws.timing.now, number, unit, regular=bool(message.useRTH))
    work = _histogram(tws, session, message, entry, (start, tws.timing.now))
    session.subscriptions.add(Query(message.reqId, wire.ReqHistogramData, work))


def _histogram(
    tws: Services,
    session: Session,
    message: wire.ReqHistogramData,
    entry: Instrument,
    span: tuple[Nanos, Nanos],
) -> Iterator[None]:
    traded: Traded = {}
    regular = tws.bars.regular if message.useRTH else None
    yield from traded_at(tws.market, entry, span, regular=regular, into=traded)
    session.send(wire.HistogramData(message.reqId, histogram(traded, entry, session.version)))


@handles(wire.CancelHistogramData)
def cancel_histogram_data(
    tws: Services, session: Session, message: wire.CancelHistogramData
) -> None:
    """End the question; silent."""
    cancel(session, message.reqId, wire.ReqHistogramData)


@handles(wire.ReqHistoricalTicks)
def req_historical_ticks(tws: Services, session: Session, message: wire.ReqHistoricalTicks) -> None:
    """Up to 1000 ticks of one trading day, and what is left of their last second."""
    found = listing_for(
        tws, session, message.reqId, message.contract, message.whatToShow, not_permitted=10187
    )
    if found is None:
        return
    try:
        kind, entry = _kind(message.whatToShow), found.instrument
        if entry.secType in (NO_TRADES if kind == "TRADES" else NO_QUOTES):
            listing = f"{entry.symbol}/{entry.secType}@{found.exchange}"
            raise BadRequest(10187, cause=f"No historical market data for {listing} {TITLES[kind]}")
        start, end, implied = _bounds(tws, message)
        if too_late(tws, entry, end if start is None else tws.timing.now):
            facts = {"exchange": found.exchange, "secType": entry.secType}
            raise BadRequest(10187, "no_permissions", **facts)
        if message.numberOfTicks < 1:
            raise BadRequest(10187, cause=f"{message.numberOfTicks} is no number of ticks")
        whole = (
            entry.conId, found.exchange, message.startDateTime, message.endDateTime,
            message.numberOfTicks, message.useRTH, message.ignoreSize,
        )  # fmt: skip
        if not tws.history_pacing.admits(session, kind, *whole):
            raise BadRequest(162, "pacing")
    except BadRequest as bad:
        refuse(session, message.reqId, bad)
        return
    if implied:
        session.error(message.reqId, 2174)
    wanted = TickQuery(
        entry,
        kind,
        min(message.numberOfTicks, MOST_TICKS),
        tws.bars.regular if message.useRTH else None,
        message.ignoreSize,
    )
    now, version = tws.timing.now, session.version
    if start is not None:
        walk = ticks_from(tws.market, wanted, start, now, version)
    else:
        walk = ticks_before(tws.market, wanted, min(end, now + 1), version)
    work = _ticks(session, message.reqId, kind, walk)
    session.subscriptions.add(Query(message.reqId, wire.ReqHistoricalTicks, work))


def _kind(text: str) -> Kind:
    what = text.strip().upper()
    for kind in ANSWERS:
        if what == kind:
            return kind
    raise BadRequest(321, "what_to_show")


def _bounds(tws: Services, message: wire.ReqHistoricalTicks) -> tuple[Nanos | None, Nanos, bool]:
    """The start, or None and the end; whether a zone was implied. Raises ``BadRequest``."""
    start, end = message.startDateTime.strip(), message.endDateTime.strip()
    if bool(start) == bool(end):
        raise BadRequest(10187, cause="Either the start or the end date/time must be given")
    zone, now = tws.settings.time_zone, tws.timing.now
    if start:
        at, implied = start_instant(start, zone, now)
        return at, 0, implied
    at, implied = end_instant(end, zone, now)
    return None, at, implied


def _ticks(
    session: Session, request_id: int, kind: Kind, walk: Iterator[Found | None]
) -> Iterator[None]:
    for found in walk:
        if found is not None:
            items = [item for _, item in found]
            answer = ANSWERS[kind](request_id, items, True)
            session.send(answer)
        yield


@handles(wire.CancelHistoricalTicks)
def cancel_historical_ticks(
    tws: Services, session: Session, message: wire.CancelHistoricalTicks
) -> None:
    """End the question; silent."""
    cancel(session, message.reqId, wire.ReqHistoricalTicks)
