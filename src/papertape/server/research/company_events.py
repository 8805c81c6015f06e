"""Events of companies, as Wall Street Horizon has them: ends of quarters, earnings dates, calls.

A station makes them up: a quarter ends when it ends, its earnings come some weeks later, by a hash
of the company. No other event types are offered: a dividend or a split that the station's market
does not have would contradict it. Field names and forms are those of the vendor's data dictionary.
"""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from typing import Any, Final, NamedTuple

import msgspec

from ...venue.market.noise import mix
from ...venue.reference.instruments import Instrument
from ...venue.reference.securities import Stock

QUARTERS_BACK: Final = 8
QUARTERS_AHEAD: Final = 8
"""How far events reach, as inferred ones of the vendor do."""
KNOWN_DAYS: Final = 21
"""So many days ahead an earnings date is confirmed; later ones are inferred."""
SAMPLE: Final = "Sample of a station: no company has announced this."


class EventType(NamedTuple):
    """A kind of event: its tag, name and columns."""

    tag: str
    name: str
    columns: tuple[tuple[str, str, str], ...]
    """Tag, name, type."""
    selects: str
    """The column whose date a window of dates is about."""


_QUARTER: Final = (
    ("quarter", "Quarter", "STRING"), ("fiscal_year", "Fiscal Year", "INTEGER"),
    ("quarter_end_date", "Quarter End Date", "DATE"),
)  # fmt: skip
EVENT_TYPES: Final = (
    EventType("wshe_ed", "Earnings Dates", (
        ("earnings_date", "Earnings Date", "DATE"), *_QUARTER,
        ("wshe_earnings_date_status", "Status", "STRING"), ("time_of_day", "Time of Day", "STRING"),
        ("stock_exchange", "Exchange", "STRING"), ("disclaimer", "Disclaimer", "STRING"),
    ), "earnings_date"),
    EventType("wshe_cc", "Earnings Conference Calls", (
        ("live_call_datetime", "Call", "DATETIME"), *_QUARTER[:2],
        ("disclaimer", "Disclaimer", "STRING"),
    ), "live_call_datetime"),
    EventType("wshe_qe", "Quarter End", _QUARTER, "quarter_end_date"),
)  # fmt: skip
TAGS: Final = {one.tag: one for one in EVENT_TYPES}
FILTERS_TOLD: Final = (
    ("watchlist", "Watchlist", "array"), ("country", "Country", "string"),
    ("limit", "Limit", "number"), ("limit_region", "Limit of a Region", "number"),
)  # fmt: skip


@cache
def event_metadata() -> str:
    """The answer to reqWshMetaData: event types with their columns, and filters."""
    types = [
        {
            "name": one.name,
            "tag": one.tag,
            "columns": [
                {"tag": tag, "name": name, "type": kind, "group": "", "ignored": False}
                for tag, name, kind in one.columns
            ],
        }
        for one in EVENT_TYPES
    ]
    told = [{"tag": tag, "name": name, "type": kind} for tag, name, kind in FILTERS_TOLD]
    told += [{"tag": one.tag, "name": one.name, "type": "boolean"} for one in EVENT_TYPES]
    return msgspec.json.encode({"meta_data": {"event_types": types, "filters": told}}).decode()


class Window(NamedTuple):
    """The days that events are wanted of, both ends included."""

    first: date
    last: date


def company_events(
    entry: Instrument, today: date, seed: int, window: Window | None = None, tag: str = ""
) -> list[dict[str, Any]]:
    """The events of a stock, the earliest first: of one type or of all, in a window or in the two
    years before and after ``today``; none of another contract."""
    if not isinstance(entry, Stock) or entry.stockType == "ETF":
        return []
    found = [
        _row(entry, kind, data, day)
        for kind, data, day in _events(entry, today, seed)
        if tag in ("", kind.tag) and (window is None or window.first <= day <= window.last)
    ]
    return sorted(found, key=lambda row: (row["index_date"], row["event_type"]))


def _events(
    entry: Stock, today: date, seed: int
) -> Iterator[tuple[EventType, dict[str, Any], date]]:
    this = today.year * 4 + (today.month - 1) // 3
    late = 18 + mix(seed, entry.conId, 101) % 25
    for quarter in range(this - QUARTERS_BACK, this + QUARTERS_AHEAD + 1):
        year, place = divmod(quarter, 4)
        month = 3 * place + 3
        end = date(year, month, monthrange(year, month)[1])
        told = {"quarter": f"Q{place + 1}", "fiscal_year": year, "quarter_end_date": _day(end)}
        yield TAGS["wshe_qe"], told, end
        day = end + timedelta(late + mix(seed, entry.conId, quarter, 103) % 5)
        day += timedelta(max(8 - day.isoweekday(), 0) if day.isoweekday() > 5 else 0)  # Monday
        early = mix(seed, entry.conId, 107) % 2
        known = day <= today + timedelta(KNOWN_DAYS)
        yield TAGS["wshe_ed"], {
            "earnings_date": _day(day), **told, "stock_exchange": entry.primaryExchange,
            "wshe_earnings_date_status": "CONFIRMED" if known else "INFERRED",
            "time_of_day": "BEFORE MARKET" if early else "AFTER MARKET", "disclaimer": SAMPLE,
        }, day  # fmt: skip
        if known:
            hour = "08:30:00" if early else "17:00:00"
            yield TAGS["wshe_cc"], {
                "live_call_datetime": f"{_day(day)} {hour} US/Eastern", "quarter": told["quarter"],
                "fiscal_year": year, "disclaimer": SAMPLE,
            }, day  # fmt: skip


def _row(entry: Stock, kind: EventType, data: dict[str, Any], day: date) -> dict[str, Any]:
    company = {
        "contract": entry.symbol, "contract_description": entry.longName, "isin": entry.isin,
    }  # fmt: skip
    return {
        "event_type": kind.tag,
        "event_key": f"{entry.conId}-{kind.tag}-{_day(day)}",
        "index_date": _day(day),
        "index_date_type": "INSTANT" if kind.tag == "wshe_cc" else "DATE",
        "conids": [str(entry.conId)],
        "data": {"company": company, **data},
        "source": "WSHE",
        "filterSource": "watchlist",
        "status": "",
        "tooltips": {},
    }


def _day(day: date) -> str:
    return day.strftime("%Y%m%d")
