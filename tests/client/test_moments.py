"""Moments that a program gives; sessions and lines that are entered twice."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import papertape
from client.memory import Memory, quoting, run
from papertape import LocalProtocolError, NotConnected, Stock, errors
from papertape.client.aio import connect
from papertape.client.moments import moment
from papertape.model import Bar
from papertape.wire.catalogue import history
from papertape.wire.catalogue.market import CancelMktData, ReqMktData
from papertape.wire.catalogue.session import StartApi
from walks import walk

NEW_YORK = ZoneInfo("America/New_York")


class Stamp:
    """As pandas' Timestamp: not a datetime for whoever does not look closely."""

    def __init__(self, made: datetime) -> None:
        self._made = made

    def utcoffset(self) -> timedelta | None:
        return self._made.utcoffset()

    def timestamp(self) -> float:
        return self._made.timestamp()


@walk(
    ("given", "text"),
    [
        ("", ""),
        ("20260413 16:00:00 US/Eastern", "20260413 16:00:00 US/Eastern"),
        (datetime(2026, 4, 13, 16, 0, tzinfo=NEW_YORK), "20260413-20:00:00"),
        (datetime(2026, 4, 13, 16, 0, 5, 999_999, tzinfo=UTC), "20260413-16:00:05"),
        (datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=9))), "20251231-15:00:00"),
        (Stamp(datetime(2026, 4, 13, 16, 0, tzinfo=NEW_YORK)), "20260413-20:00:00"),
    ],
)
def test_a_moment_goes_out_in_utc(given: Any, text: str) -> None:
    tws = Memory()
    tws.answers[history.ReqHistoricalData] = lambda m: [
        history.HistoricalData(m.reqId, historicalDataBars=[Bar(date="20260413")]),
        history.HistoricalDataEnd(m.reqId, "", ""),
    ]

    async def main() -> None:
        async with connect() as session:
            await session.historical_bars(Stock("SPY"), end=given)

    run(tws, main)
    assert [m.endDateTime for m in tws.all(history.ReqHistoricalData)] == [text]


@walk(
    "given", [datetime(2026, 4, 13), Stamp(datetime(2026, 4, 13)), 1_700_000_000, None, b"x" * 999]
)
def test_a_moment_without_a_zone_names_its_parameter(given: Any) -> None:
    with pytest.raises(LocalProtocolError) as info:
        moment(given, "end", "ReqHistoricalData")
    assert (info.value.message, info.value.field) == ("ReqHistoricalData", "end")
    assert "field='end'" in str(info.value) and len(str(info.value)) < 300


def test_a_zone_that_does_not_know_its_offset_is_none() -> None:
    class Nowhere(tzinfo):
        def utcoffset(self, dt: datetime | None) -> timedelta | None:
            return None

    with pytest.raises(LocalProtocolError, match="zone"):
        moment(datetime(2026, 4, 13, tzinfo=Nowhere()), "end", "ReqHistoricalData")


def test_one_connection_may_be_entered_again_and_is_a_new_session() -> None:
    tws = Memory()

    async def main() -> None:
        connection = connect(client_id=5)
        for _ in range(2):
            async with connection as session:
                assert await session.current_time() == 1_700_000_000
        async with connection as outer, connection as inner:
            assert outer is not inner
        awaited = await connection
        await awaited.disconnect()

    run(tws, main)
    assert tws.all(StartApi) == [StartApi(5)] * 5


def test_a_session_that_has_ended_is_not_entered() -> None:
    async def main() -> None:
        session = await connect()
        async with session:
            pass
        with pytest.raises(NotConnected):
            async with session:
                raise AssertionError("it was entered")

    run(Memory(), main)


def test_a_line_is_entered_once() -> None:
    tws = Memory()
    quoting(tws)

    async def main() -> None:
        async with connect() as session:
            line = session.quotes(Stock("SPY"))
            async with line:
                with pytest.raises(LocalProtocolError, match="once"):
                    async with line:
                        raise AssertionError("it was entered")
                await line.next()

    run(tws, main)
    assert len(tws.all(ReqMktData)) == len(tws.all(CancelMktData)) == 1


def test_every_exception_that_can_come_out_is_public() -> None:
    of_the_server = {"MarketDataError", "JournalError", "LimitExceeded"}  # of requests
    of_tests = {"RecordingError", "WorldError"}  # their own packages have them
    raised = {
        name
        for name in errors.__all__
        if isinstance(found := getattr(errors, name), type) and issubclass(found, Exception)
    }
    assert raised - of_the_server - of_tests <= set(papertape.__all__)


@walk("kind", ["quotes", "tick_by_tick", "depth"])
def test_a_line_that_was_not_entered_says_so(kind: str) -> None:
    """It never asked for anything: waiting for it would be waiting for ever."""

    async def main() -> None:
        async with connect() as session:
            line = getattr(session, kind)(Stock("SPY"))
            waits = [line.next, lambda: anext(aiter(line))]
            if kind != "depth":
                waits.append(lambda: anext(line.events()))
            for wait in waits:
                with pytest.raises(LocalProtocolError, match="async with"):
                    await asyncio.wait_for(wait(), 5)

    run(Memory(), main)
