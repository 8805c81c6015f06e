"""reqHistoricalTicks, reqHeadTimeStamp, reqHistogramData: what is told, what is refused."""

from decimal import Decimal
from typing import Any

import pytest

from papertape.model import Contract
from papertape.server.market_data import past_ticks
from papertape.server.sessions.subscriptions import Query
from papertape.venue.broker.profile import Profile
from papertape.venue.market.source import Print, Quote
from papertape.venue.market.tape import open_market
from papertape.venue.reference.calendars import calendar_of
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.reference.sessions import REGULAR
from papertape.venue.units import DAY, MINUTE, SECOND, SIZE_SCALE
from papertape.wire.catalogue import history, session
from papertape.wire.catalogue import ticks as wire
from server.market import TapeMarket
from server.pair import VERSIONS, Client, Hall
from server.shown import lines
from server.test_every_kind import hall as every_kind
from venue.scenario import START, at
from walks import walk

AAPL = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
EUR = Contract(symbol="EUR", secType="CASH", exchange="IDEALPRO", currency="USD")
SPX = Contract(symbol="SPX", secType="IND", exchange="CBOE", currency="USD")
AAPL_ID = 265598
TEN = START // SECOND
MODERN = [version for version in VERSIONS if version >= 130]


def asked(number: int = 1, what: str = "TRADES", **fields: Any) -> wire.ReqHistoricalTicks:
    wanted = {"contract": AAPL, "numberOfTicks": 1000, "useRTH": 0, **fields}
    if not {"startDateTime", "endDateTime"} & fields.keys():
        wanted["startDateTime"] = "20260413-14:00:00"
    return wire.ReqHistoricalTicks(number, whatToShow=what, **wanted)


TAPE = """
    0.0  quote AAPL 257.66*300 x 257.68*200
    1.0  trade AAPL 257.66*100
    1.5  trade AAPL 257.68*200
    2.0  quote AAPL 257.66*500 x 257.68*200
    2.5  quote AAPL 257.66*500 x 257.68*200
    3.0  trade AAPL 257.67*300
    4.0  quote AAPL 257.60*500 x 257.70*200
    5.0  quote AAPL 257.60*500 x 257.70*900
"""


def ready(version: int = 226, **options: Any) -> tuple[Hall, Client]:
    """Ten o'clock and six seconds: three prints, quotes of which one only repeats another."""
    hall = Hall(market=TapeMarket(), **options)
    for line in TAPE.strip().splitlines():
        second, _, row = line.strip().partition(" ")
        hall.put(row.strip(), START + int(float(second) * 1000) * 1_000_000)
    hall.wait(6)
    return hall, hall.client(1, version)


def answer(client: Client, request: Any) -> Any:
    (got,) = client.send(request).got()
    return got


