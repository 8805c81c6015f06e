"""Which options there are on what: classes by underlying, and the rules that each goes by.

A class lists contracts and recognises them, by their terms and by their number. Options on futures
are classes of a root; the trading class of one of them depends on the day on which it ends.
"""

from collections.abc import Iterator
from functools import cache
from typing import Final

import msgspec

from . import expiries, numbers
from .calendars import Calendar, calendar
from .expiries import Cycle, Rule
from .roots import roots
from .strikes import BROAD, COARSE, FUND, LARGE, SMALL, STOCK, VOLATILITY, StrikeGrid

STOCK_VENUES: Final = (
    "SMART", "AMEX", "CBOE", "PHLX", "PSE", "ISE", "BOX", "BATS", "NASDAQOM", "CBOE2", "NASDAQBX",
    "MIAX", "GEMINI", "EDGX", "MERCURY", "PEARL", "EMERALD", "MEMX", "IBUSOPT", "SAPPHIRE",
)  # fmt: skip
"""As captured of AAPL options, April 2026."""
INDEX_VENUES: Final = ("SMART", "CBOE", "IBUSOPT")
NASDAQ_INDEX_VENUES: Final = ("SMART", "PHLX", "ISE", "GEMINI", "IBUSOPT")
NEAR, FAR = 15, 75
"""Percent around the reference price within which a class lists every strike, every fifth one."""


class OptionClass(msgspec.Struct, frozen=True):
    """The options of one trading class on a stock, a fund or an index."""

    tradingClass: str
    root: str
    """What the OCC symbol begins with."""
    region: str
    slot: int
    cycle: Cycle
    grid: StrikeGrid
    exchanges: tuple[str, ...]
    hours: str
    tick: int
    market_rule: int
    smart_rule: int
    settles: int = 0
    """Days from the last trade to the day in the OCC symbol."""
    american: bool = True
    cash: bool = False

    def expiries(self, today: int) -> tuple[int, ...]:
        """The last days of trading that are listed on a day."""
        found = self.cycle.listed(today)
        return tuple(day for day in found if self.number(day, 0, call=True) is not None)

    def ladder(self, reference: int, day: int) -> Iterator[int]:
        """The numbers of the strikes listed for an expiry."""
        return self.grid.ladder(reference, *self._width(day))

    def lists(self, rung: int, reference: int, day: int) -> bool:
        """Whether an expiry has a strike, by its number."""
        return self.grid.listed(rung, reference, *self._width(day))

    def _width(self, day: int) -> tuple[int, int]:
        """Percent around the reference: narrower for what is not an expiry of a month."""
        if self.region in ("monthly", "flex"):
            return FAR, FAR
        monthly = day == self.cycle.monthly(expiries.month_of(day))
        return (NEAR, FAR) if monthly else (NEAR, 2 * NEAR)

    def number(self, day: int, rung: int, *, call: bool) -> int | None:
        """The conId of a contract; None past the years that have numbers."""
        if self.region == "dense":
            return numbers.dense(self.slot, day, rung, call)
        if self.region == "weekly":
            return numbers.weekly(self.slot, day, rung, call)
        if self.region == "flex":
            return None if rung else numbers.flex(self.slot, expiries.month_of(day), call)
        return numbers.monthly(self.slot, expiries.month_of(day), rung, call)


def decoded(con_id: int) -> tuple[str, int, int, int, bool] | None:
    """(region, slot, day or week or month, rung, call) of a number of an option; None of another.

    Of a weekly class the day is the Friday of the week, of a monthly and a FLEX one the third
    Friday.
    """
    if numbers.DENSE_FROM <= con_id < numbers.WEEKLY_FROM:
        slot, rest = divmod(con_id - numbers.DENSE_FROM, 1 << 24)
        weeks, weekday = divmod(rest >> 12, 5)
        day = numbers.DENSE_EPOCH + weeks * 7 + weekday
        return "dense", slot, day, rest >> 1 & 2047, bool(rest & 1)
    if numbers.WEEKLY_FROM <= con_id < numbers.MONTHLY_FROM:
        slot, rest = divmod(con_id - numbers.WEEKLY_FROM, 1 << 21)
        friday = numbers.WEEKLY_EPOCH + (rest >> 12) * 7 + expiries.FRIDAY
        day = expiries.on_or_before(calendar("US"), friday)
        return "weekly", slot, day, rest >> 1 & 2047, bool(rest & 1)
    if numbers.MONTHLY_FROM <= con_id < numbers.FUTURE_OPTIONS_FROM:
        slot, rest = divmod(con_id - numbers.MONTHLY_FROM, 1 << 16)
        month = numbers.MONTHLY_EPOCH + (rest >> 9)
        day = expiries.third_friday(calendar("US"), month)
        return "monthly", slot, day, rest >> 1 & 255, bool(rest & 1)
    if numbers.FLEX_FROM <= con_id < numbers.FUTURES_FROM:
        slot, rest = divmod(con_id - numbers.FLEX_FROM, 1 << 8)
        day = expiries.third_friday(calendar("US"), numbers.MONTHLY_EPOCH + (rest >> 1))
        return "flex", slot, day, 0, bool(rest & 1)
    return None


