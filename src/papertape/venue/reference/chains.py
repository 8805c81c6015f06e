"""Option chains and futures curves, made on demand from rules: which contracts there are on a day.

Nothing is stored: a contract is found by its terms or by its number, and a chain is an iterator
over rows that are made one by one. What is listed depends on the day that is asked about, on the
reference price of the underlying, and on nothing else.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Final, Protocol

from msgspec.structs import replace

from . import future_options as on_futures
from . import numbers
from .calendars import calendar
from .curves import (
    EXPIRED_MONTHS,
    continuous_of,
    future_of,
    is_of,
    local_names,
    month_fits,
    months_of,
    numbered_future,
    public_future,
    underlying,
    underlying_of,
)
from .expiries import month_of, yyyymm
from .option_classes import (
    OptionClass,
    decoded,
    flex_classes,
    flex_under,
    future_classes,
    index_classes,
    premium,
    stock_class,
    strike_units,
)
from .roots import roots
from .securities import (
    LOTS,
    Future,
    FutureOption,
    Index,
    Instrument,
    OptionContract,
    Stock,
    day_number,
    day_text,
    occ_symbol,
)
from .series import Series, day_fits

_OCC = re.compile(r"([A-Z0-9.]{1,6}) *(\d{6})([CP])(\d{8})")
_PUBLIC_OPTIONS: Final = {
    675811965: "AAPL  260618C00100000",
    853200900: "OBDC  261120P00010000",
}
"""Options whose number at Interactive Brokers is public."""


class Spots(Protocol):
    """Where chains find what they are on."""

    def of(self, symbol: str) -> list[Instrument]:
        """The instruments with a symbol."""

    def known_as(self, symbol: str) -> list[Instrument]:
        """The instruments that had a symbol before it changed, as they are called now."""

    def first_symbol(self, entry: Instrument) -> str:
        """The symbol that an instrument had before it changed."""

    def in_slot(self, slot: int) -> Instrument | None:
        """The stock whose monthly options have that slot."""


class Chains:
    """Contracts of series, by description and by number."""

    def __init__(self, spots: Spots) -> None:
        self._spots = spots

    # -- options on stocks, funds, indices --------------------------------------------------------

    def classes(self, entry: Instrument) -> tuple[OptionClass, ...]:
        """The classes of options on an instrument."""
        if isinstance(entry, Index):
            return index_classes().get(entry.symbol, ()) if entry.currency == "USD" else ()
        if isinstance(entry, Stock) and entry.currency == "USD" and len(entry.exchanges) > 2:
            first = self._spots.first_symbol(entry)
            found = stock_class(first, entry.slot)
            if found is None:
                return ()
            flex = flex_classes(first)
            if first == entry.symbol:
                return (found, *flex)
            name = entry.symbol.replace(" ", "")  # the numbers stay those of the first symbol
            return tuple(
                replace(one, root=f"{digit}{name}", tradingClass=f"{digit}{name}")
                for digit, one in (("", found), *((one.root[0], one) for one in flex))
            )
        return ()

    def options(self, wanted: Series, today: int) -> Iterator[OptionContract]:
        """The options that fit, by class, expiry, strike; those that have ended are not there."""
        if wanted.localSymbol:
            wanted = _of_occ(wanted)
        for entry in self._on(wanted.symbol or _symbol_of_class(wanted.tradingClass)):
            for one in self.classes(entry):
                if wanted.tradingClass in ("", one.tradingClass):
                    yield from self._of_class(one, entry, wanted, today)

    def _on(self, symbol: str) -> Iterable[Instrument]:
        """What options can be on, by a symbol, or by one without the blank before its share."""
        return self._spots.of(symbol) or self._spots.of(f"{symbol[:-1]} {symbol[-1:]}")

    def _of_class(
        self, one: OptionClass, entry: Instrument, wanted: Series, today: int
    ) -> Iterator[OptionContract]:
        rights = (True, False) if wanted.call is None else (wanted.call,)
        exact = None
        if wanted.strike:
            exact = one.grid.rung(strike_units(wanted.strike, one.grid.scale))
            if exact is None:
                return
        for day in _fitting(one.expiries(today), wanted.expiry):
            if exact is None:
                rungs: Iterable[int] = one.ladder(entry.reference, day)
            else:
                rungs = (exact,) if one.lists(exact, entry.reference, day) else ()
            for rung in rungs:
                for call in rights:
                    yield self._option(one, entry, day, rung, call)

    def _option(
        self, one: OptionClass, entry: Instrument, day: int, rung: int, call: bool
    ) -> OptionContract:
        strike = one.grid.strike(rung)
        local = occ_symbol(one.root, day + one.settles, "C" if call else "P", strike // 10)
        known, first = local, self._spots.first_symbol(entry)
        if first != entry.symbol:
            known = f"{first.replace(' ', ''):<6}{local[6:]}"
        con_id = self._public.get(known) or one.number(day, rung, call=call) or 0
        return OptionContract(
            conId=con_id, symbol=entry.symbol, secType="OPT", currency="USD", primaryExchange="",
            localSymbol=local, tradingClass=one.tradingClass, exchanges=one.exchanges,
            longName=entry.longName, scale=one.grid.scale, tick=one.tick,
            marketName=one.tradingClass, multiplier=100, market_rule=one.market_rule,
            smart_rule=one.smart_rule, reference=premium(entry.reference, strike, call, one.tick),
            hours=one.hours, sizes=LOTS, under=entry.conId, underSymbol=entry.symbol,
            underSecType=entry.secType, expires=day, month=yyyymm(month_of(day + one.settles)),
            ends=last_minute(one), call=call, exercise=strike, american=one.american,
        )  # fmt: skip

    @cached_property
    def _public(self) -> dict[str, int]:
        return {local: con_id for con_id, local in _PUBLIC_OPTIONS.items()}

    # -- futures ----------------------------------------------------------------------------------

    def futures(self, wanted: Series, today: int) -> Iterator[Future]:
        """The futures that fit, by class and month; with ``expired`` also those of two years."""
        for root in roots().values():
            if is_of(root, wanted):
                months = months_of(root, today, EXPIRED_MONTHS if wanted.expired else 0)
                for month in months:
                    made = future_of(root, month)
                    if month_fits(made, wanted.expiry) and wanted.localSymbol in (
                        "",
                        made.localSymbol,
                        local_names(root, month),
                    ):
                        yield made

    def continuous(self, wanted: Series, today: int) -> Iterator[Future]:
        """The nearest future of each class that fits, as the continuous one."""
        for root in roots().values():
            if is_of(root, wanted):
                for month in months_of(root, today, 0):
                    made = future_of(root, month)
                    if wanted.localSymbol in ("", made.localSymbol):
                        yield continuous_of(made)
                    break

    def indices(self, symbol: str) -> Iterator[Index]:
        """The underlyings of futures with that symbol."""
        seen: set[str] = set()
        for root in roots().values():
            if root.symbol == symbol and root.symbol not in seen:
                seen.add(root.symbol)
                yield underlying(root)

    # -- options on futures -----------------------------------------------------------------------

    def future_options(self, wanted: Series, today: int) -> Iterator[FutureOption]:
        """The options on futures that fit, by expiry and strike."""
        if wanted.localSymbol:
            wanted, local = on_futures.of_local_name(wanted), wanted.localSymbol
        else:
            local = ""
        rights = (True, False) if wanted.call is None else (wanted.call,)
        for one in future_classes().values():
            root = roots()[one.root]
            if wanted.symbol and root.symbol != wanted.symbol:
                continue
            if not (one.weeks[0] or wanted.tradingClass in ("", one.monthly)):
                continue
            for day, name, month in one.listed(today):
                if wanted.tradingClass not in ("", name) or not day_fits(day, wanted.expiry):
                    continue
                for rung in on_futures.rungs(one, root, wanted.strike):
                    for call in rights:
                        made = on_futures.of_terms(one, day, name, month, rung=rung, call=call)
                        if made is not None and local in ("", made.localSymbol):
                            yield made

    # -- by number --------------------------------------------------------------------------------

    def get(self, con_id: int) -> Instrument | None:
        """The contract of a number, whether it is listed, has ended, or is still to come."""
        if con_id in _PUBLIC_OPTIONS:
            return self._of_local(_PUBLIC_OPTIONS[con_id])
        if con_id < numbers.OURS_FROM:
            return public_future(con_id) or underlying_of(con_id)
        if con_id >= numbers.FUTURES_FROM:
            return numbered_future(con_id)
        if numbers.FUTURE_OPTIONS_FROM <= con_id < numbers.FLEX_FROM:
            return on_futures.monthly(con_id)
        parts = decoded(con_id)
        if parts is None:
            return None
        region, slot, day, rung, call = parts
        if region == "dense" and numbers.DENSE[slot] in on_futures.class_names():
            return on_futures.numbered(numbers.DENSE[slot], day, rung, call)
        found = self._class_in(region, slot)
        if found is None:
            return None
        entry, one = found
        if rung >= one.grid.size or not one.cycle.possible(day):
            return None
        made = self._option(one, entry, day, rung, call)
        return made if made.conId == con_id else None

    def _class_in(self, region: str, slot: int) -> tuple[Instrument, OptionClass] | None:
        if region == "flex":
            known = slot < len(numbers.FLEX)
            entries: Iterable[Instrument] = ()
            if known:
                entries = self._spots.known_as(flex_under(numbers.FLEX[slot]))
        elif region == "monthly":
            entry = self._spots.in_slot(slot)
            entries = () if entry is None else (entry,)
        elif region == "weekly":
            known = slot < len(numbers.WEEKLY)
            entries = self._spots.known_as(numbers.WEEKLY[slot]) if known else ()
        else:
            entries = self._spots.known_as(_symbol_of_class(numbers.DENSE[slot]))
        for entry in entries:
            for one in self.classes(entry):
                if (one.region, one.slot) == (region, slot):
                    return entry, one
        return None

    def _of_local(self, local: str) -> OptionContract | None:
        wanted = _of_occ(Series(localSymbol=local))
        for entry in self._spots.known_as(wanted.symbol):
            for one in self.classes(entry):
                rung = one.grid.rung(strike_units(wanted.strike, one.grid.scale))
                if rung is not None:
                    day = day_number(wanted.expiry)
                    return self._option(one, entry, day, rung, bool(wanted.call))
        return None


# ---------------------------------------------------------------- options


def last_minute(one: OptionClass) -> int:
    """Minutes after midnight at which the last day of a class ends, on its exchange's clock."""
    return calendar(one.hours).hours.closes


