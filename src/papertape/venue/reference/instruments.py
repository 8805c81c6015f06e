"""The instruments of the venue, and what a contract description of a client refers to.

A description may fit several listings, and a listing several exchanges: ``match`` finds them
all, ``resolve`` insists on one. Both refuse a description that TWS would not look up
(``descriptions``).
"""

from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from itertools import chain
from typing import Protocol

import msgspec

from papertape.model import Contract

from ..units import Nanos
from .catalogue import Catalogue, number_in
from .chains import Chains
from .composition import is_combination
from .curves import continuous_of
from .descriptions import (
    CONTINUOUS,
    NOT_FOUND,
    Purpose,
    Refusal,
    conflict_with,
    exchange_of,
    fits,
    incomplete,
    multiplier_of,
    primary_of,
    series_of,
)
from .exchanges import DESTINATIONS
from .identifiers import isins_of, symbols_of_ric
from .renaming import Renamed
from .securities import Bond, Dated, Future, Instrument, day_text, last_day
from .times import EASTERN

__all__ = ["Instrument", "Instruments", "Listing", "Purpose", "Refusal", "contract_of"]

MOST_DERIVED = 65_536
"""Contracts of series that are kept once made; making one again costs some microseconds."""
MOST_RESOLVED = 4096
"""Listings that are remembered: more distinct descriptions than a program trades."""
LONGEST_REMEMBERED = 64
"""Letters of a text in a description that is remembered: more than any contract has."""


class Listing(msgspec.Struct, frozen=True):
    """An instrument on one of its exchanges: what a contract description comes down to."""

    instrument: Instrument
    exchange: str


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


class ByNumber(Protocol):
    """More instruments, which are found by their number alone."""

    def get(self, number: int, /) -> Instrument | None:
        """Return the instrument with that number, or None."""


