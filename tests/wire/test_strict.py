"""Every spelling of "not set", of zero and of a number, in every numeric field of every request.

The spellings are those that the official clients of all languages put on the wire.
"""

import math
import re
import struct
import typing
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

import pytest

from lanes import thinned
from papertape.model import Long, Order, OrderCondition
from papertape.wire import catalogue, oracle, proto, strict, text
from papertape.wire.catalogue.orders import PlaceOrder
from papertape.wire.catalogue.session import StartApi
from papertape.wire.connection import PROTOBUF_OFFSET, Codecs, Undecodable
from papertape.wire.layout import Each, Gate, Optional, Part, Step, Switch, When
from papertape.wire.message import Message, hints
from papertape.wire.plan import bare, plain
from papertape.wire.schema import ProtoField, proto_fields
from walks import walk
from wire.messages import PROTO, TEXT, default_at, for_text, name_of, samples

VERSIONS = (100, 176, 200)
UNSET = (
    "2147483647",  # an integer of any client
    "9223372036854775807",  # Java: long, decimal
    "170141183460469231731687303715884105727",  # Python: decimal, 2^127 - 1
    "1.7976931348623157e+308",  # Python: double
    "1.7976931348623157E308",  # Java: double
    "1.7976931348623157E+308",  # C#: double, newer
    "1.79769313486232E+308",  # C#: double, older; beyond the largest one
    "1.7976931348623e+308",  # C++: double
    "1.79769e+308",  # C++: a plain stream
    "+1.7976931348623157e+308",
    f"{1.7976931348623157e308:f}",  # printf
    "17976931348623157" + "0" * 292,  # Rust, Go
    "-SNaN",  # C++: decimal
    "SNaN",
    "+SNaN",
)
NUMBERS = {
    "+0E-398": 0,  # C++: decimal
    "-0": 0,
    "+0": 0,
    "-0.0": 0,
    "0E+0": 0,
    "-0E-398": 0,
    "+7": 7,
    "-7": -7,
    "7": 7,
    "7.50": 7.5,
    "75E-1": 7.5,
    "+750E-2": 7.5,
    "7e2": 700,
    "+7E+2": 700,
}
NAN = ("NaN", "nan", "-NaN", "+NaN")
INFINITY = {"Infinity": math.inf, "Infinite": math.inf, "inf": math.inf, "-Infinity": -math.inf}
NONE_AT_ALL = ("x", "1_0", "1,5", "٣", "0x10", "1e", "--1", "1e400", "-1.7976931348623157e308")
TOLD = ("nan", "x", "1e400", UNSET[0], UNSET[1])
"""Of these the words are looked at as well, which takes long."""
EVERY = ("", *UNSET, *NUMBERS, *NAN, *INFINITY, *NONE_AT_ALL)
IDS = ("reqId", "orderId", "parentId", "permId", "clientId")
REFUSED = object()


class Numeric(NamedTuple):
    """A numeric field as the records declare it."""

    kind: str
    """int, long, float or decimal."""
    nullable: bool
    default: Any
    owner: type[Any]
    name: str

    def means(self, spelling: str) -> Any:
        """What the field must hold when this is sent."""
        if spelling == "":
            return None if self.nullable else 0
        if spelling in UNSET:
            return self.unset(spelling)
        if spelling in NUMBERS:
            whole = re.fullmatch(r"[+-]?\d+", spelling) is not None
            return REFUSED if self.integer and not whole else NUMBERS[spelling]
        if spelling in INFINITY and self.kind == "float":
            return INFINITY[spelling]
        return REFUSED

    def unset(self, spelling: str) -> Any:
        if self.nullable:
            return None
        if self.name in IDS:
            fits = spelling == UNSET[0] or (spelling == UNSET[1] and self.kind == "long")
            return int(spelling) if fits else REFUSED
        return REFUSED if self.owner is OrderCondition else self.default

    @property
    def integer(self) -> bool:
        return self.kind in ("int", "long")


def numeric(cls: type[Any], path: str) -> Numeric | None:
    """The declaration of a field, None where it is no number."""
    owner: Any = cls
    *parents, name = path.split(".")
    for parent in parents:
        hint = plain(hints(owner)[re.sub(r"\[\d+\]", "", parent)])
        owner = bare(typing.get_args(hint)[0] if "[" in parent else hint)
    hint = hints(owner).get(name)
    if hint is None or typing.get_origin(plain(hint)) is list:
        return None
    kind = bare(plain(hint)).__name__
    if kind not in ("int", "float", "Decimal"):
        return None
    wide = hint is Long or Long in typing.get_args(hint) or owner is StartApi  # it says why
    nullable = kind == "Decimal" or bare(plain(hint)) is not plain(hint)
    return Numeric("long" if wide else kind.lower(), nullable, default_at(owner, name), owner, name)


def found_at(message: Any, path: str) -> Any:
    for part in path.split("."):
        name, _, place = part.partition("[")
        message = getattr(message, name)
        message = message[int(place[:-1])] if place else message
    return message


