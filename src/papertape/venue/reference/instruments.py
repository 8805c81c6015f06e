"""The instruments of the venue, and what a contract description of a client refers to.

A description may fit several listings, and a listing several exchanges: ``match`` finds them
all, ``resolve`` insists on one. Refusals carry the API code and its facts.
"""

from collections.abc import Iterable, Iterator

import msgspec

from papertape.model import Contract

from ..units import PriceUnits

SMART = "SMART"
ALIASES = {"ISLAND": "NASDAQ"}
"""Older programs name NASDAQ by its former order book."""


MOST_RESOLVED = 4096
"""Answers that are remembered: more distinct descriptions than a program trades."""
LONGEST_RESOLVED = 200
"""Letters of a description that is remembered; what is not looked at may be of any length."""


class Instrument(msgspec.Struct, frozen=True):
    """One listing: identity, money, ticks and the venues that trade it."""

    conId: int
    symbol: str
    secType: str
    currency: str
    primaryExchange: str
    localSymbol: str
    tradingClass: str
    exchanges: tuple[str, ...]
    """Valid exchanges in the order of contract details; SMART first where it routes."""
    longName: str
    scale: int
    """Price units per unit of currency."""
    tick: PriceUnits
    """Smallest price step, in price units."""
    marketName: str = ""
    multiplier: int = 1
    stockType: str = ""
    industry: str = ""
    category: str = ""
    subcategory: str = ""
    isin: str = ""
    market_rule: int = 26

    @property
    def home(self) -> str:
        """The exchange that a listing is shown with when the request names none."""
        return self.exchanges[0]


class Listing(msgspec.Struct, frozen=True):
    """An instrument on one of its exchanges: what a contract description comes down to."""

    instrument: Instrument
    exchange: str


class Refusal(msgspec.Struct, frozen=True):
    """Why a request gets an error instead of an answer: a line of the table of API codes."""

    code: int
    facts: dict[str, str] = {}
    variant: str | None = None
    """Which text of the code; None is its usual template."""


NOT_FOUND = Refusal(200)


def contract_of(instrument: Instrument, exchange: str, *, primary: bool = True) -> Contract:
    """The contract record of an instrument as the server sends it."""
    return Contract(
        conId=instrument.conId,
        symbol=instrument.symbol,
        secType=instrument.secType,
        strike=0.0,
        exchange=exchange,
        primaryExchange=instrument.primaryExchange if primary else "",
        multiplier=str(instrument.multiplier) if instrument.multiplier > 1 else "",
        currency=instrument.currency,
        localSymbol=instrument.localSymbol,
        tradingClass=instrument.tradingClass,
    )


