"""Currency pairs: cash for cash, worth nothing and costing only the commission."""

from decimal import Decimal

import pytest

from venue.scenario import Stage, scenario

ACCOUNT = "DU1234567"
PAIR = 12087792


@pytest.fixture
def stage() -> Stage:
    return scenario("""
        quote   EUR 1.10000*1000000 x 1.10010*1000000
        submit  #1 BUY 100000 EUR MKT secType=CASH exchange=IDEALPRO  -> #1 accepted PreSubmitted
                                       -> #1 BOT 100000 @ 1.1001 Filled; #1 fee 2.2002
    """)


def test_cash_moves_in_both_currencies(stage: Stage) -> None:
    cash = stage.engine.state.accounts[ACCOUNT].cash
    assert cash == {"USD": (1_000_000 - 110_010) * 10**6 - 2_200_200, "EUR": 100_000 * 10**6}


def test_worth_follows_the_quote_of_the_pair(stage: Stage) -> None:
    worth = stage.queries.valuation(ACCOUNT, stage.now)
    assert worth.equity == (1_000_000 - 5) * 10**6 - 2_200_200
    assert (worth.stock, worth.gross) == (0, 0)
    stage.play("quote  EUR 1.20000 x 1.20010")
    risen = stage.queries.valuation(ACCOUNT, stage.now)
    assert risen.equity - worth.equity == 10_000 * 10**6


def test_ledger_shows_both_currencies_and_the_rate(stage: Stage) -> None:
    rows = stage.queries.account_summary(("$LEDGER:ALL",), stage.now)
    value = {(row.key, row.currency): row.value for row in rows}
    assert value["CashBalance", "EUR"] == "100000.00"
    assert Decimal(value["ExchangeRate", "EUR"]) == Decimal("1.10005")
    total = Decimal(value["CashBalance", "USD"]) + 100_000 * Decimal("1.10005")
    assert abs(Decimal(value["CashBalance", "BASE"]) - total) < Decimal("0.01")


def test_selling_the_pair_back_closes_the_memo_position(stage: Stage) -> None:
    stage.play("""
        submit  #2 SELL 100000 EUR MKT secType=CASH exchange=IDEALPRO  -> #2 accepted Submitted
                             -> #2 SLD 100000 @ 1.1 Filled; #2 fee 2.2 pnl -14.4002
    """)
    assert stage.engine.state.accounts[ACCOUNT].cash["EUR"] == 0
    assert stage.queries.position(ACCOUNT, PAIR).position == 0


def test_half_pips_are_the_smallest_step() -> None:
    scenario("""
        submit  #1 BUY 20000 EUR LMT 1.10005 secType=CASH exchange=IDEALPRO -> #1 accepted Submitted
                                                                            -> #1 again Submitted
        submit  #2 BUY 20000 EUR LMT 1.10001 secType=CASH exchange=IDEALPRO -> #2 refused 110
    """)