def steering(steps: tuple[Step, ...]) -> Iterator[str]:
    """Fields on which it depends what else is in the frame."""
    for step in steps:
        if isinstance(step, When):
            yield from step.condition.paths
        if isinstance(step, Switch):
            yield step.path
            for _, inner in step.cases:
                yield from steering(inner)
        if isinstance(step, When | Gate | Each | Optional | Part):
            yield from steering(step.steps)


REQUESTS = [cls for cls in TEXT if cls.spec.request]


@pytest.mark.further
@walk("cls", REQUESTS, ids=name_of, check=11)
def test_every_spelling_in_every_numeric_field(cls: type[Message]) -> None:
    looked: set[tuple[str, str]] = set()
    for version in VERSIONS:
        if cls.spec.since <= version < cls.spec.until:
            different = list({repr(m): m for m in samples(cls)[2:]}.values())
            for sample in thinned(different, check=89, test=5):
                every_spelling(for_text(sample), version, looked)


def every_spelling(sample: Message, version: int, looked: set[tuple[str, str]]) -> None:
    """Each field of a sample; of what is refused, the words once for each field."""
    cls = type(sample)
    codecs, decode = Codecs(version, catalogue.REQUESTS), text.decoder(cls, version)
    steers = set(steering(cls.spec.layout or ()))
    tokens = oracle.write_text(sample, version).split("\0")
    for seen in oracle.read_text(cls, version, tokens)[1]:
        declared = numeric(cls, seen.name) if seen.value is not None else None
        if declared is None or {seen.name, declared.name} & steers:
            continue
        for spelling in EVERY:
            changed = [*tokens[: seen.offset], spelling, *tokens[seen.offset + 1 :]]
            means = declared.means(spelling)
            if means is not REFUSED:
                check(decode(changed), means, seen.name, spelling)
                continue
            with pytest.raises((ValueError, OverflowError)):
                decode(list(changed))
            if spelling in TOLD and (seen.name, spelling) not in looked:
                looked.add((seen.name, spelling))
                payload = "\0".join([str(cls.spec.id), *changed]).encode()
                check_refusal(codecs.decode(payload), seen.name, spelling)


def check(message: Any, means: Any, path: str, spelling: str) -> None:
    value = found_at(message, path)
    assert value == means and (value is None) == (means is None), (path, spelling, value)
    if value == 0 and isinstance(value, float | Decimal):
        assert not str(value).startswith("-"), (path, spelling)


def check_refusal(event: Any, path: str, spelling: str) -> None:
    assert isinstance(event, Undecodable), (path, spelling, event)
    assert (event.error.field, event.error.found) == (path, spelling)
    assert "is no" in str(event.error) or "too large" in str(event.error)


def test_the_table_reaches_the_fields_that_official_clients_leave_unset() -> None:
    """Named, so that a field does not drop out of the table unnoticed."""
    found: set[str] = set()
    for sample in samples(PlaceOrder)[2:]:
        tokens = oracle.write_text(for_text(sample), 200).split("\0")
        seen = oracle.read_text(PlaceOrder, 200, tokens)[1]
        found |= {t.name for t in seen if t.value is not None and numeric(PlaceOrder, t.name)}
    assert {"order.discretionaryAmt", "order.triggerPrice", "order.cashQty"} <= found
    assert {"order.totalQuantity", "order.minQty", "order.lmtPrice", "contract.strike"} <= found
    assert {"order.conditions[0].price", "contract.comboLegs[0].ratio"} <= found
    assert len(found) > 80


# ---------------------------------------------------------------- protobuf

DOUBLES = {
    1.7976931348623157e308: UNSET[3],
    1.7976931348623e308: UNSET[7],
    2147483647.0: UNSET[0],
    9223372036854775807.0: UNSET[1],
    float(2**127 - 1): UNSET[2],
    math.nan: "nan",
    math.inf: "Infinity",
    -1.7976931348623157e308: "-1.7976931348623157e308",
    -0.0: "-0.0",
    7.5: "7.50",
}
INTEGERS = {2147483647: UNSET[0], 0: "+0", -7: "-7"}
LONGS = {**INTEGERS, 9223372036854775807: UNSET[1]}
SENT: dict[str, dict[Any, str]] = {
    "double": DOUBLES,
    "int32": INTEGERS,
    "int64": LONGS,
    "string": {spelling: spelling for spelling in EVERY},
}


def proto_paths(cls: Any, at: str = "") -> Iterator[tuple[str, str, ProtoField]]:
    """Path in the record, path in the body and field of every single number."""
    for field in proto_fields(cls):
        if field.kind == "message" and not field.repeated:
            for path, sent, inner in proto_paths(field.record, f"{field.name}."):
                yield f"{at}{path}", f"{field.proto_name}.{sent}", inner
        elif field.kind == "message":
            for path, sent, inner in proto_paths(field.record, f"{field.name}[0]."):
                yield f"{at}{path}", f"{field.proto_name}[0].{sent}", inner
        elif not field.repeated and field.kind in SENT:
            yield f"{at}{field.name}", field.proto_name, field


