"""A reply that is made to fill the memory is not taken apart, and says whom it concerns."""

import tracemalloc
from decimal import Decimal
from typing import Any

import pytest

from papertape.errors import RemoteProtocolError
from papertape.ibapi.dispatch import Dispatcher
from papertape.ibapi.errors import CodeMsgPair
from papertape.ibapi.wrapper import EWrapper
from papertape.model import Bar, Contract, TagValue
from papertape.wire import catalogue, proto, reply_limits, text
from papertape.wire.catalogue.contract import ContractData
from papertape.wire.catalogue.history import HistoricalData, HistoricalDataEnd
from papertape.wire.catalogue.reports import OpenOrder
from papertape.wire.connection import Codecs, Undecodable, encode
from papertape.wire.reply_limits import MOST_ELEMENTS, MOST_EXPLAINED, MOST_FIELDS, is_excessive
from walks import walk

WHOLE = 6 * 1024 * 1024
BAR = Bar(date="20260413 10:00:00 US/Eastern", open=1.5, volume=Decimal(5), wap=Decimal(1))


def framed(number: int, body: bytes) -> bytes:
    return (number + 200).to_bytes(4) + body


HOSTILE = {
    "fields 176": (176, b"17\x009\x00a\x00b\x00" + b"12\0" * (WHOLE // 3)),
    "fields 205": (205, (17).to_bytes(4) + b"9\0" + b"12\0" * (WHOLE // 3)),
    "empty fields": (205, (17).to_bytes(4) + b"9\0" + b"\0" * WHOLE),
    "empty bars": (226, framed(17, b"\x08\x09" + b"\x12\x00" * (WHOLE // 2))),
    "small bars": (226, framed(17, b"\x08\x09" + b"\x12\x02\x10\x01" * (WHOLE // 4))),
}


@pytest.mark.long
@pytest.mark.parametrize("name", HOSTILE)
def test_a_frame_full_of_nothing_is_not_decoded(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def short(make: Any) -> Any:
        def decoder(*arguments: Any, **more: Any) -> Any:
            decode = make(*arguments, **more)

            def bounded(body: Any) -> Any:
                assert len(body) < 100, "it was decoded"
                return decode(body)

            return bounded

        return decoder

    version, payload = HOSTILE[name]
    monkeypatch.setattr(proto, "decoder", short(proto.decoder))
    monkeypatch.setattr(text, "decoder", short(text.decoder))
    event = Codecs(version, catalogue.RESPONSES).decode(payload)
    assert isinstance(event, Undecodable) and isinstance(event.error, RemoteProtocolError)
    assert event.request_id == 9 and "more than" in str(event.error)


@pytest.mark.long
@walk("name", HOSTILE)
def test_the_official_shape_tells_it_once_and_goes_on(name: str) -> None:
    version, payload = HOSTILE[name]
    told: list[tuple[int, str]] = []

    def tell(about: int, failure: CodeMsgPair, more: str) -> None:
        told.append((failure.code(), more))

    class Ends(EWrapper):
        def historicalDataEnd(self, reqId: int, start: str, end: str) -> None:
            told.append((0, ""))

    dispatcher = Dispatcher(version, Ends(), tell)
    ending = HistoricalData(7) if version < 196 else HistoricalDataEnd(7, "", "")
    data = len(payload).to_bytes(4) + payload + encode(ending, version)
    for start in range(0, len(data), 1 << 20):
        dispatcher.feed(data[start : start + (1 << 20)])
    assert [code for code, _ in told] == [508, 0] and "more than" in told[0][1]


@pytest.mark.long
@walk("name", ["fields 176", "fields 205", "empty fields"])
def test_the_official_shape_does_not_take_it_apart(name: str) -> None:
    version, payload = HOSTILE[name]
    dispatcher = Dispatcher(version, EWrapper(), lambda *_: None)
    data = len(payload).to_bytes(4) + payload
    dispatcher.feed(encode(HistoricalData(7), version))
    tracemalloc.start()
    for start in range(0, len(data), 1 << 20):
        dispatcher.feed(data[start : start + (1 << 20)])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5 * WHOLE  # the pieces, and twice what they are together


@pytest.mark.long
@pytest.mark.parametrize("version", [195, 226])
def test_the_longest_answer_of_a_tws_is_read(version: int) -> None:
    """A day of bars of one second."""
    message = HistoricalData(9, historicalDataBars=[BAR] * 86_400)
    event = Codecs(version, catalogue.RESPONSES).decode(encode(message, version)[4:])
    assert isinstance(event, HistoricalData) and len(event.historicalDataBars) == 86_400


@pytest.mark.long
def test_elements_are_counted_where_they_stand() -> None:
    contract = Contract(symbol="\x12" * 300_000)  # looks as many beginnings of an element
    order = OpenOrder(1, contract)
    order.order.algoParams = [TagValue("a", "b")] * 3
    body = encode(order, 226)[8:]
    assert not is_excessive(OpenOrder, body)
    bars = b"\x12\x00" * (MOST_ELEMENTS + 1)
    assert is_excessive(HistoricalData, bars) and not is_excessive(HistoricalData, bars[2:])
    assert not is_excessive(HistoricalData, b"\x0f" + bars)  # no message, which its parser says


@pytest.mark.long
def test_elements_in_what_is_nested_count_too() -> None:
    details = b"\x0a\x00" * (MOST_ELEMENTS + 1)
    number = next(n for n, (_, r) in reply_limits._nested(ContractData).items() if r is not None)
    inner = reply_limits._nested(ContractData)[number][1]
    repeated = next(n for n, (many, _) in reply_limits._nested(inner).items() if many)
    element = reply_limits._key(repeated, 2) + b"\0"
    details = element * (MOST_ELEMENTS + 1)
    size = len(details)
    varint = bytes((size & 0x7F | 0x80, size >> 7 & 0x7F | 0x80, size >> 14))
    assert is_excessive(ContractData, reply_limits._key(number, 2) + varint + details)


@pytest.mark.long
def test_what_is_wrong_with_a_very_long_answer_is_not_searched_for() -> None:
    count = MOST_EXPLAINED // 8 + 1
    message = HistoricalData(9, historicalDataBars=[BAR] * count)
    body = encode(message, 195)[4:]
    event = Codecs(195, catalogue.RESPONSES).decode(body[:-2] + b"?\0")
    assert isinstance(event, Undecodable) and event.request_id == 9
    assert "first 50000 fields" in str(event.error)
    short = HistoricalData(9, historicalDataBars=[BAR] * 500)
    event = Codecs(195, catalogue.RESPONSES).decode(encode(short, 195)[4:-2] + b"?\0")
    assert isinstance(event, Undecodable)
    assert event.error.field == "historicalDataBars[499].barCount"
    assert MOST_FIELDS > 8 * 86_400
