"""What TWS answers to questions about contracts that name none or need no description."""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from papertape.model import (
    Contract,
    ContractDescription,
    DepthMktDataDescription,
    SmartComponent,
)

from ..units import Nanos
from .calendars import calendar
from .exchanges import SMART
from .expiries import month_of
from .instruments import Instruments
from .option_classes import future_classes
from .roots import roots, settlement
from .securities import (
    Bond,
    Cfd,
    Dated,
    Future,
    Index,
    Instrument,
    OptionContract,
    Stock,
    day_text,
)
from .times import EASTERN

MOST_MATCHES: Final = 16
BBO: Final = "9c0001"
"""The key of the venues of American stocks, as reqMktData's parameters give it."""
_BBO_VENUES: Final = (
    (0, "AMEX", "A"), (1, "BEX", "B"), (2, "NYSENAT", "C"), (3, "FINRA", "D"), (4, "ISE", "I"),
    (5, "EDGEA", "J"), (6, "DRCTEDGE", "K"), (7, "CHX", "M"), (8, "ARCA", "P"), (9, "NASDAQ", "Q"),
    (10, "IEX", "V"), (11, "T24X", "G"), (12, "PSX", "X"), (13, "BYX", "Y"), (14, "BATS", "Z"),
    (15, "NYSE", "N"), (16, "LTSE", "L"), (17, "MEMX", "U"), (18, "PEARL", "H"), (19, "TXSE", "F"),
)  # fmt: skip
"""As recorded from a gateway in 2026."""

# exchange: security types
_DEPTH: Final = """
IDEALPRO CASH,CFD
SMART STK,OPT,CFD,CMDTY,WAR,BOND
ARCA NASDAQ NYSE BATS BYX EDGEA DRCTEDGE BEX IEX MEMX AMEX CHX PSX PEARL LTSE NYSENAT STK
CBOE AMEX PHLX ISE BOX MIAX BATS NASDAQOM OPT
CME CBOT NYMEX COMEX FUT,FOP
CFE NYBOT OSE.JPN HKFE KSE SGX FUT
EUREX FUT,FOP,OPT
DTB OPT
LSE LSEETF IBIS IBIS2 SBF AEB ENEXT.BE BVME BM EBS SFB CPH OSL HEX TSE MEXI ASX SEHK TSEJ KSE STK
PAXOS ZEROHASH CRYPTO
"""
_MARKET_MAKERS: Final = frozenset(("SMART", "NASDAQ"))
"""Where depth names who quotes: Deep2."""


class OptionParameters(msgspec.Struct, frozen=True):
    """The expiries and strikes of one trading class on one exchange."""

    exchange: str
    underlyingConId: int
    tradingClass: str
    multiplier: str
    expirations: list[str]
    strikes: list[float]


def matching_symbols(instruments: Instruments, pattern: str) -> list[ContractDescription]:
    """Up to 16 instruments whose symbol begins with a pattern or whose name contains it."""
    found = [_described(instruments, entry) for entry in instruments.search(pattern)]
    text = pattern.strip().upper()
    issuers: dict[str, Bond] = {}
    for entry in instruments.of(text) if text else ():
        if isinstance(entry, Bond) and entry.issuer:
            issuers.setdefault(entry.issuer, entry)
    for issuer, bond in issuers.items():
        contract = Contract(secType="BOND", issuerId=issuer, description=bond.longName)
        found.insert(min(len(found), 1), ContractDescription(contract, []))
    chains = instruments.chains
    known = {row.contract.conId for row in found}
    for under in chains.indices(text) if chains is not None else ():  # what futures are on
        if under.conId not in known:
            found.insert(min(len(found), 1), _described(instruments, under))
    return found[:MOST_MATCHES]


def _described(instruments: Instruments, entry: Instrument) -> ContractDescription:
    contract = Contract(
        conId=entry.conId,
        symbol=entry.symbol,
        secType=entry.secType,
        primaryExchange=entry.place,
        currency=entry.currency,
        description=entry.longName,
    )
    return ContractDescription(contract, list(_derivatives(instruments, entry)))


def _derivatives(instruments: Instruments, entry: Instrument) -> Iterator[str]:
    """The kinds of contracts on an instrument, in the order of TWS."""
    if not isinstance(entry, Stock | Index):
        return
    on_it = {
        one.secType
        for one in instruments.of(entry.symbol)
        if isinstance(one, Cfd | Dated) and one.under == entry.conId
    }
    chains = instruments.chains
    if "CFD" in on_it:
        yield "CFD"
    options = chains is not None and bool(chains.classes(entry))
    if options:
        yield "OPT"
    if isinstance(entry, Index) and any(
        root.symbol == entry.symbol and root.currency == entry.currency for root in roots().values()
    ):
        yield "FUT"
        if any(roots()[name].symbol == entry.symbol for name in future_classes()):
            yield "FOP"
    if "WAR" in on_it:
        yield "WAR"
    if options:
        yield "BAG"


def option_parameters(
    instruments: Instruments, under: int, exchange: str, now: Nanos
) -> Iterator[OptionParameters] | None:
    """The classes of options on an instrument, a row for each exchange; SMART comes last.

    ``exchange`` selects options on futures: with one named, SMART too, no other options are found.
    None when there is no such underlying, no row when it has no options.
    """
    entry, chains = instruments.get(under), instruments.chains
    if entry is None:
        return None
    if chains is None:
        return iter(())
    today = EASTERN.day(now)
    if isinstance(entry, Future) or any(one.conId == under for one in chains.indices(entry.symbol)):
        futures = list(_of_futures(instruments, entry, exchange.strip().upper(), today))
        if futures or isinstance(entry, Future):
            return iter(futures)
    return iter(()) if exchange.strip() else _of_stock(instruments, entry, today)


