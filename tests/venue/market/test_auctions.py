"""What is told before auctions leads to what the tape does."""

import pytest

from papertape.venue.market.auctions import BEFORE_CLOSE, BEFORE_OPEN
from papertape.venue.market.laid import WorldTape
from papertape.venue.market.source import AuctionFigures, Print
from papertape.venue.market.tape import Market
from papertape.venue.reference.calendars import calendar_of
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.script import HALTED, TapeMark
from papertape.venue.units import MINUTE, SECOND, SIZE_SCALE, Nanos
from venue import kinds
from venue.days import ANCHOR

STOCK = kinds.STOCK
CALENDAR = calendar_of(CATALOGUE[272093])
DAYS = [CALENDAR.session(CALENDAR.current(ANCHOR) + n) for n in range(5)]


@pytest.fixture(scope="module")
def market() -> Market:
    return kinds.market(seed=5, exchange=True)


def told(market: Market, now: Nanos) -> AuctionFigures:
    found = market.auction(STOCK, now)
    assert found is not None
    return found


def prints(market: Market, after: Nanos, until: Nanos) -> list[Print]:
    return [t for t in market.ticks(STOCK, after, until) if isinstance(t, Print)]


@pytest.mark.parametrize("day", DAYS)
def test_the_close_is_the_last_price_and_what_trades_in_its_second(market: Market, day) -> None:  # type: ignore[no-untyped-def]
    last = told(market, day.closes - 1)
    stats = market.day(STOCK, day.closes)
    assert last.price == stats.last
    final = prints(market, stats.lastTime - SECOND, stats.lastTime)
    assert last.volume == sum(one.size for one in final) > 0
    assert last.imbalance == 0


@pytest.mark.parametrize("day", DAYS)
def test_the_open_is_the_print_of_its_instant_or_the_middle(market: Market, day) -> None:  # type: ignore[no-untyped-def]
    last = told(market, day.begins - 1)
    at = prints(market, day.begins - 1, day.begins)
    quote = market.quote(STOCK, day.begins)
    assert last.price == (at[-1].price if at else (quote.bid + quote.ask) // 2 // 100 * 100)
    first = prints(market, day.begins - 1, day.begins + MINUTE)[0].time
    assert last.volume == sum(one.size for one in prints(market, first - 1, first + SECOND - 1))


def test_more_is_paired_and_less_is_left_the_nearer_it_is(market: Market) -> None:
    for at, ahead in ((DAYS[0].closes, BEFORE_CLOSE), (DAYS[1].begins, BEFORE_OPEN)):
        whole = [told(market, at - left) for left in range(ahead, 0, -SECOND)]
        assert whole == [told(market, at - left) for left in range(ahead, 0, -SECOND)]
        volumes = [one.volume for one in whole]
        assert volumes == sorted(volumes) and volumes[0] < volumes[-1]
        assert abs(whole[0].imbalance) > abs(whole[-60].imbalance) >= whole[-1].imbalance == 0
        assert len({one.imbalance >= 0 for one in whole if one.imbalance}) == 1
        assert {one.regulatory for one in whole} == {whole[0].regulatory} != {0}
        assert all(one.volume % SIZE_SCALE == 0 and one.price % 100 == 0 for one in whole)
        assert told(market, at - ahead - 1) == told(market, at) == AuctionFigures(0, 0, 0)


def test_nothing_is_told_where_markets_never_close() -> None:
    assert kinds.market(seed=5).auction(STOCK, ANCHOR) is None


def test_a_halt_leaves_no_auction_ahead(market: Market) -> None:
    tape, now = WorldTape(market), DAYS[0].closes - MINUTE
    assert tape.auction(STOCK, now) == told(market, now)
    tape.lay(STOCK, [TapeMark(now - 1, HALTED)])
    assert tape.auction(STOCK, now) == AuctionFigures(0, 0, 0)
