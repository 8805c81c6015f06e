"""The hours before the open and after the close of stocks that no recording tells of."""

import hashlib
import random
from itertools import pairwise

import pytest

from papertape.store import history
from papertape.venue.market.extended import ExtendedDays, ThinDay
from papertape.venue.market.interpolate import LEAST_TRADES, SHARES_A_TRADE
from papertape.venue.market.nights import evening, morning
from papertape.venue.market.noise import added, drawn
from papertape.venue.market.prices import Calendars, Prices
from papertape.venue.market.source import Print, Quote
from papertape.venue.market.tape import Market, open_market
from papertape.venue.reference.calendars import calendar_of
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.units import DAY, MINUTE, SECOND, WEEK
from venue.scenario import at

AAPL, SPY, IBM = 265598, 756733, 8314
PRICES = Prices(CATALOGUE)
RARE = next(
    entry.conId for entry in CATALOGUE.everything()
    if entry.secType == "STK" and entry.primaryExchange == "NASDAQ"
    and (spec := PRICES.spec(entry.conId)) is not None and spec.volume <= 100_000
)  # fmt: skip
"""A stock that seldom trades."""
KINDS = {"built in": AAPL, "fund": SPY, "rare": RARE}
WHATS = ("TRADES", "BID", "ASK", "MIDPOINT")
OPENS, BEGINS = at("20260414 04:00:00"), at("20260414 09:30:00")
CLOSES, ENDS = at("20260414 16:00:00"), at("20260414 20:00:00")
PARTS = ((OPENS, BEGINS), (BEGINS, CLOSES), (CLOSES, ENDS))


def market(seed: int = 5, begin: str = "20260413 09:30:00") -> Market:
    return open_market(
        at(begin), recordings=history.built_in(), synthetic=PRICES, seed=seed,
        calendars=Calendars(CATALOGUE, PRICES),
    )  # fmt: skip


MARKET = market()
every_kind = pytest.mark.parametrize("con_id", KINDS.values(), ids=KINDS)


STOCKS = [
    entry.conId for entry in CATALOGUE.everything()
    if entry.secType == "STK" and entry.currency == "USD"
]  # fmt: skip
TOLD = "353c59d00b132bfd6de260cd7f360a7f004b2c4039fe9f8cc1529f22f6878a6c"


def minutes(con_id: int, start: int, end: int, what: str = "TRADES", on: Market = MARKET):
    return on.bars(con_id, start=start, end=end - 1, step=MINUTE, what=what)


@pytest.mark.long
@every_kind
def test_it_ticks_from_four_to_twenty_and_in_no_other_hour(con_id: int) -> None:
    for begins, ends in PARTS:
        ticks = list(MARKET.ticks(con_id, begins - 1, ends - 1))
        for kind in (Quote, Print):
            assert any(isinstance(tick, kind) for tick in ticks)
    night = (at("20260413 20:00:00"), OPENS - 1)
    assert not list(MARKET.ticks(con_id, *night))
    assert MARKET.next_tick(con_id, night[0]) == OPENS
    assert MARKET.sessions(con_id, OPENS, ENDS - 1) == [(OPENS, ENDS)]


@pytest.mark.long
@pytest.mark.sample(5)
@every_kind
@pytest.mark.parametrize("what", WHATS)
def test_the_minutes_make_up_the_day_and_its_regular_session(con_id: int, what: str) -> None:
    for day in range(-3, 10):
        start, end = OPENS + day * DAY, ENDS + day * DAY
        whole = MARKET.bars(con_id, start=start, end=end, step=DAY, what=what)
        regular = MARKET.regular_days(con_id, start=start, end=end, what=what)
        for bars, (first, last) in (
            (whole, (start, end)),
            (regular, (BEGINS + day * DAY, CLOSES + day * DAY)),
        ):
            rows = minutes(con_id, first, last, what)
            assert len(bars) == bool(rows)
            for bar in bars:
                assert (bar.open, bar.close) == (rows[0].open, rows[-1].close)
                assert bar.high == max(row.high for row in rows)
                assert bar.low == min(row.low for row in rows)
                if what == "TRADES":
                    assert bar.volume == sum(row.volume for row in rows)
                    assert bar.count == sum(row.count for row in rows)


