"""The book around a quote."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanes import tries
from papertape.venue.units import DAY, SECOND
from venue.days import ANCHOR
from venue.kinds import CHEAP, EURUSD, PUT, STOCK, market

MARKET = market()
instants = st.integers(ANCHOR - 3 * DAY, ANCHOR + 2 * DAY)


@pytest.mark.parametrize("con_id", [STOCK, PUT, EURUSD])
@tries(25)
@given(now=instants)
def test_the_quote_is_the_top_of_the_book(con_id: int, now: int) -> None:
    quote, book = MARKET.quote(con_id, now), MARKET.depth(con_id, now, 10)
    assert (book.conId, book.time) == (con_id, now)
    if quote.bid:
        assert (book.bids[0].price, book.bids[0].size) == (quote.bid, quote.bidSize)
        assert len(book.bids) == 10 or book.bids[-1].price < 2_000
    assert (book.asks[0].price, book.asks[0].size) == (quote.ask, quote.askSize)
    assert len(book.asks) == 10
    bids, asks = ([level.price for level in side] for side in (book.bids, book.asks))
    assert bids == sorted(set(bids), reverse=True)
    assert asks == sorted(set(asks))
    assert all(level.size > 0 for level in (*book.bids, *book.asks))


@given(now=instants, levels=st.integers(1, 59))
@tries(20)
def test_a_deeper_book_goes_on_from_the_shallower(now: int, levels: int) -> None:
    shallow, deep = MARKET.depth(STOCK, now, levels), MARKET.depth(STOCK, now, 60)
    assert deep.bids[:levels] == shallow.bids
    assert deep.asks[:levels] == shallow.asks


def test_levels_stand_for_seconds_and_change() -> None:
    def sizes(now: int) -> dict[int, int]:
        book = MARKET.depth(STOCK, now, 20)
        return {level.price: level.size for level in (*book.bids[3:], *book.asks[3:])}

    now, stood, changed = ANCHOR + 100 * SECOND, 0, 0
    for _ in range(50):
        soon, later, late = sizes(now), sizes(now + SECOND // 10), sizes(now + 9 * SECOND)
        stood += sum(soon[price] == later[price] for price in soon.keys() & later.keys())
        changed += sum(soon[price] != late[price] for price in soon.keys() & late.keys())
        now += 11 * SECOND
    assert stood > 1_200
    assert changed > 500


def test_a_side_without_a_quote_is_empty() -> None:
    assert MARKET.depth(CHEAP, ANCHOR, 5).bids == ()


@pytest.mark.parametrize("levels", [0, 61])
def test_refuses_what_is_no_book(levels: int) -> None:
    with pytest.raises(ValueError, match="1 to 60"):
        MARKET.depth(STOCK, ANCHOR, levels)
