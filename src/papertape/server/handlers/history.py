"""Historical bars."""

from decimal import Decimal
from typing import TYPE_CHECKING

from ...model import Bar
from ...venue.instruments import Instrument, Refusal
from ...venue.market import PriceBar
from ...venue.units import DAY, SECOND, Nanos, price_float, size_decimal
from ...versions import HISTORY_END_MESSAGE, HISTORY_IN_SHARES
from ...wire.catalogue import history as wire
from ..history import BadRequest, bar_step, checked_what, duration, end_instant, trading_days
from ..quotes import shown_size
from ..times import bar_date, stamp
from . import handles

if TYPE_CHECKING:
    from ..session import Session
    from ..station import Station

NONE = Decimal(-1)
"""Volume and average price of bars that have no trades."""


@handles(wire.ReqHistoricalData)
def req_historical_data(
    station: "Station", session: "Session", message: wire.ReqHistoricalData
) -> None:
    """The bars of the span, oldest first, and the end marker of the version."""
    found = station.resolve(message.contract)
    if isinstance(found, Refusal):
        station.refuse(session, message.reqId, found)
        return
    try:
        answer(station, session, message, found.instrument)
    except BadRequest as bad:
        session.error(message.reqId, bad.code, station.now, variant=bad.variant, **bad.facts)


def answer(
    station: "Station",
    session: "Session",
    message: wire.ReqHistoricalData,
    entry: Instrument,
) -> None:
    """Raises ``BadRequest`` before anything is sent."""
    step = bar_step(message.barSizeSetting)
    what = checked_what(message.whatToShow)
    zone = station.settings.time_zone
    end, implied = end_instant(message.endDateTime, zone, station.now)
    end = min(end, station.now)
    start = span_start(station, entry.conId, end, message.duration)
    if implied:
        session.error(message.reqId, 2174, station.now)
    bars = station.market.bars(entry.conId, start=start, end=end, step=step, what=what)
    if not bars:
        facts = {"symbol": entry.symbol, "exchange": "SMART", "whatToShow": what}
        raise BadRequest(162, "no_data", **facts)
    form, version = message.formatDate, session.version
    shown = [shown_bar(bar, entry, session, zone, form, whole_day=step >= DAY) for bar in bars]
    first, last = stamp(start, zone, version), stamp(end, zone, version)
    session.send(wire.HistoricalData(message.reqId, shown, first, last))
    if version >= HISTORY_END_MESSAGE:
        session.send(wire.HistoricalDataEnd(message.reqId, first, last))


def span_start(station: "Station", con_id: int, end: Nanos, text: str) -> Nanos:
    """Where the span begins: seconds back, or so many trading days back."""
    number, unit = duration(text)
    if unit == "S":
        return end - number * SECOND
    return station.market.trading_start(con_id, end, trading_days(number, unit))


def shown_bar(
    bar: PriceBar,
    entry: Instrument,
    session: "Session",
    zone: str,
    form: int,
    *,
    whole_day: bool,
) -> Bar:
    """A bar in the units and the date form that this client expects."""
    scale, version = entry.scale, session.version
    traded = bar.count >= 0
    average = size_decimal(0) if not traded else Decimal(bar.wap) / scale
    return Bar(
        date=bar_date(bar.start, zone, version, form, whole_day=whole_day),
        open=price_float(bar.open, scale),
        high=price_float(bar.high, scale),
        low=price_float(bar.low, scale),
        close=price_float(bar.close, scale),
        volume=shown_size(bar.volume, version, entry, HISTORY_IN_SHARES) if traded else NONE,
        wap=average.normalize() if traded else NONE,
        barCount=bar.count,
    )


@handles(wire.CancelHistoricalData)
def cancel_historical_data(
    station: "Station", session: "Session", message: wire.CancelHistoricalData
) -> None:
    """Nothing is under way once the bars are sent: 366."""
    session.error(message.reqId, 366, station.now, id=message.reqId)