def _of_stock(
    instruments: Instruments, entry: Instrument, today: int
) -> Iterator[OptionParameters]:
    held = _held(instruments, entry, today)
    if held is not None:
        yield from held
        return
    if instruments.chains is None:
        return
    rows: dict[str, list[OptionParameters]] = {}
    for one in instruments.chains.classes(entry):
        days = one.expiries(today)
        rungs = sorted({rung for day in days for rung in one.ladder(entry.reference, day)})
        strikes = [one.grid.strike(rung) / one.grid.scale for rung in rungs]
        texts = [day_text(day) for day in days]
        for name in one.exchanges:
            row = OptionParameters(name, entry.conId, one.tradingClass, "100", texts, strikes)
            rows.setdefault(name, []).append(row)
    for name in (*sorted(name for name in rows if name != SMART), SMART):
        yield from rows.get(name, ())


def _held(instruments: Instruments, entry: Instrument, today: int) -> list[OptionParameters] | None:
    """The chains of an underlying of somebody's own, which no rule makes; None without any."""
    mine = [
        one
        for one in instruments
        if isinstance(one, OptionContract) and one.under == entry.conId and one.expires >= today
    ]
    known = instruments.chains is not None and instruments.chains.classes(entry)
    if not mine or known:
        return None
    classes: dict[tuple[str, str], list[OptionContract]] = {}
    for one in mine:
        for exchange in one.exchanges:
            classes.setdefault((exchange, one.tradingClass), []).append(one)
    return [
        OptionParameters(
            exchange, entry.conId, name, f"{options[0].multiplier / options[0].divisor:g}",
            [day_text(day) for day in sorted({one.expires for one in options})],
            sorted({one.exercise / one.scale for one in options}),
        )
        for (exchange, name), options in sorted(classes.items(), key=_smart_last)
    ]  # fmt: skip


def _smart_last(item: tuple[tuple[str, str], object]) -> tuple[bool, str]:
    exchange, name = item[0]
    return exchange == SMART, exchange + name


def _of_futures(
    instruments: Instruments, entry: Instrument, exchange: str, today: int
) -> Iterator[OptionParameters]:
    """The classes of options on one future, or on all of an underlying's."""
    for one in future_classes().values():
        root = roots()[one.root]
        if root.symbol != entry.symbol or exchange not in ("", root.exchange):
            continue
        if isinstance(entry, Future) and entry.tradingClass != root.tradingClass:
            continue
        classes: dict[str, list[str]] = {}
        for day, name, month in one.listed(today):
            if not isinstance(entry, Future) or _is_on(entry, one.root, day, month):
                classes.setdefault(name, []).append(day_text(day))
        rungs = one.grid.ladder(root.reference, 10, 50)
        strikes = [one.grid.strike(rung) / one.grid.scale for rung in rungs]
        multiplier = f"{root.multiplier / root.divisor:g}"
        if root.divisor == 1:
            multiplier = str(root.multiplier)
        for name, texts in classes.items():
            yield OptionParameters(
                root.exchange, entry.conId, name, multiplier, texts, strikes
            )  # fmt: skip


def _is_on(entry: Future, name: str, day: int, month: int) -> bool:
    """Whether options of a day are on that future: the nearest of their month or later."""
    root = roots()[name]
    for ahead in range(13):
        if (month + ahead) % 12 + 1 in root.months:
            last = root.rule(calendar(settlement(root.hours)), month + ahead)
            if last >= day:
                return entry.month == (month + ahead) // 12 * 100 + (month + ahead) % 12 + 1
    return month_of(day) == month


def smart_components(key: str) -> list[SmartComponent] | None:
    """The venues that the letters of a consolidated quote stand for; None for an unknown key."""
    if key != BBO:
        return None
    return [SmartComponent(bit, name, letter) for bit, name, letter in _BBO_VENUES]


def venue_letters(venues: Iterable[str] | None = None) -> dict[str, str]:
    """The letters of the venues of a consolidated quote, of all or of those among some."""
    letters = {name: letter for _, name, letter in _BBO_VENUES}
    if venues is None:
        return letters
    return {name: letters[name] for name in venues if name in letters}


def smart_venues(entry: Instrument) -> tuple[str, ...]:
    """The venues of an instrument whose books SMART brings together."""
    kind = entry.secType
    return tuple(name for name in entry.exchanges if name != SMART and book_at(name, kind))


def book_at(exchange: str, kind: str) -> str:
    """The book of a kind of contract at a venue: ``Deep``, ``Deep2`` where it names who quotes, ""
    where there is none."""
    return _BOOKS.get((exchange, kind), "")


def depth_exchanges() -> list[DepthMktDataDescription]:
    """The venues with market depth, by kind of contract."""
    found: list[DepthMktDataDescription] = []
    for line in _DEPTH.strip().splitlines():
        *names, kinds = line.split()
        for name in names:
            for kind in kinds.split(","):
                deep = "Deep2" if name in _MARKET_MAKERS and kind == "STK" else "Deep"
                group = 4 if kind == "CASH" else None
                found.append(DepthMktDataDescription(name, kind, "", deep, group))
    return found


_BOOKS: Final = {(row.exchange, row.secType): row.serviceDataType for row in depth_exchanges()}
