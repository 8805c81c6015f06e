"""The tiers of a month: what was traded lowers the rate of what is traded next."""

from collections.abc import Callable
from decimal import Decimal
from random import Random
from typing import Any

from papertape.model import Contract, Order
from papertape.server.present import events as e
from papertape.venue.broker.fees import commission
from papertape.venue.broker.profile import Profile
from papertape.venue.commands import (
    OpenAccount,
    ReplaceAdvisorGroups,
    SetFeePlan,
    SubmitOrder,
)
from papertape.venue.invariants import check
from papertape.venue.market.source import Quote
from papertape.venue.reference.instruments import Instrument, Instruments
from papertape.venue.reference.listings import CATALOGUE, EURUSD
from papertape.venue.script import BustExecution, CorrectExecution
from papertape.venue.snapshots import frozen, restored
from papertape.venue.units import CASH_SCALE, SECOND, SIZE_SCALE, price_units
from venue.scenario import Stage
from venue.test_charges import USDJPY
from venue.test_contract_ends import AAPL, CALL
from venue.test_futures import CALL as FUTURE_CALL
from venue.test_futures import CORN, MES
from walks import walk

D = Decimal
ACCOUNT = "DU1234567"
INSTRUMENTS = Instruments([*CATALOGUE, CALL, USDJPY, MES, CORN, FUTURE_CALL])
SHARES = [(None, "0.0035"), (300_000, "0.002"), (3_000_000, "0.0015"), (20_000_000, "0.001"),
          (100_000_000, "0.0005")]  # fmt: skip
"""As the sheet has them: above so many shares of the month, a share costs."""
DOLLARS = [(None, "0.00002", "2"), (10**9, "0.000015", "1.5"), (2 * 10**9, "0.00001", "1.25"),
           (5 * 10**9, "0.000008", "1")]  # fmt: skip
FUTURES = [(None, "0.85"), (1_000, "0.65"), (10_000, "0.45"), (20_000, "0.25")]
MICRO_FUTURES = [(None, "0.25"), (1_000, "0.20"), (10_000, "0.15"), (20_000, "0.10")]
"""As the broker's page on commissions of futures has them."""


def contracts(premium: Decimal) -> list[tuple[int | None, str]]:
    low, middle = premium < D("0.05"), premium < D("0.10")
    return [
        (None, "0.25" if low else "0.50" if middle else "0.65"),
        (10_000, "0.25" if low else "0.50"),
        (50_000, "0.25"),
        (100_000, "0.15"),
    ]


def stepped(tiers: list[Any], begun: Decimal, amount: Decimal) -> Decimal:
    """Each unit at the rate of its place, as on paper."""
    total, marks = D(0), [*tiers[1:], (None, "")]
    for (above, each, *_), (until, *_) in zip(tiers, marks, strict=True):
        low = begun if above is None else max(begun, D(above))
        high = begun + amount if until is None else min(begun + amount, D(until))
        total += max(high - low, D(0)) * D(each)
    return total


def micros(amount: Decimal) -> Decimal:
    return amount.quantize(D("0.000001"))


def of_shares(begun: int, size: int, price: Decimal, side: int) -> Decimal:
    """What an order that fills at once and takes costs under the tiered plan."""
    value = size * price
    fee = micros(min(max(D("0.35"), stepped(SHARES, D(begun), D(size))), value * D("0.01")))
    passed = size * D("0.000003")
    if side < 0:
        passed += value * D("0.0000206") + size * D("0.000195")
    return fee + micros(passed) + micros(size * D("0.0032")) + micros(fee * D("0.000735"))


def stage_of(**profile: Any) -> Stage:
    stage = Stage(Profile(opening_cash=10**12 * CASH_SCALE, **profile), INSTRUMENTS)
    stage.submit(SetFeePlan(ACCOUNT, "tiered"))
    return stage


def quote(stage: Stage, entry: Instrument, price: Decimal) -> None:
    stage.now += SECOND
    units = price_units(float(price), entry.scale)
    most = 10**14
    stage.market.add(Quote(entry.conId, stage.now, units, most, units, most))
    stage.told(stage.engine.advance(stage.now))


def trade(stage: Stage, entry: Instrument, size: int, **more: Any) -> tuple[Any, ...]:
    order = Order(
        action="BUY" if size > 0 else "SELL", totalQuantity=D(abs(size)), orderType="MKT",
        tif="DAY", account=ACCOUNT, **more,
    )  # fmt: skip
    number = stage.engine.state.highest_ids.get(1, 0) + 1
    contract = Contract(conId=entry.conId, exchange=entry.home)
    told = stage.submit(SubmitOrder(1, number, contract, order))
    check(stage.engine)
    return told


