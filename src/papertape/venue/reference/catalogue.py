"""The long catalogue: thousands of instruments in one file, of which nothing is read until asked.

A line has its fields between tabs: security type, symbol, currency, primary exchange, number, price
of late 2026, name, and then ``key=value`` for what else differs from the usual of its kind. The
numbers of lines below ``numbers.OURS_FROM`` are Interactive Brokers'. A line becomes a record when
somebody asks for it. ``scripts/build_catalogue.py`` writes the file.
"""

import gzip
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from functools import cached_property
from itertools import islice
from typing import Any, Final

from .exchanges import EUROPE, US_EXCHANGES
from .identifiers import cusip_of
from .numbers import CATALOGUE_FROM, hashed
from .securities import (
    CENTS,
    KINDS,
    LOTS,
    Bond,
    Cfd,
    Fund,
    Instrument,
    Sizes,
    Stock,
    Warrant,
    day_number,
)

COIN: Final = Sizes(1, 1, 1, 10**8)
PIPS: Final = {"JPY": 500, "HUF": 500, "KRW": 100_000, "CZK": 50, "RUB": 50}
"""Half a pip of currency pairs in 1/100,000, where it is not 5."""
US_PRIMARY: Final = frozenset(("NASDAQ", "NYSE", "ARCA", "AMEX", "BATS", "PINK"))
MOST_FOUND: Final = 16
UNSEARCHED: Final = ("CFD", "WAR", "BOND")
"""Kinds that a search for symbols leaves out: they go with another one."""


class Catalogue:
    """Instruments of a file, each made when it is first asked for."""

    def __init__(self, load: Callable[[], bytes]) -> None:
        self._load = load
        self._made: dict[int, Instrument] = {}

    @cached_property
    def _lines(self) -> list[str]:
        return gzip.decompress(self._load()).decode().splitlines()

    @cached_property
    def _ids(self) -> dict[int, int]:
        """The lines by number."""
        return {int(line.split("\t", 5)[4]): place for place, line in enumerate(self._lines)}

    @cached_property
    def _symbols(self) -> dict[str, list[int]]:
        """The lines by symbol, and by what stands for one: local symbols, names of bonds."""
        found: dict[str, list[int]] = {}
        for place, line in enumerate(self._lines):
            _, symbol, _ = line.split("\t", 2)
            found.setdefault(symbol, []).append(place)
        return found

    @cached_property
    def _others(self) -> dict[str, list[int]]:
        """The lines by local symbol, ISIN, FIGI, issuer and slot, as ``key=value``."""
        found: dict[str, list[int]] = {}
        for place, line in enumerate(self._lines):
            for word in line.split("\t")[7:]:
                if word.startswith(("local=", "isin=", "figi=", "issuer=", "slot=", "cusip=")):
                    found.setdefault(word, []).append(place)
        return found

    def prepare(self) -> Iterator[None]:
        """Read the file and work the look-ups out, a step of some milliseconds at a time."""
        for attribute in ("_lines", "_ids", "_symbols", "_others", "_begins", "_names"):
            getattr(self, attribute)
            yield

    def __len__(self) -> int:
        return len(self._lines)

    def __iter__(self) -> Iterator[Instrument]:
        """Every instrument, in the order of the file; all of them are made for it."""
        return (self._make(place) for place in range(len(self._lines)))

    def get(self, con_id: int) -> Instrument | None:
        """The instrument with that number, or None."""
        place = self._ids.get(con_id)
        return None if place is None else self._make(place)

    def of(self, symbol: str) -> list[Instrument]:
        """The instruments with that symbol."""
        return [self._make(place) for place in self._symbols.get(symbol, ())]

    def by(self, key: str, value: str) -> list[Instrument]:
        """The instruments with that ``local`` symbol, ``isin``, ``figi``, ``issuer``, ``slot``."""
        return [self._make(place) for place in self._others.get(f"{key}={value}", ())]

    @cached_property
    def _begins(self) -> list[tuple[str, int]]:
        """The lines that are searched by symbol, in the order of symbols."""
        symbols = (line.split("\t", 2)[1] for line in self._lines)
        return sorted(
            (symbol, place) for place, symbol in enumerate(symbols) if self._searched(place)
        )

    @cached_property
    def _names(self) -> tuple[str, list[int]]:
        """The names that are searched, one after the other, and where each line's begins."""
        found: list[str] = []
        starts: list[int] = []
        length = 0
        for place, line in enumerate(self._lines):
            name = line.split("\t", 7)[6].upper() if self._searched(place) else ""
            found.append(name)
            starts.append(length)
            length += len(name) + 1
        return "\n".join(found), starts

    def _searched(self, place: int) -> bool:
        return not self._lines[place].startswith(UNSEARCHED)

    def search(self, text: str) -> tuple[list[Instrument], list[Instrument]]:
        """Some whose symbol begins with an upper-case text, and some whose name contains it."""
        first = bisect_left(self._begins, (text, 0))
        places: list[int] = []
        for symbol, place in islice(self._begins, first, None):
            if not symbol.startswith(text):
                break
            places.append(place)
        places.sort(key=lambda place: (len(self._lines[place].split("\t", 2)[1]), place))
        begins = [self._make(place) for place in places[:MOST_FOUND]]
        named = islice(self._named(text, set(places)), MOST_FOUND)
        return begins, [self._make(place) for place in named]

    def _named(self, text: str, but: set[int]) -> Iterator[int]:
        """The lines whose name contains a text, in order, but for some."""
        names, starts = self._names
        at = -1 if "\n" in text else names.find(text)
        while at >= 0:
            place = bisect_right(starts, at) - 1
            if place not in but:
                yield place
            at = names.find(text, starts[place + 1]) if place + 1 < len(starts) else -1

    def _make(self, place: int) -> Instrument:
        made = self._made.get(place)
        if made is None:
            made = self._made[place] = instrument(self._lines[place])
        return made


