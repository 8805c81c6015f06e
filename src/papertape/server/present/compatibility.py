"""Messages and requests in the form that older programs have: the names of exchanges.

Two settings ask for it: ``compatibilityModeNasdaqStocks`` and ``componentExchSeparator``.
"""

from typing import Any

import msgspec

from ...model import Contract
from ...wire.message import Message

NASDAQ, ISLAND = "NASDAQ", "ISLAND"
NAMES = frozenset(("exchange", "primaryExchange", "primaryExch", "marketMaker", "validExchanges"))
"""Fields with the name of an exchange, or several with commas."""


def with_island(message: Message) -> Message:
    """Return the message with ISLAND where it says NASDAQ, at any depth; the same one where it does
    not."""
    return _renamed(message)  # type: ignore[no-any-return]


def _renamed(value: Any) -> Any:
    if isinstance(value, list):
        found = [_renamed(one) for one in value]
        return value if all(map(_same, found, value)) else found
    if not isinstance(value, msgspec.Struct):
        return value
    changed: dict[str, Any] = {}
    for name in value.__struct_fields__:
        old = getattr(value, name)
        new = _island(old) if name in NAMES else _renamed(old)
        if new is not old:
            changed[name] = new
    return msgspec.structs.replace(value, **changed) if changed else value


def _island(text: Any) -> Any:
    if not isinstance(text, str) or NASDAQ not in text:
        return text
    return ",".join(ISLAND if one == NASDAQ else one for one in text.split(","))


def _same(one: object, other: object) -> bool:
    return one is other


def split_exchange(message: Message, separator: str) -> Message:
    """Return a request whose contract names an exchange and, behind the separator, the primary one,
    with both in fields of their own: ``SMART:NASDAQ``; any other request is returned unchanged."""
    contract = getattr(message, "contract", None)
    if not isinstance(contract, Contract) or separator not in contract.exchange:
        return message
    exchange, _, primary = contract.exchange.partition(separator)
    plain = msgspec.structs.replace(contract, exchange=exchange, primaryExchange=primary)
    return msgspec.structs.replace(message, contract=plain)
