"""Questions with one answer: the time, contracts, and what the market has been.

``Tws`` has them as its own calls.
"""

from collections import deque
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import islice

from ..errors import RequestRefused
from ..model import Bar, Contract, ContractDescription, ContractDetails, HistogramEntry
from ..versions import HISTORY_END_MESSAGE
from ..wire.catalogue import history, session, ticks
from . import lookups
from .conversations import Call, History, PastTicks
from .facade import DEADLINE_S, SessionFacade
from .given import described
from .lookups import OptionChain
from .moments import moment
from .requests.asks import Ask
from .subscriptions import SingleTick


class Inquiries(SessionFacade):
    """What a session asks once and is answered once."""

    async def current_time(self, *, timeout: float = DEADLINE_S) -> int:
        """The server's time in seconds since the epoch."""
        make = lambda _: (Call("reqCurrentTime"), session.ReqCurrentTime())  # noqa: E731
        ask = self._now().ask("reqCurrentTime", make, timeout, by_id=False)
        return int((await self._answer(ask)).result.currentTime)

    # -- contracts and history ----------------------------------------------------------------

    async def contract_details(
        self, wanted: Contract, *, timeout: float = DEADLINE_S
    ) -> list[ContractDetails]:
        """Return every contract that matches. Raises ``ContractNotFound`` when none does, with
        notes that say what was asked for and what to do."""
        ask = self._now().ask("reqContractDetails", lookups.details(wanted), timeout)
        try:
            return lookups.details_of(await self._answer(ask))
        except RequestRefused as refusal:
            lookups.advise(refusal, wanted)
            raise

    async def qualify(self, wanted: Contract, *, timeout: float = DEADLINE_S) -> Contract:
        """Return the contract that a description means, complete: conId, local symbol, class, an
        exchange (yours, else SMART where it is traded there). Yours is not modified.

        Raises ``ContractNotFound`` when there is none, and ``AmbiguousContract``, whose
        ``candidates`` are the contracts, when there are several.
        """
        (found,) = await self.qualify_all([wanted], timeout=timeout)
        if isinstance(found, RequestRefused):
            raise found
        return found

    async def qualify_all(
        self, wanted: Iterable[Contract], *, timeout: float = DEADLINE_S
    ) -> list[Contract | RequestRefused]:
        """Qualify many contracts at once: for each, in order, the contract or the
        ``ContractNotFound``, ``AmbiguousContract`` or other refusal that says why there is none.

        ``timeout`` is the deadline of each answer. Raises when the connection ends or an answer
        does not come.
        """
        found: list[Contract | RequestRefused] = []
        open_: deque[tuple[Contract, Ask]] = deque()
        left = iter(wanted)
        try:
            while True:
                for one in islice(left, lookups.IN_FLIGHT - len(open_)):
                    maker = lookups.details(one)
                    open_.append((one, self._now().ask("reqContractDetails", maker, timeout)))
                if not open_:
                    return found
                one, ask = open_.popleft()
                try:
                    rows = lookups.details_of(await self._answer(ask))
                    found.append(lookups.meant(one, rows))
                except RequestRefused as refusal:
                    found.append(lookups.advise(refusal, one))
        finally:
            for _, ask in open_:
                ask.finish()

    async def matching_symbols(
        self, pattern: str, *, timeout: float = DEADLINE_S
    ) -> list[ContractDescription]:
        """Return up to 16 contracts whose symbol begins with a text or whose name contains it,
        each with the kinds of derivatives on it; an empty list when there is none."""
        ask = self._now().ask("reqMatchingSymbols", lookups.matching_symbols(pattern), timeout)
        found: list[ContractDescription] = (await self._answer(ask)).result.contractDescriptions
        return found

    async def option_chain(
        self, underlying: Contract, *, exchange: str = "", timeout: float = DEADLINE_S
    ) -> list[OptionChain]:
        """Return the option classes on a contract, a row for each class and exchange; an empty list
        when it has no options.

        ``exchange`` narrows the options on a future: TWS takes one for no other kind. An
        ``underlying`` without conId is qualified first, which raises as ``qualify`` does.
        """
        if not described(underlying).conId or not underlying.secType:
            underlying = await self.qualify(underlying, timeout=timeout)
        ask = self._now().ask(
            "reqSecDefOptParams", lookups.option_chain(underlying, exchange), timeout
        )
        return lookups.chains_of(await self._answer(ask))

    async def historical_bars(
        self,
        wanted: Contract,
        *,
        duration: str = "1 D",
        bar_size: str = "1 min",
        what: str = "TRADES",
        end: str | datetime = "",
        regular_hours: bool = True,
        format_date: int = 1,
        timeout: float = 60.0,
    ) -> list[Bar]:
        """Return the bars of the span that ends at ``end`` (default: now), oldest first.


        ``end`` is a timezone-aware ``datetime`` or pandas ``Timestamp``, or text in the format of
        TWS. Raises ``LocalProtocolError`` for a time without a zone.
        """
        until = moment(end, "end", "ReqHistoricalData")
        split = self.report.serverVersion >= HISTORY_END_MESSAGE

        def make(number: int) -> tuple[History, history.ReqHistoricalData]:
            request = history.ReqHistoricalData(
                number, wanted, until, bar_size, duration, int(regular_hours), what, format_date
            )
            return History(number, split=split), request

        ask = self._now().ask("reqHistoricalData", make, timeout)
        bars: list[Bar] = (await self._answer(ask)).bars
        return bars

    async def historical_ticks(
        self,
        wanted: Contract,
        *,
        start: str | datetime = "",
        end: str | datetime = "",
        count: int = 1000,
        what: str = "TRADES",
        regular_hours: bool = True,
        ignore_size: bool = False,
        timeout: float = 60.0,
    ) -> list[SingleTick]:
        """Return ticks of the past, oldest first: the first from ``start`` on, or the last before
        ``end``; give one of them. ``what`` is TRADES, BID_ASK or MIDPOINT.

        TWS gives up to 1000 of one trading day and the rest of their last second: go on at the
        second after the last one's. Times as in ``historical_bars``. Example::

            ticks = await tws.historical_ticks(pt.Stock("SPY"), count=10, end=datetime.now(UTC))
            assert len(ticks) >= 10 and ticks[-1].price > 0
        """
        since = moment(start, "start", "ReqHistoricalTicks")
        until = moment(end, "end", "ReqHistoricalTicks")

        def make(number: int) -> tuple[PastTicks, ticks.ReqHistoricalTicks]:
            request = ticks.ReqHistoricalTicks(
                number, wanted, since, until, count, what, int(regular_hours), ignore_size
            )
            return PastTicks(number), request

        ask = self._now().ask("reqHistoricalTicks", make, timeout)
        found: list[SingleTick] = (await self._answer(ask)).ticks
        return found

    async def head_timestamp(
        self,
        wanted: Contract,
        *,
        what: str = "TRADES",
        regular_hours: bool = True,
        timeout: float = DEADLINE_S,
    ) -> datetime:
        """Return since when there are data of a kind, in UTC. Example::

        assert (await tws.head_timestamp(pt.Stock("AAPL"))).year < 2020
        """

        def make(number: int) -> tuple[Call, ticks.ReqHeadTimeStamp]:
            request = ticks.ReqHeadTimeStamp(number, wanted, int(regular_hours), what, 2)
            return Call("reqHeadTimeStamp", number), request

        found = (await self._answer(self._now().ask("reqHeadTimeStamp", make, timeout))).result
        return datetime.fromtimestamp(int(found.headTimestamp), UTC)

    async def histogram(
        self,
        wanted: Contract,
        period: str = "1 day",
        *,
        regular_hours: bool = True,
        timeout: float = 60.0,
    ) -> list[HistogramEntry]:
        """Return how much was traded at each price in the period (``3 days``, ``1 week``).
        Example::

            rows = await tws.histogram(pt.Stock("SPY"), "3 days")
            assert sum(row.size for row in rows) > 0
        """

        def make(number: int) -> tuple[Call, ticks.ReqHistogramData]:
            request = ticks.ReqHistogramData(number, wanted, regular_hours, period)
            return Call("reqHistogramData", number), request

        found = (await self._answer(self._now().ask("reqHistogramData", make, timeout))).result
        rows: list[HistogramEntry] = found.histogramDataEntries
        return rows

    async def schedule(
        self,
        wanted: Contract,
        *,
        duration: str = "1 M",
        end: str | datetime = "",
        regular_hours: bool = True,
        timeout: float = 60.0,
    ) -> history.HistoricalSchedule:
        """Return the trading sessions of the span that ends at ``end``, in ``timeZone``. Example::

        schedule = await tws.schedule(pt.Stock("AAPL"), duration="5 D")
        assert schedule.timeZone == "US/Eastern" and schedule.historicalSessions
        """
        until = moment(end, "end", "ReqHistoricalData")

        def make(number: int) -> tuple[Call, history.ReqHistoricalData]:
            request = history.ReqHistoricalData(
                number, wanted, until, "1 day", duration, int(regular_hours), "SCHEDULE"
            )
            return Call("reqHistoricalData", number), request

        ask = self._now().ask("reqHistoricalData", make, timeout)
        found: history.HistoricalSchedule = (await self._answer(ask)).result
        return found
