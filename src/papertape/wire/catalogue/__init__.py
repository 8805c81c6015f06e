"""The catalogue: every message of the protocol, declared once, a module per domain.

Importing this package fills ``REQUESTS`` (client to server) and ``RESPONSES`` (server to
client), both by message id.
"""

from ..message import REQUESTS, RESPONSES
from . import (
    account,
    config,
    contract,
    depth,
    display,
    fa,
    history,
    legacy,
    market,
    news,
    options,
    orders,
    pnl,
    reference,
    reports,
    scanner,
    session,
    ticks,
    verify,
    wsh,
)
from .records import RECORDS

__all__ = [
    "RECORDS",
    "REQUESTS",
    "RESPONSES",
    "account",
    "config",
    "contract",
    "depth",
    "display",
    "fa",
    "history",
    "legacy",
    "market",
    "news",
    "options",
    "orders",
    "pnl",
    "reference",
    "reports",
    "scanner",
    "session",
    "ticks",
    "verify",
    "wsh",
]
