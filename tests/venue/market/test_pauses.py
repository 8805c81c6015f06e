"""Days with a lunch break: nothing happens in it, and the day goes on where it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from papertape.model import Contract
from papertape.venue.market.prices import Calendars, Prices
from papertape.venue.market.source import Print, Quote
from papertape.venue.market.tape import Market, open_market
from papertape.venue.reference.calendars import calendar_of
from papertape.venue.reference.instruments import Instrument, Listing, Purpose
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.units import DAY, MINUTE, Nanos
from venue.scenario import at
from walks import walk

ANCHOR = at("20261005 20:00:00")  # Tuesday morning in Tokyo
HOUR = 60 * MINUTE


def found(**words: str) -> Instrument:
    listing = CATALOGUE.resolve(Contract(**words), Purpose.QUOTES, ANCHOR)  # type: ignore[arg-type]
    assert isinstance(listing, Listing)
    return listing.instrument


TOYOTA = found(symbol="7203", secType="STK", exchange="TSEJ", currency="JPY")
TENCENT = found(symbol="700", secType="STK", exchange="SEHK", currency="HKD")
CORN = found(symbol="ZC", secType="FUT", exchange="CBOT", lastTradeDateOrContractMonth="202703")
HANG_SENG = found(symbol="HSI", secType="IND", exchange="HKFE", currency="HKD")
# instrument, a day, where its parts begin and end on the clock of its exchange
DAYS = [
    (TOYOTA, 6, ["09:00", "11:30", "12:30", "15:30"]),
    (TENCENT, 6, ["09:30", "12:00", "13:00", "16:10"]),
    (HANG_SENG, 6, ["09:30", "12:00", "13:00", "16:10"]),
    (CORN, 6, ["-05:00", "07:45", "08:30", "13:20"]),
]


def market() -> Market:
    prices = Prices(CATALOGUE)
    return open_market(
        ANCHOR, recordings=(), synthetic=prices, seed=3, calendars=Calendars(CATALOGUE, prices)
    )


MARKET = market()


def instants(entry: Instrument, day: int, texts: list[str]) -> list[Nanos]:
    zone, ordinal = calendar_of(entry).zone, at(f"202610{day:02d} 12:00:00")
    number = zone.day(ordinal)
    minutes = [
        (-1 if text[0] == "-" else 1) * (int(text[-5:-3]) * 60 + int(text[-2:])) for text in texts
    ]
    return [zone.instant(number, minute) for minute in minutes]


@walk(("entry", "day", "texts"), DAYS, ids=["7203", "700", "HSI", "ZC"])
def test_nothing_ticks_in_a_pause(entry: Instrument, day: int, texts: list[str]) -> None:
    begins, pause, over, ends = instants(entry, day, texts)
    con_id = entry.conId
    assert MARKET.sessions(con_id, begins, begins)[-1] == (begins, ends)
    assert list(MARKET.ticks(con_id, pause - 1, over - 1)) == []
    assert MARKET.next_tick(con_id, pause - 1) == over
    before = MARKET.quote(con_id, pause - 1)
    assert MARKET.quote(con_id, pause + 7 * MINUTE) == before
    assert MARKET.quote(con_id, over).time == over
    assert MARKET.day(con_id, pause) == MARKET.day(con_id, over - 1)
    assert MARKET.next_tick(con_id, ends - 1) > ends + HOUR


@pytest.mark.long
@pytest.mark.sample(3)
@pytest.mark.parametrize(("entry", "day", "texts"), DAYS, ids=["7203", "700", "HSI", "ZC"])
def test_ticks_of_a_day_come_in_order_and_make_its_figures(
    entry: Instrument, day: int, texts: list[str]
) -> None:
    begins, pause, over, ends = instants(entry, day, texts)
    con_id = entry.conId
    ticks = list(MARKET.ticks(con_id, begins - 1, ends - 1))
    times = [tick.time for tick in ticks]
    assert times == sorted(times)
    assert not [time for time in times if pause <= time < over]
    assert ticks[0].time == begins
    stats = MARKET.day(con_id, ends - 1)
    prints = [tick for tick in ticks if isinstance(tick, Print)]
    if prints and entry.secType != "IND":
        assert stats.volume == sum(tick.size for tick in prints)
        assert (stats.high, stats.low) == (
            max(tick.price for tick in prints), min(tick.price for tick in prints)
        )  # fmt: skip
        assert (stats.last, stats.lastTime) == (prints[-1].price, prints[-1].time)
    quotes = [tick for tick in ticks if isinstance(tick, Quote)]
    assert quotes[-1] == MARKET.quote(con_id, ends + MINUTE)


@pytest.mark.sample(1, test=5)
@pytest.mark.long
@pytest.mark.parametrize("step", [MINUTE, 30 * MINUTE, HOUR, 4 * HOUR, 8 * HOUR, DAY])
@pytest.mark.parametrize("entry", [TOYOTA, CORN], ids=lambda one: one.symbol)
def test_bars_are_those_of_the_ticks(entry: Instrument, step: Nanos) -> None:
    """Each bar has what happened between it and the one after it."""
    start, end = ANCHOR - DAY // 2, ANCHOR + DAY - 2 * HOUR  # both exchanges sleep then
    bars = MARKET.bars(entry.conId, start=start, end=end, step=step, what="TRADES")
    if step == DAY:
        (bar,) = bars[-1:]
        begins, ends = MARKET.sessions(entry.conId, start, end)[-1]
        spans = [(bar, begins, ends)]
    else:
        spans = [
            (bar, bar.start, after)
            for bar, after in zip(bars, [one.start for one in bars[1:]] + [end])
        ]
    assert spans
    for bar, begins, ends in spans:
        ticks = MARKET.ticks(entry.conId, begins - 1, ends - 1)
        prints = [tick for tick in ticks if isinstance(tick, Print)]
        assert bar.volume == sum(tick.size for tick in prints)
        assert (bar.open, bar.close) == (prints[0].price, prints[-1].price)
        assert bar.high == max(tick.price for tick in prints)


@pytest.mark.long
@walk("step", [30 * MINUTE, HOUR, 4 * HOUR])
def test_quotes_carry_on_behind_a_pause(step: Nanos) -> None:
    begins, pause, over, ends = instants(TOYOTA, 6, DAYS[0][2])
    bars = MARKET.bars(TOYOTA.conId, start=begins, end=ends, step=step, what="BID")
    assert not [bar for bar in bars if pause <= bar.start < over]
    quotes = [
        one for one in MARKET.ticks(TOYOTA.conId, over - 1, ends - 1) if isinstance(one, Quote)
    ]
    assert bars[-1].close == quotes[-1].bid


def test_hours_begin_anew_after_lunch_and_longer_bars_do_not() -> None:
    begins, pause, over, _ = instants(TOYOTA, 6, DAYS[0][2])
    hours = MARKET.bars(TOYOTA.conId, start=begins, end=begins + 4 * HOUR, step=HOUR, what="TRADES")
    assert [bar.start - begins for bar in hours] == [
        0, HOUR, 2 * HOUR, 3 * HOUR + 30 * MINUTE
    ]  # fmt: skip
    longer = MARKET.bars(
        TOYOTA.conId, start=begins, end=begins + 8 * HOUR, step=4 * HOUR, what="TRADES"
    )
    assert [bar.start - begins for bar in longer] == [0, 4 * HOUR]
    late = MARKET.bars(TOYOTA.conId, start=pause, end=over + HOUR, step=HOUR, what="TRADES")
    assert [bar.start for bar in late] == [over, over + 30 * MINUTE]


@pytest.mark.long
@given(st.integers(0, 3 * 1440))
def test_a_look_does_not_depend_on_earlier_ones(minute: int) -> None:
    now = ANCHOR + minute * MINUTE
    fresh = market()
    assert MARKET.quote(TOYOTA.conId, now) == fresh.quote(TOYOTA.conId, now)
    assert MARKET.day(TOYOTA.conId, now) == fresh.day(TOYOTA.conId, now)
    assert MARKET.next_tick(TOYOTA.conId, now) == fresh.next_tick(TOYOTA.conId, now)
    seen = MARKET.glimpse(TOYOTA.conId, now)
    assert seen is not None
    assert seen.until > now
    start = MARKET.trading_start(TOYOTA.conId, now, 1)
    assert start == fresh.trading_start(TOYOTA.conId, now, 1) < now
    assert (start, start + 390 * MINUTE) in MARKET.sessions(TOYOTA.conId, start, now)