_DENSE_GRIDS: Final = {"SPY": FUND, "QQQ": FUND, "IWM": FUND, "GLD": FUND, "TLT": FUND}
_FUNDS: Final = frozenset((
    "DIA", "EEM", "EFA", "FXI", "GDX", "SLV", "USO", "HYG", "LQD", "XLF", "XLE", "XLK", "XLV",
    "XLI", "XLU", "XLP", "XLY", "XBI", "SMH", "SOXL", "TQQQ", "SQQQ", "ARKK", "KRE", "UVXY",
    "VXX", "IBIT", "TNA",
))  # fmt: skip
_LATE: Final = frozenset(("SPY", "QQQ", "IWM", "DIA"))
"""Options that trade until 16:15."""


_NIGHTLY: Final = frozenset(("SPX", "SPXW", "XSP", "VIX"))
"""Classes with a night session at CBOE."""


def _index(
    name: str,
    cycle: Cycle,
    grid: StrikeGrid,
    venues: tuple[str, ...],
    *,
    settles: int = 0,
    tick: int = 500,
) -> OptionClass:
    hours = "NIGHT_OPTIONS" if name in _NIGHTLY else "INDEX_OPTIONS"
    return OptionClass(
        name, name, "dense", numbers.DENSE.index(name), cycle, grid, venues, hours,
        tick, 110 if tick == 500 else 32, 0, settles, american=False, cash=True,
    )  # fmt: skip


@cache
def index_classes() -> dict[str, tuple[OptionClass, ...]]:
    """The classes of options on indices, by the index's symbol."""
    daily, morning = expiries.DAILY, expiries.MORNING
    return {
        "SPX": (
            _index("SPX", morning, BROAD, INDEX_VENUES, settles=1),
            _index("SPXW", daily, BROAD, INDEX_VENUES),
        ),
        "NDX": (
            _index("NDX", morning, LARGE, NASDAQ_INDEX_VENUES, settles=1),
            _index("NDXP", daily, LARGE, NASDAQ_INDEX_VENUES),
        ),
        "RUT": (
            _index("RUT", morning, SMALL, INDEX_VENUES, settles=1),
            _index("RUTW", daily, SMALL, INDEX_VENUES),
        ),
        "XSP": (_index("XSP", daily, FUND, INDEX_VENUES, tick=100),),
        "VIX": (_index("VIX", expiries.VOLATILITY, VOLATILITY, INDEX_VENUES, settles=1, tick=100),),
    }


@cache
def stock_class(symbol: str, slot: int) -> OptionClass | None:
    """The options on a stock or fund; ``slot`` is that of its row, None when it has none."""
    root = symbol.replace(" ", "")
    grid, hours = STOCK, "US_FUND_OPTIONS" if symbol in _LATE else "US_OPTIONS"
    if symbol in numbers.DENSE:
        region, slot = "dense", numbers.DENSE.index(symbol)
        cycle = expiries.DAILY if symbol in _LATE else expiries.THRICE
        grid = _DENSE_GRIDS.get(symbol, STOCK)
    elif symbol in numbers.WEEKLY:
        region, slot, cycle = "weekly", numbers.WEEKLY.index(symbol), expiries.EVERY_WEEK
        grid = FUND if symbol in _FUNDS else STOCK
    elif slot >= 0:
        region, cycle, grid = "monthly", expiries.EVERY_MONTH, COARSE
    else:
        return None
    return OptionClass(
        root, root, region, slot, cycle, grid, STOCK_VENUES, hours, 100, 109, 32
    )  # fmt: skip


_FLEX: Final = {"2AAPL": ("AAPL", 291)}
"""FLEX classes, which a customer of an exchange has asked for: the underlying's first symbol, the
strike. As captured in August and September 2026; the digit says how they are exercised: 2, that
they are European and delivered."""


def flex_under(name: str) -> str:
    """The first symbol of what a FLEX class is on; "" for the name of another class."""
    return _FLEX[name][0] if name in _FLEX else ""


