"""Lines of bars: what an interruption costs is filled, nothing comes twice, closed bars are final.

First both ends in memory: the client's core against a station. Then the asyncio API over a TWS in
memory, which sends what the test wants.
"""

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from client.fake_server import Served
from client.guest import Guest
from client.memory import Memory, run
from papertape.client.aio import connect
from papertape.client.contracts import Stock
from papertape.client.requests import questions
from papertape.client.settings import Backoff, ClientSettings
from papertape.client.streams import BarStream, Gap, RealTimeBarStream, Stale
from papertape.errors import ApiError
from papertape.model import Bar, Contract
from papertape.venue.units import SECOND
from papertape.wire.catalogue import history, ticks
from papertape.wire.catalogue.session import ErrorMessage
from server.market import TapeMarket
from server.pair import Client, Hall
from venue.scenario import START
from walks import walk

AAPL = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
LIVE = history.ReqHistoricalData(0, AAPL, "", "5 secs", "120 S", 1, "TRADES", 2, True)
AGAIN = ClientSettings(reconnect=Backoff(first_s=1.0, jitter=0.0))


def watching() -> tuple[Guest, BarStream, RealTimeBarStream]:
    """A client with both kinds of bars, in a market that trades every two seconds."""
    hall = Hall(market=TapeMarket())
    hall.put("quote AAPL 257.66 x 257.68", hall.now)
    for beat in range(1, 120):
        hall.put(f"trade AAPL 257.{beat % 90 + 10}*{beat}00", hall.now + 2 * beat * SECOND)
    hall.wait(21)
    guest = Guest(hall).ready()
    kept = questions.bars(guest.core, LIVE)
    fives = questions.real_time_bars(guest.core, AAPL, "TRADES", regular_hours=False)
    for stream in (kept, fives):
        guest.core.at(guest.now).subscribe(stream)
    guest.wait(10)
    assert kept.updates and fives.updates and not kept.stale and not fives.stale
    return guest, kept, fives


def closed(stream: BarStream) -> list[Bar]:
    """The last state of each bar but the one that grows; every bar comes in its order."""
    bars = [event for event in stream.events if isinstance(event, Bar)]
    dates = [int(bar.date) for bar in bars]
    assert dates == sorted(dates)
    return list({bar.date: bar for bar in bars}.values())[:-1]


def kept_by(hall: Hall) -> dict[str, Bar]:
    """The bars that a history has afterwards."""
    witness: Client = hall.client(9)
    witness.send(history.ReqHistoricalData(1, AAPL, "", "5 secs", "300 S", 1, "TRADES", 2, False))
    (answer,) = witness.of(history.HistoricalData)
    return {bar.date: bar for bar in answer.historicalDataBars}


OUTAGES = [
    "farm-blip usfarm ms=7000", "farm-blip ushmds ms=7000", "restart", "data-lost",
    "competing-session ms=7000",
]  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("outage", OUTAGES)
def test_after_an_interruption_a_kept_up_history_has_no_hole(outage: str) -> None:
    guest, kept, fives = watching()
    if outage == "restart":
        guest.cut()
        guest.wait(20)
    elif outage == "data-lost":
        guest.drill("link-lost")
        guest.wait(7)
        guest.drill("link-restored data_lost=true")
        guest.wait(20)
    else:
        guest.drill(outage)
        guest.wait(30)
    assert not kept.stale and not fives.stale and not kept.done and not fives.done
    bars, later = closed(kept), kept_by(guest.hall)
    starts = [int(bar.date) for bar in bars]
    assert starts == list(range(starts[0], starts[-1] + 5, 5))
    assert bars == [later[bar.date] for bar in bars]
    # Bars of five seconds that came are the same ones; those of the break are told by the gap.
    came = [bar for bar in fives.events if isinstance(bar, ticks.RealTimeBarTick)]
    assert [bar.time for bar in came] == sorted({bar.time for bar in came})
    for bar in came:
        same = later[str(bar.time)]
        assert (bar.open, bar.high, bar.low, bar.close) == (
            same.open, same.high, same.low, same.close
        )  # fmt: skip
        assert (bar.volume, bar.wap, bar.count) == (same.volume, same.wap, same.barCount)
    hit = {"farm-blip usfarm ms=7000": [fives], "farm-blip ushmds ms=7000": [kept]}
    for stream in (kept, fives):
        found = [type(event) for event in stream.events if isinstance(event, (Stale, Gap))]
        assert found == ([Stale, Gap] if stream in hit.get(outage, [kept, fives]) else [])


