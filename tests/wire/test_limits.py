"""What a request may hold: the same in text and protobuf, and decided before objects are made."""

import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from papertape.errors import LimitExceeded
from papertape.model import (
    ComboLeg,
    Contract,
    ExecutionFilter,
    MessageConfig,
    Order,
    OrderCondition,
    TagValue,
)
from papertape.wire import limits, oracle
from papertape.wire.catalogue.config import UpdateConfig
from papertape.wire.catalogue.fa import ReplaceFA
from papertape.wire.catalogue.history import ReqHistoricalData
from papertape.wire.catalogue.market import ReqMktData
from papertape.wire.catalogue.orders import PlaceOrder, ReqExecutions
from papertape.wire.catalogue.reports import OpenOrder
from papertape.wire.catalogue.verify import VerifyMessage
from papertape.wire.catalogue.wsh import ReqWshEventData
from papertape.wire.connection import LONGEST_EXPLAINED, Codecs, RequestCodecs, Undecodable, encode
from papertape.wire.framing import MAX_PAYLOAD
from papertape.wire.limits import LONGER, LONGEST_REQUEST, LONGEST_TEXT, MOST_ELEMENTS
from papertape.wire.message import REQUESTS, Message, hints
from papertape.wire.plan import bare, is_record, plain
from papertape.wire.schema import proto_fields
from walks import walk

VERSIONS = (176, 200, 226)
BAG = "BAG"


def received(message: Message, version: int) -> Any:
    """What a server makes of it."""
    return RequestCodecs(version).take(encode(message, version)[4:])


def order(**fields: Any) -> PlaceOrder:
    return PlaceOrder(9, order=Order(**fields))


# ---------------------------------------------------------------- texts

TEXTS: dict[str, Callable[[str], Message]] = {
    "order.orderRef": lambda text: order(orderRef=text),
    "contract.symbol": lambda text: PlaceOrder(9, Contract(symbol=text)),
    "order.algoId": lambda text: order(algoId=text),
    "order.softDollarTier.name": lambda text: order(softDollarTier=soft(text)),
    "order.algoParams[0].value": lambda text: order(algoStrategy="x", algoParams=[tag(text)]),
    "order.conditions[1].exchange": lambda text: order(
        conditions=[OrderCondition(1), OrderCondition(1, exchange=text)]
    ),
    "contract.comboLegs[0].designatedLocation": lambda text: PlaceOrder(
        9, Contract(secType=BAG, comboLegs=[ComboLeg(1, designatedLocation=text)])
    ),
    "genericTickList": lambda text: ReqMktData(9, genericTickList=text),
    "order.scaleTable": lambda text: order(scaleTable=text),
    "xml": lambda text: ReplaceFA(9, xml=text),
    "filter": lambda text: ReqWshEventData(9, filter=text),
    "apiData": VerifyMessage,
    "chartOptions[0].value": lambda text: ReqHistoricalData(9, chartOptions=[tag(text)]),
}
LONG = {"order.scaleTable": 16 << 10, "xml": 1 << 20, "filter": 64 << 10, "apiData": 64 << 10}


def soft(text: str) -> Any:
    made = Order().softDollarTier
    made.name = text
    return made


def tag(value: str) -> TagValue:
    return TagValue("a", value)


@walk("version", VERSIONS)
@walk("field", TEXTS)
def test_a_text_has_a_longest_length(field: str, version: int) -> None:
    most = LONG.get(field, 4096)
    longest = TEXTS[field]("x" * most)
    assert received(longest, version) == Codecs(version, REQUESTS).decode(
        encode(longest, version)[4:]
    )
    event = received(TEXTS[field]("x" * (most + 1)), version)
    assert isinstance(event, Undecodable)
    error = event.error
    assert isinstance(error, LimitExceeded)
    assert (error.field, error.size, error.most, error.unit) == (
        field,
        most + 1,
        most,
        "characters",
    )
    assert event.name == error.message == type(longest).__name__
    assert event.request_id == (-1 if field == "apiData" else 9)


def test_every_text_that_may_be_longer_exists() -> None:
    named = set()
    for cls in REQUESTS.values():
        for owner in {cls, *records(cls)}:
            named |= {f"{owner.__name__}.{name}" for name in hints(owner)}
    assert set(LONGER) <= named
    assert min(LONGER.values()) > LONGEST_TEXT


def records(cls: Any) -> set[Any]:
    """Every record below a record."""
    found: set[Any] = set()
    for hint in hints(cls).values():
        kind = bare(plain(hint))
        kind = getattr(kind, "__args__", (kind,))[0]
        if is_record(kind):
            found |= {kind, *records(kind)}
    return found


@walk("version", VERSIONS)
def test_a_request_has_a_longest_length_whatever_stands_in_it(version: int) -> None:
    message = order(orderRef="x" * LONGEST_REQUEST)
    event = received(message, version)
    assert isinstance(event, Undecodable) and isinstance(event.error, LimitExceeded)
    assert (event.error.unit, event.error.most) == ("bytes", LONGEST_REQUEST)
    assert event.request_id == 9


def test_bytes_that_are_no_request_are_told_apart_whatever_their_length() -> None:
    for version in VERSIONS:
        for head in (b"", b"\0\0\0\0", b"9999\0", b"\xff\xff\xff\xff", b"x\0"):
            event = RequestCodecs(version).take(head + b"x" * LONGEST_REQUEST)
            assert not isinstance(event, Message)


