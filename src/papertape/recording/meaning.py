"""Whether two requests mean the same, although their ids, times and spellings differ.

A request is compared field by field. What is not set, empty, zero and the protocol's sentinels are
the same; texts compare without case, lists of ticks without order. ``SOFT`` fields differ between
two runs of the same program by nature: they never tell two requests apart, only which of several
fits best.
"""

from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from ..model import Contract, TagValue
from ..model.units import UNSET_DECIMAL, UNSET_DOUBLE, UNSET_INT, UNSET_LONG
from ..wire.catalogue.identities import Identity, identity_of

SOFT: Final = frozenset(
    """
    reqId orderId id parentId clientId permId parentPermId slOrderId ptOrderId
    endDateTime startDateTime startDate endDate time goodAfterTime goodTillDate activeStartTime
    activeStopTime manualOrderTime manualOrderCancelTime autoCancelDate
    optionalCapabilities
    """.split()  # noqa: SIM905
)
"""Ids, times, and what names people or orders (``identities.py``) besides."""
_UNSET: Final = frozenset((UNSET_INT, UNSET_LONG, UNSET_DOUBLE, UNSET_DECIMAL))
_EMPTY: Final = {
    "tif": ("", "day"),
    "exchange": ("", "smart"),
    "openClose": ("", "?", "o"),
    "right": ("", "?", "0"),
}
"""What TWS takes where nothing is said: older clients send ``O`` with every order, and a contract
out of a portfolio row has the right ``0``."""
_WEIGHTLESS: Final = frozenset(("description", "comboLegsDescrip", "issuerId"))
"""Of a contract: says nothing about which one it is."""
_NOTHING: Final[tuple[Any, ...]] = (None, "", 0, False, [])
_NAMES: Final = ("symbol", "localSymbol")


class Difference(msgspec.Struct, frozen=True):
    """Where two requests differ."""

    path: str
    asked: Any
    recorded: Any
    soft: bool = False

    def __str__(self) -> str:
        return f"{self.path} {_shown(self.asked)}, recorded {_shown(self.recorded)}"


def differences(asked: Any, recorded: Any, *, partial: bool = False) -> list[Difference]:
    """Where two requests of one kind differ; those that are not soft come first.

    ``partial``: the recorded one may lack fields, so what it does not say is soft.
    """
    found = list(_compare(asked, recorded, ""))
    if partial:
        found = [replace(one, soft=one.soft or one.recorded in _NOTHING) for one in found]
    return sorted(found, key=lambda one: one.soft)


def _compare(asked: Any, recorded: Any, at: str) -> Iterator[Difference]:
    for name in asked.__struct_fields__:
        one, other = getattr(asked, name), getattr(recorded, name)
        path = f"{at}{name}"
        if isinstance(one, Contract) and isinstance(other, Contract):
            yield from _contracts(one, other, path)
        elif isinstance(one, msgspec.Struct) and isinstance(other, msgspec.Struct):
            yield from _compare(one, other, f"{path}.")
        elif _plain(asked, name) != _plain(recorded, name):
            yield Difference(path, one, other, _soft(asked, name))


def _contracts(asked: Contract, recorded: Contract, at: str) -> Iterator[Difference]:
    """By contract id where both have one, else by what both say.

    TWS fills in what a program leaves out, so what one of them leaves out tells nothing apart,
    but fits less well.
    """
    if asked.conId and recorded.conId:
        if asked.conId != recorded.conId:
            yield Difference(f"{at}.conId", asked.conId, recorded.conId)
        return
    common = False
    for name in Contract.__struct_fields__:
        if name in _WEIGHTLESS:
            continue
        one, other = _plain(asked, name), _plain(recorded, name)
        if one == other:
            common = common or (name in _NAMES and one is not None)
            continue
        soft = one is None or other is None
        yield Difference(f"{at}.{name}", getattr(asked, name), getattr(recorded, name), soft)
    if not common and (asked != recorded):
        yield Difference(at, asked.symbol or asked.conId, recorded.symbol or recorded.conId)


def _soft(record: Any, name: str) -> bool:
    cls: Any = type(record)
    return _is_soft(cls, name)


def key_of(message: Any) -> Any:
    """A request as what must be the same: two with the same key have soft differences only."""
    return tuple(_key(message))


def _key(record: Any) -> Iterator[Any]:
    for name in record.__struct_fields__:
        value = getattr(record, name)
        if isinstance(value, Contract) and value.conId:
            yield name, value.conId
        elif isinstance(value, msgspec.Struct):
            yield name, tuple(_key(value))
        elif not _soft(record, name) and name not in _WEIGHTLESS:
            plain = _plain(record, name)
            if plain is not None:
                yield name, _frozen(plain)


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list | tuple) else value


@cache
def _is_soft(record: Any, name: str) -> bool:
    if name in SOFT:
        return True
    try:
        return identity_of(record, name) in (
            Identity.ACCOUNT, Identity.NAME, Identity.REFERENCE, Identity.ORDER
        )  # fmt: skip
    except LookupError:
        return False


def _plain(record: msgspec.Struct, name: str) -> Any:
    """A value as it is compared; None for everything that means nothing is set."""
    value, default = getattr(record, name), _defaults(type(record)).get(name)
    if isinstance(value, bool) or value == default:
        return None if value == default or (value is False and default is None) else value
    if isinstance(value, str):
        text = value.strip().casefold()
        if name == "genericTickList":
            text = ",".join(sorted(part.strip() for part in text.split(",") if part.strip()))
        return None if text in _EMPTY.get(name, ("", "?")) else text
    if isinstance(value, list):
        if value and isinstance(value[0], TagValue):
            return sorted((tag.tag, str(tag.value)) for tag in value)
        return [_whole(item) for item in value] or None
    if isinstance(value, int | float | Decimal) and (not value or value in _UNSET):
        return None
    return _whole(value)


@cache
def _defaults(cls: Any) -> dict[str, Any]:
    return {field.name: field.default for field in msgspec.structs.fields(cls)}


def _whole(value: Any) -> Any:
    """A record as the fields that are set."""
    if not isinstance(value, msgspec.Struct):
        return value
    fields = ((name, _plain(value, name)) for name in value.__struct_fields__)
    return tuple((name, plain) for name, plain in fields if plain is not None) or None


def _shown(value: Any) -> str:
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else f"{text[:60]}…"


def summary(message: Any) -> str:
    """A request in a few words: its name, its contract, its order."""
    words = [message.spec.callback or message.spec.name]
    order = getattr(message, "order", None)
    if order is not None:
        words += [order.action, str(order.totalQuantity or "")]
    contract = getattr(message, "contract", None)
    if contract is not None:
        words += [contract.localSymbol or contract.symbol or str(contract.conId), contract.secType]
    if order is not None:
        words += [order.orderType, str(order.lmtPrice or "")]
    return " ".join(word for word in words if word)
