"""What scanners there are: codes, instruments, locations, filters, and the figure behind each.

One table each; ``scanner_parameters`` writes them as the XML that reqScannerParameters answers, and
a subscription is looked up in them, so that nothing is offered that does not act. Codes and names
are those of TWS (its reference, part "Market scanner types"). Figures are those of the last whole
minute of the station's own tape.
"""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import msgspec

from ...venue.reference.instruments import Instrument
from ...venue.reference.shares import shares_outstanding
from ...venue.units import PriceUnits, SizeUnits, price_float, size_decimal

MOST_ROWS: Final = 50
"""Rows of a scanner, as TWS gives them."""


class OptionFigures(NamedTuple):
    """What options on an instrument do, as its generic ticks 100 to 106 tell it."""

    calls: SizeUnits
    puts: SizeUnits
    """Contracts of the day so far."""
    usual: SizeUnits
    """Contracts of a usual day."""
    open: SizeUnits
    implied: float | None
    """The yearly volatility at the money in 30 days."""
    historical: float | None
    """That of the last 30 daily returns."""


class ScanFigures(NamedTuple):
    """An instrument at the end of a minute."""

    entry: Instrument
    price: PriceUnits
    open: PriceUnits
    close: PriceUnits
    volume: SizeUnits
    trades: int
    rate: SizeUnits
    """Shares of the minute."""
    trade_rate: int
    usual_volume: SizeUnits
    usual_move: float
    options: OptionFigures | None = None
    """None of what has no options, and where a scan does not ask for them."""

    @property
    def money(self) -> float:
        """The price in the currency."""
        return price_float(self.price, self.entry.scale)


Measure = Callable[[ScanFigures], float | None]
OptionMeasure = Callable[[OptionFigures], float | None]


def _percent(now: PriceUnits, before: PriceUnits) -> float:
    return 100.0 * (now - before) / before if before else 0.0


def _change(one: ScanFigures) -> float:
    return _percent(one.price, one.close)


def _since_open(one: ScanFigures) -> float:
    return _percent(one.price, one.open)


def _gap(one: ScanFigures) -> float:
    return _percent(one.open, one.close)


def _shares(one: ScanFigures) -> float:
    return float(size_decimal(one.volume))


def _turnover(one: ScanFigures) -> float:
    return _shares(one) * one.money


def _market_cap(one: ScanFigures) -> float:
    return shares_outstanding(one.entry) * one.money


def _usual_shares(one: ScanFigures) -> float:
    return float(size_decimal(one.usual_volume))


def _by_options(measure: OptionMeasure) -> Measure:
    return lambda one: None if one.options is None else measure(one.options)


def _traded_options(one: OptionFigures) -> float:
    return float(size_decimal(one.calls + one.puts))


def _usual_options(one: OptionFigures) -> float:
    return float(size_decimal(one.usual))


def _over_history(one: OptionFigures) -> float | None:
    if one.implied is None or not one.historical:
        return None
    return one.implied / one.historical


def _put_call_ratio(one: OptionFigures) -> float | None:
    return one.puts / one.calls if one.calls else None


class Scanner(NamedTuple):
    """A scan code: what it ranks by, and whether only one side of zero counts."""

    name: str
    measure: Measure
    lowest: bool = False
    """The lowest come first."""
    signed: bool = False
    """A gainer has risen, a loser has fallen: others are no result."""
    options: bool = False
    """It looks at options."""


def _option_scan(name: str, measure: OptionMeasure, lowest: bool = False) -> Scanner:
    return Scanner(name, _by_options(measure), lowest, options=True)


