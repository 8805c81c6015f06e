"""A market whose tape the test writes, with what quote lines and history ask of it."""

from papertape.venue.market.source import DayStats, PriceBar, Trade
from papertape.venue.units import DAY, Nanos
from venue.scenario import ScriptedMarket

CLOSE = 2_550_000
"""Yesterday's last price, in units of a stock: 255.00."""


class WrittenMarket(ScriptedMarket):
    """The day's figures come from the trades of the tape; bars are what the test puts there."""

    def __init__(self) -> None:
        super().__init__()
        self.history: list[PriceBar] = []
        self.asked_bars: list[tuple[Nanos, Nanos, Nanos, str]] = []
        """Start, end, step and kind of every query."""

    def day(self, con_id: int, now: Nanos) -> DayStats:
        trades = [t for t in self.tape[con_id] if isinstance(t, Trade) and t.time <= now]
        prices = [trade.price for trade in trades] or [0]
        last = trades[-1] if trades else Trade(con_id, 0, 0, 0)
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

    def bars(
        self, con_id: int, *, start: Nanos, end: Nanos, step: Nanos, what: str
    ) -> list[PriceBar]:
        self.asked_bars.append((start, end, step, what))
        return [bar for bar in self.history if start <= bar.start < end]

    def trading_start(self, con_id: int, now: Nanos, days: int) -> Nanos:
        return now - days * DAY
