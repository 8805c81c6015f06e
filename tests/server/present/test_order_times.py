"""Times as openOrder shows them, in the zone of the exchange, and what may be sent back."""

from datetime import datetime

from papertape.venue.reference.calendars import calendar_of
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.reference.times import instant, parse_instant
from venue.scenario import Stage, scenario, shown
from walks import walk

QUOTES = """
    quote   AAPL 257.66 x 257.68      -> .
    quote   ESM6 5000.25 x 5000.50    -> .
"""
CAPTURED = "20260824-20:48:09", "20260824 16:48:09 US/Eastern"
"""A time as a client wrote it, and as a gateway showed it."""


def placed(row: str) -> Stage:
    stage = scenario(QUOTES)
    assert "refused" not in shown(stage.step(f"submit #1 {row}"))[0]
    return stage


@walk(
    ("fields", "name"),
    [
        ("GTD goodTillDate={}", "goodTillDate"),
        ("GTT goodTillDate={}", "goodTillDate"),
        ("GTC goodAfterTime={}", "goodAfterTime"),
        ("GTC activeStartTime={}", "activeStartTime"),
        ("GTC activeStopTime={}", "activeStopTime"),
    ],
)
def test_a_time_in_utc_is_shown_in_the_zone_of_the_exchange(fields: str, name: str) -> None:
    given, wanted = CAPTURED
    stage = placed("BUY 1 AAPL LMT 250 " + fields.format(given))
    (view,) = stage.queries.open_orders()
    assert getattr(view.order, name) == wanted
    future = placed("BUY 1 ESM6 LMT 4900 " + fields.format("20260613-20:48:09"))
    (view,) = future.queries.open_orders()
    assert getattr(view.order, name) == "20260613 15:48:09 US/Central"


def test_conditions_are_shown_as_captured() -> None:
    given, wanted = CAPTURED
    rows = (
        f'[{{"type":3,"isMore":true,"time":"{given}"}},'
        '{"type":5,"symbol":"SPY","secType":"STK","exchange":"SMART"}]'
    )
    stage = placed(f"BUY 1 AAPL LMT 250 GTC conditions={rows}")
    (view,) = stage.queries.open_orders()
    time, execution = view.order.conditions
    assert time.time == wanted and execution.exchange == "ANY"


def test_the_times_of_an_algorithm_are_those_of_the_day_on_which_it_works() -> None:
    params = (
        '[{"tag":"pctVol","value":"0.1"},{"tag":"startTime","value":"09:00:00"},'
        '{"tag":"endTime","value":"09:30:00"}]'
    )
    stage = placed(f"BUY 1 AAPL LMT 250 algoStrategy=PctVol algoParams={params}")
    (view,) = stage.queries.open_orders()
    told = {one.tag: one.value for one in view.order.algoParams}
    assert told == {
        "pctVol": "0.1",
        "startTime": "20260414 09:00:00 US/Eastern",
        "endTime": "20260414 09:30:00 US/Eastern",
    }


def test_every_zone_that_is_shown_may_be_sent_back() -> None:
    for entry in CATALOGUE:
        calendar = calendar_of(entry)
        for month in (1, 7):
            local = datetime(2026, month, 15, 12, tzinfo=calendar.zone)
            text = f"{local:%Y%m%d %H:%M:%S} {calendar.hours.zone_id}"
            assert parse_instant(text, calendar.zone) == instant(local), entry.symbol
