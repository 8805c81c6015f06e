"""The published formulas of margins and commissions, row by row, against what the tables give.

Each row is one of IBKR's pages (or of the captures that correct them) worked out by hand for one
position or one order; what options need together has its own table (``test_option_margin``).
"""

from collections.abc import Callable

import msgspec

from papertape.venue.broker.fees import commission
from papertape.venue.broker.ledger import Account, LedgerPosition
from papertape.venue.broker.margin import MarginCalculator
from papertape.venue.broker.minimums import GROSS_AT_ENTRY, GROSS_AT_WORK, LEAST_EQUITY
from papertape.venue.broker.schedules import FUTURE_MARGINS, MARGIN_MODELS
from papertape.venue.broker.valuation import Valuation
from papertape.venue.market.source import Quote
from papertape.venue.reference.instruments import Instruments
from papertape.venue.reference.listings import CATALOGUE, EURUSD
from papertape.venue.reference.securities import Instrument
from papertape.venue.units import notional, price_units, rate, size_units
from venue.test_contract_ends import AAPL, CALL, MES
from venue.test_every_kind_of_money import FUND, FUTURE_PUT, WARRANT
from venue.test_other_kinds import BOND, BTC, CFD, GOLD
from walks import walk

DOLLAR = 10**6
ES = msgspec.structs.replace(MES, conId=700_000_061, tradingClass="ES", symbol="ES", multiplier=50)
OTHER = msgspec.structs.replace(MES, conId=700_000_062, tradingClass="ZT", symbol="ZT")
KNOWN = Instruments([
    *CATALOGUE, AAPL, CALL, MES, ES, OTHER, FUTURE_PUT, BOND, BTC, CFD, GOLD, FUND, WARRANT,
])  # fmt: skip


def worth(model: str, entry: Instrument, size: int, price: float) -> Valuation:
    """An account with 100,000 dollars, and one position at the price that it cost."""
    units = price_units(price, entry.scale)
    quote = Quote(entry.conId, 1, units, 1, units, 1)
    margin = MarginCalculator(
        KNOWN, lambda one: quote if one == entry.conId else Quote(one, 0, 0, 0, 0, 0)
    )
    account = Account("DU1", "USD", {"USD": 100_000 * DOLLAR}, opening_equity=100_000 * DOLLAR)
    cost = notional(units, size * 10_000, entry.money_scale, entry.multiplier)
    account.positions[entry.conId] = LedgerPosition(size * 10_000, cost, 0, cost)
    if not entry.daily and entry.secType != "CASH":
        account.cash["USD"] -= cost
    account.margin = model
    return margin.value(account)


MARGINS: dict[str, tuple[str, Instrument, int, float, float]] = {
    # model, what, how many, price, maintenance in dollars
    "portfolio: a stock, 15 %": ("portfolio", AAPL, 100, 200, 3_000),
    "portfolio: the same short": ("portfolio", AAPL, -100, 200, 3_000),
    "Reg T: a stock, 25 %": ("reg_t", AAPL, 100, 200, 5_000),
    "Reg T: short 30 %": ("reg_t", AAPL, -100, 200, 6_000),
    "Reg T: short, five dollars a share": ("reg_t", AAPL, -100, 10, 500),
    "a long option has no loan value and needs nothing": ("reg_t", CALL, 1, 5, 0),
    "a micro future, by contract": ("portfolio", MES, -2, 6_800, 2_160),
    "a future, by contract": ("reg_t", ES, 1, 6_800, 10_800),
    "another future, a tenth of its value": ("reg_t", OTHER, 1, 6_800, 3_400),
    "a long option on a future, its value": ("reg_t", FUTURE_PUT, 1, 20, 100),
    "a currency, 2.5 %": ("portfolio", EURUSD, 40_000, 1.1, 1_100),
    "a coin has no loan value and needs nothing": ("portfolio", BTC, 1, 60_000, 0),
    "a contract for difference, 20 %": ("portfolio", CFD, 10, 300, 600),
    "a bond, 25 %": ("reg_t", BOND, 5, 96, 1_200),
    "an ounce of gold, 10 %": ("portfolio", GOLD, 3, 4_000, 1_200),
    "a fund, 25 %": ("reg_t", FUND, 10, 500, 1_250),
    "a warrant has no loan value and needs nothing": ("reg_t", WARRANT, 100, 2, 0),
    "cash: paid in full": ("cash", AAPL, 100, 200, 20_000),
}


@walk("name", MARGINS)
def test_maintenance_margin(name: str) -> None:
    model, entry, size, price, dollars = MARGINS[name]
    found = worth(model, entry, size, price)
    assert found.maintenance == round(dollars * DOLLAR)
    initial = 10 if model == "cash" else 11
    assert found.initial == round(dollars * DOLLAR) * initial // 10, "1.1 times maintenance"


