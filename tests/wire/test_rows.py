"""Rows are written as the encoder writes messages."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanes import tries
from papertape.model import HistoricalTickLast, TickAttribLast
from papertape.wire.batch import SharedFrames
from papertape.wire.catalogue.market import TickPrice, TickSize, TickString
from papertape.wire.catalogue.ticks import TickByTickData
from papertape.wire.connection import encode
from papertape.wire.message import Message
from papertape.wire.rows import RowTemplate, RowWriter, row_writer
from papertape.wire.split_frames import split_frame, with_id
from walks import walk

VERSIONS = (100, 137, 157, 176, 201, 205, 206, 207, 208, 226)
SIZES = st.one_of(
    st.integers(0, 10**9).map(Decimal),
    st.decimals(0, 10**6, places=4),
    st.sampled_from([Decimal("1E+2"), Decimal("1.0"), Decimal("1.00"), Decimal(1), None]),
)
PRICES = st.one_of(
    st.integers(-(10**9), 10**9).map(lambda units: units / 10_000),
    st.floats(1e-9, 1e12),
    st.sampled_from([0.0, -1.0, 1e-05, 5e22]),
)
LASTS = st.builds(
    HistoricalTickLast,
    time=st.integers(0, 2**40),
    tickAttribLast=st.builds(TickAttribLast, st.booleans(), st.booleans()),
    price=PRICES,
    size=SIZES,
    exchange=st.sampled_from(["", "ARCA", "NASDAQ"]),
    specialConditions=st.sampled_from(["", " I"]),
)
MESSAGES: st.SearchStrategy[Any] = st.one_of(
    st.builds(TickPrice, st.just(0), st.integers(0, 110), PRICES, SIZES, st.integers(0, 3)),
    st.builds(TickSize, st.just(0), st.integers(0, 110), SIZES),
    st.builds(
        TickString,
        st.just(0),
        st.integers(0, 110),
        st.one_of(st.integers(0).map(str), st.sampled_from(["", "a;b", "\u0663", "\\u0041"])),
    ),
    st.builds(TickByTickData, st.just(0), st.sampled_from([1, 2]), LASTS),
)


@pytest.mark.long
@pytest.mark.sample(4, test=3)
@pytest.mark.parametrize("version", VERSIONS)
@tries(300)
@given(message=MESSAGES)
def test_a_row_is_what_the_encoder_writes(version: int, message: Message) -> None:
    assert row_writer(version).split(message) == split_frame(message, version)


@walk("version", [176, 226])
@walk("request_id", [1, 127, 128, 2**31 - 1, -1])
def test_frames_of_rows_have_the_id_of_their_receiver(version: int, request_id: int) -> None:
    last = HistoricalTickLast(time=17, price=1.5, size=Decimal(3), exchange="ARCA")
    messages = [TickPrice(0, 1, 2.5, Decimal(100), 1), TickByTickData(0, 2, last)]
    found = SharedFrames(messages, version).frames(request_id)
    assert found == b"".join(encode(with_id(one, request_id), version) for one in messages)


def test_equal_values_may_be_written_differently() -> None:
    split = row_writer(176).split
    rows = [split(TickSize(0, 8, Decimal(text)))[2] for text in ("1", "1.0", "1", "1.00")]
    assert [row.split(b"\0")[2] for row in rows] == [b"1", b"1.0", b"1", b"1.00"]


def test_a_value_without_a_place_of_its_own_is_noticed() -> None:
    with pytest.raises(ValueError, match="no place of its own"):
        RowTemplate(lambda price, size: TickSize(0, 8, Decimal(size)), ("float", "size"), 176)


def test_what_is_written_otherwise_for_other_values_is_noticed() -> None:
    def make(size: str) -> Message:
        return TickSize(0, 8 if len(size) == 7 else 9, Decimal(size))

    with pytest.raises(ValueError, match="not written alike"):
        RowTemplate(make, ("size",), 176)


@walk("version", VERSIONS)
def test_what_streams_consist_of_is_written_in_rows(version: int) -> None:
    last = HistoricalTickLast(time=17, price=1.5, size=Decimal(3), exchange="ARCA")
    stream = [
        TickPrice(0, 1, 2.5, Decimal(100), 1), TickSize(0, 8, Decimal(0)), TickString(0, 45, "17"),
        TickByTickData(0, 2, last),
    ]  # fmt: skip
    writer = RowWriter(version)
    for one in stream:
        assert writer.split(one) == split_frame(one, version)
    assert len(writer._templates) == len(stream)
