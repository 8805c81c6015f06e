"""What follows what: indices their members or a fund, futures and CFDs what they are on."""

from typing import Final, NamedTuple

FUND_OF: Final = {
    "SPX": "SPY", "XSP": "SPY", "OEX": "SPY", "XEO": "SPY", "NDX": "QQQ", "COMP": "QQQ",
    "RUT": "IWM", "INDU": "DIA", "DJX": "DIA", "SOX": "SMH",
}  # fmt: skip
"""Indices that a fund of the catalogue follows: both play one tape, so no program finds them apart.
"""

MEMBERS: Final = {
    "DAX": "IBIS EUR SAP SIE ALV DTE MUV2 RHM DBK BAS MBG BMW DHL IFX",
    "MDAX": "IBIS EUR AIXA NDA EVK LHA FRA HLE GBF HFG",
    "ESTX50": "IBIS EUR SAP SIE ALV DTE MUV2 BAS DBK BMW IFX ADS",
    "CAC40": "SBF EUR MC OR RMS SAN AI SU BNP CS DG KER",
    "SMI": "EBS CHF NESN NOVN ROG ZURN ABBN CFR SREN GIVN LONN",
    "EOE": "AEB EUR ASML INGA PRX ADYEN AD HEIA WKL PHIA",
    "IBEX": "BM EUR SAN ITX IBE TEF FER AMS REP CABK",
    "OMXS30": "SFB SEK VOLV_B ERIC_B ATCO_A INVE_B SAND SEB_A SWED_A HM_B",
    "Z": "LSE GBP SHEL AZN HSBA ULVR BP RIO GSK BARC DGE BATS",
    "N225": "TSEJ JPY 7203 6758 8306 9984 6861 8035 9983 6098",
    "TOPX": "TSEJ JPY 7203 6758 8306 9984 6861 8035 9983 6098",
    "HSI": "SEHK HKD 700 9988 1299 5 939 3690 388 1810",
    "HHI.HK": "SEHK HKD 700 9988 939 3690 1810",
    "AP": "ASX AUD BHP CBA CSL NAB WBC ANZ WES MQG",
    "TSX": "TSE CAD RY TD ENB CNQ SHOP BNS BMO CNR",
}  # fmt: skip
"""Primary exchange, currency and symbols of some members of an index; all weigh the same. ``_``
stands for a blank."""

CFD_ON: Final = {
    "IBUS500": "SPX", "IBUS30": "INDU", "IBUST100": "NDX", "IBGB100": "Z", "IBEU50": "ESTX50",
    "IBDE40": "DAX", "IBDE30": "DAX", "IBFR40": "CAC40", "IBES35": "IBEX", "IBNL25": "EOE",
    "IBCH20": "SMI", "IBJP225": "N225", "IBHK50": "HSI", "IBAU200": "AP",
}  # fmt: skip
"""CFDs without an underlying's number: the index they are on."""


class Spot(NamedTuple):
    """What futures of a symbol are on."""

    secType: str
    symbol: str


SPOT_OF: Final = {
    **{name: Spot("IND", "SPX") for name in ("ES", "MES")},
    **{name: Spot("IND", "NDX") for name in ("NQ", "MNQ")},
    **{name: Spot("IND", "RUT") for name in ("RTY", "M2K")},
    **{name: Spot("IND", "INDU") for name in ("YM", "MYM")},
    **{name: Spot("IND", "N225") for name in ("NKD", "N225", "N225M")},
    "MHI": Spot("IND", "HSI"),
    "VXM": Spot("IND", "VIX"),
    "MCL": Spot("IND", "CL"),
    "MHG": Spot("IND", "HG"),
    **{name: Spot("CRYPTO", "BTC") for name in ("BRR", "MBT")},
    **{name: Spot("CRYPTO", "ETH") for name in ("ETHUSDRR", "MET")},
    **{name: Spot("CMDTY", "XAUUSD") for name in ("GC", "MGC")},
    "SI": Spot("CMDTY", "XAGUSD"),
    "PL": Spot("CMDTY", "XPTUSD"),
    "PA": Spot("CMDTY", "XPDUSD"),
    **{name: Spot("", name) for name in ("EUR", "GBP", "JPY", "AUD", "CAD", "CHF", "NZD")},
    "M6E": Spot("", "EUR"),
    "M6B": Spot("", "GBP"),
    "M6A": Spot("", "AUD"),
    "MXP": Spot("", "MXN"),
}
"""By the symbol of the future; without a type it is a currency, in dollars."""

RATE: Final = 0.04
_BRINGS: Final = {
    "IND": 0.013, "BTC": 0.0, "ETH": 0.0, "XAUUSD": 0.0, "XAGUSD": 0.0, "XPTUSD": 0.0,
    "XPDUSD": 0.0, "N225": 0.02, "EUR": 0.02, "GBP": 0.038, "JPY": 0.007,
    "AUD": 0.037, "CAD": 0.024, "CHF": 0.0, "NZD": 0.024, "MXN": 0.075, "VIX": -0.2,
    "DAX": 0.02, "ESTX50": 0.03, "K200": 0.02, "HSI": 0.035,
}  # fmt: skip


def futures_on(index: str) -> tuple[str, ...]:
    """The symbols of futures that are on an index, the one named like it first."""
    return (index, *(name for name, spot in SPOT_OF.items() if spot == Spot("IND", index)))


def brings(symbol: str) -> float:
    """What holding the underlying of a future brings a year; the rate where it is not known, and
    then all months cost the same."""
    spot = SPOT_OF.get(symbol)
    if spot is None:
        return _BRINGS.get(symbol, RATE)
    american = spot.symbol in FUND_OF
    return _BRINGS["IND"] if american else _BRINGS.get(spot.symbol, RATE)
