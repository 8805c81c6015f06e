"""What-if numbers, the margin check, and the price band's arithmetic."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from papertape.model import OrderState
from papertape.server.present.events import WhatIfAnswered
from papertape.venue.broker.fees import commission, most_fee
from papertape.venue.broker.ledger import Account, LedgerPosition
from papertape.venue.broker.margin import MarginCalculator
from papertape.venue.broker.minimums import below_least
from papertape.venue.broker.profile import Profile
from papertape.venue.broker.risk import effect_of, refusal_of, shortfall
from papertape.venue.facts import Terms
from papertape.venue.market.source import Quote
from papertape.venue.reference.instruments import Instrument
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.units import CASH_SCALE, SIZE_SCALE, notional
from venue.scenario import Stage, scenario


def what_if(stage: Stage, terms: str) -> OrderState:
    (event,) = stage.step(f"submit #99 {terms} whatIf=true")
    assert isinstance(event, WhatIfAnswered)
    return event.view.state


def test_what_if_of_an_opening_order() -> None:
    stage = scenario("quote AAPL 309.00 x 309.02")
    state = what_if(stage, "BUY 100 AAPL MKT")
    maintenance = Decimal("4635.15")  # 15 % of 100 x 309.01
    assert state.maintMarginAfter == state.maintMarginChange == maintenance
    assert state.initMarginAfter == Decimal("5098.66")  # 1.1 x 4635.15, to the cent
    assert state.initMarginBefore == state.maintMarginBefore == 0
    assert state.equityWithLoanBefore == 1_000_000
    assert state.equityWithLoanChange == Decimal("-1.0003")
    assert state.equityWithLoanAfter == Decimal("999999.00")
    assert state.commissionAndFees == 1.0003
    assert (state.commissionAndFeesCurrency, state.marginCurrency) == ("USD", "USD")
    assert (state.status, state.suggestedSize) == ("PreSubmitted", None)
    assert state.minCommissionAndFees is None


def test_what_if_of_a_closing_order_frees_margin() -> None:
    stage = scenario("""
        quote   AAPL 309.00 x 309.02
        submit  #1 BUY 100 AAPL MKT  -> #1 accepted PreSubmitted
                                     -> #1 BOT 100 @ 309.02 Filled; #1 fee 1.0003
    """)
    state = what_if(stage, "SELL 100 AAPL MKT")
    assert state.maintMarginAfter == 0
    assert state.maintMarginChange == -Decimal("4635.15")


def test_what_if_changes_only_the_permanent_id() -> None:
    stage = scenario("quote AAPL 309.00 x 309.02")
    what_if(stage, "BUY 100 AAPL MKT")
    state = stage.engine.state
    assert (state.orders, state.ids, state.highest_ids) == ({}, {}, {})
    assert stage.engine.archive.counts == (0, 0)
    assert state.next_perm_id == 1_000_000_002


@pytest.mark.parametrize("side", ["BUY", "SELL"])
def test_margin_binds_long_and_short_alike(side: str) -> None:
    stage = scenario("quote AAPL 100.00*99999 x 100.02*99999")
    carried = stage.step(f"submit #1 {side} 60000 AAPL MKT")
    assert carried[0].view.status in ("PreSubmitted", "Submitted")  # type: ignore[union-attr]
    stage = scenario("quote AAPL 100.00*99999 x 100.02*99999")
    rejected = stage.step(f"submit #1 {side} 61000 AAPL MKT")
    assert [event.view.status for event in rejected] == ["Inactive"]  # type: ignore[union-attr]
    assert stage.queries.next_valid_id(1) == 2


def test_margin_check_can_be_switched_off() -> None:
    stage = scenario("quote AAPL 100.00*99999 x 100.02*99999", Profile(margin_check=False))
    events = stage.step("submit #1 BUY 90000 AAPL MKT")
    assert events[0].view.status == "PreSubmitted"  # type: ignore[union-attr]


def test_growing_an_order_beyond_the_margin_is_refused_and_the_order_lives() -> None:
    stage = scenario("""
        quote   AAPL 100.00*99999 x 100.02*99999
        submit  #1 BUY 100 AAPL LMT 99  -> #1 accepted Submitted; #1 again Submitted
    """)
    (event,) = stage.step("submit #1 BUY 90000 AAPL LMT 99")
    assert event.code == 201  # type: ignore[union-attr]
    assert [view.remaining for view in stage.queries.open_orders()] == [100]


# ---------------------------------------------------------------- the short way of the check

PAIR, CANADIAN, AAPL = CATALOGUE[12087792], CATALOGUE[532640894], CATALOGUE[265598]


@given(
    st.sampled_from([AAPL, CANADIAN, PAIR]),
    st.sampled_from(["fixed", "none"]),
    st.sampled_from([1, -1]),
    st.integers(1, 10**6),
    st.integers(1, 10**6),
)
def test_no_plan_takes_more_than_the_bound(
    entry: Instrument, plan: str, side: int, shares: int, ticks: int
) -> None:
    size = shares * SIZE_SCALE
    value = notional(ticks * entry.tick, size, entry.scale)
    fee = commission(entry, side, before=(0, 0), fill=(size, value), plan=plan)
    assert fee <= most_fee(value)


@given(
    st.sampled_from(["USD", "EUR"]),
    st.sampled_from(["portfolio", "reg_t"]),
    st.integers(-(10**5), 10**6),
    st.integers(-500, 500),
    st.sampled_from([AAPL, CANADIAN]),
    st.sampled_from([1, -1]),
    st.integers(1, 10_000),
)
def test_the_short_way_says_what_the_exact_figures_say(
    currency: str, model: str, cash: int, held: int, entry: Instrument, side: int, shares: int
) -> None:
    account = Account("DU1", currency, {currency: cash * CASH_SCALE}, margin=model)
    if held:
        account.positions[entry.conId] = LedgerPosition(held * SIZE_SCALE, held * 100 * CASH_SCALE)
    quote = Quote(entry.conId, 1, 1_000_000, 1, 1_000_200, 1)
    margin = MarginCalculator(
        CATALOGUE, lambda one: quote if one == entry.conId else Quote(one, 0, 0, 0, 0, 0)
    )
    terms = Terms(
        "DU1", entry.conId, "SMART", side, shares * SIZE_SCALE, "MKT", None, None, 0, "DAY",
        False, "", "", "", "{}",
    )  # fmt: skip
    effect = effect_of(margin, account, terms, CATALOGUE)
    least = below_least(margin, account, terms, entry, effect.before.equity)
    expected = least if effect.carried else shortfall(effect)
    assert refusal_of(margin, account, terms, CATALOGUE) == expected
