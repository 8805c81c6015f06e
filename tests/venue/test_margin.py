"""Valuation of an account: marks, rates, margin, and the figures derived from them."""

from papertape.venue.accounts import Account, book, open_account, pay
from papertape.venue.listings import CATALOGUE
from papertape.venue.margin import Appraiser, margin_of
from papertape.venue.market import Quote
from papertape.venue.ratios import RATE_SCALE, rate
from venue.scenario import SYMBOLS

AAPL = SYMBOLS["AAPL"]
CANADIAN = CATALOGUE[532640894]
PAIR = SYMBOLS["EUR"]
SHARE, DOLLAR = 10_000, 10**6


def appraiser(*quotes: Quote, base: str = "USD") -> Appraiser:
    known = {quote.conId: quote for quote in quotes}
    return Appraiser(
        CATALOGUE, base, lambda con_id: known.get(con_id, Quote(con_id, 0, 0, 0, 0, 0))
    )


def holder(entry, shares: int, price: int) -> Account:
    account = open_account("DU1", "USD", 100_000 * DOLLAR)
    value = abs(shares) * price * DOLLAR
    book(account, entry.conId, size=shares * SHARE, value=value, fee=0)
    pay(account, entry.currency, -shares * price * DOLLAR)
    return account


def test_marks() -> None:
    assert appraiser(Quote(AAPL.conId, 1, 1_000_000, 1, 1_000_300, 1)).mark(AAPL.conId) == 1_000_150
    assert appraiser(Quote(AAPL.conId, 1, 1_000_000, 1, 0, 0)).mark(AAPL.conId) == 1_000_000
    assert appraiser(Quote(AAPL.conId, 1, 0, 0, 1_000_300, 1)).mark(AAPL.conId) == 1_000_300
    assert appraiser().mark(AAPL.conId) == 0


def test_long_position() -> None:
    worth = appraiser(Quote(AAPL.conId, 1, 2_000_000, 1, 2_000_000, 1)).value(
        holder(AAPL, 100, 150)
    )
    assert (worth.total_cash, worth.stock, worth.gross) == (
        85_000 * DOLLAR,
        20_000 * DOLLAR,
        20_000 * DOLLAR,
    )
    assert worth.equity == 105_000 * DOLLAR
    assert (worth.maintenance, worth.initial) == (3_000 * DOLLAR, 3_300 * DOLLAR)
    assert (worth.available, worth.excess) == (101_700 * DOLLAR, 102_000 * DOLLAR)
    assert worth.buying_power == 678_000 * DOLLAR
    assert worth.holdings[0].unrealized == 5_000 * DOLLAR


def test_short_position_needs_the_same_margin() -> None:
    quote = Quote(AAPL.conId, 1, 2_000_000, 1, 2_000_000, 1)
    worth = appraiser(quote).value(holder(AAPL, -100, 150))
    assert (worth.total_cash, worth.stock, worth.gross) == (
        115_000 * DOLLAR,
        -20_000 * DOLLAR,
        20_000 * DOLLAR,
    )
    assert (worth.equity, worth.maintenance) == (95_000 * DOLLAR, 3_000 * DOLLAR)
    assert margin_of(AAPL, -20_000 * DOLLAR) == 3_000 * DOLLAR


def test_foreign_stock_is_converted_at_the_reference_rate() -> None:
    quote = Quote(CANADIAN.conId, 1, 400_000, 1, 400_000, 1)
    worth = appraiser(quote).value(holder(CANADIAN, 100, 40))
    assert worth.cash == {"USD": 100_000 * DOLLAR, "CAD": -4_000 * DOLLAR}
    assert worth.equity == 100_000 * DOLLAR
    assert worth.gross == 2_880 * DOLLAR
    assert list(worth.rates) == ["USD", "CAD"]


def test_quoted_pair_beats_the_reference_rate() -> None:
    assert appraiser().rate("EUR") == rate("1.15")
    assert appraiser(Quote(PAIR.conId, 1, 110_000, 1, 110_010, 1)).rate("EUR") == rate("1.10005")
    assert appraiser().rate("USD") == RATE_SCALE


def test_another_base_currency() -> None:
    assert appraiser(base="EUR").rate("USD") == 8_695_652  # 1 / 1.15
    assert appraiser(base="EUR").rate("EUR") == RATE_SCALE
