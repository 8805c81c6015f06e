"""Scanners and news in the asyncio client: at a station in memory."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import pytest

from client.memory import Memory, run
from papertape.client.aio import connect
from papertape.client.api import Tws
from papertape.client.contracts import Stock
from papertape.errors import LocalProtocolError, RequestRefused
from papertape.versions import MAX_SERVER
from papertape.wire.catalogue import market, news, scanner
from papertape.wire.message import Message
from server.handlers.test_scanners import hall
from server.pair import Hall
from walks import walk

ASKED: tuple[type[Message], ...] = (
    scanner.ReqScannerParameters, scanner.ReqScannerSubscription, scanner.CancelScannerSubscription,
    news.ReqNewsProviders, news.ReqHistoricalNews, news.ReqNewsArticle, market.ReqMktData,
    market.CancelMktData,
)  # fmt: skip
"""Requests that a station answers."""


def at(
    main: Callable[[Tws], Awaitable[Any]],
    station: Hall | None = None,
    version: int = MAX_SERVER,
    more: Iterable[type[Message]] = (),
) -> Any:
    """What a program gets at a station in memory."""
    tws, behind = Memory(version), (station or hall()).client(1, version)

    def answer(message: Message) -> list[Message]:
        behind.send(message)
        if isinstance(message, market.ReqMktData):
            behind.hall.wait(48 * 3600)
        return behind.got()

    tws.answers |= dict.fromkeys((*ASKED, *more), answer)
    found: list[Any] = []

    async def connected() -> None:
        async with connect() as session:
            found.append(await main(session))

    run(tws, connected)
    return found[0]


@pytest.mark.long
@walk("version", [142, 176, MAX_SERVER], check=2)
def test_a_scan_gives_its_rows(version: int) -> None:
    rows = at(lambda tws: tws.scan("TOP_PERC_GAIN", abovePrice=1.0), version=version)
    assert [(row.rank, row.contract.symbol) for row in rows] == [(0, "MSFT"), (1, "AAPL")]


@pytest.mark.long
def test_filters_and_places_narrow_it() -> None:
    rows = at(lambda tws: tws.scan("MOST_ACTIVE", rows=2, filters={"priceBelow": 260}))
    assert [row.contract.symbol for row in rows] == ["IBM", "AAPL"]
    assert at(lambda tws: tws.scan("MOST_ACTIVE", location="STK.ARCA")) == []


def test_a_scanner_that_there_is_not_is_refused() -> None:
    with pytest.raises(RequestRefused, match="TOP_OF_THE_POPS") as refusal:
        at(lambda tws: tws.scan("TOP_OF_THE_POPS"))
    assert refusal.value.code == 162
    with pytest.raises(TypeError, match="moon"):
        at(lambda tws: tws.scan("MOST_ACTIVE", moon=1))


def test_the_parameters_come_as_text() -> None:
    told = at(lambda tws: tws.scanner_parameters())
    assert "<scanCode>TOP_PERC_GAIN</scanCode>" in told


@pytest.mark.parametrize("version", [176, MAX_SERVER])
def test_headlines_and_their_articles_are_read(version: int) -> None:
    async def read(tws: Tws) -> Any:
        codes = [one.code for one in await tws.news_providers()]
        rows = await tws.historical_news(265598, codes, count=3)
        latest = rows[0]
        end = datetime.fromisoformat(rows[1].time).replace(tzinfo=UTC)
        older = await tws.historical_news(265598, codes, start=rows[2].time, end=end)
        return rows, older, await tws.news_article(latest.providerCode, latest.articleId)

    rows, older, article = at(read, version=version)
    assert len(rows) == 3 and [row.articleId for row in older] == [rows[1].articleId]
    assert article.articleType == 0 and rows[0].headline.rpartition("}")[2] in article.articleText


def test_an_unknown_article_is_refused() -> None:
    with pytest.raises(RequestRefused) as refusal:
        at(lambda tws: tws.news_article("BRFG", "BRFG$1"))
    assert refusal.value.code == 10172
    with pytest.raises(LocalProtocolError, match="start"):
        at(lambda tws: tws.historical_news(265598, ["BRFG"], start=datetime(2026, 4, 13)))


def test_headlines_come_one_by_one() -> None:
    async def follow(tws: Tws) -> Any:
        async with tws.news(Stock("AAPL"), ["BRFG", "DJNL"]) as line:
            return [await line.next(), await line.next()]

    one, two = at(follow)
    assert one.timestamp < two.timestamp and {one.providerCode, two.providerCode} <= {
        "BRFG", "DJNL",
    }  # fmt: skip
