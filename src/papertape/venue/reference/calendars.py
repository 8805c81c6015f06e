"""The trading days of exchanges, and the hours of each: frozen, the same on every machine.

A trading day has a regular session and more around it: a pre-market before, a post-market after.
Holidays and half days come from ``exchange_calendars`` by way of ``calendar_table``; the hours
before and after the regular session are facts of the contract details of a real gateway and of
the market-hours tables of LEAN, typed anew here. Where both are silent the choice is ours:
a half day's post-market ends four hours after its close, as on others (NYSE, Nasdaq: 17:00);
currencies know no holidays; exchanges outside of the United States have regular hours only, but
for futures whose night session is known. A pause parts a day: the lunch of Tokyo and Hong Kong,
the grains' morning, the minutes around the night session of index options and of Asian futures.

A day is named by its number as ``date.toordinal`` counts; a session of currencies and its like
begins on the evening before its day.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache
from typing import Final

import msgspec

from ..units import MINUTE, Nanos
from .calendar_table import HALF_DAYS, HOLIDAYS
from .securities import Instrument
from .zones import Zone, zone

_KEPT: Final = 1024
"""Sessions that are remembered; a tape asks about a few again and again."""
_WEEK, _WORKDAYS = 7, 5
_DAY = 1440
_MONDAY: Final = 1
"""The first day of all was a Monday."""


class Hours(msgspec.Struct, frozen=True):
    """The hours of an exchange in minutes after the midnight of the trading day."""

    holidays: str
    """Its calendar in the table; "" trades on every weekday."""
    clock: str
    """The zone of its wall clock."""
    zone_id: str
    """What contract details call that zone."""
    opens: int
    begins: int
    closes: int
    ends: int
    night: tuple[int, int] | None = None
    """The overnight session before the day."""
    everyday: bool = False
    """Saturdays and Sundays are trading days as well."""
    ahead: int = 0
    """Minutes from the half days' closing time in its calendar to its own, on its clock."""
    pauses: tuple[tuple[int, int], ...] = ()
    """Parts of the day without trading, in order."""

    def traded(self, begins: int, ends: int) -> int:
        """The minutes of trading of that part of the day."""
        return sum(end - begin for begin, end in without(self.pauses, begins, ends))


def without(pauses: Iterable[tuple[int, int]], begins: int, ends: int) -> Iterator[tuple[int, int]]:
    """What is left of a span without its pauses."""
    for pause, over in pauses:
        if pause >= ends:
            break
        if begins < pause:
            yield begins, pause
        begins = max(begins, over)
    if begins < ends:
        yield begins, ends


def _plain(
    holidays: str,
    clock: str,
    zone_id: str,
    begins: int,
    closes: int,
    *pauses: tuple[int, int],
    ahead: int = 0,
) -> Hours:
    """An exchange with regular hours only."""
    return Hours(
        holidays, clock, zone_id, begins, begins, closes, closes, ahead=ahead, pauses=pauses
    )


_NEW_YORK: Final = ("America/New_York", "US/Eastern")
_CHICAGO: Final = ("America/Chicago", "US/Central")
_MET: Final = ("Europe/Zurich", "MET")
_TOKYO: Final = ("Asia/Tokyo", "Japan")
_HONG_KONG: Final = ("Asia/Hong_Kong", "Hongkong")
_LUNCH: Final = (720, 780)

