"""How lively instruments are whose specification nobody typed: by kind, class and number.

Invented, of the order of magnitude of a few years: they only have to look like the instrument. What
is not told here follows from the number, so that neighbours differ and nothing is stored.
"""

from typing import Final, NamedTuple

from ..reference.numbers import DENSE, WEEKLY
from ..reference.securities import Fund, Instrument, Stock
from .currencies import DOLLAR, VALUES
from .noise import mix


class Character(NamedTuple):
    """The volatility of a day, the beta, the width of the quote and the turnover of a day."""

    volatility: float
    beta: float = 0.0
    width: float = 0.0002
    """The spread, as a fraction of the price."""
    turnover: float = 2e7
    """In dollars."""


LIQUID: Final = frozenset((*DENSE, *WEEKLY))
"""Symbols with weekly options: what trades most."""

# symbols of indices: volatility, beta
_INDICES: Final = {
    "VIX": (0.07, -5.0), "VIX9D": (0.09, -6.0), "VIX3M": (0.045, -3.2), "VXN": (0.065, -4.6),
    "VVIX": (0.04, -2.5), "SKEW": (0.012, 0.0), "TRIN-NYSE": (0.2, 0.0), "DXY": (0.0045, 0.0),
    "TNX": (0.014, 0.0), "TYX": (0.012, 0.0), "FVX": (0.018, 0.0), "IRX": (0.006, 0.0),
}  # fmt: skip

# symbols of futures: volatility; equities' come with the index
_FUTURES: Final = {
    0.0002: "ZQ", 0.0004: "SR3", 0.0007: "GBS", 0.001: "ZT", 0.002: "ZF GBM", 0.0035: "ZN",
    0.004: "GBL", 0.0045: "TN DX", 0.0065: "ZB", 0.009: "UB GBX LE BRE",
    0.01: "GF EMD", 0.013: "ZC ZS HG MHG ZM", 0.015: "ZW KE ZL HE CT K200", 0.017: "ZO SB",
    0.019: "CL MCL BZ RB HO KC", 0.025: "CC", 0.035: "NG",
}  # fmt: skip
_BY_FUTURE: Final = {
    symbol: volatility for volatility, names in _FUTURES.items() for symbol in names.split()
}
_COINS: Final = {"BTC": 0.024, "ETH": 0.034}
_METALS: Final = {"XAUUSD": 0.0095, "XAGUSD": 0.018, "XPTUSD": 0.015, "XPDUSD": 0.02}
_FUNDS: Final = {"Bond": (0.0028, 0.05), "Mixed": (0.006, 0.6)}

# what the name of a fund says: volatility, beta
_THEMES: Final = (
    (("TREASURY BILL", "1-3 MONTH", "0-3 MONTH", "ULTRA SHORT", "FLOATING"), 0.0004, 0.0),
    (("20+ YEAR", "LONG-TERM TREAS", "EXTENDED"), 0.009, -0.05),
    (("BOND", "TREASURY", "TREAS", "AGGREGATE", "MUNI", "TIPS"), 0.0038, 0.05),
    (("GOLD MINERS", "SILVER MINERS"), 0.022, 0.5),
    (("GOLD",), 0.0098, 0.1),
    (("SILVER",), 0.018, 0.2),
    (("BITCOIN", "ETHER"), 0.028, 0.9),
    (("VIX", "VOLATILITY INDEX"), 0.05, -3.5),
    (("OIL FUND",), 0.019, 0.3),
)  # fmt: skip


def share_of(entry: Instrument, what: int) -> float:
    """A number from 0 to 1 that goes with an instrument."""
    return (mix(entry.conId, 71, what) & 0xFFFF) / 65536.0


def dollars(entry: Instrument) -> float:
    """What one of it costs in dollars, more or less."""
    value = 1.0 if entry.currency == DOLLAR else VALUES.get(entry.currency, (1.0, 0.0))[0]
    return entry.reference / entry.scale * value


def character_of(entry: Instrument) -> Character:
    """How an instrument moves and trades."""
    symbol = entry.symbol
    if isinstance(entry, Stock):
        return _fund_share(entry) if entry.stockType == "ETF" else _stock(entry)
    if isinstance(entry, Fund):
        return Character(*_FUNDS.get(entry.fundType, (0.009, 1.0)))
    if entry.secType == "CRYPTO":
        return Character(_COINS.get(symbol, 0.04), 0.8, 0.0001, 2e9 if symbol in _COINS else 2e8)
    if entry.secType == "CMDTY":
        return Character(_METALS.get(symbol, 0.012), 0.0, 0.00008)
    if symbol in _INDICES:
        return Character(*_INDICES[symbol])
    if symbol in _BY_FUTURE:
        return Character(_BY_FUTURE[symbol])
    return Character(0.01, 0.9)


def _stock(entry: Stock) -> Character:
    lively, along = share_of(entry, 1), share_of(entry, 2)
    if entry.currency != DOLLAR:
        return Character(0.012 + 0.009 * lively, 0.4 + 0.5 * along, 0.0004, 1.5e8)
    if entry.symbol in LIQUID:
        return Character(0.013 + 0.012 * lively, 0.7 + 0.8 * along, 0.0001, 1.5e9)
    width, turnover = 0.0003 + 0.0009 * share_of(entry, 3), 4e6 * 40.0 ** share_of(entry, 4)
    return Character(0.014 + 0.016 * lively, 0.6 + 0.8 * along, width, turnover)


def _fund_share(entry: Stock) -> Character:
    name = entry.longName.upper()
    turnover = 2e9 if entry.symbol in LIQUID else 1.2e8
    for words, volatility, beta in _THEMES:
        if any(word in name for word in words):
            return Character(volatility, beta, 0.0001, turnover)
    times = 3.0 if "3X" in name or "ULTRAPRO" in name else 2.0 if "2X" in name else 1.0
    times *= -1.0 if "BEAR" in name or "SHORT" in name or "INVERSE" in name else 1.0
    volatility = 0.0105 + 0.004 * share_of(entry, 1)
    return Character(volatility * abs(times), times, 0.0001, turnover)
