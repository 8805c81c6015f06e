"""The books of accounts kept on paper: plain decimals, from what a client is told of trades.

``Paper`` knows no part of the program. It hears executions and commission reports, and what the
test itself has brought about (a deposit, a dividend, a night); what rates, fees and interest are it
has from IBKR's pages and the captures, written down here a second time. ``differs`` compares it
with the account values, portfolio rows, positions and profits that the station tells.
"""

from collections import defaultdict
from collections.abc import Iterable
from decimal import ROUND_CEILING, Decimal
from typing import Any

D = Decimal
CENT = D("0.01")
Rates = dict[str, D]
Told = dict[tuple[str, str], str]
"""Account values by key and currency."""
Steps = list[tuple[int, str]]
"""From so much on, which percentage."""


class Line(dict[str, D]):
    """One contract of an account: size, cost, realized profit of the day, and of a contract that is
    settled daily the value up to which gains are in the cash."""

    def __init__(self) -> None:
        super().__init__(size=D(0), cost=D(0), realized=D(0), settled=D(0))


class Kind:
    """What one contract is, in the words of its contract details."""

    def __init__(self, sec_type: str, currency: str, each: D, **more: Any) -> None:
        self.sec_type, self.currency, self.each = sec_type, currency, each
        """``each``: the money of one piece at the price 1."""
        self.pair = str(more.get("pair", ""))
        """The currency that a pair is of."""
        self.under = int(more.get("under", 0))
        """The shares that an option delivers; 0 where it is settled in cash."""
        self.margin = D(str(more.get("margin", 0)))
        """Maintenance of one piece, where it has a table of its own."""
        self.micro = bool(more.get("micro"))
        self.treasury = bool(more.get("treasury"))
        self.daily = sec_type in ("FUT", "CFD")


# -- fees --------------------------------------------------------------------------------------


def fee(kind: Kind, side: int, size: D, price: D, *, plan: str, took: bool, before: D) -> D:
    """What a fill costs in the currency of the trade (of a pair: in dollars, ``price`` being its
    value in them), after ``before`` pieces of the same order at that price."""
    value = abs(size * price * kind.each)
    if kind.sec_type == "STK" and kind.currency == "USD":
        return _share_fee(side, size, price, plan=plan, took=took, before=before)
    if kind.sec_type in ("OPT", "FOP", "FUT"):
        return size * _each_contract(kind, price)
    whole, begun = _by_value(kind, size + before, price), _by_value(kind, before, price)
    return whole - begun if before else _by_value(kind, size, price, value)


def _share_fee(side: int, size: D, price: D, *, plan: str, took: bool, before: D) -> D:
    each, least = (D("0.005"), D(1)) if plan == "fixed" else (D("0.0035"), D("0.35"))

    def of_order(shares: D) -> D:
        return min(max(least, shares * each), shares * price / 100)

    own = of_order(before + size) - (of_order(before) if before else 0)
    passed = size * D("0.000003")
    if side < 0:
        passed += size * D("0.000195") + size * price * D("0.0000206")
    if plan == "tiered":
        passed += size * (D("0.0002") + (D("0.003") if took else 0)) + own * D("0.000735")
    return own + passed


def _each_contract(kind: Kind, price: D) -> D:
    if kind.sec_type == "FUT":
        return D("0.61") if kind.micro else D("2.15")
    if kind.sec_type == "FOP":
        return D("1.42")
    own = D("0.25") if price < D("0.05") else D("0.50") if price < D("0.10") else D("0.65")
    return own + D("0.11825")


def _by_value(kind: Kind, size: D, price: D, value: D | None = None) -> D:
    value = abs(size * price * kind.each) if value is None else value
    face = size * 1000
    match kind.sec_type:
        case "CASH":
            return max(D(2), value * D("0.00002"))
        case "STK" | "WAR":
            return max(D(4), value * D("0.0005"))
        case "CRYPTO":
            return min(max(D("1.75"), value * D("0.0018")), value / 100)
        case "CFD":
            return max(D(1), value * D("0.00002"))
        case "CMDTY":
            return max(D(2), value * D("0.000015"))
        case "FUND":
            return min(D("14.95"), value * D("0.03"))
    if kind.treasury:
        return max(
            D(5), min(face, D(10**6)) * D("0.00002") + max(face - 10**6, D(0)) * D("0.000001")
        )
    own = min(face, D(10_000)) * D("0.001") + max(face - 10_000, D(0)) * D("0.00025")
    return min(max(own, D(1)), value / 100, D(250))


# -- interest ----------------------------------------------------------------------------------

