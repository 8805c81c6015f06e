"""What a declaration derives: spec, numbers, ids, refusals; and generated source for people."""

import traceback

import pytest

from papertape.wire import text
from papertape.wire.catalogue.market import ReqMarketDataType, ReqMktData, TickPrice
from papertape.wire.catalogue.orders import PlaceOrder
from papertape.wire.catalogue.session import ErrorMessage
from papertape.wire.layout import ALWAYS
from papertape.wire.message import REQUESTS, RESPONSES, Message, request
from walks import walk
from wire.messages import ALL, name_of


@walk("cls", ALL, ids=name_of)
def test_every_message_is_documented_and_found_by_its_number(cls: type[Message]) -> None:
    spec = cls.spec
    table = REQUESTS if spec.request else RESPONSES
    assert table[spec.id] is cls
    assert spec.name == cls.__name__
    assert spec.callback
    assert cls.__doc__
    assert spec.layout is not None or spec.protobuf < ALWAYS
    assert all(not field.required for field in _fields(cls))


def _fields(cls: type[Message]) -> list[object]:
    import msgspec

    return list(msgspec.structs.fields(cls))


def test_no_two_messages_of_one_direction_share_a_name() -> None:
    names = [cls.__name__ for cls in ALL]
    assert len(names) == len(set(names)) == 171


def test_a_number_is_given_once() -> None:
    class Again(Message):
        """Takes the number of another request."""

    with pytest.raises(TypeError, match="Again: id 1 is ReqMktData"):
        request(1)(Again)


@walk(
    ("cls", "field"),
    [(ReqMktData, "reqId"), (PlaceOrder, "orderId"), (ErrorMessage, "id"), (ReqMarketDataType, "")],
)
def test_which_field_an_error_is_about(cls: type[Message], field: str) -> None:
    assert cls.spec.id_field == field


def test_refusals_are_in_the_order_of_their_versions() -> None:
    below = [refusal.below for refusal in PlaceOrder.spec.refusals]
    assert below == sorted(below)
    assert (below[0], below[-1]) == (103, 199)


def test_generated_lines_stand_in_tracebacks() -> None:
    try:
        text.decoder(TickPrice, 176)(["6", "1", "1", "dear", "5", "0", ""])
    except ValueError:
        shown = traceback.format_exc()
    assert "<papertape wire: decode_TickPrice_176>" in shown
    assert "v_price = " in shown and "f[3]" in shown


def test_source_for_people() -> None:
    assert "def function(m):" in text.source_of(TickPrice, 176, reading=False)
    assert "return Message(" in text.source_of(TickPrice, 176, reading=True)