def charged(told: tuple[Any, ...]) -> Decimal:
    (one,) = [event.report for event in told if isinstance(event, e.CommissionCharged)]
    return D(str(round(one.commissionAndFees, 6)))


def traded(stage: Stage, account: str = ACCOUNT) -> dict[str, int]:
    return dict(stage.engine.state.accounts[account].traded)


def finished(stage: Stage) -> None:
    check(stage.engine)
    stage.journal += stage.engine.drain_journal()
    stage.assert_replays()


def test_thirty_million_shares_cost_what_the_published_example_says() -> None:
    """1,050 for the first 300,000, 5,400 for the next 2,700,000, 25,500 for the next 17,000,000,
    10,000 for the last 10,000,000; whether it is one order or many."""
    size, price = 30_000_000, D(5)
    fill = size * SIZE_SCALE, int(size * price) * CASH_SCALE
    one = D(commission(AAPL, 1, before=(0, 0), plan="tiered", fill=fill)) / CASH_SCALE
    ours = D(1_050 + 5_400 + 25_500 + 10_000)
    assert one == ours + 90_000 + 6_000 + 90 + ours * D("0.000735")
    month, many = 0, D(0)
    for part in (299_999, 2, 2_699_999, 16_000_000, 1_000_001, 9_999_999):
        fill = part * SIZE_SCALE, int(part * price) * CASH_SCALE
        fee = commission(AAPL, 1, before=(0, 0), plan="tiered", fill=fill, month=month)
        month, many = month + fill[0], many + D(fee) / CASH_SCALE
    assert month == size * SIZE_SCALE
    capped = D("0.1") - D("0.0035") - D("0.002")  # the two shares pay 1 % of their value
    assert abs(many - one - capped * D("1.000735")) < D("0.000004")


def test_orders_of_a_month_cost_their_tiers_to_the_last_digit() -> None:
    stage, random, month = stage_of(), Random(7), 0
    for price in (D("257.66"), D("5.01"), D("0.30")):
        quote(stage, AAPL, price)
        for _ in range(12):
            size = random.choice((3, 40, 99_999, 250_000, 1_999_999, 9_000_000))
            size *= random.choice((1, -1))
            expected = of_shares(month, abs(size), price, 1 if size > 0 else -1)
            told = trade(stage, AAPL, size, whatIf=True)
            asked = next(one for one in told if isinstance(one, e.WhatIfAnswered))
            assert round(asked.view.state.maxCommissionAndFees, 6) == float(expected)
            assert charged(trade(stage, AAPL, size)) == expected, (month, size, price)
            month += abs(size)
            assert traded(stage) == {"STK": month * SIZE_SCALE}
    assert month > 20_000_000
    finished(stage)


def test_options_fall_into_the_tiers_of_their_month_in_either_plan() -> None:
    for plan in ("tiered", "fixed"):
        stage, month = stage_of(), 0
        stage.submit(SetFeePlan(ACCOUNT, plan))
        for premium, sizes in (
            (D("6.00"), (9_999, 2, 39_000, 2_000)),
            (D("0.04"), (3_000, 44_000, 2_000, 1)),
            (D("0.07"), (5,)),
        ):
            quote(stage, CALL, premium)
            for size in sizes:
                each = contracts(premium)
                expected = stepped(each, D(month), D(size)) + size * D("0.11825")
                assert charged(trade(stage, CALL, size)) == expected, (plan, month, size)
                month += size
        assert traded(stage) == {"OPT": month * SIZE_SCALE}
        assert month > 100_000
        finished(stage)


def test_futures_and_options_on_them_count_together_under_the_tiered_plan() -> None:
    """The broker's part of 0.85, and 0.25 of a micro future; exchanges take the same from all."""
    stage, month = stage_of(), 0
    passed = {CORN.conId: D("1.30"), MES.conId: D("0.36"), FUTURE_CALL.conId: D("0.57")}
    quote(stage, CORN, D(450))
    quote(stage, MES, D(6_800))
    quote(stage, FUTURE_CALL, D(20))
    for entry, size in (
        (CORN, 600), (MES, 399), (FUTURE_CALL, 2), (CORN, 3), (MES, 8_990), (MES, 20),
        (FUTURE_CALL, 9_985), (CORN, 3), (MES, 5), (FUTURE_CALL, 5), (CORN, 30_000),
    ):  # fmt: skip
        tiers = MICRO_FUTURES if entry is MES else FUTURES
        expected = stepped(tiers, D(month), D(size)) + size * passed[entry.conId]
        assert charged(trade(stage, entry, size)) == expected, (month, entry.localSymbol, size)
        month += size
        assert traded(stage) == {"FUT": month * SIZE_SCALE}
    assert month > 50_000
    finished(stage)