SCANNERS: Final[Mapping[str, Scanner]] = {
    "TOP_PERC_GAIN": Scanner("Top % Gainers", _change, signed=True),
    "TOP_PERC_LOSE": Scanner("Top % Losers", _change, lowest=True, signed=True),
    "MOST_ACTIVE": Scanner("Most Active", _shares),
    "MOST_ACTIVE_USD": Scanner("Most Active ($)", _turnover),
    "HOT_BY_VOLUME": Scanner(
        "Hot Contracts by Volume", lambda one: one.volume / max(one.usual_volume, 1)
    ),
    "HOT_BY_PRICE": Scanner(
        "Hot Contracts by Price", lambda one: abs(_change(one)) / max(one.usual_move, 1e-9)
    ),
    "TOP_TRADE_COUNT": Scanner("Top Trade Count", lambda one: one.trades),
    "TOP_TRADE_RATE": Scanner("Top Trade Rate", lambda one: one.trade_rate),
    "TOP_VOLUME_RATE": Scanner("Top Volume Rate", lambda one: float(size_decimal(one.rate))),
    "TOP_OPEN_PERC_GAIN": Scanner("Top % Gainers Since Open", _since_open, signed=True),
    "TOP_OPEN_PERC_LOSE": Scanner("Top % Losers Since Open", _since_open, lowest=True, signed=True),
    "HIGH_OPEN_GAP": Scanner("Top Close-to-Open % Gainers", _gap, signed=True),
    "LOW_OPEN_GAP": Scanner("Top Close-to-Open % Losers", _gap, lowest=True, signed=True),
    "HIGH_OPT_IMP_VOLAT": _option_scan("Highest Option Imp Vol", lambda one: one.implied),
    "LOW_OPT_IMP_VOLAT": _option_scan("Lowest Option Imp Vol", lambda one: one.implied, True),
    "HIGH_OPT_IMP_VOLAT_OVER_HIST": _option_scan(
        "High Option Imp Vol Over Historical", _over_history
    ),
    "LOW_OPT_IMP_VOLAT_OVER_HIST": _option_scan(
        "Low Option Imp Vol Over Historical", _over_history, True
    ),
    "HOT_BY_OPT_VOLUME": _option_scan(
        "Hot by Option Volume", lambda one: (one.calls + one.puts) / max(one.usual, 1)
    ),
    "OPT_VOLUME_MOST_ACTIVE": _option_scan("Most Active by Opt Volume", _traded_options),
    "OPT_OPEN_INTEREST_MOST_ACTIVE": _option_scan(
        "Most Active by Opt Open Interest", lambda one: float(size_decimal(one.open))
    ),
    "HIGH_OPT_VOLUME_PUT_CALL_RATIO": _option_scan("High Put/Call Volume Ratio", _put_call_ratio),
    "LOW_OPT_VOLUME_PUT_CALL_RATIO": _option_scan(
        "Low Put/Call Volume Ratio", _put_call_ratio, True
    ),
}


class ScanFilter(NamedTuple):
    """A limit of a figure, as a code of a filter option."""

    name: str
    measure: Measure
    below: bool = False
    """The figure may be at most the value; else it must be at least that."""
    options: bool = False
    """It looks at options."""


MILLION: Final = 1_000_000
_MEASURES: Final[tuple[tuple[str, str, Measure], ...]] = (
    ("price{}", "Price", lambda one: one.money),
    ("usdPrice{}", "$ Price", lambda one: one.money),
    ("volume{}", "Volume", _shares),
    ("avgVolume{}", "Avg Volume", _usual_shares),
    ("usdVolume{}", "$ Volume", _turnover),
    ("avgUsdVolume{}", "Avg $ Volume", lambda one: _usual_shares(one) * one.money),
    ("marketCap{}", "Market Cap", _market_cap),
    ("marketCap{}1e6", "Market Cap (millions)", lambda one: _market_cap(one) / MILLION),
    ("usdMarketCap{}", "$ Market Cap (millions)", lambda one: _market_cap(one) / MILLION),
    ("changePerc{}", "Change (%)", _change),
    ("changeOpenPerc{}", "Change Since Open (%)", _since_open),
    ("openGapPerc{}", "Opening Gap (%)", _gap),
    ("tradeCount{}", "Trade Count", lambda one: one.trades),
    ("tradeRate{}", "Trade Rate", lambda one: one.trade_rate),
    ("volumeRate{}", "Volume Rate", lambda one: float(size_decimal(one.rate))),
    ("optVolume{}", "Option Volume", _by_options(_traded_options)),
    ("avgOptVolume{}", "Avg Option Volume", _by_options(_usual_options)),
)
BY_OPTIONS: Final = frozenset(("optVolume", "avgOptVolume"))
"""The filters, without their sides, for which options are looked at."""
RANGES: Final = tuple((code, name) for code, name, _ in _MEASURES)
"""The filters in pairs: ``code.format("Above")`` and ``code.format("Below")``."""
FILTERS: Final[Mapping[str, ScanFilter]] = {
    code.format(side): ScanFilter(
        f"{name} {side}", measure, side == "Below", code.format("") in BY_OPTIONS
    )
    for code, name, measure in _MEASURES
    for side in ("Above", "Below")
}

STOCK_TYPES: Final = "stkTypes"
"""The filter option that takes ``inc:ETF``, ``exc:ETF`` or a type."""
KINDS_OF_STOCK: Final[Mapping[str, Callable[[str], bool]]] = {
    "": lambda kind: True,
    "ALL": lambda kind: True,
    "STOCK": lambda kind: kind != "ETF",
    "CORP": lambda kind: kind == "COMMON",
    "COMMON": lambda kind: kind == "COMMON",
    "PREFERRED": lambda kind: kind == "PREFERRED",
    "ETF": lambda kind: kind == "ETF",
}
"""What ``stockTypeFilter`` may be, and which ``stockType`` of details it lets pass."""


class Location(NamedTuple):
    """A place to scan: the primary exchanges of the stocks there, for one instrument type."""

    instrument: str
    name: str
    exchanges: frozenset[str]
    parent: str = ""
    only: str = "ALL"
    """The kind of stock."""


INSTRUMENTS: Final[Mapping[str, str]] = {
    "STK": "US Stocks",
    "ETF.EQ.US": "US Equity ETFs",
    "STOCK.NA": "America Non-US Stocks",
    "STOCK.EU": "Europe Stocks",
    "STOCK.HK": "Asia Stocks",
}

