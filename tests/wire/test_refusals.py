"""What is not sent, why, and with which id it is reported."""

import pickle
from typing import Any

import pytest

from papertape.errors import FeatureNotSupported, FeatureWithdrawn, LocalProtocolError
from papertape.model import (
    AttachedOrders,
    Contract,
    ExecutionFilter,
    Order,
    OrderCancel,
    ScannerSubscription,
    SoftDollarTier,
    TagValue,
)
from papertape.wire import catalogue
from papertape.wire.catalogue.account import ReqAccountUpdatesMulti
from papertape.wire.catalogue.config import ReqConfig, UpdateConfig
from papertape.wire.catalogue.depth import ReqMktDepth
from papertape.wire.catalogue.fa import ReplaceFA, RequestFA
from papertape.wire.catalogue.history import ReqHistoricalData
from papertape.wire.catalogue.market import ReqMktData
from papertape.wire.catalogue.orders import (
    CancelOrder,
    PlaceOrder,
    ReqExecutions,
    ReqGlobalCancel,
)
from papertape.wire.catalogue.pnl import ReqPnL
from papertape.wire.catalogue.scanner import ReqScannerSubscription
from papertape.wire.catalogue.ticks import CancelHeadTimeStamp, ReqHeadTimeStamp, ReqTickByTickData
from papertape.wire.catalogue.wsh import ReqWshEventData
from papertape.wire.message import Message
from papertape.wire.refusals import refuse, reported_id
from walks import walk
from wire.messages import name_of, samples, versions
from wire.views import text_view


def order(**values: Any) -> PlaceOrder:
    return PlaceOrder(7, Contract(), Order(**values))


CASES: list[tuple[Message, int, str | None, int]] = [
    # message, first version that takes it, field, id of the report
    (order(modelCode="x"), 103, "order.modelCode", 7),
    (order(softDollarTier=SoftDollarTier(val="x")), 106, "order.softDollarTier.val", 7),
    (order(cashQty=5.0), 111, "order.cashQty", 7),
    (order(isOmsContainer=True), 145, "order.isOmsContainer", 7),
    (order(usePriceMgmtAlgo=True), 151, "order.usePriceMgmtAlgo", 7),
    (order(duration=0), 158, "order.duration", 7),
    (order(minCompeteSize=1), 170, "order.minCompeteSize", 7),
    (order(manualOrderIndicator=1), 192, "order.manualOrderIndicator", -1),
    (order(imbalanceOnly=True), 199, "order.imbalanceOnly", 7),
    (CancelOrder(7, OrderCancel(manualOrderCancelTime="x")), 169,
     "orderCancel.manualOrderCancelTime", 7),
    (CancelOrder(7, OrderCancel(extOperator="x")), 192, "orderCancel.extOperator", 7),
    (ReqGlobalCancel(OrderCancel(manualOrderIndicator=1)), 192,
     "orderCancel.manualOrderIndicator", -1),
    (ReqExecutions(7, ExecutionFilter(lastNDays=1)), 200, "executionFilter.lastNDays", 7),
    (ReqExecutions(7, ExecutionFilter(specificDates=[20260101])), 200,
     "executionFilter.specificDates", 7),
    (ReqHistoricalData(7, whatToShow="SCHEDULE"), 165, "whatToShow", 7),
    (ReqMktDepth(7, isSmartDepth=True), 146, "isSmartDepth", 7),
    (ReqMktDepth(7, Contract(primaryExchange="x")), 149, "contract.primaryExchange", 7),
    (ReqWshEventData(7, fillWatchlist=True), 171, "fillWatchlist", -1),
    (ReqWshEventData(7, totalLimit=5), 173, "totalLimit", -1),
    (ReqScannerSubscription(7, ScannerSubscription(
        scannerSubscriptionFilterOptions=[TagValue("a", "b")])), 143,
     "scannerSubscription.scannerSubscriptionFilterOptions", -1),
    (ReqPnL(7), 127, None, -1),
    (ReqAccountUpdatesMulti(7), 103, None, -1),
    (ReqTickByTickData(7), 140, None, -1),
    (ReqHeadTimeStamp(7), 118, None, 7),
    (CancelHeadTimeStamp(7), 123, None, 7),
    (ReqConfig(7), 219, None, 7),
    (UpdateConfig(), 221, None, -1),
]  # fmt: skip


