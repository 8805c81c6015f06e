"""Orders are read through what the program has changed: the record is that of reading it all."""

from decimal import Decimal
from enum import Enum
from typing import Any

import msgspec
import pytest

from papertape import model
from papertape.errors import PapertapeError
from papertape.ibapi import convert
from papertape.ibapi.order import Order
from papertape.ibapi.tag_value import TagValue
from walks import walk

read = convert.to_record(model.Order)
ATTRIBUTES = sorted(vars(Order()))


class Own(Order):
    """A program's own class, which is always read whole."""


def other(value: Any) -> Any:
    """Another value of the kind."""
    if isinstance(value, Enum):
        return list(type(value))[-1]
    if isinstance(value, bool):
        return not value
    if isinstance(value, str):
        return value + "7"
    if isinstance(value, int | float | Decimal):
        return type(value)(7)
    return [TagValue("7", "8")] if isinstance(value, list) or value is None else value


def outcome(order: Order) -> str:
    """The record, or the error, as text."""
    try:
        return repr(read(order))
    except (PapertapeError, AttributeError, ValueError, TypeError) as error:
        return repr(error)


@walk("name", ATTRIBUTES)
def test_every_attribute_arrives(name: str) -> None:
    order, own = Order(), Own()
    for each in (order, own):
        setattr(each, name, other(getattr(each, name)))
    assert outcome(order) == outcome(own)


@walk("name", ["lmtPrice", "action", "totalQuantity", "algoParams"])
def test_none_is_told_alike(name: str) -> None:
    found = []
    for each in (Order(), Own()):
        setattr(each, name, None)
        found.append(outcome(each))
    assert found[0] == found[1]


def test_an_attribute_that_is_gone_is_an_error() -> None:
    order = Order()
    del order.lmtPrice
    with pytest.raises(AttributeError, match="lmtPrice"):
        read(order)


def test_attributes_of_the_programs_own_are_left_alone() -> None:
    order = Order()
    vars(order)["note"] = "mine"
    assert read(order) == read(Order())


def test_two_records_share_nothing_that_can_be_changed() -> None:
    first, second = read(Order()), read(Order())
    assert first == second
    for name in first.__struct_fields__:
        if isinstance(value := getattr(first, name), list | msgspec.Struct):
            assert value is not getattr(second, name), name
