"""The table of what is told in each field of an order's state, and the station that keeps to it."""

from typing import Any

import msgspec
import pytest

from papertape.model import OrderState
from papertape.server.present.order_state import STATE_RECORDS, STATE_TABLE
from papertape.venue.broker.profile import Profile
from papertape.venue.commands import SetFeePlan
from papertape.wire.catalogue import orders, reports
from server.pair import VERSIONS, Hall
from server.test_station import order
from walks import walk
from wire.views import proto_view, text_view

ORDERS = (
    "BUY 100 AAPL MKT whatIf=true",
    "BUY 100 AAPL MKT",
    "SELL 100 AAPL MKT",
    "BUY 10 AAPL LMT 250 GTC",
    "SELL 10 AAPL STP 250",
    "BUY 10 AAPL LMT 309 IOC",
    "BUY 10 AAPL LMT 12 FOK",
    "BUY 10 AAPL LMT 300",
    "BUY 10000000 AAPL MKT",
)
"""A preview, orders that fill, rest, wait, are cancelled and rejected."""


def set_fields(record: Any) -> set[str]:
    """The fields of a record that differ from its defaults."""
    plain = type(record)()
    return {
        name
        for name in record.__struct_fields__
        if getattr(record, name) != getattr(plain, name)
    }  # fmt: skip


def states(version: int) -> list[OrderState]:
    """The states that a client of a version is sent."""
    hall = Hall(profile=Profile(accounts=("DU1",)))
    hall.quote("AAPL 257.66 x 257.68")
    client = hall.client(1, version)
    for number, row in enumerate(ORDERS, 1):
        client.send(order(number, row))
    client.send(orders.CancelOrder(4), orders.ReqCompletedOrders(False))
    hall.wait(1)
    hall.station.carry_out(SetFeePlan("DU1", "tiered"))
    client.send(order(len(ORDERS) + 1, ORDERS[0]))
    told = client.got()
    kinds = (reports.OpenOrder, reports.CompletedOrder)
    return [one.orderState for one in told if isinstance(one, kinds)]


@pytest.mark.parametrize("record", STATE_RECORDS, ids=lambda record: record.__name__)
def test_every_field_is_in_one_class(record: type) -> None:
    named = [row.name for row in STATE_TABLE if row.record == STATE_RECORDS[record]]
    assert sorted(named) == sorted(record.__struct_fields__)  # type: ignore[attr-defined]
    assert all(row.why for row in STATE_TABLE)


def test_what_the_table_says_is_told_is_told_and_nothing_else() -> None:
    found = set().union(*(set_fields(one) for one in states(226)))
    assert found == {row.name for row in STATE_TABLE if row.use == "told"}


@walk("version", VERSIONS, check=5)
def test_each_version_gets_those_that_it_has(version: int) -> None:
    """What arrives is what the table says, less what the version's messages lack."""
    found = set().union(*(set_fields(one) for one in states(version)))
    assert found <= {row.name for row in STATE_TABLE if row.use == "told"}
    full = OrderState(**{
        row.name: _value(row.name) for row in STATE_TABLE
        if (row.record, row.use) == ("orderState", "told")
    })  # fmt: skip
    message = reports.OpenOrder(1, orderState=full)
    view = proto_view if version >= message.spec.protobuf else text_view
    carried = set_fields(view(message, version).orderState)
    completed = {"completedTime", "completedStatus"}
    assert carried - completed <= found


def _value(name: str) -> Any:
    kind = {field.name: field.type for field in msgspec.structs.fields(OrderState)}[name]
    return "x" if kind is str else msgspec.convert(7, kind, strict=False)
