"""A glimpse is what the tape's own minutes and days say, at any instant and on any kind of tape."""

import hashlib
import random

import pytest

from papertape.server.market_data.regular_bars import day_bars
from papertape.store import history
from papertape.venue.market.prices import Calendars, Prices
from papertape.venue.market.source import PriceBar
from papertape.venue.market.tape import Market, open_market
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.units import DAY, MINUTE
from venue.scenario import at

START = at("20260413 09:30:00")
PRICES = Prices(CATALOGUE)
STOCKS = [entry.conId for entry in CATALOGUE.everything() if entry.secType == "STK"]


def market(hours: str) -> Market:
    calendars = Calendars(CATALOGUE, PRICES) if hours == "exchange" else {}
    recordings = history.built_in()
    return open_market(START, recordings=recordings, synthetic=PRICES, seed=5, calendars=calendars)


@pytest.mark.sample(1, test=3)
@pytest.mark.long
@pytest.mark.parametrize("hours", ["always", "exchange"])
@pytest.mark.parametrize("minute", [-330, -299, -1, 0, 1, 29, 30, 31, 90, 389, 390, 391, 600])
def test_it_agrees_with_the_day_at_every_minute_that_it_covers(hours: str, minute: int) -> None:
    one, now = market(hours), START + minute * MINUTE
    for con_id in [265598, 8314, *random.Random(abs(minute)).sample(STOCKS, 8)]:
        found = one.glimpse(con_id, now)
        assert found is not None and found.until > now
        for instant in (now, (now + found.until) // 2, found.until - 1):
            minutes = found.minutes(instant)
            point = found.at(minutes)
            assert found.begins + minutes * MINUTE <= instant
            if not (minutes or found.at(0).volume):
                assert point.price == found.open
                continue
            day = one.day(con_id, found.begins + minutes * MINUTE - 1)
            told = (point.price, point.volume, found.open, found.close)
            assert told == (day.last, day.volume, day.open, day.close)


@pytest.mark.long
@pytest.mark.parametrize("hours", ["always", "exchange"])
def test_past_closes_are_those_of_the_daily_bars_and_nothing_is_kept(hours: str) -> None:
    one, other, now = market(hours), market(hours), START + 90 * MINUTE
    for con_id in [265598, 756733, 8314, *random.Random(7).sample(STOCKS, 12)]:
        begins, closes = one.past_closes(con_id, now, 31)
        implied = one.volatility(con_id, now)
        assert con_id not in one._sources._made or con_id in one._sources._recordings
        sessions = [span for span in other.sessions(con_id, now - 60 * DAY, now) if span[0] <= now]
        assert begins == sessions[-1][0] and len(closes) == 31
        bars: list[PriceBar] = []
        for span in reversed(sessions[-32:-1]):
            bars += day_bars(other, con_id, span, "TRADES")
        assert closes == [bar.close for bar in bars]
        other.quote(con_id, now)  # it is kept now
        assert implied == other.volatility(con_id, now)


# Stocks and funds of America, Europe and Asia, with and without pauses, cheap and dear.
RANKED = (
    100292038, 756733, 2096974883, 2097905138, 2090887135, 2090540635, 2115613815, 2124581835,
    273982664, 2097812099, 2106477688, 2116079135, 375858281, 2098108337, 2109571621, 2105073937,
    2111917647, 2103579398, 38708077, 265598, 2107431818, 2119838717, 8314, 2115718850, 2129425616,
    2116328614, 44938836, 2101828299, 532640894, 2100567748, 2124592657, 2119214878,
)  # fmt: skip
TOLD = {
    "always": "39d6508d42b683a16eabcf44e875786e787d3219c87b1b5617e291585b8995b7",
    "exchange": "526892376aaf1bea33bb5303a95154c7f920ba7f8aa11ea6089e2020063edc08",
}


@pytest.mark.long
@pytest.mark.parametrize("hours", list(TOLD))
def test_not_a_byte_has_changed_since_they_were_written_down(hours: str) -> None:
    one, told = market(hours), hashlib.sha256()
    for minute in (-200 * 1440 + 100, -330, -1, 0, 95, 250, 391, 600, 3 * 1440 + 77, 40 * 1440):
        for con_id in RANKED:
            told.update(repr(one.glimpse(con_id, START + minute * MINUTE)).encode())
    assert told.hexdigest() == TOLD[hours]


def test_a_look_at_every_stock_keeps_nothing() -> None:
    one = market("always")
    for con_id in STOCKS[20:120]:
        one.glimpse(con_id, START)
    assert not one._sources._tapes and len(one._sources._made) <= len(history.built_in())


def test_what_has_no_trades_has_none() -> None:
    euro = next(e for e in CATALOGUE if e.secType == "CASH")
    assert market("always").glimpse(euro.conId, START) is None
    with pytest.raises(KeyError):
        market("always").glimpse(1, START)


def test_every_listing_is_named_once() -> None:
    found = list(CATALOGUE.everything())
    assert len({entry.conId for entry in found}) == len(found) > 8000
    american = [
        entry.symbol for entry in found if (entry.secType, entry.currency) == ("STK", "USD")
    ]
    assert american.count("AAPL") == american.count("SPY") == 1
