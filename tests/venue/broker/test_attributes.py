"""The table of what becomes of each field of placeOrder, and the venue that keeps to it."""

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from papertape.model import (
    ComboLeg,
    Contract,
    DeltaNeutralContract,
    Order,
    OrderAllocation,
    OrderComboLeg,
    OrderCondition,
    OrderState,
    SoftDollarTier,
    TagValue,
)
from papertape.server.present.events import OrderAccepted, OrderReplacedEvent, RequestRefusedEvent
from papertape.venue.broker.attributes import RECORDS, TABLE, Attribute, unserved
from papertape.venue.commands import SubmitOrder
from papertape.wire.catalogue import records
from venue.scenario import Stage, scenario, text_of
from walks import walk

ROOT = Path(__file__).parents[3]
SET: dict[Any, Any] = {
    bool: True,
    int: 7,
    float: 1.5,
    str: "x",
    Decimal: Decimal(7),
    list[TagValue]: [TagValue("a", "b")],
    list[OrderCondition]: [OrderCondition(type=3, time="20260413 15:00:00 US/Eastern")],
    list[OrderComboLeg]: [OrderComboLeg(1.5)],
    list[ComboLeg]: [ComboLeg(265598, 1, "BUY", "SMART")],
    DeltaNeutralContract: DeltaNeutralContract(265598, 0.5, 1.0),
    SoftDollarTier: SoftDollarTier("a", "b", "c"),
}
"""A value of each type that clearly sets an attribute."""
USES = ("served", "passed", "told", "refused")
OTHERWISE = {"cashQty": "Cash Quantity cannot be used for this order"}
"""What TWS says of an attribute that it does not take either."""


def kinds(record: type) -> dict[str, Any]:
    """The fields of a record with their types, less None."""
    found = {}
    for field in msgspec.structs.fields(record):
        kind = field.type
        for option in getattr(kind, "__args__", ()):
            if option is not type(None) and not str(kind).startswith("list"):
                kind = option
        found[field.name] = getattr(kind, "__origin__", kind) if kind not in SET else kind
    return found


def limit_order(order_id: int, **values: Any) -> SubmitOrder:
    """An order that rests, with some attributes set, for a stock whose contract may have more."""
    terms = Order(action="BUY", totalQuantity=Decimal(5), orderType="LMT", lmtPrice=250, tif="DAY")
    contract = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
    for name, value in values.items():
        setattr(contract if name in ("comboLegs", "deltaNeutralContract") else terms, name, value)
    return SubmitOrder(1, order_id, contract, terms)


def stage() -> Stage:
    return scenario("quote AAPL 257.66 x 257.68")


def rows(use: str, *records: str) -> list[Attribute]:
    return [row for row in TABLE if row.use == use and row.record in (records or ("order",))]


def setting(row: Attribute) -> Any:
    record = next(kind for kind, name in RECORDS.items() if name == row.record)
    return SET[kinds(record)[row.name]]


@walk("record", RECORDS, ids=lambda record: record.__name__)
def test_every_field_is_in_one_class(record: type) -> None:
    named = [row.name for row in TABLE if row.record == RECORDS[record]]
    assert sorted(named) == sorted(record.__struct_fields__)  # type: ignore[attr-defined]


REFUSED = [*rows("refused"), *rows("refused", "contract")]


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row.name)
def test_what_nobody_serves_is_refused_by_name(row: Attribute) -> None:
    on = stage()
    before = on.engine.state_hash()
    (event,) = on.submit(limit_order(1, **{row.name: setting(row)}))
    assert isinstance(event, RequestRefusedEvent)
    said = (
        f"Order rejected - reason:The {row.record} attribute '{row.name}' is not served by this "
        "station yet."
    )
    assert text_of(event) == OTHERWISE.get(row.name, said)
    assert event.code == (10244 if row.name in OTHERWISE else 201)
    assert on.engine.state_hash() == before and on.queries.next_valid_id(1) == 1


