"""The paper fill rule, piece by piece."""

from papertape.venue.exchange.book import LimitBook
from papertape.venue.exchange.matching import (
    ConsumedLiquidity,
    displayed,
    fillable,
    takes,
    touch,
)
from papertape.venue.market.source import Quote
from walks import walk

QUOTE = Quote(1, 5, 100, 7, 102, 9)
BID_ONLY = Quote(1, 5, 100, 7, 0, 0)
ASK_ONLY = Quote(1, 5, 0, 0, 102, 9)
CASES = [
    (1, None, QUOTE, True), (1, 101, QUOTE, False), (1, 102, QUOTE, True), (1, 103, QUOTE, True),
    (-1, None, QUOTE, True), (-1, 101, QUOTE, False), (-1, 100, QUOTE, True), (-1, 99, QUOTE, True),
    (1, None, BID_ONLY, False), (1, 999, BID_ONLY, False), (-1, None, BID_ONLY, True),
    (-1, None, ASK_ONLY, False), (-1, 0, ASK_ONLY, False), (1, 102, ASK_ONLY, True),
]  # fmt: skip


@walk(("side", "limit", "quote", "expected"), CASES)
def test_takes(side: int, limit: int | None, quote: Quote, expected: bool) -> None:
    assert takes(side, limit, quote) is expected
    book = LimitBook()
    book.rest(1, side, limit)
    assert book.crossed(quote.bid, quote.ask) is expected
    assert list(book.reached(quote)) == ([1] if expected else [])


def test_displayed_size_shrinks_by_what_was_taken_until_the_quote_is_new() -> None:
    taken = ConsumedLiquidity(QUOTE, bid=3, ask=9)
    assert (displayed(1, QUOTE, taken), displayed(-1, QUOTE, taken)) == (0, 4)
    later = Quote(1, 6, 100, 7, 102, 9)
    assert (displayed(1, later, taken), displayed(-1, later, taken)) == (9, 7)
    assert (touch(1, QUOTE), touch(-1, QUOTE)) == (102, 100)


def test_what_can_be_filled_is_what_shows_at_a_price_that_is_taken() -> None:
    assert fillable(1, 102, QUOTE, None) == 9 and fillable(1, 101, QUOTE, None) == 0
    assert fillable(-1, None, QUOTE, ConsumedLiquidity(QUOTE, bid=7)) == 0
