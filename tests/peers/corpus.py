"""Every answer of a server as bytes, with the message that the bytes stand for.

At both sides of every gate and at the versions that known clients reach, as text and as protobuf,
with nothing set, everything unset and everything set. Every client is given the same bytes.
``make proof`` gives them at the versions behind each gate, too, and at those of more clients.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

import msgspec

from lanes import LANE
from papertape.versions import RAW_IDS
from papertape.wire import catalogue, proto, text
from papertape.wire.catalogue.ticks import HistogramData, TickByTickData
from papertape.wire.connection import PROTOBUF_OFFSET
from papertape.wire.message import Message
from wire.messages import hollow, samples, sides, versions
from wire.views import proto_view, text_view

ANSWERS = tuple(cls for _, cls in sorted(catalogue.RESPONSES.items()))
TEXT_ONLY = (157, 178)
"""The highest versions of the clients that speak text only. Their coupons are whole numbers."""

GIVEN = versions if LANE == "proof" else sides

FRACTIONS = 163
"""From here on clients read sizes with a fraction; ib_async reads those of a histogram whole."""


Plan = tuple[str, int, Message, bool]
"""A form, "text" or "protobuf", a version, a sample, and whether its dates have dashes."""


@dataclass(frozen=True)
class Frame:
    """A message's bytes, without their length, and what of the message they carry."""

    cls: type[Message]
    form: str
    version: int
    payload: bytes
    view: Any


@cache
def corpus() -> tuple[Frame, ...]:
    """Every frame, message by message."""
    return tuple(frame for cls in ANSWERS for frame in frames(cls))


def spoken(lowest: int, highest: int) -> tuple[Frame, ...]:
    """The frames for a client that speaks text at these versions."""
    return tuple(f for f in corpus() if f.form == "text" and lowest <= f.version <= highest)


def planned(cls: type[Message], given: Callable[[type[Message]], Sequence[int]]) -> Iterator[Plan]:
    """Every form and version of every sample of a message at these of its versions."""
    spec = cls.spec
    for version in sorted({*given(cls), *TEXT_ONLY}):
        if not spec.since <= version < spec.until:
            continue
        known = samples(cls)
        for number, sample in enumerate((*known, *hollow(cls))):
            dashes = bool((number + version) % 2)
            if spec.layout is not None and number < len(known):  # a token is never absent
                yield "text", version, sample, dashes
            if version >= spec.protobuf:
                yield "protobuf", version, sample, dashes


def frames(cls: type[Message]) -> Iterator[Frame]:
    """Every sample of a message at every gate."""
    spec = cls.spec
    for form, version, sample, dashes in planned(cls, GIVEN):
        message = deliverable(sample, version, dashes=dashes)
        if form == "text":
            fields = text.encoder(cls, version)(message).encode()
            head = spec.id.to_bytes(4) if version >= RAW_IDS else b"%d\0" % spec.id
            yield Frame(cls, form, version, head + fields, text_view(message, version))
        else:
            body = proto.encoder(cls, version)(message)
            head = (spec.id + PROTOBUF_OFFSET).to_bytes(4)
            yield Frame(cls, form, version, head + body, proto_view(message, version))


def deliverable(sample: Any, version: int, *, dashes: bool) -> Any:
    """The sample as a server sends it and the clients of the version can read it."""
    message = copy.deepcopy(sample)
    if isinstance(message, TickByTickData):  # one of the three, as the tick's kind says
        keep = {1: "Last", 2: "Last", 3: "BidAsk", 4: "MidPoint"}.get(message.tickType)
        for name in ("Last", "BidAsk", "MidPoint"):
            if name != keep:
                setattr(message, f"historicalTick{name}", None)
    if hasattr(message, "contractDetails"):
        of_contract(message, dashes=dashes)
        if version <= TEXT_ONLY[1]:
            message.contractDetails.coupon = float(int(message.contractDetails.coupon))
    if hasattr(message, "execution"):
        message.execution.time = "20260130 10:46:26 US/Eastern"
        if message.execution.optExerciseOrLapseType and not dashes:
            message.execution.optExerciseOrLapseType = 2
    for ticks in ("historicalTicks", "historicalTicksBidAsk", "historicalTicksLast"):
        for tick in getattr(message, ticks, ()):
            tick.time %= 2**31  # a moment that a calendar has
    whole = isinstance(message, HistogramData) and version <= TEXT_ONLY[1]
    if version >= FRACTIONS and not whole:
        halve(message)
    return message


def halve(record: Any) -> None:
    """Give every size a fraction."""
    for name in record.__struct_fields__:
        value = getattr(record, name)
        if isinstance(value, Decimal):
            setattr(record, name, value + Decimal("0.5"))
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, msgspec.Struct):
                halve(item)


def of_contract(message: Any, *, dashes: bool) -> None:
    """Give a set contract a date and codes that clients take apart."""
    details = message.contractDetails
    details.evMultiplier = float(int(details.evMultiplier))  # a whole number there
    if message.contract.lastTradeDateOrContractMonth:
        parts = ("20260619", "08:30:00", "US/Central")
        message.contract.lastTradeDateOrContractMonth = ("-" if dashes else " ").join(parts)
    if details.fundAssetType and not dashes:  # else it has a code that nobody knows
        details.fundAssetType, details.fundDistributionPolicyIndicator = "004", "Y"
