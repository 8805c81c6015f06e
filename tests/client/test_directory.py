"""Events of companies, reports, bulletins and what else is looked up: at a station in memory."""

import asyncio
import json
from datetime import date
from typing import Any

import pytest

from client.memory import Memory, run
from client.test_research import at as at_station
from papertape.client.aio import connect
from papertape.client.api import Tws
from papertape.client.contracts import Stock
from papertape.client.directory import Bulletin, BulletinKind
from papertape.client.settings import Backoff, ClientSettings
from papertape.client.streams import Gap, Stale
from papertape.errors import (
    DeadlineExceeded,
    FeatureNotSupported,
    RemoteProtocolError,
    RequestRefused,
)
from papertape.model import PriceIncrement
from papertape.versions import MAX_SERVER
from papertape.wire.catalogue import legacy, news, reference, wsh
from papertape.wire.catalogue.session import ErrorMessage
from papertape.wire.message import Message
from walks import walk

AAPL = 265598
AGAIN = ClientSettings(reconnect=Backoff(first_s=1.0, jitter=0.0))


def at(main: Any, version: int = MAX_SERVER) -> Any:
    asked = (wsh.ReqWshMetaData, wsh.ReqWshEventData, legacy.ReqFundamentalData)
    return at_station(main, version=version, more=asked)


@pytest.mark.parametrize("version", [173, MAX_SERVER])
def test_events_come_typed_and_their_description_is_asked_for(version: int) -> None:
    async def read(tws: Tws) -> Any:
        rows = await tws.corporate_events(AAPL, start=date(2026, 4, 1), end=date(2026, 7, 1))
        earnings = {"watchlist": [str(AAPL)], "wshe_ed": "true"}
        return (
            rows,
            await tws.corporate_events(filters=earnings, limit=2),
            (await tws.corporate_event_types()),
        )

    rows, earnings, catalogue = at(read, version)
    assert rows and all(date(2026, 4, 1) <= row.day <= date(2026, 7, 1) for row in rows)
    assert {row.event_type for row in earnings} == {"wshe_ed"} and len(earnings) == 2
    assert earnings[0].con_ids == (AAPL,) and earnings[0].data["quarter"].startswith("Q")
    (kind,) = [one for one in catalogue.event_types if one.tag == "wshe_ed"]
    assert "earnings_date" in [column.tag for column in kind.columns]
    assert "watchlist" in [one.tag for one in catalogue.filters]


def test_a_request_that_contradicts_itself_is_refused() -> None:
    with pytest.raises(RequestRefused) as refusal:
        at(lambda tws: tws.corporate_events())
    assert refusal.value.code == 10309


@walk("text", ["", "[", "[1]", "[" * 100_000, '{"events": 1}', "null"])
def test_events_that_are_none_are_told_as_such(text: str) -> None:
    tws = Memory()
    tws.answers[wsh.ReqWshEventData] = lambda m: [wsh.WshEventData(m.reqId, text)]

    async def main() -> None:
        async with connect() as session:
            with pytest.raises(RemoteProtocolError):
                await session.corporate_events(AAPL)

    run(tws, main)


def test_older_forms_of_the_answers_are_read() -> None:
    tws = Memory()
    event = {"event_type": "wsh_ed", "index_date": "20260230", "conids": ["x", 5], "more": [1]}
    told = json.dumps({"events": [event]})
    types = json.dumps({"event_types": [{"tag": "wsh_ed", "name": "Earnings"}]})
    tws.answers[wsh.ReqWshEventData] = lambda m: [wsh.WshEventData(m.reqId, told)]
    tws.answers[wsh.ReqWshMetaData] = lambda m: [wsh.WshMetaData(m.reqId, types)]

    async def main() -> None:
        async with connect() as session:
            (row,) = await session.corporate_events(AAPL)
            assert (row.day, row.con_ids) == (None, (5,))
            assert [one.tag for one in (await session.corporate_event_types()).event_types] == [
                "wsh_ed"
            ]

    run(tws, main)