@pytest.mark.long
@every_kind
def test_a_minute_is_what_its_ticks_say(con_id: int) -> None:
    for begins, ends in ((OPENS, OPENS + 40 * MINUTE), (BEGINS - 5 * MINUTE, BEGINS + 5 * MINUTE),
                         (CLOSES - 5 * MINUTE, CLOSES + 40 * MINUTE)):  # fmt: skip
        ticks = list(MARKET.ticks(con_id, begins - 1, ends - 1))
        times = [tick.time for tick in ticks]
        assert times == sorted(times)
        trades = [tick for tick in ticks if isinstance(tick, Print)]
        for bar in minutes(con_id, begins, ends):
            inside = [t for t in trades if bar.start <= t.time < bar.start + MINUTE]
            prices = [trade.price for trade in inside]
            assert (bar.open, bar.high, bar.low, bar.close) == (
                prices[0], max(prices), min(prices), prices[-1],
            )  # fmt: skip
            assert bar.volume == sum(trade.size for trade in inside)
            assert bar.count == len(inside)
            trades = trades[len(inside) :]
        assert not trades
        assert all(0 < tick.bid < tick.ask for tick in ticks if isinstance(tick, Quote))


def spread(con_id: int, start: int) -> float:
    quotes = [t for t in MARKET.ticks(con_id, start, start + 30 * MINUTE) if isinstance(t, Quote)]
    return sum(quote.ask - quote.bid for quote in quotes) / len(quotes)


def size(con_id: int, start: int) -> float:
    quotes = [t for t in MARKET.ticks(con_id, start, start + 30 * MINUTE) if isinstance(t, Quote)]
    return sum(quote.bidSize + quote.askSize for quote in quotes) / len(quotes)


@pytest.mark.long
@every_kind
def test_little_is_traded_and_quotes_are_wide(con_id: int) -> None:
    volumes = [0, 0, 0]
    for day in range(20):
        for place, (begins, ends) in enumerate(PARTS):
            rows = minutes(con_id, begins + day * DAY, ends + day * DAY)
            volumes[place] += sum(bar.volume for bar in rows)
    assert 0 < volumes[0] < 0.04 * volumes[1]
    assert 0 < volumes[2] < 0.05 * volumes[1]
    noon = OPENS + 8 * 60 * MINUTE
    for quiet in (OPENS + 60 * MINUTE, CLOSES + 60 * MINUTE):
        assert spread(con_id, quiet) > 2 * spread(con_id, noon)
        assert size(con_id, quiet) < 0.8 * size(con_id, noon)


def test_most_is_traded_near_the_regular_session() -> None:
    early, before, after, late = 0, 0, 0, 0
    for day in range(20):
        rows = [minutes(SPY, start + day * DAY, start + day * DAY + 60 * MINUTE)
                for start in (OPENS, BEGINS - 60 * MINUTE, CLOSES, ENDS - 60 * MINUTE)]  # fmt: skip
        sums = [sum(bar.volume for bar in row) for row in rows]
        early, before = early + sums[0], before + sums[1]
        after, late = after + sums[2], late + sums[3]
    assert before > 2 * early > 0
    assert after > 2 * late > 0


def test_what_seldom_trades_has_minutes_without_a_print_and_a_standing_quote() -> None:
    bars = minutes(RARE, OPENS, BEGINS)
    assert 0 < len(bars) < 100
    assert len(minutes(RARE, OPENS, BEGINS, "MIDPOINT")) == 330
    assert len(minutes(SPY, OPENS, BEGINS)) > 250


@every_kind
def test_the_price_walks_through_the_night(con_id: int) -> None:
    """No jump where the hours meet: as a walk goes from minute to minute."""
    for day in range(3):
        rows = minutes(con_id, OPENS + day * DAY, ENDS + day * DAY, "BID")
        assert len(rows) == 960
        for place in (330, 720):
            assert rows[place].open == rows[place - 1].close
        moves = [abs(two.close - one.close) for one, two in pairwise(rows)]
        assert max(moves) < 0.02 * rows[0].open


def test_the_regular_session_is_what_follows_it_sees() -> None:
    """The session is that of a tape without the hours around it: options and indices have that."""
    source, layout = MARKET._sources._of(SPY)
    number = layout.number(BEGINS)
    for what in WHATS:
        rows = source.day(number).rows(what).bars(what, BEGINS, 0, 390)
        assert minutes(SPY, BEGINS, CLOSES, what) == rows


def test_the_close_that_a_day_shows_is_that_of_the_session_before() -> None:
    for con_id in KINDS.values():
        before = MARKET.regular_days(
            con_id, start=OPENS - DAY, end=ENDS - DAY, what="TRADES"
        )  # fmt: skip
        assert before is not None
        for now in (OPENS + SECOND, BEGINS + SECOND, ENDS - SECOND):
            assert MARKET.day(con_id, now).close == before[0].close


def test_a_half_day_goes_on_for_four_hours_after_its_close() -> None:
    close, end = at("20261127 13:00:00"), at("20261127 17:00:00")
    here = market(begin="20261125 09:30:00")
    assert here.sessions(SPY, close, close) == [(at("20261127 04:00:00"), end)]
    rows = minutes(SPY, close - 30 * MINUTE, end, "BID", here)
    assert len(rows) == 270 and rows[30].open == rows[29].close
    regular = here.regular_days(SPY, start=close - MINUTE, end=close, what="TRADES")
    day = here.day(SPY, at("20261130 05:00:00"))
    assert regular is not None and day.close == regular[0].close
    assert here.next_tick(SPY, end) == at("20261130 04:00:00")


