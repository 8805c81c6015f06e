"""What a search box offers for what a person types: ``SPY``, ``EUR.USD``, ``ESZ6``, ``ES FUT``,
``SPY 20261218 C 680``.

A symbol may be followed by words in any order: a kind of contract, an expiry (``202612``,
``20261218``, ``261218``, ``DEC26``, ``DEC`` for the next one), a right (``C``, ``P``), a strike. An
identifier stands alone: an ISIN, CUSIP, FIGI or SEDOL.
"""

import re
from collections.abc import Iterator
from datetime import date
from heapq import nsmallest
from itertools import islice
from operator import itemgetter
from typing import Final

from ...model import Contract
from ...venue.market.port import MarketSource
from ...venue.reference.instruments import Instrument, Instruments, Refusal
from ...venue.reference.securities import OptionContract
from ...venue.reference.times import EASTERN
from ...venue.units import Nanos, price_float

MOST: Final = 16
"""Offers, as many as reqMatchingSymbols has."""
MOST_ROWS: Final = 1000
"""Listings that are looked at of one description: a chain may have tens of thousands."""
FUTURES: Final = 4
"""Expiries of a future that are offered for its symbol alone."""
KINDS: Final = (
    "STK", "IND", "CASH", "FUT", "CONTFUT", "OPT", "FOP", "CFD", "CRYPTO", "CMDTY", "BOND", "FUND",
    "WAR",
)  # fmt: skip
DATED: Final = ("FUT", "OPT", "FOP", "WAR")
_EXPIRY: Final = re.compile(r"20\d{4}(\d\d)?")
_SHORT: Final = re.compile(r"[23]\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])")
_MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV",
                  "DEC")  # fmt: skip
_MONTH: Final = re.compile(rf"({'|'.join(_MONTHS)})(\d\d)?")
_IDENTIFIERS: Final = {7: ("SEDOL",), 9: ("CUSIP",), 12: ("ISIN", "FIGI")}
"""The kinds of identifiers by their length."""
_STRIKE: Final = re.compile(r"\d{1,7}(\.\d{1,4})?")
_PAIR: Final = re.compile(r"([A-Z]{3})[./ ]?([A-Z]{3})")


Found = Iterator[Instrument | None]
"""Instruments, and None for each pause in which others can have a turn."""


def offers(
    instruments: Instruments, market: MarketSource, text: str, now: Nanos
) -> Iterator[list[Instrument] | None]:
    """Up to ``MOST`` instruments that have market data, the most likely first: None for each pause
    in which others can have a turn, then the offers."""
    found: dict[int, Instrument] = {}
    for one in _likely(instruments, market, " ".join(text.upper().split()), now):
        if one is None:
            yield None
        elif one.conId in market:
            found.setdefault(one.conId, one)
            if len(found) == MOST:
                break
    yield list(found.values())


def _likely(instruments: Instruments, market: MarketSource, text: str, now: Nanos) -> Found:
    if not text:
        return
    symbol, *words = text.split()
    named = instruments.search(text)
    yield from (one for one in named if one.symbol == text)
    pair = _PAIR.fullmatch(text)
    if pair is not None:
        wanted = Contract(symbol=pair[1], secType="CASH", currency=pair[2])
        yield from _rows(instruments, wanted, now)
    for kind in KINDS:
        local = _occ(text) if kind == "OPT" else text
        yield from _rows(instruments, Contract(localSymbol=local, secType=kind), now)
    if words:
        for wanted in _described(symbol, words, now):
            rows = _rows(instruments, wanted, now)
            optional = wanted.secType in ("OPT", "FOP")
            yield from _nearest(rows, instruments, market, now) if optional else rows
    else:
        wanted = Contract(symbol=symbol, secType="FUT")
        yield from _first(FUTURES, _rows(instruments, wanted, now))
    yield from named
    if not words:
        yield from _rows(instruments, Contract(symbol=symbol, secType="BOND"), now)
        for kind in _IDENTIFIERS.get(len(symbol), ()):
            yield from _rows(instruments, Contract(secIdType=kind, secId=symbol), now)


def _expiry(word: str, now: Nanos) -> str:
    """The expiry that a word means, as contracts have it; "" when it means none."""
    if _EXPIRY.fullmatch(word):
        return word
    if _SHORT.fullmatch(word):
        return f"20{word}"
    found = _MONTH.fullmatch(word)
    if found is None:
        return ""
    month = _MONTHS.index(found[1]) + 1
    if found[2]:
        return f"20{found[2]}{month:02}"
    today = date.fromordinal(EASTERN.day(now))
    return f"{today.year + (month < today.month)}{month:02}"


def _described(symbol: str, words: list[str], now: Nanos) -> Iterator[Contract]:
    """The contracts that words after a symbol can mean; none where a word says nothing."""
    wanted, kinds = Contract(symbol=symbol), list[str]()
    for word in words:
        if word in KINDS:
            kinds = [word]
        elif word in ("C", "P", "CALL", "PUT"):
            wanted.right = word[0]
        elif expiry := _expiry(word, now):
            wanted.lastTradeDateOrContractMonth = expiry
        elif _STRIKE.fullmatch(word):
            wanted.strike = float(word)
        else:
            return
    if not kinds:
        optional = bool(wanted.right or wanted.strike)
        kinds = [kind for kind in DATED if not optional or kind != "FUT"]
    for kind in kinds:
        # One row of an option is enough: it trades at a score of exchanges.
        wanted.secType, wanted.exchange = kind, "SMART" if kind == "OPT" else ""
        yield wanted


def _rows(instruments: Instruments, wanted: Contract, now: Nanos) -> Found:
    """The instruments that a description fits, each once."""
    yield None
    rows = instruments.rows(wanted, now=now)
    if isinstance(rows, Refusal):
        return
    known: set[int] = set()
    for row in islice(rows, MOST_ROWS):
        yield None
        if row.instrument.conId not in known:
            known.add(row.instrument.conId)
            yield row.instrument


def _first(most: int, found: Found) -> Found:
    """The first few of what is found."""
    for one in found:
        yield one
        most -= one is not None
        if not most:
            return


def _nearest(found: Found, instruments: Instruments, market: MarketSource, now: Nanos) -> Found:
    """Of many options those that expire first, and whose strikes are nearest to the price of what
    they are on."""
    options: list[tuple[int, float, int, OptionContract]] = []
    prices: dict[int, float] = {}
    for one in found:
        if one is None:
            yield None
        elif isinstance(one, OptionContract):
            if one.under not in prices:
                under = instruments.get(one.under)
                priced = under is not None and one.under in market
                price = market.quote(one.under, now).bid if priced else 0
                prices[one.under] = price_float(price, under.scale) if under is not None else 0.0
            away = abs(price_float(one.strike, one.scale) - prices[one.under])
            options.append((one.expires, away, one.conId, one))
    yield from (option for *_, option in nsmallest(MOST, options, key=itemgetter(0, 1, 2)))


def _occ(text: str) -> str:
    """The name of an option as its clearing house pads it: ``SPY 260618C00680000`` may be typed
    with one space, and none."""
    found = re.fullmatch(r"([A-Z]{1,5}[0-9]?) ?(\d{6}[CP]\d{8})", text)
    return f"{found[1]:6}{found[2]}" if found is not None else text
