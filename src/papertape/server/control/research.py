"""Scanners and news, as clients get them from the same services."""

from typing import Annotated, Final

from fastapi import APIRouter, HTTPException, Path, Query

from ...codes import text
from ...wire.message import Farm
from ..research.scans import LOCATIONS, MOST_ROWS, SCANNERS, Limit, Scan
from .market import symbol_view
from .stations import CONFLICT, NOT_FOUND, PREFIX, Chosen, Turns, current, moment
from .views.market import SymbolView
from .views.research import (
    ArticleView,
    HeadlineView,
    NewsProviderView,
    ScannerChoicesView,
    ScannerPlaceView,
    ScannerView,
)

router = APIRouter(prefix=PREFIX, tags=["research"])
MOST_HEADLINES: Final = 300
Bound = Annotated[float | None, Query(ge=0, le=1e12, allow_inf_nan=False)]


@router.get("/stations/{station}/scanners", responses=NOT_FOUND)
async def scanners(server: Chosen) -> ScannerChoicesView:
    """List the scan codes and the places that there are, as reqScannerParameters does."""
    return ScannerChoicesView(
        codes=[ScannerView(code=code, title=one.name) for code, one in SCANNERS.items()],
        locations=[
            ScannerPlaceView(code=code, title=one.name, instrument=one.instrument)
            for code, one in LOCATIONS.items()
        ],
    )


@router.get("/stations/{station}/scans", responses=CONFLICT)
async def scan(
    server: Chosen,
    code: Annotated[str, Query(max_length=40)] = "TOP_PERC_GAIN",
    location: Annotated[str, Query(max_length=40)] = "STK.US.MAJOR",
    rows: Annotated[int, Query(ge=1, le=MOST_ROWS)] = 25,
    price_above: Bound = None,
    price_below: Bound = None,
    volume_above: Bound = None,
) -> list[SymbolView]:
    """Return the stocks of a place, ranked at the last whole minute, the best first; 404 for a code
    or a place that there is not, 409 for a user without scanners or a broken farm."""
    station = server.station
    if not station.settings.has_service("scanners"):
        raise HTTPException(409, f"490: {text(490, detail='')}")
    if not station.farms.flows(Farm.HISTORY):
        raise HTTPException(409, f"165: {text(165, 'disconnected')}")
    for name, known in ((code, SCANNERS), (location, LOCATIONS)):
        if name not in known:
            raise HTTPException(404, f"there is no {name!r}")
    given = (
        ("priceAbove", price_above), ("priceBelow", price_below), ("volumeAbove", volume_above),
    )  # fmt: skip
    limits = tuple(Limit(name, value) for name, value in given if value is not None)
    wanted = Scan(code, (location,), rows, (), limits)
    turns = Turns()
    for found in station.scanners.ranked(wanted, current(server)):
        if found is not None:
            entries = (station.venue.instruments.get(row.contract.conId or 0) for row in found)
            return [symbol_view(entry) for entry in entries if entry is not None]
        await turns.others()
    return []


@router.get("/stations/{station}/news-providers", responses=NOT_FOUND)
async def providers(server: Chosen) -> list[NewsProviderView]:
    """List the sources of news; none for a user without news."""
    found = server.station.news.providers
    return [NewsProviderView(code=code, name=name) for code, name in found.items()]


@router.get("/stations/{station}/news", responses=NOT_FOUND)
async def headlines(
    server: Chosen,
    con_id: Annotated[int, Query(ge=1, le=2**31 - 1)],
    provider: Annotated[list[str], Query(max_length=32)] = [],  # noqa: B006 (copied)
    last: Annotated[int, Query(ge=1, le=MOST_HEADLINES)] = 50,
) -> list[HeadlineView]:
    """List the latest headlines about an instrument, the latest first; ``?provider=`` selects
    sources and may be repeated."""
    station = server.station
    entry = station.venue.instruments.get(con_id)
    if entry is None:
        raise HTTPException(404, f"there is no contract {con_id}")
    known = station.news.providers
    wanted = frozenset(provider) & known.keys() if provider else frozenset(known)
    found: list[HeadlineView] = []
    turns = Turns()
    for one in station.news.past(entry, current(server), 0, wanted) if wanted else ():
        if one is not None:
            found.append(
                HeadlineView(
                    time=moment(one.time),
                    provider=one.provider,
                    article_id=one.id,
                    headline=one.headline,
                )
            )
        if len(found) == last:
            break
        await turns.others()
    return found


@router.get("/stations/{station}/news/{provider}/{article_id}", responses=NOT_FOUND)
async def article(
    server: Chosen,
    provider: Annotated[str, Path(max_length=40)],
    article_id: Annotated[str, Path(max_length=100)],
) -> ArticleView:
    """Return an article that has appeared: text or HTML; 404 for one that there is not."""
    news = server.station.news
    found = (
        news.article(provider, article_id, current(server)) if provider in news.providers else None
    )
    if found is None:
        raise HTTPException(404, f"10172: {text(10172)}")
    return ArticleView(time=moment(found.time), headline=found.headline, text=found.text)