TIERS: dict[str, tuple[int, Steps, Steps, Steps]] = {
    # days of a year; from so much on: the rate of cash, of loans, of what secures short sales
    "USD": (360, [(10_000, "3.58")],
            [(0, "5.58"), (100_000, "5.08"), (1_000_000, "4.83"), (50_000_000, "4.58")],
            [(100_000, "2.83"), (1_000_000, "3.58"), (3_000_000, "3.83")]),
    "EUR": (360, [(10_000, "1.674")],
            [(0, "3.674"), (90_000, "3.174"), (900_000, "2.924"), (45_000_000, "2.674")],
            [(90_000, "0.924"), (900_000, "1.674"), (2_700_000, "1.924")]),
    "GBP": (365, [(8_000, "3.694")],
            [(0, "5.694"), (80_000, "5.194"), (800_000, "4.944"), (38_000_000, "4.694")],
            [(80_000, "2.944"), (800_000, "3.694"), (2_400_000, "3.944")]),
}  # fmt: skip


def interest(currency: str, cash: D, secured: D, net: D, days: int) -> D:
    """What cash earns in so many days, of which a part secures borrowed shares, in an account worth
    ``net`` dollars; what it owes is negative."""
    year, credit, debit, short = TIERS[currency]
    free = cash - secured
    earned = _parts(max(free, D(0)), credit) + _parts(secured, short)
    earned *= min(max(net, D(0)), D(100_000)) / 100_000
    return (earned - _parts(max(-free, D(0)), debit)) * days / year / 100


def _parts(balance: D, tiers: Steps) -> D:
    ends = [*(low for low, _ in tiers[1:]), 10**15]
    return sum(
        (max(min(balance, D(end)) - low, D(0)) * D(each)
         for (low, each), end in zip(tiers, ends, strict=True)),
        D(0),
    )  # fmt: skip


# -- an account --------------------------------------------------------------------------------