def test_futures_have_no_tiers_under_the_fixed_plan() -> None:
    stage = stage_of()
    stage.submit(SetFeePlan(ACCOUNT, "fixed"))
    quote(stage, MES, D(6_800))
    for _ in range(2):
        assert charged(trade(stage, MES, 1_500)) == 1_500 * D("0.61")
    assert traded(stage) == {}
    finished(stage)


def test_the_value_of_currencies_counts_in_dollars() -> None:
    stage, month, rate = stage_of(), D(0), D("0.00625")
    quote(stage, EURUSD, D("1.12"))
    quote(stage, USDJPY, D(160))
    for entry, size in (
        (EURUSD, 800_000_000), (USDJPY, 200_000_000), (EURUSD, 20_000), (USDJPY, 900_000_000),
        (EURUSD, 25_000), (EURUSD, 990_000_000), (EURUSD, 70_000),
        (USDJPY, 990_000_000), (EURUSD, 990_000_000), (EURUSD, 30_000), (EURUSD, 40_000_000),
    ):  # fmt: skip
        value = size * D("1.12") if entry is EURUSD else size * 160 * rate
        least = next(D(m) for above, _, m in reversed(DOLLARS) if above is None or month >= above)
        expected = micros(max(least, stepped(DOLLARS, month, value)))
        assert charged(trade(stage, entry, size)) == expected, (month, size)
        month += value
        assert traded(stage) == {"CASH": int(month * CASH_SCALE)}
    assert month > 5 * 10**9
    finished(stage)


def test_a_month_begins_at_midnight_in_new_york_also_when_nobody_was_there() -> None:
    stage = stage_of()
    quote(stage, AAPL, D(50))
    trade(stage, AAPL, 400_000)
    stage.step("clock 20260430 23:59:59")
    assert traded(stage) == {"STK": 400_000 * SIZE_SCALE}
    assert charged(trade(stage, AAPL, 1_000)) == of_shares(400_000, 1_000, D(50), 1)
    stage.step("clock 20260501 00:00:00")
    assert traded(stage) == {}
    assert charged(trade(stage, AAPL, 1_000)) == of_shares(0, 1_000, D(50), 1)
    stage.step("clock 20260703 10:00:00")
    assert traded(stage) == {}
    trade(stage, AAPL, 1_000)
    stage.step("clock 20260704 10:00:00")
    assert traded(stage) == {"STK": 1_000 * SIZE_SCALE}
    finished(stage)


def test_an_order_that_fills_in_parts_pays_for_its_place_in_the_month() -> None:
    """350,000 shares against 100,000 at a time: the same as at once."""
    stage = stage_of()
    quote(stage, AAPL, D(50))
    order = Order(action="BUY", totalQuantity=D(350_000), orderType="LMT", lmtPrice=50.0, tif="DAY")
    stage.now += SECOND
    many = 100_000 * SIZE_SCALE
    told: list[Any] = []
    stage.market.add(Quote(AAPL.conId, stage.now, 499_900, many, 500_000, many))
    stage.told(stage.engine.advance(stage.now))
    contract = Contract(conId=AAPL.conId, exchange="SMART")
    told += stage.submit(SubmitOrder(1, 1, contract, order))
    for step in range(3):
        stage.now += SECOND
        stage.market.add(Quote(AAPL.conId, stage.now, 499_900, many, 500_000 - step % 2, many))
        told += stage.told(stage.engine.advance(stage.now))
    fees = [one.report for one in told if isinstance(one, e.CommissionCharged)]
    assert len(fees) == 4
    ours = D(1_050) + 50_000 * D("0.002")
    # Those that rested add liquidity, and pay nothing to the exchange.
    passed = D(350_000) * (D("0.0002") + D("0.000003")) + 100_000 * D("0.003")
    total = sum(D(str(round(one.commissionAndFees, 6))) for one in fees)
    assert abs(total - ours * D("1.000735") - passed) < D("0.000004")
    finished(stage)