@walk("version", MODERN)
def test_trades_with_their_second_size_and_exchange(version: int) -> None:
    _, client = ready(version)
    got = answer(client, asked())
    assert isinstance(got, wire.HistoricalTicksLast) and (got.reqId, got.isDone) == (1, True)
    lot = 100 if version < 175 else 1
    assert [(t.time - TEN, t.price, t.size) for t in got.historicalTicksLast] == [
        (1, 257.66, 100 // lot), (1, 257.68, 200 // lot), (3, 257.67, 300 // lot),
    ]  # fmt: skip


@walk("version", MODERN)
def test_quotes_with_their_marks(version: int) -> None:
    _, client = ready(version)
    got = answer(client, asked(what="BID_ASK"))
    lot = 100 if version < 175 else 1
    assert [
        (t.time - TEN, t.priceBid, t.priceAsk, t.sizeBid * lot, t.sizeAsk * lot)
        for t in got.historicalTicksBidAsk
    ] == [
        (0, 257.66, 257.68, 300, 200), (2, 257.66, 257.68, 500, 200),
        (4, 257.6, 257.7, 500, 200), (5, 257.6, 257.7, 500, 900),
    ]  # fmt: skip
    marks = [t.tickAttribBidAsk for t in got.historicalTicksBidAsk]
    assert [(m.bidPastLow, m.askPastHigh) for m in marks] == [
        (False, False), (False, False), (True, True), (True, True),
    ]  # fmt: skip


def test_a_size_alone_can_be_ignored() -> None:
    _, client = ready()
    got = answer(client, asked(what="BID_ASK", ignoreSize=True))
    assert [t.time - TEN for t in got.historicalTicksBidAsk] == [0, 4]


@walk("version", MODERN)
def test_the_middle_when_it_moves(version: int) -> None:
    hall, client = ready(version)
    hall.quote("AAPL 257.60 x 257.71")
    got = answer(client, asked(what="MIDPOINT"))
    assert isinstance(got, wire.HistoricalTicks)
    assert [(t.time - TEN, t.price) for t in got.historicalTicks] == [
        (0, 257.67), (4, 257.65), (7, 257.655),
    ]  # fmt: skip


def test_a_pair_has_no_marks() -> None:
    hall, client = ready()
    hall.quote("EUR 1.08501 x 1.08502")
    hall.quote("EUR 1.08401 x 1.08402")
    got = answer(client, asked(what="BID_ASK", contract=EUR))
    assert [t.tickAttribBidAsk.bidPastLow for t in got.historicalTicksBidAsk] == [False, False]


SPANS = [
    ({"startDateTime": "20260413-14:00:01", "numberOfTicks": 2}, [1, 1]),
    ({"startDateTime": "20260413-14:00:02"}, [3]),
    ({"startDateTime": "20260413 10:00:02 US/Eastern"}, [3]),
    ({"startDateTime": "20260413-14:00:01", "numberOfTicks": 1}, [1, 1]),  # the second is whole
    ({"endDateTime": "20260413-14:00:04", "numberOfTicks": 1}, [3]),
    ({"endDateTime": "20260413-14:00:03"}, [1, 1]),
    ({"endDateTime": "20260413-14:00:03", "numberOfTicks": 1}, [1, 1]),
    ({"endDateTime": "20260413-14:00:04", "numberOfTicks": 2}, [1, 1, 3]),
    ({"endDateTime": "20300101-00:00:00", "numberOfTicks": 5000}, [1, 1, 3]),
    ({"endDateTime": "20260413-14:00:01"}, []),
    ({"startDateTime": "20300101-00:00:00"}, []),
]


@walk(("fields", "seconds"), SPANS, ids=repr)
def test_the_span(fields: dict[str, Any], seconds: list[int]) -> None:
    _, client = ready()
    got = answer(client, asked(**fields))
    assert [t.time - TEN for t in got.historicalTicksLast] == seconds


def test_a_time_without_a_zone_is_served_with_a_warning() -> None:
    _, client = ready()
    client.send(asked(startDateTime="20260413 10:00:02"))
    assert lines(client.got()) == ["error 1 2174", "historicalTicksLast"]


REFUSED = {
    "both ends": ({"startDateTime": "20260413-14:00:00", "endDateTime": "20260413-15:00:00"},
        10187, "Failed to request historical ticks:Either the start or the end date/time must be "),
    "no end": ({"startDateTime": ""}, 10187, "Failed to request historical ticks:Either "),
    "no number": ({"numberOfTicks": 0}, 10187, "Failed to request historical ticks:0 is no "),
    "less than none": ({"numberOfTicks": -1}, 10187, ":-1 is no number of ticks"),
    "a bad start": ({"startDateTime": "noon"}, 10314, "Start Date/Time: The date, time, or "),
    "a bad end": ({"endDateTime": "noon"}, 10314, "End Date/Time: The date, time, or "),
    "nothing to show": ({"what": ""}, 321, "What to show field is missing or incorrect."),
    "a bar's kind": ({"what": "BID"}, 321, "What to show field is missing or incorrect."),
    "trades of a pair": ({"contract": EUR}, 10187,
        "Failed to request historical ticks:No historical market data for EUR/CASH@IDEALPRO Last"),
    "an unknown contract": ({"contract": Contract(symbol="NOSUCH", secType="STK",
        exchange="SMART", currency="USD")}, 200, "No security definition has been found"),
}  # fmt: skip


@walk("case", REFUSED)
def test_refusals(case: str) -> None:
    fields, code, text = REFUSED[case]
    _, client = ready()
    ((about, found, said),) = client.send(asked(9, **fields)).errors()
    assert (about, found) == (9, code) and text in said
    assert client.session.subscriptions.of(Query) == {}


def test_an_index_has_no_quotes_and_no_sizes() -> None:
    client = every_kind().client()
    ((_, code, text),) = client.send(asked(9, "BID_ASK", contract=SPX)).errors()
    assert code == 10187 and text.endswith("SPX/IND@CBOE Bid_Ask")
    client.send(wire.ReqHistogramData(2, SPX, False, "1 week"))
    assert [error[:2] for error in client.errors()] == [(2, 162)]
    client.send(wire.ReqHeadTimeStamp(8, SPX, 1, "MIDPOINT", 1))
    assert [error[:2] for error in client.errors()] == [(8, 162)]


def crowded(count: int, second: int) -> tuple[Hall, Client]:
    """So many prints, and so many of them a second."""
    hall = Hall(market=TapeMarket())
    for number in range(count):
        time = START + number * SECOND // second
        hall.market.add(Print(AAPL_ID, time, 2_576_600, SIZE_SCALE * (number + 1), "ARCA"))
    hall.wait(count // second + 1)
    return hall, hall.client(1)


def paged(client: Client, number: int) -> list[int]:
    """The sizes of all ticks, each page from the second after the last one's on."""
    sizes: list[int] = []
    second = TEN
    while True:
        stamp = f"20260413-14:{(second - TEN) // 60:02d}:{(second - TEN) % 60:02d}"
        page = answer(client, asked(startDateTime=stamp, numberOfTicks=number)).historicalTicksLast
        if not page:
            return sizes
        sizes += [int(tick.size) for tick in page]
        second = page[-1].time + 1


def test_who_goes_on_at_the_next_second_misses_nothing() -> None:
    _, client = crowded(700, 30)
    assert paged(client, 100) == list(range(1, 701))


@pytest.mark.long
def test_a_thousand_at_most_and_the_rest_of_the_second() -> None:
    _, client = crowded(1600, 30)
    got = answer(client, asked(numberOfTicks=1600)).historicalTicksLast
    assert len(got) == 1020  # 34 whole seconds
    got = answer(client, asked(endDateTime="20260413-14:00:50", numberOfTicks=9999))
    assert [int(t.size) for t in got.historicalTicksLast] == list(range(481, 1501))


def test_it_is_walked_in_pieces_between_which_others_are_served() -> None:
    hall, client = crowded(3000, 2)
    other = hall.client(2)
    data = client.connection.send(asked(endDateTime="20260413-14:30:00"))
    hall.station.receive(client.session, data, hall.now)
    hall.station.flush()
    assert client.got() == []
    hall.station.receive(other.session, other.connection.send(session.ReqCurrentTime()), hall.now)
    hall.station.flush()
    assert len(other.got()) == 1 and client.got() == []
    hall.settle()
    assert len(answer_of(client)) == 1000


def answer_of(client: Client) -> list[Any]:
    (got,) = client.of(wire.HistoricalTicksLast)
    found: list[Any] = got.historicalTicksLast
    return found


def test_the_end_of_history_cancels_and_a_number_is_used_once() -> None:
    hall, client = crowded(3000, 2)
    requests = (asked(7, endDateTime="20260413-14:30:00"), asked(7))
    segment = b"".join(map(client.connection.send, requests))
    hall.station.receive(client.session, segment, hall.now)
    hall.station.flush()
    assert [error[:2] for error in client.errors()] == [(7, 386)]
    client.send(history.CancelHistoricalData(7))  # not what was asked
    (error, got) = client.got()
    assert error.errorCode == 366 and len(got.historicalTicksLast) == 1000


@pytest.mark.parametrize("version", [215, 226])
def test_a_cancel_is_silent(version: int) -> None:
    hall, _ = crowded(3000, 2)
    client = hall.client(2, version)
    data = client.connection.send(asked(7, endDateTime="20260413-14:30:00"))
    hall.station.receive(client.session, data, hall.now)
    hall.station.flush()
    client.send(wire.CancelHistoricalTicks(7))
    assert client.got() == []
    assert client.send(wire.CancelHistoricalTicks(7)).got() == []


# ---------------------------------------------------------------- the tape of a station


def tape(now: int) -> tuple[Hall, Client]:
    calendars = {entry.conId: calendar_of(entry) for entry in CATALOGUE}
    market = open_market(now, calendars=calendars, seed=5)
    hall = Hall(market=market, now=now, profile=Profile(hours="exchange"))
    return hall, hall.client(1)


def test_ticks_of_the_past_are_those_of_the_tape() -> None:
    hall, client = tape(at("20260413 11:00:00"))
    start, end = at("20260413 10:30:00"), at("20260413 10:31:00") - 1
    trades = [t for t in hall.market.ticks(AAPL_ID, start - 1, end) if isinstance(t, Print)]
    quotes = [t for t in hall.market.ticks(AAPL_ID, start - 1, end) if isinstance(t, Quote)]
    hall.wait(1)
    got = answer(client, asked(startDateTime="20260413-14:30:00", numberOfTicks=len(trades)))
    told = got.historicalTicksLast[: len(trades)]
    assert [(t.time, round(t.price * 10_000), t.exchange) for t in told] == [
        (t.time // SECOND, t.price, t.exchange) for t in trades
    ]
    got = answer(client, asked(what="BID_ASK", startDateTime="20260413-14:30:00"))
    told = [t for t in got.historicalTicksBidAsk if t.time < end // SECOND + 1]
    assert 10 < len(told) <= len(quotes)
    assert {(t.time, round(t.priceBid * 10_000)) for t in told} <= {
        (q.time // SECOND, q.bid) for q in quotes
    }


def test_one_request_is_answered_out_of_one_session() -> None:
    hall, client = tape(at("20260414 11:00:00"))
    opens, closes = at("20260413 04:00:00"), at("20260413 20:00:00")
    got = answer(client, asked(endDateTime="20260414 04:00:00 US/Eastern", numberOfTicks=50))
    times = [tick.time for tick in got.historicalTicksLast]
    assert len(times) >= 50 and closes // SECOND - 3600 < times[0] <= times[-1] < closes // SECOND
    got = answer(client, asked(startDateTime="20260412 12:00:00 US/Eastern", numberOfTicks=5))
    assert got.historicalTicksLast[0].time - opens // SECOND < 60  # a Sunday: the next session
    got = answer(client, asked(startDateTime="20260413 19:50:00 US/Eastern"))
    assert all(tick.time < closes // SECOND for tick in got.historicalTicksLast)
    assert hall.station.next_due() is None


@walk("form", [1, 2])
@walk("regular", [0, 1])
def test_since_when_there_are_data(form: int, regular: int) -> None:
    hall, client = tape(at("20260413 11:00:00"))
    got = answer(client, wire.ReqHeadTimeStamp(3, AAPL, regular, "TRADES", form))
    head = hall.market.head(AAPL_ID)
    assert got.reqId == 3
    begins = at("20160404 09:30:00") if regular else at("20160404 04:00:00")
    assert head == at("20160404 04:00:00")
    text = "20160404-13:30:00" if regular else "20160404-08:00:00"
    assert got.headTimestamp == (str(begins // SECOND) if form == 2 else text)
    assert client.send(wire.CancelHeadTimeStamp(3), wire.CancelHeadTimeStamp(4)).got() == []


@pytest.mark.long
def test_no_history_begins_before_the_head() -> None:
    hall, client = tape(at("20260413 11:00:00"))
    request = history.ReqHistoricalData(4, AAPL, "", "1 day", "12 Y", 0, "TRADES", 1)
    client.send(request)
    hall.wait(1)
    (got,) = client.of(history.HistoricalData)
    assert got.historicalDataBars[0].date == "20160404"
    client.send(request_before_the_head())
    assert [error[:2] for error in client.errors()] == [(5, 162)]


def request_before_the_head() -> history.ReqHistoricalData:
    return history.ReqHistoricalData(5, AAPL, "20150101-00:00:00", "1 day", "1 M", 0, "TRADES", 1)


@walk(
    ("fields", "code"),
    [
        ({"whatToShow": "HIGH"}, 321),
        ({"formatDate": 7}, 321),
        ({"contract": EUR}, 162),
        ({"contract": Contract(symbol="NOSUCH", secType="STK", exchange="SMART")}, 200),
    ],
)
def test_a_head_that_is_refused(fields: dict[str, Any], code: int) -> None:
    _, client = ready()
    request = {"contract": AAPL, "whatToShow": "TRADES", "useRTH": 1, "formatDate": 1, **fields}
    client.send(wire.ReqHeadTimeStamp(8, **request))
    assert [error[:2] for error in client.errors()] == [(8, code)]


def test_what_begins_later_has_no_head() -> None:
    hall, client = ready()
    hall.market.head = lambda con_id: hall.now + DAY
    ((_, code, text),) = client.send(wire.ReqHeadTimeStamp(8, AAPL, 0, "TRADES", 1)).errors()
    assert code == 162 and text.endswith("No head time stamp")


@walk("version", [119, 157, 226])
def test_how_much_was_traded_at_each_price(version: int) -> None:
    _, client = ready(version)
    got = answer(client, wire.ReqHistogramData(2, AAPL, False, "3 days"))
    assert (got.reqId, [(row.price, row.size) for row in got.histogramDataEntries]) == (
        2, [(257.66, 100), (257.67, 300), (257.68, 200)],
    )  # fmt: skip


@pytest.mark.long
def test_a_histogram_has_the_volume_of_the_bars() -> None:
    hall, client = tape(at("20260413 11:00:00"))
    client.send(wire.ReqHistogramData(2, AAPL, True, "1 day"))
    hall.wait(1)
    (got,) = client.of(wire.HistogramData)
    start = hall.market.trading_start(AAPL_ID, at("20260413 11:00:00"), 1, regular=True)
    bars = hall.market.bars(
        AAPL_ID, start=start, end=at("20260413 11:00:00"), step=MINUTE, what="TRADES"
    )
    bars = [bar for bar in bars if not hall.station.venue.hours.opens(AAPL_ID, REGULAR, bar.start)]
    volume = sum(row.size for row in got.histogramDataEntries)
    assert volume == Decimal(sum(bar.volume for bar in bars)) / SIZE_SCALE
    prices = [row.price for row in got.histogramDataEntries]
    assert prices == sorted(prices)
    assert round(min(prices) * 10_000) == min(bar.low for bar in bars)
    assert round(max(prices) * 10_000) == max(bar.high for bar in bars)


@walk(
    ("period", "code"),
    [("", 321), ("3 parsecs", 321), ("0 days", 321), ("94 days", 162), ("14 weeks", 162),
     ("4 months", 162), ("1 year", 321), ("99999999999 days", 321)],
)  # fmt: skip
def test_a_period_that_is_refused(period: str, code: int) -> None:
    _, client = ready()
    client.send(wire.ReqHistogramData(2, AAPL, False, period))
    assert [error[:2] for error in client.errors()] == [(2, code)]


def test_what_is_not_traded_has_no_histogram() -> None:
    _, client = ready()
    client.send(wire.ReqHistogramData(2, EUR, False, "1 week"))
    assert [error[:2] for error in client.errors()] == [(2, 162)]


def test_a_histogram_can_be_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past_ticks, "PIECE", 1)
    hall, client = ready()
    data = client.connection.send(wire.ReqHistogramData(2, AAPL, False, "1 day"))
    hall.station.receive(client.session, data, hall.now)
    hall.station.flush()
    assert client.session.subscriptions.of(Query)
    client.send(wire.CancelHistogramData(2))
    assert client.got() == [] and hall.station.next_due() is None