@pytest.mark.parametrize("row", rows("refused"), ids=lambda row: row.name)
def test_a_working_order_outlives_terms_that_nobody_serves(row: Attribute) -> None:
    on = stage()
    on.submit(limit_order(1))
    (event,) = on.submit(limit_order(1, **{row.name: setting(row)}))
    assert isinstance(event, RequestRefusedEvent)
    # 201 would end it in clients, although it works on.
    assert event.code == (10244 if row.name in OTHERWISE else 321)
    assert row.name in text_of(event) or row.name in OTHERWISE
    assert [view.orderId for view in on.queries.open_orders()] == [1]


def test_a_preview_under_the_id_of_a_working_order_ends() -> None:
    on = stage()
    on.submit(limit_order(1))
    (event,) = on.submit(limit_order(1, scaleTable="x", whatIf=True))
    assert isinstance(event, RequestRefusedEvent) and event.code == 201


def test_an_order_that_waits_for_transmit_outlives_them_too() -> None:
    on = stage()
    on.submit(limit_order(1, transmit=False))
    (event,) = on.submit(limit_order(1, scaleTable="x"))
    assert isinstance(event, RequestRefusedEvent) and event.code == 321
    first, *_ = on.submit(limit_order(1))
    assert isinstance(first, OrderAccepted)


@pytest.mark.long
@walk("row", rows("passed"), ids=lambda row: row.name)
def test_what_has_no_effect_is_taken_and_echoed(row: Attribute) -> None:
    on = stage()
    value = setting(row)
    first, *_ = on.submit(limit_order(1, **{row.name: value}))
    assert isinstance(first, OrderAccepted)
    if row.name not in ("trailStopPrice", "dontUseAutoPriceForHedge"):  # TWS has its own
        assert getattr(first.view.order, row.name) == value


@walk("row", rows("told"), ids=lambda row: row.name)
def test_what_only_the_server_tells_is_taken(row: Attribute) -> None:
    on = stage()
    first, *_ = on.submit(limit_order(1, **{row.name: setting(row)}))
    assert isinstance(first, OrderAccepted) and first.view.orderId == 1


NEUTRAL = [
    (row.name, value) for row in rows("refused") for value in (*row.neutral, 0, 0.0, "", None)
]


@walk(("name", "value"), NEUTRAL)
def test_a_value_that_sets_nothing_is_no_reason_to_refuse(name: str, value: Any) -> None:
    order = Order()
    setattr(order, name, value)
    assert unserved(order) is None


def test_an_order_and_its_echo_set_nothing() -> None:
    on = stage()
    first, *_ = on.submit(limit_order(1))
    assert isinstance(first, OrderAccepted)
    assert unserved(Order()) is None and unserved(Contract()) is None
    assert unserved(first.view.order) is None and unserved(first.view.contract) is None
    again, *_ = on.submit(SubmitOrder(1, 1, first.view.contract, first.view.order))
    assert isinstance(again, OrderReplacedEvent)


def test_the_page_names_what_protobuf_does_not_carry() -> None:
    lacking = [name for name, note in records.RECORDS[Order].items() if note == "-"]
    page = (ROOT / "docs/reference/order_attributes.md").read_text("utf-8")
    (told,) = [one for one in page.split("\n\n") if one.startswith("Protobuf has no field for")]
    assert lacking and all(f"`{name}`" in told for name in lacking)


def test_the_page_counts_every_field_in_its_class() -> None:
    page = (ROOT / "docs/reference/order_attributes.md").read_text("utf-8")
    lines = [line for line in page.splitlines() if line.startswith("Of ")]
    of_order, of_state = ([int(one) for one in re.findall(r"\d+", line)] for line in lines)
    fields = sum(len(msgspec.structs.fields(record)) for record in RECORDS)
    assert of_order == [fields, *(len(rows(use, *RECORDS.values())) for use in USES)]
    state = (OrderState, OrderAllocation)
    assert of_state[0] == sum(len(msgspec.structs.fields(record)) for record in state)
    assert of_state[0] == sum(of_state[1:]) == page.partition("## Order state")[2].count("\n| `")
