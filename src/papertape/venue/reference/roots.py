"""Futures: one row for each trading class, as contract specifications and Interactive Brokers' own
contract search have them. Numbers of underlyings and of single months that are public stand here;
the others are ours (``numbers``).

Multipliers are Interactive Brokers' (corn 5000 bushels, priced in cents: magnifier 100), symbols
too: the Euro future is EUR with the class 6E. ``rule`` is a function of ``expiries``; ``months``
are the letters that are listed, ``count`` of them; prices are of late 2026's order of magnitude.
"""

from decimal import Decimal
from functools import cache
from typing import Final

import msgspec

from . import expiries
from .expiries import Rule
from .securities import MONTHS

# class symbol exchange currency multiplier tick magnifier months count rule hours price rule name
_ROOTS: Final = """
ES    ES    CME     USD 50     0.25       1   HMUZ          9   third_friday      CME    6800    67  E-mini S&P 500
NQ    NQ    CME     USD 20     0.25       1   HMUZ          9   third_friday      CME    25000   67  E-mini NASDAQ 100
MES   MES   CME     USD 5      0.25       1   HMUZ          5   third_friday      CME    6800    2806 Micro E-Mini S&P 500 Stock Price Index
MNQ   MNQ   CME     USD 2      0.25       1   HMUZ          5   third_friday      CME    25000   67  Micro E-Mini Nasdaq-100 Index
RTY   RTY   CME     USD 50     0.1        1   HMUZ          5   third_friday      CME    2450    0   E-Mini Russell 2000 Index
M2K   M2K   CME     USD 5      0.1        1   HMUZ          5   third_friday      CME    2450    0   Micro E-Mini Russell 2000 Index
EMD   EMD   CME     USD 100    0.1        1   HMUZ          4   third_friday      CME    3250    0   E-mini S&P MidCap 400 Futures
YM    YM    CBOT    USD 5      1          1   HMUZ          4   third_friday      CME    47500   0   Mini Sized Dow Jones Industrial Average $5
MYM   MYM   CBOT    USD 0.5    1          1   HMUZ          4   third_friday      CME    47500   0   Micro E-Mini Dow Jones Industrial Average Index
NKD   NKD   CME     USD 5      5          1   HMUZ          4   second_friday_before CME  50000  0   Dollar Denominated Nikkei 225 Index
6E    EUR   CME     USD 125000 0.00005    1   HMUZ          8   currency          CME    1.16    0   European Monetary Union Euro
6B    GBP   CME     USD 62500  0.0001     1   HMUZ          8   currency          CME    1.32    0   British pound
6J    JPY   CME     USD 12500000 0.0000005 1  HMUZ          8   currency          CME    0.0065  0   Japanese yen
6A    AUD   CME     USD 100000 0.00005    1   HMUZ          8   currency          CME    0.65    0   Australian dollar
6C    CAD   CME     USD 100000 0.00005    1   HMUZ          8   before_third_wednesday CME 0.715 0   Canadian dollar
6S    CHF   CME     USD 125000 0.00005    1   HMUZ          8   currency          CME    1.25    0   Swiss franc
6N    NZD   CME     USD 100000 0.00005    1   HMUZ          8   currency          CME    0.575   0   New Zealand dollar
6M    MXP   CME     USD 500000 0.00001    1   HMUZ          8   currency          CME    0.054   0   Mexican peso
6L    BRE   CME     USD 100000 0.00005    1   FGHJKMNQUVXZ  12  month_before      CME    0.185   0   Brazilian Real in US Dollars
M6E   M6E   CME     USD 12500  0.0001     1   HMUZ          4   currency          CME    1.16    0   Micro EUR/USD
M6B   M6B   CME     USD 6250   0.0001     1   HMUZ          4   currency          CME    1.32    0   Micro GBP/USD
M6A   M6A   CME     USD 10000  0.0001     1   HMUZ          4   currency          CME    0.65    0   Micro AUD/USD
BTC   BRR   CME     USD 5      5          1   FGHJKMNQUVXZ  8   last_friday       CME    95000   0   CME CF Bitcoin Reference Rate
MBT   MBT   CME     USD 0.1    5          1   FGHJKMNQUVXZ  8   last_friday       CME    95000   0   Micro Bitcoin
ETH   ETHUSDRR CME  USD 50     0.5        1   FGHJKMNQUVXZ  8   last_friday       CME    3200    0   CME CF Ether-Dollar Reference Rate
MET   MET   CME     USD 0.1    0.5        1   FGHJKMNQUVXZ  8   last_friday       CME    3200    0   Micro Ether
SR3   SR3   CME     USD 2500   0.0025     1   HMUZ          16  overnight_rate    CME    96.3    0   3 Month SOFR
LE    LE    CME     USD 40000  0.025      100 GJMQVZ        8   month_end         LIVESTOCK 230  0   Live Cattle
HE    HE    CME     USD 40000  0.025      100 GJKMNQVZ      8   tenth             LIVESTOCK 82   0   Lean Hogs
GF    GF    CME     USD 50000  0.025      100 FHJKQUVX      8   last_thursday     LIVESTOCK 345  0   Feeder Cattle
ZN    ZN    CBOT    USD 1000   0.015625   1   HMUZ          4   seven_before_end  CME    112.5   0   10 Year US Treasury Note
ZB    ZB    CBOT    USD 1000   0.03125    1   HMUZ          4   seven_before_end  CME    117     0   30 Year US Treasury Bond
UB    UB    CBOT    USD 1000   0.03125    1   HMUZ          4   seven_before_end  CME    121     0   Ultra Treasury Bond
TN    TN    CBOT    USD 1000   0.015625   1   HMUZ          4   seven_before_end  CME    115     0   Ultra 10-Year US Treasury Note
ZF    ZF    CBOT    USD 1000   0.0078125  1   HMUZ          4   month_end         CME    109     0   5 Year US Treasury Note
ZT    ZT    CBOT    USD 2000   0.00390625 1   HMUZ          4   month_end         CME    104     0   2 Year US Treasury Note
ZQ    ZQ    CBOT    USD 4167   0.0025     1   FGHJKMNQUVXZ  24  month_end         CME    96.1    0   30 Day Fed Funds
ZC    ZC    CBOT    USD 5000   0.25       100 HKNUZ         8   before_fifteenth  GRAINS 440     0   Corn Futures
ZW    ZW    CBOT    USD 5000   0.25       100 HKNUZ         8   before_fifteenth  GRAINS 540     0   Wheat Futures
KE    KE    CBOT    USD 5000   0.25       100 HKNUZ         8   before_fifteenth  GRAINS 530     0   Hard Red Winter Wheat
ZS    ZS    CBOT    USD 5000   0.25       100 FHKNQUX       8   before_fifteenth  GRAINS 1120    0   Soybean Futures
ZM    ZM    CBOT    USD 100    0.1        1   FHKNQUVZ      8   before_fifteenth  GRAINS 315     0   Soybean Meal Futures
ZL    ZL    CBOT    USD 60000  0.01       100 FHKNQUVZ      8   before_fifteenth  GRAINS 51      0   Soybean Oil Futures
ZO    ZO    CBOT    USD 5000   0.25       100 HKNUZ         8   before_fifteenth  GRAINS 300     0   Oat Futures
CL    CL    NYMEX   USD 1000   0.01       1   FGHJKMNQUVXZ  36  crude             NYMEX  60      32  Light Sweet Crude Oil
MCL   MCL   NYMEX   USD 100    0.01       1   FGHJKMNQUVXZ  12  crude             NYMEX  60      32  Micro WTI Crude Oil
BZ    BZ    NYMEX   USD 1000   0.01       1   FGHJKMNQUVXZ  24  two_months_before NYMEX  64      32  Brent Crude Oil - Last Day
NG    NG    NYMEX   USD 10000  0.001      1   FGHJKMNQUVXZ  36  gas               NYMEX  4.3     0   Henry Hub Natural Gas
RB    RB    NYMEX   USD 42000  0.0001     1   FGHJKMNQUVXZ  12  month_before      NYMEX  1.95    0   NYMEX RBOB Gasoline Index
HO    HO    NYMEX   USD 42000  0.0001     1   FGHJKMNQUVXZ  12  month_before      NYMEX  2.4     0   NYMEX Heating Oil
PL    PL    NYMEX   USD 50     0.1        1   FJNV          4   third_last        NYMEX  1600    0   NYMEX Platinum Index
PA    PA    NYMEX   USD 100    0.5        1   HMUZ          4   third_last        NYMEX  1450    0   NYMEX Palladium Index
GC    GC    COMEX   USD 100    0.1        1   GJMQVZ        8   third_last        NYMEX  4150    0   Gold
MGC   MGC   COMEX   USD 10     0.1        1   GJMQVZ        6   third_last        NYMEX  4150    0   E-Micro Gold
SI    SI    COMEX   USD 5000   0.005      1   HKNUZ         6   third_last        NYMEX  51      0   Silver
SIL   SI    COMEX   USD 1000   0.005      1   HKNUZ         6   third_last        NYMEX  51      0   Silver
HG    HG    COMEX   USD 25000  0.0005     1   HKNUZ         8   third_last        NYMEX  5.1     0   Copper Index
MHG   MHG   COMEX   USD 2500   0.0005     1   HKNUZ         6   third_last        NYMEX  5.1     0   Micro Copper
VX    VIX   CFE     USD 1000   0.05       1   FGHJKMNQUVXZ  9   volatility        CFE    19      0   CBOE Volatility Index
VXM   VXM   CFE     USD 100    0.01       1   FGHJKMNQUVXZ  9   volatility        CFE    19      0   Mini Cboe Volatility Index
DX    DX    NYBOT   USD 1000   0.005      1   HMUZ          4   currency          NYBOT  99.5    0   NYBOT US Dollar FX
KC    KC    NYBOT   USD 37500  0.05       100 HKNUZ         8   coffee            NYBOT  380     0   Coffee "C"
SB    SB    NYBOT   USD 112000 0.01       100 HKNV          8   month_before      NYBOT  15      0   Sugar No. 11
CC    CC    NYBOT   USD 10     1          1   HKNUZ         8   cocoa             NYBOT  5400    0   Cocoa NYBOT
CT    CT    NYBOT   USD 50000  0.01       100 HKNVZ         8   cotton            NYBOT  64      0   Cotton No. 2
FDAX  DAX   EUREX   EUR 25     1          1   HMUZ          3   third_friday      EUREX  24000   0   DAX Performance Index (Deutscher Aktien Index)
FDXM  DAX   EUREX   EUR 5      1          1   HMUZ          3   third_friday      EUREX  24000   0   DAX Performance Index (Deutscher Aktien Index)
FDXS  DAX   EUREX   EUR 1      1          1   HMUZ          3   third_friday      EUREX  24000   0   DAX Performance Index (Deutscher Aktien Index)
FESX  ESTX50 EUREX  EUR 10     1          1   HMUZ          3   third_friday      EUREX  5650    0   Dow Jones Euro STOXX50
FSXE  ESTX50 EUREX  EUR 1      0.5        1   HMUZ          3   third_friday      EUREX  5650    0   Dow Jones Euro STOXX50
FGBL  GBL   EUREX   EUR 1000   0.01       1   HMUZ          3   euro_bond         EUREX  129     0   Euro Bund (10 Year Bond)
FGBM  GBM   EUREX   EUR 1000   0.01       1   HMUZ          3   euro_bond         EUREX  118     0   Euro Bobl (5 Year Bond)
FGBS  GBS   EUREX   EUR 1000   0.005      1   HMUZ          3   euro_bond         EUREX  107     0   Euro Schatz (2 Year Bond)
FGBX  GBX   EUREX   EUR 1000   0.02       1   HMUZ          3   euro_bond         EUREX  115     0   Euro Buxl (30 Year Bond)
225   N225  OSE.JPN JPY 1000   10         1   HMUZ          5   second_friday_before OSE.JPN 50000 0  NIKKEI 225 Index
225M  N225M OSE.JPN JPY 100    5          1   HMUZ          5   second_friday_before OSE.JPN 50000 0  NIKKEI 225 Index (Mini)
HSI   HSI   HKFE    HKD 50     1          1   FGHJKMNQUVXZ  4   second_last       HKFE   26000   0   Hang Seng Stock Index
MHI   MHI   HKFE    HKD 10     1          1   FGHJKMNQUVXZ  4   second_last       HKFE   26000   0   Mini Hang Seng Stock Index
K200  K200  KSE     KRW 250000 0.05       1   HMUZ          4   second_thursday   KSE_FUTURES 560 0 KOSPI 200
"""  # noqa: E501