EXCHANGES: Final = {
    "US": Hours(
        "XNYS", "America/New_York", "US/Eastern", 4 * 60, 9 * 60 + 30, 16 * 60, 20 * 60,
        night=(-4 * 60, 3 * 60 + 50),
    ),
    "IDEALPRO": Hours(
        "", "America/New_York", "US/Eastern", -405, -405, 17 * 60, 17 * 60
    ),
    "MEXI": Hours("XMEX", "America/Mexico_City", "America/Mexico_City", 510, 510, 900, 900),
    "EBS": Hours("XSWX", "Europe/Zurich", "MET", 540, 540, 1050, 1050),
    "TSE": Hours("XTSE", "America/Toronto", "US/Eastern", 570, 570, 960, 960),
    "US_OPTIONS": _plain("XNYS", *_NEW_YORK, 570, 960),
    "US_FUND_OPTIONS": _plain("XNYS", *_NEW_YORK, 570, 975, ahead=15),
    "INDEX_OPTIONS": _plain("XNYS", *_CHICAGO, 510, 915, ahead=-45),
    "NIGHT_OPTIONS": Hours(
        "XNYS", *_CHICAGO, -285, 510, 915, 915, ahead=-45, pauses=((505, 510),)
    ),
    "US_INDEX": _plain("XNYS", *_CHICAGO, 510, 900, ahead=-60),
    "US_FUND": _plain("XNYS", *_NEW_YORK, 570, 960),
    "BONDS": Hours("XNYS", *_NEW_YORK, -240, -240, 1020, 1020),
    "CME": Hours("CMES", *_CHICAGO, -420, 510, 960, 960),
    "GRAINS": Hours("CMES", *_CHICAGO, -300, 510, 800, 800, pauses=((465, 510),)),
    "LIVESTOCK": _plain("CMES", *_CHICAGO, 510, 785),
    "NYMEX": Hours("CMES", *_NEW_YORK, -360, 570, 1020, 1020, ahead=60),
    "CFE": Hours("CMES", *_CHICAGO, -420, 510, 900, 960),
    "NYBOT": Hours("CMES", *_NEW_YORK, 240, 240, 840, 840, ahead=60),
    "EUREX": Hours("XETR", *_MET, 70, 480, 1320, 1320),
    "OSE.JPN": Hours("XTKS", *_TOKYO, 525, 525, 945, 1800, pauses=((945, 1020),)),
    "HKFE": Hours(
        "XHKG", *_HONG_KONG, 555, 555, 990, 1620, ahead=30, pauses=(_LUNCH, (990, 1035))
    ),
    "KSE": _plain("XKRX", *_TOKYO, 540, 930),
    "KSE_FUTURES": Hours("XKRX", *_TOKYO, 525, 525, 945, 1800, pauses=((945, 1080),)),
    "IBIS": _plain("XETR", *_MET, 540, 1050),
    "SBF": _plain("XPAR", *_MET, 540, 1050),
    "AEB": _plain("XAMS", *_MET, 540, 1050),
    "ENEXT.BE": _plain("XBRU", *_MET, 540, 1050),
    "BVME": _plain("XMIL", *_MET, 540, 1050),
    "BM": _plain("XMAD", *_MET, 540, 1050),
    "SFB": _plain("XSTO", *_MET, 540, 1050),
    "CPH": _plain("XCSE", *_MET, 540, 1020),
    "OSL": _plain("XOSL", *_MET, 540, 980),
    "HEX": _plain("XHEL", "Europe/Helsinki", "Europe/Helsinki", 600, 1110),
    "LSE": _plain("XLON", "Europe/London", "GB-Eire", 480, 990),
    "ASX": _plain("XASX", "Australia/Sydney", "Australia/NSW", 600, 960),
    "TSEJ": _plain("XTKS", *_TOKYO, 540, 930, (690, 750)),
    "SEHK": _plain("XHKG", *_HONG_KONG, 570, 970, _LUNCH),
    "CRYPTO": Hours("", "UTC", "UTC", 0, 0, 1440, 1440, everyday=True),
}  # fmt: skip
"""By group of exchanges. IDEALPRO opens at 17:15 on the evening before, the futures exchanges of
Chicago at 17:00, of New York at 18:00. The night session of Asian futures follows the day that
they belong to."""
SAME_HOURS: Final = {"IBIS2": "IBIS", "FWB": "IBIS", "GETTEX": "IBIS", "LSEETF": "LSE"}
"""Exchanges that keep the hours of another group."""


class TradingDay(msgspec.Struct, frozen=True):
    """One trading day: its parts as instants, each up to the next and without its end."""

    day: int
    opens: Nanos
    """The pre-market; where there is none, the regular session."""
    begins: Nanos
    closes: Nanos
    ends: Nanos
    """The end of the post-market, or of the regular session."""
    night: tuple[Nanos, Nanos] | None = None
    """The overnight session before it."""
    pauses: tuple[tuple[Nanos, Nanos], ...] = ()

    def parts(self, begins: Nanos, ends: Nanos) -> tuple[tuple[Nanos, Nanos], ...]:
        """The times of trading in a span of it."""
        return tuple(without(self.pauses, begins, ends))

    @property
    def date(self) -> str:
        """``yyyymmdd``."""
        return date.fromordinal(self.day).strftime("%Y%m%d")


