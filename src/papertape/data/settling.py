"""The days of an instrument as the files of a market folder: one day with ticks, minutes before it,
daily bars before those.

Chooses the day that is played, brings what is known better than it can be kept to the next coarser
kind, and counts what has no place.
"""

from array import array
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from ..errors import MarketDataError
from ..store.columns import Columns
from ..store.manifest import FolderEntry
from ..venue.market.actions import Action
from ..venue.market.interpolate import LOT
from ..venue.units import SIZE_SCALE
from .gathered import (
    QUOTES_ONLY,
    BarRow,
    GatheredDays,
    QuoteRows,
    TradeRows,
    minutes_of_quotes,
    minutes_of_trades,
    sorted_by_time,
)

BAR_NAMES: Final = ("open", "high", "low", "close", "volume")
QUOTE_NAMES: Final = ("bid", "bidSize", "ask", "askSize")
_CURRENCY_SIZE: Final = 1_000_000 * SIZE_SCALE
_CURRENCY_QUOTES: Final = 24
_UNITS: Final = (("time_ms", 1_000_000), ("time_us", 1_000), ("time_ns", 1))

LATER: Final = "later than the day that is played"
SAME_TIME: Final = "quotes that another of the same time replaced"
BARS_TELL_TRADES: Final = "quotes of days whose trades only minute bars tell"
BESIDE_TICKS: Final = "minute bars of the day that is played quote by quote"
KNOWN_BETTER: Final = "daily bars of days that other rows tell minute by minute"


class Settled(msgspec.Struct, frozen=True):
    """An instrument as it stands in a market folder: its entry without files, and their columns."""

    entry: FolderEntry
    tables: dict[str, Columns]
    """Kind -> columns, of all kinds but actions."""
    actions: tuple[Action, ...]


