"""Orders as the official clients of other languages write them, from the bytes to the echo.

What each client writes was seen on the wire (clients 10.34); the rows below hold nothing else.
"""

import math
from decimal import Decimal
from typing import Any

import pytest

from papertape.model import UNSET_DOUBLE, ComboLeg, Contract, Order
from papertape.wire import oracle, proto
from papertape.wire.catalogue import REQUESTS, orders, reports, session
from papertape.wire.connection import PROTOBUF_OFFSET, encode
from papertape.wire.message import Message
from papertape.wire.plan import annotation, bare, plain
from server.pair import UNPACED, Hall
from server.test_station import order
from walks import walk
from wire.messages import for_text, samples

JAVA = "1.7976931348623157E308"
CPP = "1.7976931348623e+308"
UNSET_IN_CPP = (
    "percentOffset", "startingPrice", "stockRefPrice", "delta", "stockRangeLower",
    "stockRangeUpper", "volatility", "deltaNeutralAuxPrice", "trailStopPrice", "trailingPercent",
    "scalePriceIncrement", "triggerPrice", "lmtPriceOffset", "adjustedStopPrice",
    "adjustedStopLimitPrice", "adjustedTrailingAmount", "auxPrice", "cashQty", "discretionaryAmt",
)  # fmt: skip
CLIENTS: dict[str, dict[str, str]] = {
    "Java": {"discretionaryAmt": JAVA, "minQty": "2147483647", "triggerPrice": JAVA},
    "Java, all of them": dict.fromkeys(UNSET_IN_CPP, JAVA),
    "C++": {**dict.fromkeys(UNSET_IN_CPP, CPP), "totalQuantity": "+100E+0"},
    "C#": dict.fromkeys(UNSET_IN_CPP, "1.79769313486232E+308"),
}


def written(message: Message, version: int, **tokens: str) -> bytes:
    """The text of an order in which some fields are spelled otherwise."""
    values = oracle.write_text(message, version).split("\0")
    for seen in oracle.read_text(type(message), version, values)[1]:
        name = seen.name.removeprefix("order.")
        if name in tokens:
            values[seen.offset] = tokens[name]
    content = "\0".join(values).encode()
    number = type(message).spec.id
    body = (number.to_bytes(4) if version > 200 else f"{number}\0".encode()) + content
    return len(body).to_bytes(4) + body


def hall() -> Hall:
    made = Hall(settings=UNPACED)
    made.quote("AAPL 257.00 x 258.00")
    return made


@pytest.mark.long
@walk("version", [100, 151, 163, 176, 195, 200, 201], check=5)
@walk("name", CLIENTS)
def test_an_order_of_another_language(name: str, version: int) -> None:
    client = hall().client(1, version)
    request = order(1, "BUY 100 AAPL LMT 250")
    client.raw(written(request, version, **CLIENTS[name]))
    assert client.errors() == []
    (told,) = client.send(orders.ReqOpenOrders()).of(reports.OpenOrder)
    assert told.order.totalQuantity == Decimal(100)
    assert told.order.discretionaryAmt == 0
    for field in UNSET_IN_CPP:
        value = getattr(told.order, field)
        assert value in (None, 0, 251.0), (field, value)  # the gateway's own stop price


NUMBERS = (int, float, Decimal)


def numbers(cls: type[Message], version: int) -> list[tuple[list[str], int]]:
    """The tokens of a sample, and where a numeric field stands in them."""
    found = []
    for sample in samples(cls)[2:4]:
        tokens = oracle.write_text(for_text(sample), version).split("\0")
        seen = oracle.read_text(cls, version, tokens)[1]
        found += [(tokens, token.offset) for token in seen if type(token.value) in NUMBERS]
    return found


WORDS = ("", "2147483647", "9223372036854775807", str(2**127 - 1), JAVA, CPP, "-SNaN", "NaN",
         "Infinity", "-Infinity", "+0E-398", "-0.0", "1e308", "-1e308", "+1E+1")  # fmt: skip
ASKED = [
    cls for cls in REQUESTS.values()
    if cls.spec.layout is not None and cls is not session.StartApi
]  # fmt: skip


