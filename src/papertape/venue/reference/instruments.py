"""The instruments of the venue, and what a contract description of a client refers to.

A description may fit several listings, and a listing several exchanges: ``match`` finds them
all, ``resolve`` insists on one. Both refuse a description that TWS would not look up, which depends
on what it is for: that is decided here alone. Refusals carry the API code and its facts.
"""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from itertools import chain

import msgspec

from papertape.model import Contract

from ..units import Nanos
from .catalogue import Catalogue
from .chains import Chains, Series, continuous_of
from .exchanges import ALIASES, DESTINATIONS, SMART
from .securities import Bond, Dated, Future, Instrument, day_text
from .times import EASTERN

__all__ = ["Instrument", "Instruments", "Listing", "Purpose", "Refusal", "contract_of"]

MOST_DERIVED = 65_536
"""Contracts of series that are kept once made; making one again costs some microseconds."""
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
    contract = Contract(
        conId=instrument.conId,
        symbol=instrument.symbol,
        secType=instrument.secType,
        strike=0.0,
        multiplier=instrument.multiplier_text,
        exchange=exchange,
        primaryExchange=instrument.primaryExchange if primary else "",
        currency=instrument.currency,
        localSymbol=instrument.localSymbol,
        tradingClass=instrument.tradingClass,
    )
    if isinstance(instrument, Dated):
        contract.strike = instrument.strike / instrument.scale
        contract.right = instrument.right
        contract.lastTradeDateOrContractMonth = day_text(instrument.expires)
    elif isinstance(instrument, Bond):
        contract.symbol = ""
        contract.lastTradeDateOrContractMonth = day_text(instrument.matures)
    return contract


