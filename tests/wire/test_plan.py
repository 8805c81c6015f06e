"""Declaration and version make a plan: gates decided, codecs known."""

from decimal import Decimal

import pytest

from papertape.errors import LocalProtocolError
from papertape.model import Contract, DeltaNeutralContract, Long, Order
from papertape.wire.catalogue.account import AccountValue, ReqPositions
from papertape.wire.catalogue.config import ReqConfig
from papertape.wire.catalogue.market import TickReqParams
from papertape.wire.catalogue.options import CalculateOptionPrice
from papertape.wire.catalogue.orders import CancelOrder, PlaceOrder
from papertape.wire.layout import Const, Field, Gate, Step, Variant
from papertape.wire.message import Message
from papertape.wire.plan import (
    annotation,
    default_codec,
    default_value,
    gates,
    is_record,
    plan,
)
from walks import walk
from wire.messages import TEXT, name_of, text_versions


def tokens(cls: type[Message], version: int) -> list[str]:
    return [
        step.name if isinstance(step, Const) else step.path
        for step in plan(cls, version)
        if isinstance(step, Const | Field)
    ]


@walk(
    ("version", "expected"),
    [
        (168, ["version", "orderId"]),
        (169, ["version", "orderId", "orderCancel.manualOrderCancelTime"]),
        (190, ["version", "orderId", "orderCancel.manualOrderCancelTime"]),
        (
            192,
            [
                "orderId",
                "orderCancel.manualOrderCancelTime",
                "orderCancel.extOperator",
                "orderCancel.manualOrderIndicator",
            ],
        ),
    ],
)
def test_a_plan_has_the_fields_of_its_version(version: int, expected: list[str]) -> None:
    assert tokens(CancelOrder, version) == expected


@walk("cls", TEXT, ids=name_of, check=3)
def test_nothing_is_left_to_decide(cls: type[Message]) -> None:
    for version in text_versions(cls):
        for step in everything(plan(cls, version)):
            assert not isinstance(step, Gate)
            assert not isinstance(step, Field) or step.codec


def everything(steps: tuple[Step, ...]) -> list[Step]:
    inner = [each for step in steps for each in everything(getattr(step, "steps", ()))]
    cases = [case for step in steps for _, case in getattr(step, "cases", ())]
    return [*steps, *inner, *(each for case in cases for each in everything(case))]


def test_a_field_tells_its_gate() -> None:
    found = {step.path: step.gate for step in plan(PlaceOrder, 189) if isinstance(step, Field)}
    assert found["order.includeOvernight"] == "since 189"
    assert found["orderId"] == ""
    consts = {step.name: step.gate for step in plan(PlaceOrder, 189) if isinstance(step, Const)}
    assert consts["rfqReserved1"] == "187..189"
    assert {s.gate for s in plan(PlaceOrder, 100) if getattr(s, "name", "") == "version"} == {
        "until 145"
    }


def test_texts_of_some_replies_are_escaped_from_a_version_on() -> None:
    def codecs(version: int) -> set[str]:
        return {step.codec for step in plan(AccountValue, version) if isinstance(step, Field)}

    assert codecs(152) == {"text"}
    assert codecs(153) == {"escaped"}


def test_a_variant_knows_what_follows() -> None:
    (found,) = (s for s in plan(CalculateOptionPrice, 200) if isinstance(s, Variant))
    assert found.rest == 1


def test_a_message_without_text_has_no_plan() -> None:
    with pytest.raises(LocalProtocolError, match="no text form"):
        plan(ReqConfig, 226)


def test_gates_are_every_version_at_which_something_changes() -> None:
    assert gates(CancelOrder) == (169, 187, 190, 192, 203)
    assert gates(ReqPositions) == (207,)
    assert gates(TickReqParams) == (114, 206)
    assert {216, 217, 218, 223, 226} < set(gates(PlaceOrder))


def test_annotations_by_path() -> None:
    assert annotation(PlaceOrder, "contract") is Contract
    assert annotation(PlaceOrder, "order.lmtPrice") == float | None
    assert annotation(PlaceOrder, "order.softDollarTier.name") is str
    assert annotation(PlaceOrder, "order.permId") is int


def test_defaults_by_path() -> None:
    assert default_value(PlaceOrder, "order.exemptCode") == -1
    assert default_value(PlaceOrder, "order.algoParams") == []
    assert default_value(PlaceOrder, "order") == Order()
    with pytest.raises(TypeError, match="Order has no field nothing"):
        default_value(PlaceOrder, "order.nothing")


def test_a_type_implies_a_codec() -> None:
    assert default_codec(int | None) == "int_empty"
    assert default_codec(Long) == "long"
    assert default_codec(Long | None) == "long_empty"
    assert default_codec(Decimal | None) == "decimal"
    with pytest.raises(TypeError, match="no text codec"):
        default_codec(Contract)


def test_what_is_a_record() -> None:
    assert is_record(Contract)
    assert is_record(DeltaNeutralContract | None)
    assert not is_record(int)
    assert not is_record(list[Contract])
