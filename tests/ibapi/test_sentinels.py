"""What a server writes for "not set" in protobuf reaches callbacks as it stands, as officially."""

from decimal import Decimal
from typing import Any

import pytest

from papertape.ibapi.dispatch import Dispatcher
from papertape.ibapi.wrapper import EWrapper
from papertape.model import (
    UNSET_DECIMAL,
    UNSET_DOUBLE,
    UNSET_INT,
    UNSET_LONG,
    Contract,
    Order,
    OrderState,
)
from papertape.versions import MAX_SERVER
from papertape.wire.catalogue.market import TickSize
from papertape.wire.catalogue.reports import CommissionReport, OpenOrder, OrderStatus
from papertape.wire.connection import encode
from papertape.wire.message import Message

WRITTEN = [Decimal(-9223372036854775808), Decimal(UNSET_INT), Decimal(UNSET_LONG), UNSET_DECIMAL]
"""Decimals that stand for "not set"."""


class Kept(EWrapper):
    """Keeps the last arguments of some callbacks."""

    def openOrder(self, *values: Any) -> None:
        self.kept = values

    orderStatus = tickSize = commissionAndFeesReport = openOrder


def told(message: Message) -> Any:
    """The arguments of the callback of a message."""
    wrapper = Kept()
    dispatcher = Dispatcher(MAX_SERVER, wrapper, lambda *what: pytest.fail(str(what)))
    dispatcher.feed(encode(message, MAX_SERVER))
    return wrapper.kept


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("displaySize", UNSET_INT),
        ("refFuturesConId", UNSET_INT),
        ("minQty", UNSET_INT),
        ("parentPermId", UNSET_LONG),
        ("lmtPrice", UNSET_DOUBLE),
        *(("filledQuantity", value) for value in WRITTEN),
        *(("totalQuantity", value) for value in WRITTEN),
    ],
)
def test_numbers_of_an_order(name: str, value: Any) -> None:
    order = told(OpenOrder(7, order=Order(**{name: value})))[2]
    assert repr(getattr(order, name)) == repr(value)


@pytest.mark.parametrize(("value", "expected"), [(0, False), (1, True), (UNSET_INT, UNSET_INT)])
def test_flags_of_an_order(value: int, expected: Any) -> None:
    order = told(OpenOrder(7, order=Order(usePriceMgmtAlgo=value, routeMarketableToBbo=value)))[2]
    assert repr(order.usePriceMgmtAlgo) == repr(expected)
    assert repr(order.routeMarketableToBbo) == repr(value)


@pytest.mark.parametrize("value", WRITTEN)
def test_sizes(value: Decimal) -> None:
    assert told(OpenOrder(7, orderState=OrderState(suggestedSize=value)))[3].suggestedSize == value
    assert told(OrderStatus(7, filled=value))[2] == value
    assert told(TickSize(7, 0, value))[2] == value


def test_figures_of_a_report() -> None:
    report = told(CommissionReport("x", realizedPNL=UNSET_DOUBLE))[0]
    assert (report.realizedPNL, report.yield_) == (UNSET_DOUBLE, 0.0)


def test_a_multiplier_is_text_and_empty() -> None:
    contract = told(OpenOrder(7, Contract(multiplier=repr(UNSET_DOUBLE))))[1]
    assert contract.multiplier == ""


def test_what_is_left_out_has_the_value_of_a_fresh_object() -> None:
    order, state = told(OpenOrder(7))[2:]
    assert (order.displaySize, order.refFuturesConId, order.parentPermId) == (0, 0, 0)
    assert (order.usePriceMgmtAlgo, order.routeMarketableToBbo) == (None, None)
    assert (order.totalQuantity, state.suggestedSize) == (UNSET_DECIMAL, UNSET_DECIMAL)
