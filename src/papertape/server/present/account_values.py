"""Account values and summary rows: which key, in which currencies, with which suffixes.

The tables follow a dump of a real portfolio-margin account. Rows come alphabetically by key,
then base total before currencies; plain keys stand before their suffixes: -C commodities,
-P crypto, -S securities.
"""

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from functools import partial
from operator import attrgetter

import msgspec

from ...venue.broker.valuation import TREASURY, Commodities, LookAhead, Tally, Valuation
from ...venue.units import RATE_SCALE, SECOND, CashMicros, cash_decimal, scaled

BASE = "BASE"
SEGMENTS = ("-C", "-P", "-S")


class AccountFigure(msgspec.Struct, frozen=True, gc=False):
    """One updateAccountValue or accountSummary row."""

    key: str
    value: str
    currency: str
    account: str


Money = Callable[[Valuation], CashMicros]
Ledger = Callable[[str], Money]
"""Returns an amount of a currency, in that currency."""

IDENTITY = {
    "AccountReady": "true",
    "AccountType": "INDIVIDUAL",
    "NLVAndMarginInReview": "false",
    "SegmentTitle-C": "Commodities",
    "SegmentTitle-P": "Crypto at Paxos",
    "SegmentTitle-S": "Securities",
    "ColumnPrio-C": "2",
    "ColumnPrio-P": "12",
    "ColumnPrio-S": "3",
    "TradingType-S": "STKNOPT",
    "DayTradesRemaining": "-1",
    "DayTradesRemainingT+1": "-1",
    "DayTradesRemainingT+2": "-1",
    "DayTradesRemainingT+3": "-1",
    "DayTradesRemainingT+4": "-1",
}
"""Plain texts without a currency; -1 means unlimited day trades. The place of column C is ours."""


NO_COMMODITIES = Commodities(0, 0, 0)


def _zero(valuation: Valuation) -> CashMicros:
    """An amount that this station never has."""
    return 0


class Segmented:
    """An amount of the whole account, of its commodities and of its crypto currencies; the rest is
    that of its securities."""

    def __init__(self, whole: Money, commodities: Money = _zero, crypto: Money = _zero) -> None:
        self.whole, self.commodities, self.crypto = whole, commodities, crypto
        self.parts = {"": whole, "-C": commodities, "-P": crypto, "-S": self._securities}
        """Every suffix with its amount."""
        if whole is _zero:
            self.parts["-S"] = _zero
        self.of_securities = {**self.parts, "-C": _zero}
        """The same for an account without commodities; what is one amount is worked out once."""
        if crypto is _zero:
            self.of_securities["-S"] = whole

    def _securities(self, valuation: Valuation) -> CashMicros:
        rest = self.whole(valuation) - self.commodities(valuation)
        return rest if self.crypto is _zero else rest - self.crypto(valuation)


def _ahead(value: Money, ahead: Callable[[LookAhead], CashMicros]) -> Money:
    """An amount at the next change of margin; that of now where nothing changes."""
    return lambda v: value(v) if v.ahead is None else ahead(v.ahead)


def _funds(part: Commodities) -> CashMicros:
    return part.net - part.initial


