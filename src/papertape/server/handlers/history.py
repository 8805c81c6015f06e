"""Historical bars."""

from collections.abc import Iterator
from functools import partial

import msgspec

from ...model import Bar, HistoricalSession
from ...venue.market.source import PriceBar
from ...venue.reference.instruments import Instrument, Listing
from ...venue.reference.securities import day_text
from ...venue.units import DAY, MINUTE, SECOND, Nanos
from ...versions import HISTORICAL_SCHEDULE, HISTORY_END_MESSAGE
from ...wire.catalogue import history as wire
from ...wire.parted import PartedFrame
from ..market_data.adjusted import Adjusting, adjusting, steady
from ..market_data.bad_request import BadRequest
from ..market_data.bars import shown_bar
from ..market_data.channels import Form
from ..market_data.figure_bars import FIGURE_BARS, FIGURES, figure_bars
from ..market_data.history import (
    FIRST_DATA,
    MAX_BARS,
    bar_step,
    calendar_start,
    check_length,
    check_live,
    days_worked_out,
    duration,
    end_instant,
    part_of_bars,
    parts,
)
from ..market_data.history_pacing import FINEST
from ..market_data.live_bars import LiveBars
from ..market_data.regular_bars import HALF_HOUR, Regular, extended, grouped, joined_bars
from ..market_data.what_to_show import named, source_of
from ..present.times import bar_date, dashed, stamp
from ..sessions.session import Session
from ..sessions.subscriptions import Query
from . import handles
from .history_query import cancel, check_date_form, listing_for, refuse, too_late
from .services import Services

SCHEDULE = "SCHEDULE"
CONTINUOUS = "CONTFUT"
"""The future that is followed from month to month: its history ends now."""
ADJUSTED = "ADJUSTED_LAST"
"""Trades without splits and dividends; all others are without splits alone."""
ENCODED = 100
"""Bars that are encoded in one go: half a millisecond."""
SCHEDULED = 100
"""Sessions that are worked out in one go."""


class LongAnswer:
    """The bars of an answer, encoded as they come; kept as well for whoever looks at messages."""

    def __init__(self, request_id: int, ends: tuple[str, str], session: Session) -> None:
        """``ends`` are the start and the end of the span as texts."""
        self._request_id, self._ends, self._session = request_id, ends, session
        self._frame = PartedFrame(wire.HistoricalData(request_id, [], *ends), session.version)
        self._kept: list[Bar] = []

    @property
    def rows(self) -> int:
        """The bars so far."""
        return self._frame.rows

    @property
    def size(self) -> int:
        """Their bytes."""
        return self._frame.size

    def add(self, bars: list[Bar]) -> None:
        """Encode more of them."""
        if not bars:
            return
        message = wire.HistoricalData(self._request_id, bars, *self._ends)
        self._frame.add(message, len(bars))
        self._kept += bars if self._session.watched else ()

    def send(self) -> None:
        """Queue all of them."""
        if len(self._kept) == self.rows:
            self._session.send(wire.HistoricalData(self._request_id, self._kept, *self._ends))
        else:
            self._session.send_encoded(self._frame.pieces())


@handles(
    wire.ReqHistoricalData,
    partly="useRTH where markets are always open",
)
def req_historical_data(tws: Services, session: Session, message: wire.ReqHistoricalData) -> None:
    """The bars of the span, oldest first, and the end marker of the version."""
    found = listing_for(tws, session, message.reqId, message.contract, message.whatToShow)
    if found is None:
        return
    schedule = message.whatToShow.strip().upper() == SCHEDULE
    try:
        asked, implied = read(tws, message, found, session.version)
    except BadRequest as bad:
        refuse(session, message.reqId, bad)
        return
    if too_late(tws, asked.entry, asked.end) and not schedule:
        session.error(message.reqId, 2188)
        return
    whole = (
        asked.entry.conId, found.exchange, asked.step, message.endDateTime, message.duration,
        message.useRTH, message.keepUpToDate,
    )  # fmt: skip
    if asked.step <= FINEST and not tws.history_pacing.admits(session, asked.what, *whole):
        session.error(message.reqId, 162, variant="pacing")
        return
    if implied:
        session.error(message.reqId, 2174)
    work = (schedule_of if schedule else query)(tws, session, message, asked)
    session.subscriptions.add(Query(message.reqId, wire.ReqHistoricalData, work))


