"""Papertape: an open Trader Workstation. Server, client and venue for the TWS socket API.

The names below are the public API of the client; each is imported when it is first used.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .client.accounts import Account
    from .client.aio import connect
    from .client.api import Tws
    from .client.contracts import Forex, LimitOrder, MarketOrder, Stock
    from .client.quotes import QuoteStream
    from .client.report import Report
    from .client.settings import Backoff, ClientSettings
    from .client.streams import Gap, Stale
    from .client.trades import Trade
    from .errors import (
        ApiError,
        ClientIdInUse,
        ConnectionFailed,
        ConnectionLost,
        ContractNotFound,
        DeadlineExceeded,
        FeatureNotSupported,
        FeatureWithdrawn,
        NotConnected,
        NotReady,
        OrderRejected,
        PapertapeError,
    )
    from .model import Bar, Contract, ContractDetails, ExecutionFilter, Order

__version__ = "0.1.0.dev0"

_HOME = {
    "Account": "client.accounts",
    "ApiError": "errors",
    "Backoff": "client.settings",
    "Bar": "model",
    "ClientIdInUse": "errors",
    "ClientSettings": "client.settings",
    "ConnectionFailed": "errors",
    "ConnectionLost": "errors",
    "Contract": "model",
    "ContractDetails": "model",
    "ContractNotFound": "errors",
    "DeadlineExceeded": "errors",
    "ExecutionFilter": "model",
    "FeatureNotSupported": "errors",
    "FeatureWithdrawn": "errors",
    "Forex": "client.contracts",
    "Gap": "client.streams",
    "LimitOrder": "client.contracts",
    "MarketOrder": "client.contracts",
    "NotConnected": "errors",
    "NotReady": "errors",
    "Order": "model",
    "OrderRejected": "errors",
    "PapertapeError": "errors",
    "QuoteStream": "client.quotes",
    "Report": "client.report",
    "Stale": "client.streams",
    "Stock": "client.contracts",
    "Trade": "client.trades",
    "Tws": "client.api",
    "connect": "client.aio",
}

__all__ = [
    "Account",
    "ApiError",
    "Backoff",
    "Bar",
    "ClientIdInUse",
    "ClientSettings",
    "ConnectionFailed",
    "ConnectionLost",
    "Contract",
    "ContractDetails",
    "ContractNotFound",
    "DeadlineExceeded",
    "ExecutionFilter",
    "FeatureNotSupported",
    "FeatureWithdrawn",
    "Forex",
    "Gap",
    "LimitOrder",
    "MarketOrder",
    "NotConnected",
    "NotReady",
    "Order",
    "OrderRejected",
    "PapertapeError",
    "QuoteStream",
    "Report",
    "Stale",
    "Stock",
    "Trade",
    "Tws",
    "__version__",
    "connect",
]


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f".{home}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
