"""Futures curves: the months of each root on a day, made by rule, and found by number."""

from collections.abc import Iterator
from functools import cache
from typing import Final

import msgspec

from . import numbers
from .calendars import calendar
from .expiries import month_of, yyyymm
from .roots import UNDERLYINGS, Root, public_ids, roots, settlement
from .securities import LOTS, ContinuousFuture, Future, Index, Instrument, delivery
from .series import Series, day_fits

EXPIRED_MONTHS: Final = 24
"""How far back ``includeExpired`` reaches, for futures alone."""
_NAMES: Final = (
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"
)  # fmt: skip
BALANCED: Final = frozenset(("CME", "CBOT", "NYMEX", "COMEX"))
_ENDS: Final = {
    ("CME", "third_friday"): 510, ("CFE", "volatility"): 480, ("GRAINS", "before_fifteenth"): 721,
}  # fmt: skip
"""Minutes at which the last day ends, where that is known: 08:30, 08:00 and 12:01 in Chicago. Other
futures end with the regular session of that day."""


def is_of(root: Root, wanted: Series) -> bool:
    """Whether a description may mean a future of that root."""
    if wanted.localSymbol and not wanted.localSymbol.startswith(root.tradingClass):
        return False
    return wanted.symbol in ("", root.symbol) and wanted.tradingClass in ("", root.tradingClass)


def months_of(root: Root, today: int, back: int) -> Iterator[int]:
    """The months that are listed on a day, and those before it."""
    days = calendar(settlement(root.hours))
    month, left = month_of(today) - back - 2, root.count
    while left:
        if month % 12 + 1 in root.months:
            last_day = root.rule(days, month)
            if last_day >= today:
                left -= 1
                yield month
            elif back and month >= month_of(today) - back:
                yield month
        month += 1


def future_of(root: Root, month: int) -> Future:
    """The future of a month."""
    day = root.rule(calendar(settlement(root.hours)), month)
    number = public_ids().get((root.tradingClass, month)) or numbers.future(root.slot, month)
    exchanges = (root.exchange, "QBALGO") if root.exchange in BALANCED else (root.exchange,)
    return Future(
        conId=number or 0, symbol=root.symbol, secType="FUT", currency=root.currency,
        primaryExchange="", localSymbol=local_symbol(root, month), tradingClass=root.tradingClass,
        exchanges=exchanges, longName=root.name, scale=root.scale, tick=root.tick,
        marketName=root.tradingClass, multiplier=root.multiplier, divisor=root.divisor,
        magnifier=root.magnifier, market_rule=root.market_rule, reference=root.reference,
        hours=root.hours, sizes=LOTS, under=underlying_id(root), underSymbol=root.symbol,
        underSecType="IND", expires=day, month=yyyymm(month),
        ends=_ENDS.get((root.hours, root.rule.__name__), -1),
    )  # fmt: skip


def continuous_of(made: Future) -> ContinuousFuture:
    """A future as the continuous one: the number is the same."""
    return ContinuousFuture(**msgspec.structs.asdict(made) | {"secType": "CONTFUT"})


def local_symbol(root: Root, month: int) -> str:
    """``ESM6``; at Eurex ``FGBL MAR 26``."""
    if root.exchange == "EUREX":
        return f"{root.tradingClass:<4} {_NAMES[month % 12]} {month // 12 % 100:02d}"
    return root.tradingClass + delivery(yyyymm(month))


def local_names(root: Root, month: int) -> str:
    """The same with the letter of the month, whatever the exchange."""
    return root.tradingClass + delivery(yyyymm(month))


def month_fits(made: Future, text: str) -> bool:
    """A month is the contract's; a day is its last one, or any that begins like its month."""
    if not text:
        return True
    return text == str(made.month) if len(text) == 6 else day_fits(made.expires, text)


@cache
def underlying_id(root: Root) -> int:
    """The number of what a future is on."""
    known = UNDERLYINGS.get(root.symbol)
    return known or numbers.hashed("IND", root.symbol, root.currency, root.exchange)


def underlying(root: Root) -> Index:
    """What a future is on, as an index that is quoted nowhere else."""
    return Index(
        conId=underlying_id(root), symbol=root.symbol, secType="IND", currency=root.currency,
        primaryExchange="", localSymbol=root.symbol, tradingClass=root.symbol,
        exchanges=(root.exchange,), longName=root.name, scale=root.scale, tick=root.tick,
        marketName=root.symbol, market_rule=root.market_rule, reference=root.reference,
        hours=root.hours, sizes=LOTS,
    )  # fmt: skip


def public_future(con_id: int) -> Future | None:
    for (name, month), number in public_ids().items():
        if number == con_id:
            return future_of(roots()[name], month)
    return None


def numbered_future(con_id: int) -> Instrument | None:
    slot, place = divmod(con_id - numbers.FUTURES_FROM, 4096)
    by_slot = tuple(roots().values())
    if slot < len(by_slot):
        month = numbers.FUTURES_EPOCH + place
        if month % 12 + 1 not in by_slot[slot].months:
            return None
        made = future_of(by_slot[slot], month)
        return made if made.conId == con_id else None
    return underlying_of(con_id)


def underlying_of(con_id: int) -> Index | None:
    for root in roots().values():
        if underlying_id(root) == con_id:
            return underlying(root)
    return None


# ---------------------------------------------------------------- options on futures