INITIAL = Segmented(attrgetter("initial"), lambda v: v.commodities.initial)
MAINTENANCE = Segmented(attrgetter("maintenance"), lambda v: v.commodities.maintenance)
AVAILABLE = Segmented(attrgetter("available"), lambda v: _funds(v.commodities))
EXCESS = Segmented(attrgetter("excess"), lambda v: v.commodities.net - v.commodities.maintenance)
SEGMENTED: dict[str, Segmented] = {
    "InitMarginReq": INITIAL,
    "FullInitMarginReq": INITIAL,
    "LookAheadInitMarginReq": Segmented(
        _ahead(INITIAL.whole, lambda a: a.initial),
        _ahead(INITIAL.commodities, lambda a: a.commodity_initial),
    ),
    "MaintMarginReq": MAINTENANCE,
    "FullMaintMarginReq": MAINTENANCE,
    "LookAheadMaintMarginReq": Segmented(
        _ahead(MAINTENANCE.whole, lambda a: a.maintenance),
        _ahead(MAINTENANCE.commodities, lambda a: a.commodity_maintenance),
    ),
    "AvailableFunds": AVAILABLE,
    "FullAvailableFunds": AVAILABLE,
    "LookAheadAvailableFunds": Segmented(
        _ahead(AVAILABLE.whole, lambda a: a.equity - a.initial), AVAILABLE.commodities
    ),
    "ExcessLiquidity": EXCESS,
    "FullExcessLiquidity": EXCESS,
    "LookAheadExcessLiquidity": Segmented(
        _ahead(EXCESS.whole, lambda a: a.equity - a.maintenance), EXCESS.commodities
    ),
    "EquityWithLoanValue": Segmented(attrgetter("equity"), lambda v: v.commodities.net),
    "NetLiquidation": Segmented(
        attrgetter("net"), lambda v: v.commodities.net, attrgetter("coins")
    ),
    "TotalCashValue": Segmented(
        lambda v: v.total_cash + v.futures,
        lambda v: v.commodities.cash + v.commodities.gain,
    ),
    "PostExpirationMargin": Segmented(
        lambda v: 0 if v.ahead is None or not v.ahead.expires else v.ahead.initial
    ),
    "PostExpirationExcess": Segmented(
        lambda v: 0 if v.ahead is None or not v.ahead.expires else v.ahead.equity - v.ahead.initial
    ),
    **dict.fromkeys(
        (
            "AccruedDividend",
            "Billable",
            "Guarantee",
            "IncentiveCoupons",
            "IndianStockHaircut",
            "PASharesValue",
            "PhysicalCertificateValue",
            "TotalDebitCardPendingCharges",
        ),
        Segmented(_zero),
    ),
}
"""In the base currency, plain and once per segment. What securities do not need stands there, so
that cash of the commodities is their margin (``Commodities.cash``)."""

FEW_ROWS: dict[str, tuple[Money, tuple[str, ...]]] = {
    "AccruedCash-C": (_zero, ("",)),
    "AccruedCash-P": (_zero, ("",)),
    "AccruedCash-S": (attrgetter("interest"), ("",)),
    "BuyingPower": (attrgetter("buying_power"), ("",)),
    "GrossPositionValue": (attrgetter("gross"), ("", "-S")),
    "NetLiquidationUncertainty": (_zero, ("",)),
    "PreviousDayEquityWithLoanValue": (attrgetter("previous_equity"), ("", "-S")),
}
"""In the base currency, with just these suffixes; plain AccruedCash comes per currency."""

REG_T_ROWS: dict[str, Money] = {
    "RegTEquity": lambda v: v.equity - v.commodities.net + v.interest,
    "RegTMargin": lambda v: 0 if v.reg_t is None else v.reg_t.margin,
    "SMA": attrgetter("sma"),
}
"""Plain and of securities, which are the same; of Reg T accounts only."""


NOTHING = Tally()


def _worth_of(sec_type: str) -> Ledger:
    """The market value of what is held of one kind of instrument."""
    return lambda currency: lambda v: v.tallies.get(currency, NOTHING).worth.get(sec_type, 0)


def _cash(currency: str) -> Money:
    return lambda v: v.cash[currency]


def _futures(currency: str) -> Money:
    return lambda v: v.tallies.get(currency, NOTHING).gain


def _total_cash(currency: str) -> Money:
    """Cash, with what futures gained or lost since they were settled."""
    return lambda v: v.cash[currency] + v.tallies.get(currency, NOTHING).gain


def _net(currency: str) -> Money:
    def net(valuation: Valuation) -> CashMicros:
        tally = valuation.tallies.get(currency, NOTHING)
        accrued = valuation.accrued.get(currency, 0)
        return valuation.cash[currency] + tally.gain + tally.valued + accrued

    return net


def _accrued(currency: str) -> Money:
    return lambda v: v.accrued.get(currency, 0)


def _unrealized(currency: str) -> Money:
    return lambda v: v.tallies.get(currency, NOTHING).unrealized


def _realized(currency: str) -> Money:
    return lambda v: v.tallies.get(currency, NOTHING).realized


def _never(currency: str) -> Money:
    return _zero


