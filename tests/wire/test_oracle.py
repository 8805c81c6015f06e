"""The interpreter names everything it sees, and what is wrong, with its place."""

import math
import struct
from decimal import Decimal

import pytest
from google.protobuf.message import DecodeError

from papertape.errors import LocalProtocolError, RemoteProtocolError
from papertape.model import (
    ComboLeg,
    Contract,
    Order,
    OrderComboLeg,
    OrderCondition,
    ScannerSubscription,
)
from papertape.wire import catalogue, oracle, proto, text
from papertape.wire.catalogue.account import ReqAccountSummary
from papertape.wire.catalogue.history import HistoricalDataUpdate
from papertape.wire.catalogue.market import ReqMktData, TickPrice
from papertape.wire.catalogue.news import ReqNewsArticle
from papertape.wire.catalogue.orders import CancelOrder, PlaceOrder
from papertape.wire.catalogue.reports import OpenOrder, OrderStatus
from papertape.wire.catalogue.scanner import ReqScannerSubscription
from papertape.wire.catalogue.session import NextValidId
from papertape.wire.catalogue.ticks import TickByTickData
from papertape.wire.connection import Codecs, Undecodable, encode
from papertape.wire.message import Message
from walks import walk


def test_tokens_are_named_with_offset_value_and_gate() -> None:
    _, seen = oracle.read_text(CancelOrder, 169, ["1", "7", "20260101", ""])
    assert [(t.offset, t.name, t.text, t.value, t.gate) for t in seen] == [
        (0, "version", "1", None, "until 192"),
        (1, "orderId", "7", 7, ""),
        (2, "orderCancel.manualOrderCancelTime", "20260101", "20260101", "since 169"),
    ]


def test_elements_are_named_with_their_index() -> None:
    legs = [ComboLeg(conId=1), ComboLeg(conId=2)]
    message = ReqMktData(1, Contract(secType="BAG", comboLegs=legs))
    tokens = oracle.write_text(message, 176).split("\0")
    names = [token.name for token in oracle.read_text(ReqMktData, 176, tokens)[1]]
    assert "contract.comboLegs count" in names
    assert "contract.comboLegs[1].conId" in names
    assert "contract.deltaNeutralContract present" in names