def test_a_report_or_the_reason_that_there_is_none() -> None:
    report = at(lambda tws: tws.fundamental_report(Stock("AAPL")), 200)
    assert report.report_type == "ReportSnapshot" and "AAPL" in report.xml
    with pytest.raises(RequestRefused) as refusal:
        at(lambda tws: tws.fundamental_report(Stock("AAPL"), "ReportRatios"), 200)
    assert refusal.value.code == 430


def test_bulletins_come_once_across_a_reconnect() -> None:
    tws = Memory()
    told: list[Message] = [
        news.NewsBulletin(1, 1, "hello", "NYSE"), news.NewsBulletin(2, 9, "odd", ""),
    ]  # fmt: skip
    tws.answers[news.ReqNewsBulletins] = lambda _: list(told)

    async def main() -> None:
        async with connect(settings=AGAIN) as session, session.bulletins() as line:
            assert await line.next() == Bulletin(1, BulletinKind.GENERAL, "hello", "NYSE")
            assert (await line.next()).kind is BulletinKind.OTHER
            told.append(news.NewsBulletin(3, 2, "closed", "ARCA"))
            tws.restart()
            seen: list[Any] = []
            async for event in line.events():
                seen.append(event)
                if isinstance(event, Bulletin):
                    break
            assert [type(one) for one in seen] == [Stale, Gap, Bulletin]
            assert seen[-1] == Bulletin(3, BulletinKind.EXCHANGE_CLOSED, "closed", "ARCA")

    run(tws, main)
    assert all(one.allMessages for one in tws.all(news.ReqNewsBulletins))
    assert len(tws.all(news.CancelNewsBulletins)) == 1


def test_rules_are_told_apart_by_their_number() -> None:
    tws = Memory()
    tws.answers[reference.ReqMarketRule] = lambda m: [
        reference.MarketRule(99, []),
        reference.MarketRule(m.marketRuleId, [PriceIncrement(0.0, 0.01)]),
    ]

    async def main() -> None:
        async with connect() as session:
            assert await session.market_rule(26) == [PriceIncrement(0.0, 0.01)]

    run(tws, main)


def test_a_rule_that_there_is_not_is_refused_without_waiting_for_the_deadline() -> None:
    tws = Memory()
    told = "Error processing request.-'bN' : cause - none"
    tws.answers[reference.ReqMarketRule] = lambda m: (
        [ErrorMessage(-1, errorCode=322, errorMsg=told)] if m.marketRuleId == 98 else []
    )

    async def main() -> None:
        async with connect() as session:
            with pytest.raises(RequestRefused, match="322"):
                await session.market_rule(98, timeout=3600)
            # Two wait: which one is refused is not known, so both wait on.
            one = asyncio.ensure_future(session.market_rule(5, timeout=0.2))
            with pytest.raises(DeadlineExceeded) as caught:
                await session.market_rule(98, timeout=0.1)
            assert "322" in caught.value.__notes__[0]
            with pytest.raises(DeadlineExceeded):
                await one

    run(tws, main)


def test_all_that_wait_for_the_rule_that_is_refused_end() -> None:
    tws = Memory()
    tws.answers[reference.ReqMarketRule] = lambda m: []

    async def main() -> None:
        async with connect() as session:
            both = [asyncio.ensure_future(session.market_rule(98, timeout=3600)) for _ in range(2)]
            await asyncio.sleep(0)
            tws.send(ErrorMessage(-1, errorCode=322, errorMsg="Error processing request.-'bN'"))
            for one in both:
                with pytest.raises(RequestRefused, match="322"):
                    await one

    run(tws, main)


def test_a_server_that_is_too_old_is_asked_nothing() -> None:
    tws = Memory(version=150)

    async def main() -> None:
        async with connect() as session:
            with pytest.raises(FeatureNotSupported):
                await session.corporate_events(AAPL)
            with pytest.raises(FeatureNotSupported):
                await session.user_info()

    run(tws, main)
    assert tws.all(wsh.ReqWshEventData) == []