class Asked(msgspec.Struct, frozen=True):
    """A history request in venue units."""

    entry: Instrument
    exchange: str
    start: Nanos
    end: Nanos
    step: Nanos
    what: str
    regular: Regular | None
    """Asked for bars of the regular session alone."""
    adjust: Adjusting | None
    """What brings bars of days before a split or a dividend into the shares of now."""


def read(
    tws: Services, message: wire.ReqHistoricalData, found: Listing, version: int
) -> tuple[Asked, bool]:
    """What is asked for, and whether its time zone was only implied. Looks at the fields in the
    order of TWS. Raises ``BadRequest``."""
    entry, exchange = found.instrument, found.exchange
    end, implied = end_instant(message.endDateTime, tws.settings.time_zone, tws.timing.now)
    number, unit = duration(message.duration)
    step = bar_step(message.barSizeSetting)
    what = named(message.whatToShow)
    if what == SCHEDULE and version < HISTORICAL_SCHEDULE:
        raise BadRequest(321, "what_to_show")  # there is no message to answer with
    check_date_form(message.formatDate)
    if message.keepUpToDate:
        check_live(message.endDateTime, step, what)
    what = source_of(what, entry, exchange)
    if what == SCHEDULE and step != DAY:
        raise BadRequest(10295)
    if message.contract.secType.upper() == CONTINUOUS and message.endDateTime.strip():
        raise BadRequest(10339)
    adjusted = what == ADJUSTED
    if adjusted:
        if message.endDateTime.strip():
            raise BadRequest(321, "adjusted_end")
        what = "TRADES"
    check_length(number, unit, step, entry.secType)
    end = min(end, tws.timing.now)
    only = bool(message.useRTH)
    start = span_start(tws, entry.conId, end, number, unit, regular=only)
    start = max(start, tws.market.head(entry.conId))
    regular = tws.bars.regular if only else None
    adjust = adjusting(tws.market, entry.conId, tws.timing.now, dividends=adjusted)
    return Asked(entry, exchange, start, end, step, what, regular, adjust), implied


def query(
    tws: Services, session: Session, message: wire.ReqHistoricalData, asked: Asked
) -> Iterator[None]:
    """Collect and encode the bars, a part at each turn of the session, then send them all, and keep
    them up to date if that is asked for."""
    entry, version = asked.entry, session.version
    zone = tws.preferences.zone(entry.conId, version)
    whole_day = asked.step >= DAY
    # A day is dated where it is traded, whoever reads it: elsewhere its first instant may be on
    # the day before in summer, and not in winter.
    dates = tws.venue.hours.zone_id(entry) if whole_day else zone
    form = Form(version, message.formatDate, dates)
    dated = partial(date_of, whole_day=whole_day)
    scale = FIGURES if asked.what in FIGURE_BARS else entry.scale
    first, last = stamp(asked.start, zone, version), stamp(asked.end, zone, version)
    answer = LongAnswer(message.reqId, (first, last), session)
    latest: PriceBar | None = None
    for found in _in_parts(tws, asked):
        if found:
            yield  # a day that nobody has looked at takes as long as a slice may
        for at in range(0, max(len(found), 1), ENCODED):
            answer.add(
                [
                    shown_bar(bar, entry, form, dated, scale=scale)
                    for bar in found[at : at + ENCODED]
                ]
            )
            yield
        latest = found[-1] if found else latest
        if answer.rows > MAX_BARS:  # days without nights between them are more than were reckoned
            session.error(message.reqId, 162, variant="too_long")
            return
    if latest is None:
        facts = {"symbol": entry.symbol, "exchange": asked.exchange, "whatToShow": asked.what}
        session.error(message.reqId, 162, variant="no_data", **facts)
        return
    most = tws.config.settings.historicalDataMaxSize or 0
    if answer.size > most << 20:
        session.error(message.reqId, 162, variant="too_large", limit=most)
        return
    answer.send()
    if version >= HISTORY_END_MESSAGE:
        session.send(wire.HistoricalDataEnd(message.reqId, first, last))
    if message.keepUpToDate:
        live = LiveBars(message.reqId, session, form, latest)
        tws.bars.keep_up(live, entry, asked.step, asked.what, asked.regular, dated)


