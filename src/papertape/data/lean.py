"""Files of LEAN's data folder (github.com/QuantConnect/Lean, ``Data``), known by their paths.

``CLASS/MARKET/RESOLUTION/SYMBOL/DATE_KIND.zip``, or ``CLASS/MARKET/daily/SYMBOL.zip``, holds one
CSV file without a heading; ``readme.md`` of each class tells its columns. Times are milliseconds
after the midnight of the data's zone, and dates with a time for daily bars.
"""

import re
from collections.abc import Sequence
from datetime import date
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Final

import msgspec

from ..errors import MarketDataError
from ..venue.reference.zones import Zone, zone
from ..venue.units import MINUTE, SIZE_SCALE, Nanos
from .gathered import QUOTES_ONLY, GatheredDays, yyyymmdd
from .taking import CROSSED, NO_DAY, NO_PRICE, NO_SIZE, ONE_SIDED, OUTSIDE, BadCell, Numbers
from .text_files import Progress, bad_line, csv_members, rows

_MS: Final = 1_000_000
_STOCK_PRICES: Final = 10_000
_ZONES: Final = {
    "equity": "America/New_York", "index": "America/Chicago", "option": "America/New_York",
    "indexoption": "America/New_York",
}  # fmt: skip
_SHARES: Final = frozenset({"equity", "option", "indexoption"})
"""Classes whose prices are whole numbers."""
_TYPES: Final = {
    "equity": "STK", "forex": "CASH", "cfd": "CFD", "crypto": "CRYPTO", "index": "IND",
    "future": "FUT", "option": "OPT", "indexoption": "OPT", "futureoption": "FOP",
}  # fmt: skip
SERIES: Final = frozenset({"FUT", "OPT", "FOP"})
"""Types whose files hold a CSV file for each contract."""
_DAY_FILE: Final = re.compile(
    r"(\d{8})_(trade|quote|openinterest)(_\w+)?(?:\.zip)+", re.IGNORECASE
)  # LEAN has some that end with .zip.zip
_ALL_FILE: Final = re.compile(r"([\w.-]+?)(?:_(trade|quote))?\.zip", re.IGNORECASE)
_RESOLUTIONS: Final = ("tick", "second", "minute", "hour", "daily")
_ASIDE: Final = (
    ("future", "*", "margins", "*.csv"),
    ("option", "*", "universes", "*", "*.csv"),
    ("indexoption", "*", "universes", "*", "*.csv"),
    ("alternative", "interest-rate", "*", "*.csv"),
    ("symbol-properties", "symbol-properties-*.csv"),
)
"""Ends of the paths of what tells no prices."""
_ORDINARY: Final = 0x20000000 | 0x80 | 0x40 | 0x20 | 0x1
"""Sale conditions of an ordinary print: regular, intermarket sweep, opening and closing print, each
with or without trade-through exemption. Late, averaged, derivative, next-day and form-T prints have
others."""
_EXCHANGES: Final = {
    "A": "AMEX", "B": "BEX", "C": "NYSENAT", "D": "FINRA", "I": "ISE", "J": "EDGEA",
    "K": "DRCTEDGE", "M": "CHX", "N": "NYSE", "P": "ARCA", "Q": "NASDAQ", "T": "NASDAQ",
    "W": "CBSX", "X": "PSX", "Y": "BYX", "Z": "BATS",
}  # fmt: skip
ODD_PRINTS: Final = "prints that are late, averaged, derivative, next-day, form-T or suspicious"
OTHER_QUOTES: Final = "quotes that are suspicious or not regular"
MINUTE_QUOTES: Final = "quote bars of a minute, where trade bars tell more"


class LeanFile(msgspec.Struct, frozen=True):
    """What the path of a file tells."""

    path: Path
    security_type: str
    """secType."""
    symbol: str
    resolution: str
    kind: str
    """trade or quote; for daily bars of a currency quote."""
    day: int
    """The day as ``date.toordinal`` counts; 0 for files of all days."""
    zone: str
    divisor: int
    market_class: str = ""
    member: str = ""
    """The file in the zip, of futures and options."""

    @property
    def fields(self) -> dict[str, str]:
        """What it tells of the contract."""
        told = {"secType": self.security_type}
        if self.security_type in ("CASH", "CFD", "CRYPTO"):
            told["currency"] = self.symbol[-3:]
        return told


class FactorFile(msgspec.Struct, frozen=True):
    """A file of LEAN's that tells splits and dividends, or changes of the symbol."""

    path: Path
    symbol: str
    map: bool