def test_only_what_is_traded_under_the_tiered_plan_counts() -> None:
    stage = stage_of()
    quote(stage, AAPL, D(50))
    stage.submit(SetFeePlan(ACCOUNT, "fixed"))
    trade(stage, AAPL, 500_000)
    assert traded(stage) == {}
    stage.submit(SetFeePlan(ACCOUNT, "tiered"))
    assert charged(trade(stage, AAPL, 1_000)) == of_shares(0, 1_000, D(50), 1)
    stage.submit(OpenAccount("DU2", "USD", 10**12, plan="tiered"))
    assert traded(stage, "DU2") == {}
    finished(stage)


def test_the_accounts_of_an_advisor_count_together() -> None:
    stage = Stage(Profile(accounts=("DU1", "DU2"), advisor="F1", opening_cash=10**16), INSTRUMENTS)
    for code in ("F1", "DU1", "DU2"):
        stage.submit(SetFeePlan(code, "tiered"))
    stage.submit(ReplaceAdvisorGroups("F1", (("Both", "Equal", (("DU1", 0), ("DU2", 0))),)))
    quote(stage, AAPL, D(50))
    contract = Contract(conId=AAPL.conId, exchange="SMART")
    plain: Callable[..., Order] = lambda size, **more: Order(  # noqa: E731
        action="BUY", totalQuantity=D(size), orderType="MKT", tif="DAY", **more
    )
    stage.submit(SubmitOrder(1, 1, contract, plain(200_000, account="DU1")))
    told = stage.submit(SubmitOrder(1, 2, contract, plain(200_000, faGroup="Both")))
    assert all(
        traded(stage, code) == {"STK": 400_000 * SIZE_SCALE} for code in ("F1", "DU1", "DU2")
    )
    assert charged(told) == of_shares(200_000, 200_000, D(50), 1)
    stage.submit(OpenAccount("DU3", "USD", 10**12, plan="tiered"))
    assert traded(stage, "DU3") == {"STK": 400_000 * SIZE_SCALE}
    finished(stage)


def test_a_bust_and_a_correction_take_back_what_they_counted() -> None:
    stage = stage_of()
    quote(stage, AAPL, D(50))
    trade(stage, AAPL, 299_000)
    trade(stage, AAPL, 2_000)
    (first, second) = [row.execution for row in stage.engine.archive.fills()]
    stage.submit(CorrectExecution(second, 1_500 * SIZE_SCALE, 0))
    assert traded(stage) == {"STK": 300_500 * SIZE_SCALE}
    assert (
        stage.engine.state.accounts[ACCOUNT].positions[AAPL.conId].quantity == 300_500 * SIZE_SCALE
    )
    corrected = next(row for row in stage.engine.archive.latest_fills() if row.revision == 2)
    assert D(corrected.fee) / CASH_SCALE == of_shares(299_000, 1_500, D(50), 1)
    stage.submit(BustExecution(first))
    assert traded(stage) == {"STK": 1_500 * SIZE_SCALE}
    finished(stage)


def test_a_snapshot_has_the_month() -> None:
    stage = stage_of()
    quote(stage, AAPL, D(50))
    trade(stage, AAPL, 400_000)
    engine = stage.engine
    state, _, _ = restored(bytes(frozen(engine.state, engine.archive, engine.clock)))
    assert (state.month, state.accounts[ACCOUNT].traded) == (
        202604, {"STK": 400_000 * SIZE_SCALE},
    )  # fmt: skip


@walk("above", [300_000, 3_000_000, 20_000_000, 100_000_000])
def test_the_last_share_of_a_tier_pays_its_rate_and_the_next_one_the_next(above: int) -> None:
    rates = dict(SHARES)
    steps = [D(rates[key]) for key in (*rates,)]
    place = [key for key, _ in SHARES].index(above)
    many = 10_000  # so that no minimum holds

    def fee(month: int) -> Decimal:
        fill = many * SIZE_SCALE, many * 50 * CASH_SCALE
        paid = commission(
            AAPL, 1, before=(0, 0), fill=fill, plan="tiered", month=month * SIZE_SCALE
        )
        return (D(paid) / CASH_SCALE - many * D("0.003203")) / D("1.000735")

    assert abs(fee(above - many) - many * steps[place - 1]) < D("0.000002")
    assert abs(fee(above) - many * steps[place]) < D("0.000002")
    one = fee(above - 1) - fee(above)
    assert abs(one - (steps[place - 1] - steps[place])) < D("0.000002")