class Instruments:
    """A catalogue of instruments with look-up by number, description and name."""

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        self._by_id = {entry.conId: entry for entry in instruments}
        self._by_symbol: dict[str, list[Instrument]] = {}
        self._resolved: dict[tuple[int | str, ...], Listing] = {}
        """Listings by the description that means them: programs name a contract again and again."""
        self._pairs: dict[tuple[str, str], Instrument] = {}
        for entry in self._by_id.values():
            self._by_symbol.setdefault(entry.symbol, []).append(entry)
            if entry.secType == "CASH":
                self._pairs.setdefault((entry.symbol, entry.currency), entry)

    def __iter__(self) -> Iterator[Instrument]:
        return iter(self._by_id.values())

    def __getitem__(self, con_id: int) -> Instrument:
        return self._by_id[con_id]

    def get(self, con_id: int) -> Instrument | None:
        """The instrument with that number, or None."""
        return self._by_id.get(con_id)

    def pair(self, currency: str, base: str) -> Instrument | None:
        """The currency pair that quotes ``currency`` in ``base``, or None."""
        return self._pairs.get((currency, base))

    def match(self, wanted: Contract) -> tuple[Listing, ...] | Refusal:
        """Every listing that the description fits; 200 when there is none, 478 on a conflict."""
        if wanted.conId:
            return self._by_number(wanted)
        symbol = wanted.symbol.upper()
        among = self._by_symbol.get(symbol, ()) if symbol else self._by_id.values()
        fitting = [entry for entry in among if _fits(entry, wanted)]
        rows = [row for entry in fitting for row in _rows(entry, _exchange(wanted))]
        return tuple(rows) if rows else NOT_FOUND

    def resolve(self, wanted: Contract) -> Listing | Refusal:
        """The one listing that is meant; 200 also when the description is ambiguous."""
        asked: tuple[int | str, ...] = (
            wanted.conId, wanted.symbol, wanted.secType, wanted.exchange, wanted.currency,
            wanted.primaryExchange, wanted.localSymbol, wanted.tradingClass, wanted.secIdType,
            wanted.secId,
        )  # fmt: skip
        known = self._resolved.get(asked)
        if known is not None:
            return known
        found = self._resolve(wanted)
        # There is no end of descriptions of nothing: a refusal is worked out each time.
        if isinstance(found, Listing) and len("".join(map(str, asked))) <= LONGEST_RESOLVED:
            if len(self._resolved) >= MOST_RESOLVED:
                self._resolved.clear()
            self._resolved[asked] = found
        return found

    def _resolve(self, wanted: Contract) -> Listing | Refusal:
        rows = self.match(wanted)
        if isinstance(rows, Refusal):
            return rows
        if any(row.instrument is not rows[0].instrument for row in rows):
            return Refusal(200, {"symbol": wanted.symbol or wanted.localSymbol}, "ambiguous")
        return rows[0]

    def search(self, pattern: str) -> tuple[Instrument, ...]:
        """Up to 16 instruments whose symbol begins with, or whose name contains, the pattern."""
        text = pattern.strip().upper()
        if not text:
            return ()
        by_symbol = [e for e in self._by_id.values() if e.symbol.startswith(text)]
        by_name = [e for e in self._by_id.values() if text in e.longName and e not in by_symbol]
        by_symbol.sort(key=lambda entry: len(entry.symbol))
        return tuple((by_symbol + by_name)[:16])

    def _by_number(self, wanted: Contract) -> tuple[Listing, ...] | Refusal:
        entry = self._by_id.get(wanted.conId)
        if entry is None:
            return NOT_FOUND
        conflict = _conflict(entry, wanted)
        if conflict is not None:
            return conflict
        exchange = _exchange(wanted) or entry.home
        return tuple(_rows(entry, exchange)) or NOT_FOUND


def _exchange(wanted: Contract) -> str:
    name = wanted.exchange.strip().upper()
    return ALIASES.get(name, name)


def _rows(entry: Instrument, exchange: str) -> list[Listing]:
    if exchange and exchange not in entry.exchanges:
        return []
    return [Listing(entry, name) for name in ([exchange] if exchange else entry.exchanges)]


def _fits(entry: Instrument, wanted: Contract) -> bool:
    if wanted.secIdType:
        if wanted.secIdType != "ISIN" or wanted.secId != entry.isin:
            return False
    elif not (wanted.symbol or wanted.localSymbol):
        return False
    primary = ALIASES.get(wanted.primaryExchange.upper(), wanted.primaryExchange.upper())
    pairs = (
        (wanted.symbol.upper(), entry.symbol),
        (wanted.secType.upper(), entry.secType),
        (wanted.currency.upper(), entry.currency),
        (wanted.localSymbol.upper(), entry.localSymbol),
        (wanted.tradingClass.upper(), entry.tradingClass),
        (primary, entry.primaryExchange),
    )
    return all(asked in ("", has) for asked, has in pairs)


def _conflict(entry: Instrument, wanted: Contract) -> Refusal | None:
    """The 478 for the first field that contradicts the contract number."""
    for field in ("symbol", "secType", "currency", "localSymbol", "tradingClass"):
        asked: str = getattr(wanted, field)
        has: str = getattr(entry, field)
        # Blanks around a symbol count as a conflict, as in the original.
        if asked and asked.upper() != has:
            return Refusal(478, {"field": field, "requested": asked, "known": has})
    return None
