"""Which contracts LEAN's files of futures and options are of: a zip has a CSV file for each.

The names tell the month of a future (``…_trade_201312.csv``), and of an option its right, its
strike times 10,000 and its last day (``…_trade_american_call_4500000_20150117.csv``). A contract
that the catalogue's rules make at the day of the file is that one; another option is described as
a user would. What ended long ago is found while the market's clock is at its time (``--start``).
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

import msgspec

from ..model import Contract
from ..venue.reference.custom import Wrong, made
from ..venue.reference.descriptions import series_of
from ..venue.reference.instruments import Instruments
from ..venue.reference.roots import roots
from ..venue.reference.securities import Instrument
from .lean import LeanFile
from .text_files import csv_members

STRIKES: Final = 10_000
_FUTURE: Final = re.compile(r"\d{8}_\w+?_(?:trade|quote)_(\d{6})(?:_\d{8})?\.csv", re.ASCII)
_OPTION: Final = re.compile(
    r"\d{8}_\w+?_(?:trade|quote)_(?:american|european)_(call|put)_(\d{1,12})_(\d{8})\.csv",
    re.ASCII | re.IGNORECASE,
)


class NoContract(ValueError):
    """A file of no contract that can be recorded; the text says why."""


def members_of(file: LeanFile) -> Iterator[LeanFile]:
    """The same file for each of its members. Raises ``MarketDataError`` for a damaged zip."""
    for member in csv_members(file.path):
        yield msgspec.structs.replace(file, member=member)


def contract_of_member(
    instruments: Instruments, file: LeanFile
) -> tuple[Instrument, dict[str, str]]:
    """The instrument of a member, and its description where no rule makes it.

    Raises ``NoContract`` for a name that tells none and for what no rule knows.
    """
    wanted = _wanted(file)
    chains = instruments.chains
    asked = series_of(wanted)
    found: list[Instrument] = []
    if chains is not None and asked is not None:
        rule = {"FUT": chains.futures, "OPT": chains.options, "FOP": chains.future_options}
        found = list(rule[file.security_type](asked, file.day))
    if len(found) == 1:
        return found[0], {}
    if file.security_type == "FUT":
        month = wanted.lastTradeDateOrContractMonth
        many = "several rules know" if found else "no rule knows"
        raise NoContract(f"{many} the future {file.symbol} of {month}")
    return _described(wanted, file)


def _wanted(file: LeanFile) -> Contract:
    about = Contract(symbol=file.symbol, secType=file.security_type, currency="USD")
    if file.security_type == "FUT":
        found = _FUTURE.fullmatch(file.member)
        if found is None:
            raise NoContract(f"{file.member[:80]} names no month")
        about.lastTradeDateOrContractMonth = found[1]
        return about
    found = _OPTION.fullmatch(file.member)
    if found is None:
        raise NoContract(f"{file.member[:80]} names no option")
    about.right = found[1][0].upper()
    about.strike = float(Decimal(found[2]) / STRIKES)
    about.lastTradeDateOrContractMonth = found[3]
    return about


def _described(wanted: Contract, file: LeanFile) -> tuple[Instrument, dict[str, str]]:
    strike = Decimal(str(wanted.strike)).normalize()
    last = wanted.lastTradeDateOrContractMonth
    about = {
        "secType": file.security_type, "currency": "USD", "exchange": "SMART",
        "lastTradeDate": last, "strike": f"{strike:f}", "right": wanted.right,
        "multiplier": "100",
        "localSymbol": f"{file.symbol:<6}{last[2:]}{wanted.right}{int(strike * 1000):08}",
        "underSecType": "IND" if file.market_class == "indexoption" else "STK",
    }  # fmt: skip
    if file.security_type == "FOP":
        root = next((one for one in roots().values() if one.symbol == file.symbol), None)
        if root is None:
            raise NoContract(f"no rule knows the future {file.symbol} that it is on")
        about |= {
            "exchange": root.exchange, "underSecType": "FUT",
            "multiplier": str(Decimal(root.multiplier) / root.divisor),
            "minTick": "0.05" if root.symbol == "ES" else "0.01",
        }  # fmt: skip
    try:
        found = made({"symbol": file.symbol, **about})
    except Wrong as wrong:
        raise NoContract(f"{file.member[:80]}: {wrong}") from wrong
    return found, about
