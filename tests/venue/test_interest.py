"""Interest: tiers, what secures borrowed shares, days and months, and figures.

Amounts of a day are those of the examples that IBKR's pages on interest give.
"""

from decimal import Decimal

import msgspec
import pytest

from papertape.server.present.account_values import account_values, summary_values
from papertape.venue.broker.accruals import booked_on, interest
from papertape.venue.broker.interest_rates import INTEREST_RATES, CurrencyInterest
from papertape.venue.broker.profile import Profile
from papertape.venue.broker.schedules import REFERENCE_RATES
from papertape.venue.commands import (
    Deposit,
    MergeShares,
    PayDividend,
    SetFeePlan,
    SetMarginModel,
)
from papertape.venue.facts import InterestAccrued, InterestBooked
from papertape.venue.invariants import check
from papertape.venue.reference.times import EASTERN
from papertape.venue.units import CASH_SCALE, rate
from venue.scenario import Stage, at
from venue.test_contract_ends import AAPL, INSTRUMENTS, quote, trade
from walks import walk

ACCOUNT = "DU1234567"
FLAT = {"USD": rate("0.0436"), "EUR": rate("0.025"), "GBP": rate("0.0491")}


def stage_of(**profile: object) -> Stage:
    stage = Stage(Profile(**profile), INSTRUMENTS)  # type: ignore[arg-type]
    stage.submit(SetFeePlan(ACCOUNT, "none"))
    quote(stage, AAPL, 100)
    return stage


def bearing(**benchmarks: int) -> Stage:
    return stage_of(interest=True, benchmarks=benchmarks or FLAT)


