"""Requests, and the records in them, as protobuf messages, for programs that send those themselves.

Every request is made by the method of ``EClient`` that sends it, so there is one conversion from
official objects to the wire.
"""

from collections.abc import Callable, MutableMapping
from typing import Any

from ..versions import MAX_SERVER
from ..wire import proto
from ..wire.catalogue.session import StartApi
from ..wire.message import Message
from .contract import ComboLeg, Contract
from .errors import CodeMsgPair
from .order import Order, OrderComboLeg
from .requests import Requests
from .sender import Ids


class _Recorder(Requests):
    """Makes requests and sends none."""

    wire = None
    made: Message | None = None

    def logRequest(self, fnName: str, fnParams: dict[str, Any]) -> None:
        """Nothing is requested."""

    def _request(
        self,
        failure: CodeMsgPair,
        ids: Ids,
        make: Callable[[], Message],
        frame: bytes | None = None,
    ) -> None:
        self.made = make()


def requested(method: str, *arguments: Any) -> Any:
    """Return the request that a method of ``EClient`` would send.

    Raises ``LocalProtocolError`` when it cannot be sent.
    """
    recorder = _Recorder()
    getattr(recorder, method)(*arguments)
    assert recorder.made is not None
    return as_proto(recorder.made)


def as_proto(message: Message) -> Any:
    """A message of the wire core as protobuf."""
    cls = type(message)
    return proto.message_class(cls).FromString(proto.encoder(cls, MAX_SERVER)(message))


def createStartApiRequestProto(clientId: int, optionalCapabilities: str) -> Any:
    """What ``startApi`` sends."""
    return as_proto(StartApi(clientId, optionalCapabilities))


def createContractProto(contract: Any, order: Any) -> Any:
    """The contract of an order, with the prices of its legs."""
    return requested("placeOrder", 0, contract, order).contract


def createOrderProto(order: Any) -> Any:
    """An order."""
    return requested("placeOrder", 0, Contract(), order).order


def createAttachedOrdersProto(order: Any) -> Any:
    """The attached orders of an order."""
    return requested("placeOrder", 0, Contract(), order).attachedOrders


def createDeltaNeutralContractProto(contract: Any) -> Any:
    """The delta-neutral part of a contract, None without one."""
    made = createContractProto(contract, Order())
    return made.deltaNeutralContract if made.HasField("deltaNeutralContract") else None


def createComboLegProtoList(contract: Any, order: Any) -> list[Any]:
    """The legs of a contract, with the prices that the order has for them."""
    return list(createContractProto(contract, order).comboLegs)


def createComboLegProto(comboLeg: ComboLeg, perLegPrice: float) -> Any:
    """One leg and its price."""
    contract, order = Contract(), Order()
    contract.comboLegs = [comboLeg]
    priced = OrderComboLeg()
    priced.price = perLegPrice
    order.orderComboLegs = [priced]
    return createComboLegProtoList(contract, order)[0]


def createConditionsProto(order: Any) -> list[Any]:
    """The conditions of an order."""
    return list(createOrderProto(order).conditions)


def condition(orderCondition: Any) -> Any:
    """One condition, whatever its kind."""
    order = Order()
    order.conditions = [orderCondition]
    return createConditionsProto(order)[0]


def createOrderConditionProto(orderCondition: Any) -> Any:
    """What every condition has."""
    return _only(condition(orderCondition), _OF_ALL)


def createOperatorConditionProto(operatorCondition: Any) -> Any:
    """What every condition with a value has, but for the value."""
    return _only(condition(operatorCondition), _OF_OPERATORS)


def createContractConditionProto(contractCondition: Any) -> Any:
    """What every condition about a contract has, but for the value."""
    return _only(condition(contractCondition), _OF_CONTRACTS)


_OF_ALL = ("type", "isConjunctionConnection")
_OF_OPERATORS = (*_OF_ALL, "isMore")
_OF_CONTRACTS = (*_OF_OPERATORS, "conId", "exchange")


def _only(message: Any, names: tuple[str, ...]) -> Any:
    for field, _ in message.ListFields():
        if field.name not in names:
            message.ClearField(field.name)
    return message


def createSoftDollarTierProto(order: Any) -> Any:
    """The soft-dollar tier of an order, None without one."""
    made = createOrderProto(order)
    return made.softDollarTier if made.HasField("softDollarTier") else None


def createOrderCancelProto(orderCancel: Any) -> Any:
    """What accompanies a cancellation."""
    return requested("cancelOrder", 0, orderCancel).orderCancel


def createScannerSubscriptionProto(
    subscription: Any,
    scannerSubscriptionOptionsList: Any,
    scannerSubscriptionFilterOptionsList: Any,
) -> Any:
    """What a scanner looks for."""
    lists = (scannerSubscriptionOptionsList, scannerSubscriptionFilterOptionsList)
    return requested("reqScannerSubscription", 0, subscription, *lists).scannerSubscription


def fillTagValueList(tagValueList: Any, orderProtoMap: MutableMapping[str, str]) -> None:
    """Put options into the map of a protobuf message."""
    for option in tagValueList or ():
        orderProtoMap[option.tag] = option.value