UNDERLYINGS: Final = {
    "ES": 11004968, "NQ": 11004958, "DAX": 825711, "ESTX50": 4356500, "VIX": 13455763,
    "ZC": 11160400,
}  # fmt: skip
"""Symbols whose underlying's number is public; the others' are ours."""
PUBLIC: Final = {
    "ES": "Z4 495512557 H5 603558932 M5 620731015 U5 637533641 Z5 495512563 H6 649180695 "
    "M6 649180678 U6 649180671 Z6 515416632",
    "NQ": "H4 603558814 Z5 563947738 H6 730283097 M6 750150196 U6 770561204",
    "MES": "Z5 730283085 M6 770561194 U6 793356217 Z6 815824257",
    "MNQ": "U3 568549458 M6 770561201 U6 793356225",
    "GC": "Q6 732156872",
    "ZC": "H4 532513368 Z6 602619735",
    "ZN": "U6 840227361",
    "ZB": "U6 840227357",
}
"""Interactive Brokers' numbers of single months, the last digit of a year of the 2020s."""


class Root(msgspec.Struct, frozen=True):
    """The futures of one trading class."""

    slot: int
    tradingClass: str
    symbol: str
    exchange: str
    currency: str
    multiplier: int
    divisor: int
    scale: int
    tick: int
    magnifier: int
    months: tuple[int, ...]
    """Listed months, 1 to 12."""
    count: int
    rule: Rule
    hours: str
    reference: int
    market_rule: int
    """0 stands for the rule of ours that has this tick."""
    name: str


