"""The figures of accounts of every model that trade every kind: a sheet of plain decimals says the
same after each fill, and the identities of a real account's dump hold."""

from decimal import Decimal

import pytest

from papertape.model import Contract, Order
from papertape.venue.commands import OpenAccount, SubmitOrder
from papertape.venue.market.source import Quote
from papertape.venue.reference.instruments import Instrument
from papertape.venue.reference.listings import EURUSD
from papertape.venue.reference.times import EASTERN
from papertape.venue.units import SECOND
from venue.scenario import START, Stage, at
from venue.sheet import CENT, Row, Sheet
from venue.test_contract_ends import AAPL, CALL, INDEX_CALL, MES, PUT, SPX
from venue.test_every_kind_of_money import (
    AROUND,
    CORN,
    ENDING,
    FUTURE_PUT,
    INSTRUMENTS,
    LATER,
    WARRANT,
    each,
)
from venue.test_funds import FUND
from venue.test_money import BRITISH
from venue.test_other_kinds import BOND, BTC, CFD, GOLD
from walks import walk

TRADES: list[tuple[Instrument, int]] = [
    (AAPL, 300), (BRITISH, 5_000), (EURUSD, 20_000), (CALL, 2), (PUT, -1), (INDEX_CALL, 1),
    (MES, 3), (LATER, -2), (CORN, 1), (FUTURE_PUT, 2), (AAPL, -500), (FUTURE_PUT, -3), (MES, -5),
    (CALL, -4), (EURUSD, -40_000), (BRITISH, -5_000), (CORN, -1), (PUT, 1), (AAPL, 200), (CALL, 2),
    (BOND, 20), (GOLD, 5), (CFD, -30), (BTC, 1), (WARRANT, 700), (ENDING, -3), (GOLD, -9),
    (CFD, 50), (BTC, -1), (WARRANT, -300), (BOND, -30), (FUND, 40), (FUND, -15),
]  # fmt: skip
"""Longs, shorts, positions that turn round, and that are closed."""
MODELS = ("portfolio", "reg_t")
SEGMENTS = ("-C", "-P", "-S")
SUMS = (
    "AvailableFunds", "EquityWithLoanValue", "ExcessLiquidity", "InitMarginReq", "MaintMarginReq",
    "NetLiquidation", "TotalCashValue", "LookAheadInitMarginReq", "FullMaintMarginReq",
)  # fmt: skip
Told = dict[tuple[str, str], str]


