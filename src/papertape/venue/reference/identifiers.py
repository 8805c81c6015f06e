"""Identifiers of securities: which an instrument has, and which lines of a catalogue may have one.

ISIN, CUSIP and FIGI are data. A SEDOL is read out of the ISIN of a British or Irish share, which is
made of it; no other is known, as SEDOLs are sold. A RIC follows from symbol and primary exchange.
"""

from typing import Final

from .securities import Bond, Instrument, Stock

OF_CUSIP: Final = ("US", "CA")
"""Countries whose ISINs have the CUSIP inside."""
OF_SEDOL: Final = ("GB00", "IE00", "JE00", "GG00", "IM00")
"""What the ISINs begin with that have the SEDOL inside."""
_SUFFIXES: Final = {
    "O": ("NASDAQ",), "OQ": ("NASDAQ",), "N": ("NYSE",), "A": ("AMEX",), "P": ("ARCA",),
    "Z": ("BATS",), "PK": ("PINK",), "L": ("LSE", "LSEETF"), "DE": ("IBIS", "IBIS2"),
    "PA": ("SBF",), "AS": ("AEB",), "BR": ("ENEXT.BE",), "MI": ("BVME",), "MC": ("BM",),
    "S": ("EBS",), "ST": ("SFB",), "CO": ("CPH",), "OL": ("OSL",), "HE": ("HEX",), "VI": ("VSE",),
    "TO": ("TSE",), "MX": ("MEXI",), "AX": ("ASX",), "HK": ("SEHK",), "T": ("TSEJ",),
    "KS": ("KSE",),
}  # fmt: skip
"""The exchanges that what follows the point of a RIC stands for."""
_SHORT: Final = 4
"""Digits of a RIC of Hong Kong, with zeros before: 0700.HK."""


def has_identifier(entry: Instrument, kind: str, value: str) -> bool:
    """Whether an instrument has an identifier; ``kind`` is one of TWS, in capitals."""
    if not value:
        return False
    match kind:
        case "ISIN":
            return entry.isin == value.upper()
        case "CUSIP":
            inside = cusip_of(entry.isin) if isinstance(entry, Bond) else ""
            return value.upper() in (entry.cusip, inside)
        case "FIGI":
            return entry.figi == value.upper()
        case "SEDOL":
            return sedol_of(entry.isin) == value.upper()
        case "RIC":
            return _is_called(entry, value)
    return False


def cusip_of(isin: str) -> str:
    """The CUSIP inside an American or Canadian ISIN; "" where there is none."""
    return isin[2:11] if isin.startswith(OF_CUSIP) else ""


def sedol_of(isin: str) -> str:
    """The SEDOL inside an ISIN; "" where there is none."""
    return isin[4:11] if isin.startswith(OF_SEDOL) else ""


def isins_of(kind: str, value: str) -> tuple[str, ...]:
    """The ISINs that a CUSIP or a SEDOL may be part of."""
    begins, length = {"CUSIP": (OF_CUSIP, 9), "SEDOL": (OF_SEDOL, 7)}.get(kind, ((), 0))
    if len(value) != length or not (value.isascii() and value.isalnum()):
        return ()
    return tuple(with_check_digit(begin + value.upper()) for begin in begins)


def symbols_of_ric(ric: str) -> tuple[str, ...]:
    """The symbols that an instrument of a RIC may have; none where its exchange is not known."""
    root, _, suffix = ric.rpartition(".")
    if not root or suffix not in _SUFFIXES:
        return ()
    if suffix == "HK":
        return (root.lstrip("0"),)
    if root[-1:].islower():  # the class of a share: BRKb.N, VOLVb.ST, RCIb.TO
        return tuple(f"{root[:-1]}{between}{root[-1].upper()}" for between in (" ", "."))
    return (root,)


def _is_called(entry: Instrument, ric: str) -> bool:
    if not isinstance(entry, Stock):
        return False
    root, _, suffix = ric.rpartition(".")
    if suffix == "HK" and root != entry.symbol.zfill(_SHORT):
        return False
    known = entry.primaryExchange in _SUFFIXES.get(suffix, ())
    return known and entry.symbol in symbols_of_ric(ric)


def with_check_digit(text: str) -> str:
    """An ISIN of its first eleven letters and digits."""
    digits = "".join(str(int(letter, 36)) for letter in text)
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value // 10 + value % 10
    return f"{text}{-total % 10}"
