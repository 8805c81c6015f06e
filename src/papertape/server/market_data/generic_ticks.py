"""The generic tick list of reqMktData: what TWS takes for a type of security, and what is served.

A list is ids, older ids or names, separated by commas; ``mdoff`` in it switches the default ticks
off; only news (292) takes providers behind a colon. One bad word refuses the whole request.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from ...venue.reference.instruments import Refusal

MARKET_DATA_OFF: Final = "mdoff"
FUNDAMENTALS: Final = 258
NEWS: Final = 292
LONGEST: Final = 200
"""Characters of a bad list that its sender is told."""


class GenericTick(NamedTuple):
    """A kind of tick that is sent when it is asked for."""

    id: int
    older: int
    """Another id for it; 0 for none."""
    name: str
    types: frozenset[str]
    """Of the securities that have it; empty for all."""
    listed: bool
    """TWS names it among the legal ones."""

    @property
    def shown(self) -> str:
        """As TWS writes it in its list."""
        older = f"/{self.older}" if self.older else ""
        return f"{self.id}{older}({self.name})"


# id, older id, types of securities, name; * is taken but not listed
_ROWS: Final = """
100  .    STK,IND                      Option Volume
101  .    STK,IND                      Option Open Interest
104* .    STK,IND                      Historical Volatility
105  .    STK,IND                      Average Opt Volume
106  .    STK,IND                      impvolat
162  .    IND                          Index Future Premium
165  .    STK                          Misc. Stats
221  220  .                            Creditman Mark Price
225  .    .                            Auction
232  221  .                            Pl Price
233  .    !CRYPTO                      RTVolume
236  .    .                            inventory
258  47   .                            Fundamentals
292  .    .                            Wide_news
293  .    .                            TradeCount
294  .    .                            TradeRate
295  .    .                            VolumeRate
318  .    .                            LastRTHTrade
375  .    !CRYPTO                      RTTrdVolume
411  .    .                            rthistvol
456  59   STK,CFD,OPT,FOP,FUT,IND,SLB  IBDividends
460  .    STK,BOND,BILL                Bond Factor Multiplier
577  .    STK                          EtfNavLast(navlast)
586  .    STK                          IPOHLMPRC
587  .    .                            Pl Price Delayed
588  .    STK,FUT                      Futures Open Interest
595  .    STK,CFD,OPT,FOP,WAR,FUT,FWD,BOND,BILL,SLB,IOPT,CRYPTO  Short-Term Volume X Mins
614  .    STK                          EtfNavMisc(high/low)
619  .    .                            Creditman Slow Mark Price
623  .    STK                          EtfFrozenNavLast(fznavlast)
787* .    STK                          Odd Lot
"""
_TYPES: Final = frozenset((
    "STK", "IND", "CFD", "OPT", "FOP", "FUT", "CASH", "BOND", "BILL", "WAR", "FWD", "SLB", "IOPT",
    "CRYPTO", "FUND", "CMDTY", "BAG", "CONTFUT", "NEWS",
))  # fmt: skip


def _read(text: str) -> Iterator[GenericTick]:
    for line in text.strip().splitlines():
        number, older, types, name = line.split(None, 3)
        among = frozenset(types.strip("!").split(",")) if types != "." else frozenset()
        yield GenericTick(
            id=int(number.rstrip("*")),
            older=0 if older == "." else int(older),
            name=name,
            types=_TYPES - among if types.startswith("!") else among,
            listed="*" not in number,
        )


TABLE: Final = tuple(_read(_ROWS))
SERVED: Final[frozenset[int]] = frozenset()
"""None yet."""
_BY_WORD: Final = {
    word: tick for tick in TABLE for word in (str(tick.id), tick.name.casefold())
} | {
    # The older id wins: 221 asks for the mark price, as it is documented, though it names another.
    str(tick.older): tick
    for tick in TABLE
    if tick.older
}


def default_ticks(text: str, sec_type: str) -> bool | Refusal:
    """Return whether the default ticks are wanted, or why the list is refused.

    321 names the legal list, 10358 is for fundamentals, 322 names what is not served yet.
    """
    words = [word for word in map(str.strip, text.split(",")) if word]
    plain = [word for word in words if word.casefold() != MARKET_DATA_OFF]
    ticks = [_tick(word, sec_type) for word in plain]
    legal = [tick for tick in ticks if tick is not None]
    if len(legal) < len(ticks):
        facts = {"list": text[:LONGEST], "secType": sec_type, "legal": legal_ticks(sec_type)}
        return Refusal(321, facts, "generic_ticks")
    if any(tick.id == FUNDAMENTALS for tick in legal):
        return Refusal(10358)
    missing = ",".join(dict.fromkeys(tick.shown for tick in legal if tick.id not in SERVED))
    if missing:
        return Refusal(322, {"what": f"The generic tick list {missing}"}, "not_served")
    return len(plain) == len(words)


def legal_ticks(sec_type: str) -> str:
    """The list that TWS gives for a type of security."""
    return ",".join(tick.shown for tick in TABLE if tick.listed and _has(sec_type, tick))


def _tick(word: str, sec_type: str) -> GenericTick | None:
    """What a word names, if securities of this type have it."""
    name, colon, providers = (part.strip() for part in word.partition(":"))
    tick = _BY_WORD.get(name.casefold())
    if tick is None or not _has(sec_type, tick):
        return None
    if colon and not (providers and tick.id == NEWS):
        return None
    return tick


def _has(sec_type: str, tick: GenericTick) -> bool:
    return not tick.types or sec_type in tick.types