class Instruments:
    """Instruments with look-up by number, description and name.

    Some are held from the beginning; the lines of a ``catalogue`` and the contracts of series that
    rules make are looked up when they are asked for. Iteration is over those that are held.
    """

    def __init__(
        self, instruments: Iterable[Instrument], catalogue: Catalogue | None = None
    ) -> None:
        self._by_id: dict[int, Instrument] = {}
        self._catalogue = catalogue
        self.chains: Chains | None = None if catalogue is None else Chains(self)
        """Options and futures by rule; None without a catalogue."""
        self._derived: dict[int, Instrument] = {}
        self._more: ByNumber = {}
        self._gone: frozenset[int] = frozenset()
        self._begun: Mapping[int, str] = {}
        self._renamed = Renamed()
        self._names = self._renamed.key
        """Empty while no share has another symbol: to look at on every way."""
        self._destinations = set(DESTINATIONS)
        self._by_symbol: dict[str, list[Instrument]] = {}
        self._resolved: dict[tuple[object, ...], Listing] = {}
        """Listings that ``resolve`` found, by all that it looks at: programs name a contract again
        and again. What is refused is not kept: there is no end of it."""
        self._pairs: dict[tuple[str, str], Instrument] = {}
        self._by_word: dict[str, list[Instrument]] = {}
        """Those held, by local symbol and identifiers."""
        self._hold({entry.conId: entry for entry in instruments}.values())

    def hold(self, entry: Instrument) -> None:
        """Have one more, from now on also in what was made of this by ``apart``.

        Its number is that of no other.
        """
        self._hold((entry,))

    def _hold(self, entries: Iterable[Instrument]) -> None:
        by_symbol, by_word = self._by_symbol, self._by_word
        exchanges: set[tuple[str, ...]] = set()
        for entry in entries:
            self._by_id[entry.conId] = entry
            exchanges.add(entry.exchanges)
            by_symbol.setdefault(entry.symbol, []).append(entry)
            words = {entry.localSymbol, entry.isin, entry.cusip, entry.figi}
            if isinstance(entry, Bond):
                words.add(entry.issuer)
            for word in words:
                if word:
                    by_word.setdefault(word, []).append(entry)
            if entry.secType == "CASH":
                self._pairs.setdefault((entry.symbol, entry.currency), entry)
        self._destinations.update(*exchanges)
        self._resolved.clear()  # it may hide another, or make a description ambiguous

    def extended(self, entries: Iterable[Instrument]) -> "Instruments":
        """The same with more that are held; one with a number that is known takes its place."""
        more = {entry.conId: entry for entry in entries}
        kept = (entry for entry in self._by_id.values() if entry.conId not in more)
        made = Instruments((*kept, *more.values()), self._catalogue)
        return made.beginning_as(self._begun) if self._begun else made

    def apart(self) -> "Instruments":
        """The same for one venue, which may ``add`` what only it has."""
        return copy(self)

    def add(self, more: ByNumber) -> None:
        """Have these as well, instead of those of the last call: a venue's combinations."""
        self._more = more

    def retire(self, con_ids: Iterable[int]) -> None:
        """Find these no more, and nothing that is derived from them: companies that were taken
        over. By number ``get`` still has them, for what was traded."""
        self._gone = frozenset(con_ids)

    def beginning_as(self, symbols: Mapping[int, str]) -> "Instruments":
        """The same, with shares that have other symbols, by number, until they are renamed."""
        made = self.apart()
        made._begun = dict(symbols)
        made.rename({})
        return made

    @property
    def begun(self) -> Mapping[int, str]:
        """The symbols that shares had in the beginning and are to lose."""
        return self._begun

    def rename(self, symbols: Mapping[int, str]) -> None:
        """Call shares, and what is derived from them, by these symbols, by number, instead of by
        those of the last call; every other share by the symbol that it begins with, or is held
        with."""
        renamed = Renamed({**self._begun, **symbols}, self._first)
        if self.chains is not None and renamed.key != self._names:
            self.chains, self._derived = Chains(self), {}  # other venues have the old ones
        self._renamed, self._names = renamed, renamed.key

    @property
    def symbols(self) -> frozenset[tuple[int, str]]:
        """The shares that have another symbol than at first, by number: equal while no name means
        something else."""
        return self._names

    def _first(self, con_id: int) -> Instrument | None:
        """An instrument that no rule makes, under its first symbol."""
        entry = self._by_id.get(con_id)
        return entry if entry or self._catalogue is None else self._catalogue.get(con_id)

    def first_symbol(self, entry: Instrument) -> str:
        """The symbol that shares had before their first change of it."""
        return self._renamed.first_symbol(entry)

    def known_as(self, symbol: str) -> list[Instrument]:
        """What had a symbol before any change, as it is called now."""
        return [self._renamed.named(entry) for entry in self._with_first(symbol)]

    def _is_gone(self, entry: Instrument) -> bool:
        return entry.conId in self._gone or getattr(entry, "under", 0) in self._gone

    def __iter__(self) -> Iterator[Instrument]:
        return map(self._renamed.named, self._by_id.values())

    def __getitem__(self, con_id: int) -> Instrument:
        """The instrument with that number, a venue's own ones included. Raises ``KeyError``."""
        entry = None if self._names else self._by_id.get(con_id)
        if entry is None:
            entry = (self._more if is_combination(con_id) else self).get(con_id)
        if entry is None:
            raise KeyError(con_id)
        return entry

    def everything(self) -> Iterator[Instrument]:
        """Those that are held and those of the catalogue that none of them stands for, each made
        when its turn comes; contracts of series that rules make are left out."""
        yield from [entry for entry in self if not self._is_gone(entry)]
        if self._catalogue is None:
            return
        mine = {(entry.symbol, *_listing_key(entry)) for entry in self._by_id.values()}
        for entry in self._catalogue:
            if (
                entry.conId not in self._by_id
                and entry.conId not in self._gone
                and (entry.symbol, *_listing_key(entry)) not in mine
            ):
                yield self._renamed.named(entry)

    def prepare(self) -> Iterator[None]:
        """Do now, in short steps, what the first look-up would have to wait for."""
        return iter(()) if self._catalogue is None else self._catalogue.prepare()

    def get(self, con_id: int) -> Instrument | None:
        """The instrument with that number, or None; also for one that only a venue has, as clients
        may ask for any number."""
        entry = self._by_id.get(con_id) or self._derived.get(con_id)
        if entry is None and self._catalogue is not None and self.chains is not None:
            entry = self._made(con_id, self._catalogue, self.chains)
        return self._renamed.named(entry) if self._names and entry is not None else entry

    def _made(self, con_id: int, catalogue: Catalogue, chains: Chains) -> Instrument | None:
        entry = catalogue.get(con_id)
        if entry is None:
            entry = chains.get(con_id)
            if entry is not None:
                if len(self._derived) >= MOST_DERIVED:
                    self._derived.clear()
                self._derived[con_id] = entry
        return entry

    def of(self, symbol: str) -> list[Instrument]:
        """Every instrument with a symbol that is no contract of a series made by a rule."""
        found = self._with_first(symbol)
        return self._renamed.called(symbol, found, self._with_first) if self._names else found

    def _with_first(self, symbol: str) -> list[Instrument]:
        held = self._by_symbol.get(symbol, [])
        if self._catalogue is None:
            return held
        mine = set(map(_listing_key, held))
        listed = self._catalogue.of(symbol)
        return [*held, *(entry for entry in listed if _listing_key(entry) not in mine)]

    def in_slot(self, slot: int) -> Instrument | None:
        """The stock whose monthly options have that slot, or None."""
        found = () if self._catalogue is None else self._catalogue.by("slot", str(slot))
        return next(map(self._renamed.named, found), None)

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
        refusal = incomplete(wanted, purpose) or self._no_destination(wanted, purpose)
        if refusal is not None:
            return refusal
        if wanted.conId:
            return self._by_number(wanted, now)
        exchange, kind = exchange_of(wanted), wanted.secType.upper()
        fitting = chain(
            (entry for entry in self._spots(wanted) if fits(entry, wanted)),
            self._series(wanted, kind, now),
        )
        rows = (
            row for entry in fitting if not self._gone or not self._is_gone(entry)
            for row in _rows(entry, exchange)
        )  # fmt: skip
        first = next(rows, None)
        return NOT_FOUND if first is None else chain((first,), rows)

    def _spots(self, wanted: Contract) -> Iterable[Instrument]:
        """What is held or stands in the catalogue, and may fit."""
        symbol = wanted.symbol.strip().upper()
        if symbol:
            if wanted.secType.upper() != "BOND":
                return self._with_indices(symbol, wanted)
            named = (self.of(symbol), *(self._identified(key, symbol) for key in ("ISIN", "CUSIP")))
            return {entry.conId: entry for entry in chain(*named)}.values()
        found: list[Instrument] = []
        for key, value in (
            ("local", wanted.localSymbol.upper()),
            (wanted.secIdType.upper(), wanted.secId),
            ("issuer", wanted.issuerId),
        ):
            if not value:
                continue
            found += self._by_word.get(value, ())
            if key == "local" and self._catalogue is not None:
                found += self._catalogue.of(value)
                # EUR.USD is the symbol EUR, IBM.CFD the symbol IBM: before the point.
                found += self._catalogue.of(value.partition(".")[0]) if "." in value else []
                found += self._coded(value)
            if key == "local" and self._names:
                found += [*self.of(value), *self.of(value.partition(".")[0])]
            if key in ("local", "issuer"):
                found += self._catalogued(key, value)
            else:
                found += self._identified(key, value)
        return {entry.conId: self._renamed.named(entry) for entry in found}.values()

    def _identified(self, kind: str, value: str) -> list[Instrument]:
        """What may have an identifier of a security."""
        if kind == "RIC":
            return [entry for symbol in symbols_of_ric(value) for entry in self.of(symbol)]
        name = value.upper()
        held = [e for isin in isins_of(kind, name) for e in self._by_word.get(isin, ())]
        listed = [e for isin in isins_of(kind, name) for e in self._catalogued("isin", isin)]
        return [*held, *self._by_word.get(name, ()), *listed, *self._coded(name),
                *self._catalogued(kind.lower(), name)]  # fmt: skip

    def _coded(self, name: str) -> list[Instrument]:
        """The bond or the warrant of a name that is made of its number."""
        number = number_in(name)
        if self._catalogue is None or number is None:
            return []
        entry = self._catalogue.get(number)
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
        asked = series_of(wanted)
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
        currency, multiplier = wanted.currency.upper(), multiplier_of(wanted.multiplier)
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
            wanted.conId, wanted.multiplier, wanted.includeExpired, self._gone, self._names,
        )  # fmt: skip
        known = self._resolved.get(asked)
        if known is not None and (
            known.instrument.endless
            or not last_day(known.instrument)
            or (now and not _has_ended(known.instrument, now))
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
        held = list(self) if among is None else self._known(among)
        held = [entry for entry in held if not self._is_gone(entry)] if self._gone else held
        by_symbol = [e for e in held if e.symbol.startswith(text)]
        by_name = [e for e in held if text in e.longName.upper() and e not in by_symbol]
        if among is None and self._catalogue is not None:
            begins, named = self._catalogue.search(text)
            by_symbol += begins
            by_name += named
            if self._names:
                by_symbol, by_name = self._as_called(text, by_symbol), self._as_called("", by_name)
            by_symbol = [entry for entry in by_symbol if not self._is_gone(entry)]
            by_name = [entry for entry in by_name if not self._is_gone(entry)]
        by_symbol.sort(key=lambda entry: len(entry.symbol))
        return tuple((by_symbol + by_name)[:16])

    def _as_called(self, text: str, found: list[Instrument]) -> list[Instrument]:
        """Of what a search found by first symbols, and of what was renamed, all whose symbol begins
        with a text; without one only what was found."""
        renamed = [self.get(con_id) for con_id, _, symbol in self._renamed if text in symbol]
        more = [entry for entry in renamed if text and entry is not None]
        known = {entry.conId: self._renamed.named(entry) for entry in [*more, *found]}
        return [entry for entry in known.values() if entry.symbol.startswith(text)]

    def _known(self, numbers: Iterable[int]) -> list[Instrument]:
        found = (self.get(number) for number in numbers)
        return [entry for entry in found if entry is not None]

    def _no_destination(self, wanted: Contract, purpose: Purpose) -> Refusal | None:
        """The 200 for the name of an exchange that there is not, whatever the contract is."""
        primary = "" if wanted.conId else primary_of(wanted)
        for name in (exchange_of(wanted), primary):
            if name and name not in self._destinations:
                order = purpose is Purpose.ORDER
                return Refusal(200, {}, "order_destination" if order else "destination")
        return None

    def _by_number(self, wanted: Contract, now: Nanos) -> Iterator[Listing] | Refusal:
        entry = self.get(wanted.conId)
        if entry is None or (_has_ended(entry, now) and not _recalls(wanted, entry)):
            return NOT_FOUND
        if self._gone and self._is_gone(entry):
            return NOT_FOUND
        if wanted.secType.upper() == "CONTFUT" and type(entry) is Future:
            entry = continuous_of(entry)
        conflict = conflict_with(entry, wanted)
        if conflict is not None:
            return conflict
        exchange = exchange_of(wanted) or entry.home
        rows = _rows(entry, exchange)
        return iter(rows) if rows else NOT_FOUND


_SERIES = frozenset(("OPT", "FOP", "FUT", *CONTINUOUS))


def _has_ended(entry: Instrument, now: Nanos) -> bool:
    """Whether the last day of trading of a contract is over."""
    last = last_day(entry)
    return bool(now) and 0 < last < EASTERN.day(now)


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


def _listing_key(entry: Instrument) -> tuple[str, ...]:
    """What two descriptions of one listing have in common: a held one hides a catalogued one."""
    american = (entry.secType, entry.currency) == ("STK", "USD")
    terms = (entry.localSymbol,) if entry.secType not in ("STK", "CASH") else ()
    return (entry.secType, entry.currency, "" if american else entry.primaryExchange, *terms)


def _worth_remembering(asked: tuple[object, ...]) -> bool:
    """Whether its texts are short, and whether it means the same for every purpose."""
    texts = [part.upper() for part in asked if isinstance(part, str)]
    return max(map(len, texts)) <= LONGEST_REMEMBERED and CONTINUOUS.isdisjoint(texts)


def _rows(entry: Instrument, exchange: str) -> list[Listing]:
    if exchange and exchange not in entry.exchanges:
        return []
    return [Listing(entry, name) for name in ([exchange] if exchange else entry.exchanges)]