PER_CURRENCY: dict[str, Ledger] = {
    "AccruedCash": _accrued,
    "CashBalance": _cash,
    "TotalCashBalance": _total_cash,
    "NetLiquidationByCurrency": _net,
    "StockMarketValue": _worth_of("STK"),
    "OptionMarketValue": _worth_of("OPT"),
    "FutureOptionValue": _worth_of("FOP"),
    "WarrantValue": _worth_of("WAR"),
    "FundValue": _worth_of("FUND"),
    "MutualFundValue": _worth_of("FUND"),
    "CorporateBondValue": _worth_of("BOND"),
    "TBondValue": _worth_of(TREASURY),
    "Cryptocurrency": _worth_of("CRYPTO"),
    "FuturesPNL": _futures,
    "UnrealizedPnL": _unrealized,
    "RealizedPnL": _realized,
    **dict.fromkeys(
        (
            "FxCashBalance",
            "IssuerOptionValue",
            "MoneyMarketFundValue",
            "NetDividend",
            "TBillValue",
        ),
        _never,
    ),
}
"""One row per currency in that currency, and a BASE row with the sum in the base currency."""

TWO, FOUR = 2, 4
"""Decimals of an amount; of four, two may be left out where they are zeros."""
FOUR_PLACES = ("CashBalance", "TotalCashBalance", "NetLiquidationByCurrency")
SUMMARY_ALIASES = {
    "PreviousEquityWithLoanValue": "PreviousDayEquityWithLoanValue",
    "ReqTEquity": "RegTEquity",
    "ReqTMargin": "RegTMargin",
}
_TAGS = """
AccountType NetLiquidation TotalCashValue SettledCash AccruedCash BuyingPower
EquityWithLoanValue PreviousDayEquityWithLoanValue PreviousEquityWithLoanValue
GrossPositionValue RegTEquity RegTMargin ReqTEquity ReqTMargin SMA InitMarginReq MaintMarginReq
AvailableFunds ExcessLiquidity Cushion FullInitMarginReq FullMaintMarginReq FullAvailableFunds
FullExcessLiquidity LookAheadNextChange LookAheadInitMarginReq LookAheadMaintMarginReq
LookAheadAvailableFunds LookAheadExcessLiquidity HighestSeverity DayTradesRemaining Leverage
"""
SUMMARY_TAGS = tuple(_TAGS.split())
"""What reqAccountSummary may ask for. Reg T tags have rows where the account is of that type."""


class FigureCell(msgspec.Struct):
    """One row that is worked out again and again; its text is made when its amount changes."""

    key: str
    currency: str
    amount: Callable[[Valuation], CashMicros | str]
    places: int
    figure: AccountFigure
    raw: CashMicros | str | None = None
    """The amount, in the first of the rows that show it."""
    changed: int = 0
    """The number of the update that changed it last."""
    fixed: bool = False
    """Whether it never changes."""


AmountCells = list[tuple[Callable[[Valuation], CashMicros | str], list[FigureCell]]]
"""Each amount with the rows that show it."""


def _by_amount(cells: Iterable[FigureCell]) -> AmountCells:
    found: dict[Callable[[Valuation], CashMicros | str], list[FigureCell]] = {}
    for cell in cells:
        found.setdefault(cell.amount, []).append(cell)
    return list(found.items())


class FigureBook:
    """All rows of reqAccountUpdates for one account, worked out again with each update."""

    def __init__(self, account: str, base: str) -> None:
        self._account = account
        self._base = base
        self._layout: tuple[object, ...] = ()
        self._cells: list[FigureCell] = []
        self._moving: AmountCells = []
        self.updates = 0
        """How many there were."""

    def update(self, valuation: Valuation) -> None:
        """Work out every row; only what has changed becomes a text again."""
        layout = (
            tuple(valuation.rates),
            valuation.reg_t is None,
            valuation.in_full,
            valuation.commodities == NO_COMMODITIES,
        )
        self.updates += 1
        if layout != self._layout:
            self._layout = layout
            before = {(cell.key, cell.currency): cell for cell in self._cells}
            self._cells = sorted(_cells(self._account, self._base, valuation), key=_wire_order)
            self._moving = _by_amount(cell for cell in self._cells if not cell.fixed)
            self._work_out(_by_amount(self._cells), valuation)
            for cell in self._cells:
                same = before.get((cell.key, cell.currency))
                if same is not None and same.figure == cell.figure:
                    cell.changed = same.changed
        else:
            self._work_out(self._moving, valuation)

    def _work_out(self, amounts: AmountCells, valuation: Valuation) -> None:
        updates, account = self.updates, self._account
        texts: dict[CashMicros | str, str] = {}  # several amounts are the same
        for amount, cells in amounts:
            raw, first = amount(valuation), cells[0]
            if raw == first.raw:
                continue
            first.raw, text = raw, texts.get(raw)
            if text is None:
                text = texts[raw] = raw if isinstance(raw, str) else _money_text(raw)
            for cell in cells:
                own = text
                if cell.places == FOUR and not isinstance(raw, str):
                    own = _long_money_text(raw)
                cell.changed = updates
                cell.figure = AccountFigure(cell.key, own, cell.currency, account)

    def rows(self, since: int = 0) -> tuple[AccountFigure, ...]:
        """The rows that have changed after an update; after 0 all of them."""
        return tuple([cell.figure for cell in self._cells if cell.changed > since])


