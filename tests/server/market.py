"""A market whose tape the test writes, with what quote lines and history ask of it."""

from typing import Any

from papertape.venue.market.source import (
    DayStats,
    Glimpse,
    PriceBar,
    Print,
    Quote,
    packed,
)
from papertape.venue.units import DAY, MINUTE, SIZE_SCALE, Nanos
from venue.scenario import ScriptedMarket

CLOSE = 2_550_000
"""Yesterday's last price, in units of a stock: 255.00."""
USUAL_VOLUME = 1000 * SIZE_SCALE
"""What a stock trades on a day."""


class WrittenMarket(ScriptedMarket):
    """The day's figures come from the trades of the tape; bars are what the test puts there."""

    def __init__(self) -> None:
        super().__init__()
        self.history: list[PriceBar] = []
        self.asked_bars: list[tuple[Nanos, Nanos, Nanos, str]] = []
        """Start, end, step and kind of every query."""
        self.closes: dict[int, list[int]] = {}
        """Of the days before, newest first."""

    def queries(self, what: str) -> list[tuple[Nanos, Nanos, Nanos, str]]:
        """The queries of one kind."""
        return [query for query in self.asked_bars if query[3] == what]

    def day(self, con_id: int, now: Nanos) -> DayStats:
        trades = [t for t in self.tape[con_id] if isinstance(t, Print) and t.time <= now]
        prices = [trade.price for trade in trades] or [0]
        last = trades[-1] if trades else Print(con_id, 0, 0, 0)
        return DayStats(
            open=prices[0],
            high=max(prices),
            low=min(prices),
            close=CLOSE,
            volume=sum(trade.size for trade in trades),
            last=last.price,
            lastSize=last.size,
            lastTime=last.time,
        )

    def glimpse(self, con_id: int, now: Nanos) -> Glimpse | None:
        """Before the last whole minute and after it."""
        at = now // MINUTE * MINUTE
        prints = [t for t in self.tape[con_id] if isinstance(t, Print) and t.time < at]
        if not prints:
            return None
        before = [one for one in prints if one.time < at - MINUTE]
        both = (before, prints)
        return Glimpse(
            begins=at - MINUTE,
            until=at + MINUTE,
            points=packed(
                [some[-1].price if some else CLOSE for some in both],
                [sum(one.size for one in some) for some in both],
                [len(some) for some in both],
            ),
            open=prints[0].price,
            close=CLOSE,
            usual_volume=USUAL_VOLUME,
            usual_move=0.01,
        )

    def bars(
        self, con_id: int, *, start: Nanos, end: Nanos, step: Nanos, what: str
    ) -> list[PriceBar]:
        self.asked_bars.append((start, end, step, what))
        return [bar for bar in self.history if start <= bar.start < end]

    def past_closes(self, con_id: int, now: Nanos, days: int) -> tuple[Nanos, list[int]]:
        return now - now % DAY, self.closes.get(con_id, [])[:days]


class TapeMarket(WrittenMarket):
    """A market whose bars come from its tape too; it is open at any hour."""

    def bars(
        self, con_id: int, *, start: Nanos, end: Nanos, step: Nanos, what: str
    ) -> list[PriceBar]:
        self.asked_bars.append((start, end, step, what))
        begins = range(-(-start // step) * step, end, step)
        spans = ((begin, min(begin + step, end + 1)) for begin in begins)
        made = (self._bar(con_id, span, what) for span in spans)
        return [bar for bar in made if bar is not None]

    def bars_without(
        self, con_id: int, shut: Any, *, span: tuple[Nanos, Nanos], step: Nanos, what: str
    ) -> list[PriceBar]:
        """The same of the ticks outside of some times."""
        whole = self.tape[con_id]
        self.tape[con_id] = [t for t in whole if not any(a <= t.time < b for a, b in shut)]
        found = self.bars(con_id, start=span[0] // step * step, end=span[1], step=step, what=what)
        self.tape[con_id] = whole
        return found

    def _bar(self, con_id: int, span: tuple[Nanos, Nanos], what: str) -> PriceBar | None:
        begin, end = span
        within = [tick for tick in self.tape[con_id] if begin <= tick.time < end]
        if what == "TRADES":
            trades = [tick for tick in within if isinstance(tick, Print)]
            if not trades:
                return None
            prices = [trade.price for trade in trades]
            volume = sum(trade.size for trade in trades)
            money = sum(trade.price * trade.size for trade in trades)
            sums = (volume, (money + volume // 2) // volume, len(trades))
        else:
            standing = self.quote(con_id, begin)
            quotes = [standing] if standing.bid else []
            quotes += [tick for tick in within if isinstance(tick, Quote)]
            side = {"BID": (1, 0, 1), "ASK": (0, 1, 1)}.get(what, (1, 1, 2))
            prices = [(q.bid * side[0] + q.ask * side[1]) // side[2] for q in quotes]
            sums = (-1, -1, -1)
        if not prices:
            return None
        return PriceBar(begin, prices[0], max(prices), min(prices), prices[-1], *sums)