def instrument(line: str) -> Instrument:
    """The record of a line. Raises ``ValueError`` or ``KeyError`` for one that is none."""
    kind, symbol, currency, primary, number, price, name, *more = line.split("\t")
    extra = dict(word.split("=", 1) for word in more)
    row = _Row(kind, symbol, currency, primary, int(number), Decimal(price or 0), name, extra)
    return _MAKERS[kind](row)


def text_of(
    identity: tuple[str, str, str, str], con_id: int, price: str, name: str, extra: Iterable[str]
) -> str:
    """The line of an instrument; ``identity`` is type, symbol, currency, primary exchange."""
    return "\t".join([*identity, str(con_id), price, name, *extra])


def number_of(identity: tuple[str, ...], extra: dict[str, str]) -> int:
    """The number of ours that a line has: by a hash of its identity and its ``again``."""
    told = [extra[key] for key in _TELLING if key in extra]
    return hashed(*identity, *told, again=int(extra.get("again", 0)))


_TELLING: Final = ("local", "right", "strike", "expiry", "coupon", "matures")


class _Row:
    """A line in parts."""

    def __init__(
        self, kind: str, symbol: str, currency: str, primary: str, con_id: int, price: Decimal,
        name: str, extra: dict[str, str],
    ) -> None:  # fmt: skip
        self.kind, self.symbol, self.currency, self.primary = kind, symbol, currency, primary
        self.con_id, self.price, self.name, self.extra = con_id, price, name, extra

    def fill(self, scale: int, tick: int, exchanges: tuple[str, ...], **more: Any) -> Any:
        """The record of the kind with the fields that a row has."""
        extra = self.extra
        fields: dict[str, Any] = {
            "localSymbol": extra.get("local", self.symbol),
            "tradingClass": extra.get("class", self.symbol),
            "isin": extra.get("isin", ""),
            "figi": extra.get("figi", ""),
            "primaryExchange": self.primary,
            "reference": int(self.price * scale),
        }
        fields["marketName"] = fields["tradingClass"]
        fields |= more
        return KINDS[self.kind](
            conId=self.con_id, symbol=self.symbol, secType=self.kind, currency=self.currency,
            exchanges=exchanges, longName=self.name, scale=scale, tick=tick, **fields,
        )  # fmt: skip


def _stock(row: _Row) -> Instrument:
    extra = row.extra
    american = row.primary in US_PRIMARY
    exchanges = tuple(US_EXCHANGES.split(",")) if american else ("SMART", row.primary)
    tick, rule = 100, 4563
    if not american:
        tick, rule = (1, 1874) if row.primary in EUROPE else (100, 26)
        if row.currency in ("JPY", "KRW"):
            tick, rule = (10_000, 0) if row.currency == "KRW" else (1000, 0)
    if row.primary == "PINK":
        exchanges = ("SMART", "PINK")
    stock: Stock = row.fill(
        10_000, tick, exchanges,
        tradingClass=extra.get("class", "NMS" if row.primary == "NASDAQ" else row.symbol),
        marketName=extra.get("class", "NMS" if row.primary == "NASDAQ" else row.symbol),
        stockType=extra.get("type", "COMMON"), market_rule=rule, slot=int(extra.get("slot", -1)),
        cusip=cusip_of(extra.get("isin", "")) if row.currency in ("USD", "CAD") else "",
    )  # fmt: skip
    return stock


_OF_BONDS: Final = "IBCID"
_OF_WARRANTS: Final = "P"
_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_PLACES: Final = 5


def _warrant_code(con_id: int) -> str:
    """The local symbol of a warrant, six letters and digits as at its exchange, of its number."""
    code, rest = "", con_id - CATALOGUE_FROM
    for _ in range(_PLACES):
        rest, digit = divmod(rest, len(_DIGITS))
        code = _DIGITS[digit] + code
    return _OF_WARRANTS + code


def number_in(name: str) -> int | None:
    """The number that the name of a bond, IBCID236491195, or of a warrant is made of; None when it
    is made of none."""
    digits = name.removeprefix(_OF_BONDS)
    if digits != name:
        return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 10 else None
    code = name.removeprefix(_OF_WARRANTS)
    if code == name or len(code) != _PLACES or not set(code) <= set(_DIGITS):
        return None
    return CATALOGUE_FROM + int(code, len(_DIGITS))