class Calendar:
    """The trading days of one group of exchanges, numbered without holes; look-ups take O(log n).

    Outside of the years of the table every weekday is a trading day of the usual hours.
    """

    def __init__(self, hours: Hours) -> None:
        self.hours = hours
        self.zone: Zone = zone(hours.clock)
        table = hours.holidays
        self._holidays = [day for day, _ in _days(HOLIDAYS[table])] if table else []
        half = _days(HALF_DAYS[table]) if table else []
        self._half = {day: closes + hours.ahead for day, closes in half}
        self.session = lru_cache(_KEPT)(self._session)

    @property
    def regular(self) -> Nanos:
        """The usual length of the regular session, its pauses included."""
        return (self.hours.closes - self.hours.begins) * MINUTE

    def number(self, day: int) -> int:
        """The number of the first trading day that is not before that day."""
        if self.hours.everyday:
            return day
        weeks, rest = divmod(day - _MONDAY, _WEEK)
        weekdays = weeks * _WORKDAYS + min(rest, _WORKDAYS)
        return weekdays - bisect_left(self._holidays, day)

    def day(self, number: int) -> int:
        """The date of a trading day."""
        if self.hours.everyday:
            return number
        low = _weekday(number)
        high = _weekday(number + len(self._holidays))
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if self.number(middle) <= number else (low, middle - 1)
        return low

    def on(self, day: int) -> TradingDay | None:
        """The session of a date; None when it has none."""
        number = self.number(day)
        return self.session(number) if self.number(day + 1) > number else None

    def current(self, now: Nanos) -> int:
        """The number of the first trading day that has not ended at ``now``."""
        number = self.number(self.zone.day(now))
        if self.hours.ends > _DAY and self.session(number - 1).ends > now:
            return number - 1
        return number + 1 if self.session(number).ends <= now else number

    def _session(self, number: int) -> TradingDay:
        """The trading day of that number."""
        hours, day = self.hours, self.day(number)
        closes = self._half.get(day, hours.closes)
        ends = hours.ends - (hours.closes - closes)
        kept = hours.pauses
        if closes < hours.closes:
            kept = tuple(pause for pause in kept if pause[1] <= closes)
            if len(kept) < len(hours.pauses):  # what would have followed is left out
                ends = closes
        at = self.zone.instant
        night = hours.night and (at(day, hours.night[0]), at(day, hours.night[1]))
        pauses = tuple((at(day, begins), at(day, over)) for begins, over in kept)
        return TradingDay(
            day, at(day, hours.opens), at(day, hours.begins), at(day, closes), at(day, ends),
            night, pauses,
        )  # fmt: skip


@lru_cache(len(EXCHANGES))
def calendar(group: str) -> Calendar:
    """The calendar of a group of exchanges. Raises ``KeyError``."""
    return Calendar(EXCHANGES[group])


def calendar_of(instrument: Instrument) -> Calendar:
    """The calendar by which an instrument trades: its own, or that of its primary exchange."""
    return calendar(hours_of(instrument))


def hours_of(instrument: Instrument) -> str:
    """The group of exchanges by whose calendar an instrument trades."""
    if instrument.hours:
        return instrument.hours
    if instrument.secType == "CASH":
        return "IDEALPRO"
    group = SAME_HOURS.get(instrument.primaryExchange, instrument.primaryExchange)
    return group if group in EXCHANGES else "US"


def _weekday(number: int) -> int:
    """The date of the weekday with that number."""
    weeks, rest = divmod(number, _WORKDAYS)
    return weeks * _WEEK + rest + _MONDAY


def _days(text: str) -> list[tuple[int, int]]:
    """The days of a table in order, with the minutes after midnight that they have."""
    found: list[tuple[int, int]] = []
    for line in text.split("\n"):
        year, *words = line.split() or [""]
        for word in words:
            stamp, _, clock = word.partition("=")
            day = date(int(year), int(stamp[:2]), int(stamp[2:])).toordinal()
            found.append((day, int(clock or 0) // 100 * 60 + int(clock or 0) % 100))
    return found