class Desk:
    """A stage with an account of some model and base, and what it is told."""

    def __init__(self, model: str, base: str) -> None:
        self.stage = Stage(None, INSTRUMENTS)
        self.model, self.base = model, base
        self.stage.submit(OpenAccount("DU2", base, 10**8 * 10**6, model))
        for entry, price in AROUND.items():
            self.quote(entry, price)

    def quote(self, entry: Instrument, price: int) -> None:
        self.stage.now += SECOND
        self.stage.market.add(Quote(entry.conId, self.stage.now, price, 10**11, price, 10**11))
        self.stage.told(self.stage.engine.advance(self.stage.now))

    def trade(self, entry: Instrument, size: int) -> None:
        number = self.stage.engine.state.highest_ids.get(1, 0) + 1
        order = Order(
            action="BUY" if size > 0 else "SELL", totalQuantity=Decimal(abs(size)),
            orderType="MKT", tif="DAY", account="DU2",
        )  # fmt: skip
        if entry == BTC:  # which is not bought at the market by size
            price = self.stage.market.quote(BTC.conId, self.stage.now).bid
            order.orderType, order.lmtPrice = "LMT", price / BTC.scale
        contract = Contract(conId=entry.conId, exchange=entry.home)
        self.stage.now += SECOND
        self.stage.told(self.stage.engine.submit(
            SubmitOrder(1, number, contract, order), self.stage.now
        ))  # fmt: skip
        if entry == FUND:  # at the value of the close
            day = EASTERN.day(self.stage.now)
            close = EASTERN.instant(day, 16 * 60)
            self.stage.now = close if close > self.stage.now else EASTERN.instant(day + 1, 16 * 60)
            self.stage.told(self.stage.engine.advance(self.stage.now))
        filled = self.stage.queries.order(1, number)
        assert filled is not None and filled.remaining == 0, (entry.localSymbol, filled)

    def told(self) -> Told:
        rows = self.stage.queries.account_values("DU2", self.stage.now)
        assert len({(row.key, row.currency) for row in rows}) == len(rows), "each row once"
        return {(row.key, row.currency): row.value for row in rows}

    def sheet(self) -> Sheet:
        engine = self.stage.engine
        engine.top.begin(self.stage.now)
        account, margin = engine.state.accounts["DU2"], engine.broker.margin
        rows, options = [], Decimal(0)
        rates = {
            name: Decimal(margin.rate(name, self.base)) / 10**7 for name in ("USD", "GBP", "EUR")
        }
        groups = margin.groups(account)
        for con_id, held in account.positions.items():
            entry = INSTRUMENTS[con_id]
            size = Decimal(held.quantity) / 10_000
            group = groups.get(margin.group_of(con_id), [])
            has_options = any(INSTRUMENTS[one].secType == "OPT" for one in group)
            row = Row(
                entry, size, each(entry, engine.top.look(con_id).bid),
                Decimal(held.cost) / 10**6, Decimal(held.settled) / 10**6,
            )  # fmt: skip
            if has_options and entry.secType == "STK":
                options -= rates[entry.currency] * Sheet._margin(
                    None, row, {"portfolio": Decimal("0.15"), "reg_t": Decimal("0.25")}[self.model],
                    self.model,
                )  # type: ignore[arg-type]  # fmt: skip
            rows.append(row)
        for group in groups.values():
            if any(INSTRUMENTS[one].secType == "OPT" for one in group):
                options += Decimal(margin.group_worth(account, group)[1]) / 10**6
        cash = {name: Decimal(some) / 10**6 for name, some in account.cash.items()}
        before = Decimal(account.opening_equity) / 10**6
        return Sheet(self.model, cash, rows, rates, options, before)


@pytest.mark.long
@pytest.mark.sample(3)
@pytest.mark.parametrize("base", ["USD", "EUR"])
@pytest.mark.parametrize("model", MODELS)
def test_a_sheet_of_decimals_says_the_same_after_every_fill(model: str, base: str) -> None:
    desk = Desk(model, base)
    for number, (entry, size) in enumerate(TRADES):
        desk.trade(entry, size)
        other = list(AROUND)[number % len(AROUND)]
        price = AROUND[other] * (1_000 + (-1) ** number * number) // 1_000
        desk.quote(other, price - price % other.tick)
        assert desk.sheet().differs(desk.told(), base) == [], entry.localSymbol


@pytest.mark.long
@pytest.mark.parametrize("model", MODELS)
def test_the_identities_hold_after_every_fill_of_every_kind(model: str) -> None:
    desk = Desk(model, "USD")
    for entry, size in TRADES:
        desk.trade(entry, size)
        _check(desk.told(), model)


def _check(told: Told, model: str) -> None:
    def money(key: str, currency: str = "USD") -> Decimal:
        return Decimal(told[key, currency])

    for suffix in ("", *SEGMENTS):
        for prefix in ("", "Full"):
            equity = money("EquityWithLoanValue" + suffix)
            initial = money(f"{prefix}InitMarginReq{suffix}")
            maintenance = money(f"{prefix}MaintMarginReq{suffix}")
            assert abs(money(f"{prefix}AvailableFunds{suffix}") - (equity - initial)) <= CENT
            assert abs(money(f"{prefix}ExcessLiquidity{suffix}") - (equity - maintenance)) <= CENT
            assert abs(initial - maintenance * Decimal("1.1")) <= CENT
    for key in SUMS:
        assert abs(money(key) - sum(money(key + one) for one in SEGMENTS)) <= 2 * CENT, key
    net = money("NetLiquidation")
    assert abs(Decimal(told["Cushion", ""]) - money("ExcessLiquidity") / net) < Decimal("0.000001")
    assert abs(Decimal(told["Leverage-S", ""]) - money("GrossPositionValue") / net) <= CENT / 2
    currencies = {currency for key, currency in told if key == "CashBalance"} - {"BASE"}
    for key in ("CashBalance", "StockMarketValue", "FuturesPNL", "UnrealizedPnL", "RealizedPnL",
                "NetLiquidationByCurrency"):  # fmt: skip
        total = sum(money(key, one) * money("ExchangeRate", one) for one in currencies)
        assert abs(total - money(key, "BASE")) <= CENT * len(currencies), key
    assert abs(money("NetLiquidationByCurrency", "BASE") - net) <= CENT
    if model == "reg_t":
        assert money("RegTMargin") == money("RegTMargin-S")
        assert money("SMA") >= money("RegTEquity") - money("RegTMargin") - CENT
    else:
        assert ("SMA", "USD") not in told and ("RegTMargin", "USD") not in told
        assert abs(money("BuyingPower") * Decimal("0.15") - money("AvailableFunds")) <= CENT