def _ends_with(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    """Whether a path ends with names of that pattern."""
    ends = parts[-len(pattern) :]
    return len(ends) == len(pattern) and all(map(fnmatchcase, ends, pattern))


def recognised(path: Path) -> LeanFile | FactorFile | str | None:
    """What a path of LEAN's data folder is, the reason why it is not read, or None."""
    parts = [part.lower() for part in path.parts]
    if len(parts) >= 2 and parts[-2] in ("factor_files", "map_files") and path.suffix == ".csv":
        return FactorFile(path, path.stem.upper(), parts[-2] == "map_files")
    if any(_ends_with(parts, pattern) for pattern in _ASIDE):
        return "a table of LEAN's that tells no prices"
    dated, whole = _DAY_FILE.fullmatch(parts[-1]), _ALL_FILE.fullmatch(parts[-1])
    if dated is not None and len(parts) >= 5 and parts[-3] in _RESOLUTIONS:
        market_class, resolution, symbol = parts[-5], parts[-3], parts[-2]
    elif dated is not None and len(parts) >= 6 and parts[-4] in _RESOLUTIONS:
        # Options on a future stand in a folder of its month.
        market_class, resolution, symbol = parts[-6], parts[-4], parts[-3]
        if market_class != "futureoption":
            return None
    elif whole is not None and len(parts) >= 4 and parts[-2] in _RESOLUTIONS:
        market_class, resolution, symbol = parts[-4], parts[-2], whole[1]
    else:
        return None
    if market_class not in _TYPES:
        return None
    if resolution == "hour":
        return "bars of an hour have no place: a market folder has minutes and days"
    kind = (dated[2] if dated else whole[2] if whole else None) or ""
    if kind == "openinterest":
        return "open interest has no place in a market folder"
    security_type = _TYPES[market_class]
    if security_type in SERIES and dated is None:
        return "files of all days of futures and options are not read"
    day = 0
    if dated is not None:
        try:
            day = date.fromisoformat(dated[1]).toordinal()
        except ValueError:
            return f"{dated[1]} is no date"
    return LeanFile(
        path, security_type, symbol.upper(), resolution,
        kind or ("quote" if security_type in QUOTES_ONLY else "trade"),
        day, _ZONES.get(market_class, "UTC"),
        _STOCK_PRICES if market_class in _SHARES else 1, market_class,
    )  # fmt: skip


def read_lean(file: LeanFile, days: GatheredDays, progress: Progress) -> int:
    """Put the rows of a file into the days of its instrument; how many there were.

    Raises ``MarketDataError`` with line and column.
    """
    members = (file.member,) if file.member else csv_members(file.path)
    if len(members) != 1:
        problem = f"holds {len(members)} CSV files instead of one"
        raise MarketDataError(problem, path=file.path, advice="Take it out of the import")
    reader = _Reader(file, days)
    count = 0
    for line, cells in rows(file.path, members[0], progress):
        count += 1
        try:
            reader.take(cells)
        except BadCell as error:
            raise bad_line(file.path, line, error.place + 1, str(error)) from error
    return count


class _Reader:
    def __init__(self, file: LeanFile, days: GatheredDays) -> None:
        self._file, self._days = file, days
        self._numbers = Numbers(days, file.divisor)
        self._zone: Zone = zone(file.zone)
        self._at = lru_cache(2048)(self._minute)
        self._length = days.measures.length
        self._begin = days.measures.begin(file.day) if file.day else None
        self._date = yyyymmdd(file.day) if file.day else 0
        self._side: dict[bool, tuple[int, int]] = {}
        shape = (file.resolution in ("tick",), file.kind)
        self._least, self.take = {
            (True, "trade"): (2, self._trade),
            (True, "quote"): (3, self._quote),
            (False, "trade"): (6, self._bar),
            (False, "quote"): (11, self._quote_bar),
        }[shape]

    def _minute(self, minute: int) -> Nanos:
        """The instant of a minute after the day's midnight."""
        return self._zone.instant(self._file.day, minute)

    def _time(self, cells: list[str]) -> Nanos | None:
        """The time of a row since its day's beginning; None on a day without trading."""
        if len(cells) < self._least:
            raise BadCell(len(cells) - 1, f"{len(cells)} cells instead of {self._least} or more")
        text = cells[0].strip()
        if not (text.isascii() and text.isdigit() and len(text) < 9 and int(text) <= 90_000_000):
            raise BadCell(0, f"{text[:40]!r} is no time in milliseconds after midnight")
        if self._begin is None:
            self._days.left_out[NO_DAY] += 1
            return None
        minute, rest = divmod(int(text), 60_000)
        return self._at(minute) + rest * _MS - self._begin

    def _inside(self, cells: list[str]) -> Nanos | None:
        time = self._time(cells)
        if time is not None and not 0 <= time < self._length:
            self._days.left_out[OUTSIDE] += 1
            return None
        return time

    def _cell(self, cells: list[str], place: int, what: str) -> int:
        """A price in price steps of the contract, a ``unit`` price, or a size; 0 for a blank."""
        try:
            return getattr(self._numbers, what)(cells[place]) or 0
        except ValueError as error:
            raise BadCell(place, str(error)) from None

    def _trade(self, cells: list[str]) -> None:
        time = self._inside(cells)
        if time is None:
            return
        if len(cells) > 5 and not self._ordinary(cells):
            self._days.left_out[ODD_PRINTS] += 1
            return
        price = self._cell(cells, 1, "unit")
        size = self._cell(cells, 2, "size") if len(cells) > 2 else 100 * SIZE_SCALE
        if not price or not size:
            self._days.left_out[NO_SIZE if price else NO_PRICE] += 1
            return
        letter = cells[3].strip() if len(cells) > 3 else ""
        try:
            self._days.trade(self._date, time, price, size, _EXCHANGES.get(letter, letter))
        except ValueError as error:
            raise BadCell(3, str(error)) from None

    def _ordinary(self, cells: list[str]) -> bool:
        flags = cells[4].strip()
        try:
            return cells[5].strip() == "0" and not int(flags or "0", 16) & ~_ORDINARY
        except ValueError:
            raise BadCell(4, f"{flags[:40]!r} are no sale conditions") from None

    def _quote(self, cells: list[str]) -> None:
        time = self._time(cells)
        if time is None:
            return
        if time >= self._length:
            self._days.left_out[OUTSIDE] += 1
            return
        if len(cells) == 3:  # a currency
            usual = 1_000_000 * SIZE_SCALE
            self._days.notes["sizes are not told: 1,000,000 a side"] = None
            bid, ask = self._cell(cells, 1, "bid"), self._cell(cells, 2, "ask")
            self._add_quote(time, bid, usual, ask, usual)
            return
        if len(cells) < 5:
            raise BadCell(len(cells) - 1, f"{len(cells)} cells instead of 5 or more")
        if len(cells) > 7 and (cells[7].strip() != "0" or cells[6].strip() != "1"):
            self._days.left_out[OTHER_QUOTES] += 1
            return
        # A row tells one side, the other is 0 and stays what it was.
        for is_ask, place, rounding in ((False, 1, "bid"), (True, 3, "ask")):
            price = self._cell(cells, place, rounding)
            if price:
                self._side[is_ask] = price, self._cell(cells, place + 1, "size")
        if len(self._side) == 2:
            self._add_quote(time, *self._side[False], *self._side[True])

    def _add_quote(self, time: Nanos, bid: int, bid_size: int, ask: int, ask_size: int) -> None:
        if not bid or not ask or not bid_size or not ask_size:
            self._days.left_out[ONE_SIDED] += 1
        elif bid > ask:
            self._days.left_out[CROSSED] += 1
        else:
            self._days.quote(self._date, (max(time, 0), bid, bid_size, ask, ask_size))

    def _bar(self, cells: list[str]) -> None:
        self._place_bar(cells, (1, 2, 3, 4), self._volume(cells, 5))

    def _volume(self, cells: list[str], place: int) -> int:
        return self._cell(cells, place, "size") if len(cells) > place else 0

    def _place_bar(self, cells: list[str], places: tuple[int, ...], volume: int) -> None:
        when, time = self._date, None
        if self._file.resolution == "daily":
            when = self._daily_date(cells)
            if not when:
                return
        else:
            time = self._inside(cells)
            if time is None:
                return
        prices = [self._cell(cells, place, "step") for place in places]
        if not all(prices):
            self._days.left_out[NO_PRICE] += 1
            return
        opened, high, low, close = prices
        if not low <= min(opened, close) <= max(opened, close) <= high:
            raise BadCell(places[1], f"not a bar: {','.join(cells[p] for p in places)[:80]}")
        row = (opened, high, low, close, volume)
        if time is None:
            self._days.day(when, row)
        else:
            self._days.minute(when, time // MINUTE, row, joined=bool(time % MINUTE))

    def _daily_date(self, cells: list[str]) -> int:
        if len(cells) < self._least:
            raise BadCell(len(cells) - 1, f"{len(cells)} cells instead of {self._least} or more")
        try:
            day = date.fromisoformat(cells[0].strip()[:8]).toordinal()
        except ValueError:
            raise BadCell(0, f"{cells[0][:40]!r} is no date") from None
        if self._days.measures.calendar.on(day) is None:
            self._days.left_out[NO_DAY] += 1
            return 0
        return yyyymmdd(day)

    def _quote_bar(self, cells: list[str]) -> None:
        quotes_only = self._days.measures.instrument.secType in QUOTES_ONLY
        span = {"second": 999, "minute": 59_999}.get(self._file.resolution, 0)
        if span and not quotes_only and (span == 999 or self._file.security_type in SERIES):
            time = self._inside(cells)
            if time is None:
                return
            self._days.notes["a quote bar is two quotes, its first and its last"] = None
            sizes = self._cell(cells, 5, "size"), self._cell(cells, 10, "size")
            last = min(time + span * _MS, self._length - 1)
            for at, bid, ask in ((time, 1, 6), (last, 4, 9)):
                prices = self._cell(cells, bid, "bid"), self._cell(cells, ask, "ask")
                self._add_quote(at, prices[0], sizes[0], prices[1], sizes[1])
        elif quotes_only:
            self._days.notes["bars are those of the bid"] = None
            if len(cells) < self._least:
                raise BadCell(len(cells) - 1, f"{len(cells)} cells instead of {self._least}")
            self._place_bar(cells, (1, 2, 3, 4), 0)
        else:
            self._days.left_out[MINUTE_QUOTES] += 1
