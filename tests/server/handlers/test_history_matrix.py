"""Every kind of contract × every ``whatToShow`` × sizes × ``useRTH``: bars that agree with each
other, or the refusal of the table of kinds.

The exchanges keep their hours. It is eleven in New York on a Tuesday, and everything trades.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime
from itertools import count, pairwise, product
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest

from lanes import thinned
from papertape.model import Bar, ComboLeg, Contract
from papertape.server.assembly import open_tape
from papertape.server.clock import MarketClock
from papertape.server.persistence import MarketFacts
from papertape.venue.broker.profile import Profile
from papertape.venue.market.derived import DerivedDay
from papertape.venue.units import MINUTE, SECOND
from papertape.wire.catalogue import history
from papertape.wire.catalogue.session import ErrorMessage
from server.by_kind import KINDS, QUIET, SHOWN, table
from server.pair import Client, Hall, Stopwatch
from venue.scenario import at

NUMBERS = count(1)
TODAY: Final = "20260414"
NOW: Final = at(f"{TODAY} 11:05:02")
SIZES: Final = {
    "5 secs": "300 S", "1 min": "1800 S", "30 mins": "1 D", "1 hour": "1 D", "1 day": "1 W",
    "1 week": "2 W", "1 month": "1 M",
}  # fmt: skip
"""Size of a bar -> the duration asked for."""
GRID: Final = ("5 secs", "1 min", "30 mins")
"""Sizes on whose grid regular sessions begin and end: with and without ``useRTH`` they are the same
bars."""
WHOLE_DAYS: Final = ("1 day", "1 week", "1 month")
SPREAD: Final = Contract(
    symbol="SPY", secType="BAG", exchange="SMART", currency="USD",
    comboLegs=[
        ComboLeg(conId=756733, ratio=1, action="BUY", exchange="SMART"),
        ComboLeg(conId=320227571, ratio=1, action="SELL", exchange="SMART"),
    ],
)  # fmt: skip
CONTINUOUS: Final = Contract(symbol="ES", secType="CONTFUT", exchange="CME")
CONTRACTS: Final = {**KINDS, "BAG": SPREAD, "CONTFUT": CONTINUOUS}
TRADED: Final = ("TRADES", "AGGTRADES", "ADJUSTED_LAST")
FIGURES: Final = ("HISTORICAL_VOLATILITY", "OPTION_IMPLIED_VOLATILITY", "FEE_RATE")
IN_A_DAY: Final = ("STK", "ETF", "IND", "OPT", "WAR", "CFD on a share")
"""Kinds whose trading days are days of the calendar."""
LOCAL: Final = re.compile(r"(\d{8})[ -](\d\d:\d\d:\d\d)(?: (\S+))?")
"""The date, the time and its zone; a time of UTC has a dash and no zone."""
ZONES: Final = {
    "US/Eastern": "America/New_York",
    "US/Central": "America/Chicago",
    "MET": "Europe/Zurich",
    "UTC": "UTC",
}
Told = dict[str, Bar] | int
"""Bars by their date, or the code of the refusal."""


def opened(now: int) -> Hall:
    """A station over the synthetic tape, at the hours of exchanges."""
    facts = MarketFacts(now - 120 * MINUTE, 3, MarketClock(now, now, 1.0))
    return Hall(
        market=open_tape(None, facts, "exchange"), now=now, profile=Profile(hours="exchange")
    )


@pytest.fixture(scope="module", name="client")
def _client() -> Client:
    return opened(NOW).client()


def expected(kind: str, what: str, size: str) -> int | None:
    """The code of the refusal; None for an answer."""
    if kind == "BAG":
        return 162
    cell = table()[f"reqHistoricalData {what}"][list(KINDS).index(kind.replace("CONT", ""))]
    if cell != "yes":
        return int(cell)
    return 10295 if what == "SCHEDULE" and size != "1 day" else None


def ask(client: Client, kind: str, what: str, size: str, *, rth: bool, form: int) -> Any:
    """The answer: bars in order, the sessions of a schedule, or an error."""
    number = next(NUMBERS)
    client.send(
        history.ReqHistoricalData(number, CONTRACTS[kind], "", size, SIZES[size], rth, what, form)
    )
    for _ in range(3000):
        for one in client.got():
            if isinstance(one, history.HistoricalData):
                assert one.reqId == number
                return one.historicalDataBars
            if isinstance(one, history.HistoricalSchedule):
                return one.historicalSessions
            if isinstance(one, ErrorMessage) and one.errorCode not in QUIET:
                assert one.id == number and len(one.errorMsg) > 20
                return one
        client.hall.settle()
    raise AssertionError(f"{kind} {what} {size} has no answer")


def check_bar(bar: Bar, kind: str, what: str) -> None:
    """One bar agrees with itself."""
    ends = (bar.open, bar.close)
    assert bar.low <= min(ends) and max(ends) <= bar.high, bar
    if what in TRADED and kind != "IND":
        assert bar.volume >= 0 and bar.barCount >= 0 and (bar.volume > 0) == (bar.barCount > 0), bar
        assert float(bar.low) - 1e-9 <= float(bar.wap) <= float(bar.high) + 1e-9, bar
    elif what in TRADED:
        assert bar.volume == 0 and bar.barCount >= 0, bar
    else:
        assert (bar.volume, bar.wap, bar.barCount) == (-1, -1, -1), bar
    if what not in FIGURES:
        assert bar.low > 0, bar


def instant(bar: Bar, size: str, form: int) -> int:
    """The date of a bar, which has the form asked for: a day's number, or seconds."""
    if size in WHOLE_DAYS:
        assert re.fullmatch(r"\d{8}", bar.date), bar
        return date(int(bar.date[:4]), int(bar.date[4:6]), int(bar.date[6:])).toordinal()
    if form == 2:
        assert re.fullmatch(r"\d{10}", bar.date), bar
        return int(bar.date)
    found = LOCAL.fullmatch(bar.date)
    assert found, bar
    assert ("-" in bar.date) == (found[3] is None), bar
    wall = datetime.strptime(f"{found[1]} {found[2]}", "%Y%m%d %H:%M:%S")
    return int(wall.replace(tzinfo=ZoneInfo(ZONES[found[3] or "UTC"])).timestamp())


