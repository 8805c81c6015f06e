"""Account values: the identities of a real dump, order on the wire, summary tags."""

from decimal import Decimal

import pytest

from papertape.server.present.account_values import BASE, SUMMARY_TAGS
from venue.scenario import Stage, scenario

ACCOUNT = "DU1234567"
CENT = Decimal("0.01")

TRADED = """
    quote   AAPL 257.66*9999 x 257.68*9999
    quote   TSLA 420.00 x 420.10
    submit  #1 BUY 2000 AAPL MKT  -> #1 accepted PreSubmitted
                                  -> #1 BOT 2000 @ 257.68 Filled; #1 fee 10.006
    submit  #2 SELL 100 TSLA MKT  -> #2 accepted Submitted
                                  -> #2 SLD 100 @ 420 Filled; #2 fee 1.885
    submit  #3 SELL 500 AAPL MKT  -> #3 accepted Submitted
                              -> #3 SLD 500 @ 257.66 Filled; #3 fee 5.252898 pnl -17.754398
    quote   AAPL 260.00 x 260.02
"""


@pytest.fixture
def stage() -> Stage:
    return scenario(TRADED.replace("-17.754398", "-17.7544"))


def values(stage: Stage) -> dict[tuple[str, str], Decimal]:
    rows = stage.queries.account_values(ACCOUNT, stage.now)
    numbers = {}
    for row in rows:
        if row.value.replace(".", "").lstrip("-").isdigit():
            numbers[row.key, row.currency] = Decimal(row.value)
    return numbers


@pytest.mark.parametrize("suffix", ["", "-C", "-P", "-S"])
def test_funds_are_equity_less_margin(stage: Stage, suffix: str) -> None:
    number = {key: value for (key, currency), value in values(stage).items() if currency == "USD"}
    equity = number["EquityWithLoanValue" + suffix]
    for prefix in ("", "Full", "LookAhead"):
        initial = number[f"{prefix}InitMarginReq{suffix}"]
        maintenance = number[f"{prefix}MaintMarginReq{suffix}"]
        assert abs(number[f"{prefix}AvailableFunds{suffix}"] - (equity - initial)) <= CENT
        assert abs(number[f"{prefix}ExcessLiquidity{suffix}"] - (equity - maintenance)) <= CENT
        assert abs(initial - maintenance * Decimal("1.1")) <= CENT
    assert equity == number["NetLiquidation" + suffix]


def test_ratios_and_buying_power(stage: Stage) -> None:
    number = values(stage)
    available = number["AvailableFunds", "USD"]
    assert abs(number["BuyingPower", "USD"] - available / Decimal("0.15")) <= CENT * 7
    net = number["NetLiquidation", "USD"]
    cushion = number["ExcessLiquidity", "USD"] / net
    assert abs(number["Cushion", ""] - cushion) < Decimal("0.000001")
    leverage = number["GrossPositionValue", "USD"] / net
    assert abs(number["Leverage-S", ""] - leverage) <= CENT / 2


def test_net_liquidation_is_cash_plus_stock_marked_at_the_middle(stage: Stage) -> None:
    number = values(stage)
    stock = 1500 * Decimal("260.01") - 100 * Decimal("420.05")
    assert number["StockMarketValue", "USD"] == stock
    cash = number["TotalCashValue", "USD"]
    paid = 2000 * Decimal("257.68") - 100 * 420 - 500 * Decimal("257.66")
    fees = Decimal("10.006") + Decimal("1.885") + Decimal("5.252898")
    assert abs(cash - (1_000_000 - paid - fees)) <= CENT
    assert number["NetLiquidation", "USD"] == cash + stock
    assert number["GrossPositionValue", "USD"] == 1500 * Decimal("260.01") + 100 * Decimal("420.05")


def test_profit_adds_up(stage: Stage) -> None:
    number = values(stage)
    profit = number["RealizedPnL", "USD"] + number["UnrealizedPnL", "USD"]
    assert abs(profit - (number["NetLiquidation", "USD"] - 1_000_000)) <= CENT
    rows = stage.queries.portfolio(ACCOUNT, stage.now)
    assert abs(sum(row.unrealizedPNL + row.realizedPNL for row in rows) - float(profit)) < 0.01