def account_values(account: str, base: str, valuation: Valuation) -> tuple[AccountFigure, ...]:
    """All rows of reqAccountUpdates for one account."""
    book = FigureBook(account, base)
    book.update(valuation)
    return book.rows()


UNFILLED = AccountFigure("", "", "", "")


def _cells(account: str, base: str, valuation: Valuation) -> Iterator[FigureCell]:
    def plain(
        key: str, currency: str, amount: Callable[[Valuation], CashMicros | str]
    ) -> FigureCell:
        return FigureCell(key, currency, amount, TWO, UNFILLED, fixed=amount is _zero)

    def fixed(key: str, currency: str, text: str) -> FigureCell:
        return FigureCell(key, currency, _constant(text), TWO, UNFILLED, fixed=True)

    for key, text in {**IDENTITY, "AccountCode": account}.items():
        yield fixed(key, "", text)
    yield plain("Cushion", "", lambda v: _ratio(v.excess, v.net, 6))
    yield plain("Leverage-S", "", lambda v: _ratio(v.gross, v.net, 2))
    yield plain("LookAheadNextChange", "", _next_change)
    by_risk = not valuation.in_full and valuation.reg_t is None
    yield fixed("WhatIfPMEnabled", "", "true" if by_risk else "false")
    securities_only = valuation.commodities == NO_COMMODITIES
    for key, segmented in SEGMENTED.items():
        parts = segmented.of_securities if securities_only else segmented.parts
        for suffix, amount in parts.items():
            yield plain(key + suffix, base, amount)
    for key, (amount, suffixes) in FEW_ROWS.items():
        for suffix in suffixes:
            yield plain(key + suffix, base, amount)
    if valuation.reg_t is not None:
        for key, amount in REG_T_ROWS.items():
            yield plain(key, base, amount)
            yield plain(key + "-S", base, amount)
    names = tuple(valuation.rates)
    alone = len(names) == 1  # then the total is that of the base currency
    in_base = {key: ledger(base) for key, ledger in PER_CURRENCY.items()}
    for currency in (BASE, *valuation.rates):
        for key, text in _ledger_names(account, currency):
            yield fixed(key, currency, text)
        if currency in (BASE, base):
            yield fixed("ExchangeRate", currency, _rate_text(BASE, valuation))
        else:
            yield plain("ExchangeRate", currency, partial(_rate_text, currency))
        for key, ledger in PER_CURRENCY.items():
            places = FOUR if key in FOUR_PLACES and currency == BASE else TWO
            amount = in_base[key] if alone else _in_currency(ledger, currency, names)
            yield FigureCell(key, currency, amount, places, UNFILLED, fixed=amount is _zero)


def _constant(text: str) -> Callable[[Valuation], str]:
    return lambda v: text


