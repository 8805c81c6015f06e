"""A batch gives every receiver the bytes that encoding each message alone gives."""

from decimal import Decimal
from typing import Any

import pytest

from papertape.errors import LocalProtocolError
from papertape.wire.batch import SharedFrames
from papertape.wire.catalogue.market import CancelMktData, TickPrice, TickSize, TickString
from papertape.wire.catalogue.session import CurrentTime
from papertape.wire.connection import encode
from papertape.wire.message import Message
from walks import walk

from .messages import BESIDE

IDS = (0, 1, 9, 10, 127, 128, 16_384, 2**31 - 1, -1, -200)


def ticks(request_id: int) -> list[Message]:
    return [
        TickPrice(request_id, 1, 257.66, Decimal(300), 1),
        TickSize(request_id, 0, Decimal("1.5")),
        TickSize(request_id, 8, Decimal(1)),
        TickString(request_id, 45, "1776000000"),
    ]


def mixed(request_id: int) -> list[Message]:
    # Requests turn to protobuf at other versions than ticks do.
    return [*ticks(request_id)[:1], CancelMktData(request_id), *ticks(request_id)[1:]]


@walk("version", [*BESIDE, 202, 204, 205, 207])
@walk("made", [ticks, mixed])
def test_frames_are_those_of_each_message(made: Any, version: int) -> None:
    batch = SharedFrames(made(5), version)
    for asked in IDS * 2:  # the second time its parts are there already
        want = b"".join(encode(message, version) for message in made(asked))
        assert batch.frames(asked) == want
        assert batch.messages(asked) == made(asked)


def test_a_message_without_an_id_is_refused() -> None:
    with pytest.raises(LocalProtocolError, match="CurrentTime"):
        SharedFrames([CurrentTime(5)], 176)


def test_what_cannot_be_encoded_names_its_message() -> None:
    bad: Any = "no number"
    with pytest.raises(LocalProtocolError, match="TickPrice"):
        SharedFrames([TickPrice(1, bad, 257.66, Decimal(300), 1)], 226)


def test_nothing_is_nothing() -> None:
    assert SharedFrames([], 226).frames(1) == b""
    assert len(SharedFrames([], 226)) == 0