def test_base_is_the_sum_over_currencies_at_their_rates() -> None:
    stage = Stage()
    account = stage.engine.state.accounts[ACCOUNT]
    account.cash["EUR"] = 500_000_000_000
    account.cash["CAD"] = -100_000_000_000
    number = values(stage)
    assert number["ExchangeRate", "EUR"] == Decimal("1.15")
    total = 1_000_000 + 500_000 * Decimal("1.15") - 100_000 * Decimal("0.72")
    for key in ("CashBalance", "TotalCashBalance", "NetLiquidationByCurrency"):
        assert number[key, BASE] == total
    assert number["TotalCashValue", "USD"] == total
    assert number["CashBalance", "CAD"] == -100_000


def test_rows_come_in_wire_order_and_once(stage: Stage) -> None:
    stage.engine.state.accounts[ACCOUNT].cash["AUD"] = 0
    rows = stage.queries.account_values(ACCOUNT, stage.now)
    keys = [row.key for row in rows]
    assert keys == sorted(keys)
    assert len({(row.key, row.currency) for row in rows}) == len(rows)
    assert {row.account for row in rows} == {ACCOUNT}
    assert [row.currency for row in rows if row.key == "CashBalance"] == [BASE, "AUD", "USD"]
    net = [row.key for row in rows if row.key.startswith("NetLiquidation-")]
    assert net == ["NetLiquidation-C", "NetLiquidation-P", "NetLiquidation-S"]
    assert 180 <= len(rows) <= 230


def test_cash_shows_four_places_only_in_the_total(stage: Stage) -> None:
    rows = stage.queries.account_values(ACCOUNT, stage.now)
    cash = {row.currency: row.value for row in rows if row.key == "CashBalance"}
    assert len(cash[BASE].partition(".")[2]) == 4
    assert len(cash["USD"].partition(".")[2]) == 2


def test_summary_answers_in_alphabetical_order(stage: Stage) -> None:
    tags = ("TotalCashValue", "NetLiquidation", "ExcessLiquidity", "BuyingPower", "NoSuchTag")
    rows = stage.queries.account_summary(tags, stage.now)
    assert [row.key for row in rows] == sorted(tags[:4])
    assert {row.currency for row in rows} == {"USD"}


def test_every_summary_tag_has_a_row_but_those_of_reg_t_accounts(stage: Stage) -> None:
    rows = stage.queries.account_summary(SUMMARY_TAGS, stage.now)
    missing = [tag for tag in SUMMARY_TAGS if tag not in {row.key for row in rows}]
    assert missing == ["RegTEquity", "RegTMargin", "ReqTEquity", "ReqTMargin", "SMA"]
    value = {row.key: row.value for row in rows}
    assert value["PreviousEquityWithLoanValue"] == value["PreviousDayEquityWithLoanValue"]
    sold = sum(
        row.execution.price * float(row.execution.shares) - row.report.commissionAndFees
        for row in stage.queries.executions()
        if row.execution.side == "SLD"
    )
    assert sold > 0, "what is sold settles tomorrow"
    assert float(value["TotalCashValue"]) - float(value["SettledCash"]) == pytest.approx(
        sold, abs=0.01
    )
    assert value["AccountType"] == "INDIVIDUAL"


@pytest.mark.parametrize(
    ("tag", "currencies"),
    [("$LEDGER", [BASE]), ("$LEDGER:USD", ["USD"]), ("$LEDGER:ALL", [BASE, "USD"])],
)
def test_ledger_tags(stage: Stage, tag: str, currencies: list[str]) -> None:
    rows = stage.queries.account_summary((tag,), stage.now)
    assert [row.currency for row in rows if row.key == "CashBalance"] == currencies
    assert {row.currency for row in rows} == set(currencies)


def test_previous_day_equity_is_taken_at_midnight(stage: Stage) -> None:
    before = values(stage)["NetLiquidation", "USD"]
    stage.play("""
        clock   20260414 00:00:00   -> .
        quote   AAPL 300.00 x 300.02
    """)
    after = values(stage)
    assert after["PreviousDayEquityWithLoanValue", "USD"] == before
    assert after["NetLiquidation", "USD"] > before
    assert after["RealizedPnL", "USD"] == 0
