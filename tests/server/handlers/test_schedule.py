"""reqHistoricalData with SCHEDULE: the sessions of a span, in the zone of the exchange."""

from typing import Any

from papertape.model import Contract
from papertape.wire.catalogue import history as wire
from server.handlers.test_past_ticks import AAPL, ready, tape
from server.pair import Client
from server.test_every_kind import hall as every_kind
from venue.scenario import at
from walks import walk


def asked(client: Client, duration: str = "1 W", regular: int = 1, **more: Any) -> Any:
    fields = {"contract": AAPL, "barSizeSetting": "1 day", **more}
    client.send(
        wire.ReqHistoricalData(
            4, duration=duration, useRTH=regular, whatToShow="SCHEDULE", **fields
        )
    )
    (got,) = client.got()
    return got


@walk("version", [165, 210, 226])
def test_the_sessions_of_a_week_without_those_that_are_closed(version: int) -> None:
    hall, _ = tape(at("20260407 11:00:00"))
    got = asked(hall.client(2, version))
    assert (got.reqId, got.timeZone) == (4, "US/Eastern")
    assert [row.refDate for row in got.historicalSessions] == [
        "20260331", "20260401", "20260402", "20260406", "20260407",
    ]  # fmt: skip
    first, *_, last = got.historicalSessions
    assert (first.startDateTime, first.endDateTime) == ("20260331-09:30:00", "20260331-16:00:00")
    assert (got.startDateTime, got.endDateTime) == (first.startDateTime, last.endDateTime)


def test_outside_of_regular_hours_they_are_longer() -> None:
    _, client = tape(at("20260407 11:00:00"))
    last = asked(client, regular=0).historicalSessions[-1]
    assert (last.startDateTime, last.endDateTime) == ("20260407-04:00:00", "20260407-20:00:00")


def test_a_market_that_is_always_open_has_whole_days() -> None:
    _, client = ready()
    rows = asked(client, "1 W").historicalSessions
    assert len(rows) == 8
    assert (rows[0].startDateTime, rows[0].endDateTime) == (
        "20260406-00:00:00", "20260407-00:00:00",
    )  # fmt: skip


@walk("version", [151, 157, 164])
def test_a_client_that_is_too_old_for_the_answer_is_told_so(version: int) -> None:
    # The official clients do not send it; that of Go does.
    hall, _ = tape(at("20260407 11:00:00"))
    client = hall.client(2, version)
    trades = client.connection.send(
        wire.ReqHistoricalData(4, AAPL, "", "1 day", "1 W", whatToShow="TRADES")
    )
    body = trades[4:].replace(b"TRADES", b"SCHEDULE")
    client.raw(len(body).to_bytes(4, "big") + body)
    ((about, code, text),) = client.errors()
    assert (about, code) == (4, 321) and "What to show field is missing or incorrect." in text


def test_only_days_and_not_of_options() -> None:
    _, client = ready()
    error = asked(client, barSizeSetting="1 hour")
    assert (error.id, error.errorCode) == (4, 10295)
    option = Contract(localSymbol="SPY   260618C00680000", secType="OPT", exchange="SMART")
    error = asked(every_kind().client(), contract=option)
    assert (error.id, error.errorCode) == (4, 162)