# ---------------------------------------------------------------- elements

LISTS: dict[str, Callable[[int], Message]] = {
    "contract.comboLegs": lambda n: PlaceOrder(
        9, Contract(secType=BAG, comboLegs=[ComboLeg(1)] * n)
    ),
    "order.conditions": lambda n: order(conditions=[OrderCondition(3)] * n),
    "order.algoParams": lambda n: order(algoStrategy="x", algoParams=pairs(n)),
    "order.smartComboRoutingParams": lambda n: PlaceOrder(
        9, Contract(secType=BAG), Order(smartComboRoutingParams=pairs(n))
    ),
    "order.orderMiscOptions": lambda n: order(orderMiscOptions=pairs(n)),
    "executionFilter.specificDates": lambda n: ReqExecutions(
        9, ExecutionFilter(specificDates=[1] * n)
    ),
}


def pairs(n: int) -> list[TagValue]:
    return [TagValue(str(i), "") for i in range(n)]


@pytest.mark.long
@walk("version", [200, 226])
@walk("field", LISTS)
def test_a_list_has_a_most(field: str, version: int) -> None:
    full = received(LISTS[field](MOST_ELEMENTS), version)
    if field != "order.orderMiscOptions" or version == 226:  # in text they are one text
        assert isinstance(full, Message), full
    for count in (MOST_ELEMENTS + 1, 1400):
        event = received(LISTS[field](count), version)
        assert isinstance(event, Undecodable)
        assert isinstance(event.error, LimitExceeded)
        assert event.error.unit == "elements" and event.error.most == MOST_ELEMENTS
        assert event.error.message == type(LISTS[field](0)).__name__
        assert (event.error.field or "").split()[0].endswith(field.rpartition(".")[2])
        assert event.request_id == 9


def test_the_messages_of_the_configuration_have_a_most() -> None:
    message = UpdateConfig(9, messages=[MessageConfig(1)] * (MOST_ELEMENTS + 1))
    event = received(message, 226)
    assert isinstance(event, Undecodable) and isinstance(event.error, LimitExceeded)
    assert event.error.field is not None and event.error.field.startswith("messages")


def test_a_reply_may_be_as_long_as_it_is() -> None:
    many = OpenOrder(9, Contract(comboLegs=[ComboLeg(1)] * 5000), Order(orderRef="x" * 100_000))
    for version in VERSIONS:
        found = Codecs(version, {OpenOrder.spec.id: OpenOrder}).decode(encode(many, version)[4:])
        assert len(found.contract.comboLegs) == 5000


# ---------------------------------------------------------------- what it costs


def empties(place: str, size: int) -> bytes:
    """A protobuf order with one record of this size, full of empty elements."""
    record, _, name = place.partition(".")
    owner = {"contract": Contract, "order": Order}[record]
    element = key(owner, name) + b"\0"
    inner = element * ((size - 12) // len(element))
    return (203).to_bytes(4) + key(PlaceOrder, record) + varint(len(inner)) + inner


def key(owner: Any, name: str) -> bytes:
    number = next((f.number for f in proto_fields(owner) if f.name == name), 1023)
    return varint(number << 3 | 2)


def varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out += bytes((value & 127 | 128,))
        value >>= 7
    return out + bytes((value,))


EMPTY = ("contract.comboLegs", "order.conditions", "order.algoParams", "order.unknown")


@pytest.mark.long
@walk("size", [4000, LONGEST_EXPLAINED - 1, LONGEST_REQUEST + 9, MAX_PAYLOAD], check=3)
@walk("place", EMPTY)
def test_an_order_full_of_nothing_makes_few_objects(place: str, size: int) -> None:
    body = empties(place, size)
    codecs = RequestCodecs(226)
    codecs.take(body[:100])
    tracemalloc.start()
    event = codecs.take(body)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_500_000, peak
    if size > LONGEST_REQUEST or place in EMPTY[:2]:
        assert isinstance(event, Undecodable) and isinstance(event.error, LimitExceeded)


def test_a_little_of_it_is_read() -> None:
    for place in EMPTY:
        message = oracle.read_proto(PlaceOrder, empties(place, 60)[4:])[0]
        record, _, name = place.partition(".")
        found = getattr(getattr(message, record), name, [])
        assert len(found) == {"algoParams": 1, "unknown": 0}.get(name, 16)  # equal keys are one


def test_many_pairs_are_told_of_in_a_time_that_grows_with_their_number() -> None:
    """The interpreter once put them in order with each pair."""
    body = oracle.write_proto(order(algoParams=pairs(MOST_ELEMENTS)), 226)
    found, _ = oracle.read_proto(PlaceOrder, body)
    assert [pair.tag for pair in found.order.algoParams] == sorted(map(str, range(MOST_ELEMENTS)))


def test_a_limit_says_what_is_too_much() -> None:
    with pytest.raises(LimitExceeded, match=r"legs: 1001 elements, at most 1000 are taken"):
        limits.few([0] * 1001, "legs")
    assert limits.few((1, 2), "legs") == (1, 2)
    with pytest.raises(LimitExceeded, match=r"PlaceOrder.order.orderRef: 4097 characters, at most"):
        limits.check_texts(order(orderRef="x" * 4097))