# ---------------------------------------------------------------- Regulation T


def test_the_memorandum_account_takes_half_of_what_is_bought_and_keeps_its_best() -> None:
    desk = Desk("reg_t", "USD")
    desk.stage.submit(OpenAccount("DU3", "USD", 10_000 * 10**6, "reg_t", "none"))
    book = desk.stage.engine.state.accounts["DU3"]
    desk.quote(AAPL, 1_000_000)
    _buy(desk, 100)
    assert book.sma == 5_000 * 10**6, "10,000 and half of 10,000 less"
    assert _sma(desk) == "5000.00"
    desk.quote(AAPL, 1_200_000)
    assert _sma(desk) == "6000.00", "12,000 less half of 12,000"
    desk.quote(AAPL, 800_000)
    assert _sma(desk) == "5000.00", "what is lost does not lower it"
    desk.quote(AAPL, 1_200_000)
    desk.stage.step("clock 20260414 10:00:00")
    assert book.sma == 6_000 * 10**6, "a day begins with the best of both"
    desk.quote(AAPL, 1_200_000)
    _buy(desk, -50)
    assert book.sma == 9_000 * 10**6, "a sale frees half"
    _buy(desk, -150)
    assert book.sma == 6_000 * 10**6, "50 are closed and 100 sold short"


def _buy(desk: Desk, size: int) -> None:
    number = desk.stage.engine.state.highest_ids.get(1, 0) + 1
    order = Order(
        action="BUY" if size > 0 else "SELL", totalQuantity=Decimal(abs(size)), orderType="MKT",
        tif="DAY", account="DU3",
    )  # fmt: skip
    contract = Contract(conId=AAPL.conId, exchange="SMART")
    desk.stage.submit(SubmitOrder(1, number, contract, order))


def _sma(desk: Desk) -> str:
    (row,) = desk.stage.queries.account_summary(("SMA",), desk.stage.now, "DU3")
    return row.value


# ---------------------------------------------------------------- the next change


def test_without_positions_nothing_changes() -> None:
    desk = Desk("portfolio", "USD")
    assert desk.told()["LookAheadNextChange", ""] == "0"
    assert desk.told()["PostExpirationMargin", "USD"] == "0.00"


@walk(
    ("start", "change"),
    [("20260413 10:00:00", "20260414 09:30:00"), ("20260413 08:00:00", "20260413 09:30:00"),
     ("20260417 12:00:00", "20260420 09:30:00"), ("20260419 12:00:00", "20260420 09:30:00")],
)  # fmt: skip
def test_margins_change_when_the_next_weekday_opens(start: str, change: str) -> None:
    desk = Desk("portfolio", "USD")
    desk.trade(AAPL, 1)
    rows = desk.stage.queries.account_values("DU2", at(start))
    told = {(row.key, row.currency): row.value for row in rows}
    assert int(told["LookAheadNextChange", ""]) * SECOND == at(change) > START - 3 * 3600 * SECOND


