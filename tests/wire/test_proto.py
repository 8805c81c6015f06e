"""The generated protobuf codec, against what must arrive and against the interpreter."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanes import tries
from papertape.model import UNSET_DECIMAL, UNSET_DOUBLE, UNSET_INT, UNSET_LONG, Contract, Order
from papertape.wire import oracle, proto
from papertape.wire.catalogue.orders import PlaceOrder
from papertape.wire.catalogue.reports import OpenOrder
from papertape.wire.message import Message
from walks import walk
from wire.messages import PROTO, instances, name_of, proto_versions, samples
from wire.views import differences, proto_view


def round_trip(message: Message, version: int) -> None:
    """Write and read with both twins: same content, same message, and nothing lost on the way."""
    cls = type(message)
    parse = proto.message_class(cls).FromString
    written = proto.encoder(cls, version)(message)
    twin = oracle.write_proto(message, version)
    assert parse(twin) == parse(written)
    assert len(twin) == len(written)
    expected = proto_view(message, version)
    assert differences(proto.decoder(cls)(written), expected) == []
    assert differences(oracle.read_proto(cls, written)[0], expected) == []


@walk("cls", PROTO, ids=name_of, check=13, test=3)
def test_round_trip_at_every_gate_and_beside_it(cls: type[Message]) -> None:
    for version in proto_versions(cls):
        for message in samples(cls):
            round_trip(message, version)


@pytest.mark.long
@walk("cls", PROTO, ids=name_of, check=11, test=3)
def test_round_trip_of_anything(cls: type[Message]) -> None:
    @tries(8, fixed=True)
    @given(instances(cls), st.sampled_from(proto_versions(cls)))
    def any_message(message: Message, version: int) -> None:
        round_trip(message, version)

    any_message()


@walk(
    ("name", "value"),
    [
        ("displaySize", UNSET_INT),
        ("parentPermId", UNSET_LONG),
        ("lmtPrice", UNSET_DOUBLE),
        ("totalQuantity", UNSET_DECIMAL),
        ("totalQuantity", Decimal(UNSET_INT)),
        ("usePriceMgmtAlgo", UNSET_INT),
    ],
)
def test_what_is_written_for_not_set(name: str, value: Any) -> None:
    body = proto.encoder(OpenOrder, 226)(OpenOrder(7, order=Order(**{name: value})))
    raw = getattr(proto.decoder(OpenOrder, raw=True)(body).order, name)
    assert repr(raw) == repr(value)
    read = getattr(proto.decoder(OpenOrder)(body).order, name)
    assert read is (True if name == "usePriceMgmtAlgo" else None)


def test_absence_is_told_only_where_it_is_asked_for() -> None:
    made = proto.message_class(OpenOrder)()
    made.order.conditions.add(type=1)
    made.order.conditions.add(type=4, percent=0)
    body = made.SerializeToString()
    [price, margin] = proto.decoder(OpenOrder, raw=True)(body).order.conditions
    assert (price.exchange, price.isMore, price.conId, margin.percent) == (None, None, None, 0)
    [price, margin] = proto.decoder(OpenOrder)(body).order.conditions
    assert (price.exchange, price.isMore, price.conId, margin.percent) == ("", False, 0, 0)


def test_a_multiplier_that_is_not_set_is_empty() -> None:
    contract = Contract(multiplier=repr(UNSET_DOUBLE))
    body = proto.encoder(OpenOrder, 226)(OpenOrder(7, contract))
    assert proto.decoder(OpenOrder)(body).contract.multiplier == ""


def test_two_messages_share_nothing() -> None:
    encode = proto.encoder(OpenOrder, 226)
    fresh = encode(OpenOrder())
    for order in (Order(lmtPrice=1.5), Order(faGroup="all", exemptCode=7)):
        assert encode(OpenOrder(7, order=order)) != fresh
        assert encode(OpenOrder()) == fresh


@pytest.mark.long
@pytest.mark.parametrize("cls", [OpenOrder, PlaceOrder], ids=name_of)
def test_no_message_depends_on_the_one_that_was_written_first(cls: Any) -> None:
    parse = proto.message_class(cls).FromString
    for first in [cls(), *list(samples(cls))[:3]]:
        proto.encoder.cache_clear()
        proto._builder.cache_clear()
        encode = proto.encoder(cls, 226)
        encode(first)
        first.order.algoParams, first.order.tif = [], "changed"  # its program goes on with it
        for message in (cls(), *samples(cls), first):
            assert parse(encode(message)) == parse(oracle.write_proto(message, 226))
