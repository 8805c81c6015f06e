"""The figures of an account worked out as on paper: plain decimals, from the published formulas.

It knows nothing of the program's ledger, units, groups or segments. What it takes from the program
are the rates of its tables and, of option positions, their margin, whose rules have tests of their
own (``broker/test_option_margin.py``).
"""

from collections import defaultdict
from decimal import Decimal
from typing import Any

CENT = Decimal("0.01")
MODELS = {
    # stock, initial over maintenance, buying power
    "portfolio": (Decimal("0.15"), Decimal("1.1"), Decimal("0.15")),
    "reg_t": (Decimal("0.25"), Decimal("1.1"), Decimal("0.25")),
    "cash": (Decimal(1), Decimal(1), Decimal(1)),
}
FUTURES = {"ES": 10_800, "MES": 1_080, "GC": 6_000, "MGC": 600}
DAILY = ("FUT", "CFD")
RATES = {
    "BOND": Decimal("0.25"), "CMDTY": Decimal("0.1"), "CFD": Decimal("0.2"),
    "FUND": Decimal("0.25"), "WAR": Decimal(0), "CRYPTO": Decimal(0),
}  # fmt: skip
"""Of the value, what kinds need that have one rate for every model with loans."""
LENT = ("STK", "FOP", "BOND", "CMDTY", "FUND")
"""What counts as equity with loan value."""
TENTH = Decimal("0.1")
PAIR = Decimal("0.025")


class Row:
    """One line of the sheet: what is held, at which price, what it cost."""

    def __init__(self, entry: Any, size: Decimal, each: Decimal, cost: Decimal, paid: Decimal):
        self.entry = entry
        self.size = size
        self.value = size * each
        self.cost = cost
        self.paid = paid
        """Of a future: up to which value gains are in the cash."""

    @property
    def gain(self) -> Decimal:
        """What a future has gained since."""
        return self.value - self.paid if self.entry.secType in DAILY else Decimal(0)


def sold_short(row: Row) -> Decimal:
    """FINRA's Rule 4210 (c): 30 % and at least 5 dollars a share; below 5 dollars all of it and at
    least 2.50."""
    value, shares = abs(row.value), abs(row.size)
    if row.entry.currency != "USD":
        return Decimal("0.30") * value
    if value < 5 * shares:
        return max(value, Decimal("2.5") * shares)
    return max(Decimal("0.30") * value, 5 * shares)


class Sheet:
    """The account; every amount in its base currency unless named otherwise."""

    def __init__(
        self,
        model: str,
        cash: dict[str, Decimal],
        rows: list[Row],
        rates: dict[str, Decimal],
        option_margin: Decimal,
        before: Decimal,
    ) -> None:
        self.cash, self.rows, self.rates = cash, rows, rates
        stock, factor, power = MODELS[model]
        self.figures: dict[str, Decimal] = {}
        total = sum((rates[name] * some for name, some in cash.items()), Decimal(0))
        worth: defaultdict[str, Decimal] = defaultdict(Decimal)
        gross = gain = margin = commodity = half = Decimal(0)
        for row in rows:
            kind, rate = row.entry.secType, rates[row.entry.currency]
            worth[kind] += rate * row.value
            gain += rate * row.gain
            if kind in ("STK", "OPT", "BOND", "CMDTY", "FUND", "WAR"):
                gross += abs(rate * row.value)
            need = rate * self._margin(row, stock, model)
            margin += need
            if kind in ("FUT", "FOP"):
                commodity += need
            if kind in ("STK", "BOND", "FUND"):
                half += abs(rate * row.value) / 2
            if kind in ("CMDTY", "CFD"):
                half += need
        margin += option_margin
        equity = total + gain + sum((worth[kind] for kind in LENT), Decimal(0))
        futures = sum((rates[row.entry.currency] * row.gain for row in rows
                       if row.entry.secType == "FUT"), Decimal(0))  # fmt: skip
        segment = max(factor * commodity, futures + worth["FOP"])
        unlent = worth["OPT"] + worth["WAR"] + worth["CRYPTO"]
        self._put("TotalCashValue", total + gain)
        self._put("EquityWithLoanValue", equity)
        self._put("NetLiquidation", equity + unlent)
        self._put("GrossPositionValue", gross)
        self._put("MaintMarginReq", margin)
        self._put("InitMarginReq", factor * margin)
        self._put("AvailableFunds", equity - factor * margin)
        self._put("ExcessLiquidity", equity - margin)
        self._put("MaintMarginReq-C", commodity)
        self._put("MaintMarginReq-S", margin - commodity)
        self._put("NetLiquidation-C", segment)
        self._put("NetLiquidation-P", worth["CRYPTO"])
        self._put("NetLiquidation-S", equity + unlent - worth["CRYPTO"] - segment)
        self._put("EquityWithLoanValue-S", equity - segment)
        self._put("AvailableFunds-C", segment - factor * commodity)
        funds = equity - factor * margin
        if model == "reg_t":
            funds = min(equity, before) - factor * margin
            self._put("RegTEquity", equity - segment)
        if model != "cash":
            self._put("BuyingPower", funds / power)
        if model == "reg_t" and not option_margin:
            self._put("RegTMargin", half)

    def _put(self, key: str, amount: Decimal) -> None:
        self.figures[key] = amount

    def _margin(self, row: Row, stock: Decimal, model: str) -> Decimal:
        kind = row.entry.secType
        if kind == "STK" and row.size < 0 and model == "reg_t":
            return sold_short(row)
        if kind == "STK":
            return stock * abs(row.value)
        if kind == "CASH":
            return Decimal(0) if model == "cash" else PAIR * abs(row.value)
        if kind == "FUT":
            fixed = FUTURES.get(row.entry.tradingClass)
            return TENTH * abs(row.value) if fixed is None else fixed * abs(row.size)
        if kind in RATES:
            return RATES[kind] * abs(row.value)
        if kind == "FOP" and row.size > 0:
            return abs(row.value)
        if kind == "FOP":
            return Decimal(FUTURES[row.entry.symbol]) * -row.size
        return Decimal(0)

    def differs(self, told: dict[tuple[str, str], str], base: str) -> list[str]:
        """The figures that a program tells differently, by more than a cent and the rounding of a
        quotient."""
        wrong = []
        for key, amount in self.figures.items():
            near = 8 * CENT if key == "BuyingPower" else 2 * CENT
            if abs(Decimal(told[key, base]) - amount) > near:
                wrong.append(f"{key}: told {told[key, base]}, the sheet says {amount:.4f}")
        return wrong