def rates(currency: str, percent: str) -> CurrencyInterest:
    return INTEREST_RATES[currency]._replace(benchmark=rate(percent) // 100)


def of_day(rates: CurrencyInterest, settled: int, secured: int = 0, **more: int) -> float:
    found = interest(rates, settled * CASH_SCALE, secured * CASH_SCALE, **more)
    return round(found / CASH_SCALE, 2)


def money(stage: Stage) -> dict[str, int]:
    return stage.engine.state.accounts[ACCOUNT].cash


def finished(stage: Stage) -> None:
    check(stage.engine)
    stage.journal += stage.engine.drain_journal()
    stage.assert_replays()


def rows(stage: Stage) -> dict[tuple[str, str], str]:
    worth = stage.queries.valuation(ACCOUNT, stage.now)
    return {(row.key, row.currency): row.value for row in account_values(ACCOUNT, "USD", worth)}


# -- a day ----------------------------------------------------------------------------------------


def test_a_loan_costs_the_rates_of_its_tiers() -> None:
    assert of_day(rates("USD", "5.32"), -600_000) == -(18.94 + 87.78)
    assert of_day(rates("GBP", "4.91"), -160_000) == -27.00


def test_cash_earns_above_what_is_free_of_interest() -> None:
    dollars = rates("USD", "1.00")
    assert of_day(dollars, 10_000) == 0
    assert of_day(dollars, 100_000) == 1.25
    assert of_day(rates("AUD", "1.00"), 350_000) == pytest.approx(1.85 + 4.11, abs=0.01)


def test_what_secures_borrowed_shares_earns_less() -> None:
    dollars = rates("USD", "1.00")
    assert of_day(dollars, 1_500_000, 1_500_000) == 6.94
    assert of_day(dollars, 1_500_000 + 100_000, 1_500_000) == 8.19
    lent = 100_000 * 0.025 / 360
    assert of_day(dollars, 1_400_000, 1_500_000) == pytest.approx(6.94 - lent, abs=0.01)


def test_no_credit_rate_is_below_nothing_and_no_benchmark_of_a_loan_is() -> None:
    low = rates("CHF", "-0.75")
    assert of_day(low, 1_000_000) == 0
    assert of_day(low, -90_000) == -3.75


def test_a_small_account_earns_in_proportion_and_pays_in_full() -> None:
    dollars = rates("USD", "4.58")
    whole = of_day(dollars, 46_000, net=200_000 * CASH_SCALE)
    assert whole == 4.08
    assert of_day(dollars, 46_000, net=50_000 * CASH_SCALE) == 2.04
    assert of_day(dollars, 46_000, net=-1) == 0
    assert of_day(dollars, -36_000, net=50_000 * CASH_SCALE) == -6.08


def test_days_are_not_rounded_one_by_one() -> None:
    dollars = rates("USD", "4.58")
    assert of_day(dollars, 46_000, days=30) == 122.40


def test_every_currency_that_an_account_can_have_bears_interest() -> None:
    assert set(INTEREST_RATES) == set(REFERENCE_RATES)
    for one in INTEREST_RATES.values():
        for tiers in (one.credit, one.debit, one.short):
            bounds = [tier.above for tier in tiers]
            assert bounds[0] == 0 and bounds == sorted(set(bounds))


@walk(
    ("day", "booked"),
    [("20260413", "20260505"), ("20261130", "20261203"), ("20261231", "20270106")],
)
def test_interest_is_booked_on_the_third_business_day(day: str, booked: str) -> None:
    def number(text: str) -> int:
        return EASTERN.day(at(f"{text} 12:00:00"))

    assert booked_on(number(day)) == number(booked)


# -- in the books ---------------------------------------------------------------------------------


def test_there_is_none_unless_it_is_asked_for() -> None:
    stage = stage_of()
    stage.step("clock 20260520 10:00:00")
    assert money(stage) == {"USD": 10**12}
    assert rows(stage)["AccruedCash", "BASE"] == "0.00"


def test_it_accrues_each_day_and_is_booked_once() -> None:
    stage = bearing()
    stage.submit(Deposit(ACCOUNT, "EUR", 100_000 * CASH_SCALE))
    stage.step("clock 20260414 10:00:00")
    earned = round(990_000 * 0.0386 / 360, 2), round(90_000 * 0.02 / 360, 2)
    seen = rows(stage)
    assert seen["AccruedCash", "USD"] == f"{earned[0]:.2f}"
    assert seen["AccruedCash", "EUR"] == f"{earned[1]:.2f}"
    assert money(stage) == {"USD": 10**12, "EUR": 10**11}
    stage.step("clock 20260505 10:00:00")
    april = 18 * 990_000 * 0.0386 / 360
    assert money(stage)["USD"] / CASH_SCALE == pytest.approx(1_000_000 + april, abs=0.01)
    assert stage.engine.state.accounts[ACCOUNT].accrued.keys() == {booked_on_may(stage)}
    check(stage.engine)
    finished(stage)


def booked_on_may(stage: Stage) -> int:
    return booked_on(EASTERN.day(stage.now))


def test_a_venue_that_was_closed_makes_up_for_its_days() -> None:
    open_, closed = bearing(), bearing()
    for day in ("20260414", "20260415", "20260416"):
        open_.step(f"clock {day} 10:00:00")
    closed.engine.skip(at("20260416 09:00:00"))
    closed.step("clock 20260416 10:00:00")
    amounts = [stage.engine.state.accounts[ACCOUNT].interest["USD"] for stage in (open_, closed)]
    assert amounts[0] == pytest.approx(amounts[1], abs=3)


def test_all_that_accrues_is_booked_to_the_micro_unit() -> None:
    stage = bearing()
    stage.submit(Deposit(ACCOUNT, "GBP", 33_333 * CASH_SCALE + 7))
    trade(stage, AAPL, -1_234)
    stage.step("clock 20260703 10:00:00")
    stage.journal += stage.engine.drain_journal()
    facts = [fact for entry in stage.journal for fact in entry.facts]
    left = dict(stage.engine.state.accounts[ACCOUNT].interest)
    for fact in facts:
        for currency, amount in getattr(fact, "cash", ()):
            if isinstance(fact, InterestAccrued):
                left[currency] -= amount
            elif isinstance(fact, InterestBooked):
                left[currency] = left.get(currency, 0) + amount
    assert sum(isinstance(fact, InterestBooked) for fact in facts) == 2
    assert set(left.values()) == {0}
    finished(stage)


def test_what_secures_a_short_position_is_rounded_up() -> None:
    stage = bearing(USD=rate("0.05"))
    quote(stage, AAPL, 100.3)
    trade(stage, AAPL, -5_000)
    before = money(stage)["USD"]
    stage.step("clock 20260414 10:00:00")
    secured = 5_000 * 103
    free = before / CASH_SCALE - secured
    earned = (free - 10_000) * 0.045 / 360 + (secured - 100_000) * 0.0375 / 360
    assert stage.engine.state.accounts[ACCOUNT].interest["USD"] == round(earned * CASH_SCALE)


def test_what_is_bought_and_sold_in_a_day_is_no_loan() -> None:
    idle, busy = bearing(), bearing()
    for _ in range(3):
        trade(busy, AAPL, 9_000)
        trade(busy, AAPL, -9_000)
    for stage in (idle, busy):
        stage.step("clock 20260414 10:00:00")
    assert (
        busy.engine.state.accounts[ACCOUNT].interest == idle.engine.state.accounts[ACCOUNT].interest
    )


def test_a_station_without_orders_wakes_for_it() -> None:
    stage = bearing()
    stage.step("clock 20260413 23:55:00")  # when profits begin
    assert stage.engine.next_due() == at("20260414 00:00:00")
    assert stage_of().engine.next_due() is None


# -- figures --------------------------------------------------------------------------------------


@walk("model", ["portfolio", "reg_t", "cash"])
def test_figures_count_it_as_worth_and_not_as_means(model: str) -> None:
    stage = bearing()
    stage.submit(SetMarginModel(ACCOUNT, model))
    stage.submit(Deposit(ACCOUNT, "EUR", 100_000 * CASH_SCALE))
    trade(stage, AAPL, 100)
    stage.step("clock 20260414 10:00:00")
    quote(stage, AAPL, 100)
    worth = stage.queries.valuation(ACCOUNT, stage.now)
    seen = {key: Decimal(value) for key, value in rows(stage).items() if _is_number(value)}
    accrued = seen["AccruedCash", "BASE"]
    assert accrued > 0
    assert seen["AccruedCash-S", "USD"] == accrued
    assert seen["AccruedCash-C", "USD"] == seen["AccruedCash-P", "USD"] == 0
    assert ("AccruedCash", "USD") in seen and ("AccruedCash", "EUR") in seen
    total = seen["TotalCashValue", "USD"] + seen["GrossPositionValue", "USD"] + accrued
    assert abs(seen["NetLiquidation", "USD"] - total) <= Decimal("0.01")
    assert worth.equity == worth.net - worth.interest
    by_currency = seen["NetLiquidationByCurrency", "BASE"]
    assert abs(by_currency - seen["NetLiquidation", "USD"]) <= Decimal("0.02")
    if model == "reg_t":
        assert abs(seen["RegTEquity", "USD"] - total) <= Decimal("0.01")
    told = summary_values(ACCOUNT, "USD", worth, ("AccruedCash", "$LEDGER:EUR"))
    assert [row.value for row in told if row.key == "AccruedCash"] == [
        str(seen["AccruedCash", "EUR"]), str(seen["AccruedCash", "USD"]),
    ]  # fmt: skip
    assert stage.queries.profit(ACCOUNT, stage.now).dailyPnL == 0


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).replace("-", "", 1).isdigit()


