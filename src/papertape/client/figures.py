"""Account figures and margin previews as numbers with their currencies, instead of texts."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import msgspec

from ..model import OrderState

BASE: Final = "BASE"
"""The name of the row of totals among those of the currencies."""


class Money(msgspec.Struct, frozen=True):
    """An amount in a currency."""

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


class CurrencyLedger(msgspec.Struct, frozen=True):
    """What an account has in one currency; amounts are in that currency.

    The one named ``BASE`` has the totals in the account's base currency. None: not reported.
    """

    currency: str
    exchange_rate: Decimal | None = None
    """Base currency for one unit."""
    cash: Decimal | None = None
    """``TotalCashBalance``: with what futures gained or lost since they were settled."""
    net_liquidation: Decimal | None = None
    stock_value: Decimal | None = None
    option_value: Decimal | None = None
    future_option_value: Decimal | None = None
    futures_profit: Decimal | None = None
    unrealized: Decimal | None = None
    realized: Decimal | None = None
    accrued_cash: Decimal | None = None
    net_dividend: Decimal | None = None


LEDGER_KEYS: Final = {
    "exchange_rate": "ExchangeRate",
    "cash": "TotalCashBalance",
    "net_liquidation": "NetLiquidationByCurrency",
    "stock_value": "StockMarketValue",
    "option_value": "OptionMarketValue",
    "future_option_value": "FutureOptionValue",
    "futures_profit": "FuturesPNL",
    "unrealized": "UnrealizedPnL",
    "realized": "RealizedPnL",
    "accrued_cash": "AccruedCash",
    "net_dividend": "NetDividend",
}
"""Field of a ``CurrencyLedger`` -> the key of updateAccountValue."""


class AccountNumbers(msgspec.Struct, frozen=True):
    """The figures of one account at one moment; None where the server has not reported one.

    Amounts are in the account's base currency. ``money`` finds any key that TWS reports by its
    own name, ``ledgers`` has what is held in each currency.
    """

    account: str
    currency: str
    """The base currency."""
    net_liquidation: Money | None = None
    cash: Money | None = None
    buying_power: Money | None = None
    equity_with_loan: Money | None = None
    gross_position_value: Money | None = None
    available_funds: Money | None = None
    excess_liquidity: Money | None = None
    initial_margin: Money | None = None
    maintenance_margin: Money | None = None
    unrealized: Money | None = None
    realized: Money | None = None
    cushion: Decimal | None = None
    """Excess liquidity as a part of the net liquidation value."""
    day_trades_remaining: int | None = None
    """-1: without limit."""
    ledgers: Mapping[str, CurrencyLedger] = {}
    """By currency, ``BASE`` included."""
    rows: Mapping[tuple[str, str], str] = {}
    """By key and currency: what the server sent."""

    def money(self, key: str, currency: str = "") -> Money:
        """The figure with a key of TWS, such as ``LookAheadInitMarginReq`` or
        ``NetLiquidation-S``, in a currency or, without one, in the base currency.

        Raises ``KeyError`` when there is none, and ``ValueError`` for one that is no number.
        """
        found = currency or (self.currency if (key, self.currency) in self.rows else BASE)
        try:
            text = self.rows[key, found]
        except KeyError:
            raise KeyError(f"{key} {currency}".strip()) from None
        amount = number(text)
        if amount is None:
            raise ValueError(f"{key} is {text!r:.80}, which is no amount")
        return Money(amount, self.currency if found == BASE else found)

    @classmethod
    def of(cls, code: str, rows: Mapping[tuple[str, str], str]) -> "AccountNumbers":
        """Read the figures out of rows by key and currency."""
        base = next((c for key, c in rows if key == "NetLiquidation" and c), "")
        made = cls(code, base, rows=rows)
        money = {name: _found(made, key) for name, key in _MONEY.items()}
        for name in ("unrealized", "realized"):
            money[name] = _found(made, LEDGER_KEYS[name])
        days = number(rows.get(("DayTradesRemaining", ""), ""))
        names = sorted({currency for key, currency in rows if key == "Currency" and currency})
        return msgspec.structs.replace(
            made,
            **money,
            cushion=number(rows.get(("Cushion", ""), "")),
            day_trades_remaining=None if days is None else int(days),
            ledgers={name: _ledger(name, rows) for name in names},
        )


_MONEY: Final = {
    "net_liquidation": "NetLiquidation",
    "cash": "TotalCashValue",
    "buying_power": "BuyingPower",
    "equity_with_loan": "EquityWithLoanValue",
    "gross_position_value": "GrossPositionValue",
    "available_funds": "AvailableFunds",
    "excess_liquidity": "ExcessLiquidity",
    "initial_margin": "InitMarginReq",
    "maintenance_margin": "MaintMarginReq",
}


def number(text: str) -> Decimal | None:
    """The finite number in a text; None for another text."""
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _found(figures: AccountNumbers, key: str) -> Money | None:
    try:
        return figures.money(key)
    except (KeyError, ValueError):
        return None


def _ledger(currency: str, rows: Mapping[tuple[str, str], str]) -> CurrencyLedger:
    values = {name: number(rows.get((key, currency), "")) for name, key in LEDGER_KEYS.items()}
    return CurrencyLedger(currency, **values)


class MarginChange(msgspec.Struct, frozen=True):
    """A figure before an order, by how much it would change, and after it; None: not told."""

    before: Money | None
    change: Money | None
    after: Money | None


class MarginPreview(msgspec.Struct, frozen=True):
    """What an order would change: the server's answer to a what-if."""

    status: str
    initial: MarginChange
    maintenance: MarginChange
    equity_with_loan: MarginChange
    commission: Money | None
    """Expected; None where the server tells a range only."""
    least_commission: Money | None
    most_commission: Money | None
    warning: str
    state: OrderState
    """All that was sent."""

    @classmethod
    def of(cls, state: OrderState) -> "MarginPreview":
        """Read the state of the openOrder that answers a what-if."""

        def change(name: str) -> MarginChange:
            parts = (getattr(state, f"{name}{part}") for part in ("Before", "Change", "After"))
            return MarginChange(*(_money(part, state.marginCurrency) for part in parts))

        def cost(given: float | None) -> Money | None:
            return _money(given, state.commissionAndFeesCurrency)

        return cls(
            state.status,
            change("initMargin"),
            change("maintMargin"),
            change("equityWithLoan"),
            cost(state.commissionAndFees),
            cost(state.minCommissionAndFees),
            cost(state.maxCommissionAndFees),
            state.warningText,
            state,
        )


def _money(given: Any, currency: str) -> Money | None:
    amount = None if given is None else number(str(given))
    return None if amount is None else Money(amount, currency)