@walk(
    ("cls", "version", "tokens", "field", "offset", "found", "reason"),
    [
        (ReqAccountSummary, 176, ["1", "x", "All", "tags", ""], "reqId", 1, "x",
         "is not a valid int"),
        (ReqAccountSummary, 176, ["1", "7"], "group", 2, None, "ends before this field"),
        (ReqAccountSummary, 176, ["1", "7", "All", "t", "more", ""], None, 4, ["more", ""],
         "5 fields, expected 4"),
        (TickPrice, 176, ["6", "1", "1", "dear", "5", "0", ""], "price", 3, "dear",
         "is not a valid float"),
        (TickPrice, 176, ["6", "1", "1", "5", "many", "0", ""], "size", 4, "many",
         "is not a valid decimal"),
        (OrderStatus, 176, ["1", "Filled"], "filled", 2, None, "ends before this field"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_text(
    cls: type[Message], version: int, tokens: list[str], field: str | None, offset: int,
    found: object, reason: str,
) -> None:  # fmt: skip
    error = oracle.explain_remote(cls, version, tokens)
    assert (error.message, error.field, error.offset) == (cls.__name__, field, offset)
    assert error.found == found
    assert reason in error.reason


@walk("condition", ["2", "8", "x"])
def test_an_unknown_condition_is_named(condition: str) -> None:
    message = PlaceOrder(1, order=Order(conditions=[OrderCondition(type=3, time="t")]))
    tokens = oracle.write_text(message, 200).split("\0")
    at = tokens.index("3")
    tokens[at] = condition
    error = oracle.explain_remote(PlaceOrder, 200, tokens)
    assert error.field == "order.conditions[0].type"


def test_protobuf_fields_are_named_with_byte_offsets() -> None:
    body = oracle.write_proto(TickPrice(5, 1, 2.5), 226)
    message, seen = oracle.read_proto(TickPrice, body)
    assert message == TickPrice(5, 1, 2.5)
    assert [(t.offset, t.name, t.value) for t in seen] == [
        (0, "reqId", 5), (2, "tickType", 1), (4, "price", 2.5), (13, "attrMask", 0),
    ]  # fmt: skip


def test_protobuf_records_are_named_by_path() -> None:
    body = oracle.write_proto(ReqMktData(1, Contract(symbol="IBM")), 226)
    seen = {t.name: t for t in oracle.read_proto(ReqMktData, body)[1]}
    place = seen["contract.symbol"].offset
    assert body[place : place + 5] == b"\x12\x03IBM"


@walk(
    ("body", "field", "offset", "reason"),
    [
        (b"\x08", None, 1, "cut short"),
        (b"\x08\x01\x22\x05ab", None, 4, "cut short"),
        (b"\x08\x01\x22\x02ab", "size", 2, "is not a valid string"),
        (b"\x22\x02\xff\xfe", "size", 0, "is not a valid string"),
        (b"\x0f", None, 1, "wire type 7"),
        (b"\x07", None, 0, "no field number"),
    ],
)
def test_what_is_wrong_with_a_protobuf_body(
    body: bytes, field: str | None, offset: int, reason: str
) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        oracle.read_proto(TickPrice, body)
    assert (caught.value.field, caught.value.offset) == (field, offset)
    assert reason in caught.value.reason


def test_a_record_in_two_pieces_is_one() -> None:
    body = b"\x12\x02\x08\x05\x12\x03\x12\x01A"
    assert oracle.read_proto(ReqMktData, body)[0] == ReqMktData(contract=Contract(5, "A"))


def test_groups_within_groups_end() -> None:
    with pytest.raises(RemoteProtocolError):
        oracle.read_proto(TickPrice, b"\x0b" * 10_000)


@pytest.mark.parametrize("version", [200, 226])
def test_leg_prices(version: int) -> None:
    """In text beside the legs, in protobuf inside them."""
    legs, prices = [ComboLeg(1), ComboLeg(2)], [OrderComboLeg(1.5), OrderComboLeg()]
    contract = Contract(secType="BAG", comboLegs=legs)
    message = PlaceOrder(1, contract, Order(orderComboLegs=prices))
    if version == 200:
        tokens = oracle.write_text(message, version).split("\0")
        found, _ = oracle.read_text(PlaceOrder, version, tokens)
    else:
        found, _ = oracle.read_proto(PlaceOrder, oracle.write_proto(message, version))
    assert found.order.orderComboLegs == prices


def test_leg_prices_where_there_is_no_order_are_passed_over() -> None:
    leg = b"\x08\x01\x49" + b"\0\0\0\0\0\0\xf8\x3f"  # conId 1, perLegPrice 1.5
    contract = b"\xa2\x01" + bytes([len(leg)]) + leg
    body = b"\x12" + bytes([len(contract)]) + contract
    expected = ReqMktData(contract=Contract(comboLegs=[ComboLeg(1)]))
    assert oracle.read_proto(ReqMktData, body)[0] == expected


@pytest.mark.parametrize("version", [200, 226])
def test_why_a_message_cannot_be_sent(version: int) -> None:
    error = oracle.explain_local(NextValidId("x"), version)  # type: ignore[arg-type]
    assert isinstance(error, LocalProtocolError)
    assert (error.message, error.field) == ("NextValidId", "orderId")


@pytest.mark.parametrize("version", [203, 226])
def test_a_text_in_place_of_a_price_is_named(version: int) -> None:
    order = Order(lmtPrice="300")  # type: ignore[arg-type]
    with pytest.raises(LocalProtocolError, match="'300' cannot be sent as double") as refusal:
        encode(PlaceOrder(1, Contract(), order), version)
    assert refusal.value.field == "order.lmtPrice"


def test_an_unknown_condition_cannot_be_sent() -> None:
    message = PlaceOrder(1, order=Order(conditions=[OrderCondition(type=2)]))
    error = oracle.explain_local(message, 200)
    assert isinstance(error, LocalProtocolError)
    assert error.field == "type"


@pytest.mark.parametrize("value", ["much", Decimal("NaN")])
def test_a_value_that_no_condition_can_be_asked_of_cannot_be_sent(value: object) -> None:
    message = PlaceOrder(1, order=Order(scalePriceIncrement=value))  # type: ignore[arg-type]
    with pytest.raises(LocalProtocolError, match="cannot be sent") as caught:
        encode(message, 200)
    assert caught.value.field == "order.scalePriceIncrement"


# ---------------------------------------------------------------- as the runtime reads

NAN = struct.pack("<d", math.nan)
GROUP = b"\x13"
GROUP_END = b"\x14"


@walk(
    "body",
    [
        b"\x88\x80\x80\x80\x80\x00\x05",  # a key of six bytes
        b"\xe5\xca\x80\x80\x80\x00NN\x08\xe5",
        b"\x12\x80\x80\x80\x80\x80\x00",  # a length of six bytes
        b"\x88\x80\x80\x80\x10\x05",  # a key beyond 32 bits
        GROUP * 101 + GROUP_END * 101,
    ],
)
def test_what_the_runtime_refuses_has_a_place(body: bytes) -> None:
    with pytest.raises(DecodeError):
        proto.decoder(NextValidId)(body)
    with pytest.raises(RemoteProtocolError) as caught:
        oracle.read_proto(NextValidId, body)
    assert caught.value.offset is not None and caught.value.found is not None


@walk(
    ("cls", "body"),
    [
        (NextValidId, GROUP * 100 + GROUP_END * 100),
        (NextValidId, b"\x88\x80\x80\x80\x00\x05"),  # a key longer than it need be
        (OpenOrder, b""),  # records that must be there, and are not
        (OpenOrder, b"2\x00"),
        (ReqNewsArticle, b'"\x0c\n\x04s104R\x04s105"\x0c\n\x04s106\x12\x04s107'),
        (HistoricalDataUpdate, b"\x12\x0a2\x03\\u12\x03108"),  # the last volume counts
        (PlaceOrder, b"\x1a\x12I" + NAN + b"I" + b"\0" * 8),
    ],
)
def test_the_interpreter_reads_what_the_runtime_reads(cls: type[Message], body: bytes) -> None:
    assert oracle.read_proto(cls, body)[0] == proto.decoder(cls)(body)


def test_a_reply_may_end_before_a_token_that_carries_nothing() -> None:
    tokens = ["5", ""]
    assert text.decoder(TickByTickData, 200)(tokens) == TickByTickData(5)
    assert oracle.read_text(TickByTickData, 200, tokens)[0] == TickByTickData(5)


def scan(missing: int) -> tuple[ReqScannerSubscription, list[str]]:
    """A scan, and its tokens without the last ones."""
    whole = ReqScannerSubscription(7, ScannerSubscription(numberOfRows=5, instrument="STK"))
    tokens = oracle.write_text(whole, 176).split("\0")
    return whole, [*tokens[: len(tokens) - 1 - missing], ""]


@walk("missing", [0, 1, 2])
def test_what_stops_within_a_field_lacks_more_than_its_end(missing: int) -> None:
    _, sent = scan(missing)
    broken = "\0".join([*sent[:-2], "x"])
    event = Codecs(176, catalogue.REQUESTS).decode(b"22\0" + broken.encode())
    assert isinstance(event, Undecodable)
    with pytest.raises(RemoteProtocolError):
        oracle.read_text(ReqScannerSubscription, 176, broken.split("\0"))


@walk("missing", [0, 1, 2])
def test_what_a_request_may_lack_at_its_end_is_empty(missing: int) -> None:
    whole, sent = scan(missing)
    message, seen = oracle.read_text(ReqScannerSubscription, 176, sent)
    assert message == whole
    assert len(seen) == len(sent) - 1, "only what stands there is named"


@walk(
    ("missing", "field"),
    [
        (3, "scannerSubscription.stockTypeFilter"),
        (23, "scannerSubscription.numberOfRows"),
        (24, "reqId"),
    ],
)
def test_no_more_than_what_a_request_may_lack(missing: int, field: str) -> None:
    with pytest.raises(RemoteProtocolError, match="ends before this field") as error:
        oracle.read_text(ReqScannerSubscription, 176, scan(missing)[1])
    assert error.value.field == field