# ---------------------------------------------------------------- the asyncio API


def tick(time: int, close: float = 1.5) -> ticks.RealTimeBarTick:
    return ticks.RealTimeBarTick(0, time, 1.0, 2.0, 0.5, close, Decimal(3), Decimal(1), 2)


def bar(time: int, close: float = 1.5, volume: int = 3) -> Bar:
    return Bar(str(time), 1.0, 2.0, 0.5, close, Decimal(volume), Decimal(1), 2)


def fives_from(tws: Memory, *starts: int) -> None:
    """Answer each request for bars of five seconds with one that begins at the next of these."""
    ahead = iter(starts)

    def answer(asked: ticks.ReqRealTimeBars) -> list[Any]:
        made = tick(next(ahead))
        made.reqId = asked.reqId
        return [made]

    tws.answers[ticks.ReqRealTimeBars] = answer


T = START // SECOND


def test_what_a_lost_connection_cost_comes_before_the_next_bar() -> None:
    tws = Memory()
    fives_from(tws, T, T + 25)
    tws.answers[history.ReqHistoricalData] = lambda m: [
        history.HistoricalData(m.reqId, [bar(T + at) for at in range(-10, 30, 5)]),
        history.HistoricalDataEnd(m.reqId, "", ""),
    ]

    async def main() -> None:
        async with (
            connect(settings=AGAIN) as session_,
            session_.real_time_bars(Stock("SPY"), what="TRADES") as line,
        ):
            assert (await line.next()).time == T
            tws.restart()
            events = line.events()
            found = [await anext(events) for _ in range(7)]
            assert [type(one) for one in found[:2]] == [Stale, Gap]
            assert [one.time - T for one in found[2:]] == [5, 10, 15, 20, 25]  # type: ignore[union-attr]
            await events.aclose()  # type: ignore[attr-defined]

    run(tws, main)
    (asked,) = tws.all(history.ReqHistoricalData)
    assert (asked.duration, asked.barSizeSetting, asked.whatToShow) == ("30 S", "5 secs", "TRADES")
    assert asked.endDateTime == "20260413-14:00:25" and not asked.keepUpToDate


def test_a_hole_that_cannot_be_filled_stays_one_and_the_line_goes_on() -> None:
    tws = Memory()
    fives_from(tws, T, T + 7200)

    async def main() -> None:
        async with connect(settings=AGAIN) as session_:
            tws.answers[history.ReqHistoricalData] = lambda m: [session_error(m.reqId)]
            async with session_.real_time_bars(Stock("SPY")) as line:
                await line.next()
                tws.restart()
                assert (await line.next()).time == T + 7200
                assert len(line.gaps) == 1

    run(tws, main)
    (asked,) = tws.all(history.ReqHistoricalData)
    assert asked.duration == "3600 S"  # no TWS gives more of such bars


def session_error(number: int) -> Any:
    return ErrorMessage(number, 0, 162, "Historical Market Data Service error message:no data")


def test_who_gives_up_while_it_is_filled_loses_no_bar() -> None:
    tws = Memory()
    fives_from(tws, T, T + 10)

    async def main() -> None:
        async with (
            connect(settings=AGAIN) as session_,
            session_.real_time_bars(Stock("SPY")) as line,
        ):
            await line.next()
            tws.restart()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(line.next(), 5)  # the history does not answer
            assert (await line.next()).time == T + 10

    run(tws, main)