def _next_change(valuation: Valuation) -> str:
    return "0" if valuation.ahead is None else str(valuation.ahead.time // SECOND)


def _in_currency(ledger: Ledger, currency: str, names: tuple[str, ...]) -> Money:
    """An amount of a currency, or of all currencies of an account in the base currency."""
    if ledger is _never:
        return _zero
    if currency != BASE:
        return ledger(currency)
    if len(names) == 1:
        return ledger(names[0])
    parts = [(name, ledger(name)) for name in names]
    return lambda v: sum(scaled(part(v), v.rates[name]) for name, part in parts)


def _money_text(micros: CashMicros) -> str:
    """An amount with two places, rounded half to even; a decimal takes longer."""
    cents, rest = divmod(abs(micros), 10_000)
    if rest > 5_000 or (rest == 5_000 and cents % 2):
        cents += 1
    text = str(cents) if cents > 99 else f"{cents:03}"
    return f"{'-' if micros < 0 else ''}{text[:-2]}.{text[-2:]}"


def _long_money_text(micros: CashMicros) -> str:
    """An amount with four places, of which two may be left out where they are zeros."""
    parts, rest = divmod(abs(micros), 100)
    if rest > 50 or (rest == 50 and parts % 2):
        parts += 1
    whole, part = divmod(parts, 10_000)
    return f"{'-' if micros < 0 else ''}{whole}.{f'{part:04}'.rstrip('0').ljust(2, '0')}"


def summary_values(
    account: str, base: str, valuation: Valuation, tags: tuple[str, ...]
) -> tuple[AccountFigure, ...]:
    """The rows that answer the given summary tags, ``$LEDGER`` forms included."""
    return summary_of(account_values(account, base, valuation), account, valuation, tags)


def summary_of(
    found: tuple[AccountFigure, ...], account: str, valuation: Valuation, tags: tuple[str, ...]
) -> tuple[AccountFigure, ...]:
    """The same, out of all rows of the account."""
    base = next(iter(valuation.rates))
    rows = (*found, *_summary_only(account, base, valuation))
    plain = {row.key: row for row in rows if row.currency in ("", base)}
    asked: list[AccountFigure] = []
    for tag in tags:
        row = plain.get(SUMMARY_ALIASES.get(tag, tag)) if tag in SUMMARY_TAGS else None
        if row is not None:
            asked.append(msgspec.structs.replace(row, key=tag))
        if tag.startswith("$LEDGER"):
            asked += _asked_ledger(account, tag.partition(":")[2], valuation)
    unique = {(row.key, row.currency): row for row in asked}
    return tuple(sorted(unique.values(), key=_wire_order))


def _summary_only(account: str, base: str, valuation: Valuation) -> Iterator[AccountFigure]:
    yield AccountFigure("HighestSeverity", "0", "", account)
    yield AccountFigure("Leverage", _ratio(valuation.gross, valuation.net, 2), "", account)
    yield AccountFigure("SettledCash", str(cash_decimal(valuation.settled_cash)), base, account)


def _asked_ledger(account: str, asked: str, valuation: Valuation) -> Iterator[AccountFigure]:
    """``$LEDGER`` is the BASE rows, ``:ALL`` everything, ``:EUR`` one currency."""
    wanted = asked or BASE
    for currency in (BASE, *valuation.rates):
        if wanted in ("ALL", currency):
            yield from _ledger(account, currency, valuation)


def _ratio(part: CashMicros, whole: CashMicros, places: int) -> str:
    """A quotient for display: at most ``places`` decimals, no trailing zeros."""
    if whole == 0:
        return "0"
    text = f"{part / whole:.{places}f}"
    return text if places == 2 else text.rstrip("0").rstrip(".")


def _ledger_names(account: str, currency: str) -> Iterator[tuple[str, str]]:
    """The rows of a currency that say what they are about."""
    yield "Currency", currency
    yield "RealCurrency", currency
    yield "AccountOrGroup", account


def _rate_text(currency: str, valuation: Valuation) -> str:
    rate = RATE_SCALE if currency == BASE else valuation.rates[currency]
    return _two_or_more(Decimal(rate) / RATE_SCALE)


def _ledger(account: str, currency: str, valuation: Valuation) -> Iterator[AccountFigure]:
    """The per-currency rows of one currency, or of the total in the base currency."""
    for key, text in _ledger_names(account, currency):
        yield AccountFigure(key, text, currency, account)
    yield AccountFigure("ExchangeRate", _rate_text(currency, valuation), currency, account)
    for key, ledger in PER_CURRENCY.items():
        places = FOUR if key in FOUR_PLACES and currency == BASE else TWO
        amount = _in_currency(ledger, currency, tuple(valuation.rates))(valuation)
        text = _long_money_text(amount) if places == FOUR else _money_text(amount)
        yield AccountFigure(key, text, currency, account)


def _two_or_more(number: Decimal) -> str:
    """A number with the decimals that it has, but at least two."""
    text = f"{number:f}"
    whole, _, part = text.partition(".")
    return f"{whole}.{part.rstrip('0').ljust(2, '0')}"


def _wire_order(row: AccountFigure | FigureCell) -> tuple[str, bool, str]:
    return row.key, row.currency != BASE, row.currency
