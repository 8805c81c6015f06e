"""The API message log: NULs come back, hyphens stay."""

import pytest

from papertape.explain.frames import Explained
from papertape.explain.message_log import LogReader
from papertape.model import ComboLeg, Contract, Order
from papertape.wire.catalogue.market import TickPrice
from papertape.wire.catalogue.orders import PlaceOrder
from papertape.wire.catalogue.session import ErrorMessage, NextValidId, StartApi
from papertape.wire.connection import encode
from papertape.wire.handshake import greeting, version_reply
from papertape.wire.message import Message
from walks import walk

NOTICE = b"---54-2--1-2104-Market data farm connection is OK:usfarm-"


def logged(data: bytes) -> bytes:
    return data.replace(b"\0", b"-")


def line(message: Message, version: int, *, given: int | None = None) -> Explained:
    arrow = b"<-" if message.spec.request else b"->"
    return LogReader(given).line(logged(encode(message, version)), arrow, 16)


def values(found: Explained) -> dict[str, object]:
    return {row.name: row.value for row in found.fields}


def test_a_notice_as_tws_wrote_it() -> None:
    found = LogReader().line(NOTICE, b"->", 16)
    assert (found.name, found.sender, found.version_from) == ("ErrorMessage", "server", "guessed")
    assert found.problem is None
    assert values(found) == {
        "version": None, "id": -1, "errorCode": 2104,
        "errorMsg": "Market data farm connection is OK:usfarm",
    }  # fmt: skip
    for row in found.fields:
        assert NOTICE[row.offset - 16 :].startswith(row.raw.encode())


ORDER = PlaceOrder(
    5,
    Contract(symbol="BRK-B", secType="BAG", comboLegs=[ComboLeg(1)]),
    Order(action="BUY", lmtPrice=-1.5, orderRef="a-b-c"),
)


@pytest.mark.long
@walk("version", [145, 176, 200, 201, 226], check=3)
def test_hyphens_and_minus_signs_of_an_order(version: int) -> None:
    found = line(ORDER, version, given=version)
    assert found.problem is None
    shown = values(found)
    assert shown["contract.symbol"] == "BRK-B"
    assert (shown["order.lmtPrice"], shown["order.orderRef"]) == (-1.5, "a-b-c")
    assert shown["contract.comboLegs[0].exemptCode"] == -1


def test_a_long_text_with_many_hyphens() -> None:
    text = "Requested market data is not subscribed - see https://x-y-z.example/a-b-c-d - please"
    found = line(ErrorMessage(id=7, errorCode=354, errorMsg=text), 176, given=176)
    assert values(found)["errorMsg"] == text


def test_the_version_in_the_log_is_used_for_both_directions() -> None:
    log = LogReader()
    log.line(logged(greeting(100, 176)), b"<-", 0)
    log.line(logged(version_reply(176, "20260405 12:00:00 CET")), b"->", 0)
    for message, arrow in ((StartApi(clientId=3), b"<-"), (NextValidId(5), b"->")):
        found = log.line(logged(encode(message, 176)), arrow, 0)
        assert (found.version, found.version_from) == (176, "handshake")
        assert found.problem is None and found.sender_from == "recorded"


def test_a_guessed_version_is_kept_for_the_lines_after() -> None:
    log = LogReader()
    first = log.line(NOTICE, b"->", 0)
    assert log.line(logged(encode(NextValidId(5), 165)), b"->", 0).version == first.version


def test_a_length_that_does_not_fit_is_named() -> None:
    found = LogReader(165).line(NOTICE[:-1], b"->", 0)
    assert found.problem
    found = LogReader(165).line(b"---64" + NOTICE[5:], b"->", 0)
    assert found.problem and "announces 54 bytes and has 53" in found.problem.reason


@walk("end", range(len(NOTICE)))
def test_a_line_cut_anywhere_is_named(end: int) -> None:
    assert LogReader(165).line(NOTICE[:end], b"->", 0).problem


def test_control_characters_may_be_dots() -> None:
    content = logged(encode(NextValidId(5), 176)).replace(b"\x06", b".")
    found = LogReader(176).line(content, b"->", 0)
    assert found.problem is None and values(found)["orderId"] == 5


def test_what_the_log_hides_is_told() -> None:
    found = LogReader().line(b"---.(not shown)", b"<-", 0)
    assert found.problem is None and found.notes == ("the log does not show it",)


def test_a_broken_field_is_named() -> None:
    content = logged(encode(TickPrice(1, 1, 100.5), 176)).replace(b"100.5", b"price")
    found = LogReader(176).line(content, b"->", 0)
    assert found.problem and found.problem.message == "TickPrice"


@pytest.mark.long
def test_hostile_lines_end() -> None:
    for body in (b"-" * 400, b"4-" + b"a-" * 200, b"4-" + b"-1" * 60, b"3-" + b"5-x-" * 40):
        assert LogReader().line(b"---x" + body, b"->", 0).problem
