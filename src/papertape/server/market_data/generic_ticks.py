"""The generic tick list of reqMktData: what TWS takes for a type of security, and what comes of it.

A list is ids, older ids or names, separated by commas; ``mdoff`` in it switches the default ticks
off; only news (292) takes providers behind a colon. One bad word refuses the whole request. The one
table says of each id what is sent, for which types, what is refused by name, and why. What is legal
for a type and neither sent nor refused is taken and sends nothing, as TWS has nothing to send: its
lists for options and futures, which public programs quote, are those for stocks, net asset values
of funds included.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from ...venue.reference.instruments import Refusal
from ...venue.reference.securities import UNQUOTED, UNTRADED
from ...versions import MAX_SERVER

MARKET_DATA_OFF: Final = "mdoff"
FUNDAMENTALS: Final = 258
NEWS: Final = 292
ODD_LOT: Final = 787
ODD_LOT_TICKS: Final = 225
"""The server version from which clients know its ticks."""
LONGEST: Final = 200
"""Characters of a bad list that its sender is told."""


class GenericTick(NamedTuple):
    """A kind of tick that is sent when it is asked for."""

    id: int
    older: int
    """Another id for it; 0 for none."""
    name: str
    types: frozenset[str]
    """Of the securities for which TWS takes it."""
    listed: bool
    """TWS names it among the legal ones."""
    sends: frozenset[str]
    """The types for which ticks are sent."""
    refuses: frozenset[str]
    """The types for which it is refused by name."""
    ticks: tuple[int, ...]
    """The types of its ticks."""
    what: str
    """What the ticks are made of, or why there are none."""

    @property
    def shown(self) -> str:
        """As TWS writes it in its list."""
        older = f"/{self.older}" if self.older else ""
        return f"{self.id}{older}({self.name})"


# id, older id, types of securities, name | types with ticks | types refused | ticks | what.
# An id with * is taken but not listed; types: . all legal ones, - none, ! all others, + all with
# trades.
_ROWS: Final = """
100 . . Option Volume | STK,IND,OPT,FOP | - | 29 30 | calls and puts of the day: a part of what \
the stock trades, where it has options; single options print on tapes of their own; of an option \
its own, and 0 for the other right
101 . . Option Open Interest | STK,IND,OPT,FOP | - | 27 28 | calls and puts that are open: some \
days' worth of them, new every day; of an option its own, and 0 for the other right
104* . STK,IND,OPT,FOP Historical Volatility | STK,IND | - | 23 | the last 30 daily returns, \
a year's deviation
105 . . Average Opt Volume | STK,IND | - | 87 | the mean of 100 of the last 90 days
106 . . impvolat | STK,IND | - | 24 | at which the tape prices an option at the money in 30 days
162 . IND Index Future Premium | . | - | 31 | the nearest future less the index, in points
165 . . Misc. Stats | STK | - | 15 16 17 18 19 20 21 | low and high of 13, 26 and 52 weeks with \
today's; average volume of the days of the last 90
221 220 . Creditman Mark Price | - | - | 78 | TWS does not use its tick
225 . . Auction | STK | !STK | 34 35 36 61 | what would trade in the next auction, at which price, \
and what would be left, negative of sellers: five minutes before an opening, ten before a close, \
with the hours of exchanges, or where a world tells of one
232 221 . Pl Price | . | - | 37 | the price at which positions are valued: the middle of the quote
233 . !CRYPTO RTVolume | + | - | 48 | the latest trade, the day's volume and average price
236 . . inventory | STK | - | 46 89 | anybody may sell short: 3; shares: an average day's volume
258 47 . Fundamentals | - | - | 47 | refused with 10358, as TWS does
292 . . Wide_news | . | - | 62 | headlines of the providers behind the colon, or of all
293 . . TradeCount | + | - | 54 | trades of the day
294 . . TradeRate | + | - | 55 | trades of the last minute
295 . . VolumeRate | + | - | 56 | volume of the last minute
318 . . LastRTHTrade | + | - | 57 | the last trade of a regular session
375 . !CRYPTO RTTrdVolume | + | - | 77 | as 233: the tape has no trades that are not reported
411 . . rthistvol | . | - | 58 | as 104, the present price taken for today's close
456 59 STK,CFD,OPT,FOP,FUT,IND,SLB IBDividends | . | - | 59 | what a share paid in the \
last 365 days and will in the next ones, the next ex-date and amount: as far as a recording knows; \
empty fields where it does not
460 . . Bond Factor Multiplier | BOND,BILL | - | 60 | 1: no bond is paid back in parts
577 . . EtfNavLast(navlast) | STK | - | 96 | of funds: the middle of the quote, as no fund trades \
beside its value
586 . . IPOHLMPRC | - | - | 101 102 | every share is listed already
587 . . Pl Price Delayed | - | - | | none of the documented ticks is its own
588 . . Futures Open Interest | FUT | - | 86 | contracts that are open: some days' \
worth of its volume, new every day
595 . STK,CFD,OPT,FOP,WAR,FUT,FWD,BOND,BILL,SLB,IOPT,CRYPTO Short-Term Volume X Mins | + | - \
| 63 64 65 | volume of the last 3, 5 and 10 minutes
614 . . EtfNavMisc(high/low) | STK | - | 98 99 | of funds: the day's highest and lowest middle
619 . . Creditman Slow Mark Price | . | - | 79 | the mark price at the last whole minute
623 . . EtfFrozenNavLast(fznavlast) | STK | - | 97 | of funds: the close of the day before
787* . STK Odd Lot | . | - | 105 106 107 108 109 110 | orders of less than 100 shares inside the \
quote, -1 and 0 without one; from version 225, of a stock with several venues
"""
TYPES: Final = frozenset((
    "STK", "IND", "CFD", "OPT", "FOP", "FUT", "CASH", "BOND", "BILL", "WAR", "FWD", "SLB", "IOPT",
    "CRYPTO", "FUND", "CMDTY", "BAG", "CONTFUT", "NEWS",
))  # fmt: skip


def _among(word: str, legal: frozenset[str]) -> frozenset[str]:
    if word == "-":
        return frozenset()
    if word == "+":
        return legal - UNTRADED - UNQUOTED
    named = frozenset(word.strip("!").split(",")) if word != "." else frozenset()
    return legal - named if word[0] in ".!" else named


def _read(text: str) -> Iterator[GenericTick]:
    for line in text.strip().splitlines():
        head, sends, refuses, ticks, what = (part.strip() for part in line.split("|"))
        number, older, types, name = head.split(None, 3)
        legal = _among(types, TYPES)
        yield GenericTick(
            id=int(number.rstrip("*")),
            older=0 if older == "." else int(older),
            name=name,
            types=legal,
            listed="*" not in number,
            sends=_among(sends, legal),
            refuses=_among(refuses, legal),
            ticks=tuple(map(int, ticks.split())),
            what=what,
        )


TABLE: Final = tuple(_read(_ROWS))
_BY_WORD: Final = {
    word: tick for tick in TABLE for word in (str(tick.id), tick.name.casefold())
} | {
    # The older id wins: 221 asks for the mark price, as it is documented, though it names another.
    str(tick.older): tick
    for tick in TABLE
    if tick.older
}


class WantedTicks(NamedTuple):
    """What a generic tick list asks for."""

    default: bool
    """Whether the default ticks are wanted."""
    generic: tuple[int, ...]
    """The ids for which ticks are sent, each once and in order; news go their own way."""


def wanted_ticks(text: str, sec_type: str, version: int = MAX_SERVER) -> WantedTicks | Refusal:
    """Return what a list asks for by a client of a version, or why it is refused.

    321 names the legal list, or what this station has not; 10358 is for fundamentals.
    """
    words = [word for word in map(str.strip, text.split(",")) if word]
    plain = [word for word in words if word.casefold() != MARKET_DATA_OFF]
    ticks = [_tick(word, sec_type) for word in plain]
    legal = [
        tick
        for tick in ticks
        if tick is not None and (tick.id != ODD_LOT or version >= ODD_LOT_TICKS)
    ]
    if len(legal) < len(ticks):
        facts = {"list": text[:LONGEST], "secType": sec_type, "legal": legal_ticks(sec_type)}
        return Refusal(321, facts, "generic_ticks")
    ids = {tick.id for tick in legal}
    if FUNDAMENTALS in ids:
        return Refusal(10358)
    missing = ",".join(dict.fromkeys(tick.shown for tick in legal if sec_type in tick.refuses))
    if missing:
        return Refusal(321, {"what": f"The generic tick list {missing}"}, "not_served")
    sent = sorted({tick.id for tick in legal if sec_type in tick.sends} - {NEWS})
    return WantedTicks(len(plain) == len(words), tuple(sent))


def news_providers(text: str) -> frozenset[str] | None:
    """The providers behind the news of a legal list: none named are all; None without news."""
    found: frozenset[str] | None = None
    for word in text.split(","):
        name, _, providers = (part.strip() for part in word.partition(":"))
        tick = _BY_WORD.get(name.casefold())
        if tick is not None and tick.id == NEWS:
            named = frozenset(filter(None, map(str.strip, providers.split("+"))))
            found = named | (found or frozenset())
    return found


def legal_ticks(sec_type: str) -> str:
    """The list that TWS gives for a type of security."""
    return ",".join(tick.shown for tick in TABLE if tick.listed and sec_type in tick.types)


def _tick(word: str, sec_type: str) -> GenericTick | None:
    """What a word names, if securities of this type have it."""
    name, colon, providers = (part.strip() for part in word.partition(":"))
    tick = _BY_WORD.get(name.casefold())
    if tick is None or sec_type not in tick.types:
        return None
    if colon and not (providers and tick.id == NEWS):
        return None
    return tick
