"""Currency prices as the settings show them: in tenths, halves or whole pips.

The data that clients see come through this; the venue trades at the market's own prices.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import msgspec

from ...venue.market.actions import ActionsAhead, InNewShares, KnownDividend
from ...venue.market.kinds import OptionSpec
from ...venue.market.port import MarketSource
from ...venue.market.source import (
    AuctionFigures,
    DayStats,
    Depth,
    Glimpse,
    Halt,
    PriceBar,
    Print,
    Quote,
    Span,
)
from ...venue.reference.instruments import Instrument
from ...venue.units import Nanos, PriceUnits
from ..config import Config

PIPS_OF_YEN = 100
PIPS = 10_000
"""Parts of one, for pairs with the yen and for all others."""


class ShownMarket(MarketSource):
    """A market whose currency prices are as coarse as ``showForexDataIn1_10Pips`` and
    ``sendForexDataInCompatibilityMode`` say; all else is the market's own."""

    def __init__(
        self, market: MarketSource, config: Config, find: Callable[[int], Instrument | None]
    ) -> None:
        """``find`` gives the instrument of a number."""
        self._market = market
        self._find = find
        self._config = config
        self._parts = 0
        """Parts of a pip that prices have; 0: as they are."""
        for name in ("showForexDataIn1_10Pips", "sendForexDataInCompatibilityMode"):
            config.watch(name, self._choose)
        self._choose()

    def _choose(self, _value: object = None) -> None:
        chosen = self._config.settings
        fine = chosen.showForexDataIn1_10Pips
        self._parts = 1 if chosen.sendForexDataInCompatibilityMode else 0 if fine else 2

    def _unit(self, con_id: int) -> PriceUnits:
        """How fine the prices of an instrument are; 1 of what is no currency pair."""
        if not self._parts:
            return 1
        entry = self._find(con_id)
        if entry is None or entry.secType != "CASH":
            return 1
        pips = PIPS_OF_YEN if entry.currency == "JPY" else PIPS
        return max(entry.scale // (pips * self._parts), 1)

    # -- what is shown more coarsely ------------------------------------------------------------

    def quote(self, con_id: int, now: Nanos) -> Quote:
        """The bid rounded down, the ask up."""
        quote, unit = self._market.quote(con_id, now), self._unit(con_id)
        return quote if unit == 1 else _coarse(quote, unit)

    def halts(self, con_id: int) -> Sequence[Halt]:
        """When trading is halted."""
        return self._market.halts(con_id)

    def dividends(self, con_id: int) -> Sequence[KnownDividend]:
        """The dividends that are known, in money."""
        return self._market.dividends(con_id)

    def adjustments(self, con_id: int, until: Nanos) -> Sequence[InNewShares]:
        """What past bars are brought with, in ratios."""
        return self._market.adjustments(con_id, until)

    def auction(self, con_id: int, now: Nanos) -> AuctionFigures | None:
        """What is known of the next auction, which no currency has."""
        return self._market.auction(con_id, now)

    def day(self, con_id: int, now: Nanos) -> DayStats:
        """Prices rounded to the nearest."""
        day, unit = self._market.day(con_id, now), self._unit(con_id)
        return day if unit == 1 else _rounded(day, ("open", "high", "low", "close", "last"), unit)

    def ticks(self, con_id: int, after: Nanos, until: Nanos) -> Iterator[Quote | Print]:
        """Quotes and prints, each rounded as above."""
        ticks, unit = self._market.ticks(con_id, after, until), self._unit(con_id)
        return ticks if unit == 1 else (_tick(tick, unit) for tick in ticks)

    def bars(
        self, con_id: int, *, start: Nanos, end: Nanos, step: Nanos, what: str
    ) -> list[PriceBar]:
        """Prices rounded to the nearest."""
        return self._shown(
            con_id, self._market.bars(con_id, start=start, end=end, step=step, what=what)
        )

    def bars_without(
        self, con_id: int, shut: Sequence[Span], *, span: Span, step: Nanos, what: str
    ) -> list[PriceBar]:
        """Prices rounded to the nearest."""
        bars = self._market.bars_without(con_id, shut, span=span, step=step, what=what)
        return self._shown(con_id, bars)

    def regular_days(
        self, con_id: int, *, start: Nanos, end: Nanos, what: str
    ) -> list[PriceBar] | None:
        """Prices rounded to the nearest."""
        bars = self._market.regular_days(con_id, start=start, end=end, what=what)
        return None if bars is None else self._shown(con_id, bars)

    def _shown(self, con_id: int, bars: list[PriceBar]) -> list[PriceBar]:
        unit = self._unit(con_id)
        if unit == 1:
            return bars
        return [_rounded(bar, ("open", "high", "low", "close"), unit) for bar in bars]

    def worked_out(
        self, con_id: int, start: Nanos, end: Nanos, what: str, *, minutes: bool, gaps: bool = False
    ) -> Iterator[None]:
        """See ``MarketSource``."""
        return self._market.worked_out(con_id, start, end, what, minutes=minutes, gaps=gaps)

    def minuted(self, con_id: int) -> bool:
        """See ``MarketSource``."""
        return self._market.minuted(con_id)

    def depth(self, con_id: int, now: Nanos, levels: int) -> Depth:
        """Bids rounded down, asks up."""
        book, unit = self._market.depth(con_id, now, levels), self._unit(con_id)
        if unit == 1:
            return book
        replace = msgspec.structs.replace
        return replace(
            book,
            bids=tuple(replace(one, price=one.price // unit * unit) for one in book.bids),
            asks=tuple(replace(one, price=-(-one.price // unit) * unit) for one in book.asks),
        )

    # -- what is the market's own ---------------------------------------------------------------

    def con_ids(self) -> Iterable[int]:
        """The market's own, as all below."""
        return self._market.con_ids()

    def __contains__(self, con_id: int) -> bool:
        return con_id in self._market

    def next_tick(self, con_id: int, after: Nanos) -> Nanos | None:
        """The market's own."""
        return self._market.next_tick(con_id, after)

    def option(self, con_id: int) -> OptionSpec | None:
        """The market's own."""
        return self._market.option(con_id)

    def actions_ahead(self, con_id: int, after: Nanos) -> ActionsAhead | None:
        """The market's own."""
        return self._market.actions_ahead(con_id, after)

    def volatility(self, con_id: int, now: Nanos) -> float | None:
        """The market's own."""
        return self._market.volatility(con_id, now)

    def bond_yield(self, con_id: int, now: Nanos, price: PriceUnits) -> float | None:
        """The market's own."""
        return self._market.bond_yield(con_id, now, price)

    def glimpse(self, con_id: int, now: Nanos) -> Glimpse | None:
        """The market's own: currencies have none."""
        return self._market.glimpse(con_id, now)

    def past_closes(self, con_id: int, now: Nanos, days: int) -> tuple[Nanos, list[PriceUnits]]:
        """The market's own: scans look at shares alone."""
        return self._market.past_closes(con_id, now, days)

    def trading_start(self, con_id: int, now: Nanos, days: int, *, regular: bool = False) -> Nanos:
        """The market's own."""
        return self._market.trading_start(con_id, now, days, regular=regular)

    def head(self, con_id: int) -> Nanos:
        """The market's own."""
        return self._market.head(con_id)

    def sessions(self, con_id: int, start: Nanos, end: Nanos) -> list[tuple[Nanos, Nanos]]:
        """The market's own."""
        return self._market.sessions(con_id, start, end)


def _tick(tick: Quote | Print, unit: PriceUnits) -> Quote | Print:
    return _coarse(tick, unit) if isinstance(tick, Quote) else _rounded(tick, ("price",), unit)


def _coarse(quote: Quote, unit: PriceUnits) -> Quote:
    bid, ask = quote.bid // unit * unit, -(-quote.ask // unit) * unit
    return msgspec.structs.replace(quote, bid=bid, ask=ask)


def _rounded(record: Any, names: tuple[str, ...], unit: PriceUnits) -> Any:
    prices = {name: (getattr(record, name) + unit // 2) // unit * unit for name in names}
    return msgspec.structs.replace(record, **prices)
