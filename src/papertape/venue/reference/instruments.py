"""The instruments of the venue, and what a contract description of a client refers to.

A description may fit several listings, and a listing several exchanges: ``match`` finds them
all, ``resolve`` insists on one. Both refuse a description that TWS would not look up, which depends
on what it is for: that is decided here alone. Refusals carry the API code and its facts.
"""

from collections.abc import Iterable, Iterator
from enum import StrEnum

import msgspec

from papertape.model import Contract

from ..units import PriceUnits
from .exchanges import ALIASES, DESTINATIONS, SMART

MOST_RESOLVED = 4096
"""Listings that are remembered: more distinct descriptions than a program trades."""
LONGEST_REMEMBERED = 64
"""Letters of a text in a description that is remembered: more than any contract has."""
SECURITY_TYPES = frozenset((
    "STK", "OPT", "FUT", "CONTFUT", "FUT+CONTFUT", "CONTFUT+FUT", "CASH", "BOND", "CFD", "FOP",
    "WAR", "IOPT", "FWD", "BAG", "IND", "BILL", "FUND", "FIXED", "SLB", "NEWS", "CMDTY", "BSK",
    "ICU", "ICS", "CRYPTO",
))  # fmt: skip
CONTINUOUS = frozenset(("FUT+CONTFUT", "CONTFUT+FUT", "CONTFUT"))
"""Futures that go on from one to the next: to be looked up, the last also to be charted."""
RIGHTS = ("C", "P", "CALL", "PUT")


class Purpose(StrEnum):
    """What a request wants a contract for: that decides how complete its description must be."""

    DETAILS = "details"
    """To list what fits: any exchange, any month."""
    HISTORY = "history"
    QUOTES = "quotes"
    ORDER = "order"


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
NO_SYMBOL = Refusal(321, variant="symbol")
NO_TYPE = Refusal(321, variant="security_type")
NO_EXPIRY = Refusal(321, variant="no_expiry")
NO_SERIES = Refusal(321, variant="series")
NO_EXCHANGE = Refusal(321, variant="exchange")
NO_ORDER_EXCHANGE = Refusal(321, variant="no_exchange")
ORDER_TAG = "bF"
"""How the validation errors of orders are marked; the sender marks those of other requests."""


def contract_of(instrument: Instrument, exchange: str, *, primary: bool = True) -> Contract:
    """The contract record of an instrument as the server sends it."""
    return Contract(
        conId=instrument.conId,
        symbol=instrument.symbol,
        secType=instrument.secType,
        strike=0.0,
        multiplier=str(instrument.multiplier) if instrument.multiplier > 1 else "",
        exchange=exchange,
        primaryExchange=instrument.primaryExchange if primary else "",
        currency=instrument.currency,
        localSymbol=instrument.localSymbol,
        tradingClass=instrument.tradingClass,
    )


class Instruments:
    """A catalogue of instruments with look-up by number, description and name."""

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        self._by_id = {entry.conId: entry for entry in instruments}
        self._destinations = DESTINATIONS | {
            name for entry in self._by_id.values() for name in entry.exchanges
        }
        self._by_symbol: dict[str, list[Instrument]] = {}
        self._resolved: dict[tuple[object, ...], Listing] = {}
        """Listings that ``resolve`` found, by all that it looks at: programs name a contract again
        and again. What is refused is not kept: there is no end of it."""
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

    @property
    def remembered(self) -> int:
        """How many descriptions are known already."""
        return len(self._resolved)

    def match(
        self, wanted: Contract, purpose: Purpose = Purpose.DETAILS
    ) -> tuple[Listing, ...] | Refusal:
        """Every listing that the description fits.

        The refusal is 321 for a description that is not complete enough, 200 when it fits none,
        and 478 when it contradicts its number.
        """
        refusal = _incomplete(wanted, purpose) or self._no_destination(wanted, purpose)
        if refusal is not None:
            return refusal
        if wanted.conId:
            return self._by_number(wanted)
        symbol = wanted.symbol.upper()
        among = self._by_symbol.get(symbol, ()) if symbol else self._by_id.values()
        fitting = [entry for entry in among if _fits(entry, wanted)]
        rows = [row for entry in fitting for row in _rows(entry, _exchange(wanted))]
        return tuple(rows) if rows else NOT_FOUND

    def resolve(self, wanted: Contract, purpose: Purpose = Purpose.QUOTES) -> Listing | Refusal:
        """The one listing that is meant; 200 also when the description is ambiguous."""
        asked = (
            wanted.symbol, wanted.secType, wanted.exchange, wanted.currency,
            wanted.primaryExchange, wanted.localSymbol, wanted.tradingClass, wanted.secIdType,
            wanted.secId, wanted.lastTradeDateOrContractMonth, wanted.right, wanted.strike,
            wanted.conId,
        )  # fmt: skip
        known = self._resolved.get(asked)
        if known is not None:
            return known
        found = self._resolve(wanted, purpose)
        if isinstance(found, Listing) and _worth_remembering(asked):
            if len(self._resolved) >= MOST_RESOLVED:
                self._resolved.clear()
            self._resolved[asked] = found
        return found

    def _resolve(self, wanted: Contract, purpose: Purpose = Purpose.QUOTES) -> Listing | Refusal:
        rows = self.match(wanted, purpose)
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

    def _no_destination(self, wanted: Contract, purpose: Purpose) -> Refusal | None:
        """The 200 for the name of an exchange that there is not, whatever the contract is."""
        primary = "" if wanted.conId else _primary(wanted)
        for name in (_exchange(wanted), primary):
            if name and name not in self._destinations:
                order = purpose is Purpose.ORDER
                return Refusal(200, {}, "order_destination" if order else "destination")
        return None

    def _by_number(self, wanted: Contract) -> tuple[Listing, ...] | Refusal:
        entry = self._by_id.get(wanted.conId)
        if entry is None:
            return NOT_FOUND
        conflict = _conflict(entry, wanted)
        if conflict is not None:
            return conflict
        exchange = _exchange(wanted) or entry.home
        return tuple(_rows(entry, exchange)) or NOT_FOUND


