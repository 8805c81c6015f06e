"""Account values and summary rows: which key, in which currencies, with which suffixes.

The tables follow a dump of a real portfolio-margin account. Rows come alphabetically by key,
then base total before currencies; plain keys stand before their suffixes: -C commodities,
-P crypto, -S securities.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal

import msgspec

from ...venue.broker.valuation import Commodities, Holding, LookAhead, Valuation
from ...venue.units import RATE_SCALE, SECOND, CashMicros, cash_decimal, scaled

BASE = "BASE"
SEGMENTS = ("-C", "-P", "-S")


class AccountFigure(msgspec.Struct, frozen=True):
    """One updateAccountValue or accountSummary row."""

    key: str
    value: str
    currency: str
    account: str


Money = Callable[[Valuation], CashMicros]
Ledger = Callable[[Valuation, str], CashMicros]

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


class Segmented(msgspec.Struct, frozen=True):
    """An amount of the whole account, of its commodities and of its crypto currencies; the rest is
    that of its securities."""

    whole: Money
    commodities: Money = lambda v: 0
    crypto: Money = lambda v: 0

    def rows(self, valuation: Valuation) -> Iterator[tuple[str, CashMicros]]:
        """Every suffix with its amount."""
        whole, commodities = self.whole(valuation), self.commodities(valuation)
        crypto = self.crypto(valuation)
        yield from zip(
            ("", "-C", "-P", "-S"), (whole, commodities, crypto, whole - commodities - crypto)
        )


def _ahead(value: Money, ahead: Callable[[LookAhead], CashMicros]) -> Money:
    """An amount at the next change of margin; that of now where nothing changes."""
    return lambda v: value(v) if v.ahead is None else ahead(v.ahead)


def _funds(part: Commodities) -> CashMicros:
    return part.net - part.initial


INITIAL = Segmented(lambda v: v.initial, lambda v: v.commodities.initial)
MAINTENANCE = Segmented(lambda v: v.maintenance, lambda v: v.commodities.maintenance)
AVAILABLE = Segmented(lambda v: v.available, lambda v: _funds(v.commodities))
EXCESS = Segmented(lambda v: v.excess, lambda v: v.commodities.net - v.commodities.maintenance)
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
    "EquityWithLoanValue": Segmented(lambda v: v.equity, lambda v: v.commodities.net),
    "NetLiquidation": Segmented(lambda v: v.net, lambda v: v.commodities.net, lambda v: v.crypto),
    "TotalCashValue": Segmented(
        lambda v: v.total_cash + v.futures, lambda v: v.commodities.cash + v.futures
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
        Segmented(lambda v: 0),
    ),
}
"""In the base currency, plain and once per segment. What securities do not need stands there, so
that cash of the commodities is their margin (``Commodities.cash``)."""

FEW_ROWS: dict[str, tuple[Money, tuple[str, ...]]] = {
    "AccruedCash": (lambda v: 0, SEGMENTS),
    "BuyingPower": (lambda v: v.buying_power, ("",)),
    "GrossPositionValue": (lambda v: v.gross, ("", "-S")),
    "NetLiquidationUncertainty": (lambda v: 0, ("",)),
    "PreviousDayEquityWithLoanValue": (lambda v: v.previous_equity, ("", "-S")),
}
"""In the base currency, with just these suffixes; plain AccruedCash comes per currency."""

REG_T_ROWS: dict[str, Money] = {
    "RegTEquity": lambda v: v.equity - v.commodities.net,
    "RegTMargin": lambda v: 0 if v.reg_t is None else v.reg_t.margin,
    "SMA": lambda v: v.sma,
}
"""Plain and of securities, which are the same; of Reg T accounts only."""


def _worth_of(sec_type: str) -> Ledger:
    """The market value of what is held of one kind of instrument."""

    def worth(valuation: Valuation, currency: str) -> CashMicros:
        held = _in_currency(valuation, currency)
        return sum(one.value for one in held if one.instrument.secType == sec_type)

    return worth


def _unrealized(valuation: Valuation, currency: str) -> CashMicros:
    return sum(held.unrealized for held in _in_currency(valuation, currency))


def _realized(valuation: Valuation, currency: str) -> CashMicros:
    return sum(held.position.realized for held in _in_currency(valuation, currency))


def _cash(valuation: Valuation, currency: str) -> CashMicros:
    return valuation.cash[currency]


def _futures(valuation: Valuation, currency: str) -> CashMicros:
    return sum(held.since_settled for held in _in_currency(valuation, currency))


def _total_cash(valuation: Valuation, currency: str) -> CashMicros:
    """Cash, with what futures gained or lost since they were settled."""
    return _cash(valuation, currency) + _futures(valuation, currency)


def _net(valuation: Valuation, currency: str) -> CashMicros:
    return _total_cash(valuation, currency) + sum(h.value for h in _valued(valuation, currency))


PER_CURRENCY: dict[str, Ledger] = {
    "CashBalance": _cash,
    "TotalCashBalance": _total_cash,
    "NetLiquidationByCurrency": _net,
    "StockMarketValue": _worth_of("STK"),
    "OptionMarketValue": _worth_of("OPT"),
    "FutureOptionValue": _worth_of("FOP"),
    "WarrantValue": _worth_of("WAR"),
    "FundValue": _worth_of("FUND"),
    "Cryptocurrency": _worth_of("CRYPTO"),
    "FuturesPNL": _futures,
    "UnrealizedPnL": _unrealized,
    "RealizedPnL": _realized,
    **dict.fromkeys(
        (
            "AccruedCash",
            "CorporateBondValue",
            "FxCashBalance",
            "IssuerOptionValue",
            "MoneyMarketFundValue",
            "MutualFundValue",
            "NetDividend",
            "TBillValue",
            "TBondValue",
        ),
        lambda v, currency: 0,
    ),
}
"""One row per currency in that currency, and a BASE row with the sum in the base currency."""

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


def account_values(account: str, base: str, valuation: Valuation) -> tuple[AccountFigure, ...]:
    """All rows of reqAccountUpdates for one account."""
    rows = [AccountFigure(key, text, "", account) for key, text in IDENTITY.items()]
    rows.append(AccountFigure("AccountCode", account, "", account))
    rows += _ratios(account, valuation)
    rows += _base_money(account, base, valuation)
    for currency in (BASE, *valuation.rates):
        rows += _ledger(account, currency, valuation)
    return tuple(sorted(rows, key=_wire_order))


def summary_values(
    account: str, base: str, valuation: Valuation, tags: tuple[str, ...]
) -> tuple[AccountFigure, ...]:
    """The rows that answer the given summary tags, ``$LEDGER`` forms included."""
    rows = (*account_values(account, base, valuation), *_summary_only(account, base, valuation))
    plain = {row.key: row for row in rows if row.currency in ("", base)}
    found: list[AccountFigure] = []
    for tag in tags:
        row = plain.get(SUMMARY_ALIASES.get(tag, tag)) if tag in SUMMARY_TAGS else None
        if row is not None:
            found.append(msgspec.structs.replace(row, key=tag))
        if tag.startswith("$LEDGER"):
            found += _asked_ledger(account, tag.partition(":")[2], valuation)
    unique = {(row.key, row.currency): row for row in found}
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


def _ratios(account: str, valuation: Valuation) -> Iterator[AccountFigure]:
    leverage = _ratio(valuation.gross, valuation.net, 2)
    cushion = _ratio(valuation.excess, valuation.net, 6)
    yield AccountFigure("Cushion", cushion, "", account)
    yield AccountFigure("Leverage-S", leverage, "", account)
    ahead = valuation.ahead
    change = "0" if ahead is None else str(ahead.time // SECOND)
    yield AccountFigure("LookAheadNextChange", change, "", account)
    by_risk = not valuation.in_full and valuation.reg_t is None
    yield AccountFigure("WhatIfPMEnabled", "true" if by_risk else "false", "", account)


def _ratio(part: CashMicros, whole: CashMicros, places: int) -> str:
    """A quotient for display: at most ``places`` decimals, no trailing zeros."""
    if whole == 0:
        return "0"
    text = f"{part / whole:.{places}f}"
    return text if places == 2 else text.rstrip("0").rstrip(".")


def _base_money(account: str, base: str, valuation: Valuation) -> Iterator[AccountFigure]:
    for key, segmented in SEGMENTED.items():
        for suffix, value in segmented.rows(valuation):
            yield AccountFigure(key + suffix, str(cash_decimal(value)), base, account)
    for key, (amount, suffixes) in FEW_ROWS.items():
        text = str(cash_decimal(amount(valuation)))
        for suffix in suffixes:
            yield AccountFigure(key + suffix, text, base, account)
    if valuation.reg_t is not None:
        for key, amount in REG_T_ROWS.items():
            text = str(cash_decimal(amount(valuation)))
            for suffix in ("", "-S"):
                yield AccountFigure(key + suffix, text, base, account)


def _ledger(account: str, currency: str, valuation: Valuation) -> Iterator[AccountFigure]:
    """The per-currency rows of one currency, or of the total in the base currency."""
    for key in ("Currency", "RealCurrency"):
        yield AccountFigure(key, currency, currency, account)
    yield AccountFigure("AccountOrGroup", account, currency, account)
    rate = RATE_SCALE if currency == BASE else valuation.rates[currency]
    yield AccountFigure("ExchangeRate", _two_or_more(Decimal(rate) / RATE_SCALE), currency, account)
    for key, amount in PER_CURRENCY.items():
        places = 4 if key in FOUR_PLACES and currency == BASE else 2
        value = _total(amount, valuation) if currency == BASE else amount(valuation, currency)
        yield AccountFigure(key, _two_or_more(cash_decimal(value, places)), currency, account)


def _two_or_more(number: Decimal) -> str:
    """A number with the decimals that it has, but at least two."""
    text = f"{number:f}"
    whole, _, part = text.partition(".")
    return f"{whole}.{part.rstrip('0').ljust(2, '0')}"


def _total(amount: Ledger, valuation: Valuation) -> CashMicros:
    return sum(scaled(amount(valuation, name), rate) for name, rate in valuation.rates.items())


def _in_currency(valuation: Valuation, currency: str) -> list[Holding]:
    return [held for held in valuation.holdings if held.instrument.currency == currency]


def _valued(valuation: Valuation, currency: str) -> list[Holding]:
    """Holdings with a market value of their own; currency pairs are cash already, and of futures
    only gains and losses are."""
    held = _in_currency(valuation, currency)
    return [h for h in held if h.instrument.secType != "CASH" and not h.instrument.daily]


def _wire_order(row: AccountFigure) -> tuple[str, bool, str]:
    return row.key, row.currency != BASE, row.currency