class Paper:
    """One account."""

    def __init__(self, code: str, base: str, cash: D, kinds: dict[int, Kind], model: str) -> None:
        self.code, self.base, self.kinds, self.model = code, base, kinds, model
        self.cash: defaultdict[str, D] = defaultdict(D)
        self.cash[base] = cash
        self.lines: defaultdict[int, Line] = defaultdict(Line)
        self.accrued: defaultdict[str, D] = defaultdict(D)
        self.opening = cash
        """What the account was worth when its day began, with what came in since."""
        self.values: dict[int, D] = {}
        """The value of each holding then."""
        self.paid: defaultdict[int, D] = defaultdict(D)
        """What the trades of the day have cost, by contract."""
        self.brought: defaultdict[int, D] = defaultdict(D)
        """What the profit of a contract has besides that of the day in New York."""
        self.earned: defaultdict[int, D] = defaultdict(D)
        """The same of its realized profit."""
        self.whole = D(0)
        """The same of the account's profit."""
        self.due: dict[str, D] = {}
        """The interest of a month that is over."""
        self._carried = D(0)
        """The cost of an option whose shares are yet to come."""

    def trade(
        self, number: int, size: D, price: D, paid: D, charged: tuple[str, D] | None
    ) -> D | None:
        """Book a trade of signed size that costs ``paid`` in its own currency, of which ``charged``
        is what was really taken; return what it realizes, None where it only opens."""
        kind, line = self.kinds[number], self.lines[number]
        side, value = (1 if size > 0 else -1), abs(size) * price * kind.each
        closing = min(abs(size), abs(line["size"])) if line["size"] * side < 0 else D(0)
        part = closing / abs(size)
        gone = line["cost"] * closing / abs(line["size"]) if closing else D(0)
        realized = -side * value * part - paid * part - gone if closing else None
        if kind.daily:
            settled = line["settled"] * closing / abs(line["size"]) if closing else D(0)
            self.cash[kind.currency] -= side * value * part + settled if closing else D(0)
            line["settled"] += side * value * (1 - part) - settled
        else:
            self.cash[kind.currency] -= side * value
        if kind.sec_type == "CASH":
            self.cash[kind.pair] += size
        currency, amount = charged or (kind.currency, paid)
        self.cash[currency] -= amount
        line["cost"] += (side * value + paid) * (1 - part) - gone
        line["size"] += size
        line["realized"] += realized or D(0)
        self.paid[number] += side * value + paid
        return realized

    def used(self, number: int, size: D) -> None:
        """Exercise or assign an option that delivers shares: its cost goes with them."""
        line = self.lines[number]
        self._carried = line["cost"] * abs(size) / abs(line["size"])
        line["cost"] -= self._carried
        line["size"] += size

    def delivered(self, number: int, size: D, price: D) -> D | None:
        """Take or give the shares of an option at its strike."""
        carried, self._carried = self._carried, D(0)
        realized = self.trade(number, size, price, carried, (self.kinds[number].currency, D(0)))
        self.paid[number] -= carried
        return realized

    def worth(self, prices: dict[int, D], rates: Rates) -> D:
        """Net liquidation value without interest, in the base currency."""
        total = sum((rates[name] * some for name, some in self.cash.items()), D(0))
        for number, line in self.lines.items():
            kind = self.kinds[number]
            value = line["size"] * prices[number] * kind.each
            if kind.sec_type != "CASH":
                total += rates[kind.currency] * (value - line["settled"])
        return total

    def gained(self, number: int, prices: dict[int, D]) -> D:
        """What a contract has brought since its profit began."""
        value = self.lines[number]["size"] * prices[number] * self.kinds[number].each
        return value - self.values.get(number, D(0)) - self.paid[number] + self.brought[number]

    def begun(self, kinds: tuple[str, ...], prices: dict[int, D], rates: Rates) -> None:
        """Begin the profits of some kinds of instruments at nothing; "" is that of the account."""
        seen = set(self.lines) | set(self.brought)
        mine = {n for n in seen if self.kinds[n].sec_type in kinds}
        worth = {n: rates[self.kinds[n].currency] * self.gained(n, prices) for n in seen}
        if "" in kinds:
            self.whole = self.opening - self.worth(prices, rates)
            self.whole += sum((worth[n] for n in seen - mine), D(0))
        else:
            self.whole -= sum((worth[n] for n in mine), D(0))
        for n in mine:
            self.brought[n] -= self.gained(n, prices)
            self.earned[n] = -self.lines[n]["realized"]

    def unlent(self, prices: dict[int, D], rates: Rates) -> D:
        """The part of it that has no loan value."""
        return sum(
            (rates[self.kinds[n].currency] * line["size"] * prices[n] * self.kinds[n].each
             for n, line in self.lines.items()
             if self.kinds[n].sec_type in ("OPT", "WAR", "CRYPTO")),
            D(0),
        )  # fmt: skip

    def night(
        self, prices: dict[int, D], rates: Rates, to_dollar: D, *, booked: bool = False
    ) -> None:
        """End a day: futures are settled, interest accrues, that of the month before is ``booked``,
        the books of the next day begin."""
        for number in set(self.lines) | set(self.brought):
            self.brought[number] = self.gained(number, prices)
            self.earned[number] += self.lines[number]["realized"]
        for number in [n for n, line in self.lines.items() if not line["size"]]:
            del self.lines[number]
        for number, line in self.lines.items():
            kind = self.kinds[number]
            line["realized"] = D(0)
            if kind.daily:
                value = line["size"] * prices[number] * kind.each
                self.cash[kind.currency] += value - line["settled"]
                line["settled"] = value
        secured: defaultdict[str, D] = defaultdict(D)
        for number, line in self.lines.items():
            kind = self.kinds[number]
            if kind.sec_type == "STK" and line["size"] < 0:
                each = (prices[number] * D("1.02")).to_integral_value(ROUND_CEILING)
                secured[kind.currency] += -line["size"] * each
        net = self.net(prices, rates) * to_dollar
        for name in {*self.cash, *secured}:
            self.accrued[name] += interest(name, self.cash[name], secured[name], net, 1)
        for name, amount in self.due.items() if booked else ():
            self.cash[name] += amount
            self.accrued[name] -= amount
        self.values = {
            n: line["size"] * prices[n] * self.kinds[n].each for n, line in self.lines.items()
        }
        self.paid.clear()
        self.whole += self.worth(prices, rates) - self.opening
        self.opening = self.worth(prices, rates)

    def net(self, prices: dict[int, D], rates: Rates) -> D:
        """Net liquidation value."""
        owed = sum((rates[name] * some for name, some in self.accrued.items()), D(0))
        return self.worth(prices, rates) + owed

    def margin(self, prices: dict[int, D], rates: Rates) -> D | None:
        """Maintenance margin; None where options hang together with others, whose rules the tests
        of ``broker/test_option_margin.py`` have."""
        total, stock = D(0), {"portfolio": D("0.15"), "reg_t": D("0.25")}.get(self.model, D(1))
        rate = {"STK": stock, "CASH": D("0.025"), "FUT": D("0.10"), "CFD": D("0.20"),
                "BOND": D("0.25"), "CMDTY": D("0.10"), "FUND": D("0.25")}  # fmt: skip
        for number, line in self.lines.items():
            kind, size = self.kinds[number], line["size"]
            value = rates[kind.currency] * abs(size) * prices[number] * kind.each
            if kind.sec_type in ("OPT",) and size:
                return None
            if kind.sec_type == "STK" and size < 0 and self.model == "reg_t":
                least = rates[kind.currency] * 5 * abs(size) if kind.currency == "USD" else D(0)
                total += max(value * D("0.30"), least)  # nothing is below five dollars here
            elif kind.sec_type == "FOP":
                total += value if size > 0 else -size * kind.margin * rates[kind.currency]
            elif kind.margin:
                total += abs(size) * kind.margin * rates[kind.currency]
            else:
                total += value * rate.get(kind.sec_type, D(0))
        return total

    # -- what is told ----------------------------------------------------------------------------

    def differs(self, prices: dict[int, D], rates: Rates, told: Told) -> Iterable[str]:
        """Yield the account values that are told differently."""
        wanted: dict[tuple[str, str], D] = {}
        net, base = self.net(prices, rates), self.base
        wanted["NetLiquidation", base] = net
        lent = self.worth(prices, rates) - self.unlent(prices, rates)
        wanted["EquityWithLoanValue", base] = lent
        maintenance = self.margin(prices, rates)
        if maintenance is not None and self.model != "cash":
            wanted["MaintMarginReq", base] = maintenance
            wanted["InitMarginReq", base] = D("1.1") * maintenance
            wanted["AvailableFunds", base] = lent - D("1.1") * maintenance
        totals: defaultdict[str, D] = defaultdict(D)
        for name in {*self.cash, *(self.kinds[n].currency for n in self.lines)}:
            lines = [(n, line) for n, line in self.lines.items() if self.kinds[n].currency == name]
            open_ = {n: line["size"] * prices[n] * self.kinds[n].each for n, line in lines}
            gain = sum(
                (open_[n] - line["settled"] for n, line in lines if self.kinds[n].daily), D(0)
            )
            sums = {
                "CashBalance": self.cash[name],
                "TotalCashBalance": self.cash[name] + gain,
                "FuturesPNL": gain,
                "AccruedCash": self.accrued[name],
                "UnrealizedPnL": sum((open_[n] - line["cost"] for n, line in lines), D(0)),
                "RealizedPnL": sum((line["realized"] for _, line in lines), D(0)),
            }
            for key, kinds in VALUES.items():
                sums[key] = sum(
                    (open_[n] for n, _ in lines if self.kinds[n].sec_type == kinds), D(0)
                )
            for key, amount in sums.items():
                wanted[key, name] = amount
                totals[key] += rates[name] * amount
        for key, amount in totals.items():
            wanted[key, "BASE"] = amount
        for key, amount in wanted.items():
            if abs(D(told.get(key, "0")) - amount) > CENT:
                yield f"{self.code} {key}: told {told.get(key)}, on paper {amount:.4f}"


