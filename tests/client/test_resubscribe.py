"""Streams say when they go stale, heal, and hand out one gap for each interruption (S24, S28)."""

from decimal import Decimal
from typing import Any

import pytest

from client.fake_server import NOTICES, Served
from papertape.client.quotes import QuoteStream
from papertape.client.requests import questions
from papertape.client.settings import Backoff, ClientSettings
from papertape.client.streams import Gap, ItemStream, Stale, Stream
from papertape.errors import ApiError, ConnectionLost
from papertape.model import Bar, Contract
from papertape.wire.catalogue import account, history, market, ticks
from papertape.wire.catalogue.session import ErrorMessage

SPY = Contract(symbol="SPY", secType="STK", exchange="SMART", currency="USD")


def quotes(served: Served) -> QuoteStream:
    """A live quote line with a price."""
    stream = questions.quotes(served.core, SPY, "")
    served.core.subscribe(stream)
    tick(served, stream)
    return stream


def tick(served: Served, stream: Stream, price: float = 10.0) -> None:
    served.send(market.TickPrice(stream.request_id, 1, price, Decimal(1)))


def bars(served: Served) -> ItemStream:
    """A live line of bars that are kept up to date."""
    wanted = history.ReqHistoricalData(0, SPY, "", "1 min", "1 D", 1, "TRADES", 1, True)
    stream = questions.bars(served.core, wanted)
    served.core.subscribe(stream)
    past(served, stream, "20260413 10:00:00", "20260413 10:01:00")
    return stream


def past(served: Served, stream: Stream, *dates: str) -> None:
    found = [Bar(date, 1.0, 1.0, 1.0, 1.0, Decimal(1), Decimal(1), 1) for date in dates]
    served.send(history.HistoricalData(stream.request_id, historicalDataBars=found))


def requests(served: Served) -> list[Any]:
    """What has been requested, and cancelled, since the last look."""
    kinds = (market.ReqMktData, history.ReqHistoricalData, account.ReqPositions,
             account.ReqAccountUpdates, ticks.ReqRealTimeBars, market.CancelMktData,
             history.CancelHistoricalData)  # fmt: skip
    found = [m for m in served.received if isinstance(m, kinds)]
    served.received.clear()
    return found


def told(stream: Stream) -> list[Stale | Gap]:
    """The interruptions that have been handed out since the last look."""
    found = [event for event in stream.events if isinstance(event, (Stale, Gap))]
    stream.events.clear()
    return found


# ---------------------------------------------------------------- the broker's link


@pytest.mark.parametrize("lost", [1100, 2110])
def test_1102_data_maintained_nothing_is_requested_and_one_gap_is_told(lost: int) -> None:
    served = Served().ready()
    stream = quotes(served)
    requests(served)
    served.pass_time(5)
    served.tell(lost)
    assert "link to the broker" in stream.stale
    served.pass_time(60)
    served.tell(1102)
    served.pass_time(3)
    tick(served, stream, 11.0)
    assert (stream.stale, stream.bid) == ("", 11.0)
    stale, gap = told(stream)
    assert isinstance(stale, Stale) and stale.at == 5.0
    assert gap == Gap(stale.reason, 5.0, 68.0, renewed=False)
    served.pass_time(600)
    assert requests(served) == []
    assert list(stream.gaps) == [gap]


def test_1101_data_lost_everything_is_requested_anew_under_new_ids() -> None:
    served = Served().ready()
    quote, bar = quotes(served), bars(served)
    positions = questions.position_stream()
    served.core.subscribe(positions)
    served.send(account.Position("DU1", SPY, Decimal(5), 1.0), account.PositionEnd())
    old = (quote.request_id, bar.request_id)
    requests(served)
    served.tell(1100)
    served.pass_time(60)
    assert requests(served) == []
    served.tell(1101)
    again = requests(served)
    kinds = {type(message) for message in again}
    assert kinds == {market.ReqMktData, history.ReqHistoricalData, account.ReqPositions}
    assert (quote.bid, positions.held) == (None, {})
    assert not set(old) & {quote.request_id, bar.request_id}
    served.pass_time(1)
    tick(served, quote)
    past(served, bar, "20260413 10:01:00", "20260413 10:02:00")
    served.send(account.Position("DU1", SPY, Decimal(7), 1.0), account.PositionEnd())
    for stream in (quote, bar, positions):
        (gap,) = stream.gaps
        assert gap.renewed and gap.until - gap.since == 61.0
        assert stream.stale == ""
    served.pass_time(600)
    assert requests(served) == []


