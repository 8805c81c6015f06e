"""Options on futures: their local names, the strikes that are listed, and each by its number."""

import re
from collections.abc import Iterable
from functools import cache, lru_cache

from . import numbers
from .curves import (
    BALANCED,
    future_of,
)
from .expiries import QUARTERS, yyyymm
from .option_classes import (
    FutureOptionClass,
    future_classes,
    premium,
    strike_units,
)
from .roots import Root, roots
from .securities import (
    LOTS,
    Future,
    FutureOption,
    day_text,
    delivery,
)
from .series import Series

_LOCAL = re.compile(r"([A-Z0-9]{1,4})([FGHJKMNQUVXZ])(\d) ([CP])(\d+)")
_EUREX_LOCAL = re.compile(r"([CP]) ([A-Z]{4}) (\d{8}) (\d+(?:\.\d+)?) M")


@cache
def class_names() -> frozenset[str]:
    """The classes whose options have dense numbers (``numbers.DENSE``)."""
    return frozenset(one.symbol for one in future_classes().values() if one.symbol)


def of_local_name(wanted: Series) -> Series:
    """The series that a local symbol names; one that nothing fits for what is none."""
    eurex = _EUREX_LOCAL.fullmatch(wanted.localSymbol)
    if eurex is not None:
        right, name, day, strike = eurex.groups()
        return Series(wanted.symbol, name, "", day, right == "C", float(strike))
    found = _LOCAL.fullmatch(wanted.localSymbol)
    if found is None:
        return Series(symbol="\0")
    name, _, _, right, _ = found.groups()
    return Series(
        wanted.symbol, name, "", wanted.expiry, right == "C", wanted.strike
    )  # fmt: skip


def rungs(one: FutureOptionClass, root: Root, strike: float) -> Iterable[int]:
    """The rungs of the strikes that are listed; of a ``strike`` other than 0, its own alone."""
    if not strike:
        return one.grid.ladder(root.reference, 10, 50)
    rung = one.grid.rung(strike_units(strike, one.grid.scale))
    listed = rung is not None and one.grid.listed(rung, root.reference, 10, 50)
    return (rung,) if listed and rung is not None else ()


def of_terms(
    one: FutureOptionClass, day: int, name: str, month: int, *, rung: int, call: bool
) -> FutureOption | None:
    """The option of those terms; None where it has no number or no future to be on."""
    root = roots()[one.root]
    under = _future_under(root, day, month)
    number = one.number(day, month, rung, call=call)
    if number is None or under is None:
        return None
    strike = one.grid.strike(rung)
    local_strike = strike * one.digits // one.grid.scale
    right = "C" if call else "P"
    local = f"{name}{delivery(yyyymm(month))} {right}{local_strike}"
    if root.exchange == "EUREX":
        local = f"{right} {name} {day_text(day)} {strike / one.grid.scale:g} M"
    exchanges = (root.exchange, "QBALGO") if root.exchange in BALANCED else (root.exchange,)
    return FutureOption(
        conId=number, symbol=root.symbol, secType="FOP", currency=root.currency,
        primaryExchange="", localSymbol=local, tradingClass=name, exchanges=exchanges,
        longName=root.name, scale=root.scale, tick=one.tick, marketName=name,
        multiplier=root.multiplier, divisor=root.divisor, magnifier=root.magnifier,
        market_rule=one.market_rule, ends=-1 if name == one.monthly else one.weeks_end,
        reference=premium(root.reference, strike, call, one.tick), hours=root.hours, sizes=LOTS,
        under=under.conId, underSymbol=under.localSymbol, underSecType="FUT", expires=day,
        month=yyyymm(month), call=call, exercise=strike, american=one.root != "VX",
    )  # fmt: skip


@lru_cache(1024)
def _future_under(root: Root, day: int, month: int) -> Future | None:
    """The nearest future of an option's month or later that outlives it."""
    for ahead in range(13):
        if (month + ahead) % 12 + 1 in root.months:
            made = future_of(root, month + ahead)
            if made.expires >= day:
                return made
    return None


def numbered(symbol: str, day: int, rung: int, call: bool) -> FutureOption | None:
    """The option of a class of ``class_names`` that ends on a day; None where it is not listed."""
    one = next(one for one in future_classes().values() if one.symbol == symbol)
    named = one.of(day)
    if named is None or rung >= one.grid.size:
        return None
    return of_terms(one, day, *named, rung=rung, call=call)


def monthly(con_id: int) -> FutureOption | None:
    """The option of a number of ``numbers.FUTURE_OPTIONS``."""
    slot, rest = divmod(con_id - numbers.FUTURE_OPTIONS_FROM, 1 << 17)
    if slot >= len(numbers.FUTURE_OPTIONS):
        return None
    name = numbers.FUTURE_OPTIONS[slot]
    one = next(one for one in future_classes().values() if not one.symbol and one.monthly == name)
    month, rung = numbers.MONTHLY_EPOCH + (rest >> 10), rest >> 1 & 511
    ends = not one.quarterly or month % 12 + 1 in QUARTERS
    if not ends or rung >= one.grid.size:
        return None
    day = one.rule(one.days, month)
    return of_terms(one, day, name, month, rung=rung, call=bool(rest & 1))
