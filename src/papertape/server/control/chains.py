"""Quotes of many instruments at once, and option chains with their quotes and greeks."""

from typing import Annotated, Final

from fastapi import APIRouter, HTTPException, Path, Query

from ...venue.reference.answers import option_parameters
from ...venue.reference.instruments import Instrument
from ...venue.reference.securities import OptionContract
from ...venue.reference.series import Series
from ...venue.reference.times import EASTERN
from ...venue.units import price_float
from ...wire.message import Farm
from ..aio.server import StationServer
from .market import Number, present, quote_view, quoted
from .stations import NOT_FOUND, PREFIX, Chosen, Turns, current, moment
from .views.market import ChainClassView, ChainRowView, ChainView, OptionQuoteView, QuoteView

router = APIRouter(prefix=PREFIX, tags=["market"])
MOST_QUOTES: Final = 100
MOST_STRIKES: Final = 60
SMART: Final = "SMART"
ConIds = Annotated[
    list[Annotated[int, Path(ge=1, le=2**31 - 1)]],
    Query(min_length=1, max_length=MOST_QUOTES, description="Contract numbers."),
]


@router.get("/stations/{station}/quotes", responses=NOT_FOUND)
async def quotes(server: Chosen, con_id: ConIds) -> list[QuoteView]:
    """List the current market of instruments, in the order asked for; those without market data
    are left out."""
    station, turns = server.station, Turns()
    now, live = present(server, Farm.MARKET)
    found: list[QuoteView] = []
    for number in dict.fromkeys(con_id):
        entry = station.venue.instruments.get(number)
        if entry is not None and number in station.market:
            found.append(quote_view(station, entry, now, live=live))
        await turns.others()
    return found


@router.get("/stations/{station}/chains/{con_id}", responses=NOT_FOUND)
async def classes(server: Chosen, con_id: Number) -> list[ChainClassView]:
    """List the classes of options on a stock, fund or index, with their expiries; none for what
    has no options, and for futures."""
    entry = quoted(server.station, con_id)
    turns, found = Turns(), dict[str, ChainClassView]()
    rows = option_parameters(server.station.venue.instruments, con_id, "", current(server))
    for row in rows or ():
        if row.exchange == SMART:
            found[row.tradingClass] = ChainClassView(
                trading_class=row.tradingClass,
                multiplier=row.multiplier,
                expirations=sorted(row.expirations),
            )
        await turns.others()
    chains = server.station.venue.instruments.chains
    known = {one.tradingClass for one in chains.classes(entry)} if chains is not None else set()
    return [one for name, one in found.items() if name in known]


@router.get("/stations/{station}/chains/{con_id}/{expiry}", responses=NOT_FOUND)
async def chain(
    server: Chosen,
    con_id: Number,
    expiry: Annotated[str, Path(pattern=r"^\d{8}$", description="As yyyymmdd.")],
    trading_class: Annotated[str, Query(max_length=40)] = "",
    strikes: Annotated[int, Query(ge=1, le=MOST_STRIKES)] = 20,
) -> ChainView:
    """Return the options of one expiry whose strikes are nearest to the market, with quotes and
    the model's greeks, by strike; 404 when there is none."""
    station = server.station
    entry = quoted(station, con_id)
    chains = station.venue.instruments.chains
    now, live = present(server, Farm.MARKET)
    spot = _spot(server, entry)
    wanted = Series(symbol=entry.symbol, tradingClass=trading_class, expiry=expiry)
    by_strike: dict[float, dict[bool, OptionContract]] = {}
    turns = Turns()
    if chains is not None:
        # A FLEX class has a strike or two: it is shown when it is asked for.
        apart = {one.tradingClass for one in chains.classes(entry) if one.region == "flex"}
        apart.discard(trading_class)
        for one in chains.options(wanted, EASTERN.day(now)):
            if one.under == con_id and one.tradingClass not in apart:
                strike = price_float(one.exercise, one.scale)
                by_strike.setdefault(strike, {})[one.call] = one
            await turns.others()
    if not by_strike:
        raise HTTPException(404, f"{entry.symbol} has no options that expire on {expiry}")
    nearest = sorted(sorted(by_strike, key=lambda strike: abs(strike - spot))[:strikes])
    rows: list[ChainRowView] = []
    for strike in nearest:
        sides = by_strike[strike]
        row = ChainRowView(strike=strike, call=None, put=None)
        for call, option in sides.items():
            view = OptionQuoteView(
                con_id=option.conId,
                local_symbol=option.localSymbol,
                quote=quote_view(station, option, now, live=live)
                if option.conId in station.market
                else None,
            )
            if call:
                row.call = view
            else:
                row.put = view
            await turns.others()
        rows.append(row)
    return ChainView(time=moment(now), underlying=spot, rows=rows)


def _spot(server: StationServer, entry: Instrument) -> float:
    """The price of the underlying: the middle of its quote, else its last price."""
    station = server.station
    now, _ = present(server, Farm.MARKET)
    top, day = station.market.quote(entry.conId, now), station.market.day(entry.conId, now)
    units = (top.bid + top.ask) / 2 if top.bid and top.ask else day.last or day.close
    return price_float(round(units), entry.scale)
