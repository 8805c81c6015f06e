"""Official-shaped records and their way to and from the model."""

import copy
import pickle
from decimal import Decimal
from typing import Any

import pytest

from papertape import model
from papertape.errors import LocalProtocolError
from papertape.ibapi import convert, order_condition
from papertape.ibapi.common import BarData, TickAttrib
from papertape.ibapi.contract import Contract, FundAssetType
from papertape.ibapi.order import Order
from papertape.ibapi.order_status import OrderStatus
from papertape.ibapi.ticktype import TickTypeEnum
from papertape.ibapi.utils import floatMaxString, getTimeStrFromMillis
from walks import walk

BOTH_WAYS = [
    model.Bar, model.ComboLeg, model.Contract, model.DeltaNeutralContract, model.Execution,
    model.ExecutionFilter, model.Order, model.OrderCancel, model.OrderComboLeg,
    model.SoftDollarTier, model.TagValue,
]  # fmt: skip


@walk("record", BOTH_WAYS, ids=lambda r: r.__name__)
def test_a_default_record_is_a_default_object(record: type[Any]) -> None:
    made = convert.from_record(record)(record())
    fresh = convert.official(record)()
    shown, default = vars(made), vars(fresh)
    if record is model.TagValue:
        assert shown == {"tag": "", "value": ""}
        return
    assert list(shown) == list(default)
    assert repr(shown) == repr(default)


@walk("record", BOTH_WAYS, ids=lambda r: r.__name__)
def test_there_and_back(record: type[Any]) -> None:
    back = convert.to_record(record)(convert.from_record(record)(record()))
    if record is model.Order:
        back.refFuturesConId = None  # the official class has 0 for "not set"
    assert back == record()


def test_every_attribute_of_an_order_survives() -> None:
    from papertape.wire.catalogue.orders import PlaceOrder
    from wire.messages import samples

    sent: Any = samples(PlaceOrder)[2]
    back = convert.to_Order(convert.from_Order(sent.order))
    differing = {
        name
        for name in sent.order.__struct_fields__
        if getattr(back, name) != getattr(sent.order, name)
    }
    # Flags in the official class, numbers on the wire.
    assert differing <= {"routeMarketableToBbo", "seekPriceImprovement", "conditions"}


def test_sentinels_are_none_and_none_is_a_sentinel() -> None:
    order = Order()
    order.lmtPrice, order.minQty = 100.5, 2147483647
    order.auxPrice = None  # type: ignore[assignment]
    record = convert.to_Order(order)
    assert (record.lmtPrice, record.minQty, record.auxPrice) == (100.5, None, None)
    assert record.totalQuantity is None
    assert vars(convert.from_Order(record))["auxPrice"] == model.UNSET_DOUBLE


@walk(("value", "expected"), [(7, 7), ("7", 7), (7.0, 7), (True, 1), (Decimal(7), 7)])
def test_whole_numbers_may_come_in_other_clothes(value: Any, expected: int) -> None:
    contract = Contract()
    contract.conId = value
    assert convert.to_Contract(contract).conId == expected


@walk("value", [None, "x", 7.5, [], "7.0"])
def test_what_is_no_whole_number_is_refused(value: Any) -> None:
    contract = Contract()
    contract.conId = value
    with pytest.raises(LocalProtocolError, match="conId"):
        convert.to_Contract(contract)


def test_no_contract_is_told() -> None:
    with pytest.raises(LocalProtocolError, match="no Contract given"):
        convert.to_Contract(None)


def test_conditions_have_their_classes() -> None:
    made = order_condition.PriceCondition(2, 265598, "SMART", True, 100.5).Or()
    record = convert.to_condition(made)
    assert (record.type, record.price, record.isConjunctionConnection) == (1, 100.5, False)
    back = convert.from_condition(record)
    assert vars(back) == vars(made)
    assert str(back) == "Last price of 265598 on SMART is  >=  100.5"


def test_margins_are_text_in_an_order_state() -> None:
    state = convert.from_OrderState(model.OrderState(initMarginAfter=Decimal("100.00")))
    assert (state.initMarginAfter, state.maintMarginAfter) == ("100.00", "")


def test_funds_have_enumerations() -> None:
    details = convert.from_ContractDetails(model.ContractDetails(fundAssetType="004"))
    assert details.fundAssetType is FundAssetType.Equity


def test_records_show_themselves_copy_and_pickle() -> None:
    bar = BarData()
    bar.date, bar.open = "20250101", 1.5
    assert str(bar).startswith("Date: 20250101, Open: 1.5, High: 0, ")
    assert repr(bar) == "BarData(date='20250101', open=1.5)"
    for twin in (copy.copy(bar), copy.deepcopy(bar), pickle.loads(pickle.dumps(bar))):
        assert vars(twin) == vars(bar)
    assert repr(TickAttrib()) == "TickAttrib()"


def test_small_helpers() -> None:
    assert TickTypeEnum.BID == 1
    assert TickTypeEnum.toStr(1) == "BID"
    assert TickTypeEnum.toStr(9999) == "NOTFOUND"
    assert floatMaxString(100.123456789) == "100.12345679"
    assert floatMaxString(model.UNSET_DOUBLE) == ""
    assert getTimeStrFromMillis(1700000000123) == "Nov 14, 2023 22:13:20.123"
    assert OrderStatus.get("Filled").is_terminal()
    assert OrderStatus.get("no such") is OrderStatus.Unknown
