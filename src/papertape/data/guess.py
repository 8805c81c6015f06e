"""Which column of a table is what: guessed from its heading, or said by whoever imports it."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

FIELDS: Final = (
    "time", "date", "open", "high", "low", "close", "volume", "price", "size", "exchange",
    "bid", "bidSize", "ask", "askSize", "symbol",
)  # fmt: skip
"""What a column may be."""
_HEADINGS: Final[dict[str, tuple[str, ...]]] = {
    "time": (
        "time", "timestamp", "datetime", "datetimeutc", "ts", "tsevent", "tsrecv", "opentime",
        "localtime", "gmttime", "tradetime", "quotetime", "timeutc", "unix", "unixtime",
    ),
    "date": ("date", "day", "tradingday", "tradedate"),
    "open": ("open", "o", "openprice", "opening"),
    "high": ("high", "h", "highprice", "max"),
    "low": ("low", "l", "lowprice", "min"),
    "close": ("close", "c", "closeprice", "closelast"),
    "volume": ("volume", "v", "vol", "tickvol", "totalvolume"),
    "price": ("price", "last", "lastprice", "tradeprice", "px", "p"),
    "size": ("size", "qty", "quantity", "amount", "lastsize", "shares", "tradesize", "s"),
    "exchange": ("exchange", "ex", "venue", "exch"),
    "bid": ("bid", "bidprice", "bidpx", "bidpx00", "bp", "bestbid", "bestbidprice"),
    "bidSize": ("bidsize", "bidqty", "bidvolume", "bidsz", "bidsz00", "bs", "bestbidqty"),
    "ask": ("ask", "askprice", "askpx", "askpx00", "ap", "offer", "bestask", "bestaskprice"),
    "askSize": ("asksize", "askqty", "askvolume", "asksz", "asksz00", "as", "offersize",
                "bestaskqty"),
    "symbol": ("symbol", "ticker", "instrument", "sym"),
}  # fmt: skip
_BARS: Final = ("open", "high", "low", "close")
_SHOWN: Final = 40


class Mapped(msgspec.Struct, frozen=True):
    """Which column is what."""

    places: dict[str, int]
    """Field -> place of its column, 0 the first."""
    headings: tuple[str, ...]
    unread: tuple[str, ...]
    """Headings of columns that are nothing of ``FIELDS``."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """What a row tells: "bars", "trades", "quotes"."""
        has = self.places.keys()
        kinds = []
        if has >= set(_BARS):
            return ("bars",)
        if has >= {"bid", "ask"}:
            kinds.append("quotes")
        if "price" in has:
            kinds.append("trades")
        return tuple(kinds)

    def __str__(self) -> str:
        pairs = sorted(self.places.items(), key=lambda pair: pair[1])
        told = ", ".join(
            field if self.headings[place] == field else f"{field} = {self.headings[place]!r}"
            for field, place in pairs
        )
        return told + (f"; not read: {', '.join(self.unread)}" if self.unread else "")


class NoGuess(ValueError):
    """Columns that do not make trades, quotes or bars; the words say what is missing."""


def mapped(headings: Sequence[str], said: Mapping[str, str]) -> Mapped:
    """Which column is what. ``said`` names a column, or its number from 1, for a field.

    Raises ``NoGuess``.
    """
    places = {field: _place(headings, field, name) for field, name in said.items()}
    taken = set(places.values())
    for field, known in _HEADINGS.items():
        if field in places:
            continue
        for place, heading in enumerate(headings):
            if place not in taken and _plain(heading) in known:
                places[field] = place
                taken.add(place)
                break
    timeless = not places.keys() & {"time", "date"}
    if timeless and headings and 0 not in taken and _plain(headings[0]) in _INDEX:
        places["time"] = 0
        taken.add(0)
    unread = tuple(h for place, h in enumerate(headings) if place not in taken)
    found = Mapped(places, tuple(headings), unread)
    _check(found)
    return found


_INDEX: Final = ("", "index", "unnamed0")
"""Headings of the index of a DataFrame."""


def _plain(heading: str) -> str:
    """A heading as it is compared: ``1. open``, ``<OPEN>`` and ``Open`` are one."""
    return re.sub(r"[^a-z0-9]", "", re.sub(r"^\s*\d+\.", "", heading.lower()))


def _place(headings: Sequence[str], field: str, name: str) -> int:
    if field not in FIELDS:
        raise NoGuess(f"there is no field {field!r}; there are: {', '.join(FIELDS)}")
    for place, heading in enumerate(headings):
        if heading.strip() == name.strip():
            return place
    if name.isascii() and name.isdigit() and len(name) < 5 and 0 < int(name) <= len(headings):
        return int(name) - 1
    raise NoGuess(f"{field} is to be {name!r}, and the columns are {_listed(headings)}")


def _check(found: Mapped) -> None:
    told = _listed(found.headings)
    if not found.places.keys() & {"time", "date"}:
        raise NoGuess(f"no column is a time or a date; the columns are {told}")
    if not found.kinds:
        some = [field for field in _BARS if field not in found.places]
        lacks = f"; bars lack {', '.join(some)}" if len(some) < len(_BARS) else ""
        raise NoGuess(
            "the columns make neither bars (open, high, low, close), trades (price) nor quotes "
            f"(bid, ask){lacks}; they are {told}"
        )
    seen: dict[int, str] = {}
    for field, place in found.places.items():
        if place in seen:
            raise NoGuess(f"{seen[place]} and {field} are both column {place + 1}")
        seen[place] = field


def _listed(headings: Sequence[str]) -> str:
    some = ", ".join(repr(heading[:_SHOWN]) for heading in headings[:_SHOWN])
    return some + (" and more" if len(headings) > _SHOWN else "")
