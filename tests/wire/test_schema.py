"""The protobuf schema that follows from the records, and values on their way through it."""

import math
from decimal import Decimal
from typing import Any

import pytest

from papertape.model import Bar, ComboLeg, Contract, Execution, Order, OrderCondition
from papertape.wire.catalogue.history import ReqHistoricalData
from papertape.wire.catalogue.options import TickOptionComputation
from papertape.wire.catalogue.reports import CommissionReport
from papertape.wire.proto_scalars import conversion, evaluate
from papertape.wire.schema import ProtoField, left_out, proto_fields, selector
from walks import walk


def field(record: Any, name: str) -> ProtoField:
    return next(f for f in proto_fields(record) if f.name == name)


def test_declaration_order_is_the_numbering() -> None:
    assert [(f.number, f.proto_name, f.kind) for f in proto_fields(Bar)] == [
        (1, "date", "string"), (2, "open", "double"), (3, "high", "double"), (4, "low", "double"),
        (5, "close", "double"), (6, "volume", "string"), (7, "WAP", "string"),
        (8, "barCount", "int32"),
    ]  # fmt: skip


@walk(
    ("record", "name", "number", "proto_name", "kind"),
    [
        (Contract, "primaryExchange", 9, "primaryExch", "string"),
        (Contract, "multiplier", 7, "multiplier", "double"),
        (Order, "permId", 3, "permId", "int64"),
        (Order, "usePriceMgmtAlgo", 122, "usePriceMgmtAlgo", "int32"),
        (Execution, "liquidation", 11, "isLiquidation", "bool"),
        (ComboLeg, "+perLegPrice", 9, "perLegPrice", "double"),
        (ReqHistoricalData, "useRTH", 6, "useRTH", "bool"),
        (ReqHistoricalData, "chartOptions", 10, "chartOptions", "map"),
    ],
)
def test_exceptions(record: Any, name: str, number: int, proto_name: str, kind: str) -> None:
    found = field(record, name)
    assert (found.number, found.proto_name, found.kind) == (number, proto_name, kind)


def test_fields_of_the_text_form_only_have_no_number() -> None:
    names = {f.name for f in proto_fields(Order)}
    assert not names & {"orderComboLegs", "auctionStrategy", "basisPoints", "basisPointsType"}


def test_a_condition_leaves_out_what_belongs_to_other_types() -> None:
    assert selector(OrderCondition) == "type"
    assert selector(Order) == ""
    assert "time" in left_out(OrderCondition, 1)
    assert not {"isMore", "price", "conId"} & left_out(OrderCondition, 1)
    assert left_out(OrderCondition, 99) == frozenset()


@walk(
    ("record", "name", "value", "sent", "back"),
    [
        (Contract, "multiplier", "100", 100.0, "100"),
        (Contract, "multiplier", "0.5", 0.5, "0.5"),
        (Order, "totalQuantity", Decimal("1E+3"), "1000", Decimal(1000)),
        (Order, "totalQuantity", 100, "100", Decimal(100)),
        (Order, "usePriceMgmtAlgo", False, 0, False),
        (Execution, "liquidation", 3, True, 1),
        (CommissionReport, "yieldRedemptionDate", 20301231, "20301231", 20301231),
        (TickOptionComputation, "delta", 0.5, 0.5, 0.5),
    ],
)
def test_conversions(record: Any, name: str, value: Any, sent: Any, back: Any) -> None:
    row = conversion(field(record, name))
    assert not row.unset or not evaluate(row.unset, value)
    written = evaluate(row.write, value)
    assert (written, type(written)) == (sent, type(sent))
    assert evaluate(row.lenient, sent) == evaluate(row.strict, sent) == back


@walk(
    ("record", "name", "value"),
    [
        (Contract, "multiplier", ""),
        (Order, "totalQuantity", None),
        (Order, "usePriceMgmtAlgo", None),
        (Order, "transmit", False),
        (Order, "tif", ""),
        (Execution, "liquidation", 0),
        (CommissionReport, "yieldRedemptionDate", 0),
    ],
)
def test_what_is_left_out(record: Any, name: str, value: Any) -> None:
    assert evaluate(conversion(field(record, name)).unset, value)


@pytest.mark.parametrize("name", ["isMore", "isConjunctionConnection"])
def test_a_flag_that_is_there_even_when_it_is_false(name: str) -> None:
    row = conversion(field(OrderCondition, name))
    assert not row.unset
    assert evaluate(row.write, False) is False


@walk(
    ("record", "name", "value"),
    [
        (Order, "lmtPrice", 1.7976931348623157e308),
        (Order, "minQty", 2147483647),
        (Order, "parentPermId", 9223372036854775807),
        (Order, "totalQuantity", "170141183460469231731687303715884105727"),
        (TickOptionComputation, "impliedVol", -0.5),
        (TickOptionComputation, "optPrice", -1.0),
        (TickOptionComputation, "delta", -2.0),
    ],
)
def test_sentinels_are_understood(record: Any, name: str, value: Any) -> None:
    assert evaluate(conversion(field(record, name)).lenient, value) is None


@walk(
    ("record", "name", "value"),
    [
        (Order, "lmtPrice", math.nan),
        (Order, "discretionaryAmt", math.nan),
        (Order, "totalQuantity", "NaN"),
        (Order, "totalQuantity", "Infinity"),
        (Order, "totalQuantity", "lots"),
        (Contract, "multiplier", math.inf),
    ],
)
def test_what_a_server_refuses(record: Any, name: str, value: Any) -> None:
    with pytest.raises((ValueError, OverflowError)):
        evaluate(conversion(field(record, name)).strict, value)