def told(client: Client, kind: str, what: str, size: str, *, rth: bool) -> dict[int, Bar] | None:
    """The bars, each agreeing with itself and in order; None where there are none to expect. One
    form of dates tells the same as the other."""
    code = expected(kind, what, size)
    found = ask(client, kind, what, size, rth=rth, form=1)
    if code is not None:
        assert isinstance(found, ErrorMessage) and found.errorCode == code, (what, size, found)
        return None
    assert isinstance(found, list) and found, (what, size, rth, found)
    if what == "SCHEDULE":
        assert all(one.startDateTime < one.endDateTime for one in found)
        return None
    for bar in found:
        check_bar(bar, kind, what)
    dates = [instant(bar, size, 1) for bar in found]
    assert all(before < after for before, after in pairwise(dates)), (what, size, rth)
    if size == "1 min" and not rth:
        again = ask(client, kind, what, size, rth=rth, form=2)
        assert [instant(bar, size, 2) for bar in again] == dates
    return dict(zip(dates, found, strict=True))


def prices(bar: Bar) -> tuple[float, ...]:
    return bar.open, bar.high, bar.low, bar.close


def compare_sides(bid: Bar, ask: Bar, middle: Bar, both: Bar) -> None:
    """The four histories of a quote."""
    assert bid.low <= middle.low <= ask.low and bid.high <= middle.high <= ask.high, (bid, ask)
    assert (both.low, both.high) == (bid.low, ask.high), (both, bid, ask)
    assert bid.low <= both.open <= bid.high and ask.low <= both.close <= ask.high, (both, bid, ask)


def compare_hours(what: str, size: str, whole: dict[int, Bar], regular: dict[int, Bar]) -> None:
    """The same bars with ``useRTH``: those of the session, and no more in them. A figure is made of
    what is in the session, so it may be any."""
    if size == "1 hour":  # the first of a session begins with it, not with the hour
        return
    assert regular.keys() <= whole.keys(), size
    for at_, bar in regular.items():
        other = whole[at_]
        if size in GRID:
            assert bar == other
        elif what not in FIGURES:
            assert other.low <= bar.low and bar.high <= other.high and bar.volume <= other.volume


