"""The tables of the account page: rows of updateAccountValue as margin, ledger and a list. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from ..parts.grid import Cell, Col, Row
from ..parts.number_format import money, signed, tone

SEGMENTS: Final = {"": "Total", "-S": "Securities", "-C": "Commodities", "-P": "Crypto"}
"""Suffix of a key -> the part of the account that it is about."""
MARGIN: Final = {
    "NetLiquidation": "Net liquidation",
    "EquityWithLoanValue": "Equity with loan",
    "PreviousDayEquityWithLoanValue": "Equity with loan of the day before",
    "GrossPositionValue": "Gross positions",
    "RegTEquity": "Reg T equity",
    "RegTMargin": "Reg T margin",
    "SMA": "Special memorandum account",
    "InitMarginReq": "Initial margin",
    "MaintMarginReq": "Maintenance margin",
    "AvailableFunds": "Available funds",
    "ExcessLiquidity": "Excess liquidity",
    "FullInitMarginReq": "Overnight initial margin",
    "FullMaintMarginReq": "Overnight maintenance margin",
    "FullAvailableFunds": "Overnight available funds",
    "FullExcessLiquidity": "Overnight excess liquidity",
    "LookAheadInitMarginReq": "Look-ahead initial margin",
    "LookAheadMaintMarginReq": "Look-ahead maintenance margin",
    "LookAheadAvailableFunds": "Look-ahead available funds",
    "LookAheadExcessLiquidity": "Look-ahead excess liquidity",
    "PostExpirationMargin": "Post-expiration margin",
    "PostExpirationExcess": "Post-expiration excess",
}
"""Key -> what it is called."""
MARGIN_COLUMNS: Final = (Col("Figure"), *(Col(title, right=True) for title in SEGMENTS.values()))
OTHER: Final = "other"
"""No key: what is left of the net liquidation: bonds, funds, metals, coins, warrants."""
LEDGER: Final = {
    "TotalCashBalance": "Cash", "StockMarketValue": "Stocks", "OptionMarketValue": "Options",
    "FutureOptionValue": "Future options", OTHER: "Other assets", "AccruedCash": "Interest",
    "NetLiquidationByCurrency": "Net liquidation", "FuturesPNL": "Futures P&L",
    "UnrealizedPnL": "Unrealized P&L", "RealizedPnL": "Realized P&L",
    "ExchangeRate": "Rate",
}  # fmt: skip
"""Key -> the title of its column; up to the net liquidation they add up to it. Cash has gains and
losses of futures in it."""
ADDED: Final = (
    "TotalCashBalance", "StockMarketValue", "OptionMarketValue", "FutureOptionValue", "AccruedCash",
)  # fmt: skip
"""What the net liquidation has besides the other assets."""
LEDGER_COLUMNS: Final = (Col("Currency"), *(Col(title, right=True) for title in LEDGER.values()))
VALUE_COLUMNS: Final = (Col("Key"), Col("Value", right=True), Col("Currency"))
BASE: Final = "BASE"
Values = Mapping[tuple[str, str], str]


def by_key(rows: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], str]:
    """Rows of the control API by key and currency."""
    return {(row["key"], row["currency"]): row["value"] for row in rows}


def margin_rows(values: Values, currency: str) -> list[Row]:
    """One row for each figure that there is, with what each part of the account has of it."""
    found = []
    for key, title in MARGIN.items():
        texts = [_amount(values.get((key + suffix, currency))) for suffix in SEGMENTS]
        if any(texts):
            found.append(Row(key, (title, *texts)))
    return found


def ledger_rows(values: Values) -> list[Row]:
    """One row for each currency; the totals in the base currency are the last one."""
    names = sorted({currency for key, currency in values if key == "Currency"} - {BASE})
    found = []
    for name in (*names, *([BASE] if ("Currency", BASE) in values else [])):
        cells: list[str | Cell] = []
        for key in LEDGER:
            text = values.get((key, name))
            if key == OTHER:
                cells.append(money(_other(values, name)))
            elif key == "ExchangeRate":
                cells.append(text or "")
            elif key.endswith(("PNL", "PnL")):
                cells.append(Cell(_signed(text), _tone(text)))
            else:
                cells.append(_amount(text))
        found.append(Row(name, ("Total" if name == BASE else name, *cells)))
    return found


def value_rows(values: Values, search: str) -> list[Row]:
    """Every value whose key or currency has the text, as it was sent."""
    wanted = search.strip().lower()
    return [
        Row(f"{key} {currency}", (key, text, currency))
        for (key, currency), text in sorted(values.items())
        if wanted in f"{key} {currency}".lower()
    ]


def _other(values: Values, currency: str) -> float | None:
    net = _number(values.get(("NetLiquidationByCurrency", currency)))
    if net is None:
        return None
    rest = net - sum(_number(values.get((key, currency))) or 0.0 for key in ADDED)
    return round(rest, 2) + 0.0


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None


def _amount(text: str | None) -> str:
    return money(_number(text))


def _signed(text: str | None) -> str:
    return signed(_number(text))


def _tone(text: str | None) -> str:
    return tone(_number(text))
