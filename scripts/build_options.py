"""Write ``tests/golden/options.csv``: values, greeks and volatilities by QuantLib and vollib.

Run it by hand with a Python that has both (``pip install QuantLib==1.44 vollib==1.0.11``);
Papertape needs neither. European values and greeks are QuantLib's analytic engine, American ones
its fixed point at high precision (Andersen, Lake, Offengenden 2016: errors under 1e-9), their
greeks central differences of it. Where vollib knows the case, its European value must agree with
QuantLib's within 1e-9 before a row is written, and ``implied`` is what vollib finds for it.
"""

import csv
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import QuantLib as ql
from vollib.black_scholes_merton import black_scholes_merton
from vollib.black_scholes_merton.implied_volatility import implied_volatility

OUT = Path(__file__).parent.parent / "tests/golden/options.csv"
DAY = ql.Date(15, 5, 2026)
COUNT = ql.Actual365Fixed()
HEAD = ("american", "call", "spot", "strike", "days", "rate", "dividend", "volatility", "value",
        "delta", "gamma", "vega", "theta", "implied")  # fmt: skip

Case = tuple[float, float, int, float, float, float]


def cases() -> Iterator[Case]:
    """Spot, strike, days, rate, dividend yield, volatility."""
    carries = ((0.045, 0.0), (0.045, 0.013), (0.0, 0.03), (0.03, 0.03), (0.02, 0.06))
    for (rate, dividend), days, volatility in product(carries, (2, 30, 182, 730), (0.12, 0.3, 0.7)):
        for strike in (80.0, 95.0, 100.0, 105.0, 125.0):
            yield 100.0, strike, days, rate, dividend, volatility
    yield 5432.1, 5400.0, 1, 0.05, 0.012, 0.11
    yield 1.085, 1.1, 91, 0.05, 0.035, 0.07
    yield 3.0, 2.5, 365, 0.01, 0.0, 1.9


def priced(case: Case, call: bool, american: bool, shift: tuple[float, float] = (0, 0)) -> float:
    """The value with spot and volatility moved by ``shift``."""
    option, engine = parts(case, call, american, shift)
    option.setPricingEngine(engine)
    return float(option.NPV())


def parts(case: Case, call: bool, american: bool, shift: tuple[float, float]) -> tuple:
    spot, strike, days, rate, dividend, volatility = case
    ql.Settings.instance().evaluationDate = DAY
    process = ql.BlackScholesMertonProcess(
        ql.QuoteHandle(ql.SimpleQuote(spot + shift[0])),
        ql.YieldTermStructureHandle(ql.FlatForward(DAY, dividend, COUNT)),
        ql.YieldTermStructureHandle(ql.FlatForward(DAY, rate, COUNT)),
        ql.BlackVolTermStructureHandle(
            ql.BlackConstantVol(DAY, ql.NullCalendar(), volatility + shift[1], COUNT)
        ),
    )
    payoff = ql.PlainVanillaPayoff(ql.Option.Call if call else ql.Option.Put, strike)
    if american:
        option = ql.VanillaOption(payoff, ql.AmericanExercise(DAY, DAY + days))
        scheme = ql.QdFpAmericanEngine.highPrecisionScheme()
        return option, ql.QdFpAmericanEngine(process, scheme)
    option = ql.VanillaOption(payoff, ql.EuropeanExercise(DAY + days))
    return option, ql.AnalyticEuropeanEngine(process)


def european(case: Case, call: bool) -> list[float]:
    option, engine = parts(case, call, False, (0, 0))
    option.setPricingEngine(engine)
    found = [
        option.NPV(),
        option.delta(),
        option.gamma(),
        option.vega() / 100,
        option.theta() / 365,
    ]
    spot, strike, days, rate, dividend, volatility = case
    flag = "c" if call else "p"
    years = days / 365
    other = black_scholes_merton(flag, spot, strike, years, rate, volatility, dividend)
    assert abs(other - found[0]) < 1e-9 * spot, (case, call, other, found)
    implied = ""
    if found[3] > 1e-6 * spot:
        implied = implied_volatility(other, spot, strike, years, rate, dividend, flag)
    return [*found, implied]


def american(case: Case, call: bool) -> list[float]:
    spot, strike, _, rate, dividend, volatility = case
    worth = priced(case, call, True)
    if abs(worth - (spot - strike if call else strike - spot)) < 1e-9 * spot:
        side = 1.0 if call else -1.0
        return [worth, side, 0.0, 0.0, 0.0, ""]
    h, v = 1e-3 * spot, 1e-4
    up, down = (priced(case, call, True, (step, 0)) for step in (h, -h))
    delta, gamma = (up - down) / (2 * h), (up - 2 * worth + down) / (h * h)
    vega = (priced(case, call, True, (0, v)) - priced(case, call, True, (0, -v))) / (2 * v)
    theta = rate * worth - (rate - dividend) * spot * delta
    theta -= 0.5 * volatility**2 * spot**2 * gamma
    return [worth, delta, gamma, vega / 100, theta / 365, ""]


def main() -> None:
    with OUT.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEAD)
        for case, kind, call in product(cases(), (False, True), (True, False)):
            figures = american(case, call) if kind else european(case, call)
            told = [f"{one:.10g}" if one != "" else "" for one in figures]
            writer.writerow([int(kind), int(call), *case, *told])


if __name__ == "__main__":
    main()
