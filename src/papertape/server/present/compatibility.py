"""Messages in the form that older programs know: ``compatibilityModeNasdaqStocks``."""

from typing import Any

import msgspec

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