_PLACES: Final = """
STK       STK.US           .             US                  NASDAQ NYSE ARCA AMEX BATS PINK
STK       STK.US.MAJOR     STK.US        Listed/NASDAQ       NASDAQ NYSE ARCA AMEX BATS
STK       STK.NASDAQ       STK.US.MAJOR  NASDAQ              NASDAQ
STK       STK.NYSE         STK.US.MAJOR  NYSE                NYSE
STK       STK.AMEX         STK.US.MAJOR  AMEX                AMEX
STK       STK.ARCA         STK.US.MAJOR  ARCA                ARCA
STK       STK.BATS         STK.US.MAJOR  BATS                BATS
STK       STK.US.MINOR     STK.US        OTC Markets         PINK
ETF.EQ.US ETF.EQ.US        .             US                  NASDAQ NYSE ARCA AMEX BATS
ETF.EQ.US ETF.EQ.US.MAJOR  ETF.EQ.US     Listed/NASDAQ       NASDAQ NYSE ARCA AMEX BATS
ETF.EQ.US ETF.EQ.ARCA      ETF.EQ.US     ARCA                ARCA
STOCK.NA  STK.NA           .             America Non-US      TSE MEXI VENTURE
STOCK.NA  STK.NA.TSE       STK.NA        Toronto             TSE
STOCK.NA  STK.NA.MEXI      STK.NA        Mexico              MEXI
STOCK.EU  STK.EU           .             Europe              IBIS IBIS2 LSE LSEETF SBF AEB BM SFB HEX ENEXT.BE EBS BVME
STOCK.EU  STK.EU.IBIS      STK.EU        Germany             IBIS IBIS2
STOCK.EU  STK.EU.LSE       STK.EU        United Kingdom      LSE LSEETF
STOCK.EU  STK.EU.SBF       STK.EU        France              SBF
STOCK.EU  STK.EU.AEB       STK.EU        Netherlands         AEB
STOCK.EU  STK.EU.BM        STK.EU        Spain               BM
STOCK.EU  STK.EU.SFB       STK.EU        Sweden              SFB
STOCK.EU  STK.EU.HEX       STK.EU        Finland             HEX
STOCK.EU  STK.EU.EBS       STK.EU        Switzerland         EBS
STOCK.EU  STK.EU.BVME      STK.EU        Italy               BVME
STOCK.HK  STK.HK           .             Asia                SEHK TSEJ ASX KSE
STOCK.HK  STK.HK.SEHK      STK.HK        Hong Kong           SEHK
STOCK.HK  STK.HK.TSE_JPN   STK.HK        Japan               TSEJ
STOCK.HK  STK.HK.ASX       STK.HK        Australia           ASX
STOCK.HK  STK.HK.KSE       STK.HK        Korea               KSE
"""  # noqa: E501


def _locations() -> dict[str, Location]:
    found: dict[str, Location] = {}
    for line in _PLACES.strip().splitlines():
        instrument, code, parent, rest = line.split(None, 3)
        name, exchanges = rest.split("  ", 1)
        only = "ETF" if instrument.startswith("ETF") else "ALL"
        above = "" if parent == "." else parent
        found[code] = Location(instrument, name, frozenset(exchanges.split()), above, only)
    return found


LOCATIONS: Final[Mapping[str, Location]] = _locations()


class Limit(msgspec.Struct, frozen=True):
    """A filter with its value."""

    filter: str
    value: float

    def lets(self, one: ScanFigures) -> bool:
        """Whether an instrument is within it."""
        found = FILTERS[self.filter]
        figure = found.measure(one)
        if figure is None:
            return False
        return figure <= self.value if found.below else figure >= self.value


class Scan(msgspec.Struct, frozen=True):
    """A scanner that was asked for; equal ones are worked out once."""

    code: str
    locations: tuple[str, ...]
    rows: int
    kinds: tuple[tuple[str, bool], ...] = ()
    """Kinds of stock that count, or with False do not."""
    limits: tuple[Limit, ...] = ()

    def covers(self, entry: Instrument) -> bool:
        """Whether it looks at a listing."""
        places = (LOCATIONS[code] for code in self.locations)
        at_place = any(
            entry.primaryExchange in place.exchanges and KINDS_OF_STOCK[place.only](entry.stockType)
            for place in places
        )
        return at_place and all(
            KINDS_OF_STOCK[kind](entry.stockType) == wanted for kind, wanted in self.kinds
        )

    @property
    def options(self) -> bool:
        """Whether it looks at options."""
        asked = any(FILTERS[limit.filter].options for limit in self.limits)
        return asked or SCANNERS[self.code].options

    def score(self, one: ScanFigures) -> float | None:
        """What it ranks by, the highest first; None of what is no result."""
        scanner = SCANNERS[self.code]
        value = scanner.measure(one)
        if value is None:
            return None
        value = -value if scanner.lowest else value
        if value <= 0.0 and (scanner.signed or not one.volume):
            return None
        return value if all(limit.lets(one) for limit in self.limits) else None
