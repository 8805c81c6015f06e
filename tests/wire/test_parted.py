"""A frame that is encoded in parts has the bytes of one that is encoded at once."""

from decimal import Decimal

import pytest

from papertape.errors import LocalProtocolError
from papertape.model import Bar
from papertape.versions import MAX_SERVER, MIN_SERVER
from papertape.wire import parted
from papertape.wire.catalogue.history import HistoricalData
from papertape.wire.connection import encode
from papertape.wire.parted import PartedFrame
from walks import walk

BARS = [
    Bar(
        date=f"20260413 10:{n % 60:02}:00 US/Eastern", open=257.0 + n, high=258.5, low=256.25,
        close=257.1, volume=Decimal(n * 100), wap=Decimal("257.123"), barCount=n,
    )
    for n in range(1203)
]  # fmt: skip


@pytest.mark.long
@walk("version", range(MIN_SERVER, MAX_SERVER + 1), check=19, test=5)
def test_parts_make_the_same_bytes(version: int) -> None:
    start, end = "20260413 10:00:00 US/Eastern", "20260414 10:00:00 US/Eastern"
    for number, sizes in ((0, (1, 9, 10, 90, 1093)), (2_000_000_000, (1203,)), (7, ())):
        frame = PartedFrame(HistoricalData(number, [], start, end), version)
        at = 0
        for size in sizes:
            frame.add(HistoricalData(number, BARS[at : at + size], start, end), size)
            at += size
        whole = encode(HistoricalData(number, BARS[:at], start, end), version)
        assert b"".join(frame.pieces()) == whole and frame.rows == at


def test_a_frame_that_is_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parted, "MAX_PAYLOAD", 1000)
    frame = PartedFrame(HistoricalData(1, []), 176)
    frame.add(HistoricalData(1, BARS[:50]), 50)
    assert frame.size > 1000
    with pytest.raises(LocalProtocolError, match="too long"):
        frame.pieces()
