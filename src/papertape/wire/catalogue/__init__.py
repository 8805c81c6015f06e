"""The catalogue: every message of the protocol, declared once, a module per domain.

Importing this package fills ``REQUESTS`` (client to server) and ``RESPONSES`` (server to
client), both by message id.
"""

from ..message import REQUESTS, RESPONSES
from . import account, contract, history, market, orders, reports, session
from .records import RECORDS

__all__ = [
    "RECORDS",
    "REQUESTS",
    "RESPONSES",
    "account",
    "contract",
    "history",
    "market",
    "orders",
    "reports",
    "session",
]
