"""The market as a decision sees it."""

from papertape.venue.exchange.top_of_book import TopOfBook
from papertape.venue.market.source import Print, Quote
from venue.scenario import ScriptedMarket

AAPL, TSLA = 265598, 76792991
FIRST = Quote(AAPL, 10, 1, 1, 2, 1)
SECOND = Quote(AAPL, 20, 3, 1, 4, 1)


def market() -> ScriptedMarket:
    source = ScriptedMarket()
    source.add(FIRST)
    source.add(SECOND)
    return source


def test_an_instrument_is_asked_about_once_an_instant() -> None:
    source = market()
    top = TopOfBook(source)
    top.begin(10)
    assert top.look(AAPL) is top.look(AAPL) and top.look(AAPL) == FIRST
    top.begin(15)
    assert top.look(AAPL) == FIRST
    top.begin(20)
    assert top.look(AAPL) == SECOND


def test_a_quote_that_comes_is_the_one_that_counts() -> None:
    top = TopOfBook(market())
    top.begin(10)
    top.show(SECOND)
    assert top.look(AAPL) == SECOND
    assert top.current(AAPL, 10) == FIRST


def test_the_last_price_is_the_latest_print() -> None:
    source = market()
    source.add(Print(AAPL, 12, 7, 1))
    top = TopOfBook(source)
    top.begin(11)
    assert top.last(AAPL) == 0
    top.begin(12)
    assert top.last(AAPL) == 7
    assert top.last(1) == TopOfBook(None).last(AAPL) == 0


def test_an_instrument_without_a_market_has_an_empty_quote() -> None:
    top = TopOfBook(market())
    assert top.current(1, 10) == Quote(1, 0, 0, 0, 0, 0)
    assert TopOfBook(None).current(AAPL, 10) == Quote(AAPL, 0, 0, 0, 0, 0)