class Instruments:
    """Instruments with look-up by number, description and name.

    Some are held from the beginning; the lines of a ``catalogue`` and the contracts of series that
    rules make are looked up when they are asked for. Iteration is over those that are held.
    """

    def __init__(
        self, instruments: Iterable[Instrument], catalogue: Catalogue | None = None
    ) -> None:
        self._by_id = {entry.conId: entry for entry in instruments}
        self._catalogue = catalogue
        self.chains: Chains | None = None if catalogue is None else Chains(self)
        """Options and futures by rule; None without a catalogue."""
        self._derived: dict[int, Instrument] = {}
        self._destinations = DESTINATIONS | {
            name for entry in self._by_id.values() for name in entry.exchanges
        }
        self._by_symbol: dict[str, list[Instrument]] = {}
        self._resolved: dict[tuple[object, ...], Listing] = {}
        """Listings that ``resolve`` found, by all that it looks at: programs name a contract again
        and again. What is refused is not kept: there is no end of it."""
        self._pairs: dict[tuple[str, str], Instrument] = {}
        self._by_word: dict[str, list[Instrument]] = {}
        """Those held, by local symbol and identifiers."""
        for entry in self._by_id.values():
            self._by_symbol.setdefault(entry.symbol, []).append(entry)
            words = (entry.localSymbol, entry.isin, entry.cusip, entry.figi)
            for word in dict.fromkeys(filter(None, words)):
                self._by_word.setdefault(word, []).append(entry)
            if isinstance(entry, Bond) and entry.issuer:
                self._by_word.setdefault(entry.issuer, []).append(entry)
            if entry.secType == "CASH":
                self._pairs.setdefault((entry.symbol, entry.currency), entry)

    def extended(self, entries: Iterable[Instrument]) -> "Instruments":
        """The same with more that are held; one with a number that is known takes its place."""
        more = {entry.conId: entry for entry in entries}
        kept = (entry for entry in self._by_id.values() if entry.conId not in more)
        return Instruments((*kept, *more.values()), self._catalogue)

    def __iter__(self) -> Iterator[Instrument]:
        return iter(self._by_id.values())

    def __getitem__(self, con_id: int) -> Instrument:
        entry = self._by_id.get(con_id) or self.get(con_id)
        if entry is None:
            raise KeyError(con_id)
        return entry

    def prepare(self) -> Iterator[None]:
        """Do now, in short steps, what the first look-up would have to wait for."""
        return iter(()) if self._catalogue is None else self._catalogue.prepare()

    def get(self, con_id: int) -> Instrument | None:
        """The instrument with that number, or None."""
        entry = self._by_id.get(con_id) or self._derived.get(con_id)
        if entry is not None or self._catalogue is None or self.chains is None:
            return entry
        entry = self._catalogue.get(con_id)
        if entry is None:
            entry = self.chains.get(con_id)
            if entry is not None:
                if len(self._derived) >= MOST_DERIVED:
                    self._derived.clear()
                self._derived[con_id] = entry
        return entry

    def of(self, symbol: str) -> list[Instrument]:
        """Every instrument with a symbol that is no contract of a series made by a rule."""
        held = self._by_symbol.get(symbol, [])
        if self._catalogue is None:
            return held
        mine = set(map(_listing_key, held))
        listed = self._catalogue.of(symbol)
        return [*held, *(entry for entry in listed if _listing_key(entry) not in mine)]

    def in_slot(self, slot: int) -> Instrument | None:
        """The stock whose monthly options have that slot, or None."""
        found = () if self._catalogue is None else self._catalogue.by("slot", str(slot))
        return next(iter(found), None)

    def pair(self, currency: str, base: str) -> Instrument | None:
        """The currency pair that quotes ``currency`` in ``base``, or None."""
        return self._pairs.get((currency, base))

    @property
    def remembered(self) -> int:
        """How many descriptions are known already."""
        return len(self._resolved)

    def match(
        self, wanted: Contract, purpose: Purpose = Purpose.DETAILS, now: Nanos = 0
    ) -> tuple[Listing, ...] | Refusal:
        """Every listing that the description fits at ``now``; the refusals are those of ``rows``.

        Ask ``rows`` for what may be a chain of thousands.
        """
        rows = self.rows(wanted, purpose, now)
        return rows if isinstance(rows, Refusal) else tuple(rows)

    def rows(
        self, wanted: Contract, purpose: Purpose = Purpose.DETAILS, now: Nanos = 0
    ) -> Iterator[Listing] | Refusal:
        """The listings that the description fits at ``now``, made one by one; at least one.

        The refusal is 321 for a description that is not complete enough, 200 when it fits none,
        and 478 when it contradicts its number.
        """
        refusal = _incomplete(wanted, purpose) or self._no_destination(wanted, purpose)
        if refusal is not None:
            return refusal
        if wanted.conId:
            return self._by_number(wanted, now)
        exchange, kind = _exchange(wanted), wanted.secType.upper()
        fitting = chain(
            (entry for entry in self._spots(wanted) if _fits(entry, wanted)),
            self._series(wanted, kind, now),
        )
        rows = (row for entry in fitting for row in _rows(entry, exchange))
        first = next(rows, None)
        return NOT_FOUND if first is None else chain((first,), rows)

    def _spots(self, wanted: Contract) -> Iterable[Instrument]:
        """What is held or stands in the catalogue, and may fit."""
        symbol = wanted.symbol.strip().upper()
        if symbol:
            bonds = self._catalogued("isin", symbol) + self._bond(symbol)
            return (
                [*self.of(symbol), *bonds]
                if wanted.secType.upper() == "BOND"
                else (self._with_indices(symbol, wanted))
            )
        found: list[Instrument] = []
        for key, value in (
            ("local", wanted.localSymbol.upper()),
            (wanted.secIdType.lower(), wanted.secId),
            ("issuer", wanted.issuerId),
        ):
            if not value:
                continue
            found += self._by_word.get(value, ())
            if key == "cusip":
                found += [e for isin in _isins(value) for e in self._catalogued("isin", isin)]
            elif key == "local" and self._catalogue is not None:
                found += self._catalogue.of(value)
                # EUR.USD is the symbol EUR, IBM.CFD the symbol IBM: before the point.
                found += self._catalogue.of(value.partition(".")[0]) if "." in value else []
                found += self._bond(value)
            found += self._catalogued(key, value)
        return {entry.conId: entry for entry in found}.values()

    def _bond(self, name: str) -> list[Instrument]:
        """The bond of a name like IBCID236491195, which is made of its number."""
        digits = name.removeprefix("IBCID")
        if self._catalogue is None or digits == name or not digits.isdecimal() or len(digits) > 10:
            return []
        entry = self._catalogue.get(int(digits))
        return [] if entry is None else [entry]

    def _with_indices(self, symbol: str, wanted: Contract) -> list[Instrument]:
        found = self.of(symbol)
        if self.chains is not None and wanted.secType.upper() == "IND":
            known = {entry.conId for entry in found}
            found = [*found, *(e for e in self.chains.indices(symbol) if e.conId not in known)]
        return found

    def _catalogued(self, key: str, value: str) -> list[Instrument]:
        return [] if self._catalogue is None else self._catalogue.by(key, value)

    def _series(self, wanted: Contract, kind: str, now: Nanos) -> Iterator[Instrument]:
        """What rules make of the description."""
        if self.chains is None or kind not in _SERIES or wanted.secIdType:
            return
        asked = _asked(wanted)
        if asked is None:
            return
        today = EASTERN.day(now) if now else 0
        if not today:
            return
        if kind == "OPT":
            found: Iterable[Instrument] = self.chains.options(asked, today)
        elif kind == "FOP":
            found = self.chains.future_options(asked, today)
        elif kind == "FUT":
            found = self.chains.futures(asked, today)
        elif kind == "CONTFUT":
            found = self.chains.continuous(asked, today)
        else:
            found = chain(self.chains.futures(asked, today), self.chains.continuous(asked, today))
        currency, multiplier = wanted.currency.upper(), _number(wanted.multiplier)
        for entry in found:
            if currency not in ("", entry.currency):
                continue
            if multiplier is None or multiplier == entry.multiplier / entry.divisor:
                yield entry

    def resolve(
        self, wanted: Contract, purpose: Purpose = Purpose.QUOTES, now: Nanos = 0
    ) -> Listing | Refusal:
        """The one listing that is meant; 200 also when the description is ambiguous.

        ``now`` decides what has ended; without it nothing of a series is found by description.
        """
        asked = (
            wanted.symbol, wanted.secType, wanted.exchange, wanted.currency,
            wanted.primaryExchange, wanted.localSymbol, wanted.tradingClass, wanted.secIdType,
            wanted.secId, wanted.lastTradeDateOrContractMonth, wanted.right, wanted.strike,
            wanted.conId, wanted.multiplier, wanted.includeExpired,
        )  # fmt: skip
        known = self._resolved.get(asked)
        if known is not None and not (
            isinstance(known.instrument, Dated) and (_has_ended(known.instrument, now) or not now)
        ):
            return known
        found = self._resolve(wanted, purpose, now)
        if isinstance(found, Listing) and _worth_remembering(asked):
            if len(self._resolved) >= MOST_RESOLVED:
                self._resolved.clear()
            self._resolved[asked] = found
        return found

    def _resolve(
        self, wanted: Contract, purpose: Purpose = Purpose.QUOTES, now: Nanos = 0
    ) -> Listing | Refusal:
        rows = self.rows(wanted, purpose, now)
        if isinstance(rows, Refusal):
            return rows
        first = next(rows)
        for row in rows:
            if row.instrument.conId != first.instrument.conId:
                return _ambiguous(wanted, first.instrument, row.instrument)
        return first

    def search(self, pattern: str, among: Iterable[int] | None = None) -> tuple[Instrument, ...]:
        """Up to 16 instruments whose symbol begins with, or whose name contains, the pattern.

        ``among`` are the numbers of those that count; None for all that there are.
        """
        text = pattern.strip().upper()
        if not text:
            return ()
        held = self._by_id.values() if among is None else self._known(among)
        by_symbol = [e for e in held if e.symbol.startswith(text)]
        by_name = [e for e in held if text in e.longName.upper() and e not in by_symbol]
        if among is None and self._catalogue is not None:
            begins, named = self._catalogue.search(text)
            by_symbol += begins
            by_name += named
        by_symbol.sort(key=lambda entry: len(entry.symbol))
        return tuple((by_symbol + by_name)[:16])

    def _known(self, numbers: Iterable[int]) -> list[Instrument]:
        found = (self.get(number) for number in numbers)
        return [entry for entry in found if entry is not None]

    def _no_destination(self, wanted: Contract, purpose: Purpose) -> Refusal | None:
        """The 200 for the name of an exchange that there is not, whatever the contract is."""
        primary = "" if wanted.conId else _primary(wanted)
        for name in (_exchange(wanted), primary):
            if name and name not in self._destinations:
                order = purpose is Purpose.ORDER
                return Refusal(200, {}, "order_destination" if order else "destination")
        return None

    def _by_number(self, wanted: Contract, now: Nanos) -> Iterator[Listing] | Refusal:
        entry = self.get(wanted.conId)
        if entry is None or (_has_ended(entry, now) and not _recalls(wanted, entry)):
            return NOT_FOUND
        if wanted.secType.upper() == "CONTFUT" and type(entry) is Future:
            entry = continuous_of(entry)
        conflict = _conflict(entry, wanted)
        if conflict is not None:
            return conflict
        exchange = _exchange(wanted) or entry.home
        rows = _rows(entry, exchange)
        return iter(rows) if rows else NOT_FOUND