@pytest.mark.long
@walk("cls", [cls for cls in PROTO if cls.spec.request], ids=name_of)
def test_every_spelling_in_protobuf(cls: type[Message]) -> None:
    codecs = Codecs(226, catalogue.REQUESTS)
    head = (cls.spec.id + PROTOBUF_OFFSET).to_bytes(4)
    for path, sent, field in proto_paths(cls):
        declared = None if "+" in path else numeric(cls, path)
        if declared is None or (declared.kind == "decimal") != (field.kind == "string"):
            continue
        for value, spelling in SENT[field.kind].items():
            body = proto.message_class(cls)()
            put(body, sent, value)
            content = body.SerializeToString()
            event = codecs.decode(head + content)
            if declared.integer and field.kind == "int32" and declared.kind == "long":
                continue
            if spelling == "" and field.kind == "string":
                assert found_at(event, path) is None
                continue
            check_proto(event, declared, path, spelling)
            if isinstance(event, Message):
                assert repr(oracle.read_proto(cls, content)[0]) == repr(event)


def put(body: Any, path: str, value: Any) -> None:
    *parents, name = path.split(".")
    for parent in parents:
        repeated = getattr(body, parent.removesuffix("[0]"))
        body = repeated.add() if parent.endswith("[0]") else repeated
    setattr(body, name, value)


def check_proto(event: Any, declared: Numeric, path: str, spelling: str) -> None:
    means = declared.means(spelling)
    if means is not REFUSED:
        assert isinstance(event, Message), (path, spelling, event)
        check(event, means, path, spelling)
        return
    assert isinstance(event, Undecodable), (path, spelling, event)
    assert event.error.field and path.split(".")[0] in event.error.field, event.error


@walk(
    ("price", "means"),
    [(1.5, 1.5), (1.7976931348623157e308, None), (1.7976931348623e308, None), (-0.0, 0.0)],
)
def test_the_price_inside_of_a_leg(price: float, means: float | None) -> None:
    content = order_with_a_leg(price)
    message = proto.decoder(PlaceOrder)(content)
    assert [leg.price for leg in message.order.orderComboLegs] == [means]
    assert oracle.read_proto(PlaceOrder, content)[0] == message


def test_no_number_as_the_price_inside_of_a_leg() -> None:
    event = Codecs(226, catalogue.REQUESTS).decode((203).to_bytes(4) + order_with_a_leg(math.nan))
    assert isinstance(event, Undecodable)
    assert event.error.field == "contract.comboLegs[0].perLegPrice"


def order_with_a_leg(price: float) -> bytes:
    body = proto.message_class(PlaceOrder)()
    body.contract.comboLegs.add(conId=1, perLegPrice=price)
    content: bytes = body.SerializeToString()
    return content


def test_an_unset_flag_of_three_values() -> None:
    body = proto.message_class(PlaceOrder)()
    body.order.usePriceMgmtAlgo = 2147483647
    assert proto.decoder(PlaceOrder)(body.SerializeToString()).order.usePriceMgmtAlgo is None
    tokens = oracle.write_text(PlaceOrder(1, order=Order(usePriceMgmtAlgo=True)), 200).split("\0")
    seen = {t.name: t.offset for t in oracle.read_text(PlaceOrder, 200, tokens)[1]}
    tokens[seen["order.usePriceMgmtAlgo"]] = "2147483647"
    assert text.decoder(PlaceOrder, 200)(tokens).order.usePriceMgmtAlgo is None


def test_a_multiplier_that_is_not_set_in_protobuf() -> None:
    body = proto.message_class(PlaceOrder)()
    body.contract.multiplier = 1.7976931348623e308
    assert proto.decoder(PlaceOrder)(body.SerializeToString()).contract.multiplier == ""


# ---------------------------------------------------------------- single readers


@walk("token", ["", "x", "7", "-SNaN", "2147483647"])
def test_an_id_is_the_number_that_it_is(token: str) -> None:
    if token in ("x", "-SNaN"):
        with pytest.raises(ValueError):
            strict.strict_int(token)
    else:
        assert strict.strict_int(token) == int(token or 0)


def test_what_nothing_can_stand_for() -> None:
    with pytest.raises(ValueError):
        strict.strict_float("1.7976931348623e+308", strict.REFUSED)
    assert strict.strict_float("1.7976931348623e+308", 5.0) == 5.0


@walk("name", [name for name in strict.READERS if name[:4] in ("stri", "opti")])
def test_digits_without_end_are_no_number(name: str) -> None:
    with pytest.raises((ValueError, OverflowError)):
        strict.READERS[name]("9" * 400_000)


def test_all_bits_of_a_double_are_read_or_refused() -> None:
    for exponent in range(0, 2048, 7):
        for sign in (0, 1):
            (value,) = struct.unpack(">d", struct.pack(">Q", sign << 63 | exponent << 52 | 1))
            if abs(value) < 1.79e308:
                assert strict.set_float(value) == strict.optional_float(repr(value)) == value
