"""Bytes become frames whatever their pieces are, and nothing too long is kept."""

from itertools import pairwise
from random import Random

import pytest

from papertape.wire.framing import MAX_PAYLOAD, FrameReader, frame
from walks import walk

PAYLOADS = [b"", b"a", b"71\0002\0000\0\0", bytes(range(256)) * 5, b"", b"x" * 4092, b"y" * 70_000]
STREAM = b"".join(map(frame, PAYLOADS))


def fed(*pieces: bytes, limit: int = MAX_PAYLOAD) -> tuple[list[bytes], FrameReader]:
    reader = FrameReader(limit)
    return [payload for piece in pieces for payload in reader.feed(piece)], reader


def pieces(stream: bytes, cuts: list[int]) -> list[bytes]:
    return [stream[a:b] for a, b in pairwise([0, *sorted(cuts), len(stream)])]


def test_a_whole_stream() -> None:
    found, reader = fed(STREAM)
    assert found == PAYLOADS
    assert reader.pending == 0
    assert reader.error is None


def test_a_stream_byte_by_byte() -> None:
    found, reader = fed(*(STREAM[i : i + 1] for i in range(len(STREAM))))
    assert found == PAYLOADS
    assert reader.pending == 0


@walk("size", [2, 3, 4, 5, 7, 1448, 4095, 4096, 4097, 65536])
def test_pieces_of_one_size(size: int) -> None:
    assert fed(*(STREAM[i : i + size] for i in range(0, len(STREAM), size)))[0] == PAYLOADS


@walk("seed", range(100))
def test_random_pieces(seed: int) -> None:
    random = Random(seed)
    cuts = [random.randrange(len(STREAM)) for _ in range(random.choice((1, 2, 20)))]
    assert fed(*pieces(STREAM, cuts))[0] == PAYLOADS


def test_two_cuts_anywhere_in_a_short_stream() -> None:
    short = frame(b"abc") + frame(b"") + frame(b"de")
    for first in range(len(short) + 1):
        for second in range(first, len(short) + 1):
            found, _ = fed(*pieces(short, [first, second]))
            assert found == [b"abc", b"", b"de"], (first, second)


def test_what_is_missing_is_told() -> None:
    _, reader = fed(frame(b"abcdef")[:7])
    assert reader.pending == 7
    assert reader.feed(b"def") == [b"abcdef"]
    assert reader.pending == 0


@walk("length", [MAX_PAYLOAD + 1, 17 * 2**20, 2**31, 2**32 - 1])
def test_a_frame_that_is_too_long_ends_the_stream_at_its_length(length: int) -> None:
    found, reader = fed(frame(b"first") + length.to_bytes(4), b"x" * 100, frame(b"later"))
    assert found == [b"first"]
    assert reader.error is not None
    assert reader.error.length == length
    assert reader.pending == 0


def test_a_frame_that_is_too_long_is_refused_even_when_it_came_complete() -> None:
    found, reader = fed(frame(b"x" * 11) + frame(b"later"), limit=10)
    assert found == []
    assert reader.error is not None
    assert reader.error.limit == 10
    assert reader.pending == 0


def test_the_longest_frame_passes() -> None:
    longest = bytes(MAX_PAYLOAD)
    found, reader = fed(*pieces(frame(longest), list(range(0, MAX_PAYLOAD, 2**20))))
    assert found == [longest]
    assert reader.error is None


@pytest.mark.long
@walk("size", [1, 3, 4, 4096, len(STREAM)])
def test_frames_one_at_a_time(size: int) -> None:
    reader, found = FrameReader(), []
    for at in range(0, len(STREAM), size):
        payload = reader.one(STREAM[at : at + size])
        while payload is not None:
            found.append(payload)
            payload = reader.one(b"")
        if len(found) == 3:
            found += reader.feed(b"")
    assert found == PAYLOADS
    assert reader.pending == 0 and reader.error is None


def test_a_limit_may_change_between_two_frames() -> None:
    reader = FrameReader(limit=1)
    assert reader.one(frame(b"a") + frame(b"bc") + frame(b"def")) == b"a"
    reader.limit = 2
    assert reader.one(b"") == b"bc"
    assert reader.one(b"") is None
    assert reader.error is not None and reader.error.length == 3
    assert reader.pending == 0 and reader.one(frame(b"a")) is None


def test_a_frame_is_its_length_and_its_payload() -> None:
    assert frame(b"abc") == b"\0\0\0\3abc"
    assert frame(b"") == b"\0\0\0\0"
