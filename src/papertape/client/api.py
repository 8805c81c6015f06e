"""The client API: every call has a deadline and a typed outcome; notices are data.

``Tws`` has the calls. Its driver (``aio.py``) supplies the way to wait, so this module depends on
no event loop.
"""

import logging
from datetime import UTC, datetime

from ..errors import PapertapeError
from ..model import Contract
from ..wire.catalogue import history, market, ticks
from .administration import Administration
from .directory import Directory
from .facade import DEADLINE_S
from .portfolio import Portfolio
from .quotes import QuoteStream
from .requests import questions
from .subscriptions import DepthBook, HistoricalBars, Quotes, RealTimeBars, TickByTick

logger = logging.getLogger(__name__)

LEAST_S = 30
"""The shortest span of a history."""
MOST_FILLED_S = 3600
"""The longest span of bars of five seconds that every TWS gives."""


class Tws(Portfolio, Administration, Directory):
    """A session with a TWS, an IB Gateway or a Papertape station."""

    def quotes(self, wanted: Contract, generic: str = "") -> Quotes:
        """Subscribe to level 1 quotes: ``async with tws.quotes(Stock("SPY")) as line: …``.

        The line of an option has ``greeks``, the model's, and ``computations`` by the bid, the ask
        and the last price. Example::

            spy = await tws.qualify(pt.Stock("SPY"))
            (chain, *_) = await tws.option_chain(spy, timeout=30)
            strike = chain.strikes[len(chain.strikes) // 2]
            option = pt.Contract(
                symbol="SPY", secType="OPT", exchange="SMART", currency="USD", strike=strike,
                lastTradeDateOrContractMonth=chain.expirations[-1], right="C",
                tradingClass=chain.tradingClass,
            )
            async with tws.quotes(option) as line:
                async for quote in line:
                    if quote.greeks is not None:
                        break
            assert 0 < quote.greeks.delta < 1 and quote.greeks.impliedVol > 0
        """
        stream = questions.quotes(self._core, wanted, generic)
        return Quotes(self._core, self._wait, self._clock, stream, wanted)

    def tick_by_tick(
        self, wanted: Contract, kind: str = "Last", *, past: int = 0, ignore_size: bool = False
    ) -> TickByTick:
        """Subscribe to every tick: ``Last``, ``AllLast``, ``BidAsk`` or ``MidPoint``; ``past``
        ticks of the past come first. ``ignore_size``: leave out quotes of which only a size is new.

        After an interruption the line goes on with live ticks. Example::

            async with tws.tick_by_tick(pt.Stock("SPY"), "AllLast", past=3) as line:
                ticks = [await line.next() for _ in range(3)]
            assert [tick.time for tick in ticks] == sorted(tick.time for tick in ticks)
        """
        stream = questions.tick_by_tick(self._core, wanted, kind, past, ignore_size=ignore_size)
        return TickByTick(self._core, self._wait, self._clock, stream)

    def depth(self, wanted: Contract, rows: int = 10, *, smart: bool = False) -> DepthBook:
        """Subscribe to the book of the contract's exchange; ``smart``: of all that SMART has.

        ``resets`` counts how often the server (317) or an interruption has emptied it. Example::

            async with tws.depth(pt.Stock("SPY"), 5, smart=True) as book:
                while not (book.bids and book.asks):
                    await book.next()
                assert book.bids[0].price <= book.asks[0].price and book.resets == 0
        """
        stream = questions.book(self._core, wanted, rows, smart=smart)
        return DepthBook(self._core, self._wait, self._clock, stream, wanted)

    def real_time_bars(
        self, wanted: Contract, *, what: str = "TRADES", regular_hours: bool = False
    ) -> RealTimeBars:
        """A line of bars of five seconds; what an interruption of up to an hour has cost is
        filled."""
        stream = questions.real_time_bars(self._core, wanted, what, regular_hours=regular_hours)

        async def fill(since: int, until: int) -> list[ticks.RealTimeBarTick]:
            seconds = max(LEAST_S, min(until - since, MOST_FILLED_S))
            try:
                bars = await self.historical_bars(
                    wanted, duration=f"{seconds} S", bar_size="5 secs", what=what,
                    end=datetime.fromtimestamp(until, UTC), regular_hours=regular_hours,
                    format_date=2, timeout=DEADLINE_S,
                )  # fmt: skip
            except PapertapeError as error:
                logger.warning("bars of five seconds that were missed are missing: %s", error)
                return []
            made = [questions.five_seconds(stream.request_id, bar) for bar in bars]
            return [bar for bar in made if since <= bar.time < until]

        return RealTimeBars(self._core, self._wait, self._clock, stream, fill)

    def bars(
        self,
        wanted: Contract,
        *,
        duration: str = "1 D",
        bar_size: str = "1 min",
        what: str = "TRADES",
        regular_hours: bool = True,
        format_date: int = 1,
    ) -> HistoricalBars:
        """Subscribe to historical bars and their updates; an interruption is filled afterwards."""
        request = history.ReqHistoricalData(
            0, wanted, "", bar_size, duration, int(regular_hours), what, format_date, True
        )
        return HistoricalBars(
            self._core, self._wait, self._clock, questions.bars(self._core, request)
        )

    async def snapshot(self, wanted: Contract, *, timeout: float = 15.0) -> QuoteStream:
        """Request a snapshot of the quote and return it."""

        def make(number: int) -> tuple[QuoteStream, market.ReqMktData]:
            return QuoteStream(number), market.ReqMktData(number, wanted, "", True)

        quote: QuoteStream = await self._answer(self._now().ask("reqMktData", make, timeout))
        return quote
