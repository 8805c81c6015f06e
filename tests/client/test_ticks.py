"""Ticks one by one, books, ticks of the past: the core against a station, then the asyncio API."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from client.guest import Guest
from client.memory import Memory, run
from papertape.client.aio import connect
from papertape.client.books import MOST_ROWS, BookStream
from papertape.client.requests import questions
from papertape.client.settings import Backoff, ClientSettings
from papertape.client.streams import Gap, Stale
from papertape.model import (
    Contract,
    HistogramEntry,
    HistoricalTick,
    HistoricalTickLast,
    MarketDepthData,
)
from papertape.venue.units import SECOND
from papertape.wire.catalogue import depth, history, ticks
from server.market import TapeMarket
from server.pair import Hall
from walks import walk

AAPL = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
ARCA = Contract(symbol="AAPL", secType="STK", exchange="ARCA", currency="USD")
AGAIN = ClientSettings(reconnect=Backoff(first_s=1.0, jitter=0.0))


def hall_of(trades: int) -> Hall:
    """A quote, and a trade every second, each of a share more."""
    hall = Hall(market=TapeMarket())
    hall.put("quote AAPL 257.66 x 257.68", hall.now)
    for number in range(1, trades + 1):
        hall.put(f"trade AAPL 257.67*{number}", hall.now + number * SECOND)
    return hall


def sizes(stream: Any) -> list[int]:
    return [int(event.size) for event in stream.events if isinstance(event, HistoricalTickLast)]


def test_past_ticks_come_first_and_each_once() -> None:
    hall = hall_of(30)
    hall.wait(10)
    guest = Guest(hall).ready()
    stream = questions.tick_by_tick(guest.core, AAPL, "Last", 4, ignore_size=False)
    guest.core.at(guest.now).subscribe(stream)
    guest.wait(10)
    found = sizes(stream)
    assert len(found) >= 12 and found == list(range(found[0], found[-1] + 1))


@pytest.mark.parametrize("outage", ["link", "competing-session ms=3000"])
def test_after_an_interruption_past_ticks_are_not_sent_again(outage: str) -> None:
    hall = hall_of(60)
    hall.wait(10)
    guest = Guest(hall, settings=AGAIN).ready()
    stream = questions.tick_by_tick(guest.core, AAPL, "Last", 4, ignore_size=False)
    guest.core.at(guest.now).subscribe(stream)
    guest.wait(5)
    if outage == "link":
        guest.drill("link-lost")
        guest.wait(3)
        guest.drill("link-restored data_lost=true")
    else:
        guest.drill(outage)
    guest.wait(15)
    found = sizes(stream)
    assert found == sorted(set(found)) and found[-1] > 25
    kinds = [type(event) for event in stream.events if isinstance(event, Stale | Gap)]
    assert kinds == [Stale, Gap]


def test_a_book_knows_when_it_was_reset() -> None:
    hall = hall_of(60)
    guest = Guest(hall).ready()
    stream = questions.book(guest.core, ARCA, 5, smart=False)
    guest.core.at(guest.now).subscribe(stream)
    guest.wait(2)
    assert [len(stream.asks), len(stream.bids), stream.resets] == [5, 5, 0]
    assert (stream.bids[0].price, stream.asks[0].price) == (257.66, 257.68)
    prices = [row.price for row in stream.bids]
    assert prices == sorted(prices, reverse=True)
    guest.drill("farm-blip usfarm ms=2000")
    guest.wait(12)
    assert stream.resets == 1 and [notice.code for notice in stream.notices] == [317]
    assert [len(stream.asks), len(stream.bids), stream.ignored] == [5, 5, 0]
    fresh = questions.book(guest.core, ARCA, 5, smart=False)
    guest.core.at(guest.now).subscribe(fresh)
    guest.wait(0.1)
    assert (fresh.asks, fresh.bids) == (stream.asks, stream.bids)


@walk(
    "change",
    [(5, 0, 0), (-1, 0, 0), (0, 1, 0), (3, 2, 1), (0, 9, 0), (2**31 - 1, 0, 1)],
)
def test_changes_of_rows_that_there_are_not_change_nothing(change: tuple[int, int, int]) -> None:
    stream = BookStream(1)
    position, operation, side = change
    data = MarketDepthData(position, operation, side, 1.0, Decimal(1))
    stream.feed(depth.MarketDepth(1, data))
    assert (stream.asks, stream.bids, stream.ignored) == ([], [], 1)


def test_a_book_does_not_grow_for_ever() -> None:
    stream = BookStream(1)
    for _ in range(MOST_ROWS + 5):
        stream.feed(depth.MarketDepth(1, MarketDepthData(0, 0, 1, 1.0, Decimal(1))))
    assert (len(stream.bids), stream.ignored) == (MOST_ROWS, 5)


# ---------------------------------------------------------------- the asyncio API


def test_questions_about_the_past() -> None:
    tws = Memory()
    trades = [HistoricalTickLast(time=n, price=1.5, size=Decimal(n)) for n in range(1, 6)]
    rows = [HistogramEntry(1.5, Decimal(7)), HistogramEntry(1.6, Decimal(2))]
    tws.answers[ticks.ReqHistoricalTicks] = lambda m: [
        ticks.HistoricalTicksLast(m.reqId, trades[:3], False),
        ticks.HistoricalTicksLast(m.reqId, trades[3:], True),
    ]
    tws.answers[ticks.ReqHeadTimeStamp] = lambda m: [ticks.HeadTimestamp(m.reqId, "345479400")]
    tws.answers[ticks.ReqHistogramData] = lambda m: [ticks.HistogramData(m.reqId, rows)]
    tws.answers[history.ReqHistoricalData] = lambda m: [
        history.HistoricalSchedule(m.reqId, "20260312-09:30:00", "", "US/Eastern")
    ]

    async def main() -> None:
        async with connect() as session_:
            since = datetime(2026, 4, 13, 14, 0, tzinfo=UTC)
            assert await session_.historical_ticks(AAPL, start=since, count=5) == trades
            head = await session_.head_timestamp(AAPL)
            assert head == datetime(1980, 12, 12, 14, 30, tzinfo=UTC)
            assert await session_.histogram(AAPL, "3 days") == rows
            assert (await session_.schedule(AAPL)).timeZone == "US/Eastern"

    run(tws, main)
    (asked,) = tws.all(ticks.ReqHistoricalTicks)
    assert (asked.startDateTime, asked.endDateTime) == ("20260413-14:00:00", "")
    assert (asked.numberOfTicks, asked.whatToShow, asked.useRTH) == (5, "TRADES", 1)
    (wanted,) = tws.all(history.ReqHistoricalData)
    assert (wanted.whatToShow, wanted.barSizeSetting) == ("SCHEDULE", "1 day")


def test_lines_of_ticks_and_a_book() -> None:
    tws = Memory()
    tws.answers[ticks.ReqTickByTickData] = lambda m: [
        ticks.HistoricalTicks(m.reqId, [HistoricalTick(1, 1.5)], True),
        ticks.TickByTickData(m.reqId, 4, None, None, HistoricalTick(2, 1.6)),
    ]
    tws.answers[depth.ReqMktDepth] = lambda m: [
        depth.MarketDepth(m.reqId, MarketDepthData(0, 0, 1, 1.5, Decimal(9))),
        depth.MarketDepth(m.reqId, MarketDepthData(0, 0, 0, 1.6, Decimal(4))),
    ]

    async def main() -> None:
        async with connect() as session_:
            async with session_.tick_by_tick(AAPL, "MidPoint", past=1) as line:
                assert [(await line.next()).time for _ in range(2)] == [1, 2]
            async with session_.depth(ARCA, 5) as book:
                while not (book.asks and book.bids):
                    await book.next()
                assert (book.bids[0].price, book.asks[0].size, book.resets) == (1.5, 4, 0)

    run(tws, main)
    assert len(tws.all(ticks.CancelTickByTickData)) == len(tws.all(depth.CancelMktDepth)) == 1
    (asked,) = tws.all(depth.ReqMktDepth)
    assert (asked.numRows, asked.isSmartDepth) == (5, False)
