"""Messages as the tables of these tests write them: the callback's name and what matters of it."""

from typing import Any

from papertape.server.market_data.quotes import (
    ASK,
    ASK_EXCH,
    ASK_SIZE,
    BID,
    BID_EXCH,
    BID_SIZE,
    CLOSE,
    HIGH,
    LAST,
    LAST_EXCH,
    LAST_SIZE,
    LAST_TIMESTAMP,
    LOW,
    OPEN,
    VOLUME,
)
from papertape.wire.catalogue import account, contract, history, market, reports, session

TICKS = {
    BID: "BID", ASK: "ASK", LAST: "LAST", HIGH: "HIGH", LOW: "LOW", CLOSE: "CLOSE", OPEN: "OPEN",
    BID_SIZE: "BID_SIZE", ASK_SIZE: "ASK_SIZE", LAST_SIZE: "LAST_SIZE", VOLUME: "VOLUME",
    LAST_TIMESTAMP: "LAST_TIMESTAMP", BID_EXCH: "BID_EXCH", ASK_EXCH: "ASK_EXCH",
    LAST_EXCH: "LAST_EXCH",
}  # fmt: skip


def shown(message: Any) -> str:
    """One message in a few words."""
    name = type(message).spec.callback
    told = _TELLERS.get(type(message))
    return f"{name} {told(message)}".rstrip() if told else name


def lines(messages: list[Any]) -> list[str]:
    """Messages in a few words each."""
    return [shown(message) for message in messages]


def expected(table: str) -> list[str]:
    """The rows of a table: one message a row, or several with semicolons between."""
    cells = [cell.strip() for row in table.strip().splitlines() for cell in row.split(";")]
    return [cell for cell in cells if cell]


def number(value: Any) -> str:
    """A number without needless zeros."""
    return f"{value:.7g}" if isinstance(value, float) else f"{value}"


def _open_order(m: reports.OpenOrder) -> str:
    fee = m.orderState.commissionAndFees
    charged = f" fee {number(fee)}" if fee else ""
    return f"#{m.orderId} {m.orderState.status}{charged}"


def _status(m: reports.OrderStatus) -> str:
    held = f" {m.whyHeld}" if m.whyHeld else ""
    return f"#{m.orderId} {m.status} {m.filled}+{m.remaining}{held}"


def _execution(m: reports.ExecutionDetails) -> str:
    e = m.execution
    return f"{m.reqId} #{e.orderId} {e.side} {e.shares} @ {number(e.price)}"


def _commission(m: reports.CommissionReport) -> str:
    profit = "" if m.realizedPNL is None else f" pnl {number(m.realizedPNL)}"
    return f"{number(m.commissionAndFees)}{profit}"


_TELLERS: dict[type[Any], Any] = {
    session.ErrorMessage: lambda m: f"{m.id} {m.errorCode}",
    session.ManagedAccounts: lambda m: m.accountsList,
    session.NextValidId: lambda m: str(m.orderId),
    session.CurrentTime: lambda m: str(m.currentTime),
    reports.OpenOrder: _open_order,
    reports.OrderStatus: _status,
    reports.ExecutionDetails: _execution,
    reports.ExecutionDetailsEnd: lambda m: str(m.reqId),
    reports.CommissionReport: _commission,
    reports.CompletedOrder: lambda m: f"{m.orderState.status} {m.orderState.completedStatus}",
    account.Position: lambda m: f"{m.contract.symbol} {m.position}",
    account.AccountDataEnd: lambda m: m.accountName,
    account.AccountSummary: lambda m: f"{m.reqId} {m.tag}",
    account.AccountSummaryEnd: lambda m: str(m.reqId),
    account.AccountUpdateMultiEnd: lambda m: str(m.reqId),
    market.TickPrice: lambda m: f"{m.reqId} {TICKS[m.tickType]} {number(m.price)} {m.size}",
    market.TickSize: lambda m: f"{m.reqId} {TICKS[m.tickType]} {m.size}",
    market.TickString: lambda m: f"{m.reqId} {TICKS[m.tickType]}",
    market.TickReqParams: lambda m: f"{m.reqId} {number(m.minTick)}",
    market.MarketDataType: lambda m: f"{m.reqId} {m.marketDataType}",
    market.TickSnapshotEnd: lambda m: str(m.reqId),
    contract.ContractData: lambda m: f"{m.reqId} {m.contract.symbol} {m.contract.exchange}",
    contract.ContractDataEnd: lambda m: str(m.reqId),
    history.HistoricalData: lambda m: f"{m.reqId} {len(m.historicalDataBars)} bars",
    history.HistoricalDataEnd: lambda m: str(m.reqId),
}