SETTLED_BY: Final = dict.fromkeys(("CME", "GRAINS", "LIVESTOCK", "NYMEX", "CFE", "NYBOT"), "US")
"""The business days that count for the last day of trading, where they are not the sessions: the
futures exchanges of Chicago and New York trade on most holidays and let nothing end on them."""


def settlement(hours: str) -> str:
    """The group in ``calendars`` whose business days count for last days of trading."""
    return SETTLED_BY.get(hours, hours)


@cache
def roots() -> dict[str, Root]:
    """Every root by its trading class; the place of a row is part of numbers and never changes."""
    return {root.tradingClass: root for root in map(_root, enumerate(_ROOTS.strip().splitlines()))}


@cache
def public_ids() -> dict[tuple[str, int], int]:
    """(class, month as ``year * 12 + month - 1``) -> Interactive Brokers' number."""
    found: dict[tuple[str, int], int] = {}
    for name, text in PUBLIC.items():
        words = text.split()
        for code, number in zip(words[::2], words[1::2]):
            month = (2020 + int(code[1])) * 12 + MONTHS.index(code[0])
            found[name, month] = int(number)
    return found


def _root(numbered: tuple[int, str]) -> Root:
    slot, line = numbered
    words = line.split(None, 13)
    name, symbol, exchange, currency, multiplier, tick, magnifier, months, count = words[:9]
    rule, hours, price, rule_id, title = words[9:]
    size, step = Decimal(multiplier), Decimal(tick)
    divisor = 10 ** max(-_exponent(size), 0)
    scale = 10 ** max(4, -_exponent(step))
    return Root(
        slot, name, symbol, exchange, currency, int(size * divisor), divisor, scale,
        int(step * scale), int(magnifier), tuple(MONTHS.index(letter) + 1 for letter in months),
        int(count), getattr(expiries, rule), hours, int(Decimal(price) * scale), int(rule_id),
        title,
    )  # fmt: skip


def _exponent(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)
    return exponent
