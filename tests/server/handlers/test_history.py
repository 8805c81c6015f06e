"""reqHistoricalData: bars, end marker by version, date forms, refusals, long queries in parts."""

import itertools
from decimal import Decimal

import msgspec
import pytest

from papertape.model import Contract
from papertape.server.handlers import history as handler
from papertape.server.handlers.history_query import MAX_QUERIES
from papertape.server.sessions.subscriptions import Query
from papertape.venue.market.source import PriceBar
from papertape.venue.market.tape import open_market
from papertape.venue.units import DAY, MINUTE, SECOND
from papertape.wire.catalogue import history as wire
from papertape.wire.catalogue import session
from server.pair import VERSIONS, Client, Hall, Stopwatch
from server.shown import expected, lines
from server.test_every_kind import hall as every_kind
from venue.scenario import START
from walks import walk

AAPL = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")


def asked(number: int = 1, **fields: object) -> wire.ReqHistoricalData:
    wanted = {"barSizeSetting": "1 min", "duration": "1 D", "whatToShow": "TRADES", **fields}
    return wire.ReqHistoricalData(number, AAPL, **wanted)  # type: ignore[arg-type]


def ready(version: int = 226) -> tuple[Hall, Client]:
    hall = Hall()
    for back in (3, 2, 1):
        start = hall.now - back * MINUTE
        hall.market.history.append(
            PriceBar(start, 2576600, 2577000, 2576500, 2576800, 2_500_000, 2576750, 12)
        )
    return hall, hall.client(1, version)


@walk("version", VERSIONS)
def test_the_end_is_part_of_the_answer_below_196_and_a_message_from_then_on(version: int) -> None:
    _, client = ready(version)
    got = client.send(asked()).got()
    assert lines(got) == ["historicalData 1 3 bars", "historicalDataEnd 1"][: 1 + (version >= 196)]
    end = got[-1]
    form = "20260413 10:00:00 US/Eastern" if version >= 174 else "20260413  10:00:00"
    assert (end.endDateStr, end.startDateStr[:8]) == (form, "20260412")


@pytest.mark.parametrize(("version", "volume"), [(174, 2), (175, 250)])
def test_a_bar_in_the_units_of_the_version(version: int, volume: int) -> None:
    _, client = ready(version)
    (answer,) = client.send(asked()).of(wire.HistoricalData)
    bar = answer.historicalDataBars[0]
    assert (bar.open, bar.high, bar.low, bar.close) == (257.66, 257.7, 257.65, 257.68)
    assert (bar.volume, bar.wap, bar.barCount) == (volume, Decimal("257.675"), 12)


@walk(
    ("form", "version", "date"),
    [(1, 226, "20260413 09:57:00 US/Eastern"), (1, 173, "20260413  09:57:00"),
     (2, 226, "1776088620"), (3, 226, "0413 09:57:00 US/Eastern")],
)  # fmt: skip
def test_the_three_forms_of_dates(form: int, version: int, date: str) -> None:
    _, client = ready(version)
    (answer,) = client.send(asked(formatDate=form)).of(wire.HistoricalData)
    assert answer.historicalDataBars[0].date == date


def test_bars_without_trades_say_minus_one() -> None:
    hall, client = ready()
    start = hall.now - MINUTE
    hall.market.history[:] = [PriceBar(start, 2576600, 2577000, 2576500, 2576800, -1, -1, -1)]
    (answer,) = client.send(asked(whatToShow="BID")).of(wire.HistoricalData)
    bar = answer.historicalDataBars[0]
    assert (bar.volume, bar.wap, bar.barCount) == (-1, -1, -1)


SPANS = """
    60 S   |                              | 0:01:00 before now
    2 D    |                              | 48:00:00 before now
    1 W    |                              | 168:00:00 before now
    1 M    |                              | 744:00:00 before now
    1 Y    |                              | 8760:00:00 before now
    3600   |                              | 1:00:00 before now
    1 d    | 09:30:00 US/Eastern          | 24:30:00 before now
    60 S   | 09:30:00 US/Eastern          | 0:31:00 before now
    60 S   | 20260413 09:30:00 US/Eastern | 0:31:00 before now
    60 S   | 20260413-13:30:00            | 0:31:00 before now
    60 S   | 20270101-00:00:00            | 0:01:00 before now
"""


