"""What is looked up beside the market: scanners and news."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from ..model import Contract, NewsProvider, ScanData, ScannerSubscription, TagValue
from ..wire.catalogue import market, news, scanner
from .conversations import Call, Collect
from .facade import DEADLINE_S
from .inquiries import Inquiries
from .moments import moment
from .session import ClientSession
from .streams import ItemStream, StreamSource
from .subscriptions import Clock, Items, Wait

SCAN_S = 60.0
"""How long the first result of a scanner may take."""


class ScanStream(ItemStream):
    """The results of a scanner, each whole."""

    def items_of(self, message: Any) -> list[Any]:
        """The rows."""
        rows: list[ScanData] = message.scannerDataElement
        return [rows]


class ScannerResults(Items[list[ScanData]]):
    """A scanner: ``async with tws.scanner("TOP_PERC_GAIN") as results: async for rows in results``.

    Each item is a whole result, the best row first; TWS sends one every 30 seconds. An empty one
    is an empty list.
    """

    def __init__(self, core: ClientSession, wait: Wait, clock: Clock, stream: ScanStream) -> None:
        super().__init__(core, wait, clock, stream)


class NewsStream(ItemStream):
    """Headlines one by one."""

    def items_of(self, message: Any) -> list[Any]:
        """The headline; quotes that come beside it are left out."""
        return [message] if isinstance(message, news.TickNews) else []


class NewsTicks(Items[news.TickNews]):
    """Headlines about a contract as they appear."""

    def __init__(self, core: ClientSession, wait: Wait, clock: Clock, stream: NewsStream) -> None:
        super().__init__(core, wait, clock, stream)


class Research(Inquiries):
    """Requests about what is beside the market."""

    async def scanner_parameters(self, *, timeout: float = DEADLINE_S) -> str:
        """Return which scanners, locations and filters there are, as XML; 2 MB at a TWS."""
        make = lambda _: (Call("reqScannerParameters"), scanner.ReqScannerParameters())  # noqa: E731
        ask = self._now().ask("reqScannerParameters", make, timeout, by_id=False)
        return str((await self._answer(ask)).result.xml)

    def scanner(
        self,
        code: str,
        *,
        instrument: str = "STK",
        location: str = "STK.US.MAJOR",
        rows: int = 50,
        filters: Mapping[str, object] | None = None,
        **fields: object,
    ) -> ScannerResults:
        """Subscribe to a scanner. ``filters`` are codes of the scanner parameters and their values
        (``{"priceAbove": 5}``), for servers from version 143; ``fields`` are further fields of a
        ``ScannerSubscription``, such as ``abovePrice``. Raises ``TypeError`` for one that it does
        not have."""
        options = [TagValue(name, str(value)) for name, value in (filters or {}).items()]
        wanted = ScannerSubscription(
            numberOfRows=rows, instrument=instrument, locationCode=location, scanCode=code,
            scannerSubscriptionFilterOptions=options,
        )  # fmt: skip
        for name, value in fields.items():
            if name not in ScannerSubscription.__struct_fields__:
                raise TypeError(f"ScannerSubscription has no field {name!r}")
            setattr(wanted, name, value)
        request = lambda number: scanner.ReqScannerSubscription(number, wanted)  # noqa: E731
        source = StreamSource("history", request, scanner.CancelScannerSubscription)
        stream = ScanStream("reqScannerSubscription", self._core.request_id(), source)
        return ScannerResults(self._core, self._wait, self._clock, stream)

    async def scan(self, code: str, *, timeout: float = SCAN_S, **wanted: Any) -> list[ScanData]:
        """Return one result of a scanner, the best row first; arguments as of ``scanner``."""
        async with self.scanner(code, **wanted) as results:
            return await results.next(timeout=timeout)

    # -- news ---------------------------------------------------------------------------------

    async def news_providers(self, *, timeout: float = DEADLINE_S) -> list[NewsProvider]:
        """Return the sources of news that the login may read."""
        make = lambda _: (Call("reqNewsProviders"), news.ReqNewsProviders())  # noqa: E731
        ask = self._now().ask("reqNewsProviders", make, timeout, by_id=False)
        found: list[NewsProvider] = (await self._answer(ask)).result.newsProviders
        return found

    async def historical_news(
        self,
        con_id: int,
        providers: Iterable[str],
        *,
        start: str | datetime = "",
        end: str | datetime = "",
        count: int = 300,
        timeout: float = 60.0,
    ) -> list[news.HistoricalNews]:
        """Return headlines about a contract after ``start`` and up to ``end``, the latest first.

        TWS gives up to 300. Times are timezone-aware, or text in UTC as ``2026-04-13 14:00:00.0``;
        those of the headlines are such text. Raises ``LocalProtocolError`` for a time without a
        zone.
        """
        codes = "+".join(providers)
        since, until = _news_time(start, "start"), _news_time(end, "end")

        def make(number: int) -> tuple[Collect, news.ReqHistoricalNews]:
            request = news.ReqHistoricalNews(number, con_id, codes, since, until, count)
            return Collect("reqHistoricalNews", news.HistoricalNewsEnd, number), request

        ask = self._now().ask("reqHistoricalNews", make, timeout)
        found: list[news.HistoricalNews] = (await self._answer(ask)).result
        return found

    async def news_article(
        self, provider: str, article_id: str, *, timeout: float = DEADLINE_S
    ) -> news.NewsArticle:
        """Return an article: ``articleType`` 0 is text or HTML, 1 a PDF in base 64."""

        def make(number: int) -> tuple[Call, news.ReqNewsArticle]:
            return Call("reqNewsArticle", number), news.ReqNewsArticle(number, provider, article_id)

        ask = self._now().ask("reqNewsArticle", make, timeout)
        found: news.NewsArticle = (await self._answer(ask)).result
        return found

    def news(self, wanted: Contract, providers: Iterable[str] = ()) -> NewsTicks:
        """Subscribe to the headlines about a contract, of all providers or of some; it takes a
        line of market data, without its quotes."""
        named = "+".join(providers)
        generic = f"mdoff,292:{named}" if named else "mdoff,292"
        request = lambda number: market.ReqMktData(number, wanted, generic)  # noqa: E731
        source = StreamSource("market", request, market.CancelMktData)
        stream = NewsStream("reqMktData", self._core.request_id(), source)
        return NewsTicks(self._core, self._wait, self._clock, stream)


def _news_time(value: str | datetime, field: str) -> str:
    """A time as reqHistoricalNews takes it."""
    if isinstance(value, str):
        return value
    moment(value, field, "ReqHistoricalNews")
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.0")