@pytest.mark.sample(5, test=3)
@pytest.mark.parametrize("cls", ASKED, ids=lambda cls: cls.__name__)
def test_no_spelling_anywhere_is_an_accident_of_the_station(cls: type[Message]) -> None:
    """Never 323, never a largest double as a value."""
    if not cls.spec.since <= 200 < cls.spec.until:
        pytest.skip("protobuf only")
    station = hall()
    client = station.client(1, 200)
    for tokens, place in numbers(cls, 200):
        for word in WORDS:
            body = "\0".join([str(cls.spec.id), *tokens[:place], word, *tokens[place + 1 :]])
            client.raw(len(body).to_bytes(4) + body.encode())
            assert not client.pipe.closed
            assert told_well(client.got()), (place, word)


def told_well(messages: list[Any]) -> bool:
    codes = {getattr(message, "errorCode", 0) for message in messages}
    shown = " ".join(repr(message) for message in messages if not hasattr(message, "errorCode"))
    return 323 not in codes and "e+308" not in shown and "nan" not in shown


FIELDS = [
    name for name in Order.__struct_fields__ if bare(plain(annotation(Order, name))) in (int, float)
]


@pytest.mark.sample(5, test=3)
@pytest.mark.parametrize("field", FIELDS)
def test_no_number_of_a_protobuf_order_is_an_accident(field: str) -> None:
    kind = proto.message_class(Order).DESCRIPTOR.fields_by_name.get(field)
    if kind is None:
        pytest.skip("text only")
    client = hall().client(1, 226)
    doubles = (UNSET_DOUBLE, 1.7976931348623e308, 2147483647.0, math.inf, -math.inf, math.nan, -0.0)
    whole = kind.cpp_type != kind.CPPTYPE_DOUBLE
    for number, value in enumerate((2147483647, 0, -1) if whole else doubles, 1):
        body = proto.message_class(orders.PlaceOrder)()
        body.ParseFromString(encode(order(number, "BUY 1 AAPL LMT 250"), 226)[8:])
        setattr(body.order, field, value)
        content = (3 + PROTOBUF_OFFSET).to_bytes(4) + body.SerializeToString()
        client.raw(len(content).to_bytes(4) + content)
        assert not client.pipe.closed
        assert told_well(client.got()), value


def test_an_unset_quantity_is_no_quantity() -> None:
    client = hall().client(1, 200)
    client.raw(written(order(1, "BUY 1 AAPL MKT"), 200, totalQuantity="-SNaN"))
    assert [code for _, code, _ in client.errors()] == [434]


# ---------------------------------------------------------------- too much


@pytest.mark.parametrize("version", [176, 226])
def test_a_long_text_is_refused_by_name_and_kept_nowhere(version: int) -> None:
    station = hall()
    client = station.client(1, version)
    request = order(1, "BUY 1 AAPL LMT 250")
    request.order.orderRef = "x" * 5000
    client.raw(encode(request, version))
    ((about, code, text),) = client.errors()
    assert (about, code) == (1, 321)
    assert text.endswith("cause - order.orderRef: 5000 characters, at most 4096 are taken.")
    assert station.station.engine.state.orders == {}
    request.order.orderRef = "x" * 4096
    client.raw(encode(request, version))
    assert client.errors() == []
    (told,) = client.send(orders.ReqOpenOrders()).of(reports.OpenOrder)
    assert told.order.orderRef == request.order.orderRef


@pytest.mark.parametrize("version", [200, 226])
def test_a_long_list_is_refused_and_the_connection_goes_on(version: int) -> None:
    station = hall()
    station.station.config.settings.maintainConnectionOnIncorrectFields = False
    client = station.client(1, version)
    contract = Contract(secType="BAG", comboLegs=[ComboLeg(1)] * 1001)
    client.raw(encode(orders.PlaceOrder(1, contract), version))
    ((about, code, text),) = client.errors()
    assert (about, code) == (1, 321)
    assert "omboLegs" in text and "1001 elements, at most 1000 are taken." in text
    assert client.send(session.ReqCurrentTime()).of(session.CurrentTime)