@pytest.mark.long
@walk("row", SPANS.strip().splitlines(), ids=str.strip)
def test_the_span_that_is_asked_for(row: str) -> None:
    duration, end, told = (cell.strip() for cell in row.split("|"))
    hall, client = ready()
    client.send(asked(duration=duration, endDateTime=end))
    hours, minutes, seconds = map(int, told.split()[0].split(":"))
    start = hall.now - (hours * 3600 + minutes * 60 + seconds) * SECOND
    assert hall.market.asked_bars[0][0] == start
    assert hall.market.asked_bars[0][2:] == (MINUTE, "TRADES")


def test_an_end_without_a_zone_is_served_with_a_warning() -> None:
    _, client = ready()
    client.send(asked(endDateTime="20260413 09:58:30"))
    assert lines(client.got()) == ["error 1 2174", "historicalData 1 2 bars", "historicalDataEnd 1"]


FORM = (
    "cause - When specifying a unit, historical data request duration format is "
    "integer{SPACE}unit (S|D|W|M|Y)."
)
REFUSED = {
    "a bar size that is none": ({"barSizeSetting": "7 mins"}, 321,
        "Historical data bar size setting is invalid. Legal ones are: 1 secs, "),
    "nothing to show": ({"whatToShow": ""}, 321, "What to show field is missing or incorrect."),
    "no duration": ({"duration": ""}, 321, "Historical data request duration not specified."),
    "a duration that is none": ({"duration": "1 X"}, 321, FORM),
    "a duration of nothing": ({"duration": "0 D"}, 321,
        "cause - Historical data requested duration is invalid."),
    "too many seconds": ({"duration": "86401 S"}, 321,
        "cause - Historical data request for greater than 86400 seconds rejected."),
    "too many days": ({"duration": "366 D"}, 321,
        "Historical data requests for durations longer than 365 days must be made in years."),
    "too many weeks": ({"duration": "53 W"}, 321,
        "Historical data request for durations longer than 52 weeks must be made in years."),
    "too many months": ({"duration": "13 M"}, 321,
        "Historical data request for durations longer than 12 months must be made in years."),
    "too many years": ({"duration": "69 Y"}, 162, "Time length exceed max."),
    "a form of dates that is none": ({"formatDate": 0}, 321,
        "cause - Date formatting selection of 0 rejected."),
    "the year 1": ({"endDateTime": "00010101 00:00:00 UTC"}, 162,
        "HMDS query returned no data: AAPL@SMART TRADES"),
    "the year 1, of years": ({"endDateTime": "00010101-00:00:00", "duration": "68 Y",
        "barSizeSetting": "1 day"}, 162, "HMDS query returned no data: AAPL@SMART TRADES"),
    "live bars up to an end": ({"keepUpToDate": True, "endDateTime": "20260413-13:00:00"}, 321,
        "cause - End date not supported with live updates"),
    "live bars of bid and ask": ({"keepUpToDate": True, "whatToShow": "BID_ASK"}, 321,
        "cause - Source price not supported with live updates"),
    "live bars of a second": ({"keepUpToDate": True, "barSizeSetting": "1 secs",
        "duration": "60 S"}, 321, "cause - Bar size not supported with live updates"),
    "too many bars": ({"barSizeSetting": "1 secs"}, 162, "Time length exceed max."),
    "an end that is none": ({"endDateTime": "noon"}, 10314, "End Date/Time: The date, time, or "),
    "a span without bars": ({"endDateTime": "20200101-00:00:00"}, 162,
        "HMDS query returned no data: AAPL@SMART TRADES"),
}  # fmt: skip


@pytest.mark.long
@walk("case", REFUSED)
def test_refusals(case: str) -> None:
    fields, code, told = REFUSED[case]
    _, client = ready()
    ((request, number, text),) = client.send(asked(9, **fields)).errors()
    assert (request, number) == (9, code)
    assert told in text
    assert client.session.subscriptions.of(Query) == {}