def test_booked_interest_and_dividends_are_credited_to_the_memorandum_account() -> None:
    stage = bearing()
    stage.submit(SetMarginModel(ACCOUNT, "reg_t"))
    account = stage.engine.state.accounts[ACCOUNT]
    trade(stage, AAPL, 100)
    before = account.sma
    stage.submit(PayDividend(AAPL.conId, 2 * CASH_SCALE))
    assert account.sma - before == 200 * CASH_SCALE
    stage.submit(MergeShares(AAPL.conId, cash=110 * CASH_SCALE))
    assert account.sma - before == (200 + 5_500) * CASH_SCALE, "as if they had been sold"
    stage.step("clock 20260506 10:00:00")
    stage.journal += stage.engine.drain_journal()
    facts = [fact for entry in stage.journal for fact in entry.facts]
    (booked,) = [one for one in facts if isinstance(one, InterestBooked)]
    assert booked.memo == dict(booked.cash)["USD"] > 0


def test_a_snapshot_keeps_what_has_accrued() -> None:
    stage = bearing()
    stage.step("clock 20260414 10:00:00")
    account = stage.engine.state.accounts[ACCOUNT]
    again = msgspec.msgpack.decode(msgspec.msgpack.encode(account), type=type(account))
    assert again.accrued == account.accrued != {}
