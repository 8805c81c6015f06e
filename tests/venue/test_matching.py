"""The paper fill rule, piece by piece."""

import pytest

from papertape.venue.market import Quote
from papertape.venue.matching import (
    NO_INTEREST,
    concerns,
    displayed,
    takes,
    touch,
    widened,
)
from papertape.venue.state import Taken

QUOTE = Quote(1, 5, 100, 7, 102, 9)
BID_ONLY = Quote(1, 5, 100, 7, 0, 0)
ASK_ONLY = Quote(1, 5, 0, 0, 102, 9)
CASES = [
    (1, None, QUOTE, True), (1, 101, QUOTE, False), (1, 102, QUOTE, True), (1, 103, QUOTE, True),
    (-1, None, QUOTE, True), (-1, 101, QUOTE, False), (-1, 100, QUOTE, True), (-1, 99, QUOTE, True),
    (1, None, BID_ONLY, False), (1, 999, BID_ONLY, False), (-1, None, BID_ONLY, True),
    (-1, None, ASK_ONLY, False), (-1, 0, ASK_ONLY, False), (1, 102, ASK_ONLY, True),
]  # fmt: skip


@pytest.mark.parametrize(("side", "limit", "quote", "expected"), CASES)
def test_takes(side: int, limit: int | None, quote: Quote, expected: bool) -> None:
    assert takes(side, limit, quote) is expected
    assert concerns(quote, widened(NO_INTEREST, side, limit)) is expected


def test_displayed_size_shrinks_by_what_was_taken_until_the_quote_is_new() -> None:
    taken = Taken(QUOTE, bid=3, ask=9)
    assert (displayed(1, QUOTE, taken), displayed(-1, QUOTE, taken)) == (0, 4)
    later = Quote(1, 6, 100, 7, 102, 9)
    assert (displayed(1, later, taken), displayed(-1, later, taken)) == (9, 7)
    assert (touch(1, QUOTE), touch(-1, QUOTE)) == (102, 100)


def test_interest_is_the_widest_of_all_orders() -> None:
    wanted = NO_INTEREST
    for side, limit in ((1, 95), (1, 97), (-1, 110), (-1, 105)):
        wanted = widened(wanted, side, limit)
    assert wanted == (97, 105)