@pytest.mark.long
def test_what_would_be_more_than_an_answer_holds_ends_the_query(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(handler, "MAX_BARS", 15_000)  # it takes seconds to make all of them
    hall, client = ready()
    bar = hall.market.history[0]
    hall.market.history[:] = [bar] * 15_001
    assert [error[:2] for error in client.send(asked(9)).errors()] == [(9, 162)]
    assert client.session.subscriptions.of(Query) == {}


@pytest.mark.parametrize(
    ("end", "days"),
    [("", ["20260405", "20260412", "20260413"]),
     ("20260411-00:00:00", ["20260405", "20260410"])],
)  # fmt: skip
def test_a_weekly_bar_carries_the_date_of_its_last_trading_day(end: str, days: list[str]) -> None:
    hall = Hall(market=open_market(START))
    client = hall.client(1)
    hall.wait(60)
    client.send(asked(barSizeSetting="1W", duration="2 W", endDateTime=end))
    (answer,) = client.of(wire.HistoricalData)
    assert [bar.date for bar in answer.historicalDataBars][-len(days) :] == days


@walk(
    ("parts", "code", "said"),
    [
        ({"symbol": "NOSUCH"}, 200, "No security definition has been found for the request"),
        ({"exchange": ""}, 321, "Please enter exchange"),
        ({"exchange": "", "conId": 265598}, 321, "Please enter exchange"),
        ({"secType": "FOO"}, 321, "Please enter a valid security type"),
        ({"symbol": ""}, 321, "The symbol or the local-symbol or the security id must be entered"),
        ({"exchange": "MKT"}, 200, "The destination or exchange selected is Invalid."),
    ],
)
def test_a_contract_that_is_none_or_incomplete(
    parts: dict[str, object], code: int, said: str
) -> None:
    _, client = ready()
    request = msgspec.structs.replace(asked(9), contract=msgspec.structs.replace(AAPL, **parts))
    ((about, found, text),) = client.send(request).errors()
    assert (about, found) == (9, code) and text.endswith(said)


# ---------------------------------------------------------------- long queries


def begun(hall: Hall, client: Client, number: int = 1) -> None:
    """Ask for a month of minutes, and give it one turn."""
    data = client.connection.send(asked(number, duration="1 M"))
    hall.station.receive(client.session, data, hall.now)
    hall.station.flush()


def test_a_long_query_is_worked_out_in_parts_between_which_others_are_served() -> None:
    hall, client = ready()
    other = hall.client(2)
    begun(hall, client)
    assert len(hall.market.queries("TRADES")) == 1
    assert hall.station.next_due() == hall.now
    hall.station.receive(other.session, other.connection.send(session.ReqCurrentTime()), hall.now)
    hall.station.flush()
    assert len(other.got()) == 1 and client.got() == []
    hall.settle()
    assert lines(client.got()) == ["historicalData 1 3 bars", "historicalDataEnd 1"]
    spans = [(start, end) for start, end, _, _ in hall.market.queries("TRADES")]
    assert len(spans) > 10
    assert all(one[1] == two[0] for one, two in itertools.pairwise(spans))
    assert spans[0][0] == hall.now - 31 * DAY and spans[-1][1] == hall.now


def test_a_query_under_way_can_be_cancelled() -> None:
    hall, client = ready()
    begun(hall, client)
    client.send(wire.CancelHistoricalData(1))
    text = "Historical Market Data Service error message:API historical data query cancelled: 1"
    assert client.errors() == [(1, 162, text)]


def test_a_finished_or_unknown_query_cannot_be_cancelled() -> None:
    _, client = ready()
    client.send(asked()).got()
    client.send(wire.CancelHistoricalData(1))
    assert client.errors() == [(1, 366, "No historical data query found for ticker id:1")]


def test_a_number_under_way_is_refused_and_the_query_goes_on() -> None:
    hall, client = ready()
    begun(hall, client)
    client.send(asked(1))
    assert lines(client.got()) == expected("""
        error 1 386
        historicalData 1 3 bars; historicalDataEnd 1
    """)


def test_a_client_may_have_fifty_queries_under_way() -> None:
    hall, client = ready()
    segment = b"".join(
        client.connection.send(asked(number, duration="1 M")) for number in range(MAX_QUERIES + 1)
    )
    hall.station.receive(client.session, segment, hall.now)
    hall.station.flush()
    text = "Historical Market Data Service error message:Historical data request pacing violation"
    assert client.errors() == [(MAX_QUERIES, 162, text)]
    client.leave()
    assert client.session.subscriptions.of(Query) == {}
    hall.settle()
    assert hall.station.next_due() is None


def test_a_query_that_fails_costs_itself_only(monkeypatch: pytest.MonkeyPatch) -> None:
    hall, client = ready()

    def bars(*_: object, **__: object) -> list[PriceBar]:
        raise ValueError("no such day")

    monkeypatch.setattr(hall.market, "bars", bars)
    client.send(asked(1), session.ReqCurrentTime())
    assert lines(client.got()) == [f"currentTime {hall.now // 10**9}", "error 1 323"]
    assert hall.station.next_due() is None


@pytest.mark.long
def test_a_long_answer_is_encoded_a_part_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for somebody else's hundred thousand bars: not while they are looked up, not
    while they are encoded."""
    from papertape.server.handlers import history
    from papertape.wire import connection, parted

    hall = Hall(market=open_market(START, seed=3))
    client = hall.client(1, 176)
    hall.station.timing.stopwatch = Stopwatch(0.0012)
    shown, encoded = [0], [0]
    plain = connection.encode

    def counted(message: object, version: int) -> bytes:
        encoded[0] += len(getattr(message, "historicalDataBars", ()))
        return plain(message, version)  # type: ignore[arg-type]

    monkeypatch.setattr(parted, "encode", counted)
    monkeypatch.setattr("papertape.server.sessions.session.encode", counted)
    make = history.shown_bar

    def told(*some: object, **more: object) -> object:
        shown[0] += 1
        return make(*some, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(history, "shown_bar", told)
    part, looked = history.part_of_bars, [0]

    def looked_up(*some: object, **more: object) -> list[PriceBar]:
        found = part(*some, **more)  # type: ignore[arg-type]
        looked[0] += len(found)
        return found

    monkeypatch.setattr(history, "part_of_bars", looked_up)
    data = client.connection.send(asked(1, duration="30 D"))
    hall.station.receive(client.session, data, hall.now)
    bars, steps = 0, 0
    while not bars:
        shown[0] = encoded[0] = looked[0] = 0
        hall.station.step(hall.now)
        hall.station.flush()
        assert max(shown[0], encoded[0]) <= 4 * history.ENCODED
        assert not (looked[0] and shown[0])
        for answer in client.of(wire.HistoricalData):
            bars = len(answer.historicalDataBars)
        steps += 1
    assert bars > 11_000 and steps > bars / (4 * history.ENCODED)


@pytest.mark.long
@pytest.mark.parametrize("version", [176, 226])
def test_a_long_answer_is_written_in_pieces(version: int) -> None:
    """To copy megabytes into one piece took as long as all that a round may take."""
    hall = Hall(market=open_market(START, seed=3))
    client = hall.client(1, version)
    client.pipe.writes.clear()
    (answer, *_) = client.send(asked(1, duration="30 D")).of(wire.HistoricalData)
    size = sum(client.pipe.writes)
    assert size > 700_000 and len(answer.historicalDataBars) > 11_000
    assert max(client.pipe.writes) < 100_000
    assert len(client.pipe.writes) < size / 40_000
    assert client.session.bytes_out >= size


@pytest.mark.parametrize("version", [176, 226])
def test_whoever_looks_at_messages_sees_the_whole_answer(version: int) -> None:
    _, client = ready(version)
    plain = client.send(asked()).got()
    seen: list[object] = []
    client.session.on_send = lambda session, message, data: seen.append(message)
    assert client.send(asked()).got() == plain
    assert [type(one) for one in seen] == [type(one) for one in plain]
    assert seen[0].historicalDataBars == plain[0].historicalDataBars  # type: ignore[attr-defined]


CONTINUOUS = Contract(symbol="ES", secType="CONTFUT", exchange="CME")
PAST = "20100104-10:00:00"


@walk(
    ("contract", "end", "code", "text"),
    [
        (CONTINUOUS, PAST, 10339, "Setting end date/time for continuous future security type"),
        (CONTINUOUS, " ", 0, ""),
        (Contract(symbol="ES", secType="FUT", exchange="CME",
                  lastTradeDateOrContractMonth="202606"), PAST, 162, "no data: ES@CME TRADES"),
        (Contract(symbol="SIE", secType="STK", exchange="IBIS", currency="EUR"), PAST, 162,
         "no data: SIE@IBIS TRADES"),
    ],
)  # fmt: skip
def test_no_end_of_a_continuous_future_and_whose_data_there_are_none(
    contract: Contract, end: str, code: int, text: str
) -> None:
    client = every_kind().client()
    request = wire.ReqHistoricalData(1, contract, end, "1 min", "600 S", 1, "TRADES", 1)
    errors = client.send(request).errors()
    assert [found for _, found, _ in errors] == ([code] if code else [])
    assert all(text in said for _, _, said in errors)
