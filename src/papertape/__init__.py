"""Papertape: an open Trader Workstation. Server, client and venue for the TWS socket API.

The names below are the public API of the client; each is imported when it is first used.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .client.accounts import AccountSnapshot
    from .client.aio import connect
    from .client.api import Tws
    from .client.conditions import (
        WhenChange,
        WhenMargin,
        WhenPrice,
        WhenTime,
        WhenTraded,
        WhenVolume,
        conditional,
    )
    from .client.contracts import (
        Crypto,
        Forex,
        Future,
        Index,
        LimitOrder,
        MarketOrder,
        Option,
        Stock,
    )
    from .client.families import Bracket, OcaType
    from .client.figures import AccountNumbers, MarginPreview, Money
    from .client.lookups import OptionChain
    from .client.quotes import QuoteStream
    from .client.report import Report
    from .client.settings import Backoff, ClientSettings
    from .client.streams import Gap, Stale
    from .client.trades import Trade
    from .errors import (
        AmbiguousContract,
        ApiError,
        BadFrame,
        ClientIdInUse,
        ConnectionFailed,
        ConnectionLost,
        ConnectionProblem,
        ContractNotFound,
        DeadlineExceeded,
        FeatureNotSupported,
        FeatureWithdrawn,
        FrameTooLong,
        LocalProtocolError,
        NotConnected,
        NotReady,
        OrderRejected,
        PapertapeError,
        ProtocolError,
        RemoteProtocolError,
        RequestRefused,
        ServerOutdated,
        SettingsError,
    )
    from .model import Bar, Contract, ContractDescription, ContractDetails, ExecutionFilter, Order

__version__ = "0.1.0.dev0"

_HOME = {
    "AccountNumbers": "client.figures",
    "AccountSnapshot": "client.accounts",
    "AmbiguousContract": "errors",
    "ApiError": "errors",
    "Backoff": "client.settings",
    "BadFrame": "errors",
    "Bar": "model",
    "Bracket": "client.families",
    "ClientIdInUse": "errors",
    "ClientSettings": "client.settings",
    "ConnectionFailed": "errors",
    "ConnectionLost": "errors",
    "ConnectionProblem": "errors",
    "Contract": "model",
    "ContractDescription": "model",
    "ContractDetails": "model",
    "ContractNotFound": "errors",
    "Crypto": "client.contracts",
    "DeadlineExceeded": "errors",
    "ExecutionFilter": "model",
    "FeatureNotSupported": "errors",
    "FeatureWithdrawn": "errors",
    "Forex": "client.contracts",
    "FrameTooLong": "errors",
    "Future": "client.contracts",
    "Gap": "client.streams",
    "Index": "client.contracts",
    "LimitOrder": "client.contracts",
    "LocalProtocolError": "errors",
    "MarginPreview": "client.figures",
    "MarketOrder": "client.contracts",
    "Money": "client.figures",
    "NotConnected": "errors",
    "NotReady": "errors",
    "OcaType": "client.families",
    "Option": "client.contracts",
    "OptionChain": "client.lookups",
    "Order": "model",
    "OrderRejected": "errors",
    "PapertapeError": "errors",
    "ProtocolError": "errors",
    "QuoteStream": "client.quotes",
    "RemoteProtocolError": "errors",
    "Report": "client.report",
    "RequestRefused": "errors",
    "ServerOutdated": "errors",
    "SettingsError": "errors",
    "Stale": "client.streams",
    "Stock": "client.contracts",
    "Trade": "client.trades",
    "Tws": "client.api",
    "WhenChange": "client.conditions",
    "WhenMargin": "client.conditions",
    "WhenPrice": "client.conditions",
    "WhenTime": "client.conditions",
    "WhenTraded": "client.conditions",
    "WhenVolume": "client.conditions",
    "conditional": "client.conditions",
    "connect": "client.aio",
}

__all__ = [
    "AccountNumbers",
    "AccountSnapshot",
    "AmbiguousContract",
    "ApiError",
    "Backoff",
    "BadFrame",
    "Bar",
    "Bracket",
    "ClientIdInUse",
    "ClientSettings",
    "ConnectionFailed",
    "ConnectionLost",
    "ConnectionProblem",
    "Contract",
    "ContractDescription",
    "ContractDetails",
    "ContractNotFound",
    "Crypto",
    "DeadlineExceeded",
    "ExecutionFilter",
    "FeatureNotSupported",
    "FeatureWithdrawn",
    "Forex",
    "FrameTooLong",
    "Future",
    "Gap",
    "Index",
    "LimitOrder",
    "LocalProtocolError",
    "MarginPreview",
    "MarketOrder",
    "Money",
    "NotConnected",
    "NotReady",
    "OcaType",
    "Option",
    "OptionChain",
    "Order",
    "OrderRejected",
    "PapertapeError",
    "ProtocolError",
    "QuoteStream",
    "RemoteProtocolError",
    "Report",
    "RequestRefused",
    "ServerOutdated",
    "SettingsError",
    "Stale",
    "Stock",
    "Trade",
    "Tws",
    "WhenChange",
    "WhenMargin",
    "WhenPrice",
    "WhenTime",
    "WhenTraded",
    "WhenVolume",
    "__version__",
    "conditional",
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