def _symbol_of_class(name: str) -> str:
    """The symbol of the underlying of a trading class."""
    for symbol, classes in index_classes().items():
        if any(one.tradingClass == name for one in classes):
            return symbol
    return name[1:] if name[:1].isdigit() else name  # of FLEX options: 2AAPL is on AAPL


def _of_occ(wanted: Series) -> Series:
    """The same with what its OCC symbol says; of another one nothing fits."""
    found = _OCC.fullmatch(wanted.localSymbol)
    if found is None:
        return Series(symbol="\0")
    root, expiry, right, strike = found.groups()
    symbol = _symbol_of_class(root)
    expiry = f"20{expiry}"
    if symbol in index_classes():
        one = next(c for c in index_classes()[symbol] if c.tradingClass == root)
        expiry = _earlier(expiry, one.settles)
    clash = wanted.symbol and wanted.symbol.replace(" ", "") != symbol
    return Series(
        "\0" if clash else wanted.symbol or symbol, root, "", expiry, right == "C",
        int(strike) / 1000,
    )  # fmt: skip


def _earlier(expiry: str, days: int) -> str:
    try:
        return day_text(day_number(expiry) - days)
    except ValueError:
        return expiry


def _fitting(days: tuple[int, ...], text: str) -> Iterator[int]:
    """The days that a text names: all for "", those of a month, or one."""
    return (day for day in days if day_fits(day, text))