def test_ticks_with_the_old_id_no_longer_count() -> None:
    served = Served().ready()
    stream = quotes(served)
    old = stream.request_id
    served.tell(1100, 1101)
    served.send(market.TickPrice(old, 1, 99.0, Decimal(1)))
    assert stream.stale and stream.bid is None
    served.send(ErrorMessage(old, 0, 300, "Can't find EId with tickerId:1"))
    assert not stream.done
    assert 300 not in [notice.code for notice in served.core.report.notices]


def test_a_line_that_stays_silent_after_1102_is_requested_after_all() -> None:
    served = Served(settings=ClientSettings(resume_s=15.0)).ready()
    stream = quotes(served)
    requests(served)
    served.tell(1100, 1102)
    served.pass_time(14.9)
    assert requests(served) == []
    served.pass_time(0.2)
    cancel, again = requests(served)
    assert isinstance(cancel, market.CancelMktData) and isinstance(again, market.ReqMktData)
    tick(served, stream)
    (gap,) = stream.gaps
    assert gap.renewed


def test_positions_need_no_data_to_be_live_again() -> None:
    served = Served().ready()
    stream = questions.position_stream()
    served.core.subscribe(stream)
    served.tell(1100, 1102)
    assert stream.stale == "" and len(stream.gaps) == 1


def test_a_link_that_is_lost_twice_is_one_gap() -> None:
    served = Served().ready()
    stream = quotes(served)
    served.tell(1100, 1100, 2103, 1102, 1100, 2104, 1102)
    tick(served, stream)
    assert [type(event) for event in told(stream)] == [Stale, Gap]


def test_2110_ends_without_a_word_when_a_farm_is_connected() -> None:
    served = Served().ready()
    served.tell(2110)
    assert "no link" in served.core.why_not_ready()
    served.tell(2104)
    assert served.core.why_not_ready() == ""


# ---------------------------------------------------------------- farms


def test_a_farm_blip_makes_its_streams_stale_and_they_resume_by_themselves() -> None:
    served = Served().ready()
    quote, bar = quotes(served), bars(served)
    requests(served)
    served.tell(2103)
    assert quote.stale == "market data farm usfarm is broken" and bar.stale == ""
    served.pass_time(3)
    served.tell(2104)
    tick(served, quote)
    (gap,) = quote.gaps
    assert not gap.renewed and gap.until == 3.0
    assert requests(served) == [] and not bar.gaps


def test_10182_streams_are_revived_when_the_history_farm_is_back() -> None:
    """A blip of three seconds must not kill the bars for hours."""
    served = Served().ready()
    stream = bars(served)
    first = stream.request_id
    requests(served)
    served.tell(2105)
    served.send(ErrorMessage(first, 0, 10182, "Failed to request live updates (disconnected)."))
    assert stream.stale and not stream.done
    served.pass_time(0.5)
    served.tell(2106)
    (again,) = requests(served)
    assert again.reqId == stream.request_id != first and again.keepUpToDate
    past(served, stream, *(f"20260413 10:0{i}:00" for i in range(5)))
    dates = [event.date[9:14] for event in stream.events if isinstance(event, Bar)]
    assert dates == ["10:00", "10:01", "10:01", "10:02", "10:03", "10:04"], "filled, in order"
    assert len(stream.gaps) == 1