@pytest.mark.sample(1, test=11)
@pytest.mark.long
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", CONTRACTS)
def test_bars_agree_with_each_other_or_are_refused_by_name(
    client: Client, kind: str, size: str
) -> None:
    found: dict[tuple[str, bool], dict[int, Bar]] = {}
    for rth, what in product((False, True), SHOWN):
        bars = told(client, kind, what, size, rth=rth)
        if bars is not None:
            found[what, rth] = bars
    for what in {what for what, _ in found}:
        compare_hours(what, size, found[what, False], found[what, True])
    for rth in (False, True):
        if ("BID", rth) in found:
            sides = [found[what, rth] for what in ("BID", "ASK", "MIDPOINT", "BID_ASK")]
            assert all(side.keys() == sides[0].keys() for side in sides), (size, rth)
            for place in sides[0]:
                compare_sides(*(side[place] for side in sides))


def today_of(client: Client, kind: str, what: str, size: str, *, rth: bool) -> dict[int, Bar]:
    """The bars of the trading day; ``1 D`` reaches into the one before."""
    found = told(client, kind, what, size, rth=rth) or {}
    return {at_: bar for at_, bar in found.items() if bar.date.startswith(TODAY)}


@pytest.mark.parametrize("rth", [False, True])
@pytest.mark.parametrize("kind", thinned(IN_A_DAY, check=13))
def test_a_day_is_made_of_its_half_hours(client: Client, kind: str, rth: bool) -> None:
    shown = [what for what in SHOWN[:4] if expected(kind, what, "1 day") is None]
    assert shown
    for what in shown:
        halves = today_of(client, kind, what, "30 mins", rth=rth).values()
        parts = [one for one in halves if one.barCount]  # others stand at the close before
        (day,) = today_of(client, kind, what, "1 day", rth=rth).values()
        low, high = min(one.low for one in parts), max(one.high for one in parts)
        assert prices(day) == (parts[0].open, high, low, parts[-1].close), what
        if what == "TRADES":
            assert day.volume == sum(one.volume for one in parts)
            assert day.barCount == sum(one.barCount for one in parts)


@pytest.mark.parametrize("kind", ["STK", "ETF"])
def test_a_regular_session_begins_at_half_past_nine(client: Client, kind: str) -> None:
    opened = at(f"{TODAY} 09:30:00") // SECOND
    for size in ("30 mins", "1 hour"):
        whole, regular = (today_of(client, kind, "BID", size, rth=rth) for rth in (False, True))
        assert min(regular) == opened > min(whole) == at(f"{TODAY} 04:00:00") // SECOND


@pytest.mark.sample(1, test=11)
@pytest.mark.long
@pytest.mark.parametrize("rth", [True, False])
@pytest.mark.parametrize(
    ("size", "duration"),
    [("1 hour", "1 W"), ("1 week", "1 M"), ("1 month", "2 M"), ("1 day", "1 M")],
)
def test_days_that_take_all_their_minutes_are_worked_out_one_at_a_time(
    monkeypatch: pytest.MonkeyPatch, size: str, duration: str, rth: bool
) -> None:
    """Of a future each day takes longer than others should wait."""
    made: list[int] = []
    printing, hall = DerivedDay._printing, opened(NOW)

    def counted(day: DerivedDay) -> Iterator[None]:
        made.append(1)
        yield from printing(day)

    hall.station.timing.stopwatch = Stopwatch(0.1)
    monkeypatch.setattr(DerivedDay, "_printing", counted)
    client = hall.client()
    asked = history.ReqHistoricalData(1, KINDS["FUT"], "", size, duration, rth, "TRADES", 1)
    hall.station.receive(client.session, client.connection.send(asked), hall.now)
    turns = [len(made)]
    while not any(isinstance(one, history.HistoricalData) for one in client.got()):
        hall.station.step(hall.now)
        hall.station.flush()
        turns.append(len(made))
    assert len(made) >= 5
    assert max(later - before for before, later in pairwise(turns)) <= 1
    assert len(made) <= 50, "days are forgotten before the bars of weeks and months are made"