def _index(row: _Row) -> Instrument:
    tick = int(Decimal(row.extra.get("tick", "0.01")) * 10_000)
    made: Instrument = row.fill(
        10_000, tick, (row.primary,), sizes=LOTS, market_rule=25 if tick == 100 else 0,
        primaryExchange="", hours=row.extra.get("hours", ""),
    )  # fmt: skip
    return made


def _pair(row: _Row) -> Instrument:
    tick, name = PIPS.get(row.currency, 5), f"{row.symbol}.{row.currency}"
    made: Instrument = row.fill(
        100_000, tick, ("IDEALPRO",), primaryExchange="", localSymbol=name, tradingClass=name,
        marketName=name, sizes=CENTS, market_rule=3188 if tick == 5 else 0,
    )  # fmt: skip
    return made


def _crypto(row: _Row) -> Instrument:
    tick = int(Decimal(row.extra.get("tick", "0.01")) * 100_000)
    name = f"{row.symbol}.{row.currency}"
    made: Instrument = row.fill(
        100_000, tick, (row.primary,), primaryExchange="", localSymbol=name,
        tradingClass=row.symbol, marketName=row.symbol, sizes=COIN, market_rule=0, hours="CRYPTO",
    )  # fmt: skip
    return made


def _commodity(row: _Row) -> Instrument:
    tick = int(Decimal(row.extra.get("tick", "0.01")) * 10_000)
    made: Instrument = row.fill(
        10_000, tick, ("SMART", row.primary), primaryExchange="", sizes=LOTS, market_rule=0,
        hours="NYMEX",
    )  # fmt: skip
    return made


def _cfd(row: _Row) -> Instrument:
    extra = row.extra
    scale = 100_000 if extra.get("of") == "CASH" else 10_000
    tick = PIPS.get(row.currency, 5) if scale == 100_000 else 100
    name = f"{row.symbol}.{row.currency}" if extra.get("of") == "CASH" else row.symbol
    made: Cfd = row.fill(
        scale, tick, ("SMART",), primaryExchange="", sizes=LOTS, under=int(extra.get("under", 0)),
        localSymbol=name, tradingClass=name, marketName=name,
        hours="IDEALPRO" if scale == 100_000 else extra.get("hours", "US"),
        market_rule=3188 if tick == 5 else 26 if tick == 100 else 0,
    )  # fmt: skip
    return made


def _news(row: _Row) -> Instrument:
    made: Instrument = row.fill(10_000, 100, (row.primary,), primaryExchange="", sizes=LOTS)
    return made


def _fund(row: _Row) -> Instrument:
    extra = row.extra
    made: Fund = row.fill(
        10_000, 100, (row.primary,), primaryExchange="", sizes=Sizes(1, 1, 1, 1000),
        family=extra.get("family", ""), fundType=extra.get("type", ""), hours="US_FUND",
        minimum=int(extra.get("minimum", 0)),
    )  # fmt: skip
    return made


_FINER_BONDS: Final = frozenset(("AAPL 3.85 05/04/43",))
"""Bonds with four decimals, market rule 1386, as captured in July 2026."""


def _bond(row: _Row) -> Instrument:
    extra, name = row.extra, f"{_OF_BONDS}{row.con_id}"
    tick, rule = (100, 1386) if extra.get("described") in _FINER_BONDS else (1000, 342)
    treasury = extra.get("type") == "US GOVERNMENT"
    made: Bond = row.fill(
        1_000_000, tick, ("SMART",), primaryExchange="", localSymbol=name,
        tradingClass=row.symbol, marketName=row.symbol, cusip=extra.get("cusip", name),
        sizes=Sizes(1000, 1000, 1000) if treasury else Sizes(2, 1, 1), market_rule=rule,
        coupon=int(Decimal(extra["coupon"]) * 1000), matures=day_number(extra["matures"]),
        issued=day_number(extra["issued"]), bondType=extra.get("type", "CORP"),
        issuer=extra.get("issuer", ""), ratings=extra.get("ratings", ""), hours="BONDS",
        described=extra.get("described", ""),
    )  # fmt: skip
    return made


def _warrant(row: _Row) -> Instrument:
    extra = row.extra
    made: Warrant = row.fill(
        10_000, 10, ("SMART", row.primary), sizes=LOTS, market_rule=0,
        localSymbol=_warrant_code(row.con_id),
        multiplier=int(extra.get("parts", 1)), divisor=100, under=int(extra.get("under", 0)),
        underSymbol=row.symbol, underSecType=extra.get("of", "STK"),
        expires=day_number(extra["expiry"]), month=int(extra["expiry"][:6]),
        call=extra["right"] == "C", exercise=int(Decimal(extra["strike"]) * 10_000),
        american=False,
    )  # fmt: skip
    return made


_MAKERS: Final[dict[str, Callable[[_Row], Instrument]]] = {
    "STK": _stock, "IND": _index, "CASH": _pair, "CRYPTO": _crypto, "CMDTY": _commodity,
    "CFD": _cfd, "NEWS": _news, "FUND": _fund, "BOND": _bond, "WAR": _warrant,
}  # fmt: skip