def test_a_passing_error_is_tried_again_with_growing_pauses() -> None:
    served = Served().ready()
    stream = quotes(served)
    requests(served)
    times = []
    for _ in range(6):
        served.send(ErrorMessage(stream.request_id, 0, 10197, "No market data during competing"))
        assert requests(served) == []
        before = served.now
        while not requests(served):
            served.pass_time(0.5)
        times.append(served.now - before)
    assert times == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0]
    tick(served, stream)
    assert [type(event) for event in told(stream)] == [Stale, Gap]


def test_a_passing_error_before_the_first_data_is_the_answer() -> None:
    served = Served().ready()
    stream = questions.quotes(served.core, SPY, "")
    served.core.subscribe(stream)
    served.send(ErrorMessage(stream.request_id, 0, 101, "Max number of tickers has been reached."))
    assert isinstance(stream.error, ApiError) and stream.error.code == 101


def test_an_error_that_does_not_pass_ends_the_stream() -> None:
    served = Served().ready()
    stream = quotes(served)
    served.tell(1100, 1101)
    served.send(ErrorMessage(stream.request_id, 0, 200, "No security definition"))
    assert isinstance(stream.error, ApiError) and stream.error.code == 200
    served.pass_time(600)
    assert served.core.healer.streams == []


def test_a_stream_on_another_farm_goes_on() -> None:
    served = Served().ready()
    stream = quotes(served)
    served.tell(2103)
    served.pass_time(3)
    tick(served, stream)
    assert stream.stale == ""


@pytest.mark.parametrize("code", [1100, 2103])
def test_a_tick_that_was_on_its_way_heals_nothing(code: int) -> None:
    served = Served().ready()
    stream = quotes(served)
    served.tell(code)
    served.pass_time(0.5)
    tick(served, stream)
    assert stream.stale and not stream.gaps


# ---------------------------------------------------------------- silence


def test_a_silent_line_is_stale_when_the_program_says_so() -> None:
    served = Served(settings=ClientSettings(stale_after_s=20.0)).ready()
    stream = quotes(served)
    requests(served)
    for _ in range(10):
        served.pass_time(10)
        tick(served, stream)
    assert stream.stale == "" and requests(served) == []
    served.pass_time(26)
    assert stream.stale.startswith("no data for 2")
    assert [type(m).__name__ for m in requests(served)] == ["CancelMktData", "ReqMktData"]
    tick(served, stream)
    (gap,) = stream.gaps
    assert gap.renewed


def test_a_quiet_instrument_is_no_failure_by_default() -> None:
    served = Served().ready()
    stream = quotes(served)
    requests(served)
    served.pass_time(100_000)
    assert stream.stale == "" and requests(served) == []


# ---------------------------------------------------------------- the socket


def test_after_a_restart_every_stream_goes_on_with_one_gap() -> None:
    served = Served(settings=ClientSettings(reconnect=Backoff())).ready()
    quote, bar = quotes(served), bars(served)
    requests(served)
    served.drop()
    assert "reset by peer" in quote.stale
    served.back(next_id=1)
    kinds = [type(m).__name__ for m in requests(served)]
    assert sorted(kinds) == ["ReqHistoricalData", "ReqMktData"]
    tick(served, quote)
    past(served, bar, "20260413 10:01:00")
    assert [len(stream.gaps) for stream in (quote, bar)] == [1, 1]
    assert not quote.done and not bar.done


def test_without_reconnect_every_stream_ends_with_the_reason() -> None:
    served = Served().ready()
    stream = quotes(served)
    served.drop("reset by peer")
    assert isinstance(stream.error, ConnectionLost)
    assert served.core.healer.streams == []


def test_farm_names_are_read_from_every_kind_of_notice() -> None:
    from papertape.client.connectivity import farm_name

    inactive = "HMDS data farm connection is inactive but should be available upon demand.ushmds"
    assert farm_name(inactive) == "ushmds"
    assert farm_name("Market data farm connection is OK:usfarm.nj") == "usfarm.nj"
    assert farm_name(NOTICES[2103]) == "usfarm"
