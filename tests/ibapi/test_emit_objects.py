"""Short ways from bytes to callbacks, beside the slow one through the catalogue's decoder."""

import inspect
from enum import Enum
from typing import Any

import pytest

from papertape.ibapi.dispatch import Dispatcher
from papertape.ibapi.emit import from_message, from_tokens
from papertape.ibapi.emit_objects import from_text
from papertape.ibapi.wrapper import EWrapper
from papertape.wire import catalogue
from papertape.wire.catalogue.reports import OrderStatus
from papertape.wire.connection import Codecs, encode
from papertape.wire.message import Message
from walks import walk

from ..wire.messages import TEXT, name_of, random_message, samples

VERSIONS = (100, 120, 145, 163, 176, 187, 200)
RESPONSES = tuple(cls for cls in TEXT if not cls.spec.request)
ONLY_SLOW = {"CommissionReport", "ScannerData", "TickOptionComputation"}
"""Messages whose callback needs the message itself."""
OFTEN = {
    "AccountValue", "HistoricalData", "MarketDepth", "MarketDepthL2", "OrderStatus",
    "RealTimeBarTick", "TickByTickData", "TickGeneric", "TickPrice", "TickSize", "TickString",
}  # fmt: skip
"""Messages that come often: their fields are read straight into the call."""


class Kept(EWrapper):
    """Keeps every callback with all that its arguments hold."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, list[Any]]] = []


def keeping(name: str) -> Any:
    def callback(self: Kept, *values: Any) -> None:
        self.calls.append((name, [shape(value) for value in values]))

    return callback


def shape(value: Any) -> Any:
    """What a value is, to the last attribute and with its type."""
    if isinstance(value, list | tuple):
        return [shape(item) for item in value]
    if type(value).__module__.startswith("papertape") and hasattr(value, "__dict__"):
        held = {name: shape(item) for name, item in vars(value).items()}
        return type(value).__name__, list(held), held
    return type(value).__name__, repr(value)


for _name, _ in inspect.getmembers(EWrapper, inspect.isfunction):
    if not _name.startswith("_") and not _name.endswith("ProtoBuf"):
        setattr(Kept, _name, keeping(_name))


def versions_of(cls: type[Message]) -> list[int]:
    return [v for v in VERSIONS if cls.spec.since <= v < min(cls.spec.until, cls.spec.protobuf)]


def slowly(frame: bytes, version: int) -> list[tuple[str, list[Any]]]:
    message, kept = Codecs(version, catalogue.RESPONSES).decode(frame[4:]), Kept()
    from_message(type(message), version, True)(message, kept)
    return kept.calls


def quickly(frame: bytes, version: int) -> list[tuple[str, list[Any]]]:
    kept = Kept()
    Dispatcher(version, kept, lambda *told: pytest.fail(str(told))).feed(frame)
    return kept.calls


@walk("cls", RESPONSES, ids=name_of, check=11, test=3)
def test_both_ways_call_the_same(cls: type[Message]) -> None:
    for version in versions_of(cls):
        for message in (*samples(cls), *(random_message(cls, seed) for seed in range(4))):
            frame = encode(message, version)
            quick, slow = quickly(frame, version), slowly(frame, version)
            if cls is OrderStatus and version < 131:  # the official client leaves it None
                assert quick[0][1].pop() == ("NoneType", "None")
                slow[0][1].pop()
            assert quick == slow, (version, message)


@walk("cls", RESPONSES, ids=name_of, check=7)
def test_every_text_message_has_a_short_way(cls: type[Message]) -> None:
    for version in versions_of(cls):
        flat, built = from_tokens(cls, version, False), from_text(cls, version, False)
        assert flat or cls.__name__ not in OFTEN
        assert bool(flat or built) == (cls.__name__ not in ONLY_SLOW), version


@pytest.mark.long
@walk("cls", RESPONSES, ids=name_of)
def test_two_callbacks_share_nothing_that_may_be_changed(cls: type[Message]) -> None:
    version = max(versions_of(cls), default=0)
    if not version:
        return
    kept: list[Any] = []
    wrapper = EWrapper()
    for name, _ in inspect.getmembers(EWrapper, inspect.isfunction):
        setattr(wrapper, name, lambda *values: kept.append(values))
    dispatcher = Dispatcher(version, wrapper, lambda *told: pytest.fail(str(told)))
    frame = encode(samples(cls)[-1], version)
    dispatcher.feed(frame)
    first = {id(held) for held in parts(kept)}
    again = len(kept)
    dispatcher.feed(frame)
    shared = [held for held in parts(kept[again:]) if id(held) in first]
    assert all(type(held).__name__.startswith("TickAttrib") for held in shared), shared


def parts(value: Any) -> list[Any]:
    """Everything inside that can be changed."""
    if isinstance(value, tuple | list):
        inside = [part for item in value for part in parts(item)]
        return [value, *inside] if isinstance(value, list) else inside
    if type(value).__module__.startswith("papertape") and hasattr(value, "__dict__"):
        return (
            []
            if isinstance(value, Enum)
            else [value, *(part for item in vars(value).values() for part in parts(item))]
        )
    return []


def test_a_frame_without_a_nul_is_told_and_not_kept() -> None:
    told: list[Any] = []
    dispatcher = Dispatcher(200, Kept(), lambda *what: told.append(what))
    dispatcher.feed((300).to_bytes(4) + b"1" * 300)
    assert len(told) == 1
    assert not dispatcher._large


def test_a_list_that_ends_early_is_told_and_nothing_is_called() -> None:
    told: list[Any] = []
    kept = Kept()
    bar = "20261122\x001\x002\x000.5\x001.5\x0010\x001.2\x007\0"
    body = f"17\x001\x003\0{bar}{bar}".encode()
    Dispatcher(200, kept, lambda *what: told.append(what)).feed(len(body).to_bytes(4) + body)
    assert len(told) == 1
    assert not kept.calls