def _worth_remembering(asked: tuple[object, ...]) -> bool:
    """Whether its texts are short, and whether it means the same for every purpose."""
    texts = [part.upper() for part in asked if isinstance(part, str)]
    return max(map(len, texts)) <= LONGEST_REMEMBERED and CONTINUOUS.isdisjoint(texts)


def _incomplete(wanted: Contract, purpose: Purpose) -> Refusal | None:
    """The 321 for the first thing without which TWS does not look a contract up."""
    refusal = _missing(wanted, purpose)
    if refusal is None or purpose is not Purpose.ORDER:
        return refusal
    return msgspec.structs.replace(refusal, facts={"tag": ORDER_TAG})


def _missing(wanted: Contract, purpose: Purpose) -> Refusal | None:
    """What is missing or wrong: the first of symbol, type, series and exchange.

    A contract number stands for everything but the exchange, an identifier for symbol and type.
    Only details do without an exchange, or without the month of a contract of a series.
    """
    details, kind = purpose is Purpose.DETAILS, wanted.secType.upper()
    if not wanted.conId:
        issuer = wanted.issuerId if details else ""
        if not (wanted.symbol.strip() or wanted.localSymbol or wanted.secId or issuer):
            return NO_SYMBOL
        if not kind and not wanted.secId:
            return NO_TYPE
    if kind and (kind not in SECURITY_TYPES or not _serves(purpose, kind)):
        return NO_TYPE
    if details:
        return None
    if not (wanted.conId or wanted.localSymbol or wanted.secId):
        gap = _gap_in_series(wanted, kind)
        if gap is not None:
            return gap
    if wanted.exchange.strip():
        return None
    return NO_ORDER_EXCHANGE if purpose is Purpose.ORDER else NO_EXCHANGE


def _serves(purpose: Purpose, kind: str) -> bool:
    """Whether a request for this may name the type."""
    if kind not in CONTINUOUS or purpose is Purpose.DETAILS:
        return True
    return purpose is Purpose.HISTORY and kind == "CONTFUT"


def _gap_in_series(wanted: Contract, kind: str) -> Refusal | None:
    """Which of what tells a future or an option from others of its series is missing."""
    month = wanted.lastTradeDateOrContractMonth
    if kind in ("FUT", "FOP") and not month:
        return NO_EXPIRY
    if kind in ("OPT", "FOP"):
        whole = month and wanted.strike and wanted.right.upper() in RIGHTS
        return None if whole else NO_SERIES
    return None


def _exchange(wanted: Contract) -> str:
    name = wanted.exchange.strip().upper()
    return ALIASES.get(name, name)


def _primary(wanted: Contract) -> str:
    """The primary exchange that is asked for.

    SMART is a router and lists nothing: it stands for none, as programs that name it on every
    contract found with TWS. What follows a point is no part of the name.
    """
    name = wanted.primaryExchange.strip().upper().partition(".")[0]
    return "" if name == SMART else ALIASES.get(name, name)


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
    pairs = (
        (wanted.symbol.upper(), entry.symbol),
        (wanted.secType.upper(), entry.secType),
        (wanted.currency.upper(), entry.currency),
        (wanted.localSymbol.upper(), entry.localSymbol),
        (wanted.tradingClass.upper(), entry.tradingClass),
        (_primary(wanted), entry.primaryExchange),
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
