"""Children that hedge their parent: which instruments and numbers fit, and what they are worth."""

import pytest

from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.units import RATE_SCALE
from venue.scenario import Stage, scenario, shown, text_of
from walks import walk

MARKET = """
    quote   AAPL 257.66 x 257.68  -> .
    quote   MSFT 400.00 x 400.02  -> .
"""
NO_PAIR = (
    "Invalid FX hedge order. Hedging contract can only be a currency pair where one of the "
    "currencies is the same as in parent order."
)
CANADIAN = next(one for one in CATALOGUE if one.currency == "CAD")


def child(stage: Stage, terms: str) -> list[str]:
    stage.step("submit #1 BUY 100 AAPL LMT 250 transmit=false")
    return shown(stage.step(f"submit #2 SELL 0 {terms} parentId=1"))


@pytest.mark.parametrize("terms", ["AAPL MKT hedgeType=F", "MSFT MKT hedgeType=F"])
def test_a_currency_hedge_is_a_pair_with_the_currency_of_its_parent(terms: str) -> None:
    """10063, as captured."""
    assert child(scenario(MARKET), terms) == ["#2 refused 10063"]


def test_the_text_of_a_currency_hedge_that_does_not_fit() -> None:
    stage = scenario(MARKET)
    stage.step("submit #1 BUY 100 AAPL LMT 250 transmit=false")
    (told,) = stage.step("submit #2 SELL 0 MSFT MKT hedgeType=F parentId=1")
    assert text_of(told) == NO_PAIR


@walk(
    ("terms", "code"),
    [
        ("hedgeType=P hedgeParam=0.0000000001", 10009),
        ("hedgeType=B hedgeParam=0.0000000001", 10008),
        ("hedgeType=P hedgeParam=1 hedgeMaxSize=-5", 321),
        ("hedgeType=D hedgeParam=1", 10010),
    ],
)
def test_numbers_that_hedge_nothing_are_refused(terms: str, code: int) -> None:
    assert child(scenario(MARKET), f"MSFT MKT {terms}") == [f"#2 refused {code}"]


def test_a_hedge_in_another_currency_is_worth_as_much() -> None:
    """100 shares at 257.68 dollars are 25,768 dollars, or so many Canadian ones."""
    stage = scenario(MARKET)
    stage.step("submit #1 BUY 100 AAPL LMT 257.68 transmit=false")
    con_id = CANADIAN.conId
    stage.step(f"quote {con_id} 20.00 x 20.02")
    stage.step(
        f"submit #2 SELL 0 {CANADIAN.symbol} LMT 100 parentId=1 hedgeType=B conId={con_id} "
        "currency=CAD"
    )
    orders = {one.orderId: one for one in stage.engine.state.orders.values()}
    rate = stage.engine.broker.margin.rate("USD", "CAD") / RATE_SCALE
    wanted = 25_768 * rate / 20
    assert rate > 1.2 and abs(orders[2].terms.quantity / 10_000 - wanted) < 2


def test_a_hedge_of_nothing_ends_at_once() -> None:
    """Also where its parent has filled already: nobody quotes what it trades."""
    stage = scenario("quote AAPL 257.66 x 257.68 -> .")
    stage.step("submit #1 BUY 100 AAPL MKT")
    told = shown(stage.step("submit #2 SELL 0 MSFT MKT parentId=1 hedgeType=B"))
    assert told[-1] == "#2 Cancelled" and not stage.engine.state.orders


@pytest.mark.parametrize("given", ["0.5", "ratio=0.5"])
def test_the_ratio_of_a_pair_may_have_its_name(given: str) -> None:
    stage = scenario(MARKET)
    stage.step("submit #1 BUY 100 AAPL LMT 257.68 transmit=false")
    stage.step(f"submit #2 SELL 0 MSFT LMT 500 parentId=1 hedgeType=P hedgeParam={given}")
    order = next(one for one in stage.engine.state.orders.values() if one.orderId == 2)
    assert order.terms.quantity == 50 * 10_000