_SERIES = frozenset(("OPT", "FOP", "FUT", *CONTINUOUS))


def _has_ended(entry: Instrument, now: Nanos) -> bool:
    """Whether the last day of trading of a contract is over."""
    return bool(now) and isinstance(entry, Dated) and entry.expires < EASTERN.day(now)


def _recalls(wanted: Contract, entry: Instrument) -> bool:
    """Whether a future that has ended is asked for: ``includeExpired`` is for futures alone."""
    return wanted.includeExpired and entry.secType == "FUT"


def _ambiguous(wanted: Contract, one: Instrument, other: Instrument) -> Refusal:
    """The 200 for several; its words name what would tell them apart where that is a class."""
    symbol = wanted.symbol or wanted.localSymbol
    same = (
        isinstance(one, Dated)
        and isinstance(other, Dated)
        and ((one.expires, one.strike, one.right) == (other.expires, other.strike, other.right))
    )
    return Refusal(200, {"symbol": symbol}, "ambiguous_class" if same else "ambiguous")


def _isins(cusip: str) -> tuple[str, str]:
    """The ISINs that a CUSIP may be part of: of the United States, of Canada."""
    return _with_check_digit("US" + cusip), _with_check_digit("CA" + cusip)


def _with_check_digit(text: str) -> str:
    digits = "".join(str(int(letter, 36)) for letter in text if letter.isalnum())
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value // 10 + value % 10
    return f"{text}{-total % 10}"