@cache
def flex_classes(symbol: str) -> tuple[OptionClass, ...]:
    """The FLEX options on a stock: the next third Friday, at one strike."""
    return tuple(
        OptionClass(
            name, name, "flex", numbers.FLEX.index(name), expiries.NEXT_MONTH,
            StrikeGrid(10_000, (strike, strike)), STOCK_VENUES, "US_OPTIONS", 100, 109, 32,
            american=False,
        )
        for name, (under, strike) in _FLEX.items()
        if under == symbol
    )  # fmt: skip


# -- options on futures -------------------------------------------------------------------------


class FutureOptionClass(msgspec.Struct, frozen=True):
    """The options on the futures of one root: monthly by ``rule``, and weekly where named so."""

    root: str
    """Trading class of the future."""
    symbol: str
    """The entry of ``numbers.DENSE``; "" for one of ``numbers.FUTURE_OPTIONS``, by its class."""
    monthly: str
    rule: Rule
    grid: StrikeGrid
    tick: int
    """In the units of the root."""
    digits: int = 1
    """What a strike is multiplied by in a local symbol."""
    weeks: tuple[str, str, str] = ("", "", "")
    """Names of Fridays, of month ends, and of other weekdays; ``{n}`` is the week of the month,
    ``{d}`` A to D for Monday to Thursday."""
    quarterly: bool = False
    """Monthly options end in the months of the futures alone."""
    market_rule: int = 0
    """0 where it is not public."""
    weeks_end: int = -1
    """Minutes after midnight at which the others end, on the exchange's clock; -1: at the close."""

    @property
    def days(self) -> Calendar:
        """The business days that count."""
        return calendar("EUREX" if self.root.startswith("FGB") else "US")

    def number(self, day: int, month: int, rung: int, *, call: bool) -> int | None:
        """The conId of a contract; None past the years that have numbers."""
        if self.symbol:
            return numbers.dense(numbers.DENSE.index(self.symbol), day, rung, call)
        slot = numbers.FUTURE_OPTIONS.index(self.monthly)
        return numbers.future_option(slot, month, rung, call)

    def listed(self, today: int, months: int = 12) -> Iterator[tuple[int, str, int]]:
        """(last day, class, contract month) of what is listed on a day, in order of the days."""
        found: dict[int, tuple[str, int]] = {}
        if self.weeks[0]:
            for day in range(today, today + expiries.WEEKS):
                name = self._week_name(day, today + expiries.NEAR)
                if name:
                    found[day] = name, expiries.month_of(day)
        first = expiries.month_of(today)
        for month in range(first, first + months + 1):
            if not self.quarterly or month % 12 + 1 in expiries.QUARTERS:
                day = self.rule(self.days, month)
                found[day] = self.monthly, month
        for day in sorted(found):
            if day >= today:
                yield (day, *found[day])

    def of(self, day: int) -> tuple[str, int] | None:
        """The class and the contract month of the options that end on a day; None when none do."""
        around = expiries.month_of(day)
        for month in range(around, around + 3):
            if self.quarterly and month % 12 + 1 not in expiries.QUARTERS:
                continue
            if self.rule(self.days, month) == day:
                return self.monthly, month
        name = self._week_name(day, day) if self.weeks[0] else ""
        return (name, around) if name else None

    def _week_name(self, day: int, near: int) -> str:
        """The class of the weekly options that end on a day; "" when none do."""
        days = calendar("US")
        if days.on(day) is None:
            return ""
        friday, end, other = self.weeks
        month = expiries.month_of(day)
        if day == expiries.month_end(days, month):
            return end
        first = expiries.first_day(month)
        week = (day - first) // 7 + 1
        weekday = (day - 1) % 7
        if weekday == expiries.FRIDAY:
            return friday.format(n=week)
        return other.format(n=week, d="ABCD"[weekday]) if day <= near else ""


_fop = FutureOptionClass
_THREE: Final = 15 * 60
"""When weekly options on ES end, as a gateway told of E4A."""


