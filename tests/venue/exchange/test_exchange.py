"""The books beside a plain scan over all orders, on random streams; and what they cost."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanes import tries
from papertape.venue.exchange.book import ANY_PRICE, CHUNK, Level, LimitBook
from papertape.venue.exchange.exchange import Exchange
from papertape.venue.exchange.matching import takes
from papertape.venue.exchange.triggers import (
    BY_PRINT,
    LAST,
    LAST_OR_SIDES,
    METHODS,
    MIDDLE,
    SIDES,
    elects,
    of_quote,
)
from papertape.venue.market.source import Print, Quote
from walks import walk

ONE, TWO = 11, 22


@dataclass
class Standing:
    """An order as the naive twin knows it."""

    con_id: int
    side: int
    limit: int | None
    stop: int | None
    method: int


class Naive:
    """What the books say, by looking at every order."""

    def __init__(self) -> None:
        self.orders: dict[int, Standing] = {}

    def reached(self, quote: Quote) -> list[int]:
        return [
            number
            for number, order in sorted(self.orders.items())
            if order.con_id == quote.conId
            and order.stop is None
            and takes(order.side, order.limit, quote)
        ]

    def elected(self, tick: Quote | Print) -> list[int]:
        return [
            number
            for number, order in sorted(self.orders.items())
            if order.con_id == tick.conId and order.stop is not None and self._elects(order, tick)
        ]

    @staticmethod
    def _elects(order: Standing, tick: Quote | Print) -> bool:
        assert order.stop is not None
        if isinstance(tick, Print):
            if order.method not in BY_PRINT:
                return False
            return tick.price >= order.stop if order.side > 0 else tick.price <= order.stop
        if order.method == LAST:
            return False
        return bool(elects(order.method, order.side, order.stop, last=0, quote=tick))


prices = st.integers(95, 105)
sides = st.sampled_from([1, -1])
numbers = st.integers(1, 25)
con_ids = st.sampled_from([ONE, ONE, ONE, TWO])
rests = st.tuples(st.just("rest"), numbers, con_ids, sides, st.none() | prices)
waits = st.tuples(st.just("wait"), numbers, con_ids, sides, prices, st.sampled_from(METHODS))
leaves = st.tuples(st.just("leave"), numbers)
quotes = st.tuples(st.just("quote"), con_ids, st.just(0) | prices, st.just(0) | prices)
prints = st.tuples(st.just("print"), con_ids, prices)
streams = st.lists(rests | rests | waits | leaves | quotes | prints, min_size=1, max_size=80)


@tries(200)
@given(streams)
def test_the_books_say_what_a_scan_over_all_orders_says(stream: list[tuple[object, ...]]) -> None:
    exchange, naive = Exchange(), Naive()
    for verb, *facts in stream:
        _do(exchange, naive, str(verb), facts)
        assert sorted(exchange.orders()) == sorted(
            (order.con_id, number, order.stop is not None) for number, order in naive.orders.items()
        )
        assert set(exchange.instruments) == {order.con_id for order in naive.orders.values()}


def _do(exchange: Exchange, naive: Naive, verb: str, facts: list[object]) -> None:
    numbers: list[int] = facts  # type: ignore[assignment]
    if verb in ("rest", "wait"):
        number, con_id, side, price, *method = numbers
        known = naive.orders.get(number)
        if known is not None and known.con_id != con_id:
            exchange.leave(known.con_id, number)  # an order never changes its instrument
        if verb == "rest":
            exchange.rest(con_id, number, side, price)
            naive.orders[number] = Standing(con_id, side, price, None, 0)
        else:
            exchange.wait(con_id, number, side, price, method[0])
            naive.orders[number] = Standing(con_id, side, None, price, method[0])
    elif verb == "leave":
        known = naive.orders.pop(numbers[0], None)
        exchange.leave(known.con_id if known else ONE, numbers[0])
    else:
        con_id, *price_s = numbers
        tick = Quote(con_id, 1, price_s[0], 5, price_s[-1], 5) if verb == "quote" else None
        seen: Quote | Print = tick or Print(con_id, 1, price_s[0], 5)
        elected = naive.elected(seen)
        reached = naive.reached(tick) if tick else []
        assert exchange.elected(seen) == elected
        assert exchange.concerned(seen) == bool(elected or reached)
        if tick and exchange.is_out_of_reach(con_id, tick.bid, tick.ask):
            assert not elected and not reached
        if tick:
            assert list(exchange.reached(tick)) == reached


def test_who_was_given_may_leave_while_the_others_are_looked_at() -> None:
    book = LimitBook()
    count = 3 * CHUNK + 5
    for number in range(1, count + 1):
        book.rest(number, 1, 100 + number % 3)
    seen = []
    for number in book.reached(Quote(ONE, 1, 0, 0, 99, 1)):
        seen.append(number)
        if number % 2:
            book.remove(number)
    assert seen == list(range(1, count + 1))
    assert len(book) == count // 2


def test_an_order_that_moves_keeps_its_turn() -> None:
    book = LimitBook()
    for number, price in ((1, 100), (2, 101), (3, 101)):
        book.rest(number, 1, price)
    book.rest(1, 1, 101)
    assert list(book.reached(Quote(ONE, 1, 0, 0, 101, 1))) == [1, 2, 3]


def test_the_best_prices_follow_the_orders() -> None:
    book = LimitBook()
    assert (book.highest_bid, book.lowest_ask) == (0, ANY_PRICE + 1)
    for number, side, price in ((1, 1, 95), (2, 1, 97), (3, -1, 110), (4, -1, 105)):
        book.rest(number, side, price)
    assert (book.highest_bid, book.lowest_ask) == (97, 105)
    book.remove(2)
    book.remove(4)
    book.remove(4)
    assert (book.highest_bid, book.lowest_ask) == (95, 110)
    book.rest(5, 1, None)
    book.rest(6, -1, None)
    assert (book.highest_bid, book.lowest_ask) == (ANY_PRICE, 0)


class Counted(dict[int, None]):
    """Counts how many places an iteration walks over."""

    walked = 0

    def __iter__(self) -> Iterator[int]:
        for one in dict.__iter__(self):
            Counted.walked += 1
            yield one


@pytest.mark.parametrize("size", [1_000, 8_000])
def test_a_long_queue_at_one_price_is_not_walked_for_every_quote(size: int) -> None:
    """A quote that fills the first few of many looks at these few, however many there were."""
    level = Level()
    for number in range(size):
        level.add(number)
    level._ids = Counted(level._ids)
    Counted.walked = 0
    for number in range(200):
        first = next(iter(level))
        assert first == number
        level.remove(first)
    assert Counted.walked <= 200 * (CHUNK + 1)


UP_DOWN = [
    (SIDES, (100, 102), (100, 102)),
    (LAST_OR_SIDES, (100, 102), (100, 102)),
    (MIDDLE, (100, 102), (101, 101)),
    (MIDDLE, (100, 103), (101, 102)),
    (MIDDLE, (100, 0), (0, 0)),
    (LAST, (100, 102), (0, 0)),
]


@walk(("method", "touch", "expected"), UP_DOWN)
def test_what_a_quote_says_to_a_method(
    method: int, touch: tuple[int, int], expected: tuple[int, int]
) -> None:
    assert of_quote(method, Quote(ONE, 1, touch[0], 1, touch[1], 1)) == expected


ELECTED = [
    (LAST, 1, 100, 100, (90, 91), 100), (LAST, 1, 100, 99, (100, 101), 0),
    (LAST, -1, 100, 100, (90, 91), 100), (LAST, -1, 100, 101, (90, 91), 0),
    (LAST, -1, 100, 0, (90, 91), 0),
    (SIDES, 1, 100, 200, (99, 101), 0), (SIDES, 1, 100, 0, (100, 101), 100),
    (SIDES, -1, 100, 1, (99, 101), 0), (SIDES, -1, 100, 0, (98, 100), 100),
    (LAST_OR_SIDES, 1, 100, 99, (100, 101), 100), (LAST_OR_SIDES, 1, 100, 103, (99, 101), 103),
    (MIDDLE, 1, 100, 0, (99, 101), 100), (MIDDLE, -1, 100, 0, (99, 102), 0),
]  # fmt: skip


@walk(("method", "side", "stop", "last", "touch", "price"), ELECTED)
def test_what_elects_a_stop_at_once(
    method: int, side: int, stop: int, last: int, touch: tuple[int, int], price: int
) -> None:
    quote = Quote(ONE, 1, touch[0], 1, touch[1], 1)
    assert elects(method, side, stop, last=last, quote=quote) == price
