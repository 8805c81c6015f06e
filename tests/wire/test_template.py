"""A template with fields put anew is the message encoded anew, or says that it is not."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from lanes import thinned
from papertape.errors import LocalProtocolError
from papertape.versions import MAX_SERVER, MIN_SERVER
from papertape.wire.catalogue.orders import PlaceOrder
from papertape.wire.connection import encode
from papertape.wire.framing import MAX_PAYLOAD
from papertape.wire.message import Message, hints
from papertape.wire.plan import is_record
from papertape.wire.refusals import refuse
from papertape.wire.template import FAILURES, Different, Template, template
from walks import walk

from .messages import ALL, name_of, samples

VERSIONS = (100, 145, 178, 200, 202, 203, 217, 226)
REQUESTS = tuple(cls for cls in ALL if cls.spec.request)


def paths(cls: type[Message]) -> Iterator[str]:
    """Every field of the message and of the records in it."""
    for name, hint in hints(cls).items():
        yield name
        if is_record(hint) and isinstance(hint, type):
            yield from (f"{name}.{inner}" for inner in hints(hint))


def value_at(message: Any, path: str) -> Any:
    for name in path.split("."):
        message = getattr(message, name)
    return message


def changed(message: Message, path: str, value: Any) -> Message:
    """A copy of the message with another value in one place."""
    first, _, inner = path.partition(".")
    if inner:
        value = msgspec.structs.replace(getattr(message, first), **{inner: value})
    return msgspec.structs.replace(message, **{first: value})


def shortly(base: Message, version: int, path: str, value: Any) -> bytes | None:
    """The frame of the base's template; None where it cannot say."""
    return through(template(base, version), path, value)


def through(made: Template, path: str, value: Any) -> bytes | None:
    """The frame of a template; None where it cannot say."""
    target = made.fresh()
    try:
        made.put(path, "@", {})(target, value)
        return made.done(target)
    except FAILURES:
        return None


def fully(base: Message, version: int, path: str, value: Any) -> bytes:
    message = changed(base, path, value)
    refuse(message, version)
    return encode(message, version)


@pytest.mark.further
@pytest.mark.long
@pytest.mark.parametrize("cls", REQUESTS, ids=name_of)
def test_a_field_put_anew_is_the_message_encoded_anew(cls: type[Message]) -> None:
    base = cls()
    for version in thinned([v for v in VERSIONS if v >= cls.spec.since], check=3, test=3):
        if version < cls.spec.protobuf and cls.spec.layout is None:
            continue
        made = template(base, version)
        for path in paths(cls):
            for sample in samples(cls):
                value = value_at(sample, path)
                short = through(made, path, value)
                if short is not None:
                    assert short == fully(base, version, path, value), (version, path, value)


@walk("version", [200, MAX_SERVER])
@walk(
    ("path", "value"),
    [
        ("orderId", 7),
        ("contract.secType", "STK"),
        ("contract.exchange", "SMART"),
        ("contract.strike", 100.0),
        ("contract.comboLegs", []),
        ("order.action", "BUY"),
        ("order.orderType", "LMT"),
        ("order.transmit", False),
        ("order.permId", 7),
        ("order.manualOrderIndicator", 1),
        ("attachedOrders.slOrderId", 7),
    ],
)
def test_a_field_that_changes_its_own_place_is_put(version: int, path: str, value: Any) -> None:
    short = shortly(PlaceOrder(), version, path, value)
    assert short is not None
    assert short == fully(PlaceOrder(), version, path, value)


@walk(
    ("version", "path", "value"),
    [
        (200, "contract.secType", "BAG"),
        (200, "contract.exchange", "IBKRATS"),
        (200, "order.orderType", "PEG BENCH"),
        (200, "order.orderType", "PEG BEST"),
        (200, "order.orderType", "PEGMID"),
        (200, "order.competeAgainstBestOffset", float("inf")),
        (200, "order.scalePriceIncrement", 0.5),
        (200, "order.hedgeType", "D"),
        (200, "order.algoParams", samples(PlaceOrder)[-1].order.algoParams),
        (226, "order.algoParams", samples(PlaceOrder)[-1].order.algoParams),
        (226, "order.softDollarTier", samples(PlaceOrder)[-1].order.softDollarTier),
        (110, "order.cashQty", 5.0),
        (215, "order.postOnly", True),
        (200, "order.account", "d\u00e9p\u00f4t"),
        (226, "order.lmtPrice", "much"),
        (226, "order.parentId", 1 << 31),
    ],
)
def test_what_needs_the_whole_message_is_not_put(version: int, path: str, value: Any) -> None:
    assert shortly(PlaceOrder(), version, path, value) is None


@pytest.mark.long
@pytest.mark.parametrize("version", [200, MAX_SERVER])
def test_what_is_too_long_for_a_frame_is_not_made(version: int) -> None:
    made = template(PlaceOrder(), version)
    target = made.fresh()
    made.put("order.orderRef", "@", {})(target, "x" * (MAX_PAYLOAD + 1))
    with pytest.raises(Different):
        made.done(target)


def test_what_cannot_be_sent_has_no_template() -> None:
    order = PlaceOrder()
    order.order.modelCode = "model"
    with pytest.raises(LocalProtocolError, match="model code"):
        template(order, MIN_SERVER)


def test_a_template_may_be_of_any_message() -> None:
    base = PlaceOrder(5)
    base.order.lmtPrice, base.order.hedgeType, base.contract.secType = 1.5, "D", "BAG"
    for version in VERSIONS:
        for path, value in (("order.lmtPrice", None), ("contract.secType", "STK"),
                            ("order.hedgeType", ""), ("orderId", 0)):  # fmt: skip
            short = shortly(base, version, path, value)
            assert short in (None, fully(base, version, path, value)), (version, path)
        assert shortly(base, version, "order.lmtPrice", None) is not None


def test_two_messages_of_a_template_share_nothing() -> None:
    for version in VERSIONS:
        made = template(PlaceOrder(), version)
        made.put("order.action", "@", {})(made.fresh(), "SELL")
        assert made.done(made.fresh()) == encode(PlaceOrder(), version)