def _in_parts(tws: Services, asked: Asked) -> Iterator[list[PriceBar]]:
    """The bars, a part at a time."""
    span, step, what = (asked.start, asked.end), asked.step, asked.what
    if what in FIGURE_BARS:
        yield from figure_bars(
            *(tws.market, asked.entry, span),
            step=step, what=what, regular=asked.regular, adjust=asked.adjust,
        )  # fmt: skip
        return
    only = asked.regular
    if only is None or not extended(tws.market, asked.entry.conId, asked.start, only):
        only = None if step > HALF_HOUR else only
    minutes = only is not None and step > HALF_HOUR
    shorter = min(step, DAY) if minutes or asked.adjust else step
    days: list[PriceBar] = []
    last = 0
    for part in parts(*span, shorter):
        yield from days_worked_out(
            *(tws.market, asked.entry, part, asked.end),
            step=MINUTE if minutes else shorter, what=what,
        )  # fmt: skip
        bars = part_of_bars(
            *(tws.market, asked.entry, part, asked.end), step=shorter, what=what, regular=only
        )
        if asked.adjust is not None:
            bars = [_adjusted(tws, asked, bar, what, shorter) for bar in bars]
            bars = steady(bars, last)
            last = bars[-1].close if bars else last
        days += bars if shorter < step else ()
        yield [] if shorter < step else bars
    if days:
        yield grouped(days, step)


def _adjusted(tws: Services, asked: Asked, bar: PriceBar, what: str, step: Nanos) -> PriceBar:
    """A bar in the shares of now; one in which they changed is made of its minutes."""
    adjust = asked.adjust
    assert adjust is not None
    end = min(bar.start + step, asked.end)
    if step >= DAY or not adjust.within(bar.start, end):
        return adjust.bar(bar)
    found = tws.market.bars(asked.entry.conId, start=bar.start, end=end, step=MINUTE, what=what)
    minutes = [adjust.bar(minute) for minute in found]
    return joined_bars(bar.start, minutes) if minutes else adjust.bar(bar)


def schedule_of(
    tws: Services, session: Session, message: wire.ReqHistoricalData, asked: Asked
) -> Iterator[None]:
    """Collect the sessions that touch the span, then send them in the zone of the exchange."""
    hours, entry = tws.venue.hours, asked.entry
    zone = hours.zone_id(entry)
    found: list[HistoricalSession] = []
    days = hours.sessions(entry, asked.start, asked.end, regular=bool(message.useRTH))
    for place, (day, begins, ends) in enumerate(days):
        opens, closes = dashed(begins, zone), dashed(ends, zone)
        found.append(HistoricalSession(opens, closes, day_text(day)))
        if place % SCHEDULED == 0:
            yield
    if not found:
        facts = {"symbol": entry.symbol, "exchange": asked.exchange, "whatToShow": SCHEDULE}
        session.error(message.reqId, 162, variant="no_data", **facts)
        return
    first, last = found[0].startDateTime, found[-1].endDateTime
    session.send(wire.HistoricalSchedule(message.reqId, first, last, zone, found))


def date_of(start: Nanos, form: Form, *, whole_day: bool) -> str:
    """The date of a bar as a client of this form reads it."""
    return bar_date(start, form.zone, form.version, form.dates, whole_day=whole_day)


def span_start(
    tws: Services, con_id: int, end: Nanos, number: int, unit: str, *, regular: bool
) -> Nanos:
    """Where the span begins: seconds, trading days, or weeks and longer of the calendar back.

    Days are sessions, as TWS counts them: the one that runs is the first, however short it is."""
    if unit == "S":
        return max(end - number * SECOND, FIRST_DATA)
    if unit == "D":
        return max(tws.market.trading_start(con_id, end, number, regular=regular), FIRST_DATA)
    return calendar_start(end, number, unit, tws.settings.time_zone)


@handles(wire.CancelHistoricalData)
def cancel_historical_data(
    tws: Services, session: Session, message: wire.CancelHistoricalData
) -> None:
    """End a query or its updates, which 162 confirms; 366 when there is neither."""
    ended = cancel(session, message.reqId, wire.ReqHistoricalData)
    if ended or session.subscriptions.remove(LiveBars, message.reqId):
        session.error(message.reqId, 162, variant="cancelled", reqId=message.reqId)
    else:
        session.error(message.reqId, 366, id=message.reqId)