def test_an_option_that_ends_tonight_is_shares_in_the_figures_of_tomorrow() -> None:
    desk = Desk("reg_t", "USD")
    desk.quote(AAPL, 2_550_000)
    desk.trade(CALL, 2)  # at 6.00; 5 in the money
    told = desk.told()
    assert told["InitMarginReq", "USD"] == "0.00"
    # 200 shares at 255.00: a quarter of 51,000, and 1.1 times that
    assert told["LookAheadMaintMarginReq", "USD"] == "12750.00"
    assert told["LookAheadInitMarginReq", "USD"] == told["PostExpirationMargin", "USD"]
    assert told["PostExpirationMargin", "USD"] == "14025.00"
    equity = Decimal(told["EquityWithLoanValue", "USD"]) + 200 * 5
    assert Decimal(told["PostExpirationExcess", "USD"]) == equity - 14_025
    assert told["LookAheadAvailableFunds", "USD"] == told["PostExpirationExcess", "USD"]


def test_a_future_that_ends_tonight_needs_nothing_tomorrow() -> None:
    desk = Desk("portfolio", "USD")
    desk.trade(MES, 2)
    desk.trade(INDEX_CALL, 1)
    desk.quote(SPX, 67_900_000)  # out of the money
    desk.trade(LATER, 1)
    told = desk.told()
    assert told["MaintMarginReq-C", "USD"] == "3240.00"
    assert told["LookAheadMaintMarginReq-C", "USD"] == "1080.00"
    assert told["LookAheadMaintMarginReq", "USD"] == "1080.00"
    assert told["FullMaintMarginReq", "USD"] == told["MaintMarginReq", "USD"] == "3240.00"


# ---------------------------------------------------------------- what-if


@pytest.mark.long
@walk("model", MODELS)
@walk("size", [2, -2], ids=["buy", "sell"])
@walk(
    "entry",
    [AAPL, BRITISH, EURUSD, CALL, PUT, INDEX_CALL, MES, LATER, CORN, FUTURE_PUT, BOND, GOLD, CFD,
     BTC, WARRANT, FUND],
    ids=lambda entry: entry.localSymbol,
    check=3,
)  # fmt: skip
def test_a_what_if_says_what_the_order_then_does(entry: Instrument, size: int, model: str) -> None:
    desk = Desk(model, "USD")
    if entry in (BTC, WARRANT, FUND):  # which nobody is short of
        desk.trade(entry, 5)
    if entry != FUND:  # whose order takes until the options have ended
        desk.trade(AAPL, 200)
        desk.trade(CALL, -1)
    size *= {"STK": 100, "CASH": 10_000}.get(entry.secType, 1)
    order = Order(
        action="BUY" if size > 0 else "SELL", totalQuantity=Decimal(abs(size)), orderType="MKT",
        tif="DAY", account="DU2", whatIf=True,
    )  # fmt: skip
    if entry == BTC:
        order.orderType, order.lmtPrice = "LMT", AROUND[BTC] / BTC.scale
    contract = Contract(conId=entry.conId, exchange=entry.home)
    number = desk.stage.engine.state.highest_ids[1] + 1
    desk.stage.now += SECOND
    told = desk.stage.told(
        desk.stage.engine.submit(SubmitOrder(1, number, contract, order), desk.stage.now)
    )
    state = told[-1].view.state  # type: ignore[union-attr]
    before = desk.told()
    desk.trade(entry, size)
    after = desk.told()
    paid = desk.stage.queries.executions()[-1].report
    assert state.commissionAndFees == paid.commissionAndFees
    assert state.commissionAndFeesCurrency == paid.currency == entry.currency
    for field, key in (("maintMargin", "MaintMarginReq"), ("initMargin", "InitMarginReq"),
                       ("equityWithLoan", "EquityWithLoanValue")):  # fmt: skip
        assert abs(getattr(state, f"{field}Before") - Decimal(before[key, "USD"])) <= CENT
        assert abs(getattr(state, f"{field}After") - Decimal(after[key, "USD"])) <= CENT
        change = Decimal(after[key, "USD"]) - Decimal(before[key, "USD"])
        assert abs(getattr(state, f"{field}Change") - change) <= 2 * CENT