@pytest.mark.long
def test_stocks_move_together_at_night() -> None:
    """By half hours of the evening and the morning, over some weeks."""
    same = other = 0.0
    for day in range(60):
        for start, end in ((OPENS, BEGINS), (CLOSES, ENDS)):
            one, two = (
                [bar.close for bar in minutes(con_id, start + day * DAY, end + day * DAY, "BID")]
                for con_id in (SPY, 320227571)
            )
            for place in range(29, len(one) - 30, 30):
                moved = (one[place + 30] - one[place]) * (two[place + 30] - two[place])
                same, other = same + max(moved, 0), other + max(-moved, 0)
    assert same > 3 * other > 0


@pytest.mark.long
def test_it_is_the_same_whoever_asked_before() -> None:
    one, other = market(), market()
    spans = [(begins + 7 * MINUTE, begins + 17 * MINUTE) for begins, _ in PARTS]
    found = [list(one.ticks(SPY, *span)) for span in spans]
    other.day(SPY, ENDS - 1)
    other.quote(AAPL, OPENS)
    assert [list(other.ticks(SPY, *span)) for span in reversed(spans)] == found[::-1]
    assert list(market(seed=6).ticks(SPY, *spans[0])) != found[0]


def test_what_others_keep_hours_of_is_left_alone() -> None:
    """No hours around it: exchanges without such, kinds without trades, recordings of one's own."""
    swiss = next(e for e in CATALOGUE if e.primaryExchange == "EBS" and e.secType == "STK")
    session = calendar_of(swiss).on(calendar_of(swiss).zone.day(BEGINS))
    assert session is not None
    assert MARKET.sessions(swiss.conId, BEGINS, BEGINS) == [(session.begins, session.closes)]
    assert MARKET.regular_days(swiss.conId, start=OPENS, end=ENDS, what="TRADES") is None


def test_a_week_is_the_days_in_it() -> None:
    begin, end = at("20260420 00:00:00"), at("20260425 00:00:00")
    (week,) = MARKET.bars(SPY, start=begin, end=end, step=WEEK, what="TRADES")
    days = MARKET.bars(SPY, start=begin, end=end, step=DAY, what="TRADES")
    assert len(days) == 5 and week.volume == sum(day.volume for day in days)


@pytest.mark.long
def test_not_a_byte_of_a_daily_bar_has_changed_since_they_were_written_down() -> None:
    told = hashlib.sha256()
    here = market(begin="20261105 09:30:00")
    for con_id in random.Random(14).sample(STOCKS, 30):
        for what in (*WHATS, "BID_ASK"):
            start, end = at("20261118 00:00:00"), at("20261202 11:11:11")  # with a half day
            told.update(repr(here.bars(con_id, start=start, end=end, step=DAY, what=what)).encode())
            told.update(repr(here.regular_days(con_id, start=start, end=end, what=what)).encode())
    assert told.hexdigest() == TOLD


def thin_days(con_id: int, on: Market = MARKET) -> tuple[ExtendedDays, list[ThinDay]]:
    """What plays on the tape of a stock, with some of its mornings and evenings."""
    source, _ = on._sources._played(con_id)
    assert isinstance(source, ExtendedDays)
    found = [part.day() for number in range(-40, 5) for part in source.fresh(number).parts[::2]]
    assert all(isinstance(day, ThinDay) for day in found)
    return source, found


def test_a_daily_bar_works_no_minute_of_the_hours_around_the_session_out() -> None:
    source, days = thin_days(RARE, market())
    assert all(day.whole(what) for day in days for what in WHATS)
    assert not any(way._cells for way in source._ways)
    days[0].rows("TRADES")
    assert source._ways[0]._cells


@pytest.mark.sample(7, test=3)
@pytest.mark.parametrize("con_id", [SPY, RARE, *random.Random(15).sample(STOCKS, 40)])
def test_which_minutes_have_prints_is_drawn_for_each(con_id: int) -> None:
    """Minute by minute, as it was worked out before it was done by half hours."""
    _, days = thin_days(con_id)
    for place, day in enumerate(days):
        shares = evening(8) if place % 2 else morning(11)
        whole, usual = added(shares), day._spec.volume / SHARES_A_TRADE / 30 / 8
        limits = [256.0 * usual * (share / whole) for share in shares]
        chance = drawn(30 * len(shares), day._seed, 8)
        found = [int(byte < limits[minute // 30]) for minute, byte in enumerate(chance)]
        found[0] = found[-1] = 1
        assert list(day._printed) == found
        assert sum(day._least) >= LEAST_TRADES * sum(found)
