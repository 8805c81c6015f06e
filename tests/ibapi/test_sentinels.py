"""What a server writes for "not set" in protobuf reaches callbacks as it stands, as officially."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from papertape.ibapi import order as official
from papertape.ibapi import order_condition
from papertape.ibapi.dispatch import Dispatcher
from papertape.ibapi.wrapper import EWrapper
from papertape.model import (
    UNSET_DECIMAL,
    UNSET_DOUBLE,
    UNSET_INT,
    UNSET_LONG,
    ComboLeg,
    Contract,
    Order,
    OrderComboLeg,
    OrderState,
)
from papertape.versions import MAX_SERVER
from papertape.wire import proto
from papertape.wire.catalogue.contract import BondContractData, ContractData
from papertape.wire.catalogue.market import TickSize
from papertape.wire.catalogue.reference import SmartComponents
from papertape.wire.catalogue.reports import (
    CommissionReport,
    CompletedOrder,
    OpenOrder,
    OrderStatus,
)
from papertape.wire.connection import PROTOBUF_OFFSET, encode
from papertape.wire.message import Message
from walks import walk

WRITTEN = [Decimal(-9223372036854775808), Decimal(UNSET_INT), Decimal(UNSET_LONG), UNSET_DECIMAL]
"""Decimals that stand for "not set"."""


class Kept(EWrapper):
    """Keeps the last arguments of some callbacks."""

    def openOrder(self, *values: Any) -> None:
        self.kept = values

    orderStatus = tickSize = commissionAndFeesReport = completedOrder = openOrder
    contractDetails = bondContractDetails = smartComponents = openOrder


def told(message: Message) -> Any:
    """The arguments of the callback of a message."""
    return heard(encode(message, MAX_SERVER))


def heard(frame: bytes) -> Any:
    """The arguments of the callback of a frame."""
    wrapper = Kept()
    dispatcher = Dispatcher(MAX_SERVER, wrapper, lambda *what: pytest.fail(str(what)))
    dispatcher.feed(frame)
    return wrapper.kept


def written(cls: type[Message], fill: Callable[[Any], object]) -> Any:
    """The arguments of the callback of a message in which nothing is present but what is filled."""
    made = proto.message_class(cls)()
    fill(made)
    payload = (PROTOBUF_OFFSET + cls.spec.id).to_bytes(4) + made.SerializeToString()
    return heard(len(payload).to_bytes(4) + payload)


@walk(
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


@walk(("value", "expected"), [(0, False), (1, True), (UNSET_INT, UNSET_INT)])
def test_flags_of_an_order(value: int, expected: Any) -> None:
    order = told(OpenOrder(7, order=Order(usePriceMgmtAlgo=value, routeMarketableToBbo=value)))[2]
    assert repr(order.usePriceMgmtAlgo) == repr(expected)
    assert repr(order.routeMarketableToBbo) == repr(value)


@walk("value", WRITTEN)
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


def test_absent_is_as_in_a_new_object() -> None:
    """What the official client 10.51 calls back for these bytes."""
    [order] = [a for a in written(OpenOrder, conditions(1, 7)) if isinstance(a, official.Order)]
    price, change = order.conditions
    assert vars(price) == vars(order_condition.PriceCondition())
    assert vars(change) == vars(order_condition.PercentChangeCondition())

    for cls in (ContractData, BondContractData):
        for given, shown in REASONS:
            details = written(cls, reasons(given))[1]
            [reason] = details.ineligibilityReasonList
            assert (reason.id_, reason.description) == shown

    assert written(SmartComponents, lambda m: m.smartComponents.add())[1] == {0: ("", " ")}
    empty = {"bitNumber": 3, "exchange": "", "exchangeLetter": ""}
    assert written(SmartComponents, lambda m: m.smartComponents.add(**empty))[1] == {3: ("", "")}


REASONS = [
    ({}, ("None", "None")),
    ({"id": "1"}, ("1", "None")),
    ({"description": "why"}, ("None", "why")),
    ({"id": "", "description": ""}, ("", "")),
]


def reasons(given: dict[str, str]) -> Callable[[Any], object]:
    return lambda m: m.contractDetails.ineligibilityReasonList.add(**given)


def conditions(*kinds: int) -> Callable[[Any], object]:
    return lambda m: [m.order.conditions.add(type=kind) for kind in kinds]


@pytest.mark.parametrize("cls", [OpenOrder, CompletedOrder])
def test_every_leg_has_a_price_be_it_not_set(cls: Any) -> None:
    legs = [ComboLeg(1), ComboLeg(2)]

    def prices(*known: OrderComboLeg) -> list[float] | None:
        message = cls(contract=Contract(comboLegs=legs), order=Order(orderComboLegs=list(known)))
        [order] = [a for a in told(message) if isinstance(a, official.Order)]
        return [leg.price for leg in order.orderComboLegs]

    assert prices() == [UNSET_DOUBLE, UNSET_DOUBLE]
    assert prices(OrderComboLeg(1.5)) == [1.5, UNSET_DOUBLE]
    [order] = [a for a in told(cls()) if isinstance(a, official.Order)]
    assert order.orderComboLegs is None


@pytest.mark.parametrize("transmit", [True, False])
def test_an_order_is_transmitted_and_has_the_id_of_its_message(transmit: bool) -> None:
    assert told(OpenOrder(7, order=Order(orderId=9, transmit=transmit)))[2].transmit is True
    assert told(CompletedOrder(order=Order(transmit=transmit)))[1].transmit is True
    assert told(OpenOrder(7, order=Order(orderId=9)))[2].orderId == 9

    def fill(message: Any) -> None:
        message.orderId, message.order.action = 7, "BUY"

    assert written(OpenOrder, fill)[2].orderId == 7
