"""Valuation of an account: marks, rates, margin, and the figures derived from them."""

from papertape.venue.broker.ledger import Account, LedgerPosition, booked, pay
from papertape.venue.broker.margin import MarginCalculator, knows
from papertape.venue.broker.schedules import MARGIN_MODELS
from papertape.venue.market.source import Quote
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.units import RATE_SCALE, rate
from venue.scenario import SYMBOLS
from walks import walk

AAPL = SYMBOLS["AAPL"]
CANADIAN = CATALOGUE[532640894]
PAIR = SYMBOLS["EUR"]
SHARE, DOLLAR = 10_000, 10**6


def calculator(*quotes: Quote) -> MarginCalculator:
    known = {quote.conId: quote for quote in quotes}
    return MarginCalculator(
        CATALOGUE, lambda con_id: known.get(con_id, Quote(con_id, 0, 0, 0, 0, 0))
    )


def holder(entry, shares: int, price: int) -> Account:
    account = Account("DU1", "USD", {"USD": 100_000 * DOLLAR}, opening_equity=100_000 * DOLLAR)
    value = abs(shares) * price * DOLLAR
    after = booked(LedgerPosition(), size=shares * SHARE, value=value, fee=0)
    account.positions[entry.conId] = LedgerPosition(after.position, after.cost)
    pay(account, entry.currency, -shares * price * DOLLAR)
    return account


def test_marks() -> None:
    assert (
        calculator(Quote(AAPL.conId, 1, 1_000_000, 1, 1_000_300, 1)).mark(AAPL.conId) == 1_000_150
    )
    assert calculator(Quote(AAPL.conId, 1, 1_000_000, 1, 0, 0)).mark(AAPL.conId) == 1_000_000
    assert calculator(Quote(AAPL.conId, 1, 0, 0, 1_000_300, 1)).mark(AAPL.conId) == 1_000_300
    assert calculator().mark(AAPL.conId) == 0


def test_long_position() -> None:
    worth = calculator(Quote(AAPL.conId, 1, 2_000_000, 1, 2_000_000, 1)).value(
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
    worth = calculator(quote).value(holder(AAPL, -100, 150))
    assert (worth.total_cash, worth.stock, worth.gross) == (
        115_000 * DOLLAR,
        -20_000 * DOLLAR,
        20_000 * DOLLAR,
    )
    assert (worth.equity, worth.maintenance) == (95_000 * DOLLAR, 3_000 * DOLLAR)
    model = MARGIN_MODELS["portfolio"]
    margin = calculator(quote).margin(AAPL, -100 * SHARE, -20_000 * DOLLAR, model)
    assert margin == 3_000 * DOLLAR


def test_foreign_stock_is_converted_at_the_reference_rate() -> None:
    quote = Quote(CANADIAN.conId, 1, 400_000, 1, 400_000, 1)
    worth = calculator(quote).value(holder(CANADIAN, 100, 40))
    assert worth.cash == {"USD": 100_000 * DOLLAR, "CAD": -4_000 * DOLLAR}
    assert worth.equity == 100_000 * DOLLAR
    assert worth.gross == 2_880 * DOLLAR
    assert list(worth.rates) == ["USD", "CAD"]


def test_quoted_pair_beats_the_reference_rate() -> None:
    assert calculator().rate("EUR", "USD") == rate("1.15")
    assert calculator(Quote(PAIR.conId, 1, 110_000, 1, 110_010, 1)).rate("EUR", "USD") == rate(
        "1.10005"
    )
    assert calculator().rate("USD", "USD") == RATE_SCALE


def test_another_base_currency() -> None:
    assert calculator().rate("USD", "EUR") == 8_695_652  # 1 / 1.15
    assert calculator().rate("EUR", "EUR") == RATE_SCALE
    quote = Quote(PAIR.conId, 1, 110_000, 1, 110_010, 1)
    assert calculator(quote).rate("USD", "EUR") == 9_090_496  # 1 / 1.10005, the pair turned round


def test_exposure_is_the_valuation_without_its_rows() -> None:
    quote = Quote(CANADIAN.conId, 1, 400_000, 1, 410_000, 1)
    account = holder(CANADIAN, 100, 40)
    account.positions[AAPL.conId] = LedgerPosition(-5 * SHARE, -700 * DOLLAR)
    for model in ("portfolio", "reg_t"):
        account.margin = model
        worth = calculator(quote).value(account)
        short = calculator(quote).exposure(account)
        assert (short.equity, short.maintenance, short.initial) == (
            worth.equity,
            worth.maintenance,
            worth.initial,
        )


def test_models_differ_in_their_rates() -> None:
    account = holder(AAPL, 100, 100)
    quote = Quote(AAPL.conId, 1, 1_000_000, 1, 1_000_000, 1)
    account.margin = "reg_t"
    worth = calculator(quote).value(account)
    assert (worth.maintenance, worth.initial) == (2_500 * DOLLAR, 2_750 * DOLLAR)
    assert worth.buying_power == 4 * (100_000 - 2_750) * DOLLAR


@walk(("price", "margin"), [
    (100, 3_000), (17, 510), (16, 500), (5, 500), (4, 400), (2, 250), (1, 250),
])  # fmt: skip
def test_a_short_share_of_a_reg_t_account_needs_more_and_a_cheap_one_all(
    price: int, margin: int
) -> None:
    """FINRA's Rule 4210 (c), of 100 shares."""
    account = holder(AAPL, -100, price)
    account.margin = "reg_t"
    worth = calculator(Quote(AAPL.conId, 1, price * 10_000, 1, price * 10_000, 1)).value(account)
    assert (worth.maintenance, worth.initial) == (margin * DOLLAR, margin * 11 * DOLLAR // 10)


def test_a_short_share_in_another_currency_needs_its_part() -> None:
    account = holder(CANADIAN, -100, 4)
    account.margin = "reg_t"
    worth = calculator(Quote(CANADIAN.conId, 1, 40_000, 1, 40_000, 1)).value(account)
    assert worth.maintenance == 30 * 400 * 72 * DOLLAR // 10_000, "400 CAD at 0.72"


def test_a_share_in_pounds_has_a_rate() -> None:
    assert knows("GBP") and calculator().rate("GBP", "USD") == rate("1.33")
    assert not knows("XAU")