def broken(told: Told, base: str, model: str) -> Iterable[str]:
    """Yield the identities of a real account's dump that what is told breaks."""

    def money(key: str, currency: str = base) -> D:
        return D(told[key, currency])

    net, equity = money("NetLiquidation"), money("EquityWithLoanValue")
    funds, excess = money("AvailableFunds"), money("ExcessLiquidity")
    cushion, leverage = D(told["Cushion", ""]), D(told["Leverage-S", ""])
    within = {
        "funds": (funds, equity - money("InitMarginReq"), CENT),
        "excess": (excess, equity - money("MaintMarginReq"), CENT),
        "cushion": (cushion, excess / net, D("0.0000006")),
        "leverage": (leverage, money("GrossPositionValue") / net, D("0.0051")),
    }
    if model == "portfolio":
        within["power"] = (money("BuyingPower"), funds / D("0.15"), 7 * CENT)
    names = {currency for key, currency in told if key == "ExchangeRate"} - {"BASE"}
    for key in (*VALUES, "CashBalance", "FuturesPNL", "UnrealizedPnL", "NetLiquidationByCurrency"):
        total = sum((money(key, name) * money("ExchangeRate", name) for name in names), D(0))
        within[key] = (money(key, "BASE"), total, CENT * len(names))
    for name, (found, wanted, near) in within.items():
        if abs(found - wanted) > near:
            yield f"{name}: {found} is not {wanted}"


VALUES = {
    "StockMarketValue": "STK", "OptionMarketValue": "OPT", "FutureOptionValue": "FOP",
    "WarrantValue": "WAR", "FundValue": "FUND", "CorporateBondValue": "BOND",
    "Cryptocurrency": "CRYPTO",
}  # fmt: skip
