"""Measures option models over a table of contracts; run by ``bench options``.

``options.py TABLE``: prints rows of model, exercise, largest and mean error, values, greeks and
volatilities a second.
"""

import csv
import json
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from papertape.venue.market.options.implied import implied_volatility
from papertape.venue.market.options.model import Horizon, Option, greeks, value

ROUNDS = 5


class Case(NamedTuple):
    call: bool
    spot: float
    strike: float
    days: int
    rate: float
    dividend: float
    volatility: float
    value: float
    vega: float


Work = Callable[[Case], Any]


def read(path: str, american: bool) -> list[Case]:
    with open(path, newline="") as file:
        rows = [row for row in csv.DictReader(file) if (row["american"] == "1") == american]
    return [
        Case(row["call"] == "1", float(row["spot"]), float(row["strike"]), int(row["days"]),
             float(row["rate"]), float(row["dividend"]), float(row["volatility"]),
             float(row["value"]), float(row["vega"]))
        for row in rows
    ]  # fmt: skip


def rate(cases: list[Any], work: Callable[[Any], Any]) -> float | None:
    """Results a second of processor time."""
    best = 1e9
    for _ in range(ROUNDS):
        begin = time.process_time()
        for case in cases:
            work(case)
        best = min(best, time.process_time() - begin)
    return round(len(cases) / best)


def row(name: str, exercise: str, cases: list[Case], *work: Work | None) -> list[Any]:
    worth, slopes, volatility = work
    assert worth is not None
    errors = [abs(worth(case) - case.value) * 100 / case.spot for case in cases]
    solvable = [case for case in cases if case.vega > 1e-4 * case.spot]
    figures = [max(errors), sum(errors) / len(errors), rate(cases, worth)]
    figures.append(rate(cases, slopes) if slopes else "-")
    figures.append(rate(solvable, volatility) if volatility else "-")
    return [name, exercise, *figures]


def ours(american: bool, cases: list[Case]) -> Iterator[list[Any]]:
    def option(case: Case) -> Option:
        return Option(case.strike, case.call, american)

    def ahead(case: Case) -> Horizon:
        return Horizon(case.days / 365, case.rate, case.dividend)

    kept = {case: (option(case), case.spot, case.volatility, ahead(case)) for case in cases}
    yield row(
        "ours", "American" if american else "European", cases,
        lambda case: value(*kept[case]),
        lambda case: greeks(*kept[case]),
        lambda case: implied_volatility(kept[case][0], case.value, case.spot, kept[case][3]),
    )  # fmt: skip


def quantlib(american: bool, cases: list[Case]) -> Iterator[list[Any]]:
    import QuantLib as ql

    day, count = ql.Date(15, 5, 2026), ql.Actual365Fixed()
    ql.Settings.instance().evaluationDate = day

    def parts(case: Case, engine: Callable[[Any], Any]) -> tuple[Any, Any, Any]:
        quote = ql.SimpleQuote(case.spot)
        process = ql.BlackScholesMertonProcess(
            ql.QuoteHandle(quote),
            ql.YieldTermStructureHandle(ql.FlatForward(day, case.dividend, count)),
            ql.YieldTermStructureHandle(ql.FlatForward(day, case.rate, count)),
            ql.BlackVolTermStructureHandle(
                ql.BlackConstantVol(day, ql.NullCalendar(), case.volatility, count)
            ),
        )
        payoff = ql.PlainVanillaPayoff(ql.Option.Call if case.call else ql.Option.Put, case.strike)
        last = day + case.days
        exercise = ql.AmericanExercise(day, last) if american else ql.EuropeanExercise(last)
        option = ql.VanillaOption(payoff, exercise)
        option.setPricingEngine(engine(process))
        return option, quote, process

    engines: dict[str, Any] = {"analytic": ql.AnalyticEuropeanEngine}
    if american:
        engines = {
            "Barone-Adesi, Whaley": ql.BaroneAdesiWhaleyApproximationEngine,
            "Bjerksund, Stensland": ql.BjerksundStenslandApproximationEngine,
            "Ju, Zhong": ql.JuQuadraticApproximationEngine,
            "QD+": ql.QdPlusAmericanEngine,
            "fixed point, fast": lambda p: ql.QdFpAmericanEngine(
                p, ql.QdFpAmericanEngine.fastScheme()
            ),
            "Leisen-Reimer, 201": lambda p: ql.BinomialLRVanillaEngine(p, 201),
        }
    for name, engine in engines.items():
        kept = {case: parts(case, engine) for case in cases}

        def worth(case: Case, kept: Any = kept) -> float:
            option, quote, _ = kept[case]
            quote.setValue(case.spot * (1.0 + 1e-15))
            quote.setValue(case.spot)
            return float(option.NPV())

        def slopes(case: Case, kept: Any = kept) -> Any:
            option = kept[case][0]
            worth(case, kept)
            return option.delta(), option.gamma(), option.vega(), option.theta()

        def volatility(case: Case, kept: Any = kept) -> float:
            option, _, process = kept[case]
            return float(option.impliedVolatility(case.value, process, 1e-10, 200, 1e-4, 10.0))

        plain = not american
        yield row(
            f"QuantLib, {name}", "American" if american else "European", cases,
            worth, slopes if plain else None, volatility if plain else None,
        )  # fmt: skip


def vollib(american: bool, cases: list[Case]) -> Iterator[list[Any]]:
    if american:
        return
    from vollib.black_scholes_merton import black_scholes_merton
    from vollib.black_scholes_merton.greeks import analytical
    from vollib.black_scholes_merton.implied_volatility import implied_volatility as solve

    slopes = (analytical.delta, analytical.gamma, analytical.vega, analytical.theta)

    def terms(case: Case) -> tuple[Any, ...]:
        return "c" if case.call else "p", case.spot, case.strike, case.days / 365, case.rate

    def all_of(case: Case) -> Any:
        known = (*terms(case), case.volatility, case.dividend)
        return [black_scholes_merton(*known), *(slope(*known) for slope in slopes)]

    yield row(
        "vollib", "European", cases,
        lambda case: black_scholes_merton(*terms(case), case.volatility, case.dividend),
        all_of,
        lambda case: solve(
            case.value, case.spot, case.strike, case.days / 365, case.rate, case.dividend,
            "c" if case.call else "p",
        ),
    )  # fmt: skip


def main() -> None:
    rows: list[list[Any]] = []
    for american in (False, True):
        cases = read(sys.argv[1], american)
        for model in (ours, quantlib, vollib):
            try:
                rows += model(american, cases)
            except ImportError as error:
                print(f"left out: {error}", file=sys.stderr)
    print(json.dumps(rows))


if __name__ == "__main__":
    main()