@cache
def future_classes() -> dict[str, FutureOptionClass]:
    """The options on futures, by the trading class of the future.

    Every name here is one of ours: typed from the exchanges' contract specifications, whose product
    codes they are. Of Interactive Brokers' own trading classes only E4A is public: a request by
    a name of its own that is another one finds nothing.
    """
    e = expiries
    rows = (
        _fop("ES", "ES", "ES", e.third_friday, StrikeGrid(10_000, (10000, 5)), 500,
                          1, ("EW{n}", "EW", "E{n}{d}"), quarterly=True,
                          market_rule=3541, weeks_end=_THREE),
        _fop("NQ", "NQ", "NQ", e.third_friday, StrikeGrid(10_000, (50000, 25)), 500,
                          1, ("QN{n}", "QNE", "Q{n}{d}"), quarterly=True, weeks_end=_THREE),
        _fop("CL", "CL", "LO", e.three_before_crude, StrikeGrid(10_000, (200, 0.5)), 100, 100),
        _fop("GC", "GC", "OG", e.four_before_month, StrikeGrid(10_000, (10000, 5)), 1000),
        _fop("SI", "SI", "SO", e.four_before_month,
                          StrikeGrid(10_000, (100, 0.25), (300, 1)), 10, 100),
        _fop("NG", "NG", "ON", e.before_gas, StrikeGrid(10_000, (20, 0.05)), 10, 1000),
        _fop("ZN", "ZN", "OZN", e.friday_before_month,
                          StrikeGrid(1_000_000, (200, 0.25)), 15_625, 100),
        _fop("ZB", "ZB", "OZB", e.friday_before_month, StrikeGrid(100_000, (200, 0.5)), 3125, 100),
        _fop("ZC", "ZC", "OZC", e.friday_before_month, StrikeGrid(10_000, (1500, 5)), 1250, 10),
        _fop("ZS", "ZS", "OZS", e.friday_before_month, StrikeGrid(10_000, (3000, 10)), 1250, 10),
        _fop("6E", "EUU", "EUU", e.friday_before_wednesday,
                          StrikeGrid(100_000, (3, 0.005)), 5, 10_000),
    )  # fmt: skip
    return {row.root: row for row in (*rows, *map(_monthly, _MONTHLY.strip().splitlines()))}


# future class rule tick-in-the-units-of-the-root digits bands-up-to:step quarterly
_MONTHLY: Final = """
FGBL OGBL friday_before_month     100     1       200:0.5
FGBM OGBM friday_before_month     50      1       90:1,140:0.25
FGBS OGBS friday_before_month     50      1       95:1,125:0.1
ZF   OZF  friday_before_month     78125   100     90:1,140:0.25
ZT   OZT  friday_before_month     781250  100     90:1,140:0.25
TN   OTN  friday_before_month     15625   100     250:0.5
UB   OUB  friday_before_month     3125    100     250:0.5
ZW   OZW  friday_before_month     1250    10      2500:5
KE   OKE  friday_before_month     1250    10      2500:5
ZO   OZO  friday_before_month     1250    10      1500:5
ZM   OZM  friday_before_month     500     10      1000:5
ZL   OZL  friday_before_month     50      100     200:0.5
HG   HXE  four_before_month       5       100     20:0.05
PL   PO   four_before_month       1000    1       5000:10
RB   OB   before_gas              1       10000   5:0.01
HO   OH   before_gas              1       10000   5:0.01
6B   GBU  friday_before_wednesday 1       10000   2.5:0.005
6J   JPU  friday_before_wednesday 5       1000000 0.02:0.00005
6A   ADU  friday_before_wednesday 5       10000   2:0.005
6C   CAU  friday_before_wednesday 5       10000   2:0.005
6S   CHU  friday_before_wednesday 5       10000   2.5:0.005
RTY  RTO  third_friday            500     1       5000:10     quarterly
YM   OYM  third_friday            10000   1       125000:250  quarterly
MES  MES  third_friday            500     1       12500:25    quarterly
MNQ  MNQ  third_friday            500     1       50000:100   quarterly
LE   LE   first_friday            250     10      1000:2
HE   HE   tenth                   250     10      500:1
GF   GF   last_thursday           250     10      1000:2
"""


def _monthly(row: str) -> FutureOptionClass:
    root, name, rule, tick, digits, bands, *quarterly = row.split()
    scale = roots()[root].scale
    edges = [tuple(map(float, band.split(":"))) for band in bands.split(",")]
    grid = StrikeGrid(scale, *[(upto, step) for upto, step in edges])
    return FutureOptionClass(
        root, "", name, getattr(expiries, rule), grid, int(tick), int(digits),
        quarterly=bool(quarterly),
    )  # fmt: skip


def strike_units(price: float, scale: int) -> int:
    """A strike in units; -1 for what is none."""
    if not 0 < price < 10_000_000:
        return -1
    units = round(price * scale)
    return units if abs(units / scale - price) < 1e-9 * max(price, 1.0) else -1


def premium(reference: int, strike: int, call: bool, tick: int) -> int:
    """What an option of a month is worth at the reference price, more or less."""
    inside = max((reference - strike) if call else (strike - reference), 0)
    if not reference:
        return 0
    away = max(100 - abs(strike - reference) * 400 // reference, 0)
    extra = reference * 3 * away * away // 1_000_000
    return max((inside + extra) // tick, 1) * tick