def test_closed_bars_come_once_each_when_the_next_has_begun() -> None:
    tws = Memory()

    def answer(asked: history.ReqHistoricalData) -> list[Any]:
        grown = [bar(T, 1.6), bar(T, 1.7, 9), bar(T + 5, 1.8), bar(T + 5, 1.9), bar(T + 10)]
        return [
            history.HistoricalData(asked.reqId, [bar(T - 5), bar(T)]),
            history.HistoricalDataEnd(asked.reqId, "", ""),
            *[history.HistoricalDataUpdate(asked.reqId, one) for one in grown],
        ]

    tws.answers[history.ReqHistoricalData] = answer

    async def main() -> None:
        async with (
            connect() as session_,
            session_.bars(Stock("SPY"), bar_size="5 secs", format_date=2) as line,
        ):
            closed = line.closed()
            found = [await anext(closed) for _ in range(3)]
            assert found == [bar(T - 5), bar(T, 1.7, 9), bar(T + 5, 1.9)]
            await closed.aclose()  # type: ignore[attr-defined]

    run(tws, main)


def test_an_error_that_ends_it_before_the_first_bar_is_raised() -> None:
    tws = Memory()
    tws.answers[ticks.ReqRealTimeBars] = lambda m: [session_error(m.reqId)]

    async def main() -> None:
        async with connect() as session_, session_.real_time_bars(Stock("SPY")) as line:
            with pytest.raises(ApiError):
                await line.next()

    run(tws, main)


# ---------------------------------------------------------------- dates, long outages, late news


def stream_of(duration: str = "120 S") -> tuple[Served, BarStream]:
    served = Served().ready()
    wanted = history.ReqHistoricalData(0, AAPL, "", "1 min", duration, 1, "TRADES", 3, True)
    stream = questions.bars(served.core, wanted)
    served.core.subscribe(stream)
    return served, stream


def answered(served: Served, stream: BarStream, *dates: str) -> None:
    made = [Bar(date, 1.0, 1.0, 1.0, 1.0, Decimal(1), Decimal(1), 1) for date in dates]
    served.send(history.HistoricalData(stream.request_id, historicalDataBars=made))


def grown(served: Served, stream: BarStream, *dates: str) -> None:
    for date in dates:
        made = Bar(date, 1.0, 1.0, 1.0, 1.0, Decimal(1), Decimal(1), 1)
        served.send(history.HistoricalDataUpdate(stream.request_id, made))


def dates_of(stream: BarStream) -> list[str]:
    return [event.date for event in stream.events if isinstance(event, Bar)]


def test_the_years_end_does_not_silence_a_line_whose_dates_have_no_year() -> None:
    served, stream = stream_of()
    answered(served, stream, "1231 23:58:00 UTC", "1231 23:59:00 UTC")
    grown(served, stream, "1231 23:59:00 UTC", "0101 00:00:00 UTC", "0101 00:01:00 UTC")
    assert dates_of(stream)[-2:] == ["0101 00:00:00 UTC", "0101 00:01:00 UTC"]


def test_a_late_update_of_a_bar_that_is_over_is_left_out() -> None:
    served, stream = stream_of()
    answered(served, stream, "0413 10:00:00 UTC", "0413 10:01:00 UTC")
    grown(served, stream, "0413 10:02:00 UTC", "0413 10:01:00 UTC", "0413 10:02:00 UTC")
    assert dates_of(stream)[2:] == ["0413 10:02:00 UTC", "0413 10:02:00 UTC"]


@walk(
    ("duration", "outage", "again"),
    [("120 S", 30, "150 S"), ("120 S", 7200, "7320 S"), ("3600 S", 60, "3600 S"),
     ("120 S", 90_000, "2 D"), ("1 D", 7200, "1 D"), ("180", 3600, "3720 S")],
)  # fmt: skip
def test_a_span_that_is_shorter_than_the_outage_is_asked_for_longer(
    duration: str, outage: int, again: str
) -> None:
    served, stream = stream_of(duration)
    answered(served, stream, "0413 10:00:00 UTC")
    served.tell(1100)
    served.pass_time(outage)
    served.received.clear()
    served.tell(1101)
    (asked,) = [m for m in served.received if isinstance(m, history.ReqHistoricalData)]
    assert asked.duration == again