FORMULAS: dict[str, tuple[Callable[[Valuation], float], float]] = {
    # of 100 shares of 200 in a portfolio margin account of 100,000
    "ELV: cash and stock": (lambda v: v.equity, 100_000),
    "NLV": (lambda v: v.net, 100_000),
    "AvailableFunds: ELV less initial": (lambda v: v.available, 100_000 - 3_300),
    "ExcessLiquidity: ELV less maintenance": (lambda v: v.excess, 100_000 - 3_000),
    "BuyingPower: 1 / 0.15": (lambda v: v.buying_power, (100_000 - 3_300) / 0.15),
    "GrossPositionValue": (lambda v: v.gross, 20_000),
}


@walk("name", FORMULAS)
def test_figures_by_formula(name: str) -> None:
    figure, dollars = FORMULAS[name]
    assert abs(figure(worth("portfolio", AAPL, 100, 200)) - dollars * DOLLAR) <= 1


def test_an_option_is_left_out_of_equity_with_loan_and_one_on_a_future_is_not() -> None:
    bought = worth("portfolio", CALL, 2, 5)
    assert (bought.equity, bought.net) == (99_000 * DOLLAR, 100_000 * DOLLAR)
    assert worth("portfolio", FUTURE_PUT, 1, 20).equity == 100_000 * DOLLAR


def test_reg_t_has_four_times_the_funds_of_the_lesser_equity_and_half_at_the_end() -> None:
    found = worth("reg_t", AAPL, 100, 200)
    assert found.buying_power == 4 * (100_000 - 5_500) * DOLLAR
    assert found.reg_t is not None and found.reg_t.margin == 10_000 * DOLLAR
    assert found.sma == max(100_000 - 10_000, 0) * DOLLAR


def test_limits_of_acceptance() -> None:
    assert LEAST_EQUITY == 2_000 * DOLLAR
    assert (GROSS_AT_ENTRY, GROSS_AT_WORK) == (30, 50)


def test_rates_of_bare_options_and_of_the_scan() -> None:
    bare, scan = MARGIN_MODELS["reg_t"].option, MARGIN_MODELS["portfolio"].scan
    assert (bare.stock, bare.index, bare.least) == (rate("0.20"), rate("0.15"), rate("0.10"))
    assert bare.least_cents == 250
    assert scan is not None and scan.least == 375_000
    assert (scan.down, scan.up) == (rate("0.15"), rate("0.15"))
    assert (scan.index_down, scan.index_up) == (rate("0.08"), rate("0.06"))
    assert FUTURE_MARGINS["ES"] == 10 * FUTURE_MARGINS["MES"]


COMMISSIONS: dict[str, tuple[Instrument, int, float, str, float]] = {
    # what, size (negative sells), price, plan, dollars; one fill
    "US stock, fixed, captured": (AAPL, 100, 309.0, "fixed", 1.0003),
    "its sale, captured": (AAPL, -1, 309.15, "fixed", 1.006566),
    "half a cent a share": (AAPL, 1_000, 100, "fixed", 5.003),
    "one percent at most": (AAPL, 10, 0.5, "fixed", 0.05003),
    "tiered: 0.35 at least, clearing, the exchange's 0.003, fees of fees": (
        AAPL,
        10,
        100,
        "tiered",
        0.35 + 10 * 0.0002 + 10 * 0.003 + 0.35 * 0.000735 + 0.00003,
    ),
    "an option at 8.90, captured": (CALL, 1, 8.90, "fixed", 0.76825),
    "one at 0.07": (CALL, 1, 0.07, "fixed", 0.5 + 0.11825),
    "one at 0.04": (CALL, 2, 0.04, "fixed", 2 * (0.25 + 0.11825)),
    "a micro future, captured in July 2026": (MES, 1, 6_800, "fixed", 0.61),
    "a future: 0.85, 1.28, 0.02": (ES, 1, 6_800, "fixed", 2.15),
    "an option on a future: 0.85, 0.55, 0.02": (FUTURE_PUT, 1, 20, "fixed", 1.42),
    "a currency: 0.2 basis points": (EURUSD, 200_000, 1.1, "fixed", 4.4),
    "and two dollars at least": (EURUSD, 20_000, 1.1, "fixed", 2),
    "a contract for difference: 0.002 %": (CFD, 1_000, 300, "fixed", 6),
    "and one dollar at least": (CFD, 10, 300, "fixed", 1),
    "a coin: 0.18 %": (BTC, 1, 60_000, "fixed", 108),
    "nothing is charged by the plan without fees": (AAPL, 100, 309.0, "none", 0),
}


@walk("name", COMMISSIONS)
def test_commissions(name: str) -> None:
    entry, size, price, plan, dollars = COMMISSIONS[name]
    units = size_units(abs(size))
    value = notional(price_units(price, entry.scale), units, entry.money_scale, entry.multiplier)
    side = 1 if size > 0 else -1
    fee = commission(entry, side, before=(0, 0), fill=(units, value), plan=plan)
    assert abs(fee - dollars * DOLLAR) <= 1
