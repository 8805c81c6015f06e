"""Historical bars."""

from collections.abc import Iterator
from functools import partial

import msgspec

from ...venue.market.source import PriceBar
from ...venue.reference.instruments import Instrument, Purpose, Refusal
from ...venue.reference.securities import UNQUOTED
from ...venue.units import DAY, SECOND, Nanos
from ...versions import HISTORY_END_MESSAGE
from ...wire.catalogue import history as wire
from ..market_data.bars import Regular, shown_bar
from ..market_data.channels import Form
from ..market_data.history import (
    DATE_FORMS,
    FIRST_DATA,
    MAX_BARS,
    BadRequest,
    bar_step,
    calendar_start,
    check_length,
    check_live,
    checked_what,
    duration,
    end_instant,
    part_of_bars,
    parts,
)
from ..market_data.live_bars import LiveBars
from ..present.times import bar_date, stamp
from ..sessions.session import Session
from ..sessions.subscriptions import Query
from . import handles
from .services import Services

MAX_QUERIES = 50
"""History queries of one client at the same time, as TWS allows."""


@handles(
    wire.ReqHistoricalData,
    partly="whatToShow other than TRADES, MIDPOINT, BID, ASK and "
    "BID_ASK; useRTH of bars longer than 30 minutes and on markets that are always open",
)
def req_historical_data(tws: Services, session: Session, message: wire.ReqHistoricalData) -> None:
    """The bars of the span, oldest first, and the end marker of the version."""
    queries, live = session.subscriptions.of(Query), session.subscriptions.of(LiveBars)
    if message.reqId in queries or message.reqId in live:
        session.error(message.reqId, 386)
        return
    if len(queries) + len(live) >= MAX_QUERIES:
        session.error(message.reqId, 162, variant="pacing")
        return
    found = tws.resolve(message.contract, Purpose.HISTORY)
    if isinstance(found, Refusal):
        session.refuse(message.reqId, found)
        return
    if not tws.quotes(found.instrument.conId):
        facts = {"symbol": found.instrument.symbol, "exchange": found.exchange}
        session.error(
            message.reqId, 162, variant="no_data", whatToShow=message.whatToShow.title(), **facts
        )
        return
    try:
        asked, implied = read(tws, message, found.instrument)
    except BadRequest as bad:
        session.error(message.reqId, bad.code, variant=bad.variant, **bad.facts)
        return
    if implied:
        session.error(message.reqId, 2174)
    session.subscriptions.add(Query(message.reqId, query(tws, session, message, asked)))


class Asked(msgspec.Struct, frozen=True):
    """A history request in venue units."""

    entry: Instrument
    start: Nanos
    end: Nanos
    step: Nanos
    what: str
    regular: Regular | None
    """Asked for bars of the regular session alone."""


def read(tws: Services, message: wire.ReqHistoricalData, entry: Instrument) -> tuple[Asked, bool]:
    """What is asked for, and whether its time zone was only implied. Looks at the fields in the
    order of TWS. Raises ``BadRequest``."""
    end, implied = end_instant(message.endDateTime, tws.settings.time_zone, tws.timing.now)
    number, unit = duration(message.duration)
    step = bar_step(message.barSizeSetting)
    what = checked_what(message.whatToShow)
    if message.formatDate not in DATE_FORMS:
        raise BadRequest(321, "date_form", formatDate=message.formatDate)
    if message.keepUpToDate:
        check_live(message.endDateTime, step, what)
    if what != "TRADES" and entry.secType in UNQUOTED:
        facts = {"symbol": entry.symbol, "exchange": entry.home, "whatToShow": what}
        raise BadRequest(162, "no_data", **facts)
    check_length(number, unit, step, entry.secType)
    end = min(end, tws.timing.now)
    start = span_start(tws, entry.conId, end, number, unit)
    regular = tws.bars.regular if message.useRTH else None
    return Asked(entry, start, end, step, what, regular), implied


def query(
    tws: Services, session: Session, message: wire.ReqHistoricalData, asked: Asked
) -> Iterator[None]:
    """Collect the bars, a part at each turn of the session, then send them all, and keep them up
    to date if that is asked for."""
    entry, end = asked.entry, asked.end
    bars: list[PriceBar] = []
    for part in parts(asked.start, end, asked.step):
        bars += part_of_bars(
            *(tws.market, entry, part, end),
            step=asked.step,
            what=asked.what,
            regular=asked.regular,
        )
        if len(bars) > MAX_BARS:  # days without nights between them are more than were reckoned
            session.error(message.reqId, 162, variant="too_long")
            return
        yield
    if not bars:
        facts = {"symbol": entry.symbol, "exchange": "SMART", "whatToShow": asked.what}
        session.error(message.reqId, 162, variant="no_data", **facts)
        return
    version = session.version
    zone = tws.preferences.zone(entry.conId, version)
    form = Form(version, message.formatDate, zone)
    dated = partial(date_of, whole_day=asked.step >= DAY)
    shown = [shown_bar(bar, entry, form, dated) for bar in bars]
    first, last = stamp(asked.start, zone, version), stamp(end, zone, version)
    session.send(wire.HistoricalData(message.reqId, shown, first, last))
    if version >= HISTORY_END_MESSAGE:
        session.send(wire.HistoricalDataEnd(message.reqId, first, last))
    if message.keepUpToDate:
        live = LiveBars(message.reqId, session, form, bars[-1])
        tws.bars.keep_up(live, entry, asked.step, asked.what, asked.regular, dated)


def date_of(start: Nanos, form: Form, *, whole_day: bool) -> str:
    """The date of a bar as a client of this form reads it."""
    return bar_date(start, form.zone, form.version, form.dates, whole_day=whole_day)


def span_start(tws: Services, con_id: int, end: Nanos, number: int, unit: str) -> Nanos:
    """Where the span begins: seconds, trading days, or weeks and longer of the calendar back."""
    if unit == "S":
        return max(end - number * SECOND, FIRST_DATA)
    if unit == "D":
        return max(tws.market.trading_start(con_id, end, number), FIRST_DATA)
    return calendar_start(end, number, unit, tws.settings.time_zone)


@handles(wire.CancelHistoricalData)
def cancel_historical_data(
    tws: Services, session: Session, message: wire.CancelHistoricalData
) -> None:
    """End a query or its updates, which 162 confirms; 366 when there is neither."""
    ended = [session.subscriptions.remove(kind, message.reqId) for kind in (Query, LiveBars)]
    if any(ended):
        session.error(message.reqId, 162, variant="cancelled", reqId=message.reqId)
    else:
        session.error(message.reqId, 366, id=message.reqId)