def _number(text: str) -> float | None:
    """A multiplier, as TWS and as programs write it; None for none, 0 for what is no number."""
    if not text.strip():
        return None
    try:
        return float(text)
    except ValueError:
        return 0.0


def _asked(wanted: Contract) -> Series | None:
    """What a description says of a contract of a series; None when nothing can have it."""
    right = wanted.right.strip().upper()
    if right not in ("", "0", "?", *RIGHTS):
        return None
    expiry = wanted.lastTradeDateOrContractMonth.strip()[:8].replace("-", "")
    strike = wanted.strike or 0.0
    if len(expiry) not in (0, 6, 8) or not strike >= 0:
        return None
    return Series(
        wanted.symbol.strip().upper(), wanted.tradingClass.upper(), wanted.localSymbol.upper(),
        expiry, right.startswith("C") if right in RIGHTS else None, strike, wanted.includeExpired,
    )  # fmt: skip


def _listing_key(entry: Instrument) -> tuple[str, ...]:
    """What two descriptions of one listing have in common: a held one hides a catalogued one."""
    american = (entry.secType, entry.currency) == ("STK", "USD")
    terms = (entry.localSymbol,) if entry.secType not in ("STK", "CASH") else ()
    return (entry.secType, entry.currency, "" if american else entry.primaryExchange, *terms)


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
        if not _identified(entry, wanted.secIdType.upper(), wanted.secId):
            return False
    elif not (wanted.symbol or wanted.localSymbol):
        return bool(wanted.issuerId) and isinstance(entry, Bond) and entry.issuer == wanted.issuerId
    symbol = wanted.symbol.upper()
    if isinstance(entry, Bond) and symbol in (entry.cusip, entry.isin):
        symbol = ""
    pairs = (
        (symbol, entry.symbol),
        (wanted.secType.upper(), entry.secType),
        (wanted.currency.upper(), entry.currency),
        (wanted.localSymbol.upper(), entry.localSymbol),
        (wanted.tradingClass.upper(), entry.tradingClass),
        (_primary(wanted), entry.primaryExchange),
    )
    if any(asked not in ("", has) for asked, has in pairs):
        return False
    return not isinstance(entry, Dated) or _terms_fit(entry, wanted)


