"""Instruments, their quotes and their bars, from the tape that also serves the clients.

While a data farm is broken its data does not advance here either.
"""

from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Annotated, Final, Literal

from fastapi import APIRouter, HTTPException, Path, Query
from pydantic import AfterValidator

from ...venue.market.depth import MOST_LEVELS
from ...venue.market.source import PriceBar
from ...venue.reference.calendars import calendar_of
from ...venue.reference.instruments import Instrument
from ...venue.reference.securities import UNQUOTED, UNTRADED, day_text, last_day
from ...venue.reference.sessions import EXTENDED, REGULAR
from ...venue.reference.times import period_start
from ...venue.units import (
    DAY,
    SECOND,
    Nanos,
    PriceUnits,
    price_float,
    size_decimal,
)
from ...wire.message import Farm
from ..aio.server import StationServer
from ..market_data.history import BAR_SIZES, TRADING_SECONDS, part_of_bars, parts
from ..market_data.open_hours import OpenHours
from ..plant.farms import Status
from ..station import Station
from .offers import offers
from .stations import NOT_FOUND, PREFIX, Chosen, Turns, current, moment
from .views.market import BarView, GreeksView, LadderView, LevelView, QuoteView, SymbolView

router = APIRouter(prefix=PREFIX, tags=["market"])
MOST_SYMBOLS: Final = 50
MOST_BARS: Final = 1000
SIZES: Final = sorted({step // SECOND for step in BAR_SIZES.values()})
"""Bar sizes in seconds: those of reqHistoricalData; a week has 604,800 and a month 2,592,000."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Number = Annotated[int, Path(ge=1, le=2**31 - 1, description="Contract number.")]
What = Literal["TRADES", "MIDPOINT", "BID", "ASK"]


def _legal(seconds: int) -> int:
    if seconds not in SIZES:
        raise ValueError("choose one of: " + ", ".join(map(str, SIZES)))
    return seconds


Seconds = Annotated[int, AfterValidator(_legal), Query(json_schema_extra={"enum": SIZES})]


def symbol_view(entry: Instrument) -> SymbolView:
    """Return an instrument as the API shows it."""
    return SymbolView(
        con_id=entry.conId,
        symbol=entry.symbol,
        local_symbol=entry.localSymbol,
        expires=day_text(last_day(entry)) or None,
        security_type=entry.secType,
        exchange=entry.home,
        primary_exchange=entry.primaryExchange,
        currency=entry.currency,
        description=entry.longName,
        tick=price_float(entry.tick, entry.scale),
        multiplier=entry.multiplier,
        zone=calendar_of(entry).zone.name,
        zone_id=calendar_of(entry).hours.zone_id,
    )


def quoted(station: Station, con_id: int) -> Instrument:
    """Return the instrument with a contract number. Raises 404 when it has no market data."""
    entry = station.venue.instruments.get(con_id)
    if entry is None or con_id not in station.market:
        raise HTTPException(404, f"there is no market data for contract {con_id}")
    return entry


def present(server: StationServer, kind: Farm) -> tuple[Nanos, bool]:
    """Return the instant of a farm's latest data, and whether that is now."""
    farm = server.station.farms.of(kind)
    broken = farm.status is Status.BROKEN
    return (farm.since if broken else current(server)), not broken


@router.get("/stations/{station}/symbols", responses=NOT_FOUND)
async def symbols(
    server: Chosen,
    q: Annotated[
        str,
        Query(
            max_length=40,
            description="Start of a symbol, part of a name, a local symbol, or a symbol with kind,"
            " expiry, right and strike in any order: ES FUT, SPY 20261218 C 680.",
        ),
    ] = "",
) -> list[SymbolView]:
    """List matching instruments that have market data, at most 16: those that reqMatchingSymbols
    finds, pairs, futures and options; without a pattern, the first ones."""
    station = server.station
    market, instruments = station.market, station.venue.instruments
    if q.strip():
        turns, found = Turns(), tuple[Instrument, ...]()
        for some in offers(instruments, market, q, current(server)):
            if some is not None:
                found = tuple(some)
            await turns.others()
    else:
        entries = map(instruments.get, islice(market.con_ids(), MOST_SYMBOLS))
        found = tuple(entry for entry in entries if entry is not None)
    return [symbol_view(entry) for entry in found]


@router.get("/stations/{station}/symbols/{con_id}", responses=NOT_FOUND)
async def symbol(server: Chosen, con_id: Number) -> SymbolView:
    """Return one instrument."""
    return symbol_view(quoted(server.station, con_id))


@router.get("/stations/{station}/quotes/{con_id}", responses=NOT_FOUND)
async def quote(server: Chosen, con_id: Number) -> QuoteView:
    """Return the current market of an instrument; unknown values are null."""
    station = server.station
    entry = quoted(station, con_id)
    now, live = present(server, Farm.MARKET)
    return quote_view(station, entry, now, live=live)


def quote_view(station: Station, entry: Instrument, now: Nanos, *, live: bool) -> QuoteView:
    """Return the market of an instrument as the API shows it."""
    con_id = entry.conId
    top, day = station.market.quote(con_id, now), station.market.day(con_id, now)
    sides = (top.bid, top.ask) if entry.secType not in UNQUOTED else (0, 0)

    def price(units: PriceUnits) -> float | None:
        return price_float(units, entry.scale) if units else None

    return QuoteView(
        con_id=con_id,
        time=moment(now),
        live=live,
        bid=price(sides[0]),
        bid_size=size_decimal(top.bidSize) if sides[0] else None,
        ask=price(sides[1]),
        ask_size=size_decimal(top.askSize) if sides[1] else None,
        last=price(day.last),
        last_size=size_decimal(day.lastSize) if day.last else None,
        last_time=moment(day.lastTime) if day.lastTime else None,
        open=price(day.open),
        high=price(day.high),
        low=price(day.low),
        close=price(day.close),
        volume=size_decimal(day.volume),
        halted=day.halted,
        opens=_opens(station, con_id, EXTENDED, now),
        regular_opens=_opens(station, con_id, REGULAR, now),
        greeks=greeks_view(station, entry),
    )


def _opens(station: Station, con_id: int, reach: int, now: Nanos) -> str | None:
    """When an instrument can be traded again in so much of its day; None while it can."""
    hours = station.venue.hours
    at = hours.opens(con_id, reach, now)
    return " ".join(hours.opening(con_id, at)) if at else None


def greeks_view(station: Station, entry: Instrument) -> GreeksView | None:
    """Return the model's greeks of an option, None of anything else."""
    found = station.computations.of_model(entry)
    if found is None or found.volatility is None or found.greeks is None:
        return None
    worth = found.greeks
    return GreeksView(
        implied_volatility=found.volatility,
        value=worth.value,
        delta=worth.delta,
        gamma=worth.gamma,
        vega=worth.vega,
        theta=worth.theta,
        underlying=found.spot,
    )


@router.get("/stations/{station}/books/{con_id}", responses=NOT_FOUND)
async def book(
    server: Chosen, con_id: Number, rows: Annotated[int, Query(ge=1, le=MOST_LEVELS)] = 10
) -> LadderView:
    """Return the book of an instrument, so many levels of each side, as reqMktDepth tells it."""
    station = server.station
    entry = quoted(station, con_id)
    now, live = present(server, Farm.MARKET)
    sides: list[list[LevelView]] = [[], []]
    if OpenHours(station.market, con_id).open(now) and entry.secType not in UNQUOTED:
        found = station.market.depth(con_id, now, rows)
        sides = [
            [
                LevelView(price=price_float(one.price, entry.scale), size=size_decimal(one.size))
                for one in side
            ]
            for side in (found.bids, found.asks)
        ]
    return LadderView(con_id=con_id, time=moment(now), live=live, bids=sides[0], asks=sides[1])


@router.get("/stations/{station}/bars/{con_id}", responses=NOT_FOUND)
async def bars(
    server: Chosen,
    con_id: Number,
    seconds: Seconds = 60,
    last: Annotated[int, Query(ge=1, le=MOST_BARS)] = 300,
    after: Annotated[
        datetime | None, Query(description="Only bars that start later; UTC by default.")
    ] = None,
    what: What | None = None,
) -> list[BarView]:
    """List the latest bars, oldest first, including the unfinished one.

    To continue, request with ``after`` = the start of the last complete bar. ``what`` is the
    whatToShow of reqHistoricalData; the default is TRADES, for currency pairs MIDPOINT.
    """
    station = server.station
    entry = quoted(station, con_id)
    now, _ = present(server, Farm.HISTORY)
    chosen = what or ("MIDPOINT" if entry.secType in UNTRADED else "TRADES")
    later = None if after is None else _nanos(after) + 1
    found = await _latest(station, entry, (now, later), seconds * SECOND, (last, chosen))
    return [bar_view(bar, entry, seconds * SECOND, now) for bar in found]


async def _latest(
    station: Station,
    entry: Instrument,
    span: tuple[Nanos, Nanos | None],
    step: Nanos,
    asked: tuple[int, str],
) -> list[PriceBar]:
    """Collect bars from the latest backwards; yield to other tasks between the parts."""
    (now, later), (last, what) = span, asked
    a_day = TRADING_SECONDS.get(entry.secType, DAY // SECOND) * SECOND
    days = last * (step // DAY) if step >= DAY else last * step // a_day + 2
    start = station.market.trading_start(entry.conId, now, days)
    if later is not None:
        start = max(start, later)
    turns = Turns()
    found: list[list[PriceBar]] = []
    count = 0
    for part in reversed(list(parts(start, now, step))):
        some = part_of_bars(station.market, entry, part, now, step=step, what=what)
        found.append(some)
        count += len(some)
        if count >= last:
            break
        await turns.others()
    return [bar for some in reversed(found) for bar in some][-last:]


def bar_view(bar: PriceBar, entry: Instrument, step: Nanos, now: Nanos) -> BarView:
    """Return a bar as the API shows it."""
    return BarView(
        time=moment(bar.start),
        open=price_float(bar.open, entry.scale),
        high=price_float(bar.high, entry.scale),
        low=price_float(bar.low, entry.scale),
        close=price_float(bar.close, entry.scale),
        volume=size_decimal(bar.volume) if bar.count >= 0 else None,
        complete=_end(bar.start, step) <= now,
    )


def _end(start: Nanos, step: Nanos) -> Nanos:
    """When a bar is over. Those of weeks and months stand at their latest trading day, and end with
    the calendar's."""
    if step <= DAY:
        return start + step
    return period_start(period_start(start, step) + step + 2 * DAY, step)


def _nanos(time: datetime) -> Nanos:
    aware = time if time.tzinfo else time.replace(tzinfo=UTC)
    return (aware - _EPOCH) // timedelta(microseconds=1) * 1000
