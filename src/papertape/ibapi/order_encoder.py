"""Encodes ``placeOrder`` as a difference from a prepared frame.

The template is a fresh order; every attribute that the program has changed is read as ``convert``
reads it and replaced in the template. An order that needs more than that is encoded as any other
request. Decision 16 has the measurement.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from ..errors import LocalProtocolError
from ..model import AttachedOrders, Contract, Order
from ..wire.catalogue.orders import PlaceOrder
from ..wire.connection import ClientConnection
from ..wire.diff import Columns, Put
from ..wire.handshake import ConnectionState
from ..wire.template import FAILURES, template
from . import contract, convert, order
from .source import Shape

__all__ = ["frame"]

Encode = Callable[[Any, Any, Any], bytes | None]
_CONTRACT, _ORDER = Shape(contract.Contract), Shape(order.Order)


def frame(wire: ClientConnection | None, order_id: Any, wanted: Any, terms: Any) -> bytes | None:
    """The request as a frame; None where the template cannot hold it, or it cannot be sent."""
    if wire is None or wire.state is not ConnectionState.STARTED:
        return None
    return _encoder(wire.version)(order_id, wanted, terms)


@cache
def _encoder(version: int) -> Encode:
    """The encoding function for a server version."""
    try:
        made = template(_fresh(), version)
    except LocalProtocolError:  # not even a fresh order can be sent
        return lambda order_id, wanted, terms: None
    columns = Columns((object(), *_CONTRACT.own, *_ORDER.own), _putting(made.put))

    def encode(order_id: Any, wanted: Any, terms: Any) -> bytes | None:
        held, changed = _CONTRACT.values(wanted), _ORDER.values(terms)
        if held is None or changed is None:
            return None
        target = made.fresh()
        try:
            columns.put(target, (order_id, *held, *changed))
            return made.done(target)
        except FAILURES:
            return None

    return encode


def _fresh() -> PlaceOrder:
    return PlaceOrder(
        0,
        convert.to_record(Contract)(_CONTRACT.fresh),
        convert.to_record(Order)(_ORDER.fresh),
        convert.attached_orders(_ORDER.fresh),
    )


def _putting(put: Callable[[str, str, dict[str, Any]], Put]) -> Callable[[int], Put]:
    """The function that returns the ``Put`` of a column."""
    scope = dict(convert.SCOPE)
    contracts = dict(_fields("contract", Contract, scope))
    orders = dict(_fields("order", Order, scope))
    orders |= dict(_fields("attachedOrders", AttachedOrders, scope))
    sources = [
        ("orderId", "given(@, 'orderId')"),
        *(contracts.get(name) for name in _CONTRACT.names),
        *(orders.get(name) for name in _ORDER.names),
    ]

    def make(place: int) -> Put:
        source = sources[place]
        return put(*source, scope) if source else _ignore

    return make


def _fields(at: str, record: Any, scope: dict[str, Any]) -> Iterator[tuple[str, tuple[str, str]]]:
    """Official attribute, path of the field that it fills, expression."""
    for field, (attribute, take) in convert.taking(record, scope).items():
        yield attribute, (f"{at}.{field}", take)


def _ignore(target: Any, value: Any) -> None:
    """An attribute that no request has."""