def _identified(entry: Instrument, kind: str, value: str) -> bool:
    """Whether an instrument has an identifier."""
    has = {"ISIN": entry.isin, "CUSIP": entry.cusip, "FIGI": entry.figi}.get(kind)
    return bool(value) and has == value


def _terms_fit(entry: Dated, wanted: Contract) -> bool:
    """Whether what ends on a day, and is held or catalogued, has the terms that are asked for."""
    asked = _asked(wanted)
    if asked is None:
        return False
    last, month = day_text(entry.expires), str(entry.month)
    if asked.expiry not in ("", last, last[:6] if entry.right else month):
        return False
    if asked.call is not None and entry.right != ("C" if asked.call else "P"):
        return False
    if asked.strike and abs(entry.strike - asked.strike * entry.scale) > 0.5:
        return False
    multiplier = _number(wanted.multiplier)
    return multiplier in (None, entry.multiplier / entry.divisor)


def _conflict(entry: Instrument, wanted: Contract) -> Refusal | None:
    """The 478 for the first field that contradicts the contract number."""
    for field in ("symbol", "secType", "currency", "localSymbol", "tradingClass"):
        asked: str = getattr(wanted, field)
        has: str = getattr(entry, field)
        # Blanks around a symbol count as a conflict, as in the original.
        if asked and asked.upper() != has:
            return Refusal(478, {"field": field, "requested": asked, "known": has})
    return _conflicting_terms(entry, wanted) if isinstance(entry, Dated) else None


def _conflicting_terms(entry: Dated, wanted: Contract) -> Refusal | None:
    """The same for what only contracts with an end have."""
    expiry = wanted.lastTradeDateOrContractMonth.strip()[:8]
    last = day_text(entry.expires)
    if expiry and expiry not in (last, last[:6], str(entry.month)):
        return Refusal(478, {"field": "expiry", "requested": expiry, "known": last})
    right = wanted.right.upper()
    if right in RIGHTS and entry.right and right[0] != entry.right:
        return Refusal(478, {"field": "right", "requested": right, "known": entry.right})
    strike = entry.strike / entry.scale
    if wanted.strike and entry.strike and not abs(wanted.strike - strike) < 1e-6:
        return Refusal(
            478, {"field": "strike", "requested": f"{wanted.strike}", "known": f"{strike}"}
        )
    if _number(wanted.multiplier) not in (None, entry.multiplier / entry.divisor):
        known = entry.multiplier_text
        return Refusal(478, {"field": "multiplier", "requested": wanted.multiplier, "known": known})
    return None