def settled(
    days: GatheredDays,
    *,
    date: int | None = None,
    before: FolderEntry | None = None,
    about: dict[str, str] | None = None,
) -> Settled:
    """The files of an instrument. ``date`` is the day that is to be played, ``before`` the entry
    that there is, ``about`` the contract where no catalogue has it.

    Raises ``MarketDataError`` when nothing is known of that day.
    """
    if days.measures.instrument.secType not in QUOTES_ONLY:
        days.drop_quotes_beside_bars(BARS_TELL_TRADES)
    played = _played(days, date, before)
    quotes, trades = days.quotes.get(played), days.trades.get(played)
    minutes = _minutes(days, played)
    for when in [when for when in minutes if when > played]:
        _drop(days, LATER, len(minutes.pop(when)))
    tables: dict[str, Columns] = {}
    size = SIZE_SCALE if _sizes_are_whole(days) else 1
    if quotes is not None:
        tables["quotes"] = _quote_columns(days, quotes, size)
        if trades is not None:
            tables["trades"] = _trade_columns(days, trades, size)
    if minutes:
        tables["bars"] = _bar_columns(minutes, size)
    alone = quotes is None and not minutes
    first = min((*minutes, played + alone))
    daily = {when: row for when, row in days.daily.items() if when < first}
    later = sum(when > played for when in days.daily)
    _drop(days, LATER, later)
    _drop(days, KNOWN_BETTER, len(days.daily) - len(daily) - later)
    if daily:
        tables["daily"] = _daily_columns(daily, size)
    entry = _entry(days, played, tables, before, about or {}, size)
    entry = msgspec.structs.replace(entry, sizeScale=SIZE_SCALE // size)
    return Settled(entry, tables, days.actions)


def _played(days: GatheredDays, date: int | None, before: FolderEntry | None) -> int:
    """The day that is played: the one that is wanted, else the last one with quotes, else the last
    one with trades or minute bars, else the last daily bar."""
    known: list[int] = sorted(days.quotes) or sorted({*days.minutes, *days.trades})
    known = known or sorted(days.daily)
    if date is None and known:
        return known[-1]
    if date in {*days.quotes, *days.trades, *days.minutes}:
        assert date is not None
        return date
    symbol = days.measures.instrument.symbol
    if date is None:
        why = ", ".join(f"{count:,} {words}" for words, count in days.left_out.items())
        problem = "nothing that could be played" + (f"; left out were {why}" if why else "")
        advice = "Import quotes, trades or bars of trading days; see --zone for the hours"
        raise MarketDataError(problem, symbol=symbol, advice=advice)
    some = ", ".join(map(str, sorted({*days.quotes, *days.trades, *days.minutes})[-5:]))
    raise MarketDataError(
        f"nothing is known of {date} by ticks or minutes",
        symbol=symbol,
        advice=f"The last days that are known so are {some or 'none'}",
    )


def _minutes(days: GatheredDays, played: int) -> dict[int, dict[int, BarRow]]:
    """The minute bars of all days, those of ticks that are not played as ticks among them."""
    found = {when: dict(rows) for when, rows in days.minutes.items()}
    for when, trades in days.trades.items():
        if when == played and played in days.quotes:
            continue
        if when in found:
            _drop(days, f"trades of {when}, which minute bars tell", len(trades.time))
            continue
        found[when] = minutes_of_trades(trades)
        days.notes[f"trades of {when} are kept as minute bars"] = None
    if played in days.quotes and played in found:
        _drop(days, BESIDE_TICKS, len(found.pop(played)))
    quotes_only = days.measures.instrument.secType in QUOTES_ONLY
    for when, quotes in days.quotes.items():
        if when != played and when not in found:
            if quotes_only:
                found[when] = minutes_of_quotes(quotes)
                days.notes[f"quotes of {when} are kept as minute bars of the bid"] = None
            else:
                why = f"quotes of {when}, which is not the day that is played"
                _drop(days, why, len(quotes.time))
    if days.measures.instrument.secType == "IND":
        _show_values(days, found)
    return found


def _show_values(days: GatheredDays, minutes: dict[int, dict[int, BarRow]]) -> None:
    """Give the minutes of an index without a volume one of 1: what has none shows no price."""
    for rows in minutes.values():
        for minute, bar in rows.items():
            if not bar[4]:
                rows[minute] = (*bar[:4], SIZE_SCALE)
                days.notes["an index without a volume has 1 in each minute"] = None


def _drop(days: GatheredDays, why: str, count: int) -> None:
    if count:
        days.left_out[why] += count


def _sizes_are_whole(days: GatheredDays) -> bool:
    """Whether no size has a part of a share."""
    ticks: Iterable[Iterable[int]] = [
        *(column for rows in days.quotes.values() for column in (rows.bid_size, rows.ask_size)),
        *(rows.size for rows in days.trades.values()),
        *((row[4] for row in rows.values()) for rows in days.minutes.values()),
        (row[4] for row in days.daily.values()),
    ]
    return not any(size % SIZE_SCALE for column in ticks for size in column)


def _quote_columns(days: GatheredDays, rows: QuoteRows, size: int) -> Columns:
    """The last quote of each instant; the first counts from the day's first instant on."""
    found = tuple(array("q") for _ in rows.columns())
    times = found[0]
    for row in sorted_by_time(rows.columns()):
        if times and times[-1] == row[0]:
            # Before the session each quote replaces the one before; that is no loss to tell of.
            _drop(days, SAME_TIME, bool(row[0]))
            for column, value in zip(found, row):
                column[-1] = value
        else:
            for column, value in zip(found, row):
                column.append(value)
    times[0] = 0
    unit, parts = _unit(times)
    columns = {unit: _divided(times, parts)}
    for name, column in zip(QUOTE_NAMES, found[1:]):
        columns[name] = _divided(column, size if name.endswith("Size") else 1)
    return columns


def _trade_columns(days: GatheredDays, rows: TradeRows, size: int) -> Columns:
    found = tuple(array("q") for _ in rows.columns())
    for row in sorted_by_time(rows.columns()):
        for column, value in zip(found, row):
            column.append(value)
    times, prices, sizes, exchanges = found
    known = list(days.exchanges)
    used = sorted({known[place] for place in exchanges})
    places = [used.index(name) if name in used else 0 for name in known]
    unit, parts = _unit(times)
    return {
        unit: _divided(times, parts),
        "price": prices,
        "size": _divided(sizes, size),
        "exchange": _column(places[place] for place in exchanges),
        "exchanges": used,
    }


def _divided(column: "array[int]", divisor: int) -> "array[int]":
    return column if divisor == 1 else _column(value // divisor for value in column)


def _unit(times: Sequence[int]) -> tuple[str, int]:
    """The coarsest column of times that tells all of them."""
    for name, parts in _UNITS:
        if not any(time % parts for time in times):
            return name, parts
    raise AssertionError("times are whole nanoseconds")


def _bar_columns(minutes: dict[int, dict[int, BarRow]], size: int) -> Columns:
    rows = [
        (when, minute, *bar[:4], bar[4] // size)
        for when in sorted(minutes)
        for minute, bar in sorted(minutes[when].items())
    ]
    return dict(zip(("date", "minute", *BAR_NAMES), map(_column, zip(*rows))))


def _daily_columns(daily: dict[int, BarRow], size: int) -> Columns:
    rows = [(when, *bar[:4], bar[4] // size) for when, bar in sorted(daily.items())]
    return dict(zip(("date", *BAR_NAMES), map(_column, zip(*rows))))


def _column(values: Iterable[int]) -> "array[int]":
    return array("q", values)


def _entry(
    days: GatheredDays,
    played: int,
    tables: dict[str, Columns],
    before: FolderEntry | None,
    about: dict[str, str],
    size: int,
) -> FolderEntry:
    instrument = days.measures.instrument
    files = {kind: kind for kind in tables}
    if before is not None:
        stretch = before.stretch if before.date == played and "quotes" in files else 0
        return msgspec.structs.replace(before, date=played, files=files, stretch=stretch)
    currency = instrument.secType in QUOTES_ONLY
    spread, depth = _spread_and_depth(tables.get("quotes"), instrument.tick, size)
    return FolderEntry(
        instrument.conId,
        instrument.localSymbol if currency else instrument.symbol,
        played,
        days.measures.minutes,
        files,
        scale=instrument.scale,
        tick=instrument.tick,
        spread=3 if currency and "quotes" not in tables else spread,
        depth=2 if currency else depth,
        size=_CURRENCY_SIZE if instrument.secType == "CASH" else 0,
        quotes=_CURRENCY_QUOTES if currency else 12,
        trades=not currency,
        contract=about,
    )


def _spread_and_depth(quotes: Columns | None, tick: int, parts: int) -> tuple[int, int]:
    """The median spread in price steps, and the median displayed size in lots, of quotes."""
    if quotes is None:
        return 1, 2
    bids, asks, sizes = (array("q", map(int, quotes[name])) for name in ("bid", "ask", "bidSize"))
    spreads = sorted(ask - bid for bid, ask in zip(bids, asks))
    size = sorted(sizes)[len(sizes) // 2] * parts
    return max(spreads[len(spreads) // 2] // tick, 1), max(size // LOT, 1)