@walk(("message", "first", "field", "about"), CASES)
def test_s9_both_sides_of_a_gate(
    message: Message, first: int, field: str | None, about: int
) -> None:
    refuse(message, first)
    with pytest.raises(FeatureNotSupported) as caught:
        refuse(message, first - 1)
    error = caught.value
    assert (error.code, error.needed_version, error.server_version) == (503, first, first - 1)
    assert (error.message, error.field) == (type(message).__name__, field)
    assert reported_id(message, error) == about


@walk(
    ("message", "version"),
    [
        (order(cashQty=0.0), 110),
        (order(usePriceMgmtAlgo=False), 150),
        (order(softDollarTier=SoftDollarTier(displayName="x")), 105),
        (order(modelCode=""), 100),
        (ReqHistoricalData(7, whatToShow="TRADES"), 164),
        (ReqExecutions(7, ExecutionFilter(specificDates=[])), 199),
        (ReqMktData(7, regulatorySnapshot=True), 113),  # dropped, not refused
    ],
)
def test_what_passes_an_older_server(message: Message, version: int) -> None:
    refuse(message, version)


def test_the_first_refusal_by_version_is_told() -> None:
    message = order(imbalanceOnly=True, duration=5, modelCode="x")
    for version, needed in ((100, 103), (103, 158), (158, 199)):
        with pytest.raises(FeatureNotSupported) as caught:
            refuse(message, version)
        assert caught.value.needed_version == needed


@walk(
    ("message", "first", "field"),
    [
        (order(postOnly=True), 216, "order.postOnly"),
        (order(whatIfType=0), 217, "order.whatIfType"),
        (PlaceOrder(7, attachedOrders=AttachedOrders(slOrderType="STP")), 218,
         "attachedOrders.slOrderType"),
        (order(hedgeMaxSize=1), 223, "order.hedgeMaxSize"),
        (order(conditionsIncludeOvernight=True), 226, "order.conditionsIncludeOvernight"),
    ],
)  # fmt: skip
def test_gates_of_protobuf_orders(message: Message, first: int, field: str) -> None:
    refuse(message, first)
    with pytest.raises(FeatureNotSupported) as caught:
        refuse(message, first - 1)
    assert (caught.value.field, caught.value.needed_version) == (field, first)
    assert reported_id(message, caught.value) == 7


def test_the_gates_of_the_text_form_end_with_it() -> None:
    refuse(order(modelCode="x", imbalanceOnly=True), 203)


@pytest.mark.parametrize(("message", "about"), [(RequestFA(2), -1), (ReplaceFA(7, 2, "x"), 7)])
def test_a_value_that_is_gone(message: Message, about: int) -> None:
    refuse(message, 176)
    with pytest.raises(FeatureWithdrawn) as caught:
        refuse(message, 177)
    error = caught.value
    assert isinstance(error, LocalProtocolError)
    assert (error.code, error.last_version, error.field) == (585, 176, "faDataType")
    assert reported_id(message, error) == about
    assert "ended with server version 176" in str(error)
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
    refuse(message, 211)  # the official client lets it go as protobuf


REQUESTS = [cls for cls in catalogue.REQUESTS.values() if cls.spec.layout is not None]


@walk("cls", REQUESTS, ids=name_of, check=5)
def test_what_a_version_carries_is_never_refused(cls: type[Message]) -> None:
    for version in versions(cls):
        refuse(cls(), version)
        if version < cls.spec.protobuf:
            for message in samples(cls):
                refuse(text_view(message, version), version)
